/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The clean side of a gap in one process, for the hostile-writer test and the fuzzer: reader, the real update encoder, and
 * a receiver that decodes what comes out. Aborts the program on anything that must never happen.
 */
#ifndef SEK_TESTS_GAP_CLEAN_SIDE_H
#define SEK_TESTS_GAP_CLEAN_SIDE_H

#include "broker/gap/gap.h"
#include "protocol/codec/encode.h"
#include "tests/unit/codec/receiver.h"

#define CLEAN_REQUIRE(cond)      \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)

struct clean_side {
	struct sek_gap_layout layout;
	struct sek_gap_reader *gap;
	uint8_t *raw;        /* the whole memory, writable: the hostile writer's view */
	struct sek_update_encoder *codec;
	struct test_receiver receiver;
	uint16_t width, height; /* of the codec and the receiver; 0 = none yet */
	uint32_t frame;
	uint64_t clock_ms;      /* made up: goes on by 100 a step */
	bool lossless;
};

void clean_side_init(struct clean_side *c, uint16_t max_width, uint16_t max_height);
void clean_side_finish(struct clean_side *c);
/* Nothing is known any more, as after a start. */
void clean_side_forget(struct clean_side *c);
/* One look at everything, one frame: every value within its limits, every message well-formed. Returns whether
 * something was sent. */
bool clean_side_step(struct clean_side *c);
/* With the writer still: until nothing more is sent; then the receiver's picture must be the memory's. */
void clean_side_settle(struct clean_side *c);

#endif
