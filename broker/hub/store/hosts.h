/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What administrators said of render hosts at run time: hosts that the configuration does not name, and those that are drained or
 * removed. Outlives restarts; the rules of store.h hold.
 */
#ifndef SEK_BROKER_HUB_STORE_HOSTS_H
#define SEK_BROKER_HUB_STORE_HOSTS_H

#include "broker/hub/store/store.h"

enum sek_store_host_state { SEK_HOST_USE, SEK_HOST_DRAIN, SEK_HOST_GONE };

#define SEK_STORE_TRUST_BYTES 8193 /* with its end */

struct sek_store_host {
	char name[64], address[64]; /* address "": the host of that name in the configuration */
	uint16_t port;
	char pool[33];
	enum sek_store_host_state state;
	char kind[9];            /* "sekisho" */
	bool insecure;
	char trust[SEK_STORE_TRUST_BYTES]; /* PEM, "" = none */
	uint16_t places;         /* 0 = nothing was said */
	int64_t force_s;         /* DRAIN: when its sessions end, UTC; 0 = never */
};

#define SEK_STORE_SECRET_BYTES 512 /* most bytes of a sealed secret */

/* Puts a host there, or anew. SEK_E_LIMIT. */
sek_status sek_store_host_put(struct sek_store *s, const struct sek_store_host *h);
/* Changes only the state, and when sessions end (0 = never); a host that is GONE has no address any more. */
sek_status sek_store_host_set(struct sek_store *s, const char *name, enum sek_store_host_state state, int64_t force_s);
/* With what a host is logged in to, for one user or ("") for all that have none of their own. The secret is sealed by the caller before it comes
 * here; n 0: takes it away. A host that is GONE has none any more. SEK_E_LIMIT. */
sek_status sek_store_host_secret_put(struct sek_store *s, const char *host, const char *user, const uint8_t *sealed, size_t n);
/* That user's, else the one for all; *ret_own: it is the user's. SEK_E_NOT_FOUND. */
sek_status sek_store_host_secret_get(struct sek_store *s, const char *host, const char *user, uint8_t ret[SEK_STORE_SECRET_BYTES],
	size_t *ret_n, bool *ret_own);
/* In the order of names. */
sek_status sek_store_hosts(struct sek_store *s, void (*fn)(void *ctx, const struct sek_store_host *h), void *ctx);

#endif
