/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Detection and conversion of encodings. Conversion never stops at a wrong byte: it goes on behind it.
 */
#include "render-host/pages/convert/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "protocol/limits.h"

static const char *const iconv_names[SEK_CHARSET_COUNT] = {
	[SEK_CHARSET_SJIS] = "CP932",        [SEK_CHARSET_EUCJP] = "EUC-JP-MS",   [SEK_CHARSET_WESTERN] = "CP1252",
	[SEK_CHARSET_CENTRAL] = "CP1250",    [SEK_CHARSET_CYRILLIC] = "CP1251",   [SEK_CHARSET_KOI8] = "KOI8-R",
	[SEK_CHARSET_CHINESE] = "GB18030",   [SEK_CHARSET_TAIWAN] = "BIG5-HKSCS", [SEK_CHARSET_KOREAN] = "CP949",
};
static iconv_t opened[SEK_CHARSET_COUNT];

static const struct { const char *label; enum sek_charset is; } labels[] = {
	{ "utf-8", SEK_CHARSET_UTF8 }, { "utf8", SEK_CHARSET_UTF8 }, { "us-ascii", SEK_CHARSET_UTF8 }, { "ascii", SEK_CHARSET_UTF8 },
	{ "iso-2022-jp", SEK_CHARSET_ISO2022JP }, { "iso-2022-jp-1", SEK_CHARSET_ISO2022JP },
	{ "iso-2022-jp-2", SEK_CHARSET_ISO2022JP }, { "iso-2022-jp-ms", SEK_CHARSET_ISO2022JP },
	{ "cp50220", SEK_CHARSET_ISO2022JP }, { "cp50221", SEK_CHARSET_ISO2022JP },
	{ "shift_jis", SEK_CHARSET_SJIS }, { "shift-jis", SEK_CHARSET_SJIS }, { "sjis", SEK_CHARSET_SJIS },
	{ "x-sjis", SEK_CHARSET_SJIS }, { "cp932", SEK_CHARSET_SJIS }, { "windows-31j", SEK_CHARSET_SJIS },
	{ "ms_kanji", SEK_CHARSET_SJIS }, { "euc-jp", SEK_CHARSET_EUCJP }, { "x-euc-jp", SEK_CHARSET_EUCJP },
	{ "iso-8859-1", SEK_CHARSET_WESTERN }, { "iso-8859-15", SEK_CHARSET_WESTERN }, { "latin1", SEK_CHARSET_WESTERN },
	{ "windows-1252", SEK_CHARSET_WESTERN }, { "cp1252", SEK_CHARSET_WESTERN }, { "iso-8859-2", SEK_CHARSET_CENTRAL },
	{ "windows-1250", SEK_CHARSET_CENTRAL }, { "windows-1251", SEK_CHARSET_CYRILLIC }, { "koi8-r", SEK_CHARSET_KOI8 },
	{ "gb2312", SEK_CHARSET_CHINESE }, { "gbk", SEK_CHARSET_CHINESE }, { "gb18030", SEK_CHARSET_CHINESE },
	{ "big5", SEK_CHARSET_TAIWAN }, { "euc-kr", SEK_CHARSET_KOREAN }, { "ks_c_5601-1987", SEK_CHARSET_KOREAN },
	{ "utf-16le", SEK_CHARSET_UTF16LE }, { "utf-16be", SEK_CHARSET_UTF16BE }, { "utf-16", SEK_CHARSET_UTF16BE },
};

/* --- the buffer --- */

void sek_buffer_add(struct sek_buffer *b, const void *bytes, size_t n)
{
	size_t most = b->most ? b->most : SEK_CONVERT_TEXT_MAX_BYTES;

	if (b->failed || n > most || b->n > most - n) {
		b->failed = true;
		return;
	}
	if (b->room - b->n < n + 1) {
		size_t room = (b->n + n + 1) * 2;
		char *p = realloc(b->p, room);

		if (!p) {
			b->failed = true;
			return;
		}
		b->p = p;
		b->room = room;
	}
	if (n)
		memcpy(b->p + b->n, bytes, n);
	b->n += n;
	b->p[b->n] = 0;
}

void sek_buffer_text(struct sek_buffer *b, const char *text)
{
	sek_buffer_add(b, text, strlen(text));
}

void sek_buffer_code(struct sek_buffer *b, uint32_t c)
{
	uint8_t u[4];

	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = 0xfffd;
	if (c < 0x80) {
		u[0] = (uint8_t)c;
		sek_buffer_add(b, u, 1);
	} else if (c < 0x800) {
		u[0] = (uint8_t)(0xc0 | c >> 6);
		u[1] = (uint8_t)(0x80 | (c & 63));
		sek_buffer_add(b, u, 2);
	} else if (c < 0x10000) {
		u[0] = (uint8_t)(0xe0 | c >> 12);
		u[1] = (uint8_t)(0x80 | (c >> 6 & 63));
		u[2] = (uint8_t)(0x80 | (c & 63));
		sek_buffer_add(b, u, 3);
	} else {
		u[0] = (uint8_t)(0xf0 | c >> 18);
		u[1] = (uint8_t)(0x80 | (c >> 12 & 63));
		u[2] = (uint8_t)(0x80 | (c >> 6 & 63));
		u[3] = (uint8_t)(0x80 | (c & 63));
		sek_buffer_add(b, u, 4);
	}
}

void sek_buffer_finish(struct sek_buffer *b)
{
	free(b->p);
	*b = (struct sek_buffer){ .most = b->most };
}

/* --- which one --- */

bool sek_charset_init(void)
{
	bool all = true;

	for (int c = 0; c < SEK_CHARSET_COUNT; c++) {
		if (!iconv_names[c] || opened[c])
			continue;
		opened[c] = iconv_open("UTF-8", iconv_names[c]);
		if (opened[c] == (iconv_t)-1) {
			opened[c] = NULL;
			all = false;
		}
	}
	return all;
}

enum sek_charset sek_charset_named(const char *label, size_t n)
{
	for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
		if (strlen(labels[i].label) == n && strncasecmp(labels[i].label, label, n) == 0)
			return labels[i].is;
	return SEK_CHARSET_NONE;
}

/* How well the bytes read as double-byte Japanese: kana and common kanji for it, anything impossible against. */
struct score {
	size_t good, bad;
};

static struct score as_sjis(const uint8_t *s, size_t n)
{
	struct score r = { 0, 0 };

	for (size_t i = 0; i < n; i++) {
		uint8_t a = s[i], b;

		if (a < 0x80)
			continue;
		if (a >= 0xa1 && a <= 0xdf) /* half-width kana: possible, but what EUC-JP read wrongly looks like */
			continue;
		if (++i == n)
			break;
		b = s[i];
		if (a == 0x80 || a == 0xa0 || a > 0xfc || b < 0x40 || b == 0x7f || b > 0xfc)
			r.bad++;
		else
			r.good += (a == 0x82 || a == 0x83 || a == 0x81) ? 3 : 1;
	}
	return r;
}

static struct score as_euc(const uint8_t *s, size_t n)
{
	struct score r = { 0, 0 };

	for (size_t i = 0; i < n; i++) {
		uint8_t a = s[i];
		size_t more = a == 0x8f ? 2 : 1;

		if (a < 0x80)
			continue;
		if (a != 0x8e && a != 0x8f && (a < 0xa1 || a > 0xfe)) {
			r.bad++;
			continue;
		}
		if (i + more >= n)
			break;
		for (size_t k = 1; k <= more; k++)
			if (s[i + k] < 0xa1 || s[i + k] > 0xfe)
				r.bad++;
		i += more;
		r.good += (a == 0xa4 || a == 0xa5 || a == 0xa1) ? 3 : 1;
	}
	return r;
}

static bool escapes_of_jis(const uint8_t *s, size_t n)
{
	for (size_t i = 0; i + 2 < n; i++)
		if (s[i] == 0x1b && s[i + 1] == '$' && (s[i + 2] == 'B' || s[i + 2] == '@'))
			return true;
	return false;
}

/* The end of a text that was cut may be the beginning of a character. */
static bool is_utf8(const uint8_t *s, size_t n, bool whole)
{
	for (size_t cut = 0; cut < 4 && cut <= n; cut++) {
		if (sek_utf8_valid(s, n - cut, NULL))
			return cut == 0 || (!whole && s[n - cut] >= 0xc2);
	}
	return false;
}

static bool has_controls(const uint8_t *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] < 0x20 && s[i] != '\t' && s[i] != '\n' && s[i] != '\r' && s[i] != '\f' && s[i] != 0x1b && s[i] != 0x1a)
			return true;
	return false;
}

enum sek_charset sek_charset_of(const uint8_t *s, size_t n, bool whole)
{
	struct score sjis, euc;

	if (n >= 3 && s[0] == 0xef && s[1] == 0xbb && s[2] == 0xbf)
		return SEK_CHARSET_UTF8;
	if (n >= 2 && s[0] == 0xff && s[1] == 0xfe)
		return SEK_CHARSET_UTF16LE;
	if (n >= 2 && s[0] == 0xfe && s[1] == 0xff)
		return SEK_CHARSET_UTF16BE;
	if (has_controls(s, n))
		return SEK_CHARSET_NONE;
	if (escapes_of_jis(s, n))
		return SEK_CHARSET_ISO2022JP;
	if (is_utf8(s, n, whole))
		return SEK_CHARSET_UTF8;
	sjis = as_sjis(s, n);
	euc = as_euc(s, n);
	if (euc.bad == 0 && (sjis.bad > 0 || euc.good >= sjis.good))
		return SEK_CHARSET_EUCJP;
	if (sjis.bad == 0)
		return SEK_CHARSET_SJIS;
	/* a wrong byte here or there does not make another text of it */
	if (sjis.good > 20 * sjis.bad && sjis.good > euc.good)
		return SEK_CHARSET_SJIS;
	return euc.good > 20 * euc.bad ? SEK_CHARSET_EUCJP : SEK_CHARSET_WESTERN;
}

/* --- the same in UTF-8 --- */

static void read_utf8(const uint8_t *s, size_t n, struct sek_buffer *ret)
{
	size_t i = n >= 3 && s[0] == 0xef && s[1] == 0xbb && s[2] == 0xbf ? 3 : 0, from = i;

	while (i < n) {
		uint32_t c;
		size_t k = sek_utf8_next(s + i, n - i, &c);

		if (k > 0) {
			i += k;
			continue;
		}
		sek_buffer_add(ret, s + from, i - from);
		sek_buffer_code(ret, 0xfffd);
		from = ++i;
	}
	sek_buffer_add(ret, s + from, n - from);
}

static void read_utf16(const uint8_t *s, size_t n, bool big, struct sek_buffer *ret)
{
	for (size_t i = 0; i + 1 < n; i += 2) {
		uint32_t c = big ? (uint32_t)s[i] << 8 | s[i + 1] : (uint32_t)s[i + 1] << 8 | s[i];

		if (i == 0 && c == 0xfeff)
			continue;
		if (c >= 0xd800 && c < 0xdc00 && i + 3 < n) {
			uint32_t d = big ? (uint32_t)s[i + 2] << 8 | s[i + 3] : (uint32_t)s[i + 3] << 8 | s[i + 2];

			if (d >= 0xdc00 && d < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + (d - 0xdc00);
				i += 2;
			}
		}
		sek_buffer_code(ret, c);
	}
}

static void read_iconv(iconv_t cd, const uint8_t *s, size_t n, struct sek_buffer *ret)
{
	char out[4096];
	char *in = (char *)(uintptr_t)s; /* iconv's prototype is older than const */
	size_t left = n;

	if (!cd) {
		ret->failed = true;
		return;
	}
	iconv(cd, NULL, NULL, NULL, NULL);
	while (left > 0 && !ret->failed) {
		char *to = out;
		size_t room = sizeof out, r = iconv(cd, &in, &left, &to, &room);
		int e = errno;

		sek_buffer_add(ret, out, sizeof out - room);
		if (r != (size_t)-1 || e == E2BIG)
			continue;
		sek_buffer_code(ret, 0xfffd);
		in++;
		left--;
	}
}

/* ISO-2022-JP as it is sent, with the characters that vendors put into it: the same bytes with the high bit are EUC-JP. */
static void read_jis(const uint8_t *s, size_t n, struct sek_buffer *ret)
{
	struct sek_buffer euc = { .most = ret->most };
	enum { ONE, TWO, KANA, THREE } state = ONE;

	for (size_t i = 0; i < n && !euc.failed; i++) {
		uint8_t b[3];

		if (s[i] == 0x1b && i + 2 < n) {
			bool long_one = s[i + 1] == '$' && s[i + 2] == '(' && i + 3 < n;

			if (s[i + 1] == '(')
				state = s[i + 2] == 'I' ? KANA : ONE;
			else if (s[i + 1] == '$')
				state = !long_one ? TWO : s[i + 3] == 'D' ? THREE : TWO;
			i += long_one ? 3 : 2;
			continue;
		}
		if (s[i] <= 0x20)
			state = s[i] == '\n' ? ONE : state;
		if (s[i] <= 0x20 || s[i] >= 0x7f || state == ONE || (state != KANA && i + 1 == n)) {
			b[0] = s[i] < 0x80 ? s[i] : '?';
			sek_buffer_add(&euc, b, 1);
			continue;
		}
		b[0] = state == KANA ? 0x8e : 0x8f;
		b[1] = s[i] | 0x80;
		b[2] = state == KANA ? 0 : s[i + 1] | 0x80;
		sek_buffer_add(&euc, b + (state == TWO), state == THREE ? 3 : 2);
		i += state != KANA;
	}
	read_iconv(opened[SEK_CHARSET_EUCJP], (const uint8_t *)euc.p, euc.n, ret);
	ret->failed |= euc.failed;
	sek_buffer_finish(&euc);
}

void sek_charset_read(enum sek_charset c, const uint8_t *s, size_t n, struct sek_buffer *ret)
{
	switch (c) {
	case SEK_CHARSET_NONE:
	case SEK_CHARSET_UTF8:
	case SEK_CHARSET_COUNT:
		read_utf8(s, n, ret);
		return;
	case SEK_CHARSET_UTF16LE:
		read_utf16(s, n, false, ret);
		return;
	case SEK_CHARSET_UTF16BE:
		read_utf16(s, n, !(n >= 2 && s[0] == 0xff && s[1] == 0xfe), ret);
		return;
	case SEK_CHARSET_ISO2022JP:
		read_jis(s, n, ret);
		return;
	default:
		read_iconv(opened[c], s, n, ret);
	}
}
