/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The real sekisho-decoder, watching: honest hosts are believed, those that break the grammar or say anything but HEALTH are left,
 * and nothing but integers comes out.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/decoder/host.h"

static struct host h;

static void setup(void)
{
	struct sek_watch_msg m;
	struct sek_frame f;
	const uint8_t *payload;

	host_start(&h, &(struct host_options){ .watch = true });
	ck_assert(sek_is_ok(host_handshake(&h)));
	payload = host_expect(&h, SEK_MSG_WATCH, &f);
	ck_assert(sek_is_ok(sek_watch_msg_read(payload, f.payload_bytes, &m)));
	ck_assert_uint_eq(m.version_max, SEK_WATCH_VERSION_MAX);
}

static void teardown(void)
{
	host_stop(&h);
}

static void say(uint16_t sessions)
{
	uint8_t bytes[64];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_health_write(&w, &(struct sek_health){ .version = 1, .flags = SEK_HEALTH_DRAINING, .sessions = sessions, .sessions_max = 20,
		.memory_mib = 64000, .available_mib = 4000, .cpu_permille = 10, .stall_permille = 20, .cores = 8, .warm_ja = 2, .warm_en = 1 });
	ck_assert(host_send_writer(&h, &w));
}

static void say_ages(uint16_t sessions)
{
	uint8_t bytes[64];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_health_write(&w, &(struct sek_health){ .version = 2, .sessions = sessions, .sessions_max = 20, .cores = 1, .image_days = 91,
		.browser_days = 22, .browser_major = 156, .certificate_days = 100, .certificate_left_days = 3, .crl_left_hours = SEK_HEALTH_UNKNOWN });
	ck_assert(host_send_writer(&h, &w));
}

static bool has_sessions(void *user)
{
	struct sek_host_health got;

	sek_health_reader_get(h.page, &got);
	return got.sessions == *(const uint16_t *)user;
}

static void expect_end(int code)
{
	struct test_end end = test_wait(h.decoder, TEST_WAIT_MS);

	h.decoder = 0;
	ck_assert_int_eq(end.signal, 0);
	ck_assert_int_eq(end.code, code);
}

START_TEST(health_becomes_integers)
{
	struct sek_host_health got;
	uint16_t sessions = 7;

	say(7);
	ck_assert(test_until(has_sessions, &sessions));
	sek_health_reader_get(h.page, &got);
	ck_assert(got.draining && got.sessions_max == 20 && got.memory_mib == 64000 && got.available_mib == 4000);
	ck_assert(got.cpu_permille == 10 && got.stall_permille == 20 && got.cores == 8 && got.warm_ja == 2 && got.warm_en == 1);
	ck_assert(got.image_days == SEK_HEALTH_UNKNOWN && got.browser_major == SEK_HEALTH_UNKNOWN); /* an older host does not say */
	say_ages(8);
	sessions = 8;
	ck_assert(test_until(has_sessions, &sessions));
	sek_health_reader_get(h.page, &got);
	ck_assert(got.image_days == 91 && got.browser_days == 22 && got.browser_major == 156 && got.certificate_days == 100);
	ck_assert(got.certificate_left_days == 3 && got.crl_left_hours == SEK_HEALTH_UNKNOWN);
	/* in its jail by now, with what it needs and nothing else */
	test_assert_jailed(h.decoder, SEK_DECODER_CLIPBOARD_FD + 1);
	/* told to go */
	close(h.input);
	h.input = -1;
	expect_end(SEK_EXIT_OK);
}
END_TEST

#define FRAME(bytes) { bytes, sizeof bytes - 1 }
static const struct {
	const char *bytes;
	size_t n;
} bad[] = {
	FRAME("\x7f\0\0\0\0\0\0\0"),                                        /* no such type */
	FRAME("\x85\0\0\0\0\0\0\4\0\1\0\1"),                                /* SIZE: a picture */
	FRAME("\x86\0\0\0\0\0\0\x08\0\2\0\0\0\0\0\0"),                      /* STATE */
	FRAME("\x40\0\0\0\0\0\0\4\0\0\0\1"),                                /* PING */
	FRAME("\x42\0\0\0\0\0\0\5\3\0\0\0x"),                               /* copied text */
	FRAME("\x82\0\0\0\0\x10\0\0"),                                      /* the head of a large picture */
	FRAME("\x89\1\0\0\0\0\0\x1c"),                                      /* HEALTH with a flag */
	FRAME("\x89\0\0\0\0\0\0\x1d"),                                      /* too long */
	FRAME("\x89\0\0\0\0\0\0\x1b"),                                      /* too short */
	FRAME("\x89\0\0\0\0\0\0\x1c\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0"), /* no session at all */
	FRAME("\x89\0\0\0\0\0\0\x1c\0\1\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\1"), /* reserved */
};

START_TEST(anything_else_ends_the_watch)
{
	host_send(&h, bad[_i].bytes, bad[_i].n);
	/* an UPDATE of that size is none that may come: the rest of it is not waited for */
	if (bad[_i].bytes[0] == '\x82')
		for (int i = 0; i < 1024 && host_send(&h, bad[0].bytes, 1); i++)
			;
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
	Suite *suite = suite_create("decoder.watch");
	TCase *tests = tcase_create("watch");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 60);
	tcase_add_unchecked_fixture(tests, host_make_certificates, host_remove_certificates);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, health_becomes_integers);
	tcase_add_loop_test(tests, anything_else_ends_the_watch, 0, sizeof bad / sizeof bad[0]);
	tcase_add_test(tests, a_line_that_breaks);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
