/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading pictures ahead. A row of a picture is two pages, and the processor looks no further ahead than the end of the page
 * that it reads: told two rows before, it reads a picture in two thirds of the time (docs/decisions/0014).
 */
#ifndef SEK_PROTOCOL_CODEC_FETCH_H
#define SEK_PROTOCOL_CODEC_FETCH_H

#include <stddef.h>
#include <stdint.h>

#define SEK_ROWS_AHEAD 2
#define SEK_CACHE_LINE_PX 16

/* A function that only fetches is taken for one without effect, and its call left out, unless it is inlined early. */
#define SEK_FETCHES static inline __attribute__((always_inline))

/* Asks for n pixels that will be read soon; they must be part of a picture. */
SEK_FETCHES void sek_fetch(const uint32_t *px, size_t n)
{
	for (size_t i = 0; i < n; i += SEK_CACHE_LINE_PX)
		__builtin_prefetch(px + i);
}

#endif
