/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-load-host before a real, jailed sekisho-decoder: pictures reach the gap, keys turn the marker, the end is in order,
 * and a session that is not there is not made by a HELLO that does not ask for it.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/load/marker.h"
#include "tests/unit/decoder/host.h"

enum { WIDTH = 640, HEIGHT = 480 };

static struct host h;
static pid_t server;
static uint16_t port;

/* Starts it on a free port, which its first line tells. */
static void start_server(void)
{
	char ca[320], crl[320], certificate[360], key[360], line[512] = "";
	const char *at;
	int out[2];
	FILE *f;

	snprintf(ca, sizeof ca, "%s/ca.crt", host_certificates());
	snprintf(crl, sizeof crl, "%s/ca.crl", host_certificates());
	snprintf(certificate, sizeof certificate, "%s/" HOST_NAME ".crt", host_certificates());
	snprintf(key, sizeof key, "%s/" HOST_NAME ".key", host_certificates());
	ck_assert_int_eq(pipe(out), 0);
	server = fork();
	ck_assert_int_ge(server, 0);
	if (server == 0) {
		dup2(out[1], 1);
		execl(SEK_LOAD_HOST, SEK_LOAD_HOST, "--name", HOST_NAME, "--listen", "127.0.0.1:0", "--ca", ca, "--crl", crl, "--certificate",
			certificate, "--key", key, "--size", "640x480", "--rate", "20", (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	f = fdopen(out[0], "r");
	ck_assert_ptr_nonnull(fgets(line, sizeof line, f));
	fclose(f);
	at = strstr(line, "\"port\":");
	ck_assert_msg(at != NULL, "%s", line);
	port = (uint16_t)atoi(at + strlen("\"port\":"));
}

static void setup(void)
{
	start_server();
	host_start(&h, &(struct host_options){ .max_width = WIDTH, .max_height = HEIGHT, .port = port });
}

static void teardown(void)
{
	host_stop(&h);
	kill(server, SIGTERM);
	waitpid(server, NULL, 0);
}

static void say_hello(uint8_t flags)
{
	uint8_t bytes[64];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_hello_write(&w, &(struct sek_hello){ SEK_VERSION_MIN, SEK_VERSION_MAX, WIDTH, HEIGHT, 100, SEK_LANG_JA, flags, WIDTH, HEIGHT });
	ck_assert(sek_is_ok(sek_writer_status(&w)));
	host_input(&h, bytes, w.len);
}

static void press(void)
{
	uint8_t bytes[64];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_key_write(&w, &(struct sek_key){ 30, true, 'a' });
	sek_key_write(&w, &(struct sek_key){ 30, false, 'a' });
	host_input(&h, bytes, w.len);
}

static bool many_frames(void *user)
{
	struct sek_gap_header g;

	(void)user;
	sek_gap_reader_header(h.gap, &g);
	return g.state == SEK_STATE_RUNNING && g.frame > 30 && g.width_px == WIDTH && g.height_px == HEIGHT;
}

static bool marker_is(void *user)
{
	const uint32_t *px = sek_gap_reader_pixels(h.gap);
	const bool *odd = user;
	uint32_t v = px[(size_t)sek_marker_y_px(HEIGHT) * h.layout.stride_px + sek_marker_x_px(WIDTH)] & 0xffffff;

	return v == (*odd ? SEK_MARKER_ODD : SEK_MARKER_EVEN);
}

START_TEST(pictures_keys_and_the_end)
{
	uint8_t bytes[16];
	struct sek_writer w;
	bool odd = false;

	say_hello(SEK_HELLO_CREATE);
	ck_assert_msg(test_until(many_frames, NULL), "no pictures");
	ck_assert_msg(test_until(marker_is, &odd), "the marker is not there");
	for (unsigned i = 0; i < 4; i++) {
		press();
		odd = !odd;
		ck_assert_msg(test_until(marker_is, &odd), "a key changed nothing");
	}
	sek_writer_init(&w, bytes, sizeof bytes);
	sek_empty_write(&w, SEK_MSG_END);
	host_input(&h, bytes, w.len);
	host_assert_end(&h, SEK_EXIT_LOST, SEK_STATE_HOST_LOST);
}
END_TEST

START_TEST(a_session_is_not_made_unasked)
{
	say_hello(0);
	host_assert_end(&h, SEK_EXIT_ENDED, SEK_STATE_SESSION_GONE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("load.host");
	TCase *c = tcase_create("host");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_unchecked_fixture(c, host_make_certificates, host_remove_certificates);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, pictures_keys_and_the_end);
	tcase_add_test(c, a_session_is_not_made_unasked);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
