/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The bounded queue to the broker.
 */
#include "broker/encoder/outbox.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

void sek_outbox_init(struct sek_outbox *o, int fd)
{
	*o = (struct sek_outbox){ .fd = fd };
}

void sek_outbox_finish(struct sek_outbox *o)
{
	free(o->bytes);
	o->bytes = NULL;
	o->size = o->at = o->n = 0;
}

bool sek_outbox_empty(const struct sek_outbox *o)
{
	return o->at == o->n;
}

/* Writes what the socket takes of n bytes. */
static sek_status send_some(int fd, const uint8_t *bytes, size_t n, size_t *ret_sent)
{
	size_t sent = 0;

	while (sent < n) {
		ssize_t w = write(fd, bytes + sent, n - sent);

		if (w >= 0)
			sent += (size_t)w;
		else if (errno == EAGAIN)
			break;
		else if (errno != EINTR)
			return errno == EPIPE || errno == ECONNRESET ? sek_fail(SEK_E_CLOSED) : sek_from_errno();
	}
	*ret_sent = sent;
	return sek_ok();
}

sek_status sek_outbox_flush(struct sek_outbox *o)
{
	size_t sent;

	if (sek_outbox_empty(o))
		return sek_ok();
	SEK_TRY(send_some(o->fd, o->bytes + o->at, o->n - o->at, &sent));
	o->at += sent;
	if (!sek_outbox_empty(o))
		return sek_ok();
	o->at = o->n = 0;
	if (o->size > SEK_OUTBOX_KEPT_BYTES)
		sek_outbox_finish(o);
	return sek_ok();
}

/* Makes room for n bytes more, up to the limit. SEK_E_LIMIT: there is none now. */
static sek_status make_room(struct sek_outbox *o, size_t n)
{
	size_t held = o->n - o->at, size = o->size ? o->size : SEK_OUTBOX_KEPT_BYTES;
	uint8_t *bytes;

	if (n <= o->size - o->n)
		return sek_ok();
	if (held + n > SEK_OUTBOX_MAX_BYTES)
		return sek_fail(SEK_E_LIMIT);
	if (held > 0)
		memmove(o->bytes, o->bytes + o->at, held);
	o->at = 0;
	o->n = held;
	while (size < held + n)
		size *= 2;
	if (size == o->size)
		return sek_ok();
	bytes = realloc(o->bytes, size);
	if (!bytes)
		return sek_fail(SEK_E_NOMEM);
	o->bytes = bytes;
	o->size = size;
	return sek_ok();
}

/* The broker reads again when its client does; until then there is nothing better to do than to wait, in constant memory.
 * Its end shows as POLLHUP or as a failing write. */
static sek_status wait_for_broker(struct sek_outbox *o)
{
	struct pollfd p = { .fd = o->fd, .events = POLLOUT };

	if (ppoll(&p, 1, NULL, NULL) < 0 && errno != EINTR)
		return sek_from_errno();
	return sek_outbox_flush(o);
}

sek_status sek_outbox_put(struct sek_outbox *o, const void *bytes, size_t n)
{
	const uint8_t *from = bytes;
	size_t sent = 0;
	sek_status s;

	SEK_ASSERT(n <= SEK_OUTBOX_MAX_BYTES);
	if (sek_outbox_empty(o))
		SEK_TRY(send_some(o->fd, from, n, &sent));
	while (sent < n && sek_is((s = make_room(o, n - sent)), SEK_E_LIMIT))
		SEK_TRY(wait_for_broker(o));
	if (sent == n)
		return sek_ok();
	SEK_TRY(s);
	memcpy(o->bytes + o->n, from + sent, n - sent);
	o->n += n - sent;
	return sek_ok();
}
