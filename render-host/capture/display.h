/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The session's X server: what changed in its picture, its cursor and its keyboard layout, the size of its screen, and
 * pressing keys and buttons (XTEST). Pixels are read elsewhere (xwd.h), never through X.
 */
#ifndef SEK_CAPTURE_DISPLAY_H
#define SEK_CAPTURE_DISPLAY_H

#include <stdbool.h>
#include <xcb/xcb.h>
#include <xkbcommon/xkbcommon.h>

#include "base/status.h"
#include "protocol/codec/update.h"
#include "render-host/capture/cursor.h"

/* Called from sek_display_dispatch. All values were checked. */
struct sek_display_events {
	void *user;
	void (*damage)(void *user, struct sek_rect r);
	void (*cursor)(void *user, const struct sek_cursor_image *image);
	void (*size)(void *user, uint16_t width, uint16_t height);
	/* the keyboard layout changed: ask sek_display_keymap */
	void (*keymap)(void *user);
	void (*layout)(void *user, xkb_layout_index_t layout);
};

struct sek_display;

/* Connects to the X server's socket at path and switches on what is needed; X auto-repeat goes off. SEK_E_CLOSED when
 * the X server lacks an extension. The result is owned by the caller. */
sek_status sek_display_open(const char *path, const struct sek_display_events *events, struct sek_display **ret);
void sek_display_close(struct sek_display *d);

/* For poll(): readable. */
int sek_display_fd(const struct sek_display *d);
/* Handles what has arrived. Blocks for a round trip only when the keyboard layout changed. *ret_more: there was more than
 * is handled in one go, call again before sleeping. SEK_E_CLOSED: the X server is gone. */
sek_status sek_display_dispatch(struct sek_display *d, bool *ret_more);
/* Sends what waits. */
void sek_display_flush(struct sek_display *d);

/* Whether changes of picture and cursor are told: nobody watching costs nothing. On switching on, the cursor is told;
 * the picture must be taken as changed everywhere. */
void sek_display_watch(struct sek_display *d, bool on);

uint16_t sek_display_width(const struct sek_display *d);
uint16_t sek_display_height(const struct sek_display *d);
/* Gives the screen another size with a mode of 60 Hz (Chromium paints at the mode's rate). The size must not be larger
 * than the screen was at the X server's start. Blocks for one to two milliseconds. The size event is called before it
 * returns. SEK_E_DENIED when the X server refuses: the old size stays. */
sek_status sek_display_resize(struct sek_display *d, uint16_t width, uint16_t height);

/* The keyboard layout of now; one reference, the caller's. NULL when it cannot be had. Blocks for a round trip. */
struct xkb_keymap *sek_display_keymap(struct sek_display *d);

/* The ops of keyboard.h and pointer.h; user is the display. They only queue: flush sends. */
void sek_display_key(void *display, uint8_t keycode, bool down);
void sek_display_lock(void *display, uint8_t affect, uint8_t on);
void sek_display_motion(void *display, uint16_t x_px, uint16_t y_px);
void sek_display_button(void *display, uint8_t number, bool down);

#endif
