/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Looking at a folder of backups.
 */
#include "broker/hub/backup/shelf.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/hex.h"
#include "broker/hub/backup/file.h"

static bool is_backup(const char *name)
{
	size_t n = strlen(name), end = sizeof SEK_BACKUP_SUFFIX - 1;

	return n > end && strcmp(name + n - end, SEK_BACKUP_SUFFIX) == 0;
}

static sek_status add(struct sek_backup_shelf *s, const char *name, const struct sek_backup_reader *r)
{
	struct sek_backup_on_shelf *more = realloc(s->all, (s->n + 1) * sizeof *more);

	if (!more)
		return sek_fail(SEK_E_NOMEM);
	s->all = more;
	more[s->n] = (struct sek_backup_on_shelf){ .name = strdup(name), .bytes = sek_backup_bytes(r), .head = *sek_backup_head(r) };
	if (!more[s->n].name)
		return sek_fail(SEK_E_NOMEM);
	s->n++;
	return sek_ok();
}

static int by_time(const void *a, const void *b)
{
	const struct sek_backup_on_shelf *x = a, *y = b;

	if (x->head.made_s != y->head.made_s)
		return x->head.made_s < y->head.made_s ? -1 : 1;
	return strcmp(x->name, y->name);
}

sek_status sek_backup_shelf_read(const char *folder, struct sek_backup_shelf *ret)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	sek_status status = sek_ok();

	if (!d)
		return sek_from_errno();
	while (sek_is_ok(status) && (e = readdir(d)) != NULL) {
		struct sek_backup_reader *r;
		char path[PATH_MAX];

		if (!is_backup(e->d_name) || snprintf(path, sizeof path, "%s/%s", folder, e->d_name) >= (int)sizeof path ||
				!sek_is_ok(sek_backup_open(path, &r)))
			continue;
		status = add(ret, e->d_name, r);
		sek_backup_close(r);
	}
	closedir(d);
	if (!sek_is_ok(status))
		sek_backup_shelf_finish(ret);
	else if (ret->n > 0)
		qsort(ret->all, ret->n, sizeof *ret->all, by_time);
	return status;
}

void sek_backup_shelf_finish(struct sek_backup_shelf *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->all[i].name);
	free(s->all);
	*s = (struct sek_backup_shelf){ .n = 0 };
}

const struct sek_backup_on_shelf *sek_backup_shelf_find(const struct sek_backup_shelf *s, const uint8_t id[SEK_BACKUP_ID_BYTES])
{
	for (size_t i = 0; i < s->n; i++)
		if (memcmp(s->all[i].head.id, id, SEK_BACKUP_ID_BYTES) == 0)
			return &s->all[i];
	return NULL;
}

static void stamp(int64_t s, const char *format, char ret[32])
{
	time_t t = (time_t)s;
	struct tm tm;

	*ret = '\0';
	if (gmtime_r(&t, &tm))
		strftime(ret, 32, format, &tm);
}

void sek_backup_time(int64_t s, char ret[32])
{
	stamp(s, "%Y-%m-%dT%H:%M:%SZ", ret);
}

void sek_backup_name(const struct sek_backup_head *h, char ret[160])
{
	char when[32], id[9], where[SEK_BACKUP_WHERE_BYTES];
	size_t i;

	stamp(h->made_s, "%Y%m%dT%H%M%SZ", when);
	sek_hex(h->id, 4, id);
	memcpy(where, h->where, sizeof where);
	where[sizeof where - 1] = '\0';
	for (i = 0; where[i]; i++)
		if (where[i] == '/')
			where[i] = '_';
	snprintf(ret, 160, "sekisho-%s-%s-%s%s", where, when, id, SEK_BACKUP_SUFFIX);
}
