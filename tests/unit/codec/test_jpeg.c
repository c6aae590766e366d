/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which JPEGs may cross: the kind that our encoders make, and no other. Every refusal is also one of the painter.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <turbojpeg.h>

#include "pictures.h"
#include "protocol/codec/jpeg.h"

#define W 50
#define H 40

static uint8_t jpeg[65536];
static size_t jpeg_n;

static void make(int chroma, int flags)
{
	struct sek_picture src = test_picture_create(W, H);
	tjhandle tj = tjInitCompress();
	unsigned char *out = NULL;
	unsigned long n = 0;

	test_draw_photo(&src, (struct sek_rect){ 0, 0, W, H }, 3);
	ck_assert_int_eq(tjCompress2(tj, (const unsigned char *)src.px, W, (int)src.stride_px * 4, H, TJPF_BGRX, &out, &n,
		chroma, 80, flags), 0);
	ck_assert_uint_lt(n, sizeof jpeg);
	memcpy(jpeg, out, n);
	jpeg_n = n;
	tjFree(out);
	tjDestroy(tj);
	test_picture_destroy(&src);
}

/* Paints the JPEG as an UPDATE of one operation. */
static sek_status paint(uint16_t w, uint16_t h)
{
	static uint8_t payload[sizeof jpeg + 64];
	static uint32_t px[128 * 128];
	const struct sek_picture pic = { px, 128, 128, 128 };
	struct sek_painter *p = sek_painter_create();
	struct sek_writer wr;
	sek_status s;
	uint32_t frame;

	sek_writer_init(&wr, payload, sizeof payload);
	sek_write_u32(&wr, 1);
	sek_write_u16(&wr, 1);
	sek_write_u16(&wr, 0);
	sek_write_u8(&wr, SEK_OP_JPEG);
	sek_write_u32(&wr, 0);
	sek_write_u16(&wr, w);
	sek_write_u16(&wr, h);
	sek_write_u32(&wr, (uint32_t)jpeg_n);
	sek_write_bytes(&wr, jpeg, jpeg_n);
	ck_assert(!wr.failed);
	s = sek_paint_update(p, &pic, 0, payload, wr.len, NULL, NULL, &frame);
	sek_painter_destroy(p);
	return s;
}

static bool taken(uint16_t w, uint16_t h)
{
	bool checked = sek_is_ok(sek_jpeg_check(jpeg, jpeg_n, w, h)), painted = sek_is_ok(paint(w, h));

	ck_assert(checked || !painted);
	return checked && painted;
}

/* The offset of the first segment with this marker. */
static size_t segment(uint8_t marker)
{
	size_t i = 2;

	while (i + 4 <= jpeg_n && jpeg[i + 1] != marker)
		i += 2 + ((size_t)jpeg[i + 2] << 8 | jpeg[i + 3]);
	ck_assert_uint_lt(i + 4, jpeg_n);
	return i;
}

START_TEST(what_encoders_make_is_taken)
{
	static const int chroma[] = { TJSAMP_444, TJSAMP_422, TJSAMP_420, TJSAMP_440 };

	for (size_t i = 0; i < sizeof chroma / sizeof chroma[0]; i++) {
		make(chroma[i], 0);
		ck_assert(taken(W, H));
	}
}
END_TEST

START_TEST(other_kinds_are_refused)
{
	make(TJSAMP_GRAY, 0);
	ck_assert(!taken(W, H));
	make(TJSAMP_411, 0);
	ck_assert(!taken(W, H));
	make(TJSAMP_420, TJFLAG_PROGRESSIVE);
	ck_assert(!taken(W, H));
	for (unsigned marker = 0xc1; marker <= 0xcf; marker++) {
		if (marker == 0xc4) /* DHT, not a frame */
			continue;
		make(TJSAMP_420, 0);
		jpeg[segment(0xc0) + 1] = (uint8_t)marker;
		ck_assert(!taken(W, H));
	}
}
END_TEST

START_TEST(other_sizes_are_refused)
{
	make(TJSAMP_420, 0);
	ck_assert(!taken(W - 1, H));
	ck_assert(!taken(W, H - 1));
	ck_assert(!taken(W + 1, H));
	ck_assert(!taken(W, H + 1));
	ck_assert(!taken(H, W));
}
END_TEST

/* Each row sets one byte of a segment. */
static const struct {
	uint8_t marker;
	uint8_t at; /* from the marker on */
	uint8_t value;
	const char *what;
} bytes[] = {
	{ 0xc0, 4, 12, "12 bits" },
	{ 0xc0, 9, 1, "one component" },
	{ 0xc0, 9, 4, "four components" },
	{ 0xc0, 10, 2, "two components of one name" },
	{ 0xc0, 11, 0x02, "sampling factor 0" },
	{ 0xc0, 11, 0x32, "sampling factor 3" },
	{ 0xc0, 12, 4, "quantisation table 4" },
	{ 0xc0, 3, 18, "a frame header that is too long" },
	{ 0xda, 4, 1, "a scan of one component" },
	{ 0xda, 5, 9, "a component that is not there" },
	{ 0xda, 6, 0x20, "Huffman table 2" },
	{ 0xda, 11, 1, "a spectrum that does not start at 0" },
	{ 0xda, 12, 62, "a spectrum that does not end at 63" },
	{ 0xda, 13, 1, "successive approximation" },
	{ 0xdb, 3, 1, "a length below 2" },
	{ 0xdb, 2, 0xff, "a length beyond the end" },
	{ 0xdb, 0, 0, "no marker where one must be" },
	{ 0xdb, 1, 0xdc, "DNL" },
	{ 0xdb, 1, 0xd8, "SOI twice" },
	{ 0xdb, 1, 0xd9, "EOI too soon" },
};

START_TEST(broken_headers)
{
	make(TJSAMP_420, 0);
	jpeg[segment(bytes[_i].marker) + bytes[_i].at] = bytes[_i].value;
	ck_assert_msg(!sek_is_ok(sek_jpeg_check(jpeg, jpeg_n, W, H)), "%s", bytes[_i].what);
	ck_assert_msg(!taken(W, H), "%s", bytes[_i].what);
}
END_TEST

START_TEST(two_frames_and_two_scans_are_refused)
{
	uint8_t copy[64];
	size_t at, n;

	make(TJSAMP_420, 0);
	at = segment(0xc0);
	n = 2 + ((size_t)jpeg[at + 2] << 8 | jpeg[at + 3]);
	memcpy(copy, jpeg + at, n);
	memmove(jpeg + at + n, jpeg + at, jpeg_n - at);
	memcpy(jpeg + at, copy, n);
	jpeg_n += n;
	ck_assert(!taken(W, H));

	make(TJSAMP_420, 0);
	at = segment(0xda);
	n = jpeg_n - at - 2; /* the scan without EOI, once more */
	memcpy(jpeg + jpeg_n - 2, jpeg + at, n);
	jpeg_n += n;
	jpeg[jpeg_n - 2] = 0xff;
	jpeg[jpeg_n - 1] = 0xd9;
	ck_assert(!taken(W, H));
}
END_TEST

START_TEST(prefixes_and_trailing_bytes_are_refused)
{
	size_t n;

	make(TJSAMP_420, 0);
	n = jpeg_n;
	for (size_t i = 0; i < n; i++) {
		uint8_t *copy = malloc(i ? i : 1);

		memcpy(copy, jpeg, i);
		if (sek_is_ok(sek_jpeg_check(copy, i, W, H)))
			ck_abort_msg("prefix of %zu bytes", i);
		free(copy);
	}
	jpeg[n] = 0;
	jpeg_n = n + 1;
	ck_assert(!taken(W, H));
}
END_TEST

START_TEST(damaged_data_never_crash)
{
	struct test_random r = { 8 };
	unsigned refused = 0;

	make(TJSAMP_420, 0);
	for (int i = 0; i < 2000; i++) {
		uint8_t *at = jpeg + segment(0xda) + 14 + test_random_below(&r, (uint32_t)(jpeg_n - segment(0xda) - 20));
		uint8_t before = *at;

		*at = (uint8_t)test_random(&r);
		refused += !taken(W, H);
		*at = before;
	}
	ck_assert_uint_gt(refused, 0);
	ck_assert(taken(W, H));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("codec jpeg");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, what_encoders_make_is_taken);
	tcase_add_test(t, other_kinds_are_refused);
	tcase_add_test(t, other_sizes_are_refused);
	tcase_add_loop_test(t, broken_headers, 0, (int)(sizeof bytes / sizeof bytes[0]));
	tcase_add_test(t, two_frames_and_two_scans_are_refused);
	tcase_add_test(t, prefixes_and_trailing_bytes_are_refused);
	tcase_add_test(t, damaged_data_never_crash);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
