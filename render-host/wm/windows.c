/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The list of windows and the rules of their places: a normal window fills the root, a dialog keeps its size and stands
 * in the middle. A window can never be smaller than nothing, outside the picture or hidden for good.
 */
#include "render-host/wm/wm.h"

#include <stdlib.h>
#include <string.h>

struct sek_wm_window *sek_wm_find(struct sek_wm *wm, xcb_window_t id)
{
	for (unsigned i = 0; i < wm->windows; i++)
		if (wm->window[i].id == id)
			return &wm->window[i];
	return NULL;
}

void sek_wm_set(struct sek_wm *wm, xcb_window_t id, enum sek_wm_atom property, xcb_atom_t type, const uint32_t *values,
	unsigned n)
{
	xcb_change_property(wm->c, XCB_PROP_MODE_REPLACE, id, wm->atom[property], type, 32, n, values);
}

static void tell_lists(struct sek_wm *wm)
{
	uint32_t ids[SEK_WM_WINDOWS_MAX];
	uint32_t active = wm->windows ? wm->window[wm->windows - 1].id : XCB_WINDOW_NONE;

	for (unsigned i = 0; i < wm->windows; i++)
		ids[i] = wm->window[i].id;
	sek_wm_set(wm, wm->screen->root, SEK_ATOM__NET_CLIENT_LIST, XCB_ATOM_WINDOW, ids, wm->windows);
	sek_wm_set(wm, wm->screen->root, SEK_ATOM__NET_CLIENT_LIST_STACKING, XCB_ATOM_WINDOW, ids, wm->windows);
	sek_wm_set(wm, wm->screen->root, SEK_ATOM__NET_ACTIVE_WINDOW, XCB_ATOM_WINDOW, &active, 1);
}

static void send(struct sek_wm *wm, xcb_window_t id, enum sek_wm_atom what)
{
	xcb_client_message_event_t m = {
		.response_type = XCB_CLIENT_MESSAGE,
		.format = 32,
		.window = id,
		.type = wm->atom[SEK_ATOM_WM_PROTOCOLS],
		.data.data32 = { wm->atom[what], XCB_CURRENT_TIME },
	};

	xcb_send_event(wm->c, 0, id, XCB_EVENT_MASK_NO_EVENT, (const char *)&m);
}

/* Focus and stacking follow the list, so whoever changed its order calls this once. */
static void apply_order(struct sek_wm *wm)
{
	static const uint32_t above = XCB_STACK_MODE_ABOVE;

	for (unsigned i = 0; i < wm->windows; i++)
		xcb_configure_window(wm->c, wm->window[i].id, XCB_CONFIG_WINDOW_STACK_MODE, &above);
	if (wm->windows) {
		const struct sek_wm_window *top = &wm->window[wm->windows - 1];

		xcb_set_input_focus(wm->c, XCB_INPUT_FOCUS_POINTER_ROOT, top->id, XCB_CURRENT_TIME);
		if (top->takes_focus)
			send(wm, top->id, SEK_ATOM_WM_TAKE_FOCUS);
	} else {
		xcb_set_input_focus(wm->c, XCB_INPUT_FOCUS_POINTER_ROOT, wm->screen->root, XCB_CURRENT_TIME);
	}
	tell_lists(wm);
}

static void move_to(struct sek_wm *wm, unsigned from, unsigned to)
{
	struct sek_wm_window w = wm->window[from];

	if (from < to)
		memmove(wm->window + from, wm->window + from + 1, (to - from) * sizeof w);
	else
		memmove(wm->window + to + 1, wm->window + to, (from - to) * sizeof w);
	wm->window[to] = w;
}

void sek_wm_raise(struct sek_wm *wm, xcb_window_t id)
{
	struct sek_wm_window *w = sek_wm_find(wm, id);
	unsigned left = wm->windows;

	if (!w)
		return;
	move_to(wm, (unsigned)(w - wm->window), wm->windows - 1);
	/* a dialog stays above the window that it belongs to; each window is looked at once */
	for (unsigned i = 0; left-- > 0;) {
		if (wm->window[i].owner == id && wm->window[i].id != id)
			move_to(wm, i, wm->windows - 1);
		else
			i++;
	}
	apply_order(wm);
}

void sek_wm_lower(struct sek_wm *wm, xcb_window_t id)
{
	struct sek_wm_window *w = sek_wm_find(wm, id);

	if (!w)
		return;
	move_to(wm, (unsigned)(w - wm->window), 0);
	apply_order(wm);
}

/* ICCCM 4.1.5: a window whose wish was not granted is told where it stands. */
static void tell_place(struct sek_wm *wm, xcb_window_t id, int16_t x, int16_t y, uint16_t width, uint16_t height)
{
	xcb_configure_notify_event_t e = {
		.response_type = XCB_CONFIGURE_NOTIFY,
		.event = id,
		.window = id,
		.x = x,
		.y = y,
		.width = width,
		.height = height,
	};

	xcb_send_event(wm->c, 0, id, XCB_EVENT_MASK_STRUCTURE_NOTIFY, (const char *)&e);
}

void sek_wm_place(struct sek_wm *wm, const struct sek_wm_window *w)
{
	uint16_t width = wm->width_px, height = wm->height_px;
	uint32_t v[5] = { 0 };

	if (w->floating && !w->fullscreen) {
		xcb_get_geometry_reply_t *g = xcb_get_geometry_reply(wm->c, xcb_get_geometry(wm->c, w->id), NULL);

		if (!g)
			return; /* gone already: its DestroyNotify is on the way */
		if (g->width > 1 && g->width < width)
			width = g->width;
		if (g->height > 1 && g->height < height)
			height = g->height;
		free(g);
	}
	v[0] = (uint32_t)(wm->width_px - width) / 2;
	v[1] = (uint32_t)(wm->height_px - height) / 2;
	v[2] = width;
	v[3] = height;
	xcb_configure_window(wm->c, w->id, XCB_CONFIG_WINDOW_X | XCB_CONFIG_WINDOW_Y | XCB_CONFIG_WINDOW_WIDTH |
		XCB_CONFIG_WINDOW_HEIGHT | XCB_CONFIG_WINDOW_BORDER_WIDTH, v);
	tell_place(wm, w->id, (int16_t)v[0], (int16_t)v[1], width, height);
}

void sek_wm_tell_state(struct sek_wm *wm, const struct sek_wm_window *w)
{
	uint32_t states[3];
	unsigned n = 0;

	if (!w->floating) {
		states[n++] = wm->atom[SEK_ATOM__NET_WM_STATE_MAXIMIZED_VERT];
		states[n++] = wm->atom[SEK_ATOM__NET_WM_STATE_MAXIMIZED_HORZ];
	}
	if (w->fullscreen)
		states[n++] = wm->atom[SEK_ATOM__NET_WM_STATE_FULLSCREEN];
	sek_wm_set(wm, w->id, SEK_ATOM__NET_WM_STATE, XCB_ATOM_ATOM, states, n);
}

/* Reads what decides about a new window: owner, type, protocols, wished state. One round trip. */
static void look_at(struct sek_wm *wm, struct sek_wm_window *w)
{
	static const enum sek_wm_atom props[] = { SEK_ATOM__NET_WM_WINDOW_TYPE, SEK_ATOM_WM_PROTOCOLS,
						  SEK_ATOM__NET_WM_STATE };
	enum { PROPS = sizeof props / sizeof props[0], ATOMS_MAX = 32 };
	xcb_get_property_cookie_t owner = xcb_get_property(wm->c, 0, w->id, XCB_ATOM_WM_TRANSIENT_FOR, XCB_ATOM_WINDOW,
		0, 1);
	xcb_get_property_cookie_t cookie[PROPS];
	xcb_get_property_reply_t *r;

	for (int i = 0; i < PROPS; i++)
		cookie[i] = xcb_get_property(wm->c, 0, w->id, wm->atom[props[i]], XCB_ATOM_ATOM, 0, ATOMS_MAX);
	r = xcb_get_property_reply(wm->c, owner, NULL);
	if (r && r->format == 32 && r->value_len >= 1) {
		memcpy(&w->owner, xcb_get_property_value(r), sizeof w->owner);
		w->floating = true;
	}
	free(r);
	for (int i = 0; i < PROPS; i++) {
		r = xcb_get_property_reply(wm->c, cookie[i], NULL);
		for (uint32_t k = 0; r && r->format == 32 && k < r->value_len && k < ATOMS_MAX; k++) {
			xcb_atom_t a = ((const xcb_atom_t *)xcb_get_property_value(r))[k];

			if (a == wm->atom[SEK_ATOM__NET_WM_WINDOW_TYPE_DIALOG] ||
			    a == wm->atom[SEK_ATOM__NET_WM_WINDOW_TYPE_UTILITY] ||
			    a == wm->atom[SEK_ATOM__NET_WM_WINDOW_TYPE_SPLASH] || a == wm->atom[SEK_ATOM__NET_WM_STATE_MODAL])
				w->floating = true;
			w->takes_focus |= a == wm->atom[SEK_ATOM_WM_TAKE_FOCUS];
			w->deletes |= a == wm->atom[SEK_ATOM_WM_DELETE_WINDOW];
			w->fullscreen |= a == wm->atom[SEK_ATOM__NET_WM_STATE_FULLSCREEN];
		}
		free(r);
	}
}

void sek_wm_manage(struct sek_wm *wm, xcb_window_t id)
{
	static const uint32_t no_frame[4] = { 0 }, desktop = 0, normal[2] = { 1, XCB_WINDOW_NONE };
	struct sek_wm_window *w = sek_wm_find(wm, id);

	if (!w) {
		if (wm->windows == SEK_WM_WINDOWS_MAX)
			return;
		w = &wm->window[wm->windows++];
		*w = (struct sek_wm_window){ .id = id };
		look_at(wm, w);
	}
	sek_wm_set(wm, id, SEK_ATOM__NET_FRAME_EXTENTS, XCB_ATOM_CARDINAL, no_frame, 4);
	sek_wm_set(wm, id, SEK_ATOM__NET_WM_DESKTOP, XCB_ATOM_CARDINAL, &desktop, 1);
	sek_wm_place(wm, w);
	sek_wm_set(wm, id, SEK_ATOM_WM_STATE, wm->atom[SEK_ATOM_WM_STATE], normal, 2);
	sek_wm_tell_state(wm, w);
	xcb_map_window(wm->c, id);
	sek_wm_raise(wm, id);
}

void sek_wm_forget(struct sek_wm *wm, xcb_window_t id)
{
	struct sek_wm_window *w = sek_wm_find(wm, id);

	if (!w)
		return;
	move_to(wm, (unsigned)(w - wm->window), wm->windows - 1);
	wm->windows--;
	apply_order(wm);
}

void sek_wm_tell_geometry(struct sek_wm *wm)
{
	uint32_t size[2] = { wm->width_px, wm->height_px };
	uint32_t area[4] = { 0, 0, wm->width_px, wm->height_px };

	sek_wm_set(wm, wm->screen->root, SEK_ATOM__NET_DESKTOP_GEOMETRY, XCB_ATOM_CARDINAL, size, 2);
	sek_wm_set(wm, wm->screen->root, SEK_ATOM__NET_WORKAREA, XCB_ATOM_CARDINAL, area, 4);
}

void sek_wm_resize(struct sek_wm *wm, uint16_t width_px, uint16_t height_px)
{
	if (width_px == wm->width_px && height_px == wm->height_px)
		return;
	wm->width_px = width_px;
	wm->height_px = height_px;
	sek_wm_tell_geometry(wm);
	for (unsigned i = 0; i < wm->windows; i++)
		sek_wm_place(wm, &wm->window[i]);
}

void sek_wm_close(struct sek_wm *wm, xcb_window_t id)
{
	const struct sek_wm_window *w = sek_wm_find(wm, id);

	if (!w)
		return;
	if (w->deletes)
		send(wm, id, SEK_ATOM_WM_DELETE_WINDOW);
	else
		xcb_kill_client(wm->c, id);
}
