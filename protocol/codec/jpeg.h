/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the protocol allows of JPEG, checked on the bytes before any JPEG library sees them. Freestanding.
 */
#ifndef SEK_PROTOCOL_CODEC_JPEG_H
#define SEK_PROTOCOL_CODEC_JPEG_H

#include "base/status.h"
#include <stddef.h>

/* SEK_OK if the n bytes (hostile) are one JPEG of exactly width by height pixels: baseline sequential Huffman (SOF0,
 * 8 bits), three components with sampling factors 1 or 2, all in one scan, nothing before SOI nor after EOI, and only
 * the segments that such an image needs (APP0..APP15 and COM are allowed, and ignored). SEK_E_MALFORMED otherwise.
 * Whether the entropy-coded data are right is for the decoder to find. ITU-T T.81, annex B. */
sek_status sek_jpeg_check(const uint8_t *jpeg, size_t n, uint32_t width, uint32_t height);

#endif
