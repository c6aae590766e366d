/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The real egress proxy under the policy's addresses: in force at once, for what comes and for what is under way.
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/wire/messages.h"
#include "tests/unit/sandbox/proxy_rig.h"

static const char hosts[] = "127.0.0.1 good.test www.good.test bad.test www.bad.test cdn.test\n";
static const char *const args[] = { "--allow", "127.0.0.0/8", "--rules", NULL };
static char text[65536];
static struct proxy p;
static int rules, origin;
static uint16_t port;

static void put(int fd, const struct sek_writer *w)
{
	ck_assert(sek_is_ok(sek_writer_status(w)));
	ck_assert_int_eq(send(fd, w->start, w->len, MSG_NOSIGNAL), (ssize_t)w->len);
}

static void say_rules(const char *allow, const char *block)
{
	uint8_t frame[1024];
	struct sek_writer w;

	sek_writer_init(&w, frame, sizeof frame);
	sek_rules_write(&w, &(struct sek_rules){ false, false, false, allow, block, strlen(allow), strlen(block) });
	put(rules, &w);
}

static void say_known(void)
{
	uint8_t frame[64];
	struct sek_writer w;

	sek_writer_init(&w, frame, sizeof frame);
	sek_ping_write(&w, &(struct sek_ping){ 0 });
	put(rules, &w);
}

/* Rules that were there before the proxy. */
static void start(const char *allow, const char *block)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	rules = pair[0];
	origin = origin_listen(&port);
	if (allow) {
		say_rules(allow, block);
		say_known();
	}
	proxy_start_with(&p, args, hosts, pair[1]);
	close(pair[1]);
}

static void stop(void)
{
	proxy_stop(&p);
	close(rules);
	close(origin);
}

static int tunnel(const char *name, int *ret_far)
{
	int fd = browser_connect(&p);
	char head[256];

	snprintf(head, sizeof head, "CONNECT %s:%u HTTP/1.1\r\n\r\n", name, port);
	say(fd, head);
	*ret_far = origin_accept(origin);
	hear_head(fd, text, sizeof text);
	ck_assert(strncmp(text, "HTTP/1.1 200", 12) == 0);
	return fd;
}

static void assert_passes(int near, int far)
{
	char byte;

	say(near, "x");
	hear_bytes(far, &byte, 1);
	say(far, "y");
	hear_bytes(near, &byte, 1);
}

/* A request that reaches its origin and is answered. */
static void assert_open(const char *name, const char *path)
{
	int fd = browser_connect(&p), far;
	char head[256];

	snprintf(head, sizeof head, "GET http://%s:%u%s HTTP/1.1\r\n\r\n", name, port, path);
	say(fd, head);
	far = origin_accept(origin);
	hear_head(far, text, sizeof text);
	say(far, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	close(far);
	hear_all(fd, text, sizeof text);
	ck_assert(strncmp(text, "HTTP/1.1 200", 12) == 0);
	close(fd);
}

static void assert_refused(const char *name, const char *path)
{
	ck_assert_int_eq(ask(&p, "GET http://%s:%u%s HTTP/1.1\r\n\r\n", name, port, path), 403);
}

static void assert_no_tunnel(const char *name)
{
	ck_assert_int_eq(ask(&p, "CONNECT %s:%u HTTP/1.1\r\n\r\n", name, port), 403);
}

/* Until the proxy has taken what was said, which is on its way through a socket of its own. */
static void until(const char *name, const char *answer)
{
	for (int i = 0; i < 500; i++) {
		int fd = browser_connect(&p);
		char head[256];

		snprintf(head, sizeof head, "CONNECT %s:%u HTTP/1.1\r\n\r\n", name, port);
		say(fd, head);
		hear_head(fd, text, sizeof text);
		close(fd);
		if (strncmp(text, "HTTP/1.1 200", 12) == 0)
			close(origin_accept(origin));
		if (strncmp(text, answer, strlen(answer)) == 0)
			return;
		usleep(10000);
	}
	ck_abort_msg("%s never gives %s", name, answer);
}

static void until_refused(const char *name) { until(name, "HTTP/1.1 403"); }
static void until_open(const char *name) { until(name, "HTTP/1.1 200"); }

START_TEST(from_the_first_request)
{
	int fd, far;

	start("*\n", "bad.test\ngood.test/secret\n");
	assert_refused("bad.test", "/");
	assert_refused("www.bad.test", "/");
	assert_no_tunnel("bad.test");
	assert_no_tunnel("BAD.test.");
	assert_refused("good.test", "/secret/plan");
	ck_assert(!origin_has_client(origin, 50));
	assert_open("good.test", "/");
	fd = tunnel("good.test", &far); /* what is in it the proxy cannot see: the browser's rules can */
	assert_passes(fd, far);
	close(fd);
	close(far);
	/* the page says why, in both languages, and nothing of the request */
	fd = browser_connect(&p);
	say(fd, "GET http://bad.test/some-path HTTP/1.1\r\n\r\n");
	hear_all(fd, text, sizeof text);
	close(fd);
	ck_assert_ptr_nonnull(strstr(text, "許可されていません"));
	ck_assert_ptr_nonnull(strstr(text, "administrator's rules"));
	ck_assert_ptr_null(strstr(text, "some-path"));
	stop();
}
END_TEST

START_TEST(a_change_cuts_what_runs)
{
	int bad, bad_far, good, good_far, slow, slow_far;
	char byte;

	start("*\n", "");
	bad = tunnel("bad.test", &bad_far);
	good = tunnel("www.good.test", &good_far);
	assert_passes(bad, bad_far);
	slow = browser_connect(&p);
	snprintf(text, sizeof text, "GET http://bad.test:%u/slow HTTP/1.1\r\n\r\n", port);
	say(slow, text);
	slow_far = origin_accept(origin);
	hear_head(slow_far, text, sizeof text);
	say_rules("*\n", "bad.test\n");
	/* both ends of the tunnel see the end; the request that waits gets the page */
	ck_assert_int_le(recv(bad, &byte, 1, 0), 0);
	ck_assert_int_le(recv(bad_far, &byte, 1, 0), 0);
	hear_all(slow, text, sizeof text);
	ck_assert(strncmp(text, "HTTP/1.1 403", 12) == 0);
	assert_no_tunnel("bad.test");
	assert_passes(good, good_far);
	/* and back */
	say_rules("*\n", "");
	close(bad);
	close(bad_far);
	close(slow);
	close(slow_far);
	close(good);
	close(good_far);
	stop();
}
END_TEST

/* What only the browser can judge is refused from the change until the browser knows of it. */
START_TEST(until_the_browser_knows)
{
	int good, good_far, cdn, cdn_far;
	char byte;

	start("good.test\ncdn.test\n", "");
	good = tunnel("good.test", &good_far);
	cdn = tunnel("cdn.test", &cdn_far);
	say_rules("good.test\n", "");
	ck_assert_int_le(recv(cdn, &byte, 1, 0), 0);
	assert_no_tunnel("cdn.test");
	assert_refused("cdn.test", "/");
	assert_passes(good, good_far);
	assert_open("good.test", "/");
	say_known();
	/* pages of good.test may have parts from there again */
	close(cdn);
	close(cdn_far);
	until_open("cdn.test");
	close(good);
	close(good_far);
	stop();
}
END_TEST

START_TEST(parts_of_allowed_pages)
{
	int fd, far;

	start("good.test\n", "bad.test\n"); /* and the browser knows */
	fd = tunnel("cdn.test", &far);
	assert_passes(fd, far);
	close(fd);
	close(far);
	assert_no_tunnel("bad.test");
	stop();
	/* nothing is allowed: then nothing has parts */
	start("", "*\n");
	assert_no_tunnel("good.test");
	assert_refused("good.test", "/");
	ck_assert_int_eq(ask(&p, "GET http://start.sekisho.internal/ HTTP/1.1\r\n\r\n"), 200);
	stop();
}
END_TEST

START_TEST(a_looser_rule_cuts_nothing)
{
	int fd, far;

	start("good.test\n", "");
	fd = tunnel("cdn.test", &far);
	say_rules("good.test\nbad.test\n", "");
	say_rules("good.test\nbad.test\n", "www.bad.test\n");
	until_refused("www.bad.test");
	assert_open("good.test", "/");
	close(fd);
	close(far);
	stop();
}
END_TEST

START_TEST(no_rules_yet)
{
	start(NULL, NULL);
	assert_open("bad.test", "/");
	say_rules("*\n", "bad.test\n");
	until_refused("bad.test");
	stop();
}
END_TEST

/* A keeper that speaks nonsense is none to rely on. */
START_TEST(nonsense_ends_the_proxy)
{
	static const uint8_t bad[][10] = { { SEK_MSG_RULES, 0, 0, 0, 0, 0, 0, 1, 'x' }, { SEK_MSG_PONG, 0, 0, 0, 0, 0, 0, 4 },
		{ 0xee }, { SEK_MSG_PING, 0, 0, 0, 0, 0, 0, 1, 0 } };
	static const size_t n[] = { 9, 12, 1, 9 };
	uint8_t packet[16] = { 0 };
	int status;

	start("*\n", "");
	memcpy(packet, bad[_i], sizeof bad[_i]);
	ck_assert_int_eq(send(rules, packet, n[_i], MSG_NOSIGNAL), (ssize_t)n[_i]);
	ck_assert_int_eq(waitpid(p.pid, &status, 0), p.pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_ne(WEXITSTATUS(status), 0);
	close(rules);
	close(origin);
}
END_TEST

/* What was refused is told by one byte each, and a reader that does not read holds nobody up. */
START_TEST(refusals_are_told)
{
	static const char *const counting[] = { "--rules", "--count", NULL };
	int pair[2], told[2];
	char bytes[8] = "";

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	ck_assert_int_eq(pipe2(told, O_CLOEXEC), 0);
	rules = pair[0];
	say_rules("*\n", "bad.test\n");
	say_known();
	proxy_count_fd = told[1];
	proxy_start_with(&p, counting, hosts, pair[1]);
	proxy_count_fd = -1;
	close(pair[1]);
	ck_assert_int_eq(ask(&p, "GET http://bad.test/ HTTP/1.1\r\nHost: bad.test\r\n\r\n"), 403);
	ck_assert_int_eq(ask(&p, "GET http://127.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"), 403);
	ck_assert_int_eq(ask(&p, "GET http://good.test/ HTTP/1.1\r\nHost: good.test\r\n\r\n"), 403); /* its address is private */
	ck_assert_int_eq(read(told[0], bytes, sizeof bytes), 3);
	ck_assert_mem_eq(bytes, "pxx", 3);
	while (fcntl(told[1], F_SETFL, O_NONBLOCK) == 0 && write(told[1], "................", 16) == 16) {
	}
	fcntl(told[1], F_SETFL, 0);
	ck_assert_int_eq(ask(&p, "GET http://127.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"), 403);
	proxy_stop(&p);
	close(rules);
	close(told[0]);
	close(told[1]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("egress rules");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	if (geteuid() != 0) {
		puts("egress rules: skipped, must be root to give the proxy its own /etc/hosts");
		return 77;
	}
	signal(SIGPIPE, SIG_IGN);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, from_the_first_request);
	tcase_add_test(t, refusals_are_told);
	tcase_add_test(t, a_change_cuts_what_runs);
	tcase_add_test(t, until_the_browser_knows);
	tcase_add_test(t, parts_of_allowed_pages);
	tcase_add_test(t, a_looser_rule_cuts_nothing);
	tcase_add_test(t, no_rules_yet);
	tcase_add_loop_test(t, nonsense_ends_the_proxy, 0, 4);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
