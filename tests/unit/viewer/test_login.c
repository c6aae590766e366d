/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The steps of a log-in: what each answer of the broker leads to, and what is asked next.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "client/viewer/login.h"
#include "client/viewer/words.h"

static struct login l;

static void setup(void)
{
	login_init(&l);
}

static void teardown(void)
{
	login_finish(&l);
}

/* An answer as text; what is asked next must be this (NULL: nothing). */
static void answer(int status, const char *text, const char *next)
{
	json_t *json = text ? json_loads(text, 0, NULL) : NULL;
	struct login_request r = login_answer(&l, status, json, false);

	if (next)
		ck_assert_str_eq(r.path, next);
	else
		ck_assert_ptr_null(r.path);
	json_decref(json);
	json_decref(r.body);
}

/* A request with this path and body. */
static void asks(struct login_request r, const char *path, const char *body)
{
	char *text;

	ck_assert_ptr_nonnull(r.path);
	ck_assert_str_eq(r.path, path);
	text = r.body ? json_dumps(r.body, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	if (body)
		ck_assert_str_eq(text, body);
	else
		ck_assert_ptr_null(text);
	free(text);
	json_decref(r.body);
	ck_assert(l.busy);
}

static void log_in(void)
{
	asks(login_password(&l, "tanaka", "secret"), "/api/login", "{\"password\":\"secret\",\"user\":\"tanaka\"}");
}

START_TEST(nothing_left_out)
{
	ck_assert_ptr_null(login_password(&l, "", "x").path);
	ck_assert_str_eq(l.error, "login.need-user");
	ck_assert_ptr_null(login_password(&l, "tanaka", "").path);
	ck_assert_str_eq(l.error, "login.need-password");
	log_in();
	ck_assert_ptr_null(login_password(&l, "tanaka", "secret").path); /* one at a time */
}
END_TEST

START_TEST(straight_in)
{
	log_in();
	answer(200, "{\"user\":\"tanaka\",\"roles\":[\"staff\"],\"notice\":false}", NULL);
	ck_assert_int_eq(l.step, LOGIN_DONE);
}
END_TEST

START_TEST(refusals)
{
	log_in();
	answer(401, "{\"error\":\"login\"}", NULL);
	ck_assert_str_eq(l.error, "error.login");
	ck_assert_int_eq(l.step, LOGIN_PASSWORD);
	log_in();
	answer(429, "{\"error\":\"throttled\",\"retry_s\":30}", NULL);
	ck_assert_str_eq(l.error, "error.throttled");
	ck_assert_uint_eq(l.retry_s, 30);
	log_in();
	answer(0, NULL, NULL);
	ck_assert_str_eq(l.error, "error.network");
	log_in();
	answer(200, "[]", NULL);
	ck_assert_str_eq(l.error, "error.unexpected");
	log_in();
	answer(200, "{}", NULL);
	ck_assert_str_eq(l.error, "error.unexpected");
	ck_assert_int_eq(l.step, LOGIN_PASSWORD);
	log_in();
	answer(400, "{\"error\":\"<b>pwned</b>\"}", NULL); /* words of the broker are never shown */
	ck_assert_str_eq(l.error, "error.unexpected");
}
END_TEST

START_TEST(a_rush_is_waited_for)
{
	log_in();
	for (int turn = 1; turn < 10; turn++) {
		answer(503, "{\"error\":\"busy\",\"retry_s\":2}", NULL);
		ck_assert(l.crowded && l.busy);
		ck_assert_uint_eq(l.retry_s, 2);
		ck_assert_str_eq(l.error, "");
		ck_assert_str_eq(l.note, "login.crowded");
		ck_assert_ptr_null(login_password(&l, "tanaka", "secret").path); /* not before its turn */
		login_take_turn(&l);
		log_in();
	}
	answer(503, "{\"error\":\"busy\",\"retry_s\":2}", NULL); /* ten times is enough */
	ck_assert(!l.crowded && !l.busy);
	ck_assert_str_eq(l.error, "error.busy");
	log_in();
	answer(503, "{\"error\":\"busy\"}", NULL);
	ck_assert_uint_eq(l.retry_s, 1);
	login_take_turn(&l);
	log_in();
	answer(200, "{\"user\":\"tanaka\",\"roles\":[\"staff\"],\"notice\":false}", NULL);
	ck_assert_int_eq(l.step, LOGIN_DONE);
	ck_assert_uint_eq(l.turns, 0);
}
END_TEST

START_TEST(no_role)
{
	struct login_request r;

	log_in();
	answer(200, "{\"user\":\"sato\",\"roles\":[\"reviewer\"],\"notice\":true}", NULL);
	ck_assert_int_eq(l.step, LOGIN_NO_ROLE);
	r = login_cancel(&l);
	ck_assert_str_eq(r.path, "/api/logout");
	json_decref(r.body);
	ck_assert_int_eq(l.step, LOGIN_PASSWORD);
}
END_TEST

START_TEST(code)
{
	log_in();
	answer(200, "{\"next\":\"code\",\"ticket\":\"T1\"}", NULL);
	ck_assert_int_eq(l.step, LOGIN_CODE);
	ck_assert_ptr_null(login_code(&l, "  ").path);
	ck_assert_str_eq(l.error, "step.need-code");
	asks(login_code(&l, "１２３ ４5　6"), "/api/login/code", "{\"code\":\"123456\",\"ticket\":\"T1\"}"); /* as a Japanese input method leaves it */
	answer(401, "{\"error\":\"code\"}", NULL);
	ck_assert_int_eq(l.step, LOGIN_CODE);
	ck_assert_str_eq(l.error, "error.code");
	asks(login_code(&l, "123456"), "/api/login/code", "{\"code\":\"123456\",\"ticket\":\"T1\"}");
	answer(401, "{\"error\":\"ticket\"}", NULL);
	ck_assert_int_eq(l.step, LOGIN_PASSWORD);
	ck_assert_str_eq(l.error, "error.ticket");
	ck_assert_str_eq(l.user, "tanaka");
}
END_TEST

START_TEST(enrolment_and_notice)
{
	log_in();
	answer(200, "{\"next\":\"enrol\",\"ticket\":\"T2\",\"secret\":\"ABCD\",\"uri\":\"otpauth:\",\"qr\":[\"10\",\"01\"]}", NULL);
	ck_assert_int_eq(l.step, LOGIN_ENROL);
	ck_assert_str_eq(l.secret, "ABCD");
	ck_assert_int_eq(l.qr_side, 2);
	ck_assert_mem_eq(l.qr, "1001", 4);
	asks(login_code(&l, "000111"), "/api/login/code", "{\"code\":\"000111\",\"ticket\":\"T2\"}");
	answer(200, "{\"user\":\"tanaka\",\"roles\":[\"staff\"],\"notice\":true,\"recovery\":[\"aaa\",\"bbb\"]}", NULL);
	ck_assert_int_eq(l.step, LOGIN_RECOVERY);
	ck_assert_str_eq(l.text, "aaa\nbbb\n");
	asks(login_go_on(&l), "/api/notice", NULL);
	answer(200, "{\"notice\":\"h1\",\"ja\":\"利用は記録されます。\",\"en\":\"Recorded.\",\"acknowledged\":false}", NULL);
	ck_assert_int_eq(l.step, LOGIN_NOTICE);
	ck_assert_str_eq(l.text, "利用は記録されます。");
	asks(login_acknowledge(&l, true), "/api/notice/acknowledge", "{\"lang\":\"en\",\"notice\":\"h1\"}");
	answer(409, "{\"error\":\"conflict\"}", "/api/notice"); /* another one by now */
	answer(200, "{\"notice\":\"h2\",\"ja\":\"新\",\"en\":\"new\",\"acknowledged\":false}", NULL);
	asks(login_acknowledge(&l, false), "/api/notice/acknowledge", "{\"lang\":\"ja\",\"notice\":\"h2\"}");
	answer(200, "{}", NULL);
	ck_assert_int_eq(l.step, LOGIN_DONE);
}
END_TEST

START_TEST(bad_qr)
{
	log_in();
	answer(200, "{\"next\":\"enrol\",\"ticket\":\"T\",\"secret\":\"A\",\"qr\":[\"101\",\"01\"]}", NULL);
	ck_assert_ptr_null(l.qr);
	ck_assert_int_eq(l.qr_side, 0);
}
END_TEST

START_TEST(certificate_then_password)
{
	asks(login_certificate(&l), "/api/login/certificate", "{}");
	answer(200, "{\"next\":\"password\",\"user\":\"tanaka\"}", NULL);
	ck_assert_int_eq(l.step, LOGIN_PASSWORD);
	ck_assert_str_eq(l.user, "tanaka");
	ck_assert_str_eq(l.note, "login.certificate-good");
}
END_TEST

START_TEST(given_up)
{
	struct login_request r;

	log_in();
	answer(200, "{\"next\":\"enrol\",\"ticket\":\"T3\",\"secret\":\"A\"}", NULL);
	r = login_cancel(&l);
	ck_assert_str_eq(r.path, "/api/login/cancel");
	json_decref(r.body);
	ck_assert_str_eq(l.note, "step.enrol.cancelled");
	ck_assert_str_eq(l.secret, "");
	ck_assert_ptr_null(login_cancel(&l).path);
}
END_TEST

/* Every key that a step can set has words. */
START_TEST(words)
{
	static const char *const keys[] = { "login.need-user", "login.need-password", "step.need-code", "step.enrol.cancelled",
		"notice.refused", "login.certificate-good", "login.expired", "error.network", "error.unexpected", "viewer.no-jail",
		"viewer.decoder-died.hint", "overlay.lost", "login.logged-out" };
	char text[128];

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		ck_assert_msg(viewer_has_words(keys[i]), "%s", keys[i]);
	viewer_set_language(SEK_LANG_EN);
	viewer_fill_number(text, sizeof text, "login.retry-in", "seconds", 7);
	ck_assert_str_eq(text, "You can try again in 7 seconds.");
	viewer_set_language(SEK_LANG_JA);
	ck_assert_str_eq(viewer_words("login.heading"), "ログイン");
	ck_assert_str_eq(viewer_words("no.such.key"), "no.such.key");
	ck_assert(!viewer_has_words("admin.title"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("viewer.login");
	TCase *t = tcase_create("steps");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, nothing_left_out);
	tcase_add_test(t, straight_in);
	tcase_add_test(t, refusals);
	tcase_add_test(t, a_rush_is_waited_for);
	tcase_add_test(t, no_role);
	tcase_add_test(t, code);
	tcase_add_test(t, enrolment_and_notice);
	tcase_add_test(t, bad_qr);
	tcase_add_test(t, certificate_then_password);
	tcase_add_test(t, given_up);
	tcase_add_test(t, words);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
