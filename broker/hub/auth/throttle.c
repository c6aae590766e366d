/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Token buckets in the form of one number each: the time at which the bucket will be full again. Must never grow.
 */
#include "broker/hub/auth/throttle.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

enum { WAYS = 8, PAIR_SETS = 1024, ADDRESS_SETS = 256, ACCOUNT_SETS = 512, FAMILIAR_SETS = 2048 };

struct slot {
	uint64_t key;     /* 0 = empty */
	uint64_t full_ms; /* bucket: when it is full again; familiar: when it ends */
	uint32_t waiting; /* account: delayed tries under way */
};

struct sek_throttle {
	uint8_t secret[crypto_shorthash_KEYBYTES];
	struct slot pair[PAIR_SETS * WAYS], address[ADDRESS_SETS * WAYS], account[ACCOUNT_SETS * WAYS];
	struct slot familiar[FAMILIAR_SETS * WAYS];
};

struct bucket {
	uint64_t burst, every_ms;
};

static const struct bucket pair_bucket = { SEK_THROTTLE_PAIR_BURST, SEK_THROTTLE_PAIR_EVERY_MS };
static const struct bucket familiar_bucket = { SEK_THROTTLE_FAMILIAR_BURST, SEK_THROTTLE_FAMILIAR_EVERY_MS };
static const struct bucket address_bucket = { SEK_THROTTLE_ADDRESS_BURST, SEK_THROTTLE_ADDRESS_EVERY_MS };
static const struct bucket account_bucket = { SEK_THROTTLE_ACCOUNT_BURST, SEK_THROTTLE_ACCOUNT_EVERY_MS };
static const uint64_t familiar_ms = (uint64_t)SEK_THROTTLE_FAMILIAR_DAYS * 24 * 3600 * 1000;

sek_status sek_throttle_create(struct sek_throttle **ret)
{
	struct sek_throttle *t = calloc(1, sizeof *t);

	if (!t)
		return sek_fail(SEK_E_NOMEM);
	crypto_shorthash_keygen(t->secret);
	*ret = t;
	return sek_ok();
}

void sek_throttle_destroy(struct sek_throttle *t)
{
	if (t)
		sodium_memzero(t->secret, sizeof t->secret);
	free(t);
}

/* Keyed, so that nobody outside can choose names that fall into one set. */
static uint64_t hash(const struct sek_throttle *t, const void *bytes, size_t n)
{
	uint64_t h;

	_Static_assert(crypto_shorthash_BYTES == sizeof h, "one number");
	crypto_shorthash((uint8_t *)&h, bytes, n, t->secret);
	return h ? h : 1;
}

/* What counts as one place: an IPv4 address, or the /64 that an IPv6 host may choose its addresses from. */
static uint64_t hash_address(const struct sek_throttle *t, const char *address)
{
	struct in6_addr v6;

	if (inet_pton(AF_INET6, address, &v6) == 1)
		return hash(t, v6.s6_addr, 8);
	return hash(t, address, strlen(address));
}

static struct slot *find(struct slot *table, size_t sets, uint64_t key)
{
	struct slot *set = &table[key % sets * WAYS];
	size_t i;

	for (i = 0; i < WAYS; i++)
		if (set[i].key == key)
			return &set[i];
	return NULL;
}

/* The key's slot, or the one of its set that matters least, emptied. Never one that a delayed try still points to,
 * unless all do. */
static struct slot *claim(struct slot *table, size_t sets, uint64_t key)
{
	struct slot *set = &table[key % sets * WAYS], *least = set;
	struct slot *found = find(table, sets, key);
	size_t i;

	if (found)
		return found;
	for (i = 1; i < WAYS; i++) {
		if (set[i].waiting != least->waiting ? set[i].waiting < least->waiting :
				set[i].full_ms < least->full_ms)
			least = &set[i];
	}
	*least = (struct slot){ .key = key };
	return least;
}

/* How long until the bucket holds a token; 0 = now. */
static uint64_t wait_ms(const struct slot *s, const struct bucket *b, uint64_t now_ms)
{
	uint64_t after, room = b->burst * b->every_ms;

	if (!s || s->full_ms <= now_ms)
		return 0;
	after = s->full_ms - now_ms + b->every_ms;
	return after > room ? after - room : 0;
}

static void take(struct slot *s, const struct bucket *b, uint64_t now_ms)
{
	s->full_ms = (s->full_ms > now_ms ? s->full_ms : now_ms) + b->every_ms;
}

static void give_back(struct slot *s, const struct bucket *b)
{
	if (s)
		s->full_ms = s->full_ms > b->every_ms ? s->full_ms - b->every_ms : 0;
}

static uint64_t longer(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void name_try(const struct sek_throttle *t, const char *account, const char *address,
	struct sek_throttle_try *ret)
{
	uint64_t both[2];

	memset(ret, 0, sizeof *ret);
	ret->address = hash_address(t, address);
	ret->account = hash(t, account, strlen(account));
	both[0] = ret->account;
	both[1] = ret->address;
	ret->pair = hash(t, both, sizeof both);
}

static bool is_familiar(struct sek_throttle *t, uint64_t pair, uint64_t now_ms)
{
	const struct slot *s = find(t->familiar, FAMILIAR_SETS, pair);

	return s && s->full_ms > now_ms;
}

enum sek_throttle_answer sek_throttle_take(struct sek_throttle *t, const char *account, const char *address,
	uint64_t now_ms, struct sek_throttle_try *ret, uint64_t *ret_wait_ms)
{
	const struct bucket *mine;
	struct slot *account_slot;
	struct sek_throttle_try a;
	uint64_t wait;

	name_try(t, account, address, &a);
	a.familiar = is_familiar(t, a.pair, now_ms);
	mine = a.familiar ? &familiar_bucket : &pair_bucket;
	wait = wait_ms(find(t->pair, PAIR_SETS, a.pair), mine, now_ms);
	if (!a.familiar) {
		struct slot *s = find(t->account, ACCOUNT_SETS, a.account);

		wait = longer(wait, wait_ms(find(t->address, ADDRESS_SETS, a.address), &address_bucket, now_ms));
		a.delayed = wait_ms(s, &account_bucket, now_ms) > 0;
		if (a.delayed && s->waiting >= SEK_THROTTLE_ACCOUNT_WAITING)
			wait = longer(wait, SEK_THROTTLE_ACCOUNT_DELAY_MS);
	}
	if (wait > 0) {
		*ret_wait_ms = wait;
		return SEK_THROTTLE_REFUSE;
	}
	take(claim(t->pair, PAIR_SETS, a.pair), mine, now_ms);
	if (!a.familiar) {
		take(claim(t->address, ADDRESS_SETS, a.address), &address_bucket, now_ms);
		account_slot = claim(t->account, ACCOUNT_SETS, a.account);
		/* a delayed try adds nothing: else a long attack would make the account slow for days after it */
		if (a.delayed)
			account_slot->waiting++;
		else
			take(account_slot, &account_bucket, now_ms);
	}
	*ret = a;
	return a.delayed ? SEK_THROTTLE_DELAY : SEK_THROTTLE_GO;
}

static void note_familiar(struct sek_throttle *t, uint64_t pair, uint64_t until_ms)
{
	struct slot *s = claim(t->familiar, FAMILIAR_SETS, pair);

	s->full_ms = longer(s->full_ms, until_ms);
}

void sek_throttle_done(struct sek_throttle *t, const struct sek_throttle_try *a, enum sek_throttle_outcome outcome,
	uint64_t now_ms)
{
	struct slot *pair = find(t->pair, PAIR_SETS, a->pair);
	struct slot *account = find(t->account, ACCOUNT_SETS, a->account);

	if (a->delayed && account && account->waiting > 0)
		account->waiting--;
	if (outcome == SEK_THROTTLE_FAILED)
		return;
	if (!a->familiar) {
		give_back(find(t->address, ADDRESS_SETS, a->address), &address_bucket);
		if (!a->delayed)
			give_back(account, &account_bucket);
	}
	if (outcome == SEK_THROTTLE_UNTRIED) {
		give_back(pair, a->familiar ? &familiar_bucket : &pair_bucket);
		return;
	}
	if (pair)
		pair->full_ms = 0;
	note_familiar(t, a->pair, now_ms + familiar_ms);
}

void sek_throttle_familiar(struct sek_throttle *t, const char *account, const char *address, uint64_t now_ms,
	uint64_t ago_ms)
{
	struct sek_throttle_try a;

	if (ago_ms >= familiar_ms)
		return;
	name_try(t, account, address, &a);
	note_familiar(t, a.pair, now_ms + familiar_ms - ago_ms);
}
