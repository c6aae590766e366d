/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The parts that need no X server: framebuffer header, cursor images, pacing, pointer arithmetic.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render-host/capture/cursor.h"
#include "render-host/capture/pacer.h"
#include "render-host/capture/pointer.h"
#include "render-host/capture/xwd.h"
#include "tests/unit/capture/xwd_sample.h"

/* --- framebuffer header --- */

static sek_status parse(const uint32_t h[25], uint64_t file_bytes, struct sek_xwd *ret)
{
	uint8_t bytes[SEK_XWD_HEADER_BYTES];

	xwd_sample_bytes(h, bytes);
	return sek_xwd_parse(bytes, sizeof bytes, file_bytes, ret);
}

START_TEST(xwd_of_xvfb)
{
	struct sek_xwd x;
	uint32_t h[25];

	xwd_sample(h, 1920, 1080);
	ck_assert(sek_is_ok(parse(h, XWD_SAMPLE_OFFSET + 1920 * 1080 * 4, &x)));
	ck_assert_uint_eq(x.width_px, 1920);
	ck_assert_uint_eq(x.height_px, 1080);
	ck_assert_uint_eq(x.stride_px, 1920);
	ck_assert_uint_eq(x.pixels_offset, XWD_SAMPLE_OFFSET);
}
END_TEST

START_TEST(xwd_prefixes_are_refused)
{
	uint8_t bytes[SEK_XWD_HEADER_BYTES];
	struct sek_xwd x;
	uint32_t h[25];

	xwd_sample(h, 640, 480);
	xwd_sample_bytes(h, bytes);
	for (size_t n = 0; n < sizeof bytes; n++)
		ck_assert(!sek_is_ok(sek_xwd_parse(bytes, n, 1 << 30, &x)));
	ck_assert(sek_is_ok(sek_xwd_parse(bytes, sizeof bytes, 1 << 30, &x)));
}
END_TEST

START_TEST(xwd_limits)
{
	static const struct {
		int word;
		uint32_t value;
		bool ok;
	} rows[] = {
		{ 0, 99, false }, { 0, 100, true }, { 0, 101, false }, { 0, 104, true }, { 0, 4196, true },
		{ 0, 4200, false }, { 0, 0xffffffff, false }, { 1, 6, false }, { 2, 1, false }, { 3, 32, false },
		{ 4, 0, false }, { 4, 640, true }, { 4, 641, false }, { 4, 0xffffffff, false }, { 5, 0, false },
		{ 5, 480, true }, { 5, 481, false }, { 5, 4321, false }, { 6, 1, false }, { 7, 1, false },
		{ 11, 24, false }, { 12, 639 * 4, false }, { 12, 640 * 4 + 1, false }, { 12, 0xfffffffc, false },
		{ 14, 0xff, false }, { 19, 4096, false }, { 19, 4097, false }, { 19, 0xffffffff, false }, { 19, 0, true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sek_xwd x = { .width_px = 7 };
		uint32_t h[25];

		xwd_sample(h, 640, 480);
		h[rows[i].word] = rows[i].value;
		/* as long as the sample needs, and the longest name more */
		ck_assert_msg(sek_is_ok(parse(h, XWD_SAMPLE_OFFSET + 640 * 480 * 4 + (rows[i].word == 0 ? 4096 : 0), &x)) ==
			rows[i].ok, "word %d = %u", rows[i].word, rows[i].value);
		if (!rows[i].ok)
			ck_assert_uint_eq(x.width_px, 7);
	}
}
END_TEST

START_TEST(xwd_file_must_hold_the_pixels)
{
	struct sek_xwd x;
	uint32_t h[25];

	xwd_sample(h, 640, 480);
	ck_assert(sek_is_ok(parse(h, XWD_SAMPLE_OFFSET + 640 * 480 * 4, &x)));
	ck_assert(!sek_is_ok(parse(h, XWD_SAMPLE_OFFSET + 640 * 480 * 4 - 1, &x)));
	xwd_sample(h, 7680, 4320);
	ck_assert(sek_is_ok(parse(h, XWD_SAMPLE_OFFSET + 7680ull * 4320 * 4, &x)));
	xwd_sample(h, 7681, 4320);
	ck_assert(!sek_is_ok(parse(h, UINT64_MAX, &x)));
}
END_TEST

START_TEST(xwd_bit_flips)
{
	uint8_t bytes[SEK_XWD_HEADER_BYTES];
	uint32_t h[25];

	xwd_sample(h, 640, 480);
	xwd_sample_bytes(h, bytes);
	for (size_t i = 0; i < 8 * sizeof bytes; i++) {
		uint64_t file = XWD_SAMPLE_OFFSET + 640 * 480 * 4;
		struct sek_xwd x;

		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		if (sek_is_ok(sek_xwd_parse(bytes, sizeof bytes, file, &x)))
			ck_assert_uint_le(x.pixels_offset + (uint64_t)x.stride_px * 4 * x.height_px, file);
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}
END_TEST

/* --- cursor --- */

static uint32_t image[256 * 256];
static struct sek_cursor_image out;

START_TEST(cursor_is_exact_when_it_fits)
{
	for (uint32_t i = 0; i < 64 * 64; i++)
		image[i] = 0xff000000u | i;
	sek_cursor_convert(image, 64, 64, 5, 7, &out);
	ck_assert_uint_eq(out.width_px, 64);
	ck_assert_uint_eq(out.height_px, 64);
	ck_assert_uint_eq(out.hot_x_px, 5);
	ck_assert_uint_eq(out.hot_y_px, 7);
	for (uint32_t i = 0; i < 64 * 64; i++) {
		ck_assert_uint_eq(out.bgra[4 * i], i & 0xff);
		ck_assert_uint_eq(out.bgra[4 * i + 1], i >> 8);
		ck_assert_uint_eq(out.bgra[4 * i + 3], 0xff);
	}
}
END_TEST

START_TEST(cursor_margins_go)
{
	memset(image, 0, sizeof image);
	image[40 * 100 + 30] = 0xff112233u;
	image[50 * 100 + 45] = 0xff112233u;
	sek_cursor_convert(image, 100, 100, 30, 40, &out);
	ck_assert_uint_eq(out.width_px, 16);
	ck_assert_uint_eq(out.height_px, 11);
	ck_assert_uint_eq(out.hot_x_px, 0);
	ck_assert_uint_eq(out.hot_y_px, 0);
	ck_assert_uint_eq(out.bgra[0], 0x33);
	/* the hotspot stays inside although nothing is to be seen there */
	sek_cursor_convert(image, 100, 100, 20, 60, &out);
	ck_assert_uint_eq(out.width_px, 26);
	ck_assert_uint_eq(out.height_px, 21);
	ck_assert_uint_eq(out.hot_x_px, 0);
	ck_assert_uint_eq(out.hot_y_px, 20);
}
END_TEST

START_TEST(large_cursors_shrink)
{
	for (size_t i = 0; i < 256 * 256; i++)
		image[i] = 0x80402010u;
	for (unsigned side = 65; side <= 256; side++) {
		unsigned factor = (side + 63) / 64;

		sek_cursor_convert(image, (uint16_t)side, (uint16_t)side, (uint16_t)(side - 1), 0, &out);
		ck_assert_uint_eq(out.width_px, (side + factor - 1) / factor);
		ck_assert_uint_le(out.width_px, SEK_CURSOR_MAX_PX);
		ck_assert_uint_eq(out.hot_x_px, (side - 1) / factor);
		ck_assert_uint_lt(out.hot_x_px, out.width_px);
		ck_assert_uint_eq(out.bgra[3], 0x80);
		ck_assert_uint_eq(out.bgra[2], 0x40);
	}
}
END_TEST

START_TEST(strange_cursors)
{
	memset(image, 0, sizeof image);
	sek_cursor_convert(image, 16, 16, 3, 3, &out); /* clear */
	ck_assert_uint_eq(out.width_px, 0);
	ck_assert_uint_eq(out.hot_x_px, 0);
	sek_cursor_convert(image, 0, 16, 3, 3, &out);
	ck_assert_uint_eq(out.width_px, 0);
	image[0] = 0x10ffffffu; /* colours above alpha */
	sek_cursor_convert(image, 4, 4, 60000, 60000, &out); /* hotspot far outside */
	ck_assert_uint_eq(out.width_px, 4);
	ck_assert_uint_eq(out.hot_x_px, 3);
	ck_assert_uint_eq(out.hot_y_px, 3);
	ck_assert_uint_eq(out.bgra[0], 0x10);
}
END_TEST

/* --- pacing --- */

START_TEST(the_first_two_frames_leave_at_once)
{
	struct sek_pacer p = { 0 };

	ck_assert_uint_eq(sek_pacer_wait_us(&p, 0), 0);
	ck_assert_uint_eq(sek_pacer_wait_us(&p, 123456789), 0);
	sek_pacer_sent(&p, 1000000);
	ck_assert(sek_is_ok(sek_pacer_ack(&p, p.sent)));
	ck_assert_uint_eq(sek_pacer_wait_us(&p, 1000001), 0);
	sek_pacer_sent(&p, 1000001);
	ck_assert(sek_is_ok(sek_pacer_ack(&p, p.sent)));
	ck_assert_uint_gt(sek_pacer_wait_us(&p, 1000002), 0);
	ck_assert_uint_eq(sek_pacer_wait_us(&p, 1000000 + SEK_PACER_FRAME_US), 0);
	ck_assert_uint_eq(sek_pacer_wait_us(&p, 5000000), 0);
}
END_TEST

START_TEST(eighty_a_second)
{
	struct sek_pacer p = { 0 };
	unsigned sent = 0;

	for (uint64_t now = 0; now < 10000000; now += 100) {
		if (sek_pacer_wait_us(&p, now))
			continue;
		ck_assert(sek_is_ok(sek_pacer_ack(&p, sek_pacer_next(&p))) == false); /* not sent yet */
		sek_pacer_sent(&p, now);
		ck_assert(sek_is_ok(sek_pacer_ack(&p, p.sent)));
		sent++;
	}
	ck_assert_uint_ge(sent, 799);
	ck_assert_uint_le(sent, 803);
}
END_TEST

START_TEST(a_browser_at_sixty_is_not_slowed)
{
	struct sek_pacer p = { 0 };

	for (int i = 0; i < 1000; i++) {
		/* the browser's clock jitters */
		uint64_t now = (uint64_t)i * 16667 + (uint64_t)(i * 7919 % 5000);

		ck_assert_uint_eq(sek_pacer_wait_us(&p, now), 0);
		sek_pacer_sent(&p, now);
		ck_assert(sek_is_ok(sek_pacer_ack(&p, p.sent)));
	}
}
END_TEST

START_TEST(another_rate)
{
	struct sek_pacer p = { 0 };
	unsigned sent = 0;

	sek_pacer_rate(&p, 250000, 0);
	for (uint64_t now = 0; now < 10000000; now += 1000) {
		if (sek_pacer_wait_us(&p, now))
			continue;
		sek_pacer_sent(&p, now);
		ck_assert(sek_is_ok(sek_pacer_ack(&p, p.sent)));
		sent++;
	}
	ck_assert(sent >= 40 && sent <= 43);
	/* a faster one holds at once */
	sek_pacer_rate(&p, 0, 10000000);
	ck_assert_uint_eq(sek_pacer_wait_us(&p, 10000000 + SEK_PACER_FRAME_US), 0);
}
END_TEST

START_TEST(acknowledgements)
{
	struct sek_pacer p = { .sent = UINT32_MAX - 1, .acked = UINT32_MAX - 1 };

	ck_assert(!sek_is_ok(sek_pacer_ack(&p, p.sent)));
	for (unsigned i = 0; i < SEK_PACER_IN_FLIGHT; i++) {
		ck_assert_uint_ne(sek_pacer_wait_us(&p, i * 100000), SEK_PACER_ACK);
		sek_pacer_sent(&p, i * 100000);
	}
	ck_assert_uint_eq(sek_pacer_wait_us(&p, 10000000), SEK_PACER_ACK);
	ck_assert(!sek_is_ok(sek_pacer_ack(&p, p.sent + 1)));
	ck_assert(!sek_is_ok(sek_pacer_ack(&p, p.acked)));
	ck_assert(sek_is_ok(sek_pacer_ack(&p, UINT32_MAX))); /* the numbers wrap here */
	ck_assert_uint_eq(sek_pacer_wait_us(&p, 10000000), 0);
	ck_assert(sek_is_ok(sek_pacer_ack(&p, 1)));
	ck_assert(!sek_is_ok(sek_pacer_ack(&p, 0)));
	sek_pacer_sent(&p, 0);
	sek_pacer_reset(&p);
	ck_assert_uint_eq(p.acked, p.sent);
}
END_TEST

/* --- pointer --- */

static char log_text[4096];
static size_t log_n;

static void on_motion(void *user, uint16_t x, uint16_t y)
{
	(void)user;
	log_n += (size_t)snprintf(log_text + log_n, sizeof log_text - log_n, "m%u,%u ", x, y);
}

static void on_button(void *user, uint8_t number, bool down)
{
	(void)user;
	log_n += (size_t)snprintf(log_text + log_n, sizeof log_text - log_n, "%c%u ", down ? '+' : '-', number);
}

static void pointer_start(struct sek_pointer_state *p)
{
	static const struct sek_pointer_ops ops = { NULL, on_motion, on_button };

	log_n = 0;
	log_text[0] = 0;
	sek_pointer_init(p, &ops);
	sek_pointer_bounds(p, 640, 480);
}

START_TEST(pointer_moves_only_when_needed)
{
	struct sek_pointer_state p;

	pointer_start(&p);
	sek_pointer_event(&p, &(struct sek_pointer){ 10, 20, SEK_BUTTON_LEFT });
	sek_pointer_event(&p, &(struct sek_pointer){ 10, 20, SEK_BUTTON_LEFT | SEK_BUTTON_RIGHT });
	sek_pointer_event(&p, &(struct sek_pointer){ 10, 20, 0xff });
	sek_pointer_event(&p, &(struct sek_pointer){ 10, 20, 0 });
	ck_assert_str_eq(log_text, "m10,20 +1 +3 +2 +8 +9 -1 -2 -3 -8 -9 ");
	/* after another size of the picture the X server may have moved it */
	pointer_start(&p);
	sek_pointer_event(&p, &(struct sek_pointer){ 639, 479, 0 });
	sek_pointer_bounds(&p, 320, 240);
	sek_pointer_event(&p, &(struct sek_pointer){ 639, 479, 0 });
	sek_pointer_event(&p, &(struct sek_pointer){ 319, 239, 0 });
	ck_assert_str_eq(log_text, "m639,479 m319,239 ");
}
END_TEST

START_TEST(wheel_keeps_the_rest)
{
	struct sek_pointer_state p;
	int64_t sum = 0, clicks = 0;

	pointer_start(&p);
	srand(7);
	for (int i = 0; i < 2000; i++) {
		int16_t dy = (int16_t)(rand() % 301 - 150);

		sum += dy;
		log_n = 0;
		log_text[0] = 0;
		sek_pointer_wheel(&p, &(struct sek_wheel){ 0, 0, 0, dy });
		for (const char *c = log_text; (c = strchr(c, '+')); c++)
			clicks += c[1] == '5' ? 1 : -1;
		ck_assert_int_lt(llabs(sum - clicks * SEK_WHEEL_NOTCH), SEK_WHEEL_NOTCH);
	}
	/* the most that one message can do */
	pointer_start(&p);
	sek_pointer_wheel(&p, &(struct sek_wheel){ 0, 0, SEK_WHEEL_MAX, 0 });
	ck_assert_uint_eq(log_n, strlen("m0,0 ") + SEK_WHEEL_MAX / SEK_WHEEL_NOTCH * strlen("+7 -7 "));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("capture parts");
	TCase *t = tcase_create("parts");
	SRunner *r;
	int failed;

	tcase_add_test(t, xwd_of_xvfb);
	tcase_add_test(t, xwd_prefixes_are_refused);
	tcase_add_test(t, xwd_limits);
	tcase_add_test(t, xwd_file_must_hold_the_pixels);
	tcase_add_test(t, xwd_bit_flips);
	tcase_add_test(t, cursor_is_exact_when_it_fits);
	tcase_add_test(t, cursor_margins_go);
	tcase_add_test(t, large_cursors_shrink);
	tcase_add_test(t, strange_cursors);
	tcase_add_test(t, the_first_two_frames_leave_at_once);
	tcase_add_test(t, eighty_a_second);
	tcase_add_test(t, a_browser_at_sixty_is_not_slowed);
	tcase_add_test(t, another_rate);
	tcase_add_test(t, acknowledgements);
	tcase_add_test(t, pointer_moves_only_when_needed);
	tcase_add_test(t, wheel_keeps_the_rest);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
