/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A made-up session through the encoder and a receiver: in lossless mode the pictures are equal after every frame, else
 * once everything has been still; and so has whoever began to read at the last snapshot. Input: width, height, mode, then steps of eight bytes: what, x, y, w, h, two numbers,
 * time.
 */
#include <stdlib.h>
#include <string.h>

#include "pictures.h"
#include "protocol/codec/encode.h"
#include "receiver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STEPS_MAX 14

static void require(bool cond)
{
	if (!cond)
		abort();
}

struct world {
	struct sek_picture src;
	struct sek_update_encoder *e;
	struct test_receiver to;
	struct sek_encode_options o;
	uint64_t now_ms;
	uint32_t frame;
	struct sek_painter *reading;
	struct sek_picture read;
	bool reads;
};

static void paint(struct world *w, const uint8_t *bytes, size_t n)
{
	uint32_t frame;

	require(sek_is_ok(sek_paint_update(w->reading, &w->read, bytes[1], bytes + SEK_FRAME_HEADER_BYTES, n - SEK_FRAME_HEADER_BYTES,
		NULL, NULL, &frame)));
}

static sek_status to_client(void *user, const uint8_t *bytes, size_t n)
{
	struct world *w = user;

	if (w->reads)
		paint(w, bytes, n);
	return test_receiver_emit(&w->to, bytes, n);
}

static sek_status to_recording(void *user, const uint8_t *bytes, size_t n)
{
	struct world *w = user;

	w->reads = true;
	require(bytes[1] & SEK_UPDATE_ASIDE);
	paint(w, bytes, n);
	return sek_ok();
}

static void slice(struct world *w, unsigned effort, bool anew)
{
	if (anew || !sek_update_encoder_snapshotting(w->e))
		sek_update_encoder_snapshot(w->e);
	if (sek_update_encoder_snapshotting(w->e))
		require(sek_is_ok(sek_update_encoder_slice(w->e, w->frame - 1, effort, effort & 1, to_recording, w)));
}

static void encode(struct world *w)
{
	bool sent = false;
	unsigned x, y;

	require(sek_is_ok(sek_update_encoder_encode(w->e, &w->src, w->frame, w->now_ms, &w->o, to_client, w, &sent)));
	w->frame += sent;
	require(!w->to.in_frame);
	if (w->o.lossless)
		require(test_picture_equal(&w->src, &w->to.pic, &x, &y));
}

/* Moves the rows of r up or down by `by` and draws new ones. */
static void scroll(struct world *w, struct sek_rect r, int by, uint32_t seed)
{
	uint16_t rows = (uint16_t)abs(by);

	if (rows == 0 || rows >= r.h)
		return;
	for (unsigned i = 0; i + rows < r.h; i++) {
		unsigned y = by > 0 ? r.y + i : r.y + r.h - 1u - i, from = by > 0 ? y + rows : y - rows;

		memmove(w->src.px + (size_t)y * w->src.stride_px + r.x, w->src.px + (size_t)from * w->src.stride_px + r.x,
			(size_t)r.w * 4);
	}
	if (by > 0)
		r.y = (uint16_t)(r.y + r.h - rows);
	r.h = rows;
	test_draw_text(&w->src, r, seed * 50, 1);
}

static void step(struct world *w, const uint8_t *p)
{
	uint16_t width = w->src.width_px, height = w->src.height_px;
	struct sek_rect r = { (uint16_t)(p[1] % width), (uint16_t)(p[2] % height), 1, 1 };

	r.w = (uint16_t)(1 + p[3] % (width - r.x));
	r.h = (uint16_t)(1 + p[4] % (height - r.y));
	w->now_ms += p[7] * 8u;
	switch (p[0] % 10) {
	case 0: test_draw_text(&w->src, r, p[5] * 8u, p[6]); break;
	case 1: test_draw_photo(&w->src, r, p[5]); break;
	case 2: test_draw_noise(&w->src, r, p[5]); break;
	case 3: test_draw_flat(&w->src, r, p[5] * 0x10101u); break;
	case 4: test_draw_colours(&w->src, r, 1 + p[5] + p[6], p[6]); break;
	case 5:
	case 6: scroll(w, r, (int8_t)p[5], p[6]); break;
	case 7: test_scribble_x(&w->src, p[5]); break;
	case 8: slice(w, p[5] % 16, p[6] & 1); break;
	default: sek_update_encoder_refresh(w->e); break;
	}
	sek_update_encoder_damage(w->e, r);
	if (p[0] & 0x80) /* several changes in one frame */
		return;
	encode(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = { .now_ms = 1 };
	unsigned x, y;

	if (size < 3)
		return 0;
	w.src = test_picture_create((uint16_t)(1 + data[0]), (uint16_t)(1 + data[1]));
	test_receiver_init(&w.to, w.src.width_px, w.src.height_px);
	w.read = test_picture_create(w.src.width_px, w.src.height_px);
	w.reading = sek_painter_create();
	require(w.reading != NULL);
	w.e = sek_update_encoder_create(w.src.width_px, w.src.height_px);
	w.o = (struct sek_encode_options){ .lossless = data[2] & 1, .fast = data[2] >> 1 & 1,
		.jpeg_quality = (uint8_t)(1 + data[2] % 100), .refine_ms = 200 };
	require(w.e && sek_is_ok(sek_update_encoder_resize(w.e, w.src.width_px, w.src.height_px)));
	data += 3;
	size -= 3;
	for (unsigned i = 0; i < STEPS_MAX && size >= 8; i++, data += 8, size -= 8)
		step(&w, data);
	encode(&w);
	for (unsigned i = 0; sek_update_encoder_refine_at_ms(w.e, &w.o) != 0 || sek_update_encoder_dirty(w.e) ||
		sek_update_encoder_snapshotting(w.e); i++) {
		require(i < 1000);
		w.now_ms += 200;
		encode(&w);
		if (sek_update_encoder_snapshotting(w.e))
			slice(&w, 1 + i % 9, false);
	}
	require(test_picture_equal(&w.src, &w.to.pic, &x, &y));
	require(!w.reads || test_picture_equal(&w.src, &w.read, &x, &y));
	sek_painter_destroy(w.reading);
	test_picture_destroy(&w.read);
	sek_update_encoder_destroy(w.e);
	test_receiver_finish(&w.to);
	test_picture_destroy(&w.src);
	return 0;
}
