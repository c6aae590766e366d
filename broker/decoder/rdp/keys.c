/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a key went down as is what it goes up as. A character that the US layout has elsewhere with Shift than the client's keyboard gets a
 * Shift of its own, or is sent without the one that is held, for the moment of the press.
 */
#include "broker/decoder/rdp/keys.h"

#include <linux/input-event-codes.h>
#include <string.h>

#include "base/utf8.h"

/* Keys that have no character, or that are the same on every keyboard. Below 84 scancodes are evdev's own numbers. */
static const struct {
	uint8_t evdev;
	uint16_t scancode;
} others[] = {
	{ KEY_102ND, 0x56 }, { KEY_F11, 0x57 }, { KEY_F12, 0x58 }, { KEY_KPENTER, SEK_RDP_EXTENDED | 0x1c }, { KEY_RIGHTCTRL, SEK_RDP_EXTENDED | 0x1d },
	{ KEY_KPSLASH, SEK_RDP_EXTENDED | 0x35 }, { KEY_SYSRQ, SEK_RDP_EXTENDED | 0x37 }, { KEY_RIGHTALT, SEK_RDP_EXTENDED | 0x38 },
	{ KEY_HOME, SEK_RDP_EXTENDED | 0x47 }, { KEY_UP, SEK_RDP_EXTENDED | 0x48 }, { KEY_PAGEUP, SEK_RDP_EXTENDED | 0x49 },
	{ KEY_LEFT, SEK_RDP_EXTENDED | 0x4b }, { KEY_RIGHT, SEK_RDP_EXTENDED | 0x4d }, { KEY_END, SEK_RDP_EXTENDED | 0x4f },
	{ KEY_DOWN, SEK_RDP_EXTENDED | 0x50 }, { KEY_PAGEDOWN, SEK_RDP_EXTENDED | 0x51 }, { KEY_INSERT, SEK_RDP_EXTENDED | 0x52 },
	{ KEY_DELETE, SEK_RDP_EXTENDED | 0x53 }, { KEY_LEFTMETA, SEK_RDP_EXTENDED | 0x5b }, { KEY_RIGHTMETA, SEK_RDP_EXTENDED | 0x5c },
	{ KEY_COMPOSE, SEK_RDP_EXTENDED | 0x5d }, { KEY_KATAKANAHIRAGANA, 0x70 }, { KEY_HENKAN, 0x79 }, { KEY_MUHENKAN, 0x7b },
};

/* The characters of a US keyboard at evdev's numbers (which are its scancodes), without and with Shift. */
static const char plain[] = "\0\0" "1234567890-=" "\0\0" "qwertyuiop[]" "\0\0" "asdfghjkl;'`" "\0" "\\zxcvbnm,./" "\0\0\0 ";
static const char shifted[] = "\0\0" "!@#$%^&*()_+" "\0\0" "QWERTYUIOP{}" "\0\0" "ASDFGHJKL:\"~" "\0" "|ZXCVBNM<>?" "\0\0\0 ";

static bool is_modifier(uint16_t code)
{
	return code == KEY_LEFTSHIFT || code == KEY_RIGHTSHIFT || code == KEY_LEFTCTRL || code == KEY_RIGHTCTRL || code == KEY_LEFTALT ||
		code == KEY_RIGHTALT || code == KEY_LEFTMETA || code == KEY_RIGHTMETA;
}

/* What a lock does to a character is in the character already; the host's own lock stays off. */
static bool is_lock(uint16_t code)
{
	return code == KEY_CAPSLOCK || code == KEY_NUMLOCK || code == KEY_SCROLLLOCK;
}

static bool is_keypad(uint16_t code)
{
	return code == KEY_KPASTERISK || (code >= KEY_KP7 && code <= KEY_KPDOT) || code == KEY_KPSLASH || code == KEY_KPENTER;
}

static bool held(const struct sek_rdp_keys *k, uint16_t a, uint16_t b)
{
	return k->down[a].code != 0 || k->down[b].code != 0;
}

static void send(struct sek_rdp_keys *k, uint16_t code, bool unicode, bool down)
{
	const struct sek_rdp_stroke s = { unicode, down, code };

	k->send(k->user, &s);
}

static uint16_t scancode_of(uint16_t evdev)
{
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (others[i].evdev == evdev)
			return others[i].scancode;
	return evdev < 84 ? evdev : 0;
}

/* Where the US layout has a character; 0: nowhere. */
static uint16_t place_of(uint32_t c, bool *ret_shift)
{
	for (uint16_t i = 0; c != 0 && i < sizeof plain - 1; i++) {
		if ((uint8_t)plain[i] != c && (uint8_t)shifted[i] != c)
			continue;
		*ret_shift = (uint8_t)plain[i] != c;
		return i;
	}
	return 0;
}

static void units_of(struct sek_rdp_keys *k, uint32_t c)
{
	const uint16_t units[2] = { c < 0x10000 ? (uint16_t)c : (uint16_t)(0xd7c0 + (c >> 10)), (uint16_t)(0xdc00 | (c & 0x3ff)) };

	for (int i = 0; i < (c < 0x10000 ? 1 : 2); i++) {
		send(k, units[i], true, true);
		send(k, units[i], true, false);
	}
}

/* Presses a key with or without Shift, whatever is held. */
static void press(struct sek_rdp_keys *k, uint16_t scancode, bool shift)
{
	bool left = k->down[KEY_LEFTSHIFT].code != 0, right = k->down[KEY_RIGHTSHIFT].code != 0;

	if (shift && !left && !right)
		send(k, KEY_LEFTSHIFT, false, true);
	if (!shift && left)
		send(k, KEY_LEFTSHIFT, false, false);
	if (!shift && right)
		send(k, KEY_RIGHTSHIFT, false, false);
	send(k, scancode, false, true);
	if (shift && !left && !right)
		send(k, KEY_LEFTSHIFT, false, false);
	if (!shift && left)
		send(k, KEY_LEFTSHIFT, false, true);
	if (!shift && right)
		send(k, KEY_RIGHTSHIFT, false, true);
}

static void key_up(struct sek_rdp_keys *k, uint16_t code)
{
	struct sek_rdp_stroke s = k->down[code];

	if (s.code == 0)
		return;
	k->down[code].code = 0;
	s.down = false;
	k->send(k->user, &s);
}

void sek_rdp_key(struct sek_rdp_keys *k, const struct sek_key *m)
{
	bool command = held(k, KEY_LEFTCTRL, KEY_RIGHTCTRL) || held(k, KEY_LEFTALT, KEY_RIGHTALT) || held(k, KEY_LEFTMETA, KEY_RIGHTMETA);
	bool shift = false;
	uint16_t place, scancode = 0;

	if (is_lock(m->code) || m->code > SEK_KEY_CODE_MAX)
		return;
	if (!m->down) {
		if (m->code != 0)
			key_up(k, m->code);
		return;
	}
	place = is_keypad(m->code) ? 0 : place_of(m->codepoint, &shift);
	if (place && command) { /* Ctrl+C: the key that has a c; Shift is as it is held */
		scancode = place;
		send(k, place, false, true);
	} else if (place) {
		scancode = place;
		press(k, place, shift);
	} else if (m->codepoint >= 0x20 && m->codepoint != 0x7f && !is_modifier(m->code) && !is_keypad(m->code)) {
		units_of(k, m->codepoint); /* a key of its own: it is up again already */
		return;
	} else {
		scancode = scancode_of(m->code);
		if (scancode)
			send(k, scancode, false, true);
	}
	if (scancode && m->code == 0)
		send(k, scancode, false, false);
	else if (scancode)
		k->down[m->code] = (struct sek_rdp_stroke){ false, true, scancode };
}

void sek_rdp_release(struct sek_rdp_keys *k)
{
	for (uint16_t i = 0; i <= SEK_KEY_CODE_MAX; i++)
		key_up(k, i);
}

void sek_rdp_text(struct sek_rdp_keys *k, const struct sek_text *m)
{
	const uint8_t *at = m->utf8;
	size_t n = m->bytes, used;
	uint32_t c;

	sek_rdp_release(k); /* a held Ctrl would make a command of it */
	for (; n > 0; at += used, n -= used) {
		bool shift = false;
		uint16_t place;

		used = sek_utf8_next(at, n, &c);
		if (used == 0)
			return;
		place = c == '\n' ? KEY_ENTER : c == '\t' ? KEY_TAB : place_of(c, &shift);
		if (place) {
			press(k, place, shift);
			send(k, place, false, false);
		} else if (c >= 0x20 && c != 0x7f) {
			units_of(k, c);
		}
	}
}
