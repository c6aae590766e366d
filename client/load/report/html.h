/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writing the report: text that is escaped, in the language that was asked for. Whatever a result file holds becomes text, never markup.
 */
#ifndef SEK_CLIENT_LOAD_REPORT_HTML_H
#define SEK_CLIENT_LOAD_REPORT_HTML_H

#include <stdio.h>

#include "client/load/report/words.h"

struct html {
	FILE *f;
	bool ja;
};

/* Markup of our own; only numbers and fixed names may stand in its arguments. */
__attribute__((format(printf, 2, 3)))
void html_raw(const struct html *h, const char *format, ...);
/* Text, escaped; NULL is nothing. Control characters become spaces. */
void html_text(const struct html *h, const char *text);
/* A word, escaped; its %1 to %3 are a, b, c (NULL: not used). */
void html_word(const struct html *h, enum report_word w);
void html_say(const struct html *h, enum report_word w, const char *a, const char *b, const char *c);
/* <tag class="css">word</tag>; css may be NULL. */
void html_tag(const struct html *h, const char *tag, const char *css, enum report_word w);
/* <tag>text</tag>, escaped. */
void html_cell(const struct html *h, const char *tag, const char *text);

/* --- figures as people read them; each returns buf --- */
enum { FIGURE_BYTES = 32 };
char *figure(char *buf, double value);         /* three digits that matter, thousands apart: 1,234  56.7  0.123 */
char *figure_percent(char *buf, double share); /* 12.3 % */
char *figure_ms(char *buf, double ms);         /* 123 ms, 4.56 s */
char *figure_bytes(char *buf, double bytes);   /* 1.23 MB: powers of 1000 */
char *figure_mib(char *buf, double mib);       /* 123 MiB, 4.56 GiB */
char *figure_clock(char *buf, double seconds); /* 2:05, 1:02:05 */

#endif
