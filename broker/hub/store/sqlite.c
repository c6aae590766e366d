/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * SQLite behind db.h. The one file that knows it.
 */
#include "broker/hub/store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/error.h"
#include "broker/hub/store/db_backend.h"

enum { BUSY_MS = 5000 };

struct sqlite {
	struct sek_db base;
	sqlite3 *db;
	int64_t seen_version; /* PRAGMA data_version at the last look */
};

struct query {
	struct sek_db_query base;
	sqlite3_stmt *q;
};

static sqlite3 *handle(struct sek_db *db)
{
	return ((struct sqlite *)db)->db;
}

static sqlite3_stmt *statement(struct sek_db_query *q)
{
	return ((struct query *)q)->q;
}

static sek_status status_of(struct sek_db *db)
{
	int n = sqlite3_extended_errcode(handle(db));

	if (n == SQLITE_NOMEM)
		return sek_foreign(SEK_E_NOMEM, SEK_FROM_SQLITE, n);
	if (n == SQLITE_CONSTRAINT_UNIQUE || n == SQLITE_CONSTRAINT_PRIMARYKEY)
		return sek_foreign(SEK_E_EXISTS, SEK_FROM_SQLITE, n);
	return sek_foreign(SEK_E_STORE, SEK_FROM_SQLITE, n);
}

static const char *error_of(struct sek_db *db)
{
	return sqlite3_errmsg(handle(db));
}

static sek_status run_text(struct sek_db *db, const char *sql)
{
	return sqlite3_exec(handle(db), sql, NULL, NULL, NULL) == SQLITE_OK ? sek_ok() : status_of(db);
}

/* --- statements --- */

static int bind_all(sqlite3_stmt *q, const struct sek_db_value *values, int n)
{
	int rc = SQLITE_OK;
	int i;

	for (i = 0; i < n && rc == SQLITE_OK; i++) {
		if (values[i].type == 'i')
			rc = sqlite3_bind_int64(q, i + 1, values[i].number);
		else if (values[i].type == 't')
			rc = sqlite3_bind_text(q, i + 1, values[i].bytes, -1, SQLITE_STATIC);
		else
			rc = sqlite3_bind_blob64(q, i + 1, values[i].bytes, values[i].n, SQLITE_STATIC);
	}
	return rc;
}

static sek_status prepare(struct sek_db *db, struct sek_db_query **ret, const char *sql, const struct sek_db_value *values, int n)
{
	struct query *q = calloc(1, sizeof *q);

	if (!q)
		return sek_fail(SEK_E_NOMEM);
	q->base.db = db;
	if (sqlite3_prepare_v2(handle(db), sql, -1, &q->q, NULL) != SQLITE_OK || bind_all(q->q, values, n) != SQLITE_OK) {
		sek_status status = status_of(db);

		sqlite3_finalize(q->q);
		free(q);
		return status;
	}
	*ret = &q->base;
	return sek_ok();
}

static void finish(struct sek_db_query *q)
{
	sqlite3_finalize(statement(q));
	free(q);
}

static int step(struct sek_db_query *q)
{
	int rc = sqlite3_step(statement(q));

	return rc == SQLITE_ROW ? SEK_DB_ROW : rc == SQLITE_DONE ? SEK_DB_DONE : SEK_DB_FAILED;
}

static sek_status run(struct sek_db *db, const char *sql, const struct sek_db_value *values, int n)
{
	struct sek_db_query *q = NULL;
	sek_status status;
	int rc;

	SEK_TRY(prepare(db, &q, sql, values, n));
	do
		rc = step(q);
	while (rc == SEK_DB_ROW);
	status = rc == SEK_DB_DONE ? sek_ok() : status_of(db);
	finish(q);
	return status;
}

static int64_t changes(struct sek_db *db)
{
	return sqlite3_changes64(handle(db));
}

static int columns(struct sek_db_query *q)
{
	return sqlite3_column_count(statement(q));
}

static int64_t number(struct sek_db_query *q, int column)
{
	return sqlite3_column_int64(statement(q), column);
}

static const char *text(struct sek_db_query *q, int column)
{
	return (const char *)sqlite3_column_text(statement(q), column);
}

static const void *blob(struct sek_db_query *q, int column)
{
	return sqlite3_column_blob(statement(q), column);
}

static size_t bytes(struct sek_db_query *q, int column)
{
	return (size_t)sqlite3_column_bytes(statement(q), column);
}

/* --- transactions --- */

static sek_status begin(struct sek_db *db, bool write)
{
	return run_text(db, write ? "BEGIN IMMEDIATE" : "BEGIN");
}

static sek_status end(struct sek_db *db, sek_status status)
{
	if (sek_is_ok(status))
		status = run_text(db, "COMMIT");
	/* a failed statement may have rolled back by itself; then there is nothing to undo */
	if (!sek_is_ok(status) && !sqlite3_get_autocommit(handle(db)))
		(void)run_text(db, "ROLLBACK");
	return status;
}

static sek_status changed(struct sek_db *db, bool *ret)
{
	struct sqlite *s = (struct sqlite *)db;
	int64_t version = 0;

	/* data_version changes when another connection has committed, never by this one's own writes */
	SEK_TRY(sek_db_number(db, &version, "PRAGMA data_version", ""));
	*ret = version != s->seen_version;
	s->seen_version = version;
	return sek_ok();
}

/* --- opening --- */

static void close_db(struct sek_db *db)
{
	sqlite3_close_v2(handle(db));
	free(db);
}

static const struct sek_db_backend backend = {
	.close = close_db, .status = status_of, .error = error_of, .exec = run_text, .prepare = prepare, .run = run, .changes = changes,
	.step = step, .columns = columns, .number = number, .text = text, .blob = blob, .bytes = bytes, .finish = finish,
	.begin = begin, .end = end, .changed = changed,
};

sek_status sek_sqlite_connect(const char *path, struct sek_db **ret)
{
	struct sqlite *s = calloc(1, sizeof *s);

	if (!s)
		return sek_fail(SEK_E_NOMEM);
	s->base.backend = &backend;
	*ret = &s->base;
	if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, NULL) != SQLITE_OK)
		return s->db ? status_of(&s->base) : sek_fail(SEK_E_NOMEM);
	sqlite3_busy_timeout(s->db, BUSY_MS);
	sqlite3_extended_result_codes(s->db, 1);
	return sek_ok();
}

static bool is_usable(const char *path, mode_t mode)
{
	if (S_ISREG(mode))
		return access(path, R_OK | W_OK) == 0;
	errno = S_ISDIR(mode) ? EISDIR : ELOOP;
	return false;
}

/* Makes the file before SQLite does, so that it is 0600 whatever the umask is; SQLite gives its -wal and -shm the same
 * mode. A file that is there is only looked at: closing a descriptor of it would drop the POSIX locks that another handle
 * of this process holds, and the next program to close the database would take the log away from under it. */
static sek_status make_private(const char *path, char *err, size_t err_size)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	if ((fd < 0 && errno != EEXIST) || lstat(path, &st) != 0 || !is_usable(path, st.st_mode)) {
		sek_status status = sek_from_errno();

		snprintf(err, err_size, "store: '%s' cannot be opened for writing (%s): make its folder and give it to "
			"the broker's user", path, strerror(errno));
		return status;
	}
	if (st.st_mode & 077) {
		snprintf(err, err_size, "store: '%s' must be a file that only its owner may read: chmod 600 it", path);
		return sek_fail(SEK_E_CONFIG);
	}
	return sek_ok();
}

static sek_status set_up(struct sek_db *db, int *ret_found)
{
	/* NORMAL in WAL mode: a power failure can lose the last commits, never the database. A lost log-in asks for the
	 * password again; users are written with a checkpoint at close by the program that made them. */
	SEK_TRY(sek_db_exec(db, "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON;"
		"PRAGMA cell_size_check = ON; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY"));
	SEK_TRY(sek_schema_migrate_sqlite(db, ret_found));
	return sek_db_exec(db, "PRAGMA journal_mode = WAL");
}

sek_status sek_db_open_sqlite(const char *path, struct sek_db **ret, char *err, size_t err_size)
{
	struct sek_db *db = NULL;
	sek_status status;
	int found = 0;

	SEK_TRY(make_private(path, err, err_size));
	status = sek_sqlite_connect(path, &db);
	if (sek_is_ok(status)) {
		sqlite3_db_config(handle(db), SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
		status = set_up(db, &found);
	}
	if (sek_is_ok(status)) {
		*ret = db;
		return status;
	}
	if (sek_is(status, SEK_E_VERSION))
		snprintf(err, err_size, "store: '%s' has schema %d and this program knows up to %d: start the newer "
			"program, or restore the backup made before the update", path, found, sek_store_schema());
	else
		snprintf(err, err_size, "store: '%s' cannot be used (%s): is it the broker's database and is the disk in "
			"order?", path, db ? sek_db_error(db) : "no memory");
	sek_db_close(db);
	return status;
}
