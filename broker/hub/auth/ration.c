/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Token buckets in the store. Must never write what was typed, only keyed hashes of it.
 */
#include "broker/hub/auth/ration.h"

#include <arpa/inet.h>
#include <string.h>

#include <sodium.h>

enum { PAIR, ADDRESS, ACCOUNT, DELAYED };
_Static_assert(DELAYED + 1 == SEK_STORE_BUCKETS_MAX, "a bucket each");

struct bucket {
	int64_t burst, every_ms;
};

static const struct bucket pair_bucket = { SEK_THROTTLE_PAIR_BURST, SEK_THROTTLE_PAIR_EVERY_MS };
static const struct bucket familiar_bucket = { SEK_THROTTLE_FAMILIAR_BURST, SEK_THROTTLE_FAMILIAR_EVERY_MS };
static const struct bucket address_bucket = { SEK_THROTTLE_ADDRESS_BURST, SEK_THROTTLE_ADDRESS_EVERY_MS };
static const struct bucket account_bucket = { SEK_THROTTLE_ACCOUNT_BURST, SEK_THROTTLE_ACCOUNT_EVERY_MS };
static const struct bucket delayed_bucket = { SEK_THROTTLE_ACCOUNT_WAITING, SEK_THROTTLE_ACCOUNT_DELAY_MS / SEK_THROTTLE_ACCOUNT_WAITING };

/* The bytes that an address counts by; returns how many. */
static size_t place(const char *address, uint8_t ret[64])
{
	struct in6_addr v6;
	size_t n = strlen(address);

	if (inet_pton(AF_INET6, address, &v6) == 1) {
		memcpy(ret, v6.s6_addr, 8);
		return 8;
	}
	n = n < 64 ? n : 64;
	memcpy(ret, address, n);
	return n;
}

bool sek_ration_same_place(const char *a, const char *b)
{
	uint8_t x[64], y[64];
	size_t n = place(a, x);

	return n == place(b, y) && memcmp(x, y, n) == 0;
}

static void hash(uint8_t ret[SEK_STORE_ONCE_KEY_BYTES], const uint8_t *key, char kind, const char *account, const char *address)
{
	crypto_generichash_state state;
	uint8_t bytes[64];

	(void)crypto_generichash_init(&state, key, key ? 32 : 0, SEK_STORE_ONCE_KEY_BYTES);
	(void)crypto_generichash_update(&state, (const uint8_t *)"bucket", 6);
	(void)crypto_generichash_update(&state, (const uint8_t *)&kind, 1);
	if (account)
		(void)crypto_generichash_update(&state, (const uint8_t *)account, strlen(account) + 1);
	if (address)
		(void)crypto_generichash_update(&state, bytes, place(address, bytes));
	(void)crypto_generichash_final(&state, ret, SEK_STORE_ONCE_KEY_BYTES);
}

void sek_ration_name(struct sek_ration *r, const uint8_t *key, const char *account, const char *address, bool familiar)
{
	*r = (struct sek_ration){ .familiar = familiar };
	hash(r->keys[PAIR], key, 'p', account, address);
	hash(r->keys[ADDRESS], key, 'a', NULL, address);
	hash(r->keys[ACCOUNT], key, 'c', account, NULL);
	hash(r->keys[DELAYED], key, 'd', account, NULL);
}

/* A bucket that a clock ahead of ours has filled is never emptier than empty. */
static int64_t level(int64_t full_ms, const struct bucket *b, int64_t now_ms)
{
	int64_t most = now_ms + b->burst * b->every_ms;

	return full_ms > most ? most : full_ms;
}

/* How long until it holds a token; 0 = now. */
static int64_t wait_ms(int64_t full_ms, const struct bucket *b, int64_t now_ms)
{
	int64_t after = level(full_ms, b, now_ms) - now_ms + b->every_ms, room = b->burst * b->every_ms;

	return full_ms > now_ms && after > room ? after - room : 0;
}

static int64_t taken(int64_t full_ms, const struct bucket *b, int64_t now_ms)
{
	return (full_ms > now_ms ? level(full_ms, b, now_ms) : now_ms) + b->every_ms;
}

struct step {
	struct sek_ration *r;
	int64_t now_ms, wait_ms;
	enum sek_throttle_outcome outcome;
};

static int64_t longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void take(void *ctx, int64_t *full)
{
	struct step *s = ctx;
	struct sek_ration *r = s->r;
	const struct bucket *mine = r->familiar ? &familiar_bucket : &pair_bucket;

	s->wait_ms = wait_ms(full[PAIR], mine, s->now_ms);
	if (!r->familiar) {
		s->wait_ms = longer(s->wait_ms, wait_ms(full[ADDRESS], &address_bucket, s->now_ms));
		r->delayed = wait_ms(full[ACCOUNT], &account_bucket, s->now_ms) > 0;
		if (r->delayed)
			s->wait_ms = longer(s->wait_ms, wait_ms(full[DELAYED], &delayed_bucket, s->now_ms));
	}
	if (s->wait_ms > 0)
		return;
	r->taken = true;
	full[PAIR] = taken(full[PAIR], mine, s->now_ms);
	if (r->familiar)
		return;
	full[ADDRESS] = taken(full[ADDRESS], &address_bucket, s->now_ms);
	if (r->delayed) /* adds nothing to the account: else a long attack would make it slow for days after it */
		full[DELAYED] = taken(full[DELAYED], &delayed_bucket, s->now_ms);
	else
		full[ACCOUNT] = taken(full[ACCOUNT], &account_bucket, s->now_ms);
}

sek_status sek_ration_take(struct sek_store *s, struct sek_ration *r, int64_t now_ms, enum sek_throttle_answer *ret, uint64_t *ret_wait_ms)
{
	struct step step = { .r = r, .now_ms = now_ms };

	SEK_TRY(sek_store_buckets(s, r->keys, SEK_STORE_BUCKETS_MAX, now_ms, take, &step));
	*ret_wait_ms = (uint64_t)step.wait_ms;
	*ret = step.wait_ms > 0 ? SEK_THROTTLE_REFUSE : r->delayed ? SEK_THROTTLE_DELAY : SEK_THROTTLE_GO;
	return sek_ok();
}

static void give_back(int64_t *full, const struct bucket *b)
{
	*full = *full > b->every_ms ? *full - b->every_ms : 0;
}

static void settle(void *ctx, int64_t *full)
{
	const struct step *s = ctx;
	const struct sek_ration *r = s->r;

	if (!r->familiar) {
		give_back(&full[ADDRESS], &address_bucket);
		if (!r->delayed)
			give_back(&full[ACCOUNT], &account_bucket);
	}
	if (s->outcome == SEK_THROTTLE_WORKED)
		full[PAIR] = 0;
	else
		give_back(&full[PAIR], r->familiar ? &familiar_bucket : &pair_bucket);
}

sek_status sek_ration_done(struct sek_store *s, struct sek_ration *r, enum sek_throttle_outcome outcome, int64_t now_ms)
{
	struct step step = { .r = r, .now_ms = now_ms, .outcome = outcome };

	if (!r->taken)
		return sek_ok();
	r->taken = false;
	return outcome == SEK_THROTTLE_FAILED ? sek_ok() :
		sek_store_buckets(s, r->keys, SEK_STORE_BUCKETS_MAX, now_ms, settle, &step);
}
