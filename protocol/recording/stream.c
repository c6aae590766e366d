/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A bounded buffer in front of a pipe of entries. Must never hold more than one entry of the largest size, and never allocate
 * after it was made.
 */
#include "protocol/recording/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

struct sek_entry_stream {
	int fd;
	sek_status failed;
	size_t at, len; /* of buffer: read so far, filled */
	uint8_t buffer[SEK_ENTRY_MAX_BYTES + 65536];
};

sek_status sek_entry_stream_create(int fd, struct sek_entry_stream **ret)
{
	struct sek_entry_stream *s = malloc(sizeof *s);

	if (!s)
		return sek_fail(SEK_E_NOMEM);
	s->fd = fd;
	s->failed = sek_ok();
	s->at = s->len = 0;
	*ret = s;
	return sek_ok();
}

void sek_entry_stream_destroy(struct sek_entry_stream *s)
{
	free(s);
}

/* Makes sure that n bytes stand at s->at. SEK_E_CLOSED only if not even one does. */
static sek_status need(struct sek_entry_stream *s, size_t n)
{
	while (s->len - s->at < n) {
		ssize_t got;

		if (s->at > 0 && sizeof s->buffer - s->at < n) {
			memmove(s->buffer, s->buffer + s->at, s->len - s->at);
			s->len -= s->at;
			s->at = 0;
		}
		got = read(s->fd, s->buffer + s->len, sizeof s->buffer - s->len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return sek_from_errno();
		if (got == 0)
			return sek_fail(s->len == s->at ? SEK_E_CLOSED : SEK_E_MALFORMED);
		s->len += (size_t)got;
	}
	return sek_ok();
}

static sek_status next(struct sek_entry_stream *s, struct sek_entry *ret)
{
	struct sek_entry e;
	struct sek_reader r;

	SEK_TRY(need(s, SEK_ENTRY_HEAD_BYTES));
	SEK_TRY(sek_entry_head_read(s->buffer + s->at, &e));
	SEK_TRY(need(s, SEK_ENTRY_HEAD_BYTES + e.n));
	sek_reader_init(&r, s->buffer + s->at, SEK_ENTRY_HEAD_BYTES + e.n);
	SEK_TRY(sek_entry_read(&r, ret));
	s->at += SEK_ENTRY_HEAD_BYTES + e.n;
	return sek_ok();
}

sek_status sek_entry_stream_next(struct sek_entry_stream *s, struct sek_entry *ret)
{
	SEK_TRY(s->failed);
	s->failed = next(s, ret);
	return s->failed;
}
