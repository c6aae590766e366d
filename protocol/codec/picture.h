/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sink that every C client of UPDATE messages uses: applies a parsed update to pixels in memory (the decoder: the
 * gap's pixels; probe, viewer: their own). JPEG by libjpeg-turbo's TurboJPEG interface.
 */
#ifndef SEK_PROTOCOL_CODEC_PICTURE_H
#define SEK_PROTOCOL_CODEC_PICTURE_H

#include "protocol/codec/update.h"

/* Pixels: 32-bit B,G,R,X little-endian (X = 0), row y at px + y * stride_px. Not owned. */
struct sek_picture {
	uint32_t *px;
	uint32_t stride_px;
	uint16_t width_px, height_px;
};

struct sek_painter;

/* Creates what is needed to paint (scratch, JPEG decoder); everything is allocated here, nothing afterwards is needed
 * but what TurboJPEG allocates within malloc. NULL when out of memory. */
struct sek_painter *sek_painter_create(void);
void sek_painter_destroy(struct sek_painter *p);
/* From now on what is painted is not looked at but coded once more, by somebody who ignores the unused byte: JPEGs are painted with
 * their colours as they were halved (which is quicker, and the next halving loses nothing), and the unused byte of their pixels
 * is anything. */
void sek_painter_relays(struct sek_painter *p);

/* Told of each rectangle after it was painted (may be NULL): the decoder bumps the gap's tile counters here. */
typedef void sek_painted_fn(void *user, struct sek_rect r);

/* From now on copies are told apart: fn is called in the place of `painted`, with its user, after each copy from (sx, sy). For whoever
 * passes copies on as copies. */
typedef void sek_copied_fn(void *user, uint16_t sx, uint16_t sy, struct sek_rect to);
void sek_painter_tell_copies(struct sek_painter *p, sek_copied_fn *fn);

/* Applies one UPDATE's payload (hostile) with its header flags to pic. SEK_E_MALFORMED for any break of the grammar or
 * a bad JPEG. With SEK_UPDATE_KEYFRAME the picture is first made black (reported as painted). */
sek_status sek_paint_update(struct sek_painter *p, const struct sek_picture *pic, uint8_t flags, const void *payload,
	size_t n, sek_painted_fn *painted, void *user, uint32_t *ret_frame);

#endif
