/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A PDF that is written page by page: lines of text in one typewriter font, or pictures. Nothing but what was handed over
 * gets into it.
 */
#ifndef SEK_RENDER_HOST_PAGES_CONVERT_SHEET_H
#define SEK_RENDER_HOST_PAGES_CONVERT_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "render-host/pages/convert.h"

struct sek_sheet;

/* Finds and opens the font (files of the host: to be called before a jail is entered). False: there is none. */
bool sek_sheet_init(void);

/* Begins a PDF that is written to fd. pages: how many it may have. NULL without memory. */
struct sek_sheet *sek_sheet_create(int fd, unsigned pages);

/* Adds text (UTF-8, n bytes, need not be well-formed); '\n' ends a line, '\f' a page, '\t' goes to the next eighth column. Long lines are
 * broken. Control characters are left out, what the font does not have becomes U+3013. */
void sek_sheet_text(struct sek_sheet *s, const char *text, size_t n);

/* A line across the page. */
void sek_sheet_rule(struct sek_sheet *s);

/* Everything that is added is still wanted: false when there are too many pages already, or the file cannot grow. */
bool sek_sheet_wants_more(const struct sek_sheet *s);

/* A picture: width * height pixels 0x00RRGGBB, rows without a gap, as large as fits on a page of its own. turn: 1..8, as in Exif 2.32, tag
 * Orientation. False without memory. */
bool sek_sheet_picture(struct sek_sheet *s, const uint32_t *pixels, unsigned width, unsigned height, unsigned turn);

/* Ends and destroys it. */
enum sek_convert_reason sek_sheet_finish(struct sek_sheet *s);

#endif
