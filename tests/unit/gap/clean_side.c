/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See clean_side.h.
 */
#include "tests/unit/gap/clean_side.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "protocol/wire/wire.h"

enum { STEPS_TO_SETTLE = 64 };

void clean_side_init(struct clean_side *c, uint16_t max_width, uint16_t max_height)
{
	int rw, ro;

	memset(c, 0, sizeof *c);
	CLEAN_REQUIRE(sek_is_ok(sek_gap_layout_init(&c->layout, max_width, max_height)));
	CLEAN_REQUIRE(sek_is_ok(sek_gap_create(&c->layout, &rw, &ro)));
	CLEAN_REQUIRE(sek_is_ok(sek_gap_reader_open(ro, &c->layout, &c->gap)));
	c->raw = mmap(NULL, c->layout.total_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, rw, 0);
	CLEAN_REQUIRE(c->raw != MAP_FAILED);
	close(rw);
	close(ro);
	c->codec = sek_update_encoder_create(max_width, max_height);
	CLEAN_REQUIRE(c->codec);
	test_receiver_init(&c->receiver, max_width, max_height);
}

void clean_side_finish(struct clean_side *c)
{
	test_receiver_finish(&c->receiver);
	sek_update_encoder_destroy(c->codec);
	munmap(c->raw, c->layout.total_bytes);
	sek_gap_reader_close(c->gap);
}

void clean_side_forget(struct clean_side *c)
{
	c->width = c->height = 0;
	c->lossless = false;
}

static void check_header(const struct clean_side *c, const struct sek_gap_header *h)
{
	CLEAN_REQUIRE(h->width_px >= 1 && h->width_px <= c->layout.max_width_px);
	CLEAN_REQUIRE(h->height_px >= 1 && h->height_px <= c->layout.max_height_px);
	CLEAN_REQUIRE((uint32_t)h->caret_x_px + h->caret_width_px <= h->width_px);
	CLEAN_REQUIRE((uint32_t)h->caret_y_px + h->caret_height_px <= h->height_px);
	CLEAN_REQUIRE((h->caret_width_px == 0) == (h->caret_height_px == 0));
	CLEAN_REQUIRE(h->state == SEK_STATE_NONE || sek_state_from_gap(h->state));
	CLEAN_REQUIRE(h->arg == 0);
	CLEAN_REQUIRE((int)h->painting >= 0 && h->painting <= SEK_GAP_PAINTING_WHOLE);
}

static void check_cursor(const struct clean_side *c)
{
	struct sek_gap_cursor cursor;

	sek_gap_reader_cursor(c->gap, &cursor);
	CLEAN_REQUIRE(cursor.width_px <= SEK_CURSOR_MAX_PX && cursor.height_px <= SEK_CURSOR_MAX_PX);
	CLEAN_REQUIRE((cursor.width_px == 0) == (cursor.height_px == 0));
	CLEAN_REQUIRE(cursor.hot_x_px < cursor.width_px || (cursor.width_px == 0 && cursor.hot_x_px == 0));
	CLEAN_REQUIRE(cursor.hot_y_px < cursor.height_px || (cursor.height_px == 0 && cursor.hot_y_px == 0));
	for (size_t i = 0; i < (size_t)cursor.width_px * cursor.height_px; i++) {
		const uint8_t *px = cursor.bgra + i * 4;

		CLEAN_REQUIRE(px[0] <= px[3] && px[1] <= px[3] && px[2] <= px[3]);
	}
}

bool clean_side_step(struct clean_side *c)
{
	const struct sek_encode_options o = { .lossless = c->lossless, .jpeg_quality = 60, .refine_ms = 250 };
	struct sek_picture src = { .stride_px = c->layout.stride_px };
	struct sek_gap_header h;
	bool sent = false;

	sek_gap_reader_header(c->gap, &h);
	check_header(c, &h);
	check_cursor(c);
	if (h.width_px != c->width || h.height_px != c->height) {
		CLEAN_REQUIRE(sek_is_ok(sek_update_encoder_resize(c->codec, h.width_px, h.height_px)));
		c->width = c->receiver.pic.width_px = h.width_px;
		c->height = c->receiver.pic.height_px = h.height_px;
	}
	for (uint32_t row = 0; row <= c->layout.rows; row++) /* one too many: must read as unchanged */
		for (uint32_t column = 0; column <= c->layout.columns; column++)
			if (sek_gap_reader_tile_changed(c->gap, (uint16_t)column, (uint16_t)row)) {
				CLEAN_REQUIRE(row < c->layout.rows && column < c->layout.columns);
				sek_update_encoder_damage_tile(c->codec, (uint16_t)column, (uint16_t)row);
			}
	src.px = (uint32_t *)(uintptr_t)sek_gap_reader_pixels(c->gap);
	src.width_px = c->width;
	src.height_px = c->height;
	c->clock_ms += 100;
	CLEAN_REQUIRE(sek_is_ok(sek_update_encoder_encode(c->codec, &src, c->frame + 1, c->clock_ms, &o,
		test_receiver_emit, &c->receiver, &sent)));
	c->frame += sent;
	return sent;
}

void clean_side_settle(struct clean_side *c)
{
	const uint32_t *px = sek_gap_reader_pixels(c->gap);
	int quiet = 0;

	/* An honest writer would have counted; this one may have painted without a word. */
	sek_update_encoder_damage(c->codec, (struct sek_rect){ 0, 0, c->layout.max_width_px, c->layout.max_height_px });
	for (int i = 0; i < STEPS_TO_SETTLE && quiet < 4; i++)
		quiet = clean_side_step(c) ? 0 : quiet + 1;
	CLEAN_REQUIRE(quiet == 4);
	for (uint32_t y = 0; y < c->height; y++)
		for (uint32_t x = 0; x < c->width; x++)
			CLEAN_REQUIRE((px[y * c->layout.stride_px + x] & 0xffffff) ==
				c->receiver.pic.px[y * c->receiver.pic.stride_px + x]);
}
