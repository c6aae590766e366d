/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What administrators said of render hosts at run time: hosts that the configuration does not name, and those that are drained or
 * removed. Outlives restarts; the rules of store.h hold.
 */
#ifndef SEK_BROKER_HUB_STORE_HOSTS_H
#define SEK_BROKER_HUB_STORE_HOSTS_H

#include "broker/hub/store/store.h"

enum sek_store_host_state { SEK_HOST_USE, SEK_HOST_DRAIN, SEK_HOST_GONE };

struct sek_store_host {
	char name[64], address[64]; /* address "": the host of that name in the configuration */
	uint16_t port;
	char pool[33];
	enum sek_store_host_state state;
};

/* Puts a host there, or anew. SEK_E_LIMIT. */
sek_status sek_store_host_put(struct sek_store *s, const struct sek_store_host *h);
/* Changes only the state; a host that is GONE has no address any more. */
sek_status sek_store_host_set(struct sek_store *s, const char *name, enum sek_store_host_state state);
/* In the order of names. */
sek_status sek_store_hosts(struct sek_store *s, void (*fn)(void *ctx, const struct sek_store_host *h), void *ctx);

#endif
