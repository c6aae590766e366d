/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opening the database file and the few calls through which every statement goes. Values are always bound, never
 * written into SQL text.
 */
#include "broker/hub/store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

enum { BUSY_MS = 5000 };

sek_status sek_sqlite_status(sqlite3 *db)
{
	int n = sqlite3_extended_errcode(db);

	if (n == SQLITE_NOMEM)
		return sek_foreign(SEK_E_NOMEM, SEK_FROM_SQLITE, n);
	if (n == SQLITE_CONSTRAINT_UNIQUE || n == SQLITE_CONSTRAINT_PRIMARYKEY)
		return sek_foreign(SEK_E_EXISTS, SEK_FROM_SQLITE, n);
	return sek_foreign(SEK_E_STORE, SEK_FROM_SQLITE, n);
}

void sek_sqlite_lock(struct sek_store *s)
{
	SEK_ASSERT(pthread_mutex_lock(&s->lock) == 0);
}

void sek_sqlite_unlock(struct sek_store *s)
{
	SEK_ASSERT(pthread_mutex_unlock(&s->lock) == 0);
}

sek_status sek_sqlite_exec(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? sek_ok() : sek_sqlite_status(db);
}

static int bind_all(sqlite3_stmt *q, const char *types, va_list ap)
{
	int rc = SQLITE_OK;
	int i;

	for (i = 1; *types && rc == SQLITE_OK; types++, i++) {
		if (*types == 'i') {
			rc = sqlite3_bind_int64(q, i, va_arg(ap, int64_t));
		} else if (*types == 't') {
			rc = sqlite3_bind_text(q, i, va_arg(ap, const char *), -1, SQLITE_STATIC);
		} else {
			const void *bytes = va_arg(ap, const void *);
			size_t n = va_arg(ap, size_t);

			SEK_ASSERT(*types == 'b');
			rc = sqlite3_bind_blob64(q, i, bytes, n, SQLITE_STATIC);
		}
	}
	return rc;
}

sek_status sek_sqlite_prepare_list(sqlite3 *db, sqlite3_stmt **ret, const char *sql, const char *types, va_list ap)
{
	sqlite3_stmt *q = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK || bind_all(q, types, ap) != SQLITE_OK) {
		sek_status status = sek_sqlite_status(db);

		sqlite3_finalize(q);
		return status;
	}
	*ret = q;
	return sek_ok();
}

sek_status sek_sqlite_prepare(sqlite3 *db, sqlite3_stmt **ret, const char *sql, const char *types, ...)
{
	sek_status status;
	va_list ap;

	va_start(ap, types);
	status = sek_sqlite_prepare_list(db, ret, sql, types, ap);
	va_end(ap);
	return status;
}

sek_status sek_sqlite_run(sqlite3 *db, const char *sql, const char *types, ...)
{
	sqlite3_stmt *q = NULL;
	sek_status status;
	va_list ap;
	int rc;

	va_start(ap, types);
	status = sek_sqlite_prepare_list(db, &q, sql, types, ap);
	va_end(ap);
	SEK_TRY(status);
	do
		rc = sqlite3_step(q);
	while (rc == SQLITE_ROW);
	status = rc == SQLITE_DONE ? sek_ok() : sek_sqlite_status(db);
	sqlite3_finalize(q);
	return status;
}

sek_status sek_sqlite_number(sqlite3 *db, int64_t *ret, const char *sql, const char *types, ...)
{
	sqlite3_stmt *q = NULL;
	sek_status status;
	va_list ap;
	int rc;

	va_start(ap, types);
	status = sek_sqlite_prepare_list(db, &q, sql, types, ap);
	va_end(ap);
	SEK_TRY(status);
	rc = sqlite3_step(q);
	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int64(q, 0);
	else
		status = rc == SQLITE_DONE ? sek_fail(SEK_E_NOT_FOUND) : sek_sqlite_status(db);
	sqlite3_finalize(q);
	return status;
}

void sek_sqlite_text(sqlite3_stmt *q, int column, char *ret, size_t size)
{
	const unsigned char *text = sqlite3_column_text(q, column);

	snprintf(ret, size, "%s", text ? (const char *)text : "");
}

sek_status sek_sqlite_begin(sqlite3 *db)
{
	return sek_sqlite_exec(db, "BEGIN IMMEDIATE");
}

sek_status sek_sqlite_end(sqlite3 *db, sek_status status)
{
	if (sek_is_ok(status))
		status = sek_sqlite_exec(db, "COMMIT");
	/* a failed statement may have rolled back by itself; then there is nothing to undo */
	if (!sek_is_ok(status) && !sqlite3_get_autocommit(db))
		(void)sek_sqlite_exec(db, "ROLLBACK");
	return status;
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

static sek_status set_up(sqlite3 *db, int *ret_found)
{
	/* NORMAL in WAL mode: a power failure can lose the last commits, never the database. A lost log-in asks for the
	 * password again; users are written with a checkpoint at close by the program that made them. */
	SEK_TRY(sek_sqlite_exec(db, "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA secure_delete = ON;"
		"PRAGMA cell_size_check = ON; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY"));
	SEK_TRY(sek_schema_migrate(db, ret_found));
	return sek_sqlite_exec(db, "PRAGMA journal_mode = WAL");
}

sek_status sek_store_open(const char *path, struct sek_store **ret, char *err, size_t err_size)
{
	struct sek_store *s;
	sek_status status;
	bool ignored;
	int found = 0;

	SEK_TRY(make_private(path, err, err_size));
	s = calloc(1, sizeof *s);
	if (!s || pthread_mutex_init(&s->lock, NULL) != 0) {
		free(s);
		snprintf(err, err_size, "store: not enough memory");
		return sek_fail(SEK_E_NOMEM);
	}
	if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, NULL) !=
			SQLITE_OK) {
		status = s->db ? sek_sqlite_status(s->db) : sek_fail(SEK_E_NOMEM);
	} else {
		sqlite3_busy_timeout(s->db, BUSY_MS);
		sqlite3_extended_result_codes(s->db, 1);
		sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
		status = set_up(s->db, &found);
		if (sek_is_ok(status))
			status = sek_store_changed(s, &ignored);
	}
	if (sek_is_ok(status)) {
		*ret = s;
		return status;
	}
	if (sek_is(status, SEK_E_VERSION))
		snprintf(err, err_size, "store: '%s' has schema %d and this program knows up to %d: start the newer "
			"program, or restore the backup made before the update", path, found, sek_store_schema());
	else
		snprintf(err, err_size, "store: '%s' cannot be used (%s): is it the broker's database and is the disk in "
			"order?", path, s->db ? sqlite3_errmsg(s->db) : "no memory");
	sek_store_close(s);
	return status;
}

void sek_store_close(struct sek_store *s)
{
	if (!s)
		return;
	sqlite3_close_v2(s->db);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

sek_status sek_store_changed(struct sek_store *s, bool *ret)
{
	sek_status status;
	int64_t version = 0;

	sek_sqlite_lock(s);
	/* data_version changes when another connection has committed, never by this one's own writes */
	status = sek_sqlite_number(s->db, &version, "PRAGMA data_version", "");
	if (sek_is_ok(status)) {
		*ret = version != s->seen_version;
		s->seen_version = version;
	}
	sek_sqlite_unlock(s);
	return status;
}
