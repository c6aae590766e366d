/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The store tells that somebody has written.
 */
#include <stdlib.h>
#include <unistd.h>

#include <check.h>

#include "broker/hub/store/watch.h"
#include "tests/unit/hub/store/where.h"

static char folder[64], path[96], err[512];
static struct sek_store *store;
static uv_loop_t loop;
static unsigned times;

static void told(void *user)
{
	ck_assert_ptr_eq(user, &times);
	times++;
	uv_stop(&loop);
}

static void set_up(void)
{
	snprintf(folder, sizeof folder, "/tmp/sek-watch-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/broker.db", folder);
	ck_assert_msg(sek_is_ok(sek_store_open(where_of(path), &store, err, sizeof err)), "%s", err);
	uv_loop_init(&loop);
	times = 0;
}

static void tear_down(void)
{
	sek_store_close(store);
	unlink(path);
	rmdir(folder);
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
}

START_TEST(writes_are_told)
{
	struct sek_store_watch *w = NULL;
	bool changed = true;

	ck_assert(sek_is_ok(sek_store_watch_start(&loop, where_of(path), told, &times, &w)));
	if (!on_postgresql()) {
		ck_assert_ptr_null(w);
		return;
	}
	uv_run(&loop, UV_RUN_DEFAULT); /* the connection is there */
	ck_assert_uint_eq(times, 1);
	ck_assert(sek_is_ok(sek_store_user_add(store, "taro", "h", 1)));
	uv_run(&loop, UV_RUN_DEFAULT); /* ends only when it is told */
	ck_assert_uint_eq(times, 2);
	ck_assert(sek_is_ok(sek_store_changed(store, &changed)));
	ck_assert_msg(!changed, "own writes are told, but are no news to the handle that wrote");
	sek_store_watch_stop(w);
}
END_TEST

START_TEST(reading_is_not)
{
	struct sek_store_watch *w = NULL;
	uint64_t n;

	ck_assert(sek_is_ok(sek_store_watch_start(&loop, where_of(path), told, &times, &w)));
	if (!w)
		return;
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert(sek_is_ok(sek_store_users_count(store, &n)));
	ck_assert(sek_is(sek_store_user_set_disabled(store, "nobody", true), SEK_E_NOT_FOUND)); /* nothing was written */
	for (int i = 0; i < 200; i++) {
		uv_run(&loop, UV_RUN_NOWAIT);
		usleep(1000);
	}
	ck_assert_uint_eq(times, 1);
	sek_store_watch_stop(w);
}
END_TEST

/* Stopped at whatever moment, nothing is left and nothing more is told. */
START_TEST(stopped_at_any_moment)
{
	for (int i = 0; i < 12; i++) {
		struct sek_store_watch *w = NULL;

		ck_assert(sek_is_ok(sek_store_watch_start(&loop, where_of(path), told, &times, &w)));
		for (int k = 0; k < i; k++) {
			uv_run(&loop, UV_RUN_NOWAIT);
			usleep(500);
		}
		times = 0;
		sek_store_watch_stop(w);
		uv_run(&loop, UV_RUN_DEFAULT);
		ck_assert_uint_eq(times, 0);
		if (!w)
			return;
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hub.store.watch");
	TCase *t = tcase_create("watch");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, writes_are_told);
	tcase_add_test(t, reading_is_not);
	tcase_add_test(t, stopped_at_any_moment);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
