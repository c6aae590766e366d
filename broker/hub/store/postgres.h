/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the parts of the PostgreSQL backend share. Private to store/postgres*.c.
 */
#ifndef SEK_BROKER_HUB_STORE_POSTGRES_H
#define SEK_BROKER_HUB_STORE_POSTGRES_H

#include <libpq-fe.h>

#include "broker/hub/store/db_backend.h"

enum {
	SEK_PG_CONNECT_MS = 3000,   /* to all addresses together */
	SEK_PG_ANSWER_MS = 6000,    /* for one statement: more than the server's own limit */
	SEK_PG_STATEMENT_MS = 4000, /* the server's limits: for a statement, for waiting for a lock */
	SEK_PG_IDLE_MS = 10000,     /* for a transaction whose broker says nothing more: the server gives its lock away */
	SEK_PG_AGAIN_MS = 1000,     /* after a connection could not be made, calls fail at once for so long */
};

/* Where the database is: the text of sek_store_where_postgresql, taken apart. Strings are "" where nothing is said. */
struct sek_pg_where {
	char *text;
	const char *address, *port, *name, *database, *user, *schema, *ca, *password_file, *certificate, *key;
};

bool sek_pg_where_parse(const char *text, struct sek_pg_where *ret);
void sek_pg_where_finish(struct sek_pg_where *w);
/* Begins to connect; *ret is to be finished by PQfinish. On failure err says why and *ret is NULL. Never blocks on the
 * network, since addresses are numbers. */
sek_status sek_pg_start(const struct sek_pg_where *w, PGconn **ret, char *err, size_t err_size);
/* The channel of LISTEN and NOTIFY. */
void sek_pg_channel(const struct sek_pg_where *w, char *ret, size_t size);

/* The schema (schema_postgres.c): as sek_schema_migrate_sqlite. SEK_E_CONFIG: the database is not one of UTF8 and locale C. */
sek_status sek_schema_migrate_postgresql(struct sek_db *db, const char *schema, int *ret_found);

/* Where the connection of `db` is, or NULL if db is no PostgreSQL; and its process at the server, 0 = none now. */
const struct sek_pg_where *sek_pg_where_of(const struct sek_db *db);
int sek_pg_process(const struct sek_db *db);

#endif
