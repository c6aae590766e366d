/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Gathering recordings and sessions from the lines of an audit log. Must never believe a line more than the log's own verifier does.
 */
#include "broker/hub/record/ledger.h"

#include <limits.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "broker/hub/audit/chain.h"

struct session {
	char id[33];
	bool required, recorded, refused;
};

/* A broker's log. */
struct log {
	void *sessions; /* tsearch: they begin with their id */
	char names[2][SEK_LEDGER_NAME_BYTES]; /* as it calls itself: its machine's, and among the brokers */
};

struct sek_record_ledger {
	void *recordings; /* tsearch, likewise */
	struct log logs[SEK_LEDGER_LOGS_MAX], *now; /* now: that is being read */
	size_t n;
	char from[SEK_LEDGER_LOGS_MAX][SEK_LEDGER_NAME_BYTES]; /* brokers from which sessions came */
	bool failed;      /* no memory */
	void (*recording)(void *user, const struct sek_ledger_recording *r);
	void (*unrecorded)(void *user, const char *session);
	void *user;
};

static int by_id(const void *a, const void *b)
{
	return strncmp(a, b, 32);
}

/* The node of that id; made of `size` zero bytes if it is new. */
static void *node(struct sek_record_ledger *l, void **root, const char *id, size_t size)
{
	char *fresh, **at;

	if (strlen(id) != 32)
		return NULL;
	fresh = calloc(1, size);
	if (!fresh) {
		l->failed = true;
		return NULL;
	}
	memcpy(fresh, id, 33);
	at = tsearch(fresh, root, by_id);
	if (!at || *at != fresh)
		free(fresh);
	l->failed = l->failed || !at;
	return at ? *at : NULL;
}

static const char *text_of(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text ? text : "";
}

static void take_session(struct sek_record_ledger *l, const json_t *line, const json_t *details)
{
	struct session *s = node(l, &l->now->sessions, text_of(line, "object"), sizeof *s);

	if (s)
		s->required = s->required || strcmp(text_of(details, "recording"), "required") == 0;
}

static void take_recording(struct sek_record_ledger *l, const char *what, const json_t *line, const json_t *details)
{
	bool ok = strcmp(text_of(line, "outcome"), "ok") == 0, started = strcmp(what, "recording.started") == 0;
	struct session *s = node(l, &l->now->sessions, text_of(details, "session"), sizeof *s);
	struct sek_ledger_recording *r;

	if (strcmp(what, "recording.failed") == 0 && strcmp(text_of(line, "outcome"), "refused") == 0) {
		if (s)
			s->refused = true; /* there was nothing to show, and nothing was shown */
		return;
	}
	r = node(l, &l->recordings, text_of(line, "object"), sizeof *r);
	if (!r)
		return;
	if (s)
		s->recorded = s->recorded || started;
	if (started) {
		snprintf(r->session, sizeof r->session, "%s", text_of(details, "session"));
		r->required = strcmp(text_of(details, "required"), "yes") == 0;
	} else if (strcmp(what, "recording.failed") == 0) {
		r->failed = true;
	} else if (strcmp(what, "recording.closed") == 0) {
		snprintf(r->hash, sizeof r->hash, "%s", text_of(details, "hash"));
	} else if (strcmp(what, "recording.purged") == 0 && ok) {
		r->purged = true;
	}
}

static bool has(char (*list)[SEK_LEDGER_NAME_BYTES], size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

static void take_name(char (*list)[SEK_LEDGER_NAME_BYTES], size_t n, const char *name)
{
	if (!*name || strlen(name) >= SEK_LEDGER_NAME_BYTES || has(list, n, name))
		return;
	for (size_t i = 0; i < n; i++) {
		if (list[i][0])
			continue;
		snprintf(list[i], SEK_LEDGER_NAME_BYTES, "%s", name);
		return;
	}
}

static void take_line(struct sek_record_ledger *l, const char *text, size_t n)
{
	static const char recording[] = "\"what\":\"recording.", session[] = "\"what\":\"session.started\"",
		moved[] = "\"what\":\"session.moved-here\"", begun[] = "\"what\":\"broker.started\"";
	const char *what;
	json_t *line;

	if (!memmem(text, n, recording, sizeof recording - 1) && !memmem(text, n, session, sizeof session - 1) &&
			!memmem(text, n, moved, sizeof moved - 1) && !memmem(text, n, begun, sizeof begun - 1))
		return;
	line = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, NULL);
	what = text_of(line, "what");
	if (strcmp(what, "broker.started") == 0) {
		take_name(l->now->names, 1, text_of(line, "where"));
		take_name(l->now->names + 1, 1, text_of(json_object_get(line, "details"), "broker"));
	}
	if (strcmp(what, "session.moved-here") == 0)
		take_name(l->from, SEK_LEDGER_LOGS_MAX, text_of(json_object_get(line, "details"), "from"));
	if (strcmp(what, "session.started") == 0 || strcmp(what, "session.moved-here") == 0)
		take_session(l, line, json_object_get(line, "details"));
	else if (strcmp(what, "recording.started") == 0 || strcmp(what, "recording.failed") == 0 ||
			strcmp(what, "recording.closed") == 0 || strcmp(what, "recording.purged") == 0)
		take_recording(l, what, line, json_object_get(line, "details"));
	json_decref(line);
}

/* True if there was such a file. */
static bool take_file(struct sek_record_ledger *l, const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	if (!f)
		return false;
	while ((n = getline(&line, &room, f)) > 0)
		take_line(l, line, (size_t)n);
	l->failed = l->failed || ferror(f);
	free(line);
	fclose(f);
	return true;
}

/* True if it holds a log. */
static bool take_folder(struct sek_record_ledger *l, const char *folder)
{
	char path[PATH_MAX];
	unsigned segment, found = 0, gap = 0;

	/* the oldest may have been moved to an archive */
	for (segment = 1; gap < 100000 && (found == 0 || gap == 0); segment++) {
		snprintf(path, sizeof path, "%.4000s/" SEK_AUDIT_SEGMENT_NAME, folder, segment);
		if (take_file(l, path)) {
			found++;
			gap = 0;
		} else {
			gap++;
		}
	}
	return found > 0;
}

sek_status sek_record_ledger_read(const char *const *folders, size_t n, struct sek_record_ledger **ret, size_t *ret_bad)
{
	struct sek_record_ledger *l = n <= SEK_LEDGER_LOGS_MAX ? calloc(1, sizeof *l) : NULL;
	bool found = true;

	if (!l)
		return sek_fail(n <= SEK_LEDGER_LOGS_MAX ? SEK_E_NOMEM : SEK_E_LIMIT);
	for (; l->n < n && found && !l->failed; l->n++) {
		l->now = &l->logs[l->n];
		*ret_bad = l->n;
		found = take_folder(l, folders[l->n]);
	}
	if (!found || l->failed) {
		sek_record_ledger_destroy(l);
		return sek_fail(!found ? SEK_E_NOT_FOUND : SEK_E_IO);
	}
	*ret = l;
	return sek_ok();
}

void sek_record_ledger_destroy(struct sek_record_ledger *l)
{
	if (!l)
		return;
	tdestroy(l->recordings, free);
	for (size_t i = 0; i < l->n; i++)
		tdestroy(l->logs[i].sessions, free);
	free(l);
}

struct sek_ledger_recording *sek_record_ledger_find(struct sek_record_ledger *l, const char *id)
{
	struct sek_ledger_recording **at = strlen(id) == 32 ? tfind(id, &l->recordings, by_id) : NULL;

	return at ? *at : NULL;
}

static void on_recording(const void *at, VISIT visit, void *user)
{
	const struct sek_record_ledger *l = user;

	if (visit == postorder || visit == leaf)
		l->recording(l->user, *(const struct sek_ledger_recording *const *)at);
}

static void on_session(const void *at, VISIT visit, void *user)
{
	const struct sek_record_ledger *l = user;
	const struct session *s = *(const struct session *const *)at;

	if ((visit == postorder || visit == leaf) && s->required && !s->recorded && !s->refused)
		l->unrecorded(l->user, s->id);
}

void sek_record_ledger_each(struct sek_record_ledger *l, void (*recording)(void *user, const struct sek_ledger_recording *r),
	void (*unrecorded)(void *user, const char *session), void *user)
{
	l->recording = recording;
	l->unrecorded = unrecorded;
	l->user = user;
	twalk_r(l->recordings, on_recording, l);
	for (size_t i = 0; i < l->n; i++)
		twalk_r(l->logs[i].sessions, on_session, l);
}

static bool is_here(const struct sek_record_ledger *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->logs[i].names[0], name) == 0 || strcmp(l->logs[i].names[1], name) == 0)
			return true;
	return false;
}

void sek_record_ledger_missing(const struct sek_record_ledger *l, void (*fn)(void *user, const char *broker), void *user)
{
	for (size_t i = 0; i < SEK_LEDGER_LOGS_MAX && l->from[i][0]; i++)
		if (!is_here(l, l->from[i]))
			fn(user, l->from[i]);
}
