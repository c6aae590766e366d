/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Users in the store. Must never hand out a disabled user as an enabled one.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "broker/hub/store/db.h"

#define COLUMNS "id, name, hash, roles, disabled, created_s, password_s, enrol_s"

static void read_user(struct sek_db_query *q, struct sek_store_user *u)
{
	memset(u, 0, sizeof *u);
	u->id = sek_db_int(q, 0);
	sek_db_copy(q, 1, u->name, sizeof u->name);
	sek_db_copy(q, 2, u->hash, sizeof u->hash);
	sek_db_copy(q, 3, u->roles, sizeof u->roles);
	u->disabled = sek_db_int(q, 4) != 0;
	u->created_s = sek_db_int(q, 5);
	u->password_s = sek_db_int(q, 6);
	u->enrol_s = sek_db_int(q, 7);
}

sek_status sek_store_user_add(struct sek_store *s, const char *name, const char *hash, int64_t now_s)
{
	sek_status status;

	sek_store_lock(s);
	status = sek_db_run(s->db, "INSERT INTO users (name, hash, roles, created_s, password_s) VALUES (?1, ?2,"
		" 'staff', ?3, ?3)",
		"tti", name, hash, now_s);
	sek_store_unlock(s);
	return status;
}

sek_status sek_store_user_where(struct sek_db *db, struct sek_store_user *ret, const char *where, const char *types, ...)
{
	char sql[512];
	struct sek_db_query *q = NULL;
	sek_status status;
	va_list ap;
	int rc;

	/* the condition is ours; the values stand in it as parameters only */
	SEK_ASSERT((size_t)snprintf(sql, sizeof sql, "SELECT " COLUMNS " FROM users WHERE %s", where) < sizeof sql);
	va_start(ap, types);
	status = sek_db_prepare_list(db, &q, sql, types, ap);
	va_end(ap);
	SEK_TRY(status);
	rc = sek_db_step(q);
	if (rc == SEK_DB_ROW)
		read_user(q, ret);
	else
		status = rc == SEK_DB_DONE ? sek_fail(SEK_E_NOT_FOUND) : sek_db_status(db);
	sek_db_finish(q);
	return status;
}

sek_status sek_store_user_find(struct sek_store *s, const char *name, struct sek_store_user *ret)
{
	sek_status status;

	sek_store_lock(s);
	status = sek_store_user_where(s->db, ret, "name = ?1", "t", name);
	sek_store_unlock(s);
	return status;
}

sek_status sek_store_users_each(struct sek_store *s, void (*fn)(void *ctx, const struct sek_store_user *u), void *ctx)
{
	struct sek_db_query *q = NULL;
	struct sek_store_user u;
	sek_status status;
	int rc = SEK_DB_DONE;

	sek_store_lock(s);
	status = sek_db_prepare(s->db, &q, "SELECT " COLUMNS " FROM users ORDER BY name", "");
	if (sek_is_ok(status)) {
		while ((rc = sek_db_step(q)) == SEK_DB_ROW) {
			read_user(q, &u);
			fn(ctx, &u);
		}
		if (rc != SEK_DB_DONE)
			status = sek_db_status(s->db);
		sek_db_finish(q);
	}
	sek_store_unlock(s);
	return status;
}

sek_status sek_store_users_count(struct sek_store *s, uint64_t *ret)
{
	sek_status status;
	int64_t n = 0;

	sek_store_lock(s);
	status = sek_db_number(s->db, &n, "SELECT count(*) FROM users", "");
	sek_store_unlock(s);
	if (sek_is_ok(status))
		*ret = (uint64_t)n;
	return status;
}

static sek_status void_logins(struct sek_db *db, const char *name)
{
	if (sek_db_changes(db) == 0)
		return sek_fail(SEK_E_NOT_FOUND);
	return sek_db_run(db, "DELETE FROM logins WHERE user_id = (SELECT id FROM users WHERE name = ?1)", "t", name);
}

sek_status sek_store_user_set_disabled(struct sek_store *s, const char *name, bool disabled)
{
	sek_status status;

	sek_store_lock(s);
	status = sek_db_begin(s->db);
	if (sek_is_ok(status)) {
		status = sek_db_run(s->db, "UPDATE users SET disabled = ?2 WHERE name = ?1", "ti", name,
			(int64_t)disabled);
		if (sek_is_ok(status))
			status = void_logins(s->db, name);
		status = sek_db_end(s->db, status);
	}
	sek_store_unlock(s);
	return status;
}

sek_status sek_store_user_set_hash(struct sek_store *s, const char *name, const char *hash, int64_t now_s)
{
	sek_status status;

	sek_store_lock(s);
	status = sek_db_begin(s->db);
	if (sek_is_ok(status)) {
		status = sek_db_run(s->db, "UPDATE users SET hash = ?2, password_s = ?3 WHERE name = ?1", "tti", name,
			hash, now_s);
		if (sek_is_ok(status))
			status = void_logins(s->db, name);
		status = sek_db_end(s->db, status);
	}
	sek_store_unlock(s);
	return status;
}
