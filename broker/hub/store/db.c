/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The few calls through which every statement goes, whatever database there is. Values are always bound, never written
 * into SQL text.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "broker/hub/store/db_backend.h"

void sek_store_lock(struct sek_store *s)
{
	SEK_ASSERT(pthread_mutex_lock(&s->lock) == 0);
}

void sek_store_unlock(struct sek_store *s)
{
	SEK_ASSERT(pthread_mutex_unlock(&s->lock) == 0);
}

sek_status sek_store_open(const char *where, struct sek_store **ret, char *err, size_t err_size)
{
	struct sek_store *s = calloc(1, sizeof *s);
	sek_status status;
	bool ignored;

	if (!s) {
		snprintf(err, err_size, "store: not enough memory");
		return sek_fail(SEK_E_NOMEM);
	}
	SEK_ASSERT(pthread_mutex_init(&s->lock, NULL) == 0);
	status = sek_store_where_is_postgresql(where) ? sek_db_open_postgresql(where, &s->db, err, err_size) :
		sek_db_open_sqlite(where, &s->db, err, err_size);
	if (sek_is_ok(status)) {
		status = sek_db_changed(s->db, &ignored);
		if (!sek_is_ok(status))
			snprintf(err, err_size, "store: cannot be read (%s)", sek_db_error(s->db));
	}
	if (!sek_is_ok(status)) {
		sek_store_close(s);
		return status;
	}
	*ret = s;
	return status;
}

void sek_store_close(struct sek_store *s)
{
	if (!s)
		return;
	sek_db_close(s->db);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

sek_status sek_store_changed(struct sek_store *s, bool *ret)
{
	sek_status status;

	sek_store_lock(s);
	status = sek_db_changed(s->db, ret);
	sek_store_unlock(s);
	return status;
}

/* --- statements --- */

static int collect(struct sek_db_value values[SEK_DB_VALUES_MAX], const char *types, va_list ap)
{
	int n;

	for (n = 0; types[n]; n++) {
		struct sek_db_value *v = &values[n];

		SEK_ASSERT(n < SEK_DB_VALUES_MAX);
		*v = (struct sek_db_value){ .type = types[n] };
		if (types[n] == 'i') {
			v->number = va_arg(ap, int64_t);
		} else if (types[n] == 't') {
			v->bytes = va_arg(ap, const char *);
		} else {
			SEK_ASSERT(types[n] == 'b');
			v->bytes = va_arg(ap, const void *);
			v->n = va_arg(ap, size_t);
		}
	}
	return n;
}

sek_status sek_db_exec(struct sek_db *db, const char *sql)
{
	return db->backend->exec(db, sql);
}

sek_status sek_db_prepare_list(struct sek_db *db, struct sek_db_query **ret, const char *sql, const char *types, va_list ap)
{
	struct sek_db_value values[SEK_DB_VALUES_MAX];
	int n = collect(values, types, ap);

	return db->backend->prepare(db, ret, sql, values, n);
}

sek_status sek_db_prepare(struct sek_db *db, struct sek_db_query **ret, const char *sql, const char *types, ...)
{
	sek_status status;
	va_list ap;

	va_start(ap, types);
	status = sek_db_prepare_list(db, ret, sql, types, ap);
	va_end(ap);
	return status;
}

sek_status sek_db_run(struct sek_db *db, const char *sql, const char *types, ...)
{
	struct sek_db_value values[SEK_DB_VALUES_MAX];
	va_list ap;
	int n;

	va_start(ap, types);
	n = collect(values, types, ap);
	va_end(ap);
	return db->backend->run(db, sql, values, n);
}

sek_status sek_db_number(struct sek_db *db, int64_t *ret, const char *sql, const char *types, ...)
{
	struct sek_db_query *q = NULL;
	sek_status status;
	va_list ap;
	int rc;

	va_start(ap, types);
	status = sek_db_prepare_list(db, &q, sql, types, ap);
	va_end(ap);
	SEK_TRY(status);
	rc = sek_db_step(q);
	if (rc == SEK_DB_ROW)
		*ret = sek_db_int(q, 0);
	else
		status = rc == SEK_DB_DONE ? sek_fail(SEK_E_NOT_FOUND) : sek_db_status(db);
	sek_db_finish(q);
	return status;
}

/* --- handed on --- */

void sek_db_close(struct sek_db *db)
{
	if (db)
		db->backend->close(db);
}

sek_status sek_db_status(struct sek_db *db)
{
	return db->backend->status(db);
}

const char *sek_db_error(struct sek_db *db)
{
	return db->backend->error(db);
}

int64_t sek_db_changes(struct sek_db *db)
{
	return db->backend->changes(db);
}

int sek_db_step(struct sek_db_query *q)
{
	return q->db->backend->step(q);
}

int sek_db_columns(struct sek_db_query *q)
{
	return q->db->backend->columns(q);
}

int64_t sek_db_int(struct sek_db_query *q, int column)
{
	return q->db->backend->number(q, column);
}

const char *sek_db_text(struct sek_db_query *q, int column)
{
	return q->db->backend->text(q, column);
}

const void *sek_db_blob(struct sek_db_query *q, int column)
{
	return q->db->backend->blob(q, column);
}

size_t sek_db_bytes(struct sek_db_query *q, int column)
{
	return q->db->backend->bytes(q, column);
}

void sek_db_copy(struct sek_db_query *q, int column, char *ret, size_t size)
{
	const char *text = sek_db_text(q, column);

	snprintf(ret, size, "%s", text ? text : "");
}

void sek_db_finish(struct sek_db_query *q)
{
	if (q)
		q->db->backend->finish(q);
}

sek_status sek_db_begin(struct sek_db *db)
{
	return db->backend->begin(db, true);
}

sek_status sek_db_begin_read(struct sek_db *db)
{
	return db->backend->begin(db, false);
}

sek_status sek_db_end(struct sek_db *db, sek_status status)
{
	return db->backend->end(db, status);
}

sek_status sek_db_changed(struct sek_db *db, bool *ret)
{
	return db->backend->changed(db, ret);
}
