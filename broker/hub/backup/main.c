/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-backup: backups of a broker on the command line (`sekishoctl backup`). Makes one beside a running broker; lists, verifies and
 * restores them where no broker is. Must never run as root what the broker's user can do: files that root made would lock the broker out.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/hex.h"
#include "broker/hub/backup/file.h"
#include "broker/hub/backup/make.h"
#include "broker/hub/backup/restore.h"
#include "broker/hub/backup/shelf.h"
#include "broker/hub/keys/lock.h"
#include "broker/hub/keys/words.h"
#include "broker/hub/owner.h"
#include "broker/hub/protect.h"

enum { DONE = 0, FAILED = 1, USAGE = 2 };

#define NAME "sekisho-backup"

struct options {
	const char *config, *to, *signed_by, *secret, *passphrase_file, *root, *recordings, *documents, *lang;
	const char *words[2];
	size_t n_words;
	bool whole, dry_run, ja;
};

static int usage(const struct options *o)
{
	fputs(sek_phrase_of(o->ja, &tool_backup_usage), stderr);
	return USAGE;
}

static int fail(const struct options *o, const char *what)
{
	return sek_tool_fail(o->ja, NAME, what);
}

static bool parse(int argc, char **argv, struct options *o)
{
	const struct { const char *name; const char **at; } values[] = { { "--config", &o->config }, { "--to", &o->to },
		{ "--signed-by", &o->signed_by }, { "--secret", &o->secret }, { "--passphrase-file", &o->passphrase_file }, { "--root", &o->root },
		{ "--recordings", &o->recordings }, { "--documents", &o->documents }, { "--lang", &o->lang } };

	for (int i = 0; i < argc; i++) {
		size_t k = 0;

		while (k < sizeof values / sizeof values[0] && strcmp(argv[i], values[k].name) != 0)
			k++;
		if (k < sizeof values / sizeof values[0] && i + 1 < argc)
			*values[k].at = argv[++i];
		else if (strcmp(argv[i], "--whole") == 0)
			o->whole = true;
		else if (strcmp(argv[i], "--dry-run") == 0)
			o->dry_run = true;
		else if (argv[i][0] != '-' && o->n_words < 2)
			o->words[o->n_words++] = argv[i];
		else
			return false;
	}
	return true;
}

static bool yes_or_no(const char *text, bool *ret)
{
	if (text && strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return false;
	if (text)
		*ret = strcmp(text, "true") == 0;
	return true;
}

static struct sek_broker_config *load(const struct options *o, const char *path)
{
	struct sek_broker_config *c = NULL;
	char folder[4096], err[SEK_CONFIG_ERROR_BYTES] = "";

	sek_program_folder(folder, sizeof folder);
	if (!sek_is_ok(sek_config_load_as_owner(path, folder, &c, err, sizeof err)))
		(void)fail(o, err);
	return c;
}

/* --- make --- */

static int make(const struct options *o)
{
	struct sek_backup_wish wish = { .folder = o->to, .whole = o->whole };
	struct sek_backup_result r;
	struct sek_broker_config *c;
	char who[40], id[2 * SEK_BACKUP_ID_BYTES + 1], err[SEK_CONFIG_ERROR_BYTES];
	const char *why;
	sek_status s;

	if (o->n_words > 0 || o->root || o->dry_run || o->secret || o->signed_by)
		return usage(o);
	snprintf(who, sizeof who, geteuid() == 0 ? "#local:root" : "#local:uid%lu", (unsigned long)geteuid());
	c = load(o, o->config);
	if (!c)
		return FAILED;
	wish.who = who;
	wish.recordings = c->backup_recordings;
	wish.documents = c->backup_documents;
	why = sek_become_owner(c->store_path);
	if (!yes_or_no(o->recordings, &wish.recordings) || !yes_or_no(o->documents, &wish.documents)) {
		sek_broker_config_free(c);
		return usage(o);
	}
	s = why ? sek_fail(SEK_E_CONFIG) : sek_backup_make(c, o->config, &wish, &r, err, sizeof err);
	sek_broker_config_free(c);
	if (!sek_is_ok(s))
		return fail(o, why ? why : err);
	sek_hex(r.head.id, sizeof r.head.id, id);
	printf("%s\n", r.path);
	sek_tool_say(o->ja, &tool_made, sek_phrase_of(o->ja, r.head.whole ? &tool_whole : &tool_new), (unsigned long long)r.bytes,
		(unsigned long long)r.files, (unsigned long long)r.held, id);
	if (r.from_postgresql)
		sek_tool_say(o->ja, &tool_from_postgresql);
	if (r.removed)
		sek_tool_say(o->ja, &tool_removed, r.removed);
	return DONE;
}

/* --- list --- */

static int list_folder(const struct options *o, const char *folder)
{
	struct sek_backup_shelf s = { .n = 0 };
	char when[32], id[2 * SEK_BACKUP_ID_BYTES + 1];

	if (!sek_is_ok(sek_backup_shelf_read(folder, &s)))
		return fail(o, "the folder cannot be read");
	for (size_t i = 0; i < s.n; i++) {
		sek_backup_time(s.all[i].head.made_s, when);
		sek_hex(s.all[i].head.id, sizeof s.all[i].head.id, id);
		printf("%s  %-11s  %14llu  %s  %s  %s\n", when,
			sek_phrase_of(o->ja, s.all[i].head.whole ? &tool_whole : &tool_new), (unsigned long long)s.all[i].bytes,
			s.all[i].head.where, id, s.all[i].name);
	}
	sek_backup_shelf_finish(&s);
	return DONE;
}

static int list(const struct options *o)
{
	struct sek_broker_config *c;
	int r;

	if (o->n_words > 1)
		return usage(o);
	if (o->n_words == 1)
		return list_folder(o, o->words[0]);
	c = load(o, o->config);
	if (!c)
		return FAILED;
	r = c->backup_folder ? list_folder(o, c->backup_folder) : fail(o, "the configuration says nothing of backups: name the folder");
	sek_broker_config_free(c);
	return r;
}

/* --- verify and restore --- */

static int verify_signature(const struct options *o, const char *path, const uint8_t signer[32])
{
	struct sek_backup_reader *r = NULL;
	char when[32];
	sek_status s = sek_backup_open(path, &r);

	if (sek_is_ok(s))
		s = sek_backup_check(r, signer);
	if (sek_is_ok(s)) {
		sek_backup_time(sek_backup_head(r)->made_s, when);
		sek_tool_say(o->ja, &tool_signature_ok, when, sek_backup_head(r)->where,
			sek_phrase_of(o->ja, sek_backup_head(r)->whole ? &tool_whole_made : &tool_new_made));
	}
	sek_backup_close(r);
	if (sek_is(s, SEK_E_NOT_FOUND))
		return fail(o, "the file is not there");
	return sek_is_ok(s) ? DONE : fail(o, "NOT as it was made: it was cut or changed, is no backup, or is not signed by that key");
}

static bool plan(const struct options *o, const uint8_t signer[32], struct sek_backup_plan *ret)
{
	uint8_t secret[32];
	char err[1024];
	const char *why = sek_lock_ask(SEK_LOCK_BACKUP, o->secret, o->passphrase_file, sek_phrase_of(o->ja, &tool_backup_passphrase), secret);
	sek_status s;

	if (why) {
		(void)fail(o, why);
		return false;
	}
	s = sek_backup_plan_make(o->words[0], signer, secret, ret, err, sizeof err);
	sodium_memzero(secret, sizeof secret);
	if (!sek_is_ok(s))
		(void)fail(o, err);
	return sek_is_ok(s);
}

static void tell(const struct options *o, const struct sek_backup_plan *p)
{
	uint64_t files[SEK_BACKUP_CLASSES] = { 0 }, bytes[SEK_BACKUP_CLASSES] = { 0 };
	char when[32];

	for (size_t i = 0; i < p->n; i++) {
		files[p->rows[i].class] += p->rows[i].kind != SEK_BACKUP_FOLDER;
		bytes[p->rows[i].class] += p->rows[i].kind != SEK_BACKUP_FOLDER ? p->rows[i].size : 0;
	}
	sek_backup_time(p->head.made_s, when);
	sek_tool_say(o->ja, &tool_all_ok, when, p->head.where);
	for (int k = 0; k < SEK_BACKUP_CLASSES; k++)
		sek_tool_say(o->ja, &tool_class, sek_phrase_of(o->ja, &tool_class_names[k]), (unsigned long long)files[k],
			(unsigned long long)bytes[k]);
}

static bool get_signer(const struct options *o, uint8_t ret[32])
{
	if (sek_is_ok(sek_public_key_load(o->signed_by, ret)))
		return true;
	(void)fail(o, "--signed-by: this is no public half of a signing key (backup.key.pub)");
	return false;
}

static int verify(const struct options *o)
{
	struct sek_backup_plan p;
	uint8_t signer[32];

	if (o->n_words != 1 || !o->signed_by)
		return usage(o);
	if (!get_signer(o, signer))
		return FAILED;
	if (!o->secret)
		return verify_signature(o, o->words[0], signer);
	if (!plan(o, signer, &p))
		return FAILED;
	tell(o, &p);
	sek_backup_plan_finish(&p);
	return DONE;
}

/* By the broker's user, with the log that was just put back: that, and to which moment, it was. */
static bool note_in_log(const struct options *o, const struct sek_backup_plan *p, const char *config_path)
{
	struct sek_broker_config *c = load(o, config_path);
	char id[2 * SEK_BACKUP_ID_BYTES + 1], when[32], who[40], err[400];

	snprintf(who, sizeof who, geteuid() == 0 ? "#local:root" : "#local:uid%lu", (unsigned long)geteuid());
	if (!c || sek_become_owner(c->store_path))
		return false;
	sek_hex(p->head.id, sizeof p->head.id, id);
	sek_backup_time(p->head.made_s, when);
	return sek_is_ok(sek_audit_once(&c->audit, &(struct sek_audit_event){ .who = who, .what = "backup.restored", .object = id,
		.details = (const char *const[]){ "made", when, "file", p->main, NULL } }, err, sizeof err));
}

static void note_restore(const struct options *o, const struct sek_backup_plan *p)
{
	const char *config = NULL;
	int status = 1;
	pid_t child;

	for (size_t i = 0; i < p->n && !config; i++)
		if (p->rows[i].class == SEK_BACKUP_CONFIG && p->rows[i].kind != SEK_BACKUP_FOLDER)
			config = p->rows[i].path;
	fflush(NULL);
	child = config ? fork() : -1;
	if (child == 0)
		_exit(note_in_log(o, p, config) ? 0 : 1);
	if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
		(void)fail(o, sek_phrase_of(o->ja, &tool_log_not_told));
}

static int put_back(const struct options *o, const struct sek_backup_plan *p)
{
	const char *root = o->root ? o->root : "";
	char err[1024];

	if (!sek_is_ok(sek_backup_plan_fits(p, root, err, sizeof err)))
		return fail(o, err);
	if (o->dry_run) {
		for (size_t i = 0; i < p->n; i++)
			printf("%s%s%s  %04o %s:%s %llu\n", root, p->rows[i].path, p->rows[i].kind == SEK_BACKUP_FOLDER ? "/" : "",
				(unsigned)p->rows[i].mode, p->rows[i].owner, p->rows[i].group, (unsigned long long)p->rows[i].size);
		sek_tool_say(o->ja, &tool_dry);
		return DONE;
	}
	if (!sek_is_ok(sek_backup_plan_carry_out(p, root, err, sizeof err)))
		return fail(o, err);
	if (!*root)
		note_restore(o, p);
	if (*root)
		sek_tool_say(o->ja, &tool_restored_below, root);
	else
		sek_tool_say(o->ja, &tool_restored);
	return DONE;
}

static int restore(const struct options *o)
{
	struct sek_backup_plan p;
	uint8_t signer[32];
	int r;

	if (o->n_words != 1 || !o->signed_by || !o->secret || (o->root && !sek_backup_path_ok(o->root)))
		return usage(o);
	if (!get_signer(o, signer) || !plan(o, signer, &p))
		return FAILED;
	tell(o, &p);
	r = put_back(o, &p);
	sek_backup_plan_finish(&p);
	return r;
}

static int keygen(const struct options *o)
{
	const char *why;

	if (o->n_words != 2)
		return usage(o);
	why = sek_lock_keygen(SEK_LOCK_BACKUP, o->words[0], o->words[1], false, o->ja);
	if (why)
		return fail(o, why);
	sek_tool_say(o->ja, &tool_backup_keys, o->words[0], o->words[1]);
	return DONE;
}

int main(int argc, char **argv)
{
	struct options o = { .config = "/etc/sekisho/broker.yaml", .ja = sek_language_of(argc, argv) };
	static const struct { const char *name; int (*fn)(const struct options *o); } commands[] = {
		{ "make", make }, { "list", list }, { "verify", verify }, { "restore", restore }, { "keygen", keygen } };

	if (!sek_protect_process())
		return fail(&o, "the kernel does not let this process protect itself");
	tzset();
	if (sodium_init() < 0)
		return fail(&o, "libsodium cannot start");
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(sek_phrase_of(o.ja, &tool_backup_usage), stdout) < 0;
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return printf(NAME " %s\n", SEK_VERSION) < 0;
	if (argc < 2 || !parse(argc - 2, argv + 2, &o))
		return usage(&o);
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].fn(&o);
	return usage(&o);
}
