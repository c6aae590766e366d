/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading the log backwards. A line is looked at as text first and as JSON only when it can match: a million records are a few
 * hundred megabytes.
 */
#include "broker/hub/audit/search.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "broker/hub/audit/chain.h"
#include "broker/hub/audit/scan.h"

enum { CHUNK_BYTES = 4 * 1024 * 1024 };

struct search {
	const struct sek_audit_query *q;
	json_t *rows;
	uint64_t budget;
	unsigned segment;
	uint64_t at;      /* everything of the segment before this offset is still to be looked at */
	bool full, older; /* as many rows as asked for; records are older than q->from */
};

static bool contains(const char *hay, size_t n, const char *needle)
{
	size_t k = strlen(needle), i, j;

	for (i = 0; i + k <= n; i++) {
		for (j = 0; j < k && tolower((unsigned char)hay[i + j]) == tolower((unsigned char)needle[j]); j++)
			;
		if (j == k)
			return true;
	}
	return k == 0;
}

static bool equals(const json_t *row, const char *name, const char *wanted)
{
	const char *text = json_string_value(json_object_get(row, name));

	return !*wanted || (text && strcmp(text, wanted) == 0);
}

/* A quick no by the bytes. A wanted text that would be written with escapes is left to the JSON. */
static bool may_hold(const char *line, size_t n, const char *wanted)
{
	const char *p;

	for (p = wanted; *p; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f || *p == '"' || *p == '\\')
			return true;
	return memmem(line, n, wanted, strlen(wanted)) != NULL;
}

static bool in_time(struct search *s, const char *line, size_t n)
{
	static const char mark[] = "\"time\":\"";
	const char *at = memmem(line, n < 64 ? n : 64, mark, sizeof mark - 1);

	if (!at || (size_t)(line + n - at) < sizeof mark + 27)
		return true;
	at += sizeof mark - 1;
	if (*s->q->from && strncmp(at, s->q->from, strnlen(s->q->from, 27)) < 0) {
		s->older = true;
		return false;
	}
	return !*s->q->to || strncmp(at, s->q->to, strnlen(s->q->to, 27)) <= 0;
}

static void take_line(struct search *s, const char *line, size_t n)
{
	const struct sek_audit_query *q = s->q;
	json_t *row;

	if (!in_time(s, line, n) || !may_hold(line, n, q->who) || !may_hold(line, n, q->what) || !may_hold(line, n, q->object) ||
			!contains(line, n, q->text))
		return;
	row = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	if (row && equals(row, "who", q->who) && equals(row, "what", q->what) && equals(row, "object", q->object) &&
			equals(row, "outcome", q->outcome))
		json_array_append(s->rows, row);
	json_decref(row);
	s->full = json_array_size(s->rows) >= q->limit;
}

/* Looks at the chunk's lines from the last to the first; the piece before the first line's end belongs to the chunk before.
 * Moves s->at. */
static void take_chunk(struct search *s, const char *bytes, uint64_t begin, size_t n)
{
	const char *end = bytes + n;

	while (end > bytes && !s->full && !s->older) {
		const char *line_end = end[-1] == '\n' ? end - 1 : end;
		const char *line = memrchr(bytes, '\n', (size_t)(line_end - bytes));

		if (!line && begin > 0 && n < SEK_AUDIT_LINE_MAX_BYTES * 3)
			break;
		line = line ? line + 1 : bytes;
		if (end[-1] == '\n') /* an unfinished last line is not there yet */
			take_line(s, line, (size_t)(line_end - line));
		end = line;
	}
	s->at = begin + (uint64_t)(end - bytes);
}

static sek_status search_segment(struct search *s, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	sek_status status = sek_ok();
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? sek_ok() : sek_from_errno(); /* in the archive */
	if (fstat(fd, &st) == 0 && s->at > (uint64_t)st.st_size)
		s->at = (uint64_t)st.st_size;
	while (s->at > 0 && !s->full && !s->older && s->budget > 0 && sek_is_ok(status)) {
		uint64_t begin = s->at > CHUNK_BYTES ? s->at - CHUNK_BYTES : 0, before = s->at;
		size_t n = (size_t)(s->at - begin);
		char *bytes;

		status = sek_audit_read_at(fd, begin, n, &bytes);
		if (!sek_is_ok(status))
			break;
		take_chunk(s, bytes, begin, n);
		free(bytes);
		if (s->at == before) /* a line longer than a chunk: nobody of us wrote it */
			s->at = begin;
		s->budget -= n < s->budget ? n : s->budget;
	}
	close(fd);
	return status;
}

sek_status sek_audit_search(const char *folder, const struct sek_audit_query *q, json_t *rows,
	char ret_next[SEK_AUDIT_CURSOR_BYTES])
{
	struct search s = { .q = q, .rows = rows, .budget = SEK_AUDIT_SEARCH_BYTES, .at = UINT64_MAX };
	unsigned long long at = 0;
	unsigned last = 0;
	char path[PATH_MAX];
	int used = 0;

	*ret_next = '\0';
	SEK_TRY(sek_audit_last_segment(folder, &last));
	s.segment = last;
	if (*q->after) {
		if (strlen(q->after) >= SEK_AUDIT_CURSOR_BYTES || sscanf(q->after, "%8u.%15llu%n", &s.segment, &at, &used) != 2 ||
				q->after[used] != '\0')
			return sek_fail(SEK_E_MALFORMED);
		s.at = at;
		if (s.segment > last) /* none of ours, or of a log that is gone */
			s = (struct search){ .q = q, .rows = rows, .budget = s.budget, .segment = last, .at = UINT64_MAX };
	}
	for (; s.segment > 0; s.segment--, s.at = UINT64_MAX) {
		snprintf(path, sizeof path, "%.4000s/" SEK_AUDIT_SEGMENT_NAME, folder, s.segment);
		if (s.at > 0)
			SEK_TRY(search_segment(&s, path));
		if (s.older)
			return sek_ok();
		if (s.full || s.budget == 0)
			break;
	}
	if (s.segment > 1 || (s.segment == 1 && s.at > 0))
		snprintf(ret_next, SEK_AUDIT_CURSOR_BYTES, "%u.%llu", s.segment, (unsigned long long)s.at);
	return sek_ok();
}
