/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The history of changes: adding to it, and pages of it. Must never change or delete a line that was decided.
 */
#include <string.h>

#include "broker/hub/store/write.h"

sek_status sek_store_change_add(struct sek_store *s, const char *scope, const char *name, const char *attribute,
	const char *before, const char *after, const struct sek_store_actor *by)
{
	SEK_STORE_WRITE(s, sek_store_record(s->db, scope, 0, name, attribute, before, after, by, NULL));
}

static enum sek_change_status status_of(const char *word)
{
	/* a damaged word must not look like something that was allowed */
	return strcmp(word, "applied") == 0 ? SEK_CHANGE_APPLIED : strcmp(word, "pending") == 0 ? SEK_CHANGE_PENDING :
		SEK_CHANGE_REFUSED;
}

static const char *text(struct sek_db_query *q, int column)
{
	const char *t = sek_db_text(q, column);

	return t ? t : "";
}

static void read_change(struct sek_db_query *q, struct sek_store_change *c)
{
	*c = (struct sek_store_change){
		.id = sek_db_int(q, 0), .scope = text(q, 1), .name = text(q, 2), .attribute = text(q, 3),
		.before = sek_db_text(q, 4), .after = sek_db_text(q, 5),
		.effect = (unsigned)sek_db_int(q, 6), .expected = sek_db_int(q, 7), .who = text(q, 8),
		.why = text(q, 9), .at_s = sek_db_int(q, 10), .status = status_of(text(q, 11)),
		.second = text(q, 12), .second_why = text(q, 13), .second_s = sek_db_int(q, 14),
	};
}

/* Each condition that is not asked for folds away before the table is read. */
#define MATCHES \
	"(?1 IS NULL OR scope = ?1) AND (?2 IS NULL OR name = ?2) AND (?3 = 0 OR status = 'pending')" \
	" AND (?4 = '' OR instr(name, ?4) > 0 OR instr(attribute, ?4) > 0 OR instr(who, ?4) > 0 OR instr(why, ?4) > 0)"

static sek_status page(struct sek_db *db, const struct sek_store_changes_query *p,
	void (*fn)(void *ctx, const struct sek_store_change *c), void *ctx, uint64_t *ret_total)
{
	struct sek_store_change c;
	struct sek_db_query *q = NULL;
	int64_t total = 0;
	int rc;

	if (p->limit < 1 || p->limit > SEK_STORE_PAGE_MAX)
		return sek_fail(SEK_E_LIMIT);
	if (ret_total)
		SEK_TRY(sek_db_number(db, &total, "SELECT count(*) FROM changes WHERE " MATCHES, "ttit", p->scope, p->name,
			(int64_t)p->pending_only, p->search));
	SEK_TRY(sek_db_prepare(db, &q, "SELECT id, scope, name, attribute, before, after, effect, expected, who, why, at_s,"
		" status, second, second_why, second_s FROM changes WHERE (?5 = 0 OR id < ?5) AND " MATCHES
		" ORDER BY id DESC LIMIT ?6", "ttitii", p->scope, p->name, (int64_t)p->pending_only, p->search, p->before_id,
		(int64_t)p->limit));
	while ((rc = sek_db_step(q)) == SEK_DB_ROW) {
		read_change(q, &c);
		fn(ctx, &c);
	}
	sek_db_finish(q);
	if (rc != SEK_DB_DONE)
		return sek_db_status(db);
	if (ret_total)
		*ret_total = (uint64_t)total;
	return sek_ok();
}

sek_status sek_store_changes_page(struct sek_store *s, const struct sek_store_changes_query *q,
	void (*fn)(void *ctx, const struct sek_store_change *c), void *ctx, uint64_t *ret_total)
{
	SEK_STORE_READ(s, page(s->db, q, fn, ctx, ret_total));
}
