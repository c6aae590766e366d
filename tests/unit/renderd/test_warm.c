/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Warm sandboxes: who gets one, who must not, and that each is used once.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/renderd/rig.h"

#define ALL "*\n"

static struct rig rig;

static size_t lines(const char *text)
{
	return rig_count_log(&rig, text);
}

/* A log line comes often enough. */
static void expect(const char *text, size_t times)
{
	for (int i = 0; i < 3000 && lines(text) < times; i++)
		usleep(10000);
	ck_assert_msg(lines(text) >= times, "'%s' stands %zu times in %s", text, lines(text), rig.log);
}

/* A session that runs. */
static void begin(struct client *c, uint8_t number, enum sek_lang lang, const char *allow)
{
	uint8_t id[16] = { number };
	enum sek_state state;

	client_open(c, &rig, id);
	client_hello_rules(c, lang, allow);
	client_expect_welcome(c, id);
	do
		state = client_state(c);
	while (state == SEK_STATE_STARTING);
	ck_assert_int_eq(state, SEK_STATE_RUNNING);
}

START_TEST(each_is_used_once)
{
	struct client a, b, c;

	rig_start(&rig, &(struct rig_wishes){ .max = 3, .warm = 1 });
	expect("session.browser prog=sekisho-renderd session=warm-0", 1);
	/* the first one was built before anybody had said what it wants: closed, and good for all rules */
	begin(&a, 1, SEK_LANG_JA, ALL);
	ck_assert_uint_eq(lines("warm.taken prog=sekisho-renderd session=warm-0"), 1);
	expect("warm=yes", 1);
	/* its place is taken by another, which is built like the last session */
	expect("session.browser prog=sekisho-renderd session=warm-1", 1);
	begin(&b, 2, SEK_LANG_JA, ALL);
	ck_assert_uint_eq(lines("warm.taken prog=sekisho-renderd session=warm-1"), 1);
	ck_assert_uint_eq(lines("warm.taken"), 2);
	expect("session.browser prog=sekisho-renderd session=warm-2", 1);
	/* who ends one ends nothing else, and a slot that was somebody's gets a new sandbox */
	client_empty(&a, SEK_MSG_END);
	client_expect_end(&a);
	client_close(&a);
	expect("session.removed", 1);
	begin(&c, 3, SEK_LANG_JA, ALL);
	expect("session.browser prog=sekisho-renderd session=warm-0", 2);
	client_ping(&b, 1);
	client_close(&b);
	client_close(&c);
	rig_finish(&rig);
}
END_TEST

START_TEST(what_does_not_fit_is_not_used)
{
	struct client c[4];

	rig_start(&rig, &(struct rig_wishes){ .max = 4, .warm = 1 });
	expect("session.browser prog=sekisho-renderd session=warm-0", 1);
	begin(&c[0], 1, SEK_LANG_EN, ALL); /* another language */
	ck_assert_uint_eq(lines("warm.taken"), 0);
	/* the stock follows: the one that nobody asks for gives way */
	expect("lang=en", 1);
	expect("session.browser prog=sekisho-renderd session=warm-", 2);
	begin(&c[1], 2, SEK_LANG_EN, "www.example.jp\n"); /* other rules than it was built with */
	ck_assert_uint_eq(lines("warm.taken"), 0);
	expect("session.browser prog=sekisho-renderd session=warm-", 3);
	begin(&c[2], 3, SEK_LANG_EN, "www.example.jp\n");
	ck_assert_uint_eq(lines("warm.taken"), 1);
	/* who brings no rules gets none that was closed for them */
	expect("session.browser prog=sekisho-renderd session=warm-", 4);
	(void)client_attach(&c[3], &rig, (const uint8_t[16]){ 4 }, SEK_HELLO_CREATE);
	ck_assert_uint_eq(lines("warm.taken"), 1);
	for (int i = 0; i < 4; i++)
		client_close(&c[i]);
	rig_finish(&rig);
}
END_TEST

START_TEST(not_beyond_the_limit)
{
	uint8_t id[16] = { 9 };
	struct client a, b;

	rig_start(&rig, &(struct rig_wishes){ .max = 1, .warm = 1 });
	expect("session.browser prog=sekisho-renderd session=warm-0", 1);
	begin(&a, 1, SEK_LANG_JA, ALL);
	expect("session.browser prog=sekisho-renderd session=warm-1", 1);
	client_open(&b, &rig, id);
	client_hello_rules(&b, SEK_LANG_JA, ALL);
	client_expect_welcome(&b, id);
	ck_assert_int_eq(client_state(&b), SEK_STATE_HOST_FULL);
	client_close(&b);
	/* nobody can join what is nobody's */
	memset(id, 0, sizeof id);
	client_open(&b, &rig, id);
	client_hello(&b, 0);
	client_expect_welcome(&b, id);
	ck_assert_int_eq(client_state(&b), SEK_STATE_SESSION_GONE);
	client_close(&b);
	client_close(&a);
	rig_finish(&rig);
}
END_TEST

START_TEST(another_site_policy)
{
	struct client a;
	char path[120];
	FILE *f;

	rig_start(&rig, &(struct rig_wishes){ .max = 2, .warm = 1 });
	expect("session.browser prog=sekisho-renderd session=warm-0", 1);
	snprintf(path, sizeof path, "%s/policy.json", rig.directory);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs("{ }\n", f);
	fclose(f);
	begin(&a, 1, SEK_LANG_JA, ALL);
	ck_assert_uint_eq(lines("warm.taken"), 0);
	client_close(&a);
	rig_finish(&rig);
}
END_TEST

/* A sandbox that cannot be built does not keep the machine busy, and sessions are still tried. */
START_TEST(failures_are_spaced)
{
	rig_start(&rig, &(struct rig_wishes){ .max = 2, .warm = 2, .policy = "exit 11" });
	expect("warm.started", 2); /* five seconds lie between */
	ck_assert_uint_le(lines("warm.started"), 3);
	rig_finish(&rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("warm");
	TCase *tests = tcase_create("warm");
	SRunner *runner;
	int failed;

	if (geteuid() != 0) {
		puts("skipped: needs root");
		return 77;
	}
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, each_is_used_once);
	tcase_add_test(tests, what_does_not_fit_is_not_used);
	tcase_add_test(tests, not_beyond_the_limit);
	tcase_add_test(tests, another_site_policy);
	tcase_add_test(tests, failures_are_spaced);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
