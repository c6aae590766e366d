/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Asking for a passphrase and opening the recording key's secret half. Must never show what is typed, nor leave it in memory.
 */
#include "broker/hub/record/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/ask.h"
#include "base/file.h"

enum { PASSPHRASE_BYTES = 1024 };

static bool ask(const char *file, char ret[PASSPHRASE_BYTES])
{
	FILE *f = fopen(file ? file : "/dev/tty", "re");
	bool ok = f && (file ? sek_ask_line(f, ret, PASSPHRASE_BYTES) :
		sek_ask_hidden(f, "passphrase of the recording key: ", ret, PASSPHRASE_BYTES));

	if (f)
		fclose(f);
	return ok;
}

const char *sek_recording_secret(const char *path, const char *passphrase_file, uint8_t ret[32])
{
	char passphrase[PASSPHRASE_BYTES], *file = NULL;
	size_t n = 0;
	sek_status s;

	if (!sek_is_ok(sek_file_read(path, &file, &n)))
		return "the key file cannot be read";
	if (!ask(passphrase_file, passphrase)) {
		sodium_memzero(file, n);
		free(file);
		return "no passphrase; give one with --passphrase-file, or run this on a terminal";
	}
	s = sek_recording_unlock((const uint8_t *)file, n, passphrase, ret);
	sodium_memzero(passphrase, sizeof passphrase);
	sodium_memzero(file, n);
	free(file);
	if (sek_is(s, SEK_E_DENIED))
		return "wrong passphrase";
	if (sek_is(s, SEK_E_NOMEM))
		return "not enough memory to open it";
	return sek_is_ok(s) ? NULL : "this is not a secret recording key";
}
