/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From the wire's keys to keysyms. What a key went down as is what it goes up as, whatever the layout says by then.
 */
#include "broker/decoder/vnc/keys.h"

#include <linux/input-event-codes.h>
#include <string.h>

#include "base/utf8.h"

/* Keysyms of keys that give no character (X11's keysymdef.h). */
static const struct {
	uint16_t code, keysym;
} named[] = {
	{ KEY_ESC, 0xff1b }, { KEY_BACKSPACE, 0xff08 }, { KEY_TAB, 0xff09 }, { KEY_ENTER, 0xff0d }, { KEY_KPENTER, 0xff8d },
	{ KEY_LEFTCTRL, 0xffe3 }, { KEY_RIGHTCTRL, 0xffe4 }, { KEY_LEFTSHIFT, 0xffe1 }, { KEY_RIGHTSHIFT, 0xffe2 }, { KEY_LEFTALT, 0xffe9 },
	{ KEY_RIGHTALT, 0xffea }, { KEY_LEFTMETA, 0xffeb }, { KEY_RIGHTMETA, 0xffec }, { KEY_COMPOSE, 0xff67 },
	{ KEY_F1, 0xffbe }, { KEY_F2, 0xffbf }, { KEY_F3, 0xffc0 }, { KEY_F4, 0xffc1 }, { KEY_F5, 0xffc2 }, { KEY_F6, 0xffc3 },
	{ KEY_F7, 0xffc4 }, { KEY_F8, 0xffc5 }, { KEY_F9, 0xffc6 }, { KEY_F10, 0xffc7 }, { KEY_F11, 0xffc8 }, { KEY_F12, 0xffc9 },
	{ KEY_HOME, 0xff50 }, { KEY_LEFT, 0xff51 }, { KEY_UP, 0xff52 }, { KEY_RIGHT, 0xff53 }, { KEY_DOWN, 0xff54 },
	{ KEY_PAGEUP, 0xff55 }, { KEY_PAGEDOWN, 0xff56 }, { KEY_END, 0xff57 }, { KEY_INSERT, 0xff63 }, { KEY_DELETE, 0xffff },
	{ KEY_SYSRQ, 0xff61 }, { KEY_PAUSE, 0xff13 },
	{ KEY_KP7, 0xff95 }, { KEY_KP4, 0xff96 }, { KEY_KP8, 0xff97 }, { KEY_KP6, 0xff98 }, { KEY_KP2, 0xff99 }, { KEY_KP9, 0xff9a },
	{ KEY_KP3, 0xff9b }, { KEY_KP1, 0xff9c }, { KEY_KP5, 0xff9d }, { KEY_KP0, 0xff9e }, { KEY_KPDOT, 0xff9f },
	/* Japanese keyboards: 変換, 無変換, カタカナひらがな, 半角/全角, 英数 and かな of a Mac's */
	{ KEY_HENKAN, 0xff23 }, { KEY_MUHENKAN, 0xff22 }, { KEY_KATAKANAHIRAGANA, 0xff27 }, { KEY_ZENKAKUHANKAKU, 0xff2a },
	{ KEY_HANJA, 0xff30 }, { KEY_HANGEUL, 0xff26 },
};

/* What a key gives on a US keyboard without Shift, where the client could not say. */
static const char us[] =
	"\0\0" "1234567890-=" "\0\0" "qwertyuiop[]" "\0\0" "asdfghjkl;'`" "\0" "\\zxcvbnm,./" "\0*\0 ";

static bool is_lock(uint16_t code)
{
	return code == KEY_CAPSLOCK || code == KEY_NUMLOCK || code == KEY_SCROLLLOCK;
}

uint32_t sek_vnc_keysym(uint32_t c)
{
	if (c == '\n')
		return 0xff0d;
	if (c == '\t')
		return 0xff09;
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return 0;
	return c < 0x100 ? c : 0x01000000 | c;
}

static uint32_t keysym_of(const struct sek_key *m)
{
	if (m->codepoint && sek_vnc_keysym(m->codepoint) && m->codepoint >= 0x20)
		return sek_vnc_keysym(m->codepoint);
	for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
		if (named[i].code == m->code)
			return named[i].keysym;
	return m->code < sizeof us - 1 ? (uint8_t)us[m->code] : 0;
}

bool sek_vnc_key(struct sek_vnc_keys *k, const struct sek_key *m, sek_vnc_key_fn *fn, void *user)
{
	uint32_t keysym = m->down ? keysym_of(m) : k->down[m->code];

	/* what a lock does to a character is in the character already; the server's own lock stays off */
	if (is_lock(m->code) || keysym == 0)
		return true;
	if (m->code == 0) /* a key that nobody knows will not be told apart from another when it goes up */
		return !m->down || (fn(user, keysym, true) && fn(user, keysym, false));
	if (m->down && k->down[m->code] && k->down[m->code] != keysym && !fn(user, k->down[m->code], false))
		return false;
	if (!fn(user, keysym, m->down))
		return false;
	k->down[m->code] = m->down ? keysym : 0;
	return true;
}

bool sek_vnc_release(struct sek_vnc_keys *k, sek_vnc_key_fn *fn, void *user)
{
	for (size_t i = 0; i <= SEK_KEY_CODE_MAX; i++) {
		if (k->down[i] && !fn(user, k->down[i], false))
			return false;
		k->down[i] = 0;
	}
	return true;
}

bool sek_vnc_text_is_latin1(const struct sek_text *m)
{
	/* U+0100 and above begin with C4 or more in UTF-8 */
	for (size_t i = 0; i < m->bytes; i++)
		if (m->utf8[i] > 0xc3)
			return false;
	return true;
}

bool sek_vnc_text(struct sek_vnc_keys *k, const struct sek_text *m, sek_vnc_key_fn *fn, void *user)
{
	const uint8_t *at = m->utf8;
	size_t n = m->bytes, used;
	uint32_t c;

	/* a held Ctrl would make a command of it */
	if (!sek_vnc_release(k, fn, user))
		return false;
	for (; n > 0; at += used, n -= used) {
		used = sek_utf8_next(at, n, &c);
		if (used == 0)
			return true;
		if (sek_vnc_keysym(c) && (!fn(user, sek_vnc_keysym(c), true) || !fn(user, sek_vnc_keysym(c), false)))
			return false;
	}
	return true;
}
