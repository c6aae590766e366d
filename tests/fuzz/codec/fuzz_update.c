/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One UPDATE's payload, parsed and painted. Input: width / 2, height / 2, header flags, then the payload. Pixels outside
 * the picture, in the rest of each row of its memory and after it, stay as they were.
 */
#include <stdlib.h>
#include <string.h>

#include "protocol/codec/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MARGIN 3
#define MARK 0xdeadbeefu

static void painted(void *user, struct sek_rect r)
{
	const struct sek_picture *pic = user;

	if (r.w == 0 || r.h == 0 || r.x + r.w > pic->width_px || r.y + r.h > pic->height_px)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sek_painter *painters[2]; /* for itself; for somebody who ignores the unused byte */
	struct sek_painter *painter;
	struct sek_picture pic;
	uint32_t frame = 77;
	size_t n;
	bool ok;

	if (size < 3)
		return 0;
	for (unsigned i = 0; i < 2 && !painters[i]; i++) {
		painters[i] = sek_painter_create();
		if (i && painters[i])
			sek_painter_relays(painters[i]);
	}
	painter = painters[data[2] >> 4 & 1];
	pic.width_px = (uint16_t)(1 + data[0] * 2);
	pic.height_px = (uint16_t)(1 + data[1] * 2);
	pic.stride_px = (uint32_t)pic.width_px + MARGIN;
	n = (size_t)pic.stride_px * pic.height_px;
	pic.px = malloc(n * 4);
	if (!painter || !pic.px)
		abort();
	for (size_t i = 0; i < n; i++)
		pic.px[i] = i % pic.stride_px < pic.width_px ? 0 : MARK;
	ok = sek_is_ok(sek_paint_update(painter, &pic, data[2] & 15, data + 3, size - 3, painted, &pic, &frame));
	if (!ok && frame != 77)
		abort();
	for (size_t i = 0; i < n; i++) {
		if (i % pic.stride_px < pic.width_px ? ok && painter == painters[0] && pic.px[i] > 0xffffff : pic.px[i] != MARK)
			abort();
	}
	free(pic.px);
	return 0;
}
