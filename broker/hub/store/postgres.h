/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the parts of the PostgreSQL backend share. Private to store/postgres*.c.
 */
#ifndef SEK_BROKER_HUB_STORE_POSTGRES_H
#define SEK_BROKER_HUB_STORE_POSTGRES_H

#include <libpq-fe.h>

#include "broker/hub/store/db_backend.h"

enum {
	SEK_PG_CONNECT_MS = 4000,   /* to all addresses together */
	SEK_PG_ANSWER_MS = 5000,    /* for one statement: more than the server's own limit */
	SEK_PG_STATEMENT_MS = 4000, /* the server's limits: for a statement, for waiting for a lock */
	SEK_PG_IDLE_MS = 10000,     /* for a transaction whose broker says nothing more: the server gives its lock away */
	SEK_PG_AGAIN_MS = 1000,     /* after a connection could not be made, calls fail at once for so long */
};

/* Where the database is: the text of sek_store_where_postgresql, taken apart. Strings are "" where nothing is said. */
struct sek_pg_where {
	char *text;
	unsigned addresses;   /* how many `address` lists, at least 1 */
	const char *address, *port, *name, *database, *user, *schema, *ca, *password_file, *certificate, *key;
};

enum { OID_BOOL = 16, OID_BYTES = 17, OID_NUMBER = 20, OID_TEXT = 25 }; /* kinds of columns, of PostgreSQL */

struct postgres {
	struct sek_db base;
	struct sek_pg_where where;
	PGconn *conn;               /* NULL: none now */
	unsigned which;             /* of the addresses */
	uint64_t not_before_ms;     /* no connection is tried before, by the clock of now_ms */
	sek_status last;
	char error[512], channel[96];
	int64_t changes;
	int64_t seen;               /* the stamp "store" at the last look, own writes counted in */
	bool open, writes, wrote;   /* a transaction; of the writing kind; something was changed in it */
};

bool sek_pg_where_parse(const char *text, struct sek_pg_where *ret);
void sek_pg_where_finish(struct sek_pg_where *w);
/* Begins to connect to the address of that number; *ret is to be finished by PQfinish. On failure err says why and *ret is NULL. Never blocks on the
 * network, since addresses are numbers. */
sek_status sek_pg_start(const struct sek_pg_where *w, unsigned which, PGconn **ret, char *err, size_t err_size);
/* The channel of LISTEN and NOTIFY. */
void sek_pg_channel(const struct sek_pg_where *w, char *ret, size_t size);

/* postgres_ask.c: failing, and asking with a bound. */

sek_status sek_pg_failed(struct postgres *p, enum sek_code code, const char *state, const char *why);
/* The connection is of no more use. */
sek_status sek_pg_lost(struct postgres *p, const char *why);
/* Connects, if there is no connection and none was tried in vain a moment ago. */
sek_status sek_pg_connected(struct postgres *p);
/* Sends SQL text of the store with its values or, if values is NULL, PostgreSQL's own words, and waits for the answer. *ret: the
 * first result with rows, or the last one; to be freed by PQclear. */
sek_status sek_pg_ask(struct postgres *p, const char *sql, const struct sek_db_value *values, int n, PGresult **ret);

/* The schema (schema_postgres.c): as sek_schema_migrate_sqlite. SEK_E_CONFIG: the database is not one of UTF8 and locale C. */
sek_status sek_schema_migrate_postgresql(struct sek_db *db, const char *schema, int *ret_found);
/* Only looks whether that would do. *ret_users: how many users are there. */
sek_status sek_schema_look_postgresql(struct sek_db *db, const char *schema, int *ret_found, uint64_t *ret_users);

#endif
