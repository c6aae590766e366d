/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A hostile writer against reader and update encoder, step by step and so reproducible: see script.h.
 */
#include <stdlib.h>
#include <string.h>

#include "broker/gap/layout.h"
#include "tests/fuzz/gap/script.h"
#include "tests/unit/gap/clean_side.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_MAX = 64 }; /* an input is one short attack, not a long one */

static struct clean_side c;

struct input {
	const uint8_t *p;
	size_t left;
};

static uint32_t number(struct input *in, unsigned bytes)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < bytes && in->left > 0; i++, in->p++, in->left--)
		v |= (uint32_t)*in->p << (8 * i);
	return v;
}

/* Copies up to n bytes of the input to `to`, which has `room` bytes, from `offset` on. */
static void scribble(struct input *in, uint8_t *to, size_t room, size_t offset, size_t n)
{
	for (; n > 0 && in->left > 0; n--, in->p++, in->left--)
		to[offset++ % room] = *in->p;
}

static void scribble_tiles(struct input *in, size_t n)
{
	uint8_t *to = c.raw + c.layout.tiles_offset;
	size_t room = (size_t)c.layout.columns * c.layout.rows * 4;

	if (n > in->left)
		n = in->left;
	for (size_t i = 0; n > 0 && i < room; i++)
		to[i] = in->p[i % n];
	in->p += n;
	in->left -= n;
}

static void flat_tile(struct input *in)
{
	uint32_t *px = (void *)(c.raw + c.layout.pixels_offset), *counters = (void *)(c.raw + c.layout.tiles_offset);
	uint32_t colour = number(in, 1) * 0x010203, i = number(in, 1) % (uint32_t)(c.layout.columns * c.layout.rows);
	uint32_t x0 = i % c.layout.columns * SEK_TILE_PX, y0 = i / c.layout.columns * SEK_TILE_PX;

	for (uint32_t y = y0; y < y0 + SEK_TILE_PX && y < c.layout.max_height_px; y++)
		for (uint32_t x = x0; x < x0 + SEK_TILE_PX && x < c.layout.stride_px; x++)
			px[y * c.layout.stride_px + x] = colour;
	counters[i]++;
}

static bool step(struct input *in)
{
	uint8_t *raw = c.raw;
	uint32_t offset;

	switch (number(in, 1)) {
	case STEP_LOOK:
		clean_side_step(&c);
		return true;
	case STEP_SETTLE:
		clean_side_settle(&c);
		return true;
	case STEP_HEAD:
		offset = number(in, 1) * 8;
		scribble(in, raw, sizeof(struct sek_gap_head), offset, number(in, 1));
		return true;
	case STEP_CURSOR:
		offset = number(in, 2);
		scribble(in, raw + c.layout.cursor_offset, sizeof(struct sek_gap_cursor_block), offset, number(in, 1));
		return true;
	case STEP_TILES:
		scribble_tiles(in, number(in, 1));
		return true;
	case STEP_PIXELS:
		offset = number(in, 4);
		scribble(in, raw + c.layout.pixels_offset, c.layout.total_bytes - c.layout.pixels_offset, offset,
			number(in, 2));
		return true;
	case STEP_FLAT:
		flat_tile(in);
		return true;
	case STEP_FORGET:
		clean_side_forget(&c);
		return true;
	default:
		return false;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	if (!c.raw)
		clean_side_init(&c, FUZZ_GAP_WIDTH, FUZZ_GAP_HEIGHT);
	memset(c.raw, 0, c.layout.total_bytes);
	clean_side_forget(&c);
	for (int i = 0; i < STEPS_MAX && in.left > 0 && step(&in); i++)
		;
	clean_side_step(&c);
	clean_side_settle(&c);
	return 0;
}
