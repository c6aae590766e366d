/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DRAWN: what is read is what was written, over pictures of every kind with one model kept throughout; missing and
 * further bytes are refused; damaged bytes stay inside.
 */
#include <check.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "pictures.h"
#include "protocol/codec/drawn.h"

#define ROOM (8 * SEK_DRAWN_MAX_PX + 1000)
#define RECTS 3

static struct sek_drawn_model to, from;
static uint8_t room[RECTS * ROOM];

static void draw(const struct sek_picture *p, struct test_random *r)
{
	const struct sek_rect all = { 0, 0, p->width_px, p->height_px };

	switch (test_random_below(r, 6)) {
	case 0: test_draw_photo(p, all, test_random(r)); break;
	case 1: test_draw_noise(p, all, test_random(r)); break;
	case 2: test_draw_flat(p, all, test_random(r) & 0xffffff); break;
	case 3: test_draw_colours(p, all, 1 + test_random_below(r, 400), test_random(r)); break;
	default: test_draw_text(p, all, test_random_below(r, 3000), 1); break;
	}
	for (size_t i = 0; i < (size_t)p->stride_px * p->height_px; i++)
		p->px[i] &= 0xffffff; /* as the encoder's own picture is */
}

/* Reads a stream; n_rects pictures are compared if pics is given. */
static sek_status read_all(const uint8_t *bytes, size_t n, unsigned n_rects, const struct sek_picture *pics, size_t *ret_px)
{
	static uint32_t px[SEK_DRAWN_MAX_PX];
	uint8_t *copy = malloc(n ? n : 1); /* exactly as long, for ASan */
	struct sek_drawn_in in;
	sek_status s = sek_ok();

	memcpy(copy, bytes, n);
	sek_drawn_open(&in, copy, n);
	*ret_px = 0;
	for (unsigned i = 0; i < n_rects && sek_is_ok(s); i++) {
		struct sek_drawn_rect r;

		s = sek_drawn_next(&in, &from, &r);
		if (!sek_is_ok(s))
			break;
		ck_assert(r.w >= 1 && r.w <= SEK_DRAWN_MAX_WIDTH_PX && r.h >= 1 && r.h <= SEK_TILE_PX);
		s = sek_drawn_pixels(&in, &from, px);
		*ret_px += (size_t)r.w * r.h;
		for (unsigned y = 0; pics && y < r.h; y++) {
			if (memcmp(px + (size_t)y * r.w, pics[i].px + (size_t)y * pics[i].stride_px, (size_t)r.w * 4) != 0)
				ck_abort_msg("rectangle %u, row %u", i, y);
		}
		for (size_t k = 0; k < (size_t)r.w * r.h; k++) {
			if (px[k] > 0xffffff)
				ck_abort_msg("the unused byte is not 0");
		}
	}
	if (sek_is_ok(s))
		s = sek_drawn_done(&in);
	free(copy);
	return s;
}

static size_t write_all(struct test_random *r, struct sek_picture *pics)
{
	struct sek_drawn_out out;
	unsigned x = 0;

	sek_drawn_start(&out, room, sizeof room);
	for (unsigned i = 0; i < RECTS; i++) {
		uint16_t w = (uint16_t)(1 + test_random_below(r, i ? 70 : SEK_DRAWN_MAX_WIDTH_PX)), h = SEK_TILE_PX;

		if (test_random_below(r, 3) == 0)
			h = (uint16_t)(1 + test_random_below(r, SEK_TILE_PX));
		pics[i] = test_picture_create(w, h);
		draw(&pics[i], r);
		sek_drawn_put(&out, &to, (struct sek_drawn_rect){ (uint16_t)x, 70, w, h }, pics[i].px, pics[i].stride_px,
			test_random_below(r, 2));
		x += w;
	}
	return sek_drawn_finish(&out);
}

static void drop_all(struct sek_picture *pics)
{
	for (unsigned i = 0; i < RECTS; i++)
		test_picture_destroy(&pics[i]);
}

START_TEST(what_is_read_is_what_was_written)
{
	struct sek_picture pics[RECTS];
	struct test_random r = { 11 };
	size_t px;

	sek_drawn_reset(&to);
	sek_drawn_reset(&from);
	for (unsigned i = 0; i < 150; i++) {
		size_t n = write_all(&r, pics);

		ck_assert_uint_gt(n, 0);
		ck_assert(sek_is_ok(read_all(room, n, RECTS, pics, &px)));
		drop_all(pics);
		ck_assert_int_eq(memcmp(&to, &from, offsetof(struct sek_drawn_model, rows)), 0);
	}
}
END_TEST

/* A model that has seen nothing but neighbours finds a rectangle elsewhere so unlikely that the first byte is 0xff. */
START_TEST(any_first_byte_is_kept)
{
	static const uint32_t px[4] = { 1, 2, 3, 4 };
	struct sek_drawn_out out;
	unsigned high = 0;

	for (unsigned n = 0; n < 400; n++) {
		struct sek_drawn_rect r = { 0, 64, 1, 1 }, got;
		struct sek_drawn_in in;
		uint32_t read[4];
		size_t size;

		sek_drawn_reset(&to);
		sek_drawn_start(&out, room, sizeof room);
		for (unsigned k = 0; k <= n; k++, r.x++)
			sek_drawn_put(&out, &to, r, px, 1, false);
		ck_assert_uint_gt(sek_drawn_finish(&out), 0);
		memcpy(&from, &to, sizeof from);
		sek_drawn_start(&out, room, sizeof room);
		r = (struct sek_drawn_rect){ 900, 500, 2, 2 };
		sek_drawn_put(&out, &to, r, px, 2, false);
		size = sek_drawn_finish(&out);
		high += room[0] == 0xff;
		sek_drawn_open(&in, room, size);
		ck_assert(sek_is_ok(sek_drawn_next(&in, &from, &got)));
		ck_assert_mem_eq(&got, &r, sizeof r);
		ck_assert(sek_is_ok(sek_drawn_pixels(&in, &from, read)));
		ck_assert(sek_is_ok(sek_drawn_done(&in)));
		ck_assert_mem_eq(read, px, sizeof px);
	}
	ck_assert_uint_gt(high, 0);
}
END_TEST

START_TEST(lengths_must_fit)
{
	static struct sek_drawn_model before;
	struct sek_picture pics[RECTS];
	struct test_random r = { 5 };
	size_t n, px;

	sek_drawn_reset(&to);
	n = write_all(&r, pics);
	sek_drawn_reset(&before);
	for (size_t k = 0; k < n + 2; k += k < 40 || k + 40 > n ? 1 : n / 50 + 1) {
		from = before;
		ck_assert(sek_is_ok(read_all(room, k, RECTS, NULL, &px)) == (k == n));
	}
	from = before;
	ck_assert(sek_is(read_all(room, n, RECTS - 1, NULL, &px), SEK_E_MALFORMED));
	from = before;
	ck_assert(sek_is(read_all(room, n, RECTS + 1, NULL, &px), SEK_E_MALFORMED));
	drop_all(pics);
}
END_TEST

/* The place of one rectangle is 49 plain bits, of which the last stands in the first byte of seven, before seven zeros. */
START_TEST(the_last_plain_byte_ends_with_zeros)
{
	static const uint32_t black;
	struct sek_drawn_out out;
	size_t n, px;

	for (unsigned bit = 0; bit < 8; bit++) {
		sek_drawn_reset(&to);
		sek_drawn_reset(&from);
		sek_drawn_start(&out, room, sizeof room);
		sek_drawn_put(&out, &to, (struct sek_drawn_rect){ 0, 64, 1, 1 }, &black, 1, false);
		n = sek_drawn_finish(&out);
		ck_assert_uint_gt(n, 7);
		if (bit < 7)
			room[n - 7] |= (uint8_t)(1u << bit);
		ck_assert_uint_eq(sek_is_ok(read_all(room, n, 1, NULL, &px)), bit == 7);
	}
}
END_TEST

START_TEST(damaged_bytes_stay_inside)
{
	struct sek_picture pics[RECTS];
	struct test_random r = { 17 };
	unsigned refused = 0;

	sek_drawn_reset(&from);
	for (unsigned i = 0; i < 400; i++) {
		size_t n, px;

		sek_drawn_reset(&to);
		n = write_all(&r, pics);
		drop_all(pics);
		for (uint32_t k = 1 + test_random_below(&r, 4); k > 0; k--)
			room[test_random_below(&r, test_random_below(&r, 2) ? (uint32_t)n : 20)] = (uint8_t)test_random(&r);
		refused += !sek_is_ok(read_all(room, n, RECTS, NULL, &px)); /* with whatever was learnt from the one before */
		ck_assert_uint_le(px, RECTS * SEK_DRAWN_MAX_PX);
	}
	ck_assert_uint_gt(refused, 300);
}
END_TEST

START_TEST(noise_fits_its_bound)
{
	/* alternately what teaches the model and what it then does not expect */
	struct sek_picture noise = test_picture_create(SEK_DRAWN_MAX_WIDTH_PX, SEK_TILE_PX);
	struct sek_picture p = test_picture_create(SEK_DRAWN_MAX_WIDTH_PX, SEK_TILE_PX);
	struct test_random r = { 23 };

	sek_drawn_reset(&to);
	test_draw_noise(&noise, (struct sek_rect){ 0, 0, noise.width_px, noise.height_px }, 3);
	for (size_t i = 0; i < (size_t)noise.stride_px * noise.height_px; i++)
		noise.px[i] &= 0xffffff;
	for (unsigned i = 0; i < 60; i++) {
		struct sek_drawn_out out;

		draw(&p, &r);
		sek_drawn_start(&out, room, ROOM);
		sek_drawn_put(&out, &to, (struct sek_drawn_rect){ 0, 0, p.width_px, p.height_px }, p.px, p.stride_px, i & 1);
		ck_assert_uint_gt(sek_drawn_finish(&out), 0);
		sek_drawn_start(&out, room, 3);
		sek_drawn_put(&out, &to, (struct sek_drawn_rect){ 0, 0, p.width_px, p.height_px }, p.px, p.stride_px, i & 1);
		ck_assert_uint_eq(sek_drawn_finish(&out), 0); /* no room: says so */
		for (size_t size = SEK_DRAWN_LEAST_BYTES; i < 4 && size < 2 * SEK_DRAWN_LEAST_BYTES; size += 1500) {
			memset(room + size, 0x5a, 64);
			sek_drawn_start(&out, room, size);
			for (unsigned k = 0; k < 3; k++)
				sek_drawn_put(&out, &to, (struct sek_drawn_rect){ 0, 0, noise.width_px, noise.height_px }, noise.px,
					noise.stride_px, k & 1);
			ck_assert_uint_eq(sek_drawn_finish(&out), 0);
			for (unsigned k = 0; k < 64; k++)
				ck_assert_uint_eq(room[size + k], 0x5a);
		}
	}
	test_picture_destroy(&p);
	test_picture_destroy(&noise);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("codec drawn");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, what_is_read_is_what_was_written);
	tcase_add_test(t, any_first_byte_is_kept);
	tcase_add_test(t, lengths_must_fit);
	tcase_add_test(t, the_last_plain_byte_ends_with_zeros);
	tcase_add_test(t, damaged_bytes_stay_inside);
	tcase_add_test(t, noise_fits_its_bound);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
