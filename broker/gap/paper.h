/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What sekisho-paper tells the broker: records of a head of SEK_PAPER_HEAD_BYTES in network order, a page's followed by its palette, its
 * picture and its words. The broker reads them as hostile: they come out of a jail in which outer pixels are looked at.
 */
#ifndef SEK_BROKER_GAP_PAPER_H
#define SEK_BROKER_GAP_PAPER_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "protocol/limits.h"

#define SEK_PAPER_HEAD_BYTES 32
#define SEK_PAPER_COLOURS_MAX 256
#define SEK_PAPER_WORD_HEAD_BYTES 10

enum sek_paper_kind {
	SEK_PAPER_STATE = 1, /* state and number of pages, as the gap says them, clamped; again whenever one of the two changes */
	SEK_PAPER_PAGE = 2,  /* a page that was asked for */
};

/* The picture's form. The first three are the content of a PNG's IDAT: rows with a filter byte each, in one zlib stream. */
enum sek_paper_form { SEK_PAPER_GREY = 1, SEK_PAPER_PALETTE, SEK_PAPER_RGB, SEK_PAPER_JPEG_GREY, SEK_PAPER_JPEG_RGB };

struct sek_paper_head {
	enum sek_paper_kind kind;
	uint16_t state, pages;         /* of STATE; 0 pages: not yet known */
	/* of PAGE */
	uint16_t page;                 /* from 1 */
	enum sek_paper_form form;
	uint8_t bits;                  /* of a sample: GREY and PALETTE 1, 2, 4, 8; else 8 */
	uint16_t width_px, height_px;  /* 1 to SEK_DOCUMENT_MAX_PX */
	uint16_t colours;              /* of PALETTE: 1 to 1 << bits, three bytes each; else 0 */
	uint32_t image_bytes;          /* 1 to SEK_PAPER_IMAGE_MAX_BYTES */
	uint32_t text_bytes;           /* 0 to SEK_PAPER_TEXT_MAX_BYTES */
};

void sek_paper_head_write(const struct sek_paper_head *h, uint8_t ret[SEK_PAPER_HEAD_BYTES]);
/* SEK_E_MALFORMED: a value out of its range, or one set that its kind has not. */
sek_status sek_paper_head_read(const uint8_t bytes[SEK_PAPER_HEAD_BYTES], struct sek_paper_head *ret);

/* A word that was read on a page: SEK_PAPER_WORD_HEAD_BYTES (four u16, one u16 of n), then n bytes of UTF-8. */
struct sek_paper_word {
	uint16_t x_px, y_px, width_px, height_px; /* inside the page, not empty */
	uint16_t n;                               /* at least 1 */
	const char *text;                         /* not terminated; no control characters */
};
void sek_paper_word_write(const struct sek_paper_word *w, uint8_t ret[SEK_PAPER_WORD_HEAD_BYTES]);
/* Reads the word that begins at bytes; *ret_total: how long it is. SEK_E_CLOSED: n is 0. SEK_E_MALFORMED. */
sek_status sek_paper_word_read(const struct sek_paper_head *page, const uint8_t *bytes, size_t n, struct sek_paper_word *ret, size_t *ret_total);

#endif
