/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the session manager's tests share: a CA, a listener that plays the render host's port, and
 * a tear-down that finds every leaked handle, descriptor and process.
 */
#ifndef SEK_TESTS_UNIT_HUB_SESSION_HARNESS_H
#define SEK_TESTS_UNIT_HUB_SESSION_HARNESS_H

#include <stdbool.h>

#include <uv.h>

#include "broker/hub/session/internal.h"
#include "broker/hub/session/session.h"
#include "tests/support/stream.h"

enum { BENCH_WIDTH = 1280, BENCH_HEIGHT = 800 };

struct bench {
	uv_loop_t loop;
	uv_timer_t ticker;
	struct sek_sessions *all;
	struct sek_sessions_config config;
	struct sek_render_host host;
	char dir[64], decoder[128], encoder[128], ca[128], crl[128], intermediate[128], intermediate_key[128];
	int listener;
	int fds_before;
	char events[4096]; /* "session.opened session.started ..." */
	enum sek_state ended; /* of the last session.ended */
	bool stopped;
};

/* decoder, encoder: names for the child program ("decoder", "decoder-exit-11"). Then change b->config and call
 * bench_start. */
void bench_init(struct bench *b, const char *decoder, const char *encoder);
void bench_start(struct bench *b);
void bench_finish(struct bench *b);
/* Which program the next child of the kind will be. */
void bench_use(struct bench *b, char *slot, const char *name);
/* Runs the loop until the condition holds or the time is over; fails the test then. */
#define BENCH_UNTIL(b, ms, cond) LOOP_UNTIL(&(b)->loop, ms, cond)
void bench_run_ms(struct bench *b, uint64_t ms);
bool bench_saw(const struct bench *b, const char *event);
/* Of the oldest session. */
int bench_decoder_pid(struct bench *b);
int bench_encoder_pid(struct bench *b);

/* Attach, HELLO, RUNNING, first frame. */
void stream_up(struct bench *b, const char *user, struct stream *c);

/* What a decoder has read so far. journal_open maps it (NULL: no such process), also for after the decoder's end. */
struct child_journal;
const struct child_journal *journal_open(int decoder_pid);
void journal_close(const struct child_journal *j);
/* How many frames of the type, and the payload of the last of them (may be NULL). */
unsigned journal_find(const struct child_journal *j, enum sek_msg_type type, uint8_t *ret_last, size_t *ret_n);
/* The three in one. */
unsigned journal_count(int decoder_pid, enum sek_msg_type type, uint8_t *ret_last, size_t *ret_n);

#endif
