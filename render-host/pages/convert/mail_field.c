/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Header fields of a mail, as they are and as they ought to be written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "render-host/pages/convert/mail_internal.h"

enum { PIECES_MAX = 32 /* of one parameter, RFC 2231 section 3 */ };

bool sek_mail_value_read(const uint8_t *header, size_t n, const char *name, struct sek_mail_value *ret)
{
	size_t k = strlen(name), i = 0;
	bool found = false;

	*ret = (struct sek_mail_value){ .text = { .most = SEK_MAIL_FIELD_MAX_BYTES } };
	while (i < n) {
		const uint8_t *end = memchr(header + i, '\n', n - i);
		size_t line = end ? (size_t)(end - (header + i)) : n - i, from = i, to = i + line;

		i = to + (end != NULL);
		if (to > from && header[to - 1] == '\r')
			to--;
		if (to > from && (header[from] == ' ' || header[from] == '\t')) {
			if (found)
				sek_buffer_add(&ret->text, header + from, to - from);
			continue;
		}
		if (found)
			break;
		if (to - from > k && header[from + k] == ':' && strncasecmp((const char *)header + from, name, k) == 0) {
			found = true;
			sek_buffer_add(&ret->text, header + from + k + 1, to - from - k - 1);
		}
	}
	if (!found || ret->text.failed || !ret->text.p) {
		sek_mail_value_finish(ret);
		return false;
	}
	return true;
}

void sek_mail_value_finish(struct sek_mail_value *v)
{
	sek_buffer_finish(&v->text);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

void sek_mail_value_word(const struct sek_mail_value *v, char *out, size_t room)
{
	size_t k = 0;

	for (size_t i = 0; i < v->text.n && v->text.p[i] != ';' && k + 1 < room; i++) {
		char c = v->text.p[i];

		if (c > 0x20 && c < 0x7f)
			out[k++] = c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
	}
	out[k] = 0;
}

/* --- encoded words --- */

/* One at s: "=?charset?B?text?=". Returns its length, 0 if it is none. */
static size_t encoded_word(const char *s, size_t n, struct sek_buffer *ret)
{
	const char *label, *coding, *text, *end;
	struct sek_buffer raw = { .most = SEK_MAIL_FIELD_MAX_BYTES };
	size_t label_n;
	enum sek_charset c;

	if (n < 8 || s[0] != '=' || s[1] != '?')
		return 0;
	label = s + 2;
	coding = memchr(label, '?', n - 2);
	if (!coding || (size_t)(coding - s) + 4 > n || coding[2] != '?')
		return 0;
	text = coding + 3;
	end = memmem(text, n - (size_t)(text - s), "?=", 2);
	if (!end)
		return 0;
	label_n = (size_t)(coding - label);
	if (memchr(label, '*', label_n)) /* a language, RFC 2231 section 5 */
		label_n = (size_t)((const char *)memchr(label, '*', label_n) - label);
	if ((coding[1] | 32) == 'b')
		sek_mail_base64((const uint8_t *)text, (size_t)(end - text), &raw);
	else if ((coding[1] | 32) == 'q')
		sek_mail_quoted((const uint8_t *)text, (size_t)(end - text), true, &raw);
	else
		return 0;
	c = sek_charset_named(label, label_n);
	if (c == SEK_CHARSET_NONE && raw.n > 0)
		c = sek_charset_of((const uint8_t *)raw.p, raw.n, true);
	if (raw.n > 0)
		sek_charset_read(c, (const uint8_t *)raw.p, raw.n, ret);
	sek_buffer_finish(&raw);
	return (size_t)(end + 2 - s);
}

void sek_mail_words(const char *s, size_t n, struct sek_buffer *ret)
{
	enum sek_charset plain = n ? sek_charset_of((const uint8_t *)s, n, true) : SEK_CHARSET_NONE;
	bool after_word = false;

	for (size_t i = 0; i < n && !ret->failed;) {
		size_t from = i, k = encoded_word(s + i, n - i, ret);

		if (k > 0) {
			i += k;
			after_word = true;
			continue;
		}
		/* white space between two encoded words is not shown: RFC 2047 section 6.2 */
		while (i < n && is_space(s[i]))
			i++;
		if (after_word && i > from && n - i > 2 && s[i] == '=' && s[i + 1] == '?')
			continue;
		for (i += i == from; i < n && !(s[i] == '=' && i + 1 < n && s[i + 1] == '?') && !is_space(s[i]);)
			i++;
		sek_charset_read(plain, (const uint8_t *)s + from, i - from, ret);
		after_word = false;
	}
}

bool sek_mail_field(const struct sek_mail *m, const char *name, struct sek_buffer *ret)
{
	struct sek_mail_value v;
	const char *s;
	size_t n;

	if (!sek_mail_value_read(m->header, m->header_n, name, &v))
		return false;
	for (s = v.text.p, n = v.text.n; n > 0 && is_space(*s); s++)
		n--;
	sek_mail_words(s, n, ret);
	sek_mail_value_finish(&v);
	return true;
}

/* --- parameters --- */

/* One "name=value" of a field. */
struct parameter {
	const char *name, *value;
	size_t name_n, value_n;
	bool quoted;
};

/* The next parameter behind s[*i]. False at the end. */
static bool next_parameter(const char *s, size_t n, size_t *i, struct parameter *ret)
{
	const char *semicolon = memchr(s + *i, ';', n - *i);
	size_t k;

	if (!semicolon)
		return false;
	for (k = (size_t)(semicolon - s) + 1; k < n && is_space(s[k]); k++)
		;
	ret->name = s + k;
	while (k < n && s[k] != '=' && s[k] != ';' && !is_space(s[k]))
		k++;
	ret->name_n = (size_t)(s + k - ret->name);
	while (k < n && is_space(s[k]))
		k++;
	*i = k;
	ret->value = s + k;
	ret->value_n = 0;
	ret->quoted = false;
	if (k == n || s[k] != '=')
		return true;
	for (k++; k < n && is_space(s[k]); k++)
		;
	ret->quoted = k < n && s[k] == '"';
	k += ret->quoted;
	ret->value = s + k;
	while (k < n && (ret->quoted ? s[k] != '"' : s[k] != ';')) {
		k += ret->quoted && s[k] == '\\' && k + 1 < n;
		k++;
	}
	ret->value_n = (size_t)(s + (k < n ? k : n) - ret->value);
	while (!ret->quoted && ret->value_n > 0 && is_space(ret->value[ret->value_n - 1]))
		ret->value_n--;
	*i = k < n ? k : n;
	return true;
}

static void add_value(const struct parameter *p, bool percent, struct sek_buffer *ret)
{
	for (size_t i = 0; i < p->value_n; i++) {
		char c = p->value[i];
		char digits[3] = { 0 };

		if (p->quoted && c == '\\' && i + 1 < p->value_n)
			c = p->value[++i];
		else if (percent && c == '%' && i + 2 < p->value_n) {
			char *end;
			unsigned long v;

			memcpy(digits, p->value + i + 1, 2);
			v = strtoul(digits, &end, 16);
			if (end == digits + 2) {
				c = (char)v;
				i += 2;
			}
		}
		sek_buffer_add(ret, &c, 1);
	}
}

/* Which piece of parameter `name` p is: "name", "name*", "name*3", "name*3*". -1: none; *ret_extended: its value is percent-encoded. */
static int piece_of(const struct parameter *p, const char *name, bool *ret_extended)
{
	size_t n = strlen(name), i = n;
	int number = 0;

	*ret_extended = false;
	if (p->name_n < n || strncasecmp(p->name, name, n) != 0)
		return -1;
	if (i == p->name_n)
		return 0;
	if (p->name[i++] != '*')
		return -1;
	for (; i < p->name_n && p->name[i] >= '0' && p->name[i] <= '9' && number < PIECES_MAX; i++)
		number = number * 10 + (p->name[i] - '0');
	*ret_extended = i == n + 1 || (i < p->name_n && p->name[i] == '*');
	return number < PIECES_MAX ? number : -1;
}

/* RFC 2231 section 4: "charset'language'text" at the beginning of the first piece. */
static enum sek_charset take_charset(struct sek_buffer *raw)
{
	char *first = raw->p ? memchr(raw->p, '\'', raw->n) : NULL;
	char *second = first ? memchr(first + 1, '\'', raw->n - (size_t)(first + 1 - raw->p)) : NULL;
	enum sek_charset c;

	if (!second)
		return SEK_CHARSET_NONE;
	c = sek_charset_named(raw->p, (size_t)(first - raw->p));
	raw->n -= (size_t)(second + 1 - raw->p);
	memmove(raw->p, second + 1, raw->n);
	return c;
}

static void cut_copy(const struct sek_buffer *text, char *out, size_t room)
{
	size_t k = 0;

	for (size_t i = 0; i < text->n;) {
		uint32_t c;
		size_t n = sek_utf8_next((const uint8_t *)text->p + i, text->n - i, &c);

		if (n == 0 || k + n + 1 > room)
			break;
		if (!sek_utf8_is_unsafe(c)) {
			memcpy(out + k, text->p + i, n);
			k += n;
		}
		i += n;
	}
	out[k] = 0;
}

bool sek_mail_parameter(const struct sek_mail_value *v, const char *name, char *out, size_t room)
{
	struct sek_buffer raw = { .most = SEK_MAIL_FIELD_MAX_BYTES }, text = { .most = SEK_MAIL_FIELD_MAX_BYTES };
	enum sek_charset charset = SEK_CHARSET_NONE;
	bool extended, found = false;
	struct parameter p;

	for (int wanted = 0; wanted < PIECES_MAX; wanted++) {
		size_t i = 0;
		bool here = false;

		while (!here && next_parameter(v->text.p, v->text.n, &i, &p)) {
			here = piece_of(&p, name, &extended) == wanted;
			if (!here)
				continue;
			add_value(&p, extended, &raw);
			if (wanted == 0 && extended)
				charset = take_charset(&raw);
		}
		found |= here;
		if (!here)
			break;
	}
	if (found && raw.p) {
		if (charset != SEK_CHARSET_NONE)
			sek_charset_read(charset, (const uint8_t *)raw.p, raw.n, &text);
		else
			sek_mail_words(raw.p, raw.n, &text);
		if (text.p)
			cut_copy(&text, out, room);
		else
			*out = 0;
	}
	found &= raw.p != NULL;
	sek_buffer_finish(&raw);
	sek_buffer_finish(&text);
	return found;
}
