/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The frame tracker against the frame parser: fed in pieces (the first byte of the input tells of what size), it must come
 * to the same judgement and the same boundary as reading whole frames one by one.
 */
#include <stdlib.h>

#include "render-host/renderd/track.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads whole frames; *ret_left: bytes behind the last whole one. False if what follows can be no frame. */
static bool whole_frames(const uint8_t *p, size_t n, size_t *ret_left, bool *ret_ended)
{
	struct sek_frame f;
	size_t total;
	sek_status s;

	*ret_ended = false;
	while (sek_is_ok(s = sek_frame_whole(p, n, SEK_LINK_HOST, SEK_DIR_DOWN, &f, &total))) {
		if (f.type == SEK_MSG_STATE && sek_state_ended((uint32_t)p[SEK_FRAME_HEADER_BYTES] << 8 | p[SEK_FRAME_HEADER_BYTES + 1]))
			*ret_ended = true;
		if (f.type == SEK_MSG_PAGES && (p[SEK_FRAME_HEADER_BYTES + 2] || p[SEK_FRAME_HEADER_BYTES + 3]))
			*ret_ended = true;
		p += total;
		n -= total;
	}
	*ret_left = n;
	return sek_is(s, SEK_E_AGAIN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sek_track t = { .passed = 0 };
	bool good = true, ended = false;
	size_t piece, i, left = 0;

	if (size < 1)
		return 0;
	piece = (size_t)data[0] + 1;
	data++;
	size--;
	for (i = 0; i < size && good; i += piece)
		good = sek_is_ok(sek_track_feed(&t, data + i, size - i < piece ? size - i : piece));
	if (whole_frames(data, size, &left, &ended) != good)
		abort();
	if (good && (t.passed != left || t.ended != ended))
		abort();
	return 0;
}
