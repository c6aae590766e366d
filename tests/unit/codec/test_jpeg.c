/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The JPEG that receivers put together: its head is the library's own, byte by byte; data with markers or too few
 * are refused; damaged data stay inside the picture.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <turbojpeg.h>

#include "pictures.h"
#include "protocol/codec/encoder.h"
#include "protocol/codec/jpeg.h"

#define W 50
#define H 40
#define SIDE 128
#define MARK 0x00abcdefu

static uint8_t data[65536];
static size_t data_n;
static uint32_t px[SIDE * SIDE];

static void make(uint16_t w, uint16_t h, uint8_t quality, enum sek_jpeg_colours colours)
{
	struct sek_picture src = test_picture_create(w, h);
	struct sek_photo *photo = sek_photo_create();
	const uint8_t *made;

	test_draw_photo(&src, (struct sek_rect){ 0, 0, w, h }, 3);
	ck_assert_ptr_nonnull(photo);
	ck_assert(sek_is_ok(sek_photo_encode(photo, src.px, src.stride_px, (struct sek_rect){ 0, 0, w, h }, quality, colours,
		&made, &data_n)));
	ck_assert_uint_le(data_n, sizeof data - 10);
	memcpy(data, made, data_n);
	sek_photo_destroy(photo);
	test_picture_destroy(&src);
}

/* Paints the data as an UPDATE of one operation. Pixels outside of it keep MARK. */
static bool painted(uint16_t w, uint16_t h, uint8_t quality, uint8_t colours)
{
	static uint8_t payload[sizeof data + 64];
	const struct sek_picture pic = { px, SIDE, SIDE, SIDE };
	struct sek_painter *p = sek_painter_create();
	struct sek_writer wr;
	sek_status s;
	uint32_t frame;

	for (unsigned i = 0; i < SIDE * SIDE; i++)
		px[i] = MARK;
	sek_writer_init(&wr, payload, sizeof payload);
	sek_write_u32(&wr, 1);
	sek_write_u16(&wr, 1);
	sek_write_u16(&wr, 0);
	sek_write_u8(&wr, SEK_OP_JPEG);
	sek_write_u32(&wr, 0);
	sek_write_u16(&wr, w);
	sek_write_u16(&wr, h);
	sek_write_u8(&wr, quality);
	sek_write_u8(&wr, colours);
	sek_write_u32(&wr, (uint32_t)data_n);
	sek_write_bytes(&wr, data, data_n);
	ck_assert(!wr.failed);
	s = sek_paint_update(p, &pic, 0, payload, wr.len, NULL, NULL, &frame);
	sek_painter_destroy(p);
	for (unsigned i = 0; i < SIDE * SIDE; i++) {
		if ((i % SIDE >= w || i / SIDE >= h) && px[i] != MARK)
			ck_abort_msg("painted outside");
	}
	return sek_is_ok(s);
}

START_TEST(heads_are_the_librarys)
{
	static const struct { uint16_t w, h; } sizes[] = { { 1, 1 }, { 7, 300 }, { 16, 16 }, { 1023, 65 } };
	static uint8_t head[SEK_JPEG_HEAD_BYTES];
	struct sek_picture src = test_picture_create(1024, 300);
	tjhandle tj = tjInitCompress();
	const int quality = _i + 1;

	test_draw_photo(&src, (struct sek_rect){ 0, 0, 1024, 300 }, 3);
	for (unsigned i = 0; i < 8; i++) {
		bool full = i & 1;
		unsigned char *out = NULL;
		unsigned long n = 0;

		ck_assert_int_eq(tjCompress2(tj, (const unsigned char *)src.px, sizes[i / 2].w, (int)src.stride_px * 4,
			sizes[i / 2].h, TJPF_BGRX, &out, &n, full ? TJSAMP_444 : TJSAMP_420, quality, 0), 0);
		sek_jpeg_head(head, sizes[i / 2].w, sizes[i / 2].h, (uint8_t)quality, full ? SEK_JPEG_FULL : SEK_JPEG_HALF);
		ck_assert_int_eq(memcmp(out, head, 2), 0);
		ck_assert_int_eq(memcmp(out + 2 + 18, head + 2, sizeof head - 2), 0); /* 18: JFIF's segment */
		ck_assert(sek_is_ok(sek_jpeg_check_data(out + 18 + sizeof head, n - 18 - sizeof head - 2)));
		tjFree(out);
	}
	tjDestroy(tj);
	test_picture_destroy(&src);
}
END_TEST

START_TEST(what_encoders_make_is_taken)
{
	static const uint16_t sides[] = { 1, 2, 8, 15, 16, 17, 63, 64, 100, SIDE };

	for (unsigned i = 0; i < 10 * 10; i++) {
		make(sides[i / 10], sides[i % 10], (uint8_t)(1 + i * 7 % 100), i & 1 ? SEK_JPEG_FULL : SEK_JPEG_HALF);
		ck_assert(painted(sides[i / 10], sides[i % 10], (uint8_t)(1 + i * 7 % 100), i & 1));
	}
}
END_TEST

START_TEST(it_is_the_picture)
{
	struct sek_picture src = test_picture_create(W, H);
	uint64_t sum = 0;

	make(W, H, 95, SEK_JPEG_FULL);
	ck_assert(painted(W, H, 95, SEK_JPEG_FULL));
	test_draw_photo(&src, (struct sek_rect){ 0, 0, W, H }, 3);
	for (unsigned i = 0; i < W * H; i++) {
		uint32_t a = src.px[i / W * src.stride_px + i % W], b = px[i / W * SIDE + i % W];

		for (unsigned shift = 0; shift < 24; shift += 8) {
			int d = (int)(a >> shift & 255) - (int)(b >> shift & 255);

			sum += (uint64_t)(d * d);
		}
	}
	ck_assert_uint_lt(sum, 3 * W * H * 16); /* 36 dB */
	test_picture_destroy(&src);
}
END_TEST

START_TEST(other_sizes_are_refused)
{
	make(W, H, 80, SEK_JPEG_HALF); /* four by three squares of 16 pixels */
	ck_assert(!painted(W - 16, H, 80, SEK_JPEG_HALF));
	ck_assert(!painted(W, H - 16, 80, SEK_JPEG_HALF));
	ck_assert(!painted(W + 16, H, 80, SEK_JPEG_HALF));
	ck_assert(!painted(W, H + 16, 80, SEK_JPEG_HALF));
	ck_assert(!painted(W, H, 80, SEK_JPEG_FULL));
}
END_TEST

START_TEST(markers_are_refused)
{
	static const uint8_t row[] = { 1, 2, 0xff, 0, 3 };
	uint8_t copy[sizeof row];

	ck_assert(sek_is_ok(sek_jpeg_check_data(row, sizeof row)));
	ck_assert(sek_is(sek_jpeg_check_data(row, 0), SEK_E_MALFORMED));
	ck_assert(sek_is(sek_jpeg_check_data(row, 3), SEK_E_MALFORMED)); /* FF at the end */
	for (unsigned marker = 1; marker < 256; marker++) {
		for (unsigned at = 0; at + 1 < sizeof row; at++) {
			memcpy(copy, row, sizeof row);
			copy[2] = 0;
			copy[at] = 0xff;
			copy[at + 1] = (uint8_t)marker;
			ck_assert(sek_is(sek_jpeg_check_data(copy, sizeof copy), SEK_E_MALFORMED));
		}
	}
}
END_TEST

START_TEST(every_byte_is_checked)
{
	struct test_random r = { 9 };
	uint8_t bytes[40];
	unsigned refused = 0;

	for (unsigned k = 0; k < 20000; k++) {
		const size_t n = 1 + test_random_below(&r, sizeof bytes);
		bool bad;

		for (size_t i = 0; i < n; i++) {
			uint32_t kind = test_random_below(&r, 12);

			bytes[i] = kind == 0 ? 0xff : kind < 8 ? 0 : (uint8_t)test_random(&r);
		}
		bad = bytes[n - 1] == 0xff;
		for (size_t i = 0; i + 1 < n; i++)
			bad = bad || (bytes[i] == 0xff && bytes[i + 1] != 0);
		if (sek_is_ok(sek_jpeg_check_data(bytes, n)) == bad)
			ck_abort_msg("%zu bytes", n);
		refused += bad;
	}
	ck_assert_uint_gt(refused, 2000);
	ck_assert_uint_lt(refused, 18000);
}
END_TEST

START_TEST(prefixes_are_refused)
{
	size_t n;

	make(W, H, 80, SEK_JPEG_HALF);
	ck_assert(painted(W, H, 80, SEK_JPEG_HALF));
	n = data_n;
	for (data_n = 0; data_n + 1 < n; data_n++) {
		if (painted(W, H, 80, SEK_JPEG_HALF))
			ck_abort_msg("prefix of %zu bytes", data_n);
	}
}
END_TEST

START_TEST(damaged_data_stay_inside)
{
	struct test_random r = { 8 };
	unsigned refused = 0;

	make(W, H, 80, SEK_JPEG_HALF);
	for (int i = 0; i < 2000; i++) {
		uint8_t *at = data + test_random_below(&r, (uint32_t)data_n), before = *at;

		*at = (uint8_t)test_random(&r);
		refused += !painted(W, H, 80, SEK_JPEG_HALF);
		*at = before;
	}
	ck_assert_uint_gt(refused, 0);
	ck_assert(painted(W, H, 80, SEK_JPEG_HALF));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("codec jpeg");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, heads_are_the_librarys, 0, 100);
	tcase_add_test(t, what_encoders_make_is_taken);
	tcase_add_test(t, it_is_the_picture);
	tcase_add_test(t, other_sizes_are_refused);
	tcase_add_test(t, markers_are_refused);
	tcase_add_test(t, every_byte_is_checked);
	tcase_add_test(t, prefixes_are_refused);
	tcase_add_test(t, damaged_data_stay_inside);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
