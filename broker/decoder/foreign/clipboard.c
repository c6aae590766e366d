/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs in the jail, whose limit of descriptors leaves room for this one pipe only.
 */
#include "broker/decoder/foreign/clipboard.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "broker/gap/children.h"
#include "protocol/text/text.h"
#include "protocol/wire/messages.h"

sek_status sek_foreign_clipboard_init(struct sek_foreign_clipboard *c, int control_fd)
{
	*c = (struct sek_foreign_clipboard){ .control_fd = control_fd, .pipe_fd = -1, .text = malloc(SEK_CLIPBOARD_MAX_BYTES) };
	return c->text ? sek_ok() : sek_fail(SEK_E_NOMEM);
}

bool sek_foreign_clipboard_open(const struct sek_foreign_clipboard *c)
{
	return c->pipe_fd >= 0;
}

static void gone(struct sek_foreign_clipboard *c)
{
	if (c->pipe_fd >= 0)
		close(c->pipe_fd);
	c->pipe_fd = -1;
	c->n = c->sent = 0;
}

static void push(struct sek_foreign_clipboard *c)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_CLIPBOARD_MAX_BYTES];

	while (c->sent < c->n) {
		size_t k = sek_clipboard_piece_bytes(c->text + c->sent, c->n - c->sent);
		uint8_t flags = (uint8_t)((c->sent == 0 ? SEK_CLIPBOARD_FIRST : 0) | (c->sent + k == c->n ? SEK_CLIPBOARD_LAST : 0));
		struct sek_writer w;

		sek_writer_init(&w, frame, sizeof frame);
		sek_clipboard_piece_write(&w, &(struct sek_clipboard_piece){ flags, c->text + c->sent, k });
		SEK_ASSERT(sek_is_ok(sek_writer_status(&w)));
		/* less than PIPE_BUF: written whole or not at all (pipe(7)) */
		if (write(c->pipe_fd, frame, w.len) < 0) {
			if (errno != EAGAIN)
				gone(c);
			return;
		}
		c->sent += k;
	}
	c->n = c->sent = 0;
}

void sek_foreign_clipboard_send(struct sek_foreign_clipboard *c, const uint8_t *utf8, size_t n)
{
	struct sek_text_cleaned cleaned;

	if (c->pipe_fd < 0 || c->n > 0 || n == 0 || n > SEK_CLIPBOARD_MAX_BYTES)
		return;
	memcpy(c->text, utf8, n);
	if (!sek_is_ok(sek_text_clean(c->text, n, SEK_CLIPBOARD_MAX_CHARS, &cleaned)) || cleaned.bytes == 0)
		return;
	c->n = cleaned.bytes;
	push(c);
}

static void read_control(struct sek_foreign_clipboard *c)
{
	_Alignas(struct cmsghdr) uint8_t ancillary[CMSG_SPACE(sizeof(int))];
	char byte = 0;
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = ancillary, .msg_controllen = sizeof ancillary };
	struct cmsghdr *h;

	/* first, or its number would not be free for the new one */
	gone(c);
	if (recvmsg(c->control_fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1 || byte != SEK_DECODER_CLIPBOARD) {
		close(c->control_fd); /* the broker's end is closed: so is its input pipe, and that ends us */
		c->control_fd = -1;
		return;
	}
	h = CMSG_FIRSTHDR(&m);
	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS && h->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&c->pipe_fd, CMSG_DATA(h), sizeof c->pipe_fd);
}

short sek_foreign_clipboard_wants(const struct sek_foreign_clipboard *c)
{
	return c->n > 0 ? POLLOUT : 0; /* that the broker has closed its end is told unasked */
}

void sek_foreign_clipboard_turn(struct sek_foreign_clipboard *c, short control, short pipe)
{
	if (pipe & (POLLERR | POLLHUP | POLLNVAL))
		gone(c); /* the policy closed it */
	else if (pipe & POLLOUT)
		push(c);
	if (control)
		read_control(c);
}
