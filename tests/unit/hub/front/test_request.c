/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Strict reading of header lines.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "broker/hub/front/request.h"

#define T43 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ-_01234"

_Static_assert(sizeof T43 == SEK_COOKIE_BYTES && sizeof T43 == SEK_TOKEN_BYTES, "the sample has the right length");

static const struct {
	const char *text;
	bool good;
	uint64_t n;
} lengths[] = {
	{ "0", true, 0 }, { "5", true, 5 }, { "16384", true, 16384 }, { "007", true, 7 },
	{ "999999999999999", true, 999999999999999 }, { "1000000000000000", false, 0 },
	{ "", false, 0 }, { "-1", false, 0 }, { "+1", false, 0 }, { " 1", false, 0 }, { "1 ", false, 0 }, { "1,1", false, 0 },
	{ "0x1", false, 0 }, { "1e3", false, 0 }, { "1.0", false, 0 }, { "a", false, 0 },
};

START_TEST(content_length)
{
	uint64_t n = 77;
	sek_status status = sek_length_parse(lengths[_i].text, &n);

	ck_assert_msg(sek_is_ok(status) == lengths[_i].good, "%s", lengths[_i].text);
	ck_assert_uint_eq(n, lengths[_i].good ? lengths[_i].n : 77);
}
END_TEST

static const struct {
	const char *line;
	const char *value; /* NULL: refused */
} cookies[] = {
	{ "", "" },
	{ "a=b", "" },
	{ "__Host-sekisho=" T43, T43 },
	{ "a=b; __Host-sekisho=" T43 "; c=d", T43 },
	{ " __Host-sekisho=" T43 " ;", T43 },
	{ "a=__Host-sekisho=" T43, "" },
	{ "x__Host-sekisho=" T43, "" },
	{ "__host-sekisho=" T43, "" },
	{ "__Host-sekisho2=" T43, "" },
	{ "__Host-sekisho=", NULL },
	{ "__Host-sekisho=" T43 "x", NULL },
	{ "__Host-sekisho=\"" T43 "\"", NULL },
	{ "__Host-sekisho=" T43 "; __Host-sekisho=" T43, NULL },
	{ "__Host-sekisho=" T43 ",x", NULL },
	{ "__Host-sekisho=abcdefghijklmnopqrstuvwxyzABCDEFGHIJ+/01234", NULL },
};

START_TEST(cookie)
{
	char ret[SEK_COOKIE_BYTES] = "untouched";
	sek_status status = sek_cookie_parse(cookies[_i].line, ret);

	ck_assert_msg(sek_is_ok(status) == (cookies[_i].value != NULL), "%s", cookies[_i].line);
	ck_assert_str_eq(ret, cookies[_i].value ? cookies[_i].value : "untouched");
}
END_TEST

START_TEST(cookie_prefixes)
{
	char line[80], ret[SEK_COOKIE_BYTES];
	size_t n = strlen("__Host-sekisho=") + strlen(T43), i;

	for (i = 0; i < n; i++) {
		memcpy(line, "__Host-sekisho=" T43, i);
		line[i] = '\0';
		if (sek_is_ok(sek_cookie_parse(line, ret)))
			ck_assert_str_eq(ret, "");
	}
}
END_TEST

static const struct {
	const char *text;
	bool good;
} types[] = {
	{ "application/json", true }, { "Application/JSON", true }, { "application/json; charset=utf-8", true },
	{ "application/json;charset=UTF-8", true }, { " application/json ", true },
	{ "", false }, { "text/plain", false }, { "application/json; charset=utf-16", false }, { "application/jsonp", false },
	{ "application/json, text/plain", false }, { "application/json; charset=utf-8; x=y", false }, { "application/json;", false },
	{ "text/plain; application/json", false }, { "application/ json", false },
};

START_TEST(json_type)
{
	ck_assert_msg(sek_is_json_type(types[_i].text) == types[_i].good, "%s", types[_i].text);
}
END_TEST

START_TEST(origin)
{
	static const char *const ours[] = { "https://sekisho.city.example", "https://192.0.2.10:8443" };
	static const char *const others[] = { "", "null", "https://sekisho.city.example/", "https://sekisho.city.example:443",
		"http://sekisho.city.example", "https://sekisho.city.example.evil.example", "https://SEKISHO.city.example",
		"https://192.0.2.10", "https://192.0.2.10:8443,https://192.0.2.10:8443", "*" };
	size_t i;

	ck_assert(sek_origin_allowed(ours[0], ours, 2));
	ck_assert(sek_origin_allowed(ours[1], ours, 2));
	ck_assert(!sek_origin_allowed(ours[1], ours, 1));
	for (i = 0; i < sizeof others / sizeof others[0]; i++)
		ck_assert_msg(!sek_origin_allowed(others[i], ours, 2), "%s", others[i]);
}
END_TEST

START_TEST(lists)
{
	ck_assert(sek_list_has("Upgrade", "upgrade"));
	ck_assert(sek_list_has("keep-alive, Upgrade", "upgrade"));
	ck_assert(sek_list_has("keep-alive ,\tUPGRADE ", "upgrade"));
	ck_assert(!sek_list_has("", "upgrade"));
	ck_assert(!sek_list_has("upgrades", "upgrade"));
	ck_assert(!sek_list_has("up, grade", "upgrade"));
}
END_TEST

static const struct {
	const char *line;
	bool good;
} protocols[] = {
	{ "sekisho.1, token." T43, true },
	{ "token." T43 ",sekisho.1", true },
	{ " sekisho.1 ,  token." T43 " ", true },
	{ "", false },
	{ "sekisho.1", false },
	{ "token." T43, false },
	{ "sekisho.1, token.", false },
	{ "sekisho.1, token." T43 "a", false },
	{ "sekisho.1, token." T43 ", token." T43, false },
	{ "sekisho.1, sekisho.1, token." T43, false },
	{ "sekisho.1, token." T43 ", other", false },
	{ "sekisho.1, token." T43 ",", false },
	{ "Sekisho.1, token." T43, false },
	{ "sekisho.2, token." T43, false },
	{ "sekisho.1 token." T43, false },
	{ "sekisho.1, TOKEN." T43, false },
	{ "sekisho.1, token.abcdefghijklmnopqrstuvwxyzABCDEFGHIJ=/01234", false },
};

START_TEST(subprotocols)
{
	char ret[SEK_TOKEN_BYTES] = "untouched";
	sek_status status = sek_subprotocols_parse(protocols[_i].line, ret);

	ck_assert_msg(sek_is_ok(status) == protocols[_i].good, "%s", protocols[_i].line);
	ck_assert_str_eq(ret, protocols[_i].good ? T43 : "untouched");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hub.front.request");
	TCase *c = tcase_create("request");
	SRunner *r;
	int failed;

	tcase_add_loop_test(c, content_length, 0, (int)(sizeof lengths / sizeof lengths[0]));
	tcase_add_loop_test(c, cookie, 0, (int)(sizeof cookies / sizeof cookies[0]));
	tcase_add_test(c, cookie_prefixes);
	tcase_add_loop_test(c, json_type, 0, (int)(sizeof types / sizeof types[0]));
	tcase_add_test(c, origin);
	tcase_add_test(c, lists);
	tcase_add_loop_test(c, subprotocols, 0, (int)(sizeof protocols / sizeof protocols[0]));
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
