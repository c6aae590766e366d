/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The catalogue of recordings: searches, pages of ten thousand, legal hold against purging, tombstones, notes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "broker/hub/store/groups.h"
#include "broker/hub/store/recordings.h"
#include "tests/unit/hub/store/where.h"

#define OK(call) ck_assert(sek_is_ok(call))
#define IS(call, code) ck_assert(sek_is(call, code))
#define DAY_US (86400 * INT64_C(1000000))

static char folder[64], path[96], err[512];
static struct sek_store *store;
static const struct sek_store_actor rei = { "rei", "because", 1000 };

static void set_up(void)
{
	snprintf(folder, sizeof folder, "/tmp/sek-store-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/broker.db", folder);
	OK(sek_store_open(where_of(path), &store, err, sizeof err));
	OK(sek_store_user_add(store, "taro", "h", 1));
	OK(sek_store_group_add(store, &(struct sek_store_group){ .name = "tax" }, &rei));
	OK(sek_store_group_add(store, &(struct sek_store_group){ .name = "all" }, &rei));
	OK(sek_store_member_add(store, "tax", "taro", &rei));
	OK(sek_store_member_add(store, "all", "taro", &rei));
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

/* A recording of that number: began that many days after 1970, a minute long. */
static struct sek_store_recording sample(unsigned n)
{
	struct sek_store_recording r = { .user = "taro", .host = "render1", .began_us = (int64_t)n * DAY_US, .days = 30, .required = true };

	snprintf(r.id, sizeof r.id, "%032x", n);
	snprintf(r.session, sizeof r.session, "f%031x", n);
	return r;
}

static void add(unsigned n, const char *ended, uint32_t marks)
{
	struct sek_store_recording r = sample(n);

	OK(sek_store_recording_begin(store, &r));
	if (!ended)
		return;
	r.length_us = 60000000;
	r.bytes = 1000;
	r.blocks = 60;
	r.marks = marks;
	memset(r.hash, (int)n, sizeof r.hash);
	snprintf(r.ended, sizeof r.ended, "%s", ended);
	OK(sek_store_recording_end(store, &r));
}

struct seen {
	unsigned n;
	struct sek_store_recording last;
	char ids[4000];
};

static void see(void *ctx, const struct sek_store_recording *r)
{
	struct seen *s = ctx;
	size_t at = strlen(s->ids);

	s->n++;
	s->last = *r;
	if (at + 8 < sizeof s->ids)
		snprintf(s->ids + at, sizeof s->ids - at, "%s ", r->id + 28);
}

/* The numbers (4 hex digits each) that a query finds, newest first. */
static const char *found(struct sek_store_recordings_query q)
{
	static struct seen s;
	uint64_t total = 0;

	s = (struct seen){ .n = 0 };
	q.limit = q.limit ? q.limit : 100;
	OK(sek_store_recordings_page(store, &q, see, &s, &total));
	ck_assert_uint_eq(total, s.n);
	return s.ids;
}

START_TEST(beginning_and_end)
{
	struct sek_store_recording r = sample(7), got;

	OK(sek_store_recording_begin(store, &r));
	IS(sek_store_recording_begin(store, &r), SEK_E_EXISTS);
	OK(sek_store_recording_find(store, r.id, &got));
	ck_assert_str_eq(got.groups, "all\ntax");
	ck_assert_str_eq(got.ended, "");
	ck_assert(got.required && got.days == 30 && !got.hold && !got.purged_s);
	/* groups are those of the time when it began */
	OK(sek_store_member_remove(store, "tax", "taro", &rei));
	r.length_us = 5;
	r.bytes = 6;
	r.blocks = 7;
	r.marks = SEK_MARK_CLIPBOARD;
	r.hash[31] = 9;
	snprintf(r.ended, sizeof r.ended, "ended-user");
	OK(sek_store_recording_end(store, &r));
	OK(sek_store_recording_find(store, r.id, &got));
	ck_assert_str_eq(got.groups, "all\ntax");
	ck_assert_str_eq(got.ended, "ended-user");
	ck_assert(got.length_us == 5 && got.bytes == 6 && got.blocks == 7 && got.marks == SEK_MARK_CLIPBOARD && got.hash[31] == 9);
	/* told again, by a later start: how it ended stays */
	r.marks = SEK_MARK_LATE;
	snprintf(r.ended, sizeof r.ended, "unfinished");
	OK(sek_store_recording_end(store, &r));
	OK(sek_store_recording_find(store, r.id, &got));
	ck_assert_str_eq(got.ended, "ended-user");
	ck_assert_uint_eq(got.marks, SEK_MARK_CLIPBOARD | SEK_MARK_LATE);
	IS(sek_store_recording_find(store, "no", &got), SEK_E_NOT_FOUND);
}
END_TEST

START_TEST(a_file_without_a_row_gets_one)
{
	struct sek_store_recording r = sample(7), got;

	r.ended[0] = '\0';
	r.marks = SEK_MARK_LATE;
	OK(sek_store_recording_end(store, &r));
	OK(sek_store_recording_find(store, r.id, &got));
	ck_assert_str_eq(got.ended, "unfinished");
}
END_TEST

START_TEST(searches)
{
	add(1, "ended-user", 0);
	add(2, "ended-admin", SEK_MARK_CLIPBOARD | SEK_MARK_POLICY);
	add(3, "unfinished", SEK_MARK_LATE);
	add(4, NULL, 0);
	OK(sek_store_note_add(store, sample(3).id, 10, true, &(struct sek_store_actor){ "rei", "\xe6\x8c\xaf\xe8\xbe\xbc Look", 5 }, NULL));
	ck_assert_str_eq(found((struct sek_store_recordings_query){ 0 }), "0004 0003 0002 0001 ");
	ck_assert_str_eq(found((struct sek_store_recordings_query){ .user = "taro", .group = "tax", .host = "render1" }),
		"0004 0003 0002 0001 ");
	ck_assert_str_eq(found((struct sek_store_recordings_query){ .group = "ta" }), "");
	ck_assert_str_eq(found((struct sek_store_recordings_query){ .user = "tar" }), "");
	ck_assert_str_eq(found((struct sek_store_recordings_query){ .search = "TAR", .limit = 500 }), "0004 0003 0002 0001 ");
	ck_assert_str_eq(found((struct sek_store_recordings_query){ .search = "\xe6\x8c\xaf\xe8\xbe\xbc" }), "0003 ");
	ck_assert_str_eq(found((struct sek_store_recordings_query){ .search = "' OR 1=1 --" }), "");
	ck_assert_str_eq(found((struct sek_store_recordings_query){ .search = sample(2).session }), "0002 ");
	ck_assert_str_eq(found((struct sek_store_recordings_query){ .marks = SEK_MARK_CLIPBOARD | SEK_MARK_POLICY }), "0002 ");
	ck_assert_str_eq(found((struct sek_store_recordings_query){ .ended = "ended-admin" }), "0002 ");
	ck_assert_str_eq(found((struct sek_store_recordings_query){ .ended = "running" }), "0004 ");
	ck_assert_str_eq(found((struct sek_store_recordings_query){ .from_us = 2 * DAY_US, .to_us = 3 * DAY_US }), "0003 0002 ");
	/* one that runs since before is in every time after it began */
	ck_assert_str_eq(found((struct sek_store_recordings_query){ .from_us = 9 * DAY_US }), "0004 ");
	ck_assert_str_eq(found((struct sek_store_recordings_query){ .least_us = 60000000, .most_us = 60000000 }), "0003 0002 0001 ");
	ck_assert_str_eq(found((struct sek_store_recordings_query){ .least_us = 60000001 }), "");
	ck_assert_str_eq(found((struct sek_store_recordings_query){ .noted_only = true }), "0003 ");
	OK(sek_store_recording_hold(store, sample(1).id, true, &rei));
	ck_assert_str_eq(found((struct sek_store_recordings_query){ .hold_only = true }), "0001 ");
	IS(sek_store_recordings_page(store, &(struct sek_store_recordings_query){ .limit = 0 }, see, NULL, NULL), SEK_E_LIMIT);
}
END_TEST

START_TEST(hold_wins_and_tombstones_stay)
{
	struct sek_store_recording got;
	struct sek_store_recording_sums sums;
	struct seen s = { .n = 0 };

	add(1, "ended-user", 0);
	add(2, "ended-user", 0);
	add(3, NULL, 0);
	OK(sek_store_recording_hold(store, sample(1).id, true, &rei));
	IS(sek_store_recording_hold(store, sample(1).id, true, &rei), SEK_E_CONFLICT);
	IS(sek_store_recording_purge(store, sample(1).id, &rei), SEK_E_DENIED);
	IS(sek_store_recording_purge(store, sample(3).id, &rei), SEK_E_CONFLICT);
	IS(sek_store_recording_purge(store, "no", &rei), SEK_E_NOT_FOUND);
	IS(sek_store_recording_purge(store, sample(2).id, &(struct sek_store_actor){ "rei", " ", 1 }), SEK_E_MALFORMED);
	OK(sek_store_recordings_due(store, NULL, 31 * 86400, 10, see, &s)); /* held: not due */
	ck_assert_uint_eq(s.n, 0);
	OK(sek_store_recordings_due(store, NULL, 32 * 86400 + 59, 10, see, &s)); /* its end counts */
	ck_assert_uint_eq(s.n, 0);
	OK(sek_store_recordings_due(store, NULL, 32 * 86400 + 60, 10, see, &s));
	ck_assert_uint_eq(s.n, 1);
	ck_assert_str_eq(s.last.id, sample(2).id);
	OK(sek_store_recording_purge(store, sample(2).id, &rei));
	IS(sek_store_recording_purge(store, sample(2).id, &rei), SEK_E_CONFLICT);
	IS(sek_store_recording_hold(store, sample(2).id, true, &rei), SEK_E_CONFLICT);
	ck_assert_str_eq(found((struct sek_store_recordings_query){ 0 }), "0003 0001 ");
	ck_assert_str_eq(found((struct sek_store_recordings_query){ .purged = true }), "0003 0002 0001 ");
	OK(sek_store_recording_find(store, sample(2).id, &got));
	ck_assert(got.purged_s == 1000 && got.hash[0] == 2);
	ck_assert_str_eq(got.purged_by, "rei");
	OK(sek_store_recordings_sum(store, 2 * 86400, &sums));
	ck_assert(sums.recordings == 2 && sums.bytes == 1000 && sums.held == 1 && sums.purged == 1 && sums.first_us == DAY_US);
	OK(sek_store_recording_hold(store, sample(1).id, false, &rei));
	OK(sek_store_recording_purge(store, sample(1).id, &rei));
	s = (struct seen){ .n = 0 };
	OK(sek_store_recordings_running(store, NULL, see, &s));
	ck_assert_str_eq(s.ids, "0003 ");
}
END_TEST

/* A session that another broker has taken over: two recordings, each its broker's. */
START_TEST(parts_of_a_session)
{
	struct sek_store_recording one = sample(1), two = sample(2);
	struct seen s = { .n = 0 };

	snprintf(one.broker, sizeof one.broker, "b1");
	snprintf(two.broker, sizeof two.broker, "b2");
	memcpy(two.session, one.session, sizeof two.session);
	two.began_us = one.began_us + 5;
	OK(sek_store_recording_begin(store, &two));
	OK(sek_store_recording_begin(store, &one));
	add(3, NULL, 0);
	OK(sek_store_recordings_parts(store, one.session, see, &s));
	ck_assert_str_eq(s.ids, "0001 0002 ");
	/* a start puts right what is its own, or nobody's */
	s = (struct seen){ .n = 0 };
	OK(sek_store_recordings_running(store, "b1", see, &s));
	ck_assert_ptr_nonnull(strstr(s.ids, "0001 "));
	ck_assert_ptr_null(strstr(s.ids, "0002 "));
	ck_assert_ptr_nonnull(strstr(s.ids, "0003 "));
	OK(sek_store_recording_find(store, two.id, &one));
	ck_assert_str_eq(one.broker, "b2");
}
END_TEST

static void see_note(void *ctx, const struct sek_store_note *n)
{
	char *text = ctx;
	size_t at = strlen(text);

	snprintf(text + at, 200 - at, "%lld %s %s %d;", (long long)n->at_us, n->who, n->text, n->flag);
}

START_TEST(notes)
{
	char text[200] = "";
	int64_t id;

	add(1, "ended-user", 0);
	OK(sek_store_note_add(store, sample(1).id, 20, false, &rei, NULL));
	OK(sek_store_note_add(store, sample(1).id, 10, true, &rei, &id));
	IS(sek_store_note_add(store, "no", 10, true, &rei, NULL), SEK_E_NOT_FOUND);
	IS(sek_store_note_add(store, sample(1).id, 10, true, &(struct sek_store_actor){ "rei", "", 1 }, NULL), SEK_E_MALFORMED);
	OK(sek_store_notes_each(store, sample(1).id, see_note, text));
	ck_assert_str_eq(text, "10 rei because 1;20 rei because 0;");
	IS(sek_store_note_remove(store, sample(1).id, id, "jiro"), SEK_E_DENIED);
	OK(sek_store_note_remove(store, sample(1).id, id, "rei"));
	IS(sek_store_note_remove(store, sample(1).id, id, "rei"), SEK_E_NOT_FOUND);
}
END_TEST

/* Ten thousand, read page by page: every one once, in order. */
START_TEST(ten_thousand)
{
	enum { MANY = 10000 };
	struct seen s = { .n = 0 };
	unsigned seen = 0;
	uint64_t total;
	char sql[512];

	snprintf(sql, sizeof sql, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) INSERT INTO"
		" recordings (id, session, \"user\", host, groups, began_us, required, days, hash, ended) SELECT '000000000000000000000000'"
		" || substr(CAST(100000000 + i AS TEXT), 2), 's', 'u' || (i %% 500), 'h', '', i / 3 * 1000, 1, 90, %s, 'ended-user' FROM n",
		on_postgresql() ? "decode(repeat('00', 32), 'hex')" : "zeroblob(32)");
	ck_assert(run_sql_at(path, sql));
	do {
		struct sek_store_recordings_query q = { .limit = 137, .before_us = s.last.began_us, .before_id = s.last.id };
		struct sek_store_recording before = s.last;

		s.n = 0;
		s.ids[0] = '\0';
		OK(sek_store_recordings_page(store, &q, see, &s, &total));
		ck_assert_uint_eq(total, MANY);
		ck_assert(!seen || !s.n || s.last.began_us < before.began_us ||
			(s.last.began_us == before.began_us && strcmp(s.last.id, before.id) < 0));
		seen += s.n;
		if (s.last.began_us == 0) /* the very first ones, which began at 0, are the last page */
			break;
	} while (s.n > 0);
	ck_assert_uint_eq(seen, MANY);
	s = (struct seen){ .n = 0 };
	OK(sek_store_recordings_page(store, &(struct sek_store_recordings_query){ .user = "u7", .limit = 100 }, see, &s, &total));
	ck_assert_uint_eq(total, 20);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recordings in the store");
	TCase *t = tcase_create("recordings");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, beginning_and_end);
	tcase_add_test(t, a_file_without_a_row_gets_one);
	tcase_add_test(t, searches);
	tcase_add_test(t, hold_wins_and_tombstones_stay);
	tcase_add_test(t, notes);
	tcase_add_test(t, parts_of_a_session);
	tcase_add_test(t, ten_thousand);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
