/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The throttle's rule, sentence by sentence, on a clock of the test's own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "broker/hub/auth/password.h"
#include "broker/hub/auth/throttle.h"

static struct sek_throttle *t;
static uint64_t now;
static uint64_t wait;

static void set_up(void)
{
	ck_assert(sek_is_ok(sek_throttle_create(&t)));
	now = 1000000;
	wait = 0;
}

static void tear_down(void)
{
	sek_throttle_destroy(t);
}

/* One try that ends in `outcome` at once, unless it is refused. */
static enum sek_throttle_answer attempt(const char *account, const char *address, enum sek_throttle_outcome outcome)
{
	struct sek_throttle_try a;
	enum sek_throttle_answer answer = sek_throttle_take(t, account, address, now, &a, &wait);

	if (answer != SEK_THROTTLE_REFUSE)
		sek_throttle_done(t, &a, outcome, now);
	return answer;
}

static enum sek_throttle_answer fails(const char *account, const char *address)
{
	return attempt(account, address, SEK_THROTTLE_FAILED);
}

static enum sek_throttle_answer works(const char *account, const char *address)
{
	return attempt(account, address, SEK_THROTTLE_WORKED);
}

START_TEST(a_pair_runs_out_and_comes_back)
{
	int i;

	for (i = 0; i < SEK_THROTTLE_PAIR_BURST; i++)
		ck_assert_int_eq(fails("taro", "10.0.0.1"), SEK_THROTTLE_GO);
	ck_assert_int_eq(fails("taro", "10.0.0.1"), SEK_THROTTLE_REFUSE);
	ck_assert_uint_eq(wait, SEK_THROTTLE_PAIR_EVERY_MS);
	now += SEK_THROTTLE_PAIR_EVERY_MS - 1;
	ck_assert_int_eq(fails("taro", "10.0.0.1"), SEK_THROTTLE_REFUSE);
	ck_assert_uint_eq(wait, 1);
	now += 1;
	ck_assert_int_eq(fails("taro", "10.0.0.1"), SEK_THROTTLE_GO);
	ck_assert_int_eq(fails("taro", "10.0.0.1"), SEK_THROTTLE_REFUSE);
	/* after a long time it is full again, and not fuller */
	now += 1000ull * SEK_THROTTLE_PAIR_EVERY_MS;
	for (i = 0; i < SEK_THROTTLE_PAIR_BURST; i++)
		ck_assert_int_eq(fails("taro", "10.0.0.1"), SEK_THROTTLE_GO);
	ck_assert_int_eq(fails("taro", "10.0.0.1"), SEK_THROTTLE_REFUSE);
}
END_TEST

START_TEST(guessing_from_one_place_locks_out_nobody_else)
{
	int i;

	for (i = 0; i < 1000; i++)
		fails("taro", "10.0.0.1");
	ck_assert_int_eq(works("taro", "10.0.0.2"), SEK_THROTTLE_GO);
	ck_assert_int_eq(works("hanako", "10.0.0.1"), SEK_THROTTLE_GO);
}
END_TEST

START_TEST(refused_tries_cost_nothing)
{
	int i;

	for (i = 0; i < SEK_THROTTLE_PAIR_BURST; i++)
		fails("taro", "10.0.0.1");
	for (i = 0; i < 1000; i++)
		ck_assert_int_eq(fails("taro", "10.0.0.1"), SEK_THROTTLE_REFUSE);
	now += SEK_THROTTLE_PAIR_EVERY_MS;
	ck_assert_int_eq(fails("taro", "10.0.0.1"), SEK_THROTTLE_GO);
}
END_TEST

START_TEST(tries_under_way_count)
{
	struct sek_throttle_try a[SEK_THROTTLE_PAIR_BURST + 1];
	int i;

	for (i = 0; i < SEK_THROTTLE_PAIR_BURST; i++)
		ck_assert_int_eq(sek_throttle_take(t, "taro", "10.0.0.1", now, &a[i], &wait), SEK_THROTTLE_GO);
	ck_assert_int_eq(sek_throttle_take(t, "taro", "10.0.0.1", now, &a[i], &wait), SEK_THROTTLE_REFUSE);
	/* one that was never looked at gives its place back */
	sek_throttle_done(t, &a[0], SEK_THROTTLE_UNTRIED, now);
	ck_assert_int_eq(sek_throttle_take(t, "taro", "10.0.0.1", now, &a[0], &wait), SEK_THROTTLE_GO);
}
END_TEST

START_TEST(one_address_cannot_go_through_accounts)
{
	char name[16];
	int i;

	for (i = 0; i < SEK_THROTTLE_ADDRESS_BURST; i++) {
		snprintf(name, sizeof name, "user%d", i);
		ck_assert_int_eq(fails(name, "10.0.0.1"), SEK_THROTTLE_GO);
	}
	ck_assert_int_eq(fails("another", "10.0.0.1"), SEK_THROTTLE_REFUSE);
	ck_assert_uint_eq(wait, SEK_THROTTLE_ADDRESS_EVERY_MS);
	ck_assert_int_eq(fails("another", "10.0.0.2"), SEK_THROTTLE_GO);
}
END_TEST

START_TEST(an_ipv6_network_is_one_place)
{
	char name[16], address[40];
	int i;

	for (i = 0; i < SEK_THROTTLE_ADDRESS_BURST; i++) {
		snprintf(name, sizeof name, "user%d", i);
		snprintf(address, sizeof address, "2001:db8:1:2::%x", i + 1);
		ck_assert_int_eq(fails(name, address), SEK_THROTTLE_GO);
	}
	ck_assert_int_eq(fails("another", "2001:db8:1:2:ffff::1"), SEK_THROTTLE_REFUSE);
	ck_assert_int_eq(fails("another", "2001:db8:1:3::1"), SEK_THROTTLE_GO);
}
END_TEST

START_TEST(a_familiar_place_stays_open)
{
	char name[16];
	int i;

	ck_assert_int_eq(works("hanako", "10.0.0.1"), SEK_THROTTLE_GO);
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "user%d", i);
		fails(name, "10.0.0.1");
	}
	ck_assert_int_eq(fails("taro", "10.0.0.1"), SEK_THROTTLE_REFUSE);
	/* only its own bucket counts, a larger one */
	for (i = 0; i < SEK_THROTTLE_FAMILIAR_BURST; i++)
		ck_assert_int_eq(fails("hanako", "10.0.0.1"), SEK_THROTTLE_GO);
	ck_assert_int_eq(fails("hanako", "10.0.0.1"), SEK_THROTTLE_REFUSE);
	now += SEK_THROTTLE_FAMILIAR_EVERY_MS;
	ck_assert_int_eq(works("hanako", "10.0.0.1"), SEK_THROTTLE_GO);
	/* a success fills it */
	for (i = 0; i < SEK_THROTTLE_FAMILIAR_BURST; i++)
		ck_assert_int_eq(fails("hanako", "10.0.0.1"), SEK_THROTTLE_GO);
}
END_TEST

START_TEST(familiarity_ends)
{
	const uint64_t day = 24ull * 3600 * 1000;
	int i;

	works("hanako", "10.0.0.1");
	now += SEK_THROTTLE_FAMILIAR_DAYS * day;
	for (i = 0; i < SEK_THROTTLE_PAIR_BURST; i++)
		ck_assert_int_eq(fails("hanako", "10.0.0.1"), SEK_THROTTLE_GO);
	ck_assert_int_eq(fails("hanako", "10.0.0.1"), SEK_THROTTLE_REFUSE);
	/* from the store: what is too old is not taken over */
	sek_throttle_familiar(t, "jiro", "10.0.0.9", now, SEK_THROTTLE_FAMILIAR_DAYS * day);
	sek_throttle_familiar(t, "saburo", "10.0.0.9", now, SEK_THROTTLE_FAMILIAR_DAYS * day - 1);
	for (i = 0; i < SEK_THROTTLE_PAIR_BURST; i++)
		fails("jiro", "10.0.0.9"), fails("saburo", "10.0.0.9");
	ck_assert_int_eq(fails("saburo", "10.0.0.9"), SEK_THROTTLE_GO);
	ck_assert_int_eq(fails("jiro", "10.0.0.9"), SEK_THROTTLE_REFUSE);
}
END_TEST

START_TEST(a_good_account_wins_no_tries_on_others)
{
	char name[16];
	int i, gone = 0;

	/* a thief with an account of his own logs in between guesses */
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "user%d", i);
		gone += fails(name, "10.0.0.1") == SEK_THROTTLE_GO;
		works("thief", "10.0.0.1");
	}
	ck_assert_int_le(gone, SEK_THROTTLE_ADDRESS_BURST);
	for (i = 0; i < 100; i++) {
		fails("taro", "10.0.0.7");
		works("thief", "10.0.0.7");
	}
	ck_assert_int_eq(fails("taro", "10.0.0.7"), SEK_THROTTLE_REFUSE);
}
END_TEST

START_TEST(many_addresses_make_an_account_slow_not_locked)
{
	struct sek_throttle_try held[SEK_THROTTLE_ACCOUNT_WAITING], more;
	char address[16];
	int i;

	works("taro", "10.9.9.9"); /* the owner's desk */
	for (i = 0; i < SEK_THROTTLE_ACCOUNT_BURST; i++) {
		snprintf(address, sizeof address, "10.1.0.%d", i);
		ck_assert_int_eq(fails("taro", address), SEK_THROTTLE_GO);
	}
	for (i = 0; i < SEK_THROTTLE_ACCOUNT_WAITING; i++) {
		snprintf(address, sizeof address, "10.2.0.%d", i);
		ck_assert_int_eq(sek_throttle_take(t, "taro", address, now, &held[i], &wait), SEK_THROTTLE_DELAY);
	}
	ck_assert_int_eq(sek_throttle_take(t, "taro", "10.3.0.1", now, &more, &wait), SEK_THROTTLE_REFUSE);
	ck_assert_uint_eq(wait, SEK_THROTTLE_ACCOUNT_DELAY_MS);
	/* the owner where he works is not touched, nor is another account */
	ck_assert_int_eq(works("taro", "10.9.9.9"), SEK_THROTTLE_GO);
	ck_assert_int_eq(fails("hanako", "10.3.0.1"), SEK_THROTTLE_GO);
	/* a place frees up when a delayed try is over */
	sek_throttle_done(t, &held[0], SEK_THROTTLE_FAILED, now);
	ck_assert_int_eq(sek_throttle_take(t, "taro", "10.3.0.1", now, &more, &wait), SEK_THROTTLE_DELAY);
	/* delayed tries do not make it slower: once the burst has come back it is quick again */
	now += (uint64_t)SEK_THROTTLE_ACCOUNT_EVERY_MS;
	ck_assert_int_eq(fails("taro", "10.4.0.1"), SEK_THROTTLE_GO);
}
END_TEST

START_TEST(a_thousand_wrong_logins_later_others_still_get_in)
{
	char address[24];
	int i;

	works("taro", "10.9.9.9");
	for (i = 0; i < 1000; i++) {
		snprintf(address, sizeof address, "10.5.%d.%d", i / 250, i % 250);
		fails("taro", address);
	}
	ck_assert_int_eq(works("taro", "10.9.9.9"), SEK_THROTTLE_GO);
	ck_assert_int_eq(works("hanako", "10.9.9.8"), SEK_THROTTLE_GO);
	ck_assert_int_ne(works("taro", "10.9.9.7"), SEK_THROTTLE_REFUSE);
}
END_TEST

START_TEST(memory_is_fixed_and_a_flood_frees_no_victim)
{
	char name[24];
	int i;

	for (i = 0; i < SEK_THROTTLE_PAIR_BURST; i++)
		fails("taro", "10.0.0.1");
	/* 200,000 other pairs, each with less on its record */
	for (i = 0; i < 200000; i++) {
		snprintf(name, sizeof name, "10.%d.%d.%d", 100 + i / 65536, i / 256 % 256, i % 256);
		fails("victim", name);
	}
	ck_assert_int_eq(fails("taro", "10.0.0.1"), SEK_THROTTLE_REFUSE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hub.auth.throttle");
	TCase *c = tcase_create("throttle");
	SRunner *r;
	int failed;

	if (!sek_is_ok(sek_auth_init()))
		return 1;
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, a_pair_runs_out_and_comes_back);
	tcase_add_test(c, guessing_from_one_place_locks_out_nobody_else);
	tcase_add_test(c, refused_tries_cost_nothing);
	tcase_add_test(c, tries_under_way_count);
	tcase_add_test(c, one_address_cannot_go_through_accounts);
	tcase_add_test(c, an_ipv6_network_is_one_place);
	tcase_add_test(c, a_familiar_place_stays_open);
	tcase_add_test(c, familiarity_ends);
	tcase_add_test(c, a_good_account_wins_no_tries_on_others);
	tcase_add_test(c, many_addresses_make_an_account_slow_not_locked);
	tcase_add_test(c, a_thousand_wrong_logins_later_others_still_get_in);
	tcase_add_test(c, memory_is_fixed_and_a_flood_frees_no_victim);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
