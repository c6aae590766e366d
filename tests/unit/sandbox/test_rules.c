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
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
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
	sek_rules_write(&w, &(struct sek_rules){ false, false, false, allow, block, strlen(allow), strlen(block) });
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

/* Navigates until the page is open (or refused): rules that change while the browser starts it sees some seconds later. */
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

/* --- a site that counts --- */

static volatile unsigned *visits; /* shared with the site's process: page requests to 127.0.0.1, anything to 127.0.0.2 */

static int listen_at(const char *address, uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(*port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof a;

	inet_pton(AF_INET, address, &a.sin_addr);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)), 0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&a, n), 0);
	ck_assert_int_eq(listen(fd, 64), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static _Noreturn void serve_restless(struct pollfd *listeners)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nCache-Control: no-store\r\n\r\n"
		"<!doctype html><title>restless</title><script>for (let i = 0; i < 8; i++) document.documentElement.append("
		"Object.assign(new Image, { src: '/part' + Math.random() })); location.href = '/' + Math.random();</script>";
	static char request[4096];

	for (;;) {
		poll(listeners, 2, -1);
		for (int i = 0; i < 2; i++) {
			int fd = listeners[i].revents ? accept(listeners[i].fd, NULL, NULL) : -1;

			if (fd < 0)
				continue;
			memset(request, 0, sizeof request);
			if (recv(fd, request, sizeof request - 1, 0) > 0 && (i == 1 || (!strstr(request, "/part") &&
					!strstr(request, "favicon"))))
				visits[i]++;
			send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
			shutdown(fd, SHUT_WR);
			close(fd);
		}
	}
}

static uint16_t restless_site(void)
{
	uint16_t port = 0;
	struct pollfd listeners[2] = { { .fd = listen_at("127.0.0.1", &port), .events = POLLIN } };

	visits = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(visits != MAP_FAILED);
	listeners[1] = (struct pollfd){ .fd = listen_at("127.0.0.2", &port), .events = POLLIN };
	site = fork();
	if (site == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve_restless(listeners);
	}
	close(listeners[0].fd);
	close(listeners[1].fd);
	return port;
}

static void wait_for_visits(int i, unsigned n)
{
	for (int k = 0; k < 3000 && visits[i] < n; k++)
		usleep(10000);
	ck_assert_uint_ge(visits[i], n);
}

/* A page that leads from page to page without a pause, and asks another site for parts. */
START_TEST(a_restless_page_obeys)
{
	const char *const args[] = { "--allow", "127.0.0.0/8", "--rules", file, NULL };
	const struct session_options o = { .args = args };
	char ask[256], far[40];
	unsigned before;
	struct session s;
	uint16_t port = restless_site();
	int fd;

	snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
	snprintf(far, sizeof far, "http://127.0.0.2:%u/", port);
	write_file("*\n", "");
	session_start(&s, &o);
	session_open(&s);
	fd = connect_rules(&s);
	/* parts of the start page come from nowhere else, so it may not fetch; a page that may is the browser's empty one */
	json_decref(page_call(&s, "Page.navigate", json_pack("{s:s}", "url", "about:blank")));
	session_reopen_page(&s);
	snprintf(ask, sizeof ask, "fetch('%s', { mode: 'no-cors' }).then(() => 0, () => 0), 0", far);
	for (int k = 0; k < 200 && visits[1] == 0; k++) {
		page_eval(&s, ask);
		usleep(50000);
	}
	ck_assert_uint_gt(visits[1], 0);
	json_decref(page_call(&s, "Page.navigate", json_pack("{s:s}", "url", url)));
	wait_for_visits(0, 20);
	send_rules(fd, "*\n", "127.0.0.1\n127.0.0.2\n");
	/* it comes to rest, in front of the proxy's page or of the browser's own */
	session_reopen_page(&s);
	for (int k = 0; k < 100 && strcmp(page_eval(&s, "document.title == 'restless' || document.readyState != 'complete'"),
			"false") != 0; k++) {
		usleep(50000);
		session_reopen_page(&s);
	}
	before = visits[0];
	json_decref(page_call(&s, "Page.navigate", json_pack("{s:s}", "url", url)));
	session_reopen_page(&s);
	/* what Chromium's lists do not speak of, the parts of a page, the proxy refuses */
	json_decref(page_call(&s, "Page.navigate", json_pack("{s:s}", "url", "about:blank")));
	session_reopen_page(&s);
	unsigned parts = visits[1];

	page_until(&s, "globalThis.answered || (globalThis.answered = 'asked')", "asked");
	snprintf(ask, sizeof ask, "fetch('%s', { mode: 'no-cors' }).then(() => answered = 'done', () => answered = 'done'), 0", far);
	page_eval(&s, ask);
	ck_assert(page_until(&s, "answered", "done"));
	ck_assert_uint_eq(visits[1], parts);
	ck_assert_uint_eq(visits[0], before);
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
	tcase_add_test(t, a_restless_page_obeys);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	session_end_all();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
