/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lines that break and clients that come back: the same browser is found again. And certificates that are not good enough:
 * no session.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/integration/world.h"
#include "tests/support/relay.h"

static struct world w;
static struct stream a;
static struct relay *relay;

/* One session, whose line to host 0 goes through the relay. */
static void up_through_relay(void)
{
	world_init(&w);
	w.config.n_hosts = 1;
	relay = relay_open(&w.loop, w.farm.hosts[0].address, w.farm.hosts[0].port, &w.hosts[0].port);
	w.hosts[0].address = "127.0.0.1";
	world_start(&w);
	world_up(&w, "taro", &a);
}

static void down(void)
{
	world_stop(&w); /* over the line, while there is one */
	if (relay)
		relay_close(relay);
	relay = NULL;
	stream_finish(&a);
	world_finish(&w);
}

START_TEST(a_cut_line_finds_the_same_browser)
{
	pid_t browser, decoder, encoder;

	up_through_relay();
	for (int i = 0; i < 3; i++) {
		browser = world_find(&w, 0, "chromium");
		decoder = world_decoder(&w, "taro");
		encoder = world_encoder(&w, "taro");
		ck_assert_int_gt(browser, 0);
		relay_cut(relay);
		WORLD_UNTIL(&w, 5000, stream_state(&a) == SEK_STATE_RECONNECTING);
		WORLD_UNTIL(&w, 10000, stream_state(&a) == SEK_STATE_RUNNING);
		WORLD_UNTIL(&w, 5000, world_decoder(&w, "taro") != decoder && world_encoder(&w, "taro") != encoder);
		world_goes_on(&w, &a);
		ck_assert_int_eq(world_find(&w, 0, "chromium"), browser);
		ck_assert_uint_gt(stream_colours(&a), 3);
	}
	ck_assert_uint_eq(relay_connections(relay), 4);
	down();
}
END_TEST

START_TEST(a_line_that_stays_away_ends_it)
{
	up_through_relay();
	relay_refuse(relay, true);
	relay_cut(relay);
	WORLD_UNTIL(&w, 15000, a.closed);
	ck_assert(stream_saw(&a, SEK_STATE_RECONNECTING));
	ck_assert_str_eq(sek_state_name(stream_state(&a)), "host-lost");
	ck_assert_uint_le(relay_connections(relay), 4);
	down();
}
END_TEST

/* A line on which nothing passes any more and nobody says so: the decoder's PING finds out. */
START_TEST(a_silent_line_is_noticed)
{
	pid_t browser;

	up_through_relay();
	browser = world_find(&w, 0, "chromium");
	relay_swallow(relay, true);
	WORLD_UNTIL(&w, 40000, stream_state(&a) == SEK_STATE_RECONNECTING);
	relay_swallow(relay, false);
	WORLD_UNTIL(&w, 15000, stream_state(&a) == SEK_STATE_RUNNING);
	ck_assert_int_eq(world_find(&w, 0, "chromium"), browser);
	world_goes_on(&w, &a);
	down();
}
END_TEST

/* While nobody looks, a broken line is mended all the same: the client that comes back finds its browser. */
START_TEST(a_line_is_mended_while_the_client_is_away)
{
	pid_t browser;

	up_through_relay();
	browser = world_find(&w, 0, "chromium");
	sek_session_detach(a.session, &a);
	stream_finish(&a);
	world_run_ms(&w, 200);
	relay_cut(relay);
	WORLD_UNTIL(&w, 10000, world_saw(&w, "session.reconnected/taro"));
	world_up(&w, "taro", &a);
	ck_assert_int_eq(world_find(&w, 0, "chromium"), browser);
	world_goes_on(&w, &a);
	down();
}
END_TEST

START_TEST(a_client_comes_back_to_its_browser)
{
	pid_t browser, decoder, encoder;
	struct stream other;

	world_init(&w);
	world_start(&w);
	world_up(&w, "taro", &a);
	browser = world_find(&w, 0, "chromium");
	decoder = world_decoder(&w, "taro");
	encoder = world_encoder(&w, "taro");
	for (int i = 0; i < 3; i++) {
		sek_session_detach(a.session, &a);
		stream_finish(&a);
		world_run_ms(&w, 300);
		world_up(&w, "taro", &a);
		world_goes_on(&w, &a);
	}
	/* and somewhere else */
	world_up(&w, "taro", &other);
	WORLD_UNTIL(&w, 1000, a.closed);
	ck_assert_uint_eq(stream_state(&a), SEK_STATE_TAKEN_OVER);
	world_goes_on(&w, &other);
	ck_assert_int_eq(world_find(&w, 0, "chromium"), browser);
	ck_assert_int_eq(world_decoder(&w, "taro"), decoder);
	ck_assert_int_eq(world_encoder(&w, "taro"), encoder);
	stream_finish(&other);
	down();
}
END_TEST

START_TEST(the_screen_follows_the_window)
{
	world_init(&w);
	world_start(&w);
	world_up(&w, "taro", &a);
	ck_assert_uint_eq(a.size.width_px, 1024);
	ck_assert_uint_eq(a.size.height_px, 768);
	STREAM_WRITE(&a, sek_resize_write, &(struct sek_resize){ 800, 600, 100 });
	WORLD_UNTIL(&w, 5000, a.size.width_px == 800 && a.size.height_px == 600 && stream_colours(&a) > 3);
	STREAM_WRITE(&a, sek_resize_write, &(struct sek_resize){ 7000, 4000, 100 });
	WORLD_UNTIL(&w, 5000, a.size.width_px == 1280 && a.size.height_px == 800 && stream_colours(&a) > 3);
	world_goes_on(&w, &a);
	down();
}
END_TEST

/* --- certificates --- */

static void refused(const char *state)
{
	stream_attach(w.all, "taro", &a);
	stream_hello(&a);
	WORLD_UNTIL(&w, 15000, a.closed);
	ck_assert_str_eq(sek_state_name(stream_state(&a)), state);
	ck_assert_uint_eq(a.updates, 0);
	ck_assert_int_eq(world_find(&w, 0, "Xvfb"), 0); /* nothing was built for it */
	down();
}

START_TEST(a_stale_crl_is_no_session)
{
	world_init(&w);
	world_start(&w);
	farm_sign_crl(&w.farm, time(NULL) - 40 * 86400, NULL);
	refused("internal");
}
END_TEST

START_TEST(a_revoked_broker_is_refused)
{
	world_init(&w);
	world_start(&w);
	farm_sign_crl(&w.farm, 0, "broker1");
	refused("host-refused");
}
END_TEST

START_TEST(a_revoked_host_is_refused)
{
	world_init(&w);
	w.config.n_hosts = 1;
	world_start(&w);
	farm_sign_crl(&w.farm, 0, w.farm.hosts[0].name);
	refused("host-certificate");
}
END_TEST

START_TEST(a_host_with_another_name_is_refused)
{
	world_init(&w);
	w.config.n_hosts = 1;
	w.hosts[0].name = "render9.sekisho.internal";
	world_start(&w);
	refused("host-certificate");
}
END_TEST

START_TEST(a_host_of_another_name_and_its_certificate_are_no_use)
{
	world_init(&w);
	w.config.n_hosts = 1;
	w.hosts[0].address = w.farm.hosts[1].address; /* the line leads to host 1, which is good, but not the one */
	w.hosts[0].port = w.farm.hosts[1].port;
	world_start(&w);
	refused("host-certificate");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("integration.session.line");
	TCase *lines = tcase_create("lines"), *certificates = tcase_create("certificates");
	SRunner *runner;
	int failed;

	tcase_add_test(lines, a_cut_line_finds_the_same_browser);
	tcase_add_test(lines, a_line_that_stays_away_ends_it);
	tcase_add_test(lines, a_silent_line_is_noticed);
	tcase_add_test(lines, a_line_is_mended_while_the_client_is_away);
	tcase_add_test(lines, a_client_comes_back_to_its_browser);
	tcase_add_test(lines, the_screen_follows_the_window);
	tcase_add_test(certificates, a_stale_crl_is_no_session);
	tcase_add_test(certificates, a_revoked_broker_is_refused);
	tcase_add_test(certificates, a_revoked_host_is_refused);
	tcase_add_test(certificates, a_host_with_another_name_is_refused);
	tcase_add_test(certificates, a_host_of_another_name_and_its_certificate_are_no_use);
	tcase_set_timeout(lines, 180);
	tcase_set_timeout(certificates, 180);
	suite_add_tcase(suite, lines);
	suite_add_tcase(suite, certificates);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
