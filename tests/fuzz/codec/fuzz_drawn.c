/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DRAWN read from anybody's bytes. Input: one byte, how many rectangles (and, in its high bit, whether the model has learnt
 * before), then the bytes. What was read is written again and read again: the same pixels must come, and both models must
 * have learnt the same.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/codec/drawn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RECTS 15
#define REQUIRE(x) do { if (!(x)) abort(); } while (0)

struct read {
	struct sek_drawn_model model;
	struct sek_drawn_rect rects[RECTS];
	uint32_t *px[RECTS];
};

static void learn_something(struct sek_drawn_model *m)
{
	static uint8_t bytes[SEK_DRAWN_LEAST_BYTES];
	static const uint32_t px[8 * 4] = { 0xffffff, 0xffffff, 0x112233, 0xffffff, 0, 0xff0000, 0xff0000, 0xffffff };
	struct sek_drawn_out out;

	sek_drawn_start(&out, bytes, sizeof bytes);
	sek_drawn_put(&out, m, (struct sek_drawn_rect){ 3, 4, 8, 4 }, px, 8, false);
	sek_drawn_put(&out, m, (struct sek_drawn_rect){ 11, 4, 4, 4 }, px + 2, 8, true);
	REQUIRE(sek_drawn_finish(&out) > 0);
}

/* Returns how many rectangles could be read. */
static unsigned take(struct read *r, const uint8_t *bytes, size_t n, unsigned rects)
{
	struct sek_drawn_in in;
	unsigned i;

	sek_drawn_open(&in, bytes, n);
	for (i = 0; i < rects; i++) {
		struct sek_drawn_rect *d = &r->rects[i];

		if (!sek_is_ok(sek_drawn_next(&in, &r->model, d)))
			break;
		REQUIRE(d->w >= 1 && d->w <= SEK_DRAWN_MAX_WIDTH_PX && d->h >= 1 && d->h <= SEK_TILE_PX);
		r->px[i] = malloc((size_t)d->w * d->h * 4); /* exactly: ASan sees one pixel too many */
		REQUIRE(r->px[i]);
		if (!sek_is_ok(sek_drawn_pixels(&in, &r->model, r->px[i]))) {
			free(r->px[i]);
			break;
		}
		for (size_t k = 0; k < (size_t)d->w * d->h; k++)
			REQUIRE(r->px[i][k] <= 0xffffff);
	}
	(void)sek_drawn_done(&in);
	return i;
}

static void drop(struct read *r, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		free(r->px[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct read first, second;
	static struct sek_drawn_model writing;
	static uint8_t bytes[RECTS * (8 * SEK_DRAWN_MAX_PX + 64)];
	struct sek_drawn_out out;
	unsigned rects, n;
	size_t written;

	if (size < 1)
		return 0;
	rects = data[0] % (RECTS + 1);
	sek_drawn_reset(&writing);
	if (data[0] & 0x80)
		learn_something(&writing);
	first.model = writing;
	second.model = writing;
	n = take(&first, data + 1, size - 1, rects);
	sek_drawn_start(&out, bytes, sizeof bytes);
	for (unsigned i = 0; i < n; i++)
		sek_drawn_put(&out, &writing, first.rects[i], first.px[i], first.rects[i].w, i & 1);
	written = sek_drawn_finish(&out);
	REQUIRE(written > 0);
	REQUIRE(take(&second, bytes, written, n) == n);
	for (unsigned i = 0; i < n; i++) {
		REQUIRE(memcmp(&first.rects[i], &second.rects[i], sizeof first.rects[i]) == 0);
		REQUIRE(memcmp(first.px[i], second.px[i], (size_t)first.rects[i].w * first.rects[i].h * 4) == 0);
	}
	REQUIRE(memcmp(&writing, &second.model, offsetof(struct sek_drawn_model, rows)) == 0);
	drop(&first, n);
	drop(&second, n);
	return 0;
}
