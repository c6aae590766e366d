/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Makes the browser tell where its caret is. GTK's Chromium passes the caret's place to the input method only when it
 * handles a key event: after a click or a committed text the place that we know is the old one. So, a moment after such
 * an event, one release of the fence key is sent to the focused window; the engine swallows it, no page ever sees it.
 *
 * A nudge that has come through also shows that the browser has handled what was sent to it before.
 */
#ifndef SEK_RENDER_HOST_IME_NUDGE_H
#define SEK_RENDER_HOST_IME_NUDGE_H

#include <glib.h>

/* Connects to the display in the environment and watches for buttons and keys that are let go. False if there is none:
 * the caret then follows keys only. `wanted` is asked before each nudge. */
gboolean sek_ime_nudge_start(gboolean (*wanted)(void));

/* The caret may have moved: nudge soon, and once more a little later for pages that are slow. */
void sek_ime_nudge(void);

/* Sends a nudge now and returns its number, or 0 if none can be sent. */
guint sek_ime_nudge_send(void);

/* True once the nudge of that number, or a later one, has reached the engine. */
gboolean sek_ime_nudge_passed(guint number);

/* The engine saw the fence key go down or up. */
void sek_ime_nudge_saw(gboolean down);

/* A nudge did not come through (no field has the focus): stop expecting all that were sent. */
void sek_ime_nudge_give_up(void);

#endif
