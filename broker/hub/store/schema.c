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
	/* 2 */
	"ALTER TABLE users ADD COLUMN source TEXT NOT NULL DEFAULT 'local' CHECK (source IN ('local', 'directory'));"
	"ALTER TABLE users ADD COLUMN display TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE users ADD COLUMN version INTEGER NOT NULL DEFAULT 1;"
	"ALTER TABLE users ADD COLUMN login_s INTEGER NOT NULL DEFAULT 0;"
	"UPDATE users SET roles = 'staff' WHERE roles = '';"
	"CREATE TABLE groups ("
	" id INTEGER PRIMARY KEY,"
	" name TEXT NOT NULL UNIQUE,"
	" text TEXT NOT NULL DEFAULT '',"
	" directory TEXT NOT NULL DEFAULT '',"
	" needs TEXT NOT NULL DEFAULT '',"
	" version INTEGER NOT NULL DEFAULT 1,"
	" created_s INTEGER NOT NULL) STRICT;"
	"CREATE INDEX groups_directory ON groups (directory) WHERE directory <> '';"
	"CREATE TABLE members ("
	" user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
	" group_id INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,"
	" source TEXT NOT NULL CHECK (source IN ('local', 'directory')),"
	" PRIMARY KEY (user_id, group_id)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX members_group ON members (group_id);"
	"CREATE TABLE totp ("
	" user_id INTEGER NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,"
	" sealed BLOB NOT NULL,"
	" step INTEGER NOT NULL DEFAULT 0,"
	" confirmed INTEGER NOT NULL DEFAULT 0 CHECK (confirmed IN (0, 1)),"
	" created_s INTEGER NOT NULL) STRICT;"
	"CREATE TABLE recovery ("
	" user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
	" hash TEXT NOT NULL,"
	" PRIMARY KEY (user_id, hash)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE certificates ("
	" kind TEXT NOT NULL CHECK (kind IN ('fingerprint', 'subject')),"
	" value TEXT NOT NULL,"
	" user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
	" created_s INTEGER NOT NULL,"
	" PRIMARY KEY (kind, value)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX certificates_user ON certificates (user_id);"
	"CREATE TABLE consents ("
	" user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
	" notice TEXT NOT NULL,"
	" lang TEXT NOT NULL,"
	" at_s INTEGER NOT NULL,"
	" PRIMARY KEY (user_id, notice)) STRICT, WITHOUT ROWID;"
	/* target: 0 for the site, a group's or a user's id */
	"CREATE TABLE policies ("
	" scope TEXT NOT NULL CHECK (scope IN ('site', 'group', 'user')),"
	" target INTEGER NOT NULL,"
	" attribute TEXT NOT NULL,"
	" value TEXT NOT NULL,"
	" version INTEGER NOT NULL,"
	" PRIMARY KEY (scope, target, attribute)) STRICT, WITHOUT ROWID;"
	/* before and after: NULL = nothing stood or stands there. Never deleted, so names and not only ids stand in it. */
	"CREATE TABLE changes ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" scope TEXT NOT NULL,"
	" target INTEGER NOT NULL,"
	" name TEXT NOT NULL,"
	" attribute TEXT NOT NULL,"
	" before TEXT,"
	" after TEXT,"
	" effect INTEGER NOT NULL,"
	" expected INTEGER NOT NULL,"
	" who TEXT NOT NULL,"
	" why TEXT NOT NULL,"
	" at_s INTEGER NOT NULL,"
	" status TEXT NOT NULL CHECK (status IN ('pending', 'applied', 'refused')),"
	" second TEXT NOT NULL DEFAULT '',"
	" second_why TEXT NOT NULL DEFAULT '',"
	" second_s INTEGER NOT NULL DEFAULT 0) STRICT;"
	"CREATE INDEX changes_pending ON changes (id) WHERE status = 'pending';"
	"CREATE INDEX changes_target ON changes (scope, target, id);"
	/* counts whatever can change the policy of a live session, so that log-ins do not make the broker read it all again */
	"CREATE TABLE stamps (name TEXT NOT NULL PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"INSERT INTO stamps VALUES ('policy', 1);"
	"CREATE TRIGGER policies_insert AFTER INSERT ON policies BEGIN UPDATE stamps SET n = n + 1 WHERE name = 'policy'; END;"
	"CREATE TRIGGER policies_update AFTER UPDATE ON policies BEGIN UPDATE stamps SET n = n + 1 WHERE name = 'policy'; END;"
	"CREATE TRIGGER policies_delete AFTER DELETE ON policies BEGIN UPDATE stamps SET n = n + 1 WHERE name = 'policy'; END;"
	"CREATE TRIGGER members_insert AFTER INSERT ON members BEGIN UPDATE stamps SET n = n + 1 WHERE name = 'policy'; END;"
	"CREATE TRIGGER members_update AFTER UPDATE ON members BEGIN UPDATE stamps SET n = n + 1 WHERE name = 'policy'; END;"
	"CREATE TRIGGER members_delete AFTER DELETE ON members BEGIN UPDATE stamps SET n = n + 1 WHERE name = 'policy'; END;"
	"CREATE TRIGGER groups_insert AFTER INSERT ON groups BEGIN UPDATE stamps SET n = n + 1 WHERE name = 'policy'; END;"
	"CREATE TRIGGER groups_update AFTER UPDATE ON groups BEGIN UPDATE stamps SET n = n + 1 WHERE name = 'policy'; END;"
	"CREATE TRIGGER groups_delete AFTER DELETE ON groups BEGIN UPDATE stamps SET n = n + 1 WHERE name = 'policy'; END;",
	/* 3: factors = what the log-in has shown (auth/needs.h); 0, of those before this step, counts as nothing */
	"ALTER TABLE logins ADD COLUMN factors INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE certificates ADD COLUMN subject TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE certificates ADD COLUMN ends_s INTEGER NOT NULL DEFAULT 0;",
	/* 4: the catalogue of recordings. No row goes when its recording goes, nor when its user does: names stand in it, not ids. */
	"CREATE TABLE recordings ("
	" id TEXT NOT NULL PRIMARY KEY,"
	" session TEXT NOT NULL,"
	" user TEXT NOT NULL,"
	" host TEXT NOT NULL,"
	" groups TEXT NOT NULL,"
	" began_us INTEGER NOT NULL,"
	" length_us INTEGER NOT NULL DEFAULT 0,"
	" bytes INTEGER NOT NULL DEFAULT 0,"
	" blocks INTEGER NOT NULL DEFAULT 0,"
	" marks INTEGER NOT NULL DEFAULT 0,"
	" ended TEXT NOT NULL DEFAULT '',"
	" required INTEGER NOT NULL CHECK (required IN (0, 1)),"
	" days INTEGER NOT NULL,"
	" hold INTEGER NOT NULL DEFAULT 0 CHECK (hold IN (0, 1)),"
	" hold_why TEXT NOT NULL DEFAULT '',"
	" purged_s INTEGER NOT NULL DEFAULT 0,"
	" purged_by TEXT NOT NULL DEFAULT '',"
	" hash BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE INDEX recordings_began ON recordings (began_us, id);"
	"CREATE INDEX recordings_user ON recordings (user, began_us);"
	"CREATE TABLE notes ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" recording TEXT NOT NULL REFERENCES recordings (id),"
	" at_us INTEGER NOT NULL,"
	" flag INTEGER NOT NULL CHECK (flag IN (0, 1)),"
	" who TEXT NOT NULL,"
	" when_s INTEGER NOT NULL,"
	" text TEXT NOT NULL) STRICT;"
	"CREATE INDEX notes_recording ON notes (recording, at_us);",
	/* 5: what administrators said of render hosts at run time; address '': the host is the configuration's */
	"CREATE TABLE hosts ("
	" name TEXT NOT NULL PRIMARY KEY,"
	" address TEXT NOT NULL DEFAULT '',"
	" port INTEGER NOT NULL DEFAULT 0,"
	" pool TEXT NOT NULL DEFAULT '',"
	" state TEXT NOT NULL CHECK (state IN ('use', 'drain', 'gone'))) STRICT, WITHOUT ROWID;",
	/* 6: until when a user may set a code generator up, where an administrator has to allow that first */
	"ALTER TABLE users ADD COLUMN enrol_s INTEGER NOT NULL DEFAULT 0;",
	/* 7: hosts of other protocols; with what they are logged in to, sealed by the caller; user '': everybody */
	"ALTER TABLE hosts ADD COLUMN kind TEXT NOT NULL DEFAULT 'sekisho';"
	"ALTER TABLE hosts ADD COLUMN insecure INTEGER NOT NULL DEFAULT 0 CHECK (insecure IN (0, 1));"
	"ALTER TABLE hosts ADD COLUMN trust TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE hosts ADD COLUMN places INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE host_secrets ("
	" host TEXT NOT NULL,"
	" user TEXT NOT NULL DEFAULT '',"
	" sealed BLOB NOT NULL,"
	" PRIMARY KEY (host, user)) STRICT, WITHOUT ROWID;",
	/* 8: sessions that run, for the start after a kill; own: the session's own policy values as a JSON object */
	"CREATE TABLE sessions ("
	" id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 32),"
	" user TEXT NOT NULL,"
	" host TEXT NOT NULL,"
	" lang INTEGER NOT NULL,"
	" width INTEGER NOT NULL,"
	" height INTEGER NOT NULL,"
	" scale INTEGER NOT NULL,"
	" opened_s INTEGER NOT NULL,"
	" started_s INTEGER NOT NULL,"
	" recording TEXT NOT NULL DEFAULT '',"
	" own TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID;",
	/* 9: who approves for a group, and what waits; from_s, until_s 0: always; first_id: the first of two approvers */
	"CREATE TABLE approvers ("
	" group_id INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,"
	" user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
	" deputy INTEGER NOT NULL DEFAULT 0 CHECK (deputy IN (0, 1)),"
	" from_s INTEGER NOT NULL DEFAULT 0,"
	" until_s INTEGER NOT NULL DEFAULT 0,"
	" PRIMARY KEY (group_id, user_id)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX approvers_user ON approvers (user_id);"
	"CREATE TABLE approvals ("
	" id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 32),"
	" kind TEXT NOT NULL CHECK (kind IN ('file', 'print', 'text')),"
	" user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,"
	" name TEXT NOT NULL DEFAULT '',"
	" session TEXT NOT NULL DEFAULT '',"
	" sha256 TEXT NOT NULL,"
	" pages INTEGER NOT NULL DEFAULT 0,"
	" chars INTEGER NOT NULL DEFAULT 0,"
	" bytes INTEGER NOT NULL DEFAULT 0,"
	" needed INTEGER NOT NULL CHECK (needed IN (1, 2)),"
	" log_text INTEGER NOT NULL DEFAULT 0,"
	" asked_s INTEGER NOT NULL,"
	" expires_s INTEGER NOT NULL,"
	" state TEXT NOT NULL CHECK (state IN ('waiting', 'approved', 'refused', 'expired')),"
	" first_id INTEGER NOT NULL DEFAULT 0,"
	" first_s INTEGER NOT NULL DEFAULT 0,"
	" who TEXT NOT NULL DEFAULT '',"
	" why TEXT NOT NULL DEFAULT '',"
	" decided_s INTEGER NOT NULL DEFAULT 0,"
	" told INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1)),"
	" sealed BLOB) STRICT, WITHOUT ROWID;"
	"CREATE INDEX approvals_state ON approvals (state, asked_s);"
	"CREATE INDEX approvals_user ON approvals (user_id);",
	/* documents that crossed as pixels, or were to; no row goes with its file, since a day's are counted. key: sealed by the caller */
	"CREATE TABLE documents ("
	" id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 32),"
	" user TEXT NOT NULL,"
	" name TEXT NOT NULL,"
	" purpose TEXT NOT NULL CHECK (purpose IN ('file', 'print')),"
	" source TEXT NOT NULL CHECK (source IN ('download', 'page')),"
	" session TEXT NOT NULL,"
	" state TEXT NOT NULL CHECK (state IN ('working', 'waiting', 'released', 'refused', 'cancelled', 'failed', 'expired', 'deleted')),"
	" reason TEXT NOT NULL DEFAULT '',"
	" dpi INTEGER NOT NULL,"
	" text INTEGER NOT NULL CHECK (text IN (0, 1)),"
	" pages INTEGER NOT NULL DEFAULT 0,"
	" bytes INTEGER NOT NULL DEFAULT 0,"
	" days INTEGER NOT NULL,"
	" created_s INTEGER NOT NULL,"
	" finished_s INTEGER NOT NULL DEFAULT 0,"
	" expires_s INTEGER NOT NULL DEFAULT 0,"
	" hash BLOB NOT NULL,"
	" key BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE INDEX documents_user ON documents (user, created_s);"
	"CREATE INDEX documents_created ON documents (created_s, id);"
	"CREATE INDEX documents_due ON documents (expires_s) WHERE expires_s > 0;",
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
