/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The X connection: atoms, a window of our own, and the events of the CLIPBOARD selection.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xcb/xfixes.h>

#include "render-host/clip/clip.h"

int64_t sek_clip_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool intern(struct sek_clip *k)
{
	static const char *const names[SEK_CLIP_ATOM_COUNT] = {
#define X(name) [SEK_CLIP_##name] = #name,
		SEK_CLIP_ATOMS(X)
#undef X
		[SEK_CLIP_TEXT_PLAIN] = "text/plain;charset=utf-8",
	};
	xcb_intern_atom_cookie_t asked[SEK_CLIP_ATOM_COUNT];
	bool all = true;

	for (int i = 0; i < SEK_CLIP_ATOM_COUNT; i++)
		asked[i] = xcb_intern_atom(k->c, 0, (uint16_t)strlen(names[i]), names[i]);
	for (int i = 0; i < SEK_CLIP_ATOM_COUNT; i++) {
		xcb_intern_atom_reply_t *r = xcb_intern_atom_reply(k->c, asked[i], NULL);

		k->atom[i] = r ? r->atom : XCB_ATOM_NONE;
		all = all && r;
		free(r);
	}
	return all;
}

static bool watch(struct sek_clip *k, xcb_window_t root)
{
	const xcb_query_extension_reply_t *fixes = xcb_get_extension_data(k->c, &xcb_xfixes_id);
	xcb_xfixes_query_version_reply_t *version;

	if (!fixes || !fixes->present)
		return false;
	k->fixes_event = fixes->first_event;
	version = xcb_xfixes_query_version_reply(k->c, xcb_xfixes_query_version(k->c, 5, 0), NULL);
	if (!version)
		return false;
	free(version);
	xcb_xfixes_select_selection_input(k->c, root, k->atom[SEK_CLIP_CLIPBOARD],
		XCB_XFIXES_SELECTION_EVENT_MASK_SET_SELECTION_OWNER);
	return true;
}

bool sek_clip_open(struct sek_clip *k)
{
	static const uint32_t events = XCB_EVENT_MASK_PROPERTY_CHANGE;
	xcb_screen_t *screen;

	k->c = xcb_connect(NULL, NULL);
	if (xcb_connection_has_error(k->c))
		return false;
	screen = xcb_setup_roots_iterator(xcb_get_setup(k->c)).data;
	k->window = xcb_generate_id(k->c);
	xcb_create_window(k->c, XCB_COPY_FROM_PARENT, k->window, screen->root, -1, -1, 1, 1, 0, XCB_WINDOW_CLASS_INPUT_ONLY,
		XCB_COPY_FROM_PARENT, XCB_CW_EVENT_MASK, &events);
	return intern(k) && watch(k, screen->root) && xcb_flush(k->c) > 0;
}

static void on_property(struct sek_clip *k, const xcb_property_notify_event_t *e)
{
	if (e->state == XCB_PROPERTY_DELETE)
		sek_clip_serve_more(k, e->window, e->atom);
	else if (e->window == k->window && e->atom == k->atom[SEK_CLIP_SEKISHO_CLIP])
		sek_clip_increment(k);
}

static void on_event(struct sek_clip *k, const xcb_generic_event_t *e)
{
	uint8_t type = e->response_type & 0x7f;

	if (type == XCB_SELECTION_REQUEST) {
		sek_clip_serve(k, (const xcb_selection_request_event_t *)e);
	} else if (type == XCB_SELECTION_NOTIFY) {
		sek_clip_answered(k, (const xcb_selection_notify_event_t *)e);
	} else if (type == XCB_PROPERTY_NOTIFY) {
		on_property(k, (const xcb_property_notify_event_t *)e);
	} else if (type == XCB_SELECTION_CLEAR) {
		sek_clip_lost(k);
	} else if (type == k->fixes_event + XCB_XFIXES_SELECTION_NOTIFY) {
		const xcb_xfixes_selection_notify_event_t *n = (const xcb_xfixes_selection_notify_event_t *)e;

		if (n->owner != XCB_WINDOW_NONE && n->owner != k->window)
			sek_clip_want(k);
	}
}

bool sek_clip_events(struct sek_clip *k)
{
	xcb_generic_event_t *e;

	while ((e = xcb_poll_for_event(k->c)) != NULL) {
		on_event(k, e);
		free(e);
	}
	return xcb_flush(k->c) > 0;
}
