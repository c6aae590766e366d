/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The LZ4 decoder: what liblz4 makes comes back, and each way to break a block is refused.
 */
#include <check.h>
#include <lz4.h>
#include <stdlib.h>
#include <string.h>

#include "pictures.h"
#include "protocol/codec/lz4.h"

/* Decodes from and into memory of exactly the right size, so that ASan sees one byte too many. */
static sek_status decode(const uint8_t *in, size_t n, size_t out_bytes, uint8_t *ret)
{
	uint8_t *from = malloc(n ? n : 1), *to = malloc(out_bytes ? out_bytes : 1);
	sek_status s;

	memcpy(from, in, n);
	s = sek_lz4_decode(from, n, to, out_bytes);
	if (sek_is_ok(s) && ret)
		memcpy(ret, to, out_bytes);
	free(from);
	free(to);
	return s;
}

START_TEST(round_trips)
{
	static uint8_t raw[300000], packed[LZ4_COMPRESSBOUND(sizeof raw)], back[sizeof raw];
	struct test_random r = { (uint64_t)_i };

	for (int round = 0; round < 30; round++) {
		size_t n = 1 + test_random_below(&r, round % 3 ? 400 : sizeof raw);
		unsigned kind = test_random_below(&r, 4), period = 1 + test_random_below(&r, 40);
		int got;

		for (size_t i = 0; i < n; i++) {
			uint32_t v = kind == 0 ? test_random(&r) : kind == 1 ? 0 : (uint32_t)(i % period * 7);

			if (kind == 3 && test_random_below(&r, 30) == 0)
				v = test_random(&r);
			raw[i] = (uint8_t)v;
		}
		got = LZ4_compress_default((const char *)raw, (char *)packed, (int)n, sizeof packed);
		ck_assert_int_gt(got, 0);
		ck_assert(sek_is_ok(decode(packed, (size_t)got, n, back)));
		ck_assert_mem_eq(raw, back, n);
		ck_assert(sek_is(decode(packed, (size_t)got, n + 1, NULL), SEK_E_MALFORMED));
		ck_assert(sek_is(decode(packed, (size_t)got, n - 1, NULL), SEK_E_MALFORMED));
		for (size_t cut = (size_t)got > 200 ? (size_t)got - 200 : 0; cut < (size_t)got; cut++) {
			if (!sek_is(decode(packed, cut, n, NULL), SEK_E_MALFORMED))
				ck_abort_msg("a prefix was taken");
		}
	}
}
END_TEST

START_TEST(flipped_bits_stay_inside)
{
	static uint8_t raw[2000], packed[LZ4_COMPRESSBOUND(sizeof raw)];
	int got;

	for (size_t i = 0; i < sizeof raw; i++)
		raw[i] = (uint8_t)(i * i / 100 % 11);
	got = LZ4_compress_default((const char *)raw, (char *)packed, sizeof raw, sizeof packed);
	for (int bit = 0; bit < got * 8; bit++) {
		packed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		(void)decode(packed, (size_t)got, sizeof raw, NULL); /* ASan is the judge */
		packed[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}
END_TEST

static const struct {
	const char *what, *bytes;
	size_t n, out;
	bool good;
} rows[] = {
#define ROW(what, bytes, out, good) { what, bytes, sizeof(bytes) - 1, out, good }
	ROW("nothing", "", 0, false),
	ROW("one empty token", "\x00", 0, true),
	ROW("one literal", "\x10" "a", 1, true),
	ROW("literals end too soon", "\x20" "a", 2, false),
	ROW("trailing literal", "\x10" "ab", 1, false),
	ROW("15 literals", "\xf0\x00" "123456789012345", 15, true),
	ROW("15 literals without the length byte", "\xf0", 15, false),
	ROW("length of 255 without a next byte", "\xf0\xff", 300, false),
	ROW("match", "\x10" "a\x01\x00\x10" "b", 6, true),
	ROW("match of offset 0", "\x10" "a\x00\x00\x10" "b", 6, false),
	ROW("match before the start", "\x10" "a\x02\x00\x10" "b", 6, false),
	ROW("half an offset", "\x10" "a\x01", 5, false),
	ROW("match longer than the output", "\x10" "a\x01\x00\x10" "b", 5, false),
	ROW("match runs over the end", "\x1f" "a\x01\x00\xff\xff\x10", 100, false),
	ROW("long match", "\x1f" "a\x01\x00\x05\x00", 25, true),
	ROW("match is last", "\x10" "a\x01\x00", 5, false),
	ROW("match length in the last token", "\x11" "a", 1, false),
	ROW("output stays short", "\x10" "a", 2, false),
	ROW("offset of 65535", "\x10" "a\xff\xff\x10" "b", 6, false),
};

START_TEST(rows_of_blocks)
{
	ck_assert_msg(sek_is_ok(decode((const uint8_t *)rows[_i].bytes, rows[_i].n, rows[_i].out, NULL)) == rows[_i].good,
		"%s", rows[_i].what);
}
END_TEST

START_TEST(overlapping_matches_repeat_their_pattern)
{
	/* "abc" and then 40 bytes from three back */
	static const uint8_t block[] = { 0x3f, 'a', 'b', 'c', 3, 0, 21, 0x00 };
	uint8_t out[43];

	ck_assert(sek_is_ok(decode(block, sizeof block, sizeof out, out)));
	for (size_t i = 0; i < sizeof out; i++)
		ck_assert_int_eq(out[i], "abc"[i % 3]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("codec lz4");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, round_trips, 0, 4);
	tcase_add_test(t, flipped_bits_stay_inside);
	tcase_add_loop_test(t, rows_of_blocks, 0, (int)(sizeof rows / sizeof rows[0]));
	tcase_add_test(t, overlapping_matches_repeat_their_pattern);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
