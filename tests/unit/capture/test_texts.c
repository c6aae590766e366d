/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Composed texts between keys, with an input method that answers, is silent or is gone; pointer and wheel.
 */
#include <check.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "render-host/session.h"
#include "tests/unit/capture/rig.h"

static struct rig rig;

static void setup(void)
{
	rig_start(&rig, 800, 600, "us");
	rig_attach(&rig, 800, 600);
	rig_settle(&rig);
}

static void teardown(void)
{
	rig_stop(&rig);
}

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
	rig_assert_nothing_held(&rig);
}
END_TEST

START_TEST(characters_without_a_key)
{
	char got[512];

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
	rig_assert_nothing_held(&rig);
}
END_TEST

/* Keys after a text wait for the input method's answer; a text after keys has a fence before it. */
START_TEST(texts_and_keys_keep_their_order)
{
	char got[512];

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
	rig_assert_nothing_held(&rig);
}
END_TEST

START_TEST(newline_and_tab_are_keys)
{
	char got[512];

	rig_text(&rig, "一\n\t二\n");
	rig_settle(&rig);
	rig_typed(&rig, got, sizeof got);
	ck_assert_str_eq(got, "一\r\t二\r");
	ck_assert_uint_eq(rig.fences, 1); /* before 二 */
	ck_assert_uint_eq(rig.log[0].detail, KEY_ENTER + 8);
	ck_assert_uint_eq(rig.log[2].detail, KEY_TAB + 8);
	rig_assert_nothing_held(&rig);
}
END_TEST

static bool logged_many(struct rig *r, void *n)
{
	return r->logged >= *(size_t *)n;
}

START_TEST(a_silent_input_method_delays_but_does_not_stop)
{
	uint64_t t;
	size_t n = 2;

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

	shutdown(rig.ime, SHUT_RDWR);
	rig_for(&rig, 50);
	rig_text(&rig, "Hé, w\n");
	rig_tap(&rig, KEY_A, 'a');
	rig_settle(&rig);
	rig_typed(&rig, got, sizeof got);
	ck_assert_str_eq(got, "H, w\ra");
	rig_assert_nothing_held(&rig);
}
END_TEST

/* Much text while the input method is slow: capture stops reading instead of storing. */
START_TEST(much_text_is_bounded_and_whole)
{
	static char want[RIG_TEXT_MAX];
	size_t n = 0;

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
	rig_assert_nothing_held(&rig);
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
	Suite *s = suite_create("capture texts");
	TCase *t = tcase_create("texts");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, texts_go_without_modifiers);
	tcase_add_test(t, characters_without_a_key);
	tcase_add_test(t, texts_and_keys_keep_their_order);
	tcase_add_test(t, newline_and_tab_are_keys);
	tcase_add_test(t, a_silent_input_method_delays_but_does_not_stop);
	tcase_add_test(t, without_an_input_method_the_layout_serves);
	tcase_add_test(t, much_text_is_bounded_and_whole);
	tcase_add_test(t, wheel_is_exact_over_time);
	tcase_add_test(t, pointer_and_buttons);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
