/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Users in the store. Must never hand out a disabled user as an enabled one.
 */
#include <string.h>

#include "broker/hub/store/sqlite.h"

#define COLUMNS "id, name, hash, roles, disabled, created_s, password_s, enrol_s"

static void read_user(sqlite3_stmt *q, struct sek_store_user *u)
{
	memset(u, 0, sizeof *u);
	u->id = sqlite3_column_int64(q, 0);
	sek_sqlite_text(q, 1, u->name, sizeof u->name);
	sek_sqlite_text(q, 2, u->hash, sizeof u->hash);
	sek_sqlite_text(q, 3, u->roles, sizeof u->roles);
	u->disabled = sqlite3_column_int(q, 4) != 0;
	u->created_s = sqlite3_column_int64(q, 5);
	u->password_s = sqlite3_column_int64(q, 6);
	u->enrol_s = sqlite3_column_int64(q, 7);
}

sek_status sek_store_user_add(struct sek_store *s, const char *name, const char *hash, int64_t now_s)
{
	sek_status status;

	sek_sqlite_lock(s);
	status = sek_sqlite_run(s->db, "INSERT INTO users (name, hash, roles, created_s, password_s) VALUES (?1, ?2,"
		" 'staff', ?3, ?3)",
		"tti", name, hash, now_s);
	sek_sqlite_unlock(s);
	return status;
}

sek_status sek_sqlite_user(sqlite3 *db, struct sek_store_user *ret, const char *where, const char *types, ...)
{
	char *sql = sqlite3_mprintf("SELECT " COLUMNS " FROM users WHERE %s", where);
	sqlite3_stmt *q = NULL;
	sek_status status;
	va_list ap;
	int rc;

	if (!sql)
		return sek_fail(SEK_E_NOMEM);
	va_start(ap, types);
	status = sek_sqlite_prepare_list(db, &q, sql, types, ap);
	va_end(ap);
	sqlite3_free(sql);
	SEK_TRY(status);
	rc = sqlite3_step(q);
	if (rc == SQLITE_ROW)
		read_user(q, ret);
	else
		status = rc == SQLITE_DONE ? sek_fail(SEK_E_NOT_FOUND) : sek_sqlite_status(db);
	sqlite3_finalize(q);
	return status;
}

sek_status sek_store_user_find(struct sek_store *s, const char *name, struct sek_store_user *ret)
{
	sek_status status;

	sek_sqlite_lock(s);
	status = sek_sqlite_user(s->db, ret, "name = ?1", "t", name);
	sek_sqlite_unlock(s);
	return status;
}

sek_status sek_store_users_each(struct sek_store *s, void (*fn)(void *ctx, const struct sek_store_user *u), void *ctx)
{
	sqlite3_stmt *q = NULL;
	struct sek_store_user u;
	sek_status status;
	int rc = SQLITE_DONE;

	sek_sqlite_lock(s);
	status = sek_sqlite_prepare(s->db, &q, "SELECT " COLUMNS " FROM users ORDER BY name", "");
	if (sek_is_ok(status)) {
		while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
			read_user(q, &u);
			fn(ctx, &u);
		}
		if (rc != SQLITE_DONE)
			status = sek_sqlite_status(s->db);
		sqlite3_finalize(q);
	}
	sek_sqlite_unlock(s);
	return status;
}

sek_status sek_store_users_count(struct sek_store *s, uint64_t *ret)
{
	sek_status status;
	int64_t n = 0;

	sek_sqlite_lock(s);
	status = sek_sqlite_number(s->db, &n, "SELECT count(*) FROM users", "");
	sek_sqlite_unlock(s);
	if (sek_is_ok(status))
		*ret = (uint64_t)n;
	return status;
}

static sek_status void_logins(sqlite3 *db, const char *name)
{
	if (sqlite3_changes(db) == 0)
		return sek_fail(SEK_E_NOT_FOUND);
	return sek_sqlite_run(db, "DELETE FROM logins WHERE user_id = (SELECT id FROM users WHERE name = ?1)", "t", name);
}

sek_status sek_store_user_set_disabled(struct sek_store *s, const char *name, bool disabled)
{
	sek_status status;

	sek_sqlite_lock(s);
	status = sek_sqlite_begin(s->db);
	if (sek_is_ok(status)) {
		status = sek_sqlite_run(s->db, "UPDATE users SET disabled = ?2 WHERE name = ?1", "ti", name,
			(int64_t)disabled);
		if (sek_is_ok(status))
			status = void_logins(s->db, name);
		status = sek_sqlite_end(s->db, status);
	}
	sek_sqlite_unlock(s);
	return status;
}

sek_status sek_store_user_set_hash(struct sek_store *s, const char *name, const char *hash, int64_t now_s)
{
	sek_status status;

	sek_sqlite_lock(s);
	status = sek_sqlite_begin(s->db);
	if (sek_is_ok(status)) {
		status = sek_sqlite_run(s->db, "UPDATE users SET hash = ?2, password_s = ?3 WHERE name = ?1", "tti", name,
			hash, now_s);
		if (sek_is_ok(status))
			status = void_logins(s->db, name);
		status = sek_sqlite_end(s->db, status);
	}
	sek_sqlite_unlock(s);
	return status;
}
