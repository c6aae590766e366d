/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The book on a real database: what others write arrives, a locked store takes nothing away.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/hub/policy/book.h"
#include "broker/hub/store/groups.h"
#include "broker/hub/store/policies.h"
#include "tests/unit/hub/store/where.h"

static char folder[64], path[96], err[512];
static struct sek_store *store;
static struct sek_policy_book *book;
static uv_loop_t loop;
static uv_timer_t tick;
static unsigned changes;
static bool done;
static const struct sek_store_actor by = { "hanako", "test", 1000 };

static void on_change(void *user)
{
	(void)user;
	changes++;
}

static void on_tick(uv_timer_t *t)
{
	(void)t; /* wakes UV_RUN_ONCE */
}

static void on_done(void *user)
{
	(void)user;
	done = true;
}

static void set_up(void)
{
	snprintf(folder, sizeof folder, "/tmp/sek-book-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/broker.db", folder);
	ck_assert(sek_is_ok(sek_store_open(where_of(path), &store, err, sizeof err)));
	ck_assert(sek_is_ok(sek_store_user_add(store, "taro", "h", 1)));
	uv_loop_init(&loop);
	uv_timer_init(&loop, &tick);
	uv_timer_start(&tick, on_tick, 20, 20);
	ck_assert_msg(sek_is_ok(sek_policy_book_create(&loop, where_of(path), on_change, NULL, &book, err, sizeof err)), "%s", err);
}

static void tear_down(void)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char name[128];

	sek_policy_book_stop(book, on_done, NULL);
	while (!done)
		uv_run(&loop, UV_RUN_ONCE);
	sek_policy_book_destroy(book);
	uv_close((uv_handle_t *)&tick, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
	sek_store_close(store);
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "%s%s", path, ends[i]);
		unlink(name);
	}
	rmdir(folder);
}

static uint32_t clipboard(const char *user)
{
	struct sek_policy p;
	uint32_t ret;

	ck_assert(sek_is_ok(sek_policy_book_resolve(book, user, NULL, 0, &p)));
	ret = p.clipboard;
	sek_policy_finish(&p);
	return ret;
}

static void set(const char *scope, const char *name, const char *value)
{
	ck_assert(sek_is_ok(sek_store_policy_set(store, scope, name, "clipboard", value, 0, 0, false, &by, NULL)));
}

#define UNTIL(condition)                             \
	do {                                         \
		while (!(condition))                 \
			uv_run(&loop, UV_RUN_ONCE);  \
	} while (0)

START_TEST(what_others_write_arrives)
{
	struct sek_store_group g = { .name = "sales" };
	char *why = NULL;

	ck_assert_uint_eq(clipboard("taro"), 0);
	set("site", "", "\"both\"");
	UNTIL(clipboard("taro") == 3);
	ck_assert_uint_ge(changes, 1);
	ck_assert_uint_eq(clipboard("somebody that nobody knows"), 3);
	ck_assert(sek_is_ok(sek_store_group_add(store, &g, &by)));
	set("group", "sales", "\"to-inner\"");
	ck_assert(sek_is_ok(sek_store_member_add(store, "sales", "taro", &by)));
	sek_policy_book_look(book);
	UNTIL(clipboard("taro") == 2);
	ck_assert_uint_eq(clipboard("somebody that nobody knows"), 3);
	ck_assert(sek_is_ok(sek_policy_book_explain(book, "taro", NULL, 0, &why)));
	ck_assert_ptr_nonnull(strstr(why, "\"name\":\"sales\""));
	free(why);
	ck_assert(sek_is_ok(sek_store_group_delete(store, "sales", 0, &by)));
	UNTIL(clipboard("taro") == 3);
}
END_TEST

START_TEST(log_ins_are_no_news)
{
	struct sek_store_user u;
	struct sek_store_login l = { .created_s = 5, .seen_s = 5, .address = "127.0.0.1" };
	unsigned before;

	set("site", "", "\"both\"");
	UNTIL(clipboard("taro") == 3);
	before = changes;
	ck_assert(sek_is_ok(sek_store_user_find(store, "taro", &u)));
	l.user_id = u.id;
	ck_assert(sek_is_ok(sek_store_login_add(store, &l)));
	set("user", "taro", "\"to-outer\"");
	UNTIL(clipboard("taro") == 1);
	ck_assert_uint_eq(changes, before + 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hub.policy.book");
	TCase *t = tcase_create("book");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, what_others_write_arrives);
	tcase_add_test(t, log_ins_are_no_news);
	suite_add_tcase(suite, t);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
