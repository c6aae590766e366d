/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Cookies, the table of log-ins and one-use tokens, on a clock of the test's own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "broker/hub/auth/logins.h"
#include "broker/hub/auth/password.h"
#include "broker/hub/auth/tokens.h"

enum { IDLE_MS = 1000, MAXIMUM_MS = 10000, NOW = 1000000 };

static struct sek_logins *logins;
static struct sek_tokens *tokens;

static void set_up(void)
{
	ck_assert(sek_is_ok(sek_logins_create(IDLE_MS, MAXIMUM_MS, &logins)));
	ck_assert(sek_is_ok(sek_tokens_create(&tokens)));
}

static void tear_down(void)
{
	sek_logins_destroy(logins);
	sek_tokens_destroy(tokens);
}

static struct sek_login *add(const char *user, uint8_t key[SEK_STORE_LOGIN_KEY_BYTES], uint64_t now)
{
	char cookie[SEK_COOKIE_BYTES];
	struct sek_login *l = NULL;

	sek_cookie_make(cookie, key);
	ck_assert(sek_is_ok(sek_logins_add(logins, key, user, "10.0.0.1", 0, 0, now, &l)));
	return l;
}

START_TEST(cookies_are_random_and_found_by_their_hash)
{
	uint8_t a[SEK_STORE_LOGIN_KEY_BYTES], b[SEK_STORE_LOGIN_KEY_BYTES], k[SEK_STORE_LOGIN_KEY_BYTES];
	char one[SEK_COOKIE_BYTES], two[SEK_COOKIE_BYTES];
	size_t i;

	sek_cookie_make(one, a);
	sek_cookie_make(two, b);
	ck_assert_uint_eq(strlen(one), SEK_COOKIE_BYTES - 1);
	ck_assert_str_ne(one, two);
	ck_assert(memcmp(a, b, sizeof a) != 0);
	ck_assert(sek_is_ok(sek_cookie_key(one, strlen(one), k)));
	ck_assert_mem_eq(k, a, sizeof k);
	/* every prefix, and one sign more, is refused; every changed sign gives another key or is refused */
	for (i = 0; i < SEK_COOKIE_BYTES - 1; i++) {
		char changed[SEK_COOKIE_BYTES];

		ck_assert(!sek_is_ok(sek_cookie_key(one, i, k)));
		memcpy(changed, one, sizeof changed);
		changed[i] = changed[i] == 'A' ? 'B' : 'A';
		if (sek_is_ok(sek_cookie_key(changed, strlen(changed), k)))
			ck_assert(memcmp(k, a, sizeof k) != 0);
		changed[i] = '+';
		ck_assert(!sek_is_ok(sek_cookie_key(changed, strlen(changed), k)));
	}
	ck_assert(!sek_is_ok(sek_cookie_key(one, SEK_COOKIE_BYTES, k)));
}
END_TEST

START_TEST(idle_limit)
{
	uint8_t key[SEK_STORE_LOGIN_KEY_BYTES];
	struct sek_login *l = add("taro", key, NOW);

	ck_assert_ptr_eq(sek_logins_find(logins, key, NOW + IDLE_MS - 1), l);
	ck_assert_ptr_null(sek_logins_find(logins, key, NOW + IDLE_MS));
	ck_assert_int_eq(sek_logins_check(logins, l, NOW + IDLE_MS), SEK_LOGIN_IDLE);
	ck_assert(!l->unsaved);
	sek_login_touch(l, NOW + 500);
	ck_assert(l->unsaved);
	ck_assert_ptr_eq(sek_logins_find(logins, key, NOW + IDLE_MS + 499), l);
	sek_login_touch(l, NOW + 100); /* older news change nothing */
	ck_assert_ptr_eq(sek_logins_find(logins, key, NOW + IDLE_MS + 499), l);
}
END_TEST

START_TEST(absolute_limit)
{
	uint8_t key[SEK_STORE_LOGIN_KEY_BYTES];
	struct sek_login *l = add("taro", key, NOW);
	uint64_t t;

	for (t = 0; t < MAXIMUM_MS; t += IDLE_MS / 2)
		sek_login_touch(l, NOW + t);
	sek_login_touch(l, NOW + MAXIMUM_MS - 1);
	ck_assert_ptr_eq(sek_logins_find(logins, key, NOW + MAXIMUM_MS - 1), l);
	sek_login_touch(l, NOW + MAXIMUM_MS);
	ck_assert_ptr_null(sek_logins_find(logins, key, NOW + MAXIMUM_MS));
	ck_assert_int_eq(sek_logins_check(logins, l, NOW + MAXIMUM_MS), SEK_LOGIN_MAXIMUM);
}
END_TEST

START_TEST(limits_count_from_before_a_restart)
{
	uint8_t key[SEK_STORE_LOGIN_KEY_BYTES] = { 1 };
	struct sek_login *l = NULL;

	ck_assert(sek_is_ok(sek_logins_add(logins, key, "taro", "a", MAXIMUM_MS - 10, IDLE_MS - 20, NOW, &l)));
	ck_assert_ptr_nonnull(sek_logins_find(logins, key, NOW + 9));
	ck_assert_int_eq(sek_logins_check(logins, l, NOW + 10), SEK_LOGIN_MAXIMUM);
	key[0] = 2;
	ck_assert(sek_is_ok(sek_logins_add(logins, key, "taro", "a", 0, IDLE_MS - 20, NOW, &l)));
	ck_assert_int_eq(sek_logins_check(logins, l, NOW + 19), SEK_LOGIN_LIVES);
	ck_assert_int_eq(sek_logins_check(logins, l, NOW + 20), SEK_LOGIN_IDLE);
}
END_TEST

START_TEST(a_user_has_so_many_logins_and_no_more)
{
	uint8_t key[SEK_STORE_LOGIN_KEY_BYTES];
	struct sek_login *first = add("taro", key, NOW), *second = NULL;
	int i;

	for (i = 1; i < SEK_LOGINS_PER_USER; i++)
		second = add("taro", key, NOW + (uint64_t)i);
	add("hanako", key, NOW);
	ck_assert_ptr_null(sek_logins_surplus(logins, "taro"));
	sek_login_touch(first, NOW + 100);
	add("taro", key, NOW + 50);
	ck_assert_ptr_nonnull(second);
	ck_assert_ptr_eq(sek_logins_surplus(logins, "taro"), sek_logins_at(logins, 1));
	ck_assert_ptr_null(sek_logins_surplus(logins, "hanako"));
}
END_TEST

START_TEST(the_table_is_bounded)
{
	uint8_t key[SEK_STORE_LOGIN_KEY_BYTES] = { 0 };
	struct sek_login *l = NULL;
	size_t i;

	for (i = 0; i < SEK_LOGINS_MAX; i++) {
		memcpy(key, &i, sizeof i);
		ck_assert(sek_is_ok(sek_logins_add(logins, key, "u", "a", 0, 0, NOW, &l)));
	}
	ck_assert(sek_is(sek_logins_add(logins, key, "u", "a", 0, 0, NOW, &l), SEK_E_LIMIT));
	sek_logins_remove(logins, sek_logins_at(logins, 17));
	ck_assert_uint_eq(sek_logins_count(logins), SEK_LOGINS_MAX - 1);
	ck_assert(sek_is_ok(sek_logins_add(logins, key, "u", "a", 0, 0, NOW, &l)));
	ck_assert_ptr_eq(sek_logins_find_id(logins, l->id), l);
	ck_assert_ptr_null(sek_logins_find_id(logins, l->id + 1));
}
END_TEST

static const uint8_t session[SEK_SESSION_ID_BYTES] = { 1, 2, 3 };

static enum sek_token_answer redeem(const char *token, uint64_t login, const char *address, uint64_t now)
{
	uint8_t got[SEK_SESSION_ID_BYTES] = { 0 };
	enum sek_token_answer answer = sek_tokens_redeem(tokens, token, strlen(token), login, address, now, got);

	if (answer == SEK_TOKEN_GOOD)
		ck_assert_mem_eq(got, session, sizeof got);
	else
		ck_assert_int_eq(got[0], 0);
	return answer;
}

START_TEST(a_token_is_good_once)
{
	char token[SEK_TOKEN_BYTES];

	sek_tokens_issue(tokens, 5, "10.0.0.1", session, NOW, token);
	ck_assert_int_eq(redeem(token, 5, "10.0.0.1", NOW), SEK_TOKEN_GOOD);
	ck_assert_int_eq(redeem(token, 5, "10.0.0.1", NOW), SEK_TOKEN_UNKNOWN);
}
END_TEST

START_TEST(a_token_lives_thirty_seconds)
{
	char token[SEK_TOKEN_BYTES];

	sek_tokens_issue(tokens, 5, "10.0.0.1", session, NOW, token);
	ck_assert_int_eq(redeem(token, 5, "10.0.0.1", NOW + SEK_TOKEN_LIFE_MS - 1), SEK_TOKEN_GOOD);
	sek_tokens_issue(tokens, 5, "10.0.0.1", session, NOW, token);
	ck_assert_int_eq(redeem(token, 5, "10.0.0.1", NOW + SEK_TOKEN_LIFE_MS), SEK_TOKEN_EXPIRED);
	ck_assert_int_eq(redeem(token, 5, "10.0.0.1", NOW), SEK_TOKEN_UNKNOWN);
}
END_TEST

START_TEST(a_token_of_another_is_used_up_by_trying)
{
	char token[SEK_TOKEN_BYTES];

	sek_tokens_issue(tokens, 5, "10.0.0.1", session, NOW, token);
	ck_assert_int_eq(redeem(token, 6, "10.0.0.1", NOW), SEK_TOKEN_OTHER_LOGIN);
	ck_assert_int_eq(redeem(token, 5, "10.0.0.1", NOW), SEK_TOKEN_UNKNOWN);
	sek_tokens_issue(tokens, 5, "10.0.0.1", session, NOW, token);
	ck_assert_int_eq(redeem(token, 5, "10.0.0.2", NOW), SEK_TOKEN_OTHER_ADDRESS);
	ck_assert_int_eq(redeem(token, 5, "10.0.0.1", NOW), SEK_TOKEN_UNKNOWN);
	/* no log-in at all */
	sek_tokens_issue(tokens, 5, "10.0.0.1", session, NOW, token);
	ck_assert_int_eq(redeem(token, 0, "10.0.0.1", NOW), SEK_TOKEN_OTHER_LOGIN);
}
END_TEST

START_TEST(what_is_not_a_token_is_unknown)
{
	char token[SEK_TOKEN_BYTES], changed[SEK_TOKEN_BYTES];
	size_t i;

	sek_tokens_issue(tokens, 5, "10.0.0.1", session, NOW, token);
	for (i = 0; i < SEK_TOKEN_BYTES - 1; i++) {
		memcpy(changed, token, sizeof changed);
		changed[i] = changed[i] == 'A' ? 'B' : 'A';
		ck_assert_int_ne(redeem(changed, 5, "10.0.0.1", NOW), SEK_TOKEN_GOOD); /* the store knows nothing of it either */
		memcpy(changed, token, sizeof changed);
		changed[i] = '\0';
		ck_assert_int_eq(redeem(changed, 5, "10.0.0.1", NOW), SEK_TOKEN_UNKNOWN);
	}
	ck_assert_int_eq(redeem("", 5, "10.0.0.1", NOW), SEK_TOKEN_UNKNOWN);
	ck_assert_int_eq(redeem(token, 5, "10.0.0.1", NOW), SEK_TOKEN_GOOD);
	/* an all-zero table matches nothing */
	ck_assert_int_eq(redeem("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 0, "", NOW), SEK_TOKEN_ELSEWHERE);
}
END_TEST

START_TEST(tokens_are_bounded)
{
	char token[SEK_TOKENS_PER_LOGIN + 1][SEK_TOKEN_BYTES], other[SEK_TOKEN_BYTES], last[SEK_TOKEN_BYTES];
	uint64_t i;

	sek_tokens_issue(tokens, 6, "10.0.0.1", session, NOW, other);
	for (i = 0; i <= SEK_TOKENS_PER_LOGIN; i++)
		sek_tokens_issue(tokens, 5, "10.0.0.1", session, NOW + i, token[i]);
	ck_assert_int_eq(redeem(token[0], 5, "10.0.0.1", NOW + 9), SEK_TOKEN_ELSEWHERE);
	ck_assert_int_eq(redeem(token[1], 5, "10.0.0.1", NOW + 9), SEK_TOKEN_GOOD);
	ck_assert_int_eq(redeem(other, 6, "10.0.0.1", NOW + 9), SEK_TOKEN_GOOD);
	for (i = 0; i < SEK_TOKENS_MAX + 10; i++)
		sek_tokens_issue(tokens, 100 + i, "10.0.0.1", session, NOW + 10 + i / 100, last);
	ck_assert_int_eq(redeem(last, 100 + SEK_TOKENS_MAX + 9, "10.0.0.1", NOW + 30), SEK_TOKEN_GOOD);
}
END_TEST

START_TEST(an_ended_login_takes_its_tokens_along)
{
	char token[SEK_TOKEN_BYTES], other[SEK_TOKEN_BYTES];

	sek_tokens_issue(tokens, 5, "10.0.0.1", session, NOW, token);
	sek_tokens_issue(tokens, 6, "10.0.0.1", session, NOW, other);
	sek_tokens_forget(tokens, 5);
	ck_assert_int_eq(redeem(token, 5, "10.0.0.1", NOW), SEK_TOKEN_UNKNOWN);
	ck_assert_int_eq(redeem(other, 6, "10.0.0.1", NOW), SEK_TOKEN_GOOD);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hub.auth.logins");
	TCase *c = tcase_create("logins");
	SRunner *r;
	int failed;

	if (!sek_is_ok(sek_auth_init()))
		return 1;
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, cookies_are_random_and_found_by_their_hash);
	tcase_add_test(c, idle_limit);
	tcase_add_test(c, absolute_limit);
	tcase_add_test(c, limits_count_from_before_a_restart);
	tcase_add_test(c, a_user_has_so_many_logins_and_no_more);
	tcase_add_test(c, the_table_is_bounded);
	tcase_add_test(c, a_token_is_good_once);
	tcase_add_test(c, a_token_lives_thirty_seconds);
	tcase_add_test(c, a_token_of_another_is_used_up_by_trying);
	tcase_add_test(c, what_is_not_a_token_is_unknown);
	tcase_add_test(c, tokens_are_bounded);
	tcase_add_test(c, an_ended_login_takes_its_tokens_along);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
