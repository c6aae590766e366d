/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Decides what becomes of each key: sent as a physical key with the character that the layout gave, sent as text, or left to the
 * local input method. Knows nothing of windows; needs of SDL only the names of keys.
 */
#ifndef SEK_CLIENT_VIEWER_KEYBOARD_H
#define SEK_CLIENT_VIEWER_KEYBOARD_H

#include <SDL_keyboard.h>
#include <stdbool.h>
#include <stdint.h>

#include "protocol/limits.h"

struct keyboard {
	void (*send)(void *user, uint16_t code, bool down, uint32_t codepoint);
	void *user;
	bool down[SEK_KEY_CODE_MAX + 1];
	uint32_t codepoint[SEK_KEY_CODE_MAX + 1]; /* that it went down with */
	bool alt_waits; /* the right Alt is down here: nobody knows yet whether it is Alt or AltGr */
};

enum keyboard_outcome {
	KEYBOARD_SENT,  /* it went out; the text that came with it is done with */
	KEYBOARD_TEXT,  /* the text that came with it is to be sent as text */
	KEYBOARD_LOCAL, /* nothing went out: a dead key, one of the input method, one that nobody knows */
};

/* evdev code of a physical key, 0 if it has none on the wire. */
uint16_t keyboard_code(SDL_Scancode scancode);

/* A key went down (also by repetition). text: what SDL gave with it, UTF-8, NULL if nothing. */
enum keyboard_outcome keyboard_press(struct keyboard *k, SDL_Keysym key, const char *text);
void keyboard_release(struct keyboard *k, SDL_Scancode scancode);
/* Forgets what is down, without sending: after a RELEASE. */
void keyboard_forget(struct keyboard *k);

bool keyboard_is_paste(SDL_Keysym key);
bool keyboard_is_copy(SDL_Keysym key);

#endif
