/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A page of a stored document as a file of its own: the PNG around the very bytes that stand in the PDF. (A JPEG is one already.)
 */
#ifndef SEK_BROKER_HUB_DOCUMENTS_PNG_H
#define SEK_BROKER_HUB_DOCUMENTS_PNG_H

#include "broker/hub/documents/pdf.h"

/* How long the file will be; page is no JPEG. */
size_t sek_png_bytes(const struct sek_pdf_page *page);
/* to: sek_png_bytes. palette: 6 * colours hex digits, or NULL. image: page->bytes. */
void sek_png_make(const struct sek_pdf_page *page, const char *palette, const uint8_t *image, uint8_t *to);

#endif
