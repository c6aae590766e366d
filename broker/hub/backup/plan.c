/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Looking through backups. Must never read an entry of a file whose signature was not found right before.
 */
#include "broker/hub/backup/restore.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/error.h"
#include "broker/hub/backup/file.h"
#include "broker/hub/backup/items.h"
#include "broker/hub/backup/shelf.h"

struct looking {
	struct sek_backup_plan *p;
	struct sek_backup_shelf shelf;
	char *err;
	size_t err_size;
};

static sek_status refuse(const struct looking *l, sek_status status, const char *file, const char *what)
{
	snprintf(l->err, l->err_size, "%.300s: %s", file, what);
	return status;
}

static const char *why(sek_status s)
{
	switch (s.code) {
	case SEK_E_NOT_FOUND: return "is not there";
	case SEK_E_MALFORMED: return "is no backup, or was cut or changed";
	case SEK_E_CRYPTO: return "was changed, or is not signed by that key";
	case SEK_E_DENIED: return "is encrypted to another backup key";
	case SEK_E_NOMEM: return "not enough memory";
	default: return "cannot be read";
	}
}

static sek_status add_row(struct sek_backup_plan *p, const struct sek_backup_entry *e, const uint8_t id[SEK_BACKUP_ID_BYTES],
	const uint8_t hash[SEK_BACKUP_HASH_BYTES])
{
	struct sek_backup_row *row;

	if (p->n == p->room) {
		size_t room = p->room ? p->room * 2 : 256;
		struct sek_backup_row *more = realloc(p->rows, room * sizeof *more);

		if (!more)
			return sek_fail(SEK_E_NOMEM);
		p->rows = more;
		p->room = room;
	}
	row = &p->rows[p->n++];
	*row = (struct sek_backup_row){ .kind = e->kind, .class = e->class, .mode = e->mode, .mtime_s = e->mtime_s, .size = e->size,
		.owner = strdup(e->owner), .group = strdup(e->group), .path = strdup(e->path) };
	memcpy(row->id, id, sizeof row->id);
	memcpy(row->hash, hash, sizeof row->hash);
	if (e->kind != SEK_BACKUP_FOLDER)
		p->bytes += e->size;
	return row->owner && row->group && row->path ? sek_ok() : sek_fail(SEK_E_NOMEM);
}

/* The bytes of a file and what is said to be their hash. */
static sek_status read_through(struct sek_backup_reader *r, uint64_t n, uint8_t ret[SEK_BACKUP_HASH_BYTES])
{
	uint8_t bytes[16384], hash[SEK_BACKUP_HASH_BYTES];
	crypto_generichash_state h;

	crypto_generichash_init(&h, NULL, 0, sizeof hash);
	while (n > 0) {
		size_t k = n < sizeof bytes ? (size_t)n : sizeof bytes;

		SEK_TRY(sek_backup_get(r, bytes, k));
		crypto_generichash_update(&h, bytes, k);
		n -= k;
	}
	crypto_generichash_final(&h, hash, sizeof hash);
	SEK_TRY(sek_backup_get(r, ret, SEK_BACKUP_HASH_BYTES));
	return sodium_memcmp(ret, hash, sizeof hash) == 0 ? sek_ok() : sek_fail(SEK_E_MALFORMED);
}

static sek_status open_checked(const struct looking *l, const char *path, struct sek_backup_reader **ret)
{
	struct sek_backup_reader *r = NULL;
	sek_status s = sek_backup_open(path, &r);

	if (sek_is_ok(s))
		s = sek_backup_check(r, l->p->signer);
	if (sek_is_ok(s))
		s = sek_backup_unlock(r, l->p->secret);
	if (sek_is_ok(s)) {
		*ret = r;
		return s;
	}
	sek_backup_close(r);
	return refuse(l, s, path, why(s));
}

/* The row that waits for this file. They come in much the same order: the search begins behind the last one. */
static void mark_found(struct sek_backup_plan *p, const uint8_t *id, const struct sek_backup_entry *e, const uint8_t *hash, size_t *hint)
{
	for (size_t k = 0; k < p->n; k++) {
		size_t i = (*hint + k) % p->n;
		struct sek_backup_row *row = &p->rows[i];

		if (row->kind == SEK_BACKUP_HELD && memcmp(row->id, id, sizeof row->id) == 0 && row->size == e->size &&
				memcmp(row->hash, hash, sizeof row->hash) == 0 && strcmp(row->path, e->path) == 0) {
			row->found = true;
			*hint = i + 1;
			return;
		}
	}
}

/* Every entry of a backup, read to its end. For the main one each becomes a row; for an older one those that are wanted are found. */
static sek_status look_through(struct looking *l, const char *path, const uint8_t *older)
{
	struct sek_backup_reader *r = NULL;
	struct sek_backup_entry e;
	uint8_t hash[SEK_BACKUP_HASH_BYTES];
	size_t hint = 0;
	sek_status s;

	SEK_TRY(open_checked(l, path, &r));
	if (!older)
		l->p->head = *sek_backup_head(r);
	do {
		s = sek_backup_get_entry(r, &e);
		memcpy(hash, e.hash, sizeof hash);
		if (sek_is_ok(s) && e.kind == SEK_BACKUP_FILE)
			s = read_through(r, e.size, hash);
		if (sek_is_ok(s) && !older && e.kind != SEK_BACKUP_END)
			s = add_row(l->p, &e, e.kind == SEK_BACKUP_HELD ? e.id : sek_backup_head(r)->id, hash);
		if (sek_is_ok(s) && older && e.kind == SEK_BACKUP_FILE)
			mark_found(l->p, older, &e, hash, &hint);
	} while (sek_is_ok(s) && e.kind != SEK_BACKUP_END);
	sek_backup_close(r);
	return sek_is_ok(s) ? s : refuse(l, s, path, why(s));
}

/* The older backups, each once. */
static sek_status look_through_older(struct looking *l)
{
	struct sek_backup_plan *p = l->p;
	char path[2 * SEK_BACKUP_PATH_BYTES];

	for (size_t i = 0; i < p->n; i++) {
		const struct sek_backup_on_shelf *s;

		if (p->rows[i].kind != SEK_BACKUP_HELD || p->rows[i].found)
			continue;
		s = sek_backup_shelf_find(&l->shelf, p->rows[i].id);
		if (!s)
			return refuse(l, sek_fail(SEK_E_NOT_FOUND), p->rows[i].path, "the earlier backup that holds this file is not in the folder");
		snprintf(path, sizeof path, "%s/%s", p->folder, s->name);
		SEK_TRY(look_through(l, path, p->rows[i].id));
		if (!p->rows[i].found)
			return refuse(l, sek_fail(SEK_E_MALFORMED), p->rows[i].path, "the earlier backup that should hold this file does not");
	}
	return sek_ok();
}

sek_status sek_backup_plan_make(const char *path, const uint8_t signer[SEK_SIGN_KEY_BYTES], const uint8_t secret[32],
	struct sek_backup_plan *ret, char *err, size_t err_size)
{
	struct looking l = { .p = ret, .err = err, .err_size = err_size };
	char copy[SEK_BACKUP_PATH_BYTES];
	sek_status s;

	*ret = (struct sek_backup_plan){ .n = 0 };
	*err = '\0';
	memcpy(ret->signer, signer, sizeof ret->signer);
	memcpy(ret->secret, secret, sizeof ret->secret);
	if (!sek_backup_absolute(path, ret->main))
		return refuse(&l, sek_fail(SEK_E_NOT_FOUND), path, "no such file");
	snprintf(copy, sizeof copy, "%s", ret->main);
	snprintf(ret->folder, sizeof ret->folder, "%s", dirname(copy));
	s = look_through(&l, ret->main, NULL);
	if (sek_is_ok(s))
		s = sek_backup_shelf_read(ret->folder, &l.shelf);
	if (sek_is_ok(s))
		s = look_through_older(&l);
	sek_backup_shelf_finish(&l.shelf);
	if (!sek_is_ok(s)) {
		if (!*err)
			snprintf(err, err_size, "%.300s: %s", path, why(s));
		sek_backup_plan_finish(ret);
	}
	return s;
}

void sek_backup_plan_finish(struct sek_backup_plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->rows[i].owner);
		free(p->rows[i].group);
		free(p->rows[i].path);
	}
	free(p->rows);
	sodium_memzero(p, sizeof *p);
}
