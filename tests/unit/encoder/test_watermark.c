/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The watermark through the real encoder: whatever moves below it, what the client sees in the end is exactly the gap's
 * picture, marked; and never an unmarked frame.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "broker/encoder/watermark.h"
#include "tests/unit/encoder/viewer.h"

static struct viewer v;
static struct sek_watermark expected;

static void setup(void)
{
	viewer_start(&v);
	ck_assert(sek_watermark_init(&expected, v.layout.stride_px, VIEWER_MAX_H + 64));
}

static void teardown(void)
{
	sek_watermark_finish(&expected);
	viewer_stop(&v);
}

static void view(unsigned fps, const char *text)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_VIEW_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, frame, sizeof frame);
	sek_view_write(&w, &(struct sek_view){ (uint8_t)fps, 0, text, strlen(text) });
	ck_assert(sek_is_ok(sek_writer_status(&w)));
	viewer_send(&v, frame, w.len);
	sek_watermark_set(&expected, text, strlen(text));
}

static bool marked(const struct viewer *x)
{
	const uint32_t *px = sek_gap_writer_pixels(x->gap);

	if (x->frames == 0 || x->in_frame)
		return false;
	sek_watermark_copy(&expected, px, 0, 0, x->picture.width_px, x->picture.height_px);
	for (uint32_t y = 0; y < x->picture.height_px; y++)
		for (uint32_t i = 0; i < x->picture.width_px; i++)
			if ((expected.px[(size_t)y * expected.stride_px + i] ^
				    x->picture.px[(size_t)y * x->picture.stride_px + i]) & 0xffffff)
				return false;
	return true;
}

static bool bare(const struct viewer *x) { return viewer_is_exact(x); }

static size_t differing(void)
{
	const uint32_t *px = sek_gap_writer_pixels(v.gap);
	size_t n = 0;

	for (uint32_t y = 0; y < v.picture.height_px; y++)
		for (uint32_t i = 0; i < v.picture.width_px; i++)
			n += ((px[(size_t)y * v.layout.stride_px + i] ^ v.picture.px[(size_t)y * v.picture.stride_px + i]) &
				0xffffff) != 0;
	return n;
}

START_TEST(every_kind_of_content_carries_it)
{
	view(120, "taro 2026-11-23 10:30");
	sek_gap_writer_size(v.gap, 1024, 600);
	viewer_paint(&v, (struct sek_rect){ 0, 0, 1024, 200 }, VIEWER_FLAT | 0xffffff);
	viewer_paint(&v, (struct sek_rect){ 0, 200, 1024, 200 }, VIEWER_FLAT | 0x102030);
	viewer_paint(&v, (struct sek_rect){ 0, 400, 1024, 200 }, 7); /* noise: goes as photographs first */
	viewer_frame(&v);
	viewer_until(&v, marked, "the marked picture");
	ck_assert_uint_gt(differing(), 2000);
	/* content that moves below it */
	for (unsigned i = 0; i < 12; i++) {
		viewer_paint(&v, (struct sek_rect){ (uint16_t)(i * 40), (uint16_t)(i * 30), 300, 200 }, VIEWER_FLAT | (i * 0x131313));
		viewer_frame(&v);
		viewer_take_for(&v, 12);
	}
	viewer_until(&v, marked, "the marked picture after movement");
	viewer_refresh(&v);
	viewer_until(&v, marked, "the marked keyframe");
}
END_TEST

/* "#" and "." of a letter against the marked picture: each dot is two pixels wide and high. */
static void assert_letter(uint32_t x_px, uint32_t y_px, const char *const rows[16], unsigned columns)
{
	const uint32_t *px = sek_gap_writer_pixels(v.gap);

	for (uint32_t y = 0; y < 32; y++)
		for (uint32_t x = 0; x < 2 * columns; x++) {
			uint32_t was = px[(size_t)(y_px + y) * v.layout.stride_px + x_px + x];
			uint32_t is = v.picture.px[(size_t)(y_px + y) * v.picture.stride_px + x_px + x];

			ck_assert_msg((((was ^ is) & 0xffffff) != 0) == (rows[y / 2][x / 2] == '#'), "at %u, %u", x, y);
		}
}

START_TEST(names_are_japanese)
{
	/* GNU Unifont's U+5C71 and "1" */
	static const char *const mountain[16] = { "........#.......", "........#.......", "........#.......", "........#.......",
		"........#.......", "..#.....#.....#.", "..#.....#.....#.", "..#.....#.....#.", "..#.....#.....#.",
		"..#.....#.....#.", "..#.....#.....#.", "..#.....#.....#.", "..#.....#.....#.", "..#############.",
		"................", "................" };
	static const char *const one[16] = { "........", "........", "........", "........", "....#...", "...##...", "..#.#...",
		"....#...", "....#...", "....#...", "....#...", "....#...", "....#...", "..#####.", "........", "........" };

	view(120, "山1𠮷山田 太郎 2026-11-23 10:30");
	sek_gap_writer_size(v.gap, 1024, 600);
	viewer_paint(&v, (struct sek_rect){ 0, 0, 1024, 600 }, VIEWER_FLAT | 0xffffff);
	viewer_frame(&v);
	viewer_until(&v, marked, "the marked picture");
	assert_letter(0, 40, mountain, 16);
	assert_letter(32, 40, one, 8);
	assert_letter(32 + 16 + 16, 40, mountain, 16); /* behind one that the font lacks: it stands as a box of 8 columns */
	/* as many letters as the message holds; the period is then wider than the picture */
	view(120, "鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱鬱");
	viewer_until(&v, marked, "forty letters");
	view(120, "ÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀÀ");
	viewer_until(&v, marked, "sixty letters");
}
END_TEST

START_TEST(it_changes_and_goes_while_nothing_moves)
{
	sek_gap_writer_size(v.gap, 640, 480);
	viewer_paint(&v, (struct sek_rect){ 0, 0, 640, 480 }, VIEWER_FLAT | 0x808080);
	viewer_frame(&v);
	viewer_until(&v, bare, "the picture without a mark");
	view(120, "taro 2026-11-23 10:30");
	viewer_until(&v, marked, "the mark");
	view(120, "hanako@example 2026-11-23 10:31");
	viewer_until(&v, marked, "the other mark");
	sek_gap_writer_size(v.gap, 800, 600);
	viewer_paint(&v, (struct sek_rect){ 0, 0, 800, 600 }, VIEWER_FLAT | 0x204060);
	viewer_frame(&v);
	viewer_until(&v, marked, "the mark in another size");
	view(120, "");
	viewer_until(&v, bare, "the picture without a mark again");
}
END_TEST

START_TEST(no_frame_is_unmarked)
{
	view(120, "taro");
	sek_gap_writer_size(v.gap, 640, 480);
	for (unsigned i = 0; i < 20; i++) {
		viewer_paint(&v, (struct sek_rect){ 0, 0, 640, 480 }, VIEWER_FLAT | 0xf0f0f0);
		viewer_frame(&v);
		viewer_take_for(&v, 10);
		if (v.frames > 0 && !v.in_frame)
			ck_assert_uint_gt(differing(), 500);
	}
}
END_TEST

START_TEST(fewer_frames_a_second)
{
	unsigned before;

	view(2, "");
	sek_gap_writer_size(v.gap, 640, 480);
	viewer_paint(&v, (struct sek_rect){ 0, 0, 640, 480 }, 1);
	viewer_frame(&v);
	viewer_until(&v, bare, "the first picture");
	before = v.frames;
	for (unsigned i = 0; i < 100; i++) {
		viewer_paint(&v, (struct sek_rect){ 0, 0, 64, 64 }, VIEWER_FLAT | i);
		viewer_frame(&v);
		viewer_take_for(&v, 10);
	}
	/* a slow machine takes longer than a second for that, but not ten */
	ck_assert_uint_le(v.frames - before, 20);
	viewer_until(&v, bare, "the newest picture in the end");
}
END_TEST

START_TEST(a_view_that_is_none_ends_the_encoder)
{
	static const uint8_t bad[] = { SEK_MSG_VIEW, 0, 0, 0, 0, 0, 0, 5, 60, 0, 0, 0, 7 };

	viewer_send(&v, bad, sizeof bad);
	viewer_assert_end(&v, SEK_EXIT_PROTOCOL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("encoder.watermark");
	TCase *t = tcase_create("watermark");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, every_kind_of_content_carries_it);
	tcase_add_test(t, names_are_japanese);
	tcase_add_test(t, it_changes_and_goes_while_nothing_moves);
	tcase_add_test(t, no_frame_is_unmarked);
	tcase_add_test(t, fewer_frames_a_second);
	tcase_add_test(t, a_view_that_is_none_ends_the_encoder);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
