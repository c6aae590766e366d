/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Policy values: reading them, and changing them on the record. Must never overwrite a value that the one who changes it
 * has not seen, nor apply a change that waits for a second administrator.
 */
#include "broker/hub/store/policies.h"

#include <string.h>

#include "broker/hub/store/write.h"

static void give(struct sek_db_query *q, void (*fn)(void *ctx, const struct sek_store_policy *p), void *ctx)
{
	struct sek_store_policy p = {
		.scope = sek_db_text(q, 0), .name = sek_db_text(q, 1),
		.attribute = sek_db_text(q, 2), .value = sek_db_text(q, 3),
		.version = sek_db_int(q, 4),
	};

	if (p.scope && p.name && p.attribute && p.value)
		fn(ctx, &p);
}

static sek_status each(struct sek_db *db, struct sek_db_query *q, void (*fn)(void *ctx, const struct sek_store_policy *p), void *ctx)
{
	int rc;

	while ((rc = sek_db_step(q)) == SEK_DB_ROW)
		give(q, fn, ctx);
	sek_db_finish(q);
	return rc == SEK_DB_DONE ? sek_ok() : sek_db_status(db);
}

#define NAMED \
	"SELECT p.scope, CASE p.scope WHEN 'group' THEN (SELECT name FROM groups WHERE id = p.target)" \
	" WHEN 'user' THEN (SELECT name FROM users WHERE id = p.target) ELSE '' END, p.attribute, p.value, p.version" \
	" FROM policies p "

static sek_status target_of(struct sek_db *db, const char *scope, const char *name, int64_t *ret)
{
	if (strcmp(scope, "group") == 0)
		return sek_store_group_at(db, name, 0, ret);
	if (strcmp(scope, "user") == 0)
		return sek_store_user_at(db, name, 0, ret);
	if (strcmp(scope, "site") != 0 || name[0])
		return sek_fail(SEK_E_NOT_FOUND);
	*ret = 0;
	return sek_ok();
}

static sek_status at(struct sek_db *db, const char *scope, const char *name,
	void (*fn)(void *ctx, const struct sek_store_policy *p), void *ctx)
{
	struct sek_db_query *q = NULL;
	int64_t target;
	sek_status status = target_of(db, scope, name, &target);

	if (sek_is(status, SEK_E_NOT_FOUND))
		return sek_ok();
	SEK_TRY(status);
	SEK_TRY(sek_db_prepare(db, &q, NAMED "WHERE p.scope = ?1 AND p.target = ?2 ORDER BY p.attribute", "ti", scope,
		target));
	return each(db, q, fn, ctx);
}

sek_status sek_store_policies_at(struct sek_store *s, const char *scope, const char *name,
	void (*fn)(void *ctx, const struct sek_store_policy *p), void *ctx)
{
	SEK_STORE_READ(s, at(s->db, scope, name, fn, ctx));
}

static sek_status of(struct sek_db *db, const char *user, void (*fn)(void *ctx, const struct sek_store_policy *p), void *ctx)
{
	struct sek_db_query *q = NULL;

	SEK_TRY(sek_db_prepare(db, &q, NAMED "WHERE p.scope = 'site' OR (p.scope = 'user' AND p.target ="
		" (SELECT id FROM users WHERE name = ?1)) OR (p.scope = 'group' AND p.target IN (SELECT group_id FROM members"
		" WHERE user_id = (SELECT id FROM users WHERE name = ?1))) ORDER BY p.scope, p.target, p.attribute", "t", user));
	return each(db, q, fn, ctx);
}

sek_status sek_store_policies_of(struct sek_store *s, const char *user,
	void (*fn)(void *ctx, const struct sek_store_policy *p), void *ctx)
{
	SEK_STORE_READ(s, of(s->db, user, fn, ctx));
}

static sek_status all(struct sek_db *db, void (*policy)(void *ctx, const struct sek_store_policy *p),
	void (*member)(void *ctx, const char *user, const char *group), void *ctx)
{
	struct sek_db_query *q = NULL;
	int rc;

	SEK_TRY(sek_db_prepare(db, &q, NAMED "ORDER BY p.scope, p.target, p.attribute", ""));
	SEK_TRY(each(db, q, policy, ctx));
	SEK_TRY(sek_db_prepare(db, &q, "SELECT u.name, g.name FROM members m JOIN users u ON u.id = m.user_id"
		" JOIN groups g ON g.id = m.group_id ORDER BY u.name, g.name", ""));
	while ((rc = sek_db_step(q)) == SEK_DB_ROW)
		member(ctx, sek_db_text(q, 0), sek_db_text(q, 1));
	sek_db_finish(q);
	return rc == SEK_DB_DONE ? sek_ok() : sek_db_status(db);
}

static sek_status all_at_once(struct sek_db *db, void (*policy)(void *ctx, const struct sek_store_policy *p),
	void (*member)(void *ctx, const char *user, const char *group), void *ctx)
{
	SEK_TRY(sek_db_begin_read(db));
	return sek_db_end(db, all(db, policy, member, ctx));
}

sek_status sek_store_policies_all(struct sek_store *s, void (*policy)(void *ctx, const struct sek_store_policy *p),
	void (*member)(void *ctx, const char *user, const char *group), void *ctx)
{
	SEK_STORE_READ(s, all_at_once(s->db, policy, member, ctx));
}

sek_status sek_store_policies_stamp(struct sek_store *s, int64_t *ret)
{
	SEK_STORE_READ(s, sek_db_number(s->db, ret, "SELECT n FROM stamps WHERE name = 'policy'", ""));
}

/* --- changing --- */

static sek_status version_at(struct sek_db *db, const char *scope, int64_t target, const char *attribute, int64_t *ret)
{
	int64_t version = 0;
	sek_status status = sek_db_number(db, &version, "SELECT version FROM policies WHERE scope = ?1 AND target = ?2"
		" AND attribute = ?3", "tit", scope, target, attribute);

	if (!sek_is_ok(status) && !sek_is(status, SEK_E_NOT_FOUND))
		return status;
	*ret = version;
	return sek_ok();
}

static sek_status apply(struct sek_db *db, int64_t id)
{
	/* before is what stood there at this moment, which `expected` says is what was seen */
	SEK_TRY(sek_db_run(db, "DELETE FROM policies WHERE (scope, target, attribute) ="
		" (SELECT scope, target, attribute FROM changes WHERE id = ?1)", "i", id));
	return sek_db_run(db, "INSERT INTO policies (scope, target, attribute, value, version)"
		" SELECT scope, target, attribute, after, id FROM changes WHERE id = ?1 AND after IS NOT NULL", "i", id);
}

static sek_status waits_already(struct sek_db *db, const char *scope, int64_t target, const char *attribute, const char *value)
{
	int64_t n = 0;

	SEK_TRY(sek_db_number(db, &n, "SELECT count(*) FROM changes WHERE status = 'pending' AND scope = ?1 AND"
		" target = ?2 AND attribute = ?3 AND after IS NOT DISTINCT FROM ?4", "titt", scope, target, attribute, value));
	return n == 0 ? sek_ok() : sek_fail(SEK_E_EXISTS);
}

static sek_status set(struct sek_db *db, const char *scope, const char *name, const char *attribute, const char *value,
	int64_t expected, unsigned effect, bool pending, const struct sek_store_actor *by, int64_t *ret_id)
{
	int64_t target, version, id = 0;

	SEK_TRY(sek_store_check_actor(by));
	SEK_TRY(sek_store_fits(attribute, SEK_STORE_ATTRIBUTE_BYTES));
	SEK_TRY(target_of(db, scope, name, &target));
	SEK_TRY(version_at(db, scope, target, attribute, &version));
	if (version != expected)
		return sek_fail(SEK_E_CONFLICT);
	SEK_TRY(waits_already(db, scope, target, attribute, value));
	SEK_TRY(sek_db_number(db, &id, "INSERT INTO changes (scope, target, name, attribute, before, after, effect, expected, who,"
		" why, at_s, status) VALUES (?1, ?2, ?3, ?4, (SELECT value FROM policies WHERE scope = ?1 AND target = ?2 AND"
		" attribute = ?4), ?5, ?6, ?7, ?8, ?9, ?10, ?11) RETURNING id", "titttiittit", scope, target, name, attribute, value,
		(int64_t)effect, expected, by->who, by->why, by->now_s, pending ? "pending" : "applied"));
	if (!pending)
		SEK_TRY(apply(db, id));
	if (ret_id)
		*ret_id = id;
	return sek_ok();
}

sek_status sek_store_policy_set(struct sek_store *s, const char *scope, const char *name, const char *attribute,
	const char *value, int64_t expected, unsigned effect, bool pending, const struct sek_store_actor *by, int64_t *ret_id)
{
	SEK_STORE_WRITE(s, set(s->db, scope, name, attribute, value, expected, effect, pending, by, ret_id));
}

/* What decides about a change that waits: *ret_same = the value is still the one that was seen. */
static sek_status look(struct sek_db *db, int64_t id, const char *who, bool *ret_own, bool *ret_same)
{
	struct sek_db_query *q = NULL;
	sek_status status = sek_ok();
	int rc;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT c.who = ?2, c.expected = coalesce((SELECT version FROM policies p WHERE"
		" p.scope = c.scope AND p.target = c.target AND p.attribute = c.attribute), 0) FROM changes c"
		" WHERE c.id = ?1 AND c.status = 'pending'", "it", id, who));
	rc = sek_db_step(q);
	if (rc == SEK_DB_ROW) {
		*ret_own = sek_db_int(q, 0) != 0;
		*ret_same = sek_db_int(q, 1) != 0;
	} else {
		status = rc == SEK_DB_DONE ? sek_fail(SEK_E_NOT_FOUND) : sek_db_status(db);
	}
	sek_db_finish(q);
	return status;
}

static sek_status decide(struct sek_db *db, int64_t id, bool approve, const struct sek_store_actor *by)
{
	bool own = false, same = false;

	SEK_TRY(sek_store_check_actor(by));
	SEK_TRY(look(db, id, by->who, &own, &same));
	if (approve && own)
		return sek_fail(SEK_E_DENIED);
	if (approve && !same)
		return sek_fail(SEK_E_CONFLICT);
	SEK_TRY(sek_db_run(db, "UPDATE changes SET status = ?2, second = ?3, second_why = ?4, second_s = ?5 WHERE id = ?1",
		"ittti", id, approve ? "applied" : "refused", by->who, by->why, by->now_s));
	return approve ? apply(db, id) : sek_ok();
}

sek_status sek_store_change_decide(struct sek_store *s, int64_t id, bool approve, const struct sek_store_actor *by)
{
	SEK_STORE_WRITE(s, decide(s->db, id, approve, by));
}
