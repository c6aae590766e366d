/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * XTEST has no smooth scrolling: its wheel is buttons 4 to 7. Units are therefore summed up until they make a notch, and
 * the rest is kept, so that a slow touch-pad movement scrolls as far as it should, only in steps.
 */
#include "render-host/capture/pointer.h"

#include <string.h>

enum { WHEEL_UP = 4, WHEEL_DOWN = 5, WHEEL_LEFT = 6, WHEEL_RIGHT = 7 };

static const struct {
	uint8_t bit, number;
} buttons[] = {
	{ SEK_BUTTON_LEFT, 1 }, { SEK_BUTTON_MIDDLE, 2 }, { SEK_BUTTON_RIGHT, 3 }, { SEK_BUTTON_BACK, 8 },
	{ SEK_BUTTON_FORWARD, 9 },
};

void sek_pointer_init(struct sek_pointer_state *p, const struct sek_pointer_ops *ops)
{
	memset(p, 0, sizeof *p);
	p->ops = *ops;
	p->width_px = p->height_px = 1;
}

void sek_pointer_bounds(struct sek_pointer_state *p, uint16_t width, uint16_t height)
{
	p->width_px = width;
	p->height_px = height;
	/* the X server moves the pointer when it would lie outside */
	p->placed = false;
}

static void move_to(struct sek_pointer_state *p, uint16_t x, uint16_t y)
{
	if (x >= p->width_px)
		x = (uint16_t)(p->width_px - 1);
	if (y >= p->height_px)
		y = (uint16_t)(p->height_px - 1);
	if (p->placed && x == p->x_px && y == p->y_px)
		return;
	p->ops.motion(p->ops.user, x, y);
	p->x_px = x;
	p->y_px = y;
	p->placed = true;
}

static void set_buttons(struct sek_pointer_state *p, uint8_t mask)
{
	uint8_t changed = p->buttons ^ mask;

	for (size_t i = 0; i < sizeof buttons / sizeof buttons[0]; i++)
		if (changed & buttons[i].bit)
			p->ops.button(p->ops.user, buttons[i].number, mask & buttons[i].bit);
	p->buttons = mask;
}

void sek_pointer_event(struct sek_pointer_state *p, const struct sek_pointer *m)
{
	move_to(p, m->x_px, m->y_px);
	set_buttons(p, m->buttons & SEK_BUTTON_ALL);
}

static void click(struct sek_pointer_state *p, int32_t *units, uint8_t negative, uint8_t positive)
{
	while (*units >= SEK_WHEEL_NOTCH || *units <= -SEK_WHEEL_NOTCH) {
		uint8_t number = *units < 0 ? negative : positive;

		p->ops.button(p->ops.user, number, true);
		p->ops.button(p->ops.user, number, false);
		*units += *units < 0 ? SEK_WHEEL_NOTCH : -SEK_WHEEL_NOTCH;
	}
}

void sek_pointer_wheel(struct sek_pointer_state *p, const struct sek_wheel *m)
{
	move_to(p, m->x_px, m->y_px);
	p->wheel_x += m->dx;
	p->wheel_y += m->dy;
	click(p, &p->wheel_y, WHEEL_UP, WHEEL_DOWN);
	click(p, &p->wheel_x, WHEEL_LEFT, WHEEL_RIGHT);
}

void sek_pointer_release(struct sek_pointer_state *p)
{
	set_buttons(p, 0);
	p->wheel_x = p->wheel_y = 0;
}
