/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The same store tests on both databases: with SEK_TEST_STORE=postgresql, each path of a test stands for a schema of its own
 * in the server that SEK_TEST_POSTGRESQL names (tests/support/postgresql); without, for itself.
 */
#ifndef SEK_TESTS_UNIT_HUB_STORE_WHERE_H
#define SEK_TESTS_UNIT_HUB_STORE_WHERE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/hub/store/db_backend.h"

static inline bool on_postgresql(void)
{
	const char *kind = getenv("SEK_TEST_STORE");

	return kind && strcmp(kind, "postgresql") == 0;
}

/* Good until the next call. */
static inline const char *where_of(const char *path)
{
	static char text[1024];
	char folder[256] = "", schema[64] = "s", *made;
	size_t at = 1;
	FILE *f;

	if (!on_postgresql())
		return path;
	f = fopen(getenv("SEK_TEST_POSTGRESQL"), "r");
	if (!f || !fgets(folder, sizeof folder, f))
		abort();
	fclose(f);
	folder[strcspn(folder, "\n")] = '\0';
	/* mkdtemp's letters are of both kinds, a schema's are small */
	for (const char *p = path; *p && at + 3 < sizeof schema; p++) {
		if (*p >= 'A' && *p <= 'Z')
			schema[at++] = '_';
		schema[at++] = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') ? *p : '_');
	}
	schema[at] = '\0';
	made = sek_store_where_postgresql(&(struct sek_store_postgresql){ .address = folder, .schema = schema });
	snprintf(text, sizeof text, "%s", made);
	free(made);
	return text;
}

/* Runs SQL text on a database that the store has made, or, with SQLite, on a file that is there. */
static inline bool run_sql_at(const char *path, const char *sql)
{
	struct sek_db *db = NULL;
	char err[512] = "";
	sek_status status = on_postgresql() ? sek_db_open_postgresql(where_of(path), &db, err, sizeof err) :
		sek_db_open_sqlite(path, &db, err, sizeof err);
	bool good = sek_is_ok(status) && sek_is_ok(sek_db_begin(db)) && sek_is_ok(sek_db_end(db, sek_db_exec(db, sql)));

	if (!good)
		fprintf(stderr, "%s%s\n", err, db ? sek_db_error(db) : "");
	sek_db_close(db);
	return good;
}

#endif
