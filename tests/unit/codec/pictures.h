/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pictures for tests, seeds and the bench: made up from a number, the same everywhere.
 */
#ifndef SEK_TESTS_CODEC_PICTURES_H
#define SEK_TESTS_CODEC_PICTURES_H

#include "protocol/codec/picture.h"

struct test_random {
	uint64_t state;
};
uint32_t test_random(struct test_random *r);
/* 0..n-1 */
uint32_t test_random_below(struct test_random *r, uint32_t n);

/* A picture of its own memory, stride a little more than its width, all black. */
struct sek_picture test_picture_create(uint16_t width, uint16_t height);
void test_picture_destroy(struct sek_picture *p);
/* Compares without X; on a difference returns false and the first pixel. */
bool test_picture_equal(const struct sek_picture *a, const struct sek_picture *b, unsigned *ret_x, unsigned *ret_y);

/* Draws a page of made-up text (anti-aliased glyph shapes in lines, headings, links) whose top is row `scroll` of an
 * endless document, into r. */
void test_draw_text(const struct sek_picture *p, struct sek_rect r, unsigned scroll, uint32_t seed);
/* Smooth colours with fine noise: what a camera gives. */
void test_draw_photo(const struct sek_picture *p, struct sek_rect r, uint32_t seed);
/* Every pixel random, X too. */
void test_draw_noise(const struct sek_picture *p, struct sek_rect r, uint32_t seed);
/* At most `colours` colours at random. */
void test_draw_colours(const struct sek_picture *p, struct sek_rect r, unsigned colours, uint32_t seed);
void test_draw_flat(const struct sek_picture *p, struct sek_rect r, uint32_t colour);
/* Adds random bits to the X byte of all pixels: nothing may depend on them. */
void test_scribble_x(const struct sek_picture *p, uint32_t seed);

#endif
