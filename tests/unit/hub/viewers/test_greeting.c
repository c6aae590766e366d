/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a viewer says before its log-in: the one way through, and every wrong turn.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "broker/hub/viewers/greeting.h"

static size_t say(struct sek_greeting *g, const char *bytes, size_t n, uint8_t *out)
{
	ck_assert_uint_eq(sek_greeting_needs(g), n);
	return sek_greeting_take(g, (const uint8_t *)bytes, out);
}

START_TEST(the_way_in)
{
	struct sek_greeting g = { 0 };
	uint8_t out[SEK_GREETING_OUT_BYTES];

	ck_assert_uint_eq(say(&g, "RFB 003.008\n", 12, out), 2);
	ck_assert(memcmp(out, "\1\x13", 2) == 0); /* VeNCrypt and nothing else: never "None" */
	ck_assert_uint_eq(say(&g, "\x13", 1, out), 2);
	ck_assert(memcmp(out, "\0\2", 2) == 0);
	ck_assert_uint_eq(say(&g, "\0\2", 2, out), 6);
	ck_assert(memcmp(out, "\0\1\0\0\1\6", 6) == 0);
	ck_assert_uint_eq(say(&g, "\0\0\1\6", 4, out), 1);
	ck_assert_uint_eq(out[0], 1);
	ck_assert_int_eq(g.step, SEK_GREETING_TLS);
	ck_assert_uint_eq(sek_greeting_needs(&g), 0);
	sek_greeting_secured(&g);
	ck_assert_uint_eq(say(&g, "\0\0\0\6\0\0\0\3", 8, out), 0);
	ck_assert_uint_eq(say(&g, "tanakapw!", 9, out), 0);
	ck_assert_int_eq(g.step, SEK_GREETING_DONE);
	ck_assert(g.name_n == 6 && g.password_n == 3 && memcmp(g.password, "pw!", 3) == 0);
	ck_assert_uint_eq(sek_greeting_needs(&g), 0);
}
END_TEST

static void refused(enum sek_greeting_step step, const char *bytes, size_t n)
{
	struct sek_greeting g = { .step = step };
	uint8_t out[SEK_GREETING_OUT_BYTES];

	(void)say(&g, bytes, n, out);
	ck_assert_int_eq(g.step, SEK_GREETING_REFUSED);
	ck_assert_uint_eq(sek_greeting_needs(&g), 0);
}

START_TEST(wrong_turns)
{
	struct sek_greeting g = { 0 };
	uint8_t out[SEK_GREETING_OUT_BYTES];

	refused(SEK_GREETING_VERSION, "RFB 003.003\n", 12);
	refused(SEK_GREETING_VERSION, "RFB 003.007\n", 12);
	refused(SEK_GREETING_VERSION, "RFB 004.000\n", 12);
	refused(SEK_GREETING_VERSION, "GET / HTTP/1", 12);
	refused(SEK_GREETING_VERSION, "RFB 003.0x8\t", 12);
	refused(SEK_GREETING_SECURITY, "\1", 1);     /* None */
	refused(SEK_GREETING_SECURITY, "\2", 1);     /* VncAuth */
	refused(SEK_GREETING_VENCRYPT, "\0\1", 2);
	refused(SEK_GREETING_KIND, "\0\0\1\x05", 4); /* X509Vnc */
	refused(SEK_GREETING_KIND, "\0\0\1\x03", 4); /* TLSPlain: nobody's certificate */
	refused(SEK_GREETING_KIND, "\0\0\1\0", 4);   /* Plain: nothing is encrypted */
	refused(SEK_GREETING_LENGTHS, "\0\0\0\0\0\0\0\3", 8);
	refused(SEK_GREETING_LENGTHS, "\0\0\0\3\0\0\0\0", 8);
	refused(SEK_GREETING_LENGTHS, "\0\0\0\x81\0\0\0\3", 8);
	refused(SEK_GREETING_LENGTHS, "\0\0\0\3\0\0\4\1", 8);
	refused(SEK_GREETING_LENGTHS, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	/* older ones are told why, in their own form */
	ck_assert_uint_gt(say(&g, "RFB 003.003\n", 12, out), 8);
	ck_assert(memcmp(out, "\0\0\0\0", 4) == 0);
	/* the longest that is taken */
	g = (struct sek_greeting){ .step = SEK_GREETING_LENGTHS };
	(void)say(&g, "\0\0\0\x80\0\0\4\0", 8, out);
	ck_assert_uint_eq(sek_greeting_needs(&g), SEK_GREETING_NAME_MAX + SEK_GREETING_PASSWORD_MAX);
	ck_assert_uint_le(sek_greeting_needs(&g), SEK_GREETING_IN_BYTES);
}
END_TEST

START_TEST(codes_behind_passwords)
{
	static const struct { const char *text; size_t password, code; } rows[] = {
		{ "secret+123456", 6, 7 }, { "se+cr+654321", 5, 6 }, { "secret", 6, 0 }, { "secret+12345", 12, 0 }, { "secret+1234567", 14, 0 },
		{ "secret+12345x", 13, 0 }, { "secret123456", 12, 0 }, { "+123456", 7, 0 }, { "x+123456", 1, 2 },
	};
	size_t code;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		ck_assert_uint_eq(sek_greeting_cut((const uint8_t *)rows[i].text, strlen(rows[i].text), &code), rows[i].password);
		ck_assert_uint_eq(code, rows[i].code);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("viewers.greeting");
	TCase *t = tcase_create("greeting");
	SRunner *r;
	int failed;

	tcase_add_test(t, the_way_in);
	tcase_add_test(t, wrong_turns);
	tcase_add_test(t, codes_behind_passwords);
	suite_add_tcase(suite, t);
	r = srunner_create(suite);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
