/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How the screen of the line bench says how many keys it has seen, so that a client can read it from pixels: a row of
 * squares, the first white, the last black, between them the bits of the number, least first.
 */
#ifndef SEK_BENCH_LINE_MARKER_H
#define SEK_BENCH_LINE_MARKER_H

enum { MARKER_X = 1200, MARKER_Y = 940, MARKER_CELL_PX = 16, MARKER_BITS = 8, MARKER_CELLS = MARKER_BITS + 2 };

#endif
