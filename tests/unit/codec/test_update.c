/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The grammar of UPDATE: each operation at its limits and one past them, every prefix, trailing bytes, and what is
 * painted.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "pictures.h"
#include "protocol/codec/picture.h"

#define W 100
#define H 80

static uint32_t px[W * H];
static const struct sek_picture pic = { px, W, W, H };
static unsigned calls;

static void painted(void *user, struct sek_rect r)
{
	(void)user;
	ck_assert_uint_gt(r.w, 0);
	ck_assert_uint_gt(r.h, 0);
	ck_assert_uint_le(r.x + r.w, W);
	ck_assert_uint_le(r.y + r.h, H);
	calls++;
}

/* Paints from a heap copy of exactly n bytes, so that ASan sees any read past it. */
static sek_status paint_flags(uint8_t flags, const uint8_t *payload, size_t n)
{
	static struct sek_painter *p;
	uint8_t *copy = malloc(n ? n : 1);
	uint32_t frame = 0x55;
	sek_status s;

	if (!p)
		p = sek_painter_create();
	memcpy(copy, payload, n);
	s = sek_paint_update(p, &pic, flags, copy, n, painted, NULL, &frame);
	ck_assert_uint_eq(frame, sek_is_ok(s) ? 7 : 0x55);
	free(copy);
	return s;
}

/* Writes a payload: the head for `ops` operations, then bytes. */
static sek_status paint(unsigned ops, const uint8_t *bytes, size_t n)
{
	static uint8_t payload[SEK_UPDATE_MAX_BYTES + 100];
	struct sek_writer w;

	sek_writer_init(&w, payload, sizeof payload);
	sek_write_u32(&w, 7);
	sek_write_u16(&w, (uint16_t)ops);
	sek_write_u16(&w, 0);
	sek_write_bytes(&w, bytes, n);
	ck_assert(!w.failed);
	return paint_flags(0, payload, w.len);
}

struct row {
	bool good;
	const char *what, *bytes;
	size_t n;
};
#define GOOD(what, bytes) { true, what, bytes, sizeof(bytes) - 1 }
#define BAD(what, bytes) { false, what, bytes, sizeof(bytes) - 1 }
#define STORED(n) "\3\0\0\0\0" n "\0\0\0" n
#define AT "\0\1\0\2" /* x 1, y 2 */
#define PHOTO_AT "\4" "\0\1\0\2" "\0\1\0\1" /* one pixel there, as JPEG */
#define GREY "\0\0\0\4" "\x28\xa2\x8a\0" /* four blocks of 001010, two of 0000: nothing but their ends */

static const struct row rows[] = {
	GOOD("copy of everything onto itself", "\1" "\0\0\0\0" "\0\0\0\0" "\0\x64\0\x50"),
	GOOD("copy of the last pixel", "\1" "\0\x63\0\x4f" "\0\0\0\0" "\0\1\0\1"),
	BAD("copy from right of the picture", "\1" "\0\x64\0\x4f" "\0\0\0\0" "\0\1\0\1"),
	BAD("copy from below the picture", "\1" "\0\x63\0\x50" "\0\0\0\0" "\0\1\0\1"),
	BAD("copy to the right of it", "\1" "\0\0\0\0" "\0\x64\0\0" "\0\1\0\1"),
	BAD("copy to below it", "\1" "\0\0\0\0" "\0\0\0\x50" "\0\1\0\1"),
	BAD("copy of no width", "\1" "\0\0\0\0" "\0\0\0\0" "\0\0\0\1"),
	BAD("copy of no height", "\1" "\0\0\0\0" "\0\0\0\0" "\0\1\0\0"),
	BAD("copy whose sum wraps in 16 bits", "\1" "\xff\xff\0\0" "\0\0\0\0" "\0\2\0\1"),
	GOOD("fill of everything", "\2" "\0\0\0\0" "\0\x64\0\x50" "rgb"),
	BAD("fill too wide", "\2" "\0\0\0\0" "\0\x65\0\x50" "rgb"),
	BAD("fill too high", "\2" "\0\0\0\0" "\0\x64\0\x51" "rgb"),
	BAD("fill of nothing", "\2" "\0\0\0\0" "\0\0\0\0" "rgb"),
	BAD("fill whose sum wraps in 16 bits", "\2" "\xff\xff\0\0" "\0\1\0\1" "rgb"),
	GOOD("tile of one colour", STORED("\x0a") AT "\2\2\1" "rgb"),
	GOOD("tile of true colour", STORED("\x0d") AT "\2\1\0" "rgbRGB"),
	GOOD("tile of two colours", STORED("\x0f") AT "\2\2\2" "rgbRGB" "\x80\x40"),
	GOOD("two tiles", STORED("\x14") AT "\2\2\1" "rgb" AT "\2\2\1" "rgb"),
	BAD("tile with a bit after the row", STORED("\x0f") AT "\2\2\2" "rgbRGB" "\x80\x20"),
	BAD("tile of no width", STORED("\x0a") AT "\0\2\1" "rgb"),
	BAD("tile of no height", STORED("\x0a") AT "\2\0\1" "rgb"),
	BAD("tile outside", STORED("\x0a") "\0\x63\0\0" "\2\1\1" "rgb"),
	BAD("tile wider than a tile", STORED("\x0a") AT "\x41\1\1" "rgb"),
	BAD("tile higher than a tile", STORED("\x0a") AT "\1\x41\1" "rgb"),
	BAD("half a palette", STORED("\x09") AT "\2\2\1" "rg"),
	BAD("half the indices", STORED("\x0e") AT "\2\2\2" "rgbRGB" "\x80"),
	BAD("half a pixel", STORED("\x0c") AT "\2\1\0" "rgbRG"),
	BAD("a byte after the last tile", STORED("\x0b") AT "\2\2\1" "rgb\0"),
	GOOD("index 2 of 3 colours", STORED("\x11") AT "\1\1\3" "rgbrgbrgb" "\x80"),
	BAD("index 3 of 3 colours", STORED("\x11") AT "\1\1\3" "rgbrgbrgb" "\xc0"),
	BAD("index 5 of 5 colours", STORED("\x17") AT "\1\1\5" "rgbrgbrgbrgbrgb" "\x50"),
	BAD("batch of nothing", "\3\0" "\0\0\0\0" "\0\0\0\0"),
	BAD("method 2", "\3\2" "\0\0\0\x0a" "\0\0\0\x0a" AT "\2\2\1" "rgb"),
	BAD("stored with two lengths", "\3\0" "\0\0\0\x0b" "\0\0\0\x0a" AT "\2\2\1" "rgb"),
	BAD("packed bytes missing", "\3\0" "\0\0\0\x0b" "\0\0\0\x0b" AT "\2\2\1" "rgb"),
	GOOD("LZ4 of literals", "\3\1" "\0\0\0\x0a" "\0\0\0\x0b" "\xa0" AT "\2\2\1" "rgb"),
	BAD("LZ4 that unpacks to less", "\3\1" "\0\0\0\x0b" "\0\0\0\x0b" "\xa0" AT "\2\2\1" "rgb"),
	BAD("batch larger than the limit", "\3\1" "\0\x10\0\1" "\0\0\0\x0b" "\xa0" AT "\2\2\1" "rgb"),
	GOOD("JPEG", PHOTO_AT "\x50\0" GREY),
	GOOD("JPEG of quality 1", PHOTO_AT "\1\0" GREY),
	BAD("JPEG of quality 0", PHOTO_AT "\0\0" GREY),
	GOOD("JPEG of quality 100", PHOTO_AT "\x64\0" GREY),
	BAD("JPEG of quality 101", PHOTO_AT "\x65\0" GREY),
	BAD("JPEG with colours of another kind", PHOTO_AT "\x50\2" GREY),
	BAD("JPEG without data", PHOTO_AT "\x50\0" "\0\0\0\0"),
	BAD("JPEG that ends in a marker", PHOTO_AT "\x50\0" "\0\0\0\5" "\x28\xa2\x8a\0" "\xff"),
	BAD("JPEG with a marker", PHOTO_AT "\x50\0" "\0\0\0\6" "\x28\xa2\x8a\0" "\xff\xd9"),
	BAD("JPEG longer than the message", PHOTO_AT "\x50\0" "\xff\xff\xff\xff" "\x28\xa0"),
	BAD("JPEG outside", "\4" "\0\x64\0\0" "\0\1\0\1" "\x50\0" GREY),
	BAD("operation 0", "\0"),
	BAD("operation 6", "\6" "\0\0\0\0" "\0\x64\0\x50" "rgb"),
};
#define ROWS ((int)(sizeof rows / sizeof rows[0]))

START_TEST(rows_of_operations)
{
	const struct row *row = &rows[_i];
	const uint8_t *bytes = (const uint8_t *)row->bytes;
	uint8_t longer[64] = { 0 };

	ck_assert_msg(sek_is_ok(paint(1, bytes, row->n)) == row->good, "%s", row->what);
	if (!row->good)
		return;
	for (size_t n = 0; n < row->n; n++)
		ck_assert_msg(sek_is(paint(1, bytes, n), SEK_E_MALFORMED), "%s: %zu bytes of it", row->what, n);
	memcpy(longer, bytes, row->n);
	ck_assert(sek_is(paint(1, longer, row->n + 1), SEK_E_MALFORMED));
	ck_assert(sek_is(paint(2, bytes, row->n), SEK_E_MALFORMED)); /* one operation too few */
	ck_assert(sek_is(paint(0, bytes, row->n), SEK_E_MALFORMED)); /* one too many */
}
END_TEST

START_TEST(heads)
{
	static const uint8_t empty[8] = { 0, 0, 0, 7 }, reserved[8] = { 0, 0, 0, 7, 0, 0, 0, 1 };
	static uint8_t long_one[SEK_UPDATE_MAX_BYTES + 1];

	ck_assert(sek_is_ok(paint_flags(0, empty, 8)));
	for (size_t n = 0; n < 8; n++)
		ck_assert(sek_is(paint_flags(0, empty, n), SEK_E_MALFORMED));
	ck_assert(sek_is(paint_flags(0, reserved, 8), SEK_E_MALFORMED));
	ck_assert(sek_is(paint_flags(0, long_one, sizeof long_one), SEK_E_MALFORMED));
}
END_TEST

START_TEST(as_many_operations_as_allowed)
{
	static uint8_t bytes[12 * (SEK_UPDATE_MAX_OPS + 1)];

	for (size_t i = 0; i <= SEK_UPDATE_MAX_OPS; i++)
		memcpy(bytes + i * 12, "\2" "\0\0\0\0" "\0\1\0\1" "rgb", 12);
	calls = 0;
	ck_assert(sek_is_ok(paint(SEK_UPDATE_MAX_OPS, bytes, (size_t)12 * SEK_UPDATE_MAX_OPS)));
	ck_assert_uint_eq(calls, SEK_UPDATE_MAX_OPS);
	ck_assert(sek_is(paint(SEK_UPDATE_MAX_OPS + 1, bytes, sizeof bytes), SEK_E_MALFORMED));
}
END_TEST

START_TEST(work_is_bounded)
{
	uint8_t bytes[12 * (SEK_UPDATE_MAX_COVER + 1)];

	for (size_t i = 0; i <= SEK_UPDATE_MAX_COVER; i++)
		memcpy(bytes + i * 12, "\2" "\0\0\0\0" "\0\x64\0\x50" "rgb", 12);
	ck_assert(sek_is_ok(paint(SEK_UPDATE_MAX_COVER, bytes, (size_t)12 * SEK_UPDATE_MAX_COVER)));
	ck_assert(sek_is(paint(SEK_UPDATE_MAX_COVER + 1, bytes, sizeof bytes), SEK_E_MALFORMED));
	memcpy(bytes + (size_t)12 * SEK_UPDATE_MAX_COVER, "\2" "\0\0\0\0" "\0\1\0\1" "rgb", 12); /* one pixel too many */
	ck_assert(sek_is(paint(SEK_UPDATE_MAX_COVER + 1, bytes, sizeof bytes), SEK_E_MALFORMED));
}
END_TEST

START_TEST(pixels_are_what_the_bytes_say)
{
	/* 5 x 2 of three colours at 1,2: 2 bits a pixel, rows on bytes */
	static const uint8_t tile[] = { 3, 0, 0, 0, 0, 20, 0, 0, 0, 20, 0, 1, 0, 2, 5, 2, 3, 0x11, 0x22, 0x33, 0x44, 0x55,
		0x66, 0x77, 0x88, 0x99, 0x1a, 0x40, 0xa4, 0x00 };
	static const uint32_t expected[2][5] = { { 0x112233, 0x445566, 0x778899, 0x778899, 0x445566 },
		{ 0x778899, 0x778899, 0x445566, 0x112233, 0x112233 } };

	memset(px, 0, sizeof px);
	ck_assert(sek_is_ok(paint(1, tile, sizeof tile)));
	for (unsigned y = 0; y < 2; y++) {
		for (unsigned x = 0; x < 5; x++)
			ck_assert_uint_eq(px[(y + 2) * W + x + 1], expected[y][x]);
	}
	ck_assert_uint_eq(px[2 * W], 0);
	ck_assert_uint_eq(px[2 * W + 6], 0);
	ck_assert(sek_is_ok(paint(1, (const uint8_t *)"\2" "\0\0\0\0" "\0\1\0\1" "\xab\xcd\xef", 12)));
	ck_assert_uint_eq(px[0], 0xabcdef);
}
END_TEST

START_TEST(a_copy_reads_before_it_writes)
{
	struct test_random r = { 4 };

	for (int i = 0; i < 300; i++) {
		uint32_t before[W * H];
		uint16_t f[6];
		uint8_t op[13] = { 1 };

		for (size_t k = 0; k < W * H; k++)
			before[k] = px[k] = test_random(&r) & 0xffffff;
		f[4] = (uint16_t)(1 + test_random_below(&r, W));
		f[5] = (uint16_t)(1 + test_random_below(&r, H));
		f[0] = (uint16_t)test_random_below(&r, W - f[4] + 1u);
		f[1] = (uint16_t)test_random_below(&r, H - f[5] + 1u);
		f[2] = (uint16_t)test_random_below(&r, W - f[4] + 1u);
		f[3] = (uint16_t)test_random_below(&r, H - f[5] + 1u);
		for (size_t k = 0; k < 6; k++) {
			op[1 + k * 2] = (uint8_t)(f[k] >> 8);
			op[2 + k * 2] = (uint8_t)f[k];
		}
		ck_assert(sek_is_ok(paint(1, op, sizeof op)));
		for (unsigned y = 0; y < H; y++) {
			for (unsigned x = 0; x < W; x++) {
				bool to = x >= f[2] && x < f[2] + f[4] && y >= f[3] && y < f[3] + f[5];
				uint32_t v = to ? before[(y - f[3] + f[1]) * W + x - f[2] + f[0]] : before[y * W + x];

				if (px[y * W + x] != v)
					ck_abort_msg("%u,%u", x, y);
			}
		}
	}
}
END_TEST

START_TEST(a_keyframe_starts_black)
{
	static const uint8_t empty[8] = { 0, 0, 0, 7 };

	memset(px, 0x7f, sizeof px);
	calls = 0;
	ck_assert(sek_is_ok(paint_flags(SEK_UPDATE_KEYFRAME | SEK_UPDATE_END, empty, 8)));
	ck_assert_uint_eq(calls, 1);
	for (size_t i = 0; i < W * H; i++) {
		if (px[i] != 0)
			ck_abort_msg("pixel %zu", i);
	}
}
END_TEST

static sek_status no(void *user, struct sek_rect r, uint32_t bgrx)
{
	(void)user, (void)r, (void)bgrx;
	return sek_fail(SEK_E_BUSY);
}

START_TEST(a_sinks_failure_ends_the_parse)
{
	static struct sek_update_scratch scratch;
	const struct sek_update_sink sink = { NULL, NULL, no, NULL, NULL };
	static const uint8_t two[] = "\0\0\0\7\0\2\0\0" "\2" "\0\0\0\0" "\0\1\0\1" "rgb" "\0";
	uint32_t frame = 9;

	ck_assert(sek_is(sek_update_parse(0, two, sizeof two - 1, W, H, &scratch, &sink, &frame), SEK_E_BUSY));
	ck_assert_uint_eq(frame, 9);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("codec update");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, rows_of_operations, 0, ROWS);
	tcase_add_test(t, heads);
	tcase_add_test(t, as_many_operations_as_allowed);
	tcase_add_test(t, work_is_bounded);
	tcase_add_test(t, pixels_are_what_the_bytes_say);
	tcase_add_test(t, a_copy_reads_before_it_writes);
	tcase_add_test(t, a_keyframe_starts_black);
	tcase_add_test(t, a_sinks_failure_ends_the_parse);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
