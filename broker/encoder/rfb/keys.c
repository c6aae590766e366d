/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A character that a key of some keyboard gives goes out as a key, so that shortcuts work; any other (Japanese, say) as text, never as a
 * made-up key. Keysyms become characters by libxkbcommon's table.
 */
#include "broker/encoder/rfb/keys.h"

#include <string.h>

#include <linux/input-event-codes.h>
#include <xkbcommon/xkbcommon-keysyms.h>
#include <xkbcommon/xkbcommon.h>

#include "protocol/text/text.h"

static const struct { uint32_t symbol; uint16_t code; } named[] = {
#define K(symbol, code) { XKB_KEY_##symbol, KEY_##code }
	K(BackSpace, BACKSPACE), K(Tab, TAB), K(ISO_Left_Tab, TAB), K(Return, ENTER), K(Pause, PAUSE), K(Scroll_Lock, SCROLLLOCK),
	K(Sys_Req, SYSRQ), K(Print, SYSRQ), K(Escape, ESC), K(Delete, DELETE), K(Home, HOME), K(Left, LEFT), K(Up, UP), K(Right, RIGHT),
	K(Down, DOWN), K(Page_Up, PAGEUP), K(Page_Down, PAGEDOWN), K(End, END), K(Insert, INSERT), K(Undo, UNDO), K(Find, FIND),
	K(Help, HELP), K(Menu, COMPOSE), K(Num_Lock, NUMLOCK), K(Caps_Lock, CAPSLOCK), K(Shift_L, LEFTSHIFT), K(Shift_R, RIGHTSHIFT),
	K(Control_L, LEFTCTRL), K(Control_R, RIGHTCTRL), K(Alt_L, LEFTALT), K(Alt_R, RIGHTALT), K(ISO_Level3_Shift, RIGHTALT),
	K(Meta_L, LEFTALT), K(Meta_R, RIGHTALT), K(Super_L, LEFTMETA), K(Super_R, RIGHTMETA), K(Henkan_Mode, HENKAN), K(Muhenkan, MUHENKAN),
	K(Hiragana_Katakana, KATAKANAHIRAGANA), K(Zenkaku_Hankaku, ZENKAKUHANKAKU), K(Eisu_toggle, CAPSLOCK),
	K(KP_Enter, KPENTER), K(KP_Home, HOME), K(KP_Left, LEFT), K(KP_Up, UP), K(KP_Right, RIGHT), K(KP_Down, DOWN), K(KP_Page_Up, PAGEUP),
	K(KP_Page_Down, PAGEDOWN), K(KP_End, END), K(KP_Insert, INSERT), K(KP_Delete, DELETE), K(KP_Multiply, KPASTERISK),
	K(KP_Add, KPPLUS), K(KP_Subtract, KPMINUS), K(KP_Decimal, KPDOT), K(KP_Divide, KPSLASH), K(KP_0, KP0), K(KP_1, KP1), K(KP_2, KP2),
	K(KP_3, KP3), K(KP_4, KP4), K(KP_5, KP5), K(KP_6, KP6), K(KP_7, KP7), K(KP_8, KP8), K(KP_9, KP9), K(KP_Equal, KPEQUAL),
	K(F1, F1), K(F2, F2), K(F3, F3), K(F4, F4), K(F5, F5), K(F6, F6), K(F7, F7), K(F8, F8), K(F9, F9), K(F10, F10), K(F11, F11),
	K(F12, F12), K(F13, F13), K(F14, F14), K(F15, F15), K(F16, F16), K(F17, F17), K(F18, F18), K(F19, F19), K(F20, F20), K(F21, F21),
	K(F22, F22), K(F23, F23), K(F24, F24),
#undef K
};

/* Where a character of ASCII stands on a US keyboard: what a viewer without codes of keys is taken to have. The character goes along, and
 * wins where the sandbox's layout has it elsewhere. */
static const char places[] = "1234567890-=" "qwertyuiop[]" "asdfghjkl;'`" "\\zxcvbnm,./";
static const char shifted[] = "!@#$%^&*()_+" "QWERTYUIOP{}" "ASDFGHJKL:\"~" "|ZXCVBNM<>?";
static const uint8_t place_codes[] = { 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
	30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53 };
_Static_assert(sizeof places == sizeof place_codes + 1 && sizeof shifted == sizeof places, "one code for each");

/* Codes of a PC's keyboard (set 1) from 0x59 on; those below are evdev's own. 0x80: with the prefix 0xe0. */
static const struct { uint8_t pc; uint16_t code; } pc_codes[] = {
	{ 0x59, KEY_KPEQUAL }, { 0x70, KEY_KATAKANAHIRAGANA }, { 0x73, KEY_RO }, { 0x79, KEY_HENKAN }, { 0x7b, KEY_MUHENKAN },
	{ 0x7d, KEY_YEN }, { 0x7e, KEY_KPCOMMA }, { 0x9c, KEY_KPENTER }, { 0x9d, KEY_RIGHTCTRL }, { 0xb5, KEY_KPSLASH },
	{ 0xb7, KEY_SYSRQ }, { 0xb8, KEY_RIGHTALT }, { 0xc6, KEY_PAUSE }, { 0xc7, KEY_HOME }, { 0xc8, KEY_UP }, { 0xc9, KEY_PAGEUP },
	{ 0xcb, KEY_LEFT }, { 0xcd, KEY_RIGHT }, { 0xcf, KEY_END }, { 0xd0, KEY_DOWN }, { 0xd1, KEY_PAGEDOWN }, { 0xd2, KEY_INSERT },
	{ 0xd3, KEY_DELETE }, { 0xdb, KEY_LEFTMETA }, { 0xdc, KEY_RIGHTMETA }, { 0xdd, KEY_COMPOSE },
};

static uint16_t of_pc(uint32_t pc)
{
	if (pc > 0 && pc <= KEY_F12)
		return pc == 84 || pc == KEY_ZENKAKUHANKAKU ? 0 : (uint16_t)pc; /* no key of ours; 85 is no key of set 1 */
	for (size_t i = 0; i < sizeof pc_codes / sizeof pc_codes[0]; i++)
		if (pc_codes[i].pc == pc)
			return pc_codes[i].code;
	return 0;
}

static uint16_t of_symbol(uint32_t symbol)
{
	for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
		if (named[i].symbol == symbol)
			return named[i].code;
	return 0;
}

static uint16_t of_character(uint32_t c)
{
	const char *at;

	if (c == ' ')
		return KEY_SPACE;
	if (c < 0x21 || c > 0x7e)
		return 0;
	at = strchr(places, (int)c);
	if (at)
		return place_codes[at - places];
	at = strchr(shifted, (int)c);
	return at ? place_codes[at - shifted] : 0;
}

static size_t put_utf8(uint32_t c, uint8_t ret[4])
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		ret[i] = (uint8_t)(0x80 | (c & 0x3f));
	ret[0] = (uint8_t)(first[n] | c);
	return n;
}

/* Ctrl and the like are held: a letter of any script is a shortcut then, and no text. */
static bool is_command(const struct sek_rfb_keys *k)
{
	for (size_t i = 0; i < k->n; i++) {
		uint16_t code = k->down[i].key.code;

		if (code == KEY_LEFTCTRL || code == KEY_RIGHTCTRL || code == KEY_LEFTALT || code == KEY_LEFTMETA || code == KEY_RIGHTMETA)
			return true;
	}
	return false;
}

static bool same(const struct sek_rfb_keys *k, size_t i, uint32_t symbol, uint32_t code)
{
	return code && k->down[i].code ? k->down[i].code == code : k->down[i].symbol == symbol;
}

static void go_up(struct sek_rfb_keys *k, uint32_t symbol, uint32_t code, uint16_t key, struct sek_rfb_strokes *ret)
{
	size_t i = 0, j;

	while (i < k->n && !same(k, i, symbol, code))
		i++;
	for (j = 0; i == k->n && key && j < k->n; j++) /* "A" went down and, without Shift, "a" comes up */
		if (k->down[j].key.code == key)
			i = j;
	if (i == k->n)
		return;
	ret->has_key = true;
	ret->key = k->down[i].key;
	ret->key.down = false;
	k->down[i] = k->down[--k->n];
}

static void go_down(struct sek_rfb_keys *k, uint32_t symbol, uint32_t code, const struct sek_key *key, struct sek_rfb_strokes *ret)
{
	size_t i = 0;

	while (i < k->n && !same(k, i, symbol, code))
		i++;
	ret->has_key = true;
	ret->key = *key;
	if (i == SEK_RFB_DOWN_MAX) {
		ret->release_too = true;
		return;
	}
	k->down[i].symbol = symbol;
	k->down[i].code = code;
	k->down[i].key = *key;
	if (i == k->n)
		k->n++;
}

void sek_rfb_keys_take(struct sek_rfb_keys *k, uint32_t symbol, uint32_t code, bool down, struct sek_rfb_strokes *ret)
{
	uint32_t c = xkb_keysym_to_utf32(symbol);
	struct sek_key key = { .down = true };

	*ret = (struct sek_rfb_strokes){ 0 };
	if (c < 0x20 || (c >= 0x7f && c < 0xa0) || !sek_text_allowed(c))
		c = 0;
	key.codepoint = c;
	key.code = of_pc(code);
	if (!key.code)
		key.code = of_symbol(symbol);
	if (!key.code)
		key.code = of_character(c);
	if (!down) {
		go_up(k, symbol, code, key.code, ret);
		return;
	}
	if (c > 0xff && !is_command(k)) {
		ret->text_n = put_utf8(c, ret->text);
		return;
	}
	if (key.code || c)
		go_down(k, symbol, code, &key, ret);
}
