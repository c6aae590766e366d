/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * PostgreSQL behind db.h. Must never let two brokers write at once.
 *
 * Transactions that write hold one advisory lock of the schema, so that several brokers write one after the other, as with
 * SQLite; what each of them reads in it is what the one before left.
 */
#include "broker/hub/store/postgres.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct query {
	struct sek_db_query base;
	PGresult *rows;
	int row;
	unsigned char *blob;        /* the last that was asked for */
};

static sek_status tell(struct postgres *p, const char *sql)
{
	PGresult *r = NULL;

	SEK_TRY(sek_pg_ask(p, sql, NULL, 0, &r));
	PQclear(r);
	return sek_ok();
}

static sek_status exec(struct sek_db *db, const char *sql)
{
	return tell((struct postgres *)db, sql);
}

static sek_status prepare(struct sek_db *db, struct sek_db_query **ret, const char *sql, const struct sek_db_value *values, int n)
{
	struct query *q = calloc(1, sizeof *q);
	sek_status status = q ? sek_pg_ask((struct postgres *)db, sql, values, n, &q->rows) : sek_fail(SEK_E_NOMEM);

	if (!sek_is_ok(status)) {
		free(q);
		return status;
	}
	q->base.db = db;
	q->row = -1;
	*ret = &q->base;
	return status;
}

static void finish(struct sek_db_query *base)
{
	struct query *q = (struct query *)base;

	PQclear(q->rows);
	PQfreemem(q->blob);
	free(q);
}

static sek_status run_in(struct sek_db *db, const char *sql, const struct sek_db_value *values, int n)
{
	struct postgres *p = (struct postgres *)db;
	struct sek_db_query *q = NULL;

	p->changes = 0;
	SEK_TRY(prepare(db, &q, sql, values, n));
	finish(q);
	return sek_ok();
}

static sek_status begin(struct sek_db *db, bool write);
static sek_status end(struct sek_db *db, sek_status status);

static sek_status run(struct sek_db *db, const char *sql, const struct sek_db_value *values, int n)
{
	struct postgres *p = (struct postgres *)db;
	int64_t changes;
	sek_status status;

	if (p->open)
		return run_in(db, sql, values, n);
	SEK_TRY(begin(db, true));
	status = run_in(db, sql, values, n);
	changes = p->changes;
	status = end(db, status);
	p->changes = changes;
	return status;
}

static int64_t changes_of(struct sek_db *db)
{
	return ((struct postgres *)db)->changes;
}

/* --- rows --- */

static int step(struct sek_db_query *base)
{
	struct query *q = (struct query *)base;

	return ++q->row < PQntuples(q->rows) ? SEK_DB_ROW : SEK_DB_DONE;
}

static int columns(struct sek_db_query *base)
{
	return PQnfields(((struct query *)base)->rows);
}

static const char *text(struct sek_db_query *base, int column)
{
	const struct query *q = (const struct query *)base;

	return PQgetisnull(q->rows, q->row, column) ? NULL : PQgetvalue(q->rows, q->row, column);
}

static int64_t number(struct sek_db_query *base, int column)
{
	const struct query *q = (const struct query *)base;
	const char *value = text(base, column);

	if (!value)
		return 0;
	return PQftype(q->rows, column) == OID_BOOL ? value[0] == 't' : strtoll(value, NULL, 10);
}

static const void *blob(struct sek_db_query *base, int column)
{
	struct query *q = (struct query *)base;
	const char *value = text(base, column);
	size_t n;

	PQfreemem(q->blob);
	q->blob = value ? PQunescapeBytea((const unsigned char *)value, &n) : NULL;
	return q->blob;
}

/* Bytes come as text: \x and two digits for each. */
static size_t bytes(struct sek_db_query *base, int column)
{
	const char *value = text(base, column);
	size_t n = value ? strlen(value) : 0;

	return n < 2 ? 0 : (n - 2) / 2;
}

/* --- transactions --- */

/* What was begun and is not ended, if anything. */
static void roll_back(struct postgres *p)
{
	PGresult *r = NULL;

	if (!p->conn || PQtransactionStatus(p->conn) == PQTRANS_IDLE)
		return;
	if (!sek_is_ok(sek_pg_ask(p, "ROLLBACK", NULL, 0, &r)) && p->conn)
		sek_pg_lost(p, "a transaction could not be rolled back");
	PQclear(r);
}

static sek_status begin(struct sek_db *db, bool write)
{
	struct postgres *p = (struct postgres *)db;
	sek_status status = tell(p, write ? "BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('sekisho.' || current_schema(), 0))" :
		"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");

	if (!sek_is_ok(status)) {
		roll_back(p);
		return status;
	}
	p->open = true;
	p->writes = write;
	p->wrote = false;
	return sek_ok();
}

static sek_status commit(struct postgres *p)
{
	char sql[256];
	int64_t stamp;
	PGresult *r = NULL;

	if (!p->writes || !p->wrote)
		return tell(p, "COMMIT");
	snprintf(sql, sizeof sql, "UPDATE stamps SET n = n + 1 WHERE name = 'store' RETURNING n; NOTIFY \"%s\"; COMMIT", p->channel);
	SEK_TRY(sek_pg_ask(p, sql, NULL, 0, &r));
	stamp = PQntuples(r) == 1 ? strtoll(PQgetvalue(r, 0, 0), NULL, 10) : 0;
	PQclear(r);
	if (stamp == p->seen + 1) /* nobody else has written since the last look */
		p->seen = stamp;
	return sek_ok();
}

static sek_status end(struct sek_db *db, sek_status status)
{
	struct postgres *p = (struct postgres *)db;

	if (sek_is_ok(status))
		status = commit(p);
	if (p->conn && PQtransactionStatus(p->conn) != PQTRANS_IDLE) {
		if (sek_is_ok(status))
			status = sek_pg_failed(p, SEK_E_STORE, NULL, "the transaction did not end");
		roll_back(p);
	}
	p->open = false;
	return status;
}

static sek_status changed(struct sek_db *db, bool *ret)
{
	struct postgres *p = (struct postgres *)db;
	int64_t stamp = 0;

	SEK_TRY(sek_db_number(db, &stamp, "SELECT n FROM stamps WHERE name = 'store'", ""));
	*ret = stamp != p->seen;
	p->seen = stamp;
	return sek_ok();
}

/* --- opening --- */

static sek_status status_of(struct sek_db *db)
{
	return ((struct postgres *)db)->last;
}

static const char *error_of(struct sek_db *db)
{
	return ((struct postgres *)db)->error;
}

static void close_db(struct sek_db *db)
{
	struct postgres *p = (struct postgres *)db;

	PQfinish(p->conn);
	sek_pg_where_finish(&p->where);
	free(p);
}

static const struct sek_db_backend backend = {
	.close = close_db, .status = status_of, .error = error_of, .exec = exec, .prepare = prepare, .run = run, .changes = changes_of,
	.step = step, .columns = columns, .number = number, .text = text, .blob = blob, .bytes = bytes, .finish = finish,
	.begin = begin, .end = end, .changed = changed,
};

/* *ret is to be closed whether a connection was made or not; NULL: no memory. */
static sek_status connect_at(const char *where, struct postgres **ret, char *err, size_t err_size)
{
	struct postgres *p = calloc(1, sizeof *p);

	if (!p || !sek_pg_where_parse(where, &p->where)) {
		free(p);
		snprintf(err, err_size, "store: not enough memory");
		return sek_fail(SEK_E_NOMEM);
	}
	p->base.backend = &backend;
	sek_pg_channel(&p->where, p->channel, sizeof p->channel);
	*ret = p;
	return sek_pg_connected(p);
}

static void say_why(const struct postgres *p, sek_status status, int found, char *err, size_t err_size)
{
	if (sek_is(status, SEK_E_VERSION))
		snprintf(err, err_size, "store: the database '%s' has schema %d and this program knows up to %d: start the newer program, or "
			"restore the backup made before the update", p->where.database, found, sek_store_schema());
	else
		snprintf(err, err_size, "store: PostgreSQL at %s port %s, database '%s', user '%s': %s", p->where.address, p->where.port,
			p->where.database, p->where.user, p->error);
}

sek_status sek_db_open_postgresql(const char *where, struct sek_db **ret, char *err, size_t err_size)
{
	struct postgres *p = NULL;
	int found = 0;
	sek_status status = connect_at(where, &p, err, err_size);

	if (!p)
		return status;
	if (sek_is_ok(status))
		status = sek_schema_migrate_postgresql(&p->base, p->where.schema, &found);
	if (sek_is_ok(status)) {
		*ret = &p->base;
		return status;
	}
	say_why(p, status, found, err, err_size);
	close_db(&p->base);
	return status;
}

sek_status sek_store_try_postgresql(const char *where, uint64_t *ret_users, char *err, size_t err_size)
{
	struct postgres *p = NULL;
	uint64_t users = 0;
	int found = 0;
	sek_status status = connect_at(where, &p, err, err_size);

	if (!p)
		return status;
	if (sek_is_ok(status))
		status = sek_schema_look_postgresql(&p->base, p->where.schema, &found, &users);
	if (sek_is_ok(status))
		*ret_users = users;
	else
		say_why(p, status, found, err, err_size);
	close_db(&p->base);
	return status;
}
