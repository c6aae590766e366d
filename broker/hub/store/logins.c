/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Log-ins in the store, and the addresses from which users have logged in. Must never keep a cookie, only its hash.
 */
#include <string.h>

#include "broker/hub/store/groups.h"
#include "broker/hub/store/write.h"

static sek_status remember(struct sek_db *db, const struct sek_store_login *l)
{
	SEK_TRY(sek_db_run(db, "INSERT INTO known (user_id, address, seen_s) VALUES (?1, ?2, ?3)"
		" ON CONFLICT (user_id, address) DO UPDATE SET seen_s = excluded.seen_s", "iti", l->user_id, l->address, l->created_s));
	return sek_db_run(db, "DELETE FROM known WHERE user_id = ?1 AND address NOT IN"
		" (SELECT address FROM known WHERE user_id = ?1 ORDER BY seen_s DESC, address LIMIT ?2)", "ii", l->user_id,
		(int64_t)SEK_STORE_KNOWN_PER_USER);
}

static sek_status add(struct sek_db *db, const struct sek_store_login *l)
{
	SEK_TRY(sek_db_run(db, "INSERT INTO logins (key, user_id, address, created_s, seen_s, factors)"
		" SELECT ?1, id, ?3, ?4, ?5, ?6 FROM users WHERE id = ?2 AND disabled = 0", "bitiii", l->key, sizeof l->key,
		l->user_id, l->address, l->created_s, l->seen_s, (int64_t)l->factors));
	if (sek_db_changes(db) == 0)
		return sek_fail(SEK_E_DENIED);
	SEK_TRY(sek_db_run(db, "UPDATE users SET login_s = ?2 WHERE id = ?1", "ii", l->user_id, l->created_s));
	return remember(db, l);
}

sek_status sek_store_login_add(struct sek_store *s, const struct sek_store_login *login)
{
	sek_status status;

	sek_store_lock(s);
	status = sek_db_begin(s->db);
	if (sek_is_ok(status))
		status = sek_db_end(s->db, add(s->db, login));
	sek_store_unlock(s);
	return status;
}

sek_status sek_store_login_delete(struct sek_store *s, const uint8_t key[SEK_STORE_LOGIN_KEY_BYTES])
{
	sek_status status;

	sek_store_lock(s);
	status = sek_db_run(s->db, "DELETE FROM logins WHERE key = ?1", "b", key, (size_t)SEK_STORE_LOGIN_KEY_BYTES);
	sek_store_unlock(s);
	return status;
}

static sek_status end_login(struct sek_db *db, const uint8_t *key, const char *why, int64_t now_s)
{
	if (!why[0])
		return sek_fail(SEK_E_LIMIT);
	SEK_TRY(sek_store_fits(why, SEK_STORE_LOGIN_ENDED_BYTES));
	SEK_TRY(sek_db_run(db, "DELETE FROM logins WHERE ended <> '' AND seen_s < ?1", "i", now_s - SEK_STORE_LOGIN_ENDED_S));
	return sek_db_run(db, "UPDATE logins SET ended = ?2, seen_s = ?3 WHERE key = ?1 AND ended = ''", "bti", key,
		(size_t)SEK_STORE_LOGIN_KEY_BYTES, why, now_s);
}

sek_status sek_store_login_end(struct sek_store *s, const uint8_t key[SEK_STORE_LOGIN_KEY_BYTES], const char *why, int64_t now_s)
{
	SEK_STORE_WRITE(s, end_login(s->db, key, why, now_s));
}

sek_status sek_store_logins_seen(struct sek_store *s, const struct sek_store_login *logins, size_t n)
{
	sek_status status;
	size_t i;

	sek_store_lock(s);
	status = sek_db_begin(s->db);
	if (sek_is_ok(status)) {
		for (i = 0; i < n && sek_is_ok(status); i++)
			status = sek_db_run(s->db, "UPDATE logins SET seen_s = ?2 WHERE key = ?1 AND seen_s < ?2", "bi", logins[i].key,
				sizeof logins[i].key, logins[i].seen_s);
		status = sek_db_end(s->db, status);
	}
	sek_store_unlock(s);
	return status;
}

sek_status sek_store_logins_purge(struct sek_store *s, int64_t created_s, int64_t seen_s)
{
	sek_status status;

	sek_store_lock(s);
	status = sek_db_run(s->db, "DELETE FROM logins WHERE created_s < ?1 OR seen_s < ?2", "ii", created_s, seen_s);
	sek_store_unlock(s);
	return status;
}

static void read_login(struct sek_db_query *q, struct sek_store_login *l)
{
	char roles[SEK_STORE_ROLES_BYTES];

	memset(l, 0, sizeof *l);
	if (sek_db_bytes(q, 0) == sizeof l->key)
		memcpy(l->key, sek_db_blob(q, 0), sizeof l->key);
	l->user_id = sek_db_int(q, 1);
	sek_db_copy(q, 2, l->user, sizeof l->user);
	sek_db_copy(q, 3, l->address, sizeof l->address);
	l->created_s = sek_db_int(q, 4);
	l->seen_s = sek_db_int(q, 5);
	sek_db_copy(q, 6, roles, sizeof roles);
	if (!sek_roles_parse(roles, &l->roles))
		l->roles = 0;
	l->factors = (uint32_t)sek_db_int(q, 7);
	l->directory = sek_db_int(q, 8) != 0;
	l->consented = sek_db_int(q, 9) != 0;
	sek_db_copy(q, 10, l->ended, sizeof l->ended);
}

#define LOGINS \
	"SELECT key, user_id, name, address, logins.created_s, seen_s, roles, factors, source = 'directory'," \
	" ?1 = '' OR EXISTS (SELECT 1 FROM consents WHERE consents.user_id = users.id AND notice = ?1), ended" \
	" FROM logins JOIN users ON users.id = user_id WHERE disabled = 0"

static sek_status find_login(struct sek_db *db, const uint8_t *key, const char *notice, struct sek_store_login *ret)
{
	struct sek_db_query *q = NULL;
	sek_status status = sek_ok();
	int rc;

	SEK_TRY(sek_db_prepare(db, &q, LOGINS " AND key = ?2 AND ended = ''", "tb", notice ? notice : "", key,
		(size_t)SEK_STORE_LOGIN_KEY_BYTES));
	rc = sek_db_step(q);
	if (rc == SEK_DB_ROW)
		read_login(q, ret);
	else
		status = rc == SEK_DB_DONE ? sek_fail(SEK_E_NOT_FOUND) : sek_db_status(db);
	sek_db_finish(q);
	return status;
}

sek_status sek_store_login_find(struct sek_store *s, const uint8_t key[SEK_STORE_LOGIN_KEY_BYTES], const char *notice,
	struct sek_store_login *ret)
{
	SEK_STORE_READ(s, find_login(s->db, key, notice, ret));
}

sek_status sek_store_logins_each(struct sek_store *s, const char *notice, void (*fn)(void *ctx, const struct sek_store_login *l), void *ctx)
{
	struct sek_db_query *q = NULL;
	struct sek_store_login l;
	sek_status status;
	int rc = SEK_DB_DONE;

	sek_store_lock(s);
	status = sek_db_prepare(s->db, &q, LOGINS, "t", notice ? notice : "");
	if (sek_is_ok(status)) {
		while ((rc = sek_db_step(q)) == SEK_DB_ROW) {
			read_login(q, &l);
			fn(ctx, &l);
		}
		if (rc != SEK_DB_DONE)
			status = sek_db_status(s->db);
		sek_db_finish(q);
	}
	sek_store_unlock(s);
	return status;
}

static sek_status needs_each(struct sek_db *db, void (*fn)(void *ctx, const uint8_t key[SEK_STORE_LOGIN_KEY_BYTES], const char *needs),
	void *ctx)
{
	char needs[SEK_STORE_NEEDS_BYTES];
	struct sek_db_query *q = NULL;
	int rc;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT l.key, g.needs FROM logins l JOIN members m ON m.user_id = l.user_id"
		" JOIN groups g ON g.id = m.group_id WHERE g.needs <> '' AND l.ended = ''", ""));
	while ((rc = sek_db_step(q)) == SEK_DB_ROW) {
		sek_db_copy(q, 1, needs, sizeof needs);
		if (sek_db_bytes(q, 0) == SEK_STORE_LOGIN_KEY_BYTES)
			fn(ctx, sek_db_blob(q, 0), needs);
	}
	sek_db_finish(q);
	return rc == SEK_DB_DONE ? sek_ok() : sek_db_status(db);
}

sek_status sek_store_logins_needs(struct sek_store *s,
	void (*fn)(void *ctx, const uint8_t key[SEK_STORE_LOGIN_KEY_BYTES], const char *needs), void *ctx)
{
	SEK_STORE_READ(s, needs_each(s->db, fn, ctx));
}

sek_status sek_store_logins_void(struct sek_store *s, const char *user)
{
	SEK_STORE_READ(s, sek_db_run(s->db, "DELETE FROM logins WHERE user_id = (SELECT id FROM users WHERE name = ?1)", "t",
		user));
}

sek_status sek_store_known_each(struct sek_store *s, int64_t since_s,
	void (*fn)(void *ctx, const char *user, const char *address, int64_t seen_s), void *ctx)
{
	char user[SEK_STORE_NAME_BYTES], address[SEK_STORE_ADDRESS_BYTES];
	struct sek_db_query *q = NULL;
	sek_status status;
	int rc = SEK_DB_DONE;

	sek_store_lock(s);
	status = sek_db_prepare(s->db, &q, "SELECT name, address, seen_s FROM known JOIN users ON users.id = user_id"
		" WHERE seen_s >= ?1", "i", since_s);
	if (sek_is_ok(status)) {
		while ((rc = sek_db_step(q)) == SEK_DB_ROW) {
			sek_db_copy(q, 0, user, sizeof user);
			sek_db_copy(q, 1, address, sizeof address);
			fn(ctx, user, address, sek_db_int(q, 2));
		}
		if (rc != SEK_DB_DONE)
			status = sek_db_status(s->db);
		sek_db_finish(q);
	}
	sek_store_unlock(s);
	return status;
}
