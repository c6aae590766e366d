/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A database as the store's parts use it: statements with bound values, rows, transactions. Private to store/. Which
 * database it is stands in the backends alone (db_backend.h); the SQL of the store is written once, in words that each
 * of them understands:
 *
 *   parameters are ?1, ?2 ...; a column named user is written "user"; INSERT ... ON CONFLICT names its columns; what an
 *   ON CONFLICT changes is named with its table; a SELECT in FROM has a name; GROUP BY names the key of each table that
 *   a column is taken of; numbers are whole, truth is 0 or 1; IS NOT DISTINCT FROM compares with what may be NULL.
 *
 * One thread at a time uses a database and its queries (sek_store_lock).
 */
#ifndef SEK_BROKER_HUB_STORE_DB_H
#define SEK_BROKER_HUB_STORE_DB_H

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/hub/store/store.h"

#define SEK_DB_VALUES_MAX 32 /* bound values of one statement */

struct sek_db;       /* one connection */
struct sek_db_query; /* one statement that runs */

struct sek_store {
	struct sek_db *db;
	pthread_mutex_t lock; /* one call at a time: transactions of two threads must not mix */
};

void sek_store_lock(struct sek_store *s);
void sek_store_unlock(struct sek_store *s);

void sek_db_close(struct sek_db *db);
/* The status of the connection's last error, and its words, good until the next call. SEK_E_EXISTS: a key is taken. */
sek_status sek_db_status(struct sek_db *db);
const char *sek_db_error(struct sek_db *db);

/* Runs SQL text that is a constant of ours: one or more statements without values. */
sek_status sek_db_exec(struct sek_db *db, const char *sql);
/* Prepares `sql` and binds one value for each letter of `types`: i = int64_t, t = const char * (NULL: no value), b = const
 * void *, size_t. The values must live until the query is ended. *ret is to be ended by sek_db_finish. */
sek_status sek_db_prepare(struct sek_db *db, struct sek_db_query **ret, const char *sql, const char *types, ...);
sek_status sek_db_prepare_list(struct sek_db *db, struct sek_db_query **ret, const char *sql, const char *types, va_list ap);
/* Changes something: prepares, runs to the end and forgets; rows are ignored. */
sek_status sek_db_run(struct sek_db *db, const char *sql, const char *types, ...);
/* Reads the first column of the first row as a number; SEK_E_NOT_FOUND if there is no row. Inside a transaction it may
 * also be an INSERT ... RETURNING. */
sek_status sek_db_number(struct sek_db *db, int64_t *ret, const char *sql, const char *types, ...);
/* How many rows the last sek_db_run inserted, changed or deleted. */
int64_t sek_db_changes(struct sek_db *db);

enum { SEK_DB_DONE, SEK_DB_ROW, SEK_DB_FAILED };
/* Goes to the next row. SEK_DB_FAILED: see sek_db_status. */
int sek_db_step(struct sek_db_query *q);
int sek_db_columns(struct sek_db_query *q);
/* Columns of the row, counted from 0. 0 where there is no number. */
int64_t sek_db_int(struct sek_db_query *q, int column);
/* NULL where there is no value; good until the next step. */
const char *sek_db_text(struct sek_db_query *q, int column);
const void *sek_db_blob(struct sek_db_query *q, int column);
size_t sek_db_bytes(struct sek_db_query *q, int column); /* of the blob */
/* Copies a text column, cut to size. */
void sek_db_copy(struct sek_db_query *q, int column, char *ret, size_t size);
void sek_db_finish(struct sek_db_query *q); /* accepts NULL */

/* A transaction in which nobody else writes; then, by sek_db_end, COMMIT if status is SEK_OK, else ROLLBACK. sek_db_end
 * returns the first failure. sek_db_begin_read: only reads, and sees one moment. */
sek_status sek_db_begin(struct sek_db *db);
sek_status sek_db_begin_read(struct sek_db *db);
sek_status sek_db_end(struct sek_db *db, sek_status status);

/* *ret: whether another connection has written since the last call. */
sek_status sek_db_changed(struct sek_db *db, bool *ret);

/* The first user that fits a condition of ours, with values as in sek_db_prepare; SEK_E_NOT_FOUND (users.c). */
sek_status sek_store_user_where(struct sek_db *db, struct sek_store_user *ret, const char *where, const char *types, ...);

#endif
