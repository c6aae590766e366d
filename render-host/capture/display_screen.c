/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The size of the X screen, by RandR. Xvfb keeps the stride of its framebuffer file; the picture is the top-left corner.
 */
#include <stdio.h>
#include <stdlib.h>
#include <xcb/randr.h>

#include "protocol/limits.h"
#include "render-host/capture/display_internal.h"

enum {
	REFRESH_HZ = 60,
	/* physical size as if for 96 dots an inch: what Chromium takes for scale 1 */
	DPI = 96,
};

/* The one output and the one CRTC of Xvfb. */
struct head {
	xcb_randr_output_t output;
	xcb_randr_crtc_t crtc;
};

sek_status sek_display_screen_init(struct sek_display *d)
{
	free(xcb_randr_query_version_reply(d->x, xcb_randr_query_version(d->x, 1, 5), NULL));
	xcb_randr_select_input(d->x, d->root, XCB_RANDR_NOTIFY_MASK_SCREEN_CHANGE);
	return sek_ok();
}

static void set_size(struct sek_display *d, uint16_t width, uint16_t height)
{
	if (!width || !height || (width == d->width_px && height == d->height_px))
		return;
	d->width_px = width;
	d->height_px = height;
	d->events.size(d->events.user, width, height);
}

void sek_display_screen_event(struct sek_display *d, const xcb_generic_event_t *e)
{
	const xcb_randr_screen_change_notify_event_t *n = (const xcb_randr_screen_change_notify_event_t *)(const void *)e;

	set_size(d, n->width, n->height);
}

static sek_status find_head(struct sek_display *d, struct head *ret)
{
	xcb_randr_get_screen_resources_current_reply_t *r = xcb_randr_get_screen_resources_current_reply(d->x,
		xcb_randr_get_screen_resources_current(d->x, d->root), NULL);
	sek_status s = sek_fail(SEK_E_DENIED);

	if (!r)
		return s;
	/* libxcb does not compare the counts with the reply's length: the X server might lie */
	if (r->num_crtcs >= 1 && r->num_outputs >= 1 && r->length >= (uint32_t)r->num_crtcs + r->num_outputs) {
		ret->crtc = xcb_randr_get_screen_resources_current_crtcs(r)[0];
		ret->output = xcb_randr_get_screen_resources_current_outputs(r)[0];
		s = sek_ok();
	}
	free(r);
	return s;
}

static bool accepted(struct sek_display *d, xcb_void_cookie_t cookie)
{
	xcb_generic_error_t *error = xcb_request_check(d->x, cookie);
	bool ok = !error;

	free(error);
	return ok;
}

static uint32_t create_mode(struct sek_display *d, uint16_t width, uint16_t height)
{
	xcb_randr_mode_info_t m = {
		.width = width, .height = height, .dot_clock = (uint32_t)width * height * REFRESH_HZ,
		.hsync_start = width, .hsync_end = width, .htotal = width,
		.vsync_start = height, .vsync_end = height, .vtotal = height,
	};
	xcb_randr_create_mode_reply_t *r;
	char name[48];
	uint32_t mode;

	/* a name of its own: the mode of the same size may be in use while its successor is made */
	m.name_len = (uint16_t)snprintf(name, sizeof name, "sekisho-%ux%u-%u", width, height,
		(unsigned)xcb_generate_id(d->x));
	r = xcb_randr_create_mode_reply(d->x, xcb_randr_create_mode(d->x, d->root, m, m.name_len, name), NULL);
	mode = r ? r->mode : 0;
	free(r);
	return mode;
}

static bool set_crtc(struct sek_display *d, const struct head *h, uint32_t mode)
{
	xcb_randr_set_crtc_config_reply_t *r = xcb_randr_set_crtc_config_reply(d->x,
		xcb_randr_set_crtc_config(d->x, h->crtc, XCB_CURRENT_TIME, XCB_CURRENT_TIME, 0, 0, mode,
			XCB_RANDR_ROTATION_ROTATE_0, mode ? 1 : 0, &h->output),
		NULL);
	bool ok = r && r->status == XCB_RANDR_SET_CONFIG_SUCCESS;

	free(r);
	return ok;
}

/* The X server accepts another screen size only while no CRTC would lie outside it. */
static bool switch_mode(struct sek_display *d, const struct head *h, uint32_t mode, uint16_t width, uint16_t height)
{
	bool ok;

	if (!accepted(d, xcb_randr_add_output_mode_checked(d->x, h->output, mode)))
		return false;
	xcb_grab_server(d->x);
	ok = set_crtc(d, h, 0) &&
		accepted(d, xcb_randr_set_screen_size_checked(d->x, d->root, width, height, width * 254u / (10 * DPI),
			height * 254u / (10 * DPI)));
	/* also after a failure: a screen without a CRTC would have no refresh rate */
	ok = set_crtc(d, h, ok || !d->mode ? mode : d->mode) && ok;
	xcb_ungrab_server(d->x);
	return ok;
}

static void remove_mode(struct sek_display *d, const struct head *h, uint32_t mode)
{
	if (!mode)
		return;
	xcb_randr_delete_output_mode(d->x, h->output, mode);
	xcb_randr_destroy_mode(d->x, mode);
}

sek_status sek_display_resize(struct sek_display *d, uint16_t width, uint16_t height)
{
	struct head h;
	uint32_t mode;

	if (width == d->width_px && height == d->height_px)
		return sek_ok();
	SEK_TRY(find_head(d, &h));
	mode = create_mode(d, width, height);
	if (!mode)
		return sek_fail(SEK_E_DENIED);
	if (!switch_mode(d, &h, mode, width, height)) {
		remove_mode(d, &h, mode);
		xcb_flush(d->x);
		return sek_fail(SEK_E_DENIED);
	}
	remove_mode(d, &h, d->mode);
	d->mode = mode;
	set_size(d, width, height);
	xcb_flush(d->x);
	return sek_ok();
}
