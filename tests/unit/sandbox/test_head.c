/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Heads and bodies of HTTP messages: what is understood, what is rebuilt, what is refused.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render-host/egress/head.h"

static struct sek_request request;
static struct sek_response response;
static char out[65536];

static sek_status parse(const char *text)
{
	return sek_request_parse(text, strlen(text), &request);
}

static const char *rebuilt(bool absolute)
{
	size_t n;

	ck_assert(sek_is_ok(sek_request_write(&request, absolute, out, sizeof out - 1, &n)));
	out[n] = 0;
	return out;
}

START_TEST(plain_request)
{
	static const char text[] = "GET http://Example.COM:8080/a?b=c HTTP/1.1\r\nHost: other.example\r\nAccept: */*\r\n"
		"Connection: keep-alive, X-Secret\r\nX-Secret: 1\r\nProxy-Connection: keep-alive\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
		"Upgrade: h2c\r\nProxy-Authorization: Basic eA==\r\nTrailer: X\r\nCookie: k=v\r\n\r\n";

	ck_assert(sek_is_ok(parse(text)));
	ck_assert(!request.connect);
	ck_assert_str_eq(request.host, "example.com");
	ck_assert_uint_eq(request.port, 8080);
	ck_assert_str_eq(rebuilt(false), "GET /a?b=c HTTP/1.1\r\nHost: example.com:8080\r\nAccept: */*\r\nCookie: k=v\r\n"
		"Connection: close\r\n\r\n");
	ck_assert_str_eq(rebuilt(true), "GET http://example.com:8080/a?b=c HTTP/1.1\r\nHost: example.com:8080\r\nAccept: */*\r\n"
		"Cookie: k=v\r\nConnection: close\r\n\r\n");
	/* what was rebuilt is understood as the same */
	memmove(out + 1000, out, strlen(out) + 1);
	ck_assert(sek_is_ok(sek_request_parse(out + 1000, strlen(out + 1000), &request)));
	ck_assert_str_eq(request.host, "example.com");
}
END_TEST

START_TEST(targets)
{
	ck_assert(sek_is_ok(parse("GET http://a HTTP/1.1\r\n\r\n")));
	ck_assert_str_eq(rebuilt(false), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	ck_assert(sek_is_ok(parse("GET http://a?q HTTP/1.0\r\n\r\n")));
	ck_assert_str_eq(rebuilt(false), "GET /?q HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	ck_assert(sek_is_ok(parse("GET http://[FD00::1]/ HTTP/1.1\r\n\r\n")));
	ck_assert_str_eq(request.host, "fd00::1");
	ck_assert_str_eq(rebuilt(true), "GET http://[fd00::1]/ HTTP/1.1\r\nHost: [fd00::1]\r\nConnection: close\r\n\r\n");
	ck_assert(sek_is_ok(parse("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\nX: y\r\n\r\n")));
	ck_assert(request.connect);
	ck_assert_str_eq(rebuilt(true), "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n");
	ck_assert(sek_is_ok(parse("CONNECT [::1]:80 HTTP/1.1\r\n\r\n")));
	ck_assert_str_eq(rebuilt(true), "CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n\r\n");
}
END_TEST

START_TEST(requests_that_are_refused)
{
	static const char *const bad[] = {
		"", "\r\n", "GET\r\n\r\n", "GET http://a\r\n\r\n", "GET  http://a/ HTTP/1.1\r\n\r\n", "GET /a HTTP/1.1\r\n\r\n",
		"GET http://a/ HTTP/2.0\r\n\r\n", "GET http://a/ http/1.1\r\n\r\n", "GET http://a/ HTTP/1.1 \r\n\r\n",
		"G(T http://a/ HTTP/1.1\r\n\r\n", " GET http://a/ HTTP/1.1\r\n\r\n", "GET http://a/ HTTP/1.1\n\n",
		"GET http://a/ HTTP/1.1\r\nA: b\n\r\n", "GET https://a/ HTTP/1.1\r\n\r\n", "GET ftp://a/ HTTP/1.1\r\n\r\n",
		"GET http:// HTTP/1.1\r\n\r\n", "GET http:///x HTTP/1.1\r\n\r\n", "GET http://u@a/ HTTP/1.1\r\n\r\n",
		"GET http://a:0/ HTTP/1.1\r\n\r\n", "GET http://a:65536/ HTTP/1.1\r\n\r\n", "GET http://a:/ HTTP/1.1\r\n\r\n",
		"GET http://a:8 0/ HTTP/1.1\r\n\r\n", "GET http://a%2e/ HTTP/1.1\r\n\r\n", "GET http://a/#x HTTP/1.1\r\n\r\n",
		"GET http://[::1/ HTTP/1.1\r\n\r\n", "GET http://[fe80::1%25eth0]/ HTTP/1.1\r\n\r\n",
		"GET http://[::1]x/ HTTP/1.1\r\n\r\n", "GET http://a/\x01 HTTP/1.1\r\n\r\n", "GET http://a/\xe3\x81\x82 HTTP/1.1\r\n\r\n",
		"CONNECT a HTTP/1.1\r\n\r\n", "CONNECT http://a:1/ HTTP/1.1\r\n\r\n", "CONNECT a:443/ HTTP/1.1\r\n\r\n",
		"CONNECT a:1 HTTP/1.1\r\nContent-Length: 1\r\n\r\n", "connect a:1 HTTP/1.1\r\n\r\n",
		"GET http://a/ HTTP/1.1\r\nA b\r\n\r\n", "GET http://a/ HTTP/1.1\r\n: b\r\n\r\n", "GET http://a/ HTTP/1.1\r\nA : b\r\n\r\n",
		"GET http://a/ HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "GET http://a/ HTTP/1.1\r\nA: b\x01\r\n\r\n",
		"GET http://a/ HTTP/1.1\r\nA: b\r\r\n\r\n",
		/* bodies whose end is not certain */
		"POST http://a/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
		"POST http://a/ HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n", "POST http://a/ HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
		"POST http://a/ HTTP/1.1\r\nContent-Length: \r\n\r\n", "POST http://a/ HTTP/1.1\r\nContent-Length: 0x1\r\n\r\n",
		"POST http://a/ HTTP/1.1\r\nContent-Length: 1234567890123456789\r\n\r\n",
		"POST http://a/ HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
		"POST http://a/ HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
		"POST http://a/ HTTP/1.1\r\nTransfer-Encoding: identity\r\n\r\n",
		"POST http://a/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
		/* bytes behind the empty line do not belong to a head */
		"GET http://a/ HTTP/1.1\r\n\r\nX",
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(sek_is(parse(bad[i]), SEK_E_MALFORMED), "%zu: %s", i, bad[i]);
	ck_assert(sek_is(sek_request_parse("GET http://a\0b/ HTTP/1.1\r\n\r\n", 27, &request), SEK_E_MALFORMED));
	ck_assert(sek_is(sek_request_parse("GET http://a/ HTTP/1.1\r\nA: \0\r\n\r\n", 32, &request), SEK_E_MALFORMED));
}
END_TEST

START_TEST(limits)
{
	char text[SEK_REQUEST_HEAD_MAX_BYTES * 2], host[SEK_HOST_MAX_BYTES + 2];
	size_t n;

	memset(host, 'a', sizeof host);
	host[SEK_HOST_MAX_BYTES] = 0;
	snprintf(text, sizeof text, "GET http://%s/ HTTP/1.1\r\n\r\n", host);
	ck_assert(sek_is_ok(parse(text)));
	ck_assert_uint_eq(strlen(request.host), SEK_HOST_MAX_BYTES);
	host[SEK_HOST_MAX_BYTES] = 'a';
	host[SEK_HOST_MAX_BYTES + 1] = 0;
	snprintf(text, sizeof text, "GET http://%s/ HTTP/1.1\r\n\r\n", host);
	ck_assert(sek_is(parse(text), SEK_E_MALFORMED));

	for (int more = 0; more < 2; more++) {
		n = (size_t)snprintf(text, sizeof text, "GET http://a/ HTTP/1.1\r\n");
		for (int i = 0; i < SEK_HEADERS_MAX + more; i++)
			n += (size_t)snprintf(text + n, sizeof text - n, "a:b\r\n");
		snprintf(text + n, sizeof text - n, "\r\n");
		ck_assert_int_eq(sek_is_ok(parse(text)), !more);
		ck_assert(!more || sek_is(parse(text), SEK_E_LIMIT));
	}
	/* one line of the longest method that is taken, and one more */
	ck_assert(sek_is_ok(parse("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF http://a/ HTTP/1.1\r\n\r\n")));
	ck_assert(sek_is(parse("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG http://a/ HTTP/1.1\r\n\r\n"), SEK_E_MALFORMED));
	/* a head is never cut: it fits or it fails */
	ck_assert(sek_is_ok(parse("GET http://a/ HTTP/1.1\r\nA: b\r\n\r\n")));
	n = strlen(rebuilt(false));
	for (size_t size = 0; size < n; size++) {
		size_t m;

		ck_assert(sek_is(sek_request_write(&request, false, out, size, &m), SEK_E_LIMIT));
	}
}
END_TEST

START_TEST(every_prefix)
{
	static const char text[] = "POST http://a.example:81/p HTTP/1.1\r\nA: b\r\nContent-Length: 3\r\n\r\n";
	size_t all = sizeof text - 1;

	/* the connection asks for the rest until the head is whole */
	for (size_t n = 0; n < all; n++)
		ck_assert_uint_eq(sek_head_length(text, n), 0);
	ck_assert_uint_eq(sek_head_length(text, all), all);
	ck_assert(sek_is_ok(parse(text)));
	ck_assert_uint_eq(request.body.left, 3);
}
END_TEST

/* Whatever is done to a head, parsing and rebuilding stay inside their memory, and what is rebuilt is accepted. */
START_TEST(damaged)
{
	static const char text[] = "POST http://a.example:81/p?q HTTP/1.1\r\nHost: x\r\nConnection: a, b\r\nTransfer-Encoding: chunked\r\n\r\n";
	char copy[sizeof text];
	unsigned accepted = 0;

	for (size_t i = 0; i < sizeof text - 1; i++) {
		for (int bit = 0; bit < 8; bit++) {
			char *again;
			size_t n;

			memcpy(copy, text, sizeof text);
			copy[i] = (char)(copy[i] ^ 1 << bit);
			if (!sek_is_ok(sek_request_parse(copy, sizeof text - 1, &request)))
				continue;
			accepted++;
			ck_assert(sek_is_ok(sek_request_write(&request, true, out, sizeof out, &n)));
			again = malloc(n);
			ck_assert_ptr_nonnull(again);
			memcpy(again, out, n);
			ck_assert_uint_eq(sek_head_length(again, n), n);
			ck_assert(sek_is_ok(sek_request_parse(again, n, &request)));
			free(again);
		}
	}
	ck_assert_uint_gt(accepted, 0);
}
END_TEST

START_TEST(answers)
{
	static const char text[] = "HTTP/1.0 200 OK\nContent-Type: text/html\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\n"
		"Keep-Alive: timeout=5\r\nno colon here\r\nBad Name: x\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nUpgrade: x\r\n\r\n";
	static const char *const bad[] = { "", "HTTP/1.1\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n",
		"HTTP/1.1 600 x\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "ICY 200 OK\r\n\r\n", "HTTP/1.1 2000\r\n\r\n", "SSH-2.0-x\r\n\r\n" };
	size_t n;

	ck_assert_uint_eq(sek_head_length(text, sizeof text - 1), sizeof text - 1);
	ck_assert(sek_is_ok(sek_response_parse(text, sizeof text - 1, &response)));
	ck_assert_uint_eq(response.status, 200);
	ck_assert(sek_is_ok(sek_response_write(&response, true, out, sizeof out - 1, &n)));
	out[n] = 0;
	ck_assert_str_eq(out, "HTTP/1.1 200 \r\nContent-Type: text/html\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n"
		"Connection: close\r\n\r\n");
	ck_assert(sek_is_ok(sek_response_parse("HTTP/1.1 204\r\n\r\n", 16, &response)));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(sek_is(sek_response_parse(bad[i], strlen(bad[i]), &response), SEK_E_MALFORMED), "%s", bad[i]);
}
END_TEST

/* Feeds the text in pieces of every size; *ret_used is where the body ended. */
static bool feed(const char *text, bool chunked, size_t piece, size_t *ret_used)
{
	struct sek_body b;
	size_t at = 0, n = strlen(text);

	if (chunked)
		sek_body_init_chunked(&b);
	else
		sek_body_init_length(&b, 5);
	while (at < n && b.state != SEK_BODY_DONE) {
		size_t take = n - at < piece ? n - at : piece, used;

		if (!sek_is_ok(sek_body_feed(&b, text + at, take, &used)))
			return false;
		ck_assert_uint_le(used, take);
		at += used;
	}
	*ret_used = at;
	return b.state == SEK_BODY_DONE;
}

START_TEST(bodies)
{
	static const struct {
		const char *text;
		size_t end; /* 0: refused or not complete */
	} rows[] = {
		{ "0\r\n\r\nGET", 5 }, { "5\r\nhello\r\n0\r\n\r\nX", 15 }, { "A;x=y\r\n0123456789\r\n00\r\nT: v\r\n\r\nX", 31 },
		{ "5\r\nhello\r\n0\r\n", 0 }, { "5\r\nhelloX\n0\r\n\r\n", 0 }, { "\r\n\r\n", 0 }, { ";\r\n\r\n", 0 },
		{ "5\nhello\n0\n\n", 0 }, { "-1\r\n", 0 }, { "0x5\r\nhello", 0 }, { "5\rXhello", 0 },
		{ "11111111111111111\r\n", 0 }, { "5 \r\nhello\r\n0\r\n\r\n", 16 }, { "0\r\nA: b\n\r\n\r\n", 0 },
	};
	char line[6000];
	size_t used;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (size_t piece = 1; piece <= strlen(rows[i].text); piece++) {
			bool done = feed(rows[i].text, true, piece, &used);

			ck_assert_msg(done == (rows[i].end != 0), "row %zu piece %zu", i, piece);
			ck_assert(!done || used == rows[i].end);
		}
	}
	for (size_t piece = 1; piece < 9; piece++) {
		ck_assert(feed("helloGET", false, piece, &used));
		ck_assert_uint_eq(used, 5);
	}
	ck_assert(!feed("hell", false, 4, &used));
	memset(line, 'x', sizeof line);
	line[0] = '5';
	line[1] = ';';
	line[sizeof line - 1] = 0;
	ck_assert(!feed(line, true, 100, &used));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("egress head");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, plain_request);
	tcase_add_test(t, targets);
	tcase_add_test(t, requests_that_are_refused);
	tcase_add_test(t, limits);
	tcase_add_test(t, every_prefix);
	tcase_add_test(t, damaged);
	tcase_add_test(t, answers);
	tcase_add_test(t, bodies);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
