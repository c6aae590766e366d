/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See line.h.
 */
#include "broker/film/line.h"

#include <string.h>

#include "base/utf8.h"
#include "broker/film/film.h"
#include "protocol/text/glyphs.h"

enum { LEFT_PX = 8, TOP_PX = (SEK_FILM_LINE_PX - SEK_GLYPH_PX) / 2, WHITE = 235, BACKGROUND = 16 };

void sek_film_line(uint8_t *luma, size_t stride, uint16_t width, const char *text)
{
	const uint8_t *p = (const uint8_t *)text;
	size_t n = strlen(text), at = 0, x = LEFT_PX;

	for (size_t y = 0; y < SEK_FILM_LINE_PX; y++)
		memset(luma + y * stride, BACKGROUND, width);
	while (at < n) {
		uint16_t rows[SEK_GLYPH_PX];
		uint32_t c;
		size_t k = sek_utf8_next(p + at, n - at, &c);
		uint8_t w = sek_glyph(k ? c : 0xffff, rows);

		if (x + w > width)
			return;
		for (size_t y = 0; y < SEK_GLYPH_PX; y++)
			for (unsigned i = 0; i < w; i++)
				if (rows[y] >> (15 - i) & 1)
					luma[(TOP_PX + y) * stride + x + i] = WHITE;
		x += w;
		at += k ? k : 1;
	}
}
