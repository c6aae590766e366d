/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Letters as bitmaps, for text that is burnt into pictures by programs that may open no file: GNU Unifont (Debian's package
 * unifont, GPL-2+), made into a table when the project is built (glyphs_gen.c). Only what is used is ever read from the disk.
 */
#ifndef SEK_PROTOCOL_TEXT_GLYPHS_H
#define SEK_PROTOCOL_TEXT_GLYPHS_H

#include <stdint.h>

#define SEK_GLYPH_PX 16 /* height of every letter, and width of the wide ones; the others are half as wide */

/* The rows of a letter from the top; the leftmost dot is the highest bit. Returns its width: SEK_GLYPH_PX / 2 or SEK_GLYPH_PX. Of a
 * character that the table has not (outside of the basic plane, above all) it is a box. */
uint8_t sek_glyph(uint32_t c, uint16_t ret_rows[SEK_GLYPH_PX]);

#endif
