/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The TCP connection to a render host: made by the broker from its outer address, handed to the decoder. The broker never
 * reads from it.
 */
#ifndef SEK_BROKER_HUB_SESSION_CONNECT_H
#define SEK_BROKER_HUB_SESSION_CONNECT_H

#include <stdint.h>

#include <uv.h>

#include "base/status.h"

#define SEK_CONNECT_TIMEOUT_MS 5000

struct sek_connect;

/* SEK_OK: fd is connected, non-blocking, close-on-exec and the callee's. Otherwise fd is -1: SEK_E_TIMEOUT, SEK_E_IO. */
typedef void sek_connect_fn(void *user, sek_status s, int fd);

/* source, address: numeric, of one family. `gone` is called once when the object has been freed. fn is never called from
 * inside. */
sek_status sek_connect_start(uv_loop_t *loop, const char *source, const char *address, uint16_t port, sek_connect_fn *fn,
	void (*gone)(void *all), void *all, void *user, struct sek_connect **ret);
/* fn will not be called. NULL is fine. */
void sek_connect_cancel(struct sek_connect *c);

#endif
