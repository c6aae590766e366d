/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Films: what plays is taken out of the source in one pass, beside whatever else happens; and two encoders in a row, as there
 * are before and behind the gap, lose no more than one.
 */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

#include "pair.h"

#define WIDTH 640
#define HEIGHT 480

static const struct sek_encode_options fast = { .fast = true, .jpeg_quality = SEK_JPEG_QUALITY, .refine_ms = 200 };
static const struct sek_encode_options usual = { .jpeg_quality = SEK_JPEG_QUALITY, .refine_ms = 500 };

/* Soft shapes that move, with a little grain: a new picture for each i. */
static void draw_film(const struct sek_picture *p, struct sek_rect r, unsigned i)
{
	struct test_random grain = { i + 1 };

	for (unsigned y = 0; y < r.h; y++) {
		for (unsigned x = 0; x < r.w; x++) {
			unsigned u = x + i * 5, v = y + i * 3, n = test_random(&grain);

			p->px[(size_t)(r.y + y) * p->stride_px + r.x + x] = (u / 2 % 200 + (n & 7)) << 16 |
				((u + v) / 3 % 180 + (n >> 3 & 7)) << 8 | (v / 2 % 220 + (n >> 6 & 7));
		}
	}
}

static void become_exact(struct pair *p, const struct sek_encode_options *o)
{
	while (sek_update_encoder_refine_at_ms(p->e, o)) {
		p->now_ms += 500;
		step(p, o);
	}
	same(p);
}

/* In dB, over r. */
static double fidelity(const struct sek_picture *a, const struct sek_picture *b, struct sek_rect r)
{
	uint64_t sum = 1;

	for (unsigned y = r.y; y < (unsigned)r.y + r.h; y++) {
		for (unsigned x = r.x; x < (unsigned)r.x + r.w; x++) {
			uint32_t p = a->px[y * a->stride_px + x], q = b->px[y * b->stride_px + x];

			for (unsigned shift = 0; shift < 24; shift += 8) {
				int d = (int)(p >> shift & 255) - (int)(q >> shift & 255);

				sum += (uint64_t)(d * d);
			}
		}
	}
	return 10 * log10(255.0 * 255 * 3 * r.w * r.h / (double)sum);
}

/* How near the client is to a film that went through two encoders, capture's with this quality; *ret_once: to what the
 * first made of it. */
static double through_both(uint8_t quality, struct sek_rect film, double *ret_once)
{
	struct sek_encode_options first = fast;
	struct pair capture, encoder;
	double db = 0;

	first.jpeg_quality = quality;
	pair_init(&capture, WIDTH, HEIGHT);
	pair_init(&encoder, WIDTH, HEIGHT);
	sek_painter_relays(capture.to.painter);
	for (unsigned i = 0; i < 12; i++) {
		draw_film(&capture.src, film, i);
		sek_update_encoder_damage(capture.e, film);
		step(&capture, &first);
		for (unsigned y = 0; y < HEIGHT; y++)
			memcpy(encoder.src.px + y * encoder.src.stride_px, capture.to.pic.px + y * capture.to.pic.stride_px, WIDTH * 4);
		sek_update_encoder_damage(encoder.e, film);
		step(&encoder, &usual);
		capture.now_ms += 40;
		encoder.now_ms += 40;
	}
	ck_assert_uint_gt(encoder.to.jpegs, 0);
	db = fidelity(&capture.src, &encoder.to.pic, film);
	*ret_once = fidelity(&capture.src, &capture.to.pic, film);
	pair_finish(&capture);
	pair_finish(&encoder);
	return db;
}

START_TEST(a_film_is_rounded_once)
{
	const struct sek_rect film = { 128, 64, 320, 192 };
	double once, before, now = through_both(SEK_JPEG_QUALITY, film, &once);

	ck_assert_double_gt(now, once - 0.1);
	/* a better picture on the host link is a worse one for the client */
	before = through_both(SEK_JPEG_QUALITY + 8, film, &once);
	ck_assert_double_gt(once, before + 0.3);
	ck_assert_double_gt(now, before);
}
END_TEST

/* The tiles of a film are compared and copied at once: what stands still among them is not sent, what is damaged only is
 * not either. */
START_TEST(a_film_that_pauses_costs_nothing)
{
	const struct sek_rect film = { 64, 64, 320, 192 }, part = { 64, 64, 128, 192 };
	size_t all, some;
	struct pair p;

	pair_init(&p, WIDTH, HEIGHT);
	for (unsigned i = 0; i < 8; i++) {
		draw_film(&p.src, film, i);
		sek_update_encoder_damage(p.e, film);
		p.now_ms += 40;
		test_receiver_forget(&p.to);
		step(&p, &usual);
	}
	all = p.to.bytes;
	p.now_ms += 40;
	test_scribble_x(&p.src, 7);
	sek_update_encoder_damage(p.e, whole(&p));
	ck_assert(!step(&p, &usual));
	p.now_ms += 40;
	draw_film(&p.src, part, 9);
	sek_update_encoder_damage(p.e, film);
	test_receiver_forget(&p.to);
	step(&p, &usual);
	some = p.to.bytes;
	ck_assert_uint_lt(some * 2, all);
	ck_assert_uint_gt(some * 8, all);
	become_exact(&p, &usual);
	pair_finish(&p);
}
END_TEST

/* How many pixels differ from the source outside r, while a film plays in it. */
static unsigned suffers(struct sek_rect film, struct sek_rect r)
{
	unsigned differ = 0;
	struct pair p;

	pair_init(&p, WIDTH, HEIGHT);
	test_draw_text(&p.src, whole(&p), 0, 1);
	step(&p, &usual);
	for (unsigned i = 0; i < 8; i++) {
		draw_film(&p.src, film, i);
		sek_update_encoder_damage(p.e, film);
		p.now_ms += 40;
		step(&p, &usual);
	}
	for (unsigned y = 0; y < HEIGHT; y++) {
		for (unsigned x = 0; x < WIDTH; x++) {
			if (x >= r.x && x < (unsigned)r.x + r.w && y >= r.y && y < (unsigned)r.y + r.h)
				continue;
			differ += ((p.src.px[y * p.src.stride_px + x] ^ p.to.pic.px[y * p.to.pic.stride_px + x]) & 0xffffff) != 0;
		}
	}
	become_exact(&p, &usual);
	pair_finish(&p);
	return differ;
}

/* A film's squares of 16 pixels are approximate, and of the rest of its tiles hardly anything: what the first pictures were, before
 * they were known to be a film. */
START_TEST(what_stands_beside_a_film_stays_exact)
{
	/* in 384 x 256 pixels of whole tiles */
	ck_assert_uint_lt(suffers((struct sek_rect){ 90, 100, 300, 200 }, (struct sek_rect){ 80, 96, 320, 208 }), 4000);
	ck_assert_uint_lt(suffers((struct sek_rect){ 110, 64, 256, 192 }, (struct sek_rect){ 96, 64, 272, 192 }), 2000);
	ck_assert_uint_eq(suffers((struct sek_rect){ 128, 64, 256, 192 }, (struct sek_rect){ 128, 64, 256, 192 }), 0);
}
END_TEST

static void draw_page(const struct sek_picture *p, unsigned scroll, struct sek_rect film, unsigned i)
{
	test_draw_text(p, (struct sek_rect){ 0, 0, WIDTH, HEIGHT }, scroll, 1);
	draw_film(p, film, i);
}

/* What is no film must be exact at once, whatever the film does: it stands while the page scrolls, scrolls with it, and comes
 * and goes. Tiles that the film touches may be approximate, and a move may take them elsewhere until they are exact. */
static void play_beside(const struct sek_encode_options *o, uint32_t seed)
{
	struct test_random r = { seed };
	unsigned scroll = 3000, moves = 0;
	struct sek_rect film = { 70, 200, 300, 180 };
	struct pair p;

	pair_init(&p, WIDTH, HEIGHT);
	for (unsigned i = 0; i < 60; i++) {
		const uint32_t what = test_random_below(&r, 8);
		const unsigned by = test_random_below(&r, 40);

		if (what >= 4)
			scroll += by;
		if (what == 5)
			film.y = (uint16_t)(film.y > by ? film.y - by : 280);
		draw_page(&p.src, scroll, film, what == 6 ? 0 : i);
		sek_update_encoder_damage(p.e, what < 4 ? film : whole(&p));
		p.now_ms += test_random_below(&r, 12) ? 33 : 400;
		test_receiver_forget(&p.to);
		step(&p, o);
		moves += p.to.copies;
		if (o->lossless)
			same(&p);
		if (i % 20 == 19)
			become_exact(&p, o);
	}
	ck_assert_uint_gt(moves, 4);
	pair_finish(&p);
}

START_TEST(a_film_plays_while_the_page_scrolls)
{
	for (uint32_t seed = 1; seed < 3; seed++) {
		play_beside(&usual, seed);
		play_beside(&fast, seed);
	}
	play_beside(&exact, 5);
}
END_TEST

struct player {
	struct sek_picture pic;
	atomic_bool stop;
};

__attribute__((no_sanitize("thread"))) static void *play_under(void *user)
{
	struct player *s = user;

	for (unsigned i = 0; !atomic_load_explicit(&s->stop, memory_order_relaxed); i++)
		draw_film(&s->pic, (struct sek_rect){ 50, 50, 500, 300 }, i);
	return NULL;
}

/* The source is painted while it is compared and copied: what was compared must be what was copied, or the receiver would
 * never hear of a pixel. */
START_TEST(a_film_that_is_painted_meanwhile_cannot_break_it)
{
	struct player s;
	pthread_t thread;
	struct pair p;

	pair_init(&p, WIDTH, HEIGHT);
	s.pic = p.src;
	atomic_init(&s.stop, false);
	ck_assert_int_eq(pthread_create(&thread, NULL, play_under, &s), 0);
	for (unsigned i = 0; i < 100; i++) {
		sek_update_encoder_damage(p.e, whole(&p));
		p.now_ms += 33;
		step(&p, &usual);
	}
	atomic_store(&s.stop, true);
	pthread_join(thread, NULL);
	/* nothing is damaged from here on but what the last frame may have missed */
	sek_update_encoder_damage(p.e, whole(&p));
	p.now_ms += 33;
	step(&p, &usual);
	become_exact(&p, &usual);
	pair_finish(&p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("codec film");
	TCase *t = tcase_create("film");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_film_is_rounded_once);
	tcase_add_test(t, a_film_that_pauses_costs_nothing);
	tcase_add_test(t, what_stands_beside_a_film_stays_exact);
	tcase_add_test(t, a_film_plays_while_the_page_scrolls);
	tcase_add_test(t, a_film_that_is_painted_meanwhile_cannot_break_it);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
