/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See outside.h.
 */
#include "tests/unit/decoder/outside.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

static void put_credentials(int fd, const struct outside_options *o)
{
	const char *const texts[SEK_FOREIGN_TEXTS] = { o->trust, o->crl, o->login, o->password };
	static uint8_t bytes[65536];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_write_u32(&w, o->insecure ? SEK_FOREIGN_INSECURE : 0);
	for (int i = 0; i < SEK_FOREIGN_TEXTS; i++) {
		const char *text = texts[i] ? texts[i] : "";

		sek_write_u32(&w, (uint32_t)strlen(text));
		sek_write_bytes(&w, text, strlen(text));
	}
	ck_assert(sek_is_ok(sek_writer_status(&w)));
	ck_assert_int_eq(write(fd, bytes, w.len), (ssize_t)w.len);
	close(fd);
}

static int dial(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	OUTSIDE_UNTIL(connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
	return fd;
}

void outside_start(struct outside *o, const struct outside_options *options)
{
	int host = options->port ? dial(options->port) : options->fd, input[2], credentials[2], control[2];
	char width[8], height[8];

	signal(SIGPIPE, SIG_IGN);
	*o = (struct outside){ .clipboard = -1 };
	ck_assert_int_eq(fcntl(host, F_SETFL, fcntl(host, F_GETFL) | O_NONBLOCK), 0);
	ck_assert(sek_is_ok(sek_gap_layout_init(&o->layout, options->max_width ? options->max_width : 1280,
		options->max_height ? options->max_height : 800)));
	ck_assert(sek_is_ok(sek_gap_create(&o->layout, &o->gap_rw, &o->gap_ro)));
	ck_assert(sek_is_ok(sek_gap_reader_open(o->gap_ro, &o->layout, &o->gap)));
	snprintf(width, sizeof width, "%u", o->layout.max_width_px);
	snprintf(height, sizeof height, "%u", o->layout.max_height_px);
	o->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ck_assert_int_eq(pipe2(input, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(credentials, O_CLOEXEC), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control), 0);
	ck_assert_int_eq(shutdown(control[1], SHUT_RD), 0);
	put_credentials(credentials[1], options);

	const char *const argv[] = { options->program, width, height, options->name ? options->name : "host.example",
		options->test ? SEK_DECODER_TEST : NULL, NULL };
	const int fds[] = { -1, -1, -1, host, o->gap_rw, o->wake, input[0], control[0], credentials[0] };

	o->decoder = test_spawn(options->program, argv, fds, SEK_DECODER_FDS_END);
	close(host);
	close(input[0]);
	close(credentials[0]);
	close(control[0]);
	o->input = input[1];
	o->control = control[1];
}

struct test_end outside_end(struct outside *o)
{
	struct test_end e = test_wait(o->decoder, TEST_WAIT_MS);

	sek_gap_reader_close(o->gap);
	if (o->input >= 0)
		close(o->input);
	if (o->clipboard >= 0)
		close(o->clipboard);
	close(o->control);
	close(o->wake);
	close(o->gap_rw);
	close(o->gap_ro);
	return e;
}

struct test_end outside_stop(struct outside *o)
{
	close(o->input);
	o->input = -1;
	return outside_end(o);
}

void outside_write(struct outside *o, const struct sek_writer *w)
{
	ck_assert(sek_is_ok(sek_writer_status(w)));
	ck_assert_int_eq(write(o->input, w->start, w->len), (ssize_t)w->len);
}

#define FRAME(bytes)              \
	uint8_t memory_[bytes];   \
	struct sek_writer w;      \
	sek_writer_init(&w, memory_, sizeof memory_)

void outside_hello(struct outside *o, uint16_t width, uint16_t height)
{
	FRAME(64);
	sek_hello_write(&w, &(struct sek_hello){ SEK_VERSION_MIN, SEK_VERSION_MAX, width, height, 100, 0, SEK_HELLO_CREATE,
		o->layout.max_width_px, o->layout.max_height_px });
	outside_write(o, &w);
}

void outside_key(struct outside *o, uint16_t code, bool down, uint32_t codepoint)
{
	FRAME(64);
	sek_key_write(&w, &(struct sek_key){ code, down, codepoint });
	outside_write(o, &w);
}

void outside_text(struct outside *o, const char *utf8)
{
	FRAME(SEK_FRAME_HEADER_BYTES + SEK_TEXT_MAX_BYTES);
	sek_text_write(&w, &(struct sek_text){ (const uint8_t *)utf8, strlen(utf8) });
	outside_write(o, &w);
}

void outside_paste(struct outside *o, const char *utf8)
{
	size_t n = strlen(utf8), at = 0, k;

	for (; at < n; at += k) {
		FRAME(8192);
		k = sek_clipboard_piece_bytes((const uint8_t *)utf8 + at, n - at);
		sek_clipboard_piece_write(&w, &(struct sek_clipboard_piece){
			(uint8_t)((at == 0 ? SEK_CLIPBOARD_FIRST : 0) | (at + k == n ? SEK_CLIPBOARD_LAST : 0)), (const uint8_t *)utf8 + at, k });
		outside_write(o, &w);
	}
}

void outside_resize(struct outside *o, uint16_t width, uint16_t height)
{
	FRAME(64);
	sek_resize_write(&w, &(struct sek_resize){ width, height, 100 });
	outside_write(o, &w);
}

void outside_clipboard_mode(struct outside *o, uint8_t directions)
{
	FRAME(64);
	sek_clipboard_mode_write(&w, &(struct sek_clipboard_mode){ directions });
	outside_write(o, &w);
}

void outside_open_clipboard(struct outside *o)
{
	_Alignas(struct cmsghdr) uint8_t ancillary[CMSG_SPACE(sizeof(int))] = { 0 };
	char byte = SEK_DECODER_CLIPBOARD;
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = ancillary, .msg_controllen = sizeof ancillary };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_int_eq(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fds[1], sizeof(int));
	ck_assert_int_eq(sendmsg(o->control, &m, MSG_NOSIGNAL), 1);
	close(fds[1]);
	o->clipboard = fds[0];
}

bool outside_copied(struct outside *o, uint8_t *ret, size_t size, size_t *ret_n, int ms)
{
	static uint8_t in[65536];
	size_t n = 0, at = 0, total;

	*ret_n = 0;
	for (;;) {
		struct pollfd p = { .fd = o->clipboard, .events = POLLIN };
		struct sek_frame f;
		struct sek_clipboard_piece m;
		ssize_t k;

		while (sek_is_ok(sek_frame_whole(in + at, n - at, SEK_LINK_HOST, SEK_DIR_DOWN, &f, &total))) {
			ck_assert_uint_eq(f.type, SEK_MSG_CLIPBOARD);
			ck_assert(sek_is_ok(sek_clipboard_piece_read(in + at + SEK_FRAME_HEADER_BYTES, f.payload_bytes, &m)));
			ck_assert_uint_le(*ret_n + m.bytes, size);
			memcpy(ret + *ret_n, m.utf8, m.bytes);
			*ret_n += m.bytes;
			at += total;
			if (m.flags & SEK_CLIPBOARD_LAST)
				return true;
		}
		memmove(in, in + at, n - at);
		n -= at;
		at = 0;
		if (poll(&p, 1, ms) <= 0)
			return false;
		k = read(o->clipboard, in + n, sizeof in - n);
		if (k <= 0)
			return false;
		n += (size_t)k;
	}
}

struct sek_gap_header outside_header(const struct outside *o)
{
	struct sek_gap_header h;

	sek_gap_reader_header(o->gap, &h);
	return h;
}

uint32_t outside_pixel(const struct outside *o, uint16_t x, uint16_t y)
{
	return sek_gap_reader_pixels(o->gap)[(size_t)y * o->layout.stride_px + x] & 0xffffff;
}
