/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What sekisho-font-gen writes and font.c reads.
 */
#ifndef SEK_PROTOCOL_FONT_TABLES_H
#define SEK_PROTOCOL_FONT_TABLES_H

#include <stdint.h>

enum { SEK_FONT_PLANE = 0x10000, SEK_FONT_NONE = 0xffff };

/* Numbers below sek_font_narrow_count are glyphs of 16 bytes, those from there on of 32 bytes. */
extern const uint16_t sek_font_number[SEK_FONT_PLANE];
extern const unsigned sek_font_narrow_count;
extern const unsigned char sek_font_narrow[], sek_font_wide[];

#endif
