/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Follows a stream of frames that passes through, without holding or changing it: where do frames end, and has an ended
 * state been told? Only so can renderd add a STATE of its own at the end of what capture wrote.
 */
#ifndef SEK_RENDERD_TRACK_H
#define SEK_RENDERD_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/wire/wire.h"

struct sek_track {
	uint8_t header[SEK_FRAME_HEADER_BYTES];
	size_t header_bytes;  /* of the frame that is being passed */
	size_t payload_left;
	size_t passed;        /* bytes since the last end of a frame */
	uint8_t state[4];     /* first bytes of a STATE's or PAGES' payload */
	size_t state_bytes;
	bool ended;           /* a STATE that ends the session, or a PAGES with a reason, has passed, whole */
};

/* Takes the next n bytes (from capture: hostile). SEK_E_MALFORMED if they cannot be frames of the host link downwards. */
sek_status sek_track_feed(struct sek_track *t, const uint8_t *bytes, size_t n);

#endif
