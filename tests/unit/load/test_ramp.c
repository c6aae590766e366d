/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The ramp: up evenly, stopped by each line of the service level, back to what was good, held for its whole time, down, ended at once.
 */
#include <check.h>
#include <string.h>

#include "client/load/ramp.h"

static const struct load_ramp_config usual = { .start = 1, .step = 1, .most = 20, .every_s = 2, .hold_s = 30, .down_per_s = 2, .stop = true,
	.level = { .first_frame_p95_ms = 3000, .delay_p95_ms = 200, .lost_sessions = 0 } };

static const struct load_ramp_seen good = { .first_frame_p95_ms = 400, .delay_p95_ms = 30, .first_frames = 3, .keys = 100 };

/* Ten steps a second, as the tool does it. Returns the time after them. */
static double pass(struct load_ramp *r, double from_s, double to_s, const struct load_ramp_seen *seen)
{
	struct load_ramp_seen s = *seen;
	double t;

	for (t = from_s; t < to_s; t += 0.1) {
		s.running = r->wanted;
		load_ramp_step(r, t, &s);
	}
	return t;
}

START_TEST(all_come_evenly_are_held_and_leave)
{
	struct load_ramp r;
	double t;

	load_ramp_init(&r, &usual);
	ck_assert_uint_eq(r.wanted, 1);
	t = pass(&r, 0, 10.25, &good);
	ck_assert_uint_eq(r.wanted, 6);
	ck_assert(load_ramp_left_s(&r, t) > 60 && load_ramp_left_s(&r, t) < 75);
	t = pass(&r, t, 39.5, &good);
	ck_assert_uint_eq(r.wanted, 20);
	ck_assert_int_eq(r.phase, SEK_PHASE_RAMP); /* the last ones are looked at, too */
	t = pass(&r, t, 45, &good);
	ck_assert_int_eq(r.phase, SEK_PHASE_HOLD);
	t = pass(&r, t, 69, &good);
	ck_assert_uint_eq(r.wanted, 20);
	t = pass(&r, t, 76, &good);
	ck_assert_int_eq(r.phase, SEK_PHASE_DOWN);
	ck_assert(r.wanted < 20 && r.wanted > 0 && !r.over);
	(void)pass(&r, t, 90, &good);
	ck_assert(r.over && r.wanted == 0 && !r.broken);
}
END_TEST

START_TEST(each_line_of_the_level_stops_it)
{
	static const struct {
		struct load_ramp_seen seen;
		const char *why;
	} rows[] = {
		{ { .delay_p95_ms = 201, .keys = LOAD_RAMP_KEYS_LEAST }, "key to pixel" },
		{ { .first_frame_p95_ms = 3001, .first_frames = 1 }, "first frame" },
		{ { .lost = 1 }, "lost" },
		{ { .refused = 1 }, "refused" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct load_ramp r;
		double t;

		load_ramp_init(&r, &usual);
		t = pass(&r, 0, 24.05, &good);
		ck_assert_uint_eq(r.wanted, 13);
		load_ramp_step(&r, t, &rows[i].seen);
		ck_assert_int_eq(r.phase, SEK_PHASE_HOLD);
		ck_assert(r.broken);
		ck_assert_ptr_nonnull(strstr(r.why, rows[i].why));
		ck_assert_uint_eq(r.wanted, 8); /* what was wanted ten seconds before: what came since is what broke it */
	}
}
END_TEST

START_TEST(what_says_nothing_stops_nothing)
{
	struct load_ramp_seen few = { .delay_p95_ms = 4000, .keys = LOAD_RAMP_KEYS_LEAST - 1, .first_frame_p95_ms = 9000, .first_frames = 0 };
	struct load_ramp_config c = usual;
	struct load_ramp r;

	load_ramp_init(&r, &usual);
	(void)pass(&r, 0, 20, &few);
	ck_assert(!r.broken && r.wanted == 10);
	c.level = (struct sek_result_level){ 0 };
	few.keys = few.first_frames = 100;
	load_ramp_init(&r, &c);
	(void)pass(&r, 0, 20, &few);
	ck_assert(!r.broken);
}
END_TEST

START_TEST(a_rush_is_not_stopped_but_remembered)
{
	struct load_ramp_config c = usual;
	struct load_ramp r;

	c.stop = false;
	c.every_s = 0.2;
	c.most = 50;
	load_ramp_init(&r, &c);
	(void)pass(&r, 0, 5, &(struct load_ramp_seen){ .refused = 2 });
	ck_assert(r.broken);
	(void)pass(&r, 5, 10.5, &good);
	ck_assert_uint_eq(r.wanted, 50);
	ck_assert_int_eq(r.phase, SEK_PHASE_HOLD);
}
END_TEST

START_TEST(what_does_not_hold_gets_fewer_and_is_held_anew)
{
	struct load_ramp_seen slow = { .delay_p95_ms = 500, .keys = 50 };
	struct load_ramp r;
	double t;
	uint64_t before;

	load_ramp_init(&r, &usual);
	t = pass(&r, 0, 30.05, &good);
	load_ramp_step(&r, t, &slow);
	before = r.wanted;
	ck_assert_int_eq(r.phase, SEK_PHASE_HOLD);
	t = pass(&r, t, t + LOAD_RAMP_SETTLE_S - 1, &slow); /* it settles */
	ck_assert_uint_eq(r.wanted, before);
	t = pass(&r, t, t + 2, &slow);
	ck_assert_uint_eq(r.wanted, before - (before + 9) / 10);
	before = r.wanted;
	t = pass(&r, t, t + 29, &good);
	ck_assert_int_eq(r.phase, SEK_PHASE_HOLD);
	ck_assert_uint_eq(r.wanted, before);
	(void)pass(&r, t, t + 5, &good);
	ck_assert_int_eq(r.phase, SEK_PHASE_DOWN);
}
END_TEST

START_TEST(old_losses_count_once)
{
	struct load_ramp_seen lost = good;
	struct load_ramp r;
	double t;

	lost.lost = 3;
	load_ramp_init(&r, &usual);
	t = pass(&r, 0, 30.05, &good);
	load_ramp_step(&r, t, &lost);
	ck_assert_int_eq(r.phase, SEK_PHASE_HOLD);
	(void)pass(&r, t, t + 32, &lost);
	ck_assert_int_eq(r.phase, SEK_PHASE_DOWN); /* held for its time: nothing new was lost */
}
END_TEST

START_TEST(it_ends_at_once_when_told)
{
	struct load_ramp r;

	load_ramp_init(&r, &usual);
	(void)pass(&r, 0, 15, &good);
	load_ramp_stop(&r, 15);
	ck_assert(r.over && r.wanted == 0 && r.phase == SEK_PHASE_DOWN);
	ck_assert(load_ramp_left_s(&r, 15) < 0.001);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("load.ramp");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, all_come_evenly_are_held_and_leave);
	tcase_add_test(t, each_line_of_the_level_stops_it);
	tcase_add_test(t, what_says_nothing_stops_nothing);
	tcase_add_test(t, a_rush_is_not_stopped_but_remembered);
	tcase_add_test(t, what_does_not_hold_gets_fewer_and_is_held_anew);
	tcase_add_test(t, old_losses_count_once);
	tcase_add_test(t, it_ends_at_once_when_told);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
