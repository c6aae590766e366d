/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Texts, HTML pages as text, mails as text. A mail's attachments are named, never opened.
 */
#include "render-host/pages/convert/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render-host/pages/convert/html.h"
#include "render-host/pages/convert/mail.h"

static void line(const struct sek_show *show, const char *text)
{
	sek_sheet_text(show->sheet, text, strlen(text));
	sek_sheet_text(show->sheet, "\n", 1);
}

/* Text with any of the three line ends. */
static void put_text(const struct sek_show *show, const char *s, size_t n)
{
	while (n > 0 && sek_sheet_wants_more(show->sheet)) {
		const char *end = memchr(s, '\n', n), *cr = memchr(s, '\r', end ? (size_t)(end - s) : n);
		size_t k = cr ? (size_t)(cr - s) : end ? (size_t)(end - s) : n;

		sek_sheet_text(show->sheet, s, k);
		if (k < n) {
			size_t skip = s[k] == '\r' && k + 1 < n && s[k + 1] == '\n' ? 2 : 1;

			sek_sheet_text(show->sheet, "\n", 1);
			k += skip;
		}
		s += k;
		n -= k;
	}
}

enum sek_convert_reason sek_show_text(const struct sek_show *show)
{
	struct sek_buffer text = { .p = NULL };
	enum sek_convert_reason r = SEK_CONVERT_LARGE;

	sek_charset_read(sek_charset_of(show->s, show->n, true), show->s, show->n, &text);
	if (!text.failed) {
		put_text(show, text.p ? text.p : "", text.n);
		r = SEK_CONVERT_DONE;
	}
	sek_buffer_finish(&text);
	return r;
}

static void html_to_text(enum sek_charset said, const uint8_t *s, size_t n, struct sek_buffer *ret)
{
	struct sek_buffer page = { .p = NULL };
	enum sek_charset c = said;

	if (c == SEK_CHARSET_NONE)
		c = sek_html_charset(s, n);
	if (c == SEK_CHARSET_NONE)
		c = sek_charset_of(s, n, true);
	sek_charset_read(c, s, n, &page);
	if (!page.failed && page.p)
		sek_html_text(page.p, page.n, ret);
	ret->failed |= page.failed;
	sek_buffer_finish(&page);
}

enum sek_convert_reason sek_show_html(const struct sek_show *show)
{
	struct sek_buffer text = { .p = NULL };
	enum sek_convert_reason r;

	html_to_text(SEK_CHARSET_NONE, show->s, show->n, &text);
	r = text.failed ? SEK_CONVERT_LARGE : SEK_CONVERT_DONE;
	if (!text.failed)
		put_text(show, text.p ? text.p : "", text.n);
	sek_buffer_finish(&text);
	return r;
}

/* --- mail --- */

static bool is_type(const struct sek_mail_part *p, const char *type)
{
	return strcmp(p->type, type) == 0;
}

static bool is_body(const struct sek_mail_part *p)
{
	return !p->attached && (is_type(p, "text/plain") || is_type(p, "text/html"));
}

/* Of several forms of the same text the plain one is read. */
static bool is_better_elsewhere(const struct sek_mail *m, const struct sek_mail_part *p)
{
	for (size_t i = 0; i < m->parts; i++) {
		const struct sek_mail_part *other = &m->part[i];

		if (p->group && other->group == p->group && other != p && is_body(other) && is_type(other, "text/plain") &&
				(!is_type(p, "text/plain") || other < p))
			return true;
	}
	return false;
}

static void put_fields(const struct sek_show *show, const struct sek_mail *m)
{
	static const struct { const char *field; enum sek_word word; } fields[] = {
		{ "Subject", SEK_WORD_SUBJECT }, { "From", SEK_WORD_FROM }, { "To", SEK_WORD_TO }, { "Cc", SEK_WORD_CC },
		{ "Date", SEK_WORD_DATE },
	};

	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		struct sek_buffer b = { .p = NULL };
		const char *word = sek_word(show->lang, fields[i].word);

		if (sek_mail_field(m, fields[i].field, &b) && b.p && !b.failed) {
			sek_sheet_text(show->sheet, word, strlen(word));
			sek_sheet_text(show->sheet, ": ", 2);
			sek_sheet_text(show->sheet, b.p, b.n);
			sek_sheet_text(show->sheet, "\n", 1);
		}
		sek_buffer_finish(&b);
	}
	sek_sheet_rule(show->sheet);
}

static enum sek_convert_reason put_body(const struct sek_show *show, const struct sek_mail_part *p)
{
	struct sek_buffer raw = { .p = NULL }, text = { .p = NULL };
	enum sek_charset c = p->charset;
	enum sek_convert_reason r = SEK_CONVERT_DONE;

	sek_mail_decode(p, &raw);
	if (raw.p && is_type(p, "text/html")) {
		html_to_text(c, (const uint8_t *)raw.p, raw.n, &text);
	} else if (raw.p) {
		/* what a label says of ASCII is often wrong, and what is really UTF-8 cannot be anything else */
		if (c == SEK_CHARSET_NONE || c == SEK_CHARSET_UTF8)
			c = sek_charset_of((const uint8_t *)raw.p, raw.n, true);
		sek_charset_read(c, (const uint8_t *)raw.p, raw.n, &text);
	}
	if (raw.failed || text.failed)
		r = SEK_CONVERT_LARGE;
	else if (text.p)
		put_text(show, text.p, text.n);
	sek_sheet_text(show->sheet, "\n", 1);
	sek_buffer_finish(&raw);
	sek_buffer_finish(&text);
	return r;
}

static void put_attachment(const struct sek_show *show, const struct sek_mail_part *p)
{
	struct sek_buffer content = { .most = p->n ? p->n : 1 };
	char text[SEK_MAIL_NAME_BYTES + SEK_MAIL_TYPE_BYTES + 64];

	sek_mail_decode(p, &content);
	snprintf(text, sizeof text, "  %s   %zu %s   %s", *p->name ? p->name : sek_word(show->lang, SEK_WORD_UNNAMED), content.n,
		sek_word(show->lang, SEK_WORD_SIZE), p->type);
	line(show, text);
	sek_buffer_finish(&content);
}

enum sek_convert_reason sek_show_mail(const struct sek_show *show)
{
	struct sek_mail *m = malloc(sizeof *m);
	enum sek_convert_reason r = SEK_CONVERT_DONE;
	size_t attached = 0, bodies = 0;

	if (!m)
		return SEK_CONVERT_LARGE;
	sek_mail_parse(show->s, show->n, m);
	put_fields(show, m);
	for (size_t i = 0; i < m->parts && r == SEK_CONVERT_DONE; i++) {
		attached += !is_body(&m->part[i]);
		if (!is_body(&m->part[i]) || is_better_elsewhere(m, &m->part[i]))
			continue;
		bodies++;
		r = put_body(show, &m->part[i]);
	}
	if (bodies == 0)
		line(show, sek_word(show->lang, SEK_WORD_NO_TEXT));
	if (attached > 0) {
		sek_sheet_rule(show->sheet);
		line(show, sek_word(show->lang, SEK_WORD_ATTACHED));
	}
	for (size_t i = 0; i < m->parts && attached > 0; i++)
		if (!is_body(&m->part[i]))
			put_attachment(show, &m->part[i]);
	if (m->cut)
		line(show, sek_word(show->lang, SEK_WORD_PARTS_CUT));
	free(m);
	return r;
}

void sek_show_reason(const struct sek_show *show, enum sek_convert_reason why)
{
	line(show, sek_word(show->lang, SEK_WORD_CANNOT_SHOW));
	sek_sheet_rule(show->sheet);
	line(show, sek_word_reason(show->lang, why));
}
