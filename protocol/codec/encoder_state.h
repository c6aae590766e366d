/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What an update encoder remembers: the receiver's picture, and of each tile whether it is exact, since when it is still
 * and whether it plays a film. For encode.c and encoder_state.c only.
 */
#ifndef SEK_PROTOCOL_CODEC_ENCODER_STATE_H
#define SEK_PROTOCOL_CODEC_ENCODER_STATE_H

#include "protocol/codec/encode.h"
#include "protocol/codec/encoder.h"

struct sek_update_encoder {
	uint16_t max_width, max_height, width, height, columns, rows;
	size_t stride;
	uint32_t *old;         /* the receiver's picture */
	uint8_t *damaged;      /* per tile: look at it */
	uint8_t *lossy;        /* per tile: the receiver has it only approximately */
	uint8_t *lossy_before; /* scratch */
	uint64_t *still_ms;    /* per tile: since when it has not changed; good while lossy */
	uint64_t *still_before;
	uint8_t *films;        /* per tile: how often it has changed without a pause, up to a limit */
	size_t *open;          /* scratch of sek_areas_join, one per column */
	struct sek_areas flats, photos;
	bool keyframe;
	struct sek_packer *packer;
	struct sek_photo *photo;
	struct sek_scroller *scroller;
	const struct sek_simd *simd;
	uint32_t *acc;           /* scratch of sek_scan_band */
	struct sek_rect *change; /* per tile: what differs */
	/* exact rectangles of neighbouring tiles, gathered before they are coded */
	struct sek_rect wide;
	size_t wide_tile; /* the last tile in it */
	bool wide_smooth;
	struct sek_message message;
	struct sek_class look;
};

static inline size_t sek_tile_count(const struct sek_update_encoder *e)
{
	return (size_t)e->columns * e->rows;
}

#endif
