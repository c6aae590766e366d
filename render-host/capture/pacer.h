/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * When the next frame may leave: few frames under way, at most 80 a second on average, and neither the first nor the second waits.
 * The browser paints at most 60 a second; what is left is for what it paints in two parts, or just after a frame.
 */
#ifndef SEK_CAPTURE_PACER_H
#define SEK_CAPTURE_PACER_H

#include <stdint.h>

#include "base/status.h"

enum {
	/* One on its way, one being painted, one being made: more would only add delay when the line is slow. */
	SEK_PACER_IN_FLIGHT = 3,
	SEK_PACER_FRAME_US = 12500,
	SEK_PACER_EARLY_US = 20000, /* so long before it is due a frame may leave */
};

#define SEK_PACER_ACK UINT64_MAX /* "wait for an acknowledgement" */

struct sek_pacer {
	uint32_t sent, acked; /* frame numbers of the last; they wrap */
	uint64_t due_us;      /* when a frame would be due at the steady rate */
	uint64_t frame_us;    /* of that rate; 0: SEK_PACER_FRAME_US */
};

/* A new receiver: nothing is under way. Numbers go on. */
void sek_pacer_reset(struct sek_pacer *p);
/* Another rate from now on: us between two frames, at least SEK_PACER_FRAME_US. */
void sek_pacer_rate(struct sek_pacer *p, uint64_t frame_us, uint64_t now_us);
/* 0: a frame may be sent now; else microseconds to wait, or SEK_PACER_ACK. now_us: a monotonic clock. */
uint64_t sek_pacer_wait_us(const struct sek_pacer *p, uint64_t now_us);
/* The number for the next frame. */
uint32_t sek_pacer_next(const struct sek_pacer *p);
/* That frame was sent. */
void sek_pacer_sent(struct sek_pacer *p, uint64_t now_us);
/* An ACK came. SEK_E_MALFORMED if that frame is not under way. */
sek_status sek_pacer_ack(struct sek_pacer *p, uint32_t frame);

#endif
