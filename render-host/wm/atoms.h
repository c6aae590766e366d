/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The X atoms that the window manager uses, interned once in one round trip.
 */
#ifndef SEK_RENDER_HOST_WM_ATOMS_H
#define SEK_RENDER_HOST_WM_ATOMS_H

#include <stdbool.h>

#include <xcb/xcb.h>

#define SEK_WM_ATOMS(X) \
	X(WM_STATE) X(WM_PROTOCOLS) X(WM_DELETE_WINDOW) X(WM_TAKE_FOCUS) X(WM_CHANGE_STATE) X(UTF8_STRING) \
	X(_NET_SUPPORTED) X(_NET_SUPPORTING_WM_CHECK) X(_NET_WM_NAME) X(_NET_CLIENT_LIST) \
	X(_NET_CLIENT_LIST_STACKING) X(_NET_ACTIVE_WINDOW) X(_NET_CLOSE_WINDOW) X(_NET_NUMBER_OF_DESKTOPS) \
	X(_NET_CURRENT_DESKTOP) X(_NET_DESKTOP_GEOMETRY) X(_NET_DESKTOP_VIEWPORT) X(_NET_WORKAREA) X(_NET_WM_DESKTOP) \
	X(_NET_FRAME_EXTENTS) X(_NET_REQUEST_FRAME_EXTENTS) X(_NET_WM_STATE) X(_NET_WM_STATE_FULLSCREEN) \
	X(_NET_WM_STATE_MAXIMIZED_VERT) X(_NET_WM_STATE_MAXIMIZED_HORZ) X(_NET_WM_STATE_MODAL) \
	X(_NET_WM_WINDOW_TYPE) X(_NET_WM_WINDOW_TYPE_NORMAL) X(_NET_WM_WINDOW_TYPE_DIALOG) \
	X(_NET_WM_WINDOW_TYPE_UTILITY) X(_NET_WM_WINDOW_TYPE_SPLASH)

enum sek_wm_atom {
#define X(name) SEK_ATOM_##name,
	SEK_WM_ATOMS(X)
#undef X
	SEK_ATOM_COUNT
};

/* Asks the server for every atom. False if the connection broke. ret holds SEK_ATOM_COUNT atoms. */
bool sek_wm_atoms_intern(xcb_connection_t *c, xcb_atom_t ret[SEK_ATOM_COUNT]);

#endif
