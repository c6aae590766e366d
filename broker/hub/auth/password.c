/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * argon2id through libsodium's crypto_pwhash. Must never compare hashes in any other way.
 */
#include "broker/hub/auth/password.h"

#include <sodium.h>

_Static_assert(SEK_PASSWORD_HASH_BYTES >= crypto_pwhash_STRBYTES, "the hash's text must fit");

sek_status sek_auth_init(void)
{
	return sodium_init() < 0 ? sek_fail(SEK_E_CRYPTO) : sek_ok();
}

sek_status sek_password_hash(const char *password, size_t n, char ret[SEK_PASSWORD_HASH_BYTES])
{
	if (crypto_pwhash_str_alg(ret, password, n, SEK_PASSWORD_PASSES, SEK_PASSWORD_MEMORY_BYTES,
			crypto_pwhash_ALG_ARGON2ID13) != 0)
		return sek_fail(SEK_E_NOMEM);
	return sek_ok();
}

bool sek_password_verify(const char *hash, const char *password, size_t n)
{
	return crypto_pwhash_str_verify(hash, password, n) == 0;
}

void sek_password_generate(char ret[SEK_PASSWORD_GENERATED_BYTES])
{
	/* 31 signs that are not mistaken for each other when read aloud or from paper */
	static const char signs[] = "abcdefghjkmnpqrstuvwxyz23456789";
	enum { GROUPS = 4, GROUP = 5 };
	char *p = ret;
	int i;

	for (i = 0; i < GROUPS * GROUP; i++) {
		if (i > 0 && i % GROUP == 0)
			*p++ = '-';
		*p++ = signs[randombytes_uniform(sizeof signs - 1)];
	}
	*p = '\0';
}
