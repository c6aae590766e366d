/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What of a tile really changed. X servers report far more than differs; this is where most damage ends.
 */
#include "protocol/codec/encoder.h"

#include <string.h>

bool sek_diff_tile(const struct sek_tile *t, const uint32_t *old, size_t stride, struct sek_rect *ret)
{
	unsigned w = t->r.w, h = t->r.h, top = 0, bottom = h, left = w, right = 0;
	const uint32_t *base = old + (size_t)t->r.y * stride + t->r.x;

	while (top < h && memcmp(t->px + (size_t)top * w, base + top * stride, (size_t)w * 4) == 0)
		top++;
	if (top == h)
		return false;
	while (memcmp(t->px + (size_t)(bottom - 1) * w, base + (bottom - 1) * stride, (size_t)w * 4) == 0)
		bottom--;
	for (unsigned y = top; y < bottom; y++) {
		const uint32_t *a = t->px + (size_t)y * w, *b = base + y * stride;
		unsigned x = 0;

		while (x < left && a[x] == b[x])
			x++;
		left = x < left ? x : left;
		x = w;
		while (x > right && a[x - 1] == b[x - 1])
			x--;
		right = x > right ? x : right;
	}
	ret->x = (uint16_t)(t->r.x + left);
	ret->y = (uint16_t)(t->r.y + top);
	ret->w = (uint16_t)(right - left);
	ret->h = (uint16_t)(bottom - top);
	return true;
}
