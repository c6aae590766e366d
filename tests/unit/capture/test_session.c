/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-capture as a whole, jail included, on a real X server: attach, pixels, pacing, sizes, cursor, end.
 */
#include <check.h>
#include <fcntl.h>
#include <linux/input-event-codes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xcb/randr.h>

#include "render-host/capture/pacer.h"
#include "render-host/session.h"
#include "tests/unit/capture/rig.h"

static struct rig rig;

static void setup(void)
{
	rig_start(&rig, 800, 600, NULL);
}

static void teardown(void)
{
	rig_stop(&rig);
}

static bool has_frames(struct rig *r, void *n)
{
	return r->frames >= *(unsigned *)n;
}

static bool has_size(struct rig *r, void *wh)
{
	const uint16_t *v = wh;

	return r->width_px == v[0] && r->height_px == v[1];
}

static bool has_cursor(struct rig *r, void *width)
{
	return r->cursors > 0 && r->cursor.width_px == *(uint16_t *)width;
}

START_TEST(attach_gives_everything)
{
	unsigned one = 1;

	rig_attach(&rig, 640, 480);
	rig_until(&rig, has_frames, &one, "a frame");
	ck_assert_uint_ge(rig.ordered, 3);
	ck_assert_uint_eq(rig.order[0], SEK_MSG_SIZE);
	ck_assert_uint_eq(rig.order[1], SEK_MSG_STATE);
	ck_assert_uint_eq(rig.order[2], SEK_MSG_UPDATE);
	ck_assert_uint_eq(rig.width_px, 640);
	ck_assert_uint_eq(rig.height_px, 480);
	ck_assert_uint_eq(rig.sizes, 1);
	ck_assert_uint_eq(rig.state, SEK_STATE_RUNNING);
	ck_assert_uint_eq(rig.keyframes, 1);
	rig_until_same_picture(&rig);
}
END_TEST

START_TEST(pixels_follow_the_screen)
{
	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	for (int i = 0; i < 40; i++) {
		rig_fill(&rig, 0x010203u * (unsigned)(i + 1), (int16_t)(i * 17 % 700), (int16_t)(i * 31 % 500), 90, 70);
		if (i % 8 == 0)
			rig_noise(&rig, (int16_t)(i * 13 % 400), (int16_t)(i * 7 % 300), 200, 150, (uint32_t)i);
		rig_until_same_picture(&rig);
	}
	/* the whole picture uncompressible: larger than one UPDATE may be */
	rig_noise(&rig, 0, 0, 800, 600, 99);
	rig_until_same_picture(&rig);
	ck_assert_uint_eq(rig.keyframes, 1);
}
END_TEST

START_TEST(refresh_gives_a_keyframe)
{
	unsigned two = 2;

	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	memset(rig.px, 0x55, sizeof *rig.px * 800 * 600);
	two = rig.frames + 1;
	rig_empty(&rig, SEK_MSG_REFRESH);
	rig_until(&rig, has_frames, &two, "a keyframe");
	ck_assert_uint_eq(rig.keyframes, 2);
	rig_until_same_picture(&rig);
}
END_TEST

/* Without acknowledgements three frames leave and no more; with the first, the newest picture follows. */
START_TEST(unacknowledged_frames_are_few)
{
	struct sek_ack ack;
	uint8_t bytes[16];
	struct sek_writer w;
	unsigned before;

	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	rig_settle(&rig);
	rig.no_ack = true;
	before = rig.frames;
	for (int i = 0; i < 20; i++) {
		rig_fill(&rig, 0x112233u * (unsigned)(i + 1), 10, 10, 300, 300);
		rig_for(&rig, 25);
	}
	ck_assert_uint_eq(rig.frames - before, 3);
	ck_assert(!rig_same_picture(&rig));
	rig.no_ack = false;
	ack.frame = rig.frame;
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_ack_write(&w, &ack);
	rig_send(&rig, &w);
	rig_until_same_picture(&rig);
	ck_assert_uint_le(rig.frames - before, 5);
}
END_TEST

START_TEST(frame_rate_is_capped)
{
	uint64_t until;
	unsigned before, n = 0;

	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	before = rig.frames;
	until = rig_now_us() + 1000000;
	while (rig_now_us() < until) {
		n++;
		rig_fill(&rig, 0x010101u * (n & 0xff), (int16_t)(n % 500), 10, 60, 60);
		rig_for(&rig, 2);
	}
	ck_assert_uint_le(rig.frames - before, 1000000 / SEK_PACER_FRAME_US + 4);
	ck_assert_uint_ge(rig.frames - before, 20); /* a loaded machine, sanitizers */
}
END_TEST

static void view(uint8_t fps)
{
	uint8_t bytes[32];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_view_write(&w, &(struct sek_view){ .max_fps = fps, .text = "" });
	ck_assert_int_eq(send(rig.control, bytes, w.len, 0), (ssize_t)w.len);
}

/* renderd has no processor left for it: a user who does something gets four times what is said for one who does not. */
START_TEST(renderd_lowers_the_rate)
{
	unsigned before;

	rig_attach(&rig, 800, 600);
	rig_settle(&rig);
	view(1);
	rig_settle(&rig);
	before = rig.frames;
	for (int i = 0; i < 100; i++) {
		rig_fill(&rig, 0x010101u * (uint32_t)i, 0, 0, 800, 600);
		rig_for(&rig, 15);
	}
	ck_assert_uint_gt(rig.frames, before);
	ck_assert_uint_le(rig.frames - before, 40); /* at 80 a second: 120. A slow machine has more time, and fewer still */
	rig_until_same_picture(&rig); /* the last one is not lost */
	view(SEK_FPS_MAX);
	rig_fill(&rig, 0x123456, 0, 0, 800, 600);
	rig_until_same_picture(&rig);
}
END_TEST

START_TEST(invisible_costs_nothing)
{
	uint8_t bytes[16];
	struct sek_visibility v = { false };
	struct sek_writer w;
	unsigned before;

	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_visibility_write(&w, &v);
	rig_send(&rig, &w);
	rig_settle(&rig);
	before = rig.frames;
	rig_fill(&rig, 0xffffff, 0, 0, 400, 400);
	rig_for(&rig, 150);
	ck_assert_uint_eq(rig.frames, before);
	v.visible = true;
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_visibility_write(&w, &v);
	rig_send(&rig, &w);
	rig_until_same_picture(&rig);
	ck_assert_uint_eq(rig.keyframes, 1);
}
END_TEST

static void resize(uint16_t width, uint16_t height)
{
	struct sek_resize m = { width, height, 100 };
	uint8_t bytes[32];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_resize_write(&w, &m);
	rig_send(&rig, &w);
}

START_TEST(resizes_last_wins)
{
	unsigned before;
	uint16_t want[2] = { 333, 222 };

	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	before = rig.sizes;
	for (uint16_t i = 0; i < 100; i++)
		resize((uint16_t)(700 - i), (uint16_t)(500 - i));
	resize(333, 222);
	rig_until(&rig, has_size, want, "the last size");
	rig_until_same_picture(&rig);
	ck_assert_uint_le(rig.sizes - before, 3);
	/* up to the maximum, and not below the minimum */
	resize(7680, 4320);
	rig_until(&rig, has_size, (uint16_t[2]){ 800, 600 }, "the largest size");
	resize(160, 120);
	rig_until(&rig, has_size, (uint16_t[2]){ 160, 120 }, "the smallest size");
	rig_until_same_picture(&rig);
}
END_TEST

/* The modes that capture made and that are still there. */
static unsigned modes(void)
{
	xcb_randr_get_screen_resources_current_reply_t *r = xcb_randr_get_screen_resources_current_reply(rig.x,
		xcb_randr_get_screen_resources_current(rig.x, rig.root), NULL);
	const char *names;
	unsigned n = 0;

	ck_assert_ptr_nonnull(r);
	names = (const char *)xcb_randr_get_screen_resources_current_names(r);
	for (int i = 0; i + 8 <= xcb_randr_get_screen_resources_current_names_length(r); i++)
		n += memcmp(names + i, "sekisho-", 8) == 0;
	free(r);
	return n;
}

/* Old modes go, or the X server would collect them. */
START_TEST(resizes_leave_no_modes)
{
	rig_attach(&rig, 800, 600);
	for (uint16_t i = 0; i < 12; i++) {
		uint16_t want[2] = { (uint16_t)(500 + i * 7), (uint16_t)(400 + i * 3) };

		resize(want[0], want[1]);
		rig_until(&rig, has_size, want, "a size");
		ck_assert_uint_eq(modes(), 1);
	}
	rig_until_same_picture(&rig);
}
END_TEST

START_TEST(cursor_is_told)
{
	xcb_font_t font = xcb_generate_id(rig.x);
	xcb_pixmap_t empty = xcb_generate_id(rig.x);
	uint32_t cursor;
	uint16_t none = 0;
	struct sek_pointer p = { 100, 100, 0 };
	uint8_t bytes[32];
	struct sek_writer w;
	unsigned before;

	rig_attach(&rig, 800, 600);
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_pointer_write(&w, &p);
	rig_send(&rig, &w);
	rig_until_same_picture(&rig);
	rig_settle(&rig);
	before = rig.cursors;
	ck_assert_uint_gt(before, 0);
	xcb_open_font(rig.x, font, 6, "cursor");
	cursor = xcb_generate_id(rig.x);
	xcb_create_glyph_cursor(rig.x, cursor, font, font, 152, 153, 0, 0, 0, 65535, 65535, 65535);
	xcb_change_window_attributes(rig.x, rig.window, XCB_CW_CURSOR, &cursor);
	xcb_flush(rig.x);
	while (rig.cursors == before)
		rig_for(&rig, 5);
	ck_assert_uint_gt(rig.cursor.width_px, 0);
	ck_assert_uint_lt(rig.cursor.hot_x_px, rig.cursor.width_px);
	/* an empty one: nothing is to be drawn */
	cursor = xcb_generate_id(rig.x);
	xcb_create_pixmap(rig.x, 1, empty, rig.root, 8, 8);
	{
		xcb_gcontext_t gc = xcb_generate_id(rig.x);
		uint32_t zero = 0;
		xcb_rectangle_t all = { 0, 0, 8, 8 };

		xcb_create_gc(rig.x, gc, empty, XCB_GC_FOREGROUND, &zero);
		xcb_poly_fill_rectangle(rig.x, empty, gc, 1, &all);
	}
	xcb_create_cursor(rig.x, cursor, empty, empty, 0, 0, 0, 0, 0, 0, 0, 0);
	xcb_change_window_attributes(rig.x, rig.window, XCB_CW_CURSOR, &cursor);
	xcb_flush(rig.x);
	rig_until(&rig, has_cursor, &none, "an empty cursor");
}
END_TEST

static bool has_caret(struct rig *r, void *x)
{
	return r->carets > 0 && r->caret.x_px == *(uint16_t *)x;
}

START_TEST(caret_passes_and_is_remembered)
{
	struct sek_caret caret = { 158, 53, 1, 20 };
	uint16_t x = 158;
	uint8_t bytes[32];
	struct sek_writer w;

	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_caret_write(&w, &caret);
	ck_assert_int_eq(send(rig.ime, bytes, w.len, 0), (ssize_t)w.len);
	rig_until(&rig, has_caret, &x, "the caret");
	ck_assert_uint_eq(rig.caret.height_px, 20);
	rig.carets = 0;
	rig_attach(&rig, 800, 600);
	rig_until(&rig, has_caret, &x, "the caret at the next attach");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("capture session");
	TCase *t = tcase_create("session");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, attach_gives_everything);
	tcase_add_test(t, pixels_follow_the_screen);
	tcase_add_test(t, refresh_gives_a_keyframe);
	tcase_add_test(t, unacknowledged_frames_are_few);
	tcase_add_test(t, frame_rate_is_capped);
	tcase_add_test(t, renderd_lowers_the_rate);
	tcase_add_test(t, invisible_costs_nothing);
	tcase_add_test(t, resizes_last_wins);
	tcase_add_test(t, resizes_leave_no_modes);
	tcase_add_test(t, cursor_is_told);
	tcase_add_test(t, caret_passes_and_is_remembered);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
