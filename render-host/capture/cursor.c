/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Cursor images. A page may show one of up to 128x128 pixels, and many carry wide clear margins: those go first, and
 * only what is then still too large is averaged down by a whole factor, so that ordinary cursors stay exact.
 */
#include "render-host/capture/cursor.h"

#include <stdbool.h>

struct box {
	uint16_t x0, y0, x1, y1; /* x1, y1 are one past the last */
};

/* The smallest box that holds every pixel that can be seen and the hotspot. False: nothing can be seen. */
static bool seen_box(const uint32_t *argb, uint16_t w, uint16_t h, uint16_t hot_x, uint16_t hot_y, struct box *ret)
{
	struct box b = { hot_x, hot_y, (uint16_t)(hot_x + 1), (uint16_t)(hot_y + 1) };
	bool seen = false;

	for (uint16_t y = 0; y < h; y++) {
		for (uint16_t x = 0; x < w; x++) {
			if (!(argb[(uint32_t)y * w + x] >> 24))
				continue;
			seen = true;
			if (x < b.x0)
				b.x0 = x;
			if (y < b.y0)
				b.y0 = y;
			if (x >= b.x1)
				b.x1 = (uint16_t)(x + 1);
			if (y >= b.y1)
				b.y1 = (uint16_t)(y + 1);
		}
	}
	*ret = b;
	return seen;
}

/* Averages the factor x factor pixels from (x0, y0) that lie inside the box; a pixel outside counts as clear. */
static void average(const uint32_t *argb, uint16_t stride, const struct box *b, uint32_t x0, uint32_t y0,
	uint32_t factor, uint8_t out[4])
{
	uint32_t sum[4] = { 0 }, n = factor * factor;

	for (uint32_t y = y0; y < y0 + factor && y < b->y1; y++) {
		for (uint32_t x = x0; x < x0 + factor && x < b->x1; x++) {
			uint32_t p = argb[y * stride + x];

			for (int i = 0; i < 4; i++)
				sum[i] += p >> (8 * i) & 0xff;
		}
	}
	out[3] = (uint8_t)(sum[3] / n);
	for (int i = 0; i < 3; i++) {
		uint32_t c = sum[i] / n;

		out[i] = (uint8_t)(c > out[3] ? out[3] : c);
	}
}

void sek_cursor_convert(const uint32_t *argb, uint16_t width, uint16_t height, uint16_t hot_x, uint16_t hot_y,
	struct sek_cursor_image *ret)
{
	struct box b;
	uint32_t w, h, side, factor;

	ret->width_px = ret->height_px = ret->hot_x_px = ret->hot_y_px = 0;
	if (!width || !height)
		return;
	if (hot_x >= width)
		hot_x = (uint16_t)(width - 1);
	if (hot_y >= height)
		hot_y = (uint16_t)(height - 1);
	if (!seen_box(argb, width, height, hot_x, hot_y, &b))
		return;

	w = (uint32_t)(b.x1 - b.x0);
	h = (uint32_t)(b.y1 - b.y0);
	side = w > h ? w : h;
	factor = (side + SEK_CURSOR_MAX_PX - 1) / SEK_CURSOR_MAX_PX;
	ret->width_px = (uint16_t)((w + factor - 1) / factor);
	ret->height_px = (uint16_t)((h + factor - 1) / factor);
	ret->hot_x_px = (uint16_t)((uint32_t)(hot_x - b.x0) / factor);
	ret->hot_y_px = (uint16_t)((uint32_t)(hot_y - b.y0) / factor);
	for (uint32_t y = 0; y < ret->height_px; y++)
		for (uint32_t x = 0; x < ret->width_px; x++)
			average(argb, width, &b, b.x0 + x * factor, b.y0 + y * factor, factor,
				ret->bgra + 4 * (y * ret->width_px + x));
}
