/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A fixed list of token hashes. Must never answer GOOD twice for one token.
 */
#include "broker/hub/auth/tokens.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

enum { RANDOM_BYTES = 32, KEY_BYTES = 32 };

_Static_assert(SEK_TOKEN_BYTES == sodium_base64_ENCODED_LEN(RANDOM_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING),
	"the token's text");

struct token {
	uint64_t login; /* 0 = free, or used: */
	bool used;      /* its key is kept until it would have ended, so that a second use is known for what it is */
	uint64_t issued_ms;
	uint8_t key[KEY_BYTES], session[SEK_SESSION_ID_BYTES];
	char address[SEK_STORE_ADDRESS_BYTES];
};

struct sek_tokens {
	struct token list[SEK_TOKENS_MAX];
};

const char *sek_token_answer_name(enum sek_token_answer a)
{
	static const char *const names[] = { "good", "unknown-or-used", "expired", "other-login", "other-address", "elsewhere", "store" };

	return names[a];
}

sek_status sek_tokens_create(struct sek_tokens **ret)
{
	*ret = calloc(1, sizeof **ret);
	return *ret ? sek_ok() : sek_fail(SEK_E_NOMEM);
}

void sek_tokens_destroy(struct sek_tokens *t)
{
	free(t);
}

static void hash(const uint8_t random[RANDOM_BYTES], uint8_t ret[KEY_BYTES])
{
	crypto_generichash(ret, KEY_BYTES, random, RANDOM_BYTES, NULL, 0);
}

/* A free place: an expired token's, or the oldest of this log-in if it has its share, or the oldest of all. */
static struct token *place(struct sek_tokens *t, uint64_t login, uint64_t now_ms)
{
	struct token *free_one = NULL, *used_one = NULL, *oldest_own = NULL, *oldest = &t->list[0];
	size_t i, own = 0;

	for (i = 0; i < SEK_TOKENS_MAX; i++) {
		struct token *k = &t->list[i];

		if ((k->login == 0 && !k->used) || now_ms - k->issued_ms >= SEK_TOKEN_LIFE_MS) {
			free_one = k;
			continue;
		}
		if (k->used) {
			used_one = k;
			continue;
		}
		if (k->issued_ms < oldest->issued_ms)
			oldest = k;
		if (k->login == login) {
			own++;
			if (!oldest_own || k->issued_ms < oldest_own->issued_ms)
				oldest_own = k;
		}
	}
	if (own >= SEK_TOKENS_PER_LOGIN)
		return oldest_own;
	return free_one ? free_one : used_one ? used_one : oldest;
}

void sek_tokens_issue(struct sek_tokens *t, uint64_t login, const char *address,
	const uint8_t session[SEK_SESSION_ID_BYTES], uint64_t now_ms, char ret[SEK_TOKEN_BYTES])
{
	struct token *k = place(t, login, now_ms);
	uint8_t random[RANDOM_BYTES];

	randombytes_buf(random, sizeof random);
	memset(k, 0, sizeof *k);
	hash(random, k->key);
	k->login = login;
	k->issued_ms = now_ms;
	memcpy(k->session, session, sizeof k->session);
	snprintf(k->address, sizeof k->address, "%s", address);
	sodium_bin2base64(ret, SEK_TOKEN_BYTES, random, sizeof random, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(random, sizeof random);
}

enum sek_token_answer sek_tokens_redeem(struct sek_tokens *t, const char *token, size_t n, uint64_t login,
	const char *address, uint64_t now_ms, uint8_t ret_session[SEK_SESSION_ID_BYTES])
{
	uint8_t random[RANDOM_BYTES], key[KEY_BYTES];
	struct token k = { .login = 0 };
	bool here = false;
	size_t i, len = 0;

	if (n != SEK_TOKEN_BYTES - 1 || sodium_base642bin(random, sizeof random, token, n, NULL, &len, NULL,
			sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 || len != sizeof random)
		return SEK_TOKEN_UNKNOWN;
	hash(random, key);
	for (i = 0; i < SEK_TOKENS_MAX; i++) {
		if ((t->list[i].login != 0 || t->list[i].used) && sodium_memcmp(t->list[i].key, key, sizeof key) == 0) {
			k = t->list[i];
			here = true;
			t->list[i].login = 0;
			t->list[i].used = true;
		}
	}
	if (!here)
		return SEK_TOKEN_ELSEWHERE;
	if (k.login == 0)
		return SEK_TOKEN_UNKNOWN;
	if (now_ms - k.issued_ms >= SEK_TOKEN_LIFE_MS)
		return SEK_TOKEN_EXPIRED;
	if (k.login != login)
		return SEK_TOKEN_OTHER_LOGIN;
	if (strcmp(k.address, address) != 0)
		return SEK_TOKEN_OTHER_ADDRESS;
	memcpy(ret_session, k.session, sizeof k.session);
	return SEK_TOKEN_GOOD;
}

void sek_tokens_forget(struct sek_tokens *t, uint64_t login)
{
	size_t i;

	for (i = 0; i < SEK_TOKENS_MAX; i++)
		if (t->list[i].login == login) {
			t->list[i].login = 0;
			t->list[i].used = true;
		}
}
