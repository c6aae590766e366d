/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A valid framebuffer header as Xvfb writes it, for tests and fuzzing seeds.
 */
#ifndef SEK_TESTS_CAPTURE_XWD_SAMPLE_H
#define SEK_TESTS_CAPTURE_XWD_SAMPLE_H

#include <stdint.h>
#include <string.h>

enum { XWD_SAMPLE_OFFSET = 3232 };

static inline void xwd_sample(uint32_t h[25], uint32_t width, uint32_t height)
{
	const uint32_t sample[25] = { 160, 7, 2, 24, width, height, 0, 0, 32, 0, 32, 32, width * 4, 4, 0xff0000, 0xff00, 0xff,
				      8, 256, 256, width, height, 0, 0, 0 };

	memcpy(h, sample, sizeof sample);
}

static inline void xwd_sample_bytes(const uint32_t h[25], uint8_t out[100])
{
	for (int i = 0; i < 25; i++) {
		out[4 * i] = (uint8_t)(h[i] >> 24);
		out[4 * i + 1] = (uint8_t)(h[i] >> 16);
		out[4 * i + 2] = (uint8_t)(h[i] >> 8);
		out[4 * i + 3] = (uint8_t)h[i];
	}
}

#endif
