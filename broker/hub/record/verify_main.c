/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-recording-verify: whether recordings are what was written, and whether those are there that should be. Needs the files and
 * the broker's public key, so that an auditor can run it on a machine of his or her own. Must never write anything but its report.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

#include "base/error.h"
#include "base/hex.h"
#include "broker/hub/keys/sign.h"
#include "broker/hub/record/ledger.h"
#include "broker/hub/record/secret.h"

enum { KEYS_MAX = 64 };
enum { WHOLE = 0, FOUND = 1, USAGE = 2, UNREADABLE = 3 };

struct options {
	const char *keys[KEYS_MAX], *secret, *passphrase_file, *audit[SEK_LEDGER_LOGS_MAX + 1];
	bool json, ja;
	uint8_t public_keys[KEYS_MAX][32], secret_key[32];
	size_t n_keys, n_audit;
	struct sek_record_ledger *ledger;
	json_t *list;
	const char *path;       /* that is looked at now */
	unsigned files, sound, running, findings, notes;
	uint64_t bytes;
};

static const struct word {
	const char *word, *en, *ja;
	bool note;
} words[] = {
	{ "changed", "the block is not what was written", "ブロックが書き込まれた内容と異なります", false },
	{ "missing", "the block is not there", "ブロックがありません", false },
	{ "swapped", "the block stands at another place, or twice", "ブロックの位置が違うか、重複しています", false },
	{ "signature", "the end was not signed with this key", "終わりの署名がこの鍵のものではありません", false },
	{ "header", "the beginning was changed", "先頭部分が変更されています", false },
	{ "cut", "it ends in the middle of this block", "このブロックの途中で終わっています", false },
	{ "unfinished", "it has no end: cut, or not finished yet by the broker's next start",
		"終わりがありません（切り取られたか、中継サーバーの次回起動による仕上げがまだです）", false },
	{ "sealed", "it was sealed to another key pair: whether its blocks open is not known",
		"別の鍵ペアで封印されています。ブロックを開けるかどうかは確認していません", false },
	{ "foreign", "this is no recording", "録画ファイルではありません", false },
	{ "version", "a newer program made it", "より新しいプログラムの録画です", false },
	{ "unreadable", "it cannot be read", "読み取れません", false },
	{ "gone", "the audit log knows this recording, and its file is not there", "監査ログにある録画のファイルがありません", false },
	{ "other", "its hash is not the one that the audit log holds", "ハッシュが監査ログの値と異なります", false },
	{ "unrecorded", "this session had to be recorded, and no recording was begun",
		"録画が必須のセッションですが、録画が始まっていません", false },
	{ "running", "it is being written", "書き込み中です", true },
	{ "unknown", "the audit log that was given does not know it", "渡された監査ログにない録画です", true },
	{ "purged", "the audit log says that it was deleted, and it is there", "監査ログでは削除済みですが、ファイルがあります", true },
	{ "log", "a session came from this broker, whose audit log was not given (--audit): what had to be recorded there was not looked for",
		"このブローカーから引き継いだセッションがありますが、その監査ログが渡されていません（--audit）。そこで必須だった録画は確認していません", true },
};

static int usage(FILE *to)
{
	fprintf(to, "sekisho-recording-verify %s\n"
		"usage: sekisho-recording-verify --key FILE.pub [OPTION]... FILE|FOLDER...\n"
		"  --key FILE.pub          public half of the broker's signing key for recordings, kept where its administrators cannot change it\n"
		"                          (again for each key that it had before, FILE.pub.1 and so on)\n"
		"  --secret KEYFILE        secret half of the recording key: each block is opened, too\n"
		"  --passphrase-file FILE  its passphrase is the first line of this file (of a key for two persons: the first two; else asked for)\n"
		"  --audit FOLDER          the audit log: finds recordings that should be there and are not, or are others (again for each\n"
		"                          broker of the site, with the folders of all their recordings)\n"
		"  --json                  the report as JSON\n"
		"  --lang ja|en            language of the report (default: en)\n"
		"exit code: 0 all is sound, 1 something was found, 2 wrong usage, 3 a key, a folder or the log cannot be read\n",
		SEK_VERSION);
	return to == stdout ? WHOLE : USAGE;
}

static const char **value_of(struct options *o, const char *option)
{
	if (strcmp(option, "--key") == 0)
		return &o->keys[o->n_keys < KEYS_MAX - 1 ? o->n_keys++ : o->n_keys];
	if (strcmp(option, "--secret") == 0)
		return &o->secret;
	if (strcmp(option, "--passphrase-file") == 0)
		return &o->passphrase_file;
	if (strcmp(option, "--audit") == 0)
		return &o->audit[o->n_audit <= SEK_LEDGER_LOGS_MAX - 1 ? o->n_audit++ : o->n_audit];
	return NULL;
}

/* -1 to go on, else an exit code. Paths are moved to the front of argv. */
static int parse(int argc, char **argv, struct options *o, int *ret_paths)
{
	int i, n = 0;

	for (i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL, **to = value_of(o, argv[i]);

		if (strcmp(argv[i], "--help") == 0)
			return usage(stdout);
		if (strcmp(argv[i], "--version") == 0)
			return printf("sekisho-recording-verify %s\n", SEK_VERSION) < 0;
		if (strcmp(argv[i], "--json") == 0) {
			o->json = true;
		} else if (argv[i][0] != '-') {
			argv[n++] = argv[i];
		} else if (!value) {
			return usage(stderr);
		} else if (to) {
			*to = argv[++i];
		} else if (strcmp(argv[i], "--lang") == 0 && (strcmp(value, "ja") == 0 || strcmp(value, "en") == 0)) {
			o->ja = strcmp(argv[++i], "ja") == 0;
		} else {
			return usage(stderr);
		}
	}
	*ret_paths = n;
	return o->n_keys > 0 && n > 0 ? -1 : usage(stderr);
}

/* --- findings --- */

static void tell(struct options *o, const char *what, const char *word, int64_t block)
{
	const struct word *w = words;

	while (strcmp(w->word, word) != 0)
		w++;
	if (w->note)
		o->notes++;
	else
		o->findings++;
	if (o->json) {
		json_array_append_new(o->list, json_pack("{s:s,s:b,s:s,s:I,s:s}", "word", word, "note", (int)w->note, "file", what, "block",
			(json_int_t)block, "text", o->ja ? w->ja : w->en));
		return;
	}
	printf("%s %s", w->note ? (o->ja ? "参考" : "note ") : (o->ja ? "異常" : "FOUND"), what);
	if (block >= 0)
		printf(o->ja ? " (ブロック %lld)" : " (block %lld)", (long long)block);
	printf(": %s [%s]\n", o->ja ? w->ja : w->en, word);
}

static void on_finding(void *user, const char *word, uint32_t block)
{
	struct options *o = user;

	tell(o, o->path, word, (int64_t)block);
}

/* Whoever writes a recording holds a lock on it. */
static bool being_written(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	bool locked = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0;

	if (fd >= 0)
		close(fd);
	return locked;
}

/* --- one file --- */

/* A file that cannot be opened is there all the same. */
static void see_name(struct options *o, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct sek_ledger_recording *r;
	char id[33] = "";

	if (strlen(name) >= 32)
		memcpy(id, name, 32);
	r = o->ledger ? sek_record_ledger_find(o->ledger, id) : NULL;
	if (r)
		r->seen = true;
}

/* What the log says of it. */
static void compare(struct options *o, const struct sek_recording_head *h)
{
	struct sek_ledger_recording *r = o->ledger ? sek_record_ledger_find(o->ledger, h->id) : NULL;
	char hash[65];

	if (!o->ledger)
		return;
	if (!r) {
		tell(o, o->path, "unknown", -1);
		return;
	}
	r->seen = true;
	sek_hex(h->hash, sizeof h->hash, hash);
	if (r->purged)
		tell(o, o->path, "purged", -1);
	if (*r->hash && strcmp(r->hash, hash) != 0)
		tell(o, o->path, "other", -1);
}

/* The recording's own key, if it can be had. */
static const uint8_t *own_key(struct options *o, const struct sek_recording_head *h, uint8_t key[SEK_RECORDING_KEY_BYTES])
{
	if (!o->secret)
		return NULL;
	if (sek_is_ok(sek_recording_unseal(h, o->secret_key, key)))
		return key;
	tell(o, o->path, "sealed", -1);
	return NULL;
}

static void check_file(struct options *o, const char *path)
{
	struct sek_recording_reader *reader = NULL;
	enum sek_recording_verdict verdict = SEK_RECORDING_DAMAGED;
	uint8_t key[SEK_RECORDING_KEY_BYTES];
	const uint8_t *with = NULL;
	bool running = being_written(path);
	char err[256];
	sek_status s;

	o->path = path;
	o->files++;
	if (sek_is_ok(sek_recording_open(path, &reader, err, sizeof err))) {
		with = own_key(o, sek_recording_head(reader), key);
		o->bytes += sek_recording_head(reader)->bytes;
		compare(o, sek_recording_head(reader));
	} else {
		see_name(o, path);
	}
	/* what stands half written is no finding while somebody writes */
	s = sek_recording_verify_any(path, (const uint8_t (*)[32])o->public_keys, o->n_keys, with, running ? NULL : on_finding, o, &verdict);
	if (!sek_is_ok(s))
		tell(o, path, sek_is(s, SEK_E_VERSION) ? "version" : sek_is(s, SEK_E_MALFORMED) ? "foreign" : "unreadable", -1);
	else if (running)
		tell(o, path, verdict == SEK_RECORDING_DAMAGED ? "changed" : "running", -1);
	else if (verdict == SEK_RECORDING_UNFINISHED)
		tell(o, path, "unfinished", -1);
	o->running += running;
	o->sound += sek_is_ok(s) && verdict == SEK_RECORDING_SOUND;
	sek_recording_reader_close(reader);
	sodium_memzero(key, sizeof key);
}

static int is_recording(const struct dirent *e)
{
	size_t n = strlen(e->d_name), k = sizeof SEK_RECORDING_SUFFIX - 1;

	return n > k && strcmp(e->d_name + n - k, SEK_RECORDING_SUFFIX) == 0;
}

static bool check_path(struct options *o, const char *path)
{
	struct dirent **names = NULL;
	char file[PATH_MAX];
	struct stat st;
	int i, n;

	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		check_file(o, path);
		return true;
	}
	n = scandir(path, &names, is_recording, alphasort);
	for (i = 0; i < n; i++) {
		if (snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name) < PATH_MAX)
			check_file(o, file);
		free(names[i]);
	}
	free(names);
	return n >= 0;
}

/* --- what should be there --- */

static void on_known(void *user, const struct sek_ledger_recording *r)
{
	struct options *o = user;

	if (!r->seen && !r->purged)
		tell(o, r->id, "gone", -1);
}

static void on_unrecorded(void *user, const char *session)
{
	tell(user, session, "unrecorded", -1);
}

static void on_missing(void *user, const char *broker)
{
	tell(user, broker, "log", -1);
}

static void report(const struct options *o)
{
	if (o->json) {
		json_t *j = json_pack("{s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:O}", "sound", (int)(o->findings == 0), "findings",
			(json_int_t)o->findings, "notes", (json_int_t)o->notes, "files", (json_int_t)o->files, "closed",
			(json_int_t)o->sound, "running", (json_int_t)o->running, "bytes", (json_int_t)o->bytes, "list", o->list);

		json_dumpf(j, stdout, JSON_INDENT(1));
		printf("\n");
		json_decref(j);
		return;
	}
	printf(o->ja ? "%u個の録画ファイル（%llu バイト）: 完全 %u、書き込み中 %u。\n" : "%u recordings (%llu bytes): %u closed and sound, %u running.\n",
		o->files, (unsigned long long)o->bytes, o->sound, o->running);
	if (o->findings == 0)
		printf("%s\n", o->ja ? "異常なし。" : "OK: nothing was found.");
	else
		printf(o->ja ? "異常 %u 件。\n" : "%u found: NOT sound.\n", o->findings);
}

static int refuse(const char *what, const char *why)
{
	fprintf(stderr, "sekisho-recording-verify: '%s': %s\n", what, why);
	return UNREADABLE;
}

static int run(struct options *o, char **paths, int n)
{
	const char *why;
	size_t bad = 0;
	int i;

	if (sodium_init() < 0)
		return refuse("libsodium", "cannot start");
	for (size_t k = 0; k < o->n_keys; k++)
		if (!sek_is_ok(sek_public_key_load(o->keys[k], o->public_keys[k])))
			return refuse(o->keys[k], "is not a public key of recordings");
	why = o->secret ? sek_recording_secret(o->secret, o->passphrase_file, o->secret_key) : NULL;
	if (why)
		return refuse(o->secret, why);
	if (o->audit[SEK_LEDGER_LOGS_MAX])
		return refuse(o->audit[SEK_LEDGER_LOGS_MAX], "too many audit logs");
	if (o->n_audit && !sek_is_ok(sek_record_ledger_read(o->audit, o->n_audit, &o->ledger, &bad)))
		return refuse(o->audit[bad], "no audit log can be read there");
	for (i = 0; i < n; i++)
		if (!check_path(o, paths[i]))
			return refuse(paths[i], "the folder cannot be read");
	if (o->ledger) {
		sek_record_ledger_each(o->ledger, on_known, on_unrecorded, o);
		sek_record_ledger_missing(o->ledger, on_missing, o);
	}
	report(o);
	return o->findings == 0 ? WHOLE : FOUND;
}

int main(int argc, char **argv)
{
	struct options o = { .n_keys = 0 };
	int n = 0, r = parse(argc, argv, &o, &n);

	if (r >= 0)
		return r;
	o.list = json_array();
	r = run(&o, argv, n);
	sodium_memzero(o.secret_key, sizeof o.secret_key);
	sek_record_ledger_destroy(o.ledger);
	json_decref(o.list);
	return r;
}
