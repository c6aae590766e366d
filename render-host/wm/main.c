/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-wm: the window manager of one session. Normal windows fill the screen, dialogs stand in the middle, the newest
 * has the focus; it follows RandR. It draws nothing, reads no text, opens no file and never blocks on a client.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "render-host/helpers.h"
#include "render-host/wm/wm.h"

static bool become_manager(struct sek_wm *wm)
{
	static const uint32_t mask = XCB_EVENT_MASK_SUBSTRUCTURE_REDIRECT | XCB_EVENT_MASK_SUBSTRUCTURE_NOTIFY |
		XCB_EVENT_MASK_STRUCTURE_NOTIFY;
	xcb_generic_error_t *e = xcb_request_check(wm->c,
		xcb_change_window_attributes_checked(wm->c, wm->screen->root, XCB_CW_EVENT_MASK, &mask));

	if (!e)
		return !xcb_connection_has_error(wm->c);
	free(e);
	return false;
}

/* What Chromium looks for before it believes that a window manager runs (EWMH, "Root Window Properties"). */
static void announce(struct sek_wm *wm)
{
	static const char name[] = "sekisho-wm";
	static const uint32_t one = 1, zero[2] = { 0 };
	xcb_window_t root = wm->screen->root;
	uint32_t supported[SEK_ATOM_COUNT];

	wm->check = xcb_generate_id(wm->c);
	xcb_create_window(wm->c, XCB_COPY_FROM_PARENT, wm->check, root, -1, -1, 1, 1, 0, XCB_WINDOW_CLASS_INPUT_ONLY,
		XCB_COPY_FROM_PARENT, 0, NULL);
	xcb_change_property(wm->c, XCB_PROP_MODE_REPLACE, wm->check, wm->atom[SEK_ATOM__NET_WM_NAME],
		wm->atom[SEK_ATOM_UTF8_STRING], 8, sizeof name - 1, name);
	sek_wm_set(wm, wm->check, SEK_ATOM__NET_SUPPORTING_WM_CHECK, XCB_ATOM_WINDOW, &wm->check, 1);
	for (int i = 0; i < SEK_ATOM_COUNT; i++)
		supported[i] = wm->atom[i];
	sek_wm_set(wm, root, SEK_ATOM__NET_SUPPORTED, XCB_ATOM_ATOM, supported, SEK_ATOM_COUNT);
	sek_wm_set(wm, root, SEK_ATOM__NET_NUMBER_OF_DESKTOPS, XCB_ATOM_CARDINAL, &one, 1);
	sek_wm_set(wm, root, SEK_ATOM__NET_CURRENT_DESKTOP, XCB_ATOM_CARDINAL, zero, 1);
	sek_wm_set(wm, root, SEK_ATOM__NET_DESKTOP_VIEWPORT, XCB_ATOM_CARDINAL, zero, 2);
	sek_wm_tell_geometry(wm);
	sek_wm_set(wm, root, SEK_ATOM__NET_SUPPORTING_WM_CHECK, XCB_ATOM_WINDOW, &wm->check, 1);
}

/* Windows that were there before us: those of a window manager that died. */
static void adopt(struct sek_wm *wm)
{
	xcb_query_tree_reply_t *tree = xcb_query_tree_reply(wm->c, xcb_query_tree(wm->c, wm->screen->root), NULL);
	int n = tree ? xcb_query_tree_children_length(tree) : 0;

	for (int i = 0; i < n; i++) {
		xcb_window_t id = xcb_query_tree_children(tree)[i];
		xcb_get_window_attributes_reply_t *a = xcb_get_window_attributes_reply(wm->c,
			xcb_get_window_attributes(wm->c, id), NULL);

		if (a && !a->override_redirect && a->map_state == XCB_MAP_STATE_VIEWABLE) {
			struct sek_wm_window *w;

			sek_wm_manage(wm, id);
			w = sek_wm_find(wm, id);
			if (w)
				w->mapped = true;
		}
		free(a);
	}
	free(tree);
}

static int run(struct sek_wm *wm)
{
	xcb_generic_event_t *e;

	while (xcb_flush(wm->c) > 0 && (e = xcb_wait_for_event(wm->c)) != NULL) {
		do {
			sek_wm_event(wm, e);
			free(e);
		} while ((e = xcb_poll_for_queued_event(wm->c)) != NULL);
	}
	return 0; /* the display is gone: that is how a session ends */
}

int main(void)
{
	struct sek_wm wm = { .status_fd = SEK_WM_STATUS_FD };
	int rc = 1;

	sek_log_init("sekisho-wm", SEK_LOG_INFO);
	if (fcntl(wm.status_fd, F_SETFD, FD_CLOEXEC) < 0)
		wm.status_fd = -1;
	wm.c = xcb_connect(NULL, NULL);
	if (xcb_connection_has_error(wm.c)) {
		sek_log(SEK_LOG_ERROR, "wm.no-display", NULL);
		goto out;
	}
	wm.screen = xcb_setup_roots_iterator(xcb_get_setup(wm.c)).data;
	wm.width_px = wm.screen->width_in_pixels;
	wm.height_px = wm.screen->height_in_pixels;
	if (!sek_wm_atoms_intern(wm.c, wm.atom) || !become_manager(&wm)) {
		sek_log(SEK_LOG_ERROR, "wm.refused", "why", "another window manager runs", NULL);
		goto out;
	}
	announce(&wm);
	adopt(&wm);
	xcb_flush(wm.c);
	if (wm.status_fd >= 0 && write(wm.status_fd, "m", 1) != 1)
		sek_log(SEK_LOG_WARN, "wm.status", "errno", strerror(errno), NULL);
	rc = run(&wm);
out:
	xcb_disconnect(wm.c);
	return rc;
}
