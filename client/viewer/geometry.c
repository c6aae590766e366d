/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Arithmetic of sizes and places.
 */
#include "client/viewer/geometry.h"

#include <math.h>

/* A picture this many pixels off what was asked for is still meant to be shown pixel for pixel. */
enum { NEARLY = 16 };

static int clamp(int value, int least, int most)
{
	return value < least ? least : value > most ? most : value;
}

struct link_wanted geometry_wanted(const struct area *a)
{
	double shrink = fmin(1, fmin((double)a->max_w / a->w, (double)a->max_h / a->h));

	return (struct link_wanted){ (uint16_t)clamp((int)(a->w * shrink), SEK_WIDTH_MIN_PX, a->max_w),
		(uint16_t)clamp((int)(a->h * shrink), SEK_HEIGHT_MIN_PX, a->max_h),
		(uint16_t)clamp((int)lround(a->scale_percent * shrink), SEK_SCALE_MIN_PERCENT, SEK_SCALE_MAX_PERCENT) };
}

struct place geometry_place(const struct area *a, int w, int h)
{
	struct link_wanted wanted = geometry_wanted(a);
	bool near = abs(w - wanted.width_px) < NEARLY && abs(h - wanted.height_px) < NEARLY;
	bool fits = w <= a->w + NEARLY && h <= a->h + NEARLY && wanted.width_px + NEARLY > a->w && wanted.height_px + NEARLY > a->h;

	return (struct place){ near && fits ? 1 : fmax((double)w / a->w, (double)h / a->h), w, h };
}

void geometry_to_picture(const struct place *p, int x, int y, uint16_t *ret_x, uint16_t *ret_y)
{
	*ret_x = (uint16_t)clamp((int)floor(x * p->scale), 0, p->w > 0 ? p->w - 1 : 0);
	*ret_y = (uint16_t)clamp((int)floor(y * p->scale), 0, p->h > 0 ? p->h - 1 : 0);
}

SDL_Rect geometry_to_window(const struct place *p, SDL_Rect r)
{
	int x = clamp(r.x, 0, p->w), y = clamp(r.y, 0, p->h);
	int w = clamp(r.w, 0, p->w - x), h = clamp(r.h, 0, p->h - y);

	return (SDL_Rect){ (int)(x / p->scale), (int)(y / p->scale), (int)ceil(w / p->scale), (int)ceil(h / p->scale) };
}

static int16_t whole(double *rest, double units)
{
	int n;

	if (*rest * units < 0)
		*rest = 0; /* a turn back acts at once */
	*rest += units;
	n = (int)fmax(-SEK_WHEEL_MAX, fmin(SEK_WHEEL_MAX, *rest));
	*rest = fmax(-1, fmin(1, *rest - n));
	return (int16_t)n;
}

bool geometry_wheel(struct wheel *w, double right, double away, int16_t *ret_dx, int16_t *ret_dy)
{
	*ret_dx = whole(&w->rest_x, right * SEK_WHEEL_NOTCH);
	*ret_dy = whole(&w->rest_y, -away * SEK_WHEEL_NOTCH);
	return *ret_dx || *ret_dy;
}

SDL_Rect geometry_union(const SDL_Rect *rects, int n)
{
	SDL_Rect all = rects[0];

	for (int i = 1; i < n; i++)
		SDL_UnionRect(&all, &rects[i], &all);
	return all;
}
