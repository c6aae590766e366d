/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The key that signs the log. Its secret half leaves this file only as signatures, and is never readable by others.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/file.h"
#include "broker/hub/audit/files.h"

static sek_status read_hex(const char *path, uint8_t ret[SEK_AUDIT_KEY_BYTES])
{
	char *text = NULL;
	size_t n = 0;
	bool ok;

	SEK_TRY(sek_file_read(path, &text, &n));
	ok = n == 65 && text[64] == '\n' && sek_audit_unhex(text, 64, ret, SEK_AUDIT_KEY_BYTES);
	sodium_memzero(text, n);
	free(text);
	return ok ? sek_ok() : sek_fail(SEK_E_MALFORMED);
}

sek_status sek_audit_public_load(const char *path, uint8_t ret[SEK_AUDIT_KEY_BYTES])
{
	return read_hex(path, ret);
}

sek_status sek_audit_key_load(const char *path, struct sek_audit_key *ret)
{
	uint8_t seed[SEK_AUDIT_KEY_BYTES];

	SEK_TRY(read_hex(path, seed));
	crypto_sign_seed_keypair(ret->public_key, ret->secret, seed);
	sodium_memzero(seed, sizeof seed);
	return sek_ok();
}

static sek_status write_hex(const char *path, const uint8_t bytes[SEK_AUDIT_KEY_BYTES], mode_t mode)
{
	char text[SEK_AUDIT_HEX_BYTES + 1];
	sek_status status;

	sek_audit_hex(bytes, SEK_AUDIT_KEY_BYTES, text);
	text[64] = '\n';
	status = sek_file_write(path, text, 65, mode, SEK_FILE_NEW);
	sodium_memzero(text, sizeof text);
	return status;
}

sek_status sek_audit_key_make(const char *path, struct sek_audit_key *ret)
{
	uint8_t seed[SEK_AUDIT_KEY_BYTES];
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
	return write_hex(public_path, ret->public_key, 0644);
}
