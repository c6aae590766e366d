/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Looking up a letter. Of the tables only those pages get into memory that hold a letter which somebody's name needs.
 */
#include "protocol/font/font.h"

#include <stddef.h>

#include "protocol/font/tables.h"

enum { REPLACEMENT = 0xfffd, NARROW_BYTES = 16, WIDE_BYTES = 32 };

struct sek_glyph sek_font_glyph(uint32_t c)
{
	unsigned number = c < SEK_FONT_PLANE ? sek_font_number[c] : SEK_FONT_NONE;

	if (number == SEK_FONT_NONE)
		number = sek_font_number[REPLACEMENT];
	if (number < sek_font_narrow_count)
		return (struct sek_glyph){ sek_font_narrow + (size_t)number * NARROW_BYTES, 8 };
	return (struct sek_glyph){ sek_font_wide + (size_t)(number - sek_font_narrow_count) * WIDE_BYTES, 16 };
}
