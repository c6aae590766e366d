/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * When a broker sends its users to another one: the whole decision, by given times.
 */
#include <check.h>
#include <stdlib.h>

#include "broker/hub/reach.h"

/* Looks every 250 ms from *now on for so long; whether it said "away" all the time, never, or (-1) neither. */
static int look(struct sek_reach *r, uint64_t *now, uint64_t ms, unsigned watched, unsigned heard, unsigned unknown, bool others)
{
	int said = -2;

	for (uint64_t end = *now + ms; *now < end; *now += 250) {
		int is = sek_reach_decide(r, *now, watched, heard, unknown, others);

		said = said == -2 || said == is ? is : -1;
	}
	return said;
}

START_TEST(only_while_another_is_better_off)
{
	struct sek_reach r = { 0 };
	uint64_t now = 1000000;

	ck_assert_int_eq(look(&r, &now, 60000, 2, 2, 0, true), 0);
	ck_assert_uint_eq(sek_reach_since(&r), UINT64_MAX); /* nobody's word counts while hosts are heard of */
	ck_assert_int_eq(look(&r, &now, 60000, 2, 1, 0, true), 0); /* one is enough */
	ck_assert_int_eq(look(&r, &now, 60000, 2, 0, 0, false), 0); /* the farm is down, or it is alone */
	ck_assert_int_eq(look(&r, &now, 60000, 0, 0, 0, true), 0); /* it watches none */
	ck_assert_int_eq(look(&r, &now, SEK_REACH_NONE_MS, 2, 0, 0, true), 0);
	ck_assert_int_eq(look(&r, &now, 60000, 2, 0, 0, true), 1);
}
END_TEST

START_TEST(what_others_said_before_does_not_count)
{
	struct sek_reach r = { 0 };
	uint64_t now = 5000;

	(void)sek_reach_decide(&r, now, 1, 0, 0, false);
	ck_assert_uint_eq(sek_reach_since(&r), 5000 + SEK_REACH_NONE_MS);
	now += 250;
	ck_assert_int_eq(look(&r, &now, 10000, 1, 0, 0, false), 0);
	ck_assert_uint_eq(sek_reach_since(&r), 5000 + SEK_REACH_NONE_MS); /* it goes on being counted from the loss */
	(void)sek_reach_decide(&r, now, 1, 1, 0, true);
	ck_assert_uint_eq(sek_reach_since(&r), UINT64_MAX);
	now += 250;
	ck_assert(!sek_reach_decide(&r, now, 1, 0, 0, true));
	ck_assert_uint_eq(sek_reach_since(&r), now + SEK_REACH_NONE_MS); /* one word of a host, and it begins anew */
}
END_TEST

START_TEST(a_start_is_no_loss)
{
	struct sek_reach r = { 0 };
	uint64_t now = 1;

	ck_assert_int_eq(look(&r, &now, 60000, 2, 0, 1, true), 0); /* one of them has not been called to an end yet */
	ck_assert_int_eq(look(&r, &now, SEK_REACH_NONE_MS, 2, 0, 0, true), 0);
	ck_assert_int_eq(look(&r, &now, 1000, 2, 0, 0, true), 1);
	ck_assert_int_eq(look(&r, &now, 10000, 3, 0, 1, true), 1); /* a host that is added meanwhile changes nothing */
}
END_TEST

START_TEST(back_when_a_host_has_been_there_for_a_while)
{
	struct sek_reach r = { 0 };
	uint64_t now = 1;

	(void)look(&r, &now, 20000, 2, 0, 0, true);
	for (int i = 0; i < 10; i++) { /* a line that comes and goes */
		ck_assert_int_eq(look(&r, &now, SEK_REACH_BACK_MS - 1000, 2, 1, 0, true), 1);
		ck_assert_int_eq(look(&r, &now, 1000, 2, 0, 0, true), 1);
	}
	ck_assert_int_eq(look(&r, &now, SEK_REACH_BACK_MS, 2, 1, 0, true), 1);
	ck_assert_int_eq(look(&r, &now, 60000, 2, 1, 0, true), 0);
	ck_assert_int_eq(look(&r, &now, SEK_REACH_NONE_MS, 2, 0, 0, true), 0);
	ck_assert_int_eq(look(&r, &now, 1000, 2, 0, 0, true), 1);
}
END_TEST

START_TEST(back_when_nobody_is_better_off_any_more)
{
	struct sek_reach r = { 0 };
	uint64_t now = 1;

	(void)look(&r, &now, 20000, 2, 0, 0, true);
	ck_assert_int_eq(look(&r, &now, 60000, 2, 0, 0, false), 0);
	(void)look(&r, &now, 20000, 2, 0, 0, true);
	ck_assert(r.away);
	/* at once, and then not away again before a whole time has passed */
	ck_assert(!sek_reach_decide(&r, now, 2, 0, 0, false));
	now += 250;
	ck_assert_int_eq(look(&r, &now, SEK_REACH_NONE_MS, 2, 0, 0, true), 0);
	ck_assert_int_eq(look(&r, &now, 1000, 2, 0, 0, true), 1);
	/* the hosts were taken out of the list */
	ck_assert(!sek_reach_decide(&r, now, 0, 0, 0, true));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("reach");
	TCase *t = tcase_create("reach");
	SRunner *r;
	int failed;

	tcase_add_test(t, only_while_another_is_better_off);
	tcase_add_test(t, what_others_said_before_does_not_count);
	tcase_add_test(t, a_start_is_no_loss);
	tcase_add_test(t, back_when_a_host_has_been_there_for_a_while);
	tcase_add_test(t, back_when_nobody_is_better_off_any_more);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
