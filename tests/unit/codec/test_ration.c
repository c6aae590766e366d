/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Frames for a slow line: how large they become, what is in them first, and that nothing waits for ever.
 */
#include "pair.h"
#include "protocol/limits.h"

enum { W = 1280, H = 640, BUDGET = 8192 };

static struct pair p;
static struct sek_encode_options slow;
static const struct sek_rect corner = { W - 20, H - 20, 10, 10 };

static void setup(void)
{
	pair_init(&p, W, H);
	slow = lossy;
	slow.budget_bytes = BUDGET;
	step(&p, &slow);
	while (sek_update_encoder_dirty(p.e))
		ck_abort_msg("a black picture fits into any frame");
}

static void teardown(void)
{
	pair_finish(&p);
}

/* One frame; unlike step() it may leave something behind. Returns its bytes. */
static size_t frame(void)
{
	size_t before = p.to.bytes;
	bool sent = false;

	ck_assert(sek_is_ok(sek_update_encoder_encode(p.e, &p.src, p.frame, p.now_ms, &slow, test_receiver_emit, &p.to, &sent)));
	p.frame += sent;
	ck_assert_int_eq(sek_update_encoder_dirty(p.e), sek_update_encoder_figures(p.e).left);
	return p.to.bytes - before;
}

static void damage_all(void)
{
	for (uint16_t row = 0; row < H / SEK_TILE_PX; row++)
		for (uint16_t column = 0; column < W / SEK_TILE_PX; column++)
			sek_update_encoder_damage_tile(p.e, column, row);
}

static bool shows(uint32_t x, uint32_t y, uint32_t colour)
{
	return p.to.pic.px[y * p.to.pic.stride_px + x] == colour;
}

static void until_exact(unsigned most)
{
	for (unsigned i = 0; i < most; i++) {
		unsigned x, y;

		p.now_ms += 100;
		frame();
		if (test_picture_equal(&p.src, &p.to.pic, &x, &y))
			return;
	}
	ck_abort_msg("not exact after %u frames", most);
}

START_TEST(frames_are_about_as_large_as_allowed)
{
	test_draw_photo(&p.src, whole(&p), 3);
	damage_all();
	for (int i = 0; i < 40 && sek_update_encoder_dirty(p.e); i++) {
		/* the first frames do not know yet what photographs take here */
		ck_assert_uint_le(frame(), 3 * BUDGET);
		p.now_ms += 10;
	}
	ck_assert(!sek_update_encoder_dirty(p.e));
	ck_assert_uint_gt(p.to.ends, 3);
	until_exact(4000);
}
END_TEST

START_TEST(text_is_split_too)
{
	unsigned frames = 0;

	test_draw_text(&p.src, whole(&p), 0, 1);
	damage_all();
	do {
		ck_assert_uint_le(frame(), 2 * BUDGET);
		frames++;
	} while (sek_update_encoder_dirty(p.e));
	ck_assert_uint_gt(frames, 2);
	same(&p);
}
END_TEST

START_TEST(what_is_small_comes_first)
{
	test_draw_photo(&p.src, whole(&p), 3);
	test_draw_flat(&p.src, (struct sek_rect){ W - 64, H - 64, 64, 64 }, 0);
	test_draw_flat(&p.src, corner, 0x112233);
	damage_all();
	frame();
	ck_assert(shows(corner.x + 5u, corner.y + 5u, 0x112233));
	ck_assert(sek_update_encoder_figures(p.e).left);
}
END_TEST

START_TEST(what_is_beside_the_caret_comes_before_other_text)
{
	test_draw_text(&p.src, whole(&p), 0, 1);
	test_draw_flat(&p.src, corner, 0x112233);
	damage_all();
	slow.budget_bytes = 2048;
	slow.first = (struct sek_rect){ corner.x, corner.y, 2, 16 };
	frame();
	ck_assert(shows(corner.x + 5u, corner.y + 5u, 0x112233));
	ck_assert(sek_update_encoder_figures(p.e).left);
}
END_TEST

START_TEST(in_a_hurry_there_are_no_photographs)
{
	test_draw_photo(&p.src, (struct sek_rect){ 0, 0, W, H / 2 }, 3);
	test_draw_flat(&p.src, corner, 0x112233);
	damage_all();
	slow.hurry = true;
	test_receiver_forget(&p.to);
	frame();
	ck_assert_uint_eq(p.to.jpegs, 0);
	ck_assert(shows(corner.x + 5u, corner.y + 5u, 0x112233));
	ck_assert_uint_eq(frame(), 0); /* nothing of it is left but photographs */
	ck_assert_uint_gt(sek_update_encoder_figures(p.e).left_px, 0);
	slow.hurry = false;
	until_exact(4000);
}
END_TEST

/* What is one colour is as small as it gets, however often it changes and whatever was there before. */
START_TEST(a_flat_area_never_waits)
{
	struct sek_rect area = { 0, H / 2, W, H / 2 };

	test_draw_photo(&p.src, whole(&p), 3);
	damage_all();
	while (sek_update_encoder_dirty(p.e))
		frame();
	slow.budget_bytes = 512;
	slow.hurry = true;
	for (uint32_t i = 0; i < 20; i++) {
		uint32_t colour = i % 2 ? 0xc04020 : 0x102030;

		test_draw_flat(&p.src, area, colour);
		sek_update_encoder_damage(p.e, area);
		p.now_ms += 20;
		frame();
		ck_assert(!sek_update_encoder_figures(p.e).left);
		ck_assert(shows(area.x, area.y, colour) && shows(W - 1, H - 1, colour));
	}
}
END_TEST

/* The upper half changes before each frame, more of it than a frame carries: the lower half is sent all the same. */
START_TEST(nothing_is_forgotten)
{
	struct sek_rect upper = { 0, 0, W, H / 2 }, photo = { 0, 512, 256, 128 };
	bool drawn = false;

	for (uint32_t i = 0; i < 400 && !drawn; i++) {
		test_draw_photo(&p.src, upper, 100 + i);
		test_draw_photo(&p.src, photo, 5);
		damage_all();
		p.now_ms += 40;
		frame();
		drawn = !shows(photo.x + 250u, photo.y + 120u, 0) && !shows(photo.x + 5u, photo.y + 5u, 0);
	}
	ck_assert(drawn);
	until_exact(4000);
}
END_TEST

/* What is still becomes exact only in frames in which nothing that moves had to wait. */
START_TEST(refinement_delays_nothing_that_moves)
{
	struct sek_rect film = { 0, 0, W, H / 2 }, still = { 0, 384, 512, 256 };
	struct sek_encode_figures f;

	test_draw_photo(&p.src, still, 5);
	damage_all();
	while (sek_update_encoder_dirty(p.e))
		frame();
	for (uint32_t i = 0; i < 60; i++) {
		test_draw_photo(&p.src, film, 100 + i);
		damage_all();
		p.now_ms += 40; /* `still` is long due after the first dozen */
		test_receiver_forget(&p.to);
		frame();
		f = sek_update_encoder_figures(p.e);
		ck_assert(f.left);
		ck_assert_uint_gt(f.photo_px, 0);
		/* nothing but photographs: a refined tile would be drawn */
		ck_assert_uint_eq(p.to.tiles, 0);
	}
	until_exact(4000);
}
END_TEST

START_TEST(under_pressure_moving_text_is_approximate_and_exact_at_last)
{
	size_t sharp = 0, pressed = 0;

	slow.budget_bytes = 1 << 20;
	for (int press = 0; press < 2; press++) {
		slow.press = press != 0;
		slow.jpeg_quality = press ? 25 : 80;
		for (uint32_t i = 0; i < 12; i++) {
			size_t n;

			test_draw_text(&p.src, whole(&p), i * 997, i);
			damage_all();
			p.now_ms += 40;
			n = frame();
			*(press ? &pressed : &sharp) += i > 6 ? n : 0;
		}
		p.now_ms += 1000;
	}
	ck_assert_uint_gt(sharp, 0);
	ck_assert_uint_gt(pressed, 0);
	ck_assert_uint_gt(sek_update_encoder_refine_at_ms(p.e, &slow), 0);
	until_exact(4000);
}
END_TEST

START_TEST(a_keyframe_in_parts)
{
	test_draw_text(&p.src, (struct sek_rect){ 0, 0, W, H / 2 }, 0, 1);
	test_draw_photo(&p.src, (struct sek_rect){ 0, H / 2, W, H / 2 }, 1);
	sek_update_encoder_refresh(p.e);
	test_receiver_forget(&p.to);
	ck_assert_uint_le(frame(), 3 * BUDGET);
	ck_assert(sek_update_encoder_dirty(p.e));
	ck_assert_uint_eq(p.to.keyframes, 1);
	until_exact(4000);
	ck_assert_uint_eq(p.to.keyframes, 1);
}
END_TEST

START_TEST(the_smallest_budget_gets_there_too)
{
	slow.budget_bytes = 1;
	test_draw_text(&p.src, (struct sek_rect){ 0, 0, 300, 200 }, 0, 1);
	test_draw_photo(&p.src, (struct sek_rect){ 0, 400, 128, 128 }, 1);
	damage_all();
	until_exact(2000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("codec: ration");
	TCase *tc = tcase_create("ration");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, frames_are_about_as_large_as_allowed);
	tcase_add_test(tc, text_is_split_too);
	tcase_add_test(tc, what_is_small_comes_first);
	tcase_add_test(tc, what_is_beside_the_caret_comes_before_other_text);
	tcase_add_test(tc, in_a_hurry_there_are_no_photographs);
	tcase_add_test(tc, a_flat_area_never_waits);
	tcase_add_test(tc, nothing_is_forgotten);
	tcase_add_test(tc, refinement_delays_nothing_that_moves);
	tcase_add_test(tc, under_pressure_moving_text_is_approximate_and_exact_at_last);
	tcase_add_test(tc, a_keyframe_in_parts);
	tcase_add_test(tc, the_smallest_budget_gets_there_too);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
