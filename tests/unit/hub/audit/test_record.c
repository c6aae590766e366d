/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An event as JSON: complete, strict, and nothing in a value can leave its string.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "broker/hub/audit/record.h"
#include "rig.h"

static json_t *parse(const char *body, size_t n)
{
	char *text = malloc(n + 3);
	json_t *json;

	text[0] = '{';
	memcpy(text + 1, body, n);
	text[n + 1] = '}';
	json = json_loadb(text, n + 2, JSON_REJECT_DUPLICATES, NULL);
	free(text);
	return json;
}

static json_t *record(const char *value)
{
	struct sek_audit_event e = { .who = value, .what = "test.event", .object = value, .outcome = SEK_AUDIT_REFUSED,
		.details = (const char *const[]){ "value", value, "absent", NULL, "last", "x", NULL } };
	size_t n = 0;
	char *body = sek_audit_body(&e, "broker1", &n);
	json_t *json;

	ck_assert_ptr_nonnull(body);
	ck_assert_ptr_null(memchr(body, '\n', n));
	json = parse(body, n);
	free(body);
	ck_assert_ptr_nonnull(json);
	return json;
}

static const char *text(const json_t *json, const char *name)
{
	return json_string_value(json_object_get(json, name));
}

START_TEST(every_member)
{
	json_t *j = record("taro"), *d = json_object_get(j, "details");
	const char *time = text(j, "time");

	ck_assert_uint_eq(strlen(time), 27);
	ck_assert_int_eq(time[26], 'Z');
	ck_assert(json_integer_value(json_object_get(j, "mono_ms")) > 0);
	ck_assert_str_eq(text(j, "where"), "broker1");
	ck_assert_str_eq(text(j, "who"), "taro");
	ck_assert_str_eq(text(j, "what"), "test.event");
	ck_assert_str_eq(text(j, "object"), "taro");
	ck_assert_str_eq(text(j, "outcome"), "refused");
	ck_assert_uint_eq(json_object_size(d), 2);
	ck_assert_str_eq(text(d, "value"), "taro");
	ck_assert_str_eq(text(d, "last"), "x");
	json_decref(j);
}
END_TEST

/* What a person or a page might put into a name to forge a line, end a string, colour a terminal or turn text around. */
static const char *const hostile[] = {
	"a\nb", "a\r\nb", "\"},{\"x\":\"", "\\", "\\\"", "\x1b[31mred", "\xe2\x80\xaetxt", "\xe2\x80\xa8line", "tab\t", "\x7f",
	"' OR 1=1; --", "<script>alert(1)</script>", "\xc2\x85next", "\xef\xbb\xbf",
};

START_TEST(hostile_values)
{
	size_t n = 0, i;
	const char *value = hostile[_i];
	struct sek_audit_event e = { .who = "", .what = "test.event", .details = (const char *const[]){ "v", value, NULL } };
	char *body = sek_audit_body(&e, "b", &n);
	json_t *j = parse(body, n);

	ck_assert_ptr_nonnull(j);
	/* the value comes back as it was ... */
	ck_assert_str_eq(text(json_object_get(j, "details"), "v"), value);
	/* ... but no byte of the line can do anything to a reader */
	for (i = 0; i < n; i++)
		ck_assert(body[i] >= ' ' && body[i] != 0x7f);
	ck_assert_ptr_null(memmem(body, n, "\xe2\x80\xae", 3));
	json_decref(j);
	free(body);
}
END_TEST

START_TEST(broken_utf8)
{
	json_t *j = record("a\xff\xc3(\xe2\x82");

	ck_assert_str_eq(text(j, "who"), "a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd");
	json_decref(j);
}
END_TEST

START_TEST(huge_values_are_cut)
{
	size_t n = 1024 * 1024, i;
	char *big = malloc(n + 1);
	json_t *j;

	for (i = 0; i + 3 <= n; i += 3)
		memcpy(big + i, "\xe7\x94\xbb", 3);
	big[i] = '\0';
	j = record(big);
	ck_assert_uint_le(strlen(text(j, "who")), SEK_AUDIT_NAME_MAX_BYTES + 3);
	ck_assert_uint_le(strlen(text(json_object_get(j, "details"), "value")), SEK_AUDIT_VALUE_MAX_BYTES + 3);
	ck_assert_ptr_nonnull(strstr(text(j, "who"), "\xe2\x80\xa6"));
	ck_assert_str_eq(text(json_object_get(j, "details"), "last"), "x");
	json_decref(j);
	free(big);
}
END_TEST

START_TEST(the_longest_record_fits_a_line)
{
	static const char *details[2 * 40 + 1];
	char *big = malloc(200000);
	struct sek_audit_event e = { .who = big, .what = "test.event", .object = big, .details = details };
	size_t n = 0, i;
	char *body;

	memset(big, 1, 199999); /* six bytes each as an escape */
	big[199999] = '\0';
	for (i = 0; i < 80; i++)
		details[i] = i % 2 ? big : "name";
	body = sek_audit_body(&e, "b", &n);
	ck_assert_ptr_nonnull(body);
	ck_assert_uint_lt(n + 200, SEK_AUDIT_LINE_MAX_BYTES);
	free(body);
	free(big);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("audit record");
	TCase *t = tcase_create("record");

	tcase_add_test(t, every_member);
	tcase_add_loop_test(t, hostile_values, 0, (int)(sizeof hostile / sizeof hostile[0]));
	tcase_add_test(t, broken_utf8);
	tcase_add_test(t, huge_values_are_cut);
	tcase_add_test(t, the_longest_record_fits_a_line);
	suite_add_tcase(s, t);
	return rig_run(s);
}
