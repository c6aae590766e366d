/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the protocol carries of JPEG: the entropy-coded data of one kind of image, and nothing else. Everything in front
 * of them (tables, sizes, components) follows from four numbers and is written here, by the receiver, so that no header
 * that a peer wrote ever reaches a JPEG library. Freestanding.
 */
#ifndef SEK_PROTOCOL_CODEC_JPEG_H
#define SEK_PROTOCOL_CODEC_JPEG_H

#include "base/status.h"
#include <stddef.h>

#define SEK_JPEG_QUALITY_MAX 100

enum sek_jpeg_colours {
	SEK_JPEG_HALF = 0, /* 4:2:0: one colour for two by two pixels */
	SEK_JPEG_FULL = 1, /* 4:4:4 */
};

/* SOI, two DQT, SOF0, four DHT, SOS; and EOI. */
#define SEK_JPEG_HEAD_BYTES 605
#define SEK_JPEG_END_BYTES 2

/* Writes everything up to the entropy-coded data: a baseline image of width by height pixels (1..65535) with the components
 * Y, Cb, Cr in one scan, the quantisation tables of annex K scaled to `quality` (1..100) as the Independent JPEG Group's
 * library does, and the Huffman tables of annex K. ITU-T T.81. */
void sek_jpeg_head(uint8_t head[SEK_JPEG_HEAD_BYTES], uint16_t width, uint16_t height, uint8_t quality,
	enum sek_jpeg_colours colours);

/* SEK_OK if the n bytes (hostile) can be entropy-coded data: at least one, no marker among them, no FF at the end.
 * SEK_E_MALFORMED otherwise. Whether they make an image is for the decoder to find. */
sek_status sek_jpeg_check_data(const uint8_t *data, size_t n);

#endif
