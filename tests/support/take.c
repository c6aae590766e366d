/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See take.h.
 */
#include "tests/support/take.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol/codec/encode.h"
#include "protocol/font/font.h"

struct take {
	int fd;
	struct sek_update_encoder *encoder;
	uint32_t frame;
	uint64_t at_us;
};

struct take *take_begin(int fd, uint16_t max_width, uint16_t max_height)
{
	struct take *t = calloc(1, sizeof *t);

	ck_assert_ptr_nonnull(t);
	t->fd = fd;
	t->encoder = sek_update_encoder_create(max_width, max_height);
	ck_assert_ptr_nonnull(t->encoder);
	return t;
}

static void put(struct take *t, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	while (n > 0) {
		ssize_t k = write(t->fd, p, n);

		ck_assert_int_gt(k, 0);
		p += k;
		n -= (size_t)k;
	}
}

void take_entry(struct take *t, enum sek_entry_kind kind, uint64_t at_us, const void *payload, size_t n)
{
	uint8_t head[SEK_ENTRY_HEAD_BYTES];

	ck_assert(sek_is_ok(sek_entry_head_write(kind, at_us, n, head)));
	put(t, head, sizeof head);
	put(t, payload, n);
}

static void take_frame(struct take *t, uint64_t at_us, struct sek_writer *w)
{
	ck_assert(!w->failed);
	take_entry(t, SEK_ENTRY_DOWN, at_us, w->start, w->len);
}

void take_size(struct take *t, uint64_t at_us, uint16_t width, uint16_t height)
{
	uint8_t bytes[64];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_size_write(&w, &(struct sek_size){ width, height });
	take_frame(t, at_us, &w);
	ck_assert(sek_is_ok(sek_update_encoder_resize(t->encoder, width, height)));
}

static sek_status on_update(void *user, const uint8_t *frame, size_t n)
{
	struct take *t = user;

	take_entry(t, SEK_ENTRY_DOWN, t->at_us, frame, n);
	return sek_ok();
}

void take_picture(struct take *t, uint64_t at_us, const struct sek_picture *pic)
{
	static const struct sek_encode_options exact = { .lossless = true, .jpeg_quality = 80, .refine_ms = 300 };
	bool sent;

	t->at_us = at_us;
	sek_update_encoder_damage(t->encoder, (struct sek_rect){ 0, 0, pic->width_px, pic->height_px });
	ck_assert(sek_is_ok(sek_update_encoder_encode(t->encoder, pic, ++t->frame, at_us / 1000, &exact, on_update, t, &sent)));
}

void take_pointer(struct take *t, uint64_t at_us, uint16_t x, uint16_t y)
{
	uint8_t bytes[64];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_pointer_write(&w, &(struct sek_pointer){ .x_px = x, .y_px = y });
	/* the payload alone: an entry has a head of its own */
	take_entry(t, SEK_ENTRY_POINTER, at_us, bytes + SEK_FRAME_HEADER_BYTES, w.len - SEK_FRAME_HEADER_BYTES);
}

void take_cursor(struct take *t, uint64_t at_us, uint16_t side, uint32_t bgra)
{
	static uint32_t px[SEK_CURSOR_MAX_PX * SEK_CURSOR_MAX_PX];
	static uint8_t bytes[sizeof px + 64];
	struct sek_writer w;

	for (size_t i = 0; i < (size_t)side * side; i++)
		px[i] = bgra;
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_cursor_write(&w, &(struct sek_cursor){ side, side, 0, 0, (const uint8_t *)px });
	take_frame(t, at_us, &w);
}

void take_end(struct take *t)
{
	sek_update_encoder_destroy(t->encoder);
	free(t);
}

void take_draw(uint32_t *px, uint32_t width, uint32_t height, const char *text)
{
	enum { SCALE = 3, LEFT = 40, TOP = 80 };

	for (size_t i = 0; i < (size_t)width * height; i++)
		px[i] = 0xffffff;
	for (unsigned x = LEFT; *text; text++) {
		struct sek_glyph g = sek_font_glyph((uint8_t)*text);

		for (unsigned i = 0; i < SEK_FONT_ROWS * SCALE; i++)
			for (unsigned k = 0; k < g.columns * SCALE; k++) {
				unsigned row = i / SCALE, column = k / SCALE;

				if (g.rows[row * g.columns / 8 + column / 8] >> (7 - column % 8) & 1)
					px[(size_t)(TOP + i) * width + x + k] = 0;
			}
		x += g.columns * SCALE;
	}
}
