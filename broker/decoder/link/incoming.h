/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the render host says, frame by frame, painted into the gap. No I/O: bytes in, gap written, a verdict out; the loop
 * answers, the tests and the fuzzer drive it without a socket.
 */
#ifndef SEK_BROKER_DECODER_LINK_INCOMING_H
#define SEK_BROKER_DECODER_LINK_INCOMING_H

#include "broker/gap/gap.h"
#include "protocol/codec/picture.h"
#include "protocol/wire/wire.h"

struct sek_incoming {
	const struct sek_gap_layout *layout; /* not owned, likewise the next two */
	struct sek_gap_writer *gap;
	struct sek_painter *painter;
	struct sek_picture picture; /* 0x0 until the first SIZE */
	bool document;       /* one document's pages are taken, not a session's picture */
	uint16_t pages;      /* of it, as far as is known */
	bool welcomed;       /* the first WELCOME, or PAGES, has come */
	bool starting;       /* the host has said STARTING and nothing to see has come yet */
	bool wants_keyframe; /* after SIZE, and at the start */
	bool in_frame;       /* parts of `frame` have come, its end has not */
	bool any_frame;
	uint32_t frame;      /* the latest frame number, if any_frame */
};

/* What the loop has to do after a frame of the host. */
struct sek_incoming_result {
	bool wake;       /* tell the encoder */
	bool ack;        /* acknowledge `number` on the link */
	bool pong;       /* answer a PING with `number` */
	bool clipboard;  /* a piece of copied text: the whole frame is for the clipboard's pipe, if there is one */
	bool ended;      /* the host says that the session is over (the state stands in the gap) */
	uint16_t reason; /* enum sek_document_state, not 0: there are no more pages of the document */
	uint32_t number;
};

void sek_incoming_init(struct sek_incoming *in, const struct sek_gap_layout *layout, struct sek_gap_writer *gap,
	struct sek_painter *painter);

/* Applies one whole frame (header checked by the frame layer for link HOST, direction DOWN; payload hostile). *ret is
 * set on SEK_OK only. Anything else ends the session:
 *   SEK_E_MALFORMED  the grammar or the order of messages is broken: docs/protocol.md, "Sequences", "Updates"
 *   SEK_E_LIMIT      a picture larger than the gap
 *   SEK_E_VERSION    WELCOME names a version that we do not speak */
sek_status sek_incoming_frame(struct sek_incoming *in, const struct sek_frame *f, const uint8_t *payload,
	struct sek_incoming_result *ret);

#endif
