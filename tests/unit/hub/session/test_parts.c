/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The parts of the session manager that stand alone: buckets, the input queue, frames in flight, child processes.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/hub/session/internal.h"

/* --- buckets --- */

START_TEST(bucket_gives_its_burst_and_then_its_rate)
{
	struct sek_bucket b;

	sek_bucket_init(&b, 10, 5, 1000);
	for (int i = 0; i < 5; i++)
		ck_assert(sek_bucket_take(&b, 1, 1000));
	ck_assert(!sek_bucket_take(&b, 1, 1000));
	ck_assert_uint_eq(sek_bucket_wait_ms(&b, 1, 1000), 100);
	ck_assert(!sek_bucket_take(&b, 1, 1099));
	ck_assert_uint_eq(sek_bucket_wait_ms(&b, 1, 1099), 1);
	ck_assert(sek_bucket_take(&b, 1, 1100));
	ck_assert(!sek_bucket_take(&b, 1, 1100));
	ck_assert(sek_bucket_take(&b, 5, 1600));
	ck_assert(!sek_bucket_take(&b, 6, UINT64_MAX)); /* never more than the burst */
}
END_TEST

START_TEST(bucket_survives_every_clock)
{
	struct sek_bucket b;

	sek_bucket_init(&b, UINT32_MAX, UINT32_MAX, 5000);
	ck_assert(sek_bucket_take(&b, UINT32_MAX, 5000));
	ck_assert(!sek_bucket_take(&b, 1, 4000)); /* a clock that steps back gives nothing */
	ck_assert(!sek_bucket_take(&b, 1, 5000));
	ck_assert(sek_bucket_take(&b, UINT32_MAX, UINT64_MAX));
	sek_bucket_init(&b, 1, 1, 0);
	ck_assert(sek_bucket_take(&b, 1, 0));
	for (uint64_t t = 1; t < 1000; t += 37) /* many small steps lose nothing and gain nothing */
		ck_assert(!sek_bucket_take(&b, 1, t));
	ck_assert(sek_bucket_take(&b, 1, 1000));
}
END_TEST

START_TEST(ten_thousand_committed_characters_pass_at_once)
{
	struct sek_rates r;

	sek_rates_init(&r, 7);
	for (int i = 0; i < 10000; i++) {
		ck_assert(sek_rates_take(&r, SEK_RATE_ALL, 1, 7));
		ck_assert(sek_rates_take(&r, SEK_RATE_TEXT, 1, 7));
		ck_assert(sek_rates_take(&r, SEK_RATE_TEXT_BYTES, 3, 7));
	}
	/* ten kilobytes a second of made-up typing does not go on for long */
	int keys = 0;

	sek_rates_init(&r, 7);
	for (uint64_t ms = 0; ms < 10000; ms++)
		for (int i = 0; i < 10; i++)
			keys += sek_rates_take(&r, SEK_RATE_KEY, 1, 7 + ms);
	ck_assert_int_lt(keys, 3100);
}
END_TEST

/* --- frames in flight --- */

START_TEST(an_ack_must_name_a_frame_in_flight)
{
	struct sek_flight f = { 0 };
	uint32_t epoch = 0;

	ck_assert(!sek_flight_ack(&f, 0, &epoch));
	for (uint32_t i = 0; i < 200; i++) {
		sek_flight_push(&f, UINT32_MAX - 100 + i, 1); /* over the wrap */
		if (i % 3 == 2)
			ck_assert(sek_flight_ack(&f, UINT32_MAX - 100 + i, &epoch)); /* it takes those before it too */
		ck_assert_uint_lt(f.n, 4);
	}
	f.n = 0;
	for (uint32_t i = 0; i < SEK_FRAMES_IN_FLIGHT_MAX; i++)
		sek_flight_push(&f, i < 32 ? 100 + i : 90 + i, i < 32 ? 1 : 2);
	ck_assert(!sek_flight_ack(&f, 99, &epoch));
	ck_assert(!sek_flight_ack(&f, 200, &epoch));
	ck_assert(sek_flight_ack(&f, 125, &epoch)); /* two encoders used that number: the older frame is meant */
	ck_assert_uint_eq(epoch, 1);
	ck_assert(sek_flight_ack(&f, 125, &epoch));
	ck_assert_uint_eq(epoch, 2);
	ck_assert(!sek_flight_ack(&f, 125, &epoch)); /* once */
	ck_assert(sek_flight_ack(&f, 153, &epoch));
	ck_assert_uint_eq(f.n, 0);
}
END_TEST

/* --- the input queue --- */

struct pipe_bench {
	uv_loop_t loop;
	struct sek_input *in;
	int fds[2];
	bool closed;
};

static void on_input_closed(void *user)
{
	((struct pipe_bench *)user)->closed = true;
}

static void pipe_open(struct pipe_bench *b)
{
	*b = (struct pipe_bench){ .fds = { -1, -1 } };
	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(uv_loop_init(&b->loop), 0);
	ck_assert_int_eq(pipe2(b->fds, O_CLOEXEC), 0);
	ck_assert_int_eq(fcntl(b->fds[1], F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(fcntl(b->fds[0], F_SETFL, O_NONBLOCK), 0);
	b->in = sek_input_create(&b->loop, on_input_closed, b);
	ck_assert_ptr_nonnull(b->in);
}

static void pipe_close(struct pipe_bench *b)
{
	uv_run(&b->loop, UV_RUN_DEFAULT);
	ck_assert(b->closed);
	ck_assert_int_eq(uv_loop_close(&b->loop), 0);
	if (b->fds[0] >= 0)
		close(b->fds[0]);
	ck_assert_int_eq(fcntl(b->fds[1], F_GETFD), -1); /* our end is closed too */
}

static void put(struct pipe_bench *b, enum sek_input_kind kind, char c, size_t n)
{
	uint8_t bytes[4200];

	memset(bytes, c, sizeof bytes);
	ck_assert(sek_is_ok(sek_input_put(b->in, kind, bytes, n)));
}

START_TEST(positions_are_coalesced_and_keys_are_not)
{
	struct pipe_bench b;
	char got[64];

	pipe_open(&b);
	put(&b, SEK_INPUT_KEEP, 'k', 4);
	put(&b, SEK_INPUT_KEEP, 'K', 4);
	put(&b, SEK_INPUT_MOVE, '1', 4);
	put(&b, SEK_INPUT_MOVE, '2', 4);
	put(&b, SEK_INPUT_KEEP, 'b', 4);
	put(&b, SEK_INPUT_MOVE, '3', 4);
	put(&b, SEK_INPUT_RESIZE, 'r', 4);
	put(&b, SEK_INPUT_RESIZE, 'R', 4);
	put(&b, SEK_INPUT_MOVE, '4', 4);
	ck_assert_uint_eq(sek_input_queued(b.in), 7 * 4);
	ck_assert_uint_eq(sek_input_stalled_ms(b.in), 0); /* there is no pipe that could be stuck */
	ck_assert(sek_is_ok(sek_input_open(b.in, b.fds[1])));
	ck_assert_uint_eq(sek_input_queued(b.in), 0);
	put(&b, SEK_INPUT_MOVE, '5', 4); /* the one before has gone: nothing to replace */
	ck_assert_int_eq(read(b.fds[0], got, sizeof got), 8 * 4);
	ck_assert_mem_eq(got, "kkkkKKKK2222bbbb3333RRRR44445555", 32);
	sek_input_finish(b.in, false);
	pipe_close(&b);
}
END_TEST

START_TEST(the_queue_is_bounded_and_whole)
{
	struct pipe_bench b;
	uint8_t frame[1024] = { 0 };
	uint32_t put_n = 0, got_n = 0;
	sek_status s;
	ssize_t k;

	pipe_open(&b);
	ck_assert(sek_is_ok(sek_input_open(b.in, b.fds[1])));
	for (;;) {
		memcpy(frame, &put_n, sizeof put_n);
		s = sek_input_put(b.in, SEK_INPUT_KEEP, frame, sizeof frame);
		if (!sek_is_ok(s))
			break;
		put_n++;
	}
	ck_assert(sek_is(s, SEK_E_LIMIT));
	ck_assert_uint_le(sek_input_queued(b.in), SEK_INPUT_QUEUE_MAX_BYTES);
	ck_assert_uint_gt(sek_input_queued(b.in), SEK_INPUT_QUEUE_MAX_BYTES - 1024);
	usleep(20000);
	uv_update_time(&b.loop);
	ck_assert_uint_ge(sek_input_stalled_ms(b.in), 20);
	/* a position at the end may still be replaced, what is half written may not */
	sek_input_finish(b.in, false);
	for (;;) {
		uint32_t number;

		k = read(b.fds[0], frame, sizeof frame);
		if (k == 0)
			break;
		if (k < 0) {
			ck_assert_int_eq(errno, EAGAIN);
			uv_run(&b.loop, UV_RUN_ONCE);
			continue;
		}
		while (k < (ssize_t)sizeof frame) { /* the pipe's end may cut a frame */
			ssize_t more = read(b.fds[0], frame + k, sizeof frame - (size_t)k);

			if (more > 0)
				k += more;
			else
				uv_run(&b.loop, UV_RUN_ONCE);
		}
		memcpy(&number, frame, sizeof number);
		ck_assert_uint_eq(number, got_n);
		got_n++;
	}
	ck_assert_uint_eq(got_n, put_n); /* nothing that was accepted is lost */
	pipe_close(&b);
}
END_TEST

START_TEST(a_reader_that_is_gone_costs_nothing)
{
	struct pipe_bench b;

	pipe_open(&b);
	ck_assert(sek_is_ok(sek_input_open(b.in, b.fds[1])));
	for (int i = 0; i < 50; i++)
		put(&b, SEK_INPUT_KEEP, 'x', 4104);
	close(b.fds[0]);
	b.fds[0] = -1;
	for (int i = 0; i < 10; i++)
		uv_run(&b.loop, UV_RUN_NOWAIT);
	ck_assert(sek_is(sek_input_put(b.in, SEK_INPUT_KEEP, (const uint8_t *)"y", 1), SEK_E_CLOSED));
	ck_assert_uint_eq(sek_input_queued(b.in), 0);
	sek_input_finish(b.in, false);
	pipe_close(&b);
}
END_TEST

START_TEST(a_finished_queue_dies_with_its_stuck_reader)
{
	struct pipe_bench b;

	pipe_open(&b);
	ck_assert(sek_is_ok(sek_input_open(b.in, b.fds[1])));
	for (int i = 0; i < 60; i++)
		put(&b, SEK_INPUT_KEEP, 'x', 4104);
	sek_input_finish(b.in, false);
	for (int i = 0; i < 10; i++)
		uv_run(&b.loop, UV_RUN_NOWAIT);
	ck_assert(!b.closed);
	close(b.fds[0]); /* the decoder was killed */
	b.fds[0] = -1;
	pipe_close(&b);
}
END_TEST

START_TEST(last_words_are_held_until_the_reader_has_gone)
{
	struct pipe_bench b;
	char got[8];

	pipe_open(&b);
	ck_assert(sek_is_ok(sek_input_open(b.in, b.fds[1])));
	put(&b, SEK_INPUT_KEEP, 'e', 4);
	sek_input_finish(b.in, true);
	ck_assert_int_eq(read(b.fds[0], got, sizeof got), 4);
	for (int i = 0; i < 10; i++)
		uv_run(&b.loop, UV_RUN_NOWAIT);
	ck_assert(!b.closed);
	ck_assert_int_eq(read(b.fds[0], got, sizeof got), -1); /* still open: nothing to read, but no end either */
	close(b.fds[0]);
	b.fds[0] = -1;
	pipe_close(&b);
	/* and where something still waits when the reader goes */
	pipe_open(&b);
	ck_assert(sek_is_ok(sek_input_open(b.in, b.fds[1])));
	for (int i = 0; i < 50; i++)
		put(&b, SEK_INPUT_KEEP, 'x', 4104);
	sek_input_finish(b.in, true);
	close(b.fds[0]);
	b.fds[0] = -1;
	pipe_close(&b);
	/* or where there never was one */
	pipe_open(&b);
	sek_input_finish(b.in, true);
	ck_assert(b.closed);
	close(b.fds[1]);
	pipe_close(&b);
}
END_TEST

START_TEST(a_queue_that_never_got_a_pipe_can_go)
{
	struct pipe_bench b;

	pipe_open(&b);
	put(&b, SEK_INPUT_KEEP, 'x', 100);
	sek_input_finish(b.in, false);
	ck_assert(b.closed);
	close(b.fds[1]);
	pipe_close(&b);
	sek_input_finish(NULL, true);
}
END_TEST

/* --- children --- */

struct child_bench {
	uv_loop_t loop;
	struct sek_children all;
	int exits, gone, code, signal_number;
};

static void on_exit_of(void *user, int code, int signal_number)
{
	struct child_bench *b = user;

	b->exits++;
	b->code = code;
	b->signal_number = signal_number;
}

static void on_gone(void *user)
{
	((struct child_bench *)user)->gone++;
}

static struct sek_child *spawn(struct child_bench *b, const char *script)
{
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	const int fds[] = { -1, -1, -1 };
	struct sek_child_spec spec = { "/bin/sh", argv, fds, 3 };
	struct sek_child *c = NULL;

	*b = (struct child_bench){ 0 };
	ck_assert_int_eq(uv_loop_init(&b->loop), 0);
	b->all = (struct sek_children){ .loop = &b->loop, .gone = on_gone, .user = b };
	ck_assert(sek_is_ok(sek_child_spawn(&b->all, &spec, on_exit_of, b, &c)));
	ck_assert_int_gt(sek_child_pid(c), 0);
	return c;
}

static void child_close(struct child_bench *b)
{
	uv_run(&b->loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(b->gone, 1);
	ck_assert_uint_eq(b->all.n, 0);
	ck_assert_int_eq(uv_loop_close(&b->loop), 0);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}

START_TEST(an_exit_is_told_with_its_code)
{
	struct child_bench b;

	spawn(&b, "exit 13");
	child_close(&b);
	ck_assert_int_eq(b.exits, 1);
	ck_assert_int_eq(b.code, 13);
	ck_assert_int_eq(b.signal_number, 0);
}
END_TEST

START_TEST(a_signal_is_told_as_a_signal)
{
	struct child_bench b;

	spawn(&b, "kill -SYS $$");
	child_close(&b);
	ck_assert_int_eq(b.exits, 1);
	ck_assert_int_eq(b.signal_number, SIGSYS);
}
END_TEST

START_TEST(a_child_that_stays_is_killed_in_two_seconds)
{
	struct child_bench b;
	struct sek_child *c = spawn(&b, "trap '' TERM INT HUP; exec 0<&-; while :; do sleep 1; done");
	uint64_t start = uv_hrtime();

	sek_child_leave(c);
	sek_child_leave(c);
	child_close(&b);
	ck_assert_int_eq(b.exits, 0); /* nobody waited for it */
	ck_assert_uint_ge((uv_hrtime() - start) / 1000000, SEK_CHILD_GRACE_MS - 100);
	ck_assert_uint_lt((uv_hrtime() - start) / 1000000, SEK_CHILD_GRACE_MS + 3000);
	sek_child_leave(NULL);
}
END_TEST

START_TEST(abandoned_children_are_dead)
{
	struct child_bench b;

	spawn(&b, "while :; do sleep 1; done");
	sek_children_abandon(&b.all);
	uv_run(&b.loop, UV_RUN_DEFAULT);
	ck_assert_uint_eq(b.all.n, 0);
	ck_assert_int_eq(uv_loop_close(&b.loop), 0);
	ck_assert_int_gt(waitpid(-1, NULL, 0) > 0 || errno == ECHILD, 0);
}
END_TEST

START_TEST(what_cannot_be_started_is_a_status)
{
	struct child_bench b = { 0 };
	const char *const argv[] = { "/nonexistent/sekisho-decoder", NULL };
	const int fds[] = { -1, -1, -1 }, bad[] = { -1, -1, 4000 };
	struct sek_child_spec spec = { argv[0], argv, fds, 3 };
	struct sek_child *c = NULL;

	ck_assert_int_eq(uv_loop_init(&b.loop), 0);
	b.all = (struct sek_children){ .loop = &b.loop };
	sek_status s = sek_child_spawn(&b.all, &spec, on_exit_of, &b, &c);

	ck_assert(sek_is(s, SEK_E_IO));
	ck_assert_int_eq(s.detail, ENOENT);
	spec.path = "/bin/true";
	spec.fds = bad;
	s = sek_child_spawn(&b.all, &spec, on_exit_of, &b, &c);
	ck_assert(sek_is(s, SEK_E_IO));
	ck_assert_int_eq(s.detail, EBADF);
	ck_assert_ptr_null(c);
	ck_assert_uint_eq(b.all.n, 0);
	ck_assert_int_eq(sek_child_pid(NULL), 0);
	ck_assert_int_eq(uv_loop_close(&b.loop), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hub.session.parts");
	TCase *rates = tcase_create("rates"), *input = tcase_create("input"), *children = tcase_create("children");
	SRunner *runner;
	int failed;

	tcase_add_test(rates, bucket_gives_its_burst_and_then_its_rate);
	tcase_add_test(rates, bucket_survives_every_clock);
	tcase_add_test(rates, ten_thousand_committed_characters_pass_at_once);
	tcase_add_test(rates, an_ack_must_name_a_frame_in_flight);
	tcase_add_test(input, positions_are_coalesced_and_keys_are_not);
	tcase_add_test(input, the_queue_is_bounded_and_whole);
	tcase_add_test(input, a_reader_that_is_gone_costs_nothing);
	tcase_add_test(input, a_finished_queue_dies_with_its_stuck_reader);
	tcase_add_test(input, last_words_are_held_until_the_reader_has_gone);
	tcase_add_test(input, a_queue_that_never_got_a_pipe_can_go);
	tcase_add_test(children, an_exit_is_told_with_its_code);
	tcase_add_test(children, a_signal_is_told_as_a_signal);
	tcase_add_test(children, a_child_that_stays_is_killed_in_two_seconds);
	tcase_add_test(children, abandoned_children_are_dead);
	tcase_add_test(children, what_cannot_be_started_is_a_status);
	tcase_set_timeout(input, 20);
	tcase_set_timeout(children, 20);
	suite_add_tcase(suite, rates);
	suite_add_tcase(suite, input);
	suite_add_tcase(suite, children);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
