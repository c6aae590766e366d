/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What becomes of keys and texts on their way to an RDP host.
 */
#include <check.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/decoder/rdp/keys.h"

static char said[1024];
static struct sek_rdp_keys keys;

static void say(void *user, const struct sek_rdp_stroke *s)
{
	size_t n = strlen(said);

	(void)user;
	snprintf(said + n, sizeof said - n, "%s%c%s%x", n ? " " : "", s->down ? '+' : '-', s->unicode ? "u" : "", s->code);
}

static void start(void)
{
	memset(&keys, 0, sizeof keys);
	keys.send = say;
	said[0] = '\0';
}

static void key(uint16_t code, bool down, uint32_t codepoint)
{
	const struct sek_key m = { .code = code, .down = down, .codepoint = codepoint };

	sek_rdp_key(&keys, &m);
}

static const char *hear(void)
{
	static char heard[sizeof said];

	memcpy(heard, said, sizeof said);
	said[0] = '\0';
	return heard;
}

START_TEST(a_key_goes_up_as_what_it_went_down_as)
{
	key(KEY_A, true, 'a');
	key(KEY_A, true, 'a'); /* held */
	key(KEY_A, false, 'A');
	ck_assert_str_eq(hear(), "+1e +1e -1e");
	key(KEY_A, false, 0); /* it is up */
	ck_assert_str_eq(hear(), "");
	key(KEY_CAPSLOCK, true, 0);
	key(KEY_CAPSLOCK, false, 0);
	ck_assert_str_eq(hear(), "");
}
END_TEST

START_TEST(characters_are_found_on_the_us_layout)
{
	key(KEY_LEFTBRACE, true, '@'); /* JIS: plain; US: Shift and 2 */
	key(KEY_LEFTBRACE, false, '@');
	ck_assert_str_eq(hear(), "+2a +3 -2a -3");
	key(KEY_LEFTSHIFT, true, 0);
	key(KEY_MINUS, true, '='); /* JIS: Shift and minus; US: plain */
	key(KEY_MINUS, false, '=');
	key(KEY_LEFTSHIFT, false, 0);
	ck_assert_str_eq(hear(), "+2a -2a +d +2a -d -2a");
	key(KEY_RIGHTSHIFT, true, 0);
	key(KEY_2, true, '"');
	key(KEY_2, false, '"');
	key(KEY_RIGHTSHIFT, false, 0);
	ck_assert_str_eq(hear(), "+36 +28 -28 -36");
	key(KEY_A, true, 'A'); /* with the client's Caps Lock */
	key(KEY_A, false, 'A');
	ck_assert_str_eq(hear(), "+2a +1e -2a -1e");
}
END_TEST

START_TEST(commands_are_keys)
{
	key(KEY_LEFTCTRL, true, 0);
	key(KEY_C, true, 'c');
	key(KEY_C, false, 'c');
	key(KEY_LEFTCTRL, false, 0);
	ck_assert_str_eq(hear(), "+1d +2e -2e -1d");
	key(KEY_DOWN, true, 0);
	key(KEY_DOWN, false, 0);
	key(KEY_KPENTER, true, 0);
	key(KEY_KPENTER, false, 0);
	key(KEY_KP7, true, '7'); /* of the keypad, not of the row above the letters */
	key(KEY_KP7, false, '7');
	ck_assert_str_eq(hear(), "+150 -150 +11c -11c +47 -47");
}
END_TEST

START_TEST(other_letters_are_unicode)
{
	static const char text[] = "a\xe9\x96\xa2\xf0\x9f\x91\x8d\n";
	const struct sek_text m = { .utf8 = (const uint8_t *)text, .bytes = sizeof text - 1 };

	key(0, true, 0xe9);
	key(0, false, 0xe9);
	ck_assert_str_eq(hear(), "+ue9 -ue9");
	key(KEY_LEFTCTRL, true, 0);
	sek_rdp_text(&keys, &m); /* what is held would make a command of it */
	ck_assert_str_eq(hear(), "+1d -1d +1e -1e +u95a2 -u95a2 +ud83d -ud83d +udc4d -udc4d +1c -1c");
}
END_TEST

START_TEST(everything_is_let_go)
{
	key(KEY_LEFTALT, true, 0);
	key(KEY_F4, true, 0);
	hear();
	sek_rdp_release(&keys);
	ck_assert_str_eq(hear(), "-38 -3e");
	sek_rdp_release(&keys);
	ck_assert_str_eq(hear(), "");
	key(UINT16_MAX, true, 0);
	key(UINT16_MAX, false, 0);
	ck_assert_str_eq(hear(), "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("decoder rdp keys");
	TCase *c = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, start, NULL);
	tcase_add_test(c, a_key_goes_up_as_what_it_went_down_as);
	tcase_add_test(c, characters_are_found_on_the_us_layout);
	tcase_add_test(c, commands_are_keys);
	tcase_add_test(c, other_letters_are_unicode);
	tcase_add_test(c, everything_is_let_go);
	suite_add_tcase(suite, c);
	r = srunner_create(suite);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
