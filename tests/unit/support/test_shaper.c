/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The slow line of the benches and of the line tests: it must be as slow as it says and never hold more than it says, or
 * what is measured on it is worth nothing.
 */
#include <check.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/shaper.h"

enum { MANY = 400000, SLACK = 65536 }; /* SLACK: a piece, and what the kernel's small sockets round up to */

static uv_loop_t loop;
static uv_timer_t ticker;
static uv_tcp_t server, served, caller;
static uv_connect_t call;
static uv_write_t writing;
static struct shaper *shaper;
static bool has_call, is_through;
static char out[MANY], in[65536];
static size_t got;
static bool wrong;

static void on_tick(uv_timer_t *t)
{
	(void)t;
}

#define UNTIL(cond) do \
	uv_run(&loop, UV_RUN_ONCE); \
	while (!(cond))

static char expected(size_t i)
{
	return (char)(i * 7 + i / 251);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	(void)handle;
	(void)suggested;
	*buf = uv_buf_init(in, sizeof in);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	if (n <= 0) {
		uv_read_stop(stream);
		return;
	}
	for (ssize_t i = 0; i < n; i++)
		wrong = wrong || buf->base[i] != expected(got++);
}

static void on_served(uv_stream_t *listener, int status)
{
	ck_assert_int_eq(status, 0);
	uv_tcp_init(&loop, &served);
	ck_assert_int_eq(uv_accept(listener, (uv_stream_t *)&served), 0);
	is_through = true;
}

static void on_called(uv_connect_t *c, int status)
{
	(void)c;
	ck_assert_int_eq(status, 0);
	has_call = true;
}

static void setup(void)
{
	struct sockaddr_in here;
	int size = sizeof here;
	uint16_t port;

	has_call = is_through = wrong = false;
	got = 0;
	for (size_t i = 0; i < MANY; i++)
		out[i] = expected(i);
	uv_loop_init(&loop);
	uv_timer_init(&loop, &ticker);
	uv_timer_start(&ticker, on_tick, 5, 5);
	uv_ip4_addr("127.0.0.1", 0, &here);
	uv_tcp_init(&loop, &server);
	ck_assert_int_eq(uv_tcp_bind(&server, (struct sockaddr *)&here, 0), 0);
	ck_assert_int_eq(uv_listen((uv_stream_t *)&server, 4, on_served), 0);
	ck_assert_int_eq(uv_tcp_getsockname(&server, (struct sockaddr *)&here, &size), 0);
	shaper = shaper_open(&loop, "127.0.0.1", "127.0.0.1", ntohs(here.sin_port), 1000000, &port);
	ck_assert_ptr_nonnull(shaper);
	uv_ip4_addr("127.0.0.1", port, &here);
	uv_tcp_init(&loop, &caller);
	ck_assert_int_eq(uv_tcp_connect(&call, &caller, (struct sockaddr *)&here, on_called), 0);
	UNTIL(has_call && is_through);
}

static void teardown(void)
{
	shaper_close(shaper);
	uv_close((uv_handle_t *)&server, NULL);
	uv_close((uv_handle_t *)&served, NULL);
	uv_close((uv_handle_t *)&caller, NULL);
	uv_close((uv_handle_t *)&ticker, NULL);
	while (uv_run(&loop, UV_RUN_DEFAULT))
		;
	ck_assert_int_eq(uv_loop_close(&loop), 0);
}

static void send_all(uv_tcp_t *from, uv_tcp_t *to, size_t n)
{
	uv_buf_t buf = uv_buf_init(out, (unsigned)n);

	ck_assert_int_eq(uv_read_start((uv_stream_t *)to, on_alloc, on_read), 0);
	ck_assert_int_eq(uv_write(&writing, (uv_stream_t *)from, &buf, 1, NULL), 0);
}

START_TEST(everything_passes_in_order_both_ways)
{
	shaper_line(shaper, SHAPER_DOWN)->bytes_per_s = 4000000;
	send_all(&caller, &served, 100000);
	UNTIL(got == 100000);
	uv_read_stop((uv_stream_t *)&served);
	got = 0;
	send_all(&served, &caller, MANY);
	UNTIL(got == MANY);
	ck_assert(!wrong);
	ck_assert_uint_eq(shaper_line(shaper, SHAPER_UP)->passed, 100000);
	ck_assert_uint_eq(shaper_line(shaper, SHAPER_DOWN)->passed, MANY);
}
END_TEST

/* Both are least times: a slow machine only makes them longer. */
START_TEST(it_is_as_slow_as_it_says)
{
	uint64_t start = uv_hrtime();

	send_all(&served, &caller, 200000);
	UNTIL(got == 200000);
	ck_assert_uint_ge((uv_hrtime() - start) / 1000000, 200 - 10);
	shaper_line(shaper, SHAPER_UP)->delay_us = 80000;
	uv_read_stop((uv_stream_t *)&caller);
	got = 0;
	start = uv_hrtime();
	send_all(&caller, &served, 1);
	UNTIL(got == 1);
	ck_assert_uint_ge((uv_hrtime() - start) / 1000000, 80);
}
END_TEST

START_TEST(the_queue_is_bounded)
{
	struct shaper_line *line = shaper_line(shaper, SHAPER_DOWN);

	line->bytes_per_s = 0;
	line->queue_bytes = 20000;
	send_all(&served, &caller, MANY);
	UNTIL(line->waiting >= 20000);
	for (int i = 0; i < 50; i++)
		uv_run(&loop, UV_RUN_ONCE);
	ck_assert_uint_eq(got, 0);
	ck_assert_uint_le(line->most, 20000 + SLACK);
	line->bytes_per_s = 10000000; /* while it is full */
	UNTIL(got == MANY);
	ck_assert(!wrong);
	ck_assert_uint_le(line->most, 20000 + SLACK);
	UNTIL(line->waiting == 0);
}
END_TEST

START_TEST(an_end_passes_after_what_was_sent)
{
	uv_shutdown_t shutdown;

	send_all(&caller, &served, 50000);
	ck_assert_int_eq(uv_shutdown(&shutdown, (uv_stream_t *)&caller, NULL), 0);
	UNTIL(!uv_is_active((uv_handle_t *)&served));
	ck_assert_uint_eq(got, 50000);
	ck_assert(!wrong);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("support: shaper");
	TCase *tc = tcase_create("shaper");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, everything_passes_in_order_both_ways);
	tcase_add_test(tc, it_is_as_slow_as_it_says);
	tcase_add_test(tc, the_queue_is_bounded);
	tcase_add_test(tc, an_end_passes_after_what_was_sent);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
