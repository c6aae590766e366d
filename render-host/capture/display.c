/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The connection to the X server: extensions, events, damage, cursor, XTEST. The X server runs inside the sandbox, so
 * what it says is hostile: lengths are checked here where libxcb does not, and rectangles are clipped to the picture.
 */
#include "render-host/capture/display.h"

#include <stdlib.h>
#include <unistd.h>
#include <xcb/randr.h>
#include <xcb/xcbext.h>
#include <xcb/xkb.h>
#include <xcb/xtest.h>

#include "render-host/capture/display_internal.h"
#include "render-host/capture/local_socket.h"

enum { EVENTS_AT_ONCE = 4096 }; /* handled in one go, so that a flood does not keep the rest waiting */

/* The extension's first event number. */
static sek_status need(struct sek_display *d, xcb_extension_t *id, uint8_t *ret_event)
{
	const xcb_query_extension_reply_t *r = xcb_get_extension_data(d->x, id);

	if (!r || !r->present)
		return sek_fail(SEK_E_CLOSED);
	*ret_event = r->first_event;
	return sek_ok();
}

/* Each extension must be told the version that we speak before it is used. */
static sek_status init_extensions(struct sek_display *d)
{
	uint8_t unused;

	xcb_prefetch_extension_data(d->x, &xcb_damage_id);
	xcb_prefetch_extension_data(d->x, &xcb_xfixes_id);
	xcb_prefetch_extension_data(d->x, &xcb_test_id);
	xcb_prefetch_extension_data(d->x, &xcb_randr_id);
	xcb_prefetch_extension_data(d->x, &xcb_xkb_id);
	SEK_TRY(need(d, &xcb_damage_id, &d->damage_event));
	SEK_TRY(need(d, &xcb_xfixes_id, &d->xfixes_event));
	SEK_TRY(need(d, &xcb_test_id, &unused));
	SEK_TRY(need(d, &xcb_randr_id, &d->randr_event));
	SEK_TRY(need(d, &xcb_xkb_id, &d->xkb_event));
	free(xcb_xfixes_query_version_reply(d->x, xcb_xfixes_query_version(d->x, 5, 0), NULL));
	free(xcb_damage_query_version_reply(d->x, xcb_damage_query_version(d->x, 1, 1), NULL));
	/* another client's server grab must not stop the user's input */
	xcb_test_grab_control(d->x, 1);
	SEK_TRY(sek_display_screen_init(d));
	return sek_display_xkb_init(d);
}

sek_status sek_display_open(const char *path, const struct sek_display_events *events, struct sek_display **ret)
{
	struct sek_display *d;
	xcb_screen_iterator_t screens;
	sek_status s;
	int fd = -1;

	SEK_TRY(sek_local_connect(path, &fd));
	d = calloc(1, sizeof *d);
	if (!d) {
		close(fd);
		return sek_fail(SEK_E_NOMEM);
	}
	d->events = *events;
	d->x = xcb_connect_to_fd(fd, NULL); /* owns fd, also when it fails */
	s = sek_fail(SEK_E_CLOSED);
	if (xcb_connection_has_error(d->x))
		goto out;
	screens = xcb_setup_roots_iterator(xcb_get_setup(d->x));
	if (screens.rem < 1)
		goto out;
	d->root = screens.data->root;
	d->width_px = screens.data->width_in_pixels;
	d->height_px = screens.data->height_in_pixels;
	s = init_extensions(d);
	if (!sek_is_ok(s))
		goto out;
	xcb_flush(d->x);
	*ret = d;
	return sek_ok();
out:
	sek_display_close(d);
	return s;
}

void sek_display_close(struct sek_display *d)
{
	if (!d)
		return;
	xcb_disconnect(d->x);
	xkb_context_unref(d->xkb);
	free(d);
}

int sek_display_fd(const struct sek_display *d)
{
	return xcb_get_file_descriptor(d->x);
}

void sek_display_flush(struct sek_display *d)
{
	xcb_flush(d->x);
}

uint16_t sek_display_width(const struct sek_display *d)
{
	return d->width_px;
}

uint16_t sek_display_height(const struct sek_display *d)
{
	return d->height_px;
}

/* --- cursor: asked for without waiting, one request at a time --- */

static void ask_cursor(struct sek_display *d)
{
	if (d->cursor_asked) {
		d->cursor_again = true;
		return;
	}
	d->cursor_cookie = xcb_xfixes_get_cursor_image_unchecked(d->x);
	d->cursor_asked = true;
	xcb_flush(d->x);
}

/* True if an answer was there. */
static bool take_cursor(struct sek_display *d)
{
	struct sek_cursor_image image;
	xcb_generic_error_t *error = NULL;
	void *reply = NULL;
	const xcb_xfixes_get_cursor_image_reply_t *r;

	if (!d->cursor_asked || !xcb_poll_for_reply(d->x, d->cursor_cookie.sequence, &reply, &error))
		return false;
	free(error);
	d->cursor_asked = false;
	r = reply;
	/* the reply's own length, not the sizes inside it, says how many pixels are there */
	if (r && (uint64_t)r->length * 4 + 32 >= sizeof *r + (uint64_t)r->width * r->height * 4) {
		sek_cursor_convert(xcb_xfixes_get_cursor_image_cursor_image(r), r->width, r->height, r->xhot, r->yhot,
			&image);
		d->events.cursor(d->events.user, &image);
	}
	free(reply);
	if (d->cursor_again) {
		d->cursor_again = false;
		ask_cursor(d);
	}
	return true;
}

void sek_display_watch(struct sek_display *d, bool on)
{
	if (on == (d->damage != 0))
		return;
	if (on) {
		d->damage = xcb_generate_id(d->x);
		xcb_damage_create(d->x, d->damage, d->root, XCB_DAMAGE_REPORT_LEVEL_RAW_RECTANGLES);
		xcb_xfixes_select_cursor_input(d->x, d->root, XCB_XFIXES_CURSOR_NOTIFY_MASK_DISPLAY_CURSOR);
		ask_cursor(d);
	} else {
		xcb_damage_destroy(d->x, d->damage);
		xcb_xfixes_select_cursor_input(d->x, d->root, 0);
		d->damage = 0;
	}
}

/* --- events --- */

static void on_damage(struct sek_display *d, const xcb_damage_notify_event_t *e)
{
	int32_t x0 = e->area.x, y0 = e->area.y, x1 = x0 + e->area.width, y1 = y0 + e->area.height;

	if (!d->damage || e->damage != d->damage)
		return;
	x0 = x0 < 0 ? 0 : x0;
	y0 = y0 < 0 ? 0 : y0;
	x1 = x1 > d->width_px ? d->width_px : x1;
	y1 = y1 > d->height_px ? d->height_px : y1;
	if (x0 >= x1 || y0 >= y1)
		return;
	d->events.damage(d->events.user,
		(struct sek_rect){ (uint16_t)x0, (uint16_t)y0, (uint16_t)(x1 - x0), (uint16_t)(y1 - y0) });
}

static void on_event(struct sek_display *d, const xcb_generic_event_t *e)
{
	uint8_t type = e->response_type & 0x7f;

	if (type == d->damage_event + XCB_DAMAGE_NOTIFY)
		on_damage(d, (const xcb_damage_notify_event_t *)(const void *)e);
	else if (type == d->xfixes_event + XCB_XFIXES_CURSOR_NOTIFY)
		ask_cursor(d);
	else if (type == d->xkb_event)
		sek_display_xkb_event(d, e);
	else if (type == d->randr_event + XCB_RANDR_SCREEN_CHANGE_NOTIFY)
		sek_display_screen_event(d, e);
	/* errors of requests that were not checked (type 0) are of no consequence */
}

/* xcb reads replies and events together, so that looking for one may take the other off the socket, where poll() no
 * longer sees it: this ends only when neither is left in xcb's own queues. */
sek_status sek_display_dispatch(struct sek_display *d, bool *ret_more)
{
	int left = EVENTS_AT_ONCE;

	while (left-- > 0) {
		xcb_generic_event_t *e = xcb_poll_for_event(d->x);

		if (!e && take_cursor(d))
			continue;
		if (!e)
			e = xcb_poll_for_queued_event(d->x);
		if (!e && d->keymap_changed) {
			d->keymap_changed = false;
			d->events.keymap(d->events.user);
			continue;
		}
		if (!e)
			break;
		on_event(d, e);
		free(e);
	}
	*ret_more = left < 0;
	return xcb_connection_has_error(d->x) ? sek_fail(SEK_E_CLOSED) : sek_ok();
}

/* --- input --- */

void sek_display_key(void *display, uint8_t keycode, bool down)
{
	struct sek_display *d = display;

	xcb_test_fake_input(d->x, down ? XCB_KEY_PRESS : XCB_KEY_RELEASE, keycode, XCB_CURRENT_TIME, d->root, 0, 0, 0);
}

void sek_display_motion(void *display, uint16_t x_px, uint16_t y_px)
{
	struct sek_display *d = display;

	xcb_test_fake_input(d->x, XCB_MOTION_NOTIFY, 0, XCB_CURRENT_TIME, d->root, (int16_t)x_px, (int16_t)y_px, 0);
}

void sek_display_button(void *display, uint8_t number, bool down)
{
	struct sek_display *d = display;

	xcb_test_fake_input(d->x, down ? XCB_BUTTON_PRESS : XCB_BUTTON_RELEASE, number, XCB_CURRENT_TIME, d->root, 0, 0,
		0);
}
