/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Listing the files that make a broker. Must never leave one out without which a restored broker could not serve, nor list what can be
 * made again (the index of words, the programs, the web client).
 */
#include "broker/hub/backup/items.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "broker/hub/config_file.h"

enum { DEPTH_MAX = 4 };

struct listing {
	struct sek_backup_items *list;
	char *err;
	size_t err_size;
};

bool sek_backup_absolute(const char *path, char ret[SEK_BACKUP_PATH_BYTES])
{
	char folder[PATH_MAX], real[PATH_MAX], name[PATH_MAX];

	if (sek_backup_path_ok(path)) {
		snprintf(ret, SEK_BACKUP_PATH_BYTES, "%s", path);
		return true;
	}
	snprintf(folder, sizeof folder, "%s", path);
	snprintf(name, sizeof name, "%s", path);
	if (!realpath(dirname(folder), real) ||
			snprintf(ret, SEK_BACKUP_PATH_BYTES, "%s/%s", strcmp(real, "/") == 0 ? "" : real, basename(name)) >= SEK_BACKUP_PATH_BYTES)
		return false;
	return sek_backup_path_ok(ret);
}

static sek_status refuse(struct listing *l, const char *path, const char *what)
{
	snprintf(l->err, l->err_size, "'%.300s': %s", path, what);
	return sek_fail(SEK_E_CONFIG);
}

/* The item of that path, if it is listed. */
static struct sek_backup_item *find(const struct sek_backup_items *list, const char *path)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->all[i].path, path) == 0)
			return &list->all[i];
	return NULL;
}

static sek_status add_item(struct listing *l, const struct sek_backup_item *item, const char *path)
{
	struct sek_backup_items *list = l->list;
	struct sek_backup_item *at;

	if (list->n == list->room) {
		size_t room = list->room ? list->room * 2 : 64;
		struct sek_backup_item *more = realloc(list->all, room * sizeof *more);

		if (!more)
			return sek_fail(SEK_E_NOMEM);
		list->all = more;
		list->room = room;
	}
	at = &list->all[list->n];
	*at = *item;
	at->path = strdup(path);
	if (!at->path)
		return sek_fail(SEK_E_NOMEM);
	list->n++;
	return sek_ok();
}

/* Once; of two classes the one whose folder must be empty before a restore. */
static sek_status add_folder(struct listing *l, enum sek_backup_class class, const char *path)
{
	char full[SEK_BACKUP_PATH_BYTES];
	struct sek_backup_item *there;

	if (!sek_backup_absolute(path, full))
		return refuse(l, path, "this path cannot be put into a backup (too long, or with unusual characters)");
	there = find(l->list, full);
	if (!there)
		return add_item(l, &(struct sek_backup_item){ .class = class, .folder = true }, full);
	if (class < there->class)
		there->class = class;
	return sek_ok();
}

static sek_status add_folder_of(struct listing *l, enum sek_backup_class class, const char *path)
{
	char full[SEK_BACKUP_PATH_BYTES];

	if (!sek_backup_absolute(path, full))
		return refuse(l, path, "this path cannot be put into a backup (too long, or with unusual characters)");
	return add_folder(l, class, dirname(full));
}

static sek_status add_file(struct listing *l, const struct sek_backup_item *item, const char *path)
{
	char full[SEK_BACKUP_PATH_BYTES];
	struct stat st;

	if (!path)
		return sek_ok();
	if (!sek_backup_absolute(path, full))
		return refuse(l, path, "this path cannot be put into a backup (too long, or with unusual characters)");
	if (stat(item->source ? item->source : path, &st) != 0)
		return item->may_go ? sek_ok() : refuse(l, path, "the configuration names it and it is not there");
	return add_item(l, item, full);
}

/* A secret half, its public half and those of its forerunners: PATH and PATH.*, all in one folder. */
static sek_status add_key(struct listing *l, const char *path)
{
	static const struct sek_backup_item key = { .class = SEK_BACKUP_KEY, .most = UINT64_MAX, .may_go = true };
	char folder[PATH_MAX], name[PATH_MAX], more[PATH_MAX];
	struct dirent *e;
	sek_status status = sek_ok();
	DIR *d;

	if (!path)
		return sek_ok();
	SEK_TRY(add_file(l, &key, path));
	snprintf(folder, sizeof folder, "%s", path);
	snprintf(name, sizeof name, "%s", path);
	snprintf(more, sizeof more, "%.3000s.", basename(name));
	dirname(folder);
	d = opendir(folder);
	if (!d)
		return sek_ok();
	while (sek_is_ok(status) && (e = readdir(d)) != NULL) {
		char full[PATH_MAX];

		if (strncmp(e->d_name, more, strlen(more)) == 0 &&
				snprintf(full, sizeof full, "%s/%s", folder, e->d_name) < (int)sizeof full)
			status = add_file(l, &key, full);
	}
	closedir(d);
	return status;
}

static int in_order(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int no_dots(const struct dirent *e)
{
	return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

/* Everything below a folder but links and what is no file. */
static sek_status add_tree(struct listing *l, enum sek_backup_class class, const char *path, unsigned depth)
{
	const struct sek_backup_item item = { .class = class, .most = UINT64_MAX, .may_go = true, .steady = true };
	struct dirent **names = NULL;
	int n = depth > DEPTH_MAX ? 0 : scandir(path, &names, no_dots, in_order);
	sek_status status = n < 0 ? sek_from_errno() : add_folder(l, class, path);

	for (int i = 0; i < n; i++) {
		char full[PATH_MAX];
		struct stat st;

		if (sek_is_ok(status) && snprintf(full, sizeof full, "%s/%s", path, names[i]->d_name) < (int)sizeof full && lstat(full, &st) == 0) {
			if (S_ISDIR(st.st_mode))
				status = add_tree(l, class, full, depth + 1);
			else if (S_ISREG(st.st_mode))
				status = add_file(l, &item, full);
		}
		free(names[i]);
	}
	free(names);
	if (n < 0)
		snprintf(l->err, l->err_size, "'%.300s' cannot be read (%s)", path, strerror(errno));
	return status;
}

/* The log up to the mark: closed files, the newest one so far, the head that belongs to that. */
static sek_status add_audit(struct listing *l, const char *folder, const struct sek_audit_mark *mark)
{
	struct dirent **names = NULL;
	char head[PATH_MAX];
	sek_status status;
	int n;

	SEK_TRY(add_folder(l, SEK_BACKUP_AUDIT, folder));
	if (mark->segment == 0)
		return sek_ok();
	n = scandir(folder, &names, no_dots, in_order);
	status = n < 0 ? refuse(l, folder, "cannot be read") : sek_ok();
	for (int i = 0; i < n; i++) {
		struct sek_backup_item item = { .class = SEK_BACKUP_AUDIT, .most = UINT64_MAX, .steady = true };
		char full[PATH_MAX];
		unsigned number = 0;
		int end = 0;
		bool segment = sscanf(names[i]->d_name, "audit-%8u.log%n", &number, &end) == 1 && end > 0 && !names[i]->d_name[end];

		item.steady = segment && number < mark->segment;
		if (segment && number == mark->segment)
			item.most = mark->size;
		if (sek_is_ok(status) && ((segment && number <= mark->segment) || strncmp(names[i]->d_name, "torn-", 5) == 0) &&
				snprintf(full, sizeof full, "%s/%s", folder, names[i]->d_name) < (int)sizeof full)
			status = add_file(l, &item, full);
		free(names[i]);
	}
	free(names);
	SEK_TRY(status);
	snprintf(head, sizeof head, "%.4000s/head", folder);
	return add_file(l, &(struct sek_backup_item){ .class = SEK_BACKUP_AUDIT, .memory = mark->head, .most = sizeof mark->head }, head);
}

static sek_status add_named_files(struct listing *l, const struct sek_broker_config *c)
{
	const struct sek_config_file *f = c->file;
	const char *const files[] = { c->sessions.ca_path, c->sessions.crl_path, c->sessions.intermediate_path, c->certificate,
		c->has_ldap ? c->ldap.ca : NULL, c->has_certificates ? c->login_certificates.ca : NULL,
		c->has_certificates ? c->login_certificates.crl : NULL, c->syslog.ca, c->syslog.certificate,
		c->has_recording ? c->recording.public_key_path : NULL, c->backup_public_key_path,
		f->store.postgresql ? f->store.postgresql->ca : NULL, f->store.postgresql ? f->store.postgresql->certificate : NULL };
	const char *const keys[] = { c->sessions.intermediate_key_path, c->key, c->syslog.key,
		c->recording_secret_path, c->login_key_path, c->audit.key_path, c->has_recording ? c->recording.signing_key_path : NULL,
		c->backup_signing_key_path, f->login && f->login->ldap ? f->login->ldap->bind_password_file : NULL,
		f->store.postgresql ? f->store.postgresql->password_file : NULL, f->store.postgresql ? f->store.postgresql->key : NULL };
	static const struct sek_backup_item file = { .class = SEK_BACKUP_KEY, .most = UINT64_MAX };

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		SEK_TRY(add_file(l, &file, files[i]));
	for (size_t i = 0; i < f->render_hosts_count; i++)
		SEK_TRY(add_file(l, &file, f->render_hosts[i].trust));
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		SEK_TRY(add_key(l, keys[i]));
	return sek_ok();
}

/* A file that two keys of the configuration name is taken once. */
static void drop_doubles(struct sek_backup_items *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		size_t k = 0;

		while (k < n && strcmp(list->all[k].path, list->all[i].path) != 0)
			k++;
		if (k < n)
			free(list->all[i].path);
		else
			list->all[n++] = list->all[i];
	}
	list->n = n;
}

static sek_status add_folders_of_keys(struct listing *l, size_t from)
{
	char path[SEK_BACKUP_PATH_BYTES];

	for (size_t i = from, n = l->list->n; i < n; i++) {
		snprintf(path, sizeof path, "%s", l->list->all[i].path);
		SEK_TRY(add_folder(l, SEK_BACKUP_KEY, dirname(path)));
	}
	return sek_ok();
}

static sek_status add_all(struct listing *l, const struct sek_broker_config *c, const struct sek_backup_sources *s)
{
	const struct sek_backup_item config = { .class = SEK_BACKUP_CONFIG, .most = UINT64_MAX };
	const struct sek_backup_item store = { .class = SEK_BACKUP_STORE, .source = s->store_copy, .most = UINT64_MAX };

	SEK_TRY(add_folder_of(l, SEK_BACKUP_CONFIG, s->config_path));
	SEK_TRY(add_file(l, &config, s->config_path));
	SEK_TRY(add_folder_of(l, SEK_BACKUP_STORE, c->store_path));
	SEK_TRY(add_file(l, &store, c->store_path));
	SEK_TRY(add_named_files(l, c));
	drop_doubles(l->list);
	SEK_TRY(add_folders_of_keys(l, 0));
	SEK_TRY(add_audit(l, c->audit.path, s->mark));
	if (c->has_recording) /* the folder also if it comes back empty */
		SEK_TRY(s->recordings ? add_tree(l, SEK_BACKUP_RECORDINGS, c->recording.path, 0) : add_folder(l, SEK_BACKUP_RECORDINGS, c->recording.path));
	if (c->has_documents)
		SEK_TRY(s->documents ? add_tree(l, SEK_BACKUP_DOCUMENTS, c->documents_path, 0) : add_folder(l, SEK_BACKUP_DOCUMENTS, c->documents_path));
	return sek_ok();
}

/* Folders first, shorter paths before longer ones; the rest as it was listed. */
static void folders_first(struct sek_backup_items *list)
{
	size_t at = 0;

	for (size_t i = 0; i < list->n; i++) {
		struct sek_backup_item item = list->all[i];
		size_t k = at;

		if (!item.folder)
			continue;
		while (k > 0 && strlen(list->all[k - 1].path) > strlen(item.path))
			k--;
		memmove(&list->all[k + 1], &list->all[k], (i - k) * sizeof item);
		list->all[k] = item;
		at++;
	}
}

sek_status sek_backup_items_list(const struct sek_broker_config *c, const struct sek_backup_sources *s, struct sek_backup_items *list,
	char *err, size_t err_size)
{
	struct listing l = { list, err, err_size };
	sek_status status;

	*err = '\0';
	status = add_all(&l, c, s);
	if (sek_is_ok(status))
		folders_first(list);
	else if (!*err)
		snprintf(err, err_size, "not enough memory");
	return status;
}

void sek_backup_items_finish(struct sek_backup_items *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->all[i].path);
	free(list->all);
	*list = (struct sek_backup_items){ .n = 0 };
}
