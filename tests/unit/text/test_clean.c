/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The cleaning of text that crosses: what stays, what goes, what is refused, and that everything is counted in code points.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "protocol/text/text.h"

struct row {
	const char *in, *out;
	size_t chars, removed;
};

static const struct row rows[] = {
	{ "", "", 0, 0 },
	{ "abc", "abc", 3, 0 },
	{ "関所で\tお調べ\n", "関所で\tお調べ\n", 8, 0 },
	{ "a\r\nb\rc\n\r\nd", "a\nb\nc\n\nd", 8, 0 },
	{ "\r\r\n\n", "\n\n\n", 3, 0 },
	{ "a\xc2\x85" "b\xe2\x80\xa8" "c\xe2\x80\xa9" "d", "a\nb\nc\nd", 7, 0 }, /* NEL, LS, PS */
	{ "a\x01\x02\x07\x08\x0b\x0c\x1b[31mb\x7f", "a[31mb", 6, 8 },
	{ "\xc2\x80\xc2\x9f\xc2\xa0", "\xc2\xa0", 1, 2 }, /* C1 go, no-break space stays */
	{ "exe\xe2\x80\xae" "fdp.doc", "exefdp.doc", 10, 1 }, /* U+202E */
	{ "\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\xaa\xe2\x80\xac\xe2\x81\xa6\xe2\x81\xa9x", "x", 1, 7 },
	{ "\xef\xbb\xbf" "bom", "bom", 3, 1 },
	{ "\xef\xbf\xbe\xef\xbf\xbf\xef\xb7\x90\xf4\x8f\xbf\xbfx", "x", 1, 4 }, /* non-characters */
	{ "a\xf3\xa0\x80\x81\xf3\xa0\x81\x81\xf3\xa0\x81\xbf" "b", "ab", 2, 3 }, /* tags */
	{ "\xef\xbf\xb9" "a\xef\xbf\xba" "b\xef\xbf\xbb", "ab", 2, 3 },
	/* what Japanese needs stays byte by byte: decomposed and composed が, a variation sequence, gaiji, a family */
	{ "\xe3\x81\x8b\xe3\x82\x99\xe3\x81\x8c", "\xe3\x81\x8b\xe3\x82\x99\xe3\x81\x8c", 3, 0 },
	{ "葛\xf3\xa0\x84\x80", "葛\xf3\xa0\x84\x80", 2, 0 },
	{ "\xee\x80\x80\xf3\xb0\x80\x80", "\xee\x80\x80\xf3\xb0\x80\x80", 2, 0 },
	{ "👨\xe2\x80\x8d👩\xe2\x80\x8d👧", "👨\xe2\x80\x8d👩\xe2\x80\x8d👧", 5, 0 },
};

START_TEST(cleans)
{
	const struct row *r = &rows[_i];
	size_t n = strlen(r->in);
	uint8_t *text = malloc(n + 1); /* exact, so that a sanitizer sees one byte too many */
	struct sek_text_cleaned c;

	memcpy(text, r->in, n);
	ck_assert(sek_is_ok(sek_text_clean(text, n, 100, &c)));
	ck_assert_uint_eq(c.bytes, strlen(r->out));
	ck_assert_mem_eq(text, r->out, c.bytes);
	ck_assert_uint_eq(c.chars, r->chars);
	ck_assert_uint_eq(c.removed, r->removed);
	/* once more changes nothing */
	ck_assert(sek_is_ok(sek_text_clean(text, c.bytes, 100, &c)));
	ck_assert_uint_eq(c.bytes, strlen(r->out));
	ck_assert_uint_eq(c.removed, 0);
	free(text);
}
END_TEST

static const char *const refused[] = {
	"\x80", "a\xc0\x80", "\xc1\xbf", "\xe3\x81", "\xe0\x80\x80", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80",
	"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xfe", "x\xf0\x9f\x98", "\xc3(", "a\xe3\x28\x81",
};

START_TEST(refuses_what_is_no_utf8)
{
	struct sek_text_cleaned c = { 7, 7, 7 };
	uint8_t text[16];
	size_t n = strlen(refused[_i]);

	memcpy(text, refused[_i], n);
	ck_assert(sek_is(sek_text_clean(text, n, 100, &c), SEK_E_MALFORMED));
	ck_assert_uint_eq(c.bytes, 7);
}
END_TEST

START_TEST(a_nul_is_removed_not_an_end)
{
	uint8_t text[] = { 'a', 0, 'b' };
	struct sek_text_cleaned c;

	ck_assert(sek_is_ok(sek_text_clean(text, 3, 2, &c)));
	ck_assert_uint_eq(c.bytes, 2);
	ck_assert_mem_eq(text, "ab", 2);
}
END_TEST

START_TEST(counts_code_points)
{
	enum { CHARS = 10000 };
	uint8_t *text = malloc(CHARS * 3 + 4);
	struct sek_text_cleaned c;

	for (size_t i = 0; i < CHARS + 1; i++)
		memcpy(text + i * 3, "\xe6\xbc\xa2", 3);
	ck_assert(sek_is_ok(sek_text_clean(text, CHARS * 3, CHARS, &c)));
	ck_assert_uint_eq(c.chars, CHARS);
	ck_assert_uint_eq(c.bytes, CHARS * 3);
	ck_assert(sek_is(sek_text_clean(text, (CHARS + 1) * 3, CHARS, &c), SEK_E_LIMIT));
	/* what is removed does not count */
	memcpy(text + CHARS * 3, "\xef\xbb\xbf", 3);
	ck_assert(sek_is_ok(sek_text_clean(text, (CHARS + 1) * 3, CHARS, &c)));
	ck_assert_uint_eq(c.removed, 1);
	free(text);
}
END_TEST

START_TEST(every_code_point)
{
	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		uint8_t b[4];
		size_t n;
		struct sek_text_cleaned c;

		if (cp >= 0xd800 && cp <= 0xdfff)
			continue;
		if (cp < 0x80) {
			b[0] = (uint8_t)cp, n = 1;
		} else if (cp < 0x800) {
			b[0] = (uint8_t)(0xc0 | cp >> 6), n = 2;
		} else if (cp < 0x10000) {
			b[0] = (uint8_t)(0xe0 | cp >> 12), n = 3;
		} else {
			b[0] = (uint8_t)(0xf0 | cp >> 18), n = 4;
		}
		for (size_t i = 1; i < n; i++)
			b[i] = (uint8_t)(0x80 | (cp >> 6 * (n - 1 - i) & 0x3f));
		ck_assert(sek_is_ok(sek_text_clean(b, n, 1, &c)));
		if (cp == 0x0d || cp == 0x85 || cp == 0x2028 || cp == 0x2029)
			ck_assert(c.bytes == 1 && b[0] == '\n');
		else
			ck_assert(c.bytes == (sek_text_allowed(cp) ? n : 0));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("clean");
	TCase *t = tcase_create("clean");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, cleans, 0, sizeof rows / sizeof rows[0]);
	tcase_add_loop_test(t, refuses_what_is_no_utf8, 0, sizeof refused / sizeof refused[0]);
	tcase_add_test(t, a_nul_is_removed_not_an_end);
	tcase_add_test(t, counts_code_points);
	tcase_add_test(t, every_code_point);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
