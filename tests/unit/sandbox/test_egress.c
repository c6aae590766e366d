/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The real egress proxy over real sockets: what it refuses, what it passes and how, and that nobody can hold it up.
 */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "render-host/egress/egress.h"
#include "render-host/helpers.h"
#include "tests/unit/sandbox/proxy_rig.h"

static const char *const none[] = { NULL };
static const char *const loopback[] = { "--allow", "127.0.0.0/8", NULL };
static char text[262144];

START_TEST(start_page)
{
	struct proxy p;
	int fd;

	proxy_start(&p, none, NULL);
	fd = browser_connect(&p);
	say(fd, "GET http://start.sekisho.internal/ HTTP/1.1\r\nHost: start.sekisho.internal\r\n\r\n");
	hear_all(fd, text, sizeof text);
	close(fd);
	ck_assert(strncmp(text, "HTTP/1.1 200 OK\r\n", 17) == 0);
	ck_assert_ptr_nonnull(strstr(text, "Content-Security-Policy: default-src 'none'"));
	ck_assert_ptr_nonnull(strstr(text, "</html>"));
	ck_assert_ptr_null(strstr(text, "<script"));
	fd = browser_connect(&p);
	say(fd, "HEAD http://START.sekisho.internal:80/?x HTTP/1.1\r\n\r\n");
	hear_all(fd, text, sizeof text);
	close(fd);
	ck_assert(strncmp(text, "HTTP/1.1 200 OK\r\n", 17) == 0);
	ck_assert_ptr_null(strstr(text, "<html"));
	ck_assert_int_eq(ask(&p, "GET http://start.sekisho.internal/favicon.ico HTTP/1.1\r\n\r\n"), 404);
	ck_assert_int_eq(ask(&p, "CONNECT start.sekisho.internal:443 HTTP/1.1\r\n\r\n"), 403);
	ck_assert_int_eq(ask(&p, "GET http://start.sekisho.internal:8080/ HTTP/1.1\r\n\r\n"), 403);
	ck_assert_int_eq(ask(&p, "GET http://other.sekisho.internal/ HTTP/1.1\r\n\r\n"), 403);
	proxy_stop(&p);
}
END_TEST

START_TEST(refused_destinations)
{
	static const char *const hosts[] = { "127.0.0.1", "127.1", "0x7f.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]",
		"localhost", "LOCALHOST", "localhost.", "a.localhost", "0.0.0.0", "[::]", "10.0.0.1", "172.16.0.1", "192.168.0.1",
		"100.64.0.1", "169.254.169.254", "[fd00:ec2::254]", "[fe80::1]", "[fd00::1]", "224.0.0.1", "[ff02::1]",
		"255.255.255.255", "198.18.0.1", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "168.63.129.16", "start.sekisho.internal." };
	struct proxy p;
	uint16_t port;
	int origin = origin_listen(&port);

	proxy_start(&p, none, NULL);
	for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
		ck_assert_msg(ask(&p, "GET http://%s/ HTTP/1.1\r\n\r\n", hosts[i]) == 403, "%s", hosts[i]);
		ck_assert_msg(ask(&p, "CONNECT %s:443 HTTP/1.1\r\n\r\n", hosts[i]) == 403, "%s", hosts[i]);
	}
	/* the right port is of no help */
	ck_assert_int_eq(ask(&p, "GET http://127.0.0.1:%u/ HTTP/1.1\r\n\r\n", port), 403);
	ck_assert_int_eq(ask(&p, "CONNECT 127.0.0.1:%u HTTP/1.1\r\n\r\n", port), 403);
	ck_assert_int_eq(ask(&p, "CONNECT 8.8.8.8:25 HTTP/1.1\r\n\r\n"), 403);
	ck_assert_int_eq(ask(&p, "CONNECT update.googleapis.com:443 HTTP/1.1\r\n\r\n"), 403);
	ck_assert(!origin_has_client(origin, 50));
	proxy_stop(&p);
	close(origin);
}
END_TEST

/* A name of the outer world that means an inner address: what counts is the address. */
START_TEST(rebinding_names)
{
	static const char hosts[] = "127.0.0.1 rebind.test\n10.0.0.9 inner.test\n::1 six.test\n127.0.0.1 both.test\n"
		"::1 both.test\n169.254.169.254 metadata.test\n";
	static const char *const names[] = { "rebind.test", "inner.test", "six.test", "both.test", "metadata.test" };
	struct proxy p;
	uint16_t port;
	int origin, fd;

	if (geteuid() != 0) {
		puts("rebinding_names: skipped, must be root to give the proxy its own /etc/hosts");
		return;
	}
	origin = origin_listen(&port);
	proxy_start(&p, none, hosts);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		ck_assert_msg(ask(&p, "GET http://%s/ HTTP/1.1\r\n\r\n", names[i]) == 403, "%s", names[i]);
		ck_assert_msg(ask(&p, "CONNECT %s:%u HTTP/1.1\r\n\r\n", names[i], port) == 403, "%s", names[i]);
	}
	proxy_stop(&p);
	/* listed, the same name is reached; of two addresses the one that is not allowed is passed over */
	proxy_start(&p, loopback, hosts);
	fd = browser_connect(&p);
	snprintf(text, sizeof text, "CONNECT both.test:%u HTTP/1.1\r\n\r\n", port);
	say(fd, text);
	close(origin_accept(origin));
	hear_head(fd, text, sizeof text);
	ck_assert(strncmp(text, "HTTP/1.1 200", 12) == 0);
	close(fd);
	proxy_stop(&p);
	close(origin);
}
END_TEST

START_TEST(plain_request)
{
	struct proxy p;
	uint16_t port;
	int origin = origin_listen(&port), fd, at;

	proxy_start(&p, loopback, NULL);
	fd = browser_connect(&p);
	snprintf(text, sizeof text, "GET http://127.0.0.1:%u/x HTTP/1.1\r\nHost: evil\r\nProxy-Connection: keep-alive\r\nA: b\r\n\r\n"
		"GET http://127.0.0.1:%u/second HTTP/1.1\r\n\r\n", port, port);
	say(fd, text);
	at = origin_accept(origin);
	hear_head(at, text, sizeof text);
	ck_assert_ptr_nonnull(strstr(text, "GET /x HTTP/1.1\r\nHost: 127.0.0.1:"));
	ck_assert_ptr_nonnull(strstr(text, "\r\nA: b\r\nConnection: close\r\n\r\n"));
	ck_assert_ptr_null(strstr(text, "evil"));
	ck_assert_ptr_null(strstr(text, "roxy"));
	say(at, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nKeep-Alive: 9\r\nConnection: X-Hop\r\nX-Hop: 1\r\n"
		"Content-Length: 5\r\nX-Kept: y\r\n\r\nhel");
	usleep(20000);
	say(at, "lo");
	shutdown(at, SHUT_WR);
	hear_all(fd, text, sizeof text);
	ck_assert_str_eq(text, "HTTP/1.1 103 \r\nLink: </a>\r\n\r\nHTTP/1.1 200 \r\nContent-Length: 5\r\nX-Kept: y\r\n"
		"Connection: close\r\n\r\nhello");
	/* the second request of the same connection went nowhere */
	ck_assert_uint_eq(hear_all(at, text, sizeof text), 0);
	ck_assert(!origin_has_client(origin, 50));
	close(at);
	close(fd);
	proxy_stop(&p);
	close(origin);
}
END_TEST

START_TEST(request_bodies)
{
	static const char chunked[] = "5;x\r\nhello\r\n3\r\nyou\r\n0\r\nT: v\r\n\r\n";
	struct proxy p;
	uint16_t port;
	int origin = origin_listen(&port), fd, at;
	char got[sizeof chunked];

	proxy_start(&p, loopback, NULL);
	fd = browser_connect(&p);
	snprintf(text, sizeof text, "POST http://127.0.0.1:%u/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", port);
	say(fd, text);
	at = origin_accept(origin);
	hear_head(at, text, sizeof text);
	ck_assert_ptr_nonnull(strstr(text, "Transfer-Encoding: chunked\r\n"));
	for (size_t i = 0; i < sizeof chunked - 1; i++)
		say_bytes(fd, chunked + i, 1);
	say(fd, "GET /smuggled HTTP/1.1\r\n\r\n");
	hear_bytes(at, got, sizeof chunked - 1);
	ck_assert_mem_eq(got, chunked, sizeof chunked - 1);
	say(at, "HTTP/1.1 200 OK\r\n\r\n");
	close(at);
	hear_all(fd, text, sizeof text);
	close(fd);
	/* broken framing ends the connection, nothing of what follows goes on */
	fd = browser_connect(&p);
	snprintf(text, sizeof text, "POST http://127.0.0.1:%u/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", port);
	say(fd, text);
	at = origin_accept(origin);
	hear_head(at, text, sizeof text);
	say(fd, "zz\r\nhello\r\n");
	ck_assert_uint_eq(hear_all(at, text, sizeof text), 0);
	close(at);
	close(fd);
	proxy_stop(&p);
	close(origin);
}
END_TEST

/* Sends n bytes each way at the same time and compares them. */
static void both_ways(int a, int b, size_t n)
{
	int fd[2] = { a, b };
	unsigned char *out[2], *in[2];
	size_t sent[2] = { 0 }, got[2] = { 0 };

	for (int k = 0; k < 2; k++) {
		fcntl(fd[k], F_SETFL, O_NONBLOCK);
		out[k] = malloc(n);
		in[k] = malloc(n);
		ck_assert(out[k] && in[k]);
		for (size_t i = 0; i < n; i++)
			out[k][i] = (unsigned char)rand();
	}
	while (got[0] < n || got[1] < n) {
		struct pollfd p[2];

		for (int k = 0; k < 2; k++)
			p[k] = (struct pollfd){ .fd = fd[k], .events = (short)(POLLIN | (sent[k] < n ? POLLOUT : 0)) };
		ck_assert_int_gt(poll(p, 2, 5000), 0);
		for (int k = 0; k < 2; k++) {
			ssize_t r;

			if (p[k].revents & POLLOUT && (r = send(fd[k], out[k] + sent[k], n - sent[k], MSG_NOSIGNAL)) > 0)
				sent[k] += (size_t)r;
			if (p[k].revents & POLLIN && (r = recv(fd[k], in[k] + got[k], n - got[k], 0)) > 0)
				got[k] += (size_t)r;
		}
	}
	for (int k = 0; k < 2; k++) {
		ck_assert(memcmp(in[k], out[!k], n) == 0);
		fcntl(fd[k], F_SETFL, 0);
	}
	for (int k = 0; k < 2; k++) {
		free(in[k]);
		free(out[k]);
	}
}

START_TEST(tunnel)
{
	struct proxy p;
	uint16_t port;
	int origin = origin_listen(&port), fd, at;
	char early[5];

	proxy_start(&p, loopback, NULL);
	fd = browser_connect(&p);
	/* bytes that come with the request belong to the tunnel */
	snprintf(text, sizeof text, "CONNECT 127.0.0.1:%u HTTP/1.1\r\nHost: x\r\n\r\nearly", port);
	say(fd, text);
	at = origin_accept(origin);
	hear_head(fd, text, sizeof text);
	ck_assert_str_eq(text, "HTTP/1.1 200 Connection established\r\n\r\n");
	hear_bytes(at, early, sizeof early);
	ck_assert_mem_eq(early, "early", 5);
	both_ways(fd, at, 4 << 20);
	/* one side may stop and still listen */
	shutdown(fd, SHUT_WR);
	ck_assert_uint_eq(hear_all(at, text, sizeof text), 0);
	say(at, "last words");
	close(at);
	ck_assert_uint_eq(hear_all(fd, text, sizeof text), 10);
	close(fd);
	proxy_stop(&p);
	close(origin);
}
END_TEST

START_TEST(malformed_requests)
{
	struct proxy p;
	int fd;

	proxy_start(&p, loopback, NULL);
	ck_assert_int_eq(ask(&p, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
	ck_assert_int_eq(ask(&p, "\x16\x03\x01 TLS\r\n\r\n"), 400);
	ck_assert_int_eq(ask(&p, "GET http://u:p@127.0.0.1/ HTTP/1.1\r\n\r\n"), 400);
	ck_assert_int_eq(ask(&p, "POST http://127.0.0.1/ HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
	/* a head as large as is allowed, and a byte more */
	for (int more = 0; more < 2; more++) {
		size_t n = (size_t)snprintf(text, sizeof text, "GET http://127.0.0.1:1/ HTTP/1.1\r\nA: ");

		memset(text + n, 'x', sizeof text - n);
		snprintf(text + SEK_REQUEST_HEAD_MAX_BYTES - 4 + more, 5, "\r\n\r\n");
		fd = browser_connect(&p);
		say(fd, text);
		hear_all(fd, text, sizeof text);
		close(fd);
		ck_assert(strncmp(text, more ? "HTTP/1.1 431" : "HTTP/1.1 502", 12) == 0);
	}
	/* an endless one */
	fd = browser_connect(&p);
	memset(text, 'x', sizeof text);
	say_bytes(fd, text, 20000);
	hear_head(fd, text, sizeof text);
	ck_assert(strncmp(text, "HTTP/1.1 431", 12) == 0);
	close(fd);
	/* cut off in the middle */
	fd = browser_connect(&p);
	say(fd, "GET http://a");
	close(fd);
	proxy_stop(&p);
}
END_TEST

START_TEST(no_answers)
{
	static const char *const broken[] = { "SSH-2.0-x\r\n\r\n", "HTTP/1.1 101 Switching\r\n\r\n", "HTTP/1.1 200", "" };
	struct proxy p;
	uint16_t port;
	int origin = origin_listen(&port), fd, at;

	proxy_start(&p, loopback, NULL);
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		fd = browser_connect(&p);
		snprintf(text, sizeof text, "GET http://127.0.0.1:%u/ HTTP/1.1\r\n\r\n", port);
		say(fd, text);
		at = origin_accept(origin);
		hear_head(at, text, sizeof text);
		say(at, broken[i]);
		close(at);
		hear_all(fd, text, sizeof text);
		close(fd);
		ck_assert_msg(strncmp(text, "HTTP/1.1 502", 12) == 0, "%zu: %s", i, text);
	}
	/* a head that never ends */
	fd = browser_connect(&p);
	snprintf(text, sizeof text, "GET http://127.0.0.1:%u/ HTTP/1.1\r\n\r\n", port);
	say(fd, text);
	at = origin_accept(origin);
	hear_head(at, text, sizeof text);
	say(at, "HTTP/1.1 200 OK\r\nA: ");
	memset(text, 'x', sizeof text);
	send(at, text, 70000, MSG_NOSIGNAL);
	hear_head(fd, text, sizeof text);
	ck_assert(strncmp(text, "HTTP/1.1 502", 12) == 0);
	close(at);
	close(fd);
	close(origin);
	ck_assert_int_eq(ask(&p, "GET http://127.0.0.1:%u/ HTTP/1.1\r\n\r\n", port), 502);
	ck_assert_int_eq(ask(&p, "CONNECT 127.0.0.1:%u HTTP/1.1\r\n\r\n", port), 502);
	ck_assert_int_eq(ask(&p, "GET http://name.invalid/ HTTP/1.1\r\n\r\n"), 502);
	proxy_stop(&p);
}
END_TEST

/* More slow clients than there are places: each is sent away in time, and those who wait get their turn. */
START_TEST(slow_requests)
{
	static const char *const args[] = { "--head-ms", "300", NULL };
	enum { CLIENTS = SEK_EGRESS_CONNECTIONS_MAX + 40 };
	struct proxy p;
	int fd[CLIENTS];

	proxy_start(&p, args, NULL);
	for (int i = 0; i < CLIENTS; i++) {
		fd[i] = browser_connect(&p);
		say(fd[i], "GET http://a");
	}
	for (int i = 0; i < CLIENTS; i++) {
		send(fd[i], ".", 1, MSG_NOSIGNAL); /* a drop now and then does not win time */
		hear_head(fd[i], text, sizeof text);
		ck_assert(strncmp(text, "HTTP/1.1 408", 12) == 0);
		close(fd[i]);
	}
	ck_assert_int_eq(ask(&p, "GET http://start.sekisho.internal/ HTTP/1.1\r\n\r\n"), 200);
	proxy_stop(&p);
}
END_TEST

/* A side that does not read stops the other side; the proxy keeps one buffer, not the stream. */
START_TEST(back_pressure)
{
	struct proxy p;
	uint16_t port;
	int origin = origin_listen(&port), fd, at, small = 65536;
	size_t taken = 0;

	proxy_start(&p, loopback, NULL);
	for (int way = 0; way < 2; way++) {
		struct pollfd w;

		fd = browser_connect(&p);
		snprintf(text, sizeof text, "CONNECT 127.0.0.1:%u HTTP/1.1\r\n\r\n", port);
		say(fd, text);
		at = origin_accept(origin);
		hear_head(fd, text, sizeof text);
		w = (struct pollfd){ .fd = way ? fd : at, .events = POLLOUT };
		setsockopt(w.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
		fcntl(w.fd, F_SETFL, O_NONBLOCK);
		memset(text, 'x', sizeof text);
		for (taken = 0; poll(&w, 1, 300) == 1;) {
			ssize_t n = send(w.fd, text, sizeof text, MSG_NOSIGNAL);

			ck_assert_int_gt(n, 0);
			taken += (size_t)n;
			/* what the kernel's sockets hold, and no end of it in sight */
			ck_assert_uint_lt(taken, 64 << 20);
		}
		close(at);
		close(fd);
	}
	proxy_stop(&p);
	close(origin);
}
END_TEST

START_TEST(upstream)
{
	char where[32];
	const char *args[] = { "--upstream", where, NULL };
	struct proxy p;
	uint16_t port;
	int up = origin_listen(&port), fd, at;

	snprintf(where, sizeof where, "127.0.0.1:%u", port);
	proxy_start(&p, args, NULL);
	/* the name goes on unresolved */
	fd = browser_connect(&p);
	say(fd, "CONNECT does-not-exist.invalid:443 HTTP/1.1\r\nProxy-Authorization: x\r\n\r\nearly");
	at = origin_accept(up);
	hear_head(at, text, sizeof text);
	ck_assert_str_eq(text, "CONNECT does-not-exist.invalid:443 HTTP/1.1\r\nHost: does-not-exist.invalid:443\r\n\r\n");
	say(at, "HTTP/1.1 200 fine\r\nVia: x\r\n\r\nfirst");
	hear_head(fd, text, sizeof text);
	ck_assert_str_eq(text, "HTTP/1.1 200 Connection established\r\n\r\n");
	hear_bytes(fd, text, 5);
	ck_assert_mem_eq(text, "first", 5);
	hear_bytes(at, text, 5);
	ck_assert_mem_eq(text, "early", 5);
	both_ways(fd, at, 1 << 20);
	close(at);
	close(fd);
	/* a refusal of the upstream is a refusal of ours, in our words */
	fd = browser_connect(&p);
	say(fd, "CONNECT a.example:443 HTTP/1.1\r\n\r\n");
	at = origin_accept(up);
	hear_head(at, text, sizeof text);
	say(at, "HTTP/1.1 403 No\r\nContent-Length: 6\r\n\r\nsecret");
	close(at);
	hear_all(fd, text, sizeof text);
	close(fd);
	ck_assert(strncmp(text, "HTTP/1.1 403", 12) == 0);
	ck_assert_ptr_null(strstr(text, "secret"));
	/* plain requests go on in absolute form */
	fd = browser_connect(&p);
	say(fd, "GET http://a.example/x HTTP/1.1\r\n\r\n");
	at = origin_accept(up);
	hear_head(at, text, sizeof text);
	ck_assert_str_eq(text, "GET http://a.example/x HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n");
	say(at, "HTTP/1.1 200 OK\r\n\r\nok");
	close(at);
	hear_all(fd, text, sizeof text);
	ck_assert_str_eq(text, "HTTP/1.1 200 \r\nConnection: close\r\n\r\nok");
	close(fd);
	/* what can be judged without a resolver does not reach the upstream */
	ck_assert_int_eq(ask(&p, "CONNECT 10.0.0.1:443 HTTP/1.1\r\n\r\n"), 403);
	ck_assert_int_eq(ask(&p, "CONNECT 127.1:443 HTTP/1.1\r\n\r\n"), 403);
	ck_assert_int_eq(ask(&p, "CONNECT localhost:443 HTTP/1.1\r\n\r\n"), 403);
	ck_assert_int_eq(ask(&p, "CONNECT a.example:22 HTTP/1.1\r\n\r\n"), 403);
	ck_assert_int_eq(ask(&p, "GET http://start.sekisho.internal/ HTTP/1.1\r\n\r\n"), 200);
	ck_assert(!origin_has_client(up, 50));
	proxy_stop(&p);
	close(up);
}
END_TEST

START_TEST(wrong_arguments)
{
	static const char *const rows[][3] = { { "--allow", "10.0.0.1/8", NULL }, { "--allow", "x", NULL },
		{ "--upstream", "proxy", NULL }, { "--upstream", ":1", NULL }, { "--nonsense", NULL, NULL }, { "x", NULL, NULL } };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct proxy p;
		int status;

		proxy_start(&p, rows[i], NULL);
		ck_assert_int_eq(waitpid(p.pid, &status, 0), p.pid);
		ck_assert(WIFEXITED(status));
		ck_assert_int_eq(WEXITSTATUS(status), SEK_EGRESS_USAGE);
	}
}
END_TEST

START_TEST(confined)
{
	struct proxy p;
	char path[64];
	FILE *f;
	size_t n;

	proxy_start(&p, none, NULL);
	ck_assert_int_eq(ask(&p, "GET http://start.sekisho.internal/ HTTP/1.1\r\n\r\n"), 200);
	snprintf(path, sizeof path, "/proc/%d/status", (int)p.pid);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, sizeof text - 1, f);
	text[n] = 0;
	fclose(f);
	ck_assert_ptr_nonnull(strstr(text, "NoNewPrivs:\t1"));
	/* the sanitizers cannot live in the filter (harden.c) */
	if (!SEK_TEST_SANITIZED)
		ck_assert_ptr_nonnull(strstr(text, "Seccomp:\t2"));
	proxy_stop(&p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("egress");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	signal(SIGPIPE, SIG_IGN);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, start_page);
	tcase_add_test(t, refused_destinations);
	tcase_add_test(t, rebinding_names);
	tcase_add_test(t, plain_request);
	tcase_add_test(t, request_bodies);
	tcase_add_test(t, tunnel);
	tcase_add_test(t, malformed_requests);
	tcase_add_test(t, no_answers);
	tcase_add_test(t, slow_requests);
	tcase_add_test(t, back_pressure);
	tcase_add_test(t, upstream);
	tcase_add_test(t, wrong_arguments);
	tcase_add_test(t, confined);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
