/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Making a backup. Must never hold the broker up, nor call a file whole of which a part is missing.
 */
#include "broker/hub/backup/make.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "base/hex.h"
#include "broker/hub/backup/file.h"
#include "broker/hub/backup/held.h"
#include "broker/hub/backup/items.h"
#include "broker/hub/backup/shelf.h"
#include "broker/hub/store/copy.h"
#include "broker/hub/store/migrate.h"

struct job {
	const struct sek_broker_config *c;
	const struct sek_backup_wish *wish;
	const char *config_path;
	char folder[SEK_BACKUP_PATH_BYTES];
	struct sek_backup_result *ret;
	char copy[PATH_MAX]; /* of the store, "" = there is none now */
	int lock_fd;
	struct sek_sign_key signer;
	struct sek_backup_holdings before, after;
	struct sek_backup_shelf shelf;
	struct sek_backup_items items;
	struct sek_audit_mark mark;
	struct sek_backup_writer *w;
	uint64_t folders;
	char *err;
	size_t err_size;
};

static sek_status refuse(const struct job *j, sek_status status, const char *what, const char *path)
{
	char text[120];

	snprintf(j->err, j->err_size, "'%.300s' %s (%s)", path, what, sek_status_text(status, text, sizeof text));
	return status;
}

/* --- before anything is written --- */

static sek_status lock_out_others(struct job *j)
{
	char path[PATH_MAX], copy[PATH_MAX];

	snprintf(copy, sizeof copy, "%s", j->c->store_path);
	snprintf(path, sizeof path, "%.4000s/backup.lock", dirname(copy));
	j->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (j->lock_fd < 0)
		return refuse(j, sek_from_errno(), "cannot be made: run this as the broker's user or as root", path);
	if (flock(j->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return refuse(j, sek_fail(SEK_E_BUSY), "is locked: another backup is being made", path);
	return sek_ok();
}

static sek_status get_keys(struct job *j, struct sek_backup_head *head)
{
	const char *path = j->c->backup_signing_key_path;
	sek_status status;

	if (!j->c->backup_public_key_path)
		return refuse(j, sek_fail(SEK_E_CONFIG), "has no section `backup:`: say there where backups go, and the public key", j->config_path);
	status = sek_public_key_load(j->c->backup_public_key_path, head->recipient);
	if (!sek_is_ok(status))
		return refuse(j, status, "is no public backup key: make a pair with `sekishoctl backup keygen`", j->c->backup_public_key_path);
	status = sek_sign_key_load(path, &j->signer);
	if (sek_is(status, SEK_E_NOT_FOUND))
		status = sek_sign_key_make(path, &j->signer);
	return sek_is_ok(status) ? status : refuse(j, status, "cannot be read or made: the key that signs backups", path);
}

/* What earlier backups hold counts only if they are still there, and were made with the same keys. */
static sek_status look_back(struct job *j, struct sek_backup_head *head)
{
	int64_t whole_s;
	sek_status status = sek_backup_shelf_read(j->folder, &j->shelf);

	if (!sek_is_ok(status))
		return refuse(j, status, "cannot be read: make the folder, and give it to the broker's user", j->folder);
	status = sek_backup_held_load(j->c->backup_held_path, &j->before);
	whole_s = j->before.whole_s;
	head->whole = j->wish->whole || !sek_is_ok(status) || memcmp(j->before.recipient, head->recipient, 32) != 0 ||
		memcmp(j->before.signer, j->signer.public_key, 32) != 0 || whole_s > head->made_s ||
		head->made_s - whole_s >= (int64_t)j->c->backup_whole_days * 86400;
	if (head->whole)
		sek_backup_held_finish(&j->before);
	memcpy(j->after.recipient, head->recipient, 32);
	memcpy(j->after.signer, j->signer.public_key, 32);
	j->after.whole_s = head->whole ? head->made_s : whole_s;
	return sek_ok();
}

/* The store first: what the log and the recordings have more than it are things that happened after it, and are known for that. */
static sek_status take_moment(struct job *j)
{
	char copy[PATH_MAX];
	sek_status status;

	snprintf(copy, sizeof copy, "%.4000s.backup", j->c->store_path);
	(void)unlink(copy); /* of a backup that was killed */
	memcpy(j->copy, copy, sizeof copy);
	j->ret->from_postgresql = j->c->store_where != j->c->store_path;
	SEK_TRY(j->ret->from_postgresql ? sek_store_dump(j->c->store_where, copy, j->err, j->err_size) :
		sek_store_copy(j->c->store_path, copy, j->err, j->err_size));
	status = sek_audit_mark_take(j->c->audit.path, &j->mark);
	if (!sek_is_ok(status) && !sek_is(status, SEK_E_NOT_FOUND))
		return refuse(j, status, "cannot be read: the audit log", j->c->audit.path);
	return sek_backup_items_list(j->c, &(struct sek_backup_sources){ j->config_path, j->copy, &j->mark, j->wish->recordings,
		j->wish->documents }, &j->items, j->err, j->err_size);
}

/* --- the files --- */

static void describe(const struct stat *st, const struct sek_backup_item *item, struct sek_backup_entry *e)
{
	const struct passwd *p = getpwuid(st->st_uid);
	const struct group *g = getgrgid(st->st_gid);

	*e = (struct sek_backup_entry){ .class = item->class, .mode = st->st_mode & 0777, .mtime_s = st->st_mtime > 0 ? st->st_mtime : 0 };
	if (p)
		snprintf(e->owner, sizeof e->owner, "%s", p->pw_name);
	else
		snprintf(e->owner, sizeof e->owner, "%lu", (unsigned long)st->st_uid);
	if (g)
		snprintf(e->group, sizeof e->group, "%s", g->gr_name);
	else
		snprintf(e->group, sizeof e->group, "%lu", (unsigned long)st->st_gid);
	snprintf(e->path, sizeof e->path, "%s", item->path);
}

static sek_status copy_bytes(struct job *j, const struct sek_backup_item *item, int fd, uint64_t n, uint8_t ret_hash[SEK_BACKUP_HASH_BYTES])
{
	uint8_t bytes[65536];
	crypto_generichash_state h;

	crypto_generichash_init(&h, NULL, 0, SEK_BACKUP_HASH_BYTES);
	if (item->memory) {
		crypto_generichash_update(&h, item->memory, n);
		SEK_TRY(sek_backup_put(j->w, item->memory, n));
		n = 0;
	}
	while (n > 0) {
		ssize_t r = read(fd, bytes, n < sizeof bytes ? (size_t)n : sizeof bytes);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return refuse(j, r < 0 ? sek_from_errno() : sek_fail(SEK_E_CONFLICT), "was cut short while it was read: try again", item->path);
		crypto_generichash_update(&h, bytes, (size_t)r);
		SEK_TRY(sek_backup_put(j->w, bytes, (size_t)r));
		n -= (uint64_t)r;
	}
	crypto_generichash_final(&h, ret_hash, SEK_BACKUP_HASH_BYTES);
	return sek_backup_put(j->w, ret_hash, SEK_BACKUP_HASH_BYTES);
}

static sek_status remember(struct job *j, const struct sek_backup_item *item, const struct stat *st, const uint8_t id[SEK_BACKUP_ID_BYTES],
	const uint8_t hash[SEK_BACKUP_HASH_BYTES])
{
	struct sek_backup_held held = { .size = (uint64_t)st->st_size, .inode = (uint64_t)st->st_ino, .mtime_ns = sek_backup_mtime_ns(st),
		.path = item->path };

	memcpy(held.id, id, sizeof held.id);
	memcpy(held.hash, hash, sizeof held.hash);
	return sek_backup_held_add(&j->after, &held);
}

static sek_status put_held(struct job *j, const struct sek_backup_item *item, const struct stat *st, const struct sek_backup_held *held,
	struct sek_backup_entry *e)
{
	e->kind = SEK_BACKUP_HELD;
	e->size = held->size;
	memcpy(e->id, held->id, sizeof e->id);
	memcpy(e->hash, held->hash, sizeof e->hash);
	SEK_TRY(sek_backup_put_entry(j->w, e));
	j->ret->held++;
	return remember(j, item, st, held->id, held->hash);
}

static sek_status put_open_file(struct job *j, const struct sek_backup_item *item, int fd)
{
	const struct sek_backup_held *held;
	struct sek_backup_entry e;
	struct stat st, named;
	uint8_t hash[SEK_BACKUP_HASH_BYTES];

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return refuse(j, sek_fail(SEK_E_CONFIG), "is no file", item->path);
	describe(item->source && stat(item->path, &named) == 0 ? &named : &st, item, &e);
	held = item->steady ? sek_backup_held_find(&j->before, item->path, &st) : NULL;
	if (held && sek_backup_shelf_find(&j->shelf, held->id))
		return put_held(j, item, &st, held, &e);
	e.kind = SEK_BACKUP_FILE;
	e.size = item->memory || (uint64_t)st.st_size > item->most ? item->most : (uint64_t)st.st_size;
	if (item->most != UINT64_MAX && e.size < item->most)
		return refuse(j, sek_fail(SEK_E_CONFLICT), "was cut short while it was read: try again", item->path);
	SEK_TRY(sek_backup_put_entry(j->w, &e));
	SEK_TRY(copy_bytes(j, item, fd, e.size, hash));
	j->ret->files++;
	return item->steady ? remember(j, item, &st, j->ret->head.id, hash) : sek_ok();
}

static sek_status put_item(struct job *j, const struct sek_backup_item *item)
{
	struct sek_backup_entry e;
	struct stat st;
	sek_status status;
	int fd;

	if (item->folder) {
		if (stat(item->path, &st) != 0)
			return sek_ok(); /* made when it is needed */
		describe(&st, item, &e);
		e.kind = SEK_BACKUP_FOLDER;
		j->folders++;
		return sek_backup_put_entry(j->w, &e);
	}
	fd = open(item->source ? item->source : item->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT && item->may_go)
		return sek_ok();
	if (fd < 0)
		return refuse(j, sek_from_errno(), "cannot be read", item->path);
	status = put_open_file(j, item, fd);
	close(fd);
	return status;
}

static sek_status write_all(struct job *j)
{
	struct sek_backup_entry end = { .kind = SEK_BACKUP_END };
	sek_status status = sek_ok();

	for (size_t i = 0; sek_is_ok(status) && i < j->items.n; i++)
		status = put_item(j, &j->items.all[i]);
	end.size = j->folders + j->ret->files + j->ret->held;
	if (sek_is_ok(status))
		status = sek_backup_put_entry(j->w, &end);
	if (!sek_is_ok(status) && !*j->err)
		return refuse(j, status, "cannot be written", j->ret->path);
	return status;
}

static sek_status write_file(struct job *j, struct sek_backup_head *head)
{
	char name[160];
	sek_status status;

	sek_backup_name(head, name);
	snprintf(j->ret->path, sizeof j->ret->path, "%.3800s/%s", j->folder, name);
	status = sek_backup_create(j->ret->path, head, &j->signer, &j->w);
	if (!sek_is_ok(status))
		return refuse(j, status, "cannot be made: give the folder to the broker's user, and make room", j->ret->path);
	j->ret->head = *head;
	status = write_all(j);
	if (!sek_is_ok(status)) {
		sek_backup_abandon(j->w);
		return status;
	}
	status = sek_backup_finish(j->w, &j->ret->bytes);
	return sek_is_ok(status) ? status : refuse(j, status, "cannot be written", j->ret->path);
}

/* --- afterwards --- */

/* What is older than the newest whole backup that is itself old enough: no younger one needs it. Ours only. */
static void remove_old(struct job *j, int64_t now_s)
{
	const struct sek_backup_on_shelf *whole = NULL;
	char path[PATH_MAX];

	for (size_t i = 0; i < j->shelf.n; i++) {
		const struct sek_backup_on_shelf *s = &j->shelf.all[i];

		if (memcmp(s->head.signer, j->signer.public_key, 32) == 0 && strcmp(s->head.where, j->ret->head.where) == 0 && s->head.whole &&
				s->head.made_s < now_s - (int64_t)j->c->backup_keep_days * 86400)
			whole = s;
	}
	for (size_t i = 0; whole && i < j->shelf.n; i++) {
		const struct sek_backup_on_shelf *s = &j->shelf.all[i];

		if (memcmp(s->head.signer, j->signer.public_key, 32) != 0 || strcmp(s->head.where, j->ret->head.where) != 0 ||
				s->head.made_s >= whole->head.made_s)
			continue;
		snprintf(path, sizeof path, "%.3000s/%.1000s", j->folder, s->name);
		j->ret->removed += unlink(path) == 0;
	}
}

static void note(const struct job *j, bool ok)
{
	const struct sek_backup_result *r = j->ret;
	char id[2 * SEK_BACKUP_ID_BYTES + 1], bytes[24], files[24], held[24], removed[12], err[300];

	sek_hex(r->head.id, sizeof r->head.id, id);
	snprintf(bytes, sizeof bytes, "%llu", (unsigned long long)r->bytes);
	snprintf(files, sizeof files, "%llu", (unsigned long long)r->files);
	snprintf(held, sizeof held, "%llu", (unsigned long long)r->held);
	snprintf(removed, sizeof removed, "%u", r->removed);
	(void)sek_audit_once(&j->c->audit, &(struct sek_audit_event){ .who = j->wish->who, .what = "backup.made", .object = ok ? id : "",
		.outcome = ok ? SEK_AUDIT_DONE : SEK_AUDIT_FAILED, .details = ok ?
		(const char *const[]){ "file", r->path, "bytes", bytes, "files", files, "held", held, "removed", removed, NULL } :
		(const char *const[]){ "why", j->err, NULL } }, err, sizeof err);
}

static sek_status make(struct job *j)
{
	struct sek_backup_head head = { .made_s = (int64_t)time(NULL) };

	randombytes_buf(head.id, sizeof head.id);
	snprintf(head.where, sizeof head.where, "%.63s", j->c->audit.where);
	for (char *p = head.where; *p; p++)
		if (*p <= ' ' || *p > '~')
			*p = '_';
	SEK_TRY(lock_out_others(j));
	SEK_TRY(get_keys(j, &head));
	if (!sek_backup_absolute(j->wish->folder ? j->wish->folder : j->c->backup_folder, j->folder))
		return refuse(j, sek_fail(SEK_E_CONFIG), "is no path of a folder", j->wish->folder ? j->wish->folder : j->c->backup_folder);
	SEK_TRY(look_back(j, &head));
	SEK_TRY(take_moment(j));
	SEK_TRY(write_file(j, &head));
	/* without the list the next one is whole */
	if (!sek_is_ok(sek_backup_held_save(j->c->backup_held_path, &j->after)))
		(void)unlink(j->c->backup_held_path);
	if (j->c->backup_keep_days > 0)
		remove_old(j, head.made_s);
	return sek_ok();
}

sek_status sek_backup_make(const struct sek_broker_config *c, const char *config_path, const struct sek_backup_wish *wish,
	struct sek_backup_result *ret, char *err, size_t err_size)
{
	struct job j = { .c = c, .config_path = config_path, .wish = wish, .ret = ret,
		.lock_fd = -1, .err = err, .err_size = err_size };
	sek_status status;

	*ret = (struct sek_backup_result){ .bytes = 0 };
	*err = '\0';
	status = make(&j);
	if (!sek_is_ok(status) && !*err)
		snprintf(err, err_size, "not enough memory");
	if (!sek_is(status, SEK_E_BUSY))
		note(&j, sek_is_ok(status));
	if (*j.copy)
		(void)unlink(j.copy);
	if (j.lock_fd >= 0)
		close(j.lock_fd);
	sek_backup_held_finish(&j.before);
	sek_backup_held_finish(&j.after);
	sek_backup_shelf_finish(&j.shelf);
	sek_backup_items_finish(&j.items);
	sodium_memzero(&j.signer, sizeof j.signer);
	return status;
}
