/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sizes and places: which picture to ask for, where the picture that came stands in the window, what an event means on it. Pure
 * arithmetic (the same as client/web/geometry.mjs).
 */
#ifndef SEK_CLIENT_VIEWER_GEOMETRY_H
#define SEK_CLIENT_VIEWER_GEOMETRY_H

#include <SDL_rect.h>
#include <stdbool.h>

#include "client/viewer/link.h"

/* The window's drawing area in device pixels, and what a site allows. */
struct area {
	int w, h;
	unsigned scale_percent; /* device pixels for each pixel of the design */
	uint16_t max_w, max_h;  /* largest picture */
};

/* Where the picture stands: at the upper left; picture pixels for each device pixel. */
struct place {
	double scale;
	int w, h; /* the picture's own */
};

struct link_wanted geometry_wanted(const struct area *a);
/* Pixel for pixel if the picture is (nearly) what was asked for and the window has as many, else as large as fits. */
struct place geometry_place(const struct area *a, int w, int h);
/* The picture's pixel under a point of the window (device pixels), the nearest one outside of it. */
void geometry_to_picture(const struct place *p, int x, int y, uint16_t *ret_x, uint16_t *ret_y);
/* A rectangle of the picture in device pixels, cut to the picture. */
SDL_Rect geometry_to_window(const struct place *p, SDL_Rect r);

/* Wheel movements in whole units of the wire; what is left over is kept. */
struct wheel {
	double rest_x, rest_y;
};
/* right, away: notches as SDL tells them. False: there is nothing to send yet. */
bool geometry_wheel(struct wheel *w, double right, double away, int16_t *ret_dx, int16_t *ret_dy);

/* The smallest rectangle around n others; n at least 1. */
SDL_Rect geometry_union(const SDL_Rect *rects, int n);

#endif
