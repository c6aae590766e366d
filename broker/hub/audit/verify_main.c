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
#include "broker/hub/audit/verify.h"

enum { KNOWN_MAX = 64, WHOLE = 0, FOUND = 1, USAGE = 2, UNREADABLE = 3 };

struct options {
	const char *key;
	bool json, ja;
	struct sek_audit_verify v;
	struct sek_audit_point known[KNOWN_MAX];
	json_t *list;
};

static int usage(FILE *to)
{
	fprintf(to, "sekisho-audit-verify %s\n"
		"usage: sekisho-audit-verify --key FILE.pub [OPTION]... FOLDER\n"
		"  --key FILE.pub      public key of the log, kept where the broker's administrators cannot change it\n"
		"  --expect SEQ:HASH   a record known from elsewhere (a checkpoint in the syslog, a printed report); up to 64 times\n"
		"  --head FILE         a copy of the file 'head' instead of the one in the folder\n"
		"  --no-head           there is none (an old, archived part of the log)\n"
		"  --archived          earlier files may be missing\n"
		"  --json              the report as JSON\n"
		"  --lang ja|en        language of the report (default: en)\n"
		"exit code: 0 the log is whole, 1 something was found, 2 wrong usage, 3 key or folder cannot be read\n", SEK_VERSION);
	return to == stdout ? WHOLE : USAGE;
}

static bool parse_expect(struct options *o, const char *text)
{
	char *end;
	struct sek_audit_point *p = &o->known[o->v.n_known];

	if (o->v.n_known == KNOWN_MAX || *text < '1' || *text > '9')
		return false;
	p->seq = strtoull(text, &end, 10);
	if (*end != ':' || !sek_unhex(end + 1, strlen(end + 1), p->hash, sizeof p->hash))
		return false;
	o->v.n_known++;
	return true;
}

/* -1 to go on, else an exit code. */
static int parse(int argc, char **argv, struct options *o)
{
	int i;

	for (i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(argv[i], "--help") == 0)
			return usage(stdout);
		if (strcmp(argv[i], "--version") == 0)
			return printf("sekisho-audit-verify %s\n", SEK_VERSION) < 0;
		if (strcmp(argv[i], "--json") == 0)
			o->json = true;
		else if (strcmp(argv[i], "--no-head") == 0)
			o->v.no_head = true;
		else if (strcmp(argv[i], "--archived") == 0)
			o->v.archived = true;
		else if (argv[i][0] != '-' && !o->v.folder)
			o->v.folder = argv[i];
		else if (!value)
			return usage(stderr);
		else if (strcmp(argv[i], "--key") == 0)
			o->key = argv[++i];
		else if (strcmp(argv[i], "--head") == 0)
			o->v.head = argv[++i];
		else if (strcmp(argv[i], "--expect") == 0 && parse_expect(o, value))
			i++;
		else if (strcmp(argv[i], "--lang") == 0 && (strcmp(value, "ja") == 0 || strcmp(value, "en") == 0))
			o->ja = strcmp(argv[++i], "ja") == 0;
		else
			return usage(stderr);
	}
	return o->key && o->v.folder ? -1 : usage(stderr);
}

static void on_found(void *user, const struct sek_finding *f)
{
	struct options *o = user;

	if (o->json) {
		json_array_append_new(o->list, json_pack("{s:s,s:b,s:s,s:I,s:I,s:s}", "word", sek_finding_word(f->kind), "note",
			(int)sek_finding_is_note(f->kind), "file", f->file, "line", (json_int_t)f->line, "seq", (json_int_t)f->seq,
			"text", sek_finding_text(f->kind, o->ja)));
		return;
	}
	printf("%s %s", sek_finding_is_note(f->kind) ? (o->ja ? "参考" : "note ") : (o->ja ? "異常" : "FOUND"), f->file);
	if (f->line)
		printf(":%llu", (unsigned long long)f->line);
	if (f->seq)
		printf(o->ja ? " (記録 %llu)" : " (record %llu)", (unsigned long long)f->seq);
	printf(": %s [%s]\n", sek_finding_text(f->kind, o->ja), sek_finding_word(f->kind));
}

static void report(const struct options *o)
{
	const struct sek_audit_verify *v = &o->v;
	char hash[SEK_AUDIT_HEX_BYTES];

	sek_hex(v->last.hash, sizeof v->last.hash, hash);
	if (o->json) {
		json_t *j = json_pack("{s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:s,s:I,s:s,s:s,s:O}", "whole", (int)(v->findings == 0), "findings",
			(json_int_t)v->findings, "notes", (json_int_t)v->notes, "records", (json_int_t)v->records, "checkpoints",
			(json_int_t)v->checkpoints, "files", (json_int_t)v->segments, "last", (json_int_t)v->last.seq, "hash", hash,
			"signed", (json_int_t)v->signed_seq, "from", v->from, "to", v->to, "list", o->list);

		json_dumpf(j, stdout, JSON_INDENT(1));
		printf("\n");
		json_decref(j);
		return;
	}
	printf(o->ja ? "%llu件の記録（%s ～ %s、%llu個のファイル、%llu個のチェックポイント）。最後の記録: %llu:%s\n" :
		"%llu records (%s to %s, %llu files, %llu checkpoints). Last record: %llu:%s\n", (unsigned long long)v->records, v->from,
		v->to, (unsigned long long)v->segments, (unsigned long long)v->checkpoints, (unsigned long long)v->last.seq, hash);
	if (v->findings == 0)
		printf("%s\n", o->ja ? "異常なし: ログは完全です。" : "OK: the log is whole.");
	else
		printf(o->ja ? "異常 %llu 件: ログは完全ではありません。\n" : "%llu found: the log is NOT whole.\n",
			(unsigned long long)v->findings);
}

int main(int argc, char **argv)
{
	struct options o = { .key = NULL };
	int r = parse(argc, argv, &o);

	if (r >= 0)
		return r;
	if (sodium_init() < 0 || !sek_is_ok(sek_public_key_load(o.key, o.v.key))) {
		fprintf(stderr, "sekisho-audit-verify: '%s' is not a public key of an audit log\n", o.key);
		return UNREADABLE;
	}
	o.list = json_array();
	o.v.known = o.known;
	o.v.found = on_found;
	o.v.user = &o;
	if (!sek_is_ok(sek_audit_verify(&o.v))) {
		fprintf(stderr, "sekisho-audit-verify: the folder '%s' cannot be read\n", o.v.folder);
		json_decref(o.list);
		return UNREADABLE;
	}
	report(&o);
	json_decref(o.list);
	return o.v.findings == 0 ? WHOLE : FOUND;
}
