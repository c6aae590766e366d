/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A PDF of page pictures (ISO 32000-1), written from front to back: nothing of it is ever held but where its objects begin. The same pages
 * give the same bytes. There is nothing in it but the pictures, the producer's name and, if words were read, those, invisible.
 */
#ifndef SEK_BROKER_HUB_DOCUMENTS_PDF_H
#define SEK_BROKER_HUB_DOCUMENTS_PDF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "broker/gap/paper.h"

#define SEK_PDF_PAGES_MAX SEK_DOCUMENT_PAGES_MAX

/* Takes the next bytes. Anything but SEK_OK ends the writing. */
typedef sek_status sek_pdf_sink(void *ctx, const void *bytes, size_t n);

/* Where a page's picture lies in the PDF, and how it is to be read. */
struct sek_pdf_page {
	uint64_t offset;         /* of the picture's bytes */
	uint64_t palette;        /* of `colours` * 3 bytes in hex digits; 0 = none */
	uint32_t bytes;
	uint16_t width_px, height_px, colours;
	uint8_t form, bits;      /* enum sek_paper_form */
};

struct sek_pdf;

/* dpi: pixels an inch, of all pages. text: the font of words is put in. */
sek_status sek_pdf_create(unsigned dpi, bool text, sek_pdf_sink *sink, void *ctx, struct sek_pdf **ret);
void sek_pdf_destroy(struct sek_pdf *p); /* NULL is fine */

/* Appends a page: head, 3 * colours bytes of palette, the picture, the words (broker/gap/paper.h; hostile, checked here). The first page
 * writes the file's beginning. SEK_E_LIMIT: more than SEK_PDF_PAGES_MAX. SEK_E_MALFORMED: the words are not sound. */
sek_status sek_pdf_page_add(struct sek_pdf *p, const struct sek_paper_head *head, const uint8_t *palette, const uint8_t *image,
	const uint8_t *text);
/* The pages' tree, the catalogue, the table of objects. SEK_E_LIMIT: there is no page. */
sek_status sek_pdf_end(struct sek_pdf *p);

uint64_t sek_pdf_bytes(const struct sek_pdf *p);   /* so far */
const struct sek_pdf_page *sek_pdf_pages(const struct sek_pdf *p, unsigned *ret_n);

#endif
