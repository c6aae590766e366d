/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The window on this computer's screen: the picture, what the viewer draws over it, the pointer's shape. Knows nothing of sessions.
 */
#ifndef SEK_CLIENT_VIEWER_WINDOW_H
#define SEK_CLIENT_VIEWER_WINDOW_H

#include <SDL.h>

#include "client/viewer/draw.h"
#include "client/viewer/geometry.h"
#include "protocol/codec/update.h"
#include "protocol/wire/messages.h"

struct window_config {
	const char *title;
	bool fullscreen, all_monitors, grab; /* grab: every key is ours while the window has the focus */
	int w, h;                            /* of a window that is not full screen */
	unsigned scale_percent;              /* 0: found out */
};

struct window;
/* NULL: there is no screen; SDL_GetError says why. */
struct window *window_create(const struct window_config *config);
void window_destroy(struct window *w);

/* Looks at its size anew. */
struct area window_area(struct window *w);
/* Device pixels for a point in SDL's coordinates, and back. */
int window_device(const struct window *w, int x);
int window_logical(const struct window *w, int x);
void window_title(struct window *w, const char *title);
void window_toggle_fullscreen(struct window *w);
bool window_is_fullscreen(const struct window *w);
/* Descriptor that tells of events, -1: there is none, ask often. */
int window_fd(const struct window *w);

/* Takes the changed part of a picture over. False: no memory. */
bool window_picture(struct window *w, const uint32_t *px, int width_px, int height_px, struct sek_rect changed);
void window_forget_picture(struct window *w);
struct place window_place(const struct window *w);
/* Where the viewer draws; as large as the window. NULL: no memory. */
const struct draw *window_over(struct window *w);
/* Where on it cards and words stand: all of it, or of several monitors the first. */
struct draw_box window_front(const struct window *w);
/* Puts all on the screen: the picture, and over it what was drawn, if `over`. */
void window_show(struct window *w, bool over);

/* The remote pointer's shape; NULL: the usual one. */
void window_cursor(struct window *w, const struct sek_cursor *m);
/* Shows the usual pointer (cards), or the remote one. */
void window_usual_cursor(struct window *w, bool usual);

#endif
