/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The text of an HTML page, by a reader that knows no more than where tags begin and end: nothing is fetched, run or drawn.
 */
#ifndef SEK_RENDER_HOST_PAGES_CONVERT_HTML_H
#define SEK_RENDER_HOST_PAGES_CONVERT_HTML_H

#include "render-host/pages/convert/charset.h"

/* Adds to ret the text of the n bytes (UTF-8, hostile) of a page. Contents of script, style, head, title and the like are left
 * out, so are comments, attributes and addresses. */
void sek_html_text(const char *page, size_t n, struct sek_buffer *ret);

/* The encoding that a page's first bytes name (<meta charset>), NONE if they name none. */
enum sek_charset sek_html_charset(const uint8_t *page, size_t n);

#endif
