/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * SQLite as the store's parts use it: statements with bound values, transactions, and the schema. Private to store/.
 */
#ifndef SEK_BROKER_HUB_STORE_SQLITE_H
#define SEK_BROKER_HUB_STORE_SQLITE_H

#include <pthread.h>
#include <stdarg.h>

#include <sqlite3.h>

#include "broker/hub/store/store.h"

#define SEK_SQLITE_APPLICATION_ID 0x53454b31 /* "SEK1": says that a file is ours */

struct sek_store {
	sqlite3 *db;
	pthread_mutex_t lock; /* one call at a time: transactions of two threads must not mix */
	int64_t seen_version; /* PRAGMA data_version at the last sek_store_changed */
};

void sek_sqlite_lock(struct sek_store *s);
void sek_sqlite_unlock(struct sek_store *s);

/* The status of the connection's last error. */
sek_status sek_sqlite_status(sqlite3 *db);
/* Runs SQL text that is a constant of ours. */
sek_status sek_sqlite_exec(sqlite3 *db, const char *sql);
/* Prepares `sql` and binds one value for each letter of `types`: i = int64_t, t = const char *, b = const void *, size_t.
 * The values must live until the statement is done. *ret is to be ended by sqlite3_finalize. */
sek_status sek_sqlite_prepare(sqlite3 *db, sqlite3_stmt **ret, const char *sql, const char *types, ...);
/* Prepares, runs to the end and forgets; rows are ignored. */
sek_status sek_sqlite_run(sqlite3 *db, const char *sql, const char *types, ...);
/* Reads the first column of the first row as a number; SEK_E_NOT_FOUND if there is no row. */
sek_status sek_sqlite_number(sqlite3 *db, int64_t *ret, const char *sql, const char *types, ...);
/* Copies a text column, cut to size. */
void sek_sqlite_text(sqlite3_stmt *q, int column, char *ret, size_t size);

/* The first user that fits a condition of ours, with values as in sek_sqlite_prepare; SEK_E_NOT_FOUND (users.c). */
sek_status sek_sqlite_user(sqlite3 *db, struct sek_store_user *ret, const char *where, const char *types, ...);
sek_status sek_sqlite_prepare_list(sqlite3 *db, sqlite3_stmt **ret, const char *sql, const char *types, va_list ap);

/* BEGIN IMMEDIATE; then COMMIT if status is SEK_OK, else ROLLBACK. sek_sqlite_end returns the first failure. */
sek_status sek_sqlite_begin(sqlite3 *db);
sek_status sek_sqlite_end(sqlite3 *db, sek_status status);

/* Brings a fresh or older database up to the present schema (schema.c). *ret_found: the schema that stood there. */
sek_status sek_schema_migrate(sqlite3 *db, int *ret_found);

#endif
