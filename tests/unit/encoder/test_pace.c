/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The pacing alone, on a line that is arithmetic: what it keeps in flight, what it learns, what it never does, whatever it is
 * told. No clock runs here.
 */
#include <check.h>
#include <stdlib.h>

#include "broker/encoder/pace.h"

enum { FRAMES = 4096 };

/* A line of `rate` bytes/s behind which an acknowledgement is back after `rtt_us`; and whoever sends on it. */
struct line {
	struct sek_pace pace;
	uint64_t now_us, rate, rtt_us, free_us; /* free_us: when the line has sent all that it was given */
	struct {
		uint64_t ack_us;
	} sent[FRAMES];
	uint32_t next, acked;
	size_t largest_room;
	uint64_t worst_queue_us;
};

static struct line l;

static void start(uint64_t rate, uint64_t rtt_us)
{
	l = (struct line){ .now_us = 1000000, .rate = rate, .rtt_us = rtt_us };
	sek_pace_init(&l.pace);
}

static void take_acks(void)
{
	while (l.acked < l.next && l.sent[l.acked % FRAMES].ack_us <= l.now_us)
		sek_pace_acked(&l.pace, l.acked++, l.now_us);
}

static void send(size_t n)
{
	uint64_t start_us = l.free_us > l.now_us ? l.free_us : l.now_us;

	l.free_us = start_us + n * 1000000 / l.rate;
	l.sent[l.next % FRAMES].ack_us = l.free_us + l.rtt_us;
	if (start_us - l.now_us > l.worst_queue_us)
		l.worst_queue_us = start_us - l.now_us;
	sek_pace_sent(&l.pace, l.next++, n, l.now_us);
}

/* Sends whatever is allowed for so long, a look each 8 ms. Returns bytes sent. */
static uint64_t greedy(uint64_t ms)
{
	uint64_t sent = 0;

	for (uint64_t end = l.now_us + ms * 1000; l.now_us < end; l.now_us += 1000) {
		size_t room;

		take_acks();
		while ((room = sek_pace_room(&l.pace, false, l.now_us)) > 0) {
			l.largest_room = room > l.largest_room ? room : l.largest_room;
			send(room);
			sent += room;
		}
	}
	return sent;
}

static const struct {
	uint64_t rate, rtt_us;
} lines[] = {
	{ 1250000, 60000 }, { 125000, 60000 }, { 125000, 5000 }, { 12500000, 2000 }, { 625000, 200000 }, { 16000, 100000 },
	{ 125000000, 500 },
};

START_TEST(it_fills_the_line_and_not_the_queue)
{
	uint64_t sent;

	start(lines[_i].rate, lines[_i].rtt_us);
	greedy(5000);
	l.worst_queue_us = 0;
	sent = greedy(5000);
	/* nearly all that the line carries; on the fastest a look is not often enough for that */
	ck_assert_uint_ge(sent, (lines[_i].rate < 100000000 ? lines[_i].rate : 20000000) * 5 * 3 / 4);
	/* a key press waits for what is in front of it: at most that, and the smallest allowance */
	ck_assert_uint_le(l.worst_queue_us, 100000 + (uint64_t)SEK_PACE_ROOM_LEAST * 1000000 / lines[_i].rate);
	ck_assert_uint_le(l.pace.in_flight, sek_pace_window(&l.pace) + SEK_PACE_ROOM_LEAST);
	ck_assert_uint_le(l.pace.rate, lines[_i].rate * 5 / 4);
}
END_TEST

START_TEST(a_slower_line_is_believed_at_once)
{
	size_t in_flight;

	start(1250000, 60000);
	greedy(3000);
	in_flight = l.pace.in_flight;
	l.rate = 125000;
	greedy(3000); /* what was under way drains, and is not joined by as much again */
	ck_assert_uint_le(l.pace.rate, 125000 * 5 / 4);
	ck_assert_uint_lt(l.pace.in_flight, in_flight / 4);
	l.worst_queue_us = 0;
	greedy(3000);
	ck_assert_uint_le(l.worst_queue_us, 120000);
	ck_assert_uint_lt(l.pace.quality, SEK_PACE_QUALITY_MOST);
	l.rate = 1250000;
	greedy(5000);
	ck_assert_uint_ge(l.pace.rate, 1000000);
}
END_TEST

START_TEST(a_line_that_stands_gets_nothing_more)
{
	start(1250000, 60000);
	greedy(3000);
	size_t in_flight = l.pace.in_flight;
	unsigned n = l.pace.n;

	/* no acknowledgement any more: at most the window, for ever */
	for (int i = 0; i < 10000; i++, l.now_us += 1000) {
		size_t room = sek_pace_room(&l.pace, i % 2, l.now_us);

		if (room > 0)
			send(room);
	}
	ck_assert_uint_le(l.pace.in_flight, sek_pace_window(&l.pace) + l.pace.rate * SEK_PACE_HURRY_US / 1000000 + SEK_PACE_ROOM_LEAST);
	ck_assert_uint_ge(l.pace.in_flight, in_flight);
	ck_assert_uint_ge(l.pace.n, n);
	ck_assert_uint_le(l.pace.n, SEK_PACE_FRAMES);
	ck_assert_uint_eq(sek_pace_room(&l.pace, true, l.now_us), 0);
}
END_TEST

START_TEST(what_was_never_acknowledged_is_bounded_from_the_start)
{
	start(1250000, 60000);
	for (int i = 0; i < 100; i++) {
		size_t room = sek_pace_room(&l.pace, i % 2, l.now_us);

		if (room > 0)
			send(room);
	}
	ck_assert_uint_le(l.pace.n, SEK_PACE_FRAMES_LEAST);
	ck_assert_uint_le(l.pace.in_flight, 200000);
}
END_TEST

START_TEST(small_frames_do_not_make_a_line_slow)
{
	start(12500000, 2000);
	greedy(2000);
	uint64_t rate = l.pace.rate;

	for (int i = 0; i < 1000; i++, l.now_us += 1000)
		take_acks();
	for (int i = 0; i < 500; i++) {
		l.now_us += 20000;
		take_acks();
		ck_assert_uint_gt(sek_pace_room(&l.pace, false, l.now_us), 0);
		send(60);
		sek_pace_idle(&l.pace);
	}
	ck_assert_uint_eq(l.pace.rate, rate);
	ck_assert(!sek_pace_slow(&l.pace));
}
END_TEST

/* Until everything is acknowledged, and a second more. */
static void rest(void)
{
	for (uint64_t end = l.now_us + 1000000; l.pace.n > 0 || l.now_us < end; l.now_us += 1000)
		take_acks();
}

/* One frame of n bytes alone on the line, back after `more_us` more than the line takes. */
static void lone(size_t n, uint64_t more_us)
{
	send(n);
	l.sent[(l.next - 1) % FRAMES].ack_us += more_us;
	l.now_us = l.sent[(l.next - 1) % FRAMES].ack_us;
	take_acks();
	l.now_us += 20000;
}

/* A repaint of so many bytes, in as many frames as it takes. Returns for how long. */
static uint64_t repaint_us(size_t bytes)
{
	uint64_t from_us = l.now_us;

	while (bytes > 0 || l.pace.n > 0) {
		size_t room = bytes > 0 ? sek_pace_room(&l.pace, false, l.now_us) : 0;

		take_acks();
		if (room > 0) {
			room = room < bytes ? room : bytes;
			send(room);
			bytes -= room;
		}
		l.now_us += 1000;
	}
	return l.now_us - from_us;
}

/* Small things that were held back for another reason than the line: nothing here says that there was nothing to send. */
START_TEST(what_does_not_fill_the_line_does_not_make_it_slow)
{
	uint64_t rate;

	start(lines[_i].rate, lines[_i].rtt_us);
	greedy(5000);
	rest();
	rate = l.pace.rate;
	for (int i = 0; i < 500; i++) {
		l.now_us += 8000;
		take_acks();
		if (sek_pace_room(&l.pace, true, l.now_us) > 0)
			send(10);
		if (sek_pace_room(&l.pace, false, l.now_us) > 0)
			send(10);
	}
	ck_assert_uint_ge(l.pace.rate, rate);
	ck_assert_uint_le(l.pace.rate, lines[_i].rate * 5 / 4);
}
END_TEST

/* A client that was busy, once. */
START_TEST(one_late_acknowledgement_of_little_costs_little)
{
	uint64_t rate;
	unsigned quality;

	start(lines[_i].rate, lines[_i].rtt_us);
	greedy(5000);
	rest();
	rate = l.pace.rate;
	quality = l.pace.quality;
	for (int i = 0; i < 3; i++) /* one stall, whatever was under way */
		send(60);
	for (int i = 0; i < 3; i++)
		l.sent[(l.next - 1 - (uint32_t)i) % FRAMES].ack_us += 300000;
	rest();
	ck_assert_uint_ge(l.pace.rate, rate / 2);
	ck_assert_uint_eq(l.pace.quality, quality);
	for (int i = 0; i < 20; i++)
		lone(300, 0);
	/* the next page comes nearly as fast as before */
	ck_assert_uint_le(repaint_us(rate / 4), 2 * (250000 + lines[_i].rtt_us));
}
END_TEST

/* The same with as much under way as there may be: then it might be the line, but is found out to be none. */
START_TEST(a_client_that_stalled_is_found_to_be_none)
{
	start(lines[_i].rate, lines[_i].rtt_us);
	greedy(5000);
	for (uint32_t i = l.acked; i < l.next; i++)
		l.sent[i % FRAMES].ack_us += 300000;
	greedy(1000 + 12 * lines[_i].rtt_us / 1000);
	ck_assert_uint_ge(l.pace.rate, lines[_i].rate / 2);
	/* and alone: one stall in each of two frames in succession, then pages of a few kilobytes */
	rest();
	lone(lines[_i].rate / 25, 300000);
	lone(lines[_i].rate / 25, 300000);
	for (int i = 0; i < 20; i++)
		lone(lines[_i].rate / 50 + 40, 0);
	ck_assert_uint_ge(l.pace.rate > SEK_PACE_RATE_LEAST ? l.pace.rate : SEK_PACE_RATE_LEAST, lines[_i].rate / 4);
	ck_assert_uint_le(l.pace.rate, lines[_i].rate * 5 / 4);
}
END_TEST

/* A busy machine: acknowledgements wait until we run again. That is not the line, neither later nor at the start; and a line that is
 * really slow is found out all the same. */
START_TEST(a_busy_machine_is_not_a_slow_line)
{
	start(12500000, 1000);
	greedy(3000);
	rest();
	ck_assert(!sek_pace_slow(&l.pace));
	for (int i = 0; i < 200; i++) {
		sek_pace_starved(&l.pace, 60000 + (uint64_t)(i * 7919 % 60) * 1000, l.now_us);
		lone(300 + (uint64_t)(i * 7919 % 30000), 40000 + (uint64_t)(i * 104729 % 140) * 1000);
	}
	ck_assert(!sek_pace_slow(&l.pace));
	ck_assert_uint_eq(l.pace.quality, SEK_PACE_QUALITY_MOST);

	start(12500000, 1000);
	for (int i = 0; i < 200; i++) {
		sek_pace_starved(&l.pace, 120000, l.now_us);
		lone(300 + (uint64_t)(i * 7919 % 30000), 100000);
	}
	ck_assert(!sek_pace_slow(&l.pace));

	start(125000, 60000);
	for (int i = 0; i < 30; i++) {
		sek_pace_starved(&l.pace, 60000, l.now_us);
		greedy(100);
	}
	ck_assert_uint_le(l.pace.rate, 125000 * 3 / 2);
}
END_TEST

/* Somebody who types while the line falls, then a page: a key waits for a moment, not for seconds. */
START_TEST(a_fall_behind_small_frames_is_seen_in_time)
{
	static const uint64_t to[] = { 125000, 62500, 16000 };

	for (unsigned t = 0; t < sizeof to / sizeof to[0]; t++) {
		start(1250000, 60000);
		greedy(3000);
		rest();
		l.rate = to[t];
		for (int i = 0; i < 20; i++)
			lone(300, 0);
		greedy(5000);
		ck_assert_uint_le(l.pace.rate, to[t] * 5 / 4);
		l.worst_queue_us = 0;
		greedy(3000);
		ck_assert_uint_le(l.worst_queue_us, 120000 + (uint64_t)SEK_PACE_ROOM_LEAST * 1000000 / to[t]);
	}
}
END_TEST

START_TEST(the_empty_round_trip_is_measured_again)
{
	start(125000, 20000);
	greedy(3000);
	l.rtt_us = 120000; /* another way through the network */
	greedy(20000);
	ck_assert_uint_ge(l.pace.rtt_us, 120000);
	ck_assert_uint_le(l.pace.rtt_us, 180000);
	ck_assert_uint_ge(greedy(3000), 125000 * 2);
}
END_TEST

START_TEST(quality_follows_the_line)
{
	start(125000, 60000);
	greedy(3000);
	for (int i = 0; i < 50; i++)
		sek_pace_photos(&l.pace, 100000, 20000, 100000);
	ck_assert_uint_eq(l.pace.quality, SEK_PACE_QUALITY_LEAST);
	for (int i = 0; i < 50; i++)
		sek_pace_photos(&l.pace, 100000, 1000, 0);
	ck_assert_uint_eq(l.pace.quality, SEK_PACE_QUALITY_MOST);
	/* a fast line is never the reason */
	start(125000000, 500);
	greedy(3000);
	sek_pace_photos(&l.pace, 100000, 200000000, 100000);
	ck_assert_uint_eq(l.pace.quality, SEK_PACE_QUALITY_MOST);
	sek_pace_photos(&l.pace, 0, 0, 100000); /* nothing was sent: nothing is known */
	ck_assert_uint_eq(l.pace.quality, SEK_PACE_QUALITY_MOST);
}
END_TEST

START_TEST(nonsense_changes_nothing)
{
	start(1250000, 60000);
	sek_pace_acked(&l.pace, 0, l.now_us);
	send(1000);
	sek_pace_acked(&l.pace, 77, l.now_us);
	sek_pace_acked(&l.pace, UINT32_MAX, l.now_us);
	ck_assert_uint_eq(l.pace.in_flight, 1000);
	sek_pace_acked(&l.pace, 0, l.now_us); /* in no time at all */
	ck_assert_uint_eq(l.pace.in_flight, 0);
	sek_pace_acked(&l.pace, 0, l.now_us);
	send(1000);
	sek_pace_restart(&l.pace);
	ck_assert_uint_eq(l.pace.in_flight, 0);
	ck_assert_uint_le(sek_pace_window(&l.pace), 200000); /* whatever it was before */
	sek_pace_acked(&l.pace, 1, l.now_us);
	ck_assert_uint_eq(l.pace.in_flight, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("encoder: pace");
	TCase *tc = tcase_create("pace");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, it_fills_the_line_and_not_the_queue, 0, (int)(sizeof lines / sizeof lines[0]));
	tcase_add_test(tc, a_slower_line_is_believed_at_once);
	tcase_add_test(tc, a_line_that_stands_gets_nothing_more);
	tcase_add_test(tc, what_was_never_acknowledged_is_bounded_from_the_start);
	tcase_add_test(tc, small_frames_do_not_make_a_line_slow);
	tcase_add_loop_test(tc, what_does_not_fill_the_line_does_not_make_it_slow, 0, (int)(sizeof lines / sizeof lines[0]));
	tcase_add_loop_test(tc, one_late_acknowledgement_of_little_costs_little, 0, (int)(sizeof lines / sizeof lines[0]));
	tcase_add_loop_test(tc, a_client_that_stalled_is_found_to_be_none, 0, (int)(sizeof lines / sizeof lines[0]));
	tcase_add_test(tc, a_busy_machine_is_not_a_slow_line);
	tcase_add_test(tc, a_fall_behind_small_frames_is_seen_in_time);
	tcase_add_test(tc, the_empty_round_trip_is_measured_again);
	tcase_add_test(tc, quality_follows_the_line);
	tcase_add_test(tc, nonsense_changes_nothing);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
