/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Private to protocol/wire: the bounds that several messages share, so that a reader and its writer use the same check.
 */
#ifndef SEK_PROTOCOL_WIRE_CHECKS_H
#define SEK_PROTOCOL_WIRE_CHECKS_H

#include "protocol/wire/wire.h"

/* A size that a user's window or a session may have. */
static inline bool sek_size_allowed(uint32_t width, uint32_t height)
{
	return width >= SEK_WIDTH_MIN_PX && width <= SEK_WIDTH_MAX_PX && height >= SEK_HEIGHT_MIN_PX &&
	       height <= SEK_HEIGHT_MAX_PX;
}

static inline bool sek_scale_allowed(uint32_t percent)
{
	return percent >= SEK_SCALE_MIN_PERCENT && percent <= SEK_SCALE_MAX_PERCENT;
}

/* Reads n bytes that must all be 0. */
static inline sek_status sek_read_reserved(struct sek_reader *r, size_t n)
{
	const uint8_t *p;

	SEK_TRY(sek_read_bytes(r, n, &p));
	for (size_t i = 0; i < n; i++) {
		if (p[i] != 0)
			return sek_fail(SEK_E_MALFORMED);
	}
	return sek_ok();
}

/* Closes a reader: nothing may be left and the fields must have been within their bounds. */
static inline sek_status sek_read_end(const struct sek_reader *r, bool in_bounds)
{
	SEK_TRY(sek_read_done(r));
	return in_bounds ? sek_ok() : sek_fail(SEK_E_MALFORMED);
}

/* Opens a message's frame if its fields are what the reader accepts; else fails the writer. */
static inline bool sek_message_begin(struct sek_writer *w, enum sek_msg_type type, bool in_bounds, size_t *ret_offset)
{
	if (!in_bounds) {
		w->failed = true;
		return false;
	}
	*ret_offset = sek_frame_begin(w, type, 0);
	return true;
}

#endif
