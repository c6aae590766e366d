/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pointer and wheel: positions clamped to the picture, buttons as differences, smooth wheel movement as whole clicks
 * that are exact over time. Knows no X.
 */
#ifndef SEK_CAPTURE_POINTER_H
#define SEK_CAPTURE_POINTER_H

#include "protocol/wire/messages.h"

struct sek_pointer_ops {
	void *user;
	void (*motion)(void *user, uint16_t x_px, uint16_t y_px);
	/* X button numbers: 1 left, 2 middle, 3 right, 4-7 wheel up, down, left, right, 8 back, 9 forward */
	void (*button)(void *user, uint8_t number, bool down);
};

struct sek_pointer_state {
	struct sek_pointer_ops ops;
	uint16_t width_px, height_px; /* of the picture */
	uint16_t x_px, y_px;          /* where the pointer was last put */
	bool placed;                  /* x_px, y_px are known to be right */
	uint8_t buttons;              /* enum sek_button: down now */
	int32_t wheel_x, wheel_y;     /* wheel units not yet sent, less than a notch */
};

void sek_pointer_init(struct sek_pointer_state *p, const struct sek_pointer_ops *ops);
/* The picture has this size now. */
void sek_pointer_bounds(struct sek_pointer_state *p, uint16_t width, uint16_t height);
void sek_pointer_event(struct sek_pointer_state *p, const struct sek_pointer *m);
/* At most SEK_WHEEL_MAX / SEK_WHEEL_NOTCH clicks in each direction for one message. */
void sek_pointer_wheel(struct sek_pointer_state *p, const struct sek_wheel *m);
/* Lets go of every button and forgets wheel remainders. */
void sek_pointer_release(struct sek_pointer_state *p);

#endif
