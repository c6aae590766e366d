/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of the display share; nobody else includes it.
 */
#ifndef SEK_CAPTURE_DISPLAY_INTERNAL_H
#define SEK_CAPTURE_DISPLAY_INTERNAL_H

#include <xcb/damage.h>
#include <xcb/xfixes.h>

#include "render-host/capture/display.h"

struct sek_display {
	xcb_connection_t *x;
	xcb_window_t root;
	uint16_t width_px, height_px;
	struct sek_display_events events;

	uint8_t damage_event, xfixes_event, xkb_event, randr_event; /* first event numbers */
	xcb_damage_damage_t damage; /* 0: not watching */
	bool cursor_asked;          /* a request for the cursor's image is under way */
	bool cursor_again;          /* it changed once more meanwhile */
	xcb_xfixes_get_cursor_image_cookie_t cursor_cookie;

	uint32_t mode; /* the RandR mode that we made and use, 0: none */

	struct xkb_context *xkb;
	int32_t keyboard; /* XKB's number of the core keyboard */
	bool keymap_changed;
};

/* display_xkb.c: */
sek_status sek_display_xkb_init(struct sek_display *d);
void sek_display_xkb_event(struct sek_display *d, const xcb_generic_event_t *e);
/* display_screen.c: */
sek_status sek_display_screen_init(struct sek_display *d);
void sek_display_screen_event(struct sek_display *d, const xcb_generic_event_t *e);

#endif
