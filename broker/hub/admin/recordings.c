/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Recordings for reviewers: the list, notes, legal hold, purging, verifying. Looking into one is review/'s. Must never delete
 * what is on legal hold, nor anything before the audit log says so.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hex.h"
#include "broker/hub/admin/internal.h"
#include "broker/hub/archive/archive.h"
#include "broker/hub/keys/replace.h"
#include "broker/hub/record/reader.h"

enum { FINDINGS_MAX = 100 };

static const struct {
	const char *word;
	uint32_t bit;
} marks[] = {
	{ "clipboard", SEK_MARK_CLIPBOARD }, { "policy", SEK_MARK_POLICY }, { "message", SEK_MARK_MESSAGE }, { "link", SEK_MARK_LINK },
	{ "late", SEK_MARK_LATE }, { "failed", SEK_MARK_FAILED },
};
enum { MARKS = sizeof marks / sizeof marks[0] };

static json_t *marks_json(uint32_t set)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < MARKS; i++)
		if (set & marks[i].bit)
			json_array_append_new(list, json_string(marks[i].word));
	return list;
}

static json_t *groups_json(const char *names)
{
	json_t *list = json_array();
	size_t n;

	for (; *names; names += n + (names[n] == '\n')) {
		n = strcspn(names, "\n");
		json_array_append_new(list, json_stringn(names, n));
	}
	return list;
}

static json_t *recording_json(const struct sek_store_recording *r)
{
	char hash[65];

	sek_hex(r->hash, sizeof r->hash, hash);
	return json_pack("{s:s,s:s,s:s,s:s,s:o,s:I,s:I,s:I,s:I,s:o,s:s,s:b,s:I,s:b,s:s,s:I,s:s,s:s,s:I,s:s}", "recording", r->id, "session",
		r->session, "user", r->user, "host", r->host, "groups", groups_json(r->groups), "began_us", (json_int_t)r->began_us,
		"length_us", (json_int_t)r->length_us, "bytes", (json_int_t)r->bytes, "blocks", (json_int_t)r->blocks, "marks",
		marks_json(r->marks), "ended", r->ended, "required", (int)r->required, "days", (json_int_t)r->days, "hold", (int)r->hold,
		"hold_why", r->hold_why, "purged_s", (json_int_t)r->purged_s, "purged_by", r->purged_by, "hash", hash, "notes",
		(json_int_t)r->notes, "broker", r->broker);
}

/* --- the list --- */

static void add_row(void *ctx, const struct sek_store_recording *r)
{
	struct sek_admin_page *p = ctx;

	json_array_append_new(p->rows, recording_json(r));
	snprintf(p->next, sizeof p->next, "%lld:%s", (long long)r->began_us, r->id);
}

static bool read_marks(struct sek_admin_request *r, uint32_t *ret)
{
	const json_t *list = json_object_get(r->in, "marks");
	size_t i, k;

	for (i = 0; i < json_array_size(list); i++) {
		const char *word = json_string_value(json_array_get(list, i));

		for (k = 0; k < MARKS && strcmp(marks[k].word, word) != 0; k++)
			;
		if (k == MARKS) {
			sek_admin_bad(r, "marks", "unknown");
			return false;
		}
		*ret |= marks[k].bit;
	}
	return true;
}

/* `after`: "MICROSECONDS:ID" of the last row of the page before. */
static bool read_after(struct sek_admin_request *r, struct sek_store_recordings_query *q)
{
	const char *text = sek_admin_text(r, "after");
	char *end;

	if (!*text)
		return true;
	q->before_us = strtoll(text, &end, 10);
	if (end != text && *end == ':' && strlen(end + 1) < SEK_STORE_RECORDING_BYTES) {
		q->before_id = end + 1;
		return true;
	}
	sek_admin_bad(r, "after", "characters");
	return false;
}

static void list_work(struct sek_admin_request *r)
{
	struct sek_store_recordings_query q = {
		.search = sek_admin_text(r, "search"), .user = sek_admin_text(r, "user"), .group = sek_admin_text(r, "group"),
		.host = sek_admin_text(r, "host"), .from_us = sek_admin_number(r, "from_us", 0), .to_us = sek_admin_number(r, "to_us", 0),
		.least_us = sek_admin_number(r, "least_us", 0), .most_us = sek_admin_number(r, "most_us", 0),
		.ended = sek_admin_text(r, "ended"), .hold_only = sek_admin_bool(r, "hold"), .noted_only = sek_admin_bool(r, "noted"),
		.purged = sek_admin_bool(r, "purged"),
	};
	struct sek_admin_page p;
	uint64_t total = 0;

	if (!read_marks(r, &q.marks) || !read_after(r, &q))
		return;
	sek_admin_page_begin(r, &p);
	q.limit = p.limit;
	(void)sek_admin_stored(r, sek_store_recordings_page(r->admin->store, &q, add_row, &p, &total));
	sek_admin_page_end(r, &p, total);
}

/* --- one --- */

static void add_note(void *ctx, const struct sek_store_note *n)
{
	json_array_append_new(ctx, json_pack("{s:I,s:I,s:b,s:s,s:s,s:I}", "id", (json_int_t)n->id, "at_us", (json_int_t)n->at_us, "flag",
		(int)n->flag, "who", n->who, "text", n->text, "when_s", (json_int_t)n->when_s));
}

static bool find(struct sek_admin_request *r, struct sek_store_recording *ret)
{
	return sek_admin_stored(r, sek_store_recording_find(r->admin->store, sek_admin_text(r, "recording"), ret));
}

struct parts {
	json_t *list;
	int64_t end_us; /* of the part before; 0 = not known */
};

static void add_part(void *ctx, const struct sek_store_recording *r)
{
	struct parts *p = ctx;
	json_t *part = json_pack("{s:s,s:s,s:I,s:I,s:s,s:b}", "recording", r->id, "broker", r->broker, "began_us", (json_int_t)r->began_us,
		"length_us", (json_int_t)r->length_us, "ended", r->ended, "purged", r->purged_s != 0);

	if (part && p->end_us)
		json_object_set_new(part, "gap_us", json_integer(r->began_us > p->end_us ? (json_int_t)(r->began_us - p->end_us) : 0));
	p->end_us = r->ended[0] ? r->began_us + r->length_us : 0;
	json_array_append_new(p->list, part);
}

/* With the other recordings of the same session: it goes on in another one when a broker dies or another one takes it over. */
static void show_work(struct sek_admin_request *r)
{
	struct sek_store_recording row;
	struct parts parts = { .end_us = 0 };
	json_t *notes;

	if (!find(r, &row))
		return;
	notes = json_array();
	parts.list = json_array();
	if (sek_admin_stored(r, sek_store_notes_each(r->admin->store, row.id, add_note, notes)) &&
			sek_admin_stored(r, sek_store_recordings_parts(r->admin->store, row.session, add_part, &parts)))
		r->out = json_pack("{s:o,s:O,s:O}", "recording", recording_json(&row), "notes", notes, "parts", parts.list);
	json_decref(notes);
	json_decref(parts.list);
}

/* What proves which recording it is goes on the record with what is done to it. */
static void look(struct sek_admin_request *r)
{
	struct sek_store_recording row;
	char hash[65];

	if (!find(r, &row))
		return;
	sek_hex(row.hash, sizeof row.hash, hash);
	json_object_set_new(r->in, "user", json_string(row.user));
	json_object_set_new(r->in, "hash", json_string(hash));
}

static bool is_elsewhere(const struct sek_admin_request *r, const struct sek_store_recording *row)
{
	return row->broker[0] && r->admin->config.broker && strcmp(row->broker, r->admin->config.broker) != 0;
}

static void look_purge(struct sek_admin_request *r)
{
	struct sek_store_recording row;

	look(r);
	if (r->error || !find(r, &row))
		return;
	if (row.hold)
		sek_admin_fail(r, "held");
	else if (is_elsewhere(r, &row))
		sek_admin_fail(r, "elsewhere"); /* its file is there */
	else if (row.purged_s || !row.ended[0])
		sek_admin_fail(r, "conflict");
}

static void hold_work(struct sek_admin_request *r)
{
	const struct sek_store_actor by = sek_admin_actor(r);

	(void)sek_admin_stored(r, sek_store_recording_hold(r->admin->store, sek_admin_text(r, "recording"), sek_admin_bool(r, "hold"), &by));
}

static void note_work(struct sek_admin_request *r)
{
	const struct sek_store_actor by = { .who = r->caller.user, .why = sek_admin_text(r, "text"), .now_s = (int64_t)time(NULL) };
	int64_t id = 0;

	if (sek_admin_stored(r, sek_store_note_add(r->admin->store, sek_admin_text(r, "recording"), sek_admin_number(r, "at_us", 0),
			sek_admin_bool(r, "flag"), &by, &id)))
		r->out = json_pack("{s:I}", "note", (json_int_t)id);
}

static void unnote_work(struct sek_admin_request *r)
{
	sek_status s = sek_store_note_remove(r->admin->store, sek_admin_text(r, "recording"), sek_admin_number(r, "note", 0), r->caller.user);

	if (sek_is(s, SEK_E_DENIED))
		sek_admin_fail(r, "forbidden");
	else
		(void)sek_admin_stored(r, s);
}

static void purge_work(struct sek_admin_request *r)
{
	const struct sek_store_actor by = sek_admin_actor(r);
	const char *id = sek_admin_text(r, "recording");
	sek_status s;

	if (!r->admin->config.recordings_path) {
		sek_admin_fail(r, "unavailable");
		return;
	}
	s = sek_store_recording_purge(r->admin->store, id, &by);
	if (sek_is(s, SEK_E_DENIED)) { /* somebody was faster */
		sek_admin_fail(r, "held");
		return;
	}
	if (!sek_admin_stored(r, s))
		return;
	s = sek_archive_unlink(r->admin->config.recordings_path, id);
	if (!sek_is_ok(s) && !sek_is(s, SEK_E_NOT_FOUND))
		sek_admin_fail(r, "internal");
}

/* --- verifying --- */

/* The film itself is made by whoever asks, with the secret half of the key, which the broker has not. */
static void export_work(struct sek_admin_request *r)
{
	struct sek_store_recording row;
	char path[4200];

	if (!r->admin->config.recordings_path) {
		sek_admin_fail(r, "unavailable");
		return;
	}
	if (!find(r, &row))
		return;
	if (row.purged_s) {
		sek_admin_fail(r, "conflict");
		return;
	}
	(void)sek_archive_path(r->admin->config.recordings_path, row.id, path, sizeof path);
	r->out = json_pack("{s:s,s:s}", "path", path, "user", row.user);
}

static void add_finding(void *ctx, const char *word, uint32_t block)
{
	json_t *list = ctx;

	if (json_array_size(list) < FINDINGS_MAX)
		json_array_append_new(list, json_pack("{s:s,s:I}", "what", word, "block", (json_int_t)block));
}

/* What the file says against what was kept outside of it. */
static void check_row(const struct sek_recording_reader *reader, const struct sek_store_recording *row, json_t *findings)
{
	static const uint8_t none[sizeof row->hash];
	const struct sek_recording_head *h = sek_recording_head(reader);

	if (strcmp(h->id, row->id) != 0 || strcmp(h->session, row->session) != 0)
		add_finding(findings, "another", 0);
	else if (row->ended[0] && (int64_t)h->blocks < row->blocks)
		add_finding(findings, "cut", h->blocks);
	else if (memcmp(row->hash, none, sizeof none) != 0 && memcmp(row->hash, h->hash, sizeof none) != 0)
		add_finding(findings, "hash", h->blocks);
}

/* Whoever may have signed recordings here, one key after the other. */
struct sek_signers {
	uint8_t keys[SEK_SIGN_KEYS_MAX][SEK_SIGN_KEY_BYTES];
	size_t n;
};

static const char *verdict_of(const char *path, const struct sek_store_recording *row, const struct sek_signers *signers,
	json_t *findings)
{
	enum sek_recording_verdict verdict = SEK_RECORDING_DAMAGED;
	struct sek_recording_reader *reader = NULL;
	char err[400] = "";
	sek_status s = sek_recording_open(path, &reader, err, sizeof err);

	if (sek_is(s, SEK_E_NOT_FOUND))
		return row->purged_s ? "purged" : "missing";
	if (!sek_is_ok(s)) {
		add_finding(findings, "header", 0);
		return "damaged";
	}
	check_row(reader, row, findings);
	sek_recording_reader_close(reader);
	s = sek_recording_verify_any(path, (const uint8_t (*)[SEK_SIGN_KEY_BYTES])signers->keys, signers->n, NULL, add_finding, findings, &verdict);
	if (!sek_is_ok(s) || verdict == SEK_RECORDING_DAMAGED)
		return "damaged";
	if (!row->ended[0])
		return "running";
	if (row->purged_s) /* it should be gone */
		return "not-purged";
	return json_array_size(findings) ? "damaged" : verdict == SEK_RECORDING_SOUND ? "sound" : "unfinished";
}

/* Another broker signs with another key, whose public half is not here. */
static bool is_unknown_key(const json_t *findings)
{
	return json_array_size(findings) == 1 && strcmp(json_string_value(json_object_get(json_array_get(findings, 0), "what")), "signature") == 0;
}

static void verify_work(struct sek_admin_request *r)
{
	struct sek_store_recording row;
	char path[4200];
	struct sek_signers signers;
	json_t *findings;
	const char *word;

	if (!r->admin->config.recordings_path) {
		sek_admin_fail(r, "unavailable");
		return;
	}
	if (!find(r, &row) || !sek_admin_stored(r, sek_public_keys_load(r->admin->config.signing_key_path, signers.keys, &signers.n)))
		return;
	findings = json_array();
	(void)sek_archive_path(r->admin->config.recordings_path, row.id, path, sizeof path);
	word = verdict_of(path, &row, &signers, findings);
	if (is_elsewhere(r, &row) && !row.purged_s && (strcmp(word, "missing") == 0 || (strcmp(word, "damaged") == 0 && is_unknown_key(findings)))) {
		word = "elsewhere";
		json_array_clear(findings);
	}
	r->out = json_pack("{s:s,s:s,s:o}", "recording", row.id, "verdict", word, "findings", findings);
}

/* Files that no row knows: put there by somebody, or of a database that was set back. */
static void strays_work(struct sek_admin_request *r)
{
	const char *folder = r->admin->config.recordings_path;
	DIR *d = folder ? opendir(folder) : NULL;
	struct sek_store_recording row;
	const struct dirent *e;
	json_t *rows;

	if (!d) {
		sek_admin_fail(r, "unavailable");
		return;
	}
	rows = json_array();
	while ((e = readdir(d)) != NULL && json_array_size(rows) < FINDINGS_MAX) {
		char id[SEK_STORE_RECORDING_BYTES];
		size_t n = strlen(e->d_name);

		if (n != 32 + sizeof SEK_RECORDING_SUFFIX - 1 || strcmp(e->d_name + 32, SEK_RECORDING_SUFFIX) != 0)
			continue;
		snprintf(id, sizeof id, "%.32s", e->d_name);
		if (sek_is(sek_store_recording_find(r->admin->store, id, &row), SEK_E_NOT_FOUND))
			json_array_append_new(rows, json_string(id));
	}
	closedir(d);
	r->out = json_pack("{s:o}", "rows", rows);
}

/* --- state --- */

json_t *sek_admin_recording_state(const struct sek_archive *a)
{
	struct sek_archive_state s;

	if (!a)
		return json_null();
	sek_archive_state(a, &s);
	return json_pack("{s:b,s:b,s:s,s:I,s:I,s:i,s:i,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "writable", (int)s.recorder.writable, "warning",
		(int)s.recorder.warning, "why", s.recorder.why, "free_bytes", (json_int_t)s.recorder.free_bytes, "waiting_bytes",
		(json_int_t)s.recorder.waiting_bytes, "open", (int)s.recorder.open, "failed", (int)s.recorder.failed, "recordings",
		(json_int_t)s.recordings, "bytes", (json_int_t)s.bytes, "held", (json_int_t)s.held, "purged", (json_int_t)s.purged, "first_us",
		(json_int_t)s.first_us, "bytes_a_day", (json_int_t)s.bytes_a_day, "days_left", (json_int_t)s.days_left, "looked_s",
		(json_int_t)s.looked_s);
}

static void state_after(struct sek_admin_request *r)
{
	r->out = json_pack("{s:o}", "recording", sek_admin_recording_state(r->admin->config.archive));
}

#define RECORDING { "recording", SEK_ADMIN_TEXT, true, 32, 32 }
#define MOMENT(name) { name, SEK_ADMIN_NUMBER, false, 0, SEK_ADMIN_VERSION_MOST }

static const struct sek_admin_field strays_fields[] = { { "limit", SEK_ADMIN_NUMBER, false, 1, SEK_ADMIN_PAGE_MAX }, { 0 } };
static const struct sek_admin_field no_fields[] = { { 0 } };
static const struct sek_admin_field list_fields[] = {
	SEK_ADMIN_PAGING, { "user", SEK_ADMIN_NAME, false, 0, 1 }, { "group", SEK_ADMIN_NAME, false, 0, 1 },
	{ "host", SEK_ADMIN_TEXT, false, 0, 63 }, MOMENT("from_us"), MOMENT("to_us"), MOMENT("least_us"), MOMENT("most_us"),
	{ "marks", SEK_ADMIN_WORDS, false, 0, MARKS }, { "ended", SEK_ADMIN_TEXT, false, 0, 31 }, { "hold", SEK_ADMIN_BOOL, false, 0, 0 },
	{ "noted", SEK_ADMIN_BOOL, false, 0, 0 }, { "purged", SEK_ADMIN_BOOL, false, 0, 0 }, { 0 },
};
static const struct sek_admin_field one_fields[] = { RECORDING, { 0 } };
static const struct sek_admin_field hold_fields[] = { RECORDING, { "hold", SEK_ADMIN_BOOL, true, 0, 0 }, SEK_ADMIN_REASON, { 0 } };
static const struct sek_admin_field note_fields[] = {
	RECORDING, { "at_us", SEK_ADMIN_NUMBER, true, 0, SEK_ADMIN_VERSION_MOST }, { "flag", SEK_ADMIN_BOOL, false, 0, 0 },
	{ "text", SEK_ADMIN_TEXT, true, 1, 500 }, { 0 },
};
static const struct sek_admin_field unnote_fields[] = {
	RECORDING, { "note", SEK_ADMIN_NUMBER, true, 1, SEK_ADMIN_VERSION_MOST }, { 0 },
};
static const struct sek_admin_field purge_fields[] = { RECORDING, SEK_ADMIN_REASON, { 0 } };

const struct sek_admin_op sek_admin_recording_ops[] = {
	{ "recordings/list", list_fields, NULL, list_work, NULL },
	{ "recordings/show", one_fields, NULL, show_work, NULL },
	{ "recordings/hold", hold_fields, "recording.hold", hold_work, NULL },
	{ "recordings/note", note_fields, "recording.note", note_work, NULL },
	{ "recordings/unnote", unnote_fields, "recording.unnote", unnote_work, NULL },
	{ "recordings/purge", purge_fields, "recording.purged", purge_work, NULL },
	{ "recordings/export", purge_fields, "recording.exported", export_work, NULL },
	{ "recordings/verify", one_fields, NULL, verify_work, NULL },
	{ "recordings/strays", strays_fields, NULL, strays_work, NULL },
	{ "recordings/state", no_fields, NULL, NULL, state_after },
	{ 0 },
};

#define REVIEWER "reviewer"

const struct sek_admin_right sek_admin_recording_rights[] = {
	{ "recordings/list", REVIEWER, NULL },
	{ "recordings/show", REVIEWER, NULL },
	{ "recordings/hold", REVIEWER, look },
	{ "recordings/note", REVIEWER, look },
	{ "recordings/unnote", REVIEWER, look },
	{ "recordings/purge", REVIEWER, look_purge },
	{ "recordings/export", "", look }, /* on this machine only: reviewers have the page */
	{ "recordings/verify", REVIEWER, NULL },
	{ "recordings/strays", REVIEWER, NULL },
	{ "recordings/state", "administrator reviewer operator", NULL },
	{ 0 },
};
