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
	rig_assert_nothing_held(&rig);
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
	rig_assert_nothing_held(&rig);
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
	rig_assert_nothing_held(&rig);
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
	rig_assert_nothing_held(&rig);
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
	rig_assert_nothing_held(&rig);
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
	rig_assert_nothing_held(&rig);
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
	rig_assert_nothing_held(&rig);
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
		rig_assert_nothing_held(&rig);
	}
	rig_tap(&rig, KEY_A, 'a');
	rig_settle(&rig);
	ck_assert_uint_eq(rig.log[rig.logged - 2].state, 0);
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
	rig_assert_nothing_held(&rig);
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
	tcase_add_test(t, locks_do_not_stick);
	tcase_add_test(t, keypad_stays_keypad);
	tcase_add_test(t, repeats_are_the_users);
	tcase_add_test(t, releases_match_presses);
	tcase_add_test(t, release_lets_go);
	tcase_add_test(t, layout_changes_are_followed);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
