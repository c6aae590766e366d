/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One JPEG operation of an UPDATE, painted: the head is ours, the data are anybody's. Input: width, height (each cut to
 * 1..256), quality, colours, then the data. Data with a marker must not be painted, and nothing outside may be.
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/codec/jpeg.h"
#include "protocol/codec/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MARK 0xdeadbeefu

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t payload[SEK_UPDATE_MAX_BYTES];
	static struct sek_painter *painter;
	const uint16_t width = size > 0 ? (uint16_t)(data[0] + 1) : 1, height = size > 1 ? (uint16_t)(data[1] + 1) : 1;
	uint32_t *px = malloc(((size_t)width + 1) * height * 4);
	const struct sek_picture pic = { px, (uint32_t)width + 1, width, height };
	struct sek_writer w;
	uint32_t frame;
	bool checked, painted;

	if (!painter)
		painter = sek_painter_create();
	if (!painter || !px)
		abort();
	if (size < 5 || size > sizeof payload - 23) {
		free(px);
		return 0;
	}
	for (size_t y = 0; y < height; y++)
		px[y * pic.stride_px + width] = MARK;
	sek_writer_init(&w, payload, sizeof payload);
	sek_write_u32(&w, 1);
	sek_write_u16(&w, 1);
	sek_write_u16(&w, 0);
	sek_write_u8(&w, SEK_OP_JPEG);
	sek_write_u32(&w, 0);
	sek_write_u16(&w, width);
	sek_write_u16(&w, height);
	sek_write_bytes(&w, data + 2, 2);
	sek_write_u32(&w, (uint32_t)(size - 4));
	sek_write_bytes(&w, data + 4, size - 4);
	checked = sek_is_ok(sek_jpeg_check_data(data + 4, size - 4)) && data[2] >= 1 && data[2] <= SEK_JPEG_QUALITY_MAX &&
		data[3] <= SEK_JPEG_FULL;
	painted = sek_is_ok(sek_paint_update(painter, &pic, 0, payload, w.len, NULL, NULL, &frame));
	if (w.failed || (painted && !checked))
		abort();
	for (size_t y = 0; y < height; y++) {
		if (px[y * pic.stride_px + width] != MARK)
			abort();
	}
	free(px);
	return 0;
}
