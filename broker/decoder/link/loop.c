/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The decoder's loop. Runs in the jail: must allocate nothing and open nothing. Every buffer is of fixed size; when one
 * is full its source is simply not read, so that the sender waits in its own socket.
 */
#include "broker/decoder/link/loop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "broker/decoder/link/clipboard.h"
#include "protocol/wire/messages.h"

enum {
	GO_ON = -1,           /* not an exit code */
	NOT_YET = -2,         /* likewise: the frame stays where it is */
	ANSWER_BYTES = 64,    /* of out[] kept free for ACK, PONG and PING */
	READS_A_TURN = 32,    /* records before the input pipe has its turn again */
	IN_KEPT_BYTES = 65536 /* of in[] kept while the line is idle */
};

struct sek_decoder *sek_decoder_create(struct sek_tls *t, const struct sek_gap_layout *layout, struct sek_gap_writer *gap,
	struct sek_painter *painter, int host_fd, int wake_fd, int input_fd,
	int control_fd)
{
	struct sek_decoder *d = calloc(1, sizeof *d);

	if (!d)
		return NULL;
	d->in = mmap(NULL, SEK_DECODER_IN_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (d->in == MAP_FAILED) {
		free(d);
		return NULL;
	}
	sek_incoming_init(&d->incoming, layout, gap, painter);
	d->tls = t;
	d->host_fd = host_fd;
	d->wake_fd = wake_fd;
	d->input_fd = input_fd;
	d->control_fd = control_fd;
	d->clipboard_fd = -1;
	return d;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void wake(struct sek_decoder *d)
{
	static const uint64_t one = 1;

	/* Fails only if 2^64 wake-ups were never read. */
	if (write(d->wake_fd, &one, sizeof one) < 0)
		return;
}

static size_t out_room(const struct sek_decoder *d)
{
	return sizeof d->out - d->out_n;
}

/* What a TLS failure means depends on how far we are and on who refused whom. */
static int tls_failed(const struct sek_decoder *d, sek_status s)
{
	switch (s.code) {
	case SEK_E_DENIED:
		return sek_tls_why(d->tls) == SEK_TLS_PEER_ALERT ? SEK_EXIT_REFUSED : SEK_EXIT_CERTIFICATE;
	case SEK_E_CLOSED:
	case SEK_E_IO:
		return d->open ? SEK_EXIT_LOST : SEK_EXIT_CONNECT;
	case SEK_E_CRYPTO:
		return SEK_EXIT_PROTOCOL;
	default:
		return SEK_EXIT_INTERNAL;
	}
}

/* --- to the host --- */

/* A line that cannot be written to may still hold the host's last words, so a failure here ends nothing by itself: what
 * is queued is dropped, and the read that follows tells what happened. */
static void flush(struct sek_decoder *d)
{
	d->out_blocked = false;
	while (d->open && d->out_n > 0) {
		size_t n;
		sek_status s = sek_tls_write(d->tls, d->out, d->out_n, &n);

		if (sek_is(s, SEK_E_AGAIN)) {
			d->out_blocked = true;
			return;
		}
		if (!sek_is_ok(s))
			n = d->out_n;
		memmove(d->out, d->out + n, d->out_n - n);
		d->out_n -= n;
	}
}

/* For messages of ANSWER_BYTES at most; the caller has looked at the room. */
static struct sek_writer answer(struct sek_decoder *d)
{
	struct sek_writer w;

	sek_writer_init(&w, d->out + d->out_n, out_room(d));
	return w;
}

static void answered(struct sek_decoder *d, const struct sek_writer *w)
{
	SEK_ASSERT(sek_is_ok(sek_writer_status(w)));
	d->out_n += w->len;
}

/* The broker's frames are checked too: nothing but whole, allowed frames leaves through this process by mistake. A bad
 * one is our own bug. */
static int forward(struct sek_decoder *d)
{
	size_t at = 0, total;
	struct sek_frame f;
	int code = GO_ON;

	while (code == GO_ON) {
		sek_status s = sek_frame_whole(d->pipe + at, d->pipe_n - at, SEK_LINK_HOST, SEK_DIR_UP, &f, &total);

		if (sek_is(s, SEK_E_AGAIN) || (sek_is_ok(s) && total + ANSWER_BYTES > out_room(d)))
			break;
		if (!sek_is_ok(s) || (!d->hello && f.type != (d->incoming.document ? SEK_MSG_DOCUMENT : SEK_MSG_HELLO)))
			code = SEK_EXIT_INTERNAL;
		else {
			memcpy(d->out + d->out_n, d->pipe + at, total);
			d->out_n += total;
			d->hello = true;
			at += total;
		}
	}
	memmove(d->pipe, d->pipe + at, d->pipe_n - at);
	d->pipe_n -= at;
	return code;
}

static int read_input(struct sek_decoder *d)
{
	ssize_t n;

	if (d->input_ended || d->pipe_n == sizeof d->pipe)
		return GO_ON;
	n = read(d->input_fd, d->pipe + d->pipe_n, sizeof d->pipe - d->pipe_n);
	if (n == 0)
		d->input_ended = true;
	else if (n > 0)
		d->pipe_n += (size_t)n;
	else if (errno != EAGAIN && errno != EINTR)
		return SEK_EXIT_INTERNAL;
	return GO_ON;
}

/* --- from the host --- */

/* A frame is less than PIPE_BUF: it is written whole or not at all (pipe(7)). */
static int pass_clipboard(struct sek_decoder *d, const uint8_t *frame, size_t n)
{
	if (d->clipboard_fd < 0)
		return GO_ON; /* the policy lets no text in: it ends here */
	if (write(d->clipboard_fd, frame, n) >= 0)
		return GO_ON;
	if (errno == EAGAIN) {
		d->clipboard_full = true;
		return NOT_YET;
	}
	sek_decoder_clipboard_gone(d);
	return GO_ON;
}

static int apply(struct sek_decoder *d, const struct sek_frame *f, const uint8_t *payload)
{
	struct sek_incoming_result r;
	struct sek_writer w;
	sek_status s = sek_incoming_frame(&d->incoming, f, payload, &r);

	if (!sek_is_ok(s))
		return sek_is(s, SEK_E_NOMEM) ? SEK_EXIT_INTERNAL : SEK_EXIT_PROTOCOL;
	/* First the encoder, then the acknowledgement: the pixels are on their way before the next frame is asked for. */
	if (r.wake)
		wake(d);
	if (r.ended)
		return SEK_EXIT_ENDED;
	if (r.reason)
		return SEK_EXIT_DOCUMENT + r.reason;
	if (r.clipboard)
		return pass_clipboard(d, payload - SEK_FRAME_HEADER_BYTES, SEK_FRAME_HEADER_BYTES + f->payload_bytes);
	w = answer(d);
	if (r.ack)
		sek_ack_write(&w, &(struct sek_ack){ .frame = r.number });
	if (r.pong)
		sek_pong_write(&w, &(struct sek_ping){ .id = r.number });
	answered(d, &w);
	return GO_ON;
}

/* Applies the whole frames in in[], as long as there is room for an answer to each. */
static int take_frames(struct sek_decoder *d, uint64_t now)
{
	size_t at = 0, total;
	struct sek_frame f;
	int code = GO_ON;

	while (code == GO_ON && !d->clipboard_full && out_room(d) >= ANSWER_BYTES / 2) {
		sek_status s = sek_frame_whole(d->in + at, d->in_n - at, SEK_LINK_HOST, SEK_DIR_DOWN, &f, &total);

		if (sek_is(s, SEK_E_AGAIN))
			break;
		if (!sek_is_ok(s)) {
			code = SEK_EXIT_PROTOCOL;
			break;
		}
		code = apply(d, &f, d->in + at + SEK_FRAME_HEADER_BYTES);
		if (code == NOT_YET) {
			code = GO_ON;
			break;
		}
		at += total;
		d->frame_ms = now;
		d->ping_ms = 0;
	}
	if (at > 0) {
		memmove(d->in, d->in + at, d->in_n - at);
		d->in_n -= at;
	}
	return code;
}

static int read_host(struct sek_decoder *d, uint64_t now)
{
	int code;

	d->more = false;
	for (int i = 0; i < READS_A_TURN; i++) {
		size_t n;
		sek_status s;

		code = take_frames(d, now);
		if (code != GO_ON)
			return code;
		flush(d);
		/* Full means: whole frames wait, because their answers would not fit. */
		if (out_room(d) < ANSWER_BYTES || d->clipboard_full || d->in_n == SEK_DECODER_IN_BYTES)
			return GO_ON;
		s = sek_tls_read(d->tls, d->in + d->in_n, SEK_DECODER_IN_BYTES - d->in_n, &n);
		if (sek_is(s, SEK_E_AGAIN))
			return GO_ON;
		if (!sek_is_ok(s))
			return tls_failed(d, s);
		d->in_n += n;
		if (d->in_n > d->in_peak)
			d->in_peak = d->in_n;
	}
	d->more = true;
	code = take_frames(d, now);
	flush(d);
	return code;
}

static int handshake(struct sek_decoder *d, uint64_t now)
{
	sek_status s = sek_tls_handshake(d->tls);

	if (sek_is(s, SEK_E_AGAIN))
		return GO_ON;
	if (!sek_is_ok(s))
		return tls_failed(d, s);
	d->open = true;
	d->since_ms = d->frame_ms = now;
	return GO_ON;
}

/* --- time --- */

static bool host_is_starting(const struct sek_decoder *d)
{
	return !d->incoming.welcomed || d->incoming.starting;
}

/* When something is due if nothing happens. */
static uint64_t deadline(const struct sek_decoder *d)
{
	uint64_t at;

	if (!d->open)
		at = d->since_ms + SEK_DECODER_HANDSHAKE_MS;
	else if (host_is_starting(d))
		at = d->frame_ms + (d->incoming.document ? SEK_DECODER_DOCUMENT_MS : SEK_DECODER_START_MS);
	else if (d->ping_ms)
		at = d->ping_ms + SEK_DECODER_ANSWER_MS;
	else
		at = d->frame_ms + SEK_DECODER_IDLE_MS;
	if (d->stop_ms && d->stop_ms < at)
		at = d->stop_ms;
	return at;
}

static void ask_for_life(struct sek_decoder *d, uint64_t now)
{
	struct sek_writer w = answer(d);

	/* Counted even if it finds no room: a host that takes nothing off the line is silent as well. */
	d->ping_ms = now;
	if (out_room(d) >= ANSWER_BYTES) {
		sek_ping_write(&w, &(struct sek_ping){ .id = ++d->ping_id });
		answered(d, &w);
		flush(d);
	}
	/* Nothing moves: give back what the last large frame touched. */
	if (d->in_n <= IN_KEPT_BYTES && d->in_peak > IN_KEPT_BYTES) {
		madvise(d->in + IN_KEPT_BYTES, SEK_DECODER_IN_BYTES - IN_KEPT_BYTES, MADV_DONTNEED);
		d->in_peak = d->in_n;
	}
}

static int check_time(struct sek_decoder *d, uint64_t now)
{
	if (d->input_ended && (!d->open || d->out_n == 0))
		return SEK_EXIT_OK;
	if (now < deadline(d))
		return GO_ON;
	if (d->stop_ms && now >= d->stop_ms)
		return SEK_EXIT_OK;
	if (!d->open || host_is_starting(d) || d->ping_ms)
		return SEK_EXIT_SILENT;
	ask_for_life(d, now);
	return GO_ON;
}

/* --- the loop --- */

static short host_events(const struct sek_decoder *d)
{
	if (!d->open)
		return sek_tls_wants_write(d->tls) ? POLLOUT : POLLIN;
	return (short)((out_room(d) >= ANSWER_BYTES && !d->clipboard_full ? POLLIN : 0) | (d->out_blocked ? POLLOUT : 0));
}

enum { POLL_HOST, POLL_INPUT, POLL_CONTROL, POLL_CLIPBOARD, POLL_FDS };

static sek_status wait_for_events(struct sek_decoder *d, struct pollfd p[POLL_FDS])
{
	uint64_t now = now_ms(), at = deadline(d), ms = at > now && !d->more ? at - now : 0;
	struct timespec t = { .tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000 };
	bool want_input = !d->input_ended && d->pipe_n < sizeof d->pipe;

	p[POLL_HOST] = (struct pollfd){ .fd = d->host_fd, .events = host_events(d) };
	/* While the pipe is not wanted its end still is (POLLHUP needs no asking), but once only. */
	p[POLL_INPUT] = (struct pollfd){ .fd = want_input || !d->stop_ms ? d->input_fd : -1, .events = want_input ? POLLIN : 0 };
	p[POLL_CONTROL] = (struct pollfd){ .fd = d->control_fd, .events = POLLIN };
	/* that the broker has closed its end is told unasked (POLLERR) */
	p[POLL_CLIPBOARD] = (struct pollfd){ .fd = d->clipboard_fd, .events = d->clipboard_full ? POLLOUT : 0 };
	if (ppoll(p, POLL_FDS, &t, NULL) < 0 && errno != EINTR)
		return sek_from_errno();
	return sek_ok();
}

static int turn(struct sek_decoder *d)
{
	struct pollfd p[POLL_FDS];
	bool freed;
	uint64_t now;
	int code = GO_ON;

	if (!sek_is_ok(wait_for_events(d, p)))
		return SEK_EXIT_INTERNAL;
	now = now_ms();
	freed = sek_decoder_clipboard_turn(d, p[POLL_CONTROL].revents, p[POLL_CLIPBOARD].revents);
	if (p[POLL_INPUT].revents & POLLHUP && !d->stop_ms)
		d->stop_ms = now + SEK_DECODER_FLUSH_MS;
	if (p[POLL_INPUT].revents)
		code = read_input(d);
	if (code == GO_ON && !d->open && p[POLL_HOST].revents)
		code = handshake(d, now);
	if (code == GO_ON)
		code = forward(d);
	if (code == GO_ON && d->open && (p[POLL_HOST].revents || d->more || freed))
		code = read_host(d, now);
	if (code == GO_ON) {
		flush(d);
		code = check_time(d, now);
	}
	return code;
}

void sek_decoder_for_document(struct sek_decoder *d)
{
	d->incoming.document = true;
}

enum sek_child_exit sek_decoder_run(struct sek_decoder *d)
{
	int code;

	d->since_ms = now_ms();
	sek_gap_writer_state(d->incoming.gap, SEK_STATE_CONNECTING, 0);
	wake(d);
	code = handshake(d, d->since_ms);
	while (code == GO_ON)
		code = turn(d);
	if (sek_child_exit_state(code) != SEK_STATE_NONE) {
		sek_gap_writer_state(d->incoming.gap, (uint16_t)sek_child_exit_state(code), 0);
		wake(d);
	}
	if (d->open)
		sek_tls_bye(d->tls);
	return (enum sek_child_exit)code;
}
