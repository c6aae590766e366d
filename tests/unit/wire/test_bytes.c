/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The bounded reader and writer.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/wire/wire.h"

START_TEST(what_is_written_is_read)
{
	uint8_t memory[16];
	struct sek_writer w;
	struct sek_reader r;
	uint8_t a;
	uint16_t b;
	int16_t c;
	uint32_t d;
	const uint8_t *bytes;

	sek_writer_init(&w, memory, sizeof memory);
	sek_write_u8(&w, 0xfe);
	sek_write_u16(&w, 0x1234);
	sek_write_i16(&w, -2);
	sek_write_u32(&w, 0x89abcdef);
	sek_write_bytes(&w, "xyz", 3);
	sek_write_bytes(&w, NULL, 0);
	ck_assert(sek_is_ok(sek_writer_status(&w)));
	ck_assert_uint_eq(w.len, 12);
	ck_assert_mem_eq(memory, "\xfe\x12\x34\xff\xfe\x89\xab\xcd\xefxyz", 12);

	sek_reader_init(&r, memory, w.len);
	ck_assert(sek_is_ok(sek_read_u8(&r, &a)) && a == 0xfe);
	ck_assert(sek_is_ok(sek_read_u16(&r, &b)) && b == 0x1234);
	ck_assert(sek_is_ok(sek_read_i16(&r, &c)) && c == -2);
	ck_assert(sek_is_ok(sek_read_u32(&r, &d)) && d == 0x89abcdef);
	ck_assert(sek_is(sek_read_done(&r), SEK_E_MALFORMED));
	ck_assert(sek_is_ok(sek_read_bytes(&r, 3, &bytes)));
	ck_assert_mem_eq(bytes, "xyz", 3);
	ck_assert(sek_is_ok(sek_read_done(&r)));
}
END_TEST

START_TEST(i16_covers_its_range)
{
	static const int16_t values[] = { -32768, -32767, -1, 0, 1, 32767 };

	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		uint8_t memory[2];
		struct sek_writer w;
		struct sek_reader r;
		int16_t v = 99;

		sek_writer_init(&w, memory, sizeof memory);
		sek_write_i16(&w, values[i]);
		sek_reader_init(&r, memory, sizeof memory);
		ck_assert(sek_is_ok(sek_read_i16(&r, &v)));
		ck_assert_int_eq(v, values[i]);
	}
}
END_TEST

START_TEST(a_read_that_fails_moves_nothing)
{
	const uint8_t bytes[3] = { 1, 2, 3 };
	struct sek_reader r;
	uint32_t d = 77;
	uint16_t b = 77;
	int16_t c = 77;
	uint8_t a = 77;
	const uint8_t *p = NULL;

	sek_reader_init(&r, bytes, 3);
	ck_assert(sek_is(sek_read_u32(&r, &d), SEK_E_MALFORMED));
	ck_assert(sek_is(sek_read_bytes(&r, 4, &p), SEK_E_MALFORMED));
	ck_assert(sek_is(sek_read_bytes(&r, SIZE_MAX, &p), SEK_E_MALFORMED));
	ck_assert(d == 77 && p == NULL && r.left == 3 && r.p == bytes);

	sek_reader_init(&r, bytes, 1);
	ck_assert(sek_is(sek_read_u16(&r, &b), SEK_E_MALFORMED));
	ck_assert(sek_is(sek_read_i16(&r, &c), SEK_E_MALFORMED));
	ck_assert(b == 77 && c == 77 && r.left == 1 && r.p == bytes);

	sek_reader_init(&r, NULL, 0);
	ck_assert(sek_is(sek_read_u8(&r, &a), SEK_E_MALFORMED));
	ck_assert(a == 77);
	ck_assert(sek_is_ok(sek_read_bytes(&r, 0, &p)));
	ck_assert(sek_is_ok(sek_read_done(&r)));
}
END_TEST

START_TEST(a_write_that_does_not_fit_fails_for_good)
{
	uint8_t memory[6];
	struct sek_writer w;

	memset(memory, 0xee, sizeof memory);
	sek_writer_init(&w, memory, 5);
	sek_write_u32(&w, 0x01020304);
	sek_write_u16(&w, 0x0506);
	ck_assert(sek_is(sek_writer_status(&w), SEK_E_LIMIT));
	sek_write_u8(&w, 7); /* would fit, but nothing after a failure is written */
	sek_write_u32(&w, 7);
	sek_write_bytes(&w, "a", 1);
	ck_assert_uint_eq(w.len, 4);
	ck_assert_mem_eq(memory, "\x01\x02\x03\x04\xee\xee", 6);

	sek_writer_init(&w, memory, 0);
	sek_write_u8(&w, 1);
	ck_assert(sek_is(sek_writer_status(&w), SEK_E_LIMIT));
	ck_assert_uint_eq(memory[0], 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wire bytes");
	TCase *t = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_test(t, what_is_written_is_read);
	tcase_add_test(t, i16_covers_its_range);
	tcase_add_test(t, a_read_that_fails_moves_nothing);
	tcase_add_test(t, a_write_that_does_not_fit_fails_for_good);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
