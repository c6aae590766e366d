/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A merge of files by time. Must never change the order of one log's records.
 */
#include "broker/hub/audit/join.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "broker/hub/audit/verify.h"

enum { TIME_BYTES = 28 }; /* "2026-11-23T12:34:56.123456Z" and its end: in this form times compare as texts */

struct source {
	const char *folder;
	unsigned *numbers;
	size_t n, next;
	FILE *f;
	char *line;
	size_t room;
	ssize_t length;       /* of the line that waits, 0 = there is none */
	char time[TIME_BYTES];
};

static void keep_time(struct source *s)
{
	static const char mark[] = "\"time\":\"";
	const char *at = memmem(s->line, (size_t)s->length, mark, sizeof mark - 1);

	if (at && s->line + s->length - at > (ssize_t)(sizeof mark + TIME_BYTES))
		memcpy(s->time, at + sizeof mark - 1, TIME_BYTES - 1);
}

/* The next line, of whichever file it stands in; one that is not whole is left out. */
static sek_status advance(struct source *s)
{
	char path[PATH_MAX], name[40];

	for (;;) {
		s->length = s->f ? getline(&s->line, &s->room, s->f) : 0;
		if (s->length > 0 && s->line[s->length - 1] == '\n') {
			s->length--;
			keep_time(s);
			return sek_ok();
		}
		if (s->f && ferror(s->f))
			return sek_fail(SEK_E_IO);
		if (s->f)
			fclose(s->f);
		s->f = NULL;
		s->length = 0;
		if (s->next == s->n)
			return sek_ok();
		snprintf(name, sizeof name, SEK_AUDIT_SEGMENT_NAME, s->numbers[s->next++]);
		snprintf(path, sizeof path, "%.4000s/%s", s->folder, name);
		s->f = fopen(path, "re");
		if (!s->f)
			return sek_from_errno();
	}
}

static void tell(void (*fn)(void *user, size_t folder, const char *name), void *user, size_t folder, const json_t *name)
{
	const char *text = json_string_value(name);

	if (fn && text && *text && strlen(text) < SEK_AUDIT_JOIN_NAME_BYTES)
		fn(user, folder, text);
}

/* Most records say nothing about brokers, and are not parsed. */
static void look_for_names(const struct sek_audit_join *j, size_t folder, const char *line, size_t n)
{
	static const char started[] = "\"what\":\"broker.started\"", moved[] = "\"what\":\"session.moved-here\"";
	bool is_start = memmem(line, n, started, sizeof started - 1) != NULL;
	const json_t *details;
	json_t *json;

	if (!is_start && !memmem(line, n, moved, sizeof moved - 1))
		return;
	json = json_loadb(line, n, 0, NULL);
	details = json_object_get(json, "details");
	tell(j->own, j->user, folder, json_object_get(json, "where"));
	if (is_start)
		tell(j->own, j->user, folder, json_object_get(details, "broker"));
	else
		tell(j->other, j->user, folder, json_object_get(details, "from"));
	json_decref(json);
}

static sek_status merge(const struct sek_audit_join *j, struct source *s)
{
	for (size_t i = 0; i < j->n; i++)
		SEK_TRY(advance(&s[i]));
	for (;;) {
		size_t first = j->n;

		for (size_t i = 0; i < j->n; i++)
			if (s[i].length > 0 && (first == j->n || strcmp(s[i].time, s[first].time) < 0))
				first = i;
		if (first == j->n)
			return sek_ok();
		if (j->record)
			j->record(j->user, first, s[first].line, (size_t)s[first].length);
		look_for_names(j, first, s[first].line, (size_t)s[first].length);
		SEK_TRY(advance(&s[first]));
	}
}

sek_status sek_audit_join(const struct sek_audit_join *j)
{
	struct source s[SEK_AUDIT_JOIN_MAX] = { { .folder = NULL } };
	sek_status status = j->n <= SEK_AUDIT_JOIN_MAX ? sek_ok() : sek_fail(SEK_E_LIMIT);

	for (size_t i = 0; i < j->n && sek_is_ok(status); i++) {
		s[i].folder = j->folders[i];
		status = sek_audit_segments(s[i].folder, &s[i].numbers, &s[i].n);
	}
	if (sek_is_ok(status))
		status = merge(j, s);
	for (size_t i = 0; i < SEK_AUDIT_JOIN_MAX; i++) {
		if (s[i].f)
			fclose(s[i].f);
		free(s[i].line);
		free(s[i].numbers);
	}
	return status;
}
