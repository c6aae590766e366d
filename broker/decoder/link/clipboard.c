/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The decoder's end of the clipboard's pipe. Runs in the jail, whose limit of descriptors leaves room for this one only.
 */
#include "broker/decoder/link/clipboard.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void sek_decoder_clipboard_gone(struct sek_decoder *d)
{
	if (d->clipboard_fd >= 0)
		close(d->clipboard_fd);
	d->clipboard_fd = -1;
	d->clipboard_full = false;
}

static void read_control(struct sek_decoder *d)
{
	_Alignas(struct cmsghdr) uint8_t ancillary[CMSG_SPACE(sizeof(int))];
	char byte = 0;
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = ancillary, .msg_controllen = sizeof ancillary };
	struct cmsghdr *h;

	/* first, or its number would not be free for the new one */
	sek_decoder_clipboard_gone(d);
	if (recvmsg(d->control_fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1 || byte != SEK_DECODER_CLIPBOARD) {
		close(d->control_fd); /* the broker's end is closed: so is its input pipe, and that ends us */
		d->control_fd = -1;
		return;
	}
	h = CMSG_FIRSTHDR(&m);
	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS && h->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&d->clipboard_fd, CMSG_DATA(h), sizeof d->clipboard_fd);
}

bool sek_decoder_clipboard_turn(struct sek_decoder *d, short control, short clipboard)
{
	bool waited = d->clipboard_full;

	if (clipboard & (POLLERR | POLLHUP | POLLNVAL))
		sek_decoder_clipboard_gone(d); /* the policy closed it */
	else if (clipboard & POLLOUT)
		d->clipboard_full = false;
	if (control)
		read_control(d);
	return waited && !d->clipboard_full;
}
