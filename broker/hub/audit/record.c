/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writing an event as JSON. Must never let a value end its string, its line, or change the direction in which a reader sees
 * the rest of it: whatever is not plain, visible text becomes an escape (OWASP ASVS 16.4.1).
 */
#include "broker/hub/audit/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/utf8.h"

struct text {
	char *bytes;
	size_t n, room;
	bool failed;
};

static void put(struct text *t, const char *s, size_t n)
{
	if (t->failed)
		return;
	if (t->room - t->n < n) {
		size_t room = (t->room + n) * 2;
		char *bigger = realloc(t->bytes, room);

		if (!bigger) {
			t->failed = true;
			return;
		}
		t->bytes = bigger;
		t->room = room;
	}
	memcpy(t->bytes + t->n, s, n);
	t->n += n;
}

static void put_unit(struct text *t, unsigned unit)
{
	char escape[8];

	put(t, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", unit & 0xffffu));
}

static void put_escaped(struct text *t, uint32_t c)
{
	if (c < 0x10000) {
		put_unit(t, c);
		return;
	}
	put_unit(t, 0xd800 + ((c - 0x10000) >> 10));
	put_unit(t, 0xdc00 + ((c - 0x10000) & 0x3ff));
}

/* A JSON string of at most `most` bytes of s. */
static void put_string(struct text *t, const char *s, size_t most)
{
	size_t n = strnlen(s, most + 1), at = 0;
	bool cut = n > most;

	if (cut)
		n = most;
	put(t, "\"", 1);
	while (at < n) {
		uint32_t c;
		size_t k = sek_utf8_next((const uint8_t *)s + at, n - at, &c);

		if (k == 0) {
			if (cut && n - at < 4)
				break; /* the middle of a character, where it was cut */
			put_unit(t, 0xfffd); /* not UTF-8 */
			at++;
			continue;
		}
		if (c == '"' || c == '\\' || sek_utf8_is_unsafe(c))
			put_escaped(t, c);
		else
			put(t, s + at, k);
		at += k;
	}
	if (cut)
		put(t, "\xe2\x80\xa6", 3);
	put(t, "\"", 1);
}

static void put_member(struct text *t, const char *name, const char *value, size_t most)
{
	put_string(t, name, SEK_AUDIT_NAME_MAX_BYTES);
	put(t, ":", 1);
	put_string(t, value ? value : "", most);
}

static void put_times(struct text *t)
{
	struct timespec utc, boot;
	char stamp[32], line[96];
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &utc);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	gmtime_r(&utc.tv_sec, &tm);
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &tm);
	put(t, line, (size_t)snprintf(line, sizeof line, "\"time\":\"%s.%06uZ\",\"mono_ms\":%llu,", stamp,
		(unsigned)(utc.tv_nsec / 1000) % 1000000u,
		(unsigned long long)boot.tv_sec * 1000 + (unsigned long long)boot.tv_nsec / 1000000));
}

char *sek_audit_body(const struct sek_audit_event *e, const char *where, size_t *ret_n)
{
	static const char *const outcomes[] = { "ok", "refused", "failed" };
	struct text t = { .room = 512 };
	const char *const *d = e->details;
	unsigned pairs = 0;

	SEK_ASSERT(e->what && (unsigned)e->outcome <= SEK_AUDIT_FAILED);
	t.bytes = malloc(t.room);
	if (!t.bytes)
		return NULL;
	put_times(&t);
	put_member(&t, "where", where, SEK_AUDIT_NAME_MAX_BYTES);
	put(&t, ",", 1);
	put_member(&t, "who", e->who, SEK_AUDIT_NAME_MAX_BYTES);
	put(&t, ",", 1);
	put_member(&t, "what", e->what, SEK_AUDIT_NAME_MAX_BYTES);
	put(&t, ",", 1);
	put_member(&t, "object", e->object, SEK_AUDIT_NAME_MAX_BYTES);
	put(&t, ",", 1);
	put_member(&t, "outcome", outcomes[e->outcome], 16);
	put(&t, ",\"details\":{", 12);
	for (; d && d[0] && pairs < SEK_AUDIT_DETAILS_MAX; d += 2) {
		if (!d[1])
			continue;
		if (pairs++)
			put(&t, ",", 1);
		/* all values together stay below a line's limit, even if every byte is escaped */
		put_member(&t, d[0], d[1], t.n > SEK_AUDIT_VALUE_MAX_BYTES * 2 ? SEK_AUDIT_NAME_MAX_BYTES :
			SEK_AUDIT_VALUE_MAX_BYTES);
	}
	put(&t, "}", 1);
	if (t.failed) {
		free(t.bytes);
		return NULL;
	}
	*ret_n = t.n;
	return t.bytes;
}
