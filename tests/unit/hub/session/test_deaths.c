/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every way in which the children, the files and the host of a session can fail has its state, is nobody else's
 * business, and leaves nothing behind (bench_finish looks).
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/gap/children.h"
#include "tests/unit/hub/session/harness.h"

/* --- ways to die --- */

static const struct {
	int code, signal_number;
	enum sek_state state;
} decoder_deaths[] = {
	{ SEK_EXIT_OK, 0, SEK_STATE_DECODER_DIED },
	{ 1, 0, SEK_STATE_DECODER_DIED },
	{ SEK_EXIT_USAGE, 0, SEK_STATE_INTERNAL },
	{ SEK_EXIT_JAIL, 0, SEK_STATE_JAIL_FAILED },
	{ SEK_EXIT_CONNECT, 0, SEK_STATE_HOST_UNREACHABLE },
	{ SEK_EXIT_CERTIFICATE, 0, SEK_STATE_HOST_CERTIFICATE },
	{ SEK_EXIT_REFUSED, 0, SEK_STATE_HOST_REFUSED },
	{ SEK_EXIT_PROTOCOL, 0, SEK_STATE_HOST_PROTOCOL },
	{ SEK_EXIT_LOST, 0, SEK_STATE_HOST_LOST },
	{ SEK_EXIT_SILENT, 0, SEK_STATE_HOST_SILENT },
	{ SEK_EXIT_ENDED, 0, SEK_STATE_HOST_LOST }, /* and the gap says nothing */
	{ SEK_EXIT_INTERNAL, 0, SEK_STATE_INTERNAL },
	{ 255, 0, SEK_STATE_DECODER_DIED },
	{ 0, SIGSYS, SEK_STATE_JAIL_VIOLATION },
	{ 0, SIGSEGV, SEK_STATE_DECODER_DIED },
	{ 0, SIGKILL, SEK_STATE_DECODER_DIED },
};

START_TEST(a_decoder_that_dies_at_once_has_its_state)
{
	struct bench b;
	struct stream c;
	char name[64];

	snprintf(name, sizeof name, decoder_deaths[_i].signal_number ? "decoder-signal-%d" : "decoder-exit-%d",
		decoder_deaths[_i].signal_number ? decoder_deaths[_i].signal_number : decoder_deaths[_i].code);
	bench_init(&b, name, "encoder");
	bench_start(&b);
	stream_attach(b.all, "taro", &c);
	stream_hello(&c);
	BENCH_UNTIL(&b, 8000, c.closed);
	ck_assert_str_eq(sek_state_name(stream_state(&c)), sek_state_name(decoder_deaths[_i].state));
	ck_assert_uint_eq(b.ended, decoder_deaths[_i].state);
	ck_assert_uint_eq(sek_sessions_count(b.all), 0);
	bench_finish(&b);
}
END_TEST

START_TEST(a_decoder_that_dies_later_has_its_state)
{
	struct bench b;
	struct stream c, other;
	char order[64];

	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	stream_up(&b, "taro", &c);
	stream_up(&b, "hanako", &other);
	close(b.listener); /* where it is not the end, there is no way back */
	if (decoder_deaths[_i].signal_number)
		snprintf(order, sizeof order, "!signal %d", decoder_deaths[_i].signal_number);
	else
		snprintf(order, sizeof order, "!exit %d", decoder_deaths[_i].code);
	stream_text(&c, order);
	BENCH_UNTIL(&b, 12000, c.closed);
	ck_assert_str_eq(sek_state_name(stream_state(&c)), sek_state_name(decoder_deaths[_i].state));
	/* the other one saw nothing and goes on */
	unsigned ends = other.ends;

	stream_text(&other, "!frame");
	BENCH_UNTIL(&b, 3000, other.ends > ends);
	ck_assert(!other.closed);
	ck_assert_uint_eq(sek_sessions_count(b.all), 1);
	bench_finish(&b);
}
END_TEST

static const struct {
	const char *order;
	bool respawns;
	enum sek_state state;
} encoder_deaths[] = {
	{ "!encoder exit 0", true, SEK_STATE_ENCODER_DIED },
	{ "!encoder exit 19", true, SEK_STATE_ENCODER_DIED },
	{ "!encoder exit 11", false, SEK_STATE_JAIL_FAILED },
	{ "!encoder exit 10", false, SEK_STATE_INTERNAL },
	{ "!encoder signal 11", true, SEK_STATE_ENCODER_DIED },
	{ "!encoder signal 31", true, SEK_STATE_ENCODER_DIED },
	{ "!encoder garbage", true, SEK_STATE_ENCODER_DIED },
	{ "!encoder upward", true, SEK_STATE_ENCODER_DIED },
	{ "!encoder state 33", true, SEK_STATE_ENCODER_DIED },  /* only the broker may say it */
	{ "!encoder size 1281", true, SEK_STATE_ENCODER_DIED }, /* beyond the maximum */
	{ "!encoder close", true, SEK_STATE_ENCODER_DIED },     /* and it stays: killed */
};

START_TEST(an_encoder_that_fails_is_replaced_twice)
{
	struct bench b;
	struct stream c, other;
	unsigned lives = encoder_deaths[_i].respawns ? SEK_ENCODER_RESPAWNS : 0;

	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	stream_up(&b, "taro", &c);
	stream_up(&b, "hanako", &other);
	for (unsigned i = 0; i < lives; i++) {
		int pid = bench_encoder_pid(&b); /* of the oldest session */

		stream_text(&c, encoder_deaths[_i].order);
		BENCH_UNTIL(&b, 8000, bench_encoder_pid(&b) != pid && bench_encoder_pid(&b) > 0);
		unsigned keyframes = c.keyframes;

		BENCH_UNTIL(&b, 8000, c.keyframes > keyframes);
		ck_assert(!c.closed);
	}
	stream_text(&c, encoder_deaths[_i].order);
	BENCH_UNTIL(&b, 8000, c.closed);
	ck_assert_str_eq(sek_state_name(stream_state(&c)), sek_state_name(encoder_deaths[_i].state));
	ck_assert(!other.closed);
	bench_finish(&b);
}
END_TEST

START_TEST(no_jail_no_session)
{
	struct bench b;
	struct stream c;

	bench_init(&b, "decoder", "encoder-exit-11");
	bench_start(&b);
	stream_attach(b.all, "taro", &c);
	stream_hello(&c);
	BENCH_UNTIL(&b, 8000, c.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_JAIL_FAILED);
	bench_finish(&b);
}
END_TEST

static const struct {
	const char *what;
	enum sek_state state;
} broken[] = {
	{ "decoder", SEK_STATE_INTERNAL },
	{ "encoder", SEK_STATE_INTERNAL },
	{ "ca", SEK_STATE_INTERNAL },
	{ "crl", SEK_STATE_INTERNAL },
	{ "garbled-crl", SEK_STATE_INTERNAL },
	{ "intermediate", SEK_STATE_INTERNAL },
	{ "intermediate-key", SEK_STATE_INTERNAL },
	{ "listener", SEK_STATE_HOST_UNREACHABLE },
};

START_TEST(what_is_missing_ends_in_no_session)
{
	struct bench b;
	struct stream c;
	const char *what = broken[_i].what;

	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	/* after the start: a broker that lost its files must not limp on */
	if (strcmp(what, "decoder") == 0)
		unlink(b.decoder);
	else if (strcmp(what, "encoder") == 0)
		unlink(b.encoder);
	else if (strcmp(what, "ca") == 0)
		unlink(b.ca);
	else if (strcmp(what, "crl") == 0)
		unlink(b.crl);
	else if (strcmp(what, "garbled-crl") == 0)
		ck_assert_int_eq(truncate(b.crl, 100), 0);
	else if (strcmp(what, "intermediate") == 0)
		unlink(b.intermediate);
	else if (strcmp(what, "intermediate-key") == 0)
		unlink(b.intermediate_key);
	else if (strcmp(what, "listener") == 0)
		close(b.listener);
	stream_attach(b.all, "taro", &c);
	stream_hello(&c);
	BENCH_UNTIL(&b, 8000, c.closed);
	ck_assert_str_eq(sek_state_name(stream_state(&c)), sek_state_name(broken[_i].state));
	bench_finish(&b);
}
END_TEST

START_TEST(a_host_that_does_not_accept_is_unreachable)
{
	struct bench b;
	struct stream c;
	struct sek_render_host hole;
	uint64_t start = uv_hrtime();

	bench_init(&b, "decoder", "encoder");
	/* a listener whose queue is full answers nothing at all */
	ck_assert_int_eq(listen(b.listener, 0), 0);
	int fill[3];

	for (int i = 0; i < 3; i++) {
		struct sockaddr_storage a;
		socklen_t size = sizeof a;

		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		getsockname(b.listener, (struct sockaddr *)&a, &size);
		(void)connect(fill[i], (struct sockaddr *)&a, size);
	}
	hole = b.host;
	b.config.hosts = &hole;
	bench_start(&b);
	stream_attach(b.all, "taro", &c);
	stream_hello(&c);
	BENCH_UNTIL(&b, 9000, c.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_HOST_UNREACHABLE);
	ck_assert_uint_ge((uv_hrtime() - start) / 1000000, 4500);
	for (int i = 0; i < 3; i++)
		close(fill[i]);
	bench_finish(&b);
}
END_TEST

START_TEST(a_broker_without_an_issuer_does_not_start)
{
	struct bench b;

	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	struct sek_sessions *second = NULL;

	unlink(b.intermediate_key);
	ck_assert(!sek_is_ok(sek_sessions_create(&b.loop, &b.config, &second)));
	ck_assert_ptr_null(second);
	b.config.n_hosts = 0;
	ck_assert(sek_is(sek_sessions_create(&b.loop, &b.config, &second), SEK_E_CONFIG));
	b.config.n_hosts = 1;
	b.config.max_width_px = 10;
	ck_assert(!sek_is_ok(sek_sessions_create(&b.loop, &b.config, &second)));
	bench_finish(&b);
}
END_TEST

/* --- stopping --- */

START_TEST(a_stop_tells_everybody)
{
	struct bench b;
	struct stream c[3];

	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	stream_up(&b, "a", &c[0]);
	stream_up(&b, "b", &c[1]);
	stream_attach(b.all, "c", &c[2]); /* has not said HELLO */
	bench_finish(&b);
	for (int i = 0; i < 3; i++) {
		ck_assert(c[i].closed);
		ck_assert_uint_eq(stream_state(&c[i]), SEK_STATE_BROKER_STOPPING);
	}
}
END_TEST

START_TEST(a_stop_does_not_wait_for_the_deaf)
{
	struct bench b;
	struct stream c[4];
	uint64_t start;

	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	stream_up(&b, "a", &c[0]);
	stream_text(&c[0], "!deaf");
	stream_up(&b, "b", &c[1]);
	stream_text(&c[1], "!encoder close");
	stream_attach(b.all, "c", &c[2]);
	stream_hello(&c[2]); /* in the middle of its start */
	start = uv_hrtime();
	bench_finish(&b);
	ck_assert_uint_lt((uv_hrtime() - start) / 1000000, 4500);
}
END_TEST

START_TEST(ending_a_user_ends_only_that_user)
{
	struct bench b;
	struct stream c[2];

	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	stream_up(&b, "a", &c[0]);
	stream_up(&b, "b", &c[1]);
	ck_assert_uint_eq(sek_sessions_end_user(b.all, "a", SEK_STATE_ENDED_LOGIN), 1);
	ck_assert_uint_eq(sek_sessions_end_user(b.all, "a", SEK_STATE_ENDED_LOGIN), 0);
	ck_assert_uint_eq(stream_state(&c[0]), SEK_STATE_ENDED_LOGIN);
	ck_assert(c[0].closed && !c[1].closed);
	bench_finish(&b);
}
END_TEST

START_TEST(an_ended_session_tells_its_host)
{
	const struct child_journal *j;
	struct bench b;
	struct stream c;

	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	stream_up(&b, "a", &c);
	j = journal_open(bench_decoder_pid(&b));
	ck_assert_ptr_nonnull(j);
	sek_sessions_end_user(b.all, "a", SEK_STATE_ENDED_ADMIN);
	BENCH_UNTIL(&b, 3000, journal_find(j, SEK_MSG_END, NULL, NULL) == 1);
	journal_close(j);
	bench_finish(&b);
}
END_TEST

/* Whoever ends without a decoder is ended at the host all the same: nobody is left there for the linger time. */
START_TEST(the_host_learns_of_an_end_without_a_decoder)
{
	const struct child_journal *j;
	struct sek_hello hello;
	struct bench b;
	struct stream c;
	uint8_t last[64];
	size_t n;

	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	stream_up(&b, "a", &c);
	stream_text(&c, "!signal 31");
	BENCH_UNTIL(&b, 5000, c.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_JAIL_VIOLATION);
	ck_assert_uint_eq(sek_sessions_count(b.all), 0); /* it is nobody's */
	BENCH_UNTIL(&b, 5000, b.all->first && b.all->first->link && sek_link_pid(b.all->first->link) > 0);
	j = journal_open(sek_link_pid(b.all->first->link));
	BENCH_UNTIL(&b, 5000, j && journal_find(j, SEK_MSG_END, NULL, NULL) == 1);
	ck_assert_uint_eq(journal_find(j, SEK_MSG_HELLO, last, &n), 1);
	ck_assert(sek_is_ok(sek_hello_read(last, n, &hello)));
	ck_assert_uint_eq(hello.flags, SEK_HELLO_RULES); /* join, do not make */
	BENCH_UNTIL(&b, 5000, !b.all->first);
	journal_close(j);
	ck_assert(strstr(strstr(b.events, "session.ended ") + 1, "session.") == NULL); /* told once */
	/* one that the host has ended itself needs nothing */
	stream_up(&b, "a", &c);
	stream_text(&c, "!state 100");
	BENCH_UNTIL(&b, 5000, c.closed);
	ck_assert_ptr_null(b.all->first);
	bench_finish(&b);
}
END_TEST

static void look_at_host(void *user, const struct sek_host_info *i)
{
	*(struct sek_host_info *)user = *i;
}

/* A host whose decoders are stopped by their jails, or that breaks the grammar, gets nobody any more. */
START_TEST(a_host_that_misbehaves_is_taken_out_of_service)
{
	struct sek_host_info host;
	struct bench b;
	struct stream c;

	bench_init(&b, "decoder", "encoder");
	b.config.alarm_faults = 2;
	b.config.alarm_minutes = 1;
	bench_start(&b);
	for (int i = 0; i < 3; i++) {
		stream_up(&b, "a", &c);
		stream_text(&c, i == 0 ? "!state 100" : i == 1 ? "!signal 31" : "!exit 15"); /* a browser that was closed is no alarm */
		BENCH_UNTIL(&b, 5000, c.closed);
		sek_hosts_each(b.all, look_at_host, &host);
		ck_assert_int_eq(host.alarm, i == 2);
		ck_assert_int_eq(bench_saw(&b, "host.alarm "), i == 2);
	}
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_HOST_PROTOCOL);
	ck_assert_str_eq(host.state, "draining");
	stream_attach(b.all, "a", &c);
	stream_hello(&c);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_HOSTS_FULL);
	/* an administrator has looked into it */
	ck_assert(sek_is_ok(sek_hosts_drain(b.all, "render1.sekisho.internal", false, 0)));
	sek_hosts_each(b.all, look_at_host, &host);
	ck_assert(!host.alarm && !host.drain);
	stream_up(&b, "a", &c);
	bench_finish(&b);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hub.session.deaths");
	TCase *deaths = tcase_create("deaths"), *stops = tcase_create("stops");
	TCase *all[] = { deaths, stops };
	SRunner *runner;
	int failed;

	tcase_add_loop_test(deaths, a_decoder_that_dies_at_once_has_its_state, 0, sizeof decoder_deaths / sizeof decoder_deaths[0]);
	tcase_add_loop_test(deaths, a_decoder_that_dies_later_has_its_state, 0, sizeof decoder_deaths / sizeof decoder_deaths[0]);
	tcase_add_loop_test(deaths, an_encoder_that_fails_is_replaced_twice, 0, sizeof encoder_deaths / sizeof encoder_deaths[0]);
	tcase_add_test(deaths, a_host_that_misbehaves_is_taken_out_of_service);
	tcase_add_test(deaths, the_host_learns_of_an_end_without_a_decoder);
	tcase_add_test(deaths, no_jail_no_session);
	tcase_add_loop_test(deaths, what_is_missing_ends_in_no_session, 0, sizeof broken / sizeof broken[0]);
	tcase_add_test(deaths, a_host_that_does_not_accept_is_unreachable);
	tcase_add_test(deaths, a_broker_without_an_issuer_does_not_start);
	tcase_add_test(stops, a_stop_tells_everybody);
	tcase_add_test(stops, a_stop_does_not_wait_for_the_deaf);
	tcase_add_test(stops, ending_a_user_ends_only_that_user);
	tcase_add_test(stops, an_ended_session_tells_its_host);
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
