/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads DRAWN (drawn.h) from hostile bytes. Freestanding. Every index into the model is cut to its table by the number of
 * bits that make it; missing bytes count as 0 and are refused at the end, and so are bytes that were read from both ends. Must never loop longer than its rectangle is
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

/* Eight bytes, the first in the lowest bits. */
INLINE uint64_t load(const uint8_t *from)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 8; i++)
		v |= (uint64_t)from[i] << 8 * i;
	return v;
}

/* At least 56 plain bits are at hand, or all that are left. Bits below those counted may be there already: they are the same. */
INLINE void ready(struct sek_drawn_in *in)
{
	if (in->plain_left >= 8) {
		in->plain |= load(in->start + in->plain_left - 8) >> in->plain_bits;
		in->plain_left -= (63 - in->plain_bits) / 8;
		in->plain_bits |= 56;
		return;
	}
	while (in->plain_bits < 56 && in->plain_left > 0) {
		in->plain |= (uint64_t)in->start[--in->plain_left] << (56 - in->plain_bits);
		in->plain_bits += 8;
	}
}

INLINE void drop_plain(struct sek_drawn_in *in, unsigned n)
{
	if (in->plain_bits < n) {
		in->failed = true;
		in->plain_bits = n;
	}
	in->plain <<= n;
	in->plain_bits -= n;
}

INLINE unsigned bits(struct sek_drawn_in *in, unsigned n, unsigned v)
{
	ready(in);
	v = (unsigned)(in->plain >> 1 >> (63 - n));
	drop_plain(in, n);
	return v;
}

INLINE unsigned rice(struct sek_drawn_in *in, unsigned k, unsigned v)
{
	unsigned zeros;

	if (in->plain >> (64 - RICE_ZEROS) == 0) {
		v = (unsigned)(in->plain >> (64 - RICE_ZEROS - 8));
		drop_plain(in, RICE_ZEROS + 8);
		return v;
	}
	zeros = (unsigned)__builtin_clzll(in->plain);
	v = (unsigned)(in->plain >> (63 - zeros - k));
	drop_plain(in, zeros + 1 + k);
	return (zeros << k | (v & ((1u << k) - 1))) & 255;
}

INLINE void make_room(struct sek_drawn_in *in, unsigned w)
{
	(void)in;
	(void)w;
}

INLINE void slots(struct sek_drawn_in *in, struct sek_drawn_model *m, unsigned x, const uint32_t *cur, const uint32_t *up,
	const uint32_t *up2, uint32_t **ret_wide, uint32_t **ret_near)
{
	uint32_t wide, near;

	(void)in;
	(void)x;
	find_slots(cur, up, up2, &wide, &near);
	*ret_wide = &m->wide[wide];
	*ret_near = &m->near[near];
}

INLINE void foresee_row(struct sek_drawn_in *in, const uint32_t *cur, const uint32_t *up, unsigned w)
{
	(void)in;
	(void)cur;
	(void)up;
	(void)w;
}

INLINE uint32_t foreseen(struct sek_drawn_in *in, unsigned x, const uint32_t *cur, const uint32_t *up, unsigned *ret_unlike)
{
	(void)in;
	return foresee(cur + x, up + x, ret_unlike);
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
	SET(m->foretold);
	for (unsigned i = 0; i < sizeof m->residual / sizeof(uint16_t); i++)
		((uint16_t *)m->residual)[i] = RICE_MEAN;
}

void sek_drawn_open(struct sek_drawn_in *in, const uint8_t *bytes, size_t n)
{
	*in = (struct sek_drawn_in){ .start = bytes, .p = bytes, .end = bytes + n, .plain_left = n, .range = 1 };
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
	const size_t whole = in->plain_left + in->plain_bits / 8; /* bytes from the front that hold no plain bit */

	if (in->failed || in->p != in->start + whole)
		return sek_fail(SEK_E_MALFORMED);
	/* "the last byte ends with zeros" */
	return in->plain_bits % 8 && in->plain >> (64 - in->plain_bits % 8) ? sek_fail(SEK_E_MALFORMED) : sek_ok();
}
