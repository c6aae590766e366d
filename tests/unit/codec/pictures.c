/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pictures for tests: see pictures.h.
 */
#include "pictures.h"

#include <stdlib.h>

uint32_t test_random(struct test_random *r)
{
	/* splitmix64: every start value, 0 too, gives a good sequence */
	uint64_t z = (r->state += 0x9e3779b97f4a7c15u);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)(z >> 32);
}

uint32_t test_random_below(struct test_random *r, uint32_t n)
{
	return (uint32_t)((uint64_t)test_random(r) * n >> 32);
}

struct sek_picture test_picture_create(uint16_t width, uint16_t height)
{
	struct sek_picture p = { NULL, (uint32_t)width + 5, width, height };

	p.px = calloc((size_t)p.stride_px * height, sizeof *p.px);
	if (!p.px)
		abort();
	return p;
}

void test_picture_destroy(struct sek_picture *p)
{
	free(p->px);
	p->px = NULL;
}

static uint32_t *at(const struct sek_picture *p, unsigned x, unsigned y)
{
	return p->px + (size_t)y * p->stride_px + x;
}

bool test_picture_equal(const struct sek_picture *a, const struct sek_picture *b, unsigned *ret_x, unsigned *ret_y)
{
	for (unsigned y = 0; y < a->height_px; y++) {
		for (unsigned x = 0; x < a->width_px; x++) {
			if ((*at(a, x, y) ^ *at(b, x, y)) & 0xffffff) {
				*ret_x = x;
				*ret_y = y;
				return false;
			}
		}
	}
	return true;
}

/* The hash of a few numbers, for documents that look the same from whichever row they are drawn. */
static uint32_t mix(uint32_t a, uint32_t b, uint32_t c)
{
	struct test_random r = { (uint64_t)a << 32 ^ (uint64_t)b << 16 ^ c };

	return test_random(&r);
}

#define LINE_PX 22
#define GLYPH_PX 9

/* Darkness 0..255 of a document's pixel: glyphs are random strokes out of an alphabet of 90, softened to the right. */
static unsigned ink(unsigned x, unsigned row, uint32_t seed)
{
	unsigned line = row / LINE_PX, y = row % LINE_PX, column = x / GLYPH_PX, gx = x % GLYPH_PX, glyph;
	uint32_t bits;

	if (y < 4 || y >= 18 || gx >= GLYPH_PX - 2)
		return 0;
	glyph = mix(line, column, seed) % 110;
	if (glyph >= 90 || (mix(line, 7, seed) % 5 == 0)) /* spaces, and empty lines */
		return 0;
	bits = mix(glyph, y, 0x5ec);
	if (bits >> gx & 1 && bits >> (gx + 7) & 1)
		return 255;
	if (gx > 0 && bits >> (gx - 1) & 1 && bits >> (gx + 6) & 1)
		return 40 + (glyph * 5 + gx * 23) % 160;
	return 0;
}

void test_draw_text(const struct sek_picture *p, struct sek_rect r, unsigned scroll, uint32_t seed)
{
	for (unsigned y = 0; y < r.h; y++) {
		unsigned row = y + scroll, line = row / LINE_PX;
		uint32_t style = mix(line, 3, seed) % 16;
		uint32_t back = style == 0 ? 0xf0f4f8 : 0xffffff, fore = style == 1 ? 0xcc3300 : 0x222222;

		for (unsigned x = 0; x < r.w; x++) {
			unsigned a = ink(x, row, seed);
			uint32_t c = 0;

			for (unsigned shift = 0; shift < 24; shift += 8) {
				unsigned b = back >> shift & 255, f = fore >> shift & 255;

				c |= ((b * (255 - a) + f * a) / 255) << shift;
			}
			*at(p, r.x + x, r.y + y) = c;
		}
	}
}

void test_draw_photo(const struct sek_picture *p, struct sek_rect r, uint32_t seed)
{
	struct test_random rnd = { seed };

	for (unsigned y = 0; y < r.h; y++) {
		for (unsigned x = 0; x < r.w; x++) {
			uint32_t n = test_random(&rnd);
			unsigned red = (x * 3 + y + seed * 17) / 4 % 200 + (n & 15), green = (x + y * 2) / 3 % 200 + (n >> 4 & 15);
			unsigned blue = (x * y / 64 + seed) % 200 + (n >> 8 & 15);

			*at(p, r.x + x, r.y + y) = red << 16 | green << 8 | blue;
		}
	}
}

void test_draw_noise(const struct sek_picture *p, struct sek_rect r, uint32_t seed)
{
	struct test_random rnd = { seed };

	for (unsigned y = 0; y < r.h; y++) {
		for (unsigned x = 0; x < r.w; x++)
			*at(p, r.x + x, r.y + y) = test_random(&rnd);
	}
}

void test_draw_colours(const struct sek_picture *p, struct sek_rect r, unsigned colours, uint32_t seed)
{
	struct test_random rnd = { seed };

	for (unsigned y = 0; y < r.h; y++) {
		for (unsigned x = 0; x < r.w; x++)
			*at(p, r.x + x, r.y + y) = mix(test_random_below(&rnd, colours), seed, 1) & 0xffffff;
	}
}

void test_draw_flat(const struct sek_picture *p, struct sek_rect r, uint32_t colour)
{
	for (unsigned y = 0; y < r.h; y++) {
		for (unsigned x = 0; x < r.w; x++)
			*at(p, r.x + x, r.y + y) = colour;
	}
}

void test_scribble_x(const struct sek_picture *p, uint32_t seed)
{
	struct test_random rnd = { seed };

	for (unsigned y = 0; y < p->height_px; y++) {
		for (unsigned x = 0; x < p->width_px; x++)
			*at(p, x, y) = (*at(p, x, y) & 0xffffff) | test_random(&rnd) << 24;
	}
}
