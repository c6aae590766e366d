/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The input of fuzz_gap: what a hostile writer does to the memory, step by step. Each step starts with one byte:
 *   0  look and encode
 *   1  look, encode and settle (the receiver's picture must then be the memory's)
 *   2  u8 offset in units of 8, u8 n: n bytes of the input into the header (wraps)
 *   3  u16 offset, u8 n: n bytes into the cursor block
 *   4  u8 n: n bytes over the tile counters, repeated
 *   5  u32 offset, u16 n: n bytes into the pixels
 *   6  u8 colour, u8 tile: one tile of one colour
 *   7  the receiver has forgotten everything
 * Anything else ends the input. Numbers are little-endian and taken modulo what they address.
 */
#ifndef SEK_TESTS_FUZZ_GAP_SCRIPT_H
#define SEK_TESTS_FUZZ_GAP_SCRIPT_H

#define FUZZ_GAP_WIDTH 201
#define FUZZ_GAP_HEIGHT 133

enum { STEP_LOOK, STEP_SETTLE, STEP_HEAD, STEP_CURSOR, STEP_TILES, STEP_PIXELS, STEP_FLAT, STEP_FORGET };

#endif
