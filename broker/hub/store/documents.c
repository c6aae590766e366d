/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of documents.
 */
#include "broker/hub/store/documents.h"

#include <string.h>

#include "broker/hub/store/write.h"

#define COLUMNS "id, \"user\", name, purpose, source, session, state, reason, dpi, text, pages, bytes, days, created_s, finished_s, expires_s, " \
	"hash, key, broker"

static sek_status add(struct sek_db *db, const struct sek_store_document *d)
{
	int64_t there;

	SEK_TRY(sek_store_fits(d->user, sizeof d->user));
	SEK_TRY(sek_store_fits(d->name, sizeof d->name));
	SEK_TRY(sek_store_fits(d->reason, sizeof d->reason));
	if (sek_is_ok(sek_db_number(db, &there, "SELECT 1 FROM documents WHERE id = ?1", "t", d->id)))
		return sek_fail(SEK_E_EXISTS);
	return sek_db_run(db, "INSERT INTO documents (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, "
		"?16, ?17, ?18, ?19)", "ttttttttiiiiiiiibbt", d->id, d->user, d->name, d->purpose, d->source, d->session, d->state, d->reason, d->dpi,
		(int64_t)d->text, d->pages, d->bytes, d->days, d->created_s, d->finished_s, d->expires_s, (const void *)d->hash, sizeof d->hash,
		(const void *)d->key, sizeof d->key, d->broker);
}

sek_status sek_store_document_add(struct sek_store *s, const struct sek_store_document *d)
{
	SEK_STORE_WRITE(s, add(s->db, d));
}

static sek_status set(struct sek_db *db, const struct sek_store_document *d, const char *from)
{
	int64_t there;

	SEK_TRY(sek_store_fits(d->reason, sizeof d->reason));
	SEK_TRY(sek_db_number(db, &there, "SELECT state = ?2 FROM documents WHERE id = ?1", "tt", d->id, from));
	if (!there)
		return sek_fail(SEK_E_CONFLICT);
	return sek_db_run(db, "UPDATE documents SET state = ?2, reason = ?3, pages = ?4, bytes = ?5, finished_s = ?6, expires_s = ?7, hash = ?8,"
		" key = ?9 WHERE id = ?1", "tttiiiibb", d->id, d->state, d->reason, d->pages, d->bytes, d->finished_s, d->expires_s,
		(const void *)d->hash, sizeof d->hash, (const void *)d->key, sizeof d->key);
}

sek_status sek_store_document_set(struct sek_store *s, const struct sek_store_document *d, const char *from)
{
	SEK_STORE_WRITE(s, set(s->db, d, from));
}

static void read_blob(struct sek_db_query *q, int column, uint8_t *ret, size_t n)
{
	if (sek_db_bytes(q, column) == n)
		memcpy(ret, sek_db_blob(q, column), n);
}

static void read_row(struct sek_db_query *q, struct sek_store_document *d)
{
	memset(d, 0, sizeof *d);
	sek_db_copy(q, 0, d->id, sizeof d->id);
	sek_db_copy(q, 1, d->user, sizeof d->user);
	sek_db_copy(q, 2, d->name, sizeof d->name);
	sek_db_copy(q, 3, d->purpose, sizeof d->purpose);
	sek_db_copy(q, 4, d->source, sizeof d->source);
	sek_db_copy(q, 5, d->session, sizeof d->session);
	sek_db_copy(q, 6, d->state, sizeof d->state);
	sek_db_copy(q, 7, d->reason, sizeof d->reason);
	d->dpi = sek_db_int(q, 8);
	d->text = sek_db_int(q, 9) != 0;
	d->pages = sek_db_int(q, 10);
	d->bytes = sek_db_int(q, 11);
	d->days = sek_db_int(q, 12);
	d->created_s = sek_db_int(q, 13);
	d->finished_s = sek_db_int(q, 14);
	d->expires_s = sek_db_int(q, 15);
	read_blob(q, 16, d->hash, sizeof d->hash);
	read_blob(q, 17, d->key, sizeof d->key);
	sek_db_copy(q, 18, d->broker, sizeof d->broker);
}

/* Gives each row of a prepared query to fn and ends it. */
static sek_status give(struct sek_db *db, struct sek_db_query *q, sek_store_document_fn *fn, void *ctx)
{
	struct sek_store_document d;
	int step;

	while ((step = sek_db_step(q)) == SEK_DB_ROW) {
		read_row(q, &d);
		fn(ctx, &d);
	}
	sek_db_finish(q);
	return step == SEK_DB_DONE ? sek_ok() : sek_db_status(db);
}

struct one {
	struct sek_store_document *ret;
	bool found;
};

static void take_one(void *ctx, const struct sek_store_document *d)
{
	struct one *o = ctx;

	*o->ret = *d;
	o->found = true;
}

static sek_status find(struct sek_db *db, const char *id, struct sek_store_document *ret)
{
	struct one o = { .ret = ret };
	struct sek_db_query *q = NULL;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT " COLUMNS " FROM documents WHERE id = ?1", "t", id));
	SEK_TRY(give(db, q, take_one, &o));
	return o.found ? sek_ok() : sek_fail(SEK_E_NOT_FOUND);
}

sek_status sek_store_document_find(struct sek_store *s, const char *id, struct sek_store_document *ret)
{
	SEK_STORE_READ(s, find(s->db, id, ret));
}

static sek_status of_user(struct sek_db *db, const char *user, int64_t since_s, unsigned limit, sek_store_document_fn *fn, void *ctx)
{
	struct sek_db_query *q = NULL;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT " COLUMNS " FROM documents WHERE \"user\" = ?1 AND created_s >= ?2 AND state <> 'deleted'"
		" ORDER BY created_s DESC, id LIMIT ?3", "tii", user, since_s, (int64_t)limit));
	return give(db, q, fn, ctx);
}

sek_status sek_store_documents_of(struct sek_store *s, const char *user, int64_t since_s, unsigned limit, sek_store_document_fn *fn, void *ctx)
{
	SEK_STORE_READ(s, of_user(s->db, user, since_s, limit, fn, ctx));
}

static sek_status page(struct sek_db *db, int64_t before_s, unsigned limit, sek_store_document_fn *fn, void *ctx)
{
	struct sek_db_query *q = NULL;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT " COLUMNS " FROM documents WHERE ?1 = 0 OR created_s < ?1 ORDER BY created_s DESC, id LIMIT ?2",
		"ii", before_s, (int64_t)limit));
	return give(db, q, fn, ctx);
}

sek_status sek_store_documents_page(struct sek_store *s, int64_t before_s, unsigned limit, sek_store_document_fn *fn, void *ctx)
{
	SEK_STORE_READ(s, page(s->db, before_s, limit, fn, ctx));
}

sek_status sek_store_documents_count(struct sek_store *s, const char *user, int64_t since_s, int64_t *ret)
{
	SEK_STORE_READ(s, sek_db_number(s->db, ret, "SELECT count(*) FROM documents WHERE \"user\" = ?1 AND created_s >= ?2 AND state NOT IN"
		" ('failed', 'cancelled', 'refused')", "ti", user, since_s));
}

static sek_status due(struct sek_db *db, const char *broker, int64_t now_s, unsigned limit, sek_store_document_fn *fn, void *ctx)
{
	struct sek_db_query *q = NULL;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT " COLUMNS " FROM documents WHERE expires_s > 0 AND expires_s <= ?1"
		" AND (?3 = '' OR broker = '' OR broker = ?3) ORDER BY expires_s, id LIMIT ?2", "iit", now_s, (int64_t)limit, broker));
	return give(db, q, fn, ctx);
}

sek_status sek_store_documents_due(struct sek_store *s, const char *broker, int64_t now_s, unsigned limit, sek_store_document_fn *fn, void *ctx)
{
	SEK_STORE_READ(s, due(s->db, broker, now_s, limit, fn, ctx));
}

static sek_status in_state(struct sek_db *db, const char *state, sek_store_document_fn *fn, void *ctx)
{
	struct sek_db_query *q = NULL;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT " COLUMNS " FROM documents WHERE state = ?1 ORDER BY created_s, id", "t", state));
	return give(db, q, fn, ctx);
}

sek_status sek_store_documents_in(struct sek_store *s, const char *state, sek_store_document_fn *fn, void *ctx)
{
	SEK_STORE_READ(s, in_state(s->db, state, fn, ctx));
}

static sek_status sum(struct sek_db *db, struct sek_store_document_sums *ret)
{
	SEK_TRY(sek_db_number(db, &ret->files, "SELECT count(*) FROM documents WHERE expires_s > 0", ""));
	SEK_TRY(sek_db_number(db, &ret->bytes, "SELECT coalesce(sum(bytes), 0) FROM documents WHERE expires_s > 0", ""));
	return sek_db_number(db, &ret->waiting, "SELECT count(*) FROM documents WHERE state = 'waiting'", "");
}

sek_status sek_store_documents_sum(struct sek_store *s, struct sek_store_document_sums *ret)
{
	SEK_STORE_READ(s, sum(s->db, ret));
}
