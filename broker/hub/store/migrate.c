/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See migrate.h. Table by table in the order in which they were made, so that what a row refers to is there before it. Must never
 * leave half a site in the target, nor one that was not compared.
 */
#include "broker/hub/store/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "broker/hub/store/db_backend.h"

enum { TABLES_MAX = 64, NAME_BYTES = 64, TELL_EVERY = 256 /* rows */ };

struct table {
	char name[NAME_BYTES];
	char columns[SEK_DB_VALUES_MAX][NAME_BYTES];
	char types[SEK_DB_VALUES_MAX + 1]; /* as in db.h */
	char order[512];                   /* the key's columns */
	int n;
	int64_t rows, last;                /* last: the greatest number that was ever given to a row, 0 = none is given */
	uint8_t hash[crypto_generichash_BYTES];
};

struct move {
	struct sek_db *from, *to;
	const struct sek_store_migrate_calls *calls;
	struct table *tables;
	int n_tables;
	int64_t done, all;
	char *err;
	size_t err_size;
};

static sek_status wrong(struct move *m, enum sek_code code, const char *what, const char *table, const char *why)
{
	snprintf(m->err, m->err_size, "store: %s '%s'%s%s", what, table, why[0] ? ": " : "", why);
	return sek_fail(code);
}

/* --- what there is --- */

static sek_status read_columns(struct sek_db *db, struct table *t)
{
	char type[16], name[NAME_BYTES];
	struct sek_db_query *q = NULL;
	int rc;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT name, type FROM pragma_table_info(?1) ORDER BY cid", "t", t->name));
	while ((rc = sek_db_step(q)) == SEK_DB_ROW && t->n < SEK_DB_VALUES_MAX) {
		sek_db_copy(q, 0, t->columns[t->n], NAME_BYTES);
		sek_db_copy(q, 1, type, sizeof type);
		t->types[t->n++] = strcmp(type, "INTEGER") == 0 ? 'i' : strcmp(type, "TEXT") == 0 ? 't' : 'b';
	}
	sek_db_finish(q);
	if (rc != SEK_DB_DONE)
		return rc == SEK_DB_ROW ? sek_fail(SEK_E_LIMIT) : sek_db_status(db);
	SEK_TRY(sek_db_prepare(db, &q, "SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk", "t", t->name));
	while ((rc = sek_db_step(q)) == SEK_DB_ROW) {
		size_t at = strlen(t->order);

		sek_db_copy(q, 0, name, sizeof name);
		snprintf(t->order + at, sizeof t->order - at, "%s\"%s\"", at ? ", " : "", name);
	}
	sek_db_finish(q);
	return rc == SEK_DB_DONE ? sek_ok() : sek_db_status(db);
}

static sek_status read_table(struct move *m, struct table *t)
{
	char sql[128];
	sek_status status;

	SEK_TRY(read_columns(m->from, t));
	snprintf(sql, sizeof sql, "SELECT count(*) FROM \"%s\"", t->name);
	SEK_TRY(sek_db_number(m->from, &t->rows, sql, ""));
	m->all += 2 * t->rows;
	status = sek_db_number(m->from, &t->last, "SELECT seq FROM sqlite_sequence WHERE name = ?1", "t", t->name);
	return sek_is(status, SEK_E_NOT_FOUND) ? sek_ok() : status;
}

static sek_status read_tables(struct move *m)
{
	struct sek_db_query *q = NULL;
	int rc;

	/* stamps only count changes, each database its own */
	SEK_TRY(sek_db_prepare(m->from, &q, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
		" AND name <> 'stamps' ORDER BY rowid", ""));
	while ((rc = sek_db_step(q)) == SEK_DB_ROW && m->n_tables < TABLES_MAX)
		sek_db_copy(q, 0, m->tables[m->n_tables++].name, NAME_BYTES);
	sek_db_finish(q);
	if (rc != SEK_DB_DONE)
		return rc == SEK_DB_ROW ? sek_fail(SEK_E_LIMIT) : sek_db_status(m->from);
	for (int i = 0; i < m->n_tables; i++)
		SEK_TRY(read_table(m, &m->tables[i]));
	return sek_ok();
}

static sek_status is_empty(struct move *m)
{
	for (int i = 0; i < m->n_tables; i++) {
		char sql[128];
		int64_t n = 0;

		snprintf(sql, sizeof sql, "SELECT count(*) FROM (SELECT 1 FROM \"%s\" LIMIT 1) x", m->tables[i].name);
		SEK_TRY(sek_db_number(m->to, &n, sql, ""));
		if (n)
			return wrong(m, SEK_E_EXISTS, "the target is not empty: something stands in the table", m->tables[i].name,
				"name a fresh database or schema");
	}
	return sek_ok();
}

/* --- rows --- */

static void feed(crypto_generichash_state *h, struct sek_db_query *q, const struct table *t)
{
	for (int i = 0; i < t->n; i++) {
		char number[32];
		const void *bytes = sek_db_text(q, i);
		uint64_t n = 0;
		uint8_t head[9] = { bytes ? (uint8_t)t->types[i] : 0 };

		if (bytes && t->types[i] == 'i') {
			n = (uint64_t)snprintf(number, sizeof number, "%lld", (long long)sek_db_int(q, i));
			bytes = number;
		} else if (bytes && t->types[i] == 't') {
			n = strlen(bytes);
		} else if (bytes) {
			n = sek_db_bytes(q, i);
			bytes = sek_db_blob(q, i);
		}
		for (int k = 0; k < 8; k++)
			head[1 + k] = (uint8_t)(n >> (8 * k));
		crypto_generichash_update(h, head, sizeof head);
		if (n)
			crypto_generichash_update(h, bytes, n);
	}
}

static void tell(struct move *m, const struct table *t)
{
	if (m->done++ % TELL_EVERY == 0 && m->calls->progress)
		m->calls->progress(m->calls->user, t->name, m->done, m->all);
}

static void list_columns(const struct table *t, const char *mark, char *ret, size_t size)
{
	size_t at = 0;

	ret[0] = '\0';
	for (int i = 0; i < t->n && at < size; i++) {
		if (mark)
			at += (size_t)snprintf(ret + at, size - at, "%s%s%d", i ? ", " : "", mark, i + 1);
		else
			at += (size_t)snprintf(ret + at, size - at, "%s\"%s\"", i ? ", " : "", t->columns[i]);
	}
}

static sek_status write_row(struct move *m, const struct table *t, struct sek_db_query *q, const char *sql)
{
	struct sek_db_value values[SEK_DB_VALUES_MAX];

	for (int i = 0; i < t->n; i++) {
		values[i] = (struct sek_db_value){ .type = t->types[i] };
		if (t->types[i] == 'i') {
			values[i].number = sek_db_int(q, i);
		} else if (t->types[i] == 't') {
			values[i].bytes = sek_db_text(q, i);
		} else {
			values[i].n = sek_db_bytes(q, i);
			values[i].bytes = values[i].n ? sek_db_blob(q, i) : sek_db_text(q, i) ? "" : NULL;
		}
	}
	return m->to->backend->run(m->to, sql, values, t->n);
}

static sek_status copy(struct move *m, struct table *t)
{
	char columns[SEK_DB_VALUES_MAX * (NAME_BYTES + 4)], marks[SEK_DB_VALUES_MAX * 8], sql[2 * sizeof columns];
	sek_status status = sek_ok();
	struct sek_db_query *q = NULL;
	crypto_generichash_state h;
	int rc = SEK_DB_DONE;

	list_columns(t, NULL, columns, sizeof columns);
	list_columns(t, "?", marks, sizeof marks);
	crypto_generichash_init(&h, NULL, 0, sizeof t->hash);
	snprintf(sql, sizeof sql, "SELECT %s FROM \"%s\" ORDER BY %s", columns, t->name, t->order);
	SEK_TRY(sek_db_prepare(m->from, &q, sql, ""));
	snprintf(sql, sizeof sql, "INSERT INTO \"%s\" (%s) VALUES (%s)", t->name, columns, marks);
	while (sek_is_ok(status) && (rc = sek_db_step(q)) == SEK_DB_ROW) {
		feed(&h, q, t);
		tell(m, t);
		status = write_row(m, t, q, sql);
		if (!sek_is_ok(status))
			(void)wrong(m, SEK_E_STORE, "a row cannot be written to the table", t->name, sek_db_error(m->to));
	}
	sek_db_finish(q);
	if (sek_is_ok(status) && rc != SEK_DB_DONE)
		return sek_db_status(m->from);
	crypto_generichash_final(&h, t->hash, sizeof t->hash);
	return status;
}

/* What the target has, row by row through a cursor: a table may be larger than memory. */
static sek_status read_back(struct move *m, const struct table *t, int64_t *ret_rows, uint8_t ret_hash[crypto_generichash_BYTES])
{
	char columns[SEK_DB_VALUES_MAX * (NAME_BYTES + 4)], sql[2 * sizeof columns];
	crypto_generichash_state h;
	bool more = true;

	*ret_rows = 0;
	list_columns(t, NULL, columns, sizeof columns);
	crypto_generichash_init(&h, NULL, 0, crypto_generichash_BYTES);
	snprintf(sql, sizeof sql, "DECLARE look NO SCROLL CURSOR FOR SELECT %s FROM \"%s\" ORDER BY %s", columns, t->name, t->order);
	SEK_TRY(sek_db_exec(m->to, sql));
	while (more) {
		struct sek_db_query *q = NULL;

		SEK_TRY(sek_db_prepare(m->to, &q, "FETCH FORWARD 500 FROM look", ""));
		for (more = false; sek_db_step(q) == SEK_DB_ROW; more = true, ++*ret_rows) {
			feed(&h, q, t);
			tell(m, t);
		}
		sek_db_finish(q);
	}
	crypto_generichash_final(&h, ret_hash, crypto_generichash_BYTES);
	return sek_db_exec(m->to, "CLOSE look");
}

static sek_status compare(struct move *m, const struct table *t)
{
	uint8_t hash[crypto_generichash_BYTES];
	char hex[2 * sizeof hash + 1];
	int64_t rows;

	SEK_TRY(read_back(m, t, &rows, hash));
	if (rows != t->rows || memcmp(hash, t->hash, sizeof hash) != 0)
		return wrong(m, SEK_E_STORE, "what the target has is not what was written to the table", t->name, "nothing was moved");
	sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
	if (m->calls->same)
		m->calls->same(m->calls->user, t->name, rows, hex);
	return sek_ok();
}

/* The next row gets a number that none had before. */
static sek_status go_on_counting(struct move *m, const struct table *t)
{
	int64_t counted = 0, last = t->last, highest = 0;
	char sql[128];

	SEK_TRY(sek_db_number(m->to, &counted, "SELECT count(*) FROM information_schema.columns WHERE table_schema = current_schema()"
		" AND table_name = ?1 AND column_name = 'id' AND is_identity = 'YES'", "t", t->name));
	if (!counted)
		return sek_ok();
	snprintf(sql, sizeof sql, "SELECT coalesce(max(id), 0) FROM \"%s\"", t->name);
	SEK_TRY(sek_db_number(m->to, &highest, sql, ""));
	last = highest > last ? highest : last;
	if (last < 1)
		return sek_ok();
	return sek_db_number(m->to, &last, "SELECT setval(pg_get_serial_sequence(?1, 'id'), ?2)", "ti", t->name, last);
}

static sek_status move_all(struct move *m)
{
	SEK_TRY(is_empty(m));
	for (int i = 0; i < m->n_tables; i++)
		SEK_TRY(copy(m, &m->tables[i]));
	for (int i = 0; i < m->n_tables; i++) {
		SEK_TRY(compare(m, &m->tables[i]));
		SEK_TRY(go_on_counting(m, &m->tables[i]));
	}
	return sek_ok();
}

/* --- all of it --- */

/* Nobody may write meanwhile. Leaving the write-ahead log works only for whoever is alone. */
static sek_status be_alone(struct move *m, const char *path)
{
	if (!sek_is_ok(sek_db_exec(m->from, "PRAGMA journal_mode = DELETE")) || !sek_is_ok(sek_db_exec(m->from, "BEGIN EXCLUSIVE")))
		return wrong(m, SEK_E_BUSY, "somebody has this file open", path, "stop every broker of this store first");
	return sek_ok();
}

static sek_status with_both(struct move *m, const char *path)
{
	sek_status status;

	SEK_TRY(be_alone(m, path));
	SEK_TRY(read_tables(m));
	SEK_TRY(sek_db_begin(m->to));
	status = sek_db_end(m->to, move_all(m));
	if (sek_is_ok(status) && m->calls->progress)
		m->calls->progress(m->calls->user, "", m->all, m->all);
	return status;
}

sek_status sek_store_migrate(const char *path, const char *where, const struct sek_store_migrate_calls *calls, char *err, size_t err_size)
{
	struct move m = { .calls = calls, .err = err, .err_size = err_size };
	sek_status status;

	err[0] = '\0';
	m.tables = calloc(TABLES_MAX, sizeof *m.tables);
	status = m.tables ? sek_db_open_sqlite(path, &m.from, err, err_size) : sek_fail(SEK_E_NOMEM);
	if (sek_is_ok(status))
		status = sek_db_open_postgresql(where, &m.to, err, err_size);
	if (sek_is_ok(status))
		status = with_both(&m, path);
	if (!sek_is_ok(status) && !err[0])
		snprintf(err, err_size, "store: %s", m.to && sek_db_error(m.to)[0] ? sek_db_error(m.to) : m.from ? sek_db_error(m.from) : "no memory");
	sek_db_close(m.to);
	sek_db_close(m.from);
	free(m.tables);
	return status;
}

/* --- the other way, for backups: as of one moment, beside brokers that write --- */

static sek_status take_row_by_row(struct move *m, struct table *t, const char *insert, crypto_generichash_state *h)
{
	bool more = true;

	while (more) {
		struct sek_db_query *q = NULL;
		sek_status status = sek_ok();
		int rc = SEK_DB_DONE;

		SEK_TRY(sek_db_prepare(m->from, &q, "FETCH FORWARD 500 FROM look", ""));
		for (more = false; sek_is_ok(status) && (rc = sek_db_step(q)) == SEK_DB_ROW; more = true, t->rows++) {
			feed(h, q, t);
			status = write_row(m, t, q, insert);
		}
		sek_db_finish(q);
		SEK_TRY(status);
		if (rc != SEK_DB_DONE)
			return sek_db_status(m->from);
	}
	return sek_ok();
}

static sek_status dump_table(struct move *m, struct table *t)
{
	char columns[SEK_DB_VALUES_MAX * (NAME_BYTES + 4)], marks[SEK_DB_VALUES_MAX * 8], sql[2 * sizeof columns];
	crypto_generichash_state h;

	list_columns(t, NULL, columns, sizeof columns);
	list_columns(t, "?", marks, sizeof marks);
	crypto_generichash_init(&h, NULL, 0, sizeof t->hash);
	snprintf(sql, sizeof sql, "DECLARE look NO SCROLL CURSOR FOR SELECT %s FROM \"%s\" ORDER BY %s", columns, t->name, t->order);
	SEK_TRY(sek_db_exec(m->from, sql));
	snprintf(sql, sizeof sql, "INSERT INTO \"%s\" (%s) VALUES (%s)", t->name, columns, marks);
	SEK_TRY(take_row_by_row(m, t, sql, &h));
	crypto_generichash_final(&h, t->hash, sizeof t->hash);
	return sek_db_exec(m->from, "CLOSE look");
}

/* What the file has of it now. */
static sek_status compare_dump(struct move *m, const struct table *t)
{
	char columns[SEK_DB_VALUES_MAX * (NAME_BYTES + 4)], sql[2 * sizeof columns];
	uint8_t hash[crypto_generichash_BYTES];
	struct sek_db_query *q = NULL;
	crypto_generichash_state h;
	int64_t rows = 0;
	int rc;

	list_columns(t, NULL, columns, sizeof columns);
	crypto_generichash_init(&h, NULL, 0, sizeof hash);
	snprintf(sql, sizeof sql, "SELECT %s FROM \"%s\" ORDER BY %s", columns, t->name, t->order);
	SEK_TRY(sek_db_prepare(m->to, &q, sql, ""));
	while ((rc = sek_db_step(q)) == SEK_DB_ROW) {
		feed(&h, q, t);
		rows++;
	}
	sek_db_finish(q);
	if (rc != SEK_DB_DONE)
		return sek_db_status(m->to);
	crypto_generichash_final(&h, hash, sizeof hash);
	return rows == t->rows && memcmp(hash, t->hash, sizeof hash) == 0 ? sek_ok() :
		wrong(m, SEK_E_STORE, "what the file has is not what was read from the table", t->name, "");
}

static sek_status dump_all(struct move *m)
{
	for (int i = 0; i < m->n_tables; i++) {
		m->tables[i].rows = 0;
		SEK_TRY(dump_table(m, &m->tables[i]));
		SEK_TRY(compare_dump(m, &m->tables[i]));
	}
	return sek_ok();
}

static sek_status dump_both(struct move *m)
{
	struct sek_db *from = m->from;
	sek_status status;

	m->from = m->to; /* the tables are those of the fresh file: both have the same schema */
	status = read_tables(m);
	m->from = from;
	SEK_TRY(status);
	SEK_TRY(sek_db_begin_read(m->from));
	status = sek_db_begin(m->to);
	if (sek_is_ok(status))
		status = sek_db_end(m->to, dump_all(m));
	return sek_db_end(m->from, status);
}

sek_status sek_store_dump(const char *where, const char *to, char *err, size_t err_size)
{
	static const struct sek_store_migrate_calls nobody = { NULL, NULL, NULL };
	struct move m = { .calls = &nobody, .err = err, .err_size = err_size };
	sek_status status;

	err[0] = '\0';
	m.tables = calloc(TABLES_MAX, sizeof *m.tables);
	status = m.tables ? sek_db_open_postgresql(where, &m.from, err, err_size) : sek_fail(SEK_E_NOMEM);
	if (sek_is_ok(status))
		status = sek_db_open_sqlite(to, &m.to, err, err_size);
	if (sek_is_ok(status))
		status = dump_both(&m);
	if (!sek_is_ok(status) && !err[0])
		snprintf(err, err_size, "store: %s", m.to && sek_db_error(m.to)[0] ? sek_db_error(m.to) : m.from ? sek_db_error(m.from) : "no memory");
	sek_db_close(m.to);
	sek_db_close(m.from);
	free(m.tables);
	return status;
}
