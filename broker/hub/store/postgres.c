/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * PostgreSQL behind db.h: one connection, made anew when it is lost. Must never wait for a server without a bound, nor go
 * on with a transaction whose connection was lost.
 *
 * Transactions that write hold one advisory lock of the schema, so that several brokers write one after the other, as with
 * SQLite; what each of them reads in it is what the one before left.
 */
#include "broker/hub/store/postgres.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"

enum { OID_BOOL = 16, OID_BYTES = 17, OID_NUMBER = 20, OID_TEXT = 25 };

struct postgres {
	struct sek_db base;
	struct sek_pg_where where;
	PGconn *conn;               /* NULL: none now */
	_Atomic int process;        /* the connection's, at the server */
	uint64_t not_before_ms;     /* no connection is tried before, by the clock of now_ms */
	sek_status last;
	char error[512], channel[96];
	int64_t changes;
	int64_t seen;               /* the stamp "store" at the last look, own writes counted in */
	bool open, writes, wrote;   /* a transaction; of the writing kind; something was changed in it */
};

struct query {
	struct sek_db_query base;
	PGresult *rows;
	int row;
	unsigned char *blob;        /* the last that was asked for */
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* --- errors --- */

/* Five letters or digits, as a number of base 36. */
static int32_t number_of_state(const char *state)
{
	return state ? (int32_t)strtol(state, NULL, 36) : 0;
}

static sek_status failed(struct postgres *p, enum sek_code code, const char *state, const char *why)
{
	snprintf(p->error, sizeof p->error, "%s", why);
	p->error[strcspn(p->error, "\n")] = '\0';
	p->last = sek_foreign(code, SEK_FROM_POSTGRESQL, number_of_state(state));
	return p->last;
}

static sek_status lost(struct postgres *p, const char *why)
{
	sek_status status = failed(p, SEK_E_STORE, "08006", why);

	PQfinish(p->conn);
	p->conn = NULL;
	atomic_store(&p->process, 0);
	return status;
}

static sek_status refused(struct postgres *p, const PGresult *r)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE), *why = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	enum sek_code code = SEK_E_STORE;

	if (state && strcmp(state, "23505") == 0)
		code = SEK_E_EXISTS;
	else if (state && strcmp(state, "53200") == 0)
		code = SEK_E_NOMEM;
	return failed(p, code, state, why ? why : "the server gave no answer");
}

/* --- waiting --- */

/* Until the socket is ready, or the time is over: false. */
static bool wait_for(int fd, short events, uint64_t until_ms)
{
	struct pollfd f = { .fd = fd, .events = events };
	uint64_t now;
	int n;

	do {
		now = now_ms();
		if (now >= until_ms)
			return false;
		n = poll(&f, 1, (int)(until_ms - now));
	} while (n < 0 && errno == EINTR);
	return n > 0;
}

static sek_status connect_now(struct postgres *p)
{
	uint64_t until_ms = now_ms() + SEK_PG_CONNECT_MS;
	PostgresPollingStatusType poll_for = PGRES_POLLING_WRITING;

	SEK_TRY(sek_pg_start(&p->where, &p->conn, p->error, sizeof p->error));
	while (poll_for != PGRES_POLLING_OK) {
		if (poll_for == PGRES_POLLING_FAILED)
			return lost(p, PQerrorMessage(p->conn));
		if (!wait_for(PQsocket(p->conn), poll_for == PGRES_POLLING_READING ? POLLIN : POLLOUT, until_ms))
			return lost(p, "no connection within 3 s");
		poll_for = PQconnectPoll(p->conn);
	}
	if (PQsetnonblocking(p->conn, 1) != 0)
		return lost(p, PQerrorMessage(p->conn));
	atomic_store(&p->process, PQbackendPID(p->conn));
	return sek_ok();
}

/* Many calls may stand in a row while the server is away: only one of them in a while tries it. */
static sek_status connected(struct postgres *p)
{
	sek_status status;

	if (p->conn)
		return sek_ok();
	if (now_ms() < p->not_before_ms)
		return p->last;
	status = connect_now(p);
	if (!sek_is_ok(status)) {
		p->last = status;
		p->not_before_ms = now_ms() + SEK_PG_AGAIN_MS;
	}
	return status;
}

static sek_status next_result(struct postgres *p, uint64_t until_ms, PGresult **ret)
{
	int left;

	while ((left = PQflush(p->conn)) == 1 || PQisBusy(p->conn)) {
		if (!wait_for(PQsocket(p->conn), (short)(left == 1 ? POLLIN | POLLOUT : POLLIN), until_ms))
			return lost(p, "no answer within 6 s");
		if (!PQconsumeInput(p->conn))
			return lost(p, PQerrorMessage(p->conn));
	}
	if (left < 0)
		return lost(p, PQerrorMessage(p->conn));
	*ret = PQgetResult(p->conn);
	return sek_ok();
}

/* What was sent is over: the first result with rows, or the last one, is left in *ret. */
static sek_status collect(struct postgres *p, PGresult **ret)
{
	uint64_t until_ms = now_ms() + SEK_PG_ANSWER_MS;
	PGresult *kept = NULL, *r = NULL;
	sek_status status = sek_ok(), first = sek_ok();

	for (;;) {
		status = next_result(p, until_ms, &r);
		if (!sek_is_ok(status) || !r)
			break;
		if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK && sek_is_ok(first))
			first = refused(p, r);
		if (PQcmdTuples(r)[0] && strncmp(PQcmdStatus(r), "SELECT", 6) != 0) {
			p->changes = strtoll(PQcmdTuples(r), NULL, 10);
			p->wrote = p->wrote || p->changes > 0;
		}
		if (kept && PQntuples(kept) > 0) {
			PQclear(r);
		} else {
			PQclear(kept);
			kept = r;
		}
	}
	/* as after a restart: the server has said good-bye, and the connection is of no more use */
	if (p->conn && PQstatus(p->conn) == CONNECTION_BAD)
		status = lost(p, p->error);
	if (sek_is_ok(status))
		status = first;
	if (sek_is_ok(status) && !kept)
		status = failed(p, SEK_E_STORE, NULL, "the server gave no answer");
	if (!sek_is_ok(status)) {
		PQclear(kept);
		return status;
	}
	*ret = kept;
	return status;
}

/* --- statements --- */

/* The SQL of the store in PostgreSQL's words: ?1 is $1, and two functions have other names. Literals stay as they are. To be
 * freed; NULL when out of memory. */
static char *translate(const char *sql)
{
	static const struct { const char *from, *to; } words[] = { { "instr(", "strpos(" }, { "group_concat(", "string_agg(" } };
	char *copy = malloc(2 * strlen(sql) + 1), *to = copy;
	char quote = '\0';

	while (copy && *sql) {
		size_t i = 0, words_n = sizeof words / sizeof words[0];

		if (!quote && to > copy && !isalnum((unsigned char)to[-1]) && to[-1] != '_')
			for (; i < words_n && strncmp(sql, words[i].from, strlen(words[i].from)) != 0; i++)
				;
		else
			i = words_n;
		if (i < words_n) {
			to = stpcpy(to, words[i].to);
			sql += strlen(words[i].from);
			continue;
		}
		/* "user" without quotation marks would be the name of whoever is logged in to the server */
		SEK_ASSERT(quote || to == copy || to[-1] != ' ' || strncmp(sql, "user", 4) != 0 || isalnum((unsigned char)sql[4]) || sql[4] == '_');
		if (quote ? *sql == quote : *sql == '\'' || *sql == '"')
			quote = quote ? '\0' : *sql;
		*to++ = *sql == '?' && !quote ? '$' : *sql;
		sql++;
	}
	if (copy)
		*to = '\0';
	return copy;
}

static bool send_statement(PGconn *conn, const char *sql, const struct sek_db_value *values, int n)
{
	const char *texts[SEK_DB_VALUES_MAX];
	int lengths[SEK_DB_VALUES_MAX], formats[SEK_DB_VALUES_MAX];
	char numbers[SEK_DB_VALUES_MAX][24];
	Oid types[SEK_DB_VALUES_MAX];

	for (int i = 0; i < n; i++) {
		formats[i] = values[i].type == 'b';
		lengths[i] = (int)values[i].n;
		types[i] = values[i].type == 'i' ? OID_NUMBER : values[i].type == 't' ? OID_TEXT : OID_BYTES;
		texts[i] = values[i].bytes;
		if (values[i].type == 'i') {
			snprintf(numbers[i], sizeof numbers[i], "%lld", (long long)values[i].number);
			texts[i] = numbers[i];
		} else if (values[i].type == 'b' && !texts[i]) {
			texts[i] = values[i].n == 0 ? NULL : "";
		}
	}
	return PQsendQueryParams(conn, sql, n, types, texts, lengths, formats, 0) == 1;
}

/* With values or, if values is NULL, several statements in one text. */
static sek_status once(struct postgres *p, const char *sql, const struct sek_db_value *values, int n, PGresult **ret)
{
	SEK_TRY(connected(p));
	if (!(values ? send_statement(p->conn, sql, values, n) : PQsendQuery(p->conn, sql)))
		return lost(p, PQerrorMessage(p->conn));
	return collect(p, ret);
}

/* A connection that broke while nothing was asked (the server was restarted) is made anew, once: outside a transaction a
 * statement only reads or only begins one, so nothing is done twice. */
static sek_status ask(struct postgres *p, const char *sql, const struct sek_db_value *values, int n, PGresult **ret)
{
	bool had = p->conn != NULL;
	sek_status status;

	if (p->open && !had)
		return p->last;
	status = once(p, sql, values, n, ret);
	if (!sek_is_ok(status) && had && !p->conn && !p->open)
		status = once(p, sql, values, n, ret);
	return status;
}

static sek_status tell(struct postgres *p, const char *sql)
{
	PGresult *r = NULL;

	SEK_TRY(ask(p, sql, NULL, 0, &r));
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
	char *text = translate(sql);
	sek_status status = sek_fail(SEK_E_NOMEM);

	if (q && text)
		status = ask((struct postgres *)db, text, values, n, &q->rows);
	free(text);
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

static sek_status begin(struct sek_db *db, bool write)
{
	struct postgres *p = (struct postgres *)db;

	SEK_TRY(tell(p, write ? "BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('sekisho.' || current_schema(), 0))" :
		"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
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
	SEK_TRY(ask(p, sql, NULL, 0, &r));
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
			status = failed(p, SEK_E_STORE, NULL, "the transaction did not end");
		if (!sek_is_ok(tell(p, "ROLLBACK")) && p->conn)
			lost(p, "a transaction could not be rolled back");
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

const struct sek_pg_where *sek_pg_where_of(const struct sek_db *db)
{
	return db->backend == &backend ? &((const struct postgres *)db)->where : NULL;
}

int sek_pg_process(const struct sek_db *db)
{
	return atomic_load(&((const struct postgres *)db)->process);
}

sek_status sek_db_open_postgresql(const char *where, struct sek_db **ret, char *err, size_t err_size)
{
	struct postgres *p = calloc(1, sizeof *p);
	sek_status status = sek_fail(SEK_E_NOMEM);
	int found = 0;

	if (p && sek_pg_where_parse(where, &p->where)) {
		p->base.backend = &backend;
		sek_pg_channel(&p->where, p->channel, sizeof p->channel);
		status = connected(p);
		if (sek_is_ok(status))
			status = sek_schema_migrate_postgresql(&p->base, p->where.schema, &found);
	} else {
		free(p);
		snprintf(err, err_size, "store: not enough memory");
		return status;
	}
	if (sek_is_ok(status)) {
		*ret = &p->base;
		return status;
	}
	if (sek_is(status, SEK_E_VERSION))
		snprintf(err, err_size, "store: the database '%s' has schema %d and this program knows up to %d: start the newer program, or "
			"restore the backup made before the update", p->where.database, found, sek_store_schema());
	else
		snprintf(err, err_size, "store: PostgreSQL at %s port %s, database '%s', user '%s': %s", p->where.address, p->where.port,
			p->where.database, p->where.user, p->error);
	close_db(&p->base);
	return status;
}
