/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Entries of a recording as the broker would write them, made by the real codec of pictures that a test draws.
 */
#ifndef SEK_TESTS_SUPPORT_TAKE_H
#define SEK_TESTS_SUPPORT_TAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/codec/picture.h"
#include "protocol/recording/entry.h"

struct take;

/* Entries go into fd (a file or a pipe). All calls assert. */
struct take *take_begin(int fd, uint16_t max_width, uint16_t max_height);
void take_size(struct take *t, uint64_t at_us, uint16_t width, uint16_t height);
/* The picture is this one now. */
void take_picture(struct take *t, uint64_t at_us, const struct sek_picture *pic);
void take_pointer(struct take *t, uint64_t at_us, uint16_t x, uint16_t y);
/* A pointer of so many pixels a side, all of one colour. */
void take_cursor(struct take *t, uint64_t at_us, uint16_t side, uint32_t bgra);
void take_entry(struct take *t, enum sek_entry_kind kind, uint64_t at_us, const void *payload, size_t n);
void take_end(struct take *t);

/* Draws one line of ASCII in black on white: the bitmap font, three times its size, which tesseract reads. */
void take_draw(uint32_t *px, uint32_t width, uint32_t height, const char *text);

#endif
