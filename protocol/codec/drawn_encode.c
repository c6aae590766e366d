/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writes DRAWN (drawn.h). The range coder is the usual one with carries: bytes of 0xff wait until it is known whether one
 * passes through them.
 */
#include "protocol/codec/drawn.h"

#define ENCODING 1
#define coder sek_drawn_out
#include "protocol/codec/drawn_body.h"

#define TOP (1u << 24)

static void put_byte(struct sek_drawn_out *out, uint8_t b)
{
	if (out->len < out->size)
		out->bytes[out->len++] = b;
	else
		out->failed = true;
}

static void shift_low(struct sek_drawn_out *out)
{
	/* nothing can pass through the very first byte: it is one before the others even if it is 0xff */
	if (!out->pending || (uint32_t)out->low < 0xff000000u || out->low >> 32) {
		uint8_t carry = (uint8_t)(out->low >> 32);

		for (uint8_t b = out->before; out->pending > 0; out->pending--, b = 0xff)
			put_byte(out, (uint8_t)(b + carry));
		out->before = (uint8_t)(out->low >> 24);
	}
	out->pending++;
	out->low = (out->low & 0x00ffffffu) << 8;
}

INLINE unsigned bit(struct sek_drawn_out *out, uint16_t *p, unsigned b)
{
	uint32_t bound = (out->range >> 15) * *p;

	if (b) {
		out->low += bound;
		out->range -= bound;
	} else {
		out->range = bound;
	}
	learn(p, b);
	while (out->range < TOP) {
		out->range <<= 8;
		shift_low(out);
	}
	return b;
}

INLINE unsigned bits(struct sek_drawn_out *out, unsigned n, unsigned v)
{
	out->range >>= n;
	out->low += (uint64_t)v * out->range;
	while (out->range < TOP) {
		out->range <<= 8;
		shift_low(out);
	}
	return v;
}

INLINE unsigned rice(struct sek_drawn_out *out, unsigned k, unsigned v)
{
	const unsigned zeros = v >> k, n = zeros + 1 + k;
	const uint32_t unit = out->range >> RICE_BITS;

	if (zeros < RICE_ZEROS) {
		out->low += (uint64_t)unit * ((1u << k | (v & ((1u << k) - 1))) << (RICE_BITS - n));
		out->range = unit << (RICE_BITS - n);
	} else {
		out->range = unit << (RICE_BITS - RICE_ZEROS);
	}
	while (out->range < TOP) {
		out->range <<= 8;
		shift_low(out);
	}
	return zeros < RICE_ZEROS ? v : bits(out, 8, v);
}

INLINE void broken(struct sek_drawn_out *out)
{
	out->failed = true;
}

void sek_drawn_start(struct sek_drawn_out *out, uint8_t *bytes, size_t size)
{
	*out = (struct sek_drawn_out){ .bytes = bytes, .size = size, .range = UINT32_MAX };
}

void sek_drawn_put(struct sek_drawn_out *out, struct sek_drawn_model *m, struct sek_drawn_rect r, const uint32_t *px,
	size_t stride, bool smooth)
{
	code_place(out, m, &out->r, &r);
	/* code_rows reads only while ENCODING */
	code_rows(out, m, r.w, r.h, (uint32_t *)(uintptr_t)px, stride, smooth);
}

size_t sek_drawn_finish(struct sek_drawn_out *out)
{
	for (unsigned i = 0; i < 5; i++)
		shift_low(out);
	return out->failed ? 0 : out->len;
}
