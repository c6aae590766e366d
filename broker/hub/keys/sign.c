/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Signing keys in files. A secret half must never be readable by others, not even for a moment.
 */
#include "broker/hub/keys/sign.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/file.h"
#include "base/hex.h"

static sek_status read_hex(const char *path, uint8_t ret[SEK_SIGN_KEY_BYTES])
{
	char *text = NULL;
	size_t n = 0;
	bool ok;

	SEK_TRY(sek_file_read(path, &text, &n));
	ok = n == 65 && text[64] == '\n' && sek_unhex(text, 64, ret, SEK_SIGN_KEY_BYTES);
	sodium_memzero(text, n);
	free(text);
	return ok ? sek_ok() : sek_fail(SEK_E_MALFORMED);
}

sek_status sek_public_key_load(const char *path, uint8_t ret[SEK_SIGN_KEY_BYTES])
{
	return read_hex(path, ret);
}

sek_status sek_sign_key_load(const char *path, struct sek_sign_key *ret)
{
	uint8_t seed[SEK_SIGN_KEY_BYTES];

	SEK_TRY(read_hex(path, seed));
	crypto_sign_seed_keypair(ret->public_key, ret->secret, seed);
	sodium_memzero(seed, sizeof seed);
	return sek_ok();
}

static sek_status write_hex(const char *path, const uint8_t bytes[SEK_SIGN_KEY_BYTES], mode_t mode)
{
	char text[2 * SEK_SIGN_KEY_BYTES + 2];
	sek_status status;

	sek_hex(bytes, SEK_SIGN_KEY_BYTES, text);
	text[64] = '\n';
	status = sek_file_write(path, text, 65, mode, SEK_FILE_NEW);
	sodium_memzero(text, sizeof text);
	return status;
}

sek_status sek_public_key_save(const char *path, const uint8_t key[SEK_SIGN_KEY_BYTES])
{
	return write_hex(path, key, 0644);
}

sek_status sek_sign_key_make(const char *path, struct sek_sign_key *ret)
{
	uint8_t seed[SEK_SIGN_KEY_BYTES];
	char public_path[PATH_MAX];
	sek_status status;

	if (snprintf(public_path, sizeof public_path, "%s.pub", path) >= (int)sizeof public_path)
		return sek_fail(SEK_E_LIMIT);
	randombytes_buf(seed, sizeof seed);
	crypto_sign_seed_keypair(ret->public_key, ret->secret, seed);
	status = write_hex(path, seed, 0600);
	sodium_memzero(seed, sizeof seed);
	if (!sek_is_ok(status))
		return status;
	return sek_public_key_save(public_path, ret->public_key);
}
