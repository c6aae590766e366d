/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-clip put together: the session's CLIPBOARD selection on one side, capture on the other. Everything that arrives
 * over the X connection was chosen by the browser and is hostile: lists and lengths are bounded, waits have an end. It asks
 * for UTF8_STRING and nothing else, so that HTML, pictures and files are never even requested; it never looks at PRIMARY,
 * because marking text is not copying it.
 */
#ifndef SEK_RENDER_HOST_CLIP_CLIP_H
#define SEK_RENDER_HOST_CLIP_CLIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xcb/xcb.h>

#include "protocol/wire/messages.h"

enum {
	/* One more piece than a text may have: so a text that is too long is seen to be. */
	SEK_CLIP_TEXT_BYTES = SEK_CLIPBOARD_MAX_BYTES + SEK_CLIPBOARD_PIECE_MAX_BYTES,
	SEK_CLIP_CHUNK_BYTES = 65536, /* of one property; above it INCR */
	SEK_CLIP_TARGETS_MAX = 256,   /* of a list of targets */
	SEK_CLIP_SERVED_MAX = 4,      /* INCR transfers to the browser at the same time */
	SEK_CLIP_ANSWER_MS = 3000,    /* for each step of the browser's answer */
	SEK_CLIP_OUT_BYTES = 2 * SEK_CLIP_TEXT_BYTES,
};

#define SEK_CLIP_ATOMS(X) X(CLIPBOARD) X(TARGETS) X(UTF8_STRING) X(INCR) X(SEKISHO_CLIP)
enum sek_clip_atom {
#define X(name) SEK_CLIP_##name,
	SEK_CLIP_ATOMS(X)
#undef X
	SEK_CLIP_TEXT_PLAIN, /* text/plain;charset=utf-8: the same bytes under the name that some ask for */
	SEK_CLIP_ATOM_COUNT
};

struct sek_clip_text {
	uint8_t utf8[SEK_CLIP_TEXT_BYTES];
	size_t bytes;
};

/* Our text on its way to a requestor by INCR. */
struct sek_clip_served {
	xcb_window_t window; /* 0: free */
	xcb_atom_t property, target;
	size_t done;
};

enum sek_clip_stage { SEK_CLIP_IDLE, SEK_CLIP_ASKED_TARGETS, SEK_CLIP_ASKED_TEXT, SEK_CLIP_INCREMENTS };

struct sek_clip {
	/* X */
	xcb_connection_t *c;
	xcb_window_t window;
	xcb_atom_t atom[SEK_CLIP_ATOM_COUNT];
	uint8_t fixes_event;
	/* the text that we offer to the browser (offer.c) */
	struct sek_clip_text offered;
	bool owner;
	struct sek_clip_served served[SEK_CLIP_SERVED_MAX];
	unsigned served_next;
	/* the text that the browser offers (want.c) */
	enum sek_clip_stage stage;
	bool again; /* the selection has changed since */
	int64_t deadline_ms;
	struct sek_clip_text wanted;
	/* capture */
	int listener, peer; /* -1: none */
	uint8_t directions; /* enum sek_cross, by the latest CLIPBOARD_MODE */
	struct sek_clip_text arriving;
	bool arriving_over; /* too long: forgotten at its end */
	uint8_t in[4 * (SEK_FRAME_HEADER_BYTES + SEK_MSG_CLIPBOARD_MAX_BYTES)];
	uint8_t out[SEK_CLIP_OUT_BYTES];
	size_t in_n, out_n;
};

/* selection.c: connects to the display and begins to watch. False if it cannot. */
bool sek_clip_open(struct sek_clip *k);
/* Handles all events that wait; false if the display is gone. */
bool sek_clip_events(struct sek_clip *k);
int64_t sek_clip_now_ms(void);

/* offer.c: makes us the owner of the selection, with the text in k->offered (bytes 0: gives it up). The server has taken
 * note when this returns. */
void sek_clip_offer(struct sek_clip *k);
void sek_clip_lost(struct sek_clip *k); /* the server says that another one owns it */
void sek_clip_serve(struct sek_clip *k, const xcb_selection_request_event_t *request);
void sek_clip_serve_more(struct sek_clip *k, xcb_window_t window, xcb_atom_t property); /* it took an increment */

/* want.c: somebody else owns the selection: asks for its text, if it may go anywhere. */
void sek_clip_want(struct sek_clip *k);
void sek_clip_answered(struct sek_clip *k, const xcb_selection_notify_event_t *answer);
void sek_clip_increment(struct sek_clip *k);
void sek_clip_want_due(struct sek_clip *k, int64_t now_ms); /* gives up if the browser takes too long */

/* link.c: capture's side. */
void sek_clip_accept(struct sek_clip *k);
void sek_clip_read(struct sek_clip *k);
void sek_clip_flush(struct sek_clip *k);
/* Sends k->wanted, or nothing if it does not fit or nobody is there. */
void sek_clip_tell(struct sek_clip *k);

#endif
