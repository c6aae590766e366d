/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The seal, by libsodium: nonce, then what it encrypted.
 */
#include "broker/hub/keys/seal.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES };
_Static_assert(NONCE + crypto_aead_xchacha20poly1305_ietf_ABYTES == SEK_SEAL_MORE_BYTES &&
	crypto_aead_xchacha20poly1305_ietf_KEYBYTES == SEK_SEAL_KEY_BYTES, "sizes of the seal");

void sek_seal(const uint8_t key[SEK_SEAL_KEY_BYTES], const char *purpose, const void *plain, size_t n, uint8_t *ret)
{
	randombytes_buf(ret, NONCE);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(ret + NONCE, NULL, plain, n, (const uint8_t *)purpose, strlen(purpose), NULL, ret,
		key);
}

sek_status sek_seal_open(const uint8_t key[SEK_SEAL_KEY_BYTES], const char *purpose, const uint8_t *sealed, size_t n, void *ret)
{
	if (n < SEK_SEAL_MORE_BYTES || crypto_aead_xchacha20poly1305_ietf_decrypt(ret, NULL, NULL, sealed + NONCE, n - NONCE,
			(const uint8_t *)purpose, strlen(purpose), sealed, key) != 0)
		return sek_fail(SEK_E_CRYPTO);
	return sek_ok();
}

void sek_seal_for_document(const char *id, char *ret, size_t size)
{
	snprintf(ret, size, "document:%s", id);
}

void sek_seal_for_approval(const char *id, char *ret, size_t size)
{
	snprintf(ret, size, "approval %s", id);
}

void sek_seal_for_host(const char *host, const char *user, char *ret, size_t size)
{
	/* no host's name holds a newline */
	snprintf(ret, size, "foreign host 1\n%s\n%s", host, user);
}
