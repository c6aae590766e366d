/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From the user's keys to the X server's: whatever layout the user has, the character that was typed arrives, and every
 * key that went down comes up again. Knows no X: what it decides goes through struct sek_keyboard_ops.
 */
#ifndef SEK_CAPTURE_KEYBOARD_H
#define SEK_CAPTURE_KEYBOARD_H

#include "protocol/wire/messages.h"
#include "render-host/capture/keymap.h"

struct sek_keyboard_ops {
	void *user;
	/* presses or releases an X keycode */
	void (*key)(void *user, uint8_t keycode, bool down);
	/* sets the locked state of the modifiers in `affect` to `on` */
	void (*lock)(void *user, uint8_t affect, uint8_t on);
	/* types a character that no key of the layout gives */
	void (*text)(void *user, uint32_t codepoint);
};

struct sek_keyboard {
	struct sek_keyboard_ops ops;
	struct sek_keymap keymap;            /* owned */
	struct xkb_state *state;             /* owned; follows every press and release that was sent */
	uint8_t pressed[SEK_KEY_CODE_MAX + 1]; /* the X keycode that the user's key (by evdev code) holds down; 0: none */
	bool down[SEK_KEY_CODE_MAX + 1];     /* the user's key is down (even if it holds no X key) */
	uint16_t holders[SEK_KEYCODES];      /* how many of the user's keys hold this X keycode */
	bool suspended[SEK_KEYCODES];        /* held by the user, but up in X for the moment */
};

/* No keymap yet: nothing is pressed until one is set. ops is copied. */
void sek_keyboard_init(struct sek_keyboard *kb, const struct sek_keyboard_ops *ops);
void sek_keyboard_finish(struct sek_keyboard *kb);

/* The X server has this layout now; takes over one reference. Held keys stay held. */
void sek_keyboard_keymap(struct sek_keyboard *kb, struct xkb_keymap *map);
/* The X server uses this group of the layout now. */
void sek_keyboard_layout(struct sek_keyboard *kb, xkb_layout_index_t layout);

/* One KEY message (already checked by its reader). A repeated down repeats the key. */
void sek_keyboard_event(struct sek_keyboard *kb, const struct sek_key *key);

/* Presses and releases the key with this evdev code, without any modifier (Return and Tab inside texts). */
void sek_keyboard_tap(struct sek_keyboard *kb, uint16_t code);
/* Types one character with keys. False: the layout has none for it. */
bool sek_keyboard_type(struct sek_keyboard *kb, uint32_t codepoint);

/* Around a text that goes by the IME: the browser takes a committed character for a shortcut, and drops it, while Ctrl,
 * Alt or Super is down in X. Those that the user holds go up and come down again. Both may be called at any time. */
void sek_keyboard_suspend(struct sek_keyboard *kb);
void sek_keyboard_resume(struct sek_keyboard *kb);

/* Lets go of every key and clears what may be locked. */
void sek_keyboard_release(struct sek_keyboard *kb);

#endif
