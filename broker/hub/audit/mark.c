/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Taking a mark. Must never change anything in the log's folder.
 */
#include "broker/hub/audit/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "broker/hub/audit/scan.h"

static sek_status look(const char *folder, struct sek_audit_mark *ret)
{
	char path[PATH_MAX];
	struct stat st;
	sek_status status = sek_ok();
	ssize_t n;
	int fd;

	SEK_TRY(sek_audit_last_segment(folder, &ret->segment));
	if (ret->segment == 0)
		return sek_fail(SEK_E_NOT_FOUND);
	snprintf(path, sizeof path, "%.4000s/" SEK_AUDIT_SEGMENT_NAME, folder, ret->segment);
	if (stat(path, &st) != 0)
		return sek_from_errno();
	ret->size = (uint64_t)st.st_size;
	snprintf(path, sizeof path, "%.4000s/head", folder);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return sek_from_errno();
	n = pread(fd, ret->head, sizeof ret->head, 0);
	if (n != (ssize_t)sizeof ret->head)
		status = n < 0 ? sek_from_errno() : sek_fail(SEK_E_MALFORMED);
	close(fd);
	return status;
}

sek_status sek_audit_mark_take(const char *folder, struct sek_audit_mark *ret)
{
	char path[PATH_MAX];
	sek_status status;
	int fd;

	snprintf(path, sizeof path, "%.4000s/lock", folder);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? sek_fail(SEK_E_NOT_FOUND) : sek_from_errno();
	do
		status = flock(fd, LOCK_EX) == 0 ? sek_ok() : sek_from_errno();
	while (!sek_is_ok(status) && errno == EINTR);
	if (sek_is_ok(status))
		status = look(folder, ret);
	close(fd);
	return status;
}
