/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The verifier. Believes nothing but the public key and what the caller knows from elsewhere; goes on after a finding so that
 * one report names them all.
 */
#include "broker/hub/audit/verify.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "base/file.h"

struct run {
	struct sek_audit_verify *v;
	char file[40];
	unsigned segment;
	uint64_t line;
	struct sek_audit_point at;   /* the record before: number and hash as they stand in the log */
	bool begun;                  /* a record was seen */
	struct sek_audit_point head;
	bool has_head;
	uint8_t key[SEK_AUDIT_KEY_BYTES];      /* that signs where we are */
	uint8_t last_key[SEK_AUDIT_KEY_BYTES]; /* that signs at the end, as the log says itself */
	bool trusted;                /* that key is the one that was given, or was named by it; or a signature of the given one was met */
	uint8_t *seen;               /* which of known (and then the head) were met */
	uint64_t highest;
};

static const struct {
	const char *word, *en, *ja;
	bool note;
} kinds[SEK_FINDINGS] = {
	[SEK_FINDING_UNREADABLE] = { "unreadable", "a file cannot be read", "ファイルを読めません", false },
	[SEK_FINDING_MALFORMED] = { "malformed", "a line that the broker cannot have written", "ブローカーが書いた行ではありません", false },
	[SEK_FINDING_CHANGED] = { "changed", "this record was changed, or the one before it was replaced",
		"この記録が書き換えられたか、直前の記録が差し替えられています", false },
	[SEK_FINDING_GAP] = { "gap", "records before this one were deleted", "この記録の前の記録が削除されています", false },
	[SEK_FINDING_ORDER] = { "order", "records were moved or repeated", "記録の順序が変えられたか、重複しています", false },
	[SEK_FINDING_SIGNATURE] = { "signature", "this checkpoint is not signed by the key for this chain",
		"このチェックポイントの署名が、この鍵・この記録の並びのものではありません", false },
	[SEK_FINDING_HEADER] = { "header", "the file does not begin with its header", "ファイルの先頭が正しい見出しではありません", false },
	[SEK_FINDING_KEY] = { "key", "the file names another key", "ファイルに別の鍵が書かれています", false },
	[SEK_FINDING_SEGMENT] = { "segment", "a file is missing before this one", "このファイルの前のファイルがありません", false },
	[SEK_FINDING_BEGINNING] = { "beginning", "the log does not begin at record 1", "記録が1番から始まっていません", false },
	[SEK_FINDING_SHORT] = { "short", "the log ends before a record that is known to have been written",
		"書き込み済みと分かっている記録より前でログが終わっています", false },
	[SEK_FINDING_OTHER] = { "other", "the record of this number is not the one that is known",
		"この番号の記録が、分かっているものと違います", false },
	[SEK_FINDING_NO_HEAD] = { "no-head", "the head file is missing or not signed by the key: a cut at the end cannot be ruled out",
		"head ファイルがないか署名が違います。末尾の切り取りがないとは言えません", false },
	[SEK_FINDING_REPORTED] = { "reported", "the broker found the log damaged here", "ブローカーがここでログの損傷を見つけています", false },
	[SEK_FINDING_TAIL] = { "tail", "the last line is incomplete: being written, or torn by a stop; nobody was told of it",
		"最後の行が途中です（書き込み中か停止による中断。書き込み済みとは通知されていません）", true },
	[SEK_FINDING_UNSIGNED] = { "unsigned", "the records after the last checkpoint are covered by the head file only",
		"最後のチェックポイントより後の記録は head ファイルの署名だけで守られています", true },
	[SEK_FINDING_REKEYED] = { "rekeyed", "from here on another key signs, which the old one has named; keep a copy of the new public half",
		"ここから、古い鍵が指名した新しい鍵で署名されています（新しい公開鍵を控えてください）", true },
	[SEK_FINDING_ARCHIVED] = { "archived", "earlier files were not given", "これより前のファイルは渡されていません", true },
};

bool sek_finding_is_note(enum sek_finding_kind k)
{
	return kinds[k].note;
}

const char *sek_finding_word(enum sek_finding_kind k)
{
	return kinds[k].word;
}

const char *sek_finding_text(enum sek_finding_kind k, bool ja)
{
	return ja ? kinds[k].ja : kinds[k].en;
}

static void found(struct run *r, enum sek_finding_kind kind, uint64_t line, uint64_t seq)
{
	struct sek_finding f = { .kind = kind, .file = r->file, .line = line, .seq = seq };

	if (kinds[kind].note)
		r->v->notes++;
	else
		r->v->findings++;
	if (r->v->found)
		r->v->found(r->v->user, &f);
}

/* --- one record --- */

static const char *text_of(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text ? text : "";
}

static void check_header(struct run *r, const json_t *details)
{
	char segment[16], hex[SEK_AUDIT_HEX_BYTES];

	snprintf(segment, sizeof segment, "%u", r->segment);
	sek_hex(r->at.hash, sizeof r->at.hash, hex);
	if (strcmp(text_of(details, "segment"), segment) != 0 || strcmp(text_of(details, "previous"), hex) != 0)
		found(r, SEK_FINDING_HEADER, r->line, r->at.seq + 1);
	sek_hex(r->key, sizeof r->key, hex);
	if (strcmp(text_of(details, "key"), hex) != 0)
		found(r, SEK_FINDING_KEY, r->line, r->at.seq + 1);
}

/* r->at is the record before. A checkpoint that was signed for another chain than the one that stands there is what gives a log
 * away that was rewritten with all its hashes. */
static void check_checkpoint(struct run *r, const json_t *details, uint64_t seq)
{
	const char *text = text_of(details, "signature");
	uint8_t signature[SEK_AUDIT_SIGNATURE_BYTES];

	if (!sek_unhex(text, strlen(text), signature, sizeof signature) ||
			!sek_audit_signature_ok(r->key, SEK_AUDIT_CHECKPOINT, &r->at, signature)) {
		found(r, SEK_FINDING_SIGNATURE, r->line, seq);
		return;
	}
	r->trusted = r->trusted || memcmp(r->key, r->v->key, sizeof r->key) == 0;
	r->v->checkpoints++;
	r->v->signed_seq = seq;
}

/* The old key names the new one. */
static void check_key(struct run *r, const json_t *details, uint64_t seq)
{
	const char *name = text_of(details, "key"), *text = text_of(details, "signature");
	uint8_t key[SEK_AUDIT_KEY_BYTES], signature[SEK_AUDIT_SIGNATURE_BYTES];

	if (!sek_unhex(name, strlen(name), key, sizeof key) || !sek_unhex(text, strlen(text), signature, sizeof signature) ||
			!sek_audit_key_ok(r->key, &r->at, key, signature)) {
		found(r, SEK_FINDING_KEY, r->line, seq);
		return;
	}
	memcpy(r->key, key, sizeof key);
	found(r, SEK_FINDING_REKEYED, r->line, seq);
}

/* Records of the log about itself. False if the line was to be a header and is none. */
static void check_own(struct run *r, const char *line, size_t n, uint64_t seq, bool first_of_file)
{
	static const char mark[] = "\"what\":\"audit.";
	json_t *json = NULL;
	const char *what;

	if (!first_of_file && !memmem(line, n, mark, sizeof mark - 1))
		return;
	json = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	what = text_of(json, "what");
	if (first_of_file != (strcmp(what, "audit.segment") == 0))
		found(r, SEK_FINDING_HEADER, r->line, seq);
	else if (first_of_file)
		check_header(r, json_object_get(json, "details"));
	if (strcmp(what, "audit.checkpoint") == 0)
		check_checkpoint(r, json_object_get(json, "details"), seq);
	else if (strcmp(what, "audit.key") == 0)
		check_key(r, json_object_get(json, "details"), seq);
	else if (strcmp(what, "audit.damaged") == 0)
		found(r, SEK_FINDING_REPORTED, r->line, seq);
	json_decref(json);
}

static void compare_known(struct run *r, const struct sek_audit_point *p)
{
	size_t i;

	for (i = 0; i < r->v->n_known; i++) {
		if (r->v->known[i].seq != p->seq)
			continue;
		r->seen[i] = 1;
		if (memcmp(r->v->known[i].hash, p->hash, sizeof p->hash) != 0)
			found(r, SEK_FINDING_OTHER, r->line, p->seq);
	}
	if (r->has_head && r->head.seq == p->seq) {
		r->seen[r->v->n_known] = 1;
		if (memcmp(r->head.hash, p->hash, sizeof p->hash) != 0)
			found(r, SEK_FINDING_OTHER, r->line, p->seq);
	}
}

static void keep_time(struct run *r, const char *line, size_t n)
{
	static const char mark[] = "\"time\":\"";
	const char *at = memmem(line, n < 64 ? n : 64, mark, sizeof mark - 1);
	char text[40] = "";

	if (at && at + sizeof mark - 1 + 27 < line + n)
		memcpy(text, at + sizeof mark - 1, 27);
	if (!r->begun)
		memcpy(r->v->from, text, sizeof text);
	memcpy(r->v->to, text, sizeof text);
}

/* The beginning of what was given: record 1, or, if that is allowed, a header that names what stood before it. */
static void begin(struct run *r, const char *line, size_t n, const struct sek_audit_point *p)
{
	json_t *json;
	const char *previous;

	if (p->seq == 1)
		return;
	found(r, r->v->archived ? SEK_FINDING_ARCHIVED : SEK_FINDING_BEGINNING, r->line, p->seq);
	json = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	previous = text_of(json_object_get(json, "details"), "previous");
	r->at.seq = p->seq - 1;
	(void)sek_unhex(previous, strlen(previous), r->at.hash, sizeof r->at.hash);
	json_decref(json);
}

static void check_line(struct run *r, const char *line, size_t n, bool first_of_file)
{
	struct sek_audit_point p;
	uint8_t hash[SEK_AUDIT_HASH_BYTES];
	size_t text_n;

	if (!sek_is_ok(sek_audit_line_read(line, n, &p, &text_n))) {
		found(r, SEK_FINDING_MALFORMED, r->line, 0);
		return;
	}
	if (!r->begun)
		begin(r, line, n, &p);
	keep_time(r, line, n);
	if (p.seq <= r->at.seq)
		found(r, SEK_FINDING_ORDER, r->line, p.seq);
	else if (p.seq != r->at.seq + 1)
		found(r, SEK_FINDING_GAP, r->line, p.seq);
	sek_audit_hash(r->at.hash, line, text_n, hash);
	if (memcmp(hash, p.hash, sizeof hash) != 0)
		found(r, SEK_FINDING_CHANGED, r->line, p.seq);
	check_own(r, line, n, p.seq, first_of_file);
	compare_known(r, &p);
	if (!r->begun)
		r->v->first = p;
	r->begun = true;
	r->v->records++;
	if (p.seq > r->highest)
		r->highest = p.seq;
	r->at = p; /* as stated: so that one change is one finding */
}

/* --- files --- */

static void check_file(struct run *r, FILE *f, bool last)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	bool first = true;

	r->line = 0;
	while ((n = getline(&line, &room, f)) > 0) {
		r->line++;
		if (line[n - 1] == '\n')
			check_line(r, line, (size_t)n - 1, first);
		else
			found(r, last ? SEK_FINDING_TAIL : SEK_FINDING_MALFORMED, r->line, 0);
		first = false;
	}
	if (ferror(f))
		found(r, SEK_FINDING_UNREADABLE, r->line, 0);
	else if (first)
		found(r, SEK_FINDING_HEADER, 0, 0); /* empty */
	free(line);
}

static int by_number(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return x < y ? -1 : x > y;
}

sek_status sek_audit_segments(const char *folder, unsigned **ret, size_t *ret_n)
{
	DIR *d = opendir(folder);
	unsigned *numbers = NULL;
	size_t n = 0, room = 0;
	struct dirent *e;

	if (!d)
		return sek_from_errno();
	while ((e = readdir(d)) != NULL) {
		char name[40];
		unsigned k;

		if (sscanf(e->d_name, "audit-%8u.log", &k) != 1)
			continue;
		snprintf(name, sizeof name, SEK_AUDIT_SEGMENT_NAME, k);
		if (strcmp(name, e->d_name) != 0)
			continue;
		if (n == room) {
			unsigned *more = realloc(numbers, (room = room ? room * 2 : 64) * sizeof *more);

			if (!more) {
				free(numbers);
				closedir(d);
				return sek_fail(SEK_E_NOMEM);
			}
			numbers = more;
		}
		numbers[n++] = k;
	}
	closedir(d);
	if (n > 0)
		qsort(numbers, n, sizeof *numbers, by_number);
	*ret = numbers;
	*ret_n = n;
	return sek_ok();
}

/* Before the log is read: a broker that is writing puts a record into the log first and into the head afterwards. */
static void read_head(struct run *r)
{
	char path[PATH_MAX], *text = NULL;
	size_t n = 0;

	if (r->v->no_head)
		return;
	snprintf(path, sizeof path, "%.4000s/head", r->v->folder);
	if (sek_is_ok(sek_file_read(r->v->head ? r->v->head : path, &text, &n)))
		r->has_head = sek_is_ok(sek_audit_head_read(r->last_key, text, n, &r->head));
	r->trusted = r->trusted || (r->has_head && memcmp(r->last_key, r->v->key, sizeof r->last_key) == 0);
	free(text);
	if (!r->has_head)
		found(r, SEK_FINDING_NO_HEAD, 0, 0);
}

static void check_end(struct run *r)
{
	size_t i;

	for (i = 0; i < r->v->n_known; i++)
		if (!r->seen[i] && r->v->known[i].seq > r->highest)
			found(r, SEK_FINDING_SHORT, 0, r->v->known[i].seq);
	if (r->has_head && r->head.seq > r->highest)
		found(r, SEK_FINDING_SHORT, 0, r->head.seq);
	if (r->begun && !r->trusted) /* it says that it is the given key's, and nothing in it proves that */
		found(r, SEK_FINDING_KEY, 0, 0);
	if (!r->begun) /* not even a header */
		found(r, SEK_FINDING_BEGINNING, 0, 0);
	if (r->begun && r->v->signed_seq < r->at.seq)
		found(r, SEK_FINDING_UNSIGNED, 0, r->v->signed_seq + 1);
	r->v->last = r->at;
}

static void check_all(struct run *r, const unsigned *numbers, size_t n)
{
	char path[PATH_MAX];
	unsigned expected = n > 0 && r->v->archived ? numbers[0] : 1;
	size_t i;

	for (i = 0; i < n; i++, expected++) {
		FILE *f;

		r->segment = numbers[i];
		snprintf(r->file, sizeof r->file, SEK_AUDIT_SEGMENT_NAME, numbers[i]);
		if (numbers[i] != expected)
			found(r, SEK_FINDING_SEGMENT, 0, 0);
		expected = numbers[i];
		snprintf(path, sizeof path, "%.4000s/%s", r->v->folder, r->file);
		f = fopen(path, "re");
		if (!f) {
			found(r, SEK_FINDING_UNREADABLE, 0, 0);
			continue;
		}
		check_file(r, f, i + 1 == n);
		fclose(f);
		r->v->segments++;
	}
	snprintf(r->file, sizeof r->file, "head");
}

/* Which keys one file speaks of: its header's, and those that "audit.key" names. Nothing is believed yet. */
static void look_for_keys(struct run *r, FILE *f, bool first, bool *given)
{
	static const char mark[] = "\"what\":\"audit.key\"";
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	for (bool header = first; (n = getline(&line, &room, f)) > 0; header = false) {
		json_t *json = header || memmem(line, (size_t)n, mark, sizeof mark - 1) ? json_loadb(line, (size_t)n, JSON_REJECT_DUPLICATES, NULL) : NULL;
		const char *key = text_of(json_object_get(json, "details"), "key");
		uint8_t bytes[SEK_AUDIT_KEY_BYTES];

		if (json && (header || strcmp(text_of(json, "what"), "audit.key") == 0) && sek_unhex(key, strlen(key), bytes, sizeof bytes)) {
			memcpy(r->last_key, bytes, sizeof bytes);
			if (header)
				memcpy(r->key, bytes, sizeof bytes);
			*given = *given || memcmp(bytes, r->v->key, sizeof bytes) == 0;
		}
		json_decref(json);
	}
	free(line);
}

/* The given key may be any of those that the log had, one after the other: what came before it is held by the hashes under its signatures,
 * what comes after it by its word. A log that does not know it is read with it, so that everything in it is found to be another's. */
static void find_keys(struct run *r, const unsigned *numbers, size_t n)
{
	char path[PATH_MAX];
	bool given = false;

	for (size_t i = 0; i < n; i++) {
		FILE *f;

		snprintf(path, sizeof path, "%.4000s/" SEK_AUDIT_SEGMENT_NAME, r->v->folder, numbers[i]);
		f = fopen(path, "re");
		if (!f)
			continue;
		look_for_keys(r, f, i == 0, &given);
		fclose(f);
	}
	if (!given || memcmp(r->key, r->v->key, sizeof r->key) == 0)
		r->trusted = true; /* the first one, or all of them: every signature is looked at with it */
	if (given)
		return;
	memcpy(r->key, r->v->key, sizeof r->key);
	memcpy(r->last_key, r->v->key, sizeof r->last_key);
}

sek_status sek_audit_verify(struct sek_audit_verify *v)
{
	struct run r = { .v = v, .file = "head" };
	unsigned *numbers = NULL;
	size_t n = 0;
	sek_status status;

	r.seen = calloc(v->n_known + 1, 1);
	if (!r.seen)
		return sek_fail(SEK_E_NOMEM);
	status = sek_audit_segments(v->folder, &numbers, &n);
	if (sek_is_ok(status)) {
		find_keys(&r, numbers, n);
		read_head(&r);
		free(numbers);
		numbers = NULL; /* a file may have begun meanwhile that the head knows */
		status = sek_audit_segments(v->folder, &numbers, &n);
	}
	if (sek_is_ok(status)) {
		check_all(&r, numbers, n);
		check_end(&r);
	}
	free(numbers);
	free(r.seen);
	return status;
}
