/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Deciding which key to press. Three rules, in this order:
 *   - a key without a character (arrows, Return, F5, most shortcuts) is pressed by its place on the keyboard;
 *   - a character is pressed as the key and modifiers that give it in the X server's layout, its own place first;
 *   - a character that the layout lacks is typed as text.
 * CapsLock and NumLock never reach the X server: the user's own keyboard has applied them to the characters already,
 * and a lock that is on at one end only is what garbles typing in remote desktops.
 */
#include "render-host/capture/keyboard.h"

#include <linux/input-event-codes.h>
#include <string.h>

enum {
	SHORTCUT = SEK_MOD_CONTROL | SEK_MOD_ALT | SEK_MOD_SUPER,
	REAL_MODIFIERS = 0xff,
	LET_GO_MAX = 16, /* modifier keys that may have to be let go for one stroke */
};

enum decision { PRESS_NOTHING, PRESS_PLACE, PRESS_STROKE, PRESS_TEXT };

void sek_keyboard_init(struct sek_keyboard *kb, const struct sek_keyboard_ops *ops)
{
	memset(kb, 0, sizeof *kb);
	kb->ops = *ops;
}

void sek_keyboard_finish(struct sek_keyboard *kb)
{
	if (!kb)
		return;
	xkb_state_unref(kb->state);
	kb->state = NULL;
	sek_keymap_finish(&kb->keymap);
}

/* A fresh state in which exactly the held keys are down. */
static void rebuild_state(struct sek_keyboard *kb)
{
	xkb_layout_index_t layout = 0;

	if (kb->state)
		layout = xkb_state_serialize_layout(kb->state, XKB_STATE_LAYOUT_LOCKED);
	xkb_state_unref(kb->state);
	kb->state = xkb_state_new(kb->keymap.map);
	if (!kb->state)
		return;
	if (layout)
		xkb_state_update_mask(kb->state, 0, 0, 0, 0, 0, layout);
	for (unsigned kc = SEK_EVDEV_TO_X; kc < SEK_KEYCODES; kc++)
		if (kb->holders[kc] && !kb->suspended[kc])
			xkb_state_update_key(kb->state, kc, XKB_KEY_DOWN);
}

void sek_keyboard_keymap(struct sek_keyboard *kb, struct xkb_keymap *map)
{
	sek_keymap_finish(&kb->keymap);
	sek_keymap_init(&kb->keymap, map);
	rebuild_state(kb);
}

void sek_keyboard_layout(struct sek_keyboard *kb, xkb_layout_index_t layout)
{
	if (!kb->state || xkb_state_serialize_layout(kb->state, XKB_STATE_LAYOUT_LOCKED) == layout)
		return;
	xkb_state_update_mask(kb->state, 0, 0, 0, 0, 0, layout);
	rebuild_state(kb);
}

static xkb_layout_index_t layout_now(const struct sek_keyboard *kb)
{
	return kb->state ? xkb_state_serialize_layout(kb->state, XKB_STATE_LAYOUT_EFFECTIVE) : 0;
}

static uint8_t modifiers_now(const struct sek_keyboard *kb)
{
	if (!kb->state)
		return 0;
	return (uint8_t)(xkb_state_serialize_mods(kb->state, XKB_STATE_MODS_EFFECTIVE) & REAL_MODIFIERS);
}

/* Sends one X key, and follows it in the state. */
static void send_key(struct sek_keyboard *kb, uint8_t keycode, bool down)
{
	kb->ops.key(kb->ops.user, keycode, down);
	if (!kb->state)
		return;
	xkb_state_update_key(kb->state, keycode, down ? XKB_KEY_DOWN : XKB_KEY_UP);
	/* some layouts lock by other ways (both Shift keys): undo it at once, at both ends */
	if (xkb_state_serialize_mods(kb->state, XKB_STATE_MODS_LOCKED | XKB_STATE_MODS_LATCHED)) {
		kb->ops.lock(kb->ops.user, REAL_MODIFIERS, 0);
		rebuild_state(kb);
	}
}

/* Presses a keycode with exactly the modifiers `need` of `care`, and puts the modifiers back. What is missing is locked
 * for the moment, which pages do not see as a key; what is too much is let go, since a held key cannot be masked. */
static void press_with(struct sek_keyboard *kb, const struct sek_stroke *s, bool and_release)
{
	uint8_t have = modifiers_now(kb) & s->care, add = s->need & (uint8_t)~have, drop = have & (uint8_t)~s->need;
	uint8_t let_go[LET_GO_MAX];
	size_t n = 0;

	for (unsigned kc = SEK_EVDEV_TO_X; drop && kc < SEK_KEYCODES && n < LET_GO_MAX; kc++) {
		if (kb->holders[kc] && !kb->suspended[kc] && (kb->keymap.modifiers[kc] & drop)) {
			send_key(kb, (uint8_t)kc, false);
			let_go[n++] = (uint8_t)kc;
		}
	}
	if (add)
		kb->ops.lock(kb->ops.user, add, add);
	send_key(kb, s->keycode, true);
	if (and_release)
		send_key(kb, s->keycode, false);
	if (add)
		kb->ops.lock(kb->ops.user, add, 0);
	while (n > 0)
		send_key(kb, let_go[--n], true);
}

/* Lets the user's key go of the X key that it holds. */
static void let_go(struct sek_keyboard *kb, uint16_t code)
{
	uint8_t keycode = kb->pressed[code];

	kb->pressed[code] = 0;
	if (!keycode || !kb->holders[keycode] || --kb->holders[keycode] > 0)
		return;
	if (!kb->suspended[keycode])
		send_key(kb, keycode, false);
	kb->suspended[keycode] = false;
}

/* Another key of the user's may hold the same X key: X sees a new press only after a release. */
static void raise_key(struct sek_keyboard *kb, uint8_t keycode)
{
	if (kb->holders[keycode] && !kb->suspended[keycode])
		send_key(kb, keycode, false);
	kb->suspended[keycode] = false;
}

/* Makes the user's key hold an X key, pressing it with the stroke's modifiers. */
static void hold(struct sek_keyboard *kb, uint16_t code, const struct sek_stroke *s)
{
	let_go(kb, code);
	raise_key(kb, s->keycode);
	kb->pressed[code] = s->keycode;
	kb->holders[s->keycode]++;
	press_with(kb, s, false);
}

static void tap(struct sek_keyboard *kb, const struct sek_stroke *s)
{
	raise_key(kb, s->keycode);
	press_with(kb, s, true);
}

static uint8_t place_of(const struct sek_keyboard *kb, uint16_t code)
{
	unsigned keycode = code + SEK_EVDEV_TO_X;

	if (!code || keycode >= SEK_KEYCODES || !sek_keymap_knows(&kb->keymap, (uint8_t)keycode))
		return 0;
	return (uint8_t)keycode;
}

static bool is_printable(uint32_t c)
{
	return c >= 0x20 && !(c >= 0x7f && c < 0xa0);
}

/* A character while Ctrl, Alt or Super is down: a shortcut, unless AltGr was used to type the character. */
static enum decision decide_shortcut(const struct sek_keyboard *kb, uint8_t place, uint32_t c, struct sek_stroke *ret)
{
	uint8_t mods = modifiers_now(kb);
	struct sek_stroke s;

	if (place && sek_keymap_key_has(&kb->keymap, layout_now(kb), place, c))
		return PRESS_PLACE;
	if (sek_keymap_find(&kb->keymap, layout_now(kb), c, mods, place, &s)) {
		if (kb->down[KEY_RIGHTALT]) {
			/* in this layout the user's AltGr is a plain Alt: it must not turn the character into a
			 * shortcut (Windows sends Ctrl with it) */
			s.care |= SHORTCUT;
			s.need &= (uint8_t)~SHORTCUT;
		} else {
			/* the key alone makes the shortcut; Shift stays as the user holds it */
			s.care = 0;
			s.need = 0;
		}
		*ret = s;
		return PRESS_STROKE;
	}
	/* a letter of another script with Ctrl: the shortcut on the same place (Cyrillic Ctrl+C) */
	if (place && (mods & (SEK_MOD_CONTROL | SEK_MOD_SUPER)) && !kb->down[KEY_RIGHTALT])
		return PRESS_PLACE;
	return PRESS_TEXT;
}

static enum decision decide(const struct sek_keyboard *kb, const struct sek_key *key, struct sek_stroke *ret)
{
	uint8_t place = place_of(kb, key->code), mods = modifiers_now(kb);

	*ret = (struct sek_stroke){ .keycode = place };
	if (place && kb->keymap.locks[place])
		return PRESS_NOTHING;
	if (!is_printable(key->codepoint) || (place && kb->keymap.modifiers[place]))
		return place ? PRESS_PLACE : PRESS_NOTHING;
	if (mods & SHORTCUT)
		return decide_shortcut(kb, place, key->codepoint, ret);
	if (sek_keymap_find(&kb->keymap, layout_now(kb), key->codepoint, mods, place, ret))
		return PRESS_STROKE;
	return PRESS_TEXT;
}

void sek_keyboard_event(struct sek_keyboard *kb, const struct sek_key *key)
{
	bool repeated = key->code && kb->down[key->code];
	struct sek_stroke s;
	enum decision d;

	if (!key->down) {
		if (key->code) {
			kb->down[key->code] = false;
			let_go(kb, key->code);
		}
		return;
	}
	/* a held modifier does not repeat */
	if (repeated && kb->keymap.modifiers[kb->pressed[key->code]])
		return;
	d = decide(kb, key, &s);
	if (key->code)
		kb->down[key->code] = true;
	if (d == PRESS_PLACE || d == PRESS_STROKE) {
		/* A repetition is a release and a press: the X server drops XTEST presses of a key that is down, and its
		 * own auto-repeat, which would go on while the line hangs, is off. */
		if (key->code)
			hold(kb, key->code, &s);
		else
			tap(kb, &s);
		return;
	}
	if (key->code)
		let_go(kb, key->code);
	if (d == PRESS_TEXT)
		kb->ops.text(kb->ops.user, key->codepoint);
}

void sek_keyboard_tap(struct sek_keyboard *kb, uint16_t code)
{
	struct sek_stroke s = { .keycode = place_of(kb, code), .care = SHORTCUT | SEK_MOD_SHIFT };

	if (s.keycode)
		tap(kb, &s);
}

bool sek_keyboard_type(struct sek_keyboard *kb, uint32_t codepoint)
{
	struct sek_stroke s;

	if (!is_printable(codepoint) ||
	    !sek_keymap_find(&kb->keymap, layout_now(kb), codepoint, modifiers_now(kb), 0, &s))
		return false;
	s.care |= SHORTCUT;
	tap(kb, &s);
	return true;
}

void sek_keyboard_suspend(struct sek_keyboard *kb)
{
	for (unsigned kc = SEK_EVDEV_TO_X; kc < SEK_KEYCODES; kc++) {
		if (!kb->holders[kc] || kb->suspended[kc] || !(kb->keymap.modifiers[kc] & SHORTCUT))
			continue;
		send_key(kb, (uint8_t)kc, false);
		kb->suspended[kc] = true;
	}
}

void sek_keyboard_resume(struct sek_keyboard *kb)
{
	for (unsigned kc = SEK_EVDEV_TO_X; kc < SEK_KEYCODES; kc++) {
		if (!kb->suspended[kc])
			continue;
		kb->suspended[kc] = false;
		send_key(kb, (uint8_t)kc, true);
	}
}

void sek_keyboard_release(struct sek_keyboard *kb)
{
	for (uint16_t code = 0; code <= SEK_KEY_CODE_MAX; code++) {
		kb->down[code] = false;
		let_go(kb, code);
	}
	kb->ops.lock(kb->ops.user, REAL_MODIFIERS, 0);
	if (kb->keymap.map)
		rebuild_state(kb);
}
