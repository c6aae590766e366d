/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a run says about a farm: figures of runs whose cause is known give that cause.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "client/load/result.h"

enum { SECONDS = 60, CORES = 4, MEMORY_MIB = 8000 };

/* A session more each second; keys take 20 ms until break_s, then 500 ms. */
static struct sek_result *run(unsigned break_s, double busy_cores, double generator_s, double available_mib)
{
	struct sek_result *r = sek_result_create();

	r->machine.cores = CORES;
	r->machine.memory_mib = MEMORY_MIB;
	r->config.level = (struct sek_result_level){ 3000, 200, 0 };
	r->config.ramp.most = SECONDS;
	for (unsigned i = 1; i <= SECONDS; i++) {
		struct sek_result_second *s = sek_result_add_second(r);
		struct sek_result_sample *m = sek_result_add_sample(r);

		s->at_s = i;
		s->running = i;
		for (int k = 0; k < 10; k++)
			sek_delays_add(&s->delays, i < break_s ? 20 : 500);
		m->at_s = i;
		m->interval_s = 1;
		m->busy_cores = busy_cores;
		m->available_mib = available_mib;
		m->classes[SEK_CLASS_GENERATOR].cpu_s = generator_s;
	}
	return r;
}

static void judge(struct sek_result *r, unsigned limit, bool broke, uint64_t least, uint64_t most)
{
	sek_result_judge(r);
	ck_assert_msg(r->verdict.limit == limit, "%s: %s", sek_limit_name(r->verdict.limit), r->verdict.because);
	ck_assert_int_eq(r->verdict.broke, broke);
	ck_assert_uint_ge(r->verdict.staff, least);
	ck_assert_uint_le(r->verdict.staff, most);
	ck_assert_uint_gt(strlen(r->verdict.because), 10);
	sek_result_destroy(r);
}

START_TEST(a_level_that_holds_is_said_to_hold)
{
	judge(run(SECONDS + 1, 2, 0.1, 4000), SEK_LIMIT_NONE, false, SECONDS - 10, SECONDS);
}
END_TEST

START_TEST(what_is_exhausted_is_the_limit)
{
	judge(run(30, 3.9, 0.1, 4000), SEK_LIMIT_CPU, true, 18, 29);
	judge(run(30, 2, 0.1, 100), SEK_LIMIT_MEMORY, true, 18, 29);
	judge(run(30, 3.9, 0.99, 100), SEK_LIMIT_GENERATOR, true, 18, 29);
	judge(run(30, 2, 0.1, 4000), SEK_LIMIT_DELAY, true, 18, 29);
}
END_TEST

START_TEST(a_full_host_a_lost_session_and_a_late_first_frame)
{
	struct sek_result *r = run(SECONDS + 1, 2, 0.1, 4000);
	struct sek_result_session *s;

	sek_result_count_error(r, "host-full", 40, "full");
	judge(r, SEK_LIMIT_HOST_FULL, true, 25, 40);

	r = run(SECONDS + 1, 2, 0.1, 4000);
	s = sek_result_add_session(r);
	s->end = SEK_END_LOST;
	s->began_s = 5;
	s->lasted_s = 30;
	judge(r, SEK_LIMIT_LOST, true, 20, 35);

	r = run(SECONDS + 1, 2, 0.1, 4000);
	r->seconds[44].first_frame_ms = (struct sek_percentiles){ 1, 3500, 3500, 3500, 3500 };
	judge(r, SEK_LIMIT_FIRST_FRAME, true, 30, 44);
}
END_TEST

START_TEST(few_keys_and_no_samples_say_nothing)
{
	struct sek_result *r = sek_result_create();

	judge(r, SEK_LIMIT_NONE, false, 0, 0);
	r = run(30, 3.9, 0, 4000);
	r->samples_n = 0;
	judge(r, SEK_LIMIT_DELAY, true, 18, 29);
	r = run(30, 2, 0.1, 4000);
	for (size_t i = 0; i < r->seconds_n; i++)
		for (int b = 0; b < SEK_DELAY_BUCKETS; b++)
			r->seconds[i].delays.counts[b] /= 10; /* one key a second */
	judge(r, SEK_LIMIT_NONE, false, SECONDS - 10, SECONDS);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("verdict");
	TCase *c = tcase_create("verdict");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_test(c, a_level_that_holds_is_said_to_hold);
	tcase_add_test(c, what_is_exhausted_is_the_limit);
	tcase_add_test(c, a_full_host_a_lost_session_and_a_late_first_frame);
	tcase_add_test(c, few_keys_and_no_samples_say_nothing);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
