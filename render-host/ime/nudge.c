/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A second, small X client inside the input method: it reads only that something was let go, never what.
 */
#include "render-host/ime/nudge.h"

#include <stdlib.h>

#include <glib-unix.h>
#include <xcb/xcb.h>
#include <xcb/xinput.h>

#include "base/log.h"
#include "render-host/session.h"

enum {
	SOON_MS = 40,   /* the page has handled the event by then */
	LATER_MS = 240, /* a page that was busy has, too */
	EVDEV_TO_X = 8, /* X key codes are the kernel's plus 8 */
};

static xcb_connection_t *display;
static xcb_window_t root;
static gboolean (*is_wanted)(void);
static guint soon, later;
static guint sent, seen;      /* nudges, in all */
static guint foreign_releases; /* of capture's own presses that are still to come */

guint sek_ime_nudge_send(void)
{
	xcb_get_input_focus_reply_t *focus;
	xcb_key_release_event_t e = {
		.response_type = XCB_KEY_RELEASE,
		.detail = SEK_IME_FENCE_CODE + EVDEV_TO_X,
		.root = root,
		.same_screen = 1,
	};
	guint number = 0;

	if (!display)
		return 0;
	focus = xcb_get_input_focus_reply(display, xcb_get_input_focus(display), NULL);
	if (focus && focus->focus > XCB_INPUT_FOCUS_POINTER_ROOT && focus->focus != root) {
		e.event = focus->focus;
		xcb_send_event(display, 0, focus->focus, XCB_EVENT_MASK_KEY_RELEASE, (const char *)&e);
		xcb_flush(display);
		number = ++sent;
	}
	free(focus);
	return number;
}

gboolean sek_ime_nudge_passed(guint number)
{
	return seen >= number;
}

void sek_ime_nudge_give_up(void)
{
	seen = sent;
}

void sek_ime_nudge_saw(gboolean down)
{
	if (down)
		foreign_releases++;
	else if (foreign_releases)
		foreign_releases--;
	else if (seen < sent)
		seen++;
}

static gboolean on_time(gpointer timer)
{
	*(guint *)timer = 0;
	if (is_wanted())
		sek_ime_nudge_send();
	return G_SOURCE_REMOVE;
}

void sek_ime_nudge(void)
{
	if (!display)
		return;
	/* the first one is not pushed back by what comes after it, or fast typing would starve it */
	if (!soon)
		soon = g_timeout_add(SOON_MS, on_time, &soon);
	if (later)
		g_source_remove(later);
	later = g_timeout_add(LATER_MS, on_time, &later);
}

static gboolean on_events(gint fd, GIOCondition what, gpointer unused)
{
	xcb_generic_event_t *e;
	gboolean any = FALSE;

	(void)fd, (void)what, (void)unused;
	while ((e = xcb_poll_for_event(display)) != NULL) {
		any |= (e->response_type & 0x7f) == XCB_GE_GENERIC;
		free(e);
	}
	if (xcb_connection_has_error(display))
		return G_SOURCE_REMOVE; /* the display is gone: the session is over */
	if (any)
		sek_ime_nudge();
	return G_SOURCE_CONTINUE;
}

static gboolean watch(void)
{
	struct {
		xcb_input_event_mask_t head;
		uint32_t mask;
	} m = { { XCB_INPUT_DEVICE_ALL_MASTER, 1 },
		XCB_INPUT_XI_EVENT_MASK_RAW_BUTTON_RELEASE | XCB_INPUT_XI_EVENT_MASK_RAW_KEY_RELEASE };
	xcb_input_xi_query_version_reply_t *version = xcb_input_xi_query_version_reply(display,
		xcb_input_xi_query_version(display, 2, 2), NULL);
	xcb_generic_error_t *error;

	if (!version)
		return FALSE;
	free(version);
	error = xcb_request_check(display, xcb_input_xi_select_events_checked(display, root, 1, &m.head));
	free(error);
	return error == NULL;
}

gboolean sek_ime_nudge_start(gboolean (*wanted)(void))
{
	is_wanted = wanted;
	display = xcb_connect(NULL, NULL);
	if (!xcb_connection_has_error(display)) {
		root = xcb_setup_roots_iterator(xcb_get_setup(display)).data->root;
		if (watch()) {
			g_unix_fd_add(xcb_get_file_descriptor(display), G_IO_IN | G_IO_HUP, on_events, NULL);
			return TRUE;
		}
	}
	xcb_disconnect(display);
	display = NULL;
	return FALSE;
}
