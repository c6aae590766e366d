/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The player's marker (xplay, in the corpus's tools): 18 squares of 16 pixels; the first is white, the last black, those between are the bits of a
 * number, least first. It ends 48 pixels from the right and the lower edge of the picture.
 */
#ifndef SEK_TESTS_BENCH_REPLAY_MARKER_H
#define SEK_TESTS_BENCH_REPLAY_MARKER_H

#include <stdint.h>

/* The number that the marker shows, -1 where there is none (or one that is half drawn). px: BGRX; stride in pixels. */
int bench_marker(const uint32_t *px, uint32_t stride, unsigned width, unsigned height);

#endif
