/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * logfmt lines on stderr, one write(2) per event so that lines of several processes do not mix.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/utf8.h"

enum { LINE_MAX_BYTES = 4096, VALUE_MAX_BYTES = 512, LOGF_BUFFERS = 8, LOGF_BYTES = 160 };

static const char *program_name;
static enum sek_log_level least_level = SEK_LOG_INFO;

struct line {
	char text[LINE_MAX_BYTES];
	size_t len;
};

void sek_log_init(const char *program, enum sek_log_level least)
{
	program_name = program;
	least_level = least;
}

static void put(struct line *l, const char *s, size_t n)
{
	/* the last byte is kept for the newline */
	size_t room = sizeof l->text - 1 - l->len;

	if (n > room)
		n = room;
	memcpy(l->text + l->len, s, n);
	l->len += n;
}

static void put_text(struct line *l, const char *s)
{
	put(l, s, strlen(s));
}

static void put_escaped(struct line *l, uint32_t c)
{
	char b[16];

	snprintf(b, sizeof b, "\\u{%x}", (unsigned)c);
	put_text(l, b);
}

static bool is_plain(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++)
		if (*s <= ' ' || *s > '~' || *s == '"' || *s == '=' || *s == '\\')
			return false;
	return true;
}

static void put_value(struct line *l, const char *s)
{
	size_t n = strnlen(s, VALUE_MAX_BYTES);
	const char *end = s + n;

	if (n < VALUE_MAX_BYTES && is_plain(s)) {
		put(l, s, n);
		return;
	}
	put_text(l, "\"");
	while (s < end) {
		uint32_t c;
		size_t k = sek_utf8_next((const uint8_t *)s, (size_t)(end - s), &c);

		if (k == 0) { /* not UTF-8: one byte, shown as such */
			put_escaped(l, (uint8_t)*s);
			s++;
			continue;
		}
		if (c == '"' || c == '\\' || sek_utf8_is_unsafe(c))
			put_escaped(l, c);
		else
			put(l, s, k);
		s += k;
	}
	put_text(l, "\"");
}

void sek_log(enum sek_log_level level, const char *event, ...)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };
	struct line l = { .len = 0 };
	struct timespec now;
	struct tm tm;
	char stamp[48];
	const char *key;
	va_list ap;
	ssize_t w;

	if (level < least_level)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &tm);
	put_text(&l, stamp);
	snprintf(stamp, sizeof stamp, ".%03uZ ", (unsigned)(now.tv_nsec / 1000000) % 1000u);
	put_text(&l, stamp);
	put_text(&l, names[level]);
	put_text(&l, " ");
	put_text(&l, event);
	if (program_name) {
		put_text(&l, " prog=");
		put_text(&l, program_name);
	}
	va_start(ap, event);
	while ((key = va_arg(ap, const char *)) != NULL) {
		const char *value = va_arg(ap, const char *);

		put_text(&l, " ");
		put_text(&l, key);
		put_text(&l, "=");
		put_value(&l, value ? value : "-");
	}
	va_end(ap);
	l.text[l.len++] = '\n';
	w = write(STDERR_FILENO, l.text, l.len);
	(void)w; /* a log that cannot be written has nowhere to be reported */
}

bool sek_log_gate(struct sek_log_gate *g, unsigned *ret_dropped)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if ((uint64_t)now.tv_sec != g->second) {
		g->second = (uint64_t)now.tv_sec;
		g->lines = 0;
	}
	if (g->lines == SEK_LOG_GATE_LINES) {
		g->dropped++;
		return false;
	}
	g->lines++;
	*ret_dropped = g->dropped;
	g->dropped = 0;
	return true;
}

const char *sek_logf(const char *format, ...)
{
	static char buffers[LOGF_BUFFERS][LOGF_BYTES];
	static unsigned turn;
	char *b = buffers[turn++ % LOGF_BUFFERS];
	va_list ap;

	va_start(ap, format);
	vsnprintf(b, LOGF_BYTES, format, ap);
	va_end(ap);
	return b;
}
