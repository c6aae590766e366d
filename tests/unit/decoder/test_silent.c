/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Render hosts that say nothing, or too little: each decoder gives up at its own limit, not before and not much later.
 * The limits are real time, so every case runs at the same time as the others, in one test.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/decoder/host.h"

/* From broker/decoder/link/loop.h; written out, because they are promises to the broker. */
enum { HANDSHAKE_MS = 10000, IDLE_MS = 5000, ANSWER_MS = 15000, SLACK_MS = 4000 };

enum { MUTE, AFTER_WELCOME, ANSWERS_ONCE, DRIPS, BUILDING, CASES };
static struct host hosts[CASES];

struct progress {
	uint64_t start_ms, ended_ms[CASES];
	struct test_end end[CASES];
	unsigned pings[CASES];
	uint64_t drip_ms;
};

static void answer_pings(struct progress *p, int i)
{
	uint8_t bytes[64];
	size_t n;

	if (!sek_is_ok(sek_tls_read(hosts[i].tls, bytes, sizeof bytes, &n)) || bytes[0] != SEK_MSG_PING)
		return;
	if (p->pings[i]++ == 0 && i == ANSWERS_ONCE) {
		bytes[0] = SEK_MSG_PONG;
		host_send(&hosts[i], bytes, n);
	}
}

/* One byte of a frame that will never be whole, every second: that is no sign of life. */
static void drip(struct progress *p)
{
	static const uint8_t update_of_a_megabyte[] = { SEK_MSG_UPDATE, 0, 0, 0, 0, 0x10, 0, 0, 0 };
	static size_t at;

	if (test_now_ms() < p->drip_ms + 1000)
		return;
	p->drip_ms = test_now_ms();
	host_send(&hosts[DRIPS], at < 8 ? &update_of_a_megabyte[at] : &update_of_a_megabyte[8], 1);
	at++;
}

static bool all_ended(void *user)
{
	struct progress *p = user;
	bool all = true;

	for (int i = 0; i < CASES; i++) {
		if (p->ended_ms[i] || i == BUILDING)
			continue;
		if (i != MUTE)
			answer_pings(p, i);
		if (i == DRIPS)
			drip(p);
		if (!test_alive(hosts[i].decoder)) {
			p->end[i] = test_wait(hosts[i].decoder, TEST_WAIT_MS);
			p->ended_ms[i] = test_now_ms() - p->start_ms;
			hosts[i].decoder = 0;
		}
		all = all && p->ended_ms[i];
	}
	return all;
}

static void say_starting(struct host *h)
{
	uint8_t bytes[32];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_state_write(&w, &(struct sek_state_msg){ SEK_STATE_STARTING, 0 });
	host_send_writer(h, &w);
}

static void assert_between(uint64_t ms, uint64_t least)
{
	ck_assert_uint_ge(ms, least);
	ck_assert_uint_le(ms, least + SLACK_MS);
}

START_TEST(everyone_gives_up_in_time)
{
	struct progress p;

	memset(&p, 0, sizeof p);
	for (int i = 0; i < CASES; i++)
		host_start(&hosts[i], NULL);
	for (int i = AFTER_WELCOME; i < CASES; i++)
		host_open(&hosts[i]);
	say_starting(&hosts[BUILDING]);
	p.start_ms = test_now_ms();
	while (!all_ended(&p))
		if (!test_until(all_ended, &p) && test_now_ms() - p.start_ms > 60000)
			break;
	for (int i = 0; i < CASES; i++) {
		struct sek_gap_header g;

		if (i == BUILDING)
			continue;
		ck_assert_msg(p.end[i].code == SEK_EXIT_SILENT, "case %d: code %d, signal %d", i, p.end[i].code,
			p.end[i].signal);
		sek_gap_reader_header(hosts[i].gap, &g);
		ck_assert_uint_eq(g.state, SEK_STATE_HOST_SILENT);
	}
	/* While a sandbox is being built nobody is there to answer: 30 s of silence are not the end, nor is a PING sent. */
	ck_assert(test_alive(hosts[BUILDING].decoder));
	ck_assert_uint_eq(p.pings[BUILDING], 0);
	answer_pings(&p, BUILDING);
	ck_assert_uint_eq(p.pings[BUILDING], 0);
	ck_assert_uint_le(p.ended_ms[MUTE], HANDSHAKE_MS + SLACK_MS);
	ck_assert_uint_ge(p.ended_ms[MUTE], HANDSHAKE_MS - SLACK_MS);
	assert_between(p.ended_ms[AFTER_WELCOME], IDLE_MS + ANSWER_MS - 500);
	assert_between(p.ended_ms[ANSWERS_ONCE], 2 * IDLE_MS + ANSWER_MS - 500);
	assert_between(p.ended_ms[DRIPS], IDLE_MS + ANSWER_MS - 500);
	ck_assert_uint_eq(p.pings[AFTER_WELCOME], 1);
	ck_assert_uint_eq(p.pings[ANSWERS_ONCE], 2);
	for (int i = 0; i < CASES; i++)
		host_stop(&hosts[i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("decoder: silence");
	TCase *tc = tcase_create("silence");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_unchecked_fixture(tc, host_make_certificates, host_remove_certificates);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, everyone_gives_up_in_time);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
