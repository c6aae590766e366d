/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The real sekisho-decoder, taking a document: pages come into the gap whole, reasons end it with their exit code, and whatever is not
 * part of a document's connection ends it as a broken grammar.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/decoder/host.h"

static struct host h;

static struct sek_gap_header now(void)
{
	struct sek_gap_header got;

	sek_gap_reader_header(h.gap, &got);
	return got;
}

static void ask_page(uint16_t page)
{
	uint8_t bytes[16];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_take_page_write(&w, &(struct sek_page_msg){ page });
	host_input(&h, bytes, w.len);
}

static void setup(void)
{
	uint8_t bytes[32];
	struct sek_document_msg m;
	struct sek_writer w;
	struct sek_frame f;
	const uint8_t *payload;

	host_start(&h, &(struct host_options){ .document = true, .max_width = 600, .max_height = 800 });
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_document_msg_write(&w, &(struct sek_document_msg){ 1, 1, SEK_DOCUMENT_CAUGHT, 150, 100, 600, 800 });
	host_input(&h, bytes, w.len);
	ck_assert(sek_is_ok(host_handshake(&h)));
	payload = host_expect(&h, SEK_MSG_DOCUMENT, &f);
	ck_assert(sek_is_ok(sek_document_msg_read(payload, f.payload_bytes, &m)));
	ck_assert_uint_eq(m.dpi, 150);
}

static void teardown(void)
{
	host_stop(&h);
}

static void say_pages(enum sek_document_state state, uint16_t pages)
{
	uint8_t bytes[32];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_pages_msg_write(&w, &(struct sek_pages_msg){ 1, (uint16_t)state, pages });
	ck_assert(host_send_writer(&h, &w));
}

static void say_page(uint16_t page)
{
	uint8_t bytes[32];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_page_msg_write(&w, &(struct sek_page_msg){ page });
	ck_assert(host_send_writer(&h, &w));
}

static bool has_pages(void *user)
{
	return now().document_pages == *(const uint16_t *)user;
}

static bool has_page(void *user)
{
	return now().document_page == *(const uint16_t *)user;
}

static void expect_end(int code)
{
	struct test_end end = test_wait(h.decoder, TEST_WAIT_MS);

	h.decoder = 0;
	ck_assert_int_eq(end.signal, 0);
	ck_assert_int_eq(end.code, code);
}

START_TEST(pages_come_whole)
{
	uint16_t pages = 2, page;
	struct sek_frame f;

	say_pages(SEK_DOCUMENT_WORKING, 0);
	say_pages(SEK_DOCUMENT_WORKING, 2);
	ck_assert(test_until(has_pages, &pages));
	test_assert_jailed(h.decoder, SEK_DECODER_CLIPBOARD_FD + 1);
	/* in any order, and once more */
	for (uint16_t i = 0; i < 3; i++) {
		page = (uint16_t)(2 - i % 2);
		ask_page(page);
		host_expect(&h, SEK_MSG_TAKE_PAGE, &f);
		host_send_size(&h, 300, (uint16_t)(400 + page));
		host_send_fill(&h, SEK_UPDATE_KEYFRAME | SEK_UPDATE_END, i + 1u, (uint8_t)(100 + page));
		ck_assert_uint_eq(host_expect_ack(&h), i + 1u);
		ck_assert_uint_eq(now().document_page, 0); /* not before it was said */
		say_page(page);
		ck_assert(test_until(has_page, &page));
		ck_assert_uint_eq(now().height_px, 400u + page);
		ck_assert_uint_eq(sek_gap_reader_pixels(h.gap)[0] >> 16 & 0xff, 100u + page);
	}
	close(h.input);
	h.input = -1;
	expect_end(SEK_EXIT_OK);
}
END_TEST

START_TEST(a_reason_is_the_exit_code)
{
	enum sek_document_state state = (enum sek_document_state)_i;

	say_pages(state, 3);
	expect_end(SEK_EXIT_DOCUMENT + _i);
	ck_assert_uint_eq(now().document_state, state);
	ck_assert_uint_eq(now().document_page, 0);
}
END_TEST

#define FRAME(bytes) { bytes, sizeof bytes - 1 }
#define PAGES2 "\x8b\0\0\0\0\0\0\x08\0\1\0\0\0\2\0\0"
#define SIZE "\x85\0\0\0\0\0\0\4\1\0\1\0"
#define FILLED "\x82\3\0\0\0\0\0\x08\0\0\0\1\0\0\0\0"
static const struct {
	const char *bytes;
	size_t n;
} bad[] = {
	FRAME(SIZE),                                                     /* before the first PAGES */
	FRAME(PAGES2 FILLED),                                            /* without a size */
	FRAME(PAGES2 SIZE "\x82\2\0\0\0\0\0\x08\0\0\0\1\0\0\0\0"),       /* not a keyframe */
	FRAME(PAGES2 "\x8c\0\0\0\0\0\0\4\0\1\0\0"),                      /* a page that was not painted */
	FRAME(PAGES2 SIZE FILLED "\x8c\0\0\0\0\0\0\4\0\3\0\0"),          /* more than there are */
	FRAME(PAGES2 SIZE FILLED "\x8c\0\0\0\0\0\0\4\0\1\0\0" "\x8c\0\0\0\0\0\0\4\0\2\0\0"), /* the same once more */
	FRAME(PAGES2 "\x85\0\0\0\0\0\0\4\2\x59\0\1"),                    /* wider than the gap */
	FRAME(PAGES2 "\x81\0\0\0\0\0\0\x18"),                            /* WELCOME */
	FRAME(PAGES2 "\x86\0\0\0\0\0\0\x08\0\2\0\0\0\0\0\0"),            /* STATE */
	FRAME(PAGES2 "\x84\0\0\0\0\0\0\x08\0\2\0\0\0\0\0\0"),            /* CARET */
	FRAME(PAGES2 "\x8a\0\0\0\0\0\0\4\0\1\0\0"),                      /* DOCUMENTS */
	FRAME(PAGES2 "\x42\0\0\0\0\0\0\5\3\0\0\0x"),                     /* copied text */
	FRAME("\x8b\0\0\0\0\0\0\x08\0\1\0\x0a\0\2\0\0"),                 /* a reason that is none */
};

START_TEST(anything_else_ends_it)
{
	static const uint8_t rest[24]; /* of WELCOME: a payload is waited for before it is judged */

	host_send(&h, bad[_i].bytes, bad[_i].n);
	host_send(&h, rest, sizeof rest);
	expect_end(SEK_EXIT_PROTOCOL);
}
END_TEST

START_TEST(a_line_that_breaks)
{
	shutdown(h.fd, SHUT_RDWR);
	expect_end(SEK_EXIT_LOST);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("decoder.pages");
	TCase *tests = tcase_create("pages");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 60);
	tcase_add_unchecked_fixture(tests, host_make_certificates, host_remove_certificates);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, pages_come_whole);
	tcase_add_loop_test(tests, a_reason_is_the_exit_code, SEK_DOCUMENT_NONE, SEK_DOCUMENT_ENDED + 1);
	tcase_add_loop_test(tests, anything_else_ends_it, 0, sizeof bad / sizeof bad[0]);
	tcase_add_test(tests, a_line_that_breaks);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
