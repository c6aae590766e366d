/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Copying the SQLite database under a running broker. Must never lock writers out for the time of the copy: in WAL mode a reader does not.
 */
#include "broker/hub/store/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/error.h"

enum { BUSY_MS = 10000 };

static int vacuum_into(sqlite3 *db, const char *to)
{
	sqlite3_stmt *q = NULL;
	int rc = sqlite3_prepare_v2(db, "VACUUM INTO ?", -1, &q, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(q, 1, to, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(q);
	sqlite3_finalize(q);
	return rc;
}

sek_status sek_store_copy(const char *path, const char *to, char *err, size_t err_size)
{
	/* made first, so that it is 0600 whatever the umask is; SQLite takes an empty file for none */
	int fd = open(to, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600), rc;
	sqlite3 *db = NULL;
	sek_status status = sek_ok();

	if (fd < 0) {
		snprintf(err, err_size, "store: '%s' cannot be made (%s)", to, strerror(errno));
		return errno == EEXIST ? sek_fail(SEK_E_EXISTS) : sek_from_errno();
	}
	close(fd);
	rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_busy_timeout(db, BUSY_MS);
		rc = vacuum_into(db, to);
	}
	if (rc != SQLITE_OK && rc != SQLITE_DONE) {
		snprintf(err, err_size, "store: '%s' cannot be copied (%s)", path, db ? sqlite3_errmsg(db) : "no memory");
		status = sek_foreign(SEK_E_STORE, SEK_FROM_SQLITE, rc);
	}
	sqlite3_close(db);
	if (!sek_is_ok(status))
		(void)unlink(to);
	return status;
}
