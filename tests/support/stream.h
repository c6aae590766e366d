/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A client's stream as front/ would have it, without network and face: what the tests of sessions talk through.
 */
#ifndef SEK_TESTS_SUPPORT_STREAM_H
#define SEK_TESTS_SUPPORT_STREAM_H

#include <stdbool.h>

#include <uv.h>

#include "broker/hub/session/session.h"
#include "protocol/codec/picture.h"

/* Runs the loop until the condition holds or the time is over; fails the test then. Something must wake the loop now and
 * then (a timer). */
#define LOOP_UNTIL(loop, ms, cond)                                             \
	do {                                                                   \
		uint64_t end_ = uv_hrtime() / 1000000 + (ms);                  \
		while (!(cond) && uv_hrtime() / 1000000 < end_)                \
			uv_run(loop, UV_RUN_ONCE);                             \
		ck_assert_msg(cond, "not in time: %s", #cond);                 \
	} while (0)

/* One client's stream, as front/ would have it. */
struct stream {
	struct sek_session *session;
	bool attached, closed;
	bool acknowledges, pongs;    /* does so by itself */
	size_t queued;               /* what ops->queued says */
	unsigned frames, welcomes, updates, ends, pings, sizes, carets, cursors, keyframes;
	size_t bytes;
	uint16_t states[64];         /* every STATE, in order */
	uint32_t args[64];
	unsigned n_states;
	uint32_t last_frame;         /* newest UPDATE with END */
	uint32_t ping_id;
	struct sek_caret caret;
	struct sek_size size;
	struct sek_welcome welcome;
	struct sek_policy_msg policy;
	unsigned policies;
	/* of the clipboard: texts that came, whole ones that were only shown, and what became of transfers */
	char copied[2048], shown[2048];
	size_t arriving;
	unsigned copies, previews, results;
	struct sek_clipboard_result result;
	/* if stream_paint was called: what the user would see */
	struct sek_painter *painter;
	struct sek_picture picture;
	uint32_t *px;
};

extern const struct sek_client_ops stream_ops;
/* Opens the user's session and attaches; says nothing yet. */
void stream_attach(struct sek_sessions *all, const char *user, struct stream *c);
/* From now on every UPDATE is painted; one that cannot be fails the test. stream_finish frees what that needs. */
void stream_paint(struct stream *c);
void stream_finish(struct stream *c);
/* How many different colours the picture has, up to 64: 1 = blank. */
unsigned stream_colours(const struct stream *c);
void stream_send(struct stream *c, const void *frame, size_t n);
/* Fills in a frame with one of the writers and sends it. */
#define STREAM_WRITE(c, writer, ...)                                            \
	do {                                                                   \
		uint8_t memory_[SEK_FRAME_HEADER_BYTES + SEK_TEXT_MAX_BYTES];  \
		struct sek_writer w_;                                          \
		sek_writer_init(&w_, memory_, sizeof memory_);                 \
		writer(&w_, __VA_ARGS__);                                      \
		ck_assert(!w_.failed);                                         \
		stream_send(c, memory_, w_.len);                               \
	} while (0)
void stream_hello(struct stream *c);
void stream_text(struct stream *c, const char *text);
void stream_key(struct stream *c, uint16_t code, bool down);
uint16_t stream_state(const struct stream *c); /* the last one, 0 = none */
bool stream_saw(const struct stream *c, enum sek_state state);

#endif
