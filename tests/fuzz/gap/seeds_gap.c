/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_gap: a picture of a sensible size, noise, a resize, cursors, and a header of all ones.
 */
#include <string.h>

#include "protocol/wire/wire.h"
#include "tests/fuzz/gap/script.h"
#include "tests/fuzz/seeds.h"

static uint8_t bytes[1 << 16];
static size_t n;

static void put(unsigned v, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		bytes[n++] = (uint8_t)(v >> (8 * i));
}

/* The words of struct sek_gap_head, in its order. */
static void head(uint16_t width, uint16_t height, uint16_t state)
{
	put(STEP_HEAD, 1);
	put(0, 1);
	put(24, 1);
	put(10u << 16 | 18, 4); /* caret 20,30 10x18 */
	put(20u << 16 | 30, 4);
	put(0, 4);
	put(state, 4);
	put((unsigned)width << 16 | height, 4);
	put(1, 4);
}

static void cursor(uint16_t side)
{
	put(STEP_CURSOR, 1);
	put(0, 2);
	put(100, 1);
	put((unsigned)side << 16 | side, 4);
	put(3u << 16 | 4, 4);
	for (unsigned i = 0; i < 92; i++)
		put(i * 3, 1);
}

static void noise(unsigned offset, unsigned size)
{
	unsigned s = offset + 1;

	put(STEP_PIXELS, 1);
	put(offset, 4);
	put(size, 2);
	for (unsigned i = 0; i < size; i++, s = s * 1103515245 + 12345)
		put(s >> 16, 1);
	put(STEP_TILES, 1);
	put(3, 1);
	put(offset, 3);
}

int main(int argc, char **argv)
{
	const char *dir = seed_dir(argc, argv);

	head(192, 128, SEK_STATE_RUNNING);
	for (unsigned i = 0; i < 12; i++) {
		put(STEP_FLAT, 1);
		put(i * 20, 1);
		put(i, 1);
	}
	put(STEP_SETTLE, 1);
	seed_write(dir, "flat", bytes, n);
	noise(5000, 9000);
	put(STEP_LOOK, 1);
	noise(40000, 9000);
	put(STEP_SETTLE, 1);
	seed_write(dir, "noise", bytes, n);
	head(160, 120, SEK_STATE_RUNNING);
	put(STEP_LOOK, 1);
	head(FUZZ_GAP_WIDTH, FUZZ_GAP_HEIGHT, SEK_STATE_BROWSER_CLOSED);
	noise(100, 2000);
	put(STEP_FORGET, 1);
	put(STEP_SETTLE, 1);
	seed_write(dir, "resize", bytes, n);
	n = 0;
	head(FUZZ_GAP_WIDTH, FUZZ_GAP_HEIGHT, SEK_STATE_ENDED_ADMIN);
	cursor(24);
	put(STEP_LOOK, 1);
	cursor(65);
	put(STEP_LOOK, 1);
	seed_write(dir, "cursor", bytes, n);
	n = 0;
	put(STEP_HEAD, 1);
	put(0, 1);
	put(40, 1);
	memset(bytes + n, 0xff, 40);
	n += 40;
	put(STEP_SETTLE, 1);
	seed_write(dir, "ones", bytes, n);
	return 0;
}
