/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A receiver of UPDATE frames for tests: see receiver.h.
 */
#include "receiver.h"
#include "pictures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(cond)                                                                 \
	do {                                                                          \
		if (!(cond)) {                                                        \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);    \
			abort();                                                      \
		}                                                                     \
	} while (0)

void test_receiver_init(struct test_receiver *r, uint16_t width, uint16_t height)
{
	memset(r, 0, sizeof *r);
	r->painter = sek_painter_create();
	REQUIRE(r->painter);
	r->scratch = calloc(1, sizeof *r->scratch);
	REQUIRE(r->scratch);
	r->pic = test_picture_create(width, height);
}

void test_receiver_finish(struct test_receiver *r)
{
	sek_painter_destroy(r->painter);
	free(r->scratch);
	test_picture_destroy(&r->pic);
}

void test_receiver_forget(struct test_receiver *r)
{
	r->messages = r->keyframes = r->ends = r->copies = r->fills = r->tiles = r->jpegs = 0;
	r->bytes = 0;
}

/* Counts operations by a parse of its own, so that a test can say what it expects. */
static sek_status on_copy(void *user, uint16_t sx, uint16_t sy, struct sek_rect to)
{
	(void)sx, (void)sy, (void)to;
	((struct test_receiver *)user)->copies++;
	return sek_ok();
}

static sek_status on_fill(void *user, struct sek_rect r, uint32_t bgrx)
{
	(void)r, (void)bgrx;
	((struct test_receiver *)user)->fills++;
	return sek_ok();
}

static sek_status on_pixels(void *user, struct sek_rect r, const uint32_t *px)
{
	(void)r, (void)px;
	((struct test_receiver *)user)->tiles++;
	return sek_ok();
}

static sek_status on_jpeg(void *user, struct sek_rect r, const uint8_t *jpeg, size_t bytes)
{
	(void)r, (void)jpeg, (void)bytes;
	((struct test_receiver *)user)->jpegs++;
	return sek_ok();
}

sek_status test_receiver_emit(void *user, const uint8_t *frame_bytes, size_t n)
{
	struct test_receiver *r = user;
	const struct sek_update_sink counter = { r, on_copy, on_fill, on_pixels, on_jpeg };
	struct sek_frame f;
	uint32_t frame;
	size_t total;

	if (r->fail_after > 0 && --r->fail_after == 0)
		return sek_fail(SEK_E_IO);
	REQUIRE(sek_is_ok(sek_frame_whole(frame_bytes, n, SEK_LINK_CLIENT, SEK_DIR_DOWN, &f, &total)));
	REQUIRE(total == n && f.type == SEK_MSG_UPDATE);
	REQUIRE(!(f.flags & SEK_UPDATE_KEYFRAME) || !r->in_frame);
	REQUIRE(sek_is_ok(sek_update_parse(f.flags, frame_bytes + SEK_FRAME_HEADER_BYTES, f.payload_bytes, r->pic.width_px,
		r->pic.height_px, r->scratch, &counter, &frame)));
	REQUIRE(!r->in_frame || frame == r->frame);
	REQUIRE(sek_is_ok(sek_paint_update(r->painter, &r->pic, f.flags, frame_bytes + SEK_FRAME_HEADER_BYTES,
		f.payload_bytes, NULL, NULL, &r->frame)));
	r->messages++;
	r->bytes += n;
	r->keyframes += (f.flags & SEK_UPDATE_KEYFRAME) != 0;
	r->ends += (f.flags & SEK_UPDATE_END) != 0;
	r->in_frame = !(f.flags & SEK_UPDATE_END);
	return sek_ok();
}
