/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tags, comments and character references. One pass, no recursion: nesting costs nothing.
 */
#include "render-host/pages/convert/html.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX = 16, META_LOOK_BYTES = 2048, REFERENCE_MAX = 12 };

/* Elements whose content is not text to be read. */
static const char *const silent[] = { "script", "style", "title", "template", "noscript", "textarea", "iframe", "object", "svg",
				      "math", "select", "noembed", "noframes", NULL };
/* Elements that stand on lines of their own. */
static const char *const blocks[] = { "p", "div", "br", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
				      "pre", "blockquote", "section", "article", "header", "footer", "dt", "dd", "form",
				      "address", "body", "center", "caption", NULL };

static const struct { const char *name; uint32_t is; } references[] = {
	{ "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' }, { "apos", '\'' }, { "nbsp", ' ' }, { "yen", 0xa5 },
	{ "copy", 0xa9 }, { "reg", 0xae }, { "hellip", 0x2026 }, { "middot", 0xb7 }, { "laquo", 0xab }, { "raquo", 0xbb },
	{ "ndash", 0x2013 }, { "mdash", 0x2014 }, { "lsquo", 0x2018 }, { "rsquo", 0x2019 }, { "ldquo", 0x201c },
	{ "rdquo", 0x201d }, { "bull", 0x2022 }, { "times", 0xd7 }, { "euro", 0x20ac }, { "trade", 0x2122 },
};

struct reader {
	const char *s;
	size_t n, i;
	struct sek_buffer *out;
	bool space;      /* one is due before the next letter */
	unsigned breaks; /* line ends that stand at the end of what was written */
	bool pre;
};

static bool in(const char *const *list, const char *name)
{
	for (; *list; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

static void new_line(struct reader *r)
{
	r->space = false;
	if (r->breaks < 2 && r->out->n > 0) {
		sek_buffer_add(r->out, "\n", 1);
		r->breaks++;
	}
}

static void letter(struct reader *r, const char *bytes, size_t n)
{
	if (r->space && r->breaks == 0 && r->out->n > 0)
		sek_buffer_add(r->out, " ", 1);
	r->space = false;
	r->breaks = 0;
	sek_buffer_add(r->out, bytes, n);
}

/* "&name;" or "&#number;" at r->i. False: it is only an ampersand. */
static bool reference(struct reader *r)
{
	const char *at = r->s + r->i + 1;
	size_t room = r->n - r->i - 1, look = room < REFERENCE_MAX ? room : REFERENCE_MAX;
	const char *end = memchr(at, ';', look);
	char text[REFERENCE_MAX + 1];
	uint32_t code = 0;
	struct sek_buffer one = { .most = 8 };

	if (!end || end == at)
		return false;
	memcpy(text, at, (size_t)(end - at));
	text[end - at] = 0;
	if (text[0] == '#')
		code = (uint32_t)(text[1] == 'x' || text[1] == 'X' ? strtoul(text + 2, NULL, 16) : strtoul(text + 1, NULL, 10));
	for (size_t i = 0; i < sizeof references / sizeof references[0]; i++)
		if (strcmp(text, references[i].name) == 0)
			code = references[i].is;
	if (code == 0)
		return false;
	r->i += (size_t)(end - at) + 2;
	if (code == ' ' || code == 0xa0) {
		r->space = true;
		return true;
	}
	sek_buffer_code(&one, code);
	if (one.p)
		letter(r, one.p, one.n);
	sek_buffer_finish(&one);
	return true;
}

/* Goes behind the element's end tag, or to the end of everything. */
static void skip_element(struct reader *r, const char *name)
{
	size_t n = strlen(name);

	while (r->i < r->n) {
		const char *at = memchr(r->s + r->i, '<', r->n - r->i);
		const char *end;

		if (!at) {
			r->i = r->n;
			return;
		}
		r->i = (size_t)(at - r->s) + 1;
		if (r->n - r->i <= n + 1 || at[1] != '/' || strncasecmp(at + 2, name, n) != 0)
			continue;
		end = memchr(at, '>', r->n - (size_t)(at - r->s));
		r->i = end ? (size_t)(end - r->s) + 1 : r->n;
		return;
	}
}

/* The end of the tag at r->i; a '>' inside quotes does not end it. */
static size_t tag_end(const struct reader *r)
{
	char quote = 0;

	for (size_t i = r->i + 1; i < r->n; i++) {
		if (quote) {
			quote = r->s[i] == quote ? 0 : quote;
			continue;
		}
		if (r->s[i] == '>')
			return i + 1;
		if ((r->s[i] == '"' || r->s[i] == '\'') && r->s[i - 1] == '=')
			quote = r->s[i];
	}
	return r->n;
}

static void tag(struct reader *r)
{
	size_t left = r->n - r->i, n = 0;
	const char *at = r->s + r->i;
	bool closing;
	char name[NAME_MAX + 1];

	if (left >= 4 && memcmp(at, "<!--", 4) == 0) {
		const char *end = memmem(at + 4, left - 4, "-->", 3);

		r->i = end ? (size_t)(end - r->s) + 3 : r->n;
		return;
	}
	if (left < 2 || !(at[1] == '/' || at[1] == '!' || at[1] == '?' || ((at[1] | 32) >= 'a' && (at[1] | 32) <= 'z'))) {
		letter(r, "<", 1);
		r->i++;
		return;
	}
	closing = at[1] == '/';
	for (size_t k = 1 + closing; k < left && n < NAME_MAX; k++) {
		char c = at[k] >= 'A' && at[k] <= 'Z' ? (char)(at[k] | 32) : at[k];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
			break;
		name[n++] = c;
	}
	name[n] = 0;
	r->i = tag_end(r);
	if (in(blocks, name))
		new_line(r);
	if (strcmp(name, "pre") == 0)
		r->pre = !closing;
	if (!closing && strcmp(name, "li") == 0)
		letter(r, "\xe3\x83\xbb", 3);
	if (strcmp(name, "td") == 0 || strcmp(name, "th") == 0)
		r->space = true;
	if (!closing && in(silent, name))
		skip_element(r, name);
}

void sek_html_text(const char *page, size_t n, struct sek_buffer *ret)
{
	struct reader r = { .s = page, .n = n, .out = ret };

	while (r.i < r.n && !ret->failed) {
		char c = r.s[r.i];

		if (c == '<') {
			tag(&r);
		} else if (c == '&' && reference(&r)) {
			continue;
		} else if (r.pre && (c == '\n' || c == ' ' || c == '\t')) {
			sek_buffer_add(ret, &c, 1);
			r.breaks = c == '\n';
			r.i++;
		} else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			r.space = true;
			r.i++;
		} else {
			size_t from = r.i++;

			while (r.i < r.n && !strchr("<& \t\r\n", r.s[r.i]))
				r.i++;
			letter(&r, r.s + from, r.i - from);
		}
	}
}

enum sek_charset sek_html_charset(const uint8_t *page, size_t n)
{
	const char *s = (const char *)page;
	size_t look = n < META_LOOK_BYTES ? n : META_LOOK_BYTES;

	for (size_t i = 0; i + 8 < look; i++) {
		size_t from = i + 8, to;

		if (strncasecmp(s + i, "charset=", 8) != 0)
			continue;
		from += s[from] == '"' || s[from] == '\'';
		for (to = from; to < look && !strchr("\"'; />\t\r\n", s[to]); to++)
			;
		return sek_charset_named(s + from, to - from);
	}
	return SEK_CHARSET_NONE;
}
