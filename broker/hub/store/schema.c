/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bringing a database up to the present schema (schema.def).
 */
#include <stdio.h>

#include "broker/hub/store/db_backend.h"

#define APPLICATION_ID 0x53454b31 /* "SEK1": says that a file is ours */

#define STEP(sql) sql,
#define NUMBER "INTEGER"
#define BYTES "BLOB"
#define KEY "INTEGER PRIMARY KEY"
#define KEY_EVER "INTEGER PRIMARY KEY AUTOINCREMENT"
#define PLAIN "STRICT"
#define BY_KEY "STRICT, WITHOUT ROWID"
#define STAMPS(trigger, event, table) \
	"CREATE TRIGGER " trigger " AFTER " event " ON " table " BEGIN UPDATE stamps SET n = n + 1 WHERE name = 'policy'; END;"

static const char *const steps[] = {
#include "broker/hub/store/schema.def"
};

enum { SCHEMA = sizeof steps / sizeof steps[0] };

int sek_store_schema(void)
{
	return SCHEMA;
}

static sek_status take_step(struct sek_db *db, int to)
{
	char mark[96];

	SEK_TRY(sek_db_exec(db, steps[to - 1]));
	/* PRAGMA takes no bound values; both numbers are ours */
	snprintf(mark, sizeof mark, "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION_ID, to);
	return sek_db_exec(db, mark);
}

/* Runs inside the transaction, so that two programs that open an old database do not both change it. */
static sek_status climb(struct sek_db *db, int *ret_found)
{
	int64_t application = 0, version = 0, tables = 0;
	int to;

	SEK_TRY(sek_db_number(db, &application, "PRAGMA application_id", ""));
	SEK_TRY(sek_db_number(db, &version, "PRAGMA user_version", ""));
	SEK_TRY(sek_db_number(db, &tables, "SELECT count(*) FROM sqlite_schema", ""));
	*ret_found = (int)version;
	/* somebody else's database is not ours to change */
	if (application != APPLICATION_ID && (application != 0 || tables != 0))
		return sek_fail(SEK_E_STORE);
	if (version < 0 || version > SCHEMA)
		return sek_fail(SEK_E_VERSION);
	for (to = (int)version + 1; to <= SCHEMA; to++)
		SEK_TRY(take_step(db, to));
	return sek_ok();
}

sek_status sek_schema_migrate_sqlite(struct sek_db *db, int *ret_found)
{
	SEK_TRY(sek_db_begin(db));
	return sek_db_end(db, climb(db, ret_found));
}
