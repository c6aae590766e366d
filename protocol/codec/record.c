/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A lossless tile as the bytes of a tile record (update.h): the mirror of update.c's parse_tile.
 */
#include "protocol/codec/encoder.h"

static uint8_t *put_rgb(uint8_t *out, uint32_t bgrx)
{
	out[0] = (uint8_t)(bgrx >> 16);
	out[1] = (uint8_t)(bgrx >> 8);
	out[2] = (uint8_t)bgrx;
	return out + 3;
}

static unsigned index_bits(unsigned colours)
{
	if (colours <= 2)
		return 1;
	if (colours <= 4)
		return 2;
	return colours <= 16 ? 4 : 8;
}

/* "Each row starts on a byte, the first pixel stands in the high bits, what is left of the last byte is 0." */
static uint8_t *put_row(uint8_t *out, const uint8_t *index, unsigned w, unsigned bits)
{
	unsigned per_byte = 8 / bits, x = 0;

	if (bits == 8) {
		__builtin_memcpy(out, index, w);
		return out + w;
	}
	while (x < w) {
		unsigned byte = 0;

		for (unsigned i = 0; i < per_byte; i++, x++)
			byte = byte << bits | (x < w ? index[x] : 0u);
		*out++ = (uint8_t)byte;
	}
	return out;
}

size_t sek_record_write(uint8_t *out, struct sek_rect r, const uint32_t *px, size_t stride, const struct sek_class *c)
{
	uint8_t *p = out;

	*p++ = (uint8_t)(r.x >> 8);
	*p++ = (uint8_t)r.x;
	*p++ = (uint8_t)(r.y >> 8);
	*p++ = (uint8_t)r.y;
	*p++ = (uint8_t)r.w;
	*p++ = (uint8_t)r.h;
	*p++ = (uint8_t)c->colours;
	if (c->colours == 0) {
		for (unsigned y = 0; y < r.h; y++, px += stride) {
			for (unsigned x = 0; x < r.w; x++)
				p = put_rgb(p, px[x]);
		}
		return (size_t)(p - out);
	}
	for (unsigned i = 0; i < c->colours; i++)
		p = put_rgb(p, c->palette[i]);
	if (c->colours > 1) {
		for (unsigned y = 0; y < r.h; y++)
			p = put_row(p, c->index + (size_t)y * r.w, r.w, index_bits(c->colours));
	}
	return (size_t)(p - out);
}
