/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The decoder's end of a document's stream, for tests: paints pages into memory of its own.
 */
#ifndef SEK_TESTS_PAGES_TAKER_H
#define SEK_TESTS_PAGES_TAKER_H

#include <poppler.h>

#include "protocol/codec/picture.h"
#include "protocol/wire/messages.h"

struct taker {
	int fd;     /* not owned */
	int wait_ms;
	uint16_t side; /* stride and greatest height of px */
	uint32_t *px;
	uint16_t width, height; /* of the page that stands there */
	struct sek_painter *painter;
	struct sek_pages_msg pages; /* the latest */
	struct sek_page_msg page;
	size_t in_n;
	uint8_t in[SEK_FRAME_HEADER_BYTES + SEK_UPDATE_MAX_BYTES];
};

struct taker *taker_create(uint16_t side);
void taker_destroy(struct taker *t);
/* Another stream. */
void taker_use(struct taker *t, int fd);
/* Paints until a PAGES, a PAGE or a PONG has come, and returns its type; 0: the stream is over. */
uint8_t taker_next(struct taker *t);
/* Orders a page and waits for it. */
void taker_take(struct taker *t, uint16_t page);
/* The page there must be what poppler makes of it here, pixel by pixel, and have something black in it. */
void taker_compare(const struct taker *t, PopplerDocument *d, uint16_t page, double dpi);

#endif
