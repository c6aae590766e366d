/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading and writing the index. A damaged index is refused as a whole: guessing could forget a revocation.
 */
#include "certs/index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 256 };

const char *sek_pki_kind_name(enum sek_pki_kind kind)
{
	static const char *const names[] = { "ca", "broker", "https", "host" };

	return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : "unknown";
}

bool sek_pki_name_ok(const char *name)
{
	size_t n = strlen(name), i;

	if (n < 1 || n > SEK_PKI_NAME_MAX_BYTES || name[0] == '.' || name[0] == '-' || name[n - 1] == '.' ||
			name[n - 1] == '-' || strstr(name, "..") || strcmp(name, "ca") == 0)
		return false;
	for (i = 0; i < n; i++)
		if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') || name[i] == '-' ||
				name[i] == '.'))
			return false;
	return true;
}

const char *sek_pki_date(time_t t, char buf[24])
{
	struct tm tm;

	if (!gmtime_r(&t, &tm) || strftime(buf, 24, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		snprintf(buf, 24, "?");
	return buf;
}

static void stamp(time_t t, char buf[24])
{
	struct tm tm;

	if (t == 0 || !gmtime_r(&t, &tm) || strftime(buf, 24, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(buf, 24, "-");
}

static bool read_stamp(const char *text, time_t *ret)
{
	struct tm tm = { .tm_sec = 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);

	if (!end || *end)
		return false;
	*ret = timegm(&tm);
	return true;
}

static bool read_kind(const char *text, enum sek_pki_kind *ret)
{
	int k;

	for (k = SEK_PKI_CA; k <= SEK_PKI_HOST; k++)
		if (strcmp(text, sek_pki_kind_name((enum sek_pki_kind)k)) == 0) {
			*ret = (enum sek_pki_kind)k;
			return true;
		}
	return false;
}

static bool is_serial(const char *text)
{
	return strlen(text) == SEK_PKI_SERIAL_HEX && strspn(text, "0123456789abcdef") == SEK_PKI_SERIAL_HEX;
}

static bool read_line(char *line, struct sek_pki_entry *ret)
{
	struct sek_pki_entry e = { .revoked = 0 };
	char *words[6], *rest = line;
	size_t i;

	for (i = 0; i < 6; i++) {
		words[i] = strsep(&rest, " ");
		if (!words[i] || !words[i][0])
			return false;
	}
	if (rest || !is_serial(words[0]) || !read_kind(words[1], &e.kind))
		return false;
	if (!sek_pki_name_ok(words[2]) && !(e.kind == SEK_PKI_CA && strcmp(words[2], "ca") == 0))
		return false;
	if (!read_stamp(words[3], &e.from) || !read_stamp(words[4], &e.until) || e.from > e.until)
		return false;
	if (strcmp(words[5], "-") != 0 && !read_stamp(words[5], &e.revoked))
		return false;
	memcpy(e.serial, words[0], SEK_PKI_SERIAL_HEX + 1);
	memcpy(e.name, words[2], strlen(words[2]) + 1);
	*ret = e;
	return true;
}

sek_status sek_index_add(struct sek_index *i, const struct sek_pki_entry *e)
{
	struct sek_pki_entry *more;

	if (i->n >= SEK_PKI_ENTRIES_MAX)
		return sek_fail(SEK_E_LIMIT);
	more = realloc(i->entries, (i->n + 1) * sizeof *more);
	if (!more)
		return sek_fail(SEK_E_NOMEM);
	i->entries = more;
	i->entries[i->n++] = *e;
	return sek_ok();
}

sek_status sek_index_parse(const char *text, struct sek_index *ret, size_t *ret_line)
{
	struct sek_index i = { NULL, 0 };
	sek_status s = sek_ok();
	size_t line = 0;

	while (*text && sek_is_ok(s)) {
		size_t n = strcspn(text, "\n");
		struct sek_pki_entry e;
		char copy[LINE_BYTES];

		line++;
		s = sek_fail(SEK_E_MALFORMED);
		if (text[n] == '\n' && n < sizeof copy) { /* a last line without its end was cut */
			memcpy(copy, text, n);
			copy[n] = '\0';
			if (copy[0] == '#')
				s = sek_ok();
			else if (read_line(copy, &e))
				s = sek_index_add(&i, &e);
			text += n + 1;
		}
	}
	if (!sek_is_ok(s)) {
		*ret_line = line;
		sek_index_finish(&i);
		return s;
	}
	*ret = i;
	return s;
}

sek_status sek_index_text(const struct sek_index *i, char **ret)
{
	static const char head[] = "# serial kind name from until revoked (UTC); written by sekisho-certs, do not edit\n";
	size_t size = sizeof head + i->n * LINE_BYTES, len, k;
	char *text = malloc(size);

	if (!text)
		return sek_fail(SEK_E_NOMEM);
	memcpy(text, head, sizeof head);
	len = sizeof head - 1;
	for (k = 0; k < i->n; k++) {
		const struct sek_pki_entry *e = &i->entries[k];
		char from[24], until[24], revoked[24];

		stamp(e->from, from);
		stamp(e->until, until);
		stamp(e->revoked, revoked);
		len += (size_t)snprintf(text + len, size - len, "%s %s %s %s %s %s\n", e->serial, sek_pki_kind_name(e->kind),
			e->name, from, until, revoked);
	}
	*ret = text;
	return sek_ok();
}

void sek_index_finish(struct sek_index *i)
{
	free(i->entries);
	i->entries = NULL;
	i->n = 0;
}
