/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Removing a tree whose names and depth somebody hostile chose.
 */
#include "render-host/renderd/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

enum { DEPTH_MAX = 128 };

struct removal {
	int top;       /* the tree's own directory */
	dev_t device;
	unsigned moved; /* directories that were carried up to it; numbers their new names */
};

static int empty(struct removal *r, int directory, int depth);

/* What lies too deep for as many descriptors is carried up to the top, where it is found again: no depth makes a tree
 * that cannot be removed. */
static int carry_up(struct removal *r, int parent, const char *name)
{
	char to[32];
	int e;

	do {
		snprintf(to, sizeof to, "carried-up-%u", r->moved++);
		e = renameat2(parent, name, r->top, to, RENAME_NOREPLACE);
	} while (e != 0 && errno == EEXIST);
	return e;
}

/* A directory below `parent`: made writable for its owner is not needed, root removes what it likes. */
static int remove_directory(struct removal *r, int parent, const char *name, int depth)
{
	struct stat st;
	int fd, e;

	if (depth == DEPTH_MAX)
		return carry_up(r, parent, name);
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) != 0 || st.st_dev != r->device) { /* something is mounted there: not ours to empty */
		close(fd);
		errno = EXDEV;
		return -1;
	}
	e = empty(r, fd, depth + 1); /* closes fd */
	if (e == 0)
		e = unlinkat(parent, name, AT_REMOVEDIR);
	return e;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Empties a directory and closes its descriptor. Goes on after a failure, so that as much as possible is gone. */
static int empty(struct removal *r, int directory, int depth)
{
	struct dirent *e;
	int result = 0;
	DIR *d;

	d = fdopendir(directory);
	if (!d) {
		close(directory);
		return -1;
	}
	while ((e = readdir(d)) != NULL) {
		if (is_dots(e->d_name) || unlinkat(dirfd(d), e->d_name, 0) == 0)
			continue;
		if ((errno != EISDIR && errno != EPERM) || remove_directory(r, dirfd(d), e->d_name, depth) != 0)
			result = -1;
	}
	closedir(d);
	return result;
}

sek_status sek_tree_remove(const char *path)
{
	struct removal r = { .moved = 0 };
	sek_status status = sek_ok();
	struct stat st;
	unsigned before;
	int fd;

	r.top = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (r.top < 0)
		return errno == ENOENT ? sek_ok() : sek_from_errno();
	if (fstat(r.top, &st) != 0)
		status = sek_from_errno();
	r.device = st.st_dev;
	do { /* each round takes DEPTH_MAX levels off what was carried up in the one before */
		before = r.moved;
		fd = sek_is_ok(status) ? openat(r.top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
		if (sek_is_ok(status) && (fd < 0 || empty(&r, fd, 0) != 0))
			status = sek_from_errno();
	} while (sek_is_ok(status) && r.moved != before);
	close(r.top);
	if (!sek_is_ok(status))
		return status;
	return rmdir(path) == 0 ? sek_ok() : sek_from_errno();
}
