/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Locking a secret half by a passphrase. Must never write it to a disk unlocked.
 */
#include "broker/hub/keys/lock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "base/hex.h"
#include "broker/hub/keys/sign.h"

enum {
	SECRET = crypto_box_SECRETKEYBYTES,
	BOX = SECRET + crypto_secretbox_MACBYTES,
	SALT = crypto_pwhash_SALTBYTES,
	NONCE = crypto_secretbox_NONCEBYTES,
	OPS = 3, KIBIBYTES = 128 * 1024,
	/* a file from elsewhere must not make this program work for minutes or eat all memory */
	OPS_MAX = 10, KIBIBYTES_MAX = 512 * 1024,
	FILE_MAX = 512,
};

static sek_status derive(const char *passphrase, const uint8_t salt[SALT], unsigned ops, unsigned kibibytes,
	uint8_t ret[crypto_secretbox_KEYBYTES])
{
	/* fails only for want of memory */
	return crypto_pwhash(ret, crypto_secretbox_KEYBYTES, passphrase, strlen(passphrase), salt, ops, (size_t)kibibytes * 1024,
		crypto_pwhash_ALG_ARGON2ID13) == 0 ? sek_ok() : sek_fail(SEK_E_NOMEM);
}

static bool is_two(const char *passphrase)
{
	return strchr(passphrase, SEK_LOCK_BETWEEN) != NULL;
}

static sek_status lock(const char *purpose, const uint8_t secret[SECRET], const char *passphrase, char ret[FILE_MAX])
{
	uint8_t salt[SALT], nonce[NONCE], box[BOX], key[crypto_secretbox_KEYBYTES];
	char salt_hex[2 * SALT + 1], nonce_hex[2 * NONCE + 1], box_hex[2 * BOX + 1];

	randombytes_buf(salt, sizeof salt);
	randombytes_buf(nonce, sizeof nonce);
	SEK_TRY(derive(passphrase, salt, OPS, KIBIBYTES, key));
	crypto_secretbox_easy(box, secret, SECRET, nonce, key);
	sodium_memzero(key, sizeof key);
	sek_hex(salt, SALT, salt_hex);
	sek_hex(nonce, NONCE, nonce_hex);
	sek_hex(box, BOX, box_hex);
	snprintf(ret, FILE_MAX, "%s %d %d %d %s %s %s\n", purpose, is_two(passphrase) ? 2 : 1, OPS, KIBIBYTES, salt_hex, nonce_hex, box_hex);
	return sek_ok();
}

sek_status sek_lock_pair_make(const char *purpose, const char *public_path, const char *secret_path, const char *passphrase)
{
	uint8_t public_key[crypto_box_PUBLICKEYBYTES], secret[SECRET];
	char text[FILE_MAX];
	sek_status status;

	if (sodium_init() < 0)
		return sek_fail(SEK_E_CRYPTO);
	crypto_box_keypair(public_key, secret);
	status = lock(purpose, secret, passphrase, text);
	sodium_memzero(secret, sizeof secret);
	if (!sek_is_ok(status))
		return status;
	SEK_TRY(sek_file_write(secret_path, text, strlen(text), 0600, SEK_FILE_NEW));
	status = sek_public_key_save(public_path, public_key);
	if (!sek_is_ok(status))
		(void)unlink(secret_path); /* half a pair is of no use */
	return status;
}

/* How many persons it needs; 0: it is no such file. *ret_rest: where it goes on. */
static unsigned persons(const char *purpose, const char *text, size_t n, size_t *ret_rest)
{
	size_t length = strlen(purpose);

	*ret_rest = length + 3;
	if (n < *ret_rest || memcmp(text, purpose, length) != 0 || text[length] != ' ' || text[length + 2] != ' ')
		return 0;
	return text[length + 1] == '1' ? 1 : text[length + 1] == '2' ? 2 : 0;
}

bool sek_lock_is_for_two(const char *purpose, const uint8_t *file, size_t n)
{
	size_t rest;

	return persons(purpose, (const char *)file, n, &rest) == 2;
}

/* A number without sign or leading zero, up to most, and the space behind it. */
static bool number(const char **at, unsigned most, unsigned *ret)
{
	unsigned long v = 0;
	const char *p = *at;

	if (*p < '1' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9' && v <= most; p++)
		v = v * 10 + (unsigned long)(*p - '0');
	if (*p != ' ' || v > most)
		return false;
	*at = p + 1;
	*ret = (unsigned)v;
	return true;
}

static bool field(const char **at, const char *end, uint8_t *ret, size_t n, char behind)
{
	if ((size_t)(end - *at) < 2 * n + 1 || !sek_unhex(*at, 2 * n, ret, n) || (*at)[2 * n] != behind)
		return false;
	*at += 2 * n + 1;
	return true;
}

sek_status sek_lock_open(const char *purpose, const uint8_t *file, size_t n, const char *passphrase, uint8_t ret_secret[SEK_LOCK_SECRET_BYTES])
{
	uint8_t salt[SALT], nonce[NONCE], box[BOX], key[crypto_secretbox_KEYBYTES];
	char text[FILE_MAX];
	const char *at, *end;
	unsigned ops, kibibytes, needed;
	size_t rest;
	int r;

	if (sodium_init() < 0)
		return sek_fail(SEK_E_CRYPTO);
	needed = persons(purpose, (const char *)file, n, &rest);
	if (needed == 0 || n >= sizeof text)
		return sek_fail(SEK_E_MALFORMED);
	memcpy(text, file, n);
	text[n] = '\0';
	at = text + rest;
	end = text + n;
	if (!number(&at, OPS_MAX, &ops) || !number(&at, KIBIBYTES_MAX, &kibibytes) ||
			kibibytes < 8 || !field(&at, end, salt, SALT, ' ') || !field(&at, end, nonce, NONCE, ' ') ||
			!field(&at, end, box, BOX, '\n') || at != end)
		return sek_fail(SEK_E_MALFORMED);
	if (is_two(passphrase) != (needed == 2))
		return sek_fail(SEK_E_DENIED);
	SEK_TRY(derive(passphrase, salt, ops, kibibytes, key));
	r = crypto_secretbox_open_easy(ret_secret, box, BOX, nonce, key);
	sodium_memzero(key, sizeof key);
	return r == 0 ? sek_ok() : sek_fail(SEK_E_DENIED);
}
