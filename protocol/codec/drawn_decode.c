/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads DRAWN (drawn.h) from hostile bytes. Freestanding. Every index into the model is cut to its table by the number of
 * bits that make it; missing bytes count as 0 and are refused at the end. Must never loop longer than its rectangle is
 * large.
 */
#include "protocol/codec/drawn.h"

#define ENCODING 0
#define coder sek_drawn_in
#include "protocol/codec/drawn_body.h"

#define TOP (1u << 24)

INLINE void fill(struct sek_drawn_in *in)
{
	while (in->range < TOP) {
		in->range <<= 8;
		in->code <<= 8;
		if (in->p < in->end)
			in->code |= *in->p++;
		else
			in->failed = true;
	}
}

INLINE unsigned bit(struct sek_drawn_in *in, uint16_t *p, unsigned b)
{
	uint32_t bound = (in->range >> 15) * *p;

	b = in->code >= bound;
	if (b) {
		in->code -= bound;
		in->range -= bound;
	} else {
		in->range = bound;
	}
	learn(p, b);
	fill(in);
	return b;
}

INLINE unsigned bits(struct sek_drawn_in *in, unsigned n, unsigned v)
{
	in->range >>= n;
	v = in->code / in->range;
	if (v >> n) {
		in->failed = true;
		v = 0;
	}
	in->code -= v * in->range;
	fill(in);
	return v;
}

INLINE unsigned rice(struct sek_drawn_in *in, unsigned k, unsigned v)
{
	const uint32_t unit = in->range >> RICE_BITS;
	const unsigned got = in->code / unit;
	unsigned zeros, n;

	if (got >> RICE_BITS)
		in->failed = true;
	if (got >> (RICE_BITS - RICE_ZEROS) == 0 || in->failed) {
		in->range = unit << (RICE_BITS - RICE_ZEROS);
		fill(in);
		return bits(in, 8, 0);
	}
	zeros = (unsigned)__builtin_clz(got) - (32 - RICE_BITS);
	n = zeros + 1 + k;
	v = got >> (RICE_BITS - n);
	in->code -= unit * (v << (RICE_BITS - n));
	in->range = unit << (RICE_BITS - n);
	fill(in);
	return (zeros << k | (v & ((1u << k) - 1))) & 255;
}

INLINE void broken(struct sek_drawn_in *in)
{
	in->failed = true;
}

static void set(uint16_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = HALF;
}

#define SET(table) set((uint16_t *)(void *)(table), sizeof(table) / sizeof(uint16_t))

void sek_drawn_reset(struct sek_drawn_model *m)
{
	__builtin_memset(m, 0, sizeof *m);
	m->next = m->smooth = HALF;
	SET(m->same_row);
	SET(m->run_whole);
	SET(m->run_bits);
	SET(m->guess_wide);
	SET(m->guess_near);
	SET(m->guess_side);
	SET(m->cached);
	SET(m->cache_index);
	SET(m->foretold);
	for (unsigned i = 0; i < sizeof m->residual / sizeof(uint16_t); i++)
		((uint16_t *)m->residual)[i] = RICE_MEAN;
}

void sek_drawn_open(struct sek_drawn_in *in, const uint8_t *bytes, size_t n)
{
	*in = (struct sek_drawn_in){ .p = bytes, .end = bytes + n, .range = 1 };
	fill(in); /* 1 is three shifts below TOP; one more byte makes 32 bits */
	in->range = UINT32_MAX;
	in->code <<= 8;
	if (in->p < in->end)
		in->code |= *in->p++;
	else
		in->failed = true;
}

sek_status sek_drawn_next(struct sek_drawn_in *in, struct sek_drawn_model *m, struct sek_drawn_rect *ret)
{
	struct sek_drawn_rect r = { 0, 0, 0, 0 };

	code_place(in, m, &in->r, &r);
	if (in->failed || r.w < 1 || r.w > SEK_DRAWN_MAX_WIDTH_PX || r.h < 1 || r.h > SEK_TILE_PX)
		return sek_fail(SEK_E_MALFORMED);
	*ret = r;
	return sek_ok();
}

sek_status sek_drawn_pixels(struct sek_drawn_in *in, struct sek_drawn_model *m, uint32_t *px)
{
	struct sek_drawn_in fast = *in; /* nothing else points at it: it stays in registers */

	code_rows(&fast, m, in->r.w, in->r.h, px, in->r.w, 0);
	*in = fast;
	return in->failed ? sek_fail(SEK_E_MALFORMED) : sek_ok();
}

sek_status sek_drawn_done(const struct sek_drawn_in *in)
{
	return in->failed || in->p != in->end ? sek_fail(SEK_E_MALFORMED) : sek_ok();
}
