/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The X server's keyboard layout. Must never open a file: it comes from the X server, and from inside the jail.
 */
#include <stdlib.h>
#include <xcb/xkb.h>
#include <xkbcommon/xkbcommon-x11.h>

#include "render-host/capture/display_internal.h"

enum {
	EVENTS = XCB_XKB_EVENT_TYPE_NEW_KEYBOARD_NOTIFY | XCB_XKB_EVENT_TYPE_MAP_NOTIFY |
		XCB_XKB_EVENT_TYPE_STATE_NOTIFY,
	NEW_KEYBOARD = XCB_XKB_NKN_DETAIL_KEYCODES | XCB_XKB_NKN_DETAIL_DEVICE_ID,
	MAP_PARTS = XCB_XKB_MAP_PART_KEY_TYPES | XCB_XKB_MAP_PART_KEY_SYMS | XCB_XKB_MAP_PART_MODIFIER_MAP |
		XCB_XKB_MAP_PART_EXPLICIT_COMPONENTS | XCB_XKB_MAP_PART_KEY_ACTIONS | XCB_XKB_MAP_PART_VIRTUAL_MODS |
		XCB_XKB_MAP_PART_VIRTUAL_MOD_MAP,
	STATE_PARTS = XCB_XKB_STATE_PART_GROUP_LOCK,
};

/* A user's key repeats when the user's side says so. The X server's own repeating would go on while the line hangs with
 * a key held. */
static void switch_repeat_off(struct sek_display *d)
{
	static const uint32_t off = XCB_AUTO_REPEAT_MODE_OFF;

	xcb_change_keyboard_control(d->x, XCB_KB_AUTO_REPEAT_MODE, &off);
}

sek_status sek_display_xkb_init(struct sek_display *d)
{
	static const xcb_xkb_select_events_details_t details = {
		.affectNewKeyboard = NEW_KEYBOARD, .newKeyboardDetails = NEW_KEYBOARD,
		.affectState = STATE_PARTS, .stateDetails = STATE_PARTS,
	};

	if (!xkb_x11_setup_xkb_extension(d->x, XKB_X11_MIN_MAJOR_XKB_VERSION, XKB_X11_MIN_MINOR_XKB_VERSION,
		    XKB_X11_SETUP_XKB_EXTENSION_NO_FLAGS, NULL, NULL, NULL, NULL))
		return sek_fail(SEK_E_CLOSED);
	d->keyboard = xkb_x11_get_core_keyboard_device_id(d->x);
	if (d->keyboard < 0)
		return sek_fail(SEK_E_CLOSED);
	d->xkb = xkb_context_new(XKB_CONTEXT_NO_DEFAULT_INCLUDES | XKB_CONTEXT_NO_ENVIRONMENT_NAMES);
	if (!d->xkb)
		return sek_fail(SEK_E_NOMEM);
	/* what it has to say about a strange layout is the sandbox's words: not for our log */
	xkb_context_set_log_level(d->xkb, XKB_LOG_LEVEL_CRITICAL);
	xcb_xkb_select_events_aux(d->x, (xcb_xkb_device_spec_t)d->keyboard, EVENTS, 0, 0, MAP_PARTS, MAP_PARTS, &details);
	switch_repeat_off(d);
	sek_display_lock(d, 0xff, 0);
	d->keymap_changed = true;
	return sek_ok();
}

void sek_display_xkb_event(struct sek_display *d, const xcb_generic_event_t *e)
{
	/* all XKB events share one number; the kind is in the second byte */
	switch (e->pad0) {
	case XCB_XKB_NEW_KEYBOARD_NOTIFY:
		/* another device, with settings of its own */
		switch_repeat_off(d);
		d->keymap_changed = true;
		break;
	case XCB_XKB_MAP_NOTIFY:
		d->keymap_changed = true;
		break;
	case XCB_XKB_STATE_NOTIFY:
		d->events.layout(d->events.user, ((const xcb_xkb_state_notify_event_t *)(const void *)e)->lockedGroup);
		break;
	default:
		break;
	}
}

struct xkb_keymap *sek_display_keymap(struct sek_display *d)
{
	return xkb_x11_keymap_new_from_device(d->xkb, d->x, d->keyboard, XKB_KEYMAP_COMPILE_NO_FLAGS);
}

void sek_display_lock(void *display, uint8_t affect, uint8_t on)
{
	struct sek_display *d = display;

	xcb_xkb_latch_lock_state(d->x, (xcb_xkb_device_spec_t)d->keyboard, affect, on, 0, 0, 0, 0, 0);
}
