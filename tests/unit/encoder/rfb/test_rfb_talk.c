/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Between the broker and a viewer: frames are acknowledged when the viewer has them and not before, text crosses when it is pasted and the
 * policy is open, and the end is told.
 */
#include <unistd.h>

#include "broker/encoder/rfb/rfb.h"
#include "tests/unit/codec/pair.h"

enum { WIDTH = 320, HEIGHT = 240 };

static struct sek_rfb r;
static struct pair pair;

static void said(enum sek_rfb_said what)
{
	struct sek_rfb_event e = { .what = what };

	e.area.incremental = true;
	ck_assert(sek_is_ok(sek_rfb_said(&r, &e)));
}

static void down(enum sek_msg_type type, uint8_t flags, const uint8_t *payload, size_t n)
{
	ck_assert(sek_is_ok(sek_rfb_down(&r, &(struct sek_frame){ .type = (uint8_t)type, .flags = flags, .payload_bytes = (uint32_t)n }, payload)));
}

static sek_status emit(void *user, const uint8_t *frame, size_t n)
{
	(void)user;
	down(SEK_MSG_UPDATE, frame[1], frame + SEK_FRAME_HEADER_BYTES, n - SEK_FRAME_HEADER_BYTES);
	return sek_ok();
}

static void frame(uint32_t colour)
{
	bool sent;

	test_draw_flat(&pair.src, (struct sek_rect){ 0, 0, WIDTH, HEIGHT }, colour);
	sek_update_encoder_damage(pair.e, whole(&pair));
	ck_assert(sek_is_ok(sek_update_encoder_encode(pair.e, &pair.src, pair.frame++, 1000, &exact, emit, NULL, &sent)));
}

/* How many messages of that kind went up, which are then forgotten. */
static unsigned went_up(uint8_t type)
{
	struct sek_frame f;
	unsigned n = 0;
	size_t total;

	for (size_t at = 0; at < r.up_n; at += total) {
		ck_assert(sek_is_ok(sek_frame_whole(r.up + at, r.up_n - at, SEK_LINK_CLIENT, SEK_DIR_UP, &f, &total)));
		n += f.type == type;
	}
	r.up_n = 0;
	return n;
}

/* What waited has been sent. */
static uint64_t taken(void)
{
	uint64_t n = r.out_end - r.out_start;

	r.out_start = r.out_end;
	sek_rfb_out_empty(&r);
	return n;
}

static void begin(const struct sek_rfb_wants *wants)
{
	static const uint8_t size[] = { WIDTH >> 8, WIDTH & 255, 0, HEIGHT }, open[16] = { 3, [7] = 100, [9] = 60 };
	struct sek_rfb_event e = { .what = SEK_RFB_ENCODINGS, .wants = *wants };

	r = (struct sek_rfb){ .width_px = WIDTH, .height_px = HEIGHT, .lang = SEK_LANG_EN };
	ck_assert(sek_is_ok(sek_rfb_prepare(&r)));
	ck_assert_uint_eq(went_up(SEK_MSG_HELLO), 1);
	pair_init(&pair, WIDTH, HEIGHT);
	down(SEK_MSG_POLICY, 0, open, sizeof open);
	down(SEK_MSG_SIZE, 0, size, sizeof size);
	said(SEK_RFB_INIT);
	sek_rfb_put_init(&r);
	ck_assert(sek_is_ok(sek_rfb_said(&r, &e)));
	taken();
}

START_TEST(a_frame_counts_when_it_was_asked_for_and_has_left)
{
	begin(&(struct sek_rfb_wants){ .coding = SEK_RFB_ZRLE, .quality = -1, .compression = -1 });
	frame(0x112233);
	frame(0x445566);
	sek_rfb_offer(&r);
	ck_assert_uint_eq(taken(), 0); /* nobody has asked */
	ck_assert_uint_eq(went_up(SEK_MSG_ACK), 0);
	said(SEK_RFB_REQUEST);
	sek_rfb_offer(&r);
	ck_assert_uint_gt(r.out_end, 0);
	ck_assert_uint_eq(went_up(SEK_MSG_ACK), 0); /* it waits for the line */
	frame(0x778899);
	said(SEK_RFB_REQUEST);
	sek_rfb_offer(&r); /* and no second one is made while it does */
	taken();
	ck_assert_uint_eq(went_up(SEK_MSG_ACK), 2);
	sek_rfb_offer(&r);
	ck_assert_uint_gt(taken(), 0);
	ck_assert_uint_eq(went_up(SEK_MSG_ACK), 1);
}
END_TEST

START_TEST(with_fences_the_viewer_says_when_it_has_a_frame)
{
	struct sek_rfb_event answer = { .what = SEK_RFB_FENCE };
	uint8_t serial[4] = { 0 };

	begin(&(struct sek_rfb_wants){ .coding = SEK_RFB_ZRLE, .fence = true, .continuous = true, .quality = -1, .compression = -1 });
	r.continuous = true;
	for (uint32_t i = 0; i < SEK_RFB_FENCES_MAX + 2; i++) { /* it reads and does not answer: three updates, and no more */
		frame(0x101010 * (i + 1));
		sek_rfb_offer(&r);
		ck_assert_int_eq(taken() > 0, i < SEK_RFB_FENCES_MAX);
	}
	ck_assert_uint_eq(went_up(SEK_MSG_ACK), 0);
	serial[3] = 2;
	answer.fence.bytes = serial;
	answer.fence.n = sizeof serial;
	ck_assert(sek_is_ok(sek_rfb_said(&r, &answer)));
	ck_assert_uint_eq(went_up(SEK_MSG_ACK), 2);
	sek_rfb_offer(&r);
	ck_assert_uint_gt(taken(), 0);
}
END_TEST

static void key(uint32_t symbol, bool is_down)
{
	struct sek_rfb_event e = { .what = SEK_RFB_KEY };

	e.key.symbol = symbol;
	e.key.down = is_down;
	ck_assert(sek_is_ok(sek_rfb_said(&r, &e)));
}

START_TEST(text_goes_with_the_paste_and_keys_wait_for_it)
{
	static const uint8_t shut[16] = { 0 }, done[8] = { SEK_CROSS_TO_OUTER, SEK_CLIPBOARD_DONE };
	struct sek_rfb_event cut = { .what = SEK_RFB_CUT };

	begin(&(struct sek_rfb_wants){ .quality = -1, .compression = -1 });
	cut.cut.bytes = (const uint8_t *)"caf\xe9";
	cut.cut.n = 4;
	ck_assert(sek_is_ok(sek_rfb_said(&r, &cut)));
	ck_assert_uint_eq(r.up_n, 0);
	key(0xffe3, true);
	went_up(0);
	key('v', true);
	ck_assert_uint_eq(went_up(SEK_MSG_CLIPBOARD), 1);
	key('v', false);
	ck_assert_uint_eq(r.up_n, 0);
	down(SEK_MSG_CLIPBOARD_RESULT, 0, done, sizeof done);
	ck_assert_uint_eq(went_up(SEK_MSG_KEY), 2);
	key('v', true); /* the same text does not cross twice */
	ck_assert_uint_eq(went_up(SEK_MSG_CLIPBOARD), 0);
	key('v', false);
	/* shut: what the viewer says is not even kept */
	down(SEK_MSG_POLICY, 0, shut, sizeof shut);
	ck_assert(sek_is_ok(sek_rfb_said(&r, &cut)));
	ck_assert_uint_eq(r.clip.from_viewer_n, 0);
	key('v', true);
	ck_assert_uint_eq(went_up(SEK_MSG_CLIPBOARD), 0);
}
END_TEST

/* The broker asks about a text. */
static void question(uint8_t direction, uint32_t id, const char *text)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_CLIPBOARD_MAX_BYTES];
	size_t left = strlen(text), n;
	uint8_t flags = SEK_CLIPBOARD_FIRST | SEK_CLIPBOARD_PREVIEW;
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_clipboard_result_write(&w, &(struct sek_clipboard_result){ direction, SEK_CLIPBOARD_ASK, id });
	down(SEK_MSG_CLIPBOARD_RESULT, 0, memory + SEK_FRAME_HEADER_BYTES, w.len - SEK_FRAME_HEADER_BYTES);
	for (; left > 0; text += n, left -= n, flags = SEK_CLIPBOARD_PREVIEW) {
		n = sek_clipboard_piece_bytes((const uint8_t *)text, left);
		sek_writer_init(&w, memory, sizeof memory);
		sek_clipboard_piece_write(&w, &(struct sek_clipboard_piece){ (uint8_t)(flags | (n == left ? SEK_CLIPBOARD_LAST : 0)), (const uint8_t *)text, n });
		down(SEK_MSG_CLIPBOARD, memory[1], memory + SEK_FRAME_HEADER_BYTES, w.len - SEK_FRAME_HEADER_BYTES);
	}
}

/* What went up as an answer: 0 no, 1 yes, -1 none. */
static int answered(uint32_t id)
{
	struct sek_clipboard_answer a;
	struct sek_frame f;
	int ret = -1;
	size_t total;

	for (size_t at = 0; at < r.up_n; at += total) {
		ck_assert(sek_is_ok(sek_frame_whole(r.up + at, r.up_n - at, SEK_LINK_CLIENT, SEK_DIR_UP, &f, &total)));
		if (f.type != SEK_MSG_CLIPBOARD_ANSWER)
			continue;
		ck_assert(sek_is_ok(sek_clipboard_answer_read(r.up + at + SEK_FRAME_HEADER_BYTES, f.payload_bytes, &a)));
		ck_assert_uint_eq(a.id, id);
		ret = a.yes;
	}
	r.up_n = 0;
	return ret;
}

static bool all_is(uint32_t colour)
{
	const struct sek_picture *p = sek_rfb_screen_picture(r.screen);

	for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; i++)
		if ((p->px[i / WIDTH * p->stride_px + i % WIDTH] & 0xffffff) != colour)
			return false;
	return true;
}

START_TEST(a_question_stands_in_the_picture_and_only_its_digit_says_yes)
{
	char title[SEK_RFB_NAME_BYTES];
	uint32_t digit;

	begin(&(struct sek_rfb_wants){ .coding = SEK_RFB_ZRLE, .copy = true, .name = true, .quality = -1, .compression = -1 });
	frame(0x112233);
	said(SEK_RFB_REQUEST);
	sek_rfb_offer(&r);
	taken();
	went_up(0);
	question(SEK_CROSS_TO_INNER, 7, "渡す文字");
	ck_assert(r.ask.shown && !all_is(0x112233));
	sek_rfb_title(&r, title);
	ck_assert_ptr_nonnull(strstr(title, "Answer in the picture"));
	said(SEK_RFB_REQUEST);
	sek_rfb_offer(&r);
	ck_assert_uint_gt(taken(), 0); /* the viewer has it */
	/* the session goes on behind it, and its picture is what it would be */
	frame(0x445566);
	ck_assert(r.ask.shown && !all_is(0x445566));
	digit = '0' + r.ask.digit;
	ck_assert(digit >= '2' && digit <= '9');
	key(digit, true); /* it was on its way */
	key(digit, false);
	ck_assert_int_eq(answered(7), -1);
	r.ask.from_ms = 0;
	key(0xff0d, true); /* Return, and what else one types */
	key('y', true);
	key(digit == '9' ? '2' : digit + 1, true);
	ck_assert_uint_eq(r.up_n, 0);
	ck_assert(r.ask.shown);
	key(digit, true);
	ck_assert_int_eq(answered(7), 1);
	ck_assert(!r.ask.open && all_is(0x445566));
	key('a', true);
	ck_assert_uint_eq(went_up(SEK_MSG_KEY), 1);
}
END_TEST

START_TEST(a_question_is_answered_with_no_or_taken_back)
{
	static const uint8_t off[8] = { SEK_CROSS_TO_OUTER, SEK_CLIPBOARD_OFF }, size[] = { WIDTH >> 8, WIDTH & 255, 0, HEIGHT - 16 };
	struct sek_rfb_event click = { .what = SEK_RFB_POINTER };
	char *text = malloc(SEK_RFB_ASK_BYTES + 2);

	begin(&(struct sek_rfb_wants){ .coding = SEK_RFB_ZRLE, .quality = -1, .compression = -1 });
	frame(0x112233);
	went_up(0);
	question(SEK_CROSS_TO_OUTER, 1, "a");
	r.ask.from_ms = 0;
	click.pointer.buttons = 1; /* behind it nothing is clicked */
	ck_assert(sek_is_ok(sek_rfb_said(&r, &click)));
	ck_assert_uint_eq(r.pointer.buttons, 0);
	key(0xff1b, true);
	ck_assert_int_eq(answered(1), 0);
	ck_assert(all_is(0x112233));
	/* the broker has lost patience, or the policy is another one */
	question(SEK_CROSS_TO_OUTER, 2, "b");
	down(SEK_MSG_CLIPBOARD_RESULT, 0, off, sizeof off);
	ck_assert_int_eq(answered(2), -1);
	ck_assert(!r.ask.open && all_is(0x112233));
	/* another question, another size: the first is a no */
	question(SEK_CROSS_TO_OUTER, 3, "c");
	question(SEK_CROSS_TO_INNER, 4, "d");
	ck_assert_int_eq(answered(3), 0);
	down(SEK_MSG_SIZE, 0, size, sizeof size);
	ck_assert_int_eq(answered(4), 0);
	ck_assert(!r.ask.open);
	/* one that cannot be shown whole: too many lines, too many bytes */
	memset(text, '\n', 60);
	text[60] = 0;
	question(SEK_CROSS_TO_INNER, 5, text);
	ck_assert_int_eq(answered(5), 0);
	memset(text, 'x', SEK_RFB_ASK_BYTES + 1);
	text[SEK_RFB_ASK_BYTES + 1] = 0;
	question(SEK_CROSS_TO_INNER, 6, text);
	ck_assert_int_eq(answered(6), 0);
	ck_assert(!r.ask.open && r.note_ms > 0);
	free(text);
}
END_TEST

START_TEST(the_name_tells_who_else_sees_it)
{
	static const uint8_t recorded[16] = { [14] = SEK_EYES_RECORDED }, both[16] = { [14] = SEK_EYES_WATCHED | SEK_EYES_RECORDED };
	char title[SEK_RFB_NAME_BYTES];

	begin(&(struct sek_rfb_wants){ .coding = SEK_RFB_ZRLE, .name = true, .quality = -1, .compression = -1 });
	r.owes_name = false;
	down(SEK_MSG_POLICY, 0, recorded, sizeof recorded);
	ck_assert(r.owes_name);
	sek_rfb_title(&r, title);
	ck_assert_ptr_nonnull(strstr(title, " - Recording"));
	down(SEK_MSG_POLICY, 0, both, sizeof both);
	sek_rfb_title(&r, title);
	ck_assert_ptr_nonnull(strstr(title, "is watching"));
}
END_TEST

START_TEST(the_end_is_a_card_and_nothing_goes_up_any_more)
{
	static const uint8_t ended[8] = { 0, SEK_STATE_ENDED_IDLE };
	char title[SEK_RFB_NAME_BYTES];

	begin(&(struct sek_rfb_wants){ .coding = SEK_RFB_ZRLE, .name = true, .quality = -1, .compression = -1 });
	down(SEK_MSG_STATE, 0, ended, sizeof ended);
	ck_assert(r.card && r.leave_ms > 0);
	sek_rfb_title(&r, title);
	ck_assert_ptr_nonnull(strstr(title, "Ended"));
	key('a', true);
	ck_assert_uint_eq(r.up_n, 0);
	said(SEK_RFB_REQUEST);
	sek_rfb_offer(&r);
	ck_assert_uint_gt(taken(), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rfb.talk");
	TCase *t = tcase_create("talk");
	SRunner *runner;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_frame_counts_when_it_was_asked_for_and_has_left);
	tcase_add_test(t, the_name_tells_who_else_sees_it);
	tcase_add_test(t, with_fences_the_viewer_says_when_it_has_a_frame);
	tcase_add_test(t, text_goes_with_the_paste_and_keys_wait_for_it);
	tcase_add_test(t, a_question_stands_in_the_picture_and_only_its_digit_says_yes);
	tcase_add_test(t, a_question_is_answered_with_no_or_taken_back);
	tcase_add_test(t, the_end_is_a_card_and_nothing_goes_up_any_more);
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
