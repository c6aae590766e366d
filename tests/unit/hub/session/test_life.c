/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The life of sessions with children that do as the test says: every way to die has its state, one session's end is
 * nobody else's business, and nothing is left behind (bench_finish looks).
 */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/hub/session/harness.h"

/* --- a good life --- */

START_TEST(a_session_comes_up_and_ends)
{
	struct bench b;
	struct stream c;
	uint8_t last[64];
	size_t n;

	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	stream_up(&b, "taro", &c);
	ck_assert_uint_eq(c.states[0], SEK_STATE_CONNECTING);
	ck_assert_uint_eq(c.welcome.version, 1);
	ck_assert_uint_eq(c.welcome.max_width_px, BENCH_WIDTH);
	/* HELLO on the host link: ours, not the client's bytes */
	BENCH_UNTIL(&b, 2000, journal_count(bench_decoder_pid(&b), SEK_MSG_HELLO, last, &n) == 1);
	struct sek_hello hello;

	ck_assert(sek_is_ok(sek_hello_read(last, n, &hello)));
	ck_assert_uint_eq(hello.flags, SEK_HELLO_CREATE | SEK_HELLO_RULES);
	ck_assert_uint_eq(hello.max_width_px, BENCH_WIDTH);
	ck_assert_uint_eq(hello.max_height_px, BENCH_HEIGHT);
	ck_assert_uint_eq(hello.width_px, 1024);
	ck_assert_uint_eq(hello.lang, SEK_LANG_JA);
	STREAM_WRITE(&c, sek_empty_write, SEK_MSG_END);
	ck_assert(c.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_ENDED_USER);
	ck_assert_uint_eq(sek_sessions_count(b.all), 0);
	ck_assert(bench_saw(&b, "session.opened session.attached session.started "));
	ck_assert(bench_saw(&b, "session.running "));
	ck_assert(bench_saw(&b, "session.first-frame "));
	ck_assert(bench_saw(&b, "session.ended "));
	bench_finish(&b);
}
END_TEST

static void check_info(void *user, const struct sek_session_info *info)
{
	(*(int *)user)++;
	ck_assert_str_eq(info->user, "taro");
	ck_assert_str_eq(info->host, "render1.sekisho.internal");
	ck_assert_uint_eq(strlen(info->id), 32);
	ck_assert(info->attached);
	ck_assert_uint_eq(info->state, SEK_STATE_RUNNING);
	ck_assert_uint_gt(info->first_frame_ms, 0);
	ck_assert_uint_gt(info->bytes_down, 0);
	ck_assert_uint_gt(info->updates, 0);
	ck_assert_int_gt(info->decoder_pid, 0);
	ck_assert_int_gt(info->encoder_pid, 0);
	ck_assert_int_eq(kill(info->decoder_pid, 0), 0);
}

START_TEST(info_tells_what_is)
{
	struct bench b;
	struct stream c;
	int seen = 0;

	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	stream_up(&b, "taro", &c);
	sek_sessions_each(b.all, check_info, &seen);
	ck_assert_int_eq(seen, 1);
	ck_assert_uint_eq(c.bytes, ((struct sek_session *)c.session)->bytes_down);
	bench_finish(&b);
}
END_TEST

/* The broker may hold nothing of a live session that the decoder could talk through: writing ends of pipes, the encoder's
 * socket, and two descriptors for the next encoder, one read-only and neither mapped. */
START_TEST(the_broker_holds_only_what_is_documented)
{
	struct bench b;
	struct stream c;
	int pipes = 0, memfds = 0, eventfds = 0, sockets = 0;
	struct dirent *entry;
	char path[64], target[256], line[512];
	DIR *d;
	FILE *maps;

	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	d = opendir("/proc/self/fd");
	bool before[256] = { false };

	while ((entry = readdir(d)) != NULL)
		if (atoi(entry->d_name) != dirfd(d))
			before[atoi(entry->d_name) & 255] = true;
	closedir(d);
	stream_up(&b, "taro", &c);
	d = opendir("/proc/self/fd");
	before[dirfd(d) & 255] = true;
	while ((entry = readdir(d)) != NULL) {
		int fd = atoi(entry->d_name);
		ssize_t n;

		if (entry->d_name[0] == '.' || before[fd & 255])
			continue;
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		n = readlink(path, target, sizeof target - 1);
		ck_assert_int_gt(n, 0);
		target[n] = 0;
		ck_assert_msg(fcntl(fd, F_GETFD) & FD_CLOEXEC, "%s is not close-on-exec", target);
		if (strncmp(target, "pipe:", 5) == 0) {
			ck_assert_int_eq(fcntl(fd, F_GETFL) & O_ACCMODE, O_WRONLY);
			pipes++;
		} else if (strncmp(target, "/memfd:", 7) == 0) {
			ck_assert_int_eq(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
			memfds++;
		} else if (strcmp(target, "anon_inode:[eventfd]") == 0) {
			eventfds++;
		} else if (strncmp(target, "socket:", 7) == 0) {
			int domain = 0;
			socklen_t size = sizeof domain;

			ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size), 0);
			ck_assert_int_eq(domain, AF_UNIX); /* the encoder's, and the one-way one to the decoder; the host's is the decoder's alone */
			sockets++;
		} else {
			ck_assert_msg(strncmp(target, "anon_inode:[pidfd]", 18) == 0 || strncmp(target, "pidfd:", 6) == 0 ||
				strstr(target, "[eventpoll]") || strcmp(target, "/dev/null") == 0, /* libuv's reserve */ "unexpected descriptor: %s", target);
		}
	}
	closedir(d);
	ck_assert_int_eq(pipes, 1);
	ck_assert_int_eq(memfds, 1);
	ck_assert_int_le(eventfds, 2); /* the wake-up; libuv may make one of its own for the pool */
	ck_assert_int_eq(sockets, 2);
	maps = fopen("/proc/self/maps", "re");
	while (fgets(line, sizeof line, maps))
		ck_assert_msg(!strstr(line, "memfd:"), "the broker maps the gap: %s", line);
	fclose(maps);
	bench_finish(&b);
}
END_TEST

/* --- what the host says through the gap --- */

START_TEST(a_state_of_the_host_ends_the_session_with_it)
{
	static const enum sek_state states[] = { SEK_STATE_BROWSER_CLOSED, SEK_STATE_BROWSER_CRASHED, SEK_STATE_HOST_FULL,
		SEK_STATE_SESSION_GONE, SEK_STATE_HOST_STOPPING, SEK_STATE_HOST_CERTIFICATE };
	struct bench b;
	struct stream c;
	char order[32];

	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	stream_up(&b, "taro", &c);
	snprintf(order, sizeof order, "!state %d", (int)states[_i]);
	stream_text(&c, order);
	BENCH_UNTIL(&b, 5000, c.closed);
	ck_assert_uint_eq(stream_state(&c), states[_i]);
	bench_finish(&b);
}
END_TEST

START_TEST(ended_waits_for_the_reason)
{
	struct bench b;
	struct stream c;

	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	stream_up(&b, "taro", &c);
	c.queued = 2 * SEK_CLIENT_QUEUE_MAX_BYTES; /* even where the client is slow */
	stream_text(&c, "!state 100");
	stream_text(&c, "!exit 18");
	BENCH_UNTIL(&b, 5000, c.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_BROWSER_CLOSED);
	bench_finish(&b);
}
END_TEST

/* A state that only the broker may say: the gap clamps it, and the session ends as the host's fault. */
START_TEST(a_decoder_cannot_speak_for_the_broker)
{
	struct bench b;
	struct stream c;

	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	stream_up(&b, "taro", &c);
	stream_text(&c, "!state 33");
	BENCH_UNTIL(&b, 5000, c.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_HOST_PROTOCOL);
	bench_finish(&b);
}
END_TEST

/* --- lost and found --- */

START_TEST(a_lost_link_is_made_again)
{
	struct bench b;
	struct stream c;
	uint8_t last[64];
	size_t n;
	struct sek_hello hello;

	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	stream_up(&b, "taro", &c);
	STREAM_WRITE(&c, sek_resize_write, &(struct sek_resize){ 800, 600, 150 });
	for (int i = 0; i < SEK_RECONNECT_TRIES; i++) {
		int decoder = bench_decoder_pid(&b), encoder = bench_encoder_pid(&b);
		unsigned keyframes = c.keyframes;

		stream_text(&c, i == 1 ? "!state 68" : "!exit 16"); /* told by the gap, or by the exit */
		BENCH_UNTIL(&b, 5000, stream_state(&c) == SEK_STATE_RECONNECTING);
		BENCH_UNTIL(&b, 8000, stream_state(&c) == SEK_STATE_RUNNING && c.keyframes > keyframes);
		ck_assert_int_ne(bench_decoder_pid(&b), decoder);
		ck_assert_int_ne(bench_encoder_pid(&b), encoder); /* and with it a new gap */
		ck_assert_int_gt(bench_decoder_pid(&b), 0);
		ck_assert_uint_eq(journal_count(bench_decoder_pid(&b), SEK_MSG_HELLO, last, &n), 1);
		ck_assert(sek_is_ok(sek_hello_read(last, n, &hello)));
		ck_assert_uint_eq(hello.flags, SEK_HELLO_RULES); /* join, do not make */
		ck_assert_uint_eq(hello.width_px, 800);
		ck_assert_uint_eq(hello.scale_percent, 150);
		BENCH_UNTIL(&b, 2000, journal_count(bench_decoder_pid(&b), SEK_MSG_RELEASE, NULL, NULL) == 1);
	}
	ck_assert(bench_saw(&b, "session.reconnecting session.reconnected"));
	/* a link that never holds is given up */
	stream_text(&c, "!exit 16");
	BENCH_UNTIL(&b, 5000, c.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_HOST_LOST);
	bench_finish(&b);
}
END_TEST

START_TEST(a_link_that_held_earns_fresh_tries)
{
	struct bench b;
	struct stream c;

	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	b.all->times.stable_ms = 50;
	stream_up(&b, "taro", &c);
	for (int i = 0; i < SEK_RECONNECT_TRIES + 2; i++) {
		unsigned keyframes = c.keyframes;

		stream_text(&c, "!exit 16");
		BENCH_UNTIL(&b, 5000, stream_state(&c) == SEK_STATE_RECONNECTING);
		BENCH_UNTIL(&b, 8000, stream_state(&c) == SEK_STATE_RUNNING && c.keyframes > keyframes);
		bench_run_ms(&b, 80);
	}
	bench_finish(&b);
}
END_TEST

START_TEST(a_host_that_stays_away_is_lost)
{
	struct bench b;
	struct stream c;
	uint64_t start;

	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	stream_up(&b, "taro", &c);
	close(b.listener);
	start = uv_hrtime();
	stream_text(&c, "!exit 16");
	BENCH_UNTIL(&b, 12000, c.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_HOST_LOST);
	ck_assert(stream_saw(&c, SEK_STATE_RECONNECTING));
	ck_assert_uint_le((uv_hrtime() - start) / 1000000, 11000);
	bench_finish(&b);
}
END_TEST

START_TEST(a_silent_host_is_given_up)
{
	struct bench b;
	struct stream c;

	bench_init(&b, "decoder-quiet", "encoder");
	bench_start(&b);
	b.all->times.start_ms = 300;
	stream_attach(b.all, "taro", &c);
	stream_hello(&c);
	BENCH_UNTIL(&b, 3000, c.closed); /* pictures alone are no word of the host */
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_HOST_SILENT);
	bench_finish(&b);
}
END_TEST

START_TEST(a_decoder_that_does_not_read_ends_the_session)
{
	struct bench b;
	struct stream c;

	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	b.all->times.stall_ms = 300;
	stream_up(&b, "taro", &c);
	stream_text(&c, "!deaf");
	char text[2001];

	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = 0;
	for (int i = 0; i < 20; i++)
		stream_text(&c, text);
	for (uint16_t i = 0; i < 400; i++) /* positions do not pile up: one waits */
		STREAM_WRITE(&c, sek_pointer_write, &(struct sek_pointer){ i, i, 0 });
	ck_assert(!c.closed);
	BENCH_UNTIL(&b, 4000, c.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_HOST_SILENT);
	bench_finish(&b);
}
END_TEST

/* --- limits in time --- */

START_TEST(linger_ends_what_nobody_comes_back_to)
{
	struct bench b;
	struct stream c;

	bench_init(&b, "decoder", "encoder");
	b.config.linger_s = 1;
	bench_start(&b);
	stream_up(&b, "taro", &c);
	sek_session_detach(c.session, &c);
	ck_assert_uint_eq(sek_sessions_count(b.all), 1);
	BENCH_UNTIL(&b, 3000, sek_sessions_count(b.all) == 0);
	ck_assert_uint_eq(b.ended, SEK_STATE_ENDED_IDLE);
	/* one that was never attached, too, but not before its user had the time to come */
	uint8_t id[SEK_SESSION_ID_BYTES];
	bool resumed;

	ck_assert(sek_is_ok(sek_sessions_open(b.all, "jiro", id, &resumed)));
	ck_assert(!resumed);
	b.all->config.linger_s = 0;
	b.all->times.unclaimed_ms = 1500;
	ck_assert(sek_is_ok(sek_sessions_open(b.all, "saburo", id, &resumed)));
	bench_run_ms(&b, 300);
	ck_assert_uint_eq(sek_sessions_count(b.all), 2);
	BENCH_UNTIL(&b, 3000, sek_sessions_count(b.all) == 1);
	sek_sessions_end_user(b.all, "jiro", SEK_STATE_ENDED_ADMIN);
	bench_finish(&b);
}
END_TEST

START_TEST(idle_is_warned_of_and_taken_back)
{
	struct bench b;
	struct stream c;

	bench_init(&b, "decoder", "encoder");
	b.config.idle_s = 2;
	bench_start(&b);
	stream_up(&b, "taro", &c);
	BENCH_UNTIL(&b, 3000, stream_state(&c) == SEK_STATE_WARN_IDLE);
	ck_assert_uint_ge(c.args[c.n_states - 1], 1);
	ck_assert_uint_le(c.args[c.n_states - 1], 1);
	stream_key(&c, 30, true);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_RUNNING); /* taken back */
	BENCH_UNTIL(&b, 4000, c.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_ENDED_IDLE);
	bench_finish(&b);
}
END_TEST

START_TEST(the_maximum_is_the_maximum)
{
	struct bench b;
	struct stream c;
	uint64_t start = uv_hrtime();

	bench_init(&b, "decoder", "encoder");
	b.config.maximum_s = 2;
	bench_start(&b);
	stream_up(&b, "taro", &c);
	while (!c.closed) {
		stream_key(&c, 30, true);
		bench_run_ms(&b, 50);
		ck_assert_uint_lt((uv_hrtime() - start) / 1000000, 6000);
	}
	ck_assert(stream_saw(&c, SEK_STATE_WARN_MAXIMUM));
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_ENDED_MAXIMUM);
	bench_finish(&b);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hub.session.life");
	TCase *good = tcase_create("good"), *host = tcase_create("host"), *times = tcase_create("times");
	TCase *all[] = { good, host, times };
	SRunner *runner;
	int failed;

	tcase_add_test(good, a_session_comes_up_and_ends);
	tcase_add_test(good, info_tells_what_is);
	tcase_add_test(good, the_broker_holds_only_what_is_documented);
	tcase_add_loop_test(host, a_state_of_the_host_ends_the_session_with_it, 0, 6);
	tcase_add_test(host, ended_waits_for_the_reason);
	tcase_add_test(host, a_decoder_cannot_speak_for_the_broker);
	tcase_add_test(host, a_lost_link_is_made_again);
	tcase_add_test(host, a_link_that_held_earns_fresh_tries);
	tcase_add_test(host, a_host_that_stays_away_is_lost);
	tcase_add_test(host, a_silent_host_is_given_up);
	tcase_add_test(host, a_decoder_that_does_not_read_ends_the_session);
	tcase_add_test(times, linger_ends_what_nobody_comes_back_to);
	tcase_add_test(times, idle_is_warned_of_and_taken_back);
	tcase_add_test(times, the_maximum_is_the_maximum);
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		tcase_set_timeout(all[i], 60);
		suite_add_tcase(suite, all[i]);
	}
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
