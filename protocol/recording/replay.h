/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A recording's picture, entry by entry, for programs that turn recordings into something else. Entries are hostile: the
 * worst that they can do is a picture that nobody saw.
 */
#ifndef SEK_PROTOCOL_RECORDING_REPLAY_H
#define SEK_PROTOCOL_RECORDING_REPLAY_H

#include "protocol/codec/picture.h"
#include "protocol/recording/entry.h"

struct sek_replay_pointer {
	bool known;
	uint16_t x_px, y_px;
	uint8_t buttons;
	uint16_t width_px, height_px, hot_x_px, hot_y_px; /* of the shape; 0x0: none is shown */
	const uint8_t *bgra;                               /* premultiplied; good until the next entry */
};

struct sek_replay;

/* NULL when out of memory. The picture's memory follows the sizes that come (at most SEK_WIDTH_MAX_PX x SEK_HEIGHT_MAX_PX). */
struct sek_replay *sek_replay_create(void);
void sek_replay_destroy(struct sek_replay *r);

/* Takes the next entry. *ret_changed: whether the picture is another one now. Updates that come before a keyframe or a snapshot are passed
 * over, and so is everything that is neither picture nor pointer. SEK_E_MALFORMED: an update that cannot be painted. */
sek_status sek_replay_take(struct sek_replay *r, const struct sek_entry *e, bool *ret_changed);

/* 0x0 pixels until there is a picture, and all of it: a snapshot comes in slices. Good until the next entry. */
struct sek_picture sek_replay_picture(const struct sek_replay *r);
struct sek_replay_pointer sek_replay_pointer(const struct sek_replay *r);

#endif
