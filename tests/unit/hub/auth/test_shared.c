/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What holds over several brokers: tickets, buckets of tries and things of one use, in one store under several handles, as several brokers
 * have it.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>
#include <sodium.h>

#include "broker/hub/auth/needs.h"
#include "broker/hub/auth/password.h"
#include "broker/hub/auth/ration.h"
#include "broker/hub/auth/tickets.h"
#include "tests/unit/hub/store/where.h"

#define OK(call) ck_assert(sek_is_ok(call))

enum { BROKERS = 4, THINGS = 60 };

static char folder[64], path[96];
static struct sek_store *at[BROKERS];
static uint8_t key[SEK_TOTP_KEY_BYTES] = { 1, 2, 3 };

static void set_up(void)
{
	char err[512];

	snprintf(folder, sizeof folder, "/tmp/sek-shared-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/broker.db", folder);
	for (size_t i = 0; i < BROKERS; i++)
		OK(sek_store_open(where_of(path), &at[i], err, sizeof err));
}

static void tear_down(void)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char name[128];

	for (size_t i = 0; i < BROKERS; i++)
		sek_store_close(at[i]);
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "%s%s", path, ends[i]);
		unlink(name);
	}
	rmdir(folder);
}

static bool try(size_t broker, const char *ticket, size_t n, const char *address, int64_t now_ms)
{
	struct sek_ticket got;

	return sek_is_ok(sek_tickets_try(at[broker], key, ticket, n, address, now_ms, &got)) && strcmp(got.user, "taro") == 0 &&
		got.have == SEK_FACTOR_PASSWORD && got.enrolling && got.secret[19] == 7;
}

START_TEST(tickets_end_by_time_tries_and_address_whichever_broker_they_come_to)
{
	const struct sek_ticket what = { .user = "taro", .have = SEK_FACTOR_PASSWORD, .enrolling = true, .secret = { [19] = 7 } };
	char ticket[SEK_TOKEN_BYTES], more[SEK_TOKEN_BYTES];
	uint8_t other[SEK_TOTP_KEY_BYTES] = { 9 };
	struct sek_ticket got;
	int i;

	OK(sek_tickets_issue(at[0], key, &what, "10.0.0.1", 1000, ticket));
	ck_assert(!try(1, ticket, strlen(ticket), "10.0.0.2", 1000));
	ck_assert(!try(1, ticket, strlen(ticket) - 1, "10.0.0.1", 1000));
	ck_assert(!try(1, "", 0, "10.0.0.1", 1000));
	for (i = 0; i < SEK_TICKET_TRIES; i++) /* together, not each */
		ck_assert(try((size_t)i % BROKERS, ticket, strlen(ticket), "10.0.0.1", 1000 + SEK_TICKET_LIFE_MS - 1));
	for (i = 0; i < BROKERS; i++)
		ck_assert(!try((size_t)i, ticket, strlen(ticket), "10.0.0.1", 1000));
	OK(sek_tickets_untry(at[2], ticket, strlen(ticket)));
	ck_assert(try(3, ticket, strlen(ticket), "10.0.0.1", 1000));
	OK(sek_tickets_issue(at[0], key, &what, "10.0.0.1", 1000, ticket));
	ck_assert(!try(1, ticket, strlen(ticket), "10.0.0.1", 1000 + SEK_TICKET_LIFE_MS));
	ck_assert(!sek_is_ok(sek_tickets_try(at[1], other, ticket, strlen(ticket), "10.0.0.1", 1000, &got)));
	OK(sek_tickets_drop(at[1], ticket, strlen(ticket)));
	ck_assert(!try(0, ticket, strlen(ticket), "10.0.0.1", 1000));
	/* one user's many tickets are no other's loss, and only the newest are good */
	OK(sek_tickets_issue(at[0], key, &(struct sek_ticket){ .user = "hanako" }, "10.0.0.1", 1, more));
	OK(sek_tickets_issue(at[0], key, &what, "10.0.0.1", 2, ticket));
	for (i = 0; i < SEK_TICKETS_PER_USER; i++) {
		char newer[SEK_TOKEN_BYTES];

		OK(sek_tickets_issue(at[1], key, &what, "10.0.0.1", 3 + i, newer));
	}
	ck_assert(!try(0, ticket, strlen(ticket), "10.0.0.1", 4));
	OK(sek_tickets_try(at[1], key, more, strlen(more), "10.0.0.1", 4, &got));
	ck_assert_str_eq(got.user, "hanako");
}
END_TEST

/* --- a race for things of one use --- */

static uint8_t things[THINGS][SEK_STORE_ONCE_KEY_BYTES];

struct racer {
	pthread_t thread;
	size_t broker;
	int won[THINGS], tries[THINGS];
	bool failed;
};

static void *race(void *arg)
{
	struct racer *r = arg;

	for (size_t i = 0; i < THINGS; i++) {
		struct sek_store_once got;
		sek_status s = sek_store_once_claim(at[r->broker], SEK_ONCE_STREAM, things[i], &got);

		r->won[i] = sek_is_ok(s);
		r->failed |= !sek_is_ok(s) && !sek_is(s, SEK_E_NOT_FOUND);
		s = sek_store_once_try(at[r->broker], SEK_ONCE_TICKET, things[THINGS - 1 - i], "a", 5, &got);
		r->tries[THINGS - 1 - i] = sek_is_ok(s);
		r->failed |= !sek_is_ok(s) && !sek_is(s, SEK_E_NOT_FOUND);
	}
	return NULL;
}

START_TEST(of_several_at_once_one_has_it)
{
	struct sek_store_once o = { .owner = "o", .address = "a", .tries = 1, .made_ms = 1, .until_ms = 100000 };
	struct racer r[BROKERS] = { 0 };

	for (size_t i = 0; i < THINGS; i++) {
		randombytes_buf(things[i], sizeof things[i]);
		memcpy(o.key, things[i], sizeof o.key);
		o.kind = SEK_ONCE_STREAM;
		if (i % 2) {
			o.kind = SEK_ONCE_TICKET;
			o.tries = 2;
		}
		OK(sek_store_once_put(at[0], &o, THINGS));
	}
	for (size_t b = 0; b < BROKERS; b++) {
		r[b].broker = b;
		ck_assert_int_eq(pthread_create(&r[b].thread, NULL, race, &r[b]), 0);
	}
	for (size_t b = 0; b < BROKERS; b++)
		ck_assert_int_eq(pthread_join(r[b].thread, NULL), 0);
	for (size_t i = 0; i < THINGS; i++) {
		int won = 0, tries = 0;

		for (size_t b = 0; b < BROKERS; b++) {
			ck_assert(!r[b].failed);
			won += r[b].won[i];
			tries += r[b].tries[i];
		}
		ck_assert_int_eq(won, i % 2 ? 0 : 1);
		ck_assert_int_eq(tries, i % 2 ? 2 : 0);
	}
}
END_TEST

/* --- tries --- */

static int64_t now = 1000000000;
static uint64_t wait;

static enum sek_throttle_answer take(size_t broker, const char *account, const char *address, bool familiar, enum sek_throttle_outcome outcome)
{
	enum sek_throttle_answer answer = SEK_THROTTLE_GO;
	struct sek_ration r;

	sek_ration_name(&r, key, account, address, familiar);
	OK(sek_ration_take(at[broker], &r, now, &answer, &wait));
	OK(sek_ration_done(at[broker], &r, outcome, now));
	return answer;
}

static enum sek_throttle_answer fails(size_t broker, const char *account, const char *address)
{
	return take(broker, account, address, false, SEK_THROTTLE_FAILED);
}

START_TEST(who_spreads_tries_over_brokers_gets_no_more)
{
	int i, gone = 0;

	for (i = 0; i < 40; i++)
		gone += fails((size_t)i % BROKERS, "taro", "10.0.0.1") == SEK_THROTTLE_GO;
	ck_assert_int_eq(gone, SEK_THROTTLE_PAIR_BURST);
	ck_assert_uint_eq(wait, SEK_THROTTLE_PAIR_EVERY_MS);
	/* ten minutes of trying at all of them each second: the burst, and one each EVERY_MS */
	for (i = 1; i <= 600; i++, now += 1000)
		gone += fails((size_t)i % BROKERS, "taro", "10.0.0.1") == SEK_THROTTLE_GO;
	ck_assert_int_eq(gone, SEK_THROTTLE_PAIR_BURST + 599 * 1000 / SEK_THROTTLE_PAIR_EVERY_MS);
	/* a clock that is behind gives nothing, one that is far ahead has not locked anybody out for longer than an empty bucket does */
	now -= 3600000;
	ck_assert_int_eq(fails(1, "taro", "10.0.0.1"), SEK_THROTTLE_REFUSE);
	ck_assert_uint_le(wait, SEK_THROTTLE_PAIR_EVERY_MS);
}
END_TEST

START_TEST(one_address_goes_through_no_more_accounts_at_several)
{
	char name[16];
	int i, gone = 0;

	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "user%d", i);
		gone += fails((size_t)i % BROKERS, name, i % 2 ? "2001:db8::1" : "2001:db8::2") == SEK_THROTTLE_GO;
	}
	ck_assert_int_eq(gone, SEK_THROTTLE_ADDRESS_BURST);
	ck_assert_int_eq(fails(0, "another", "2001:db8:0:1::1"), SEK_THROTTLE_GO);
	/* a good log-in wins nothing back but its own */
	ck_assert_int_eq(take(1, "thief", "10.0.0.7", false, SEK_THROTTLE_WORKED), SEK_THROTTLE_GO);
	ck_assert(sek_ration_same_place("2001:db8::1", "2001:db8::2") && !sek_ration_same_place("10.0.0.1", "10.0.0.2"));
}
END_TEST

START_TEST(many_addresses_at_several_brokers_make_an_account_slow_not_locked)
{
	char address[24];
	int i, quick = 0, slow = 0;

	for (i = 0; i < 200; i++) {
		enum sek_throttle_answer a;

		snprintf(address, sizeof address, "10.1.%d.1", i);
		a = fails((size_t)i % BROKERS, "taro", address);
		quick += a == SEK_THROTTLE_GO;
		slow += a == SEK_THROTTLE_DELAY;
	}
	ck_assert_int_eq(quick, SEK_THROTTLE_ACCOUNT_BURST);
	ck_assert_int_eq(slow, SEK_THROTTLE_ACCOUNT_WAITING);
	ck_assert_uint_le(wait, SEK_THROTTLE_ACCOUNT_DELAY_MS);
	now += SEK_THROTTLE_ACCOUNT_DELAY_MS / SEK_THROTTLE_ACCOUNT_WAITING;
	ck_assert_int_eq(fails(2, "taro", "10.2.0.1"), SEK_THROTTLE_DELAY);
	ck_assert_int_eq(fails(3, "taro", "10.2.0.2"), SEK_THROTTLE_REFUSE);
	/* the owner where he works is not touched; what was never looked at counts for nothing */
	for (i = 0; i < 3 * SEK_THROTTLE_FAMILIAR_BURST; i++)
		ck_assert_int_eq(take(1, "taro", "10.9.9.9", true, SEK_THROTTLE_UNTRIED), SEK_THROTTLE_GO);
	for (i = 0; i < SEK_THROTTLE_FAMILIAR_BURST; i++)
		ck_assert_int_eq(take((size_t)i % BROKERS, "taro", "10.9.9.9", true, SEK_THROTTLE_FAILED), SEK_THROTTLE_GO);
	ck_assert_int_eq(take(0, "taro", "10.9.9.9", true, SEK_THROTTLE_FAILED), SEK_THROTTLE_REFUSE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hub.auth.shared");
	TCase *c = tcase_create("shared");
	SRunner *r;
	int failed;

	if (!sek_is_ok(sek_auth_init()))
		return 1;
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_set_timeout(c, 120);
	tcase_add_test(c, tickets_end_by_time_tries_and_address_whichever_broker_they_come_to);
	tcase_add_test(c, of_several_at_once_one_has_it);
	tcase_add_test(c, who_spreads_tries_over_brokers_gets_no_more);
	tcase_add_test(c, one_address_goes_through_no_more_accounts_at_several);
	tcase_add_test(c, many_addresses_at_several_brokers_make_an_account_slow_not_locked);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
