/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What goes on: scrolls, whatever stands still, plays or appears beside them, and films, wherever they stand.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "pair.h"

#define WIDTH 1000
#define HEIGHT 700

/* A page under a header that stays, beside a column that stays, on blank ground. */
static void draw_page(const struct sek_picture *p, unsigned scroll)
{
	test_draw_flat(p, (struct sek_rect){ 0, 50, WIDTH, HEIGHT - 50 }, 0xfafafa);
	test_draw_text(p, (struct sek_rect){ 0, 0, WIDTH, 50 }, 7000, 3);
	test_draw_text(p, (struct sek_rect){ 0, 50, 150, HEIGHT - 50 }, 9000, 4);
	test_draw_text(p, (struct sek_rect){ 200, 50, 450, HEIGHT - 50 }, scroll, 1);
}

static int some_step(struct test_random *r)
{
	int by = (int)test_random_below(r, test_random_below(r, 4) ? 40 : 300);

	return test_random_below(r, 4) ? by : -by;
}

static void scroll_on(uint32_t seed, bool disturbed, const struct sek_encode_options *o)
{
	struct test_random r = { seed };
	unsigned scroll = 4000, found = 0, moved = 0;
	struct pair p;

	pair_init(&p, WIDTH, HEIGHT);
	draw_page(&p.src, scroll);
	step(&p, o);
	for (unsigned i = 0; i < 60; i++) {
		int by = some_step(&r);

		scroll = (unsigned)((int)scroll + by);
		draw_page(&p.src, scroll);
		for (uint32_t k = disturbed ? test_random_below(&r, 4) : 0; k > 0; k--) {
			struct sek_rect spot = { (uint16_t)test_random_below(&r, 900), (uint16_t)test_random_below(&r, 600),
				(uint16_t)(1 + test_random_below(&r, 100)), (uint16_t)(1 + test_random_below(&r, 100)) };

			test_draw_noise(&p.src, spot, test_random(&r));
		}
		p.now_ms += test_random_below(&r, 10) ? 16 : 600;
		sek_update_encoder_damage(p.e, whole(&p));
		test_receiver_forget(&p.to);
		step(&p, o);
		if (o->lossless)
			same(&p);
		found += p.to.copies > 0;
		moved += by != 0;
		if (!disturbed && abs(by) < 40)
			ck_assert_uint_lt(p.to.bytes, 40000);
	}
	ck_assert_uint_ge(found, moved * (disturbed ? 2 : 3) / 4);
	while (sek_update_encoder_refine_at_ms(p.e, o)) {
		p.now_ms += 1000;
		step(&p, o);
	}
	same(&p);
	pair_finish(&p);
}

START_TEST(a_scroll_goes_on)
{
	scroll_on(1, false, &exact);
}
END_TEST

START_TEST(a_scroll_goes_on_while_things_change)
{
	for (uint32_t seed = 10; seed < 14; seed++)
		scroll_on(seed, true, seed % 2 ? &exact : &lossy);
}
END_TEST

/* What comes up in a blank margin is sent once: from then on it moves with the rest. */
START_TEST(what_appears_in_a_blank_margin_moves)
{
	const struct sek_rect left = { 0, 0, 500, HEIGHT }, right = { 500, 0, 500, HEIGHT };
	size_t bytes = 0;
	struct pair p;

	pair_init(&p, WIDTH, HEIGHT);
	for (unsigned i = 0; i < 30; i++) {
		const uint16_t shown = (uint16_t)(i > 5 ? (i - 5) * 20 : 0);

		test_draw_text(&p.src, left, 1000 + 20 * i, 1);
		test_draw_flat(&p.src, right, 0xffffff);
		if (shown)
			test_draw_noise(&p.src, (struct sek_rect){ 600, (uint16_t)(HEIGHT - shown), 200, shown }, 5);
		sek_update_encoder_damage(p.e, whole(&p));
		test_receiver_forget(&p.to);
		p.now_ms += 16;
		step(&p, &exact);
		same(&p);
		if (i > 6)
			bytes += p.to.bytes;
	}
	/* 20 rows of 200 noisy pixels a frame are 12 KB; all that is shown would be ten times that */
	ck_assert_uint_lt(bytes / 23, 24000);
	pair_finish(&p);
}
END_TEST

static void draw_film(const struct sek_picture *p, struct sek_rect r, unsigned i)
{
	for (unsigned y = 0; y < r.h; y++) {
		for (unsigned x = 0; x < r.w; x++) {
			unsigned u = x / 2 + i * 3, v = y / 2 + i;

			p->px[(size_t)(r.y + y) * p->stride_px + r.x + x] = (u * 5 + v) % 251 << 16 | (u + v * 7) % 241 << 8 | u * v % 239;
		}
	}
}

/* What a film that stands there sends when it has played for a while. */
static size_t film_bytes(struct sek_rect film)
{
	size_t bytes = 0;
	struct pair p;

	pair_init(&p, 640, 480);
	test_draw_text(&p.src, whole(&p), 0, 1);
	step(&p, &lossy);
	for (unsigned i = 0; i < 24; i++) {
		draw_film(&p.src, film, i);
		sek_update_encoder_damage(p.e, film);
		p.now_ms += 40;
		test_receiver_forget(&p.to);
		step(&p, &lossy);
		bytes += i >= 12 ? p.to.bytes : 0;
	}
	while (sek_update_encoder_refine_at_ms(p.e, &lossy)) {
		p.now_ms += 500;
		step(&p, &lossy);
	}
	same(&p);
	pair_finish(&p);
	return bytes;
}

/* The strips of a film that reach into other tiles are part of it. */
START_TEST(a_film_on_no_tiles_edge_costs_about_the_same)
{
	size_t aligned = film_bytes((struct sek_rect){ 128, 128, 256, 192 });

	ck_assert_uint_lt(film_bytes((struct sek_rect){ 118, 120, 256, 192 }) * 2, aligned * 3);
}
END_TEST

struct scroller {
	struct sek_picture pic;
	atomic_bool stop;
};

__attribute__((no_sanitize("thread"))) static void *scroll_under(void *user)
{
	struct scroller *s = user;

	for (unsigned at = 1000; !atomic_load_explicit(&s->stop, memory_order_relaxed); at += 13)
		test_draw_text(&s->pic, (struct sek_rect){ 0, 0, WIDTH, HEIGHT }, at, 1);
	return NULL;
}

/* The source scrolls while it is read: what was copied must be what the receiver copied. */
START_TEST(a_source_that_moves_meanwhile_cannot_break_it)
{
	struct scroller s;
	pthread_t thread;
	struct pair p;

	pair_init(&p, WIDTH, HEIGHT);
	s.pic = p.src;
	atomic_init(&s.stop, false);
	ck_assert_int_eq(pthread_create(&thread, NULL, scroll_under, &s), 0);
	for (unsigned i = 0; i < 100; i++) {
		sek_update_encoder_damage(p.e, whole(&p));
		p.now_ms += 16;
		step(&p, &exact);
	}
	atomic_store(&s.stop, true);
	pthread_join(thread, NULL);
	sek_update_encoder_damage(p.e, whole(&p));
	step(&p, &exact);
	same(&p);
	pair_finish(&p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("codec follow");
	TCase *t = tcase_create("follow");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_scroll_goes_on);
	tcase_add_test(t, a_scroll_goes_on_while_things_change);
	tcase_add_test(t, what_appears_in_a_blank_margin_moves);
	tcase_add_test(t, a_film_on_no_tiles_edge_costs_about_the_same);
	tcase_add_test(t, a_source_that_moves_meanwhile_cannot_break_it);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
