/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Foreign hosts: what their decoders are handed, who is put on them and who is not, and the test of a connection.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/hub/session/internal.h"
#include "tests/unit/decoder/rfb_server.h"
#include "tests/unit/hub/session/harness.h"

static char foreign_path[128];
static const char *url_allow;

static sek_status secret(void *user, const char *host, const char *who, struct sek_host_secret *ret)
{
	(void)user;
	ck_assert(strcmp(host, "render1.sekisho.internal") == 0 || strcmp(host, "gone") == 0);
	ck_assert(strcmp(who, "taro") == 0 || strcmp(who, "hana") == 0 || strcmp(who, "") == 0);
	*ret = (struct sek_host_secret){ "screen", "s3cret" };
	return sek_ok();
}

static sek_status policy(void *user, const char *name, const struct sek_policy_row *rows, size_t n, struct sek_policy *ret)
{
	const struct sek_policy_row row = { SEK_SCOPE_SITE, "", SEK_POLICY_URL_ALLOW, url_allow };

	(void)user;
	(void)name;
	(void)rows;
	(void)n;
	return sek_policy_resolve(&row, url_allow ? 1 : 0, ret, NULL);
}

static void up(struct bench *b, const char *decoder, bool insecure)
{
	url_allow = NULL;
	bench_init(b, "decoder", "encoder");
	bench_use(b, foreign_path, decoder);
	b->config.decoder_vnc_path = foreign_path;
	b->host.kind = SEK_KIND_VNC;
	b->host.insecure = insecure;
	bench_start(b);
	sek_sessions_secrets_from(b->all, secret, NULL);
	sek_sessions_policy_from(b->all, policy, NULL);
}

struct seen {
	char state[16], test[16];
};

static void see(void *user, const struct sek_host_info *i)
{
	struct seen *s = user;

	snprintf(s->state, sizeof s->state, "%s", i->state);
	snprintf(s->test, sizeof s->test, "%s", i->test);
}

static struct seen look(struct bench *b)
{
	struct seen s;

	sek_hosts_each(b->all, see, &s);
	return s;
}

START_TEST(a_session_runs_on_one_and_takes_its_place)
{
	struct stream c, d;
	struct bench b;

	up(&b, "foreign", _i == 1); /* the child checks descriptors and credentials */
	ck_assert_str_eq(look(&b).state, "unknown");
	stream_up(&b, "taro", &c);
	ck_assert_str_eq(look(&b).state, "full");
	ck_assert_uint_eq(journal_count(bench_decoder_pid(&b), SEK_MSG_HELLO, NULL, NULL), 1);
	stream_attach(b.all, "hana", &d);
	stream_hello(&d);
	BENCH_UNTIL(&b, 10000, stream_state(&d) == SEK_STATE_HOSTS_FULL);
	ck_assert_uint_eq(sek_sessions_end_user(b.all, "taro", SEK_STATE_ENDED_ADMIN), 1);
	BENCH_UNTIL(&b, 5000, sek_sessions_count(b.all) == 0);
	ck_assert_str_eq(look(&b).state, "up");
	bench_finish(&b);
}
END_TEST

START_TEST(nobody_whose_addresses_are_restricted_is_put_there)
{
	struct stream c;
	struct bench b;

	up(&b, "foreign", false);
	url_allow = "[\"*.lg.jp\"]";
	stream_attach(b.all, "taro", &c);
	stream_hello(&c);
	BENCH_UNTIL(&b, 10000, stream_state(&c) == SEK_STATE_HOST_RULES);
	bench_finish(&b);
}
END_TEST

START_TEST(rules_that_come_later_end_the_session)
{
	struct stream c;
	struct bench b;

	up(&b, "foreign", false);
	stream_up(&b, "taro", &c);
	url_allow = "[\"*.lg.jp\"]";
	sek_sessions_refresh_policy(b.all);
	ck_assert_uint_eq(b.ended, SEK_STATE_HOST_RULES);
	ck_assert_uint_eq(sek_sessions_count(b.all), 0);
	bench_finish(&b);
}
END_TEST

/* Another size, another clipboard: as often as it is asked for, and no try of a lost link is used up by it. */
START_TEST(another_connection_is_made_when_the_decoder_asks)
{
	struct stream c;
	struct bench b;

	up(&b, "foreign", false);
	stream_up(&b, "taro", &c);
	for (int i = 0; i < SEK_RECONNECT_TRIES + 1; i++) {
		unsigned keyframes = c.keyframes;
		int before = bench_decoder_pid(&b);

		if (i > 0)
			b.all->first->again_ms = 0; /* it is long ago */
		stream_text(&c, "!exit 23");
		BENCH_UNTIL(&b, 5000, stream_state(&c) == SEK_STATE_RECONNECTING);
		BENCH_UNTIL(&b, 8000, stream_state(&c) == SEK_STATE_RUNNING && c.keyframes > keyframes && bench_decoder_pid(&b) != before);
		BENCH_UNTIL(&b, 5000, journal_count(bench_decoder_pid(&b), SEK_MSG_CLIPBOARD_MODE, NULL, NULL) == 1); /* with HELLO */
	}
	stream_text(&c, "!exit 23"); /* too soon: later */
	BENCH_UNTIL(&b, 5000, stream_state(&c) == SEK_STATE_RECONNECTING);
	ck_assert_uint_gt(b.all->first->again_ms, uv_now(&b.loop));
	BENCH_UNTIL(&b, 8000, stream_state(&c) == SEK_STATE_RUNNING);
	ck_assert_str_eq(look(&b).state, "full");
	bench_finish(&b);
}
END_TEST

START_TEST(one_that_asks_before_it_has_shown_anything_is_left)
{
	struct stream c;
	struct bench b;

	up(&b, "foreign-exit-23", false);
	stream_attach(b.all, "taro", &c);
	stream_hello(&c);
	BENCH_UNTIL(&b, 10000, stream_state(&c) == SEK_STATE_DECODER_DIED);
	bench_finish(&b);
}
END_TEST

static const struct {
	const char *decoder, *result;
	enum sek_state state;
} deaths[] = {
	{ "foreign", "ok", SEK_STATE_RUNNING },
	{ "foreign-exit-13", "certificate", SEK_STATE_HOST_CERTIFICATE },
	{ "foreign-exit-20", "tls", SEK_STATE_HOST_TLS },
	{ "foreign-exit-21", "login", SEK_STATE_HOST_LOGIN },
	{ "foreign-exit-22", "size", SEK_STATE_HOST_SIZE },
	{ "foreign-exit-11", "jail", SEK_STATE_JAIL_FAILED },
	{ "foreign-signal-31", "died", SEK_STATE_JAIL_VIOLATION },
};

START_TEST(a_test_says_which_step_failed_and_so_does_a_session)
{
	struct stream c;
	struct bench b;

	up(&b, deaths[_i].decoder, false);
	ck_assert_str_eq(look(&b).test, "");
	ck_assert(sek_is_ok(sek_hosts_test(b.all, b.host.name)));
	ck_assert(sek_is(sek_hosts_test(b.all, b.host.name), SEK_E_CONFLICT));
	ck_assert_str_eq(look(&b).test, "running");
	BENCH_UNTIL(&b, 10000, strcmp(look(&b).test, "running") != 0);
	ck_assert_str_eq(look(&b).test, deaths[_i].result);
	ck_assert_str_eq(look(&b).state, _i == 0 ? "up" : "lost");
	stream_attach(b.all, "taro", &c); /* one that failed is still better than none */
	stream_hello(&c);
	BENCH_UNTIL(&b, 10000, stream_state(&c) == deaths[_i].state);
	bench_finish(&b);
}
END_TEST

START_TEST(a_test_can_be_cut_short_and_a_closed_port_is_said)
{
	struct sek_render_host gone = { .name = "gone", .address = "127.0.0.1", .port = 1, .kind = SEK_KIND_VNC, .insecure = true };
	struct bench b;

	up(&b, "foreign", false);
	ck_assert(sek_is_ok(sek_hosts_remove(b.all, b.host.name)));
	ck_assert(sek_is_ok(sek_hosts_add(b.all, &gone)));
	ck_assert(sek_is(sek_hosts_test(b.all, "nobody"), SEK_E_NOT_FOUND));
	ck_assert(sek_is_ok(sek_hosts_test(b.all, "gone")));
	BENCH_UNTIL(&b, 10000, strcmp(look(&b).test, "running") != 0);
	ck_assert_str_eq(look(&b).test, "connect");
	ck_assert(sek_is_ok(sek_hosts_test(b.all, "gone")));
	bench_finish(&b); /* while it runs: nothing leaks */
}
END_TEST

START_TEST(what_has_no_decoder_is_refused)
{
	struct sek_render_host rdp = { .name = "rdp", .address = "127.0.0.1", .port = 1, .kind = SEK_KIND_RDP };
	struct sek_render_host own = { .name = "own", .address = "127.0.0.1", .port = 1 };
	struct bench b;

	up(&b, "foreign", false);
	ck_assert(sek_is_ok(sek_hosts_add(b.all, &rdp)));
	ck_assert(sek_is_ok(sek_hosts_add(b.all, &own)));
	ck_assert(sek_is(sek_hosts_test(b.all, "rdp"), SEK_E_DENIED));
	ck_assert(sek_is(sek_hosts_test(b.all, "own"), SEK_E_DENIED));
	bench_finish(&b);
}
END_TEST

static const struct {
	const char *bytes;
	size_t n;
	enum sek_state state;
} attacks[] = {
	{ "\x03\0\0\0\x7f\xff\xff\xff", 8, SEK_STATE_HOST_PROTOCOL },                                 /* copied text of 2 GiB */
	{ "\0\0\0\1\x02\x58\0\0\0\x64\0\x0a\0\0\0\0", 16, SEK_STATE_HOST_PROTOCOL },              /* a rectangle beyond the edge */
	{ "\0\0\0\1\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\x21", 16, SEK_STATE_HOST_SIZE },          /* a screen of 65535x65535 */
};

/* The real decoder, a hostile server behind the bench's port, and beside it a session of our own kind. */
START_TEST(a_server_that_attacks_ends_its_session_and_no_other)
{
	struct sek_render_host own;
	struct rfb_server server;
	struct stream c, d;
	struct bench b;

	up(&b, "foreign", true);
	b.all->config.decoder_vnc_path = SEK_DECODER_VNC;
	own = (struct sek_render_host){ .name = "own", .address = "127.0.0.1", .port = b.host.port };
	stream_attach(b.all, "taro", &c);
	stream_hello(&c);
	BENCH_UNTIL(&b, 10000, bench_decoder_pid(&b) > 0);
	server.fd = accept4(b.listener, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ge(server.fd, 0);
	ck_assert(rfb_greet(&server, RFB_WIDTH, RFB_HEIGHT, 0));
	ck_assert(sek_is_ok(sek_hosts_add(b.all, &own)));
	stream_up(&b, "hana", &d);
	ck_assert(rfb_write(&server, attacks[_i].bytes, attacks[_i].n));
	BENCH_UNTIL(&b, 10000, stream_state(&c) == attacks[_i].state);
	ck_assert_uint_eq(sek_sessions_count(b.all), 1);
	ck_assert_uint_eq(stream_state(&d), SEK_STATE_RUNNING);
	close(server.fd);
	bench_finish(&b);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("foreign");
	TCase *t = tcase_create("foreign");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_session_runs_on_one_and_takes_its_place, 0, 2);
	tcase_add_test(t, nobody_whose_addresses_are_restricted_is_put_there);
	tcase_add_test(t, rules_that_come_later_end_the_session);
	tcase_add_test(t, another_connection_is_made_when_the_decoder_asks);
	tcase_add_test(t, one_that_asks_before_it_has_shown_anything_is_left);
	tcase_add_loop_test(t, a_test_says_which_step_failed_and_so_does_a_session, 0, sizeof deaths / sizeof deaths[0]);
	tcase_add_test(t, a_test_can_be_cut_short_and_a_closed_port_is_said);
	tcase_add_test(t, what_has_no_decoder_is_refused);
	tcase_add_loop_test(t, a_server_that_attacks_ends_its_session_and_no_other, 0, sizeof attacks / sizeof attacks[0]);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
