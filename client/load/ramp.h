/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How many members of staff there should be, second by second: up until the service level breaks or all are there, back to the number that
 * was good, held, and down. Knows nothing of sessions and clocks: it is told, and answers.
 */
#ifndef SEK_CLIENT_LOAD_RAMP_H
#define SEK_CLIENT_LOAD_RAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "client/load/result.h"

enum {
	LOAD_RAMP_WINDOW_S = 10,  /* the level is looked at over this long */
	LOAD_RAMP_KEYS_LEAST = 40, /* fewer key presses in it say nothing about their 95th percentile */
	LOAD_RAMP_SETTLE_S = 15,  /* after going back to fewer, until it is looked at again */
	LOAD_RAMP_HISTORY = 64,
};

struct load_ramp_config {
	uint64_t start, step, most; /* staff */
	double every_s, hold_s;     /* `step` more each every_s */
	double down_per_s;          /* staff that leave each second at the end */
	bool stop;                  /* when the level breaks; else the ramp goes on to the end in any case */
	struct sek_result_level level;
};

/* What was seen, over the last LOAD_RAMP_WINDOW_S (lost, refused: since the run began). */
struct load_ramp_seen {
	uint64_t running;
	uint64_t lost, refused;
	double first_frame_p95_ms, delay_p95_ms;
	uint64_t first_frames, keys; /* how many */
};

struct load_ramp {
	struct load_ramp_config config;
	enum sek_load_phase phase;
	uint64_t wanted;
	bool broken, over;        /* the level broke once; nobody is wanted any more */
	double phase_s, next_s;   /* when the phase began; when the next step is due */
	double settled_s;         /* the level is not looked at before */
	uint64_t lost_before, refused_before;
	struct {
		double at_s;
		uint64_t wanted;
	} history[LOAD_RAMP_HISTORY]; /* steps of the ramp, the newest at (n - 1) % LOAD_RAMP_HISTORY */
	unsigned n;
	char why[128];            /* what broke the level first */
};

void load_ramp_init(struct load_ramp *r, const struct load_ramp_config *config);
/* now_s: since the run began, each call later than the one before. Afterwards r->wanted, phase and over say what is to be. */
void load_ramp_step(struct load_ramp *r, double now_s, const struct load_ramp_seen *seen);
/* The ramp ends here: everybody leaves. */
void load_ramp_stop(struct load_ramp *r, double now_s);
/* How long it will take from now on if nothing breaks. */
double load_ramp_left_s(const struct load_ramp *r, double now_s);

#endif
