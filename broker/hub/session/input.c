/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A linear buffer, written to a non-blocking pipe whenever that takes something.
 */
#include "broker/hub/session/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

enum { FIRST_BYTES = 4096, NONE = -1 };

struct sek_input {
	uv_loop_t *loop;
	uv_poll_t poll;
	int fd; /* -1: not open yet, or not any more */
	bool polled; /* poll was initialised */
	bool broken, finishing, holding, closing;
	uint8_t *bytes;
	size_t size, start, end; /* bytes[start..end) wait */
	size_t last;             /* where the last queued frame begins */
	enum sek_input_kind last_kind; /* SEK_INPUT_KEEP if it must not be replaced */
	uint64_t progress_ms;
	void (*closed)(void *user);
	void *user;
};

struct sek_input *sek_input_create(uv_loop_t *loop, void (*closed)(void *user), void *user)
{
	struct sek_input *in = calloc(1, sizeof *in);

	if (!in)
		return NULL;
	*in = (struct sek_input){ .loop = loop, .fd = NONE, .closed = closed, .user = user, .progress_ms = uv_now(loop) };
	return in;
}

static void release(struct sek_input *in)
{
	void (*closed)(void *user) = in->closed;
	void *user = in->user;

	/* what was typed is nobody's business once it is sent */
	if (in->bytes)
		explicit_bzero(in->bytes, in->size);
	free(in->bytes);
	free(in);
	closed(user);
}

static void on_closed(uv_handle_t *handle)
{
	release(handle->data);
}

static void close_pipe(struct sek_input *in)
{
	if (in->closing)
		return;
	in->closing = true;
	/* the handle first: libuv takes the number out of epoll, and it must not be somebody else's by then */
	if (in->polled)
		uv_close((uv_handle_t *)&in->poll, on_closed);
	if (in->fd >= 0)
		close(in->fd);
	in->fd = NONE;
	if (!in->polled)
		release(in);
}

static void flush(struct sek_input *in);

static void on_writable(uv_poll_t *poll, int status, int events)
{
	struct sek_input *in = poll->data;

	(void)events;
	if (status < 0)
		in->broken = true;
	flush(in);
}

/* May free `in` when it is finishing. */
static void flush(struct sek_input *in)
{
	while (!in->broken && in->fd >= 0 && in->start < in->end) {
		ssize_t k = write(in->fd, in->bytes + in->start, in->end - in->start);

		if (k > 0) {
			in->start += (size_t)k;
			in->progress_ms = uv_now(in->loop);
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			break;
		} else if (errno != EINTR) {
			in->broken = true; /* EPIPE: the decoder is gone, its exit will be told by its pidfd */
		}
	}
	if (in->start > in->last)
		in->last_kind = SEK_INPUT_KEEP;
	if (in->broken || in->start == in->end) {
		if (in->bytes)
			explicit_bzero(in->bytes, in->end);
		in->start = in->end = 0;
		in->last_kind = SEK_INPUT_KEEP;
		if (in->polled && !in->closing)
			uv_poll_stop(&in->poll);
		if (in->holding && !in->broken)
			uv_poll_start(&in->poll, UV_DISCONNECT, on_writable); /* told by POLLERR, which is always watched */
		else if (in->finishing && (in->broken || in->fd >= 0))
			close_pipe(in);
		return;
	}
	if (in->polled)
		uv_poll_start(&in->poll, UV_WRITABLE, on_writable);
}

sek_status sek_input_open(struct sek_input *in, int write_fd)
{
	sek_status s;

	SEK_ASSERT(in->fd < 0 && !in->polled);
	(void)fcntl(write_fd, F_SETPIPE_SZ, SEK_INPUT_PIPE_BYTES); /* only saves latency; the default works too */
	s = sek_from_uv(uv_poll_init(in->loop, &in->poll, write_fd));
	if (!sek_is_ok(s)) {
		close(write_fd);
		return s;
	}
	in->fd = write_fd;
	in->polled = true;
	in->poll.data = in;
	in->progress_ms = uv_now(in->loop);
	flush(in);
	return sek_ok();
}

static sek_status room(struct sek_input *in, size_t n)
{
	size_t waiting = in->end - in->start, size = in->size ? in->size : FIRST_BYTES;
	uint8_t *bytes;

	if (n > SEK_INPUT_QUEUE_MAX_BYTES - waiting)
		return sek_fail(SEK_E_LIMIT);
	if (in->start && in->end + n > in->size) {
		memmove(in->bytes, in->bytes + in->start, waiting);
		in->last = in->last > in->start ? in->last - in->start : 0;
		in->start = 0;
		in->end = waiting;
	}
	if (in->end + n <= in->size)
		return sek_ok();
	while (size < in->end + n)
		size *= 2;
	bytes = malloc(size); /* not realloc: the old copy of what was typed is to be wiped */
	if (!bytes)
		return sek_fail(SEK_E_NOMEM);
	if (in->bytes) {
		memcpy(bytes, in->bytes, in->end);
		explicit_bzero(in->bytes, in->size);
		free(in->bytes);
	}
	in->bytes = bytes;
	in->size = size;
	return sek_ok();
}

sek_status sek_input_put(struct sek_input *in, enum sek_input_kind kind, const uint8_t *frame, size_t n)
{
	if (in->broken || in->finishing)
		return sek_fail(SEK_E_CLOSED);
	if (kind != SEK_INPUT_KEEP && kind == in->last_kind && in->end - in->last == n) {
		memcpy(in->bytes + in->last, frame, n);
		return sek_ok();
	}
	SEK_TRY(room(in, n));
	if (in->start == in->end)
		in->progress_ms = uv_now(in->loop);
	in->last = in->end;
	in->last_kind = kind;
	memcpy(in->bytes + in->end, frame, n);
	in->end += n;
	flush(in);
	return sek_ok();
}

size_t sek_input_queued(const struct sek_input *in)
{
	return in->end - in->start;
}

uint64_t sek_input_stalled_ms(const struct sek_input *in)
{
	if (in->start == in->end || in->fd < 0)
		return 0;
	return uv_now(in->loop) - in->progress_ms;
}

void sek_input_finish(struct sek_input *in, bool hold)
{
	if (!in)
		return;
	in->finishing = true;
	in->holding = hold && in->fd >= 0;
	if (in->fd < 0 || in->broken)
		close_pipe(in);
	else
		flush(in); /* ends at the latest when the reader is killed: POLLERR */
}
#undef NONE
