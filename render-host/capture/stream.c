/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Frames in, bytes out. Must never block and never let more wait than out_max.
 */
#include "render-host/capture/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

void sek_stream_none(struct sek_stream *s)
{
	s->fd = -1;
	s->in_start = s->in_end = 0;
	s->out = NULL;
	s->out_start = s->out_end = s->out_size = s->out_max = 0;
}

sek_status sek_stream_init(struct sek_stream *s, int fd, enum sek_link link, enum sek_direction dir, size_t out_max)
{
	int flags = fcntl(fd, F_GETFL);

	sek_stream_none(s);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return sek_from_errno();
	s->fd = fd;
	s->link = link;
	s->dir = dir;
	s->out_max = out_max;
	return sek_ok();
}

void sek_stream_finish(struct sek_stream *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s->out);
	sek_stream_none(s);
}

bool sek_stream_open(const struct sek_stream *s)
{
	return s->fd >= 0;
}

sek_status sek_stream_fill(struct sek_stream *s)
{
	ssize_t n;

	if (s->fd < 0)
		return sek_fail(SEK_E_CLOSED);
	if (s->in_start > 0) {
		memmove(s->in, s->in + s->in_start, s->in_end - s->in_start);
		s->in_end -= s->in_start;
		s->in_start = 0;
	}
	if (s->in_end == sizeof s->in)
		return sek_fail(SEK_E_AGAIN);
	do {
		n = recv(s->fd, s->in + s->in_end, sizeof s->in - s->in_end, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? sek_fail(SEK_E_CLOSED) : sek_from_errno();
	if (n == 0)
		return sek_fail(SEK_E_CLOSED);
	s->in_end += (size_t)n;
	return sek_ok();
}

sek_status sek_stream_peek(const struct sek_stream *s, struct sek_frame *ret)
{
	const uint8_t *p = s->in + s->in_start;
	size_t n = s->in_end - s->in_start;
	struct sek_frame f;

	SEK_TRY(sek_frame_parse(p, n, s->link, s->dir, &f));
	/* the grammar knows larger frames, but none that has business here: waiting for it would never end */
	if (f.payload_bytes > sizeof s->in - SEK_FRAME_HEADER_BYTES)
		return sek_fail(SEK_E_MALFORMED);
	if (n - SEK_FRAME_HEADER_BYTES < f.payload_bytes)
		return sek_fail(SEK_E_AGAIN);
	*ret = f;
	return sek_ok();
}

sek_status sek_stream_next(struct sek_stream *s, struct sek_frame *ret, const uint8_t **ret_payload)
{
	SEK_TRY(sek_stream_peek(s, ret));
	*ret_payload = s->in + s->in_start + SEK_FRAME_HEADER_BYTES;
	s->in_start += SEK_FRAME_HEADER_BYTES + ret->payload_bytes;
	return sek_ok();
}

/* Makes room for n more bytes at the queue's end. */
static sek_status reserve(struct sek_stream *s, size_t n)
{
	size_t waiting = s->out_end - s->out_start, size;
	uint8_t *p;

	if (n <= s->out_size - s->out_end)
		return sek_ok();
	if (s->out_start > 0) {
		memmove(s->out, s->out + s->out_start, waiting);
		s->out_start = 0;
		s->out_end = waiting;
		if (n <= s->out_size - s->out_end)
			return sek_ok();
	}
	size = s->out_size ? s->out_size : 16384;
	while (size < waiting + n)
		size *= 2;
	p = realloc(s->out, size);
	if (!p)
		return sek_fail(SEK_E_NOMEM);
	s->out = p;
	s->out_size = size;
	return sek_ok();
}

sek_status sek_stream_put(struct sek_stream *s, const void *bytes, size_t n)
{
	if (s->fd < 0)
		return sek_fail(SEK_E_CLOSED);
	if (n > s->out_max - (s->out_end - s->out_start))
		return sek_fail(SEK_E_LIMIT);
	if (n == 0)
		return sek_ok();
	SEK_TRY(reserve(s, n));
	memcpy(s->out + s->out_end, bytes, n);
	s->out_end += n;
	return sek_ok();
}

size_t sek_stream_waiting(const struct sek_stream *s)
{
	return s->out_end - s->out_start;
}

sek_status sek_stream_flush(struct sek_stream *s)
{
	while (s->fd >= 0 && s->out_start < s->out_end) {
		ssize_t n = send(s->fd, s->out + s->out_start, s->out_end - s->out_start, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return sek_ok();
		if (n < 0)
			return errno == EPIPE || errno == ECONNRESET ? sek_fail(SEK_E_CLOSED) : sek_from_errno();
		s->out_start += (size_t)n;
	}
	s->out_start = s->out_end = 0;
	if (s->out_size > SEK_STREAM_OUT_KEEP_BYTES) {
		free(s->out);
		s->out = NULL;
		s->out_size = 0;
	}
	return sek_ok();
}
