/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The structure of a mail: headers, and what lies between boundaries. How fields are written is mail_field.c's.
 */
#include "render-host/pages/convert/mail.h"

#include <string.h>
#include <strings.h>

#include "render-host/pages/convert/mail_internal.h"

enum { BOUNDARY_MAX_BYTES = 200 };

/* Where the body begins: behind the first empty line. */
static size_t header_end(const uint8_t *s, size_t n, size_t *ret_body)
{
	size_t i = 0;

	while (i < n) {
		const uint8_t *end = memchr(s + i, '\n', n - i);
		size_t line = end ? (size_t)(end - (s + i)) : n - i;

		if (line == 0 || (line == 1 && s[i] == '\r')) {
			*ret_body = i + line + (end != NULL);
			return i;
		}
		i += line + (end != NULL);
	}
	*ret_body = n;
	return n;
}

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Everything of a part that its header says. */
static void read_part(const uint8_t *header, size_t n, struct sek_mail_part *p, char *boundary, size_t boundary_room)
{
	struct sek_mail_value v;
	char label[64];

	memset(p, 0, sizeof *p);
	*boundary = 0;
	if (sek_mail_value_read(header, n, "Content-Type", &v)) {
		sek_mail_value_word(&v, p->type, sizeof p->type);
		(void)sek_mail_parameter(&v, "boundary", boundary, boundary_room);
		if (sek_mail_parameter(&v, "charset", label, sizeof label))
			p->charset = sek_charset_named(label, strlen(label));
		(void)sek_mail_parameter(&v, "name", p->name, sizeof p->name);
		sek_mail_value_finish(&v);
	}
	if (!strchr(p->type, '/'))
		strcpy(p->type, "text/plain");
	if (sek_mail_value_read(header, n, "Content-Transfer-Encoding", &v)) {
		sek_mail_value_word(&v, label, sizeof label);
		p->coding = strcmp(label, "base64") == 0 ? SEK_MAIL_BASE64 :
			strcmp(label, "quoted-printable") == 0 ? SEK_MAIL_QUOTED : SEK_MAIL_PLAIN;
		sek_mail_value_finish(&v);
	}
	if (sek_mail_value_read(header, n, "Content-Disposition", &v)) {
		sek_mail_value_word(&v, label, sizeof label);
		p->attached = strcmp(label, "attachment") == 0;
		(void)sek_mail_parameter(&v, "filename", p->name, sizeof p->name);
		sek_mail_value_finish(&v);
	}
	p->attached |= p->name[0] != 0;
}

/* The next line that is "--boundary", from `from` on. Returns where it begins (n: none), *ret_after behind it, *ret_last: it was the
 * closing one. RFC 2046 section 5.1.1. */
static size_t find_boundary(const uint8_t *s, size_t n, size_t from, const char *boundary, size_t *ret_after, bool *ret_last)
{
	size_t b = strlen(boundary), i = from;

	*ret_last = false;
	while (i < n) {
		const uint8_t *end = memchr(s + i, '\n', n - i);
		size_t line = end ? (size_t)(end - (s + i)) : n - i;

		*ret_after = i + line + (end != NULL);
		if (line >= b + 2 && s[i] == '-' && s[i + 1] == '-' && memcmp(s + i + 2, boundary, b) == 0) {
			size_t rest = line - b - 2;

			*ret_last = rest >= 2 && s[i + b + 2] == '-' && s[i + b + 3] == '-';
			if (*ret_last || rest == 0 || strchr(" \t\r", s[i + b + 2]))
				return i;
		}
		i = *ret_after;
	}
	*ret_after = n;
	return n;
}

static void parse(struct sek_mail *m, const uint8_t *s, size_t n, unsigned depth, unsigned group);

static void parse_multipart(struct sek_mail *m, const uint8_t *s, size_t n, const char *boundary, unsigned depth, unsigned group)
{
	size_t after, next;
	bool last;

	find_boundary(s, n, 0, boundary, &after, &last);
	while (!last && after < n && m->parts < SEK_MAIL_PARTS_MAX) {
		size_t from = after, to;

		next = find_boundary(s, n, from, boundary, &after, &last);
		/* the line end before a boundary belongs to the boundary */
		to = next;
		if (next < n && to > from && s[to - 1] == '\n')
			to--;
		if (next < n && to > from && s[to - 1] == '\r')
			to--;
		parse(m, s + from, to - from, depth + 1, group);
		if (next == n)
			break;
	}
}

static void parse(struct sek_mail *m, const uint8_t *s, size_t n, unsigned depth, unsigned group)
{
	char boundary[BOUNDARY_MAX_BYTES];
	struct sek_mail_part *p;
	size_t body;
	size_t header = header_end(s, n, &body);

	if (m->parts == SEK_MAIL_PARTS_MAX) {
		m->cut = true;
		return;
	}
	p = &m->part[m->parts];
	read_part(s, header, p, boundary, sizeof boundary);
	if (starts(p->type, "multipart/") && *boundary && depth < SEK_MAIL_DEPTH_MAX) {
		if (strcmp(p->type, "multipart/alternative") == 0)
			group = ++m->groups;
		parse_multipart(m, s + body, n - body, boundary, depth, group);
		return;
	}
	m->cut |= starts(p->type, "multipart/") && *boundary;
	p->group = group;
	p->body = s + body;
	p->n = n - body;
	m->parts++;
}

void sek_mail_parse(const uint8_t *s, size_t n, struct sek_mail *ret)
{
	size_t body;

	ret->parts = 0;
	ret->groups = 0;
	ret->cut = false;
	/* the line that an mbox puts before each mail */
	if (n >= 5 && memcmp(s, "From ", 5) == 0) {
		const uint8_t *end = memchr(s, '\n', n);
		size_t skip = end ? (size_t)(end - s) + 1 : n;

		s += skip;
		n -= skip;
	}
	ret->header = s;
	ret->header_n = header_end(s, n, &body);
	parse(ret, s, n, 0, 0);
}

/* --- transfer encodings --- */

static int hex(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

void sek_mail_quoted(const uint8_t *s, size_t n, bool in_header, struct sek_buffer *ret)
{
	for (size_t i = 0; i < n && !ret->failed; i++) {
		uint8_t c = s[i];

		if (c == '_' && in_header) {
			c = ' ';
		} else if (c == '=' && i + 2 < n && hex(s[i + 1]) >= 0 && hex(s[i + 2]) >= 0) {
			c = (uint8_t)(hex(s[i + 1]) << 4 | hex(s[i + 2]));
			i += 2;
		} else if (c == '=' && !in_header) {
			size_t k = i + 1;

			while (k < n && (s[k] == ' ' || s[k] == '\t' || s[k] == '\r'))
				k++;
			if (k >= n || s[k] == '\n') { /* a soft line break */
				i = k;
				continue;
			}
		}
		sek_buffer_add(ret, &c, 1);
	}
}

void sek_mail_base64(const uint8_t *s, size_t n, struct sek_buffer *ret)
{
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < n && s[i] != '=' && !ret->failed; i++) {
		uint8_t c = s[i], out;
		uint32_t v;

		if (c >= 'A' && c <= 'Z')
			v = c - 'A';
		else if (c >= 'a' && c <= 'z')
			v = c - 'a' + 26u;
		else if (c >= '0' && c <= '9')
			v = c - '0' + 52u;
		else if (c == '+' || c == '/')
			v = c == '+' ? 62 : 63;
		else
			continue;
		bits = bits << 6 | v;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		out = (uint8_t)(bits >> have);
		sek_buffer_add(ret, &out, 1);
	}
}

void sek_mail_decode(const struct sek_mail_part *p, struct sek_buffer *ret)
{
	if (p->coding == SEK_MAIL_BASE64)
		sek_mail_base64(p->body, p->n, ret);
	else if (p->coding == SEK_MAIL_QUOTED)
		sek_mail_quoted(p->body, p->n, false, ret);
	else
		sek_buffer_add(ret, p->body, p->n);
}
