/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The visible watermark: who looks, and when, all over the picture, burnt in before anything is encoded, so that every way
 * by which pixels travel carries it. Works on a copy of the gap's pixels; must never write to the gap.
 */
#ifndef SEK_BROKER_ENCODER_WATERMARK_H
#define SEK_BROKER_ENCODER_WATERMARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/font/font.h"
#include "protocol/limits.h"

enum { SEK_WATERMARK_COLUMNS_MAX = 8 * SEK_WATERMARK_MAX_BYTES }; /* letters of 16 columns have two bytes at least */

struct sek_watermark {
	char text[SEK_WATERMARK_MAX_BYTES];
	size_t bytes;      /* 0 = none */
	uint8_t dots[SEK_FONT_ROWS][SEK_WATERMARK_COLUMNS_MAX]; /* 1: drawn */
	uint32_t columns;  /* of the text */
	uint32_t *px;      /* owned; the marked copy, of the gap's stride */
	uint32_t stride_px;
};

/* Makes the copy's memory, which costs nothing until a watermark is set. False when out of memory. */
bool sek_watermark_init(struct sek_watermark *w, uint32_t stride_px, uint32_t height_px);
void sek_watermark_finish(struct sek_watermark *w);
/* Sets the text (UTF-8 as VIEW allows it, at most SEK_WATERMARK_MAX_BYTES; 0 bytes: none). True if it is another one: then every
 * tile has to be copied anew. */
bool sek_watermark_set(struct sek_watermark *w, const char *text, size_t bytes);
/* Copies a rectangle of `from` (same stride) and marks it. Whether a pixel is marked depends on nothing but its place and
 * the text, how on nothing but its colour. */
void sek_watermark_copy(struct sek_watermark *w, const uint32_t *from, uint32_t x, uint32_t y, uint32_t width,
	uint32_t height);

#endif
