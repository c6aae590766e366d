/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Letters of 8 or 16 by 16 dots, each dot 2 by 2 pixels, in rows that are shifted against each other. A marked pixel becomes
 * darker if it was bright and brighter if it was dark: legible on everything, and what is below stays legible too.
 */
#include "broker/encoder/watermark.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "protocol/font/font.h"

enum {
	DOT = 2, LETTER_H = SEK_FONT_ROWS * DOT,
	GAP_PX = 96,     /* between two texts of a row */
	ROW_PX = 144,    /* from row to row */
	FIRST_PX = 40,   /* where the first row stands */
	SHIFT_PX = 150,  /* of each row against the one above */
};

bool sek_watermark_init(struct sek_watermark *w, uint32_t stride_px, uint32_t height_px)
{
	memset(w, 0, sizeof *w);
	w->stride_px = stride_px;
	w->px = calloc((size_t)stride_px * height_px, sizeof *w->px);
	return w->px != NULL;
}

void sek_watermark_finish(struct sek_watermark *w)
{
	free(w->px);
	memset(w, 0, sizeof *w);
}

/* Puts the letters beside each other. The text has been checked by the message that brought it. */
static void draw(struct sek_watermark *w)
{
	size_t k, at = 0;
	uint32_t c;

	memset(w->dots, 0, sizeof w->dots);
	w->columns = 0;
	for (; at < w->bytes && (k = sek_utf8_next((const uint8_t *)w->text + at, w->bytes - at, &c)) > 0; at += k) {
		struct sek_glyph g = sek_font_glyph(c);

		if (w->columns + g.columns > SEK_WATERMARK_COLUMNS_MAX)
			return;
		for (unsigned row = 0; row < SEK_FONT_ROWS; row++)
			for (unsigned i = 0; i < g.columns; i++)
				w->dots[row][w->columns + i] = g.rows[(row * g.columns + i) / 8] >> (7 - i % 8) & 1;
		w->columns += g.columns;
	}
}

bool sek_watermark_set(struct sek_watermark *w, const char *text, size_t bytes)
{
	bool same = bytes == w->bytes && memcmp(text, w->text, bytes) == 0;

	if (same)
		return false;
	memcpy(w->text, text, bytes);
	w->bytes = bytes;
	draw(w);
	return true;
}

static uint32_t darker(uint32_t c)
{
	return c * 5 / 8;
}

static uint32_t brighter(uint32_t c)
{
	return c + (255 - c) * 3 / 8;
}

static uint32_t mark(uint32_t px)
{
	uint32_t r = px >> 16 & 0xff, g = px >> 8 & 0xff, b = px & 0xff;
	uint32_t (*to)(uint32_t) = 2 * r + 5 * g + b >= 8 * 128 ? darker : brighter;

	return (px & 0xff000000u) | to(r) << 16 | to(g) << 8 | to(b);
}

static void mark_line(const struct sek_watermark *w, uint32_t *line, uint32_t x, uint32_t y, uint32_t width)
{
	uint32_t text_px = w->columns * DOT, period = text_px + GAP_PX, row, at, i;
	const uint8_t *dots;

	if (y < FIRST_PX || (y - FIRST_PX) % ROW_PX >= LETTER_H)
		return;
	row = (y - FIRST_PX) / ROW_PX;
	dots = w->dots[(y - FIRST_PX) % ROW_PX / DOT];
	at = (x + row * SHIFT_PX) % period;
	for (i = 0; i < width; i++, at = at + 1 == period ? 0 : at + 1)
		if (at < text_px && dots[at / DOT])
			line[i] = mark(line[i]);
}

void sek_watermark_copy(struct sek_watermark *w, const uint32_t *from, uint32_t x, uint32_t y, uint32_t width,
	uint32_t height)
{
	uint32_t end = y + height;

	for (; y < end; y++) {
		size_t at = (size_t)y * w->stride_px + x;

		memcpy(w->px + at, from + at, width * sizeof *from);
		mark_line(w, w->px + at, x, y, width);
	}
}
