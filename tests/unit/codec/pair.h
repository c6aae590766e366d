/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An encoder with its source and its receiver, for the tests of the encoder.
 */
#ifndef SEK_TESTS_CODEC_PAIR_H
#define SEK_TESTS_CODEC_PAIR_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "pictures.h"
#include "protocol/codec/encode.h"
#include "receiver.h"

static const struct sek_encode_options exact = { .lossless = true, .jpeg_quality = 80, .refine_ms = 500 };
static const struct sek_encode_options lossy = { .lossless = false, .jpeg_quality = 80, .refine_ms = 500 };

struct pair {
	struct sek_update_encoder *e;
	struct sek_picture src;
	struct test_receiver to;
	uint32_t frame;
	uint64_t now_ms;
};

static inline void pair_init(struct pair *p, uint16_t width, uint16_t height)
{
	memset(p, 0, sizeof *p);
	p->e = sek_update_encoder_create(width, height);
	ck_assert_ptr_nonnull(p->e);
	ck_assert(sek_is_ok(sek_update_encoder_resize(p->e, width, height)));
	p->src = test_picture_create(width, height);
	test_receiver_init(&p->to, width, height);
	p->now_ms = 1000;
}

static inline void pair_finish(struct pair *p)
{
	sek_update_encoder_destroy(p->e);
	test_picture_destroy(&p->src);
	test_receiver_finish(&p->to);
}

static inline struct sek_rect whole(const struct pair *p)
{
	return (struct sek_rect){ 0, 0, p->src.width_px, p->src.height_px };
}

static inline bool step(struct pair *p, const struct sek_encode_options *o)
{
	unsigned ends = p->to.ends;
	bool sent = false;

	ck_assert(sek_is_ok(sek_update_encoder_encode(p->e, &p->src, p->frame, p->now_ms, o, test_receiver_emit, &p->to,
		&sent)));
	ck_assert_uint_eq(p->to.ends, ends + sent);
	ck_assert(!p->to.in_frame);
	if (sent)
		ck_assert_uint_eq(p->to.frame, p->frame++);
	ck_assert(!sek_update_encoder_dirty(p->e));
	return sent;
}

static inline void same(const struct pair *p)
{
	unsigned x = 0, y = 0;

	ck_assert_msg(test_picture_equal(&p->src, &p->to.pic, &x, &y), "differs at %u,%u", x, y);
	for (size_t i = 0; i < (size_t)p->to.pic.stride_px * p->to.pic.height_px; i++) {
		if (p->to.pic.px[i] > 0xffffff) /* no ck_assert in loops over pixels: each one is a write to a pipe */
			ck_abort_msg("the unused byte is not 0");
	}
}

#endif
