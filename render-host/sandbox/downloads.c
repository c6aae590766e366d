/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Looking through the downloads. The browser writes there at the same time: what vanishes meanwhile is no error.
 */
#include "render-host/sandbox/downloads.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/limits.h"

enum { LOOKED_AT_MAX = 4096, NAME_BYTES = 256 };

/* What a look has found. */
struct found {
	unsigned n;
	uint64_t bytes;
	char oldest[NAME_BYTES], newest[NAME_BYTES];
	struct timespec oldest_at, newest_at;
};

static bool before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/* What is still being written has a name of the browser's own, or no bytes yet. */
static bool is_finished(int folder, const char *name, struct stat *ret)
{
	static const char partial[] = ".crdownload";
	size_t n = strlen(name);

	if (name[0] == '.' || n >= NAME_BYTES || (n >= sizeof partial - 1 && strcmp(name + n - (sizeof partial - 1), partial) == 0))
		return false;
	return fstatat(folder, name, ret, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(ret->st_mode) && ret->st_size > 0;
}

static void look(DIR *d, struct found *f)
{
	const struct dirent *e;
	struct stat st;

	*f = (struct found){ .n = 0 };
	rewinddir(d);
	for (unsigned i = 0; i < LOOKED_AT_MAX && (e = readdir(d)); i++) {
		if (!is_finished(dirfd(d), e->d_name, &st))
			continue;
		if (f->n == 0 || before(&st.st_ctim, &f->oldest_at)) {
			f->oldest_at = st.st_ctim;
			snprintf(f->oldest, sizeof f->oldest, "%s", e->d_name);
		}
		if (f->n == 0 || !before(&st.st_ctim, &f->newest_at)) {
			f->newest_at = st.st_ctim;
			snprintf(f->newest, sizeof f->newest, "%s", e->d_name);
		}
		f->n++;
		f->bytes += (uint64_t)st.st_size;
	}
}

static void prune(DIR *d, unsigned most, uint64_t most_bytes, struct found *f)
{
	look(d, f);
	/* each round deletes one; one that cannot be deleted ends it */
	while (f->n > 0 && (f->n > most || (f->bytes > most_bytes && f->n > 1)) && unlinkat(dirfd(d), f->oldest, 0) == 0)
		look(d, f);
}

uint16_t sek_downloads_count(const char *folder)
{
	DIR *d = opendir(folder);
	struct found f;

	if (!d)
		return 0;
	prune(d, SEK_DOCUMENTS_MAX, SEK_DOCUMENTS_KEPT_BYTES / 2, &f);
	closedir(d);
	return f.n > SEK_DOCUMENTS_MAX ? SEK_DOCUMENTS_MAX : (uint16_t)f.n;
}

void sek_downloads_clear(const char *folder)
{
	DIR *d = opendir(folder);
	struct found f;

	if (!d)
		return;
	prune(d, 0, 0, &f);
	closedir(d);
}

int sek_downloads_newest(const char *folder)
{
	DIR *d = opendir(folder);
	struct found f;
	int fd;

	if (!d)
		return -1;
	look(d, &f);
	fd = f.n > 0 ? openat(dirfd(d), f.newest, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
	closedir(d);
	return fd;
}
