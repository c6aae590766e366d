/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Asking for the passphrases of keys/lock.h. Must never show what is typed, nor leave it in memory.
 */
#include "broker/hub/keys/lock.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/ask.h"
#include "base/file.h"

enum { PASSPHRASE_MIN_BYTES = 12, PASSPHRASE_BYTES = 1024 };

static bool ask_one(const char *file, const char *prompt, char ret[PASSPHRASE_BYTES])
{
	FILE *f = fopen(file ? file : "/dev/tty", "re");
	bool ok = f && (file ? sek_ask_line(f, ret, PASSPHRASE_BYTES) : sek_ask_hidden(f, prompt, ret, PASSPHRASE_BYTES));

	if (f)
		fclose(f);
	return ok;
}

const char *sek_lock_ask(const char *purpose, const char *path, const char *passphrase_file, const char *prompt,
	uint8_t ret[SEK_LOCK_SECRET_BYTES])
{
	char passphrase[PASSPHRASE_BYTES], *file = NULL;
	size_t n = 0;
	sek_status s;

	if (!sek_is_ok(sek_file_read(path, &file, &n)))
		return "the key file cannot be read";
	if (!ask_one(passphrase_file, prompt, passphrase)) {
		sodium_memzero(file, n);
		free(file);
		return "no passphrase; give one with --passphrase-file, or run this on a terminal";
	}
	s = sek_lock_open(purpose, (const uint8_t *)file, n, passphrase, ret);
	sodium_memzero(passphrase, sizeof passphrase);
	sodium_memzero(file, n);
	free(file);
	if (sek_is(s, SEK_E_DENIED))
		return "wrong passphrase";
	if (sek_is(s, SEK_E_NOMEM))
		return "not enough memory to open it";
	if (sek_is_ok(s))
		return NULL;
	return strcmp(purpose, SEK_LOCK_BACKUP) == 0 ? "this is not a secret backup key" : "this is not a secret recording key";
}

/* On a terminal without showing it; else the first line of standard input. */
static bool ask_new(const char *prompt, char ret[PASSPHRASE_BYTES])
{
	return isatty(STDIN_FILENO) ? sek_ask_hidden(stdin, prompt, ret, PASSPHRASE_BYTES) : sek_ask_line(stdin, ret, PASSPHRASE_BYTES);
}

const char *sek_lock_keygen(const char *purpose, const char *public_path, const char *secret_path)
{
	char phrase[PASSPHRASE_BYTES], again[PASSPHRASE_BYTES];
	bool same;
	sek_status s;

	if (!ask_new("Passphrase: ", phrase))
		return "no passphrase";
	if (strlen(phrase) < PASSPHRASE_MIN_BYTES)
		return "the passphrase is too short: whoever finds the file could guess it; at least 12 characters";
	same = !isatty(STDIN_FILENO) || (ask_new("Again: ", again) && strcmp(phrase, again) == 0);
	s = same ? sek_lock_pair_make(purpose, public_path, secret_path, phrase) : sek_ok();
	sodium_memzero(phrase, sizeof phrase);
	sodium_memzero(again, sizeof again);
	if (!same)
		return "the two are not the same";
	if (sek_is(s, SEK_E_EXISTS))
		return "one of the files is there already: a key is never overwritten, what was sealed for it would be lost";
	if (sek_is(s, SEK_E_NOMEM))
		return "not enough memory";
	return sek_is_ok(s) ? NULL : "the files cannot be written there";
}
