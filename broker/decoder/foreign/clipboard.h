/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The decoder's end of the clipboard's pipe, which is there only while the policy lets copied text come in: takes it off the control
 * socket, and sends whole texts through it in frames. For decoders of foreign hosts.
 */
#ifndef SEK_BROKER_DECODER_FOREIGN_CLIPBOARD_H
#define SEK_BROKER_DECODER_FOREIGN_CLIPBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct sek_foreign_clipboard {
	int control_fd;         /* -1 once the broker has closed it */
	int pipe_fd;            /* -1: nothing may come in */
	uint8_t *text;          /* on its way; SEK_CLIPBOARD_MAX_BYTES, from the start */
	size_t n, sent;         /* n 0: none */
};

/* Before the jail. SEK_E_NOMEM. */
sek_status sek_foreign_clipboard_init(struct sek_foreign_clipboard *c, int control_fd);
/* True while copied text may come in: else do not even ask the host for it. */
bool sek_foreign_clipboard_open(const struct sek_foreign_clipboard *c);
/* A text of the host (hostile, any bytes): cleaned as protocol/text says and sent; dropped if it is no UTF-8, too long, or if
 * nothing may come in, or while another is on its way. */
void sek_foreign_clipboard_send(struct sek_foreign_clipboard *c, const uint8_t *utf8, size_t n);
/* The events to wait for on pipe_fd, and what has happened (poll(2)). */
short sek_foreign_clipboard_wants(const struct sek_foreign_clipboard *c);
void sek_foreign_clipboard_turn(struct sek_foreign_clipboard *c, short control, short pipe);

#endif
