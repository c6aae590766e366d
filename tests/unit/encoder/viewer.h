/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For the encoder's tests: a real sekisho-encoder, the writing end of its gap (the decoder's part) and the other end of
 * its socket (the part of broker and client: decodes everything, acknowledges when told to).
 */
#ifndef SEK_TESTS_ENCODER_VIEWER_H
#define SEK_TESTS_ENCODER_VIEWER_H

#include "broker/gap/children.h"
#include "broker/gap/gap.h"
#include "protocol/codec/picture.h"
#include "protocol/wire/messages.h"
#include "tests/unit/gap/spawn.h"

#define VIEWER_MAX_W 1280
#define VIEWER_MAX_H 720

struct viewer {
	struct sek_gap_layout layout;
	struct sek_gap_writer *gap;
	uint8_t *raw;      /* the whole memory, writable: what a hostile decoder has */
	int gap_rw, gap_ro, wake, hub;
	pid_t encoder;

	struct sek_painter *painter;
	struct sek_picture picture; /* the client's */
	bool acks;         /* acknowledge every frame at once (the default) */
	bool in_frame;
	uint32_t frame;    /* the latest whole frame */
	unsigned frames, sizes, cursors, carets, states, keyframes, documents_told;
	struct sek_documents_msg documents;
	size_t bytes;      /* received in all */
	struct sek_painter *reading; /* somebody who began to read the recording at the last snapshot */
	struct sek_picture read;
	bool reads;        /* one has begun since the last size */
	bool fresh_due;    /* the next message for the client has to start DRAWN anew */
	unsigned asides, snapshots; /* messages; complete ones */
	uint16_t state;
	struct sek_caret caret;
	struct sek_gap_cursor cursor;

	bool keeps;        /* every byte that comes */
	uint8_t *kept;     /* those; of the viewer */
	size_t kept_n;

	size_t in_n;
	uint8_t in[SEK_FRAME_HEADER_BYTES + SEK_UPDATE_MAX_BYTES];
};

void viewer_start(struct viewer *v);
/* One on a gap that a decoder writes (VIEWER_MAX_W by VIEWER_MAX_H), woken by wake; both stay the caller's. There is nothing to paint into. */
void viewer_start_on(struct viewer *v, int gap_ro, int wake);
void viewer_stop(struct viewer *v);

/* As the decoder. */
void viewer_wake(struct viewer *v);
#define VIEWER_FLAT 0x1000000u
/* Fills a rectangle of the gap with noise, or with black (seed 0), or with one colour (VIEWER_FLAT | colour), tells the
 * damage; no frame end. */
void viewer_paint(struct viewer *v, struct sek_rect r, unsigned seed);
/* The frame ends: count, wake-up. */
void viewer_frame(struct viewer *v);

/* Takes everything that has come, decodes and (if v->acks) acknowledges it. False if the encoder has hung up. */
bool viewer_take(struct viewer *v);
/* Takes until cond holds; fails the test after TEST_WAIT_MS. */
void viewer_until(struct viewer *v, bool (*cond)(const struct viewer *v), const char *what);
/* Takes for so many milliseconds. */
void viewer_take_for(struct viewer *v, uint64_t ms);
/* VIEW: 120 frames a second, no watermark, these flags. */
void viewer_view(struct viewer *v, unsigned flags);
/* True if whoever reads from the last snapshot on has the client's picture. */
bool viewer_reads_the_same(const struct viewer *v);
/* True if the client's picture equals the gap's, pixel by pixel, in the same size. */
bool viewer_is_exact(const struct viewer *v);
void viewer_ack(struct viewer *v, uint32_t frame);
void viewer_send(struct viewer *v, const void *bytes, size_t n);
void viewer_refresh(struct viewer *v);
void viewer_visible(struct viewer *v, bool visible);
void viewer_assert_end(struct viewer *v, int code);

#endif
