/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The words of a picture, by tesseract: Japanese and Latin letters, as they stand on web pages and on paper. For the jailed
 * processes that read pictures of the clean side (sekisho-words, sekisho-paper).
 */
#ifndef SEK_BROKER_OCR_OCR_H
#define SEK_BROKER_OCR_OCR_H

#include "base/status.h"
#include "protocol/recording/replay.h"

struct sek_ocr;

/* Loads the language models (files): before the jail. languages: "jpn+eng". SEK_E_NOT_FOUND: they are not installed. */
sek_status sek_ocr_create(const char *languages, struct sek_ocr **ret);
void sek_ocr_destroy(struct sek_ocr *o); /* NULL is fine */

/* Reads the part r of pic. *ret_text: malloc'ed, terminated, "" if there is none; blanks between Japanese letters, which tesseract makes
 * up, are taken out. */
sek_status sek_ocr_read(struct sek_ocr *o, const struct sek_picture *pic, struct sek_rect r, char **ret_text);

/* Reads a page of a document line by line, in the order in which they are to be read. pic: dpi pixels an inch. text: UTF-8 of n bytes without
 * control characters, not empty, good during the call; r: where it stands, inside pic. */
typedef void sek_ocr_line_fn(void *ctx, struct sek_rect r, const char *text, size_t n);
sek_status sek_ocr_lines(struct sek_ocr *o, const struct sek_picture *pic, int dpi, sek_ocr_line_fn *fn, void *ctx);

#endif
