/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * When a snapshot for the recording is made (docs/decisions/0013-recordings.md). Pure arithmetic on clocks that the caller
 * gives: monotonic time and the processor time of this process, both in microseconds.
 */
#ifndef SEK_BROKER_ENCODER_SNAPSHOTS_H
#define SEK_BROKER_ENCODER_SNAPSHOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SEK_SNAPSHOTS_APART_US = 5000000,   /* at least so long between two */
	SEK_SNAPSHOTS_MOST_US = 60000000,   /* and at most, if anything has changed */
	SEK_SNAPSHOTS_SHARE = 33,           /* the encoder works so many times as long as one took: 3 % */
	SEK_SNAPSHOTS_COST_US = 20000,      /* what the first one is taken to cost */
	SEK_SNAPSHOTS_SMALL_US = 20000,     /* so much may coding it small cost; the rest of it is coded fast */
	SEK_SNAPSHOTS_QUIET_US = 150000,    /* a quiet moment: no frame for so long */
	SEK_SNAPSHOTS_PATIENCE_US = 10000000, /* a quiet moment is waited for so long */
	SEK_SNAPSHOTS_LOOK_US = 1000000,    /* between two looks while frames come all the time */
	SEK_SNAPSHOTS_STARVED_US = 200000,  /* a slice waits so long for a turn without a frame */
};
#define SEK_SNAPSHOTS_EFFORT 16 /* of one slice, in tiles of text: 1 to 3 ms */

struct sek_snapshots {
	bool on, asked;          /* a recording is kept; it needs one at once */
	bool waiting;            /* one is due and waits for a quiet moment, */
	uint64_t waiting_us;     /* since then */
	uint32_t at_frame;       /* the last frame in the last one, or the last keyframe */
	uint64_t last_us, cpu_us;/* the clocks at that time */
	uint64_t cost_us;        /* processor time of the last one; of the one that is under way */
	uint64_t look_us;        /* the next look at all this; UINT64_MAX: after the next frame */
	uint64_t frame_us;       /* when the last frame was sent */
	uint64_t slice_us;       /* the last slice */
};

void sek_snapshots_init(struct sek_snapshots *s);
/* What VIEW says. */
void sek_snapshots_view(struct sek_snapshots *s, bool record, bool now);
/* Frame number `frame` was sent; keyframe: a recording can be read from it on as well. */
void sek_snapshots_sent(struct sek_snapshots *s, uint32_t frame, bool keyframe, uint64_t now_us, uint64_t cpu_us);
/* True if it is worth asking sek_snapshots_due; the processor's clock is not free. */
bool sek_snapshots_look(const struct sek_snapshots *s, uint64_t now_us);
/* True if one is to begin now. calm: every tile is exact and nothing waits to be sent. */
bool sek_snapshots_due(struct sek_snapshots *s, uint32_t frame, bool calm, uint64_t now_us, uint64_t cpu_us);
/* One has begun. */
void sek_snapshots_begun(struct sek_snapshots *s, uint64_t now_us);
/* A slice took cost_us of processor time; done: it was the last. */
void sek_snapshots_sliced(struct sek_snapshots *s, uint32_t frame, bool done, uint64_t cost_us, uint64_t now_us, uint64_t cpu_us);

#endif
