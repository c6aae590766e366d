/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A site moves from SQLite to PostgreSQL: all of it, or nothing.
 */
#include <stdlib.h>
#include <unistd.h>

#include <check.h>

#include "broker/hub/store/approvals.h"
#include "broker/hub/store/factors.h"
#include "broker/hub/store/groups.h"
#include "broker/hub/store/migrate.h"
#include "broker/hub/store/people.h"
#include "broker/hub/store/recordings.h"
#include "broker/hub/store/sqlite.h"
#include "tests/unit/hub/store/where.h"

static char folder[64], path[96], err[512];
static const struct sek_store_actor admin = { "admin", "because", 1000 };

#define OK(call) ck_assert(sek_is_ok(call))

static struct sek_store *open_at(const char *where)
{
	struct sek_store *s = NULL;

	ck_assert_msg(sek_is_ok(sek_store_open(where, &s, err, sizeof err)), "%s", err);
	return s;
}

static void fill(struct sek_store *s)
{
	const char *const codes[] = { "one", "two" };
	struct sek_store_group g = { .name = "sales", .text = "営業' --", .directory = "cn=sales" };
	struct sek_store_recording r = { .id = "00000000000000000000000000000001", .session = "s", .user = "taro", .host = "h", .began_us = 5,
		.days = 7 };
	struct sek_store_approval a = { .id = "00000000000000000000000000000002", .user = "taro", .name = "見積書", .sha256 = "00", .needed = 1,
		.asked_s = 1, .expires_s = 2 };
	int64_t id = 0;
	char name[32];

	OK(sek_store_user_add(s, "taro", "h", 1));
	for (int i = 0; i < 700; i++) { /* more than one batch */
		snprintf(name, sizeof name, "山田%d", i);
		OK(sek_store_person_from_directory(s, name, i % 2 ? "" : "表示\n名", SEK_ROLE_STAFF, 5, &id));
	}
	OK(sek_store_group_add(s, &g, &admin));
	OK(sek_store_member_add(s, "sales", "taro", &admin));
	OK(sek_store_policy_set(s, "group", "sales", "print", "\"none\"", 0, 0, false, &admin, NULL));
	OK(sek_store_totp_enrol(s, 1, (const uint8_t *)"\0\1\xff", 3, 9, codes, 2, 10));
	OK(sek_store_recording_begin(s, &r));
	OK(sek_store_note_add(s, r.id, 1, true, &admin, &id));
	OK(sek_store_note_add(s, r.id, 2, true, &admin, &id));
	OK(sek_store_note_remove(s, r.id, id, "admin")); /* its number must not come again */
	OK(sek_store_approval_add(s, &a, NULL, 0));
	a.id[0] = '1';
	OK(sek_store_approval_add(s, &a, (const uint8_t *)"", 0));
}

static void set_up(void)
{
	struct sek_store *s;

	snprintf(folder, sizeof folder, "/tmp/sek-move-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/broker.db", folder);
	s = open_at(path);
	fill(s);
	sek_store_close(s);
}

static void tear_down(void)
{
	unlink(path);
	rmdir(folder);
}

struct told {
	int64_t rows, done, all, tables;
};

static void same(void *user, const char *table, int64_t rows, const char *hash)
{
	struct told *t = user;

	ck_assert(table[0] && strlen(hash) == 64);
	t->rows += rows;
	t->tables++;
}

static void progress(void *user, const char *table, int64_t done, int64_t all)
{
	struct told *t = user;

	(void)table;
	ck_assert_int_ge(done, t->done);
	t->done = done;
	t->all = all;
}

static struct told told;
static const struct sek_store_migrate_calls calls = { progress, same, &told };

static void move_fails(enum sek_code code, const char *says)
{
	ck_assert_int_eq(sek_store_migrate(path, where_of(path), &calls, err, sizeof err).code, code);
	ck_assert_msg(strstr(err, says) != NULL, "%s", err);
}

static void count_note(void *ctx, const struct sek_store_note *n)
{
	ck_assert_str_eq(n->text, "because");
	++*(unsigned *)ctx;
}

START_TEST(all_of_it_is_there)
{
	struct sek_store_person p = { .id = 0 };
	struct sek_store_group g;
	struct sek_store_totp t;
	struct sek_store *s;
	int64_t id = 0;
	unsigned notes = 0;
	uint64_t n = 0;
	uint8_t *sealed = NULL;
	size_t size = 9;

	ck_assert_msg(sek_is_ok(sek_store_migrate(path, where_of(path), &calls, err, sizeof err)), "%s", err);
	ck_assert_int_gt(told.tables, 15);
	ck_assert_int_gt(told.rows, 701);
	ck_assert_int_eq(told.done, told.all);
	ck_assert_int_eq(told.all, 2 * told.rows);
	s = open_at(where_of(path));
	OK(sek_store_users_count(s, &n));
	ck_assert_uint_eq(n, 701);
	OK(sek_store_person_find(s, "山田42", &p));
	ck_assert_str_eq(p.display, "表示\n名");
	OK(sek_store_group_find(s, "sales", &g));
	ck_assert_str_eq(g.text, "営業' --");
	ck_assert_uint_eq(g.members, 1);
	OK(sek_store_totp_get(s, 1, &t));
	ck_assert_uint_eq(t.sealed_n, 3);
	ck_assert_mem_eq(t.sealed, "\0\1\xff", 3);
	OK(sek_store_notes_each(s, "00000000000000000000000000000001", count_note, &notes));
	ck_assert_uint_eq(notes, 1);
	ck_assert(sek_is(sek_store_approval_sealed(s, "00000000000000000000000000000002", &sealed, &size), SEK_E_NOT_FOUND));
	/* and counting goes on where it was */
	OK(sek_store_note_add(s, "00000000000000000000000000000001", 3, false, &admin, &id));
	ck_assert_int_eq(id, 3);
	OK(sek_store_user_add(s, "new", "h", 1));
	OK(sek_store_person_find(s, "new", &p));
	ck_assert_int_eq(p.id, 702);
	sek_store_close(s);
	move_fails(SEK_E_EXISTS, "not empty");
	s = open_at(path); /* the file is what it was */
	OK(sek_store_users_count(s, &n));
	ck_assert_uint_eq(n, 701);
	sek_store_close(s);
}
END_TEST

/* What a backup takes of it: a file that has all of it again. */
START_TEST(and_back_into_a_file)
{
	struct sek_store_person p = { .id = 0 };
	struct sek_store_totp t;
	struct sek_store *s, *busy;
	char back[160];
	uint64_t n = 0;

	OK(sek_store_migrate(path, where_of(path), &calls, err, sizeof err));
	busy = open_at(where_of(path)); /* a broker may have it open */
	snprintf(back, sizeof back, "%s/back.db", folder);
	ck_assert_msg(sek_is_ok(sek_store_dump(where_of(path), back, err, sizeof err)), "%s", err);
	sek_store_close(busy);
	s = open_at(back);
	OK(sek_store_users_count(s, &n));
	ck_assert_uint_eq(n, 701);
	OK(sek_store_person_find(s, "山田42", &p));
	ck_assert_str_eq(p.display, "表示\n名");
	OK(sek_store_totp_get(s, 1, &t));
	ck_assert_mem_eq(t.sealed, "\0\1\xff", 3);
	OK(sek_store_user_add(s, "new", "h", 1));
	sek_store_close(s);
	unlink(back);
}
END_TEST

START_TEST(not_while_somebody_has_it_open)
{
	struct sek_store *s = open_at(path);

	move_fails(SEK_E_BUSY, "stop every broker");
	sek_store_close(s);
	OK(sek_store_migrate(path, where_of(path), &calls, err, sizeof err));
}
END_TEST

/* A text that is no UTF-8 cannot stand in the other database: then nothing does. */
START_TEST(all_or_nothing)
{
	struct sek_db *db = NULL;
	struct sek_store *s;
	uint64_t n = 9;

	OK(sek_sqlite_connect(path, &db));
	OK(sek_db_exec(db, "UPDATE notes SET text = CAST(x'ff41' AS TEXT)"));
	sek_db_close(db);
	move_fails(SEK_E_STORE, "'notes'");
	s = open_at(where_of(path));
	OK(sek_store_users_count(s, &n));
	ck_assert_uint_eq(n, 0);
	sek_store_close(s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hub.store.migrate");
	TCase *t = tcase_create("migrate");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, all_of_it_is_there);
	tcase_add_test(t, and_back_into_a_file);
	tcase_add_test(t, not_while_somebody_has_it_open);
	tcase_add_test(t, all_or_nothing);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
