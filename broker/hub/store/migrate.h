/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Moving what a site has from its SQLite file to a PostgreSQL.
 */
#ifndef SEK_BROKER_HUB_STORE_MIGRATE_H
#define SEK_BROKER_HUB_STORE_MIGRATE_H

#include "broker/hub/store/store.h"

struct sek_store_migrate_calls {
	/* Now and then: rows written and rows read back, of `all`. */
	void (*progress)(void *user, const char *table, int64_t done, int64_t all);
	/* A table whose rows are the same on both sides: how many, and BLAKE2b over them in hex. */
	void (*same)(void *user, const char *table, int64_t rows, const char *hash);
	void *user;
};

/* Copies every table of the file at path to the PostgreSQL at `where` (sek_store_where_postgresql), reads all of it back and compares
 * counts and hashes, in one transaction: on failure nothing stays there, and nothing is ever changed in the file but its
 * schema, which is brought up to this program's first. err says what is wrong. SEK_E_BUSY: somebody has the file open.
 * SEK_E_EXISTS: something stands in the target. SEK_E_STORE. */
sek_status sek_store_migrate(const char *path, const char *where, const struct sek_store_migrate_calls *calls, char *err, size_t err_size);

/* The other way, for a backup: everything in the PostgreSQL at `where`, as of one moment, into a new SQLite file, read again and compared.
 * Brokers may write meanwhile. sek_store_migrate takes it back. On failure a file may be left at `to`. */
sek_status sek_store_dump(const char *where, const char *to, char *err, size_t err_size);

#endif
