/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the window manager does with each event. Menus and tooltips (override-redirect) are never touched.
 */
#include "render-host/wm/wm.h"

#include <unistd.h>

static void tell_first_window(struct sek_wm *wm)
{
	ssize_t n;

	if (wm->status_fd < 0)
		return;
	n = write(wm->status_fd, "b", 1);
	(void)n; /* whoever listened is gone: there is nobody left to tell */
	close(wm->status_fd);
	wm->status_fd = -1;
}

static void on_map_notify(struct sek_wm *wm, const xcb_map_notify_event_t *e)
{
	struct sek_wm_window *w = sek_wm_find(wm, e->window);

	if (!w)
		return;
	if (w->mapped)
		return;
	w->mapped = true;
	/* a focus that was set before the window became viewable was refused by the server (X11: BadMatch) */
	sek_wm_raise(wm, e->window);
	w = sek_wm_find(wm, e->window);
	if (w && !w->floating)
		tell_first_window(wm);
}

static void on_configure_request(struct sek_wm *wm, const xcb_configure_request_event_t *e)
{
	const struct sek_wm_window *w = sek_wm_find(wm, e->window);
	uint32_t v[7];
	unsigned n = 0;
	uint16_t mask = e->value_mask & (XCB_CONFIG_WINDOW_X | XCB_CONFIG_WINDOW_Y | XCB_CONFIG_WINDOW_WIDTH |
		XCB_CONFIG_WINDOW_HEIGHT | XCB_CONFIG_WINDOW_BORDER_WIDTH);

	if (w && (!w->floating || w->fullscreen)) {
		sek_wm_place(wm, w);
		return;
	}
	if (mask & XCB_CONFIG_WINDOW_X)
		v[n++] = (uint32_t)(int32_t)e->x;
	if (mask & XCB_CONFIG_WINDOW_Y)
		v[n++] = (uint32_t)(int32_t)e->y;
	if (mask & XCB_CONFIG_WINDOW_WIDTH)
		v[n++] = e->width ? e->width : 1;
	if (mask & XCB_CONFIG_WINDOW_HEIGHT)
		v[n++] = e->height ? e->height : 1;
	if (mask & XCB_CONFIG_WINDOW_BORDER_WIDTH)
		v[n++] = 0;
	xcb_configure_window(wm->c, e->window, mask, v);
	/* a dialog may choose its size; we choose where it stands, so that it never leaves the picture */
	if (w)
		sek_wm_place(wm, w);
}

static void on_state_wish(struct sek_wm *wm, const xcb_client_message_event_t *e)
{
	enum { REMOVE = 0, ADD = 1, TOGGLE = 2 };
	struct sek_wm_window *w = sek_wm_find(wm, e->window);
	uint32_t action = e->data.data32[0];

	if (!w)
		return;
	for (int i = 1; i <= 2; i++) {
		if (e->data.data32[i] != wm->atom[SEK_ATOM__NET_WM_STATE_FULLSCREEN])
			continue;
		w->fullscreen = action == ADD || (action == TOGGLE && !w->fullscreen);
		sek_wm_place(wm, w);
	}
	/* every other wish (a window that would not fill the root) is answered with the state as it is */
	sek_wm_tell_state(wm, w);
}

static void on_client_message(struct sek_wm *wm, const xcb_client_message_event_t *e)
{
	static const uint32_t no_frame[4] = { 0 };

	if (e->format != 32)
		return;
	if (e->type == wm->atom[SEK_ATOM__NET_WM_STATE])
		on_state_wish(wm, e);
	else if (e->type == wm->atom[SEK_ATOM__NET_ACTIVE_WINDOW])
		sek_wm_raise(wm, e->window);
	else if (e->type == wm->atom[SEK_ATOM__NET_CLOSE_WINDOW])
		sek_wm_close(wm, e->window);
	else if (e->type == wm->atom[SEK_ATOM_WM_CHANGE_STATE])
		sek_wm_lower(wm, e->window); /* "minimise": there is no task bar to bring it back from */
	else if (e->type == wm->atom[SEK_ATOM__NET_REQUEST_FRAME_EXTENTS])
		sek_wm_set(wm, e->window, SEK_ATOM__NET_FRAME_EXTENTS, XCB_ATOM_CARDINAL, no_frame, 4);
}

static void on_unmap(struct sek_wm *wm, const xcb_unmap_notify_event_t *e)
{
	static const uint32_t withdrawn[2] = { 0, XCB_WINDOW_NONE };

	if (!sek_wm_find(wm, e->window))
		return;
	sek_wm_forget(wm, e->window);
	sek_wm_set(wm, e->window, SEK_ATOM_WM_STATE, wm->atom[SEK_ATOM_WM_STATE], withdrawn, 2);
}

void sek_wm_event(struct sek_wm *wm, const xcb_generic_event_t *e)
{
	switch (e->response_type & 0x7f) { /* the highest bit only says that a client sent it */
	case XCB_MAP_REQUEST:
		sek_wm_manage(wm, ((const xcb_map_request_event_t *)e)->window);
		break;
	case XCB_MAP_NOTIFY:
		on_map_notify(wm, (const xcb_map_notify_event_t *)e);
		break;
	case XCB_UNMAP_NOTIFY:
		on_unmap(wm, (const xcb_unmap_notify_event_t *)e);
		break;
	case XCB_DESTROY_NOTIFY:
		sek_wm_forget(wm, ((const xcb_destroy_notify_event_t *)e)->window);
		break;
	case XCB_CONFIGURE_REQUEST:
		on_configure_request(wm, (const xcb_configure_request_event_t *)e);
		break;
	case XCB_CONFIGURE_NOTIFY: {
		const xcb_configure_notify_event_t *n = (const xcb_configure_notify_event_t *)e;

		/* RandR changes the root's size, and that is all that we need to know of it */
		if (n->window == wm->screen->root)
			sek_wm_resize(wm, n->width, n->height);
		break;
	}
	case XCB_CLIENT_MESSAGE:
		on_client_message(wm, (const xcb_client_message_event_t *)e);
		break;
	default:
		break; /* errors of requests about windows that are gone, and events that nobody asked for */
	}
}
