/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reading end of a decoder's clipboard pipe: the one place where the broker reads bytes that the outer zone may have
 * chosen. It exists only while the policy lets text come in. Frames of one type, one bounded buffer, no more than so many
 * bytes a second; anything else that stands in the pipe can only come from a decoder that is no longer ours.
 */
#include "broker/hub/session/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

enum {
	FRAME_MAX_BYTES = SEK_FRAME_HEADER_BYTES + SEK_MSG_CLIPBOARD_MAX_BYTES,
	READS_A_TURN = 16,
	PER_SECOND_MAX_BYTES = 2 * SEK_CLIPBOARD_MAX_BYTES, /* what is beyond waits in the pipe */
};

struct sek_clip_pipe {
	struct sek_session *s; /* NULL: closing */
	struct sek_sessions *all;
	uv_poll_t poll;
	uv_timer_t timer;
	int fd;
	int handles;
	uint64_t second_ms;
	size_t second_bytes, n;
	uint8_t bytes[4 * FRAME_MAX_BYTES];
};

static void on_readable(uv_poll_t *poll, int status, int events);

static void on_closed(uv_handle_t *handle)
{
	struct sek_clip_pipe *p = handle->data;
	struct sek_sessions *all = p->all;

	if (--p->handles)
		return;
	explicit_bzero(p->bytes, sizeof p->bytes);
	free(p);
	sek_sessions_release(all);
}

void sek_clip_pipe_close(struct sek_clip_pipe *p)
{
	if (!p || !p->s)
		return;
	p->s = NULL;
	uv_close((uv_handle_t *)&p->poll, on_closed);
	uv_close((uv_handle_t *)&p->timer, on_closed);
	close(p->fd); /* the decoder's end is dead from here on, whatever it does with it */
	p->fd = -1;
}

static void on_timer(uv_timer_t *timer)
{
	struct sek_clip_pipe *p = timer->data;

	if (p->s)
		uv_poll_start(&p->poll, UV_READABLE, on_readable);
}

/* True if another read is allowed now; else reading goes on in the next second. */
static bool may_read(struct sek_clip_pipe *p)
{
	uint64_t now = uv_now(p->all->loop);

	if (now - p->second_ms >= 1000) {
		p->second_ms = now;
		p->second_bytes = 0;
	}
	if (p->second_bytes < PER_SECOND_MAX_BYTES)
		return true;
	uv_poll_stop(&p->poll);
	uv_timer_start(&p->timer, on_timer, 1000, 0);
	return false;
}

/* Takes the whole frames in the buffer. False: what stands there is no clipboard text. */
static bool take(struct sek_clip_pipe *p)
{
	size_t at = 0, total;
	struct sek_frame f;
	sek_status s = sek_ok();

	while (p->s) {
		struct sek_clipboard_piece piece;

		s = sek_frame_whole(p->bytes + at, p->n - at, SEK_LINK_HOST, SEK_DIR_DOWN, &f, &total);
		if (!sek_is_ok(s))
			break;
		if (f.type != SEK_MSG_CLIPBOARD ||
		    !sek_is_ok(sek_clipboard_piece_read(p->bytes + at + SEK_FRAME_HEADER_BYTES, f.payload_bytes, &piece)) ||
		    (piece.flags & SEK_CLIPBOARD_PREVIEW))
			return false;
		sek_clipboard_from_host(p->s, &piece);
		at += total;
	}
	if (!sek_is_ok(s) && !sek_is(s, SEK_E_AGAIN))
		return false;
	memmove(p->bytes, p->bytes + at, p->n - at);
	p->n -= at;
	/* full and still not whole: a header that promises more than a piece can have */
	return p->n < sizeof p->bytes;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct sek_clip_pipe *p = poll->data;

	(void)events;
	for (int i = 0; i < READS_A_TURN && p->s && may_read(p); i++) {
		ssize_t k = status < 0 ? 0 : read(p->fd, p->bytes + p->n, sizeof p->bytes - p->n);

		if (k < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (k <= 0) { /* the decoder closed it or is gone: its exit says more */
			uv_poll_stop(&p->poll);
			return;
		}
		p->n += (size_t)k;
		p->second_bytes += (size_t)k;
		if (!take(p) && p->s) {
			sek_session_end(p->s, SEK_STATE_JAIL_VIOLATION, "something else than text came out of the clipboard's pipe");
			return;
		}
	}
}

sek_status sek_clip_pipe_open(struct sek_session *s, struct sek_clip_pipe **ret)
{
	struct sek_clip_pipe *p = calloc(1, sizeof *p);
	int ends[2];
	sek_status st;

	if (!p)
		return sek_fail(SEK_E_NOMEM);
	/* each end has flags of its own */
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
		st = sek_from_errno();
		free(p);
		return st;
	}
	st = sek_from_uv(uv_poll_init(s->all->loop, &p->poll, ends[0]));
	if (sek_is_ok(st)) {
		p->s = s;
		p->all = s->all;
		p->fd = ends[0];
		p->handles = 2;
		p->poll.data = p;
		uv_timer_init(s->all->loop, &p->timer);
		p->timer.data = p;
		sek_sessions_hold(s->all);
		st = sek_from_uv(uv_poll_start(&p->poll, UV_READABLE, on_readable));
		if (sek_is_ok(st))
			st = sek_link_give_clipboard(s->link, ends[1]);
		if (sek_is_ok(st))
			*ret = p;
		else
			sek_clip_pipe_close(p);
	} else {
		close(ends[0]);
		free(p);
	}
	close(ends[1]);
	return st;
}
