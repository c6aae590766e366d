/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One-time codes by liboath, sealing by libsodium. Must never leave a secret in memory that was freed or in a message.
 */
#include "broker/hub/auth/totp.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <oath.h>
#include <sodium.h>

#include "base/file.h"

static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/* Crockford's: no letter that looks like a digit. Typed i, l and o are taken for 1, 1 and 0. */
static const char readable[] = "0123456789abcdefghjkmnpqrstvwxyz";
enum { RECOVERY_CHARS = 12 };

sek_status sek_totp_key_load(const char *path, uint8_t ret[SEK_TOTP_KEY_BYTES], char *err, size_t err_size)
{
	uint8_t fresh[SEK_TOTP_KEY_BYTES];
	char *text = NULL;
	sek_status status;
	struct stat st;
	size_t n = 0;

	randombytes_buf(fresh, sizeof fresh);
	status = sek_file_write(path, fresh, sizeof fresh, 0600, SEK_FILE_NEW);
	sodium_memzero(fresh, sizeof fresh);
	if (!sek_is_ok(status) && !sek_is(status, SEK_E_EXISTS)) {
		snprintf(err, err_size, "login.key: '%s' is not there and cannot be made: make its folder writable for the "
			"broker's user", path);
		return sek_fail(SEK_E_CONFIG);
	}
	if (stat(path, &st) != 0 || (st.st_mode & 077) || !sek_is_ok(sek_file_read(path, &text, &n)) ||
			n != SEK_TOTP_KEY_BYTES) {
		snprintf(err, err_size, "login.key: '%s' must be a file of %d bytes that only the broker's user can read: "
			"chmod 600 it, or restore it from its copy", path, SEK_TOTP_KEY_BYTES);
		status = sek_fail(SEK_E_CONFIG);
	} else {
		memcpy(ret, text, SEK_TOTP_KEY_BYTES);
		status = sek_ok();
	}
	if (text)
		sodium_memzero(text, n);
	free(text);
	return status;
}

void sek_totp_secret_make(uint8_t ret[SEK_TOTP_SECRET_BYTES])
{
	randombytes_buf(ret, SEK_TOTP_SECRET_BYTES);
}

enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES };
_Static_assert(NONCE == 24 && crypto_aead_xchacha20poly1305_ietf_ABYTES == 16 &&
	crypto_aead_xchacha20poly1305_ietf_KEYBYTES == SEK_TOTP_KEY_BYTES, "sizes of the seal");

void sek_totp_seal(const uint8_t key[SEK_TOTP_KEY_BYTES], int64_t user_id, const uint8_t secret[SEK_TOTP_SECRET_BYTES],
	uint8_t ret[SEK_TOTP_SEALED_BYTES])
{
	randombytes_buf(ret, NONCE);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(ret + NONCE, NULL, secret, SEK_TOTP_SECRET_BYTES,
		(const uint8_t *)&user_id, sizeof user_id, NULL, ret, key);
}

sek_status sek_totp_open(const uint8_t key[SEK_TOTP_KEY_BYTES], int64_t user_id, const uint8_t *sealed, size_t n,
	uint8_t ret[SEK_TOTP_SECRET_BYTES])
{
	uint8_t secret[SEK_TOTP_SECRET_BYTES];

	if (n != SEK_TOTP_SEALED_BYTES || crypto_aead_xchacha20poly1305_ietf_decrypt(secret, NULL, NULL, sealed + NONCE,
			n - NONCE, (const uint8_t *)&user_id, sizeof user_id, sealed, key) != 0)
		return sek_fail(SEK_E_CRYPTO);
	memcpy(ret, secret, sizeof secret);
	sodium_memzero(secret, sizeof secret);
	return sek_ok();
}

int64_t sek_totp_check(const uint8_t secret[SEK_TOTP_SECRET_BYTES], const char *code, int64_t now_s, int64_t used)
{
	int64_t step, found = 0, now_step = now_s / SEK_TOTP_STEP_S;
	char right[SEK_TOTP_DIGITS + 1];

	if (strlen(code) != SEK_TOTP_DIGITS || strspn(code, "0123456789") != SEK_TOTP_DIGITS)
		return 0;
	for (step = now_step - 1; step <= now_step + 1; step++) {
		if (step < 1 || oath_hotp_generate((const char *)secret, SEK_TOTP_SECRET_BYTES, (uint64_t)step, SEK_TOTP_DIGITS,
				false, OATH_HOTP_DYNAMIC_TRUNCATION, right) != OATH_OK)
			continue;
		if (sodium_memcmp(right, code, SEK_TOTP_DIGITS) == 0 && step > used)
			found = step;
	}
	sodium_memzero(right, sizeof right);
	return found;
}

static void to_base32(const uint8_t *bytes, size_t n, char *ret)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		bits = (bits << 8 | bytes[i]) & 0xffff;
		for (have += 8; have >= 5; have -= 5)
			*ret++ = base32[(bits >> (have - 5)) & 31];
	}
	*ret = '\0'; /* 160 bits: no rest, no padding */
}

void sek_totp_secret_text(const uint8_t secret[SEK_TOTP_SECRET_BYTES], char ret[40])
{
	char plain[33];
	size_t i, at = 0;

	to_base32(secret, SEK_TOTP_SECRET_BYTES, plain);
	for (i = 0; i < 32; i++) {
		if (i > 0 && i % 4 == 0)
			ret[at++] = ' ';
		ret[at++] = plain[i];
	}
	ret[at] = '\0';
	sodium_memzero(plain, sizeof plain);
}

/* Everything but letters, digits and what RFC 3986 calls unreserved becomes %XX. */
static bool escape(const char *text, char *ret, size_t size)
{
	size_t at = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (at + 4 > size)
			return false;
		if (isalnum(c) || strchr("-._~", c))
			ret[at++] = (char)c;
		else
			at += (size_t)snprintf(ret + at, size - at, "%%%02X", c);
	}
	ret[at] = '\0';
	return true;
}

sek_status sek_totp_uri(const char *issuer, const char *user, const uint8_t secret[SEK_TOTP_SECRET_BYTES],
	char ret[SEK_TOTP_URI_BYTES])
{
	char who[768], from[96], plain[33];
	int n;

	if (!escape(user, who, sizeof who) || !escape(issuer, from, sizeof from))
		return sek_fail(SEK_E_LIMIT);
	to_base32(secret, SEK_TOTP_SECRET_BYTES, plain);
	n = snprintf(ret, SEK_TOTP_URI_BYTES, "otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=%d&period=%d", from,
		who, plain, from, SEK_TOTP_DIGITS, SEK_TOTP_STEP_S);
	sodium_memzero(plain, sizeof plain);
	return n > 0 && n < SEK_TOTP_URI_BYTES ? sek_ok() : sek_fail(SEK_E_LIMIT);
}

void sek_recovery_make(char ret[SEK_RECOVERY_CODE_BYTES])
{
	size_t i, at = 0;

	for (i = 0; i < RECOVERY_CHARS; i++) {
		if (i > 0 && i % 4 == 0)
			ret[at++] = '-';
		ret[at++] = readable[randombytes_uniform(32)];
	}
	ret[at] = '\0';
}

bool sek_recovery_hash(const uint8_t key[SEK_TOTP_KEY_BYTES], int64_t user_id, const char *code,
	char ret[SEK_RECOVERY_HASH_BYTES])
{
	uint8_t hash[32];
	struct {
		char what[8];
		int64_t user;
		char code[RECOVERY_CHARS + 4];
	} in = { .what = "recover", .user = user_id };
	size_t n = 0;

	for (; *code; code++) {
		char c = (char)tolower((unsigned char)*code);

		if (c == ' ' || c == '-')
			continue;
		c = c == 'i' || c == 'l' ? '1' : c == 'o' ? '0' : c;
		if (n == RECOVERY_CHARS || !strchr(readable, c))
			return false;
		in.code[n++] = c;
	}
	if (n != RECOVERY_CHARS)
		return false;
	(void)crypto_generichash(hash, sizeof hash, (const uint8_t *)&in, sizeof in, key, SEK_TOTP_KEY_BYTES);
	sodium_bin2hex(ret, SEK_RECOVERY_HASH_BYTES, hash, sizeof hash);
	sodium_memzero(&in, sizeof in);
	return true;
}
