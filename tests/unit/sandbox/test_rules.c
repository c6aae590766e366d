/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The broker's rules in a real browser: in force before it starts, changed while it runs. Needs root, as test_session.c.
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/wire/messages.h"
#include "render-host/session.h"
#include "tests/unit/sandbox/session_rig.h"

static char url[64], file[] = "/tmp/sek-rules-XXXXXX";
static pid_t site;

static size_t frame_of(uint8_t *frame, size_t size, const char *allow, const char *block)
{
	struct sek_writer w;

	sek_writer_init(&w, frame, size);
	sek_rules_write(&w, &(struct sek_rules){ false, allow, block, strlen(allow), strlen(block) });
	ck_assert(sek_is_ok(sek_writer_status(&w)));
	return w.len;
}

static void write_file(const char *allow, const char *block)
{
	uint8_t frame[256];
	size_t n = frame_of(frame, sizeof frame, allow, block) - SEK_FRAME_HEADER_BYTES;
	int fd = mkstemp(file);

	ck_assert(fd >= 0);
	ck_assert_int_eq(write(fd, frame + SEK_FRAME_HEADER_BYTES, n), (ssize_t)n);
	close(fd);
}

static int connect_rules(const struct session *s)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof a.sun_path, "%s/%s", s->dir, SEK_SESSION_RULES);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

static void send_rules(int fd, const char *allow, const char *block)
{
	uint8_t frame[256];
	size_t n = frame_of(frame, sizeof frame, allow, block);

	ck_assert_int_eq(send(fd, frame, n, MSG_NOSIGNAL), (ssize_t)n);
}

/* Navigates until the page is open (or refused): the browser takes some seconds to see a changed file. */
static bool navigates(struct session *s, bool open)
{
	for (int i = 0; i < 14; i++) {
		json_t *r = page_call(s, "Page.navigate", json_pack("{s:s}", "url", url));
		bool refused = !r || json_object_get(r, "errorText");

		json_decref(r);
		if (refused != open)
			return true;
		sleep(4); /* a browser that is given something to do all the time never gets to it */
		session_reopen_page(s);
	}
	return false;
}

START_TEST(rules_hold_and_change)
{
	static const char html[] = "<!doctype html><title>t</title>";
	const char *const args[] = { "--allow", "127.0.0.0/8", "--rules", file, NULL };
	const struct session_options o = { .args = args };
	struct session s;
	int fd;

	snprintf(url, sizeof url, "http://127.0.0.1:%u/", site_start(html, &site));
	write_file("example.invalid\n", "");
	session_start(&s, &o);
	session_open(&s);
	/* from the first moment: what is not allowed does not open, the proxy's own page does */
	ck_assert(page_until(&s, "location.host", "start.sekisho.internal"));
	json_t *r = page_call(&s, "Page.navigate", json_pack("{s:s}", "url", url));

	ck_assert(!r || json_object_get(r, "errorText"));
	json_decref(r);
	session_reopen_page(&s);
	fd = connect_rules(&s);
	send_rules(fd, "*\n", "");
	ck_assert_msg(navigates(&s, true), "what was allowed later does not open");
	send_rules(fd, "*\n", "127.0.0.1\n");
	ck_assert_msg(navigates(&s, false), "what was blocked later opens");
	/* a message that is none closes the connection and changes nothing; the session goes on */
	ck_assert_int_eq(send(fd, "\x0f\0\0\0\0\0\0\1x", 9, MSG_NOSIGNAL), 9);
	ck_assert_int_eq(recv(fd, &(char){ 0 }, 1, 0), 0);
	close(fd);
	fd = connect_rules(&s);
	send_rules(fd, "*\n", "");
	ck_assert_msg(navigates(&s, true), "rules over a new connection");
	close(fd);
	session_stop(&s);
	kill(site, SIGKILL);
	waitpid(site, NULL, 0);
	unlink(file);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sandbox rules");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	if (geteuid() != 0) {
		puts("sandbox rules: skipped, must be root to start a sandbox");
		return 77;
	}
	signal(SIGPIPE, SIG_IGN);
	session_begin_all();
	tcase_set_timeout(t, 180);
	tcase_add_test(t, rules_hold_and_change);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	session_end_all();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
