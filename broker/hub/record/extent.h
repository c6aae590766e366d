/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How large the pictures of a recording are.
 */
#ifndef SEK_BROKER_HUB_RECORD_EXTENT_H
#define SEK_BROKER_HUB_RECORD_EXTENT_H

#include "broker/hub/record/reader.h"

/* The least width and height that hold every picture of it; reads the blocks in which the size changes. 1x1 if there is none. The
 * reader needs its key. Errors: those of sek_recording_read. */
sek_status sek_recording_extent(struct sek_recording_reader *r, uint16_t *ret_width, uint16_t *ret_height);

#endif
