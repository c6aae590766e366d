/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Token buckets in thousandths of a token, so that slow rates lose nothing to rounding.
 */
#include "broker/hub/session/rate.h"

void sek_bucket_init(struct sek_bucket *b, uint32_t per_s, uint32_t burst, uint64_t now_ms)
{
	*b = (struct sek_bucket){ per_s, burst, (uint64_t)burst * 1000, now_ms };
}

/* per_s tokens a second are per_s thousandths a millisecond. */
static uint64_t level(const struct sek_bucket *b, uint64_t now_ms)
{
	uint64_t full = (uint64_t)b->most * 1000;
	uint64_t passed = now_ms > b->filled_ms ? now_ms - b->filled_ms : 0;

	if (passed >= full / b->per_s + 1) /* also keeps the product below from wrapping */
		return full;
	return b->milli + passed * b->per_s < full ? b->milli + passed * b->per_s : full;
}

bool sek_bucket_take(struct sek_bucket *b, uint32_t n, uint64_t now_ms)
{
	uint64_t have = level(b, now_ms);
	uint64_t need = (uint64_t)n * 1000;

	b->milli = have;
	if (now_ms > b->filled_ms) /* a clock that steps back must not give tokens twice */
		b->filled_ms = now_ms;
	if (have < need)
		return false;
	b->milli -= need;
	return true;
}

uint64_t sek_bucket_wait_ms(const struct sek_bucket *b, uint32_t n, uint64_t now_ms)
{
	uint64_t have = level(b, now_ms);
	uint64_t need = (uint64_t)n * 1000;

	return have >= need ? 0 : (need - have + b->per_s - 1) / b->per_s;
}

void sek_rates_init(struct sek_rates *r, uint64_t now_ms)
{
	static const struct {
		uint32_t per_s, burst;
	} limits[SEK_RATES] = {
		[SEK_RATE_ALL] = { 2000, 30000 },
		[SEK_RATE_KEY] = { 200, 1000 },
		[SEK_RATE_TEXT] = { 200, 12000 },
		[SEK_RATE_TEXT_BYTES] = { 4096, 65536 },
		[SEK_RATE_BUTTON] = { 50, 200 },
		[SEK_RATE_MOVE] = { 250, 500 },
		[SEK_RATE_WHEEL] = { 500, 2000 },
		[SEK_RATE_RESIZE] = { 20, 20 },
		[SEK_RATE_REFRESH] = { 2, 10 },
		[SEK_RATE_CLIPBOARD] = { 100, 1000 },
		[SEK_RATE_CONTROL] = { 20, 200 },
	};

	for (int i = 0; i < SEK_RATES; i++)
		sek_bucket_init(&r->bucket[i], limits[i].per_s, limits[i].burst, now_ms);
}

bool sek_rates_take(struct sek_rates *r, enum sek_rate kind, uint32_t n, uint64_t now_ms)
{
	return sek_bucket_take(&r->bucket[kind], n, now_ms);
}

uint64_t sek_rates_wait_ms(const struct sek_rates *r, enum sek_rate kind, uint64_t now_ms)
{
	return sek_bucket_wait_ms(&r->bucket[kind], 1, now_ms);
}
