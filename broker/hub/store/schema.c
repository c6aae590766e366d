/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The schema, as the list of steps that led to it. A step that was ever released is never edited: add another one.
 */
#include "broker/hub/store/sqlite.h"

static const char *const steps[] = {
	/* 1 */
	"CREATE TABLE users ("
	" id INTEGER PRIMARY KEY,"
	" name TEXT NOT NULL UNIQUE,"
	" hash TEXT NOT NULL,"
	" roles TEXT NOT NULL DEFAULT '',"
	" disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),"
	" created_s INTEGER NOT NULL,"
	" password_s INTEGER NOT NULL) STRICT;"
	"CREATE TABLE logins ("
	" key BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 32),"
	" user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
	" address TEXT NOT NULL,"
	" created_s INTEGER NOT NULL,"
	" seen_s INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE INDEX logins_user ON logins (user_id);"
	"CREATE TABLE known ("
	" user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
	" address TEXT NOT NULL,"
	" seen_s INTEGER NOT NULL,"
	" PRIMARY KEY (user_id, address)) STRICT, WITHOUT ROWID;",
};

enum { SCHEMA = sizeof steps / sizeof steps[0] };

int sek_store_schema(void)
{
	return SCHEMA;
}

static sek_status take_step(sqlite3 *db, int to)
{
	char *mark;
	sek_status status;

	SEK_TRY(sek_sqlite_exec(db, steps[to - 1]));
	/* PRAGMA takes no bound values; both numbers are ours */
	mark = sqlite3_mprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", SEK_SQLITE_APPLICATION_ID, to);
	if (!mark)
		return sek_fail(SEK_E_NOMEM);
	status = sek_sqlite_exec(db, mark);
	sqlite3_free(mark);
	return status;
}

/* Runs inside the transaction, so that two programs that open an old database do not both change it. */
static sek_status climb(sqlite3 *db, int *ret_found)
{
	int64_t application = 0, version = 0, tables = 0;
	int to;

	SEK_TRY(sek_sqlite_number(db, &application, "PRAGMA application_id", ""));
	SEK_TRY(sek_sqlite_number(db, &version, "PRAGMA user_version", ""));
	SEK_TRY(sek_sqlite_number(db, &tables, "SELECT count(*) FROM sqlite_schema", ""));
	*ret_found = (int)version;
	/* somebody else's database is not ours to change */
	if (application != SEK_SQLITE_APPLICATION_ID && (application != 0 || tables != 0))
		return sek_fail(SEK_E_STORE);
	if (version < 0 || version > SCHEMA)
		return sek_fail(SEK_E_VERSION);
	for (to = (int)version + 1; to <= SCHEMA; to++)
		SEK_TRY(take_step(db, to));
	return sek_ok();
}

sek_status sek_schema_migrate(sqlite3 *db, int *ret_found)
{
	SEK_TRY(sek_sqlite_begin(db));
	return sek_sqlite_end(db, climb(db, ret_found));
}
