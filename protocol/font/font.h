/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Letters for text that is burnt into pictures (watermark, films): GNU Unifont in its Japanese form, as constants of the program,
 * since those who draw are jailed and have no files.
 */
#ifndef SEK_PROTOCOL_FONT_FONT_H
#define SEK_PROTOCOL_FONT_FONT_H

#include <stdint.h>

enum { SEK_FONT_ROWS = 16, SEK_FONT_COLUMNS_MAX = 16 };

struct sek_glyph {
	const uint8_t *rows; /* SEK_FONT_ROWS times columns / 8 bytes, from the top; the highest bit stands left */
	unsigned columns;    /* 8 or 16 */
};

/* The letter for a code point; one that the font lacks looks like U+FFFD. */
struct sek_glyph sek_font_glyph(uint32_t c);

#endif
