/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Magic numbers, and the looks of texts. Every look is bounded; nothing is decoded here.
 */
#include "render-host/pages/convert/kind.h"

#include <string.h>
#include <strings.h>

#include "render-host/pages/convert/charset.h"

enum {
	LOOK_BYTES = 1024 * 1024, /* of a text, to judge its encoding */
	HEAD_BYTES = 16384,       /* of a mail, to find its header fields */
};

static const struct magic {
	size_t at, n;
	const char *bytes;
	enum sek_kind is;
} magics[] = {
	{ 0, 5, "%PDF-", SEK_KIND_PDF },
	{ 0, 8, "\x89PNG\r\n\x1a\n", SEK_KIND_PNG },
	{ 0, 3, "\xff\xd8\xff", SEK_KIND_JPEG },
	{ 0, 6, "GIF87a", SEK_KIND_GIF },
	{ 0, 6, "GIF89a", SEK_KIND_GIF },
	{ 8, 4, "WEBP", SEK_KIND_WEBP },
	{ 0, 4, "II*\0", SEK_KIND_TIFF },
	{ 0, 4, "MM\0*", SEK_KIND_TIFF },
	{ 0, 5, "{\\rtf", SEK_KIND_RTF },
	{ 0, 4, "PK\3\4", SEK_KIND_ZIP },
	{ 0, 4, "PK\5\6", SEK_KIND_ARCHIVE },
	{ 0, 6, "7z\xbc\xaf\x27\x1c", SEK_KIND_ARCHIVE },
	{ 0, 6, "Rar!\x1a\x07", SEK_KIND_ARCHIVE },
	{ 0, 3, "\x1f\x8b\x08", SEK_KIND_ARCHIVE },
	{ 0, 6, "\xfd" "7zXZ\0", SEK_KIND_ARCHIVE },
	{ 0, 3, "BZh", SEK_KIND_ARCHIVE },
	{ 0, 4, "\x28\xb5\x2f\xfd", SEK_KIND_ARCHIVE },
	{ 0, 4, "MSCF", SEK_KIND_ARCHIVE },
	{ 257, 5, "ustar", SEK_KIND_ARCHIVE },
};

static bool has(const uint8_t *s, size_t n, size_t at, const char *bytes, size_t k)
{
	return n >= at + k && memcmp(s + at, bytes, k) == 0;
}

/* A line "Name: ..." whose name is made of the characters of RFC 5322 section 2.2. Returns its name's length, 0 if it is not one. */
static size_t field_name(const uint8_t *s, size_t n)
{
	size_t i = 0;

	while (i < n && i < 77 && s[i] > 0x20 && s[i] < 0x7f && s[i] != ':')
		i++;
	return i > 0 && i < n && s[i] == ':' ? i : 0;
}

/* A mail begins with header fields only, and among them are two that mails have. */
static bool is_mail(const uint8_t *s, size_t n)
{
	static const char *const usual[] = { "From", "To", "Date", "Subject", "Received", "Return-Path", "Message-ID",
					     "MIME-Version", "Content-Type", "Reply-To", "Delivered-To", "Cc" };
	unsigned found = 0;
	size_t i = 0;

	n = n < HEAD_BYTES ? n : HEAD_BYTES;
	while (i < n) {
		const uint8_t *end = memchr(s + i, '\n', n - i);
		size_t name = field_name(s + i, n - i), line = end ? (size_t)(end - (s + i)) : n - i;

		if (line == 0 || (line == 1 && s[i] == '\r'))
			break;
		if (s[i] != ' ' && s[i] != '\t') {
			if (!name && i > 0)
				return found >= 2 && line == n - i; /* cut at HEAD_BYTES */
			if (!name && !has(s, n, 0, "From ", 5)) /* the line before a mail in an mbox */
				return false;
			for (size_t k = 0; k < sizeof usual / sizeof usual[0]; k++)
				found += name == strlen(usual[k]) && strncasecmp((const char *)s + i, usual[k], name) == 0;
		} else if (i == 0) {
			return false;
		}
		i += line + 1;
	}
	return found >= 2;
}

static bool is_html(const uint8_t *s, size_t n)
{
	static const char *const starts[] = { "<!doctype html", "<html", "<head", "<body" };
	size_t i = has(s, n, 0, "\xef\xbb\xbf", 3) ? 3 : 0;

	while (i < n && (s[i] == ' ' || s[i] == '\t' || s[i] == '\r' || s[i] == '\n'))
		i++;
	for (size_t k = 0; k < sizeof starts / sizeof starts[0]; k++)
		if (n - i > strlen(starts[k]) && strncasecmp((const char *)s + i, starts[k], strlen(starts[k])) == 0)
			return true;
	return false;
}

/* Vector graphics are pages that run scripts and fetch: a browser's work, not ours. */
static bool is_svg(const uint8_t *s, size_t n)
{
	size_t look = n < 4096 ? n : 4096;

	return n > 0 && s[0] == '<' && memmem(s, look, "<svg", 4) != NULL;
}

static bool is_bmp(const uint8_t *s, size_t n)
{
	return has(s, n, 0, "BM", 2) && n >= 54 && memcmp(s + 6, "\0\0\0\0", 4) == 0;
}

static bool is_lha(const uint8_t *s, size_t n)
{
	return n > 21 && has(s, n, 2, "-lh", 3) && s[6] == '-';
}

enum sek_kind sek_kind_of(const uint8_t *s, size_t n)
{
	size_t look = n < LOOK_BYTES ? n : LOOK_BYTES;

	if (has(s, n, 0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8))
		return sek_kind_of_compound(s, n);
	for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
		if (has(s, n, magics[i].at, magics[i].bytes, magics[i].n) &&
		    (magics[i].is != SEK_KIND_WEBP || has(s, n, 0, "RIFF", 4)))
			return magics[i].is;
	if (is_bmp(s, n))
		return SEK_KIND_BMP;
	if (is_lha(s, n))
		return SEK_KIND_ARCHIVE;
	/* a mail may carry anything behind its header, so it is asked before the rest of a text is judged */
	if (is_mail(s, n))
		return SEK_KIND_MAIL;
	if (n == 0 || sek_charset_of(s, look, look == n) == SEK_CHARSET_NONE || is_svg(s, n))
		return SEK_KIND_UNKNOWN;
	return is_html(s, n) ? SEK_KIND_HTML : SEK_KIND_TEXT;
}
