/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The clipboard of a session as the broker runs it: closed unless the policy opens it, each way for itself, in mid-session
 * too; cleaned, counted, asked, recorded, in this order; and a decoder that puts something else into its pipe.
 */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/hub/session/clipboard_internal.h"
#include "tests/unit/hub/session/harness.h"

enum { WAIT_MS = 15000 };

static struct bench b;
static struct stream c;
static int decoder;

/* --- a log that answers when the test says so --- */

static struct {
	unsigned records, asked;
	struct sek_clipboard_event last;
	char sha256[65], text[256];
	void (*done)(void *arg, sek_status s);
	void *arg;
	bool full;
} book;

static void *record(void *user, const struct sek_clipboard_event *e, void (*done)(void *arg, sek_status s), void *arg)
{
	(void)user;
	ck_assert_str_eq(e->user, "taro");
	book.records++;
	book.last = *e;
	snprintf(book.sha256, sizeof book.sha256, "%s", e->sha256);
	snprintf(book.text, sizeof book.text, "%s", e->text ? e->text : "-");
	if (!done)
		return NULL;
	if (book.full)
		return NULL;
	book.asked++;
	book.done = done;
	book.arg = arg;
	return &book;
}

static void forget(void *ticket)
{
	ck_assert_ptr_eq(ticket, &book);
	book.done = NULL;
}

static void answer(sek_status s)
{
	void (*done)(void *arg, sek_status s) = book.done;

	ck_assert_ptr_nonnull(done);
	book.done = NULL;
	done(book.arg, s);
}

/* --- what the tests do --- */

static void set(enum sek_policy_attribute a, const char *value)
{
	char err[SEK_POLICY_ERROR_BYTES] = "";
	uint8_t id[SEK_SESSION_ID_BYTES];

	memcpy(id, b.all->first->id, sizeof id);
	ck_assert_msg(sek_is_ok(sek_session_set_override(b.all, id, a, value, strlen(value), err, sizeof err)), "%s", err);
}

static void up(void)
{
	memset(&book, 0, sizeof book);
	bench_init(&b, "decoder", "encoder");
	bench_start(&b);
	stream_up(&b, "taro", &c);
	decoder = bench_decoder_pid(&b);
	set(SEK_POLICY_CLIPBOARD_CONFIRM, "false");
}

static void down(void)
{
	bench_finish(&b);
}

static void paste_piece(uint8_t flags, const char *text)
{
	STREAM_WRITE(&c, sek_clipboard_piece_write, &(struct sek_clipboard_piece){ flags, (const uint8_t *)text, strlen(text) });
}

static void paste(const char *text)
{
	paste_piece(SEK_CLIPBOARD_FIRST | SEK_CLIPBOARD_LAST, text);
}

static void copy(const char *text)
{
	char order[80];

	stream_key(&c, 46, true); /* Ctrl+C, as far as the broker cares */
	stream_key(&c, 46, false);
	snprintf(order, sizeof order, "!copy %s", text);
	stream_text(&c, order);
}

static unsigned pasted(char *ret, size_t size)
{
	uint8_t payload[SEK_MSG_CLIPBOARD_MAX_BYTES];
	size_t n = 0;
	unsigned found = journal_count(decoder, SEK_MSG_CLIPBOARD, payload, &n);

	if (found)
		snprintf(ret, size, "%.*s", (int)n - 4, (const char *)payload + 4);
	return found;
}

static void until_pasted(unsigned times, const char *text)
{
	char now[256] = "";

	BENCH_UNTIL(&b, WAIT_MS, pasted(now, sizeof now) == times);
	ck_assert_str_eq(now, text);
}

static void expect(uint8_t direction, uint8_t outcome)
{
	ck_assert_uint_eq(c.result.direction, direction);
	ck_assert_uint_eq(c.result.outcome, outcome);
}

/* Reading ends of pipes that the broker (this process) holds. */
static int reading_pipes(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;
	int n = 0;

	while ((e = readdir(d)) != NULL) {
		char target[64] = "";

		if (e->d_name[0] != '.' && readlinkat(dirfd(d), e->d_name, target, sizeof target - 1) > 0 &&
		    strncmp(target, "pipe:", 5) == 0)
			n += (fcntl(atoi(e->d_name), F_GETFL) & O_ACCMODE) == O_RDONLY;
	}
	closedir(d);
	return n;
}

START_TEST(built_in_there_is_none)
{
	int before = reading_pipes();

	copy("secret");
	bench_run_ms(&b, 200);
	ck_assert_uint_eq(c.copies, 0);
	set(SEK_POLICY_CLIPBOARD, "\"to-outer\"");
	ck_assert_int_eq(reading_pipes(), before);
	set(SEK_POLICY_CLIPBOARD, "\"to-inner\"");
	ck_assert_int_eq(reading_pipes(), before + 1);
	set(SEK_POLICY_CLIPBOARD, "\"none\"");
	BENCH_UNTIL(&b, WAIT_MS, reading_pipes() == before);
}
END_TEST

START_TEST(a_client_that_pastes_against_the_policy_is_ended)
{
	paste("inside out");
	ck_assert(c.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_CLIENT_PROTOCOL);
}
END_TEST

START_TEST(one_that_has_not_heard_yet_is_told)
{
	set(SEK_POLICY_CLIPBOARD, "\"both\"");
	paste_piece(SEK_CLIPBOARD_FIRST, "half");
	set(SEK_POLICY_CLIPBOARD, "\"none\"");
	paste_piece(SEK_CLIPBOARD_LAST, " and half");
	ck_assert(!c.closed);
	expect(SEK_CROSS_TO_OUTER, SEK_CLIPBOARD_OFF);
	paste("whole");
	ck_assert(!c.closed);
	ck_assert_uint_eq(c.results, 2);
	ck_assert_uint_eq(journal_count(decoder, SEK_MSG_CLIPBOARD, NULL, NULL), 0);
}
END_TEST

START_TEST(pasted_text_arrives_clean_and_before_the_key)
{
	uint8_t mode[8];
	size_t n;

	set(SEK_POLICY_CLIPBOARD, "\"to-outer\"");
	paste_piece(SEK_CLIPBOARD_FIRST, "関所\r\n");
	paste_piece(SEK_CLIPBOARD_LAST, "\x1b[1m\xe2\x80\xae通る");
	until_pasted(1, "関所\n[1m通る");
	expect(SEK_CROSS_TO_OUTER, SEK_CLIPBOARD_DONE);
	ck_assert_uint_eq(journal_count(decoder, SEK_MSG_CLIPBOARD_MODE, mode, &n), 1);
	ck_assert_uint_eq(mode[0], SEK_CROSS_TO_OUTER);
	set(SEK_POLICY_CLIPBOARD, "\"none\"");
	BENCH_UNTIL(&b, WAIT_MS, journal_count(decoder, SEK_MSG_CLIPBOARD_MODE, mode, &n) == 2);
	ck_assert_uint_eq(mode[0], SEK_CROSS_NONE);
}
END_TEST

START_TEST(limits_are_told)
{
	set(SEK_POLICY_CLIPBOARD, "\"to-outer\"");
	set(SEK_POLICY_CLIPBOARD_MAX_CHARS, "3");
	paste("漢字漢字");
	expect(SEK_CROSS_TO_OUTER, SEK_CLIPBOARD_TOO_LONG);
	ck_assert_uint_eq(c.result.arg, 3);
	paste("\x01\x02\xef\xbb\xbf");
	expect(SEK_CROSS_TO_OUTER, SEK_CLIPBOARD_NO_TEXT);
	set(SEK_POLICY_CLIPBOARD_PER_MINUTE, "2");
	paste("1");
	paste("2");
	until_pasted(2, "2");
	paste("3");
	expect(SEK_CROSS_TO_OUTER, SEK_CLIPBOARD_TOO_OFTEN);
	ck_assert_uint_ge(c.result.arg, 50);
	ck_assert_uint_le(c.result.arg, 60);
	set(SEK_POLICY_CLIPBOARD_PER_MINUTE, "0");
	paste("4");
	expect(SEK_CROSS_TO_OUTER, SEK_CLIPBOARD_TOO_OFTEN);
	ck_assert_uint_eq(journal_count(decoder, SEK_MSG_CLIPBOARD, NULL, NULL), 2);
}
END_TEST

START_TEST(a_text_without_an_end_is_bounded)
{
	static char piece[SEK_CLIPBOARD_PIECE_MAX_BYTES + 1];

	memset(piece, 'x', sizeof piece - 1);
	set(SEK_POLICY_CLIPBOARD, "\"to-outer\"");
	paste_piece(SEK_CLIPBOARD_FIRST, piece);
	for (int i = 0; i < SEK_CLIPBOARD_MAX_BYTES / SEK_CLIPBOARD_PIECE_MAX_BYTES + 10; i++)
		paste_piece(0, piece);
	paste_piece(SEK_CLIPBOARD_LAST, piece);
	expect(SEK_CROSS_TO_OUTER, SEK_CLIPBOARD_TOO_LONG);
	ck_assert(!c.closed);
	for (int i = 0; i < 2000 && !c.closed; i++)
		paste_piece(0, piece);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_CLIENT_FLOOD);
}
END_TEST

START_TEST(copied_text_comes_in_only_while_it_may)
{
	set(SEK_POLICY_CLIPBOARD, "\"both\"");
	copy("one");
	BENCH_UNTIL(&b, WAIT_MS, c.copies == 1);
	ck_assert_str_eq(c.copied, "one");
	set(SEK_POLICY_CLIPBOARD, "\"to-outer\"");
	copy("two");
	bench_run_ms(&b, 300);
	ck_assert_uint_eq(c.copies, 1);
	set(SEK_POLICY_CLIPBOARD, "\"to-inner\"");
	copy("three\xe2\x80\xae");
	BENCH_UNTIL(&b, WAIT_MS, c.copies == 2);
	ck_assert_str_eq(c.copied, "three");
	ck_assert_uint_eq(c.results, 0);
}
END_TEST

START_TEST(a_page_alone_fills_no_clipboard)
{
	set(SEK_POLICY_CLIPBOARD, "\"both\"");
	copy("asked");
	BENCH_UNTIL(&b, WAIT_MS, c.copies == 1);
	/* as if the last key were long ago */
	b.all->first->clipboard->gesture_ms = uv_now(&b.loop) - SEK_CLIPBOARD_GESTURE_MS;
	stream_text(&c, "!copy unasked");
	bench_run_ms(&b, 300);
	ck_assert_uint_eq(c.copies, 1);
}
END_TEST

START_TEST(nothing_crosses_before_the_yes)
{
	set(SEK_POLICY_CLIPBOARD, "\"both\"");
	set(SEK_POLICY_CLIPBOARD_CONFIRM, "true");
	paste("out\x07");
	expect(SEK_CROSS_TO_OUTER, SEK_CLIPBOARD_ASK);
	ck_assert_str_eq(c.shown, "out");
	STREAM_WRITE(&c, sek_clipboard_answer_write, &(struct sek_clipboard_answer){ c.result.arg, false });
	expect(SEK_CROSS_TO_OUTER, SEK_CLIPBOARD_DECLINED);
	bench_run_ms(&b, 100);
	ck_assert_uint_eq(journal_count(decoder, SEK_MSG_CLIPBOARD, NULL, NULL), 0);
	paste("out");
	expect(SEK_CROSS_TO_OUTER, SEK_CLIPBOARD_ASK);
	STREAM_WRITE(&c, sek_clipboard_answer_write, &(struct sek_clipboard_answer){ c.result.arg, true });
	until_pasted(1, "out");
	copy("in");
	BENCH_UNTIL(&b, WAIT_MS, c.previews == 3);
	ck_assert_str_eq(c.shown, "in");
	ck_assert_uint_eq(c.copies, 0);
	STREAM_WRITE(&c, sek_clipboard_answer_write, &(struct sek_clipboard_answer){ c.result.arg, true });
	ck_assert_uint_eq(c.copies, 1);
	/* the same yes once more opens nothing */
	STREAM_WRITE(&c, sek_clipboard_answer_write, &(struct sek_clipboard_answer){ c.result.arg, true });
	ck_assert_uint_eq(c.copies, 1);
	ck_assert(!c.closed);
	STREAM_WRITE(&c, sek_clipboard_answer_write, &(struct sek_clipboard_answer){ 77, true });
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_CLIENT_PROTOCOL);
}
END_TEST

START_TEST(a_question_ends_with_the_policy_that_asked)
{
	uint32_t id;

	set(SEK_POLICY_CLIPBOARD, "\"both\"");
	set(SEK_POLICY_CLIPBOARD_CONFIRM, "true");
	paste("out");
	id = c.result.arg;
	set(SEK_POLICY_CLIPBOARD, "\"to-inner\"");
	expect(SEK_CROSS_TO_OUTER, SEK_CLIPBOARD_OFF);
	STREAM_WRITE(&c, sek_clipboard_answer_write, &(struct sek_clipboard_answer){ id, true });
	bench_run_ms(&b, 100);
	ck_assert_uint_eq(journal_count(decoder, SEK_MSG_CLIPBOARD, NULL, NULL), 0);
}
END_TEST

static void with_book(void)
{
	sek_sessions_log_clipboard(b.all, &(struct sek_clipboard_log){ record, forget, NULL });
	set(SEK_POLICY_CLIPBOARD, "\"both\"");
}

START_TEST(the_record_comes_first)
{
	with_book();
	paste("abc");
	ck_assert_uint_eq(book.asked, 1);
	ck_assert_uint_eq(book.last.direction, SEK_CROSS_TO_OUTER);
	ck_assert_uint_eq(book.last.chars, 3);
	ck_assert_str_eq(book.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	ck_assert_str_eq(book.text, "-");
	bench_run_ms(&b, 100);
	ck_assert_uint_eq(journal_count(decoder, SEK_MSG_CLIPBOARD, NULL, NULL), 0);
	ck_assert_uint_eq(c.results, 0);
	answer(sek_ok());
	until_pasted(1, "abc");
	set(SEK_POLICY_CLIPBOARD_LOG, "\"text\"");
	copy("kept");
	BENCH_UNTIL(&b, WAIT_MS, book.asked == 2);
	ck_assert_str_eq(book.text, "kept");
	ck_assert_uint_eq(c.copies, 0);
	answer(sek_ok());
	ck_assert_str_eq(c.copied, "kept");
}
END_TEST

START_TEST(no_record_no_transfer)
{
	with_book();
	paste("abc");
	answer(sek_fail(SEK_E_IO));
	expect(SEK_CROSS_TO_OUTER, SEK_CLIPBOARD_OFF);
	book.full = true;
	paste("def");
	expect(SEK_CROSS_TO_OUTER, SEK_CLIPBOARD_OFF);
	bench_run_ms(&b, 100);
	ck_assert_uint_eq(journal_count(decoder, SEK_MSG_CLIPBOARD, NULL, NULL), 0);
}
END_TEST

START_TEST(the_policy_decides_when_the_record_is_there)
{
	with_book();
	paste("abc");
	set(SEK_POLICY_CLIPBOARD, "\"none\"");
	ck_assert_msg(!book.done, "the record is not waited for any more");
	expect(SEK_CROSS_TO_OUTER, SEK_CLIPBOARD_OFF);
	bench_run_ms(&b, 100);
	ck_assert_uint_eq(journal_count(decoder, SEK_MSG_CLIPBOARD, NULL, NULL), 0);
}
END_TEST

START_TEST(an_end_forgets_what_waits)
{
	with_book();
	paste("abc");
	sek_sessions_end_user(b.all, "taro", SEK_STATE_ENDED_ADMIN);
	ck_assert(!book.done);
}
END_TEST

/* --- an approver who answers when the test says so --- */

static struct {
	unsigned asked, hours;
	char text[64];
	void (*done)(void *arg, const char *error);
	void *arg;
} office;

static void *ask_office(void *user, const struct sek_clipboard_event *e, const char *text, uint32_t hours, bool log_text,
	void (*done)(void *arg, const char *error), void *arg)
{
	(void)user;
	ck_assert_str_eq(e->user, "taro");
	ck_assert_uint_eq(strlen(e->sha256), 64);
	ck_assert_uint_eq(e->bytes, strlen(text));
	ck_assert(!log_text);
	office.asked++;
	office.hours = hours;
	office.done = done;
	office.arg = arg;
	snprintf(office.text, sizeof office.text, "%s", text);
	return &office;
}

static void forget_office(void *ticket)
{
	ck_assert_ptr_eq(ticket, &office);
	office.done = NULL;
}

START_TEST(long_texts_wait_for_an_approver)
{
	memset(&office, 0, sizeof office);
	with_book();
	set(SEK_POLICY_CLIPBOARD_APPROVAL_CHARS, "4");
	copy("longer");
	BENCH_UNTIL(&b, WAIT_MS, c.results == 1); /* there is no office: nothing may pass */
	expect(SEK_CROSS_TO_INNER, SEK_CLIPBOARD_OFF);
	sek_sessions_approve_clipboard(b.all, &(struct sek_clipboard_approval){ ask_office, forget_office, NULL });
	set(SEK_POLICY_APPROVAL_HOURS, "5");
	copy("longer");
	BENCH_UNTIL(&b, WAIT_MS, office.asked == 1);
	ck_assert_str_eq(office.text, "longer");
	office.done(office.arg, NULL);
	expect(SEK_CROSS_TO_INNER, SEK_CLIPBOARD_WAITING);
	ck_assert_uint_eq(c.result.arg, 5);
	copy("longer");
	BENCH_UNTIL(&b, WAIT_MS, office.asked == 2);
	office.done(office.arg, "no-approver");
	expect(SEK_CROSS_TO_INNER, SEK_CLIPBOARD_NO_APPROVER);
	copy("longer");
	BENCH_UNTIL(&b, WAIT_MS, office.asked == 3);
	office.done(office.arg, "many-waiting");
	expect(SEK_CROSS_TO_INNER, SEK_CLIPBOARD_TOO_MANY);
	ck_assert_uint_eq(c.copies, 0);
	/* short ones, and those that leave, need none */
	copy("abcd");
	BENCH_UNTIL(&b, WAIT_MS, book.done != NULL);
	answer(sek_ok());
	ck_assert_str_eq(c.copied, "abcd");
	paste("out, and long");
	answer(sek_ok());
	until_pasted(1, "out, and long");
	copy("the end");
	BENCH_UNTIL(&b, WAIT_MS, office.asked == 4);
	sek_sessions_end_user(b.all, "taro", SEK_STATE_ENDED_ADMIN);
	ck_assert(!office.done);
}
END_TEST

START_TEST(something_else_in_the_pipe_ends_the_session)
{
	set(SEK_POLICY_CLIPBOARD, "\"to-inner\"");
	copy("garbage");
	BENCH_UNTIL(&b, WAIT_MS, c.closed);
	ck_assert_uint_eq(stream_state(&c), SEK_STATE_JAIL_VIOLATION);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session: clipboard");
	TCase *t = tcase_create("clipboard");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, up, down);
	tcase_add_test(t, built_in_there_is_none);
	tcase_add_test(t, a_client_that_pastes_against_the_policy_is_ended);
	tcase_add_test(t, one_that_has_not_heard_yet_is_told);
	tcase_add_test(t, pasted_text_arrives_clean_and_before_the_key);
	tcase_add_test(t, limits_are_told);
	tcase_add_test(t, a_text_without_an_end_is_bounded);
	tcase_add_test(t, copied_text_comes_in_only_while_it_may);
	tcase_add_test(t, a_page_alone_fills_no_clipboard);
	tcase_add_test(t, nothing_crosses_before_the_yes);
	tcase_add_test(t, a_question_ends_with_the_policy_that_asked);
	tcase_add_test(t, the_record_comes_first);
	tcase_add_test(t, no_record_no_transfer);
	tcase_add_test(t, the_policy_decides_when_the_record_is_there);
	tcase_add_test(t, an_end_forgets_what_waits);
	tcase_add_test(t, long_texts_wait_for_an_approver);
	tcase_add_test(t, something_else_in_the_pipe_ends_the_session);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
