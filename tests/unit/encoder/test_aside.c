/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Snapshots through the real encoder: none without a recording, one when a recording begins in mid-session, in slices between
 * the frames; whoever reads from there on has what the client has. And their rhythm, on clocks made up.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "broker/encoder/snapshots.h"
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

static unsigned wanted;

static bool exact(const struct viewer *x) { return viewer_is_exact(x); }
static bool has_frame(const struct viewer *x) { return x->frames >= 1; }
static bool more_frames(const struct viewer *x) { return x->frames >= wanted; }
static bool has_snapshot(const struct viewer *x) { return x->snapshots >= wanted; }
static bool reads_exactly(const struct viewer *x) { return viewer_is_exact(x) && viewer_reads_the_same(x); }

static void picture(uint16_t width, uint16_t height)
{
	sek_gap_writer_size(v.gap, width, height);
	viewer_paint(&v, (struct sek_rect){ 0, 0, width, height }, VIEWER_FLAT | 0xffffff);
	viewer_paint(&v, (struct sek_rect){ 5, 5, (uint16_t)(width / 2), 80 }, 9);
	viewer_frame(&v);
}

START_TEST(none_without_a_recording)
{
	picture(640, 480);
	viewer_until(&v, exact, "the first picture");
	viewer_view(&v, 0);
	viewer_take_for(&v, 300);
	ck_assert_uint_eq(v.asides, 0);
	/* and one that is asked for before there is a picture is the first frame */
	viewer_refresh(&v);
	viewer_view(&v, SEK_VIEW_RECORD);
	wanted = v.frames + 1;
	viewer_until(&v, more_frames, "a keyframe");
	ck_assert_uint_eq(v.keyframes, 2);
}
END_TEST

START_TEST(a_recording_that_begins_later_gets_one_at_once)
{
	size_t before;

	picture(1280, 720);
	viewer_until(&v, exact, "the first picture");
	viewer_view(&v, SEK_VIEW_RECORD);
	wanted = 1;
	viewer_until(&v, has_snapshot, "a snapshot");
	viewer_until(&v, reads_exactly, "the picture as it is read");
	ck_assert_uint_eq(v.keyframes, 1);
	ck_assert_uint_ge(v.asides, 2); /* in slices */
	/* the same again is no wish for another; asking is */
	before = v.bytes;
	viewer_view(&v, SEK_VIEW_RECORD);
	viewer_take_for(&v, 200);
	ck_assert_uint_eq(v.bytes, before);
	viewer_view(&v, SEK_VIEW_RECORD | SEK_VIEW_SNAPSHOT);
	wanted = 2;
	viewer_until(&v, has_snapshot, "another snapshot");
	viewer_until(&v, reads_exactly, "the picture as it is read");
	/* the client goes on from a fresh start */
	viewer_paint(&v, (struct sek_rect){ 100, 100, 60, 60 }, 4);
	viewer_frame(&v);
	viewer_until(&v, reads_exactly, "the change, in both");
	ck_assert(!v.fresh_due);
	ck_assert_uint_eq(v.keyframes, 1);
}
END_TEST

/* A film plays, a client goes away and comes back, the size changes; snapshots are asked for all the time. */
START_TEST(whatever_happens_the_reader_has_what_the_client_has)
{
	picture(1280, 720);
	viewer_until(&v, has_frame, "the first picture");
	viewer_view(&v, SEK_VIEW_RECORD);
	for (unsigned i = 0; i < 60; i++) {
		viewer_paint(&v, (struct sek_rect){ 200, 150, 400, 300 }, 100 + i);
		viewer_frame(&v);
		if (i % 6 == 0)
			viewer_view(&v, SEK_VIEW_RECORD | SEK_VIEW_SNAPSHOT);
		if (i == 20)
			viewer_refresh(&v);
		if (i == 40)
			picture(800, 600);
		if (i == 45)
			viewer_visible(&v, false);
		if (i == 50)
			viewer_visible(&v, true);
		viewer_take_for(&v, 15);
	}
	wanted = v.snapshots + 1;
	viewer_view(&v, SEK_VIEW_RECORD | SEK_VIEW_SNAPSHOT);
	viewer_until(&v, has_snapshot, "a snapshot in the end");
	viewer_until(&v, reads_exactly, "the picture in the end");
	ck_assert_uint_gt(v.snapshots, 2);
	ck_assert_uint_gt(v.asides, v.snapshots);
}
END_TEST

START_TEST(a_slow_broker_gets_no_more_than_fits)
{
	picture(1280, 720);
	viewer_until(&v, exact, "the first picture");
	for (unsigned i = 0; i < 200; i++) /* nobody reads meanwhile */
		viewer_view(&v, SEK_VIEW_RECORD | SEK_VIEW_SNAPSHOT);
	wanted = 1;
	viewer_until(&v, has_snapshot, "a snapshot");
	viewer_until(&v, reads_exactly, "the picture as it is read");
}
END_TEST

/* --- the rhythm --- */

#define S 1000000ull

static struct sek_snapshots rhythm(void)
{
	struct sek_snapshots s;

	sek_snapshots_init(&s);
	sek_snapshots_view(&s, true, false);
	sek_snapshots_sent(&s, 1, true, 100 * S, 0);
	return s;
}

START_TEST(off_means_never)
{
	struct sek_snapshots s;

	sek_snapshots_init(&s);
	sek_snapshots_sent(&s, 1, true, 100 * S, 0);
	sek_snapshots_sent(&s, 2, false, 200 * S, 0);
	ck_assert(!sek_snapshots_look(&s, 1000 * S));
	sek_snapshots_view(&s, true, false);
	ck_assert(sek_snapshots_look(&s, 201 * S) && sek_snapshots_due(&s, 2, false, 201 * S, 0));
	sek_snapshots_view(&s, false, false);
	ck_assert(!sek_snapshots_look(&s, 1000 * S));
}
END_TEST

START_TEST(nothing_new_needs_none)
{
	struct sek_snapshots s = rhythm();

	ck_assert(!sek_snapshots_look(&s, 1000 * S));
	ck_assert(!sek_snapshots_due(&s, 1, true, 1000 * S, 100 * S));
	ck_assert(!sek_snapshots_look(&s, 1000 * S));
}
END_TEST

START_TEST(work_brings_one_in_a_quiet_moment)
{
	struct sek_snapshots s = rhythm();
	const uint64_t enough = (uint64_t)SEK_SNAPSHOTS_SHARE * SEK_SNAPSHOTS_COST_US;

	sek_snapshots_sent(&s, 2, false, 101 * S, 0);
	ck_assert(!sek_snapshots_look(&s, 105 * S - 1) && sek_snapshots_look(&s, 105 * S));
	ck_assert(!sek_snapshots_due(&s, 2, true, 104 * S, enough));     /* too soon */
	ck_assert(!sek_snapshots_due(&s, 2, true, 105 * S, enough - 1)); /* too little work */
	ck_assert(!sek_snapshots_look(&s, 106 * S));
	sek_snapshots_sent(&s, 3, false, 107 * S, 0);
	ck_assert(!sek_snapshots_look(&s, 107 * S + SEK_SNAPSHOTS_QUIET_US - 1));
	ck_assert(!sek_snapshots_due(&s, 3, true, 107 * S + SEK_SNAPSHOTS_QUIET_US - 1, enough)); /* not quiet */
	ck_assert(!sek_snapshots_due(&s, 3, false, 108 * S, enough));    /* not calm */
	ck_assert(sek_snapshots_due(&s, 3, true, 108 * S, enough));
	sek_snapshots_begun(&s, 108 * S);
	sek_snapshots_sliced(&s, 3, false, 4000, 108 * S, enough + 4000);
	sek_snapshots_sliced(&s, 3, true, 3000, 109 * S, enough + 7000);
	ck_assert_uint_eq(s.cost_us, 7000);
	ck_assert(!sek_snapshots_look(&s, 1000 * S));
	/* the next one is due by what this one cost */
	sek_snapshots_sent(&s, 4, false, 115 * S, 0);
	ck_assert(!sek_snapshots_due(&s, 4, true, 116 * S, enough + 7000 + SEK_SNAPSHOTS_SHARE * 7000 - 1));
	ck_assert(sek_snapshots_due(&s, 4, true, 116 * S, enough + 7000 + SEK_SNAPSHOTS_SHARE * 7000));
}
END_TEST

START_TEST(without_a_quiet_moment_it_comes_all_the_same)
{
	struct sek_snapshots s = rhythm();
	uint64_t now, due = 0, looks = 0;
	uint32_t frame = 1;

	for (now = 100 * S; due == 0; now += 16000) {
		ck_assert_uint_lt(now, 200 * S);
		sek_snapshots_sent(&s, ++frame, false, now, 0);
		if (!sek_snapshots_look(&s, now))
			continue;
		looks++;
		if (sek_snapshots_due(&s, frame, false, now, now - 100 * S)) /* all of a processor */
			due = now;
	}
	ck_assert_uint_ge(due, 100 * S + SEK_SNAPSHOTS_APART_US + SEK_SNAPSHOTS_PATIENCE_US);
	ck_assert_uint_lt(due, 100 * S + SEK_SNAPSHOTS_APART_US + SEK_SNAPSHOTS_PATIENCE_US + 2 * S);
	ck_assert_uint_lt(looks, 30);
}
END_TEST

START_TEST(little_work_brings_one_in_a_minute)
{
	struct sek_snapshots s = rhythm();

	sek_snapshots_sent(&s, 2, false, 101 * S, 0);
	ck_assert(!sek_snapshots_due(&s, 2, true, 159 * S, 1000));
	ck_assert(!sek_snapshots_look(&s, 160 * S - 1) && sek_snapshots_look(&s, 160 * S));
	ck_assert(sek_snapshots_due(&s, 2, true, 160 * S, 1000));
	/* a keyframe meanwhile is as good */
	sek_snapshots_sent(&s, 3, true, 160 * S, 1000);
	ck_assert(!sek_snapshots_look(&s, 1000 * S));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("encoder aside");
	TCase *t = tcase_create("encoder"), *r = tcase_create("rhythm");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, none_without_a_recording);
	tcase_add_test(t, a_recording_that_begins_later_gets_one_at_once);
	tcase_add_test(t, whatever_happens_the_reader_has_what_the_client_has);
	tcase_add_test(t, a_slow_broker_gets_no_more_than_fits);
	suite_add_tcase(s, t);
	tcase_add_test(r, off_means_never);
	tcase_add_test(r, nothing_new_needs_none);
	tcase_add_test(r, work_brings_one_in_a_quiet_moment);
	tcase_add_test(r, without_a_quiet_moment_it_comes_all_the_same);
	tcase_add_test(r, little_work_brings_one_in_a_minute);
	suite_add_tcase(s, r);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
