/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From the X server's cursor image to what CURSOR carries: trimmed to what can be seen, made smaller if it still does
 * not fit. No X in here.
 */
#ifndef SEK_CAPTURE_CURSOR_H
#define SEK_CAPTURE_CURSOR_H

#include <stdint.h>

#include "protocol/limits.h"

struct sek_cursor_image {
	uint16_t width_px, height_px; /* 0..SEK_CURSOR_MAX_PX; both 0: nothing is to be seen */
	uint16_t hot_x_px, hot_y_px;  /* inside; 0,0 when nothing is to be seen */
	uint8_t bgra[SEK_CURSOR_MAX_PX * SEK_CURSOR_MAX_PX * 4]; /* premultiplied */
};

/* argb: width*height premultiplied pixels, A in the high byte, rows packed (hostile values are fine: colours above alpha
 * are cut to it). A hotspot outside the image is moved to its edge. */
void sek_cursor_convert(const uint32_t *argb, uint16_t width, uint16_t height, uint16_t hot_x, uint16_t hot_y,
	struct sek_cursor_image *ret);

#endif
