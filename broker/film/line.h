/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The line of text below the picture of a film.
 */
#ifndef SEK_BROKER_FILM_LINE_H
#define SEK_BROKER_FILM_LINE_H

#include <stddef.h>
#include <stdint.h>

/* Writes text (UTF-8; what is no letter of the font becomes a box) in white into SEK_FILM_LINE_PX rows of luma. What does not fit
 * into width pixels is left out. */
void sek_film_line(uint8_t *luma, size_t stride, uint16_t width, const char *text);

#endif
