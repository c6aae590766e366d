/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of approvers and deputies. Must never let a disabled user, or a deputy out of time, count.
 */
#include "broker/hub/store/approvers.h"

#include <stdio.h>
#include <string.h>

#include "broker/hub/store/write.h"

/* An approver `a` of user `u`, at the time ?2. */
#define ACTS "u.disabled = 0 AND (a.from_s = 0 OR a.from_s <= ?2) AND (a.until_s = 0 OR a.until_s > ?2)"

static void describe(const struct sek_store_approver *a, char *ret, size_t size)
{
	if (a->deputy)
		snprintf(ret, size, "%s (deputy, %lld to %lld)", a->user, (long long)a->from_s, (long long)a->until_s);
	else
		snprintf(ret, size, "%s", a->user);
}

static void read_approver(struct sek_db_query *q, struct sek_store_approver *a)
{
	memset(a, 0, sizeof *a);
	sek_db_copy(q, 0, a->user, sizeof a->user);
	sek_db_copy(q, 1, a->display, sizeof a->display);
	a->deputy = sek_db_int(q, 2) != 0;
	a->from_s = sek_db_int(q, 3);
	a->until_s = sek_db_int(q, 4);
	a->disabled = sek_db_int(q, 5) != 0;
}

#define APPROVER "SELECT u.name, u.display, a.deputy, a.from_s, a.until_s, u.disabled FROM approvers a JOIN users u ON u.id = a.user_id"

static sek_status find(struct sek_db *db, int64_t group_id, int64_t user_id, struct sek_store_approver *ret, bool *ret_found)
{
	struct sek_db_query *q = NULL;
	int rc;

	SEK_TRY(sek_db_prepare(db, &q, APPROVER " WHERE a.group_id = ?1 AND a.user_id = ?2", "ii", group_id, user_id));
	rc = sek_db_step(q);
	if (rc == SEK_DB_ROW)
		read_approver(q, ret);
	sek_db_finish(q);
	*ret_found = rc == SEK_DB_ROW;
	return rc == SEK_DB_ROW || rc == SEK_DB_DONE ? sek_ok() : sek_db_status(db);
}

static sek_status set(struct sek_db *db, const char *group, const struct sek_store_approver *a, const struct sek_store_actor *by)
{
	char before[SEK_STORE_NAME_BYTES + 80], after[SEK_STORE_NAME_BYTES + 80];
	int64_t group_id, user_id, n = 0;
	struct sek_store_approver old;
	bool found;

	SEK_TRY(sek_store_group_at(db, group, 0, &group_id));
	SEK_TRY(sek_store_user_at(db, a->user, 0, &user_id));
	SEK_TRY(find(db, group_id, user_id, &old, &found));
	SEK_TRY(sek_db_number(db, &n, "SELECT count(*) FROM approvers WHERE group_id = ?1", "i", group_id));
	if (!found && n >= SEK_STORE_APPROVERS_MAX)
		return sek_fail(SEK_E_LIMIT);
	SEK_TRY(sek_db_run(db, "INSERT INTO approvers (group_id, user_id, deputy, from_s, until_s) VALUES (?1, ?2, ?3, ?4, ?5)"
		" ON CONFLICT (group_id, user_id) DO UPDATE SET deputy = ?3, from_s = ?4, until_s = ?5",
		"iiiii", group_id, user_id, (int64_t)a->deputy, a->from_s, a->until_s));
	if (found)
		describe(&old, before, sizeof before);
	describe(a, after, sizeof after);
	return sek_store_record(db, "group", group_id, group, "approver", found ? before : NULL, after, by, NULL);
}

sek_status sek_store_approver_set(struct sek_store *s, const char *group, const struct sek_store_approver *a,
	const struct sek_store_actor *by)
{
	SEK_STORE_WRITE(s, set(s->db, group, a, by));
}

static sek_status remove_one(struct sek_db *db, const char *group, const char *user, const struct sek_store_actor *by)
{
	char before[SEK_STORE_NAME_BYTES + 80];
	struct sek_store_approver old;
	int64_t group_id, user_id;
	bool found;

	SEK_TRY(sek_store_group_at(db, group, 0, &group_id));
	SEK_TRY(sek_store_user_at(db, user, 0, &user_id));
	SEK_TRY(find(db, group_id, user_id, &old, &found));
	if (!found)
		return sek_fail(SEK_E_NOT_FOUND);
	SEK_TRY(sek_db_run(db, "DELETE FROM approvers WHERE group_id = ?1 AND user_id = ?2", "ii", group_id, user_id));
	describe(&old, before, sizeof before);
	return sek_store_record(db, "group", group_id, group, "approver", before, NULL, by, NULL);
}

sek_status sek_store_approver_remove(struct sek_store *s, const char *group, const char *user, const struct sek_store_actor *by)
{
	SEK_STORE_WRITE(s, remove_one(s->db, group, user, by));
}

static sek_status list(struct sek_db *db, const char *group, void (*fn)(void *ctx, const struct sek_store_approver *a), void *ctx)
{
	struct sek_store_approver a;
	struct sek_db_query *q = NULL;
	int64_t group_id;
	int rc;

	SEK_TRY(sek_store_group_at(db, group, 0, &group_id));
	SEK_TRY(sek_db_prepare(db, &q, APPROVER " WHERE a.group_id = ?1 ORDER BY a.deputy, u.name", "i", group_id));
	while ((rc = sek_db_step(q)) == SEK_DB_ROW) {
		read_approver(q, &a);
		fn(ctx, &a);
	}
	sek_db_finish(q);
	return rc == SEK_DB_DONE ? sek_ok() : sek_db_status(db);
}

sek_status sek_store_approvers(struct sek_store *s, const char *group,
	void (*fn)(void *ctx, const struct sek_store_approver *a), void *ctx)
{
	SEK_STORE_READ(s, list(s->db, group, fn, ctx));
}

static sek_status count(struct sek_db *db, const char *sql, const char *name, int64_t now_s, unsigned *ret)
{
	int64_t n = 0;

	SEK_TRY(sek_db_number(db, &n, sql, "ti", name, now_s));
	*ret = (unsigned)n;
	return sek_ok();
}

static sek_status now_of_group(struct sek_db *db, const char *group, int64_t now_s, unsigned *ret)
{
	int64_t id;

	SEK_TRY(sek_store_group_at(db, group, 0, &id));
	return count(db, "SELECT count(*) FROM approvers a JOIN users u ON u.id = a.user_id JOIN groups g ON g.id = a.group_id"
		" WHERE g.name = ?1 AND " ACTS, group, now_s, ret);
}

sek_status sek_store_approvers_now(struct sek_store *s, const char *group, int64_t now_s, unsigned *ret)
{
	SEK_STORE_READ(s, now_of_group(s->db, group, now_s, ret));
}

sek_status sek_store_approvers_for(struct sek_store *s, const char *user, int64_t now_s, unsigned *ret)
{
	SEK_STORE_READ(s, count(s->db, "SELECT count(DISTINCT a.user_id) FROM approvers a JOIN users u ON u.id = a.user_id"
		" JOIN members m ON m.group_id = a.group_id JOIN users r ON r.id = m.user_id"
		" WHERE r.name = ?1 AND a.user_id <> r.id AND " ACTS, user, now_s, ret));
}

sek_status sek_store_approver_of(struct sek_store *s, const char *user, int64_t now_s, unsigned *ret)
{
	SEK_STORE_READ(s, count(s->db, "SELECT count(*) FROM approvers a JOIN users u ON u.id = a.user_id WHERE u.name = ?1 AND " ACTS,
		user, now_s, ret));
}

static sek_status unapproved(struct sek_db *db, int64_t now_s, void (*fn)(void *ctx, const char *group), void *ctx)
{
	char name[SEK_STORE_NAME_BYTES];
	struct sek_db_query *q = NULL;
	int rc;

	/* ?1 is not used */
	SEK_TRY(sek_db_prepare(db, &q, "SELECT g.name FROM groups g WHERE EXISTS (SELECT 1 FROM members m WHERE m.group_id = g.id)"
		" AND NOT EXISTS (SELECT 1 FROM approvers a JOIN users u ON u.id = a.user_id WHERE a.group_id = g.id AND " ACTS ")"
		" ORDER BY g.name LIMIT 50", "ti", "", now_s));
	while ((rc = sek_db_step(q)) == SEK_DB_ROW) {
		sek_db_copy(q, 0, name, sizeof name);
		fn(ctx, name);
	}
	sek_db_finish(q);
	return rc == SEK_DB_DONE ? sek_ok() : sek_db_status(db);
}

sek_status sek_store_groups_unapproved(struct sek_store *s, int64_t now_s, void (*fn)(void *ctx, const char *group), void *ctx)
{
	SEK_STORE_READ(s, unapproved(s->db, now_s, fn, ctx));
}
