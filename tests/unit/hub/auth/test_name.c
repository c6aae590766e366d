/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one form of names and passwords; hashes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "broker/hub/auth/name.h"
#include "broker/hub/auth/password.h"

static const struct {
	const char *typed, *form; /* NULL: refused */
} names[] = {
	{ "taro", "taro" },
	{ "TARO", "taro" },
	{ "Ｔａｒｏ１", "taro1" },          /* full-width */
	{ "ﾔﾏﾀﾞ", "ヤマダ" },               /* half-width katakana */
	{ "山田.太郎-1_x@city", "山田.太郎-1_x@city" },
	{ "Straße", "strasse" },
	{ "e\xcc\x81", "\xc3\xa9" },          /* e and combining accent */
	{ "ﬁ", "fi" },
	{ "", NULL },
	{ " ", NULL },
	{ "a b", NULL },
	{ "　", NULL },
	{ ".a", NULL },
	{ "-a", NULL },
	{ "@a", NULL },
	{ "\xcc\x81" "a", NULL },             /* begins with a mark */
	{ "a\n", NULL },
	{ "a\xe2\x80\xae" "b", NULL },        /* bidirectional control */
	{ "a\xef\xbb\xbf", NULL },
	{ "a/b", NULL },
	{ "a=b", NULL },
	{ "\xff", NULL },
	{ "\xed\xa0\x80", NULL },             /* a surrogate */
	{ "a\xc0\xaf", NULL },                /* overlong */
	{ "👍", NULL },
};

START_TEST(names_have_one_form)
{
	char ret[SEK_NAME_BYTES] = "untouched";
	sek_status status = sek_name_normalize(names[_i].typed, strlen(names[_i].typed), ret);

	if (names[_i].form) {
		ck_assert(sek_is_ok(status));
		ck_assert_str_eq(ret, names[_i].form);
		/* the form of the form is itself */
		ck_assert(sek_is_ok(sek_name_normalize(names[_i].form, strlen(names[_i].form), ret)));
		ck_assert_str_eq(ret, names[_i].form);
	} else {
		ck_assert(sek_is(status, SEK_E_MALFORMED));
		ck_assert_str_eq(ret, "untouched");
	}
}
END_TEST

START_TEST(name_limits)
{
	char text[5000], ret[SEK_NAME_BYTES];

	memset(text, 'a', sizeof text);
	ck_assert(sek_is_ok(sek_name_normalize(text, SEK_NAME_MAX_CHARS, ret)));
	ck_assert(!sek_is_ok(sek_name_normalize(text, SEK_NAME_MAX_CHARS + 1, ret)));
	ck_assert(!sek_is_ok(sek_name_normalize(text, sizeof text, ret)));
	ck_assert(!sek_is_ok(sek_name_normalize("a\0b", 3, ret)));
	/* one sign that becomes eighteen: U+FDFA, 34 times */
	text[0] = '\0';
	for (int i = 0; i < 34; i++)
		strcat(text, "\xef\xb7\xba");
	ck_assert(!sek_is_ok(sek_name_normalize(text, strlen(text), ret)));
}
END_TEST

START_TEST(passwords_have_one_form)
{
	char a[SEK_PASSWORD_MAX_BYTES], b[SEK_PASSWORD_MAX_BYTES];
	size_t n = 0, m = 0, chars = 0;

	ck_assert(sek_is_ok(sek_password_normalize("Ｐａｓｓ ﾃﾞﾝ", strlen("Ｐａｓｓ ﾃﾞﾝ"), a, &n, &chars)));
	ck_assert(sek_is_ok(sek_password_normalize("Pass デン", strlen("Pass デン"), b, &m, NULL)));
	ck_assert_uint_eq(n, m);
	ck_assert_mem_eq(a, b, n);
	ck_assert_uint_eq(chars, 7);
	/* case counts */
	ck_assert(sek_is_ok(sek_password_normalize("pass デン", strlen("pass デン"), b, &m, NULL)));
	ck_assert(memcmp(a, b, n) != 0);
	ck_assert(sek_is(sek_password_normalize("", 0, a, &n, NULL), SEK_E_MALFORMED));
	ck_assert(sek_is(sek_password_normalize("a\0b", 3, a, &n, NULL), SEK_E_MALFORMED));
	ck_assert(sek_is(sek_password_normalize("a\x1b[", 3, a, &n, NULL), SEK_E_MALFORMED));
	ck_assert(sek_is(sek_password_normalize("a\xff", 2, a, &n, NULL), SEK_E_MALFORMED));
}
END_TEST

START_TEST(password_limits)
{
	char text[SEK_PASSWORD_MAX_BYTES + 1], ret[SEK_PASSWORD_MAX_BYTES];
	size_t n = 0, i;

	memset(text, 'a', sizeof text);
	ck_assert(sek_is_ok(sek_password_normalize(text, SEK_PASSWORD_MAX_BYTES, ret, &n, NULL)));
	ck_assert_uint_eq(n, SEK_PASSWORD_MAX_BYTES);
	ck_assert(sek_is(sek_password_normalize(text, sizeof text, ret, &n, NULL), SEK_E_LIMIT));
	/* fits as typed, but not in its one form */
	for (i = 0; i + 3 <= SEK_PASSWORD_MAX_BYTES; i += 3)
		memcpy(text + i, "\xef\xb7\xba", 3);
	ck_assert(sek_is(sek_password_normalize(text, i, ret, &n, NULL), SEK_E_LIMIT));
}
END_TEST

START_TEST(hashes)
{
	char a[SEK_PASSWORD_HASH_BYTES], b[SEK_PASSWORD_HASH_BYTES];

	ck_assert(sek_is_ok(sek_password_hash("secret", 6, a)));
	ck_assert(sek_is_ok(sek_password_hash("secret", 6, b)));
	ck_assert_str_ne(a, b);
	ck_assert(strncmp(a, "$argon2id$v=19$m=65536,t=2,p=1$", 31) == 0);
	ck_assert(sek_password_verify(a, "secret", 6));
	ck_assert(!sek_password_verify(a, "secret", 5));
	ck_assert(!sek_password_verify(a, "Secret", 6));
	ck_assert(!sek_password_verify(a, "", 0));
	ck_assert(!sek_password_verify("", "secret", 6));
	ck_assert(!sek_password_verify("$argon2id$nonsense", "secret", 6));
}
END_TEST

START_TEST(generated_passwords_are_long_enough_and_differ)
{
	char a[SEK_PASSWORD_GENERATED_BYTES], b[SEK_PASSWORD_GENERATED_BYTES];

	sek_password_generate(a);
	sek_password_generate(b);
	ck_assert_uint_eq(strlen(a), 23);
	ck_assert_str_ne(a, b);
	ck_assert_uint_eq(strspn(a, "abcdefghjkmnpqrstuvwxyz23456789-"), 23);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hub.auth.name");
	TCase *t = tcase_create("name");
	SRunner *r;
	int failed;

	if (!sek_is_ok(sek_auth_init()))
		return 1;
	tcase_add_loop_test(t, names_have_one_form, 0, (int)(sizeof names / sizeof names[0]));
	tcase_add_test(t, name_limits);
	tcase_add_test(t, passwords_have_one_form);
	tcase_add_test(t, password_limits);
	tcase_add_test(t, hashes);
	tcase_add_test(t, generated_passwords_are_long_enough_and_differ);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
