/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One JPEG as it comes in an UPDATE: first our check, then, if that passes, the library. Input: width, height (each cut
 * to 1..256), then the JPEG. A JPEG that the painter takes must have passed the check.
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/codec/jpeg.h"
#include "protocol/codec/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t payload[SEK_UPDATE_MAX_BYTES];
	static uint32_t px[256 * 256];
	static struct sek_painter *painter;
	struct sek_picture pic = { px, 256, 256, 256 };
	struct sek_writer w;
	uint16_t width, height;
	uint32_t frame;
	bool checked, painted;

	if (size < 4 || size - 2 > sizeof payload - 21)
		return 0;
	if (!painter)
		painter = sek_painter_create();
	if (!painter)
		abort();
	width = (uint16_t)(data[0] + 1);
	height = (uint16_t)(data[1] + 1);
	data += 2;
	size -= 2;
	sek_writer_init(&w, payload, sizeof payload);
	sek_write_u32(&w, 1);
	sek_write_u16(&w, 1);
	sek_write_u16(&w, 0);
	sek_write_u8(&w, SEK_OP_JPEG);
	sek_write_u16(&w, 0);
	sek_write_u16(&w, 0);
	sek_write_u16(&w, width);
	sek_write_u16(&w, height);
	sek_write_u32(&w, (uint32_t)size);
	sek_write_bytes(&w, data, size);
	checked = sek_is_ok(sek_jpeg_check(data, size, width, height));
	painted = sek_is_ok(sek_paint_update(painter, &pic, 0, payload, w.len, NULL, NULL, &frame));
	if (w.failed || (painted && !checked))
		abort();
	return 0;
}
