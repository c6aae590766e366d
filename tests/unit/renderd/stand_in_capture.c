/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A program with sekisho-capture's contract and no display. Answers an attach with SIZE (width = number of the attach) and
 * STATE; PING with PONG; TEXT is an order: "sandbox ..." is put into DIR/order, "flood N" writes N frames of
 * 64 KiB, "half" writes half a frame and dies, "garbage" breaks the grammar, "close" closes the stream, "die N" exits. The
 * payload of each RULES goes into DIR/rules.told.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/wire/messages.h"
#include "render-host/session.h"

static const char *directory;
static int stream = -1;
static uint16_t attaches, state = SEK_STATE_RUNNING;
static uint8_t input[1 << 16];
static size_t input_len;

static void put(const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	while (n > 0 && stream >= 0) {
		ssize_t w = send(stream, p, n, MSG_NOSIGNAL);

		if (w < 0 && errno == EAGAIN) {
			struct pollfd wait = { stream, POLLOUT, 0 };

			poll(&wait, 1, 100);
			continue;
		}
		if (w < 0)
			return;
		p += w;
		n -= (size_t)w;
	}
}

static void put_state(void)
{
	struct sek_state_msg m = { .state = state };
	uint8_t memory[64];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_state_write(&w, &m);
	put(memory, w.len);
}

static void greet(void)
{
	struct sek_size m = { .width_px = attaches, .height_px = 100 };
	uint8_t memory[64];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_size_write(&w, &m);
	put(memory, w.len);
	put_state();
}

/* A frame that only looks like an UPDATE: renderd does not read what is inside. */
static void put_update(size_t payload, size_t whole)
{
	static uint8_t frame[SEK_FRAME_HEADER_BYTES + (1 << 16)];
	size_t i;

	frame[0] = SEK_MSG_UPDATE;
	frame[4] = (uint8_t)(payload >> 24);
	frame[5] = (uint8_t)(payload >> 16);
	frame[6] = (uint8_t)(payload >> 8);
	frame[7] = (uint8_t)payload;
	for (i = 0; i < payload; i++)
		frame[8 + i] = (uint8_t)(i * 13);
	put(frame, whole);
}

static void order_sandbox(const char *text)
{
	char path[200], fresh[200];
	FILE *f;

	snprintf(path, sizeof path, "%s/order", directory);
	snprintf(fresh, sizeof fresh, "%s/order.new", directory);
	f = fopen(fresh, "w");
	if (!f)
		_exit(98);
	fprintf(f, "%s\n", text);
	fclose(f);
	if (rename(fresh, path) != 0)
		_exit(97);
}

static void tell_rules(const uint8_t *payload, size_t n)
{
	char path[200], fresh[200];
	FILE *f;

	snprintf(path, sizeof path, "%s/rules.told", directory);
	snprintf(fresh, sizeof fresh, "%s/rules.new", directory);
	f = fopen(fresh, "w");
	if (!f || fwrite(payload, 1, n, f) != n || fclose(f) != 0 || rename(fresh, path) != 0)
		_exit(96);
}

static void obey(const char *text)
{
	int i, n;

	if (strncmp(text, "sandbox ", 8) == 0)
		order_sandbox(text + 8);
	if (strncmp(text, "flood ", 6) == 0)
		for (i = 0, n = atoi(text + 6); i < n; i++)
			put_update(1 << 16, SEK_FRAME_HEADER_BYTES + (1 << 16));
	if (strncmp(text, "half", 4) == 0) {
		put_update(1000, 500);
		_exit(1);
	}
	if (strncmp(text, "garbage", 7) == 0)
		put("\x7f\x00\x00\x00\x00\x00\x00\x00", 8);
	if (strncmp(text, "close", 5) == 0) {
		close(stream);
		stream = -1;
	}
	if (strncmp(text, "die ", 4) == 0)
		_exit(atoi(text + 4));
}

static void take_frames(void)
{
	struct sek_frame f;
	size_t total;

	while (sek_is_ok(sek_frame_whole(input, input_len, SEK_LINK_HOST, SEK_DIR_UP, &f, &total))) {
		const uint8_t *payload = input + SEK_FRAME_HEADER_BYTES;
		char text[SEK_TEXT_MAX_BYTES + 1];

		if (f.type == SEK_MSG_END)
			_exit(SEK_CAPTURE_ENDED);
		if (f.type == SEK_MSG_PING) {
			uint8_t memory[64];
			struct sek_ping m;
			struct sek_writer w;

			if (sek_is_ok(sek_ping_read(payload, f.payload_bytes, &m))) {
				sek_writer_init(&w, memory, sizeof memory);
				sek_pong_write(&w, &m);
				put(memory, w.len);
			}
		}
		if (f.type == SEK_MSG_RULES)
			tell_rules(payload, f.payload_bytes);
		text[0] = '\0';
		if (f.type == SEK_MSG_TEXT) {
			memcpy(text, payload, f.payload_bytes);
			text[f.payload_bytes] = '\0';
		}
		memmove(input, input + total, input_len - total);
		input_len -= total;
		obey(text);
	}
}

static void attach(int fd)
{
	if (stream >= 0)
		close(stream);
	stream = fd;
	input_len = 0;
	attaches++;
	greet();
}

/* One packet of renderd: a HELLO with a descriptor or a STATE. */
static void take_packet(void)
{
	char control[CMSG_SPACE(sizeof(int))];
	uint8_t packet[128];
	struct iovec part = { packet, sizeof packet };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	ssize_t n = recvmsg(SEK_CAPTURE_CONTROL_FD, &m, MSG_CMSG_CLOEXEC);
	struct sek_state_msg told;
	struct cmsghdr *c;
	struct sek_frame f;
	size_t total;
	int fd;

	if (n <= 0)
		_exit(SEK_CAPTURE_OK);
	c = CMSG_FIRSTHDR(&m);
	if (c) {
		struct sek_hello hello;

		memcpy(&fd, CMSG_DATA(c), sizeof fd);
		if (!sek_is_ok(sek_frame_whole(packet, (size_t)n, SEK_LINK_HOST, SEK_DIR_UP, &f, &total)) ||
				!sek_is_ok(sek_hello_read(packet + SEK_FRAME_HEADER_BYTES, f.payload_bytes, &hello)))
			_exit(SEK_CAPTURE_PROTOCOL);
		attach(fd);
		return;
	}
	if (sek_is_ok(sek_frame_whole(packet, (size_t)n, SEK_LINK_HUB, SEK_DIR_UP, &f, &total)) && f.type == SEK_MSG_VIEW)
		return; /* it paints nothing */
	if (!sek_is_ok(sek_frame_whole(packet, (size_t)n, SEK_LINK_HOST, SEK_DIR_DOWN, &f, &total)) ||
			!sek_is_ok(sek_state_read(packet + SEK_FRAME_HEADER_BYTES, f.payload_bytes, &told)))
		_exit(SEK_CAPTURE_PROTOCOL);
	state = told.state;
	put_state();
	if (sek_state_ended(state))
		_exit(SEK_CAPTURE_OK);
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "dir", 1, NULL, 'd' }, { "max", 1, NULL, 'm' }, { NULL, 0, NULL, 0 } };
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (o == 'd')
			directory = optarg;
	if (!directory || getuid() == 0)
		return SEK_CAPTURE_USAGE;
	for (;;) {
		struct pollfd wait[2] = { { SEK_CAPTURE_CONTROL_FD, POLLIN, 0 }, { stream, POLLIN, 0 } };
		ssize_t n;

		poll(wait, 2, -1);
		if (wait[0].revents)
			take_packet();
		if (stream >= 0 && wait[1].revents) {
			n = recv(stream, input + input_len, sizeof input - input_len, MSG_DONTWAIT);
			if (n == 0 || (n < 0 && errno != EAGAIN)) {
				close(stream);
				stream = -1;
				continue;
			}
			if (n > 0)
				input_len += (size_t)n;
			take_frames();
		}
	}
}
