/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The broker's RULES on their way through renderd: announced ones are there before the sandbox starts, later ones go on as they
 * are, and what was announced and is none starts nothing.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/unit/renderd/rig.h"

static struct rig rig;
static const uint8_t first[16] = { 1 };

static size_t hello(uint8_t *to, size_t size, uint8_t flags)
{
	struct sek_hello m = { SEK_VERSION_MIN, SEK_VERSION_MAX, 1280, 720, 100, SEK_LANG_JA, flags, 1600, 1000 };
	struct sek_writer w;

	sek_writer_init(&w, to, size);
	sek_hello_write(&w, &m);
	ck_assert(sek_is_ok(sek_writer_status(&w)));
	return w.len;
}

static size_t rules(uint8_t *to, size_t size, const char *allow, const char *block)
{
	struct sek_writer w;

	sek_writer_init(&w, to, size);
	sek_rules_write(&w, &(struct sek_rules){ true, false, false, allow, block, strlen(allow), strlen(block) });
	ck_assert(sek_is_ok(sek_writer_status(&w)));
	return w.len;
}

static void until_running(struct client *c)
{
	enum sek_state state;

	client_expect_welcome(c, first);
	do
		state = client_state(c);
	while (state == SEK_STATE_STARTING);
	ck_assert_int_eq(state, SEK_STATE_RUNNING);
}

static bool holds(const char *name, const uint8_t *bytes, size_t n)
{
	char path[160], *text = NULL;
	size_t k = 0;
	bool same;

	snprintf(path, sizeof path, "%s/s0/%s", rig.sessions, name);
	same = sek_is_ok(sek_file_read(path, &text, &k)) && k == n && memcmp(text, bytes, n) == 0;
	free(text);
	return same;
}

static void expect_file(const char *name, const uint8_t *bytes, size_t n)
{
	for (int i = 0; i < 1500 && !holds(name, bytes, n); i++)
		usleep(10000);
	ck_assert_msg(holds(name, bytes, n), "%s does not hold the rules", name);
}

static bool exists(const char *name)
{
	char path[160];

	snprintf(path, sizeof path, "%s/s0/%s", rig.sessions, name);
	return access(path, F_OK) == 0;
}

START_TEST(there_before_the_browser)
{
	uint8_t bytes[512];
	size_t h = hello(bytes, sizeof bytes, SEK_HELLO_CREATE | SEK_HELLO_RULES);
	size_t n = rules(bytes + h, sizeof bytes - h, "*\n", "bad.example.jp\n");
	const uint8_t *payload = bytes + h + SEK_FRAME_HEADER_BYTES;
	struct client c;
	struct stat st;
	char path[160];

	rig_start(&rig, &(struct rig_wishes){ .max = 1 });
	client_open(&c, &rig, first);
	/* in three pieces, cut in the middle of each frame: nothing starts before all of it is there */
	client_send(&c, bytes, h - 3);
	client_send(&c, bytes + h - 3, 13);
	usleep(100000);
	ck_assert_uint_eq(rig_count_log(&rig, "session.created"), 0);
	client_send(&c, bytes + h + 10, n - 10);
	until_running(&c);
	ck_assert(holds("rules.given", payload, n - SEK_FRAME_HEADER_BYTES));
	/* nobody but root may read or write what the sandbox was told */
	snprintf(path, sizeof path, "%s/s0/rules", rig.sessions);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_uint_eq(st.st_uid, 0);
	/* capture gets the frame too, like every other one of the stream */
	expect_file("rules.told", payload, n - SEK_FRAME_HEADER_BYTES);
	client_close(&c);
	rig_finish(&rig);
}
END_TEST

START_TEST(later_ones_go_on)
{
	uint8_t bytes[512];
	struct client c;
	size_t n;

	rig_start(&rig, &(struct rig_wishes){ .max = 1 });
	client_open(&c, &rig, first);
	client_hello(&c, SEK_HELLO_CREATE);
	until_running(&c);
	/* none were announced: none were given */
	ck_assert(!exists("rules") && !exists("rules.given"));
	for (int i = 0; i < 3; i++) {
		char block[32];

		snprintf(block, sizeof block, "b%d.example.jp\n", i);
		n = rules(bytes, sizeof bytes, "*\n", block);
		client_send(&c, bytes, n);
		expect_file("rules.told", bytes + SEK_FRAME_HEADER_BYTES, n - SEK_FRAME_HEADER_BYTES);
	}
	client_close(&c);
	rig_finish(&rig);
}
END_TEST

START_TEST(who_comes_back_says_them_again)
{
	uint8_t bytes[512];
	size_t h = hello(bytes, sizeof bytes, SEK_HELLO_CREATE | SEK_HELLO_RULES), n;
	struct client c;

	rig_start(&rig, &(struct rig_wishes){ .max = 1 });
	client_open(&c, &rig, first);
	n = rules(bytes + h, sizeof bytes - h, "a.example.jp\n", "");
	client_send(&c, bytes, h + n);
	until_running(&c);
	client_close(&c);
	rig_expect_log(&rig, "session.detached");
	h = hello(bytes, sizeof bytes, SEK_HELLO_RULES);
	n = rules(bytes + h, sizeof bytes - h, "other.example.jp\n", "");
	client_open(&c, &rig, first);
	client_send(&c, bytes, h + n);
	until_running(&c);
	expect_file("rules.told", bytes + h + SEK_FRAME_HEADER_BYTES, n - SEK_FRAME_HEADER_BYTES);
	ck_assert_uint_eq(rig_count_log(&rig, "session.created"), 1);
	client_close(&c);
	rig_finish(&rig);
}
END_TEST

#define HEAD(n) SEK_MSG_RULES, 0, 0, 0, 0, 0, 0, n
static const struct {
	const char *what;
	uint8_t bytes[32];
	size_t n;
} bad[] = {
	{ "another message", { SEK_MSG_PING, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1 }, 12 },
	{ "too short", { HEAD(3), 0, 0, 0 }, 11 },
	{ "an unknown value for downloads", { HEAD(8), 8, 0, 0, 0, 0, 0, 0, 0 }, 16 },
	{ "lists longer than the message", { HEAD(8), 0, 0, 0, 0, 0, 9, 0, 0 }, 16 },
	{ "bytes behind the lists", { HEAD(9), 0, 0, 0, 0, 0, 0, 0, 0, 'x' }, 17 },
	{ "another scheme", { HEAD(18), 0, 0, 0, 0, 0, 10, 0, 0, 'c', 'h', 'r', 'o', 'm', 'e', ':', '/', '/', '\n' }, 26 },
	{ "no line feed", { HEAD(12), 0, 0, 0, 0, 0, 4, 0, 0, 'a', '.', 'j', 'p' }, 20 },
	{ "longer than rules may be", { SEK_MSG_RULES, 0, 0, 0, 0, 1, 0, 0 }, 8 },
	{ "nothing known", { 0xee, 0, 0, 0, 0, 0, 0, 0 }, 8 },
};

START_TEST(what_was_announced_is_none)
{
	uint8_t bytes[256];
	size_t h = hello(bytes, sizeof bytes, SEK_HELLO_CREATE | SEK_HELLO_RULES);
	struct client c;

	rig_start(&rig, &(struct rig_wishes){ .max = 1 });
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		memcpy(bytes + h, bad[i].bytes, bad[i].n);
		client_open(&c, &rig, first);
		client_send(&c, bytes, h + bad[i].n);
		client_expect_end(&c);
		client_close(&c);
		for (int k = 0; k < 1500 && rig_count_log(&rig, "the rules that were announced are none") <= i; k++)
			usleep(10000);
		ck_assert_msg(rig_count_log(&rig, "the rules that were announced are none") == i + 1, "%s", bad[i].what);
	}
	ck_assert_uint_eq(rig_count_log(&rig, "session.created"), 0);
	rig_expect_empty(&rig);
	rig_finish(&rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("renderd rules");
	TCase *tests = tcase_create("rules");
	SRunner *runner;
	int failed;

	if (geteuid() != 0) {
		puts("skipped: needs root");
		return 77;
	}
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, there_before_the_browser);
	tcase_add_test(tests, later_ones_go_on);
	tcase_add_test(tests, who_comes_back_says_them_again);
	tcase_add_test(tests, what_was_announced_is_none);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
