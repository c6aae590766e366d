/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * LZ4 block decoder, bounds-checked, freestanding (LZ4 block format description 1.6).
 */
#ifndef SEK_PROTOCOL_CODEC_LZ4_H
#define SEK_PROTOCOL_CODEC_LZ4_H

#include "base/status.h"
#include <stddef.h>

/* Unpacks n hostile bytes into out, which must become exactly out_bytes long. SEK_E_MALFORMED otherwise; never reads
 * outside in[0..n) nor writes outside out[0..out_bytes). in and out must not overlap. */
sek_status sek_lz4_decode(const uint8_t *in, size_t n, uint8_t *out, size_t out_bytes);

#endif
