/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The list of held files: a line each,
 *   sekisho-backup-held 1 RECIPIENT SIGNER WHOLE_S
 *   ID HASH SIZE MTIME_NS INODE PATH
 */
#include "broker/hub/backup/held.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hex.h"

static const char mark[] = "sekisho-backup-held 1";

int64_t sek_backup_mtime_ns(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

sek_status sek_backup_held_add(struct sek_backup_holdings *h, const struct sek_backup_held *held)
{
	if (h->n == h->room) {
		size_t room = h->room ? h->room * 2 : 256;
		struct sek_backup_held *more = realloc(h->all, room * sizeof *more);

		if (!more)
			return sek_fail(SEK_E_NOMEM);
		h->all = more;
		h->room = room;
	}
	h->all[h->n] = *held;
	h->all[h->n].path = strdup(held->path);
	if (!h->all[h->n].path)
		return sek_fail(SEK_E_NOMEM);
	h->n++;
	return sek_ok();
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct sek_backup_held *)a)->path, ((const struct sek_backup_held *)b)->path);
}

static bool read_head(char *line, struct sek_backup_holdings *h)
{
	char recipient[65], signer[65];

	return strncmp(line, mark, sizeof mark - 1) == 0 &&
		sscanf(line + sizeof mark - 1, " %64s %64s %" SCNd64, recipient, signer, &h->whole_s) == 3 &&
		sek_unhex(recipient, strlen(recipient), h->recipient, sizeof h->recipient) &&
		sek_unhex(signer, strlen(signer), h->signer, sizeof h->signer);
}

static sek_status read_line(char *line, struct sek_backup_holdings *h)
{
	struct sek_backup_held held = { .size = 0 };
	char id[33], hash[65];
	int at = 0;

	if (sscanf(line, "%32s %64s %" SCNu64 " %" SCNd64 " %" SCNu64 " %n", id, hash, &held.size, &held.mtime_ns, &held.inode, &at) != 5 ||
			at == 0 || !sek_unhex(id, strlen(id), held.id, sizeof held.id) || !sek_unhex(hash, strlen(hash), held.hash, sizeof held.hash))
		return sek_fail(SEK_E_MALFORMED);
	line[strcspn(line, "\n")] = '\0';
	held.path = line + at;
	return sek_backup_path_ok(held.path) ? sek_backup_held_add(h, &held) : sek_fail(SEK_E_MALFORMED);
}

sek_status sek_backup_held_load(const char *path, struct sek_backup_holdings *ret)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	sek_status status = sek_ok();

	if (!f)
		return sek_fail(SEK_E_NOT_FOUND);
	if (getline(&line, &room, f) <= 0 || !read_head(line, ret))
		status = sek_fail(SEK_E_MALFORMED);
	while (sek_is_ok(status) && getline(&line, &room, f) > 0)
		status = read_line(line, ret);
	free(line);
	fclose(f);
	if (!sek_is_ok(status))
		sek_backup_held_finish(ret);
	else if (ret->n > 0)
		qsort(ret->all, ret->n, sizeof *ret->all, by_path);
	return status;
}

static void write_all(FILE *f, const struct sek_backup_holdings *h)
{
	char a[65], b[65];

	sek_hex(h->recipient, sizeof h->recipient, a);
	sek_hex(h->signer, sizeof h->signer, b);
	fprintf(f, "%s %s %s %" PRId64 "\n", mark, a, b, h->whole_s);
	for (size_t i = 0; i < h->n; i++) {
		const struct sek_backup_held *k = &h->all[i];

		sek_hex(k->id, sizeof k->id, a);
		sek_hex(k->hash, sizeof k->hash, b);
		fprintf(f, "%s %s %" PRIu64 " %" PRId64 " %" PRIu64 " %s\n", a, b, k->size, k->mtime_ns, k->inode, k->path);
	}
}

sek_status sek_backup_held_save(const char *path, const struct sek_backup_holdings *h)
{
	char part[PATH_MAX];
	FILE *f;
	bool ok;

	snprintf(part, sizeof part, "%.4000s.part", path);
	f = fopen(part, "we");
	if (!f)
		return sek_from_errno();
	write_all(f, h);
	ok = fflush(f) == 0 && !ferror(f) && fsync(fileno(f)) == 0;
	ok = fclose(f) == 0 && ok;
	if (ok && rename(part, path) == 0)
		return sek_ok();
	(void)unlink(part);
	return sek_fail(SEK_E_IO);
}

void sek_backup_held_finish(struct sek_backup_holdings *h)
{
	for (size_t i = 0; i < h->n; i++)
		free(h->all[i].path);
	free(h->all);
	*h = (struct sek_backup_holdings){ .n = 0 };
}

const struct sek_backup_held *sek_backup_held_find(const struct sek_backup_holdings *h, const char *path, const struct stat *st)
{
	struct sek_backup_held key = { .path = (char *)(uintptr_t)path }, *k;

	k = h->n > 0 ? bsearch(&key, h->all, h->n, sizeof *h->all, by_path) : NULL;
	if (!k || k->size != (uint64_t)st->st_size || k->mtime_ns != sek_backup_mtime_ns(st) || k->inode != (uint64_t)st->st_ino)
		return NULL;
	return k;
}
