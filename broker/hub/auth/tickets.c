/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A fixed list of hashes of tickets. Must never find one for another address, after its time or after its tries.
 */
#include "broker/hub/auth/tickets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

enum { RANDOM_BYTES = 32, KEY_BYTES = 32 };

struct entry {
	uint64_t issued_ms;
	unsigned tries_left; /* 0 = free */
	uint8_t key[KEY_BYTES];
	char address[SEK_STORE_ADDRESS_BYTES];
	struct sek_ticket what;
};

struct sek_tickets {
	struct entry list[SEK_TICKETS_MAX];
};

sek_status sek_tickets_create(struct sek_tickets **ret)
{
	*ret = calloc(1, sizeof **ret);
	return *ret ? sek_ok() : sek_fail(SEK_E_NOMEM);
}

void sek_tickets_destroy(struct sek_tickets *t)
{
	if (t)
		sodium_memzero(t, sizeof *t);
	free(t);
}

/* A free place, or the oldest of this user if he or she has too many, or the oldest of all. */
static struct entry *place(struct sek_tickets *t, const char *user, uint64_t now_ms)
{
	struct entry *free_one = NULL, *oldest_own = NULL, *oldest = &t->list[0];
	size_t i, own = 0;

	for (i = 0; i < SEK_TICKETS_MAX; i++) {
		struct entry *e = &t->list[i];

		if (e->tries_left == 0 || now_ms - e->issued_ms >= SEK_TICKET_LIFE_MS) {
			free_one = e;
			continue;
		}
		if (e->issued_ms < oldest->issued_ms)
			oldest = e;
		if (strcmp(e->what.user, user) == 0) {
			own++;
			if (!oldest_own || e->issued_ms < oldest_own->issued_ms)
				oldest_own = e;
		}
	}
	if (own >= SEK_TICKETS_PER_USER)
		return oldest_own;
	return free_one ? free_one : oldest;
}

void sek_tickets_issue(struct sek_tickets *t, const struct sek_ticket *what, const char *address, uint64_t now_ms,
	char ret[SEK_TOKEN_BYTES])
{
	struct entry *e = place(t, what->user, now_ms);
	uint8_t random[RANDOM_BYTES];

	randombytes_buf(random, sizeof random);
	sodium_bin2base64(ret, SEK_TOKEN_BYTES, random, sizeof random, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	(void)crypto_generichash(e->key, sizeof e->key, random, sizeof random, NULL, 0);
	sodium_memzero(random, sizeof random);
	e->issued_ms = now_ms;
	e->tries_left = SEK_TICKET_TRIES;
	e->what = *what;
	snprintf(e->address, sizeof e->address, "%s", address);
}

/* Every entry is compared, each in constant time. */
static struct entry *find(struct sek_tickets *t, const char *ticket, size_t n)
{
	uint8_t random[RANDOM_BYTES], key[KEY_BYTES];
	struct entry *found = NULL;
	size_t len = 0, i;

	if (sodium_base642bin(random, sizeof random, ticket, n, NULL, &len, NULL,
			sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 || len != sizeof random)
		return NULL;
	(void)crypto_generichash(key, sizeof key, random, sizeof random, NULL, 0);
	for (i = 0; i < SEK_TICKETS_MAX; i++)
		if (sodium_memcmp(t->list[i].key, key, sizeof key) == 0)
			found = &t->list[i];
	sodium_memzero(random, sizeof random);
	return found;
}

bool sek_tickets_try(struct sek_tickets *t, const char *ticket, size_t n, const char *address, uint64_t now_ms,
	struct sek_ticket *ret)
{
	struct entry *e = find(t, ticket, n);

	if (!e || e->tries_left == 0 || now_ms - e->issued_ms >= SEK_TICKET_LIFE_MS || strcmp(e->address, address) != 0)
		return false;
	e->tries_left--;
	*ret = e->what;
	return true;
}

void sek_tickets_untry(struct sek_tickets *t, const char *ticket, size_t n)
{
	struct entry *e = find(t, ticket, n);

	if (e && e->tries_left < SEK_TICKET_TRIES)
		e->tries_left++;
}

void sek_tickets_drop(struct sek_tickets *t, const char *ticket, size_t n)
{
	struct entry *e = find(t, ticket, n);

	if (e)
		sodium_memzero(e, sizeof *e);
}
