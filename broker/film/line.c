/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See line.h.
 */
#include "broker/film/line.h"

#include <string.h>

#include "base/utf8.h"
#include "broker/film/film.h"
#include "protocol/font/font.h"

enum { LEFT_PX = 8, TOP_PX = (SEK_FILM_LINE_PX - SEK_FONT_ROWS) / 2, WHITE = 235, BACKGROUND = 16 };

void sek_film_line(uint8_t *luma, size_t stride, uint16_t width, const char *text)
{
	const uint8_t *p = (const uint8_t *)text;
	size_t n = strlen(text), at = 0, x = LEFT_PX;

	for (size_t y = 0; y < SEK_FILM_LINE_PX; y++)
		memset(luma + y * stride, BACKGROUND, width);
	while (at < n) {
		uint32_t c = 0;
		size_t k = sek_utf8_next(p + at, n - at, &c);
		struct sek_glyph g = sek_font_glyph(k ? c : 0xfffd);

		if (x + g.columns > width)
			return;
		for (size_t y = 0; y < SEK_FONT_ROWS; y++)
			for (unsigned i = 0; i < g.columns; i++)
				if (g.rows[y * g.columns / 8 + i / 8] >> (7 - i % 8) & 1)
					luma[(TOP_PX + y) * stride + x + i] = WHITE;
		x += g.columns;
		at += k ? k : 1;
	}
}
