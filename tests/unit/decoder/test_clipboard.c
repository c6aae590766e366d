/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The clipboard's pipe at a real decoder in its jail: it is not there until the broker hands it over, it goes when the broker
 * closes its end, it carries whole CLIPBOARD frames and nothing else, and nothing comes back by the way that it came.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/gap/children.h"
#include "protocol/wire/messages.h"
#include "tests/unit/decoder/host.h"

static struct host h;

enum { BEFORE = (1u << SEK_DECODER_CLIPBOARD_FD) - 1, WITH = BEFORE | 1u << SEK_DECODER_CLIPBOARD_FD };

static void setup(void)
{
	host_start(&h, NULL);
	host_open(&h);
}

static void teardown(void)
{
	host_stop(&h);
}

/* As the broker does (hub/session/link.c). Returns the reading end. */
static int give_pipe(void)
{
	_Alignas(struct cmsghdr) uint8_t ancillary[CMSG_SPACE(sizeof(int))] = { 0 };
	char byte = SEK_DECODER_CLIPBOARD;
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = ancillary, .msg_controllen = sizeof ancillary };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int p[2];

	ck_assert_int_eq(pipe2(p, O_CLOEXEC | O_NONBLOCK), 0);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &p[1], sizeof(int));
	ck_assert_int_eq(sendmsg(h.control, &m, MSG_NOSIGNAL), 1);
	close(p[1]);
	return p[0];
}

static void until_descriptors(unsigned mask)
{
	for (int i = 0; i < TEST_WAIT_MS / 5 && test_descriptors(h.decoder) != mask; i++)
		poll(NULL, 0, 5);
	ck_assert_uint_eq(test_descriptors(h.decoder), mask);
}

static void copy(uint8_t flags, const char *text)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_CLIPBOARD_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_clipboard_piece_write(&w, &(struct sek_clipboard_piece){ flags, (const uint8_t *)text, strlen(text) });
	ck_assert(host_send_writer(&h, &w));
}

/* Everything before it has been handled once the answer is here. */
static void sync_with(uint32_t id)
{
	uint8_t memory[32];
	struct sek_writer w;
	struct sek_frame f;
	struct sek_ping pong;
	const uint8_t *payload;

	sek_writer_init(&w, memory, sizeof memory);
	sek_ping_write(&w, &(struct sek_ping){ id });
	ck_assert(host_send_writer(&h, &w));
	payload = host_expect(&h, SEK_MSG_PONG, &f);
	ck_assert(sek_is_ok(sek_ping_read(payload, f.payload_bytes, &pong)) && pong.id == id);
}

static void expect_piece(int fd, uint8_t flags, const char *text)
{
	uint8_t bytes[SEK_FRAME_HEADER_BYTES + SEK_MSG_CLIPBOARD_MAX_BYTES];
	size_t want = SEK_FRAME_HEADER_BYTES + 4 + strlen(text), n = 0, total;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct sek_clipboard_piece m;
	struct sek_frame f;

	while (n < want) {
		ssize_t k;

		ck_assert_int_eq(poll(&p, 1, TEST_WAIT_MS), 1);
		k = read(fd, bytes + n, want - n);
		ck_assert_int_gt(k, 0);
		n += (size_t)k;
	}
	ck_assert(sek_is_ok(sek_frame_whole(bytes, n, SEK_LINK_HOST, SEK_DIR_DOWN, &f, &total)));
	ck_assert_uint_eq(f.type, SEK_MSG_CLIPBOARD);
	ck_assert(sek_is_ok(sek_clipboard_piece_read(bytes + SEK_FRAME_HEADER_BYTES, f.payload_bytes, &m)));
	ck_assert_uint_eq(m.flags, flags);
	ck_assert_uint_eq(m.bytes, strlen(text));
	ck_assert_mem_eq(m.utf8, text, m.bytes);
}

START_TEST(without_a_pipe_text_ends_in_the_decoder)
{
	ck_assert_uint_eq(test_descriptors(h.decoder), BEFORE);
	copy(SEK_CLIPBOARD_FIRST | SEK_CLIPBOARD_LAST, "secret");
	sync_with(1);
	ck_assert_uint_eq(test_descriptors(h.decoder), BEFORE);
}
END_TEST

START_TEST(with_a_pipe_text_goes_into_it)
{
	int fd = give_pipe();

	until_descriptors(WITH);
	test_assert_jailed(h.decoder, SEK_DECODER_CLIPBOARD_FD + 1);
	copy(SEK_CLIPBOARD_FIRST, "関所");
	copy(SEK_CLIPBOARD_LAST, "\n通る");
	expect_piece(fd, SEK_CLIPBOARD_FIRST, "関所");
	expect_piece(fd, SEK_CLIPBOARD_LAST, "\n通る");
	close(fd);
}
END_TEST

START_TEST(closing_it_takes_it_away_at_once)
{
	int fd = give_pipe();

	until_descriptors(WITH);
	close(fd);
	until_descriptors(BEFORE);
	copy(SEK_CLIPBOARD_FIRST | SEK_CLIPBOARD_LAST, "after");
	sync_with(2);
	/* and open again */
	fd = give_pipe();
	until_descriptors(WITH);
	copy(SEK_CLIPBOARD_FIRST | SEK_CLIPBOARD_LAST, "again");
	expect_piece(fd, SEK_CLIPBOARD_FIRST | SEK_CLIPBOARD_LAST, "again");
	close(fd);
}
END_TEST

START_TEST(a_new_one_replaces_the_old_one)
{
	int first = give_pipe(), second;
	struct pollfd p = { .fd = first, .events = POLLIN };

	until_descriptors(WITH);
	second = give_pipe();
	/* the decoder has let go of the first: its reader sees the end */
	ck_assert_int_eq(poll(&p, 1, TEST_WAIT_MS), 1);
	ck_assert(p.revents & POLLHUP);
	until_descriptors(WITH);
	copy(SEK_CLIPBOARD_FIRST | SEK_CLIPBOARD_LAST, "second");
	expect_piece(second, SEK_CLIPBOARD_FIRST | SEK_CLIPBOARD_LAST, "second");
	close(first);
	close(second);
}
END_TEST

START_TEST(a_full_pipe_loses_nothing)
{
	enum { PIECES = 64 }; /* four times what a pipe holds */
	static char text[SEK_CLIPBOARD_PIECE_MAX_BYTES + 1];
	int fd = give_pipe();

	until_descriptors(WITH);
	memset(text, 'x', sizeof text - 1);
	for (int i = 0; i < PIECES; i++) {
		text[0] = (char)('0' + i);
		copy(0, text);
	}
	for (int i = 0; i < PIECES; i++) {
		text[0] = (char)('0' + i);
		expect_piece(fd, 0, text);
	}
	sync_with(3);
	close(fd);
}
END_TEST

START_TEST(a_full_pipe_that_is_closed_frees_the_host)
{
	static char text[SEK_CLIPBOARD_PIECE_MAX_BYTES + 1];
	int fd = give_pipe();

	until_descriptors(WITH);
	memset(text, 'x', sizeof text - 1);
	for (int i = 0; i < 32; i++)
		copy(0, text);
	close(fd);
	sync_with(4);
	until_descriptors(BEFORE);
}
END_TEST

START_TEST(nothing_comes_back_by_the_control_socket)
{
	char byte;

	ck_assert_int_eq(recv(h.control, &byte, 1, MSG_DONTWAIT), 0); /* shut, whatever the other end does */
	ck_assert(test_alive(h.decoder));
}
END_TEST

/* Of what a host may say in such a frame. */
START_TEST(a_malformed_piece_ends_the_session)
{
	static const char *const payloads[] = { "\1\0\0\0\xc0\x80", "\1\0\0\1x", "\x8\0\0\0x", "\4\0\0\0x" };
	static const size_t sizes[] = { 6, 5, 5, 5 };
	uint8_t memory[64];
	struct sek_writer w;
	size_t at;

	close(give_pipe());
	sek_writer_init(&w, memory, sizeof memory);
	at = sek_frame_begin(&w, SEK_MSG_CLIPBOARD, 0);
	sek_write_bytes(&w, payloads[_i], sizes[_i]);
	sek_frame_end(&w, at);
	ck_assert(host_send_writer(&h, &w));
	host_assert_end(&h, SEK_EXIT_PROTOCOL, SEK_STATE_HOST_PROTOCOL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("decoder: clipboard");
	TCase *tc = tcase_create("clipboard");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_unchecked_fixture(tc, host_make_certificates, host_remove_certificates);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, without_a_pipe_text_ends_in_the_decoder);
	tcase_add_test(tc, with_a_pipe_text_goes_into_it);
	tcase_add_test(tc, closing_it_takes_it_away_at_once);
	tcase_add_test(tc, a_new_one_replaces_the_old_one);
	tcase_add_test(tc, a_full_pipe_loses_nothing);
	tcase_add_test(tc, a_full_pipe_that_is_closed_frees_the_host);
	tcase_add_test(tc, nothing_comes_back_by_the_control_socket);
	tcase_add_loop_test(tc, a_malformed_piece_ends_the_session, 0, 4);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
