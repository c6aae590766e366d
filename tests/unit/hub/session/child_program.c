/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A child that the session manager's tests can order about: it is started in the place of sekisho-decoder or
 * sekisho-encoder (that many arguments tell which), proves that it got exactly the descriptors of children.h, and then
 * does what the test says: dies in a given way, falls silent, floods, sends garbage.
 *
 * Orders reach the decoder as TEXT from the client ("!exit 13"), and the encoder through a mailbox in the gap's pixels.
 * A name like decoder-exit-11 or encoder-signal-11 does it at once. Everything that the decoder reads is kept in the gap
 * too, where the test looks.
 */
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "broker/gap/children.h"
#include "broker/gap/gap.h"
#include "protocol/wire/messages.h"
#include "tests/unit/hub/session/child_program.h"

extern char **environ;

static struct sek_gap_layout layout;
static bool foreign; /* in the place of a foreign host's decoder */

/* --- what both check --- */

_Noreturn static void refuse(int why)
{
	_exit(100 + why); /* no code of children.h: DECODER_DIED or ENCODER_DIED */
}

static void check_descriptors(int end, bool log_is_null)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *entry;
	struct stat st;
	int n = 0;

	if (!d)
		refuse(1);
	while ((entry = readdir(d)) != NULL) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] == '.' || fd == dirfd(d))
			continue;
#ifdef SEK_COUNTERS /* their file stays open */
		if (fd >= end)
			continue;
#endif
		if (fd >= end)
			refuse(2);
		n++;
	}
	closedir(d);
	if (n != end)
		refuse(3);
	for (int fd = 0; fd < (log_is_null ? 3 : 2); fd++)
		if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
			refuse(4);
#ifndef SEK_COUNTERS /* their run time puts its file's name there */
	if (environ && environ[0])
		refuse(5);
#endif
	if (getpgid(0) != getpid())
		refuse(6);
}

static void act_by_name(const char *path)
{
	const char *p;

	if ((p = strstr(path, "-exit-")) != NULL)
		_exit(atoi(p + 6));
	if ((p = strstr(path, "-signal-")) != NULL)
		kill(getpid(), atoi(p + 8));
}

static bool word(const char *order, const char *name, long *ret_n)
{
	size_t n = strlen(name);

	if (strncmp(order, name, n) != 0)
		return false;
	*ret_n = strtol(order + n, NULL, 10);
	return true;
}

static bool die_as_told(const char *order)
{
	long n;

	if (word(order, "exit ", &n))
		_exit((int)n);
	if (word(order, "signal ", &n))
		kill(getpid(), (int)n);
	return false;
}

/* --- decoder --- */

static uint32_t *pixels;

static void wake(void)
{
	uint64_t one = 1;

	if (write(SEK_DECODER_WAKE_FD, &one, sizeof one) < 0)
		refuse(7);
}

static void check_credentials(void)
{
	static char bytes[5 * (4 + SEK_CREDENTIAL_MAX_BYTES)];
	size_t n = 0;
	ssize_t k;
	struct sek_reader r;

	while ((k = read(SEK_DECODER_CREDENTIALS_FD, bytes + n, sizeof bytes - n)) > 0)
		n += (size_t)k;
	close(SEK_DECODER_CREDENTIALS_FD);
	sek_reader_init(&r, bytes, n);
	for (int i = 0; i < 5; i++) {
		uint32_t size;
		const uint8_t *text;

		if (!sek_is_ok(sek_read_u32(&r, &size)) || !sek_is_ok(sek_read_bytes(&r, size, &text)) || size < 64 ||
		    memcmp(text, "-----BEGIN", 10) != 0)
			refuse(8);
	}
	if (!sek_is_ok(sek_read_done(&r)))
		refuse(9);
}

/* Of a foreign host: the flags and the four texts that test_foreign.c makes the broker hand over. */
static void check_foreign_credentials(void)
{
	static const char *const wanted[SEK_FOREIGN_TEXTS] = { "-----BEGIN", NULL, "screen", "s3cret" };
	static char bytes[4 * (4 + SEK_CREDENTIAL_MAX_BYTES)];
	size_t n = 0;
	ssize_t k;
	struct sek_reader r;
	uint32_t flags;

	while ((k = read(SEK_DECODER_CREDENTIALS_FD, bytes + n, sizeof bytes - n)) > 0)
		n += (size_t)k;
	close(SEK_DECODER_CREDENTIALS_FD);
	sek_reader_init(&r, bytes, n);
	if (!sek_is_ok(sek_read_u32(&r, &flags)) || flags > SEK_FOREIGN_INSECURE)
		refuse(20);
	for (int i = 0; i < SEK_FOREIGN_TEXTS; i++) {
		uint32_t size;
		const uint8_t *text;

		if (!sek_is_ok(sek_read_u32(&r, &size)) || !sek_is_ok(sek_read_bytes(&r, size, &text)))
			refuse(21);
		if (i == SEK_FOREIGN_TRUST && flags == SEK_FOREIGN_INSECURE ? size != 0 :
				wanted[i] && (size < strlen(wanted[i]) || memcmp(text, wanted[i], strlen(wanted[i])) != 0))
			refuse(22);
	}
	if (!sek_is_ok(sek_read_done(&r)))
		refuse(23);
}

static void journal(const uint8_t *frame, size_t n)
{
	struct child_journal *j = (struct child_journal *)(void *)pixels;

	if (n > sizeof j->bytes - j->n)
		return;
	memcpy(j->bytes + j->n, frame, n);
	__atomic_store_n(&j->n, j->n + (uint32_t)n, __ATOMIC_RELEASE);
}

static void tell_encoder(const char *order)
{
	struct child_journal *j = (struct child_journal *)(void *)pixels;

	snprintf(j->order, sizeof j->order, "%s", order);
	__atomic_store_n(&j->orders, j->orders + 1, __ATOMIC_RELEASE);
	wake();
}

/* Takes what pipes the broker has handed over meanwhile; the last one counts. */
static int clipboard_pipe(void)
{
	static int fd = -1;
	_Alignas(struct cmsghdr) uint8_t ancillary[CMSG_SPACE(sizeof(int))];
	char byte;
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };

	for (;;) {
		m.msg_control = ancillary;
		m.msg_controllen = sizeof ancillary;
		if (recvmsg(SEK_DECODER_CONTROL_FD, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1)
			return fd;
		if (fd >= 0)
			close(fd);
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
	}
}

/* As copied text would come from the host; "garbage": as it would from a decoder that is no longer ours. */
static void copy(const char *text)
{
	uint8_t memory[256];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_clipboard_piece_write(&w, &(struct sek_clipboard_piece){ SEK_CLIPBOARD_FIRST | SEK_CLIPBOARD_LAST,
		(const uint8_t *)text, strlen(text) });
	if (strcmp(text, "garbage") == 0)
		memory[0] = SEK_MSG_STATE;
	/* fails where there is no pipe, or a closed one */
	if (write(clipboard_pipe(), memory, w.len) < 0)
		return;
}

static void decoder_order(struct sek_gap_writer *w, const char *order)
{
	long n;

	die_as_told(order);
	if (word(order, "state ", &n)) {
		sek_gap_writer_state(w, (uint16_t)n, 0);
		wake();
	} else if (word(order, "frame", &n)) {
		sek_gap_writer_frame(w);
		wake();
	} else if (strncmp(order, "copy ", 5) == 0) {
		copy(order + 5);
	} else if (word(order, "deaf", &n)) {
		for (;;)
			pause();
	} else if (strncmp(order, "encoder ", 8) == 0) {
		tell_encoder(order + 8);
	} else {
		refuse(10);
	}
}

static void decoder_frame(struct sek_gap_writer *w, const struct sek_frame *f, const uint8_t *frame, size_t n, bool quiet)
{
	const uint8_t *payload = frame + SEK_FRAME_HEADER_BYTES;
	char order[64];

	journal(frame, n);
	if (f->type == SEK_MSG_HELLO && !quiet) {
		sek_gap_writer_size(w, 640, 480);
		sek_gap_writer_state(w, SEK_STATE_RUNNING, 0);
		sek_gap_writer_frame(w);
		wake();
	}
	if (f->type == SEK_MSG_END) /* the host would close the line now */
		_exit(SEK_EXIT_LOST);
	if (f->type == SEK_MSG_TEXT && payload[0] == '!') {
		snprintf(order, sizeof order, "%.*s", (int)f->payload_bytes - 1, payload + 1);
		decoder_order(w, order);
	}
}

_Noreturn static void decoder(const char *path)
{
	static uint8_t bytes[65536];
	bool quiet = strstr(path, "quiet") != NULL;
	struct sek_gap_writer *w;
	size_t n = 0;
	ssize_t k;

	signal(SIGPIPE, SIG_IGN); /* as the jail does */
	check_descriptors(SEK_DECODER_FDS_END, true);
	if (foreign)
		check_foreign_credentials();
	else
		check_credentials();
	if (!sek_is_ok(sek_gap_writer_open(SEK_DECODER_GAP_FD, &layout, &w)))
		refuse(11);
	pixels = sek_gap_writer_pixels(w);
	while ((k = read(SEK_DECODER_INPUT_FD, bytes + n, sizeof bytes - n)) > 0) {
		struct sek_frame f;
		size_t at = 0, total;
		sek_status s;

		n += (size_t)k;
		for (; sek_is_ok(s = sek_frame_whole(bytes + at, n - at, SEK_LINK_HOST, SEK_DIR_UP, &f, &total)); at += total)
			decoder_frame(w, &f, bytes + at, total, quiet);
		if (!sek_is(s, SEK_E_AGAIN))
			refuse(12);
		memmove(bytes, bytes + at, n - at);
		n -= at;
	}
	_exit(SEK_EXIT_OK);
}

/* --- encoder --- */

static struct sek_gap_reader *reader;
static uint32_t frame_number, orders_done;
static bool echo, deaf;

static void put(const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	while (n) {
		ssize_t k = write(SEK_ENCODER_HUB_FD, p, n);

		if (k <= 0)
			_exit(SEK_EXIT_OK);
		p += k;
		n -= (size_t)k;
	}
}

static void put_update(uint8_t flags, size_t payload)
{
	static uint8_t bytes[SEK_FRAME_HEADER_BYTES + SEK_UPDATE_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_write_u8(&w, SEK_MSG_UPDATE);
	sek_write_u8(&w, flags);
	sek_write_u16(&w, 0);
	sek_write_u32(&w, (uint32_t)payload);
	sek_write_u32(&w, ++frame_number);
	put(bytes, SEK_FRAME_HEADER_BYTES + payload);
}

static void put_written(const struct sek_writer *w)
{
	if (w->failed)
		refuse(13);
	put(w->start, w->len);
}

static void put_small(const char *what, long n)
{
	uint8_t bytes[256 + SEK_MSG_CURSOR_MAX_BYTES];
	static const uint8_t bgra[16];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	if (strcmp(what, "state") == 0)
		sek_state_write(&w, &(struct sek_state_msg){ .state = (uint16_t)n });
	else if (strcmp(what, "size") == 0)
		sek_size_write(&w, &(struct sek_size){ (uint16_t)n, (uint16_t)n });
	else if (strcmp(what, "caret") == 0)
		sek_caret_write(&w, &(struct sek_caret){ (uint16_t)n, 1, 1, 20 });
	else if (strcmp(what, "cursor") == 0)
		sek_cursor_write(&w, &(struct sek_cursor){ 2, 2, 0, 0, bgra });
	else if (strcmp(what, "hello") == 0)
		sek_ack_write(&w, &(struct sek_ack){ 1 }); /* the wrong direction */
	put_written(&w);
}

static void encoder_order(const char *order)
{
	long n;

	die_as_told(order);
	if (word(order, "garbage", &n)) {
		uint8_t noise[64];

		memset(noise, 0xee, sizeof noise);
		put(noise, sizeof noise);
	} else if (word(order, "state ", &n)) {
		put_small("state", n);
	} else if (word(order, "size ", &n)) {
		put_small("size", n);
	} else if (word(order, "caret ", &n)) {
		put_small("caret", n);
	} else if (word(order, "cursor", &n)) {
		put_small("cursor", 0);
	} else if (word(order, "upward", &n)) {
		put_small("hello", 0);
	} else if (word(order, "flood ", &n)) {
		for (long i = 0; i < n; i++)
			put_update(SEK_UPDATE_KEYFRAME | SEK_UPDATE_END, 200000);
	} else if (word(order, "part", &n)) {
		put_update(SEK_UPDATE_KEYFRAME, 8);
		frame_number--;
	} else if (word(order, "echo", &n)) {
		echo = true;
	} else if (word(order, "deaf", &n)) {
		deaf = true;
	} else if (word(order, "close", &n)) {
		close(SEK_ENCODER_HUB_FD);
		for (;;)
			pause();
	} else {
		refuse(14);
	}
}

static void on_wake(void)
{
	static uint32_t frame;
	static uint16_t state;
	const struct child_journal *j = (const struct child_journal *)(const void *)sek_gap_reader_pixels(reader);
	struct sek_gap_header h;
	uint64_t count;
	char order[sizeof j->order];

	if (read(SEK_ENCODER_WAKE_FD, &count, sizeof count) < 0)
		return;
	sek_gap_reader_header(reader, &h);
	if (h.state && h.state != state) {
		state = h.state;
		put_small("state", state);
	}
	if (h.frame != frame) {
		frame = h.frame;
		put_update(frame_number ? SEK_UPDATE_END : SEK_UPDATE_END | SEK_UPDATE_KEYFRAME, 8);
	}
	if (__atomic_load_n(&j->orders, __ATOMIC_ACQUIRE) != orders_done) {
		orders_done = j->orders;
		memcpy(order, j->order, sizeof order);
		order[sizeof order - 1] = 0;
		encoder_order(order);
	}
}

static void on_hub(void)
{
	static uint8_t bytes[65536];
	static size_t n;
	struct sek_frame f;
	size_t at = 0, total;
	ssize_t k = read(SEK_ENCODER_HUB_FD, bytes + n, sizeof bytes - n);

	if (k <= 0)
		_exit(SEK_EXIT_OK);
	n += (size_t)k;
	while (sek_is_ok(sek_frame_whole(bytes + at, n - at, SEK_LINK_HUB, SEK_DIR_UP, &f, &total))) {
		/* what came, told back as a caret: its type, and the last byte of its payload */
		if (echo) {
			uint8_t out[64];
			struct sek_writer w;

			sek_writer_init(&w, out, sizeof out);
			sek_caret_write(&w, &(struct sek_caret){ f.type,
				f.payload_bytes ? bytes[at + SEK_FRAME_HEADER_BYTES + (f.type == SEK_MSG_ACK ? 3 : 0)] : 0, 1, 1 });
			put_written(&w);
		}
		if (f.type == SEK_MSG_REFRESH) {
			put_small("size", 480);
			put_update(SEK_UPDATE_END | SEK_UPDATE_KEYFRAME, 8);
		}
		at += total;
	}
	memmove(bytes, bytes + at, n - at);
	n -= at;
}

_Noreturn static void encoder(void)
{
	struct pollfd fds[2] = { { .fd = SEK_ENCODER_WAKE_FD, .events = POLLIN }, { .fd = SEK_ENCODER_HUB_FD, .events = POLLIN } };

	check_descriptors(SEK_ENCODER_FDS_END, false);
	if (!sek_is_ok(sek_gap_reader_open(SEK_ENCODER_GAP_FD, &layout, &reader)))
		refuse(15);
	/* what was ordered before is not for this one: its predecessor died of it */
	orders_done = __atomic_load_n(&((const struct child_journal *)(const void *)sek_gap_reader_pixels(reader))->orders,
		__ATOMIC_ACQUIRE);
	for (;;) {
		if (deaf)
			fds[1].fd = -1;
		if (poll(fds, 2, -1) < 0)
			refuse(16);
		if (fds[0].revents)
			on_wake();
		if (fds[1].fd >= 0 && fds[1].revents)
			on_hub();
	}
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');

	act_by_name(name ? name : argv[0]);
	if (argc == 5 && strcmp(argv[4], SEK_DECODER_TEST) == 0) {
		check_descriptors(SEK_DECODER_FDS_END, true);
		check_foreign_credentials();
		return SEK_EXIT_OK;
	}
	foreign = name && strstr(name, "foreign");
	if (argc != 3 && argc != 4)
		return SEK_EXIT_USAGE;
	if (!sek_is_ok(sek_gap_layout_init(&layout, (uint16_t)atoi(argv[1]), (uint16_t)atoi(argv[2]))))
		return SEK_EXIT_USAGE;
	if (argc == 4)
		decoder(name);
	encoder();
}
