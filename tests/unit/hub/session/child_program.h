/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the test's child keeps in the gap's pixels, where both ends and the test can see it.
 */
#ifndef SEK_TESTS_UNIT_HUB_SESSION_CHILD_PROGRAM_H
#define SEK_TESTS_UNIT_HUB_SESSION_CHILD_PROGRAM_H

#include <stdint.h>

struct child_journal {
	uint32_t n;             /* bytes of frames that the decoder has read */
	uint32_t orders;        /* counts orders to the encoder */
	char order[56];         /* the newest */
	uint8_t bytes[1000000]; /* the frames */
};

#endif
