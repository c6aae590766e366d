/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading and atomically writing small files. Must never leave a key readable by others, not even for a moment.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

static sek_status io_error(int e)
{
	enum sek_code code = SEK_E_IO;

	if (e == ENOENT)
		code = SEK_E_NOT_FOUND;
	else if (e == EEXIST)
		code = SEK_E_EXISTS;
	else if (e == ENOMEM)
		code = SEK_E_NOMEM;
	return sek_foreign(code, SEK_FROM_ERRNO, e);
}

sek_status sek_file_read(const char *path, char **ret, size_t *ret_n)
{
	sek_status status = sek_fail(SEK_E_LIMIT);
	size_t size = 4096, len = 0;
	char *text = NULL;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return io_error(errno);
	/* grows with what is read: the size that stat tells is wrong for pipes and for files of /proc */
	for (;;) {
		char *bigger;
		ssize_t n;

		if (len + 1 >= size || !text) {
			if (text)
				size *= 2;
			if (size > 2 * (size_t)SEK_FILE_MAX_BYTES)
				goto out;
			bigger = realloc(text, size);
			if (!bigger) {
				status = sek_fail(SEK_E_NOMEM);
				goto out;
			}
			text = bigger;
		}
		n = read(fd, text + len, size - len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			status = io_error(errno);
			goto out;
		}
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > SEK_FILE_MAX_BYTES)
			goto out;
	}
	text[len] = '\0';
	*ret = text;
	if (ret_n)
		*ret_n = len;
	text = NULL;
	status = sek_ok();
out:
	free(text);
	close(fd);
	return status;
}

/* offset NULL: at the descriptor's own place */
static sek_status put(int fd, const uint8_t *p, size_t n, const uint64_t *offset)
{
	size_t done = 0;

	while (done < n) {
		ssize_t k = offset ? pwrite(fd, p + done, n - done, (off_t)(*offset + done)) : write(fd, p + done, n - done);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return k < 0 ? sek_from_errno() : sek_fail(SEK_E_IO);
		done += (size_t)k;
	}
	return sek_ok();
}

static sek_status get(int fd, uint8_t *p, size_t n, const uint64_t *offset, size_t *ret_n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t k = offset ? pread(fd, p + done, n - done, (off_t)(*offset + done)) : read(fd, p + done, n - done);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return sek_from_errno();
		if (k == 0)
			break;
		done += (size_t)k;
	}
	*ret_n = done;
	return sek_ok();
}

sek_status sek_file_put(int fd, const void *bytes, size_t n)
{
	return put(fd, bytes, n, NULL);
}

sek_status sek_file_get(int fd, void *ret, size_t n, size_t *ret_n)
{
	return get(fd, ret, n, NULL, ret_n);
}

sek_status sek_file_put_at(int fd, const void *bytes, size_t n, uint64_t offset)
{
	return put(fd, bytes, n, &offset);
}

sek_status sek_file_get_at(int fd, void *ret, size_t n, uint64_t offset, size_t *ret_n)
{
	return get(fd, ret, n, &offset, ret_n);
}

/* The name is durable only once its directory was synced too. */
static void sync_directory(const char *path)
{
	char copy[PATH_MAX];
	int fd;

	if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy)
		return;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

sek_status sek_file_write(const char *path, const void *bytes, size_t n, mode_t mode, enum sek_file_how how)
{
	sek_status status;
	char temporary[PATH_MAX];
	int fd, r;

	if (snprintf(temporary, sizeof temporary, "%s.new.%ld", path, (long)getpid()) >= (int)sizeof temporary)
		return sek_foreign(SEK_E_IO, SEK_FROM_ERRNO, ENAMETOOLONG);
	(void)unlink(temporary);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return io_error(errno);
	if (!sek_is_ok(sek_file_put(fd, bytes, n)) || fchmod(fd, mode) != 0 || fsync(fd) != 0) {
		status = io_error(errno);
		goto out;
	}
	r = how == SEK_FILE_NEW ? link(temporary, path) : rename(temporary, path);
	if (r != 0) {
		status = io_error(errno);
		goto out;
	}
	sync_directory(path);
	status = sek_ok();
out:
	(void)unlink(temporary); /* gone already after a rename */
	close(fd);
	return status;
}
