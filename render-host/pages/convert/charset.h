/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which encoding a text is in, and the same text in UTF-8. Every input is hostile.
 */
#ifndef SEK_RENDER_HOST_PAGES_CONVERT_CHARSET_H
#define SEK_RENDER_HOST_PAGES_CONVERT_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sek_charset {
	SEK_CHARSET_NONE, /* not a text */
	SEK_CHARSET_UTF8,
	SEK_CHARSET_UTF16LE,
	SEK_CHARSET_UTF16BE,
	SEK_CHARSET_ISO2022JP,
	SEK_CHARSET_SJIS, /* from here on by iconv */
	SEK_CHARSET_EUCJP,
	SEK_CHARSET_WESTERN,
	SEK_CHARSET_CENTRAL,
	SEK_CHARSET_CYRILLIC,
	SEK_CHARSET_KOI8,
	SEK_CHARSET_CHINESE,
	SEK_CHARSET_TAIWAN,
	SEK_CHARSET_KOREAN,
	SEK_CHARSET_COUNT
};

/* Memory that grows, ended by NUL after n bytes. `failed`: no more memory, or more than `most` bytes. */
struct sek_buffer {
	char *p;
	size_t n, room;
	size_t most; /* 0: SEK_CONVERT_TEXT_MAX_BYTES */
	bool failed;
};
void sek_buffer_add(struct sek_buffer *b, const void *bytes, size_t n);
void sek_buffer_text(struct sek_buffer *b, const char *text);
/* Adds one code point in UTF-8; one that does not exist becomes U+FFFD. */
void sek_buffer_code(struct sek_buffer *b, uint32_t code);
void sek_buffer_finish(struct sek_buffer *b);

/* Opens what iconv needs, which are files: to be called before a jail is entered. False: something is missing on this host. */
bool sek_charset_init(void);

/* Judges the first n bytes of a text (whole: nothing follows them). A byte order mark decides, then the escapes of ISO-2022-JP, strict UTF-8,
 * and whether the bytes read better as Shift_JIS or as EUC-JP; NONE for what has control characters that no text has. */
enum sek_charset sek_charset_of(const uint8_t *s, size_t n, bool whole);

/* The encoding that a label (RFC 2045 charset, n bytes) means; NONE for one that is not known. */
enum sek_charset sek_charset_named(const char *label, size_t n);

/* Adds the text in UTF-8 to ret. What is wrong in it becomes U+FFFD; a byte order mark is left out. */
void sek_charset_read(enum sek_charset c, const uint8_t *s, size_t n, struct sek_buffer *ret);

#endif
