/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The real sekisho-decoder against a render host that behaves, and against ones that do not.
 */
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/codec/encode.h"
#include "protocol/codec/picture.h"
#include "tests/unit/decoder/host.h"

#define WIDTH 700
#define HEIGHT 450

static struct host h;
static uint8_t bytes[2 << 20];
static struct sek_writer w;

static struct sek_writer *begin(void)
{
	sek_writer_init(&w, bytes, sizeof bytes);
	return &w;
}

static void setup(void)
{
	host_start(&h, NULL);
}

static void teardown(void)
{
	host_stop(&h);
}

static struct sek_gap_header header(void)
{
	struct sek_gap_header g;

	sek_gap_reader_header(h.gap, &g);
	return g;
}

START_TEST(jailed_with_exactly_its_descriptors)
{
	test_assert_jailed(h.decoder, SEK_DECODER_CLIPBOARD_FD + 1);
	/* all but the credentials, which were read to its end and closed */
	ck_assert_uint_eq(test_descriptors(h.decoder), (1u << SEK_DECODER_CREDENTIALS_FD) - 1);
	ck_assert(test_alive(h.decoder));
	/* however hard it works, the broker comes first */
	ck_assert_int_eq(getpriority(PRIO_PROCESS, (id_t)h.decoder), SEK_CHILD_NICE);
	host_open(&h);
	/* And nothing has changed once it has spoken. */
	ck_assert_uint_eq(test_descriptors(h.decoder), (1u << SEK_DECODER_CREDENTIALS_FD) - 1);
	test_assert_jailed(h.decoder, SEK_DECODER_CLIPBOARD_FD + 1);
}
END_TEST

START_TEST(not_a_byte_before_the_jail)
{
	struct pollfd p = { .fd = h.fd, .events = POLLIN };

	/* The first byte on the line comes from a process that is in its filter already. */
	ck_assert_int_eq(poll(&p, 1, TEST_WAIT_MS), 1);
	test_assert_jailed(h.decoder, SEK_DECODER_CLIPBOARD_FD + 1);
}
END_TEST

static void emit_to_host(const uint8_t *frame, size_t n)
{
	ck_assert(host_send(&h, frame, n));
}

static sek_status emit(void *user, const uint8_t *frame, size_t n)
{
	(void)user;
	emit_to_host(frame, n);
	return sek_ok();
}

static uint32_t source[WIDTH * HEIGHT];

START_TEST(pictures_arrive_exactly)
{
	struct sek_update_encoder *e = sek_update_encoder_create(WIDTH, HEIGHT);
	struct sek_picture src = { source, WIDTH, WIDTH, HEIGHT };
	const struct sek_encode_options o = { .lossless = true, .jpeg_quality = 80, .refine_ms = 100 };
	unsigned seed = 7;
	uint64_t count;

	host_open(&h);
	host_send_size(&h, WIDTH, HEIGHT);
	ck_assert(sek_is_ok(sek_update_encoder_resize(e, WIDTH, HEIGHT)));
	for (uint32_t frame = 1; frame <= 20; frame++) {
		bool sent = false;

		for (int i = 0; i < 4000; i++)
			source[(size_t)rand_r(&seed) % (WIDTH * HEIGHT)] = (uint32_t)rand_r(&seed) & 0xffffff;
		sek_update_encoder_damage(e, (struct sek_rect){ 0, 0, WIDTH, HEIGHT });
		ck_assert(sek_is_ok(sek_update_encoder_encode(e, &src, frame, frame, &o, emit, NULL, &sent)));
		ck_assert(sent);
		ck_assert_uint_eq(host_expect_ack(&h), frame);
		ck_assert_uint_eq(header().frame, frame);
		ck_assert_int_eq(header().painting, SEK_GAP_PAINTED);
		for (size_t y = 0; y < HEIGHT; y++)
			ck_assert_mem_eq(sek_gap_reader_pixels(h.gap) + y * h.layout.stride_px, source + y * WIDTH,
				WIDTH * 4);
	}
	ck_assert_uint_eq(header().width_px, WIDTH);
	ck_assert_uint_eq(header().height_px, HEIGHT);
	ck_assert(sek_gap_reader_tile_changed(h.gap, 0, 0));
	ck_assert_int_eq(read(h.wake, &count, sizeof count), sizeof count);
	ck_assert_uint_ge(count, 20);
	sek_update_encoder_destroy(e);
}
END_TEST

START_TEST(cursor_caret_state_ping)
{
	static uint8_t image[32 * 32 * 4];
	struct sek_gap_cursor c;
	struct sek_frame f;
	struct sek_ping ping;

	memset(image, 0x55, sizeof image);
	host_open(&h);
	host_send_size(&h, WIDTH, HEIGHT);
	sek_cursor_write(begin(), &(struct sek_cursor){ 32, 32, 3, 4, image });
	host_send_writer(&h, &w);
	sek_caret_write(begin(), &(struct sek_caret){ 158, 53, 1, 20 });
	host_send_writer(&h, &w);
	sek_state_write(begin(), &(struct sek_state_msg){ SEK_STATE_RUNNING, 0 });
	host_send_writer(&h, &w);
	sek_ping_write(begin(), &(struct sek_ping){ 0xdeadbeef });
	host_send_writer(&h, &w);
	ck_assert(sek_is_ok(sek_ping_read(host_expect(&h, SEK_MSG_PONG, &f), 4, &ping)));
	ck_assert_uint_eq(ping.id, 0xdeadbeef);
	ck_assert_uint_eq(header().state, SEK_STATE_RUNNING);
	ck_assert_uint_eq(header().caret_x_px, 158);
	ck_assert_uint_eq(header().caret_height_px, 20);
	sek_gap_reader_cursor(h.gap, &c);
	ck_assert_uint_eq(c.width_px, 32);
	ck_assert_uint_eq(c.hot_y_px, 4);
	ck_assert_mem_eq(c.bgra, image, sizeof image);
}
END_TEST

START_TEST(input_is_forwarded_as_it_is)
{
	struct sek_frame f;
	struct sek_text text;
	struct sek_key key;
	const uint8_t *p;

	host_open(&h);
	begin();
	for (int i = 0; i < 500; i++)
		sek_key_write(&w, &(struct sek_key){ 30, i % 2 == 0, 'a' });
	sek_text_write(&w, &(struct sek_text){ (const uint8_t *)"渋谷区", 9 });
	host_input(&h, bytes, w.len);
	for (int i = 0; i < 500; i++) {
		p = host_expect(&h, SEK_MSG_KEY, &f);
		ck_assert(sek_is_ok(sek_key_read(p, f.payload_bytes, &key)));
		ck_assert_int_eq(key.down, i % 2 == 0);
	}
	p = host_expect(&h, SEK_MSG_TEXT, &f);
	ck_assert(sek_is_ok(sek_text_read(p, f.payload_bytes, &text)));
	ck_assert_mem_eq(text.utf8, "渋谷区", 9);
}
END_TEST

START_TEST(stops_in_good_order)
{
	struct sek_frame f;
	const uint8_t *p;

	host_open(&h);
	sek_empty_write(begin(), SEK_MSG_END);
	host_input(&h, bytes, w.len);
	close(h.input);
	h.input = -1;
	host_expect(&h, SEK_MSG_END, &f);
	ck_assert(!host_next(&h, &f, &p)); /* close_notify */
	host_assert_end(&h, SEK_EXIT_OK, SEK_STATE_CONNECTING);
}
END_TEST

START_TEST(stops_in_the_handshake)
{
	close(h.input);
	h.input = -1;
	host_assert_end(&h, SEK_EXIT_OK, SEK_STATE_CONNECTING);
}
END_TEST

/* --- a host that takes nothing off the line must not keep us --- */

START_TEST(stops_although_the_host_reads_nothing)
{
	uint64_t start;
	uint8_t text[4000]; /* a frame below PIPE_BUF: written whole or not at all */

	memset(text, 'a', sizeof text);
	host_open(&h);
	sek_text_write(begin(), &(struct sek_text){ text, sizeof text });
	/* Until every buffer on the way is full: then the pipe takes no more. */
	for (;;) {
		struct pollfd p = { .fd = h.input, .events = POLLOUT };

		if (poll(&p, 1, 300) == 0)
			break;
		host_input(&h, bytes, w.len);
	}
	close(h.input);
	h.input = -1;
	start = test_now_ms();
	host_assert_end(&h, SEK_EXIT_OK, SEK_STATE_CONNECTING);
	ck_assert_uint_lt(test_now_ms() - start, 5000);
}
END_TEST

START_TEST(flood_of_pings_is_bounded)
{
	long before;
	struct pollfd p = { .fd = h.fd, .events = POLLOUT };

	host_open(&h);
	before = test_memory_kib(h.decoder, "Private_Dirty");
	begin();
	for (int i = 0; i < 1024; i++)
		sek_ping_write(&w, &(struct sek_ping){ (uint32_t)i });
	/* One TLS record. We never read the answers: in the end nothing is taken from us either. */
	for (int i = 0; i < 100000; i++) {
		size_t n;

		if (poll(&p, 1, 500) == 0)
			break;
		(void)sek_tls_write(h.tls, bytes, w.len, &n); /* SEK_E_AGAIN is what we are after */
	}
	ck_assert(test_alive(h.decoder));
	ck_assert_int_eq(poll(&p, 1, 500), 0);
#ifndef SEK_SANITIZE /* there freed memory is kept for a while */
	ck_assert_int_lt(test_memory_kib(h.decoder, "Private_Dirty"), before + 512 + SEK_UPDATE_MAX_BYTES / 1024);
#else
	(void)before;
#endif
	/* It sleeps; it does not spin. */
	unsigned long ticks = test_cpu_ticks(h.decoder);

	usleep(300000);
	ck_assert_uint_le(test_cpu_ticks(h.decoder) - ticks, 2);
}
END_TEST

/* --- ends --- */

START_TEST(host_ends_the_session)
{
	host_open(&h);
	sek_state_write(begin(), &(struct sek_state_msg){ SEK_STATE_BROWSER_CLOSED, 0 });
	host_send_writer(&h, &w);
	host_assert_end(&h, SEK_EXIT_ENDED, SEK_STATE_BROWSER_CLOSED);
}
END_TEST

START_TEST(host_is_full)
{
	ck_assert(sek_is_ok(host_handshake(&h)));
	sek_state_write(begin(), &(struct sek_state_msg){ SEK_STATE_STARTING, 0 });
	host_send_writer(&h, &w);
	host_until_state(&h, SEK_STATE_STARTING);
	sek_state_write(begin(), &(struct sek_state_msg){ SEK_STATE_HOST_FULL, 0 });
	host_send_writer(&h, &w);
	host_assert_end(&h, SEK_EXIT_ENDED, SEK_STATE_HOST_FULL);
}
END_TEST

/* Last words are heard although the line is cut right behind them. */
START_TEST(last_words_before_the_cut)
{
	host_open(&h);
	host_send_size(&h, WIDTH, HEIGHT);
	for (uint32_t i = 1; i < 50; i++)
		host_send_fill(&h, i == 1 ? SEK_UPDATE_KEYFRAME | SEK_UPDATE_END : SEK_UPDATE_END, i, (uint8_t)i);
	sek_state_write(begin(), &(struct sek_state_msg){ SEK_STATE_BROWSER_CRASHED, 0 });
	host_send_writer(&h, &w);
	shutdown(h.fd, SHUT_RDWR);
	host_assert_end(&h, SEK_EXIT_ENDED, SEK_STATE_BROWSER_CRASHED);
}
END_TEST

START_TEST(line_is_cut)
{
	host_open(&h);
	close(h.fd);
	h.fd = -1;
	host_assert_end(&h, SEK_EXIT_LOST, SEK_STATE_HOST_LOST);
}
END_TEST

START_TEST(host_says_goodbye_without_a_state)
{
	host_open(&h);
	sek_tls_bye(h.tls);
	host_assert_end(&h, SEK_EXIT_LOST, SEK_STATE_HOST_LOST);
}
END_TEST

START_TEST(line_is_cut_in_the_handshake)
{
	close(h.fd);
	h.fd = -1;
	host_assert_end(&h, SEK_EXIT_CONNECT, SEK_STATE_HOST_UNREACHABLE);
}
END_TEST

START_TEST(no_tls_at_all)
{
	static const char text[] = "SSH-2.0-nothing here speaks TLS, not a word of it\r\n";

	ck_assert_int_eq(write(h.fd, text, sizeof text - 1), sizeof text - 1);
	host_assert_end(&h, SEK_EXIT_PROTOCOL, SEK_STATE_HOST_PROTOCOL);
}
END_TEST

START_TEST(garbage_after_the_handshake)
{
	uint8_t noise[512];

	host_open(&h);
	memset(noise, 0x17, sizeof noise);
	ck_assert_int_eq(write(h.fd, noise, sizeof noise), sizeof noise);
	host_assert_end(&h, SEK_EXIT_PROTOCOL, SEK_STATE_HOST_PROTOCOL);
}
END_TEST

/* --- bytes and pipes --- */

/* Bytes may come in any pieces. */
START_TEST(frames_in_single_bytes)
{
	host_open(&h);
	host_send_size(&h, 640, 480);
	begin();
	sek_caret_write(&w, &(struct sek_caret){ 1, 2, 3, 4 });
	sek_ping_write(&w, &(struct sek_ping){ 5 });
	for (size_t i = 0; i < w.len; i++)
		ck_assert(host_send(&h, bytes + i, 1));
	struct sek_frame f;

	host_expect(&h, SEK_MSG_PONG, &f);
	ck_assert_uint_eq(header().caret_width_px, 3);
}
END_TEST

/* Our own bug: the broker's bytes are checked as well, and leave no trace on the line. */
START_TEST(broken_input_is_our_bug)
{
	static const char *const inputs[] = {
		"\x85\0\0\0\0\0\0\4\1\1\1\1", /* SIZE does not go upwards */
		"\x09\0\0\0\0\0\0\0",         /* RELEASE before HELLO */
		"\x08\0\0\0\0\0\xff\xff",     /* TEXT too long */
	};
	static const size_t lengths[] = { 12, 8, 8 };

	ck_assert(sek_is_ok(host_handshake(&h)));
	host_input(&h, inputs[_i], lengths[_i]);
	host_assert_end(&h, SEK_EXIT_INTERNAL, SEK_STATE_CONNECTING);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("decoder: link");
	TCase *tc = tcase_create("link");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_unchecked_fixture(tc, host_make_certificates, host_remove_certificates);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, jailed_with_exactly_its_descriptors);
	tcase_add_test(tc, not_a_byte_before_the_jail);
	tcase_add_test(tc, pictures_arrive_exactly);
	tcase_add_test(tc, cursor_caret_state_ping);
	tcase_add_test(tc, input_is_forwarded_as_it_is);
	tcase_add_test(tc, stops_in_good_order);
	tcase_add_test(tc, stops_in_the_handshake);
	tcase_add_test(tc, stops_although_the_host_reads_nothing);
	tcase_add_test(tc, flood_of_pings_is_bounded);
	tcase_add_test(tc, host_ends_the_session);
	tcase_add_test(tc, host_is_full);
	tcase_add_test(tc, last_words_before_the_cut);
	tcase_add_test(tc, line_is_cut);
	tcase_add_test(tc, host_says_goodbye_without_a_state);
	tcase_add_test(tc, line_is_cut_in_the_handshake);
	tcase_add_test(tc, no_tls_at_all);
	tcase_add_test(tc, garbage_after_the_handshake);
	tcase_add_test(tc, frames_in_single_bytes);
	tcase_add_loop_test(tc, broken_input_is_our_bug, 0, 3);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
