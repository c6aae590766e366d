/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Keys of SDL into keys of the wire. Never sends a key that an input method has taken, so that no character arrives twice.
 */
#include "client/viewer/keyboard.h"

#include <linux/input-event-codes.h>
#include <string.h>

#include "base/utf8.h"

static const uint8_t codes[SDL_NUM_SCANCODES] = {
#define K(scancode, code) [SDL_SCANCODE_##scancode] = KEY_##code
#define SAME(name) K(name, name)
	SAME(A), SAME(B), SAME(C), SAME(D), SAME(E), SAME(F), SAME(G), SAME(H), SAME(I), SAME(J), SAME(K), SAME(L), SAME(M),
	SAME(N), SAME(O), SAME(P), SAME(Q), SAME(R), SAME(S), SAME(T), SAME(U), SAME(V), SAME(W), SAME(X), SAME(Y), SAME(Z),
	SAME(1), SAME(2), SAME(3), SAME(4), SAME(5), SAME(6), SAME(7), SAME(8), SAME(9), SAME(0),
	K(RETURN, ENTER), K(ESCAPE, ESC), SAME(BACKSPACE), SAME(TAB), SAME(SPACE), SAME(MINUS), K(EQUALS, EQUAL),
	K(LEFTBRACKET, LEFTBRACE), K(RIGHTBRACKET, RIGHTBRACE), SAME(BACKSLASH), K(NONUSHASH, BACKSLASH), SAME(SEMICOLON),
	SAME(APOSTROPHE), SAME(GRAVE), SAME(COMMA), K(PERIOD, DOT), SAME(SLASH), SAME(CAPSLOCK),
	SAME(F1), SAME(F2), SAME(F3), SAME(F4), SAME(F5), SAME(F6), SAME(F7), SAME(F8), SAME(F9), SAME(F10), SAME(F11), SAME(F12),
	SAME(F13), SAME(F14), SAME(F15), SAME(F16), SAME(F17), SAME(F18), SAME(F19), SAME(F20), SAME(F21), SAME(F22), SAME(F23),
	SAME(F24), K(PRINTSCREEN, SYSRQ), SAME(SCROLLLOCK), SAME(PAUSE), SAME(INSERT), SAME(HOME), SAME(PAGEUP), SAME(DELETE),
	SAME(END), SAME(PAGEDOWN), SAME(RIGHT), SAME(LEFT), SAME(DOWN), SAME(UP), K(NUMLOCKCLEAR, NUMLOCK), K(KP_DIVIDE, KPSLASH),
	K(KP_MULTIPLY, KPASTERISK), K(KP_MINUS, KPMINUS), K(KP_PLUS, KPPLUS), K(KP_ENTER, KPENTER), K(KP_1, KP1), K(KP_2, KP2),
	K(KP_3, KP3), K(KP_4, KP4), K(KP_5, KP5), K(KP_6, KP6), K(KP_7, KP7), K(KP_8, KP8), K(KP_9, KP9), K(KP_0, KP0),
	K(KP_PERIOD, KPDOT), K(KP_EQUALS, KPEQUAL), K(KP_COMMA, KPCOMMA), K(KP_LEFTPAREN, KPLEFTPAREN),
	K(KP_RIGHTPAREN, KPRIGHTPAREN), K(NONUSBACKSLASH, 102ND), K(APPLICATION, COMPOSE), SAME(HELP), SAME(AGAIN), SAME(UNDO),
	SAME(CUT), SAME(COPY), SAME(PASTE), SAME(FIND), K(INTERNATIONAL1, RO), K(INTERNATIONAL2, KATAKANAHIRAGANA),
	K(INTERNATIONAL3, YEN), K(INTERNATIONAL4, HENKAN), K(INTERNATIONAL5, MUHENKAN), K(LANG1, HANGEUL), K(LANG2, HANJA),
	K(LANG3, KATAKANA), K(LANG4, HIRAGANA), K(LANG5, ZENKAKUHANKAKU), K(LCTRL, LEFTCTRL), K(LSHIFT, LEFTSHIFT),
	K(LALT, LEFTALT), K(LGUI, LEFTMETA), K(RCTRL, RIGHTCTRL), K(RSHIFT, RIGHTSHIFT), K(RALT, RIGHTALT), K(RGUI, RIGHTMETA),
#undef SAME
#undef K
};

uint16_t keyboard_code(SDL_Scancode scancode)
{
	return (unsigned)scancode < SDL_NUM_SCANCODES ? codes[scancode] : 0;
}

/* Keys that switch or steer the local input method, and have no other meaning. */
static bool is_of_input_method(uint16_t code)
{
	return code == KEY_HENKAN || code == KEY_KATAKANAHIRAGANA || code == KEY_MUHENKAN || code == KEY_HANGEUL || code == KEY_HANJA ||
		code == KEY_KATAKANA || code == KEY_HIRAGANA || code == KEY_ZENKAKUHANKAKU;
}

/* Keys that give a character on every layout: without one they are dead, or the input method has taken them. */
static bool gives_character(uint16_t c)
{
	return (c >= KEY_1 && c <= KEY_EQUAL) || (c >= KEY_Q && c <= KEY_RIGHTBRACE) || (c >= KEY_A && c <= KEY_GRAVE) ||
		(c >= KEY_BACKSLASH && c <= KEY_SLASH) || c == KEY_SPACE || c == KEY_102ND || c == KEY_RO || c == KEY_YEN;
}

static bool is_letter(uint32_t c)
{
	return c >= 'a' && c <= 'z';
}

/* The character of a key as it is without Ctrl and Alt, which take the text away. */
static uint32_t plain(SDL_Keysym key)
{
	uint32_t c = (uint32_t)key.sym;

	if (c < 0x20 || c > 0x7e)
		return 0;
	return is_letter(c) && key.mod & KMOD_SHIFT ? c - 0x20 : c;
}

static void down(struct keyboard *k, uint16_t code, uint32_t codepoint)
{
	k->down[code] = true;
	k->codepoint[code] = codepoint;
	k->send(k->user, code, true, codepoint);
}

/* The right Alt was held when this key came: AltGr if it has made another character of it, else Alt, which goes out now. */
static void settle_alt(struct keyboard *k, SDL_Keysym key, uint32_t codepoint)
{
	uint32_t c = plain(key);
	bool changed = codepoint && codepoint != c && !(is_letter(codepoint) && codepoint - 0x20 == c) &&
		!(is_letter(c) && c - 0x20 == codepoint);

	if (!k->alt_waits || changed)
		return;
	k->alt_waits = false;
	down(k, KEY_RIGHTALT, 0);
}

static bool is_modifier(uint16_t code)
{
	return code == KEY_LEFTCTRL || code == KEY_RIGHTCTRL || code == KEY_LEFTSHIFT || code == KEY_RIGHTSHIFT || code == KEY_LEFTALT ||
		code == KEY_LEFTMETA || code == KEY_RIGHTMETA || code == KEY_CAPSLOCK || code == KEY_NUMLOCK;
}

enum keyboard_outcome keyboard_press(struct keyboard *k, SDL_Keysym key, const char *text)
{
	uint16_t code = keyboard_code(key.scancode);
	size_t n = text ? strlen(text) : 0;
	bool command = key.mod & (KMOD_CTRL | KMOD_LALT | KMOD_GUI) || k->down[KEY_RIGHTALT];
	uint32_t codepoint = 0;

	if (is_of_input_method(code))
		return n ? KEYBOARD_TEXT : KEYBOARD_LOCAL;
	if (code == KEY_RIGHTALT) {
		k->alt_waits = k->alt_waits || !k->down[code];
		return KEYBOARD_SENT;
	}
	if (n > 0 && sek_utf8_next((const uint8_t *)text, n, &codepoint) != n)
		return KEYBOARD_TEXT; /* more than one character: composed */
	if (n == 0 && (command || k->alt_waits))
		codepoint = plain(key);
	if (n == 0 && !command && !k->alt_waits && gives_character(code))
		return KEYBOARD_LOCAL;
	if (code == 0 && codepoint == 0)
		return KEYBOARD_LOCAL;
	if (!is_modifier(code))
		settle_alt(k, key, n ? codepoint : 0);
	down(k, code, codepoint);
	return KEYBOARD_SENT;
}

static void up(struct keyboard *k, uint16_t code)
{
	if (!k->down[code])
		return;
	k->down[code] = false;
	k->send(k->user, code, false, k->codepoint[code]);
}

void keyboard_release(struct keyboard *k, SDL_Scancode scancode)
{
	uint16_t code = keyboard_code(scancode);

	if (code == KEY_RIGHTALT)
		k->alt_waits = false;
	up(k, code);
}

void keyboard_forget(struct keyboard *k)
{
	memset(k->down, 0, sizeof k->down);
	k->alt_waits = false;
}

static bool is_command(SDL_Keysym key)
{
	return key.mod & KMOD_CTRL && !(key.mod & (KMOD_ALT | KMOD_GUI));
}

bool keyboard_is_paste(SDL_Keysym key)
{
	return (is_command(key) && key.scancode == SDL_SCANCODE_V) ||
		(key.mod & KMOD_SHIFT && !is_command(key) && key.scancode == SDL_SCANCODE_INSERT);
}

bool keyboard_is_copy(SDL_Keysym key)
{
	return is_command(key) && (key.scancode == SDL_SCANCODE_C || key.scancode == SDL_SCANCODE_X || key.scancode == SDL_SCANCODE_INSERT);
}
