/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Token buckets: what "a human rate" means for each kind of client message. Pure arithmetic on a clock that the caller
 * gives; no I/O, no allocation. Must never be looser for a client that it has just punished.
 */
#ifndef SEK_BROKER_HUB_SESSION_RATE_H
#define SEK_BROKER_HUB_SESSION_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct sek_bucket {
	uint32_t per_s;     /* tokens that come back each second */
	uint32_t most;      /* the burst: tokens of a full bucket */
	uint64_t milli;     /* thousandths of a token in it now */
	uint64_t filled_ms; /* when it was last filled */
};

/* A full bucket. per_s > 0. */
void sek_bucket_init(struct sek_bucket *b, uint32_t per_s, uint32_t burst, uint64_t now_ms);
/* Takes n tokens and returns true, or takes none and returns false. now_ms: any monotonic clock. */
bool sek_bucket_take(struct sek_bucket *b, uint32_t n, uint64_t now_ms);
/* After how many ms n tokens (at most the burst) will be there; 0 = now. */
uint64_t sek_bucket_wait_ms(const struct sek_bucket *b, uint32_t n, uint64_t now_ms);

/* What a client may send. Each burst leaves room for honest extremes: ten thousand characters committed by an IME at
 * once, a gaming mouse (1000 reports a second, which the browser bundles), a free-spinning wheel. */
enum sek_rate {
	SEK_RATE_ALL,        /* every message: beyond this it is no person and no broken window manager */
	SEK_RATE_KEY,        /* KEY, RELEASE */
	SEK_RATE_TEXT,       /* TEXT messages */
	SEK_RATE_TEXT_BYTES, /* their bytes */
	SEK_RATE_BUTTON,     /* POINTER with other buttons than before */
	SEK_RATE_MOVE,       /* POINTER with the same buttons: the excess is coalesced, not refused */
	SEK_RATE_WHEEL,
	SEK_RATE_RESIZE,     /* the excess is coalesced */
	SEK_RATE_REFRESH,    /* the excess is coalesced: a keyframe is the dearest thing that a client can ask for */
	SEK_RATE_CLIPBOARD,  /* pieces of pasted text */
	SEK_RATE_CONTROL,    /* VISIBILITY, PING */
	SEK_RATES,
};

struct sek_rates {
	struct sek_bucket bucket[SEK_RATES];
};
void sek_rates_init(struct sek_rates *r, uint64_t now_ms);
bool sek_rates_take(struct sek_rates *r, enum sek_rate kind, uint32_t n, uint64_t now_ms);
uint64_t sek_rates_wait_ms(const struct sek_rates *r, enum sek_rate kind, uint64_t now_ms); /* for one token */

#endif
