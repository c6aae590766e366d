/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What sekisho-words says: which text stood where on the picture from which moment on. One head and a text after another, in a
 * pipe. Whoever reads them treats them as hostile: they come out of a program that reads pictures.
 *
 *   u64 microseconds since the recording began, u16 x, y, w, h (pixels), u32 bytes; then the text, strict UTF-8
 * A head with 0 bytes tells how far it has come.
 */
#ifndef SEK_PROTOCOL_RECORDING_WORDS_H
#define SEK_PROTOCOL_RECORDING_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SEK_WORDS_HEAD_BYTES 20
#define SEK_WORDS_TEXT_MAX_BYTES 65536

struct sek_words {
	uint64_t at_us;
	uint16_t x_px, y_px, width_px, height_px;
	uint32_t bytes;
	const char *text; /* not terminated; into the caller's bytes */
};

/* Writes the head of w. */
void sek_words_head_write(const struct sek_words *w, uint8_t ret[SEK_WORDS_HEAD_BYTES]);
/* Reads one from the first n bytes; *ret_total: how many it took. SEK_E_AGAIN: more bytes are needed. SEK_E_MALFORMED: too long, or
 * not UTF-8, or with characters that a text of words has not (controls but line feed). */
sek_status sek_words_read(const uint8_t *bytes, size_t n, struct sek_words *ret, size_t *ret_total);

#endif
