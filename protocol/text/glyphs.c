/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See glyphs.h. The table: 256 pages of 256 letters; page_of tells which of the pages are there.
 */
#include "protocol/text/glyphs.h"

#include "protocol/text/glyphs_table.h"

uint8_t sek_glyph(uint32_t c, uint16_t ret_rows[SEK_GLYPH_PX])
{
	const uint64_t *four;
	uint32_t at;

	if (c > 0xffff || page_of[c >> 8] == 0 || !(there[page_of[c >> 8] - 1][c >> 5 & 7] >> (c & 31) & 1)) {
		for (unsigned y = 0; y < SEK_GLYPH_PX; y++)
			ret_rows[y] = y < 2 || y > 13 ? 0 : y == 2 || y == 13 ? 0x7e00 : 0x4200;
		return SEK_GLYPH_PX / 2;
	}
	at = (uint32_t)(page_of[c >> 8] - 1) * 256 + (c & 255);
	four = rows[at];
	for (unsigned y = 0; y < SEK_GLYPH_PX; y++)
		ret_rows[y] = (uint16_t)(four[y / 4] >> (48 - 16 * (y % 4)));
	return wide[at / 256][c >> 5 & 7] >> (c & 31) & 1 ? SEK_GLYPH_PX : SEK_GLYPH_PX / 2;
}
