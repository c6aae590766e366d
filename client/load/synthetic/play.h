/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One synthetic session: which frame of its track is next, and when. No I/O.
 */
#ifndef SEK_CLIENT_LOAD_SYNTHETIC_PLAY_H
#define SEK_CLIENT_LOAD_SYNTHETIC_PLAY_H

#include "client/load/synthetic/track.h"

enum { SEK_PLAY_IN_FLIGHT = 3 /* frames without an ACK, as in sekisho-capture */ };

/* Bytes that are to be written. */
struct sek_play_out {
	uint8_t *bytes; /* owned; NULL while there are none */
	size_t start, end, size;
};

struct sek_play_figures {
	uint64_t frames, keyframes, late, inputs; /* late: began more than half a period behind its time */
};

struct sek_play {
	const struct sek_track *track; /* not owned */
	uint32_t period_us;            /* 0: nothing moves */
	uint64_t due_us;
	size_t next, entry;
	bool keyframe_due, marker_due, visible;
	unsigned inputs;
	uint32_t sent, acked;
	struct sek_play_figures figures;
};

/* period_us: between two frames. seed decides where in the track and when within the period the session begins. */
void sek_play_init(struct sek_play *p, const struct sek_track *track, uint32_t period_us, uint64_t seed, uint64_t now_us);
/* A new receiver, or one that knows nothing any more: a keyframe is next. */
void sek_play_receiver(struct sek_play *p);
void sek_play_refresh(struct sek_play *p);
/* SEK_E_MALFORMED if that frame is not under way. */
sek_status sek_play_ack(struct sek_play *p, uint32_t frame);
/* Something was typed: the marker turns, at once. */
void sek_play_input(struct sek_play *p);
/* When sek_play_go would write something; UINT64_MAX: not before an ACK, an input or a receiver. */
uint64_t sek_play_due_us(const struct sek_play *p);
/* Appends what is due, at most one frame and the marker. SEK_E_NOMEM. */
sek_status sek_play_go(struct sek_play *p, uint64_t now_us, struct sek_play_out *out);

/* n bytes more. SEK_E_NOMEM. */
sek_status sek_play_out_put(struct sek_play_out *o, const void *bytes, size_t n);
/* n bytes were written; an empty queue gives its memory back. */
void sek_play_out_taken(struct sek_play_out *o, size_t n);
void sek_play_out_finish(struct sek_play_out *o);

#endif
