/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the X server's keyboard layout can type: from a character to the key and the modifiers that give it.
 */
#ifndef SEK_CAPTURE_KEYMAP_H
#define SEK_CAPTURE_KEYMAP_H

#include <stdbool.h>
#include <stdint.h>
#include <xkbcommon/xkbcommon.h>

#include "base/status.h"

enum {
	SEK_KEYCODES = 256,
	SEK_EVDEV_TO_X = 8, /* an X keycode is the evdev code plus this (xkb "evdev" keycodes) */
};

/* Real modifiers, as in X events. */
enum { SEK_MOD_SHIFT = 1, SEK_MOD_LOCK = 2, SEK_MOD_CONTROL = 4, SEK_MOD_ALT = 8, SEK_MOD_SUPER = 0x40 };

struct sek_keymap {
	struct xkb_keymap *map;            /* one reference owned */
	uint8_t modifiers[SEK_KEYCODES];   /* what the key adds to the real modifiers while it is held */
	bool locks[SEK_KEYCODES];          /* CapsLock, NumLock and the like: never pressed, see keyboard.c */
	uint8_t num_lock;                  /* the modifier of NumLock, 0: none */
};

/* A key and the real modifiers with which it gives a character. */
struct sek_stroke {
	uint8_t keycode; /* X keycode */
	uint8_t care;    /* the modifiers that this key looks at */
	uint8_t need;    /* those of `care` that must be on; the others of `care` must be off */
};

/* Takes over one reference of map (from the X server: hostile, but checked by xkbcommon). */
void sek_keymap_init(struct sek_keymap *k, struct xkb_keymap *map);
void sek_keymap_finish(struct sek_keymap *k);

/* Finds the stroke for a character (a printable codepoint) in layout group `layout`. `present`: the modifiers that are on
 * now; the stroke that needs the fewest changes wins, and among equals the key `preferred` (0: none), then a key that
 * is not on the keypad. NumLock hardly counts as a change, so that a keypad's digits stay on the keypad. False: the layout has no key for it. */
bool sek_keymap_find(const struct sek_keymap *k, xkb_layout_index_t layout, uint32_t codepoint, uint8_t present,
	uint8_t preferred, struct sek_stroke *ret);

/* True if the key gives the character in one of its levels, in either case: the key of a shortcut. */
bool sek_keymap_key_has(const struct sek_keymap *k, xkb_layout_index_t layout, uint8_t keycode, uint32_t codepoint);

/* True if the layout has this keycode at all. */
bool sek_keymap_knows(const struct sek_keymap *k, uint8_t keycode);

#endif
