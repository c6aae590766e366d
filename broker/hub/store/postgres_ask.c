/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The connection to PostgreSQL: made, asked, made anew. Must never wait for a server without a bound, nor go on with a
 * transaction whose connection was lost.
 */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "broker/hub/store/postgres.h"

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

sek_status sek_pg_failed(struct postgres *p, enum sek_code code, const char *state, const char *why)
{
	snprintf(p->error, sizeof p->error, "%s", why);
	p->error[strcspn(p->error, "\n")] = '\0';
	p->last = sek_foreign(code, SEK_FROM_POSTGRESQL, number_of_state(state));
	return p->last;
}

sek_status sek_pg_lost(struct postgres *p, const char *why)
{
	sek_status status = sek_pg_failed(p, SEK_E_STORE, "08006", why);

	PQfinish(p->conn);
	p->conn = NULL;
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
	return sek_pg_failed(p, code, state, why ? why : "the server gave no answer");
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

static sek_status connect_to(struct postgres *p, unsigned which)
{
	uint64_t until_ms = now_ms() + SEK_PG_CONNECT_MS / p->where.addresses;
	PostgresPollingStatusType poll_for = PGRES_POLLING_WRITING;

	SEK_TRY(sek_pg_start(&p->where, which, &p->conn, p->error, sizeof p->error));
	while (poll_for != PGRES_POLLING_OK) {
		if (poll_for == PGRES_POLLING_FAILED)
			return sek_pg_lost(p, PQerrorMessage(p->conn));
		if (!wait_for(PQsocket(p->conn), poll_for == PGRES_POLLING_READING ? POLLIN : POLLOUT, until_ms))
			return sek_pg_lost(p, "no connection in time");
		poll_for = PQconnectPoll(p->conn);
	}
	if (PQsetnonblocking(p->conn, 1) != 0)
		return sek_pg_lost(p, PQerrorMessage(p->conn));
	return sek_ok();
}

/* The address that was good the last time first. One that does not answer must not keep the next from being tried. */
static sek_status connect_now(struct postgres *p)
{
	sek_status status = sek_ok();

	for (unsigned i = 0; i < p->where.addresses; i++) {
		status = connect_to(p, p->which);
		if (sek_is_ok(status))
			return status;
		p->which = (p->which + 1) % p->where.addresses;
	}
	return status;
}

/* Many calls may stand in a row while the server is away: only one of them in a while tries it. */
sek_status sek_pg_connected(struct postgres *p)
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
			return sek_pg_lost(p, "no answer in time");
		if (!PQconsumeInput(p->conn))
			return sek_pg_lost(p, PQerrorMessage(p->conn));
	}
	if (left < 0)
		return sek_pg_lost(p, PQerrorMessage(p->conn));
	*ret = PQgetResult(p->conn);
	return sek_ok();
}

/* What was sent is over: the first result with rows, or the last one, is left in *ret. */
static sek_status collect(struct postgres *p, PGresult **ret)
{
	uint64_t until_ms = now_ms() + SEK_PG_ANSWER_MS;
	PGresult *kept = NULL, *r = NULL;
	sek_status status, first = sek_ok();

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
		status = sek_pg_lost(p, "the server ended the connection");
	if (sek_is_ok(status))
		status = first;
	if (sek_is_ok(status) && !kept)
		status = sek_pg_failed(p, SEK_E_STORE, NULL, "the server gave no answer");
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
	SEK_TRY(sek_pg_connected(p));
	if (!(values ? send_statement(p->conn, sql, values, n) : PQsendQuery(p->conn, sql)))
		return sek_pg_lost(p, PQerrorMessage(p->conn));
	return collect(p, ret);
}

/* A connection that broke while nothing was asked (the server was restarted) is made anew, once: outside a transaction a
 * statement only reads or only begins one, so nothing is done twice. */
static sek_status ask(struct postgres *p, const char *sql, const struct sek_db_value *values, int n, PGresult **ret)
{
	uint64_t began_ms = now_ms();
	bool had = p->conn != NULL;
	sek_status status;

	if (p->open && !had)
		return p->last;
	status = once(p, sql, values, n, ret);
	/* not after a long wait, which would double it */
	if (!sek_is_ok(status) && had && !p->conn && !p->open && now_ms() - began_ms < SEK_PG_AGAIN_MS)
		status = once(p, sql, values, n, ret);
	return status;
}

sek_status sek_pg_ask(struct postgres *p, const char *sql, const struct sek_db_value *values, int n, PGresult **ret)
{
	char *text = values ? translate(sql) : NULL;
	sek_status status;

	if (values && !text)
		return sek_fail(SEK_E_NOMEM);
	status = ask(p, text ? text : sql, values, n, ret);
	free(text);
	return status;
}
