/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Putting the files of a plan where they were. Must never write over anything, nor leave half a restore behind.
 */
#include "broker/hub/backup/restore.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/file.h"
#include "base/error.h"
#include "broker/hub/backup/file.h"
#include "broker/hub/backup/shelf.h"

enum { DEPTH_MAX = 16 };

struct work {
	const struct sek_backup_plan *p;
	const char *root;
	bool *done;   /* of each row: it was made by us */
	size_t next;
	bool chown;
	char *err;
	size_t err_size;
};

static void place(const char *root, const char *path, char ret[PATH_MAX])
{
	snprintf(ret, PATH_MAX, "%s%s", root, path);
}

static sek_status refuse(char *err, size_t err_size, sek_status status, const char *path, const char *what)
{
	char text[120];

	snprintf(err, err_size, "'%.300s' %s (%s)", path, what, sek_status_text(status, text, sizeof text));
	return status;
}

/* A file anywhere below it; its name in ret. lost+found does not count. */
static bool holds_a_file(const char *folder, unsigned depth, char ret[PATH_MAX])
{
	DIR *d = opendir(folder);
	struct dirent *e;
	bool found = false;

	while (d && !found && (e = readdir(d)) != NULL) {
		char path[PATH_MAX];
		struct stat st;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || strcmp(e->d_name, "lost+found") == 0 ||
				snprintf(path, sizeof path, "%s/%s", folder, e->d_name) >= (int)sizeof path || lstat(path, &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
			found = holds_a_file(path, depth + 1, ret);
		} else {
			found = true;
			snprintf(ret, PATH_MAX, "%s", path);
		}
	}
	if (d)
		closedir(d);
	return found;
}

/* The number of an account, by name, or as it was where nobody had a name for it. */
static bool account(const char *name, bool group, unsigned *ret)
{
	const struct passwd *p = group ? NULL : getpwnam(name);
	const struct group *g = group ? getgrnam(name) : NULL;
	char *end;
	unsigned long n;

	if (p || g) {
		*ret = p ? p->pw_uid : g->gr_gid;
		return true;
	}
	n = strtoul(name, &end, 10);
	*ret = (unsigned)n;
	return *name >= '0' && *name <= '9' && !*end && n < UINT_MAX;
}

/* Whether that very file is there already. */
static bool is_same(const struct sek_backup_row *row, const char *path)
{
	uint8_t bytes[16384], hash[SEK_BACKUP_HASH_BYTES];
	crypto_generichash_state h;
	struct stat st;
	FILE *f;
	size_t n;
	bool ok;

	if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != row->size || (f = fopen(path, "re")) == NULL)
		return false;
	crypto_generichash_init(&h, NULL, 0, sizeof hash);
	while ((n = fread(bytes, 1, sizeof bytes, f)) > 0)
		crypto_generichash_update(&h, bytes, n);
	ok = !ferror(f);
	fclose(f);
	crypto_generichash_final(&h, hash, sizeof hash);
	return ok && memcmp(hash, row->hash, sizeof hash) == 0;
}

sek_status sek_backup_plan_fits(const struct sek_backup_plan *p, const char *root, char *err, size_t err_size)
{
	char path[PATH_MAX], there[PATH_MAX];
	struct stat st;
	unsigned ignored;

	for (size_t i = 0; i < p->n; i++) {
		const struct sek_backup_row *row = &p->rows[i];

		place(root, row->path, path);
		if (row->kind == SEK_BACKUP_FOLDER && row->class < SEK_BACKUP_CONFIG && holds_a_file(path, 0, there)) {
			snprintf(err, err_size, "'%.300s' is there already: a restore needs empty folders. Move away what lies in '%.300s'", there, path);
			return sek_fail(SEK_E_EXISTS);
		}
		if (row->kind != SEK_BACKUP_FOLDER && lstat(path, &st) == 0 && !(row->class == SEK_BACKUP_KEY && is_same(row, path))) {
			snprintf(err, err_size, "'%.300s' is there already: move it away; nothing is ever written over", path);
			return sek_fail(SEK_E_EXISTS);
		}
		if (geteuid() == 0 && (!account(row->owner, false, &ignored) || !account(row->group, true, &ignored))) {
			snprintf(err, err_size, "there is no user '%s' or no group '%s' on this machine, to whom '%.300s' belonged: install the package first",
				row->owner, row->group, path);
			return sek_fail(SEK_E_NOT_FOUND);
		}
	}
	return sek_ok();
}

/* Owner, mode and times as they were. */
static sek_status dress(const struct work *w, const struct sek_backup_row *row, int fd)
{
	const struct timespec times[2] = { { .tv_sec = row->mtime_s }, { .tv_sec = row->mtime_s } };
	unsigned uid, gid;

	if (w->chown && (!account(row->owner, false, &uid) || !account(row->group, true, &gid) || fchown(fd, uid, gid) != 0))
		return sek_from_errno();
	return fchmod(fd, row->mode) == 0 && futimens(fd, times) == 0 ? sek_ok() : sek_from_errno();
}

/* The folders above, for root alone, where nobody said otherwise. */
static sek_status make_above(const char *path)
{
	char part[PATH_MAX];

	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		snprintf(part, sizeof part, "%.*s", (int)(p - path), path);
		if (mkdir(part, 0755) != 0 && errno != EEXIST)
			return sek_from_errno();
	}
	return sek_ok();
}

static sek_status make_folder(struct work *w, size_t i)
{
	const struct sek_backup_row *row = &w->p->rows[i];
	char path[PATH_MAX];
	sek_status s;
	int fd;

	place(w->root, row->path, path);
	SEK_TRY(make_above(path));
	if (mkdir(path, 0700) == 0)
		w->done[i] = true;
	else if (errno != EEXIST)
		return refuse(w->err, w->err_size, sek_from_errno(), path, "cannot be made");
	else if (row->class >= SEK_BACKUP_CONFIG) /* somebody else's folder, as it is */
		return sek_ok();
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return refuse(w->err, w->err_size, sek_from_errno(), path, "is no folder");
	s = dress(w, row, fd);
	close(fd);
	return sek_is_ok(s) ? s : refuse(w->err, w->err_size, s, path, "cannot be given its owner and rights");
}

static sek_status fill(struct sek_backup_reader *r, int fd, const struct sek_backup_row *row)
{
	uint8_t bytes[16384], hash[SEK_BACKUP_HASH_BYTES], said[SEK_BACKUP_HASH_BYTES];
	crypto_generichash_state h;
	uint64_t n = row->size;

	crypto_generichash_init(&h, NULL, 0, sizeof hash);
	while (n > 0) {
		size_t k = n < sizeof bytes ? (size_t)n : sizeof bytes;

		SEK_TRY(sek_backup_get(r, bytes, k));
		crypto_generichash_update(&h, bytes, k);
		SEK_TRY(sek_file_put(fd, bytes, k));
		n -= k;
	}
	crypto_generichash_final(&h, hash, sizeof hash);
	SEK_TRY(sek_backup_get(r, said, sizeof said));
	/* what was verified before must be what is read now */
	return memcmp(hash, row->hash, sizeof hash) == 0 && memcmp(hash, said, sizeof hash) == 0 ? sek_ok() : sek_fail(SEK_E_CRYPTO);
}

static sek_status make_file(struct work *w, struct sek_backup_reader *r, size_t i)
{
	const struct sek_backup_row *row = &w->p->rows[i];
	char path[PATH_MAX];
	sek_status s;
	int fd;

	place(w->root, row->path, path);
	s = make_above(path);
	fd = sek_is_ok(s) ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
	if (fd < 0)
		return refuse(w->err, w->err_size, sek_is_ok(s) ? sek_from_errno() : s, path, "cannot be made");
	w->done[i] = true;
	s = fill(r, fd, row);
	if (sek_is_ok(s))
		s = dress(w, row, fd);
	if (sek_is_ok(s) && fsync(fd) != 0)
		s = sek_from_errno();
	close(fd);
	return sek_is_ok(s) ? s : refuse(w->err, w->err_size, s, path, "cannot be written");
}

/* The row that wants this file of that backup. They come in much the same order: the search begins behind the last one. */
static bool find_row(struct work *w, const uint8_t id[SEK_BACKUP_ID_BYTES], const struct sek_backup_entry *e, size_t *ret)
{
	for (size_t k = 0; k < w->p->n; k++) {
		size_t i = (w->next + k) % w->p->n;
		const struct sek_backup_row *row = &w->p->rows[i];

		if (row->kind != SEK_BACKUP_FOLDER && !w->done[i] && memcmp(row->id, id, sizeof row->id) == 0 && row->size == e->size &&
				strcmp(row->path, e->path) == 0) {
			*ret = i;
			w->next = i + 1;
			return true;
		}
	}
	return false;
}

static sek_status skip(struct sek_backup_reader *r, uint64_t n)
{
	uint8_t bytes[16384];

	for (n += SEK_BACKUP_HASH_BYTES; n > 0;) {
		size_t k = n < sizeof bytes ? (size_t)n : sizeof bytes;

		SEK_TRY(sek_backup_get(r, bytes, k));
		n -= k;
	}
	return sek_ok();
}

static sek_status take_from(struct work *w, const char *path)
{
	struct sek_backup_reader *r = NULL;
	struct sek_backup_entry e = { .kind = SEK_BACKUP_FOLDER };
	sek_status s = sek_backup_open(path, &r);
	char there[PATH_MAX];
	struct stat st;
	size_t i;

	if (sek_is_ok(s))
		s = sek_backup_unlock(r, w->p->secret);
	while (sek_is_ok(s) && e.kind != SEK_BACKUP_END) {
		s = sek_backup_get_entry(r, &e);
		if (!sek_is_ok(s) || e.kind != SEK_BACKUP_FILE)
			continue;
		place(w->root, e.path, there);
		s = find_row(w, sek_backup_head(r)->id, &e, &i) && lstat(there, &st) != 0 ? make_file(w, r, i) : skip(r, e.size);
	}
	sek_backup_close(r);
	if (!sek_is_ok(s) && !*w->err)
		return refuse(w->err, w->err_size, s, path, "is not any more what it was when it was verified");
	return s;
}

static sek_status take_from_all(struct work *w)
{
	struct sek_backup_shelf shelf = { .n = 0 };
	char path[2 * SEK_BACKUP_PATH_BYTES];
	sek_status s = take_from(w, w->p->main);

	if (sek_is_ok(s))
		s = sek_backup_shelf_read(w->p->folder, &shelf);
	for (size_t i = 0; sek_is_ok(s) && i < w->p->n; i++) {
		const struct sek_backup_on_shelf *on;

		if (w->p->rows[i].kind != SEK_BACKUP_HELD || w->done[i])
			continue;
		on = sek_backup_shelf_find(&shelf, w->p->rows[i].id);
		snprintf(path, sizeof path, "%s/%s", w->p->folder, on ? on->name : "");
		s = on ? take_from(w, path) : sek_fail(SEK_E_NOT_FOUND);
		if (sek_is_ok(s) && !w->done[i])
			s = sek_fail(SEK_E_CRYPTO);
		if (!sek_is_ok(s) && !*w->err)
			s = refuse(w->err, w->err_size, s, w->p->rows[i].path, "is not any more in the backup that held it");
	}
	sek_backup_shelf_finish(&shelf);
	return s;
}

static void undo(const struct work *w)
{
	char path[PATH_MAX];

	for (size_t i = w->p->n; i-- > 0;) {
		place(w->root, w->p->rows[i].path, path);
		if (w->done[i])
			(void)(w->p->rows[i].kind == SEK_BACKUP_FOLDER ? rmdir(path) : unlink(path));
	}
}

sek_status sek_backup_plan_carry_out(const struct sek_backup_plan *p, const char *root, char *err, size_t err_size)
{
	struct work w = { .p = p, .root = root, .done = calloc(p->n + 1, sizeof *w.done), .chown = geteuid() == 0, .err = err, .err_size = err_size };
	sek_status s = w.done ? sek_ok() : sek_fail(SEK_E_NOMEM);

	*err = '\0';
	for (size_t i = 0; sek_is_ok(s) && i < p->n; i++)
		if (p->rows[i].kind == SEK_BACKUP_FOLDER)
			s = make_folder(&w, i);
	if (sek_is_ok(s))
		s = take_from_all(&w);
	if (!sek_is_ok(s) && w.done) {
		undo(&w);
		if (!*err)
			snprintf(err, err_size, "it cannot be written there");
	}
	sync();
	free(w.done);
	return s;
}
