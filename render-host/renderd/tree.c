/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Removing a tree whose names and depth somebody hostile chose.
 */
#include "render-host/renderd/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

enum { DEPTH_MAX = 128 };

static int empty(int directory, dev_t device, int depth);

/* A directory below `parent`: made writable for its owner is not needed, root removes what it likes. */
static int remove_directory(int parent, const char *name, dev_t device, int depth)
{
	struct stat st;
	int fd, r;

	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) != 0 || st.st_dev != device) { /* something is mounted there: not ours to empty */
		close(fd);
		errno = EXDEV;
		return -1;
	}
	r = empty(fd, device, depth + 1); /* closes fd */
	if (r == 0)
		r = unlinkat(parent, name, AT_REMOVEDIR);
	return r;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Empties a directory and closes its descriptor. Goes on after a failure, so that as much as possible is gone. */
static int empty(int directory, dev_t device, int depth)
{
	struct dirent *e;
	int result = 0;
	DIR *d;

	if (depth > DEPTH_MAX) {
		close(directory);
		errno = ELOOP;
		return -1;
	}
	d = fdopendir(directory);
	if (!d) {
		close(directory);
		return -1;
	}
	while ((e = readdir(d)) != NULL) {
		if (is_dots(e->d_name) || unlinkat(dirfd(d), e->d_name, 0) == 0)
			continue;
		if ((errno != EISDIR && errno != EPERM) || remove_directory(dirfd(d), e->d_name, device, depth) != 0)
			result = -1;
	}
	closedir(d);
	return result;
}

sek_status sek_tree_remove(const char *path)
{
	struct stat st;
	int fd;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? sek_ok() : sek_from_errno();
	if (fstat(fd, &st) != 0) {
		close(fd);
		return sek_from_errno();
	}
	if (empty(fd, st.st_dev, 0) != 0)
		return errno == ELOOP ? sek_fail(SEK_E_LIMIT) : sek_from_errno();
	return rmdir(path) == 0 ? sek_ok() : sek_from_errno();
}
