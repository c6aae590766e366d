/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Values: what is taken, what is refused and with which words; how they compare; how many rows become one policy; hours.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker/hub/policy/policy.h"

static char err[SEK_POLICY_ERROR_BYTES];

/* One value of one attribute: the form that it gets, or NULL and a word of the message that refuses it. */
static const struct {
	enum sek_policy_attribute a;
	const char *in, *out, *says;
	enum sek_code code;
} values[] = {
#define GOOD(a, in, out) { SEK_POLICY_##a, in, out, NULL, SEK_OK }
#define BAD(a, in, says) { SEK_POLICY_##a, in, NULL, says, SEK_E_MALFORMED }
	GOOD(CLIPBOARD, "\"none\"", "\"none\""), GOOD(CLIPBOARD, " \"both\" ", "\"both\""),
	GOOD(CLIPBOARD, "\"to-\\u006futer\"", "\"to-outer\""),
	BAD(CLIPBOARD, "\"None\"", "\"to-inner\""), BAD(CLIPBOARD, "none", "not JSON"), BAD(CLIPBOARD, "3", "must be a text"),
	BAD(CLIPBOARD, "true", "must be a text"), BAD(CLIPBOARD, "null", "must be a text"), BAD(CLIPBOARD, "", "not JSON"),
	BAD(CLIPBOARD, "[\"both\"]", "must be a text"), BAD(CLIPBOARD, "{}", "must be a text"),
	BAD(CLIPBOARD, "\"both\\u0000\"", "not JSON"), BAD(CLIPBOARD, "\"both\" \"none\"", "not JSON"),
	BAD(CLIPBOARD, "\"'; DROP TABLE users; --\"", "no such word"), BAD(CLIPBOARD, "\"<script>\"", "no such word"),
	BAD(CLIPBOARD, "\"\xff\"", "not JSON"),
	{ SEK_POLICY_DOWNLOAD, "\"pixels\"", NULL, "needs the section `documents`", SEK_E_DENIED },
	{ SEK_POLICY_DOWNLOAD, "\"pixels-approved\"", NULL, "needs the section `documents`", SEK_E_DENIED },
	GOOD(DOCUMENT_DPI, "\"200\"", "\"200\""), BAD(DOCUMENT_DPI, "\"300\"", "\"150\", \"200\""), BAD(DOCUMENT_MAX_PAGES, "501", "1 to 500"),
	GOOD(DOCUMENT_TEXT, "true", "true"), BAD(DOCUMENT_DAYS, "0", "1 to 365"), GOOD(DOCUMENTS_PER_DAY, "0", "0"),
	{ SEK_POLICY_DOWNLOAD, "\"view-approved\"", NULL, "not available in this version", SEK_E_DENIED },
	{ SEK_POLICY_PRINT, "\"pixels\"", NULL, "write one of \"none\"", SEK_E_DENIED },
	GOOD(RECORDING, "\"required\"", "\"required\""), GOOD(RECORDING_TEXT, "\"text\"", "\"text\""), GOOD(RECORDING_DAYS, "1", "1"),
	{ SEK_POLICY_PRINT, "\"pixels\"", NULL, "write one of \"none\"", SEK_E_DENIED },
	GOOD(DOWNLOAD, "\"view\"", "\"view\""),
	GOOD(CLIPBOARD_MAX_CHARS, "0", "0"), GOOD(CLIPBOARD_MAX_CHARS, "100000", "100000"),
	BAD(CLIPBOARD_MAX_CHARS, "100001", "0 to 100000"), BAD(CLIPBOARD_MAX_CHARS, "-1", "0 to 100000"),
	BAD(CLIPBOARD_MAX_CHARS, "1.0", "whole number"), BAD(CLIPBOARD_MAX_CHARS, "1e3", "whole number"),
	BAD(CLIPBOARD_MAX_CHARS, "\"1\"", "whole number"), BAD(CLIPBOARD_MAX_CHARS, "99999999999999999999", "not JSON"),
	BAD(CLIPBOARD_MAX_CHARS, "4294967296", "whole number"), BAD(CLIPBOARD_MAX_CHARS, "true", "whole number"),
	GOOD(MAX_FPS, "1", "1"), BAD(MAX_FPS, "0", "1 to 120"), BAD(MAX_FPS, "121", "1 to 120"),
	GOOD(MAX_PIXELS, "307200", "307200"), BAD(MAX_PIXELS, "307199", "whole number"),
	GOOD(IDLE_MINUTES, "0", "0"), BAD(IDLE_MINUTES, "1441", "0: no limit"),
	GOOD(WATERMARK, "true", "true"), GOOD(WATERMARK, "false", "false"), BAD(WATERMARK, "1", "true or false"),
	BAD(WATERMARK, "\"true\"", "true or false"), BAD(WATERMARK, "fasle", "not JSON"),
	GOOD(URL_ALLOW, "[]", "[]"), GOOD(URL_ALLOW, "[\"*\"]", "[\"*\"]"),
	GOOD(URL_ALLOW, "[\"b.jp\",\"A.jp\",\"b.jp\"]", "[\"a.jp\",\"b.jp\"]"),
	GOOD(URL_BLOCK, "[\"https://Example.JP:8443/Path?q=1\"]", "[\"https://example.jp:8443/Path?q=1\"]"),
	GOOD(URL_BLOCK, "[\".example.jp\",\"192.0.2.1\",\"xn--wgv71a.jp\"]", "[\".example.jp\",\"192.0.2.1\",\"xn--wgv71a.jp\"]"),
	BAD(URL_ALLOW, "\"a.jp\"", "list of texts"), BAD(URL_ALLOW, "[1]", "entry 1"), BAD(URL_ALLOW, "[\"\"]", "empty"),
	BAD(URL_ALLOW, "[\"file:///etc/passwd\"]", "scheme"), BAD(URL_ALLOW, "[\"chrome://settings\"]", "scheme"),
	BAD(URL_ALLOW, "[\"javascript:alert(1)\"]", "port"), BAD(URL_ALLOW, "[\"*.example.jp\"]", "character"),
	BAD(URL_ALLOW, "[\"a.jp\\nb.jp\"]", "character"), BAD(URL_ALLOW, "[\"a b\"]", "character"),
	BAD(URL_ALLOW, "[\"\xe6\x97\xa5\xe6\x9c\xac.jp\"]", "xn--"), BAD(URL_ALLOW, "[\"a..jp\"]", "host"),
	BAD(URL_ALLOW, "[\"a.jp:0\"]", "port"), BAD(URL_ALLOW, "[\"a.jp:65536\"]", "port"), BAD(URL_ALLOW, "[\"a.jp:\"]", "port"),
	BAD(URL_ALLOW, "[\"user@a.jp\"]", "character"), BAD(URL_ALLOW, "[\"/path\"]", "host"), BAD(URL_ALLOW, "[\"-a.jp\"]", "host"),
	GOOD(HOURS, "\"always\"", "\"always\""), GOOD(HOURS, "\"never\"", "\"never\""),
	GOOD(HOURS, "\"mon-fri 08:30-18:00;sat 09:00-12:00\"", "\"mon-fri 08:30-18:00; sat 09:00-12:00\""),
	GOOD(HOURS, "\" MON,tue 00:00-24:00 \"", "\"mon,tue 00:00-24:00\""),
	GOOD(HOURS, "\"daily 00:00-24:00\"", "\"always\""), GOOD(HOURS, "\"sun 22:00-02:00\"", "\"mon 00:00-02:00; sun 22:00-24:00\""),
	GOOD(HOURS, "\"sat-mon 10:00-11:00\"", "\"mon,sat,sun 10:00-11:00\""),
	GOOD(HOURS, "\"mon 10:00-11:00; mon 10:30-12:00\"", "\"mon 10:00-12:00\""),
	BAD(HOURS, "\"\"", "mon-fri"), BAD(HOURS, "\"mon\"", "understood"), BAD(HOURS, "\"mon 8:30-18:00\"", "understood"),
	BAD(HOURS, "\"mon 10:00-10:00\"", "understood"), BAD(HOURS, "\"mon 24:00-10:00\"", "understood"),
	BAD(HOURS, "\"mon 10:00-24:01\"", "understood"), BAD(HOURS, "\"mon 10:60-11:00\"", "understood"),
	BAD(HOURS, "\"mon 10:00-11:00;\"", "understood"), BAD(HOURS, "\"mon 10:00-11:00 tue\"", "understood"),
	BAD(HOURS, "\"Always\"", "understood"), BAD(HOURS, "1", "must be a text"), BAD(HOURS, "\"mon- 10:00-11:00\"", "understood"),
};
enum { VALUES = sizeof values / sizeof values[0] };

START_TEST(values_are_taken_or_refused)
{
	char *out = NULL, *again = NULL;
	sek_status s = sek_policy_check(values[_i].a, values[_i].in, strlen(values[_i].in), &out, err, sizeof err);

	ck_assert_msg(s.code == values[_i].code, "%s: %s", values[_i].in, err);
	if (values[_i].out) {
		ck_assert_str_eq(out, values[_i].out);
		ck_assert(sek_is_ok(sek_policy_check(values[_i].a, out, strlen(out), &again, err, sizeof err)));
		ck_assert_str_eq(again, out);
	} else {
		ck_assert_ptr_null(out);
		ck_assert_msg(strstr(err, values[_i].says) != NULL, "%s: %s", values[_i].in, err);
		ck_assert_msg(strncmp(err, sek_policy_info(values[_i].a)->name, 4) == 0, "%s", err);
	}
	free(out);
	free(again);
}
END_TEST

START_TEST(every_built_in_value_is_one)
{
	char *out, *all = NULL;

	for (unsigned a = 0; a < SEK_POLICY_ATTRIBUTES; a++) {
		const struct sek_policy_info *p = sek_policy_info((enum sek_policy_attribute)a);
		enum sek_policy_attribute found;

		ck_assert_msg(sek_is_ok(sek_policy_check((enum sek_policy_attribute)a, p->built_in, strlen(p->built_in), &out, err,
			sizeof err)), "%s", err);
		ck_assert_str_eq(out, p->built_in);
		free(out);
		ck_assert(sek_policy_find(p->name, strlen(p->name), &found));
		ck_assert_uint_eq(found, a);
		/* every meeting of two words is a word */
		for (size_t i = 0; i < p->n_words; i++)
			for (size_t k = 0; k < p->n_words; k++) {
				size_t m = 0;

				while (m < p->n_words && p->words[m].grants != (p->words[i].grants & p->words[k].grants))
					m++;
				ck_assert_uint_lt(m, p->n_words);
			}
	}
	ck_assert(sek_is_ok(sek_policy_definition_json(&all)));
	ck_assert_ptr_nonnull(strstr(all, "\"clipboard_per_minute\""));
	free(all);
}
END_TEST

START_TEST(unknown_attributes_are_unknown)
{
	static const char *const names[] = { "", "clip", "clipboards", "CLIPBOARD", "clipboard ", "'; DROP TABLE policies; --" };
	enum sek_policy_attribute a;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		ck_assert(!sek_policy_find(names[i], strlen(names[i]), &a));
	ck_assert(!sek_policy_find("clipboard\0", 10, &a));
}
END_TEST

START_TEST(sizes_have_limits)
{
	size_t n = 1024 * 1024;
	char *big = malloc(n + 1), *out = NULL;
	size_t at = 0;

	ck_assert_ptr_nonnull(big);
	memset(big, 'a', n);
	big[0] = big[n - 1] = '"';
	for (unsigned a = 0; a < SEK_POLICY_ATTRIBUTES; a++)
		ck_assert(sek_is(sek_policy_check((enum sek_policy_attribute)a, big, n, &out, err, sizeof err), SEK_E_LIMIT));
	/* 401 patterns; one of 256 characters; 6000 bytes in all */
	at = (size_t)sprintf(big, "[");
	for (int i = 0; i <= 400; i++)
		at += (size_t)sprintf(big + at, "%s\"h%d.jp\"", i ? "," : "", i);
	at += (size_t)sprintf(big + at, "]");
	ck_assert(sek_is(sek_policy_check(SEK_POLICY_URL_BLOCK, big, at, &out, err, sizeof err), SEK_E_LIMIT));
	ck_assert_ptr_nonnull(strstr(err, "401"));
	for (int extra = 0; extra < 2; extra++) {
		at = (size_t)sprintf(big, "[\"a.jp/%0*d\"]", 250 + extra, 0);
		ck_assert_int_eq(sek_is_ok(sek_policy_check(SEK_POLICY_URL_BLOCK, big, at, &out, err, sizeof err)), !extra);
		free(out);
		out = NULL;
	}
	at = (size_t)sprintf(big, "[");
	for (int i = 0; i < 200; i++)
		at += (size_t)sprintf(big + at, "%s\"h%d.jp/%0190d\"", i ? "," : "", i, i);
	at += (size_t)sprintf(big + at, "]");
	ck_assert(sek_is(sek_policy_check(SEK_POLICY_URL_BLOCK, big, at, &out, err, sizeof err), SEK_E_LIMIT));
	at = (size_t)sprintf(big, "\"mon 01:00-02:00");
	for (int i = 0; i < 64; i++)
		at += (size_t)sprintf(big + at, ";mon 0%d:00-0%d:30", i % 9, i % 9);
	at += (size_t)sprintf(big + at, "\"");
	ck_assert(sek_is(sek_policy_check(SEK_POLICY_HOURS, big, at, &out, err, sizeof err), SEK_E_LIMIT));
	ck_assert_ptr_null(out);
	free(big);
}
END_TEST

enum { SAME = SEK_POLICY_SAME, LOOSER = SEK_POLICY_LOOSENS, STRICTER = SEK_POLICY_TIGHTENS,
	MIXED = SEK_POLICY_LOOSENS_AND_TIGHTENS };

static const struct {
	enum sek_policy_attribute a;
	const char *before, *after;
	int change;
} changes[] = {
	{ SEK_POLICY_CLIPBOARD, "\"none\"", "\"both\"", LOOSER }, { SEK_POLICY_CLIPBOARD, "\"both\"", "\"to-inner\"", STRICTER },
	{ SEK_POLICY_CLIPBOARD, "\"to-outer\"", "\"to-inner\"", MIXED }, { SEK_POLICY_CLIPBOARD, "\"both\"", "\"both\"", SAME },
	{ SEK_POLICY_CLIPBOARD_MAX_CHARS, "10", "11", LOOSER }, { SEK_POLICY_CLIPBOARD_MAX_CHARS, "11", "0", STRICTER },
	{ SEK_POLICY_CLIPBOARD_CONFIRM, "true", "false", LOOSER }, { SEK_POLICY_CLIPBOARD_LOG, "\"size\"", "\"text\"", STRICTER },
	{ SEK_POLICY_DOWNLOAD, "\"none\"", "\"view\"", LOOSER },
	{ SEK_POLICY_IDLE_MINUTES, "5", "0", LOOSER }, { SEK_POLICY_IDLE_MINUTES, "0", "1440", STRICTER },
	{ SEK_POLICY_IDLE_MINUTES, "5", "6", LOOSER },
	{ SEK_POLICY_HOURS, "\"always\"", "\"mon 10:00-11:00\"", STRICTER },
	{ SEK_POLICY_HOURS, "\"mon 10:00-11:00\"", "\"mon 10:30-11:30\"", MIXED },
	{ SEK_POLICY_URL_ALLOW, "[\"*\"]", "[\"a.jp\"]", STRICTER }, { SEK_POLICY_URL_ALLOW, "[]", "[\"a.jp\"]", LOOSER },
	{ SEK_POLICY_URL_ALLOW, "[\"a.jp\"]", "[\"b.jp\"]", MIXED },
	{ SEK_POLICY_URL_ALLOW, "[\"*\"]", "[\"*\",\"a.jp\"]", SAME },
	{ SEK_POLICY_URL_BLOCK, "[]", "[\"a.jp\"]", STRICTER }, { SEK_POLICY_URL_BLOCK, "[\"a.jp\"]", "[]", LOOSER },
	{ SEK_POLICY_URL_BLOCK, "[\"a.jp\"]", "[\"*\"]", STRICTER },
	{ SEK_POLICY_WATERMARK, "false", "true", STRICTER }, { SEK_POLICY_MAX_FPS, "60", "30", STRICTER },
	{ SEK_POLICY_CLIPBOARD, "rubbish", "\"both\"", LOOSER }, /* what cannot be read counts as the strictest */
	{ SEK_POLICY_URL_BLOCK, "rubbish", "[]", LOOSER },
};

START_TEST(changes_are_compared)
{
	ck_assert_int_eq((int)sek_policy_compare(changes[_i].a, changes[_i].before, changes[_i].after), changes[_i].change);
}
END_TEST

#define ROW(scope, name, a, value) { SEK_SCOPE_##scope, name, SEK_POLICY_##a, value }

START_TEST(each_attribute_stands_alone)
{
	static const struct sek_policy_row rows[] = {
		ROW(USER, "", CLIPBOARD, "\"to-inner\""), ROW(SITE, "", CLIPBOARD, "\"both\""), ROW(SITE, "", IDLE_MINUTES, "5"),
		ROW(GROUP, "sales", IDLE_MINUTES, "0"), ROW(SESSION, "", WATERMARK, "true"), ROW(SITE, "", MAX_FPS, "999"),
	};
	struct sek_policy_origin o[SEK_POLICY_ATTRIBUTES];
	struct sek_policy p;

	ck_assert(sek_is_ok(sek_policy_resolve(rows, sizeof rows / sizeof rows[0], &p, o)));
	ck_assert_uint_eq(p.clipboard, SEK_CLIPBOARD_TO_INNER);
	ck_assert_uint_eq(o[SEK_POLICY_CLIPBOARD].scope, SEK_SCOPE_USER);
	ck_assert_int_eq(o[SEK_POLICY_CLIPBOARD].row, 0);
	ck_assert_uint_eq(p.idle_minutes, 0);
	ck_assert_uint_eq(o[SEK_POLICY_IDLE_MINUTES].scope, SEK_SCOPE_GROUP);
	ck_assert(p.watermark);
	ck_assert_uint_eq(o[SEK_POLICY_WATERMARK].scope, SEK_SCOPE_SESSION);
	ck_assert_uint_eq(p.max_fps, 1);
	ck_assert(o[SEK_POLICY_MAX_FPS].damaged);
	ck_assert_uint_eq(p.download, SEK_DOWNLOAD_NONE);
	ck_assert_uint_eq(o[SEK_POLICY_DOWNLOAD].scope, SEK_SCOPE_BUILT_IN);
	ck_assert_str_eq(p.url_allow, "*\n");
	sek_policy_finish(&p);
}
END_TEST

START_TEST(of_several_groups_the_strictest_wins)
{
	static const struct sek_policy_row rows[] = {
		ROW(SITE, "", CLIPBOARD, "\"none\""), ROW(GROUP, "a", CLIPBOARD, "\"to-outer\""),
		ROW(GROUP, "b", CLIPBOARD, "\"both\""), ROW(GROUP, "c", IDLE_MINUTES, "0"), ROW(GROUP, "d", IDLE_MINUTES, "7"),
		ROW(GROUP, "a", URL_ALLOW, "[\"*\"]"), ROW(GROUP, "b", URL_ALLOW, "[\"a.jp\",\"b.jp\"]"),
		ROW(GROUP, "c", URL_ALLOW, "[\"b.jp\",\"c.jp\"]"), ROW(GROUP, "a", URL_BLOCK, "[\"x.jp\"]"),
		ROW(GROUP, "b", URL_BLOCK, "[\"y.jp\"]"), ROW(GROUP, "a", HOURS, "\"mon 10:00-12:00\""),
		ROW(GROUP, "b", HOURS, "\"mon 11:00-13:00\""), ROW(GROUP, "a", DOWNLOAD, "\"to-outer\""),
		ROW(GROUP, "b", DOWNLOAD, "\"view\""),
	};
	struct sek_policy_origin o[SEK_POLICY_ATTRIBUTES];
	struct sek_policy p;
	char *hours = NULL, *why = NULL;

	ck_assert(sek_is_ok(sek_policy_resolve(rows, sizeof rows / sizeof rows[0], &p, o)));
	ck_assert_uint_eq(p.clipboard, SEK_CLIPBOARD_TO_OUTER);
	ck_assert_int_eq(o[SEK_POLICY_CLIPBOARD].row, 1);
	ck_assert_uint_eq(o[SEK_POLICY_CLIPBOARD].groups, 2);
	ck_assert_uint_eq(p.idle_minutes, 7);
	ck_assert_str_eq(p.url_allow, "b.jp\n");
	ck_assert_int_eq(o[SEK_POLICY_URL_ALLOW].row, -1);
	ck_assert_str_eq(p.url_block, "x.jp\ny.jp\n");
	ck_assert(sek_is_ok(sek_policy_hours_text(&p.hours, &hours)));
	ck_assert_str_eq(hours, "mon 11:00-12:00");
	ck_assert_uint_eq(p.download, SEK_DOWNLOAD_NONE);
	sek_policy_finish(&p);
	ck_assert(sek_is_ok(sek_policy_explain_json(rows, sizeof rows / sizeof rows[0], &why)));
	ck_assert_ptr_nonnull(strstr(why, "{\"attribute\":\"clipboard\",\"value\":\"to-outer\",\"from\":\"group\""));
	ck_assert_ptr_nonnull(strstr(why, "\"groups\":2,\"name\":\"a\",\"strictest\":true"));
	ck_assert_ptr_nonnull(strstr(why, "\"damaged\":true"));
	free(hours);
	free(why);
}
END_TEST

START_TEST(hours_follow_the_sites_clock)
{
	struct sek_policy_hours h;
	const char *text = "mon-fri 08:30-18:00";

	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	ck_assert(sek_is_ok(sek_policy_hours_parse(text, strlen(text), &h, err, sizeof err)));
	/* 2026-11-23 is a Monday; 08:30 in Tokyo is 23:30 of Sunday in UTC */
	ck_assert_uint_eq(sek_policy_week_minute(1795390200), 8 * 60 + 30);
	ck_assert(sek_policy_hours_allow(&h, sek_policy_week_minute(1795390200)));
	ck_assert(!sek_policy_hours_allow(&h, sek_policy_week_minute(1795390199)));
	ck_assert_uint_eq(sek_policy_hours_left(&h, 1795390199, 100), 0);
	ck_assert_uint_eq(sek_policy_hours_left(&h, 1795390200, 100), 100);
	/* 18:00 is 34,200 s later */
	ck_assert_uint_eq(sek_policy_hours_left(&h, 1795390200 + 34200 - 45, 100), 45);
	ck_assert_uint_eq(sek_policy_hours_left(&h, 1795390200 + 34200, 100), 0);
	/* a clock before 1970 or at the end of time */
	ck_assert_uint_lt(sek_policy_week_minute(-1), SEK_WEEK_MINUTES);
	ck_assert(!sek_policy_hours_allow(&h, sek_policy_week_minute(INT64_MAX)));
	ck_assert_uint_eq(sek_policy_hours_left(&h, INT64_MAX - 1000, 100), 0);
}
END_TEST

START_TEST(a_night_of_23_hours_is_one)
{
	struct sek_policy_hours h;
	const char *text = "sun 01:00-04:00";

	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	ck_assert(sek_is_ok(sek_policy_hours_parse(text, strlen(text), &h, err, sizeof err)));
	/* 2026-03-29 01:00 CET = 00:00 UTC = 1774742400; at 02:00 it becomes 03:00: two real hours until 04:00 */
	ck_assert(sek_policy_hours_allow(&h, sek_policy_week_minute(1774742400)));
	ck_assert_uint_eq(sek_policy_hours_left(&h, 1774742400, 20000), 7200);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hub.policy");
	TCase *t = tcase_create("policy");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(t, values_are_taken_or_refused, 0, VALUES);
	tcase_add_test(t, every_built_in_value_is_one);
	tcase_add_test(t, unknown_attributes_are_unknown);
	tcase_add_test(t, sizes_have_limits);
	tcase_add_loop_test(t, changes_are_compared, 0, (int)(sizeof changes / sizeof changes[0]));
	tcase_add_test(t, each_attribute_stands_alone);
	tcase_add_test(t, of_several_groups_the_strictest_wins);
	tcase_add_test(t, hours_follow_the_sites_clock);
	tcase_add_test(t, a_night_of_23_hours_is_one);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
