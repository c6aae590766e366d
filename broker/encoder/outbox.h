/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What has been encoded and not yet been taken by the broker. A frame is encoded only while this is empty, so it holds one
 * frame at most; a frame that is larger than SEK_OUTBOX_MAX_BYTES waits for the broker in the middle instead of growing.
 */
#ifndef SEK_BROKER_ENCODER_OUTBOX_H
#define SEK_BROKER_ENCODER_OUTBOX_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SEK_OUTBOX_MAX_BYTES (4u << 20)
#define SEK_OUTBOX_KEPT_BYTES (64u << 10) /* of memory, while it is empty */

struct sek_outbox {
	int fd;         /* stream socket, non-blocking; not owned */
	uint8_t *bytes; /* heap, or NULL */
	size_t size;    /* of bytes[] */
	size_t at, n;   /* bytes[at..n) wait */
};

void sek_outbox_init(struct sek_outbox *o, int fd);
void sek_outbox_finish(struct sek_outbox *o);
bool sek_outbox_empty(const struct sek_outbox *o);
/* Sends what the socket takes. SEK_OK also if something is left; SEK_E_CLOSED if the broker is gone. */
sek_status sek_outbox_flush(struct sek_outbox *o);
/* Sends n bytes or keeps what the socket does not take; waits for the socket only above SEK_OUTBOX_MAX_BYTES.
 * SEK_E_CLOSED, SEK_E_NOMEM. */
sek_status sek_outbox_put(struct sek_outbox *o, const void *bytes, size_t n);

#endif
