/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of what waits for an approver. Must never let anybody decide but an approver of a group of the requester who acts now, and
 * never the requester.
 */
#include "broker/hub/store/approvals.h"

#include <stdlib.h>
#include <string.h>

#include "broker/hub/store/write.h"

static const char *const kinds[] = { "file", "print", "text" }, *const states[] = { "waiting", "approved", "refused", "expired" };

const char *sek_approval_kind_word(enum sek_approval_kind kind)
{
	return kinds[kind];
}

const char *sek_approval_state_word(enum sek_approval_state state)
{
	return states[state];
}

#define COLUMNS \
	"w.id, w.kind, r.name, r.display, w.name, w.session, w.sha256, w.pages, w.chars, w.bytes, w.needed, w.first_id, w.log_text," \
	" w.asked_s, w.expires_s, w.decided_s, w.state, w.who, w.why"
#define TABLES " FROM approvals w JOIN users r ON r.id = w.user_id"
enum { GROUP = 19, MINE };

#define ONE_EACH " GROUP BY w.id, r.id, u.id"
/* What waits for the approver ?1 at the time ?2: one row for each, with the first group by which it does. */
#define FOR_APPROVER \
	"SELECT " COLUMNS ", min(g.name), w.first_id = u.id" TABLES \
	" JOIN members m ON m.user_id = r.id JOIN approvers a ON a.group_id = m.group_id JOIN groups g ON g.id = a.group_id" \
	" JOIN users u ON u.id = a.user_id WHERE u.name = ?1 AND u.disabled = 0 AND u.id <> r.id" \
	" AND (a.from_s = 0 OR a.from_s <= ?2) AND (a.until_s = 0 OR a.until_s > ?2)" \
	" AND w.state = 'waiting' AND w.expires_s > ?2"

static int word_at(struct sek_db_query *q, int column, const char *const *words, int n, int otherwise)
{
	const char *word = sek_db_text(q, column);
	int i;

	for (i = 0; word && i < n; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return otherwise;
}

static void read_row(struct sek_db_query *q, struct sek_store_approval *a)
{
	memset(a, 0, sizeof *a);
	sek_db_copy(q, 0, a->id, sizeof a->id);
	a->kind = (enum sek_approval_kind)word_at(q, 1, kinds, 3, SEK_APPROVAL_FILE);
	sek_db_copy(q, 2, a->user, sizeof a->user);
	sek_db_copy(q, 3, a->display, sizeof a->display);
	sek_db_copy(q, 4, a->name, sizeof a->name);
	sek_db_copy(q, 5, a->session, sizeof a->session);
	sek_db_copy(q, 6, a->sha256, sizeof a->sha256);
	a->pages = (uint32_t)sek_db_int(q, 7);
	a->chars = (uint32_t)sek_db_int(q, 8);
	a->bytes = (uint64_t)sek_db_int(q, 9);
	a->needed = (unsigned)sek_db_int(q, 10);
	a->given = sek_db_int(q, 11) != 0;
	a->log_text = sek_db_int(q, 12) != 0;
	a->asked_s = sek_db_int(q, 13);
	a->expires_s = sek_db_int(q, 14);
	a->decided_s = sek_db_int(q, 15);
	/* a damaged word must not look like something that was allowed */
	a->state = (enum sek_approval_state)word_at(q, 16, states, 4, SEK_APPROVAL_REFUSED);
	sek_db_copy(q, 17, a->who, sizeof a->who);
	sek_db_copy(q, 18, a->why, sizeof a->why);
	if (sek_db_columns(q) > MINE) {
		sek_db_copy(q, GROUP, a->group, sizeof a->group);
		a->mine = sek_db_int(q, MINE) != 0;
	}
}

/* Gives each row to fn and ends q. */
static sek_status each(struct sek_db *db, struct sek_db_query *q, sek_store_approval_fn *fn, void *ctx)
{
	struct sek_store_approval a;
	int rc;

	while ((rc = sek_db_step(q)) == SEK_DB_ROW) {
		read_row(q, &a);
		fn(ctx, &a);
	}
	sek_db_finish(q);
	return rc == SEK_DB_DONE ? sek_ok() : sek_db_status(db);
}

/* Reads the only row and ends q. */
static sek_status one(struct sek_db *db, struct sek_db_query *q, struct sek_store_approval *ret)
{
	int rc = sek_db_step(q);

	if (rc == SEK_DB_ROW)
		read_row(q, ret);
	sek_db_finish(q);
	return rc == SEK_DB_ROW ? sek_ok() : rc == SEK_DB_DONE ? sek_fail(SEK_E_NOT_FOUND) : sek_db_status(db);
}

/* --- asking --- */

static sek_status check(const struct sek_store_approval *a, size_t n)
{
	SEK_TRY(sek_store_fits(a->id, sizeof a->id));
	SEK_TRY(sek_store_fits(a->name, sizeof a->name));
	SEK_TRY(sek_store_fits(a->session, sizeof a->session));
	SEK_TRY(sek_store_fits(a->sha256, sizeof a->sha256));
	return n > SEK_STORE_APPROVAL_SEALED_MAX || a->needed < 1 || a->needed > 2 ? sek_fail(SEK_E_LIMIT) : sek_ok();
}

static sek_status add(struct sek_db *db, const struct sek_store_approval *a, const uint8_t *sealed, size_t n)
{
	int64_t user_id, mine = 0, all = 0;

	SEK_TRY(check(a, n));
	SEK_TRY(sek_store_user_at(db, a->user, 0, &user_id));
	SEK_TRY(sek_db_number(db, &mine, "SELECT count(*) FROM approvals WHERE user_id = ?1 AND"
		" (state = 'waiting' OR (state = 'approved' AND kind = 'text'))", "i", user_id));
	SEK_TRY(sek_db_number(db, &all, "SELECT count(*) FROM approvals WHERE state = 'waiting'", ""));
	if (mine >= SEK_STORE_APPROVALS_EACH || all >= SEK_STORE_APPROVALS_MAX)
		return sek_fail(SEK_E_LIMIT);
	SEK_TRY(sek_db_run(db, "INSERT INTO approvals (id, kind, user_id, name, session, sha256, pages, chars, bytes, needed, log_text,"
		" asked_s, expires_s, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 'waiting')",
		"ttitttiiiiiii", a->id, kinds[a->kind], user_id, a->name, a->session, a->sha256, (int64_t)a->pages, (int64_t)a->chars,
		(int64_t)a->bytes, (int64_t)a->needed, (int64_t)a->log_text, a->asked_s, a->expires_s));
	if (!sealed)
		return sek_ok();
	return sek_db_run(db, "UPDATE approvals SET sealed = ?2 WHERE id = ?1", "tb", a->id, sealed, n);
}

sek_status sek_store_approval_add(struct sek_store *s, const struct sek_store_approval *a, const uint8_t *sealed, size_t n)
{
	SEK_STORE_WRITE(s, add(s->db, a, sealed, n));
}

/* --- looking --- */

static sek_status find(struct sek_db *db, const char *id, struct sek_store_approval *ret)
{
	struct sek_db_query *q = NULL;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT " COLUMNS TABLES " WHERE w.id = ?1", "t", id));
	return one(db, q, ret);
}

sek_status sek_store_approval_find(struct sek_store *s, const char *id, struct sek_store_approval *ret)
{
	SEK_STORE_READ(s, find(s->db, id, ret));
}

static sek_status find_for(struct sek_db *db, const char *id, const char *approver, int64_t now_s, struct sek_store_approval *ret)
{
	struct sek_db_query *q = NULL;

	SEK_TRY(sek_db_prepare(db, &q, FOR_APPROVER " AND w.id = ?3" ONE_EACH, "tit", approver, now_s, id));
	return one(db, q, ret);
}

sek_status sek_store_approval_for(struct sek_store *s, const char *id, const char *approver, int64_t now_s, struct sek_store_approval *ret)
{
	SEK_STORE_READ(s, find_for(s->db, id, approver, now_s, ret));
}

static sek_status list_for(struct sek_db *db, const char *approver, int64_t now_s, unsigned limit, sek_store_approval_fn *fn, void *ctx,
	uint64_t *ret_total)
{
	struct sek_db_query *q = NULL;
	int64_t total = 0;

	if (limit < 1 || limit > SEK_STORE_PAGE_MAX)
		return sek_fail(SEK_E_LIMIT);
	SEK_TRY(sek_db_number(db, &total, "SELECT count(*) FROM (" FOR_APPROVER ONE_EACH ") x", "ti", approver, now_s));
	SEK_TRY(sek_db_prepare(db, &q, FOR_APPROVER ONE_EACH " ORDER BY w.asked_s, w.id LIMIT ?3", "tii", approver, now_s,
		(int64_t)limit));
	SEK_TRY(each(db, q, fn, ctx));
	*ret_total = (uint64_t)total;
	return sek_ok();
}

sek_status sek_store_approvals_for(struct sek_store *s, const char *approver, int64_t now_s, unsigned limit, sek_store_approval_fn *fn,
	void *ctx, uint64_t *ret_total)
{
	SEK_STORE_READ(s, list_for(s->db, approver, now_s, limit, fn, ctx, ret_total));
}

/* --- deciding --- */

static sek_status decide(struct sek_db *db, const char *id, const char *approver, bool approve, const char *why, int64_t now_s,
	struct sek_store_approval *ret)
{
	struct sek_store_approval a;
	int64_t approver_id;

	SEK_TRY(sek_store_fits(why, sizeof a.why));
	SEK_TRY(find_for(db, id, approver, now_s, &a));
	SEK_TRY(sek_store_user_at(db, approver, 0, &approver_id));
	if (approve && a.mine)
		return sek_fail(SEK_E_CONFLICT);
	if (approve && a.needed > 1 && !a.given)
		SEK_TRY(sek_db_run(db, "UPDATE approvals SET first_id = ?2, first_s = ?3 WHERE id = ?1", "tii", id, approver_id, now_s));
	else if (approve) /* a text is kept, for whoever asked, as long as it might have waited */
		SEK_TRY(sek_db_run(db, "UPDATE approvals SET state = 'approved', who = ?2, why = ?3, decided_s = ?4,"
			" expires_s = ?4 + expires_s - asked_s WHERE id = ?1", "ttti", id, approver, why, now_s));
	else
		SEK_TRY(sek_db_run(db, "UPDATE approvals SET state = 'refused', who = ?2, why = ?3, decided_s = ?4, sealed = NULL"
			" WHERE id = ?1", "ttti", id, approver, why, now_s));
	return find(db, id, ret);
}

sek_status sek_store_approval_decide(struct sek_store *s, const char *id, const char *approver, bool approve, const char *why, int64_t now_s,
	struct sek_store_approval *ret)
{
	SEK_STORE_WRITE(s, decide(s->db, id, approver, approve, why, now_s, ret));
}

static sek_status delete(struct sek_db *db, const char *id, const char *user)
{
	struct sek_store_approval a;

	SEK_TRY(find(db, id, &a));
	if (user && strcmp(user, a.user) != 0)
		return sek_fail(SEK_E_NOT_FOUND);
	return sek_db_run(db, "DELETE FROM approvals WHERE id = ?1", "t", id);
}

sek_status sek_store_approval_delete(struct sek_store *s, const char *id, const char *user)
{
	SEK_STORE_WRITE(s, delete(s->db, id, user));
}

/* --- texts --- */

static sek_status texts_of(struct sek_db *db, const char *user, sek_store_approval_fn *fn, void *ctx)
{
	struct sek_db_query *q = NULL;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT " COLUMNS TABLES " WHERE r.name = ?1 AND w.kind = 'text'"
		" ORDER BY w.asked_s DESC, w.id LIMIT 100", "t", user));
	return each(db, q, fn, ctx);
}

sek_status sek_store_texts_of(struct sek_store *s, const char *user, sek_store_approval_fn *fn, void *ctx)
{
	SEK_STORE_READ(s, texts_of(s->db, user, fn, ctx));
}

static sek_status sealed_of(struct sek_db *db, const char *id, uint8_t **ret, size_t *ret_n)
{
	struct sek_db_query *q = NULL;
	sek_status status = sek_fail(SEK_E_NOT_FOUND);
	uint8_t *copy;
	size_t n;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT sealed FROM approvals WHERE id = ?1 AND sealed IS NOT NULL", "t", id));
	if (sek_db_step(q) == SEK_DB_ROW) {
		const void *blob = sek_db_blob(q, 0);

		n = sek_db_bytes(q, 0);
		copy = malloc(n ? n : 1);
		status = copy ? sek_ok() : sek_fail(SEK_E_NOMEM);
		if (copy && n)
			memcpy(copy, blob, n);
		if (copy) {
			*ret = copy;
			*ret_n = n;
		}
	}
	sek_db_finish(q);
	return status;
}

sek_status sek_store_approval_sealed(struct sek_store *s, const char *id, uint8_t **ret, size_t *ret_n)
{
	SEK_STORE_READ(s, sealed_of(s->db, id, ret, ret_n));
}

/* --- time --- */

#define OVER "state = 'waiting' AND expires_s <= ?1"
#define FORGOTTEN \
	"(state <> 'waiting' AND decided_s < ?2 AND (kind = 'text' OR told = 1)) OR (state = 'approved' AND kind = 'text' AND expires_s <= ?1)"

static sek_status expire(struct sek_db *db, int64_t now_s, int64_t purge_s, sek_store_approval_fn *fn, void *ctx)
{
	struct sek_db_query *q = NULL;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT " COLUMNS TABLES " WHERE w.state = 'waiting' AND w.expires_s <= ?1", "i", now_s));
	SEK_TRY(each(db, q, fn, ctx));
	SEK_TRY(sek_db_run(db, "DELETE FROM approvals WHERE " FORGOTTEN, "ii", now_s, purge_s));
	return sek_db_run(db, "UPDATE approvals SET state = 'expired', decided_s = ?1, sealed = NULL WHERE " OVER, "i", now_s);
}

static sek_status something_due(struct sek_db *db, int64_t now_s, int64_t purge_s, int64_t *ret)
{
	return sek_db_number(db, ret, "SELECT EXISTS (SELECT 1 FROM approvals WHERE (" OVER ") OR " FORGOTTEN ")", "ii", now_s, purge_s);
}

sek_status sek_store_approvals_expire(struct sek_store *s, int64_t now_s, int64_t purge_s, sek_store_approval_fn *fn, void *ctx)
{
	sek_status status;
	int64_t due = 0;

	sek_store_lock(s);
	status = something_due(s->db, now_s, purge_s, &due);
	sek_store_unlock(s);
	if (!sek_is_ok(status) || !due)
		return status;
	SEK_STORE_WRITE(s, expire(s->db, now_s, purge_s, fn, ctx));
}

static sek_status untold(struct sek_db *db, sek_store_approval_fn *fn, void *ctx)
{
	struct sek_db_query *q = NULL;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT " COLUMNS TABLES " WHERE w.state <> 'waiting' AND w.told = 0 AND w.kind <> 'text'"
		" ORDER BY w.decided_s LIMIT 100", ""));
	return each(db, q, fn, ctx);
}

sek_status sek_store_approvals_untold(struct sek_store *s, sek_store_approval_fn *fn, void *ctx)
{
	SEK_STORE_READ(s, untold(s->db, fn, ctx));
}

sek_status sek_store_approval_told(struct sek_store *s, const char *id)
{
	SEK_STORE_WRITE(s, sek_db_run(s->db, "UPDATE approvals SET told = 1 WHERE id = ?1", "t", id));
}
