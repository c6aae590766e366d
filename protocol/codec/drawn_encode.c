/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writes DRAWN (drawn.h). The range coder is the usual one with carries: bytes of 0xff wait until it is known whether one
 * passes through them. Plain bits are written down from the end of the room, and joined to the rest at last.
 */
#include "protocol/codec/drawn.h"

#include <string.h>

#define ENCODING 1
/* The coder while a rectangle is written: nothing else points at it, so that it stays in registers. */
struct writer {
	struct sek_drawn_out *out;
	uint64_t low, plain;
	size_t plain_at;
	uint32_t range;
	unsigned plain_bits;
	unsigned ahead_end; /* slots are known up to, but not, this pixel of the row */
};
#define coder writer
#include "protocol/codec/drawn_body.h"

#define TOP (1u << 24)

static void put_byte(struct sek_drawn_out *out, uint8_t b)
{
	if (out->len < out->size)
		out->bytes[out->len++] = b;
	else
		out->failed = true;
}

/* Takes the highest byte from low; returns what is left of it. */
static uint64_t shift_low(struct sek_drawn_out *out, uint64_t low)
{
	/* nothing can pass through the very first byte: it is one before the others even if it is 0xff */
	if (!out->pending || (uint32_t)low < 0xff000000u || low >> 32) {
		uint8_t carry = (uint8_t)(low >> 32);

		for (uint8_t b = out->before; out->pending > 0; out->pending--, b = 0xff)
			put_byte(out, (uint8_t)(b + carry));
		out->before = (uint8_t)(low >> 24);
	}
	out->pending++;
	return (low & 0x00ffffffu) << 8;
}

INLINE unsigned bit(struct writer *c, uint16_t *p, unsigned b)
{
	uint32_t bound = (c->range >> 15) * *p;

	if (b) {
		c->low += bound;
		c->range -= bound;
	} else {
		c->range = bound;
	}
	learn(p, b);
	while (c->range < TOP) {
		c->range <<= 8;
		c->low = shift_low(c->out, c->low);
	}
	return b;
}

/* Eight bytes at `to`, the first in the lowest bits. */
INLINE void store(uint8_t *to, uint64_t v)
{
	for (unsigned i = 0; i < 8; i++)
		to[i] = (uint8_t)(v >> 8 * i);
}

/* Writes what fills bytes. Room for eight below plain_at is make_room's to see to. */
INLINE void ready(struct writer *c)
{
	store(c->out->bytes + c->plain_at - 8, c->plain << 1 << (63 - c->plain_bits));
	c->plain_at -= c->plain_bits / 8;
	c->plain_bits %= 8;
}

INLINE void put_plain(struct writer *c, unsigned n, unsigned v)
{
	c->plain = c->plain << n | v;
	c->plain_bits += n;
}

INLINE unsigned bits(struct writer *c, unsigned n, unsigned v)
{
	ready(c);
	put_plain(c, n, v);
	return v;
}

INLINE unsigned rice(struct writer *c, unsigned k, unsigned v)
{
	const unsigned zeros = v >> k;
	const bool plainly = zeros >= RICE_ZEROS;

	put_plain(c, plainly ? RICE_ZEROS + 8 : zeros + 1 + k, plainly ? v : 1u << k | (v & ((1u << k) - 1)));
	return v;
}

/* Once a row, so that plain bits are written without asking. */
INLINE void make_room(struct writer *c, unsigned w)
{
	struct sek_drawn_out *out = c->out;

	c->ahead_end = 0;
	if (c->plain_at >= out->len && c->plain_at - out->len >= (size_t)w * PLAIN_PIXEL_BYTES + PLAIN_ROW_BYTES)
		return;
	out->failed = true; /* what is written from here on is for nobody */
	c->plain_at = out->size;
}

/* Writing, all pixels are known: of the next ones the slots are asked for while this one is coded, because the table is larger
 * than what lies near to the processor. */
INLINE void slots(struct writer *c, struct sek_drawn_model *m, unsigned x, const uint32_t *cur, const uint32_t *up,
	const uint32_t *up2, uint32_t **ret_wide, uint32_t **ret_near)
{
	struct sek_drawn_ahead *ahead = &c->out->ahead;

	if (x >= c->ahead_end) {
		c->ahead_end = x + SEK_DRAWN_AHEAD_PX;
		for (unsigned i = 0; i < SEK_DRAWN_AHEAD_PX; i++)
			find_slots(cur + i, up + i, up2 + i, &ahead->wide[i], &ahead->near[i]);
		for (unsigned i = 0; i < SEK_DRAWN_AHEAD_PX; i++) {
			__builtin_prefetch(&m->wide[ahead->wide[i]], 1);
			__builtin_prefetch(&m->near[ahead->near[i]], 1);
		}
	}
	x -= c->ahead_end - SEK_DRAWN_AHEAD_PX;
	*ret_wide = &m->wide[ahead->wide[x]];
	*ret_near = &m->near[ahead->near[x]];
}

/* predict() of n bytes, each from those BYTES before it and above it: a compiler makes sixteen at once of it. */
#define BYTES 4
static void predict_bytes(const uint8_t *restrict cur, const uint8_t *restrict up, size_t n, uint8_t *restrict ret)
{
	for (size_t i = 0; i < n; i++) {
		const uint8_t a = cur[i], b = up[i + BYTES], k = up[i];
		const uint8_t low = a < b ? a : b, high = a < b ? b : a, plane = (uint8_t)(a + b - k);
		const uint8_t inside = k <= low ? high : plane;

		ret[i] = k >= high ? low : inside;
	}
}

INLINE void foresee_row(struct writer *c, const uint32_t *cur, const uint32_t *up, unsigned w)
{
	struct sek_drawn_ahead *ahead = &c->out->ahead;

	predict_bytes((const uint8_t *)(cur - 1), (const uint8_t *)(up - 1), (size_t)w * BYTES, (uint8_t *)ahead->foreseen);
	for (int x = 0; x < (int)w; x++)
		ahead->unlike[x] = distance(cur[x - 1], up[x - 1]) + distance(up[x], up[x - 1]) + distance(up[x + 1], up[x]);
}

INLINE uint32_t foreseen(struct writer *c, unsigned x, const uint32_t *cur, const uint32_t *up, unsigned *ret_unlike)
{
	(void)cur;
	(void)up;
	*ret_unlike = c->out->ahead.unlike[x];
	return c->out->ahead.foreseen[x];
}

INLINE void broken(struct writer *c)
{
	c->out->failed = true;
}

void sek_drawn_start(struct sek_drawn_out *out, uint8_t *bytes, size_t size)
{
	out->bytes = bytes;
	out->size = out->plain_at = size;
	out->len = out->pending = out->plain_bits = 0;
	out->low = out->plain = 0;
	out->range = UINT32_MAX;
	out->before = 0;
	out->failed = size < SEK_DRAWN_LEAST_BYTES;
	out->r = (struct sek_drawn_rect){ 0, 0, 0, 0 };
}

size_t sek_drawn_bytes(const struct sek_drawn_out *out)
{
	return out->len + (out->size - out->plain_at);
}

static struct writer writer_of(struct sek_drawn_out *out)
{
	return (struct writer){ .out = out, .low = out->low, .plain = out->plain, .plain_at = out->plain_at, .range = out->range,
		.plain_bits = out->plain_bits };
}

static void keep(struct sek_drawn_out *out, const struct writer *c)
{
	out->low = c->low;
	out->plain = c->plain;
	out->plain_at = c->plain_at;
	out->range = c->range;
	out->plain_bits = c->plain_bits;
}

void sek_drawn_put(struct sek_drawn_out *out, struct sek_drawn_model *m, struct sek_drawn_rect r, const uint32_t *px,
	size_t stride, bool smooth)
{
	struct writer c = writer_of(out);

	if (out->size < SEK_DRAWN_LEAST_BYTES)
		return;
	make_room(&c, 0);
	code_place(&c, m, &out->r, &r);
	/* code_rows reads only while ENCODING */
	code_rows(&c, m, r.w, r.h, (uint32_t *)(uintptr_t)px, stride, smooth);
	keep(out, &c);
}

size_t sek_drawn_finish(struct sek_drawn_out *out)
{
	struct writer c = writer_of(out);

	if (out->failed)
		return 0;
	make_room(&c, 0);
	for (unsigned i = 0; i < 5; i++)
		c.low = shift_low(out, c.low);
	ready(&c);
	if (c.plain_bits > 0) /* the last byte ends with zeros */
		out->bytes[--c.plain_at] = (uint8_t)(c.plain << (8 - c.plain_bits));
	c.plain_bits = 0;
	keep(out, &c);
	if (out->failed || out->plain_at < out->len)
		return 0;
	memmove(out->bytes + out->len, out->bytes + out->plain_at, out->size - out->plain_at);
	return sek_drawn_bytes(out);
}
