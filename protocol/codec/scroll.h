/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the two searches for vertical moves share: scroll.c looks everywhere, follow.c where something moved just now.
 * For these two files only.
 */
#ifndef SEK_PROTOCOL_CODEC_SCROLL_H
#define SEK_PROTOCOL_CODEC_SCROLL_H

#include "protocol/codec/encoder.h"

#define SEK_SCROLL_SLOTS 16384 /* a power of two, at least twice the rows of a picture */

_Static_assert(SEK_SCROLL_SLOTS >= 2 * SEK_HEIGHT_MAX_PX, "the table of rows is never more than half full");

struct sek_scroll_slot {
	uint32_t hash; /* 0 is free */
	int32_t row;   /* -1: more than one row has this hash */
};

struct sek_scroll_strip {
	uint16_t x, w, y0, y1; /* rows y0..y1 hold all that changed; 0: none */
	uint32_t *old_hash, *new_hash; /* one for each row of the picture */
	int32_t dy;            /* 0: none found */
};

struct sek_scroller {
	uint32_t *hashes;    /* two for each row of each strip */
	uint16_t *votes;     /* by distance + height */
	uint32_t followed[SEK_REGIONS_MAX][SEK_HEIGHT_MAX_PX]; /* by region and row: hashes of samples of `old` */
	uint32_t slot_count; /* used of slots: a power of two, at least twice the rows of the strip */
	struct sek_scroll_slot slots[SEK_SCROLL_SLOTS];
	struct sek_scroll_strip strips[SEK_WIDTH_MAX_PX / SEK_TILE_PX];
};

/* The slot of a hash in the table of rows, or the free one where it belongs. */
struct sek_scroll_slot *sek_scroll_slot(struct sek_scroller *s, uint32_t hash);
/* Makes the table of rows y0..y1, whose hashes (never 0) stand at hash[y], and forgets all votes. */
void sek_scroll_table(struct sek_scroller *s, const uint32_t *hash, unsigned y0, unsigned y1);
/* Row y now has this hash: one vote, if that stands once in the table. height: y1 - y0 of the table. */
void sek_scroll_vote(struct sek_scroller *s, uint32_t hash, int32_t y, int32_t height);
/* The distance for which most rows voted; 0 if too few agree. */
int32_t sek_scroll_result(const struct sek_scroller *s, int32_t height);

#endif
