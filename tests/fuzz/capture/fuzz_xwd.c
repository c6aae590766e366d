/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the sandbox's X server hands to capture: the framebuffer header and cursor images. First byte: which of the two.
 */
#include <stdlib.h>
#include <string.h>

#include "render-host/capture/cursor.h"
#include "render-host/capture/xwd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(cond)            \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)

static void header(const uint8_t *data, size_t size)
{
	/* as long as the file claims to be: what may be read later must lie inside */
	uint64_t file = (uint64_t)size * 4096;
	struct sek_xwd x;

	if (!sek_is_ok(sek_xwd_parse(data, size, file, &x)))
		return;
	REQUIRE(x.stride_px >= x.width_px && x.pixels_offset % 4 == 0);
	REQUIRE(x.pixels_offset + (uint64_t)x.stride_px * 4 * x.height_px <= file);
}

static void cursor(const uint8_t *data, size_t size)
{
	static struct sek_cursor_image out;
	uint16_t v[4];
	uint32_t *argb;
	size_t n;

	if (size < sizeof v)
		return;
	memcpy(v, data, sizeof v);
	n = (size - sizeof v) / 4;
	v[0] = (uint16_t)(v[0] % 300);
	v[1] = v[0] && n / v[0] < 300 ? (uint16_t)(n / v[0]) : 0;
	argb = malloc((size_t)v[0] * v[1] * 4 + 1);
	REQUIRE(argb);
	memcpy(argb, data + sizeof v, (size_t)v[0] * v[1] * 4);
	sek_cursor_convert(argb, v[0], v[1], v[2], v[3], &out);
	free(argb);
	REQUIRE(out.width_px <= SEK_CURSOR_MAX_PX && out.height_px <= SEK_CURSOR_MAX_PX);
	REQUIRE(!out.width_px == !out.height_px);
	REQUIRE(out.hot_x_px < out.width_px || (!out.width_px && !out.hot_x_px));
	REQUIRE(out.hot_y_px < out.height_px || (!out.height_px && !out.hot_y_px));
	for (size_t i = 0; i < 4u * out.width_px * out.height_px; i++)
		REQUIRE(out.bgra[i] <= out.bgra[i | 3]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] & 1)
		cursor(data + 1, size - 1);
	else
		header(data + 1, size - 1);
	return 0;
}
