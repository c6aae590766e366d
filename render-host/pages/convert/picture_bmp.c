/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Windows bitmaps without compression: 1, 4, 8, 24 and 32 bits a pixel. [MS-WMF] 2.2.2.3, 2.2.2.9.
 */
#include <stdlib.h>
#include <string.h>

#include "render-host/pages/convert/picture.h"

enum { FILE_HEADER_BYTES = 14, INFO_BYTES = 40, COLOURS_MAX = 256, RGB = 0, BITFIELDS = 3 };

struct bmp {
	const uint8_t *s;
	size_t n, pixels, stride;
	unsigned bits;
	bool upwards;
	uint8_t colours[COLOURS_MAX][3];
};

static uint32_t u16(const uint8_t *s)
{
	return (uint32_t)s[1] << 8 | s[0];
}

static uint32_t u32(const uint8_t *s)
{
	return u16(s + 2) << 16 | u16(s);
}

static void read_colours(struct bmp *b, size_t at)
{
	size_t wanted = b->bits <= 8 ? (size_t)1 << b->bits : 0;

	for (size_t i = 0; i < wanted && at + 4 * i + 4 <= b->n; i++) {
		const uint8_t *c = b->s + at + 4 * i; /* blue, green, red, nothing */

		b->colours[i][0] = c[2];
		b->colours[i][1] = c[1];
		b->colours[i][2] = c[0];
	}
}

static void read_row(const struct bmp *b, const uint8_t *in, unsigned width, uint8_t *out)
{
	for (unsigned x = 0; x < width; x++, out += 3) {
		if (b->bits >= 24) {
			const uint8_t *p = in + (size_t)x * (b->bits / 8);

			out[0] = p[2];
			out[1] = p[1];
			out[2] = p[0];
		} else {
			size_t bit = (size_t)x * b->bits;
			unsigned v = (unsigned)in[bit / 8] >> (8 - b->bits - bit % 8) & ((1u << b->bits) - 1);

			memcpy(out, b->colours[v], 3);
		}
	}
}

enum sek_convert_reason sek_picture_bmp(const uint8_t *s, size_t n, struct sek_picture *ret)
{
	struct bmp b = { .s = s, .n = n };
	uint64_t width, height;
	uint32_t info, compression;
	int32_t signed_height;
	enum sek_convert_reason r;
	uint8_t *row;

	if (n < FILE_HEADER_BYTES + INFO_BYTES)
		return SEK_CONVERT_BROKEN;
	info = u32(s + 14);
	width = u32(s + 18);
	signed_height = (int32_t)u32(s + 22);
	b.upwards = signed_height > 0;
	height = signed_height > 0 ? (uint64_t)signed_height : (uint64_t)-(int64_t)signed_height;
	b.bits = u16(s + 28);
	b.pixels = u32(s + 10);
	compression = u32(s + 30);
	if (info < INFO_BYTES || info > n - FILE_HEADER_BYTES || (b.bits != 1 && b.bits != 4 && b.bits != 8 && b.bits != 24 && b.bits != 32))
		return SEK_CONVERT_BROKEN;
	if (compression != RGB && !(compression == BITFIELDS && b.bits == 32))
		return SEK_CONVERT_TYPE;
	r = sek_picture_begin(ret, width, height, false);
	if (r != SEK_CONVERT_DONE)
		return r;
	b.stride = (size_t)((width * b.bits + 31) / 32 * 4);
	read_colours(&b, FILE_HEADER_BYTES + info);
	if (b.pixels > n || b.stride * height > n - b.pixels)
		return SEK_CONVERT_BROKEN;
	row = malloc((size_t)width * 3);
	if (!row)
		return SEK_CONVERT_LARGE;
	for (uint64_t y = 0; y < height; y++) {
		read_row(&b, s + b.pixels + b.stride * (b.upwards ? height - 1 - y : y), (unsigned)width, row);
		sek_picture_row(ret, row, 3);
	}
	free(row);
	return SEK_CONVERT_DONE;
}
