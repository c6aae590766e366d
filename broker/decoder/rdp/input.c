/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From the broker's messages to RDP's input events. (MS-RDPBCGR 2.2.8.1.1.3)
 */
#include "broker/decoder/rdp/input.h"

#include <freerdp/input.h>

enum { WHEEL_MOST = 0xff, PASTE_WAIT_MS = 500 };

static bool connected(const struct sek_rdp *r)
{
	return r->screen.width_px != 0;
}

static void stroke(void *user, const struct sek_rdp_stroke *s)
{
	struct sek_rdp *r = user;
	UINT16 flags = s->down ? 0 : KBD_FLAGS_RELEASE;

	if (s->unicode)
		freerdp_input_send_unicode_keyboard_event(r->library->input, flags, s->code);
	else
		freerdp_input_send_keyboard_event(r->library->input,
			(UINT16)((s->down ? KBD_FLAGS_DOWN : KBD_FLAGS_RELEASE) | (s->code & SEK_RDP_EXTENDED ? KBD_FLAGS_EXTENDED : 0)),
			s->code & 0xff);
}

static void move(struct sek_rdp *r, uint16_t x, uint16_t y)
{
	r->x_px = x < r->screen.width_px ? x : (uint16_t)(r->screen.width_px - 1);
	r->y_px = y < r->screen.height_px ? y : (uint16_t)(r->screen.height_px - 1);
}

static void mouse(struct sek_rdp *r, uint16_t flags)
{
	freerdp_input_send_mouse_event(r->library->input, flags, r->x_px, r->y_px);
}

static void buttons(struct sek_rdp *r, uint8_t now)
{
	static const struct {
		uint8_t ours;
		uint16_t theirs, theirs_extended;
	} all[] = {
		{ SEK_BUTTON_LEFT, PTR_FLAGS_BUTTON1, 0 }, { SEK_BUTTON_RIGHT, PTR_FLAGS_BUTTON2, 0 }, { SEK_BUTTON_MIDDLE, PTR_FLAGS_BUTTON3, 0 },
		{ SEK_BUTTON_BACK, 0, PTR_XFLAGS_BUTTON1 }, { SEK_BUTTON_FORWARD, 0, PTR_XFLAGS_BUTTON2 },
	};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		bool down = now & all[i].ours;

		if (down == ((r->buttons & all[i].ours) != 0))
			continue;
		if (all[i].theirs)
			mouse(r, (uint16_t)(all[i].theirs | (down ? PTR_FLAGS_DOWN : 0)));
		else
			freerdp_input_send_extended_mouse_event(r->library->input,
				(uint16_t)(all[i].theirs_extended | (down ? PTR_XFLAGS_DOWN : 0)), r->x_px, r->y_px);
	}
	r->buttons = now;
}

static bool on_hello(void *user, const struct sek_hello *m)
{
	struct sek_rdp *r = user;

	r->wish_width_px = m->width_px;
	r->wish_height_px = m->height_px;
	return true;
}

/* Its size could be changed by a dynamic channel only, and there is none: a new connection asks for it. */
static bool on_resize(void *user, const struct sek_resize *m)
{
	struct sek_rdp *r = user;

	r->wish_width_px = m->width_px;
	r->wish_height_px = m->height_px;
	sek_rdp_want(r);
	return true;
}

static bool on_key(void *user, const struct sek_key *m)
{
	struct sek_rdp *r = user;

	if (r->hold_ms)
		return false;
	if (connected(r))
		sek_rdp_key(&r->keys, m);
	return true;
}

static bool on_pointer(void *user, const struct sek_pointer *m)
{
	struct sek_rdp *r = user;

	if (r->hold_ms)
		return false;
	if (!connected(r))
		return true;
	move(r, m->x_px, m->y_px);
	mouse(r, PTR_FLAGS_MOVE);
	buttons(r, m->buttons & SEK_BUTTON_ALL);
	return true;
}

/* Nine bits in two's complement, the sign being a flag of its own; 120 is a notch. */
static void turn_wheel(struct sek_rdp *r, uint16_t which, int units)
{
	while (units != 0) {
		int now = units > WHEEL_MOST ? WHEEL_MOST : units < -WHEEL_MOST ? -WHEEL_MOST : units;

		mouse(r, (uint16_t)(which | (now < 0 ? PTR_FLAGS_WHEEL_NEGATIVE | (0x100 + now) : now)));
		units -= now;
	}
}

static bool on_wheel(void *user, const struct sek_wheel *m)
{
	struct sek_rdp *r = user;

	if (r->hold_ms)
		return false;
	if (!connected(r))
		return true;
	move(r, m->x_px, m->y_px);
	mouse(r, PTR_FLAGS_MOVE);
	turn_wheel(r, PTR_FLAGS_WHEEL, -m->dy); /* theirs is positive upwards */
	turn_wheel(r, PTR_FLAGS_HWHEEL, m->dx);
	return true;
}

static bool on_text(void *user, const struct sek_text *m)
{
	struct sek_rdp *r = user;

	if (r->hold_ms)
		return false;
	if (connected(r))
		sek_rdp_text(&r->keys, m);
	return true;
}

static bool on_release(void *user)
{
	struct sek_rdp *r = user;

	if (r->hold_ms)
		return false;
	if (!connected(r))
		return true;
	sek_rdp_release(&r->keys);
	buttons(r, 0);
	return true;
}

/* The keys that paste come next: the host must know of the text before them. */
static bool on_paste(void *user, const uint8_t *utf8, size_t n)
{
	struct sek_rdp *r = user;

	if (r->hold_ms)
		return false;
	sek_rdp_clip_paste(&r->clip, utf8, n);
	if (r->clip.told)
		r->hold_ms = sek_rdp_now_ms() + PASTE_WAIT_MS;
	return true;
}

static void on_mode(void *user, uint8_t directions)
{
	struct sek_rdp *r = user;

	r->directions = directions;
	sek_rdp_clip_outwards(&r->clip, directions & SEK_CROSS_TO_OUTER);
	sek_rdp_want(r);
}

static const struct sek_foreign_input_ops ops = { on_hello, on_resize, on_key, on_pointer, on_wheel, on_text, on_release, on_paste, on_mode };

sek_status sek_rdp_input_init(struct sek_rdp *r)
{
	r->keys.send = stroke;
	r->keys.user = r;
	return sek_foreign_input_init(&r->input, &ops, r);
}
