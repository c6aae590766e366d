/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A sorted table of files. Must never open a file after it was made.
 */
#include "broker/hub/front/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "base/file.h"

enum { PATH_BYTES = 512 };

struct sek_files {
	struct sek_file list[SEK_FILES_MAX];
	size_t n, total;
};

struct load {
	struct sek_files *files;
	void (*skipped)(const char *path, const char *why);
	char *err;
	size_t err_size;
};

static const struct {
	const char *suffix, *type;
} types[] = {
	{ ".html", "text/html; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".mjs", "text/javascript; charset=utf-8" },
	{ ".json", "application/json" },
	{ ".webmanifest", "application/manifest+json" },
	{ ".wasm", "application/wasm" },
	{ ".svg", "image/svg+xml" },
	{ ".png", "image/png" },
	{ ".ico", "image/vnd.microsoft.icon" },
	{ ".woff2", "font/woff2" },
	{ ".txt", "text/plain; charset=utf-8" },
};

static const char *type_of(const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t i;

	for (i = 0; dot && i < sizeof types / sizeof types[0]; i++)
		if (strcmp(dot, types[i].suffix) == 0)
			return types[i].type;
	return NULL;
}

static void skip(const struct load *l, const char *path, const char *why)
{
	if (l->skipped)
		l->skipped(path, why);
}

static sek_status complain(const struct load *l, const char *path, const char *why)
{
	snprintf(l->err, l->err_size, "web_root: '%s' %s", path, why);
	return sek_fail(SEK_E_CONFIG);
}

static void make_etag(struct sek_file *f)
{
	uint8_t hash[16];
	char hex[sizeof hash * 2 + 1];

	_Static_assert(SEK_ETAG_BYTES == sizeof hex + 2, "quotes around the digits");
	crypto_generichash(hash, sizeof hash, f->bytes, f->n, NULL, 0);
	sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
	snprintf(f->etag, sizeof f->etag, "\"%s\"", hex);
}

static sek_status read_all(int fd, uint8_t *bytes, size_t n)
{
	size_t got = 0;

	SEK_TRY(sek_file_get(fd, bytes, n, &got));
	return got == n ? sek_ok() : sek_fail(SEK_E_IO);
}

static sek_status add_file(const struct load *l, int fd, const char *path, const struct stat *st)
{
	struct sek_files *files = l->files;
	struct sek_file *f = &files->list[files->n];
	size_t n = (size_t)st->st_size;

	if (files->n == SEK_FILES_MAX || n > SEK_FILES_TOTAL_BYTES - files->total)
		return complain(l, path, "is one file too many, or they are too large: is this the web client's folder?");
	f->path = strdup(path);
	f->bytes = malloc(n + 1);
	f->n = n;
	f->type = type_of(path);
	files->n++; /* from here on destroying the table frees it */
	if (!f->path || !f->bytes)
		return sek_fail(SEK_E_NOMEM);
	if (!sek_is_ok(read_all(fd, f->bytes, n)))
		return complain(l, path, "cannot be read");
	files->total += n;
	make_etag(f);
	return sek_ok();
}

static sek_status add_folder(const struct load *l, int fd, const char *prefix, int depth);

static sek_status add_entry(const struct load *l, int folder, const char *prefix, const char *name, int depth)
{
	char path[PATH_BYTES];
	sek_status status;
	struct stat st;
	int fd;

	if ((size_t)snprintf(path, sizeof path, "%s/%s", prefix, name) >= sizeof path)
		return complain(l, prefix, "holds a name that is too long");
	if (name[0] == '.') {
		skip(l, path, "hidden");
		return sek_ok();
	}
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ELOOP) {
		skip(l, path, "a link");
		return sek_ok();
	}
	if (fd < 0 || fstat(fd, &st) != 0) {
		if (fd >= 0)
			close(fd);
		return complain(l, path, "cannot be read: check who may read it");
	}
	if (S_ISDIR(st.st_mode))
		return add_folder(l, fd, path, depth + 1);
	status = sek_ok();
	if (!S_ISREG(st.st_mode) || !type_of(name))
		skip(l, path, "not a kind of file that the web client has");
	else
		status = add_file(l, fd, path, &st);
	close(fd);
	return status;
}

/* Takes over fd. */
static sek_status add_folder(const struct load *l, int fd, const char *prefix, int depth)
{
	sek_status status = sek_ok();
	struct dirent *e;
	DIR *d;

	if (depth > SEK_FILES_DEPTH_MAX) {
		close(fd);
		return complain(l, prefix, "is too deep");
	}
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return complain(l, prefix, "cannot be read");
	}
	while (sek_is_ok(status) && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			status = add_entry(l, dirfd(d), prefix, e->d_name, depth);
	closedir(d);
	return status;
}

static int by_path(const void *a, const void *b)
{
	const struct sek_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

sek_status sek_files_load(const char *root, void (*skipped)(const char *path, const char *why), struct sek_files **ret,
	char *err, size_t err_size)
{
	struct load l = { .skipped = skipped, .err = err, .err_size = err_size };
	sek_status status;
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return complain(&l, root, "cannot be read: write the folder of the web client");
	l.files = calloc(1, sizeof *l.files);
	if (!l.files) {
		close(fd);
		return sek_fail(SEK_E_NOMEM);
	}
	status = add_folder(&l, fd, "", 0);
	if (!sek_is_ok(status)) {
		sek_files_destroy(l.files);
		return status;
	}
	qsort(l.files->list, l.files->n, sizeof l.files->list[0], by_path);
	*ret = l.files;
	return status;
}

void sek_files_destroy(struct sek_files *f)
{
	size_t i;

	if (!f)
		return;
	for (i = 0; i < f->n; i++) {
		free(f->list[i].path);
		free(f->list[i].bytes);
	}
	free(f);
}

const struct sek_file *sek_files_find(const struct sek_files *f, const char *path, size_t n)
{
	char full[PATH_BYTES];
	struct sek_file key = { .path = full };

	if (n == 0 || n >= sizeof full || memchr(path, '\0', n))
		return NULL;
	if ((size_t)snprintf(full, sizeof full, "%.*s%s", (int)n, path, path[n - 1] == '/' ? "index.html" : "") >=
			sizeof full)
		return NULL;
	return bsearch(&key, f->list, f->n, sizeof f->list[0], by_path);
}
