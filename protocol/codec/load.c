/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Takes the private copy. The source may change under our hands; nothing here looks at what it copies.
 */
#include "protocol/codec/encoder.h"

static void load_row(const uint32_t *restrict src, size_t n, uint32_t *restrict ret)
{
	for (size_t i = 0; i < n; i++)
		ret[i] = src[i] & SEK_RGB_MASK;
}

void sek_load(const struct sek_picture *src, struct sek_rect r, uint32_t *to, size_t stride)
{
	const uint32_t *from = src->px + (size_t)r.y * src->stride_px + r.x;

	to += (size_t)r.y * stride + r.x;
	for (unsigned y = 0; y < r.h; y++, from += src->stride_px, to += stride)
		load_row(from, r.w, to);
}
