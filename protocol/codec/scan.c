/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What really changed. X servers report far more than differs; this is where most damage ends. A band of tiles is read
 * row by row from left to right, as the memory lies: tile by tile costs three times as much.
 */
#include "protocol/codec/encoder.h"

#include <string.h>

/* The columns of the tile that differ, from what was gathered over its rows. */
static void finish(struct sek_rect *r, const uint32_t *acc, unsigned tile_x, unsigned tile_w)
{
	unsigned left = 0, right = tile_w;

	while (acc[left] == 0)
		left++;
	while (acc[right - 1] == 0)
		right--;
	r->x = (uint16_t)(tile_x + left);
	r->w = (uint16_t)(right - left);
}

void sek_scan_band(const struct sek_scan *s, const uint8_t *tiles, unsigned row, uint32_t *taken, struct sek_rect *change)
{
	const struct sek_picture *src = s->src;
	unsigned columns = sek_tiles_across(src->width_px), first = columns, last = 0;
	unsigned y0 = row * SEK_TILE_PX, y1 = y0 + SEK_TILE_PX;

	y1 = y1 < src->height_px ? y1 : src->height_px;
	for (unsigned i = 0; i < columns; i++) {
		if (!tiles[i])
			continue;
		change[i].w = change[i].h = 0;
		first = i < first ? i : first;
		last = i + 1;
		memset(s->acc + (size_t)i * SEK_TILE_PX, 0, SEK_TILE_PX * sizeof *s->acc);
	}
	for (unsigned y = y0; y < y1; y++) {
		const uint32_t *a = src->px + (size_t)y * src->stride_px, *b = s->old + (size_t)y * s->stride;

		for (unsigned i = first; i < last; i++) {
			unsigned x = i * SEK_TILE_PX, w = sek_tile_side(src->width_px, i);

			if (!tiles[i])
				continue;
			if (y + SEK_ROWS_AHEAD < y1) {
				sek_fetch(a + SEK_ROWS_AHEAD * src->stride_px + x, w);
				sek_fetch(b + SEK_ROWS_AHEAD * s->stride + x, w);
			}
			if (taken ? !s->simd->take(a + x, taken + (size_t)y * s->stride + x, w, s->acc + x) :
			    !s->simd->differ(a + x, b + x, w, s->acc + x))
				continue;
			if (change[i].h == 0)
				change[i].y = (uint16_t)y;
			change[i].h = (uint16_t)(y + 1 - change[i].y);
		}
	}
	for (unsigned i = first; i < last; i++) {
		if (tiles[i] && change[i].h > 0)
			finish(&change[i], s->acc + (size_t)i * SEK_TILE_PX, i * SEK_TILE_PX, sek_tile_side(src->width_px, i));
	}
}
