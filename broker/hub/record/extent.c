/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See extent.h.
 */
#include "broker/hub/record/extent.h"

#include "base/error.h"

static void widen(const struct sek_entry *e, uint16_t *width, uint16_t *height)
{
	struct sek_size m;
	uint8_t type, flags;

	if (e->kind != SEK_ENTRY_DOWN || !sek_is_ok(sek_entry_frame_read(e->payload, e->n, &type, &flags)) || type != SEK_MSG_SIZE ||
	    !sek_is_ok(sek_size_read(e->payload + SEK_FRAME_HEADER_BYTES, e->n - SEK_FRAME_HEADER_BYTES, &m)))
		return;
	*width = m.width_px > *width ? m.width_px : *width;
	*height = m.height_px > *height ? m.height_px : *height;
}

sek_status sek_recording_extent(struct sek_recording_reader *r, uint16_t *ret_width, uint16_t *ret_height)
{
	size_t blocks;
	const struct sek_block *b = sek_recording_blocks(r, &blocks);

	*ret_width = *ret_height = 1;
	for (size_t i = 0; i < blocks; i++) {
		struct sek_reader in;
		struct sek_entry e;
		const uint8_t *bytes;
		size_t n;

		if (!(b[i].flags & SEK_BLOCK_SIZE))
			continue;
		SEK_TRY(sek_recording_read(r, (uint32_t)i, &bytes, &n));
		sek_reader_init(&in, bytes, n);
		while (sek_is_ok(sek_entry_read(&in, &e)))
			widen(&e, ret_width, ret_height);
	}
	return sek_ok();
}
