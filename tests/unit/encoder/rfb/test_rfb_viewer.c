/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What viewers say: each message whole, cut short at every byte, and with what it must not say; keys of viewers as keys of the wire.
 */
#include <check.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>

#include "broker/encoder/rfb/keys.h"
#include "broker/encoder/rfb/viewer.h"

static sek_status take(const void *bytes, size_t n, struct sek_rfb_event *e, size_t *used)
{
	struct sek_rfb_viewer v = { .greeted = true, .extended = true };

	return sek_rfb_viewer_take(&v, bytes, n, e, used);
}

static const struct {
	const char *bytes;
	size_t n;
	enum sek_rfb_said what;
} whole[] = {
#define M(what, text) { text, sizeof text - 1, what }
	M(SEK_RFB_PIXEL_FORMAT, "\0\0\0\0\x20\x18\0\1\0\xff\0\xff\0\xff\x10\x08\0\0\0\0"),
	M(SEK_RFB_PIXEL_FORMAT, "\0\0\0\0\x10\x10\1\1\0\x1f\0\x3f\0\x1f\x0b\x05\0\0\0\0"),
	M(SEK_RFB_PIXEL_FORMAT, "\0\0\0\0\x08\x08\0\1\0\7\0\7\0\3\0\3\6\0\0\0"),
	M(SEK_RFB_ENCODINGS, "\2\0\0\3\0\0\0\7\0\0\0\x10\xff\xff\xff\x20"),
	M(SEK_RFB_ENCODINGS, "\2\0\0\0"),
	M(SEK_RFB_REQUEST, "\3\1\0\0\0\0\5\0\3\x20"),
	M(SEK_RFB_KEY, "\4\1\0\0\0\0\0a"),
	M(SEK_RFB_POINTER, "\5\1\0\x10\0\x20"),
	M(SEK_RFB_CUT, "\6\0\0\0\0\0\0\5hello"),
	M(SEK_RFB_CUT_EXTENDED, "\6\0\0\0\xff\xff\xff\xfc\x02\0\0\1"),
	M(SEK_RFB_CONTINUOUS, "\x96\1\0\0\0\0\5\0\3\x20"),
	M(SEK_RFB_FENCE, "\xf8\0\0\0\x80\0\0\1\2hi"),
	M(SEK_RFB_RESIZE, "\xfb\0\5\0\3\x20\1\0\0\0\0\0\0\0\0\0\5\0\3\x20\0\0\0\0"),
	M(SEK_RFB_KEY, "\xff\0\0\1\0\0\0a\0\0\0\x1e"),
};

START_TEST(every_message_and_every_prefix)
{
	struct sek_rfb_event e;
	size_t used;

	for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
		char more[64];

		for (size_t n = 0; n < whole[i].n; n++) {
			ck_assert(sek_is(take(whole[i].bytes, n, &e, &used), SEK_E_AGAIN));
			ck_assert_uint_eq(used, 0);
		}
		memcpy(more, whole[i].bytes, whole[i].n);
		memset(more + whole[i].n, 0x55, sizeof more - whole[i].n); /* what comes after it is not looked at */
		ck_assert(sek_is_ok(take(more, sizeof more, &e, &used)));
		ck_assert_uint_eq(used, whole[i].n);
		ck_assert_int_eq(e.what, whole[i].what);
	}
}
END_TEST

START_TEST(what_is_in_them)
{
	struct sek_rfb_event e;
	size_t used;

	ck_assert(sek_is_ok(take(whole[1].bytes, whole[1].n, &e, &used)));
	ck_assert(e.format.big_endian && e.format.bits == 16 && e.format.green_max == 63 && e.format.red_shift == 11);
	ck_assert(sek_is_ok(take(whole[3].bytes, whole[3].n, &e, &used)));
	ck_assert(e.wants.coding == SEK_RFB_TIGHT && e.wants.last_rect && !e.wants.copy && e.wants.quality == -1); /* the first named counts */
	ck_assert(sek_is_ok(take("\2\0\0\4\0\0\0\1\0\0\0\x10\xff\xff\xff\xe5\xff\xff\xff\x02", 20, &e, &used)));
	ck_assert(e.wants.coding == SEK_RFB_ZRLE && e.wants.copy && e.wants.quality == 5 && e.wants.compression == 2);
	ck_assert(sek_is_ok(take("\2\0\0\3\xff\xff\xfe\xc6\xff\xff\xfe\xcc\xc0\xa1\xe5\xce", 16, &e, &used)));
	ck_assert(e.wants.alpha_cursor && e.wants.extended_size && e.wants.clipboard && e.wants.coding == SEK_RFB_RAW);
	ck_assert(sek_is_ok(take(whole[9].bytes, whole[9].n, &e, &used)));
	ck_assert_uint_eq(e.cut.n, 4);
	ck_assert(sek_is_ok(take(whole[13].bytes, whole[13].n, &e, &used)));
	ck_assert(e.key.down && e.key.symbol == 'a' && e.key.code == 0x1e);
}
END_TEST

START_TEST(what_is_refused)
{
	static const struct { const char *bytes; size_t n; } bad[] = {
#define B(text) { text, sizeof text - 1 }
		B("\1"), B("\7"), B("\xfc\0\1\0"), B("\xfe"),                          /* no such message, or not offered */
		B("\0\0\0\0\x20\x18\0\0\0\xff\0\xff\0\xff\x10\x08\0\0\0\0"),        /* a colour map */
		B("\0\0\0\0\x18\x18\0\1\0\xff\0\xff\0\xff\x10\x08\0\0\0\0"),        /* 24 bits */
		B("\0\0\0\0\x20\x18\0\1\0\xff\0\xff\0\xff\x19\x08\0\0\0\0"),        /* red reaches over the end */
		B("\0\0\0\0\x20\x18\0\1\0\xff\0\0\0\xff\x10\x08\0\0\0\0"),          /* no green */
		B("\0\0\0\0\x20\x18\0\1\0\xfe\0\xff\0\xff\x10\x08\0\0\0\0"),        /* not 2^n - 1 */
		B("\0\0\0\0\x20\x20\0\1\3\xff\3\xff\3\xff\x14\x0a\0\0\0\0"),        /* ten bits of each */
		B("\0\0\0\0\x10\x18\0\1\0\x1f\0\x3f\0\x1f\x0b\x05\0\0\0\0"),        /* deeper than it has bits */
		B("\2\0\4\1"),                                                           /* too many encodings */
		B("\6\0\0\0\xff\xff\xff\xfd"),                                          /* less than its flags */
		B("\6\0\0\0\x80\0\0\0"), B("\6\0\0\0\x04\0\0\1"),                    /* gigabytes */
		B("\xf8\0\0\0\x80\0\0\1\x41"),                                          /* a fence that is too long */
		B("\xff\1\0\0\0\0\0\0\0\0\0\0"),                                     /* sound */
	};
	struct sek_rfb_event e;
	size_t used;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(sek_is(take(bad[i].bytes, bad[i].n, &e, &used), SEK_E_MALFORMED), "row %zu", i);
}
END_TEST

/* What could never cross is not kept: it is passed over, however it comes in. */
START_TEST(a_long_text_is_skipped)
{
	static uint8_t bytes[100000];
	struct sek_rfb_viewer v = { .greeted = true };
	size_t left = SEK_RFB_CUT_MAX_BYTES + 1, used;
	const uint8_t head[8] = { 6, 0, 0, 0, 0, (uint8_t)(left >> 16), (uint8_t)(left >> 8), (uint8_t)left };
	struct sek_rfb_event e;

	ck_assert(sek_is_ok(sek_rfb_viewer_take(&v, head, sizeof head, &e, &used)));
	ck_assert(e.what == SEK_RFB_NOTHING && used == 8);
	for (; left > sizeof bytes; left -= sizeof bytes) {
		ck_assert(sek_is(sek_rfb_viewer_take(&v, bytes, sizeof bytes, &e, &used), SEK_E_AGAIN));
		ck_assert_uint_eq(used, sizeof bytes);
	}
	memcpy(bytes + left, "\5\1\0\x10\0\x20", 6);
	ck_assert(sek_is_ok(sek_rfb_viewer_take(&v, bytes, left + 6, &e, &used)));
	ck_assert(e.what == SEK_RFB_POINTER && used == left + 6);
}
END_TEST

START_TEST(client_init_comes_first)
{
	struct sek_rfb_viewer v = { 0 };
	struct sek_rfb_event e;
	size_t used;

	ck_assert(sek_is_ok(sek_rfb_viewer_take(&v, (const uint8_t *)"\1\5\0\0\0\0\0", 7, &e, &used)));
	ck_assert(e.what == SEK_RFB_INIT && used == 1);
	/* without the extension a negative length is a long one */
	ck_assert(sek_is(sek_rfb_viewer_take(&v, (const uint8_t *)"\6\0\0\0\xff\xff\xff\xfc\x02\0\0\1", 12, &e, &used), SEK_E_MALFORMED));
}
END_TEST

/* --- keys --- */

static struct sek_rfb_strokes press(struct sek_rfb_keys *k, uint32_t symbol, uint32_t code, bool down)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_KEY_MAX_BYTES];
	struct sek_rfb_strokes s;
	struct sek_writer w;
	struct sek_key key;

	sek_rfb_keys_take(k, symbol, code, down, &s);
	if (s.has_key) { /* nothing is made that the broker would refuse */
		sek_writer_init(&w, memory, sizeof memory);
		sek_key_write(&w, &s.key);
		ck_assert(sek_is_ok(sek_writer_status(&w)));
		ck_assert(sek_is_ok(sek_key_read(memory + SEK_FRAME_HEADER_BYTES, w.len - SEK_FRAME_HEADER_BYTES, &key)));
	}
	return s;
}

START_TEST(keys_by_symbol_and_by_code)
{
	static const struct { uint32_t symbol, code; uint16_t key; uint32_t c; } rows[] = {
		{ 'a', 0, KEY_A, 'a' }, { 'A', 0, KEY_A, 'A' }, { '!', 0, KEY_1, '!' }, { ' ', 0, KEY_SPACE, ' ' }, { '/', 0, KEY_SLASH, '/' },
		{ '~', 0, KEY_GRAVE, '~' }, { 0xff0d, 0, KEY_ENTER, 0 }, { 0xff1b, 0, KEY_ESC, 0 }, { 0xffff, 0, KEY_DELETE, 0 },
		{ 0xffe1, 0, KEY_LEFTSHIFT, 0 }, { 0xffe4, 0, KEY_RIGHTCTRL, 0 }, { 0xffb5, 0, KEY_KP5, '5' }, { 0xff96, 0, KEY_LEFT, 0 },
		{ 0xffbe, 0, KEY_F1, 0 }, { 0xff22, 0, KEY_MUHENKAN, 0 }, { 'q', 0x1e, KEY_A, 'q' }, /* AZERTY: by its place, with its character */
		{ 0xff54, 0xd0, KEY_DOWN, 0 }, { '\\', 0x73, KEY_RO, '\\' }, { 0xe9, 0, 0, 0xe9 }, /* é: some layout will have it */
	};
	struct sek_rfb_keys k = { 0 };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sek_rfb_strokes s = press(&k, rows[i].symbol, rows[i].code, true);

		ck_assert_msg(s.has_key && s.text_n == 0 && s.key.down && s.key.code == rows[i].key && s.key.codepoint == rows[i].c,
			"row %zu: %u %x", i, s.key.code, s.key.codepoint);
		s = press(&k, rows[i].symbol, rows[i].code, false);
		ck_assert(s.has_key && !s.key.down && s.key.code == rows[i].key);
		ck_assert_uint_eq(k.n, 0);
	}
}
END_TEST

START_TEST(japanese_is_text)
{
	struct sek_rfb_keys k = { 0 };
	struct sek_rfb_strokes s = press(&k, 0x01000000 | 0x65e5, 0, true); /* 日 */

	ck_assert(!s.has_key && s.text_n == 3 && memcmp(s.text, "\xe6\x97\xa5", 3) == 0);
	ck_assert(!press(&k, 0x01000000 | 0x65e5, 0, false).has_key);
	s = press(&k, 0x04b1, 0, true); /* kana_A, as X names half-width kana */
	ck_assert(!s.has_key && s.text_n == 3);
	s = press(&k, 0x01000000 | 0x1f363, 0, true);
	ck_assert(s.text_n == 4 && memcmp(s.text, "\xf0\x9f\x8d\xa3", 4) == 0);
	s = press(&k, 0x01000000 | 0xd800, 0, true); /* no character */
	ck_assert(!s.has_key && s.text_n == 0);
	s = press(&k, 0x0100202e, 0, true); /* nothing that turns text around */
	ck_assert(!s.has_key && s.text_n == 0);
	press(&k, 0xffe3, 0, true);
	s = press(&k, 0x06d3, 0x2e, true); /* Ctrl and с of the Cyrillic layout: a shortcut on that place */
	ck_assert(s.has_key && s.key.code == KEY_C && s.text_n == 0);
}
END_TEST

START_TEST(keys_come_up_as_they_went_down)
{
	struct sek_rfb_keys k = { 0 };
	struct sek_rfb_strokes s;

	press(&k, 'A', 0, true);
	s = press(&k, 'a', 0, false); /* Shift came up before it */
	ck_assert(s.has_key && !s.key.down && s.key.code == KEY_A && s.key.codepoint == 'A');
	ck_assert(!press(&k, 'a', 0, false).has_key);
	for (uint32_t i = 0; i < SEK_RFB_DOWN_MAX; i++)
		ck_assert(!press(&k, 0xa1 + i, 0, true).release_too);
	ck_assert(press(&k, 'z', 0, true).release_too);
	ck_assert_uint_eq(k.n, SEK_RFB_DOWN_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rfb.viewer");
	TCase *t = tcase_create("viewer");
	SRunner *r;
	int failed;

	tcase_add_test(t, every_message_and_every_prefix);
	tcase_add_test(t, what_is_in_them);
	tcase_add_test(t, what_is_refused);
	tcase_add_test(t, a_long_text_is_skipped);
	tcase_add_test(t, client_init_comes_first);
	tcase_add_test(t, keys_by_symbol_and_by_code);
	tcase_add_test(t, japanese_is_text);
	tcase_add_test(t, keys_come_up_as_they_went_down);
	suite_add_tcase(suite, t);
	r = srunner_create(suite);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
