/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Joins rectangles that meet edge to edge into larger ones: one FILL for a white page, one JPEG (with one set of
 * tables) for a photograph. Never covers a pixel that none of its parts covered.
 */
#include "protocol/codec/encoder.h"

static bool fits(uint32_t w, uint32_t h, uint32_t max_side, uint32_t max_area)
{
	return w <= max_side && h <= max_side && w * h <= max_area;
}

void sek_areas_add(struct sek_areas *a, struct sek_rect r, uint32_t key, uint32_t max_side, uint32_t max_area)
{
	if (a->n > 0) {
		struct sek_area *last = &a->list[a->n - 1];

		if (last->key == key && last->r.y == r.y && last->r.h == r.h && last->r.x + last->r.w == r.x &&
		    fits((uint32_t)last->r.w + r.w, r.h, max_side, max_area)) {
			last->r.w = (uint16_t)(last->r.w + r.w);
			return;
		}
	}
	a->list[a->n++] = (struct sek_area){ r, key };
}

#define NONE ((size_t)-1)

void sek_areas_join(struct sek_areas *a, size_t *open, size_t columns, uint32_t max_side, uint32_t max_area)
{
	for (size_t i = 0; i < columns; i++)
		open[i] = NONE;
	for (size_t i = 0; i < a->n; i++) {
		struct sek_area *below = &a->list[i];
		size_t column = below->r.x / SEK_TILE_PX;

		if (open[column] != NONE) {
			struct sek_area *above = &a->list[open[column]];

			if (above->key == below->key && above->r.x == below->r.x && above->r.w == below->r.w &&
			    above->r.y + above->r.h == below->r.y &&
			    fits(above->r.w, (uint32_t)above->r.h + below->r.h, max_side, max_area)) {
				above->r.h = (uint16_t)(above->r.h + below->r.h);
				below->r.w = 0;
				continue;
			}
		}
		open[column] = i;
	}
}
