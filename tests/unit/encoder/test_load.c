/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The real sekisho-encoder under a decoder that an attacker owns and under a broker that stalls: bounded work, bounded
 * memory, always a well-formed stream, and the right picture afterwards.
 */
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "broker/encoder/pace.h"
#include "broker/gap/layout.h"
#include "tests/unit/encoder/viewer.h"

static struct viewer v;

static void setup(void)
{
	viewer_start(&v);
}

static void teardown(void)
{
	viewer_stop(&v);
}

static bool exact(const struct viewer *x) { return viewer_is_exact(x); }
static bool has_frame(const struct viewer *x) { return x->frames >= 1; }

static void first_picture(uint16_t width, uint16_t height)
{
	sek_gap_writer_size(v.gap, width, height);
	viewer_paint(&v, (struct sek_rect){ 0, 0, width, height }, 0);
	viewer_frame(&v);
	viewer_until(&v, exact, "the first picture");
}

START_TEST(idle_costs_nothing)
{
	unsigned long ticks;
	char switches[32], after[32];

	first_picture(1280, 720);
	viewer_take_for(&v, 500);
	ticks = test_cpu_ticks(v.encoder);
	test_status_line(v.encoder, "voluntary_ctxt_switches", switches, sizeof switches);
	viewer_take_for(&v, 1000);
	ck_assert_uint_eq(test_cpu_ticks(v.encoder), ticks);
	test_status_line(v.encoder, "voluntary_ctxt_switches", after, sizeof after);
	ck_assert_str_eq(switches, after); /* it did not even wake up */
}
END_TEST

static atomic_bool stop;

static void *wake_flood(void *user)
{
	(void)user;
	while (!stop) {
		viewer_wake(&v);
		sched_yield();
	}
	return NULL;
}

START_TEST(flood_of_wakeups_costs_little)
{
	unsigned long ticks;
	pthread_t thread;

	first_picture(1280, 720);
	viewer_take_for(&v, 500);
	ticks = test_cpu_ticks(v.encoder);
	stop = false;
	ck_assert_int_eq(pthread_create(&thread, NULL, wake_flood, NULL), 0);
	viewer_take_for(&v, 2000);
	stop = true;
	pthread_join(thread, NULL);
	/* 240 looks in 2 s: 10 ms is more than enough; the sanitizers' share is on top. */
	ck_assert_uint_le(test_cpu_ticks(v.encoder) - ticks, 6);
	viewer_paint(&v, (struct sek_rect){ 5, 5, 50, 50 }, 9);
	viewer_frame(&v);
	viewer_until(&v, exact, "a picture after the flood");
}
END_TEST

START_TEST(flood_of_frames_is_paced)
{
	uint64_t start, ms;
	unsigned before;

	first_picture(640, 480);
	before = v.frames;
	start = test_now_ms();
	for (unsigned i = 1; test_now_ms() < start + 1000; i++) {
		viewer_paint(&v, (struct sek_rect){ 0, 0, 64, 64 }, i);
		viewer_frame(&v);
		ck_assert(viewer_take(&v));
	}
	ms = test_now_ms() - start;
	/* at most 120 a second from looks; refinement may add some */
	ck_assert_uint_le((v.frames - before) * 1000 / ms, 140);
	ck_assert_uint_ge(v.frames - before, 20);
	viewer_until(&v, exact, "the last picture");
}
END_TEST

START_TEST(flood_of_cursors_is_paced)
{
	static uint8_t image[64 * 64 * 4];
	uint64_t start;

	first_picture(640, 480);
	start = test_now_ms();
	for (unsigned i = 1; test_now_ms() < start + 1000; i++) {
		image[0] = (uint8_t)i;
		image[3] = 255;
		sek_gap_writer_cursor(v.gap, 64, 64, 0, 0, image);
		viewer_wake(&v);
		ck_assert(viewer_take(&v));
	}
	viewer_take_for(&v, 100);
	ck_assert_uint_le(v.cursors, 40);
	ck_assert_uint_ge(v.cursors, 5);
	ck_assert_mem_eq(v.cursor.bgra, image, sizeof image); /* and the last one has arrived */
}
END_TEST

START_TEST(half_painted_pictures_wait_for_their_end)
{
	size_t before;

	first_picture(640, 480);
	viewer_take_for(&v, 100);
	before = v.bytes;
	/* A keyframe of the host: black first, pixels much later. */
	sek_gap_writer_begin(v.gap, true);
	viewer_paint(&v, (struct sek_rect){ 0, 0, 640, 480 }, 3);
	viewer_wake(&v);
	viewer_take_for(&v, 150);
	ck_assert_uint_eq(v.bytes, before);
	viewer_frame(&v);
	viewer_until(&v, exact, "the picture");
}
END_TEST

START_TEST(endless_painting_delays_but_does_not_stall)
{
	uint64_t start = test_now_ms();

	sek_gap_writer_size(v.gap, 640, 480);
	sek_gap_writer_frame(v.gap);
	sek_gap_writer_begin(v.gap, true);
	viewer_paint(&v, (struct sek_rect){ 0, 0, 640, 480 }, 3);
	viewer_wake(&v);
	viewer_until(&v, exact, "a picture whose end never comes");
	ck_assert_uint_le(test_now_ms() - start, 5000);
	/* The lie is known by now: the next change does not wait. */
	viewer_paint(&v, (struct sek_rect){ 0, 0, 64, 64 }, 4);
	viewer_wake(&v);
	viewer_until(&v, exact, "the next change");
}
END_TEST

START_TEST(stalled_broker_costs_constant_memory)
{
	unsigned long ticks;
	long peak = 0;

	first_picture(1280, 720);
	/* Nobody reads for a while, everything changes all the time, new clients keep coming. */
	for (unsigned i = 1; i < 60; i++) {
		long now;

		viewer_paint(&v, (struct sek_rect){ 0, 0, 1280, 720 }, i);
		viewer_frame(&v);
		if (i < 20)
			viewer_refresh(&v);
		usleep(10000);
		now = test_memory_kib(v.encoder, "Private_Dirty");
		peak = now > peak ? now : peak;
	}
	do { /* until it sleeps: the test's time is limited */
		ticks = test_cpu_ticks(v.encoder);
		usleep(500000);
	} while (test_cpu_ticks(v.encoder) - ticks > 3);
#ifndef SEK_SANITIZE
	/* picture copy 3.6 MiB, codec 4, queue 4, libraries */
	ck_assert_int_lt(peak, 14 * 1024);
#else
	(void)peak;
#endif
	viewer_until(&v, exact, "the picture once the broker reads again");
}
END_TEST

static bool two_frames(const struct viewer *x) { return x->frames >= 2; }

/* A client that takes everything and acknowledges nothing, while everything changes all the time. */
static void say_nothing_to(unsigned pictures)
{
	v.acks = false;
	for (unsigned i = 1; i < pictures; i++) {
		viewer_paint(&v, (struct sek_rect){ 0, 0, 1280, 720 }, i);
		viewer_frame(&v);
		viewer_take_for(&v, 10);
	}
}

START_TEST(a_silent_client_gets_a_window_and_no_more)
{
	size_t before;
	unsigned frames;

	sek_gap_writer_size(v.gap, 1280, 720);
	viewer_paint(&v, (struct sek_rect){ 0, 0, 1280, 720 }, 0);
	viewer_frame(&v);
	say_nothing_to(60); /* from the first frame on */
	ck_assert_uint_le(v.bytes, 2 * SEK_PACE_WINDOW_START);
	ck_assert_uint_le(v.frames, SEK_PACE_FRAMES_LEAST);
	v.acks = true;
	viewer_ack(&v, v.frame);
	viewer_until(&v, exact, "the picture once it acknowledges");
	/* after it was quick for a while */
	before = v.bytes;
	frames = v.frames;
	say_nothing_to(40);
	size_t got = v.bytes - before;
	unsigned drawn = v.frames - frames;

	say_nothing_to(40);
	ck_assert_uint_le(drawn, SEK_PACE_FRAMES);
	ck_assert_uint_eq(v.bytes - before, got); /* it has had its window: nothing more, however long */
	ck_assert_uint_eq(v.frames - frames, drawn);
	v.acks = true;
	viewer_ack(&v, v.frame);
	viewer_until(&v, exact, "the picture once it acknowledges again");
}
END_TEST

/* What is small goes before what is large, in a frame of its own. */
START_TEST(small_changes_overtake_photographs)
{
	first_picture(1280, 720);
	sek_gap_writer_caret(v.gap, 1000, 700, 2, 16);
	v.acks = false;
	v.frames = 0;
	viewer_refresh(&v); /* nothing is known about the line */
	viewer_until(&v, has_frame, "a keyframe");
	viewer_paint(&v, (struct sek_rect){ 0, 0, 1280, 640 }, 7);
	viewer_paint(&v, (struct sek_rect){ 1000, 700, 16, 16 }, VIEWER_FLAT | 0x123456);
	viewer_frame(&v);
	viewer_until(&v, two_frames, "a frame after it");
	ck_assert_uint_eq(v.picture.px[708u * v.picture.stride_px + 1008] & 0xffffff, 0x123456);
	ck_assert(!viewer_is_exact(&v)); /* the noise is not there yet */
	v.acks = true;
	viewer_ack(&v, v.frame);
	viewer_until(&v, exact, "all of it");
}
END_TEST

/* --- a decoder that an attacker owns: random bytes over the whole region, all the time --- */

static uint64_t next_random(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

static void *scribble(void *user)
{
	uint64_t seed = 88172645463325252ull;
	size_t n = v.layout.total_bytes / 8;
	volatile uint64_t *words = (volatile uint64_t *)(void *)v.raw;

	(void)user;
	while (!stop) {
		for (int i = 0; i < 20000; i++)
			words[next_random(&seed) % n] = next_random(&seed);
		/* header, cursor and counters far more often than their share of the region */
		for (int i = 0; i < 2000; i++)
			words[next_random(&seed) % (v.layout.pixels_offset / 8)] = next_random(&seed);
		for (int i = 0; i < 50; i++)
			words[next_random(&seed) % (sizeof(struct sek_gap_head) / 8)] = next_random(&seed);
		viewer_wake(&v);
		usleep(500);
	}
	return NULL;
}

START_TEST(hostile_writer)
{
	pthread_t thread;
	uint64_t start = test_now_ms(), last = start, longest = 0;
	unsigned frames = 0;

	first_picture(640, 480);
	stop = false;
	ck_assert_int_eq(pthread_create(&thread, NULL, scribble, NULL), 0);
	while (test_now_ms() < start + 6000) {
		struct pollfd p = { .fd = v.hub, .events = POLLIN };

		poll(&p, 1, 10);
		ck_assert(viewer_take(&v)); /* asserts the grammar, sizes, states, order of every message */
		if (v.frames != frames) {
			longest = test_now_ms() - last > longest ? test_now_ms() - last : longest;
			last = test_now_ms();
			frames = v.frames;
		}
	}
	stop = true;
	pthread_join(thread, NULL);
	ck_assert(test_alive(v.encoder));
	ck_assert_uint_gt(v.frames, 10);
	ck_assert_uint_lt(longest, 3000); /* no stall: not even with every hint a lie and everything changing */
	/* And it is as good as new. */
	memset(v.raw, 0, v.layout.pixels_offset);
	sek_gap_writer_size(v.gap, 640, 480);
	viewer_paint(&v, (struct sek_rect){ 0, 0, 640, 480 }, 5);
	sek_gap_writer_damage(v.gap, 0, 0, VIEWER_MAX_W, VIEWER_MAX_H);
	viewer_frame(&v);
	v.frames = 0;
	v.frames++;
	viewer_until(&v, exact, "an honest picture after the attack");
}
END_TEST

START_TEST(restart_goes_on_above_the_old_numbers)
{
	uint32_t old;

	first_picture(640, 480);
	old = v.frame;
	viewer_stop(&v);
	viewer_start(&v);
	sek_gap_writer_size(v.gap, 640, 480);
	viewer_frame(&v);
	viewer_until(&v, has_frame, "a frame of the second encoder");
	ck_assert_uint_lt(v.frame - old - 1, UINT32_MAX / 2);
	/* A late acknowledgement for the first one's frame is old, not nonsense. */
	viewer_ack(&v, old);
	viewer_take_for(&v, 50);
	ck_assert(test_alive(v.encoder));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("encoder: load");
	TCase *tc = tcase_create("load");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, idle_costs_nothing);
	tcase_add_test(tc, flood_of_wakeups_costs_little);
	tcase_add_test(tc, flood_of_frames_is_paced);
	tcase_add_test(tc, flood_of_cursors_is_paced);
	tcase_add_test(tc, half_painted_pictures_wait_for_their_end);
	tcase_add_test(tc, endless_painting_delays_but_does_not_stall);
	tcase_add_test(tc, stalled_broker_costs_constant_memory);
	tcase_add_test(tc, a_silent_client_gets_a_window_and_no_more);
	tcase_add_test(tc, small_changes_overtake_photographs);
	tcase_add_test(tc, hostile_writer);
	tcase_add_test(tc, restart_goes_on_above_the_old_numbers);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
