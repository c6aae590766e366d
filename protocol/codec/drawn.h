/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The exact coding of rectangles (docs/protocol.md, DRAWN): pixels are predicted from their neighbours by a model that
 * learns over all updates since the last keyframe; what is likely or not is coded with a binary range coder from the front of
 * the bytes, bits that are all equally likely stand as they are from the back.
 * Freestanding. Both directions run the same code over the same model (drawn_body.h): they can only differ in a bug.
 */
#ifndef SEK_PROTOCOL_CODEC_DRAWN_H
#define SEK_PROTOCOL_CODEC_DRAWN_H

#include "base/status.h"
#include "protocol/limits.h"

#include <stddef.h>

#define SEK_DRAWN_MAX_PX (SEK_DRAWN_MAX_WIDTH_PX * SEK_TILE_PX)
#define SEK_DRAWN_WIDE_BITS 16
#define SEK_DRAWN_NEAR_BITS 13
/* Of so many pixels the slots are looked up together when they are written. */
#define SEK_DRAWN_AHEAD_PX 16

/* What has been learnt. A probability is that of a 0, of 1 << 15. A slot is the colour that was last seen in its
 * surroundings, and in the top byte how often it was right lately; 0: none. */
struct sek_drawn_model {
	uint32_t wide[1 << SEK_DRAWN_WIDE_BITS]; /* by six neighbours */
	uint32_t near[1 << SEK_DRAWN_NEAR_BITS]; /* by three */
	uint32_t cache[256];                     /* colours that no neighbour told, by their hash */
	uint32_t last;                           /* the pixel that was coded last */
	uint16_t next, smooth;
	uint16_t same_row[2];
	uint16_t run_whole[2][16], run_bits[16][16];
	uint16_t guess_wide[4][5], guess_near[4][2], guess_side[3][8];
	uint16_t cached[2];
	uint16_t foretold[4];
	uint16_t residual[3][8]; /* means, see drawn_body.h */
	/* the rows around the present pixel: two pixels before the first, one after the last, and some that count for nothing */
	uint32_t rows[3][SEK_DRAWN_MAX_WIDTH_PX + 3 + SEK_DRAWN_AHEAD_PX];
};

void sek_drawn_reset(struct sek_drawn_model *m);

struct sek_drawn_rect {
	uint16_t x, y, w, h;
};

/* --- decoding --- */

/* Owned by the caller; its fields are the decoder's own. */
struct sek_drawn_in {
	const uint8_t *start, *p, *end;
	uint32_t range, code;
	uint64_t plain; /* the next plain bits, the first in the highest */
	unsigned plain_bits;
	size_t plain_left; /* bytes in front of those in `plain` */
	bool failed;
	struct sek_drawn_rect r; /* the rectangle before */
};

/* Starts on n hostile bytes, which must stay. */
void sek_drawn_open(struct sek_drawn_in *in, const uint8_t *bytes, size_t n);
/* Reads the next rectangle: w is at most SEK_DRAWN_MAX_WIDTH_PX, h at most SEK_TILE_PX, neither is 0; the place is not
 * checked. */
sek_status sek_drawn_next(struct sek_drawn_in *in, struct sek_drawn_model *m, struct sek_drawn_rect *ret);
/* Its pixels into px, rows packed at w, X = 0. */
sek_status sek_drawn_pixels(struct sek_drawn_in *in, struct sek_drawn_model *m, uint32_t *px);
/* SEK_OK if every byte has been read and none was missing. */
sek_status sek_drawn_done(const struct sek_drawn_in *in);

/* --- encoding --- */

/* What is known of pixels before they are coded. */
struct sek_drawn_ahead {
	uint32_t wide[SEK_DRAWN_AHEAD_PX], near[SEK_DRAWN_AHEAD_PX];
	/* of a smooth row: predictions, and how unlike the neighbours of each pixel are */
	uint32_t foreseen[SEK_DRAWN_MAX_WIDTH_PX], unlike[SEK_DRAWN_MAX_WIDTH_PX];
};

/* Owned by the caller; its fields are the encoder's own. */
struct sek_drawn_out {
	uint8_t *bytes; /* the caller's */
	size_t size, len;
	uint64_t low;
	uint32_t range;
	size_t pending; /* bytes of 0xff, and one before them, that a carry may still change */
	uint8_t before;
	bool failed;
	uint64_t plain; /* plain bits that are not written yet: the lowest plain_bits */
	unsigned plain_bits;
	size_t plain_at; /* those that are, begin here */
	struct sek_drawn_rect r;
	struct sek_drawn_ahead ahead;
};

/* size: at least SEK_DRAWN_LEAST_BYTES. */
#define SEK_DRAWN_LEAST_BYTES 8192
void sek_drawn_start(struct sek_drawn_out *out, uint8_t *bytes, size_t size);
/* How many bytes there are so far. */
size_t sek_drawn_bytes(const struct sek_drawn_out *out);
/* Adds a rectangle (bounds as above). smooth: a photograph rather than something drawn. */
void sek_drawn_put(struct sek_drawn_out *out, struct sek_drawn_model *m, struct sek_drawn_rect r, const uint32_t *px,
	size_t stride, bool smooth);
/* Ends the bytes; returns how many, or 0 if they did not fit. */
size_t sek_drawn_finish(struct sek_drawn_out *out);

#endif
