/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a render host counts and tells: its page of numbers, and the alarm that ends a session whose browser looks for a way into
 * private networks.
 */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "render-host/renderd/refresh.h"
#include "tests/unit/renderd/rig.h"

static struct rig rig;
static unsigned page_port;

static int dial(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)page_port) };
	struct timeval patience = { .tv_sec = 10 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, RIG_ADDRESS, &a.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

/* The whole answer. */
static size_t ask(const char *request, char *ret, size_t size)
{
	int fd = dial();
	size_t n = 0;
	ssize_t k;

	ck_assert_int_eq(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
	while (n + 1 < size && (k = recv(fd, ret + n, size - 1 - n, 0)) > 0)
		n += (size_t)k;
	ret[n] = '\0';
	close(fd);
	return n;
}

static bool says(const char *line)
{
	static char text[65536];
	char with_end[200];

	snprintf(with_end, sizeof with_end, "\n%s\n", line);
	ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", text, sizeof text);
	return strstr(text, with_end) != NULL;
}

static void expect(const char *line)
{
	int i;

	for (i = 0; i < 1000 && !says(line); i++)
		usleep(10000);
	ck_assert_msg(says(line), "the page does not say '%s'", line);
}

static void start(const char *alarms)
{
	char more[200];

	/* one below what the rig will take, or anything near that is free: renderd says if it is not */
	page_port = 20000 + (unsigned)getpid() % 40000;
	snprintf(more, sizeof more, "metrics:\n  address: " RIG_ADDRESS "\n  port: %u\n%s", page_port, alarms);
	rig_start(&rig, &(struct rig_wishes){ .max = 3, .more = more });
}

/* OpenMetrics: each family in one piece, its TYPE and HELP before its samples, each sample a name of its family and a number. */
static void check_form(char *text)
{
	char family[128] = "", seen[16384] = "", key[132], *line, *rest = strstr(text, "\r\n\r\n") + 4;
	bool helped = false;

	while ((line = strsep(&rest, "\n")) != NULL && *line && strcmp(line, "# EOF") != 0) {
		char name[128], *space = strrchr(line, ' '), *end;

		if (sscanf(line, "# TYPE %127s", name) == 1) {
			snprintf(family, sizeof family, "%s", name);
			snprintf(key, sizeof key, " %s ", name);
			ck_assert_msg(!strstr(seen, key), "%s: twice", name);
			strncat(seen, key, sizeof seen - strlen(seen) - 1);
			helped = false;
		} else if (sscanf(line, "# HELP %127s", name) == 1) {
			ck_assert_str_eq(name, family);
			helped = true;
		} else if (*line != '#') {
			ck_assert_msg(helped && strncmp(line, family, strlen(family)) == 0, "of no family: %s", line);
			ck_assert_ptr_nonnull(space);
			(void)strtod(space + 1, &end);
			ck_assert_msg(end != space + 1 && *end == '\0', "no number: %s", line);
		}
	}
	ck_assert_str_eq(line, "# EOF");
	ck_assert_uint_gt(strlen(seen), 500);
}

START_TEST(the_page)
{
	static char text[65536];
	struct client c;

	start("");
	ck_assert_uint_gt(ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", text, sizeof text), 1000);
	ck_assert(strncmp(text, "HTTP/1.1 200 OK\r\n", 17) == 0);
	ck_assert_ptr_nonnull(strstr(text, "Content-Type: application/openmetrics-text; version=1.0.0"));
	ck_assert_str_eq(text + strlen(text) - 7, "\n# EOF\n");
	check_form(text);
	ck_assert(says("sekisho_render_sessions{state=\"attached\"} 0"));
	ck_assert(says("sekisho_render_sessions_limit 3"));
	client_attach(&c, &rig, (const uint8_t[16]){ 1 }, SEK_HELLO_CREATE);
	expect("sekisho_render_sessions{state=\"attached\"} 1");
	expect("sekisho_render_sessions_created_total 1");
	client_text(&c, "sandbox exit 22");
	expect("sekisho_render_sessions_ended_total{state=\"display-died\"} 1");
	client_close(&c);
	rig_finish(&rig);
}
END_TEST

START_TEST(nothing_but_the_page)
{
	static char text[65536], big[3000];
	int fds[20], i;

	start("");
	ask("GET / HTTP/1.1\r\n\r\n", text, sizeof text);
	ck_assert(strncmp(text, "HTTP/1.1 404 ", 13) == 0);
	ask("POST /metrics HTTP/1.1\r\n\r\n", text, sizeof text);
	ck_assert(strncmp(text, "HTTP/1.1 404 ", 13) == 0);
	ask("GET /metricsx HTTP/1.1\r\n\r\n", text, sizeof text);
	ck_assert(strncmp(text, "HTTP/1.1 404 ", 13) == 0);
	memset(big, 'x', sizeof big - 1); /* a head without an end */
	ck_assert_uint_eq(ask(big, text, sizeof text), 0);
	/* those who say nothing keep nobody out for long */
	for (i = 0; i < 20; i++)
		fds[i] = dial();
	expect("sekisho_render_sessions_limit 3");
	for (i = 0; i < 20; i++)
		close(fds[i]);
	rig_finish(&rig);
}
END_TEST

/* Up at once, down by one and not before it has been quiet for a while. */
START_TEST(frames_give_way_to_pressure)
{
	uint64_t since = 0, now = 1000;
	unsigned level = 0, i;

	ck_assert_uint_eq(sek_refresh_next(0, 499, now, &since), 0);
	ck_assert_uint_eq(sek_refresh_next(0, 500, now, &since), 1);
	ck_assert_uint_eq(sek_refresh_next(1, 1000, now, &since), 3);
	ck_assert_uint_eq(sek_refresh_next(3, 800, now + 60000, &since), 3); /* hardly lower: it would only swing */
	level = 3;
	for (i = 0; i < 5; i++, now += 2000)
		ck_assert_uint_eq(level = sek_refresh_next(level, i == 0 ? 900 : 0, now, &since), 3);
	for (; level > 0 && i < 60; i++, now += 2000) {
		unsigned next = sek_refresh_next(level, 0, now, &since);

		ck_assert(next == level || next + 1 == level);
		level = next;
	}
	ck_assert_uint_eq(level, 0);
	ck_assert_uint_ge(now, 1000 + 30000);
	ck_assert_uint_eq(sek_refresh_fps(0), SEK_FPS_MAX);
	for (i = 1; i < SEK_REFRESH_LEVELS; i++)
		ck_assert_uint_lt(sek_refresh_fps(i), sek_refresh_fps(i - 1));
}
END_TEST

START_TEST(the_alarm)
{
	struct client wild, calm;

	start("alarms:\n  refused_destinations: 5\n");
	client_attach(&calm, &rig, (const uint8_t[16]){ 1 }, SEK_HELLO_CREATE);
	client_attach(&wild, &rig, (const uint8_t[16]){ 2 }, SEK_HELLO_CREATE);
	client_text(&wild, "sandbox refused 8"); /* half of them by the policy: those are nobody's fault */
	expect("sekisho_render_egress_refused_total 4");
	expect("sekisho_render_egress_blocked_total 4");
	client_text(&wild, "sandbox refused 2");
	ck_assert_int_eq(client_state(&wild), SEK_STATE_EGRESS_ALARM);
	expect("sekisho_render_egress_alarms_total 1");
	rig_expect_log(&rig, "alarm.egress");
	client_ping(&calm, 1);
	client_close(&wild);
	client_close(&calm);
	rig_finish(&rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("renderd.numbers");
	TCase *all = tcase_create("all");
	SRunner *runner;
	int failed;

	if (geteuid() != 0) {
		puts("skipped: needs root");
		return 77;
	}
	tcase_set_timeout(all, 120);
	tcase_add_test(all, the_page);
	tcase_add_test(all, nothing_but_the_page);
	tcase_add_test(all, frames_give_way_to_pressure);
	tcase_add_test(all, the_alarm);
	suite_add_tcase(suite, all);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
