/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-capture put together: one session's screen to the host link, the user's input back. capture.c holds the loop,
 * link.c the broker's side, screen.c the pixels.
 */
#ifndef SEK_CAPTURE_CAPTURE_H
#define SEK_CAPTURE_CAPTURE_H

#include "protocol/codec/encode.h"
#include "render-host/capture/display.h"
#include "render-host/capture/input.h"
#include "render-host/capture/pacer.h"
#include "render-host/capture/stream.h"
#include "render-host/capture/xwd.h"

struct sek_capture {
	/* what was opened at the start; owned */
	struct sek_display *display;
	struct sek_framebuffer framebuffer;
	struct sek_update_encoder *encoder;
	struct sek_ime ime;
	struct sek_clip clip;
	struct sek_input input;
	uint16_t max_width_px, max_height_px;
	int control_fd; /* not owned */
	int rules_fd;   /* to sekisho-sandbox, and its counts of downloads back; -1: none */
	uint8_t rules_in[2 * (SEK_FRAME_HEADER_BYTES + SEK_MSG_DOCUMENTS_MAX_BYTES)];
	size_t rules_in_n;
	uint64_t now_us;

	/* who is attached */
	struct sek_stream link; /* to the decoder */
	bool visible;
	bool input_blocked; /* a frame of input waits in the stream for room */
	struct sek_pacer pacer;
	uint8_t idle_fps;        /* of a user who does nothing; SEK_FPS_MAX: no limit (render-host/session.h) */
	uint64_t input_us;       /* latest input */
	uint64_t frames, frame_bytes; /* sent to this receiver, for the log */

	/* small messages that are owed to the receiver; only the newest of each */
	bool owe_size, owe_state, owe_cursor, owe_caret, owe_pong, owe_documents;
	uint32_t pong_id;
	uint16_t documents; /* downloads that the sandbox keeps */
	struct sek_state_msg state; /* RUNNING, or what renderd told us */
	bool knows_cursor, knows_caret;
	struct sek_cursor_image cursor;
	struct sek_caret caret;

	/* the wanted size, 0: none; when it may be set at the earliest */
	uint16_t want_width_px, want_height_px;
	uint64_t resize_at_us;

	/* the end: set once; the loop then leaves with this code when what is owed is written, or at the time */
	bool ending;
	int exit_code;
	uint64_t end_at_us;
};

/* Opens everything below the present directory (render-host/session.h) and the control socket. On failure nothing is
 * left open and *ret_exit is the exit code. */
sek_status sek_capture_open(struct sek_capture *c, int control_fd, uint16_t max_width, uint16_t max_height,
	int *ret_exit);
void sek_capture_documents(struct sek_capture *c); /* the sandbox says how many downloads it keeps */
void sek_capture_finish(struct sek_capture *c);
/* Closes every descriptor that is not needed, and shuts the door behind: no file, socket, program or process can be made
 * from here on. */
sek_status sek_capture_jail(struct sek_capture *c);
/* Runs until the session is over; returns the exit code. */
int sek_capture_run(struct sek_capture *c);

/* link.c: */
/* Reads the control socket. Failures: SEK_E_CLOSED, SEK_E_MALFORMED. */
sek_status sek_capture_control(struct sek_capture *c);
/* Reads what the receiver sent; a receiver that breaks the grammar or is gone is let go. */
void sek_capture_link_read(struct sek_capture *c);
/* Takes whole frames that have been read. */
void sek_capture_link_take(struct sek_capture *c);
/* Queues the small messages that are owed, as far as there is room. */
void sek_capture_pay(struct sek_capture *c);
/* Writes what is queued. */
void sek_capture_link_flush(struct sek_capture *c);
/* A piece of copied text, to the receiver. False: it must wait, because too much waits for the receiver already. */
bool sek_capture_copied(struct sek_capture *c, const struct sek_clipboard_piece *piece);
/* Lets the receiver go: closes, releases keys and buttons, stops watching. `why` is for the log. */
void sek_capture_detach(struct sek_capture *c, const char *why);
/* The session is over. */
void sek_capture_end(struct sek_capture *c, int exit_code);

/* screen.c: */
/* The display's size event. */
void sek_capture_on_size(void *capture, uint16_t width, uint16_t height);
void sek_capture_on_damage(void *capture, struct sek_rect r);
/* The receiver wants this size. */
void sek_capture_want_size(struct sek_capture *c, uint16_t width, uint16_t height, bool at_once);
/* Sets the wanted size if it is time. */
void sek_capture_resize_if_due(struct sek_capture *c);
/* Encodes and queues a frame if one is due and may leave. */
void sek_capture_paint(struct sek_capture *c);
/* Microseconds until paint or resize should be tried again; UINT64_MAX: nothing is waiting. */
uint64_t sek_capture_screen_wait_us(const struct sek_capture *c);
/* The rate that follows from what renderd allows and from what the user does. */
void sek_capture_rate(struct sek_capture *c);
/* Starts or stops watching, as someone can see the picture or not. */
void sek_capture_watch(struct sek_capture *c);

#endif
