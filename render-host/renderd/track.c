/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The frame tracker.
 */
#include "render-host/renderd/track.h"

#include <string.h>

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void frame_done(struct sek_track *t)
{
	if (t->header[0] == SEK_MSG_STATE && sek_state_ended((uint32_t)t->state[0] << 8 | t->state[1]))
		t->ended = true;
	if (t->header[0] == SEK_MSG_PAGES && (t->state[2] || t->state[3]))
		t->ended = true;
	t->header_bytes = 0;
	t->passed = 0;
	t->state_bytes = 0;
}

static size_t feed_payload(struct sek_track *t, const uint8_t *bytes, size_t n)
{
	size_t k = smaller(n, t->payload_left), i;

	if (t->header[0] == SEK_MSG_STATE || t->header[0] == SEK_MSG_PAGES)
		for (i = 0; i < k && t->state_bytes < sizeof t->state; i++)
			t->state[t->state_bytes++] = bytes[i];
	t->payload_left -= k;
	t->passed += k;
	return k;
}

sek_status sek_track_feed(struct sek_track *t, const uint8_t *bytes, size_t n)
{
	while (n > 0) {
		size_t k;

		if (t->header_bytes < SEK_FRAME_HEADER_BYTES) {
			struct sek_frame frame;

			k = smaller(n, SEK_FRAME_HEADER_BYTES - t->header_bytes);
			memcpy(t->header + t->header_bytes, bytes, k);
			t->header_bytes += k;
			t->passed += k;
			if (t->header_bytes == SEK_FRAME_HEADER_BYTES) {
				SEK_TRY(sek_frame_parse(t->header, sizeof t->header, SEK_LINK_HOST, SEK_DIR_DOWN, &frame));
				t->payload_left = frame.payload_bytes;
				t->state_bytes = 0;
			}
		} else {
			k = feed_payload(t, bytes, n);
		}
		bytes += k;
		n -= k;
		if (t->header_bytes == SEK_FRAME_HEADER_BYTES && t->payload_left == 0)
			frame_done(t);
	}
	return sek_ok();
}
