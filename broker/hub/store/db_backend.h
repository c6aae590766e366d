/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a kind of database gives to db.c. Private to store/db.c and the backends.
 */
#ifndef SEK_BROKER_HUB_STORE_DB_BACKEND_H
#define SEK_BROKER_HUB_STORE_DB_BACKEND_H

#include "broker/hub/store/db.h"

struct sek_db_value {
	char type;         /* i, t or b */
	int64_t number;    /* i */
	const void *bytes; /* t: a text with its end, or NULL; b */
	size_t n;          /* b */
};

/* Each does what the function of db.h of its name does. */
struct sek_db_backend {
	void (*close)(struct sek_db *db);
	sek_status (*status)(struct sek_db *db);
	const char *(*error)(struct sek_db *db);
	sek_status (*exec)(struct sek_db *db, const char *sql);
	sek_status (*prepare)(struct sek_db *db, struct sek_db_query **ret, const char *sql, const struct sek_db_value *values, int n);
	sek_status (*run)(struct sek_db *db, const char *sql, const struct sek_db_value *values, int n);
	int64_t (*changes)(struct sek_db *db);
	int (*step)(struct sek_db_query *q);
	int (*columns)(struct sek_db_query *q);
	int64_t (*number)(struct sek_db_query *q, int column);
	const char *(*text)(struct sek_db_query *q, int column);
	const void *(*blob)(struct sek_db_query *q, int column);
	size_t (*bytes)(struct sek_db_query *q, int column);
	void (*finish)(struct sek_db_query *q);
	sek_status (*begin)(struct sek_db *db, bool write);
	sek_status (*end)(struct sek_db *db, sek_status status);
	sek_status (*changed)(struct sek_db *db, bool *ret);
};

/* The backend's own structures begin with these. */
struct sek_db {
	const struct sek_db_backend *backend;
};

struct sek_db_query {
	struct sek_db *db;
};

/* Open the database and bring its schema up; on failure err says what is wrong and what to do. */
sek_status sek_db_open_sqlite(const char *path, struct sek_db **ret, char *err, size_t err_size);
sek_status sek_db_open_postgresql(const char *where, struct sek_db **ret, char *err, size_t err_size);

/* Brings a fresh or older database up to the present schema (schema.c). *ret_found: the schema that stood there. */
sek_status sek_schema_migrate_sqlite(struct sek_db *db, int *ret_found);

#endif
