/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading the members of an operation: one row for each limit, at it and one past it; every kind given every other type.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "broker/hub/admin/internal.h"

static const struct sek_admin_field fields[] = {
	{ "text", SEK_ADMIN_TEXT, false, 1, 4 },   { "empty", SEK_ADMIN_TEXT, false, 0, 4 },
	{ "name", SEK_ADMIN_NAME, false, 1, 64 },  { "place", SEK_ADMIN_NAME, false, 0, 1 },
	{ "number", SEK_ADMIN_NUMBER, false, -2, 7 }, { "flag", SEK_ADMIN_BOOL, false, 0, 0 },
	{ "words", SEK_ADMIN_WORDS, false, 1, 2 }, { "any", SEK_ADMIN_ANY, false, 0, 0 }, { 0 },
};
static const struct sek_admin_field needed[] = { { "text", SEK_ADMIN_TEXT, true, 0, 4 }, { 0 } };

static const char *why(const char *text, const struct sek_admin_field *f, const char *field)
{
	json_t *in = json_loads(text, 0, NULL);
	const char *named = "-", *answer;

	ck_assert_msg(json_is_object(in), "%s", text);
	answer = sek_admin_check(in, f, &named);
	if (answer)
		ck_assert_msg(strcmp(named, field) == 0, "%s: %s, not %s", text, named, field);
	json_decref(in);
	return answer ? answer : "fine";
}

static void expect(const char *text, const char *field, const char *wanted)
{
	const char *got = why(text, fields, field);

	ck_assert_msg(strcmp(got, wanted) == 0, "%s: %s, not %s", text, got, wanted);
}

START_TEST(limits_are_held_at_and_past_them)
{
	static const struct {
		const char *text, *field, *wanted;
	} rows[] = {
		{ "{}", "", "fine" },
		{ "{\"text\":\"a\"}", "text", "fine" }, { "{\"text\":\"\"}", "text", "too-short" },
		{ "{\"text\":\"  \"}", "text", "too-short" }, { "{\"empty\":\"  \"}", "empty", "fine" },
		{ "{\"text\":\"\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82\"}", "text", "fine" },
		{ "{\"text\":\"\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82\xe3\x81\x82\"}", "text", "too-long" },
		{ "{\"empty\":\"\"}", "empty", "fine" }, { "{\"empty\":\"abcde\"}", "empty", "too-long" },
		{ "{\"number\":-2}", "number", "fine" }, { "{\"number\":-3}", "number", "range" },
		{ "{\"number\":7}", "number", "fine" }, { "{\"number\":8}", "number", "range" },
		{ "{\"number\":9223372036854775807}", "number", "range" }, { "{\"number\":1.0}", "number", "type" },
		{ "{\"flag\":true}", "flag", "fine" }, { "{\"flag\":0}", "flag", "type" },
		{ "{\"words\":[\"a\"]}", "words", "fine" }, { "{\"words\":[\"a\",\"b\"]}", "words", "fine" },
		{ "{\"words\":[]}", "words", "range" }, { "{\"words\":[\"a\",\"b\",\"c\"]}", "words", "range" },
		{ "{\"words\":[1]}", "words", "type" }, { "{\"words\":[\"\"]}", "words", "too-short" },
		{ "{\"words\":[\"a\\nb\"]}", "words", "characters" }, { "{\"words\":\"a\"}", "words", "type" },
		{ "{\"place\":\"\"}", "place", "fine" }, { "{\"name\":\"\"}", "name", "characters" },
		{ "{\"name\":\"a b\"}", "name", "characters" }, { "{\"name\":\"../x\"}", "name", "characters" },
		{ "{\"any\":null}", "any", "fine" }, { "{\"any\":{\"x\":[1]}}", "any", "fine" },
		{ "{\"other\":1}", "other", "unknown" }, { "{\"\":1}", "", "unknown" }, { "{\"Text\":\"a\"}", "Text", "unknown" },
		{ "{\"a\\u202eb\":1}", "", "unknown" },
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		expect(rows[i].text, rows[i].field, rows[i].wanted);
	ck_assert_str_eq(why("{}", needed, "text"), "missing");
	ck_assert_str_eq(why("{\"text\":null}", needed, "text"), "type");
}
END_TEST

START_TEST(controls_and_marks_that_turn_text_around_are_refused)
{
	static const char *const bad[] = { "\\u0001", "\\u0009", "\\u000a", "\\u000d", "\\u001b", "\\u007f", "\\u0080", "\\u009f",
		"\\u200e", "\\u200f", "\\u2028", "\\u2029", "\\u202a", "\\u202e", "\\u2066", "\\u2069" };
	static const char *const fine[] = { "\\u0020x", "\\u00a0", "\\u3042", "\\u200d", "\\u2027", "\\u202f", "\\u2065", "<b>" };
	char text[64];
	size_t i;

	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(text, sizeof text, "{\"text\":\"a%s\"}", bad[i]);
		expect(text, "text", "characters");
	}
	for (i = 0; i < sizeof fine / sizeof fine[0]; i++) {
		snprintf(text, sizeof text, "{\"text\":\"%s\"}", fine[i]);
		expect(text, "text", "fine");
	}
}
END_TEST

START_TEST(every_kind_refuses_the_other_types)
{
	static const char *const values[] = { "null", "7", "1.5", "true", "\"abc\"", "[]", "{}" };
	static const char *const kinds[] = { "text", "name", "number", "flag", "words" };
	static const char *const takes[] = { "\"abc\"", "\"abc\"", "7", "true", "[]" };
	char text[64];
	size_t i, k;

	for (k = 0; k < 5; k++) {
		for (i = 0; i < 7; i++) {
			if (strcmp(values[i], takes[k]) == 0)
				continue;
			snprintf(text, sizeof text, "{\"%s\":%s}", kinds[k], values[i]);
			expect(text, kinds[k], "type");
		}
	}
}
END_TEST

START_TEST(names_are_put_into_their_one_form)
{
	json_t *in = json_pack("{s:s}", "name", "\xef\xbc\xb4\xef\xbd\x81\xef\xbd\x92\xef\xbd\x8f"); /* full-width Taro */
	const char *field;

	ck_assert_ptr_null(sek_admin_check(in, fields, &field));
	ck_assert_str_eq(json_string_value(json_object_get(in, "name")), "taro");
	json_decref(in);
}
END_TEST

START_TEST(megabytes_are_refused_in_words)
{
	size_t n = 1 << 20;
	char *big = malloc(n + 1);
	const char *field;
	json_t *in;

	ck_assert_ptr_nonnull(big);
	memset(big, 'a', n);
	big[n] = '\0';
	in = json_pack("{s:s}", "name", big);
	ck_assert_str_eq(sek_admin_check(in, fields, &field), "too-long");
	json_decref(in);
	in = json_object();
	json_object_set_new(in, big, json_true());
	ck_assert_str_eq(sek_admin_check(in, fields, &field), "unknown");
	ck_assert_str_eq(field, "");
	json_decref(in);
	free(big);
}
END_TEST

START_TEST(words_and_substrings)
{
	ck_assert(sek_admin_has_word("staff administrator", "administrator"));
	ck_assert(!sek_admin_has_word("staff administrators", "administrator"));
	ck_assert(!sek_admin_has_word("xadministrator", "administrator"));
	ck_assert(!sek_admin_has_word("", ""));
	ck_assert(sek_admin_contains("Tanaka", "NAK"));
	ck_assert(sek_admin_contains("", ""));
	ck_assert(!sek_admin_contains("tan", "tana"));
	ck_assert(sek_admin_contains("aab", "ab"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hub.admin.check");
	TCase *t = tcase_create("check");
	SRunner *r;
	int failed;

	tcase_add_test(t, limits_are_held_at_and_past_them);
	tcase_add_test(t, controls_and_marks_that_turn_text_around_are_refused);
	tcase_add_test(t, every_kind_refuses_the_other_types);
	tcase_add_test(t, names_are_put_into_their_one_form);
	tcase_add_test(t, megabytes_are_refused_in_words);
	tcase_add_test(t, words_and_substrings);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
