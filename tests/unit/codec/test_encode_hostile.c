/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The encoder when things go wrong: the line fails in the middle of a frame; the source changes while it is read.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "pair.h"

START_TEST(a_failed_emit_asks_for_a_keyframe)
{
	struct pair p;
	bool sent = true;

	pair_init(&p, 1000, 800);
	step(&p, &exact);
	test_draw_noise(&p.src, whole(&p), 3);
	sek_update_encoder_damage(p.e, whole(&p));
	p.to.fail_after = 3;
	ck_assert(sek_is(sek_update_encoder_encode(p.e, &p.src, 9, 9, &exact, test_receiver_emit, &p.to, &sent),
		SEK_E_IO));
	ck_assert(sent); /* untouched */
	ck_assert(sek_update_encoder_dirty(p.e));
	p.to.in_frame = false;
	test_receiver_forget(&p.to);
	step(&p, &exact);
	ck_assert_uint_eq(p.to.keyframes, 1);
	same(&p);
	pair_finish(&p);
}
END_TEST

/* A source that is scribbled over while it is read: whatever comes out must be well formed (the receiver aborts
 * otherwise), and once the scribbling stops the picture is exact again. The writes race on purpose. */
struct scribbler {
	struct sek_picture pic;
	atomic_bool stop;
};

__attribute__((no_sanitize("thread"))) static void *scribble(void *user)
{
	struct scribbler *s = user;
	struct test_random r = { 99 };

	while (!atomic_load_explicit(&s->stop, memory_order_relaxed)) {
		struct sek_rect d = { (uint16_t)test_random_below(&r, 300), (uint16_t)test_random_below(&r, 300), 100, 100 };

		switch (test_random_below(&r, 3)) {
		case 0: test_draw_noise(&s->pic, d, test_random(&r)); break;
		case 1: test_draw_text(&s->pic, d, test_random_below(&r, 300), 1); break;
		default: test_draw_flat(&s->pic, d, test_random(&r)); break;
		}
	}
	return NULL;
}

START_TEST(a_hostile_source_cannot_break_it)
{
	struct scribbler s;
	pthread_t thread;
	struct pair p;

	pair_init(&p, 400, 400);
	s.pic = p.src;
	atomic_init(&s.stop, false);
	ck_assert_int_eq(pthread_create(&thread, NULL, scribble, &s), 0);
	for (int i = 0; i < 150; i++) {
		const struct sek_encode_options *o = i % 2 ? &lossy : &exact;
		bool sent = false;

		p.now_ms += 20;
		sek_update_encoder_damage(p.e, whole(&p));
		ck_assert(sek_is_ok(sek_update_encoder_encode(p.e, &p.src, p.frame++, p.now_ms, o, test_receiver_emit,
			&p.to, &sent)));
	}
	atomic_store(&s.stop, true);
	pthread_join(thread, NULL);
	sek_update_encoder_damage(p.e, whole(&p));
	step(&p, &lossy);
	while (sek_update_encoder_refine_at_ms(p.e, &lossy) != 0) {
		p.now_ms += 500;
		step(&p, &lossy);
	}
	same(&p);
	pair_finish(&p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("codec encode, hostile");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_failed_emit_asks_for_a_keyframe);
	tcase_add_test(t, a_hostile_source_cannot_break_it);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
