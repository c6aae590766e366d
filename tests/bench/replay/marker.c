/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See marker.h.
 */
#include "tests/bench/replay/marker.h"

#include <stdbool.h>
#include <stddef.h>

enum { CELL_PX = 16, CELLS = 18, MARGIN_PX = 48, WHITE_LEAST = 200, BLACK_MOST = 55 };

/* Mean of the middle of a cell: codecs blur its edges. */
static unsigned cell_mean(const uint32_t *px, uint32_t stride)
{
	unsigned sum = 0;

	for (unsigned y = 5; y < 11; y++)
		for (unsigned x = 5; x < 11; x++) {
			uint32_t v = px[y * stride + x];

			sum += (v & 255) + (v >> 8 & 255) + (v >> 16 & 255);
		}
	return sum / (6 * 6 * 3);
}

int bench_marker(const uint32_t *px, uint32_t stride, unsigned width, unsigned height)
{
	unsigned id = 0;

	if (width < CELLS * CELL_PX + MARGIN_PX || height < CELL_PX + MARGIN_PX)
		return -1;
	px += (size_t)(height - CELL_PX - MARGIN_PX) * stride + width - CELLS * CELL_PX - MARGIN_PX;
	for (unsigned c = 0; c < CELLS; c++) {
		unsigned mean = cell_mean(px + c * CELL_PX, stride);
		bool white = mean > WHITE_LEAST;

		if (!white && mean >= BLACK_MOST)
			return -1;
		if ((c == 0 && !white) || (c == CELLS - 1 && white))
			return -1;
		if (c > 0 && c < CELLS - 1 && white)
			id |= 1u << (c - 1);
	}
	return (int)id;
}
