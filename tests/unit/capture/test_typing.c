/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is typed is what arrives: keyboards of several layouts at the user's end, several layouts of the X server, real key
 * events at a real X client.
 */
#include <check.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "render-host/session.h"
#include "tests/unit/capture/rig.h"

static struct rig rig;

static void start(const char *layout)
{
	rig_start(&rig, 800, 600, layout);
	rig_attach(&rig, 800, 600);
	rig_settle(&rig);
}

static void teardown(void)
{
	rig_stop(&rig);
}

/* What a key of the user's keyboard gives without and with Shift. */
struct cap {
	uint16_t code;
	char plain, shifted;
};

static const struct cap us[] = {
	{ KEY_GRAVE, '`', '~' }, { KEY_1, '1', '!' }, { KEY_2, '2', '@' }, { KEY_3, '3', '#' }, { KEY_4, '4', '$' },
	{ KEY_5, '5', '%' }, { KEY_6, '6', '^' }, { KEY_7, '7', '&' }, { KEY_8, '8', '*' }, { KEY_9, '9', '(' },
	{ KEY_0, '0', ')' }, { KEY_MINUS, '-', '_' }, { KEY_EQUAL, '=', '+' }, { KEY_Q, 'q', 'Q' }, { KEY_Z, 'z', 'Z' },
	{ KEY_LEFTBRACE, '[', '{' }, { KEY_RIGHTBRACE, ']', '}' }, { KEY_BACKSLASH, '\\', '|' },
	{ KEY_SEMICOLON, ';', ':' }, { KEY_APOSTROPHE, '\'', '"' }, { KEY_COMMA, ',', '<' }, { KEY_DOT, '.', '>' },
	{ KEY_SLASH, '/', '?' }, { KEY_SPACE, ' ', ' ' },
};

static const struct cap jis[] = {
	{ KEY_1, '1', '!' }, { KEY_2, '2', '"' }, { KEY_3, '3', '#' }, { KEY_4, '4', '$' }, { KEY_5, '5', '%' },
	{ KEY_6, '6', '&' }, { KEY_7, '7', '\'' }, { KEY_8, '8', '(' }, { KEY_9, '9', ')' }, { KEY_MINUS, '-', '=' },
	{ KEY_EQUAL, '^', '~' }, { KEY_YEN, '\\', '|' }, { KEY_Q, 'q', 'Q' }, { KEY_LEFTBRACE, '@', '`' },
	{ KEY_RIGHTBRACE, '[', '{' }, { KEY_SEMICOLON, ';', '+' }, { KEY_APOSTROPHE, ':', '*' },
	{ KEY_BACKSLASH, ']', '}' }, { KEY_COMMA, ',', '<' }, { KEY_DOT, '.', '>' }, { KEY_SLASH, '/', '?' },
	{ KEY_RO, '\\', '_' }, { KEY_SPACE, ' ', ' ' },
};

static const struct cap german[] = {
	{ KEY_1, '1', '!' }, { KEY_2, '2', '"' }, { KEY_6, '6', '&' }, { KEY_7, '7', '/' }, { KEY_8, '8', '(' },
	{ KEY_0, '0', '=' }, { KEY_Y, 'z', 'Z' }, { KEY_Z, 'y', 'Y' }, { KEY_RIGHTBRACE, '+', '*' },
	{ KEY_BACKSLASH, '#', '\'' }, { KEY_COMMA, ',', ';' }, { KEY_DOT, '.', ':' }, { KEY_SLASH, '-', '_' },
	{ KEY_102ND, '<', '>' },
};

static const struct {
	const char *name;
	const struct cap *caps;
	size_t n;
} keyboards[] = {
	{ "us", us, sizeof us / sizeof us[0] },
	{ "jis", jis, sizeof jis / sizeof jis[0] },
	{ "german", german, sizeof german / sizeof german[0] },
};

static const char *const layouts[] = { NULL, "us", "jp", "de", "fr" };

enum { KEYBOARDS = 3, LAYOUTS = 5 };

/* Types every key of the keyboard, first plain, then with Shift held throughout. */
static void type_all(const struct cap *caps, size_t n, char *want)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		rig_tap(&rig, caps[i].code, (uint32_t)caps[i].plain);
		want[at++] = caps[i].plain;
	}
	rig_key(&rig, KEY_LEFTSHIFT, true, 0);
	for (size_t i = 0; i < n; i++) {
		rig_tap(&rig, caps[i].code, (uint32_t)caps[i].shifted);
		want[at++] = caps[i].shifted;
	}
	rig_key(&rig, KEY_LEFTSHIFT, false, 0);
	want[at] = 0;
}

START_TEST(every_keyboard_on_every_layout)
{
	const char *layout = layouts[_i / KEYBOARDS];
	int k = _i % KEYBOARDS;
	char want[128], got[1024];

	start(layout);
	type_all(keyboards[k].caps, keyboards[k].n, want);
	rig_settle(&rig);
	rig_typed(&rig, got, sizeof got);
	ck_assert_msg(strcmp(got, want) == 0, "%s on %s: typed %s, got %s", keyboards[k].name, layout ? layout : "default",
		want, got);
	/* what a layout has only as dead keys comes as text; US and JIS have everything */
	if (!layout || strcmp(layout, "us") == 0 || strcmp(layout, "jp") == 0)
		ck_assert_uint_eq(rig.text_n, 0);
}
END_TEST

/* Every press has its release, in between and at the end. */
static void assert_nothing_held(void)
{
	bool down[256] = { false };
	unsigned held = 0;

	for (size_t i = 0; i < rig.logged; i++) {
		const struct rig_event *e = &rig.log[i];

		if (e->type == XCB_KEY_PRESS || e->type == XCB_BUTTON_PRESS) {
			ck_assert_msg(!down[e->detail], "%u pressed twice", e->detail);
			down[e->detail] = true;
			held++;
		} else if (e->type == XCB_KEY_RELEASE || e->type == XCB_BUTTON_RELEASE) {
			ck_assert_msg(down[e->detail], "%u released twice", e->detail);
			down[e->detail] = false;
			held--;
		}
	}
	ck_assert_uint_eq(held, 0);
}

START_TEST(a_key_goes_by_its_place)
{
	start("us");
	rig_tap(&rig, KEY_A, 'a');
	rig_tap(&rig, KEY_LEFT, 0);
	rig_tap(&rig, KEY_ENTER, '\r');
	rig_tap(&rig, KEY_F5, 0);
	rig_settle(&rig);
	ck_assert_uint_eq(rig.logged, 8);
	ck_assert_uint_eq(rig.log[0].detail, KEY_A + 8);
	ck_assert_uint_eq(rig.log[2].detail, KEY_LEFT + 8);
	ck_assert_uint_eq(rig.log[4].detail, KEY_ENTER + 8);
	ck_assert_uint_eq(rig.log[6].detail, KEY_F5 + 8);
	assert_nothing_held();
}
END_TEST

START_TEST(shortcuts)
{
	start("us");
	rig_key(&rig, KEY_LEFTCTRL, true, 0);
	rig_tap(&rig, KEY_L, 'l');
	rig_tap(&rig, KEY_L, 0);
	/* the user's A is where US has Q: Ctrl+A means A */
	rig_tap(&rig, KEY_Q, 'a');
	/* Cyrillic es, on the place of C */
	rig_tap(&rig, KEY_C, 0x441);
	rig_key(&rig, KEY_LEFTSHIFT, true, 0);
	rig_tap(&rig, KEY_T, 'T');
	rig_key(&rig, KEY_LEFTSHIFT, false, 0);
	rig_key(&rig, KEY_LEFTCTRL, false, 0);
	rig_settle(&rig);
	ck_assert_uint_eq(rig.log[1].detail, KEY_L + 8);
	ck_assert_uint_eq(rig.log[1].state, XCB_MOD_MASK_CONTROL);
	ck_assert_uint_eq(rig.log[3].detail, KEY_L + 8);
	ck_assert_uint_eq(rig.log[5].detail, KEY_A + 8);
	ck_assert_uint_eq(rig.log[5].state, XCB_MOD_MASK_CONTROL);
	ck_assert_uint_eq(rig.log[7].detail, KEY_C + 8);
	ck_assert_uint_eq(rig.log[10].detail, KEY_T + 8);
	ck_assert_uint_eq(rig.log[10].state, XCB_MOD_MASK_CONTROL | XCB_MOD_MASK_SHIFT);
	ck_assert_uint_eq(rig.text_n, 0);
	assert_nothing_held();
}
END_TEST

/* AltGr is a plain Alt in the US layout; what is typed with it is still a character, not a shortcut. */
START_TEST(altgr_characters)
{
	char got[512];

	start("us");
	rig_key(&rig, KEY_LEFTCTRL, true, 0);
	rig_key(&rig, KEY_RIGHTALT, true, 0);
	rig_tap(&rig, KEY_Q, '@');
	rig_tap(&rig, KEY_E, 0x20ac);
	rig_key(&rig, KEY_RIGHTALT, false, 0);
	rig_key(&rig, KEY_LEFTCTRL, false, 0);
	rig_tap(&rig, KEY_A, 'a');
	rig_settle(&rig);
	rig_typed(&rig, got, sizeof got);
	ck_assert_str_eq(got, "@\xe2\x82\xac" "a");
	for (size_t i = 0; i < rig.logged; i++)
		if (rig.log[i].type == XCB_KEY_PRESS && rig.log[i].codepoint == '@')
			ck_assert_uint_eq(rig.log[i].state & (XCB_MOD_MASK_CONTROL | XCB_MOD_MASK_1), 0);
	assert_nothing_held();
}
END_TEST

/* A committed text is not to be taken for a shortcut: modifiers that are held go up for it, and come down for the next key
 * only if they are still held. */
START_TEST(texts_go_without_modifiers)
{
	static const struct {
		uint8_t type, code;
	} want[] = {
		{ XCB_KEY_PRESS, KEY_LEFTCTRL }, { XCB_KEY_RELEASE, KEY_LEFTCTRL }, { XCB_KEY_PRESS, KEY_LEFTCTRL },
		{ XCB_KEY_PRESS, KEY_C }, { XCB_KEY_RELEASE, KEY_C }, { XCB_KEY_RELEASE, KEY_LEFTCTRL },
	};

	start("us");
	rig_key(&rig, KEY_LEFTCTRL, true, 0);
	rig_text(&rig, "漢");
	rig_text(&rig, "字");
	rig_tap(&rig, KEY_C, 'c');
	rig_text(&rig, "か");
	rig_key(&rig, KEY_LEFTCTRL, false, 0);
	rig_settle(&rig);
	ck_assert_str_eq(rig.text, "漢字か");
	ck_assert_uint_eq(rig.logged, 6);
	for (size_t i = 0; i < 6; i++) {
		ck_assert_uint_eq(rig.log[i].type, want[i].type);
		ck_assert_uint_eq(rig.log[i].detail, want[i].code + 8u);
	}
	ck_assert_uint_eq(rig.log[3].state, XCB_MOD_MASK_CONTROL);
	assert_nothing_held();
}
END_TEST

/* The user's CapsLock and NumLock are in the characters already. */
START_TEST(locks_do_not_stick)
{
	char got[512];

	start("us");
	rig_tap(&rig, KEY_CAPSLOCK, 0);
	rig_tap(&rig, KEY_A, 'A');
	rig_tap(&rig, KEY_1, '1');
	rig_key(&rig, KEY_LEFTSHIFT, true, 0);
	rig_tap(&rig, KEY_B, 'b'); /* CapsLock and Shift */
	rig_key(&rig, KEY_LEFTSHIFT, false, 0);
	rig_tap(&rig, KEY_CAPSLOCK, 0);
	rig_tap(&rig, KEY_C, 'c');
	rig_tap(&rig, KEY_NUMLOCK, 0);
	rig_tap(&rig, KEY_KP7, '7');
	rig_tap(&rig, KEY_D, 'd');
	rig_settle(&rig);
	rig_typed(&rig, got, sizeof got);
	ck_assert_str_eq(got, "A1bc7d");
	for (size_t i = 0; i < rig.logged; i++)
		ck_assert_uint_eq(rig.log[i].state & XCB_MOD_MASK_LOCK, 0);
	/* the last key's state is clean */
	ck_assert_uint_eq(rig.log[rig.logged - 1].state, 0);
	assert_nothing_held();
}
END_TEST

START_TEST(keypad_stays_keypad)
{
	start("us");
	rig_tap(&rig, KEY_KP7, '7');
	rig_tap(&rig, KEY_KP7, 0); /* NumLock off at the user's end: Home */
	rig_tap(&rig, KEY_KPASTERISK, '*');
	rig_settle(&rig);
	ck_assert_uint_eq(rig.log[0].detail, KEY_KP7 + 8);
	ck_assert_uint_eq(rig.log[0].codepoint, '7');
	ck_assert_uint_eq(rig.log[2].detail, KEY_KP7 + 8);
	ck_assert_uint_eq(rig.log[2].codepoint, 0);
	ck_assert_uint_eq(rig.log[4].detail, KEY_KPASTERISK + 8);
	assert_nothing_held();
}
END_TEST

START_TEST(repeats_are_the_users)
{
	char got[512];

	start("us");
	rig_key(&rig, KEY_A, true, 'a');
	/* the X server's own repeat would begin after 660 ms */
	rig_for(&rig, 900);
	rig_typed(&rig, got, sizeof got);
	ck_assert_str_eq(got, "a");
	for (int i = 0; i < 5; i++)
		rig_key(&rig, KEY_A, true, 'a');
	rig_key(&rig, KEY_LEFTSHIFT, true, 0);
	rig_key(&rig, KEY_LEFTSHIFT, true, 0);
	rig_key(&rig, KEY_A, true, 'A');
	rig_key(&rig, KEY_A, false, 'A');
	rig_key(&rig, KEY_LEFTSHIFT, false, 0);
	rig_settle(&rig);
	rig_typed(&rig, got, sizeof got);
	ck_assert_str_eq(got, "aaaaaaA");
	assert_nothing_held();
}
END_TEST

/* The release of a key releases what its press pressed, whatever modifiers and layout say by then. */
START_TEST(releases_match_presses)
{
	start("us");
	rig_key(&rig, KEY_LEFTBRACE, true, '@'); /* a JIS keyboard: X presses Shift-2 */
	rig_key(&rig, KEY_LEFTSHIFT, true, 0);
	rig_key(&rig, KEY_LEFTBRACE, false, '`');
	rig_key(&rig, KEY_2, true, '"');
	rig_key(&rig, KEY_LEFTSHIFT, false, 0);
	rig_key(&rig, KEY_2, false, '2');
	/* two keys that give one X key */
	rig_key(&rig, KEY_YEN, true, '\\');
	rig_key(&rig, KEY_RO, true, '\\');
	rig_key(&rig, KEY_YEN, false, '\\');
	rig_key(&rig, KEY_RO, false, '\\');
	rig_settle(&rig);
	assert_nothing_held();
}
END_TEST

START_TEST(release_lets_go)
{
	struct sek_pointer p = { 10, 10, SEK_BUTTON_LEFT | SEK_BUTTON_BACK };
	uint8_t bytes[32];
	struct sek_writer w;

	start("us");
	for (int round = 0; round < 2; round++) {
		sek_writer_init(&w, bytes, sizeof bytes);
		sek_pointer_write(&w, &p);
		rig_send(&rig, &w);
		rig_key(&rig, KEY_LEFTCTRL, true, 0);
		rig_key(&rig, KEY_LEFTALT, true, 0);
		rig_key(&rig, KEY_X, true, 'x');
		rig_settle(&rig);
		if (round == 0) {
			rig_empty(&rig, SEK_MSG_RELEASE);
		} else { /* whoever goes away lets go, too */
			rig_detach(&rig);
			rig_for(&rig, 100);
			rig_attach(&rig, 800, 600);
		}
		rig_settle(&rig);
		assert_nothing_held();
	}
	rig_tap(&rig, KEY_A, 'a');
	rig_settle(&rig);
	ck_assert_uint_eq(rig.log[rig.logged - 2].state, 0);
}
END_TEST

START_TEST(characters_without_a_key)
{
	char got[512];

	start("us");
	rig_tap(&rig, KEY_A, 'a');
	rig_tap(&rig, KEY_SEMICOLON, 0xe9);
	rig_tap(&rig, KEY_B, 'b');
	rig_tap(&rig, 0, 0x3042);
	rig_tap(&rig, 0, 'c');
	rig_key(&rig, KEY_9, true, 0x20ac); /* a held key that is text repeats as text */
	rig_key(&rig, KEY_9, true, 0x20ac);
	rig_key(&rig, KEY_9, false, 0x20ac);
	rig_settle(&rig);
	rig_typed(&rig, got, sizeof got);
	ck_assert_str_eq(got, "a\xc3\xa9" "b\xe3\x81\x82" "c\xe2\x82\xac\xe2\x82\xac");
	assert_nothing_held();
}
END_TEST

static bool logged_many(struct rig *r, void *n)
{
	return r->logged >= *(size_t *)n;
}

/* Keys after a text wait for the input method's answer; a text after keys has a fence before it. */
START_TEST(texts_and_keys_keep_their_order)
{
	char got[512];

	start("us");
	for (int i = 0; i < 5; i++) {
		rig_tap(&rig, KEY_A, 'a');
		rig_text(&rig, "漢字");
		rig_tap(&rig, KEY_B, 'b');
		rig_text(&rig, "かな");
		rig_text(&rig, "👍");
		rig_tap(&rig, KEY_C, 'c');
	}
	rig_settle(&rig);
	rig_typed(&rig, got, sizeof got);
	ck_assert_str_eq(got, "a漢字bかな👍ca漢字bかな👍ca漢字bかな👍ca漢字bかな👍ca漢字bかな👍c");
	ck_assert_uint_eq(rig.fences, 10);
	ck_assert_uint_eq(rig.fences_seen, 10);
	assert_nothing_held();
}
END_TEST

START_TEST(newline_and_tab_are_keys)
{
	char got[512];

	start("us");
	rig_text(&rig, "一\n\t二\n");
	rig_settle(&rig);
	rig_typed(&rig, got, sizeof got);
	ck_assert_str_eq(got, "一\r\t二\r");
	ck_assert_uint_eq(rig.fences, 1); /* before 二 */
	ck_assert_uint_eq(rig.log[0].detail, KEY_ENTER + 8);
	ck_assert_uint_eq(rig.log[2].detail, KEY_TAB + 8);
	assert_nothing_held();
}
END_TEST

START_TEST(a_silent_input_method_delays_but_does_not_stop)
{
	uint64_t t;
	size_t n = 2;

	start("us");
	rig.no_pong = true;
	t = rig_now_us();
	rig_text(&rig, "あ");
	rig_tap(&rig, KEY_A, 'a');
	rig_until(&rig, logged_many, &n, "the key");
	t = rig_now_us() - t;
	ck_assert_uint_ge(t, (SEK_IME_WAIT_MS - 5) * 1000);
	ck_assert_uint_le(t, 2000000);
}
END_TEST

START_TEST(without_an_input_method_the_layout_serves)
{
	char got[512];

	start("us");
	shutdown(rig.ime, SHUT_RDWR);
	rig_for(&rig, 50);
	rig_text(&rig, "Hé, w\n");
	rig_tap(&rig, KEY_A, 'a');
	rig_settle(&rig);
	rig_typed(&rig, got, sizeof got);
	ck_assert_str_eq(got, "H, w\ra");
	assert_nothing_held();
}
END_TEST

/* Much text while the input method is slow: capture stops reading instead of storing. */
START_TEST(much_text_is_bounded_and_whole)
{
	static char want[RIG_TEXT_MAX];
	size_t n = 0;

	start("us");
	for (int i = 0; i < 300; i++) {
		char piece[16];

		snprintf(piece, sizeof piece, "%c%c%c", 0xe4 + i / 64 / 64, 0x80 + (i / 64) % 64, 0x80 + i % 64);
		rig_text(&rig, piece);
		memcpy(want + n, piece, 3);
		n += 3;
	}
	for (int i = 0; i < 3; i++) {
		char piece[4001];

		memset(piece, 'a' + i, 4000);
		piece[4000] = 0;
		rig_text(&rig, piece);
		memcpy(want + n, piece, 4000);
		n += 4000;
	}
	rig_settle(&rig);
	while (rig.text_n < n)
		rig_for(&rig, 10);
	ck_assert_str_eq(rig.text, want);
}
END_TEST

START_TEST(layout_changes_are_followed)
{
	char command[64], got[512];
	char number[8];
	char path[96];
	ssize_t n;

	start("us");
	rig_tap(&rig, KEY_LEFTBRACE, '[');
	rig_settle(&rig);
	snprintf(path, sizeof path, "%s/%s", rig.dir, SEK_SESSION_DISPLAY);
	n = readlink(path, command, sizeof command - 1);
	ck_assert_int_gt(n, 0);
	command[n] = 0;
	snprintf(number, sizeof number, "%s", strrchr(command, 'X') + 1);
	snprintf(command, sizeof command, "setxkbmap -display :%s jp", number);
	ck_assert_int_eq(system(command), 0);
	rig_settle(&rig);
	rig_settle(&rig);
	rig_tap(&rig, KEY_LEFTBRACE, '@');
	rig_tap(&rig, KEY_RO, '\\');
	rig_settle(&rig);
	rig_typed(&rig, got, sizeof got);
	ck_assert_str_eq(got, "[@\\");
	/* by its place, since the layout is the user's now */
	ck_assert_uint_eq(rig.log[2].detail, KEY_LEFTBRACE + 8);
	assert_nothing_held();
}
END_TEST

static void wheel(int16_t dx, int16_t dy)
{
	struct sek_wheel m = { 50, 60, dx, dy };
	uint8_t bytes[32];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_wheel_write(&w, &m);
	rig_send(&rig, &w);
}

static unsigned clicks(uint8_t number)
{
	unsigned n = 0;

	for (size_t i = 0; i < rig.logged; i++)
		n += rig.log[i].type == XCB_BUTTON_PRESS && rig.log[i].detail == number;
	return n;
}

START_TEST(wheel_is_exact_over_time)
{
	start("us");
	for (int i = 0; i < 97; i++)
		wheel(0, 17);
	for (int i = 0; i < 50; i++)
		wheel(-31, -1);
	rig_settle(&rig);
	ck_assert_uint_eq(clicks(5), 97 * 17 / 120);
	ck_assert_uint_eq(clicks(6), 50 * 31 / 120);
	wheel(0, -SEK_WHEEL_MAX);
	rig_settle(&rig);
	ck_assert_uint_ge(clicks(4), SEK_WHEEL_MAX / SEK_WHEEL_NOTCH - 1);
	ck_assert_uint_le(clicks(4), SEK_WHEEL_MAX / SEK_WHEEL_NOTCH + 1);
	ck_assert_uint_eq(clicks(7), 0);
	ck_assert_int_eq(rig.log[1].x, 50);
	ck_assert_int_eq(rig.log[1].y, 60);
}
END_TEST

START_TEST(pointer_and_buttons)
{
	static const struct {
		uint8_t bit, number;
	} all[] = {
		{ SEK_BUTTON_LEFT, 1 }, { SEK_BUTTON_MIDDLE, 2 }, { SEK_BUTTON_RIGHT, 3 }, { SEK_BUTTON_BACK, 8 },
		{ SEK_BUTTON_FORWARD, 9 },
	};
	uint8_t bytes[32];
	struct sek_writer w;

	start("us");
	for (size_t i = 0; i < 5; i++) {
		for (int down = 1; down >= 0; down--) {
			struct sek_pointer p = { (uint16_t)(100 + i), 200, down ? all[i].bit : 0 };

			sek_writer_init(&w, bytes, sizeof bytes);
			sek_pointer_write(&w, &p);
			rig_send(&rig, &w);
		}
	}
	rig_settle(&rig);
	for (size_t i = 0; i < 5; i++)
		ck_assert_uint_eq(clicks(all[i].number), 1);
	assert_nothing_held();
	/* far outside: at the picture's edge */
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_pointer_write(&w, &(struct sek_pointer){ 65535, 65535, 0 });
	rig_send(&rig, &w);
	rig_settle(&rig);
	ck_assert_int_eq(rig.log[rig.logged - 1].x, 799);
	ck_assert_int_eq(rig.log[rig.logged - 1].y, 599);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("capture typing");
	TCase *t = tcase_create("typing");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, every_keyboard_on_every_layout, 0, KEYBOARDS * LAYOUTS);
	tcase_add_test(t, a_key_goes_by_its_place);
	tcase_add_test(t, shortcuts);
	tcase_add_test(t, altgr_characters);
	tcase_add_test(t, texts_go_without_modifiers);
	tcase_add_test(t, locks_do_not_stick);
	tcase_add_test(t, keypad_stays_keypad);
	tcase_add_test(t, repeats_are_the_users);
	tcase_add_test(t, releases_match_presses);
	tcase_add_test(t, release_lets_go);
	tcase_add_test(t, characters_without_a_key);
	tcase_add_test(t, texts_and_keys_keep_their_order);
	tcase_add_test(t, newline_and_tab_are_keys);
	tcase_add_test(t, a_silent_input_method_delays_but_does_not_stop);
	tcase_add_test(t, without_an_input_method_the_layout_serves);
	tcase_add_test(t, much_text_is_bounded_and_whole);
	tcase_add_test(t, layout_changes_are_followed);
	tcase_add_test(t, wheel_is_exact_over_time);
	tcase_add_test(t, pointer_and_buttons);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
