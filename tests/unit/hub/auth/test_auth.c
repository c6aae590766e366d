/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Log-in through a real store, the real hash and the real pool.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "base/log.h"
#include "broker/hub/auth/auth.h"
#include "broker/hub/auth/password.h"
#include "tests/unit/hub/store/where.h"
#include "broker/hub/auth/throttle.h"

#define RIGHT "right password 1"

static char folder[64], path[96];
static uv_loop_t loop;
static struct sek_store *store;
static struct sek_auth *auth;

struct answers {
	size_t n, of[SEK_AUTH_FAULT + 1];
	struct sek_auth_result last;
};

static void on_answer(void *user, const struct sek_auth_result *r)
{
	struct answers *a = user;

	a->n++;
	a->of[r->answer]++;
	a->last = *r;
}

static void add_user(const char *name)
{
	char hash[SEK_PASSWORD_HASH_BYTES];

	ck_assert(sek_is_ok(sek_password_hash(RIGHT, strlen(RIGHT), hash)));
	ck_assert(sek_is_ok(sek_store_user_add(store, name, hash, 1)));
}

static void start(void)
{
	const struct sek_auth_config config = { .idle_s = 900, .maximum_s = 43200 };

	ck_assert(sek_is_ok(sek_auth_create(&loop, store, &config, &auth)));
}

static void on_stopped(void *user)
{
	*(bool *)user = true;
}

static void end(void)
{
	bool stopped = false;

	sek_auth_stop(auth, on_stopped, &stopped);
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert(stopped);
	sek_auth_destroy(auth);
}

static void set_up(void)
{
	char err[512];

	snprintf(folder, sizeof folder, "/tmp/sek-auth-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/broker.db", folder);
	ck_assert(sek_is_ok(sek_store_open(where_of(path), &store, err, sizeof err)));
	add_user("taro");
	uv_loop_init(&loop);
	start();
}

static void tear_down(void)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char name[128];
	size_t i;

	end();
	ck_assert_int_eq(uv_loop_close(&loop), 0);
	sek_store_close(store);
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "%s%s", path, ends[i]);
		unlink(name);
	}
	rmdir(folder);
}

static struct sek_auth_try *ask(const char *name, const char *password, const char *address, struct answers *a)
{
	struct sek_auth_try *t = sek_auth_login(auth, name, strlen(name), password, strlen(password), address, on_answer, a);

	ck_assert_ptr_nonnull(t);
	return t;
}

static void await(const struct answers *a, size_t n)
{
	while (a->n < n)
		uv_run(&loop, UV_RUN_ONCE);
}

static struct answers ask_once(const char *name, const char *password, const char *address)
{
	struct answers a = { .n = 0 };

	ask(name, password, address, &a);
	ck_assert_uint_eq(a.n, 0); /* never from inside the call */
	await(&a, 1);
	return a;
}

START_TEST(right_and_wrong)
{
	struct answers a = ask_once("TARO", RIGHT, "10.0.0.1");
	const struct sek_login *l;

	ck_assert_int_eq(a.last.answer, SEK_AUTH_OK);
	ck_assert_str_eq(a.last.user, "taro");
	l = sek_auth_check(auth, a.last.cookie, strlen(a.last.cookie));
	ck_assert_ptr_nonnull(l);
	ck_assert_uint_eq(l->id, a.last.login);
	ck_assert_str_eq(l->address, "10.0.0.1");
	ck_assert_ptr_null(sek_auth_check(auth, a.last.cookie, 10));
	ck_assert_int_eq(ask_once("taro", "wrong password 1", "10.0.0.2").last.answer, SEK_AUTH_WRONG);
	ck_assert_int_eq(ask_once("nobody", RIGHT, "10.0.0.2").last.answer, SEK_AUTH_WRONG);
	ck_assert_int_eq(ask_once("ta ro", RIGHT, "10.0.0.2").last.answer, SEK_AUTH_WRONG);
	ck_assert_int_eq(ask_once("taro", "", "10.0.0.2").last.answer, SEK_AUTH_WRONG);
	ck_assert_uint_eq(sek_auth_logins(auth), 1);
	/* the prefix and the hash of the password are not the password */
	ck_assert_int_eq(ask_once("taro", "right password ", "10.0.0.3").last.answer, SEK_AUTH_WRONG);
}
END_TEST

START_TEST(the_queue_is_bounded)
{
	struct answers a = { .n = 0 };
	char address[16], name[16];
	int i;

	for (i = 0; i < SEK_AUTH_HASHING + SEK_AUTH_QUEUE + 5; i++) {
		snprintf(address, sizeof address, "10.1.0.%d", i);
		snprintf(name, sizeof name, "u%d", i);
		ask(name, "wrong password 1", address, &a);
	}
	await(&a, SEK_AUTH_HASHING + SEK_AUTH_QUEUE + 5);
	ck_assert_uint_eq(a.of[SEK_AUTH_BUSY], 5);
	ck_assert_uint_eq(a.of[SEK_AUTH_WRONG], SEK_AUTH_HASHING + SEK_AUTH_QUEUE);
	/* being told to come back costs no try */
	ck_assert_int_eq(ask_once("taro", RIGHT, "10.1.0.36").last.answer, SEK_AUTH_OK);
}
END_TEST

START_TEST(throttled_tries_are_not_looked_at)
{
	struct answers a = { .n = 0 };
	uint64_t before;
	int i;

	for (i = 0; i < 8; i++)
		ask("taro", "wrong password 1", "10.0.0.1", &a);
	await(&a, 8);
	ck_assert_uint_eq(a.of[SEK_AUTH_WRONG], 5);
	ck_assert_uint_eq(a.of[SEK_AUTH_THROTTLED], 3);
	before = uv_hrtime();
	a = ask_once("taro", RIGHT, "10.0.0.1");
	ck_assert_int_eq(a.last.answer, SEK_AUTH_THROTTLED);
	ck_assert_uint_ge(a.last.retry_s, 1);
	ck_assert_uint_le(a.last.retry_s, 30);
	ck_assert_uint_lt(uv_hrtime() - before, 20 * 1000000ull);
	ck_assert_int_eq(ask_once("taro", RIGHT, "10.0.0.2").last.answer, SEK_AUTH_OK);
}
END_TEST

START_TEST(a_forgotten_try_leaves_no_login)
{
	struct answers a = { .n = 0 };

	sek_auth_forget(ask("taro", RIGHT, "10.0.0.1", &a));
	sek_auth_forget(NULL);
	ask_once("nobody", RIGHT, "10.0.0.1");
	ask_once("nobody", RIGHT, "10.0.0.1");
	ck_assert_uint_eq(a.n, 0);
	ck_assert_uint_eq(sek_auth_logins(auth), 0);
}
END_TEST

struct ends {
	size_t n;
	enum sek_login_end why;
	bool last;
};

static void on_end(void *user, const struct sek_login *l, enum sek_login_end why, bool last)
{
	struct ends *e = user;

	ck_assert_str_eq(l->user, "taro");
	e->n++;
	e->why = why;
	e->last = last;
}

struct token {
	bool done;
	char text[SEK_TOKEN_BYTES];
	enum sek_token_answer answer;
	bool login;
	uint8_t session[SEK_SESSION_ID_BYTES];
};

static void on_token(void *user, const char *token)
{
	struct token *t = user;

	t->done = true;
	if (token)
		memcpy(t->text, token, sizeof t->text);
}

static void issue(struct sek_auth *a, uint64_t login, const char *address, const uint8_t session[SEK_SESSION_ID_BYTES], char ret[SEK_TOKEN_BYTES])
{
	struct token t = { .done = false };

	ck_assert_ptr_nonnull(sek_auth_token_issue(a, login, address, session, on_token, &t));
	ck_assert(!t.done);
	while (!t.done)
		uv_run(&loop, UV_RUN_ONCE);
	memcpy(ret, t.text, sizeof t.text);
}

static void on_claimed(void *user, enum sek_token_answer answer, const struct sek_login *l, const uint8_t *session)
{
	struct token *t = user;

	t->done = true;
	t->answer = answer;
	t->login = l != NULL;
	memcpy(t->session, session, sizeof t->session);
}

START_TEST(logout_ends_one_login_and_its_tokens)
{
	struct answers a = ask_once("taro", RIGHT, "10.0.0.1"), b = ask_once("taro", RIGHT, "10.0.0.1");
	uint8_t session[SEK_SESSION_ID_BYTES] = { 1 };
	struct ends e = { .n = 0 }, other = { .n = 0 };
	char token[SEK_TOKEN_BYTES];

	sek_auth_on_end(auth, on_end, &e);
	sek_auth_on_end(auth, on_end, &other);
	issue(auth, a.last.login, "10.0.0.1", session, token);
	sek_auth_logout(auth, a.last.login);
	ck_assert_uint_eq(e.n, 1);
	ck_assert_int_eq(e.why, SEK_LOGIN_LOGOUT);
	ck_assert(!e.last);
	ck_assert_int_eq(sek_auth_token_look(auth, token, strlen(token), a.last.login, "10.0.0.1"), SEK_TOKEN_UNKNOWN);
	ck_assert_ptr_null(sek_auth_check(auth, a.last.cookie, strlen(a.last.cookie)));
	ck_assert_ptr_nonnull(sek_auth_check(auth, b.last.cookie, strlen(b.last.cookie)));
	sek_auth_logout(auth, a.last.login); /* again: nothing */
	ck_assert_uint_eq(e.n, 1);
	ck_assert_uint_eq(other.n, 1);
	sek_auth_on_end(auth, NULL, &other); /* each listener for itself */
	sek_auth_logout(auth, b.last.login);
	ck_assert(e.last);
	ck_assert_uint_eq(e.n, 2);
	ck_assert_uint_eq(other.n, 1);
}
END_TEST

START_TEST(another_program_disables_the_user)
{
	struct answers a = ask_once("taro", RIGHT, "10.0.0.1");
	struct sek_store *other = NULL;
	struct ends e = { .n = 0 };
	char err[512];

	sek_auth_on_end(auth, on_end, &e);
	ck_assert(sek_is_ok(sek_store_open(where_of(path), &other, err, sizeof err)));
	ck_assert(sek_is_ok(sek_store_user_set_disabled(other, "taro", true)));
	sek_store_close(other);
	while (e.n == 0)
		uv_run(&loop, UV_RUN_ONCE);
	ck_assert_int_eq(e.why, SEK_LOGIN_REVOKED);
	ck_assert_ptr_null(sek_auth_check(auth, a.last.cookie, strlen(a.last.cookie)));
	ck_assert_int_eq(ask_once("taro", RIGHT, "10.0.0.1").last.answer, SEK_AUTH_WRONG);
}
END_TEST

START_TEST(logins_outlive_the_process)
{
	struct answers a = ask_once("taro", RIGHT, "10.0.0.1");

	end();
	start();
	ck_assert_uint_eq(sek_auth_logins(auth), 1);
	ck_assert_ptr_nonnull(sek_auth_check(auth, a.last.cookie, strlen(a.last.cookie)));
	/* and so does familiarity */
	for (int i = 0; i < 9; i++)
		ask_once("taro", "wrong password 1", "10.0.0.1");
	ck_assert_int_eq(ask_once("taro", RIGHT, "10.0.0.1").last.answer, SEK_AUTH_OK);
}
END_TEST

START_TEST(a_crowd_keeps_nobody_else_waiting)
{
	struct answers crowd = { .n = 0 }, owner = { .n = 0 }, other = { .n = 0 };
	int i;

	/* from an address that the account knows, where no throttle holds it back: it gets its few places */
	ck_assert_int_eq(ask_once("taro", RIGHT, "10.2.0.1").last.answer, SEK_AUTH_OK);
	for (i = 0; i < 2 * SEK_AUTH_QUEUE; i++)
		ask("taro", RIGHT, "10.2.0.1", &crowd);
	/* somebody else there, and the owner of the account at another desk, stand in line */
	ask("hanako", "wrong password 1", "10.2.0.1", &other);
	ask("taro", RIGHT, "10.2.0.2", &owner);
	await(&other, 1);
	await(&owner, 1);
	await(&crowd, 2 * SEK_AUTH_QUEUE);
	ck_assert_int_eq(other.last.answer, SEK_AUTH_WRONG);
	ck_assert_int_eq(owner.last.answer, SEK_AUTH_OK);
	ck_assert_uint_ge(crowd.of[SEK_AUTH_BUSY], 2 * SEK_AUTH_QUEUE - SEK_AUTH_HASHING - SEK_AUTH_QUEUE_ACCOUNT);
}
END_TEST

START_TEST(stopping_answers_everybody)
{
	struct answers a = { .n = 0 };
	char address[16];
	int i;

	for (i = 0; i < 10; i++) {
		snprintf(address, sizeof address, "10.0.0.%d", i);
		ask("taro", "wrong password 1", address, &a);
	}
	end();
	ck_assert_uint_eq(a.n, 10);
	ck_assert_uint_ge(a.of[SEK_AUTH_BUSY], 8);
	start();
}
END_TEST

START_TEST(one_login_too_many_ends_the_oldest)
{
	struct answers first = ask_once("taro", RIGHT, "10.0.0.1");
	struct ends e = { .n = 0 };
	int i;

	sek_auth_on_end(auth, on_end, &e);
	for (i = 1; i <= SEK_LOGINS_PER_USER; i++)
		ask_once("taro", RIGHT, "10.0.0.1");
	ck_assert_uint_eq(e.n, 1);
	ck_assert_int_eq(e.why, SEK_LOGIN_REPLACED);
	ck_assert_uint_eq(sek_auth_logins(auth), SEK_LOGINS_PER_USER);
	ck_assert_ptr_null(sek_auth_check(auth, first.last.cookie, strlen(first.last.cookie)));
}
END_TEST

/* --- two brokers on one store --- */

static struct sek_auth *other_auth;
static struct sek_store *other_store;

static void start_other(uint32_t idle_s)
{
	const struct sek_auth_config config = { .idle_s = idle_s, .maximum_s = 43200 };
	char err[512];

	ck_assert(sek_is_ok(sek_store_open(where_of(path), &other_store, err, sizeof err)));
	ck_assert(sek_is_ok(sek_auth_create(&loop, other_store, &config, &other_auth)));
}

static void end_other(void)
{
	bool stopped = false;

	sek_auth_stop(other_auth, on_stopped, &stopped);
	while (!stopped)
		uv_run(&loop, UV_RUN_ONCE);
	sek_auth_destroy(other_auth);
	sek_store_close(other_store);
}

static void on_fetched(void *user)
{
	*(bool *)user = true;
}

static const struct sek_login *check_at(struct sek_auth *a, const char *cookie)
{
	return sek_auth_check(a, cookie, strlen(cookie));
}

/* What front/ does with a cookie. */
static const struct sek_login *look_at(struct sek_auth *a, const char *cookie)
{
	bool done = false;

	if (sek_auth_wants_fetch(a, cookie, strlen(cookie))) {
		ck_assert_ptr_nonnull(sek_auth_fetch(a, cookie, strlen(cookie), on_fetched, &done));
		while (!done)
			uv_run(&loop, UV_RUN_ONCE);
	}
	return check_at(a, cookie);
}

START_TEST(a_cookie_of_another_broker_is_good_at_once)
{
	static const char nobodys[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	struct answers a;

	start_other(900);
	a = ask_once("taro", RIGHT, "10.0.0.1");
	ck_assert_int_eq(a.last.answer, SEK_AUTH_OK);
	ck_assert_ptr_nonnull(look_at(other_auth, a.last.cookie));
	ck_assert_str_eq(look_at(other_auth, a.last.cookie)->user, "taro");
	ck_assert_ptr_null(look_at(other_auth, nobodys));
	ck_assert(!sek_auth_wants_fetch(other_auth, "short", 5));
	ck_assert_uint_eq(sek_auth_logins(other_auth), 1);
	end_other();
}
END_TEST

START_TEST(a_login_of_another_broker_is_known_and_ended_without_asking)
{
	struct ends e = { .n = 0 };
	struct answers a;

	start_other(900);
	sek_auth_on_end(other_auth, on_end, &e);
	a = ask_once("taro", RIGHT, "10.0.0.1");
	while (!sek_auth_has_login(other_auth, "taro"))
		uv_run(&loop, UV_RUN_ONCE);
	/* logged out at the one: out at the other, which is told why, and has nothing to fetch */
	sek_auth_logout(auth, a.last.login);
	ck_assert_ptr_null(look_at(auth, a.last.cookie));
	while (e.n == 0)
		uv_run(&loop, UV_RUN_ONCE);
	ck_assert_int_eq(e.why, SEK_LOGIN_LOGOUT);
	ck_assert(e.last);
	ck_assert_ptr_null(look_at(other_auth, a.last.cookie));
	ck_assert_ptr_null(look_at(auth, a.last.cookie));
	ck_assert_uint_eq(sek_auth_logins(auth), 0);
	end_other();
}
END_TEST

START_TEST(a_login_that_is_used_at_one_broker_is_not_idle_at_the_other)
{
	char err[512];
	struct answers a;
	uint64_t until;

	end();
	sek_store_close(store);
	ck_assert(sek_is_ok(sek_store_open(where_of(path), &store, err, sizeof err)));
	ck_assert(sek_is_ok(sek_auth_create(&loop, store, &(struct sek_auth_config){ .idle_s = 3, .maximum_s = 43200 }, &auth)));
	start_other(3);
	a = ask_once("taro", RIGHT, "10.0.0.1");
	ck_assert_ptr_nonnull(look_at(other_auth, a.last.cookie));
	/* twice the idle time, and a look for idle ones at both brokers in it */
	for (until = sek_auth_now_ms() + 6000; sek_auth_now_ms() < until; uv_run(&loop, UV_RUN_ONCE))
		ck_assert_ptr_nonnull(check_at(auth, a.last.cookie));
	ck_assert_ptr_nonnull(look_at(other_auth, a.last.cookie));
	end_other();
}
END_TEST

static struct token claim(struct sek_auth *a, const char *cookie, const char *token, const char *address)
{
	struct token t = { .done = false };

	ck_assert_ptr_nonnull(sek_auth_token_claim(a, cookie, strlen(cookie), token, strlen(token), address, on_claimed, &t));
	while (!t.done)
		uv_run(&loop, UV_RUN_ONCE);
	return t;
}

START_TEST(a_stream_token_is_good_once_at_either_broker)
{
	const uint8_t session[SEK_SESSION_ID_BYTES] = { 7, 8, 9 };
	struct answers a, b;
	char token[SEK_TOKEN_BYTES];
	struct token t;

	start_other(900);
	add_user("hanako");
	a = ask_once("taro", RIGHT, "10.0.0.1");
	b = ask_once("hanako", RIGHT, "10.0.0.1");
	/* at the other, which has seen neither the log-in nor the token; then at both again */
	issue(auth, a.last.login, "10.0.0.1", session, token);
	t = claim(other_auth, a.last.cookie, token, "10.0.0.1");
	ck_assert_int_eq(t.answer, SEK_TOKEN_GOOD);
	ck_assert(t.login);
	ck_assert_mem_eq(t.session, session, sizeof session);
	ck_assert_int_eq(claim(other_auth, a.last.cookie, token, "10.0.0.1").answer, SEK_TOKEN_UNKNOWN);
	ck_assert_int_eq(claim(auth, a.last.cookie, token, "10.0.0.1").answer, SEK_TOKEN_UNKNOWN);
	/* at the one, then at the other */
	issue(auth, a.last.login, "10.0.0.1", session, token);
	ck_assert_int_eq(sek_auth_token_look(auth, token, strlen(token), a.last.login, "10.0.0.1"), SEK_TOKEN_GOOD);
	ck_assert_int_eq(claim(auth, a.last.cookie, token, "10.0.0.1").answer, SEK_TOKEN_GOOD);
	ck_assert_int_eq(sek_auth_token_look(auth, token, strlen(token), a.last.login, "10.0.0.1"), SEK_TOKEN_UNKNOWN);
	ck_assert_int_eq(claim(other_auth, a.last.cookie, token, "10.0.0.1").answer, SEK_TOKEN_UNKNOWN);
	/* of another log-in or another address: used up by trying, at whichever broker */
	issue(auth, a.last.login, "10.0.0.1", session, token);
	ck_assert_int_eq(claim(other_auth, b.last.cookie, token, "10.0.0.1").answer, SEK_TOKEN_OTHER_LOGIN);
	ck_assert_int_eq(claim(auth, a.last.cookie, token, "10.0.0.1").answer, SEK_TOKEN_UNKNOWN);
	issue(auth, a.last.login, "10.0.0.1", session, token);
	ck_assert_int_eq(claim(other_auth, a.last.cookie, token, "10.0.0.2").answer, SEK_TOKEN_OTHER_ADDRESS);
	ck_assert_int_eq(claim(auth, a.last.cookie, token, "10.0.0.1").answer, SEK_TOKEN_UNKNOWN);
	/* and of a log-in that has ended: nobody's */
	issue(auth, a.last.login, "10.0.0.1", session, token);
	sek_auth_logout(auth, a.last.login);
	ck_assert(!claim(auth, a.last.cookie, token, "10.0.0.1").login);
	end_other();
}
END_TEST

START_TEST(tries_at_two_brokers_count_together)
{
	struct answers a = { .n = 0 };
	size_t i;

	start_other(900);
	for (i = 0; i < 2 * SEK_THROTTLE_PAIR_BURST; i++) {
		struct sek_auth *at = i % 2 ? other_auth : auth;

		ck_assert_ptr_nonnull(sek_auth_login(at, "taro", 4, "wrong password 1", 16, "10.0.0.1", on_answer, &a));
		await(&a, i + 1);
	}
	ck_assert_uint_eq(a.of[SEK_AUTH_WRONG], SEK_THROTTLE_PAIR_BURST);
	ck_assert_uint_eq(a.of[SEK_AUTH_THROTTLED], SEK_THROTTLE_PAIR_BURST);
	ck_assert_uint_ge(a.last.retry_s, 1);
	/* who works where the user works is not kept out by it, nor anybody else */
	ck_assert_int_eq(ask_once("taro", RIGHT, "10.0.0.2").last.answer, SEK_AUTH_OK);
	end_other();
}
END_TEST

START_TEST(whoever_is_disabled_is_out_at_both)
{
	struct answers a;

	start_other(900);
	a = ask_once("taro", RIGHT, "10.0.0.1");
	ck_assert_ptr_nonnull(look_at(other_auth, a.last.cookie));
	ck_assert(sek_is_ok(sek_store_user_set_disabled(store, "taro", true)));
	while (sek_auth_has_login(other_auth, "taro"))
		uv_run(&loop, UV_RUN_ONCE);
	ck_assert_ptr_null(look_at(other_auth, a.last.cookie));
	end_other();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hub.auth.auth");
	TCase *c = tcase_create("auth");
	SRunner *r;
	int failed;

	sek_log_init(NULL, SEK_LOG_ERROR);
	if (!sek_is_ok(sek_auth_init()))
		return 1;
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, right_and_wrong);
	tcase_add_test(c, the_queue_is_bounded);
	tcase_add_test(c, a_crowd_keeps_nobody_else_waiting);
	tcase_add_test(c, throttled_tries_are_not_looked_at);
	tcase_add_test(c, a_forgotten_try_leaves_no_login);
	tcase_add_test(c, logout_ends_one_login_and_its_tokens);
	tcase_add_test(c, another_program_disables_the_user);
	tcase_add_test(c, logins_outlive_the_process);
	tcase_add_test(c, stopping_answers_everybody);
	tcase_add_test(c, one_login_too_many_ends_the_oldest);
	tcase_add_test(c, a_cookie_of_another_broker_is_good_at_once);
	tcase_add_test(c, a_login_of_another_broker_is_known_and_ended_without_asking);
	tcase_add_test(c, a_login_that_is_used_at_one_broker_is_not_idle_at_the_other);
	tcase_add_test(c, whoever_is_disabled_is_out_at_both);
	tcase_add_test(c, a_stream_token_is_good_once_at_either_broker);
	tcase_add_test(c, tries_at_two_brokers_count_together);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
