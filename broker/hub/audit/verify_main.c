/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-audit-verify: whether an audit log is whole. Needs only the log and the public key, so that an auditor can run it on a
 * machine of his or her own. Must never write anything but its report.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include "broker/hub/audit/files.h"
#include "broker/hub/audit/join.h"
#include "broker/hub/audit/verify.h"

enum { KNOWN_MAX = 64, WHOLE = 0, FOUND = 1, USAGE = 2, UNREADABLE = 3 };

struct log {
	const char *key;
	struct sek_audit_verify v;
	struct sek_audit_point known[KNOWN_MAX];
	json_t *list;                /* of findings */
	char names[2][SEK_AUDIT_JOIN_NAME_BYTES]; /* of its broker: its machine's, and among the brokers */
};

struct options {
	bool json, ja;
	const char *merged;          /* NULL: not asked for */
	const char *brokers[SEK_AUDIT_JOIN_MAX]; /* whose logs there must be */
	size_t n_brokers;
	struct log next;             /* what was said for the folder that follows */
	struct log logs[SEK_AUDIT_JOIN_MAX];
	size_t n;
	FILE *out;                   /* of --merged */
	char missing[SEK_AUDIT_JOIN_MAX][SEK_AUDIT_JOIN_NAME_BYTES];
	size_t n_missing;
	char spoken_of[SEK_AUDIT_JOIN_MAX][SEK_AUDIT_JOIN_NAME_BYTES];
	size_t n_spoken_of;
};

static int usage(FILE *to)
{
	fprintf(to, "sekisho-audit-verify %s\n"
		"usage: sekisho-audit-verify --key FILE.pub [OPTION]... FOLDER [[--key FILE.pub] [OPTION]... FOLDER]...\n"
		"  --key FILE.pub      public key of the log, kept where the broker's administrators cannot change it\n"
		"  --expect SEQ:HASH   a record known from elsewhere (a checkpoint in the syslog, a printed report); up to 64 times\n"
		"  --head FILE         a copy of the file 'head' instead of the one in the folder\n"
		"  --no-head           there is none (an old, archived part of the log)\n"
		"  --archived          earlier files may be missing\n"
		"  --json              the report as JSON\n"
		"  --lang ja|en        language of the report (default: en)\n"
		"several brokers: one FOLDER each, after the options that are about it\n"
		"  --broker NAME       a broker whose log must be among them; those that the logs speak of must be in any case\n"
		"  --merged FILE|-     writes the records of all logs there, by their times: NAME, a tab, the record\n"
		"exit code: 0 the logs are whole, 1 something was found or a broker's log is missing, 2 wrong usage, 3 key or folder cannot be read\n",
		SEK_VERSION);
	return to == stdout ? WHOLE : USAGE;
}

static bool parse_expect(struct log *l, const char *text)
{
	char *end;
	struct sek_audit_point *p = &l->known[l->v.n_known];

	if (l->v.n_known == KNOWN_MAX || *text < '1' || *text > '9')
		return false;
	p->seq = strtoull(text, &end, 10);
	if (*end != ':' || !sek_unhex(end + 1, strlen(end + 1), p->hash, sizeof p->hash))
		return false;
	l->v.n_known++;
	return true;
}

/* What was said before it is about it; the key, and whether a log is archived, holds for those behind it, too. */
static bool take_folder(struct options *o, const char *folder)
{
	if (o->n == SEK_AUDIT_JOIN_MAX)
		return false;
	o->logs[o->n] = o->next;
	o->logs[o->n++].v.folder = folder;
	o->next.v.head = NULL;
	o->next.v.n_known = 0;
	return true;
}

/* A single folder may stand before its options. */
static bool finish(struct options *o)
{
	struct log *only = &o->logs[0];

	if (o->n == 1) {
		const char *folder = only->v.folder, *head = only->v.head;

		for (size_t i = 0; i < only->v.n_known && o->next.v.n_known < KNOWN_MAX; i++)
			o->next.known[o->next.v.n_known++] = only->known[i];
		*only = o->next;
		only->v.folder = folder;
		only->v.head = only->v.head ? only->v.head : head;
	} else if (o->next.v.n_known > 0 || o->next.v.head) {
		return false; /* about no folder */
	}
	for (size_t i = 0; i < o->n; i++)
		if (!o->logs[i].key)
			return false;
	return o->n > 0;
}

/* An option that takes a value; false: it is none, or the value is none for it. */
static bool take_value(struct options *o, const char *option, const char *value)
{
	if (strcmp(option, "--key") == 0)
		o->next.key = value;
	else if (strcmp(option, "--head") == 0)
		o->next.v.head = value;
	else if (strcmp(option, "--merged") == 0)
		o->merged = value;
	else if (strcmp(option, "--broker") == 0 && o->n_brokers < SEK_AUDIT_JOIN_MAX && strlen(value) < SEK_AUDIT_JOIN_NAME_BYTES)
		o->brokers[o->n_brokers++] = value;
	else if (strcmp(option, "--lang") == 0 && (strcmp(value, "ja") == 0 || strcmp(value, "en") == 0))
		o->ja = strcmp(value, "ja") == 0;
	else
		return strcmp(option, "--expect") == 0 && parse_expect(&o->next, value);
	return true;
}

/* -1 to go on, else an exit code. */
static int parse(int argc, char **argv, struct options *o)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0)
			return usage(stdout);
		if (strcmp(argv[i], "--version") == 0)
			return printf("sekisho-audit-verify %s\n", SEK_VERSION) < 0;
		if (strcmp(argv[i], "--json") == 0)
			o->json = true;
		else if (strcmp(argv[i], "--no-head") == 0)
			o->next.v.no_head = true;
		else if (strcmp(argv[i], "--archived") == 0)
			o->next.v.archived = true;
		else if (argv[i][0] != '-' ? !take_folder(o, argv[i]) : i + 1 == argc || !take_value(o, argv[i], argv[i + 1]))
			return usage(stderr);
		else if (argv[i][0] == '-')
			i++;
	}
	return finish(o) ? -1 : usage(stderr);
}

static bool ja, as_json; /* for on_found */

static void on_found(void *user, const struct sek_finding *f)
{
	struct log *l = user;

	if (as_json) {
		json_array_append_new(l->list, json_pack("{s:s,s:b,s:s,s:I,s:I,s:s}", "word", sek_finding_word(f->kind), "note",
			(int)sek_finding_is_note(f->kind), "file", f->file, "line", (json_int_t)f->line, "seq", (json_int_t)f->seq,
			"text", sek_finding_text(f->kind, ja)));
		return;
	}
	printf("%s %s", sek_finding_is_note(f->kind) ? (ja ? "参考" : "note ") : (ja ? "異常" : "FOUND"), f->file);
	if (f->line)
		printf(":%llu", (unsigned long long)f->line);
	if (f->seq)
		printf(ja ? " (記録 %llu)" : " (record %llu)", (unsigned long long)f->seq);
	printf(": %s [%s]\n", sek_finding_text(f->kind, ja), sek_finding_word(f->kind));
}

static json_t *report_json(const struct log *l)
{
	const struct sek_audit_verify *v = &l->v;
	char hash[SEK_AUDIT_HEX_BYTES];

	sek_hex(v->last.hash, sizeof v->last.hash, hash);
	return json_pack("{s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:s,s:I,s:s,s:s,s:O}", "whole", (int)(v->findings == 0), "findings",
		(json_int_t)v->findings, "notes", (json_int_t)v->notes, "records", (json_int_t)v->records, "checkpoints",
		(json_int_t)v->checkpoints, "files", (json_int_t)v->segments, "last", (json_int_t)v->last.seq, "hash", hash,
		"signed", (json_int_t)v->signed_seq, "from", v->from, "to", v->to, "list", l->list);
}

static void report_text(const struct log *l)
{
	const struct sek_audit_verify *v = &l->v;
	char hash[SEK_AUDIT_HEX_BYTES];

	sek_hex(v->last.hash, sizeof v->last.hash, hash);
	printf(ja ? "%llu件の記録（%s ～ %s、%llu個のファイル、%llu個のチェックポイント）。最後の記録: %llu:%s\n" :
		"%llu records (%s to %s, %llu files, %llu checkpoints). Last record: %llu:%s\n", (unsigned long long)v->records, v->from,
		v->to, (unsigned long long)v->segments, (unsigned long long)v->checkpoints, (unsigned long long)v->last.seq, hash);
	if (v->findings == 0)
		printf("%s\n", ja ? "異常なし: ログは完全です。" : "OK: the log is whole.");
	else
		printf(ja ? "異常 %llu 件: ログは完全ではありません。\n" : "%llu found: the log is NOT whole.\n",
			(unsigned long long)v->findings);
}

/* --- several logs --- */

static bool has(char (*list)[SEK_AUDIT_JOIN_NAME_BYTES], size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

static void on_own(void *user, size_t folder, const char *name)
{
	struct options *o = user;
	struct log *l = &o->logs[folder];

	for (size_t i = 0; i < 2 && !has(l->names, 2, name); i++)
		if (!l->names[i][0])
			snprintf(l->names[i], sizeof l->names[i], "%s", name);
}

static void on_other(void *user, size_t folder, const char *name)
{
	struct options *o = user;

	(void)folder;
	if (o->n_spoken_of < SEK_AUDIT_JOIN_MAX && !has(o->spoken_of, o->n_spoken_of, name))
		snprintf(o->spoken_of[o->n_spoken_of++], sizeof o->spoken_of[0], "%s", name);
}

static const char *name_of(const struct log *l)
{
	return l->names[1][0] ? l->names[1] : l->names[0][0] ? l->names[0] : l->v.folder;
}

static void on_record(void *user, size_t folder, const char *line, size_t n)
{
	struct options *o = user;

	fprintf(o->out, "%s\t%.*s\n", name_of(&o->logs[folder]), (int)n, line);
}

static void look_for(struct options *o, const char *name)
{
	for (size_t i = 0; i < o->n; i++)
		if (has(o->logs[i].names, 2, name))
			return;
	if (!has(o->missing, o->n_missing, name) && o->n_missing < SEK_AUDIT_JOIN_MAX)
		snprintf(o->missing[o->n_missing++], sizeof o->missing[0], "%s", name);
}

/* Names first, so that each record can be printed with its broker's. */
static bool join(struct options *o)
{
	const char *folders[SEK_AUDIT_JOIN_MAX];
	struct sek_audit_join j = { .folders = folders, .n = o->n, .own = on_own, .other = on_other, .user = o };
	bool done;

	for (size_t i = 0; i < o->n; i++)
		folders[i] = o->logs[i].v.folder;
	if (!sek_is_ok(sek_audit_join(&j)))
		return false;
	for (size_t i = 0; i < o->n_brokers; i++)
		look_for(o, o->brokers[i]);
	for (size_t i = 0; i < o->n_spoken_of; i++)
		look_for(o, o->spoken_of[i]);
	if (!o->merged)
		return true;
	o->out = strcmp(o->merged, "-") == 0 ? stdout : fopen(o->merged, "wxe");
	if (!o->out)
		return false;
	j.record = on_record;
	j.own = j.other = NULL;
	done = sek_is_ok(sek_audit_join(&j)) && fflush(o->out) == 0;
	if (o->out != stdout)
		done = fclose(o->out) == 0 && done;
	return done;
}

static void report_all(const struct options *o, bool whole)
{
	json_t *logs = json_array(), *missing = json_array();

	for (size_t i = 0; i < o->n && as_json; i++) {
		json_t *j = report_json(&o->logs[i]);

		json_object_set_new(j, "folder", json_string(o->logs[i].v.folder));
		json_object_set_new(j, "broker", json_string(name_of(&o->logs[i])));
		json_array_append_new(logs, j);
	}
	for (size_t i = 0; i < o->n_missing; i++) {
		json_array_append_new(missing, json_string(o->missing[i]));
		if (!as_json)
			printf(ja ? "異常: 中継サーバー %s の監査ログがありません。\n" : "FOUND: the log of broker %s is missing.\n", o->missing[i]);
	}
	if (as_json) {
		json_t *all = json_pack("{s:b,s:O,s:O}", "whole", (int)whole, "logs", logs, "missing", missing);

		json_dumpf(all, stdout, JSON_INDENT(1));
		printf("\n");
		json_decref(all);
	}
	json_decref(logs);
	json_decref(missing);
}

/* An exit code. */
static int verify(struct log *l)
{
	if (!sek_is_ok(sek_public_key_load(l->key, l->v.key))) {
		fprintf(stderr, "sekisho-audit-verify: '%s' is not a public key of an audit log\n", l->key);
		return UNREADABLE;
	}
	l->list = json_array();
	l->v.known = l->known;
	l->v.found = on_found;
	l->v.user = l;
	if (!sek_is_ok(sek_audit_verify(&l->v))) {
		fprintf(stderr, "sekisho-audit-verify: the folder '%s' cannot be read\n", l->v.folder);
		return UNREADABLE;
	}
	return l->v.findings == 0 ? WHOLE : FOUND;
}

static int run(struct options *o)
{
	bool several = o->n > 1 || o->n_brokers > 0 || o->merged;
	int worst = WHOLE;

	for (size_t i = 0; i < o->n; i++) {
		int r;

		if (several && !as_json)
			printf("== %s\n", o->logs[i].v.folder);
		r = verify(&o->logs[i]);
		if (r == UNREADABLE)
			return r;
		worst = r > worst ? r : worst;
		if (!as_json)
			report_text(&o->logs[i]);
	}
	if (!several && as_json) {
		json_t *j = report_json(&o->logs[0]);

		json_dumpf(j, stdout, JSON_INDENT(1));
		printf("\n");
		json_decref(j);
	}
	if (!several)
		return worst;
	if (!join(o)) {
		fprintf(stderr, "sekisho-audit-verify: the logs cannot be joined: is there enough room, and is '%s' not there yet?\n",
			o->merged ? o->merged : "-");
		return UNREADABLE;
	}
	if (o->n_missing > 0 && worst == WHOLE)
		worst = FOUND;
	report_all(o, worst == WHOLE);
	return worst;
}

int main(int argc, char **argv)
{
	static struct options o;
	int r = parse(argc, argv, &o);

	if (r >= 0)
		return r;
	if (sodium_init() < 0)
		return UNREADABLE;
	ja = o.ja;
	as_json = o.json;
	r = run(&o);
	for (size_t i = 0; i < o.n; i++)
		json_decref(o.logs[i].list);
	return r;
}
