/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A listening TCP port of the inner zone, before anybody has said anything. Who comes from a load balancer that the configuration names must
 * begin with a PROXY header (proxy.h), which is read here and nothing behind it; of everybody else not one byte is read, so a header from there
 * is what it is to TLS: nonsense. Then the socket is handed on, with the address whose it really is. Runs on the loop's thread.
 */
#ifndef SEK_BROKER_HUB_DOOR_DOOR_H
#define SEK_BROKER_HUB_DOOR_DOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/status.h"

#define SEK_DOOR_PROXIES_MAX 16   /* addresses of load balancers */
#define SEK_DOOR_WAITING_MAX 256  /* connections whose header has not come */
#define SEK_DOOR_HEADER_MS 5000   /* and how long each may take */

/* Load balancers: numeric addresses. */
struct sek_door_proxies {
	const char *const *addresses;
	size_t n;                 /* at most SEK_DOOR_PROXIES_MAX; 0: there are none, and nobody's header is read */
};

/* Somebody is there. fd: connected, not blocking, the callee's from now on; address: whose it is, numeric; check: the balancer itself, which
 * looks whether we are well. Called on the loop. */
typedef void sek_door_fn(void *user, int fd, const char *address, bool check);

struct sek_door;

/* Listens on exactly that numeric address. proxies is copied, its texts must outlive the door. SEK_E_IO if the address cannot be listened on
 * (detail: errno). */
sek_status sek_door_open(uv_loop_t *loop, const char *address, uint16_t port, const struct sek_door_proxies *proxies, sek_door_fn *fn, void *user,
	struct sek_door **ret);
/* Listens no more and leaves those whose header has not come. It is gone when the loop has closed its handles; NULL is fine. */
void sek_door_close(struct sek_door *d);
/* Connections that were left because of what they began with, or because they began with nothing. */
uint64_t sek_door_refused(const struct sek_door *d);

#endif
