/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Strict UTF-8, log lines that no value can forge, and statuses as text.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/error.h"
#include "base/log.h"
#include "base/utf8.h"

START_TEST(utf8_accepts_each_length_at_its_borders)
{
	static const struct {
		const char *text;
		uint32_t c;
	} rows[] = {
		{ "\x01", 0x01 }, { "\x7f", 0x7f }, { "\xc2\x80", 0x80 }, { "\xdf\xbf", 0x7ff },
		{ "\xe0\xa0\x80", 0x800 }, { "\xed\x9f\xbf", 0xd7ff }, { "\xee\x80\x80", 0xe000 },
		{ "\xef\xbf\xbf", 0xffff }, { "\xf0\x90\x80\x80", 0x10000 }, { "\xf4\x8f\xbf\xbf", 0x10ffff },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t n = strlen(rows[i].text);
		uint32_t c = 0;

		ck_assert_uint_eq(sek_utf8_next((const uint8_t *)rows[i].text, n, &c), n);
		ck_assert_uint_eq(c, rows[i].c);
		for (size_t k = 0; k < n; k++) /* every prefix is refused */
			ck_assert_uint_eq(sek_utf8_next((const uint8_t *)rows[i].text, k, &c), 0);
	}
}
END_TEST

START_TEST(utf8_refuses_what_rfc_3629_refuses)
{
	static const char *const rows[] = {
		"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2\x7f", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
		"\xe3\x81\xc0", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe", "\xff",
	};
	uint32_t c;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		ck_assert_uint_eq(sek_utf8_next((const uint8_t *)rows[i], strlen(rows[i]), &c), 0);
}
END_TEST

START_TEST(utf8_counts_characters)
{
	size_t chars = 99;

	ck_assert(sek_utf8_valid((const uint8_t *)"関所👍a", 3 + 3 + 4 + 1, &chars));
	ck_assert_uint_eq(chars, 4);
	ck_assert(sek_utf8_valid(NULL, 0, &chars));
	ck_assert_uint_eq(chars, 0);
	ck_assert(!sek_utf8_valid((const uint8_t *)"a\xff", 2, NULL));
}
END_TEST

START_TEST(unsafe_code_points)
{
	static const uint32_t unsafe[] = { 0, 0x0a, 0x1f, 0x7f, 0x9f, 0x61c, 0x200e, 0x200f, 0x2028, 0x202e, 0x2066,
		0x2069, 0xfeff, 0xfffe, 0xffff, 0x1fffe, 0x10ffff, 0xfdd0 };
	static const uint32_t safe[] = { ' ', 'a', 0xa0, 0x3042, 0x200d, 0x1f44d, 0xfdf0, 0x2027, 0x202f };

	for (size_t i = 0; i < sizeof unsafe / sizeof unsafe[0]; i++)
		ck_assert_msg(sek_utf8_is_unsafe(unsafe[i]), "U+%04X", (unsigned)unsafe[i]);
	for (size_t i = 0; i < sizeof safe / sizeof safe[0]; i++)
		ck_assert_msg(!sek_utf8_is_unsafe(safe[i]), "U+%04X", (unsigned)safe[i]);
}
END_TEST

/* Logs one value and returns what came out on stderr. */
static const char *logged(const char *value)
{
	static char buf[8192];
	int p[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	ck_assert_int_eq(pipe(p), 0);
	dup2(p[1], STDERR_FILENO);
	sek_log(SEK_LOG_INFO, "test.event", "v", value, NULL);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(p[1]);
	n = read(p[0], buf, sizeof buf - 1);
	close(p[0]);
	ck_assert_int_gt(n, 0);
	buf[n] = 0;
	return buf;
}

START_TEST(log_values_cannot_forge_lines)
{
	const char *s = logged("x\n2026-01-01T00:00:00.000Z info login.ok user=root");

	ck_assert_ptr_eq(strchr(s, '\n'), s + strlen(s) - 1);
	ck_assert_ptr_nonnull(strstr(s, "v=\"x\\u{a}2026"));
	ck_assert_ptr_nonnull(strstr(logged("\x1b[31m"), "v=\"\\u{1b}[31m\""));
	ck_assert_ptr_nonnull(strstr(logged("a\"b"), "v=\"a\\u{22}b\""));
	ck_assert_ptr_nonnull(strstr(logged("\xe2\x80\xae"), "\\u{202e}"));
	ck_assert_ptr_nonnull(strstr(logged("\xff"), "\\u{ff}"));
	ck_assert_ptr_nonnull(strstr(logged("関所"), "v=\"関所\""));
	ck_assert_ptr_nonnull(strstr(logged("plain"), "v=plain\n"));
	ck_assert_ptr_nonnull(strstr(logged(NULL), "v=-\n"));
	ck_assert_ptr_nonnull(strstr(logged(""), "v=\"\"\n"));
}
END_TEST

START_TEST(log_lines_are_bounded)
{
	char big[100000];
	const char *s;

	memset(big, 0x01, sizeof big - 1);
	big[sizeof big - 1] = 0;
	s = logged(big);
	ck_assert_uint_le(strlen(s), 4096);
	ck_assert_int_eq(s[strlen(s) - 1], '\n');
}
END_TEST

START_TEST(a_gate_lets_a_flood_pass_as_a_trickle)
{
	struct sek_log_gate g = { 0 };
	unsigned passed = 0, told = 0, dropped;

	for (int i = 0; i < 100000; i++)
		if (sek_log_gate(&g, &dropped)) {
			passed++;
			told += dropped;
		}
	/* 100,000 calls take less than a second; one change of the second may fall into them */
	ck_assert_uint_ge(passed, SEK_LOG_GATE_LINES);
	ck_assert_uint_le(passed, 3 * SEK_LOG_GATE_LINES);
	ck_assert_uint_eq(passed + told + g.dropped, 100000);
}
END_TEST

START_TEST(status_texts)
{
	char b[128];

	errno = EACCES;
	ck_assert_str_eq(sek_status_text(sek_from_errno(), b, sizeof b), "i/o error (errno 13: Permission denied)");
	errno = EAGAIN;
	ck_assert(sek_is(sek_from_errno(), SEK_E_AGAIN));
	errno = ENOMEM;
	ck_assert(sek_is(sek_from_errno(), SEK_E_NOMEM));
	ck_assert(sek_is_ok(sek_from_uv(0)));
	ck_assert(sek_is(sek_from_uv(UV_EOF), SEK_E_CLOSED));
	ck_assert(sek_is(sek_from_uv(UV_ENOMEM), SEK_E_NOMEM));
	ck_assert(sek_is(sek_from_uv(UV_ECONNREFUSED), SEK_E_IO));
	ck_assert_ptr_nonnull(strstr(sek_status_text(sek_from_uv(UV_ECONNREFUSED), b, sizeof b), "refused"));
	ck_assert_str_eq(sek_status_text(sek_foreign(SEK_E_EXISTS, SEK_FROM_POSTGRESQL, (int32_t)strtol("23505", NULL, 36)), b, sizeof b),
		"exists already (PostgreSQL 23505)");
	ck_assert_str_eq(sek_status_text(sek_fail(SEK_E_JAIL), b, sizeof b), "jail could not be built");
	ck_assert_str_eq(sek_status_text(sek_foreign(SEK_E_CRYPTO, SEK_FROM_GNUTLS, -50), b, sizeof b),
		"cryptographic failure (GnuTLS -50)");
	for (int c = 0; c <= SEK_E_INTERNAL; c++)
		ck_assert_str_ne(sek_code_name(sek_fail((enum sek_code)c)), "unknown");
	ck_assert_str_eq(sek_code_name(sek_fail((enum sek_code)200)), "unknown");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base.text");
	TCase *t = tcase_create("text");
	SRunner *r;
	int failed;

	tcase_add_test(t, utf8_accepts_each_length_at_its_borders);
	tcase_add_test(t, utf8_refuses_what_rfc_3629_refuses);
	tcase_add_test(t, utf8_counts_characters);
	tcase_add_test(t, unsafe_code_points);
	tcase_add_test(t, log_values_cannot_forge_lines);
	tcase_add_test(t, log_lines_are_bounded);
	tcase_add_test(t, a_gate_lets_a_flood_pass_as_a_trickle);
	tcase_add_test(t, status_texts);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
