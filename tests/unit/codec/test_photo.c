/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is written inside photographs: coloured letters keep their colours, captions of few colours are exact at once, and
 * photographs without either do not pay for it.
 */
#include <math.h>
#include <stdio.h>

#include "pair.h"
#include "protocol/codec/encoder.h"

#define SIDE 256

/* What a camera gives: no edges, fine noise, more than 255 colours in every tile. */
static void draw_camera(const struct sek_picture *pic)
{
	struct test_random r = { 6 };

	for (unsigned y = 0; y < SIDE; y++) {
		for (unsigned x = 0; x < SIDE; x++) {
			uint32_t n = test_random(&r);

			pic->px[y * pic->stride_px + x] = (x / 3 + 60 + (n & 15)) << 16 | (y / 3 + 70 + (n >> 4 & 15)) << 8 |
				((x + y) / 4 + (n >> 8 & 15));
		}
	}
}

/* Writes letters of one colour: where the made-up page is darkest. Returns how many pixels they have, and marks them. */
static unsigned write_on(const struct sek_picture *pic, uint32_t colour, bool *letters)
{
	struct sek_picture text = test_picture_create(SIDE, SIDE);
	unsigned count = 0;

	test_draw_text(&text, (struct sek_rect){ 0, 0, SIDE, SIDE }, 40, 1);
	for (unsigned i = 0; i < SIDE * SIDE; i++) {
		letters[i] = (text.px[i / SIDE * text.stride_px + i % SIDE] >> 8 & 255) < 0x60;
		if (letters[i])
			pic->px[i / SIDE * pic->stride_px + i % SIDE] = colour;
		count += letters[i];
	}
	test_picture_destroy(&text);
	return count;
}

/* In dB, over the letters only. */
static double fidelity(const struct sek_picture *a, const uint32_t *b, size_t b_stride, const bool *letters, unsigned count)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < SIDE * SIDE; i++) {
		uint32_t p = a->px[i / SIDE * a->stride_px + i % SIDE], q = b[i / SIDE * b_stride + i % SIDE];

		for (unsigned shift = 0; letters[i] && shift < 24; shift += 8) {
			int d = (int)(p >> shift & 255) - (int)(q >> shift & 255);

			sum += (uint64_t)(d * d);
		}
	}
	return 10 * log10(255.0 * 255 * 3 * count / ((double)sum + 1e-9));
}

/* The same with colours halved, however sharp they are. */
static double fidelity_of_half(const struct sek_picture *src, const bool *letters, unsigned count)
{
	static uint32_t px[SIDE * SIDE];
	static uint8_t payload[SEK_UPDATE_MAX_BYTES];
	const struct sek_picture pic = { px, SIDE, SIDE, SIDE };
	struct sek_photo *photo = sek_photo_create();
	struct sek_painter *painter = sek_painter_create();
	const uint8_t *data;
	struct sek_writer w;
	uint32_t frame;
	size_t n;

	ck_assert(sek_is_ok(sek_photo_encode(photo, src->px, src->stride_px, (struct sek_rect){ 0, 0, SIDE, SIDE },
		lossy.jpeg_quality, SEK_JPEG_HALF, &data, &n)));
	sek_writer_init(&w, payload, sizeof payload);
	sek_write_u32(&w, 0);
	sek_write_u16(&w, 1);
	sek_write_u16(&w, 0);
	sek_write_u8(&w, SEK_OP_JPEG);
	sek_write_u32(&w, 0);
	sek_write_u16(&w, SIDE);
	sek_write_u16(&w, SIDE);
	sek_write_u8(&w, lossy.jpeg_quality);
	sek_write_u8(&w, SEK_JPEG_HALF);
	sek_write_u32(&w, (uint32_t)n);
	sek_write_bytes(&w, data, n);
	ck_assert(sek_is_ok(sek_paint_update(painter, &pic, 0, payload, w.len, NULL, NULL, &frame)));
	sek_painter_destroy(painter);
	sek_photo_destroy(photo);
	return fidelity(src, px, SIDE, letters, count);
}

static const struct {
	uint32_t colour;
	bool saturated;
} inks[] = { { 0xff0000, true }, { 0x0000ff, true }, { 0xff00ff, true }, { 0x00ff00, true }, { 0xffffff, false } };

START_TEST(letters_on_a_photograph_stay_readable)
{
	static bool letters[SIDE * SIDE];
	struct pair p;
	double half, sent;
	unsigned count;

	pair_init(&p, SIDE, SIDE);
	draw_camera(&p.src);
	count = write_on(&p.src, inks[_i].colour, letters);
	ck_assert_uint_gt(count, SIDE);
	step(&p, &lossy);
	ck_assert_uint_ge(p.to.jpegs, 1);
	half = fidelity_of_half(&p.src, letters, count);
	sent = fidelity(&p.src, p.to.pic.px, p.to.pic.stride_px, letters, count);
	printf("ink %06x: %.1f dB with halved colours, %.1f dB as sent\n", inks[_i].colour, half, sent);
	ck_assert_double_ge(sent, 22);
	if (inks[_i].saturated)
		ck_assert_double_ge(sent, half + 8);
	pair_finish(&p);
}
END_TEST

START_TEST(plain_photographs_share_colours)
{
	struct sek_picture pic = test_picture_create(SIDE, SIDE);
	const unsigned side = SEK_TILE_PX;

	draw_camera(&pic);
	for (unsigned y = 0; y < SIDE; y += side) {
		for (unsigned x = 0; x < SIDE; x += side) {
			const uint32_t *at = pic.px + (size_t)y * pic.stride_px + x;

			ck_assert_int_eq(sek_photo_colours(at, pic.stride_px, side, side, 80), SEK_JPEG_HALF);
			ck_assert_int_eq(sek_photo_colours(at, pic.stride_px, side, side, 90), SEK_JPEG_FULL);
		}
	}
	/* an edge across the tile's height: sharp enough or not */
	test_draw_flat(&pic, (struct sek_rect){ 0, 0, SIDE, SIDE }, 0x404040);
	test_draw_flat(&pic, (struct sek_rect){ 20, 0, 10, SIDE }, 0x404040 + (SEK_SHARP_COLOURS << 16));
	ck_assert_int_eq(sek_photo_colours(pic.px, pic.stride_px, side, side, 80), SEK_JPEG_HALF);
	test_draw_flat(&pic, (struct sek_rect){ 20, 0, 10, SIDE }, 0x404040 + ((SEK_SHARP_COLOURS + 1) << 16));
	ck_assert_int_eq(sek_photo_colours(pic.px, pic.stride_px, side, side, 80), SEK_JPEG_FULL);
	(void)sek_photo_colours(pic.px, pic.stride_px, 1, 1, 80);
	(void)sek_photo_colours(pic.px, pic.stride_px, 1, side, 80);
	(void)sek_photo_colours(pic.px, pic.stride_px, side, 1, 80);
	test_picture_destroy(&pic);
}
END_TEST

START_TEST(a_caption_is_exact_at_once)
{
	struct pair p;

	pair_init(&p, SIDE, SIDE);
	draw_camera(&p.src);
	test_draw_text(&p.src, (struct sek_rect){ 50, 60, 180, 80 }, 0, 1);
	step(&p, &lossy);
	ck_assert_uint_ge(p.to.jpegs, 1);
	for (unsigned y = 64; y < 128; y++) /* the tiles that lie in it as a whole */
		for (unsigned x = 64; x < 192; x++)
			if (p.src.px[y * p.src.stride_px + x] != p.to.pic.px[y * p.to.pic.stride_px + x])
				ck_abort_msg("%u, %u", x, y);
	pair_finish(&p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("codec photo");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, letters_on_a_photograph_stay_readable, 0, (int)(sizeof inks / sizeof inks[0]));
	tcase_add_test(t, plain_photographs_share_colours);
	tcase_add_test(t, a_caption_is_exact_at_once);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
