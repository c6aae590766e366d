/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What becomes of keys: of Japanese and US keyboards, dead keys, AltGr, input methods.
 */
#include <check.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/viewer/keyboard.h"

static char sent[1024];
static struct keyboard k;

static void on_send(void *user, uint16_t code, bool down, uint32_t codepoint)
{
	size_t n = strlen(sent);

	(void)user;
	snprintf(sent + n, sizeof sent - n, "%c%u:%x ", down ? '+' : '-', code, codepoint);
}

static void setup(void)
{
	k = (struct keyboard){ .send = on_send };
	sent[0] = 0;
}

static enum keyboard_outcome press(SDL_Scancode scancode, SDL_Keycode sym, unsigned mod, const char *text)
{
	return keyboard_press(&k, (SDL_Keysym){ scancode, sym, (Uint16)mod, 0 }, text);
}

/* Every key that the wire knows has a place, and every place a key that the wire knows. */
START_TEST(places)
{
	static const uint16_t known[] = {
#define SEK_KEY(code, number, evdev) number,
#include "protocol/wire/keys.def"
#undef SEK_KEY
	};
	static const uint16_t without[] = { KEY_PROPS, KEY_OPEN }; /* SDL has none */
	bool has[SEK_KEY_CODE_MAX + 1] = { 0 };

	for (int i = 0; i < SDL_NUM_SCANCODES; i++) {
		uint16_t code = keyboard_code((SDL_Scancode)i);
		bool found = code == 0;

		for (size_t n = 0; n < sizeof known / sizeof known[0]; n++)
			found = found || known[n] == code;
		ck_assert_msg(found, "scancode %d is evdev %u, which the wire does not know", i, code);
		has[code] = true;
	}
	has[without[0]] = has[without[1]] = true;
	for (size_t n = 0; n < sizeof known / sizeof known[0]; n++)
		ck_assert_msg(has[known[n]], "no scancode for evdev %u", known[n]);
	ck_assert_uint_eq(keyboard_code(SDL_SCANCODE_INTERNATIONAL1), KEY_RO);
	ck_assert_uint_eq(keyboard_code(SDL_SCANCODE_INTERNATIONAL3), KEY_YEN);
	ck_assert_uint_eq(keyboard_code((SDL_Scancode)-1), 0);
}
END_TEST

START_TEST(plain_and_shifted)
{
	ck_assert_int_eq(press(SDL_SCANCODE_A, SDLK_a, 0, "a"), KEYBOARD_SENT);
	keyboard_release(&k, SDL_SCANCODE_A);
	ck_assert_int_eq(press(SDL_SCANCODE_LSHIFT, SDLK_LSHIFT, 0, NULL), KEYBOARD_SENT);
	ck_assert_int_eq(press(SDL_SCANCODE_2, SDLK_2, KMOD_LSHIFT, "\""), KEYBOARD_SENT); /* JIS */
	keyboard_release(&k, SDL_SCANCODE_2);
	ck_assert_int_eq(press(SDL_SCANCODE_2, SDLK_2, KMOD_LSHIFT, "@"), KEYBOARD_SENT);  /* US */
	keyboard_release(&k, SDL_SCANCODE_2);
	keyboard_release(&k, SDL_SCANCODE_LSHIFT);
	keyboard_release(&k, SDL_SCANCODE_LSHIFT); /* twice is once */
	ck_assert_str_eq(sent, "+30:61 -30:61 +42:0 +3:22 -3:22 +3:40 -3:40 -42:0 ");
}
END_TEST

START_TEST(repeats)
{
	press(SDL_SCANCODE_X, SDLK_x, 0, "x");
	press(SDL_SCANCODE_X, SDLK_x, 0, "x");
	keyboard_release(&k, SDL_SCANCODE_X);
	press(SDL_SCANCODE_BACKSPACE, SDLK_BACKSPACE, 0, NULL);
	ck_assert_str_eq(sent, "+45:78 +45:78 -45:78 +14:0 ");
}
END_TEST

START_TEST(commands)
{
	press(SDL_SCANCODE_LCTRL, SDLK_LCTRL, 0, NULL);
	press(SDL_SCANCODE_C, SDLK_c, KMOD_LCTRL, NULL);
	press(SDL_SCANCODE_C, SDLK_c, KMOD_LCTRL | KMOD_LSHIFT, NULL);
	press(SDL_SCANCODE_TAB, SDLK_TAB, KMOD_LCTRL, NULL);
	ck_assert_str_eq(sent, "+29:0 +46:63 +46:43 +15:0 ");
	sent[0] = 0;
	press(SDL_SCANCODE_F, SDLK_f, KMOD_LALT, "f"); /* X gives text with Alt: the key it is */
	ck_assert_str_eq(sent, "+33:66 ");
}
END_TEST

START_TEST(input_methods)
{
	static const SDL_Scancode of_input_method[] = { SDL_SCANCODE_INTERNATIONAL2, SDL_SCANCODE_INTERNATIONAL4, SDL_SCANCODE_INTERNATIONAL5,
		SDL_SCANCODE_LANG1, SDL_SCANCODE_LANG2, SDL_SCANCODE_LANG3, SDL_SCANCODE_LANG4, SDL_SCANCODE_LANG5 };

	for (size_t i = 0; i < sizeof of_input_method / sizeof of_input_method[0]; i++)
		ck_assert_int_eq(press(of_input_method[i], SDLK_UNKNOWN, 0, NULL), KEYBOARD_LOCAL);
	ck_assert_int_eq(press(SDL_SCANCODE_GRAVE, SDLK_BACKQUOTE, 0, NULL), KEYBOARD_LOCAL); /* 半角/全角, or dead */
	keyboard_release(&k, SDL_SCANCODE_GRAVE);
	ck_assert_int_eq(press(SDL_SCANCODE_K, SDLK_k, 0, "関所"), KEYBOARD_TEXT);            /* committed with the key */
	ck_assert_str_eq(sent, "");
	ck_assert_int_eq(press(SDL_SCANCODE_E, SDLK_e, 0, "é"), KEYBOARD_SENT);             /* after a dead accent */
	ck_assert_str_eq(sent, "+18:e9 ");
}
END_TEST

START_TEST(right_alt)
{
	/* AltGr: makes another character of the key, and stays here */
	press(SDL_SCANCODE_RALT, SDLK_RALT, 0, NULL);
	press(SDL_SCANCODE_Q, SDLK_q, KMOD_RALT, "@");
	keyboard_release(&k, SDL_SCANCODE_Q);
	keyboard_release(&k, SDL_SCANCODE_RALT);
	ck_assert_str_eq(sent, "+16:40 -16:40 ");
	/* Alt: the key is what it was, so Alt goes out before it */
	sent[0] = 0;
	press(SDL_SCANCODE_RALT, SDLK_RALT, 0, NULL);
	press(SDL_SCANCODE_F, SDLK_f, KMOD_RALT, "f");
	keyboard_release(&k, SDL_SCANCODE_F);
	keyboard_release(&k, SDL_SCANCODE_RALT);
	ck_assert_str_eq(sent, "+100:0 +33:66 -33:66 -100:0 ");
	sent[0] = 0;
	press(SDL_SCANCODE_RALT, SDLK_RALT, 0, NULL);
	press(SDL_SCANCODE_LEFT, SDLK_LEFT, KMOD_RALT, NULL);
	ck_assert_str_eq(sent, "+100:0 +105:0 ");
}
END_TEST

START_TEST(forgets)
{
	press(SDL_SCANCODE_A, SDLK_a, 0, "a");
	keyboard_forget(&k);
	keyboard_release(&k, SDL_SCANCODE_A);
	ck_assert_str_eq(sent, "+30:61 ");
}
END_TEST

START_TEST(copy_and_paste)
{
	SDL_Keysym v = { SDL_SCANCODE_V, SDLK_v, KMOD_LCTRL, 0 }, c = { SDL_SCANCODE_C, SDLK_c, KMOD_RCTRL, 0 };
	SDL_Keysym insert = { SDL_SCANCODE_INSERT, SDLK_INSERT, KMOD_LSHIFT, 0 };

	ck_assert(keyboard_is_paste(v) && keyboard_is_paste(insert) && keyboard_is_copy(c));
	ck_assert(!keyboard_is_copy(v) && !keyboard_is_paste(c) && !keyboard_is_copy(insert));
	insert.mod = KMOD_LCTRL;
	ck_assert(keyboard_is_copy(insert) && !keyboard_is_paste(insert));
	v.mod = KMOD_LCTRL | KMOD_LALT;
	ck_assert(!keyboard_is_paste(v));
	v.mod = 0;
	ck_assert(!keyboard_is_paste(v));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("viewer.keyboard");
	TCase *t = tcase_create("keys");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, places);
	tcase_add_test(t, plain_and_shifted);
	tcase_add_test(t, repeats);
	tcase_add_test(t, commands);
	tcase_add_test(t, input_methods);
	tcase_add_test(t, right_alt);
	tcase_add_test(t, forgets);
	tcase_add_test(t, copy_and_paste);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
