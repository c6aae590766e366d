/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A receiver of UPDATE frames for tests: checks every frame as the client link does, paints it, counts what came.
 */
#ifndef SEK_TESTS_CODEC_RECEIVER_H
#define SEK_TESTS_CODEC_RECEIVER_H

#include "protocol/codec/picture.h"

struct test_receiver {
	struct sek_painter *painter;
	struct sek_update_scratch *scratch; /* of the parse that counts */
	struct sek_picture pic;
	unsigned messages, keyframes, ends, copies, fills, tiles, jpegs; /* counted since test_receiver_forget */
	size_t bytes;
	bool in_frame;
	uint32_t frame;
	unsigned fail_after; /* > 0: the n-th message from now is answered with SEK_E_IO */
};

void test_receiver_init(struct test_receiver *r, uint16_t width, uint16_t height);
void test_receiver_finish(struct test_receiver *r);
void test_receiver_forget(struct test_receiver *r);
/* A sek_emit_fn; aborts the program on anything that a receiver would refuse. */
sek_status test_receiver_emit(void *user, const uint8_t *frame_bytes, size_t n);

#endif
