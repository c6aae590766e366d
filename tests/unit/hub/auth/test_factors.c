/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sets of factors, one-time codes against RFC 6238's own numbers, sealing, recovery codes, half log-ins, templates of the
 * directory: pure parts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "broker/hub/auth/ldap.h"
#include "broker/hub/auth/needs.h"
#include "broker/hub/auth/password.h"
#include "broker/hub/auth/totp.h"

START_TEST(needs_are_read_strictly)
{
	static const struct { const char *text; uint32_t needs; } good[] = {
		{ "password", 1 }, { "password+totp", 3 }, { "totp+password", 3 }, { "certificate", 4 },
		{ "certificate+password", 5 }, { "certificate+totp", 6 }, { "certificate+password+totp", 7 },
	};
	static const char *const bad[] = { "", "totp", "passwort", "password+", "+password", "password+password", "password totp",
		"Password", "password+totp+", "password++totp" };
	char text[SEK_NEEDS_BYTES];
	uint32_t needs;
	size_t i;

	for (i = 0; i < sizeof good / sizeof good[0]; i++) {
		ck_assert_msg(sek_needs_parse(good[i].text, &needs) && needs == good[i].needs, "%s", good[i].text);
		ck_assert(sek_needs_parse(sek_needs_text(needs, text), &needs) && needs == good[i].needs);
	}
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(!sek_needs_parse(bad[i], &needs), "%s", bad[i]);
	ck_assert_str_eq(sek_needs_text(0, text), "");
}
END_TEST

START_TEST(codes_are_those_of_rfc_6238)
{
	/* appendix B, SHA-1, the last six of its eight digits */
	static const struct { int64_t at; const char *code; } rows[] = {
		{ 59, "287082" }, { 1111111109, "081804" }, { 1111111111, "050471" }, { 1234567890, "005924" },
		{ 2000000000, "279037" }, { 20000000000, "353130" },
	};
	const uint8_t *secret = (const uint8_t *)"12345678901234567890";
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t step = rows[i].at / 30;

		ck_assert_int_eq(sek_totp_check(secret, rows[i].code, rows[i].at, 0), step);
		ck_assert_int_eq(sek_totp_check(secret, rows[i].code, rows[i].at + 30, 0), step);
		ck_assert_int_eq(sek_totp_check(secret, rows[i].code, (step + 2) * 30, 0), 0);
		ck_assert_int_eq(sek_totp_check(secret, rows[i].code, (step - 1) * 30, 0), step);
		ck_assert(i == 0 || sek_totp_check(secret, rows[i].code, (step - 1) * 30 - 1, 0) == 0);
		ck_assert_int_eq(sek_totp_check(secret, rows[i].code, rows[i].at, step), 0); /* used */
		ck_assert_int_eq(sek_totp_check(secret, rows[i].code, rows[i].at, step + 5), 0);
	}
	ck_assert_int_eq(sek_totp_check(secret, "28708", 59, 0), 0);
	ck_assert_int_eq(sek_totp_check(secret, "2870820", 59, 0), 0);
	ck_assert_int_eq(sek_totp_check(secret, "28708x", 59, 0), 0);
	ck_assert_int_eq(sek_totp_check(secret, "", 59, 0), 0);
}
END_TEST

START_TEST(a_seal_opens_for_its_user_and_key_only)
{
	uint8_t key[SEK_TOTP_KEY_BYTES] = { 1 }, other[SEK_TOTP_KEY_BYTES] = { 2 }, secret[SEK_TOTP_SECRET_BYTES], out[20];
	uint8_t sealed[SEK_TOTP_SEALED_BYTES];
	size_t i;

	sek_totp_secret_make(secret);
	sek_totp_seal(key, 7, secret, sealed);
	ck_assert(sek_is_ok(sek_totp_open(key, 7, sealed, sizeof sealed, out)));
	ck_assert_mem_eq(out, secret, sizeof out);
	ck_assert(!sek_is_ok(sek_totp_open(key, 8, sealed, sizeof sealed, out)));
	ck_assert(!sek_is_ok(sek_totp_open(other, 7, sealed, sizeof sealed, out)));
	for (i = 0; i < sizeof sealed; i++) {
		ck_assert(!sek_is_ok(sek_totp_open(key, 7, sealed, i, out)));
		sealed[i] ^= 1;
		ck_assert(!sek_is_ok(sek_totp_open(key, 7, sealed, sizeof sealed, out)));
		sealed[i] ^= 1;
	}
}
END_TEST

START_TEST(the_uri_escapes_the_name)
{
	const uint8_t *secret = (const uint8_t *)"12345678901234567890";
	char uri[SEK_TOTP_URI_BYTES], text[40], longest[256];

	ck_assert(sek_is_ok(sek_totp_uri("Sekisho", "山&secret=A", secret, uri)));
	ck_assert_str_eq(uri, "otpauth://totp/Sekisho:%E5%B1%B1%26secret%3DA?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Sekisho"
		"&algorithm=SHA1&digits=6&period=30");
	sek_totp_secret_text(secret, text);
	ck_assert_str_eq(text, "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
	memset(longest, '@', 255);
	longest[255] = '\0';
	ck_assert(sek_is_ok(sek_totp_uri("Sekisho", longest, secret, uri)));
	ck_assert(sek_is(sek_totp_uri(longest, "taro", secret, uri), SEK_E_LIMIT));
}
END_TEST

START_TEST(recovery_codes_as_people_type_them)
{
	uint8_t key[SEK_TOTP_KEY_BYTES] = { 1 }, other[SEK_TOTP_KEY_BYTES] = { 2 };
	char code[SEK_RECOVERY_CODE_BYTES], a[SEK_RECOVERY_HASH_BYTES], b[SEK_RECOVERY_HASH_BYTES];

	sek_recovery_make(code);
	ck_assert_uint_eq(strlen(code), 14);
	ck_assert(sek_recovery_hash(key, 1, code, a) && sek_recovery_hash(key, 1, code, b));
	ck_assert_str_eq(a, b);
	ck_assert(sek_recovery_hash(key, 2, code, b) && strcmp(a, b) != 0);
	ck_assert(sek_recovery_hash(other, 1, code, b) && strcmp(a, b) != 0);
	ck_assert(sek_recovery_hash(key, 1, "1oil-ABCD-0000", a) && sek_recovery_hash(key, 1, "1 0 1 1 abcd0000", b));
	ck_assert_str_eq(a, b);
	ck_assert(!sek_recovery_hash(key, 1, "", a));
	ck_assert(!sek_recovery_hash(key, 1, "abcd-abcd-abc", a));
	ck_assert(!sek_recovery_hash(key, 1, "abcd-abcd-abcde", a));
	ck_assert(!sek_recovery_hash(key, 1, "abcd-abcd-abc\xe3\x81\x82", a));
}
END_TEST

START_TEST(the_key_file_is_made_once_and_guarded)
{
	char folder[] = "/tmp/sek-key-XXXXXX", path[64], err[300];
	uint8_t a[SEK_TOTP_KEY_BYTES], b[SEK_TOTP_KEY_BYTES];
	struct stat st;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/login.key", folder);
	ck_assert(sek_is_ok(sek_totp_key_load(path, a, err, sizeof err)));
	ck_assert(sek_is_ok(sek_totp_key_load(path, b, err, sizeof err)));
	ck_assert_mem_eq(a, b, sizeof a);
	ck_assert(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
	ck_assert_int_eq(chmod(path, 0640), 0);
	ck_assert(sek_is(sek_totp_key_load(path, b, err, sizeof err), SEK_E_CONFIG));
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_int_eq(truncate(path, 31), 0);
	ck_assert(sek_is(sek_totp_key_load(path, b, err, sizeof err), SEK_E_CONFIG));
	unlink(path);
	rmdir(folder);
	ck_assert(sek_is(sek_totp_key_load(path, b, err, sizeof err), SEK_E_CONFIG)); /* the folder is gone */
}
END_TEST

START_TEST(names_cannot_leave_their_place_in_a_filter)
{
	char out[SEK_LDAP_TEXT_MAX_BYTES], small[16];

	ck_assert(sek_is_ok(sek_ldap_fill("(&(a=b)(uid=%s))", "taro", out, sizeof out)));
	ck_assert_str_eq(out, "(&(a=b)(uid=taro))");
	ck_assert(sek_is_ok(sek_ldap_fill("(uid=%s)", "*)(uid=*\\", out, sizeof out)));
	ck_assert_str_eq(out, "(uid=\\2a\\29\\28uid\\3d\\2a\\5c)");
	ck_assert(sek_is_ok(sek_ldap_fill("uid=%s,dc=x", "a,dc=evil+x#\" ", out, sizeof out)));
	ck_assert_str_eq(out, "uid=a\\2cdc\\3devil\\2bx\\23\\22\\20,dc=x");
	ck_assert(sek_is_ok(sek_ldap_fill("(uid=%s)", "山", out, sizeof out)));
	ck_assert_str_eq(out, "(uid=\\e5\\b1\\b1)");
	ck_assert(sek_is(sek_ldap_fill("(uid=%s)", "aaaaaaaaaaaa", small, sizeof small), SEK_E_LIMIT));
	ck_assert(sek_is(sek_ldap_fill("0123456789abcdef", "a", small, sizeof small), SEK_E_LIMIT));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hub.auth.factors");
	TCase *c = tcase_create("factors");
	SRunner *r;
	int failed;

	if (!sek_is_ok(sek_auth_init()))
		return 1;
	tcase_add_test(c, needs_are_read_strictly);
	tcase_add_test(c, codes_are_those_of_rfc_6238);
	tcase_add_test(c, a_seal_opens_for_its_user_and_key_only);
	tcase_add_test(c, the_uri_escapes_the_name);
	tcase_add_test(c, recovery_codes_as_people_type_them);
	tcase_add_test(c, the_key_file_is_made_once_and_guarded);
	tcase_add_test(c, names_cannot_leave_their_place_in_a_filter);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
