/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One loop over two sockets. The broker is read while its frames can be painted, the viewer while it reads itself.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "broker/encoder/rfb/rfb.h"

enum { SEND_BYTES = 64 << 10 };

uint64_t sek_rfb_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

sek_status sek_rfb_prepare(struct sek_rfb *r)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_HELLO_MAX_BYTES];
	struct sek_writer w;

	r->out_fd = memfd_create("sekisho-rfb", MFD_CLOEXEC);
	r->hub_in = malloc(SEK_RFB_HUB_IN_BYTES);
	r->viewer_in = malloc(SEK_RFB_IN_BYTES);
	r->up = malloc(SEK_RFB_UP_BYTES);
	if (r->out_fd < 0 || !r->hub_in || !r->viewer_in || !r->up)
		return sek_fail(SEK_E_NOMEM);
	SEK_TRY(sek_rfb_screen_create(r->out_fd, &r->screen));
	SEK_TRY(sek_rfb_clip_init(&r->clip));
	if (getrandom(&r->ask.seed, sizeof r->ask.seed, 0) != sizeof r->ask.seed)
		return sek_fail(SEK_E_IO);
	r->wants = (struct sek_rfb_wants){ .quality = -1, .compression = -1 };
	sek_writer_init(&w, memory, sizeof memory);
	sek_hello_write(&w, &(struct sek_hello){ .version_min = SEK_VERSION_MIN, .version_max = SEK_VERSION_MAX, .width_px = r->width_px,
		.height_px = r->height_px, .scale_percent = 100, .lang = (uint8_t)r->lang });
	SEK_TRY(sek_writer_status(&w));
	sek_rfb_up(r, memory, w.len);
	return sek_ok();
}

static void leave(struct sek_rfb *r, enum sek_child_exit code)
{
	if (!r->done)
		r->code = code;
	r->done = true;
}

/* --- reading --- */

/* More bytes into to[*n..size). False: there is nothing for now, or nothing more. */
static bool fill(int fd, uint8_t *to, size_t *n, size_t size, bool *ret_over)
{
	ssize_t k;

	if (*n == size)
		return false;
	do
		k = read(fd, to + *n, size - *n);
	while (k < 0 && errno == EINTR);
	if (k < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return false;
	if (k <= 0) {
		*ret_over = true;
		return false;
	}
	*n += (size_t)k;
	return true;
}

static void read_hub(struct sek_rfb *r)
{
	bool over = false;
	size_t at = 0;

	(void)fill(r->hub_fd, r->hub_in, &r->hub_in_n, SEK_RFB_HUB_IN_BYTES, &over);
	while (!r->done) {
		struct sek_frame f;
		size_t total;
		sek_status s = sek_frame_whole(r->hub_in + at, r->hub_in_n - at, SEK_LINK_CLIENT, SEK_DIR_DOWN, &f, &total);

		if (sek_is(s, SEK_E_AGAIN))
			break;
		if (!sek_is_ok(s) || !sek_is_ok(sek_rfb_down(r, &f, r->hub_in + at + SEK_FRAME_HEADER_BYTES))) {
			leave(r, SEK_EXIT_PROTOCOL);
			return;
		}
		at += total;
	}
	memmove(r->hub_in, r->hub_in + at, r->hub_in_n - at);
	r->hub_in_n -= at;
	if (!over)
		return;
	r->hub_over = true;
	if (!r->card) /* without a last word there is nothing to show */
		leave(r, SEK_EXIT_OK);
}

static bool may_hear(const struct sek_rfb *r)
{
	return (!r->init_came || r->init_sent) && r->out_end - r->out_start < SEK_RFB_OUT_FULL_BYTES &&
		r->up_n < SEK_RFB_UP_BYTES / 2;
}

static void hear(struct sek_rfb *r)
{
	size_t at = 0, used = 0;

	while (!r->done && may_hear(r)) {
		struct sek_rfb_event e;
		sek_status s = sek_rfb_viewer_take(&r->viewer, r->viewer_in + at, r->viewer_in_n - at, &e, &used);

		at += used;
		if (sek_is(s, SEK_E_AGAIN))
			break;
		if (sek_is_ok(s))
			s = sek_rfb_said(r, &e);
		if (!sek_is_ok(s)) {
			leave(r, SEK_EXIT_PROTOCOL);
			break;
		}
	}
	sek_rfb_settle(r);
	memmove(r->viewer_in, r->viewer_in + at, r->viewer_in_n - at);
	explicit_bzero(r->viewer_in + r->viewer_in_n - at, at); /* what was typed */
	r->viewer_in_n -= at;
}

static void read_viewer(struct sek_rfb *r)
{
	bool over = false;

	if (fill(r->viewer_fd, r->viewer_in, &r->viewer_in_n, SEK_RFB_IN_BYTES, &over))
		hear(r);
	if (over)
		leave(r, SEK_EXIT_OK);
}

/* --- writing --- */

static void send_up(struct sek_rfb *r)
{
	while (r->up_n > 0) {
		ssize_t k = write(r->hub_fd, r->up, r->up_n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0) {
			if (errno != EAGAIN && errno != EWOULDBLOCK) {
				explicit_bzero(r->up, r->up_n);
				r->up_n = 0; /* its last words may still be there to be read */
			}
			return;
		}
		memmove(r->up, r->up + k, r->up_n - (size_t)k);
		explicit_bzero(r->up + r->up_n - (size_t)k, (size_t)k);
		r->up_n -= (size_t)k;
	}
}

static void send_viewer(struct sek_rfb *r)
{
	static uint8_t bytes[SEND_BYTES];

	while (!r->done && r->out_start < r->out_end) {
		uint64_t left = r->out_end - r->out_start;
		ssize_t k = pread(r->out_fd, bytes, left < sizeof bytes ? (size_t)left : sizeof bytes, (off_t)r->out_start);

		if (k > 0)
			k = write(r->viewer_fd, bytes, (size_t)k);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (k <= 0) {
			leave(r, SEK_EXIT_OK);
			return;
		}
		r->out_start += (uint64_t)k;
		if (r->out_start == r->out_end)
			sek_rfb_out_empty(r);
	}
}

/* --- the loop --- */

static void look_at_clock(struct sek_rfb *r)
{
	uint64_t now = sek_rfb_now_ms();

	if (r->leave_ms && now >= r->leave_ms)
		leave(r, SEK_EXIT_OK);
	if (r->holding && now >= r->hold_ms)
		sek_rfb_let_go(r);
	if (r->note_ms && now >= r->note_ms) {
		r->note_ms = 0;
		r->owes_name = true;
	}
	if (r->resizing && now >= r->resize_ms) {
		r->resizing = false;
		r->owes_size = true;
		r->size_reason = 1;
		r->size_status = 1; /* "administratively prohibited" */
	}
}

static struct timespec until(const struct sek_rfb *r)
{
	uint64_t now = sek_rfb_now_ms(), at = now + 3600000;
	const uint64_t times[4] = { r->leave_ms ? r->leave_ms : at, r->holding ? r->hold_ms : at, r->resizing ? r->resize_ms : at,
		r->note_ms ? r->note_ms : at };

	for (size_t i = 0; i < 4; i++)
		at = times[i] < at ? times[i] : at;
	at = at > now ? at - now : 0;
	return (struct timespec){ (time_t)(at / 1000), (long)(at % 1000) * 1000000 };
}

static void work(struct sek_rfb *r)
{
	if (r->init_came && !r->init_sent && r->has_size) {
		sek_rfb_put_init(r);
		hear(r);
	}
	look_at_clock(r);
	sek_rfb_offer(r);
	send_viewer(r);
	if (!r->done && r->out_start == r->out_end)
		sek_rfb_offer(r); /* an ACK that was owed, or what came with the last of it */
	send_up(r);
}

enum sek_child_exit sek_rfb_run(struct sek_rfb *r)
{
	while (!r->done) {
		struct pollfd p[2] = { { .fd = r->hub_over ? -1 : r->hub_fd, .events = POLLIN }, { .fd = r->viewer_fd } };
		struct timespec wait;

		work(r);
		if (r->done)
			break;
		p[0].fd = r->hub_over ? -1 : r->hub_fd;
		p[0].events = (short)(POLLIN | (r->up_n > 0 ? POLLOUT : 0));
		p[1].events = (short)((may_hear(r) ? POLLIN : 0) | (r->out_start < r->out_end ? POLLOUT : 0));
		wait = until(r);
		if (ppoll(p, 2, &wait, NULL) < 0 && errno != EINTR)
			return SEK_EXIT_INTERNAL;
		if (p[0].revents & (POLLIN | POLLHUP | POLLERR))
			read_hub(r);
		if (p[1].revents & POLLIN)
			read_viewer(r);
		else if (p[1].revents & (POLLHUP | POLLERR))
			leave(r, SEK_EXIT_OK);
	}
	return r->code;
}
