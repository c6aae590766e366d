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
#include "broker/hub/keys/words.h"

enum { PASSPHRASE_MIN_BYTES = 12, ONE_BYTES = 1024, PASSPHRASE_BYTES = 2 * ONE_BYTES };

/* The next one: a line of f, or what is typed there without being shown. */
static bool ask_one(FILE *f, bool hidden, const char *prompt, char ret[ONE_BYTES])
{
	return hidden ? sek_ask_hidden(f, prompt, ret, ONE_BYTES) : sek_ask_line(f, ret, ONE_BYTES);
}

static bool ask_all(const char *file, const char *prompt, bool two, char ret[PASSPHRASE_BYTES])
{
	FILE *f = fopen(file ? file : "/dev/tty", "re");
	bool ok = f && ask_one(f, !file, prompt, ret);

	if (ok && two) {
		char *second = ret + strlen(ret);

		*second++ = SEK_LOCK_BETWEEN;
		ok = ask_one(f, !file, "that of the second person: ", second);
	}
	if (f)
		fclose(f);
	return ok;
}

static const char *why_not(sek_status s, const char *purpose, bool two)
{
	if (sek_is_ok(s))
		return NULL;
	if (sek_is(s, SEK_E_DENIED))
		return two ? "a passphrase is wrong; the first person's comes first" : "wrong passphrase";
	if (sek_is(s, SEK_E_NOMEM))
		return "not enough memory to open it";
	return strcmp(purpose, SEK_LOCK_BACKUP) == 0 ? "this is not a secret backup key" : "this is not a secret recording key";
}

const char *sek_lock_ask(const char *purpose, const char *path, const char *passphrase_file, const char *prompt,
	uint8_t ret[SEK_LOCK_SECRET_BYTES])
{
	char passphrase[PASSPHRASE_BYTES], *file = NULL;
	const char *why;
	size_t n = 0;
	bool two;

	if (!sek_is_ok(sek_file_read(path, &file, &n)))
		return "the key file cannot be read";
	two = sek_lock_is_for_two(purpose, (const uint8_t *)file, n);
	if (ask_all(passphrase_file, prompt, two, passphrase))
		why = why_not(sek_lock_open(purpose, (const uint8_t *)file, n, passphrase, ret), purpose, two);
	else if (two)
		why = "two passphrases are needed: this key is for two persons; give both with --passphrase-file, a line each, or run this on a terminal";
	else
		why = "no passphrase; give one with --passphrase-file, or run this on a terminal";
	sodium_memzero(passphrase, sizeof passphrase);
	sodium_memzero(file, n);
	free(file);
	return why;
}

/* --- a new pair --- */

/* On a terminal twice, without showing it; else a line of standard input. NULL, or why not. */
static const char *ask_new(const char *prompt, bool ja, char ret[ONE_BYTES])
{
	bool terminal = isatty(STDIN_FILENO), same;
	char again[ONE_BYTES];

	if (!ask_one(stdin, terminal, prompt, ret))
		return "no passphrase";
	if (strlen(ret) < PASSPHRASE_MIN_BYTES)
		return "the passphrase is too short: whoever finds the file could guess it; at least 12 characters";
	if (!terminal)
		return NULL;
	same = ask_one(stdin, true, sek_phrase_of(ja, &tool_again), again) && strcmp(ret, again) == 0;
	sodium_memzero(again, sizeof again);
	return same ? NULL : "the two are not the same";
}

static const char *ask_both(bool ja, char ret[PASSPHRASE_BYTES])
{
	const char *why = ask_new(sek_phrase_of(ja, &tool_first), ja, ret);
	char *second = ret + strlen(ret) + 1;

	if (why)
		return why;
	why = ask_new(sek_phrase_of(ja, &tool_second), ja, second);
	if (!why && strcmp(ret, second) == 0)
		why = "both have the same passphrase: each of the two has to have one that the other does not know";
	second[-1] = SEK_LOCK_BETWEEN;
	return why;
}

const char *sek_lock_keygen(const char *purpose, const char *public_path, const char *secret_path, bool for_two, bool ja)
{
	char phrase[PASSPHRASE_BYTES] = "";
	const char *why = for_two ? ask_both(ja, phrase) : ask_new(sek_phrase_of(ja, &tool_passphrase), ja, phrase);
	sek_status s = why ? sek_ok() : sek_lock_pair_make(purpose, public_path, secret_path, phrase);

	sodium_memzero(phrase, sizeof phrase);
	if (why)
		return why;
	if (sek_is(s, SEK_E_EXISTS))
		return "one of the files is there already: a key is never overwritten, what was sealed for it would be lost";
	if (sek_is(s, SEK_E_NOMEM))
		return "not enough memory";
	return sek_is_ok(s) ? NULL : "the files cannot be written there";
}
