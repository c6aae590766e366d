/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * decode(encode(x)) == x: over pictures of every kind, and sequences with scrolls and resizes.
 */
#include "pair.h"

/* Draws something at random into a random rectangle and tells the encoder. */
static struct sek_rect draw_something(struct pair *p, struct test_random *r)
{
	uint16_t w = p->src.width_px, h = p->src.height_px;
	struct sek_rect d;

	d.x = (uint16_t)test_random_below(r, w);
	d.y = (uint16_t)test_random_below(r, h);
	d.w = (uint16_t)(1 + test_random_below(r, (uint32_t)w - d.x));
	d.h = (uint16_t)(1 + test_random_below(r, (uint32_t)h - d.y));
	switch (test_random_below(r, 6)) {
	case 0: test_draw_text(&p->src, d, test_random_below(r, 5000), test_random_below(r, 3)); break;
	case 1: test_draw_photo(&p->src, d, test_random(r)); break;
	case 2: test_draw_noise(&p->src, d, test_random(r)); break;
	case 3: test_draw_flat(&p->src, d, test_random(r)); break;
	default: test_draw_colours(&p->src, d, 1 + test_random_below(r, 300), test_random(r)); break;
	}
	sek_update_encoder_damage(p->e, d);
	return d;
}

static const struct {
	uint16_t w, h;
} sizes[] = { { 1, 1 }, { 63, 65 }, { 160, 120 }, { 1366, 768 }, { 320, 1 }, { 1, 200 }, { 641, 479 } };
#define SIZES ((int)(sizeof sizes / sizeof sizes[0]))

START_TEST(lossless_sequences_are_exact)
{
	struct test_random r = { (uint64_t)_i + 1 };
	struct pair p;

	pair_init(&p, sizes[_i].w, sizes[_i].h);
	ck_assert(step(&p, &exact)); /* a keyframe goes out even if all of it is black */
	ck_assert_uint_eq(p.to.keyframes, 1);
	same(&p);
	for (int i = 0; i < 25; i++) {
		p.now_ms += 16;
		for (uint32_t k = test_random_below(&r, 3) + 1; k > 0; k--)
			draw_something(&p, &r);
		test_scribble_x(&p.src, test_random(&r));
		step(&p, &exact);
		same(&p);
		if (i % 10 == 9) {
			/* another receiver: the keyframe alone makes the picture */
			memset(p.to.pic.px, 0x55, (size_t)p.to.pic.stride_px * p.to.pic.height_px * 4);
			for (unsigned y = 0; y < p.to.pic.height_px; y++)
				memset(p.to.pic.px + (size_t)y * p.to.pic.stride_px + p.to.pic.width_px, 0, 5 * 4);
			sek_update_encoder_refresh(p.e);
			ck_assert(sek_update_encoder_dirty(p.e));
			ck_assert(step(&p, &exact));
			same(&p);
		}
	}
	ck_assert_uint_eq(p.to.jpegs, 0);
	ck_assert_uint_eq(sek_update_encoder_refine_at_ms(p.e, &exact), 0);
	pair_finish(&p);
}
END_TEST

START_TEST(fast_sequences_are_exact)
{
	const struct sek_encode_options fast = { .lossless = true, .fast = true, .jpeg_quality = 80, .refine_ms = 500 };
	struct test_random r = { (uint64_t)_i + 100 };
	struct pair p;

	pair_init(&p, sizes[_i].w, sizes[_i].h);
	for (int i = 0; i < 20; i++) {
		draw_something(&p, &r);
		step(&p, i % 3 ? &fast : &exact); /* also in turns: what was learnt stays the same on both sides */
		same(&p);
	}
	pair_finish(&p);
}
END_TEST

START_TEST(the_largest_picture)
{
	struct pair p;

	pair_init(&p, 3840, 2160);
	test_draw_noise(&p.src, whole(&p), 5); /* nothing shrinks: every split is met */
	step(&p, &exact);
	same(&p);
	ck_assert_uint_gt(p.to.messages, 20);
	ck_assert_uint_eq(p.to.keyframes, 1);
	pair_finish(&p);
}
END_TEST

START_TEST(palettes_of_every_size)
{
	static const unsigned counts[] = { 1, 2, 3, 4, 5, 15, 16, 17, 127, 128, 254, 255, 256, 257, 1000 };
	struct pair p;

	pair_init(&p, 190, 130);
	step(&p, &exact);
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		struct sek_rect r = { (uint16_t)(i * 7), (uint16_t)i, 61, 64 };

		test_draw_colours(&p.src, r, counts[i], (uint32_t)i);
		sek_update_encoder_damage(p.e, r);
		step(&p, &exact);
		same(&p);
	}
	pair_finish(&p);
}
END_TEST

START_TEST(nothing_changed_sends_nothing)
{
	struct pair p;

	pair_init(&p, 300, 200);
	test_draw_text(&p.src, whole(&p), 0, 1);
	step(&p, &exact);
	sek_update_encoder_damage(p.e, whole(&p));
	ck_assert(sek_update_encoder_dirty(p.e));
	test_scribble_x(&p.src, 9);
	ck_assert(!step(&p, &exact));
	ck_assert(!step(&p, &exact));
	pair_finish(&p);
}
END_TEST

START_TEST(only_what_changed_is_sent)
{
	struct pair p;

	pair_init(&p, 800, 600);
	test_draw_text(&p.src, whole(&p), 0, 1);
	step(&p, &lossy);
	test_receiver_forget(&p.to);
	test_draw_flat(&p.src, (struct sek_rect){ 70, 70, 8, 16 }, 0xff0000);
	sek_update_encoder_damage(p.e, whole(&p));
	step(&p, &lossy);
	same(&p);
	ck_assert_uint_eq(p.to.fills, 1);
	ck_assert_uint_le(p.to.bytes, 8 + 8 + 12);
	pair_finish(&p);
}
END_TEST

START_TEST(damage_outside_is_clipped)
{
	struct pair p;

	pair_init(&p, 160, 120);
	step(&p, &exact);
	sek_update_encoder_damage(p.e, (struct sek_rect){ 160, 0, 5, 5 });
	sek_update_encoder_damage(p.e, (struct sek_rect){ 0, 120, 5, 5 });
	sek_update_encoder_damage(p.e, (struct sek_rect){ 5, 5, 0, 5 });
	sek_update_encoder_damage_tile(p.e, 3, 0);
	sek_update_encoder_damage_tile(p.e, 0, 2);
	ck_assert(!sek_update_encoder_dirty(p.e));
	test_draw_flat(&p.src, (struct sek_rect){ 159, 119, 1, 1 }, 7);
	sek_update_encoder_damage(p.e, (struct sek_rect){ 150, 110, 65535, 65535 });
	ck_assert(sek_update_encoder_dirty(p.e));
	ck_assert(step(&p, &exact));
	same(&p);
	test_draw_flat(&p.src, (struct sek_rect){ 159, 119, 1, 1 }, 8);
	sek_update_encoder_damage_tile(p.e, 2, 1);
	ck_assert(step(&p, &exact));
	same(&p);
	pair_finish(&p);
}
END_TEST

START_TEST(sizes_are_checked)
{
	struct sek_update_encoder *e;
	struct sek_picture pic = test_picture_create(200, 150);
	struct test_receiver to;
	bool sent;

	ck_assert_ptr_null(sek_update_encoder_create(0, 10));
	ck_assert_ptr_null(sek_update_encoder_create(SEK_WIDTH_MAX_PX + 1, 10));
	ck_assert_ptr_null(sek_update_encoder_create(10, SEK_HEIGHT_MAX_PX + 1));
	e = sek_update_encoder_create(200, 150);
	test_receiver_init(&to, 200, 150);
	ck_assert(!sek_update_encoder_dirty(e));
	ck_assert(sek_is(sek_update_encoder_encode(e, &pic, 0, 0, &exact, test_receiver_emit, &to, &sent),
		SEK_E_INTERNAL)); /* no size yet */
	ck_assert(sek_is(sek_update_encoder_resize(e, 201, 150), SEK_E_LIMIT));
	ck_assert(sek_is(sek_update_encoder_resize(e, 200, 151), SEK_E_LIMIT));
	ck_assert(sek_is(sek_update_encoder_resize(e, 0, 150), SEK_E_LIMIT));
	ck_assert(sek_is_ok(sek_update_encoder_resize(e, 199, 150)));
	ck_assert(sek_is(sek_update_encoder_encode(e, &pic, 0, 0, &exact, test_receiver_emit, &to, &sent),
		SEK_E_INTERNAL)); /* the source has another size */
	sek_update_encoder_destroy(e);
	sek_update_encoder_destroy(NULL);
	sek_painter_destroy(NULL);
	test_picture_destroy(&pic);
	test_receiver_finish(&to);
}
END_TEST

START_TEST(resizing_starts_with_a_keyframe)
{
	struct test_random r = { 77 };
	struct pair p;

	pair_init(&p, 1000, 700);
	for (int i = 0; i < 8; i++) {
		uint16_t w = (uint16_t)(1 + test_random_below(&r, 1000)), h = (uint16_t)(1 + test_random_below(&r, 700));

		ck_assert(sek_is_ok(sek_update_encoder_resize(p.e, w, h)));
		p.src.width_px = p.to.pic.width_px = w;
		p.src.height_px = p.to.pic.height_px = h;
		test_receiver_forget(&p.to);
		draw_something(&p, &r);
		step(&p, &exact);
		ck_assert_uint_eq(p.to.keyframes, 1);
		draw_something(&p, &r);
		step(&p, &exact);
		same(&p);
	}
	pair_finish(&p);
}
END_TEST

START_TEST(a_scrolled_page_is_copied)
{
	static const int steps[] = { 1, 3, 17, 64, 120, -5, -100, 333, -333, 250 };
	struct sek_rect page = { 37, 91, 900, 600 }; /* not on any tile's edge */
	unsigned scroll = 3000;
	struct pair p;

	pair_init(&p, 1000, 750);
	test_draw_text(&p.src, whole(&p), 0, 2);
	test_draw_text(&p.src, page, scroll, 1);
	step(&p, &exact);
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		size_t full = 0;

		scroll = (unsigned)((int)scroll + steps[i]);
		test_draw_text(&p.src, page, scroll, 1);
		sek_update_encoder_damage(p.e, page);
		test_receiver_forget(&p.to);
		p.now_ms += 16;
		step(&p, &exact);
		same(&p);
		ck_assert_msg(p.to.copies >= 1, "step %d was not found", steps[i]);
		full = p.to.bytes;
		sek_update_encoder_refresh(p.e);
		test_receiver_forget(&p.to);
		step(&p, &exact);
		same(&p);
		if (abs(steps[i]) <= 120)
			ck_assert_uint_lt(full * 2, p.to.bytes);
	}
	pair_finish(&p);
}
END_TEST

START_TEST(two_columns_scroll_apart)
{
	struct sek_rect left = { 0, 64, 400, 500 }, right = { 420, 64, 380, 536 };
	struct pair p;

	pair_init(&p, 800, 600);
	test_draw_text(&p.src, left, 1000, 1);
	test_draw_text(&p.src, right, 1000, 2);
	step(&p, &exact);
	for (unsigned i = 1; i < 6; i++) {
		test_draw_text(&p.src, left, 1000 + 23 * i, 1);
		test_draw_text(&p.src, right, 1000 - 40 * i, 2);
		sek_update_encoder_damage(p.e, whole(&p));
		test_receiver_forget(&p.to);
		step(&p, &exact);
		same(&p);
		ck_assert_uint_ge(p.to.copies, 2);
	}
	pair_finish(&p);
}
END_TEST

START_TEST(a_photograph_becomes_exact_when_it_is_still)
{
	struct pair p;
	uint64_t at;

	pair_init(&p, 700, 500);
	test_draw_text(&p.src, whole(&p), 0, 1);
	test_draw_photo(&p.src, (struct sek_rect){ 100, 100, 400, 300 }, 4);
	step(&p, &lossy);
	ck_assert_uint_ge(p.to.jpegs, 1);
	at = sek_update_encoder_refine_at_ms(p.e, &lossy);
	ck_assert_uint_eq(at, p.now_ms + 500);
	p.now_ms = at - 1;
	ck_assert(!step(&p, &lossy));
	/* text around it changes: the photograph is not sent again, nor late */
	test_draw_flat(&p.src, (struct sek_rect){ 0, 0, 20, 20 }, 0x123456);
	sek_update_encoder_damage(p.e, (struct sek_rect){ 0, 0, 20, 20 });
	test_receiver_forget(&p.to);
	step(&p, &lossy);
	ck_assert_uint_eq(p.to.jpegs, 0);
	p.now_ms = at;
	for (int i = 0; sek_update_encoder_refine_at_ms(p.e, &lossy) != 0; i++) {
		ck_assert_int_lt(i, 100);
		test_receiver_forget(&p.to);
		ck_assert(step(&p, &lossy));
		ck_assert_uint_lt(p.to.bytes, 300000); /* refinement comes in small portions */
		p.now_ms++;
	}
	same(&p);
	ck_assert(!step(&p, &lossy));
	pair_finish(&p);
}
END_TEST

START_TEST(any_sequence_is_exact_once_still)
{
	struct test_random r = { (uint64_t)_i * 31 + 5 };
	unsigned scroll = 500;
	struct pair p;

	pair_init(&p, 500, 400);
	for (int i = 0; i < 40; i++) {
		p.now_ms += test_random_below(&r, 400);
		if (test_random_below(&r, 3) == 0) {
			/* move everything, photographs with it */
			unsigned by = 1 + test_random_below(&r, 60), rows = 400 - by;

			memmove(p.src.px, p.src.px + (size_t)by * p.src.stride_px, (size_t)rows * p.src.stride_px * 4);
			test_draw_text(&p.src, (struct sek_rect){ 0, (uint16_t)rows, 500, (uint16_t)by }, scroll += by, 1);
			sek_update_encoder_damage(p.e, whole(&p));
		} else {
			draw_something(&p, &r);
		}
		step(&p, &lossy);
	}
	for (int i = 0; sek_update_encoder_refine_at_ms(p.e, &lossy) != 0; i++) {
		ck_assert_int_lt(i, 200);
		p.now_ms += 500;
		step(&p, &lossy);
	}
	same(&p);
	pair_finish(&p);
}
END_TEST

/* Smooth and with many colours, but with equal neighbours: what an enlarged film looks like. */
static void draw_film(const struct sek_picture *p, struct sek_rect r, unsigned i)
{
	for (unsigned y = 0; y < r.h; y++) {
		for (unsigned x = 0; x < r.w; x++) {
			unsigned u = x / 2 + i * 3, v = y / 2 + i;

			p->px[(size_t)(r.y + y) * p->stride_px + r.x + x] = (u * 5 + v) % 251 << 16 | (u + v * 7) % 241 << 8 | u * v % 239;
		}
	}
}

START_TEST(a_film_is_approximate_while_it_plays)
{
	const struct sek_rect film = { 128, 128, 256, 128 };
	struct pair p;

	pair_init(&p, 640, 480);
	test_draw_text(&p.src, whole(&p), 0, 1);
	step(&p, &lossy);
	for (unsigned i = 0; i < 10; i++) {
		draw_film(&p.src, film, i);
		sek_update_encoder_damage(p.e, film);
		p.now_ms += 40;
		test_receiver_forget(&p.to);
		ck_assert(step(&p, &lossy));
		ck_assert(i < 4 || p.to.jpegs > 0);
	}
	for (int i = 0; sek_update_encoder_refine_at_ms(p.e, &lossy) != 0; i++) {
		ck_assert_int_lt(i, 100);
		p.now_ms += 500;
		step(&p, &lossy);
	}
	same(&p);
	pair_finish(&p);
}
END_TEST

START_TEST(a_film_is_exact_where_nothing_may_be_lost)
{
	/* not whole tiles: what was judged must be what is sent */
	const struct sek_rect film = { 130, 140, 200, 60 };
	const struct sek_encode_options o = { .lossless = true, .fast = _i, .jpeg_quality = 80, .refine_ms = 500 };
	struct pair p;

	pair_init(&p, 640, 480);
	test_draw_text(&p.src, whole(&p), 0, 1);
	step(&p, &o);
	for (unsigned i = 0; i < 10; i++) {
		test_draw_colours(&p.src, film, i % 2 ? 200 : 400, i);
		sek_update_encoder_damage(p.e, film);
		p.now_ms += 40;
		ck_assert(step(&p, &o));
		same(&p);
	}
	ck_assert_uint_eq(p.to.jpegs, 0);
	pair_finish(&p);
}
END_TEST

START_TEST(text_that_changes_fast_stays_exact)
{
	const struct sek_rect part = { 64, 64, 256, 192 };
	struct pair p;

	pair_init(&p, 640, 480);
	step(&p, &lossy);
	for (unsigned i = 0; i < 12; i++) {
		test_draw_text(&p.src, part, i * 5000, i); /* another page each time: nothing to move */
		sek_update_encoder_damage(p.e, part);
		p.now_ms += 20;
		step(&p, &lossy);
		same(&p);
	}
	ck_assert_uint_eq(p.to.jpegs, 0);
	pair_finish(&p);
}
END_TEST

START_TEST(noise_in_one_jpeg_is_split)
{
	const struct sek_encode_options best = { .lossless = false, .jpeg_quality = 100, .refine_ms = 500 };
	struct pair p;

	pair_init(&p, 1024, 1024);
	test_draw_noise(&p.src, whole(&p), 3);
	step(&p, &best);
	ck_assert_uint_gt(p.to.jpegs, 1);
	pair_finish(&p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("codec encode");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, lossless_sequences_are_exact, 0, SIZES);
	tcase_add_loop_test(t, fast_sequences_are_exact, 0, SIZES);
	tcase_add_test(t, the_largest_picture);
	tcase_add_test(t, palettes_of_every_size);
	tcase_add_test(t, nothing_changed_sends_nothing);
	tcase_add_test(t, only_what_changed_is_sent);
	tcase_add_test(t, damage_outside_is_clipped);
	tcase_add_test(t, sizes_are_checked);
	tcase_add_test(t, resizing_starts_with_a_keyframe);
	tcase_add_test(t, a_scrolled_page_is_copied);
	tcase_add_test(t, two_columns_scroll_apart);
	tcase_add_test(t, a_photograph_becomes_exact_when_it_is_still);
	tcase_add_loop_test(t, any_sequence_is_exact_once_still, 0, 6);
	tcase_add_test(t, a_film_is_approximate_while_it_plays);
	tcase_add_loop_test(t, a_film_is_exact_where_nothing_may_be_lost, 0, 2);
	tcase_add_test(t, text_that_changes_fast_stays_exact);
	tcase_add_test(t, noise_in_one_jpeg_is_split);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
