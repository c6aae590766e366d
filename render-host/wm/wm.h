/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The state of the window manager and what its parts call of each other. Everything that arrives over the X connection
 * was chosen by the browser and is hostile: numbers are clamped, lists are bounded, texts are never read.
 */
#ifndef SEK_RENDER_HOST_WM_WM_H
#define SEK_RENDER_HOST_WM_WM_H

#include <stdbool.h>
#include <stdint.h>

#include <xcb/xcb.h>

#include "render-host/wm/atoms.h"

enum { SEK_WM_WINDOWS_MAX = 128 };

struct sek_wm_window {
	xcb_window_t id;
	xcb_window_t owner; /* WM_TRANSIENT_FOR, 0 if none */
	bool floating;      /* dialog or transient: keeps its own size, centred, above the others */
	bool fullscreen;
	bool mapped;
	bool takes_focus;   /* WM_TAKE_FOCUS in WM_PROTOCOLS */
	bool deletes;       /* WM_DELETE_WINDOW in WM_PROTOCOLS */
};

struct sek_wm {
	xcb_connection_t *c;
	xcb_screen_t *screen;
	xcb_window_t check;   /* our own window for _NET_SUPPORTING_WM_CHECK */
	xcb_atom_t atom[SEK_ATOM_COUNT];
	uint16_t width_px, height_px; /* of the root window now */
	/* stacking order, lowest first: the last one has the focus */
	struct sek_wm_window window[SEK_WM_WINDOWS_MAX];
	unsigned windows;
	int status_fd; /* -1 once 'b' has been told */
};

/* Handles one event of the server. */
void sek_wm_event(struct sek_wm *wm, const xcb_generic_event_t *e);

/* The managed window with that id, or NULL. Good until the next call that changes the list. */
struct sek_wm_window *sek_wm_find(struct sek_wm *wm, xcb_window_t id);
/* Takes a window under management (does nothing if the list is full or it is there already), places and maps it. */
void sek_wm_manage(struct sek_wm *wm, xcb_window_t id);
/* Forgets a window and gives the focus to the one below. */
void sek_wm_forget(struct sek_wm *wm, xcb_window_t id);
/* Raises the window (and the dialogs that belong to it) and gives it the focus. */
void sek_wm_raise(struct sek_wm *wm, xcb_window_t id);
/* Puts the window below all others and focuses the new topmost one. Nothing happens if it is the only one. */
void sek_wm_lower(struct sek_wm *wm, xcb_window_t id);
/* Gives the window the place that the rules say, and tells it. */
void sek_wm_place(struct sek_wm *wm, const struct sek_wm_window *w);
/* Writes _NET_WM_STATE as it is. */
void sek_wm_tell_state(struct sek_wm *wm, const struct sek_wm_window *w);
/* The root window has another size: places every window anew and corrects the root's properties. */
void sek_wm_resize(struct sek_wm *wm, uint16_t width_px, uint16_t height_px);
/* Writes the root properties that depend on the size. */
void sek_wm_tell_geometry(struct sek_wm *wm);
/* Asks a window to close itself; one that does not know how is disconnected. */
void sek_wm_close(struct sek_wm *wm, xcb_window_t id);
/* Sets a property of 32-bit values. */
void sek_wm_set(struct sek_wm *wm, xcb_window_t id, enum sek_wm_atom property, xcb_atom_t type, const uint32_t *values,
	unsigned n);

#endif
