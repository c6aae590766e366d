/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The real sekisho-encoder between a gap and a client that decodes everything.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* --- conditions --- */

static bool exact(const struct viewer *x) { return viewer_is_exact(x); }
static bool size_800(const struct viewer *x) { return x->picture.width_px == 800 && viewer_is_exact(x); }
static bool has_frame(const struct viewer *x) { return x->frames >= 1; }
static bool three_frames(const struct viewer *x) { return x->frames >= 3; }
static bool four_frames(const struct viewer *x) { return x->frames >= 4; }
static bool has_state(const struct viewer *x) { return x->states >= 1; }
static bool two_states(const struct viewer *x) { return x->states >= 2; }
static bool has_cursor_and_caret(const struct viewer *x) { return x->cursors >= 1 && x->carets >= 1; }

static void first_picture(uint16_t width, uint16_t height)
{
	sek_gap_writer_size(v.gap, width, height);
	viewer_paint(&v, (struct sek_rect){ 0, 0, width, height }, 1);
	viewer_frame(&v);
	viewer_until(&v, exact, "the first picture");
}

START_TEST(jailed_with_exactly_its_descriptors)
{
	test_assert_jailed(v.encoder, 2);
	ck_assert_uint_eq(test_descriptors(v.encoder), (1u << SEK_ENCODER_FDS_END) - 1);
	first_picture(640, 480);
	ck_assert_uint_eq(test_descriptors(v.encoder), (1u << SEK_ENCODER_FDS_END) - 1);
	test_assert_jailed(v.encoder, 2);
}
END_TEST

START_TEST(says_nothing_before_the_first_frame)
{
	sek_gap_writer_size(v.gap, 640, 480);
	viewer_wake(&v);
	viewer_refresh(&v);
	viewer_take_for(&v, 200);
	ck_assert_uint_eq(v.bytes, 0);
	/* but a state */
	sek_gap_writer_state(v.gap, SEK_STATE_CONNECTING, 0);
	viewer_wake(&v);
	viewer_until(&v, has_state, "STATE");
	ck_assert_uint_eq(v.state, SEK_STATE_CONNECTING);
	ck_assert_uint_eq(v.bytes, SEK_FRAME_HEADER_BYTES + 8);
}
END_TEST

START_TEST(still_pictures_are_exact)
{
	unsigned seed = 3;

	first_picture(1279, 717);
	for (int i = 0; i < 60; i++) {
		struct sek_rect r = { (uint16_t)(rand_r(&seed) % 1000), (uint16_t)(rand_r(&seed) % 500),
			(uint16_t)(1 + rand_r(&seed) % 279), (uint16_t)(1 + rand_r(&seed) % 217) };

		viewer_paint(&v, r, i % 3 == 0 ? 0 : (unsigned)i);
		viewer_frame(&v);
		ck_assert(viewer_take(&v));
	}
	viewer_until(&v, exact, "an exact picture once still");
	ck_assert_uint_eq(v.keyframes, 1);
	ck_assert_uint_eq(v.sizes, 1);
}
END_TEST

START_TEST(resize_brings_size_and_keyframe)
{
	static const uint16_t sizes[][2] = { { 160, 120 }, { 1280, 720 }, { 641, 479 }, { 800, 600 } };

	first_picture(640, 480);
	for (int i = 0; i < 4; i++) {
		sek_gap_writer_begin(v.gap, true);
		sek_gap_writer_size(v.gap, sizes[i][0], sizes[i][1]);
		viewer_paint(&v, (struct sek_rect){ 0, 0, sizes[i][0], sizes[i][1] }, (unsigned)(10 + i));
		viewer_frame(&v);
		if (i % 2)
			viewer_take_for(&v, 20);
	}
	viewer_until(&v, size_800, "the last size");
	ck_assert_uint_eq(v.sizes, v.keyframes);
}
END_TEST

static bool has_documents(const struct viewer *x)
{
	return x->documents.count == SEK_DOCUMENTS_MAX;
}

/* Told when it changes, clamped, and anew to whoever asks for everything. */
START_TEST(documents_are_counted)
{
	first_picture(640, 480);
	ck_assert_uint_eq(v.documents_told, 0);
	sek_gap_writer_documents(v.gap, 60000);
	viewer_wake(&v);
	viewer_until(&v, has_documents, "DOCUMENTS");
	viewer_wake(&v);
	viewer_take_for(&v, 100);
	ck_assert_uint_eq(v.documents_told, 1);
	v.documents.count = 0;
	viewer_refresh(&v);
	viewer_until(&v, has_documents, "DOCUMENTS once more");
}
END_TEST

START_TEST(cursor_caret_state)
{
	static uint8_t image[24 * 24 * 4];

	memset(image, 0x7f, sizeof image);
	first_picture(640, 480);
	sek_gap_writer_cursor(v.gap, 24, 24, 5, 6, image);
	sek_gap_writer_caret(v.gap, 10, 20, 1, 18);
	viewer_wake(&v);
	viewer_until(&v, has_cursor_and_caret, "CURSOR and CARET");
	ck_assert_uint_eq(v.cursor.width_px, 24);
	ck_assert_uint_eq(v.cursor.hot_y_px, 6);
	ck_assert_mem_eq(v.cursor.bgra, image, sizeof image);
	ck_assert_uint_eq(v.caret.height_px, 18);
	/* Waking up again without news sends nothing. */
	size_t before = v.bytes;

	viewer_wake(&v);
	viewer_take_for(&v, 100);
	ck_assert_uint_eq(v.bytes, before);
}
END_TEST

START_TEST(the_end_is_final)
{
	sek_gap_writer_state(v.gap, SEK_STATE_BROWSER_CRASHED, 0);
	viewer_wake(&v);
	viewer_until(&v, has_state, "STATE");
	for (int i = 0; i < 10; i++) {
		sek_gap_writer_state(v.gap, i % 2 ? SEK_STATE_RUNNING : SEK_STATE_HOST_LOST, 0);
		viewer_wake(&v);
		viewer_take_for(&v, 15);
	}
	ck_assert_uint_eq(v.states, 1);
	viewer_refresh(&v);
	viewer_until(&v, two_states, "the same STATE again");
	ck_assert_uint_eq(v.state, SEK_STATE_BROWSER_CRASHED);
}
END_TEST

/* Paints until three frames have come, however slowly the encoder gets its turn. */
static void next_frames(unsigned seed, unsigned kind)
{
	uint64_t until = test_now_ms() + TEST_WAIT_MS;

	for (; !three_frames(&v); seed++) {
		ck_assert(test_now_ms() < until);
		viewer_paint(&v, (struct sek_rect){ 0, 0, 64, 64 }, kind | seed);
		viewer_frame(&v);
		viewer_take_for(&v, 10);
	}
}

START_TEST(few_frames_in_flight)
{
	v.acks = false;
	sek_gap_writer_size(v.gap, 640, 480);
	for (unsigned i = 1; i <= 40; i++) {
		viewer_paint(&v, (struct sek_rect){ 0, 0, 64, 64 }, VIEWER_FLAT | i);
		viewer_frame(&v);
		viewer_take_for(&v, 10);
	}
	next_frames(41, VIEWER_FLAT);
	viewer_take_for(&v, 50);
	ck_assert_uint_eq(v.frames, 3);
	/* The one that goes out next is the newest, not the fourth. */
	uint32_t third = v.frame;

	viewer_ack(&v, third - 2);
	viewer_until(&v, four_frames, "a frame after the acknowledgement");
	ck_assert_mem_eq(v.picture.px, sek_gap_writer_pixels(v.gap), 64 * 4);
	viewer_take_for(&v, 50);
	ck_assert_uint_eq(v.frames, 4);
	/* An old acknowledgement again, and one for a frame long gone: no more room. */
	viewer_ack(&v, third - 2);
	viewer_ack(&v, third - 1000);
	viewer_paint(&v, (struct sek_rect){ 0, 0, 64, 64 }, 99);
	viewer_frame(&v);
	viewer_take_for(&v, 50);
	ck_assert_uint_eq(v.frames, 4);
	v.acks = true;
	viewer_ack(&v, v.frame);
	viewer_until(&v, exact, "the last picture");
}
END_TEST

START_TEST(state_passes_a_full_line)
{
	v.acks = false;
	sek_gap_writer_size(v.gap, 640, 480);
	for (unsigned i = 1; i <= 8; i++) {
		viewer_paint(&v, (struct sek_rect){ 0, 0, 64, 64 }, i);
		viewer_frame(&v);
		viewer_take_for(&v, 10);
	}
	next_frames(9, 0);
	sek_gap_writer_state(v.gap, SEK_STATE_DISPLAY_DIED, 0);
	viewer_wake(&v);
	viewer_until(&v, has_state, "STATE");
	ck_assert_uint_eq(v.frames, 3);
}
END_TEST

START_TEST(invisible_means_nothing_but_state)
{
	static uint8_t image[4];
	size_t before;

	first_picture(640, 480);
	viewer_visible(&v, false);
	/* it has read that when it tells this */
	sek_gap_writer_state(v.gap, SEK_STATE_CONNECTING, 0);
	viewer_wake(&v);
	viewer_until(&v, has_state, "the first STATE");
	before = v.bytes;
	for (unsigned i = 1; i < 20; i++) {
		viewer_paint(&v, (struct sek_rect){ 0, 0, 300, 300 }, i);
		sek_gap_writer_cursor(v.gap, 1, 1, 0, 0, image);
		sek_gap_writer_caret(v.gap, (uint16_t)i, 1, 1, 1);
		viewer_frame(&v);
		viewer_take_for(&v, 10);
	}
	ck_assert_uint_eq(v.bytes, before);
	sek_gap_writer_state(v.gap, SEK_STATE_RUNNING, 0);
	viewer_wake(&v);
	viewer_until(&v, two_states, "STATE");
	ck_assert_uint_eq(v.bytes, before + SEK_FRAME_HEADER_BYTES + 8);
	viewer_visible(&v, true);
	viewer_until(&v, exact, "the picture after all");
	viewer_until(&v, has_cursor_and_caret, "cursor and caret after all");
	ck_assert_uint_eq(v.keyframes, 1);
}
END_TEST

static bool all_again(const struct viewer *x)
{
	return x->keyframes == 1 && x->sizes == 1 && x->cursors == 1 && x->carets == 1 && x->states == 1 &&
		viewer_is_exact(x);
}

START_TEST(refresh_sends_everything_anew)
{
	static uint8_t image[16 * 16 * 4];

	sek_gap_writer_state(v.gap, SEK_STATE_RUNNING, 0);
	sek_gap_writer_cursor(v.gap, 16, 16, 0, 0, image);
	sek_gap_writer_caret(v.gap, 1, 2, 3, 4);
	first_picture(640, 480);
	viewer_until(&v, has_cursor_and_caret, "cursor and caret");
	/* A new client: knows nothing, and has never heard of the frames that are still in flight. */
	v.acks = false;
	for (unsigned i = 1; i <= 8; i++) {
		viewer_paint(&v, (struct sek_rect){ 0, 0, 64, 64 }, i);
		viewer_frame(&v);
		viewer_take_for(&v, 10);
	}
	v.keyframes = v.sizes = v.cursors = v.carets = v.states = 0;
	v.acks = true;
	memset(v.picture.px, 0x11, (size_t)VIEWER_MAX_W * VIEWER_MAX_H * 4);
	viewer_refresh(&v);
	v.sizes = 0;
	viewer_until(&v, all_again, "everything once more");
}
END_TEST

START_TEST(black_picture_has_a_keyframe)
{
	sek_gap_writer_size(v.gap, 320, 240);
	viewer_frame(&v);
	viewer_until(&v, has_frame, "a keyframe of nothing");
	ck_assert_uint_eq(v.keyframes, 1);
	ck_assert(viewer_is_exact(&v));
}
END_TEST

/* --- the broker's side goes wrong --- */

START_TEST(future_acknowledgement_ends_it)
{
	static const uint32_t ahead[] = { 1, 64, 0x7ffffffe };

	first_picture(640, 480);
	viewer_ack(&v, v.frame + ahead[_i]);
	viewer_assert_end(&v, SEK_EXIT_PROTOCOL);
}
END_TEST

START_TEST(broken_grammar_ends_it)
{
	static const struct {
		const char *bytes;
		size_t n;
	} rows[] = {
		{ "\x7f\0\0\0\0\0\0\0", 8 },               /* unknown type */
		{ "\x02\0\0\0\0\0\0\5\0\0\0\0\0", 13 },    /* ACK too long */
		{ "\x02\0\0\0\0\0\0\3\0\0\0", 11 },        /* too short */
		{ "\x02\1\0\0\0\0\0\4\0\0\0\0", 12 },      /* flags */
		{ "\x03\0\0\1\0\0\0\0", 8 },               /* reserved */
		{ "\x0a\0\0\0\0\0\0\4\2\0\0\0", 12 },      /* VISIBILITY 2 */
		{ "\x05\0\0\0\0\0\0\x08\0\1\1\0\0\0\0\0", 16 }, /* KEY is not for the encoder */
		{ "\x82\0\0\0\0\0\0\x08\0\0\0\0\0\0\0\0", 16 }, /* wrong direction */
		{ "\x02\0\0\0\xff\xff\xff\xff", 8 },       /* huge */
	};

	viewer_send(&v, rows[_i].bytes, rows[_i].n);
	viewer_assert_end(&v, SEK_EXIT_PROTOCOL);
}
END_TEST

START_TEST(hub_closes)
{
	if (_i == 1)
		first_picture(640, 480);
	close(v.hub);
	v.hub = -1;
	viewer_assert_end(&v, SEK_EXIT_OK);
}
END_TEST

static struct test_end run(const char *const *argv, const int *fds, int n)
{
	return test_wait(test_spawn(SEK_ENCODER, argv, fds, n), TEST_WAIT_MS);
}

START_TEST(wrong_start_is_refused)
{
	static const char *const right[] = { "sekisho-encoder", "1280", "720", NULL };
	static const char *const larger[] = { "sekisho-encoder", "1920", "1080", NULL };
	static const char *const few[] = { "sekisho-encoder", "1280", NULL };
	static const char *const bad[] = { "sekisho-encoder", "1280", "72o", NULL };
	int sv[2], fds[6] = { -1, -1, 2, -1, -1, -1 };

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	fds[3] = sv[0];
	fds[4] = v.gap_ro;
	fds[5] = v.wake;
	ck_assert_int_eq(run(few, fds, 6).code, SEK_EXIT_USAGE);
	ck_assert_int_eq(run(bad, fds, 6).code, SEK_EXIT_USAGE);
	ck_assert_int_eq(run(larger, fds, 6).code, SEK_EXIT_USAGE); /* the gap is smaller than that */
	ck_assert_int_eq(run(right, fds, 5).code, SEK_EXIT_USAGE);
	fds[4] = v.gap_rw; /* an encoder that could write is not started */
	ck_assert_int_eq(run(right, fds, 6).code, SEK_EXIT_USAGE);
	fds[4] = v.gap_ro;
	fds[3] = -1;
	ck_assert_int_eq(run(right, fds, 6).code, SEK_EXIT_USAGE);
	close(sv[0]);
	close(sv[1]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("encoder");
	TCase *tc = tcase_create("encoder");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, jailed_with_exactly_its_descriptors);
	tcase_add_test(tc, says_nothing_before_the_first_frame);
	tcase_add_test(tc, still_pictures_are_exact);
	tcase_add_test(tc, resize_brings_size_and_keyframe);
	tcase_add_test(tc, documents_are_counted);
	tcase_add_test(tc, cursor_caret_state);
	tcase_add_test(tc, the_end_is_final);
	tcase_add_test(tc, few_frames_in_flight);
	tcase_add_test(tc, state_passes_a_full_line);
	tcase_add_test(tc, invisible_means_nothing_but_state);
	tcase_add_test(tc, refresh_sends_everything_anew);
	tcase_add_test(tc, black_picture_has_a_keyframe);
	tcase_add_loop_test(tc, future_acknowledgement_ends_it, 0, 3);
	tcase_add_loop_test(tc, broken_grammar_ends_it, 0, 9);
	tcase_add_loop_test(tc, hub_closes, 0, 2);
	tcase_add_test(tc, wrong_start_is_refused);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
