/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of running sessions: put, put anew, listed the oldest first, deleted; what is too long is refused whole.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "broker/hub/store/sessions.h"

#define OK(call) ck_assert(sek_is_ok(call))
#define A "00000000000000000000000000000001"
#define B "00000000000000000000000000000002"

static char folder[64], path[96], err[512];
static struct sek_store *store;

static void set_up(void)
{
	snprintf(folder, sizeof folder, "/tmp/sek-store-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/broker.db", folder);
	OK(sek_store_open(path, &store, err, sizeof err));
}

static void tear_down(void)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char name[128];

	sek_store_close(store);
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "%s%s", path, ends[i]);
		unlink(name);
	}
	rmdir(folder);
}

struct seen {
	size_t n;
	struct sek_store_session rows[4];
	char own[4][64];
};

static void look(void *ctx, const struct sek_store_session *row)
{
	struct seen *s = ctx;

	s->rows[s->n] = *row;
	snprintf(s->own[s->n], sizeof s->own[0], "%s", row->own);
	s->n++;
}

static struct sek_store_session sample(const char *id, int64_t opened_s)
{
	struct sek_store_session r = { .user = "taro' --", .host = "render1", .lang = 1, .width_px = 800, .height_px = 600,
		.scale_percent = 150, .opened_s = opened_s, .started_s = opened_s + 1, .recording = B, .own = "{\"max_fps\":7}" };

	snprintf(r.id, sizeof r.id, "%s", id);
	return r;
}

START_TEST(rows_come_and_go)
{
	struct sek_store_session a = sample(A, 20), b = sample(B, 10);
	struct seen seen = { 0 };

	OK(sek_store_session_put(store, &a));
	OK(sek_store_session_put(store, &b));
	a.width_px = 1024;
	a.own = "";
	OK(sek_store_session_put(store, &a));
	sek_store_close(store);
	OK(sek_store_open(path, &store, err, sizeof err)); /* as after a kill */
	OK(sek_store_sessions(store, look, &seen));
	ck_assert_uint_eq(seen.n, 2);
	ck_assert_str_eq(seen.rows[0].id, B);
	ck_assert_str_eq(seen.own[0], "{\"max_fps\":7}");
	ck_assert_str_eq(seen.rows[0].user, "taro' --");
	ck_assert_str_eq(seen.rows[0].host, "render1");
	ck_assert_str_eq(seen.rows[0].recording, B);
	ck_assert(seen.rows[0].lang == 1 && seen.rows[0].width_px == 800 && seen.rows[0].height_px == 600);
	ck_assert(seen.rows[0].scale_percent == 150 && seen.rows[0].opened_s == 10 && seen.rows[0].started_s == 11);
	ck_assert_str_eq(seen.rows[1].id, A);
	ck_assert_uint_eq(seen.rows[1].width_px, 1024);
	ck_assert_str_eq(seen.own[1], "");
	OK(sek_store_session_delete(store, A));
	OK(sek_store_session_delete(store, A));
	seen.n = 0;
	OK(sek_store_sessions(store, look, &seen));
	ck_assert_uint_eq(seen.n, 1);
	ck_assert_str_eq(seen.rows[0].id, B);
}
END_TEST

START_TEST(what_is_not_sound_is_refused)
{
	struct sek_store_session a = sample("short", 20);
	char *endless = malloc(2000000);
	struct seen seen = { 0 };

	ck_assert(!sek_is_ok(sek_store_session_put(store, &a)));
	a = sample(A, 20);
	memset(endless, 'x', 1999999);
	endless[1999999] = '\0';
	a.own = endless;
	ck_assert(sek_is(sek_store_session_put(store, &a), SEK_E_LIMIT));
	free(endless);
	OK(sek_store_sessions(store, look, &seen));
	ck_assert_uint_eq(seen.n, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hub.store.sessions");
	TCase *all = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_add_test(all, rows_come_and_go);
	tcase_add_test(all, what_is_not_sound_is_refused);
	suite_add_tcase(suite, all);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
