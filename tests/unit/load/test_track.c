/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sequences that are encoded once: whoever begins at any of their keyframes sees, in the end, what was drawn; frames are numbered
 * for each session, paced by acknowledgements, and a key turns the marker without waiting for the next frame.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "client/load/marker.h"
#include "client/load/synthetic/play.h"

enum { WIDTH = 640, HEIGHT = 400, STEP_MS = 200, PERIOD_US = 200000 };

static struct sek_track *track;
static uint32_t drawn[WIDTH * HEIGHT], seen[WIDTH * HEIGHT];
static struct sek_painter *painter;
static struct sek_play play;
static struct sek_play_out out;
static uint64_t now_us;

static void nothing(void *user, struct sek_rect r)
{
	(void)user;
	(void)r;
}

static void setup(void)
{
	const struct sek_picture p = { drawn, WIDTH, WIDTH, HEIGHT };
	struct sek_source *s = sek_source_written(7);

	ck_assert_ptr_nonnull(s);
	ck_assert(sek_is_ok(sek_track_make(s, WIDTH, HEIGHT, STEP_MS, &track)));
	sek_source_destroy(s);
	s = sek_source_written(7);
	memset(drawn, 0, sizeof drawn);
	while (sek_source_step(s, STEP_MS, &p, nothing, NULL))
		;
	sek_source_destroy(s);
	memset(seen, 0, sizeof seen);
	painter = sek_painter_create();
	ck_assert_ptr_nonnull(painter);
	now_us = 1000000;
}

static void teardown(void)
{
	sek_play_out_finish(&out);
	sek_painter_destroy(painter);
	sek_track_destroy(track);
}

/* Paints what waits, as a client would. Returns the number of the last frame that ended, and how many did. */
static uint32_t paint(unsigned *ret_ended)
{
	const struct sek_picture p = { seen, WIDTH, WIDTH, HEIGHT };
	uint32_t last = 0;

	*ret_ended = 0;
	while (out.end > out.start) {
		struct sek_frame f;
		size_t total;
		uint32_t frame;

		ck_assert(sek_is_ok(sek_frame_whole(out.bytes + out.start, out.end - out.start, SEK_LINK_HOST, SEK_DIR_DOWN, &f, &total)));
		ck_assert_uint_eq(f.type, SEK_MSG_UPDATE);
		ck_assert(sek_is_ok(sek_paint_update(painter, &p, f.flags, out.bytes + out.start + SEK_FRAME_HEADER_BYTES, f.payload_bytes, NULL,
			NULL, &frame)));
		if (f.flags & SEK_UPDATE_END) {
			last = frame;
			++*ret_ended;
		}
		sek_play_out_taken(&out, total);
	}
	return last;
}

static uint32_t go(void)
{
	unsigned ended;
	uint32_t frame;

	ck_assert(sek_is_ok(sek_play_go(&play, now_us, &out)));
	frame = paint(&ended);
	ck_assert_uint_eq(ended, 1);
	return frame;
}

static bool is_odd(void)
{
	return sek_marker_is_odd(seen[sek_marker_y_px(HEIGHT) * WIDTH + sek_marker_x_px(WIDTH)]);
}

static void assert_same_but_marker(void)
{
	const struct sek_rect r = sek_marker_tile(WIDTH, HEIGHT);

	for (unsigned y = 0; y < HEIGHT; y++)
		for (unsigned x = 0; x < WIDTH; x++)
			if (x < r.x || x >= (unsigned)r.x + r.w || y < r.y || y >= (unsigned)r.y + r.h)
				ck_assert_msg(seen[y * WIDTH + x] == drawn[y * WIDTH + x], "pixel %u,%u", x, y);
}

START_TEST(every_place_to_begin_leads_to_the_same_picture)
{
	ck_assert_uint_gt(track->n_frames, SEK_TRACK_ENTRY_EVERY);
	ck_assert_uint_gt(track->n_entries, 1);
	for (size_t e = 0; e < track->n_entries; e++) {
		sek_play_init(&play, track, PERIOD_US, e, now_us);
		ck_assert(sek_is_ok(sek_play_ack(&play, go())));
		ck_assert_uint_eq(play.next, track->entries[e].next);
		while (play.next < track->n_frames) {
			now_us += PERIOD_US;
			ck_assert(sek_is_ok(sek_play_ack(&play, go())));
		}
		assert_same_but_marker();
		/* and round again, from the first keyframe */
		now_us += PERIOD_US;
		go();
		ck_assert_uint_eq(play.next, 0);
	}
}
END_TEST

START_TEST(frames_wait_for_acknowledgements)
{
	uint32_t frame = 0;

	sek_play_init(&play, track, PERIOD_US, 0, now_us);
	for (unsigned i = 0; i < SEK_PLAY_IN_FLIGHT; i++) {
		frame = go();
		ck_assert_uint_eq(frame, i + 1);
		now_us += PERIOD_US;
	}
	ck_assert(sek_play_due_us(&play) == UINT64_MAX);
	ck_assert(sek_is_ok(sek_play_go(&play, now_us, &out)));
	ck_assert_uint_eq(out.end, 0);
	ck_assert(sek_is(sek_play_ack(&play, frame + 1), SEK_E_MALFORMED));
	ck_assert(sek_is(sek_play_ack(&play, 0), SEK_E_MALFORMED));
	ck_assert(sek_is_ok(sek_play_ack(&play, frame)));
	ck_assert(sek_is(sek_play_ack(&play, frame), SEK_E_MALFORMED));
	ck_assert_uint_eq(go(), frame + 1);
}
END_TEST

START_TEST(a_key_turns_the_marker_at_once)
{
	sek_play_init(&play, track, 0, 0, now_us); /* nothing moves */
	ck_assert(sek_is_ok(sek_play_ack(&play, go())));
	ck_assert(sek_play_due_us(&play) == UINT64_MAX);
	for (unsigned i = 0; i < 5; i++) {
		ck_assert_int_eq(is_odd(), i % 2);
		sek_play_input(&play);
		ck_assert(sek_play_due_us(&play) == 0);
		ck_assert(sek_is_ok(sek_play_ack(&play, go())));
	}
	/* the next receiver sees it as it is */
	memset(seen, 0, sizeof seen);
	sek_play_receiver(&play);
	go();
	ck_assert(is_odd());
}
END_TEST

START_TEST(who_does_not_look_is_sent_nothing)
{
	sek_play_init(&play, track, PERIOD_US, 0, now_us);
	ck_assert(sek_is_ok(sek_play_ack(&play, go())));
	play.visible = false;
	ck_assert(sek_play_due_us(&play) == UINT64_MAX);
	play.visible = true;
	ck_assert(sek_play_due_us(&play) != UINT64_MAX);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("load.track");
	TCase *c = tcase_create("track");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, every_place_to_begin_leads_to_the_same_picture);
	tcase_add_test(c, frames_wait_for_acknowledgements);
	tcase_add_test(c, a_key_turns_the_marker_at_once);
	tcase_add_test(c, who_does_not_look_is_sent_nothing);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
