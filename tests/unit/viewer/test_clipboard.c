/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Copy and paste as the broker allows: what waits behind a paste, what a question shows, that a preview never gets out.
 */
#include <check.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/viewer/clipboard.h"

static uv_loop_t loop;
static struct clipboard *c;
static char sent[4096], noticed[256], asked[256], arrived[256];
static size_t pieces;

static void on_send(void *user, const uint8_t *frame, size_t n)
{
	size_t at = strlen(sent);

	(void)user;
	if (frame[0] == SEK_MSG_KEY) {
		snprintf(sent + at, sizeof sent - at, "%c%u ", frame[10] ? '+' : '-', frame[9]);
	} else if (frame[0] == SEK_MSG_CLIPBOARD) {
		pieces++;
		snprintf(sent + at, sizeof sent - at, "text%u ", frame[SEK_FRAME_HEADER_BYTES]);
	} else {
		snprintf(sent + at, sizeof sent - at, "x%02x/%zu ", frame[0], n);
	}
}

static void on_notice(void *user, const char *key, const char *name, unsigned long value)
{
	(void)user;
	snprintf(noticed, sizeof noticed, "%s %s %lu", key, name ? name : "-", value);
}

static void on_ask(void *user, bool to_outer, const char *text, size_t chars)
{
	(void)user;
	snprintf(asked, sizeof asked, "%s %s %zu", to_outer ? "out" : "in", text ? text : "-", chars);
}

static void on_arrived(void *user, const char *text)
{
	(void)user;
	snprintf(arrived, sizeof arrived, "%s", text);
}

static void setup(void)
{
	static const struct clipboard_ops ops = { on_send, on_notice, on_ask, on_arrived };

	uv_loop_init(&loop);
	c = clipboard_create(&loop, &ops, NULL);
	ck_assert_ptr_nonnull(c);
	clipboard_policy(c, &(struct sek_policy_msg){ .clipboard = 3, .clipboard_max_chars = 10 });
}

static void teardown(void)
{
	clipboard_destroy(c);
	uv_run(&loop, UV_RUN_DEFAULT);
	ck_assert_int_eq(uv_loop_close(&loop), 0);
}

static void key(uint16_t code, bool down)
{
	uint8_t memory[64];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_key_write(&w, &(struct sek_key){ code, down, 0 });
	clipboard_send(c, memory, w.len);
}

static bool result(uint8_t direction, uint8_t outcome, uint32_t arg)
{
	uint8_t memory[64];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_clipboard_result_write(&w, &(struct sek_clipboard_result){ direction, outcome, arg });
	return clipboard_hear(c, SEK_MSG_CLIPBOARD_RESULT, memory + SEK_FRAME_HEADER_BYTES, w.len - SEK_FRAME_HEADER_BYTES);
}

static bool piece(uint8_t flags, const char *text)
{
	uint8_t memory[256];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_clipboard_piece_write(&w, &(struct sek_clipboard_piece){ flags, (const uint8_t *)text, strlen(text) });
	ck_assert(sek_is_ok(sek_writer_status(&w)));
	return clipboard_hear(c, SEK_MSG_CLIPBOARD, memory + SEK_FRAME_HEADER_BYTES, w.len - SEK_FRAME_HEADER_BYTES);
}

static void paste_key(const char *text)
{
	key(KEY_LEFTCTRL, true);
	clipboard_hold(c, KEY_V);
	key(KEY_V, true);
	clipboard_paste(c, text, false);
	key(KEY_V, false);
	key(KEY_LEFTCTRL, false);
	key(KEY_A, true);
}

START_TEST(keys_wait_for_the_text)
{
	paste_key("関所");
	ck_assert_str_eq(sent, "+29 text3 ");
	ck_assert(result(SEK_CROSS_TO_OUTER, SEK_CLIPBOARD_DONE, 0));
	ck_assert_str_eq(sent, "+29 text3 +47 -47 -29 +30 ");
}
END_TEST

START_TEST(refused_text_takes_its_key_along)
{
	paste_key("abc");
	ck_assert(result(SEK_CROSS_TO_OUTER, SEK_CLIPBOARD_TOO_OFTEN, 12));
	ck_assert_str_eq(sent, "+29 text3 -29 +30 ");
	ck_assert_str_eq(noticed, "clipboard.too-often seconds 12");
}
END_TEST

START_TEST(nothing_here)
{
	paste_key("");
	ck_assert_str_eq(sent, "+29 +47 -47 -29 +30 "); /* what was copied over there */
	sent[0] = 0;
	paste_key("12345678901");
	ck_assert_str_eq(sent, "+29 -47 -29 +30 ");
	ck_assert_str_eq(noticed, "clipboard.too-long chars 10");
}
END_TEST

START_TEST(in_pieces)
{
	char *text = malloc(9001);

	memset(text, 'a', 9000);
	text[9000] = 0;
	clipboard_policy(c, &(struct sek_policy_msg){ .clipboard = 3, .clipboard_max_chars = 10000 });
	clipboard_paste(c, text, false);
	ck_assert_uint_eq(pieces, 3);
	ck_assert_str_eq(sent, "text1 text0 text2 ");
	free(text);
}
END_TEST

START_TEST(a_question_on_the_way_out)
{
	paste_key("abc");
	ck_assert(result(SEK_CROSS_TO_OUTER, SEK_CLIPBOARD_ASK, 5));
	ck_assert_str_eq(sent, "+29 text3 -29 +30 "); /* the keys go on, but for the paste */
	sent[0] = 0;
	ck_assert(piece(SEK_CLIPBOARD_FIRST | SEK_CLIPBOARD_LAST | SEK_CLIPBOARD_PREVIEW, "abc"));
	ck_assert_str_eq(asked, "out abc 3");
	ck_assert_str_eq(arrived, "");
	clipboard_answer(c, true);
	ck_assert_str_eq(sent, "x0e/16 ");
	sent[0] = 0;
	ck_assert(result(SEK_CROSS_TO_OUTER, SEK_CLIPBOARD_DONE, 0));
	ck_assert_str_eq(sent, "x09/8 +29 +47 -47 -29 "); /* RELEASE, then the paste by itself */
}
END_TEST

START_TEST(the_way_in)
{
	ck_assert(piece(SEK_CLIPBOARD_FIRST, "関"));
	ck_assert_str_eq(arrived, "");
	ck_assert(piece(SEK_CLIPBOARD_LAST, "所"));
	ck_assert_str_eq(arrived, "関所");
	ck_assert_str_eq(noticed, "clipboard.copied chars 2");
}
END_TEST

START_TEST(a_preview_never_gets_out)
{
	ck_assert(piece(SEK_CLIPBOARD_FIRST | SEK_CLIPBOARD_LAST | SEK_CLIPBOARD_PREVIEW, "abc")); /* without a question */
	ck_assert(result(SEK_CROSS_TO_INNER, SEK_CLIPBOARD_ASK, 9));
	ck_assert(piece(SEK_CLIPBOARD_FIRST | SEK_CLIPBOARD_LAST | SEK_CLIPBOARD_PREVIEW, "abc"));
	ck_assert_str_eq(asked, "in abc 3");
	ck_assert(result(SEK_CROSS_TO_INNER, SEK_CLIPBOARD_DECLINED, 0));
	ck_assert_str_eq(asked, "in - 0"); /* taken back */
	clipboard_answer(c, true);
	ck_assert_str_eq(sent, "");
	ck_assert_str_eq(arrived, "");
}
END_TEST

START_TEST(broken_texts)
{
	ck_assert(!piece(SEK_CLIPBOARD_LAST, "a")); /* never begun */
	ck_assert(piece(SEK_CLIPBOARD_FIRST | SEK_CLIPBOARD_PREVIEW, "a"));
	ck_assert(!piece(SEK_CLIPBOARD_LAST, "b"));
	ck_assert_str_eq(arrived, "");
}
END_TEST

START_TEST(policies)
{
	ck_assert(clipboard_to_outer(c) && clipboard_to_inner(c));
	ck_assert_str_eq(noticed, ""); /* the first one is no change */
	clipboard_policy(c, &(struct sek_policy_msg){ 0 });
	ck_assert_str_eq(noticed, "clipboard.now-none - 0");
	ck_assert(!clipboard_to_outer(c) && !clipboard_to_inner(c));
	ck_assert_str_eq(clipboard_summary(c), "keys.clipboard");
	clipboard_reset(c);
	noticed[0] = 0;
	clipboard_policy(c, &(struct sek_policy_msg){ .clipboard = 1 });
	ck_assert_str_eq(noticed, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("viewer.clipboard");
	TCase *t = tcase_create("clipboard");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, keys_wait_for_the_text);
	tcase_add_test(t, refused_text_takes_its_key_along);
	tcase_add_test(t, nothing_here);
	tcase_add_test(t, in_pieces);
	tcase_add_test(t, a_question_on_the_way_out);
	tcase_add_test(t, the_way_in);
	tcase_add_test(t, a_preview_never_gets_out);
	tcase_add_test(t, broken_texts);
	tcase_add_test(t, policies);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
