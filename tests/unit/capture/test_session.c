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

static bool is_closed(struct rig *r, void *unused)
{
	(void)unused;
	return r->closed;
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
	ck_assert_uint_le(rig.frames - before, 62);
	ck_assert_uint_ge(rig.frames - before, 20); /* a loaded machine, sanitizers */
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

START_TEST(a_new_attach_replaces_the_old)
{
	int old;

	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	old = dup(rig.host);
	rig_attach(&rig, 400, 300);
	rig_until(&rig, has_size, (uint16_t[2]){ 400, 300 }, "the new size");
	rig_until_same_picture(&rig);
	ck_assert_uint_eq(rig.keyframes, 1);
	/* the old stream is at its end */
	for (char drain[65536];;) {
		ssize_t n = recv(old, drain, sizeof drain, 0);

		if (n <= 0)
			break;
	}
	close(old);
}
END_TEST

/* A receiver that breaks the grammar is let go; the session is there for the next one. */
START_TEST(malformed_frames_end_only_the_stream)
{
	static const struct {
		const char *bytes;
		size_t n;
	} bad[] = {
		{ "\x7f\0\0\0\0\0\0\0", 8 },                           /* unknown type */
		{ "\x82\0\0\0\0\0\0\x08" "abcdefgh", 16 },             /* a type of the other direction */
		{ "\x05\0\0\0\0\0\0\x07" "abcdefg", 15 },              /* wrong length */
		{ "\x05\0\0\0\0\0\0\x08" "\0\x1e\x02\0\0\0\0\0", 16 }, /* a key that is neither up nor down */
		{ "\x08\0\0\0\0\0\0\x02" "\xc0\x80", 10 },             /* overlong UTF-8 */
		{ "\x02\0\0\0\0\0\0\x04" "\x7f\xff\xff\xff", 12 },     /* ACK of a frame that was never sent */
		{ "\x01\0\0\0\0\0\0\x14" "SEKI\0\1\0\1\x03\x20\x02\x58\0\x64\0\0\0\0\0\0", 28 }, /* a second HELLO */
		{ "\x03\x01\0\0\0\0\0\0", 8 },                         /* a flag that is not defined */
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		rig_attach(&rig, 800, 600);
		rig_until_same_picture(&rig);
		ck_assert_int_eq(send(rig.host, bad[i].bytes, bad[i].n, MSG_NOSIGNAL), (ssize_t)bad[i].n);
		rig_until(&rig, is_closed, NULL, "the stream's end");
	}
	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
}
END_TEST

static void status_line(const char *name, char *value, size_t size)
{
	char path[64], line[256];
	size_t n = strlen(name);
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/status", (int)rig.capture);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	*value = 0;
	while (fgets(line, sizeof line, f))
		if (strncmp(line, name, n) == 0 && line[n] == ':')
			snprintf(value, size, "%s", line + n + 1 + strspn(line + n + 1, " \t"));
	fclose(f);
	value[strcspn(value, "\n")] = 0;
}

static bool same_namespace(const char *name)
{
	char path[64], own[64], theirs[64];
	ssize_t a, b;

	snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)rig.capture, name);
	a = readlink(path, theirs, sizeof theirs);
	snprintf(path, sizeof path, "/proc/self/ns/%s", name);
	b = readlink(path, own, sizeof own);
	ck_assert(a > 0 && b > 0);
	return a == b && memcmp(own, theirs, (size_t)a) == 0;
}

static unsigned descriptors(void)
{
	char path[64];
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++) {
		snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)rig.capture, fd);
		n += faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	}
	return n;
}

START_TEST(the_jail_is_shut)
{
	static const struct {
		const char *name, *value;
	} want[] = {
		{ "Seccomp", "2" }, { "NoNewPrivs", "1" }, { "CapEff", "0000000000000000" },
		{ "CapPrm", "0000000000000000" }, { "CapBnd", "0000000000000000" },
	};

	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
		char value[64];

		status_line(want[i].name, value, sizeof value);
		ck_assert_msg(strcmp(value, want[i].value) == 0, "%s: %s", want[i].name, value);
	}
	ck_assert(!same_namespace("net"));
	ck_assert(!same_namespace("mnt"));
	ck_assert(!same_namespace("user"));
	/* 0, 1, 2, control, X, IME and the stream: nothing else */
	ck_assert_uint_eq(descriptors(), 7);
}
END_TEST

START_TEST(end_ends)
{
	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	rig_empty(&rig, SEK_MSG_END);
	ck_assert_int_eq(rig_wait_exit(&rig), SEK_CAPTURE_ENDED);
}
END_TEST

START_TEST(ended_state_is_told)
{
	struct sek_state_msg state = { SEK_STATE_BROWSER_CRASHED, 0 };
	uint8_t bytes[32];
	struct sek_writer w;

	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_state_write(&w, &state);
	ck_assert_int_eq(send(rig.control, bytes, w.len, 0), (ssize_t)w.len);
	rig_until(&rig, is_closed, NULL, "the stream's end");
	ck_assert_uint_eq(rig.state, SEK_STATE_BROWSER_CRASHED);
	ck_assert_int_eq(rig_wait_exit(&rig), SEK_CAPTURE_OK);
}
END_TEST

START_TEST(closing_control_ends)
{
	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	close(rig.control);
	rig.control = -1;
	ck_assert_int_eq(rig_wait_exit(&rig), SEK_CAPTURE_OK);
}
END_TEST

START_TEST(a_bad_control_packet_ends)
{
	ck_assert_int_eq(send(rig.control, "nonsense", 8, 0), 8);
	ck_assert_int_eq(rig_wait_exit(&rig), SEK_CAPTURE_PROTOCOL);
}
END_TEST

START_TEST(display_death_ends)
{
	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	xcb_disconnect(rig.x);
	rig.x = xcb_connect("unix:/nonexistent", NULL); /* a connection in error, which the rig can go on asking */
	kill(rig.xvfb, SIGTERM);
	ck_assert_int_eq(rig_wait_exit(&rig), SEK_CAPTURE_DISPLAY_LOST);
}
END_TEST

START_TEST(a_truncated_framebuffer_ends)
{
	char path[96];

	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	snprintf(path, sizeof path, "%s/%s", rig.dir, SEK_SESSION_FRAMEBUFFER);
	ck_assert_int_eq(truncate(path, 4096), 0);
	rig_empty(&rig, SEK_MSG_REFRESH);
	ck_assert_int_eq(rig_wait_exit(&rig), SEK_CAPTURE_DISPLAY_LOST);
}
END_TEST

/* A receiver that does not read: capture's memory stays bounded and input goes on. */
START_TEST(stalled_receiver_costs_no_memory)
{
	unsigned before, after;

	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	rig_settle(&rig);
	before = rig_capture_pss_kib(&rig);
	for (unsigned i = 0; i < 60; i++) {
		rig_noise(&rig, 0, 0, 800, 600, i);
		free(xcb_get_input_focus_reply(rig.x, xcb_get_input_focus(rig.x), NULL));
	}
	rig_tap(&rig, KEY_A, 'a');
	while (rig.logged < 2) {
		struct rig_event *e = &rig.log[rig.logged];
		xcb_generic_event_t *x = xcb_wait_for_event(rig.x);

		e->type = x->response_type & 0x7f;
		if (e->type == XCB_KEY_PRESS || e->type == XCB_KEY_RELEASE)
			rig.logged++;
		free(x);
	}
	after = rig_capture_pss_kib(&rig);
	ck_assert_msg(after < before + 8 * 1024, "PSS grew from %u to %u KiB", before, after);
	rig_until_same_picture(&rig);
}
END_TEST

START_TEST(idle_costs_nothing)
{
	uint64_t before;

	rig_attach(&rig, 800, 600);
	rig_until_same_picture(&rig);
	rig_for(&rig, 700); /* refinement is over */
	before = rig_capture_cpu_us(&rig);
	rig_for(&rig, 1500);
	ck_assert_uint_eq(rig_capture_cpu_us(&rig), before);
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
	tcase_add_test(t, invisible_costs_nothing);
	tcase_add_test(t, resizes_last_wins);
	tcase_add_test(t, resizes_leave_no_modes);
	tcase_add_test(t, cursor_is_told);
	tcase_add_test(t, caret_passes_and_is_remembered);
	tcase_add_test(t, a_new_attach_replaces_the_old);
	tcase_add_test(t, malformed_frames_end_only_the_stream);
	tcase_add_test(t, the_jail_is_shut);
	tcase_add_test(t, end_ends);
	tcase_add_test(t, ended_state_is_told);
	tcase_add_test(t, closing_control_ends);
	tcase_add_test(t, a_bad_control_packet_ends);
	tcase_add_test(t, display_death_ends);
	tcase_add_test(t, a_truncated_framebuffer_ends);
	tcase_add_test(t, stalled_receiver_costs_no_memory);
	tcase_add_test(t, idle_costs_nothing);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
