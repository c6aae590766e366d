/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A session around the real sekisho-capture: a real Xvfb with its framebuffer file in a directory of its own, an input
 * method's end of ime.sock, renderd's end of the control socket, the decoder's end of the stream with a painter, and an
 * X client with a window that logs what it is given. One per test process. Every failure ends the test.
 */
#ifndef SEK_TESTS_CAPTURE_RIG_H
#define SEK_TESTS_CAPTURE_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <xcb/xcb.h>

#include "protocol/codec/picture.h"
#include "protocol/wire/messages.h"

enum { RIG_LOG_MAX = 8192, RIG_TEXT_MAX = 16384 };

/* One X event that the window got. */
struct rig_event {
	uint8_t type; /* XCB_KEY_PRESS, XCB_KEY_RELEASE, XCB_BUTTON_PRESS, XCB_BUTTON_RELEASE, XCB_MOTION_NOTIFY */
	uint8_t detail;
	uint16_t state;
	int16_t x, y;
	uint32_t codepoint;       /* key presses: what the layout gives for keycode and state */
	size_t text_before;       /* bytes of text that the input method had committed before */
};

struct rig {
	char dir[64];
	pid_t xvfb, capture;
	int control, host; /* our ends; host is -1 while nobody is attached */
	int ime_listen, ime;
	int clip_listen, clip; /* as sekisho-clip; the test itself reads and writes */

	/* the X client */
	xcb_connection_t *x;
	xcb_window_t root, window;
	xcb_gcontext_t gc;
	struct rig_event log[RIG_LOG_MAX];
	size_t logged;

	/* what came down the stream */
	struct sek_painter *painter;
	uint32_t *px; /* the picture, as the receiver has it */
	uint16_t width_px, height_px;
	uint32_t frame;   /* last whole one */
	unsigned frames, keyframes, sizes, states, cursors, carets, pongs;
	uint8_t order[64]; /* types of the first messages after an attach */
	size_t ordered;
	uint16_t state;
	uint32_t pong_id;
	struct sek_caret caret;
	struct sek_cursor cursor; /* bgra points into cursor_px */
	uint8_t cursor_px[SEK_CURSOR_MAX_PX * SEK_CURSOR_MAX_PX * 4];
	size_t bytes;
	bool closed;
	bool no_ack; /* do not acknowledge */
	uint8_t *in;
	size_t in_n;

	/* what the input method got */
	char text[RIG_TEXT_MAX];
	size_t text_n;
	unsigned fences, fences_seen; /* frames, and keys */
	bool no_pong;                 /* do not answer */
	uint8_t ime_in[16384];
	size_t ime_n;
};

/* layout: for setxkbmap, NULL for the X server's own. */
void rig_start(struct rig *r, uint16_t max_width, uint16_t max_height, const char *layout);
/* Ends what is left; called by the tests' teardown. */
void rig_stop(struct rig *r);

/* A new attach with a HELLO for this size. */
void rig_attach(struct rig *r, uint16_t width, uint16_t height);
/* Closes our end of the stream. */
void rig_detach(struct rig *r);

/* Sends what was written into w on the stream. */
void rig_send(struct rig *r, const struct sek_writer *w);
void rig_key(struct rig *r, uint16_t code, bool down, uint32_t codepoint);
/* Down and up. */
void rig_tap(struct rig *r, uint16_t code, uint32_t codepoint);
void rig_text(struct rig *r, const char *utf8);
void rig_empty(struct rig *r, enum sek_msg_type type);

/* Handles everything that comes from all sides until the condition holds; fails the test after ten seconds. */
typedef bool rig_condition(struct rig *r, void *arg);
void rig_until(struct rig *r, rig_condition *condition, void *arg, const char *what);
/* The same for a span of time, for things that must not happen. */
void rig_for(struct rig *r, int ms);
/* A PING down the stream has been answered, and then nothing came for a moment: everything sent before was handled. */
void rig_settle(struct rig *r);
/* The receiver's picture is what the framebuffer file shows now. */
void rig_until_same_picture(struct rig *r);
bool rig_same_picture(struct rig *r);
/* capture has ended; returns its exit code, or -signal. */
int rig_wait_exit(struct rig *r);

void rig_fill(struct rig *r, uint32_t colour, int16_t x, int16_t y, uint16_t w, uint16_t h);
/* Uncompressible content. */
void rig_noise(struct rig *r, int16_t x, int16_t y, uint16_t w, uint16_t h, uint32_t seed);

/* Everything that was typed, by keys and by texts, in its order, as UTF-8. */
void rig_typed(const struct rig *r, char *text, size_t size);
/* Every press in the log has its release, in between and at the end. */
void rig_assert_nothing_held(const struct rig *r);
/* CPU time that capture has used, in microseconds. */
uint64_t rig_capture_cpu_us(const struct rig *r);
/* capture's PSS in KiB. */
unsigned rig_capture_pss_kib(const struct rig *r);
uint64_t rig_now_us(void);

#endif
