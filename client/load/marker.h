/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The place on the picture that shows how often something was typed, so that the way of a key can be timed: the web page that
 * sekisho-load serves has it as a band at the bottom, the synthetic render host as one tile in the middle of that band.
 * A key that goes down or a composed text counts as one input; after an odd number of them the place is red, otherwise dark.
 */
#ifndef SEK_CLIENT_LOAD_MARKER_H
#define SEK_CLIENT_LOAD_MARKER_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/codec/update.h"

#define SEK_MARKER_BAND_PX 120     /* height of the page's band */
#define SEK_MARKER_ODD 0xc04020u   /* R, G, B */
#define SEK_MARKER_EVEN 0x102030u
#define SEK_MARKER_RED_LEAST 0x68u /* JPEG may shift the colour a little: the middle between the two decides */

/* The pixel at which to look, in a picture of this size (higher than the band). */
static inline uint16_t sek_marker_x_px(uint16_t width_px)
{
	return width_px / 2;
}

static inline uint16_t sek_marker_y_px(uint16_t height_px)
{
	return (uint16_t)(height_px > SEK_MARKER_BAND_PX / 2 ? height_px - SEK_MARKER_BAND_PX / 2 : 0);
}

static inline bool sek_marker_is_odd(uint32_t bgrx)
{
	return (bgrx >> 16 & 0xff) > SEK_MARKER_RED_LEAST;
}

/* The whole tile around that pixel, as far as the picture goes: what the synthetic render host paints. */
static inline struct sek_rect sek_marker_tile(uint16_t width_px, uint16_t height_px)
{
	struct sek_rect r = { 0, 0, SEK_TILE_PX, SEK_TILE_PX };

	r.x = (uint16_t)(sek_marker_x_px(width_px) / SEK_TILE_PX * SEK_TILE_PX);
	r.y = (uint16_t)(sek_marker_y_px(height_px) / SEK_TILE_PX * SEK_TILE_PX);
	if (r.x + r.w > width_px)
		r.w = (uint16_t)(width_px - r.x);
	if (r.y + r.h > height_px)
		r.h = (uint16_t)(height_px - r.y);
	return r;
}

#endif
