/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The PROXY protocol's header, version 2 (HAProxy, proxy-protocol.txt, section 2.2): what a load balancer says before a client's first byte,
 * so that we know whose it is. Hostile bytes. Pure: no socket, no heap. Version 1, which is text of any length, is refused.
 */
#ifndef SEK_BROKER_HUB_DOOR_PROXY_H
#define SEK_BROKER_HUB_DOOR_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SEK_PROXY_FIXED_BYTES 16    /* signature, version and command, family, length */
#define SEK_PROXY_REST_MAX 1024     /* addresses and TLVs behind it; HAProxy writes less than 536 */
#define SEK_PROXY_ADDRESS_BYTES 46  /* of any numeric address, with its end */

struct sek_proxy {
	bool local;              /* the balancer speaks for itself, as its health checks do: there is no client */
	bool v6;                 /* family of the addresses behind */
	uint16_t rest;           /* bytes behind the fixed part, at most SEK_PROXY_REST_MAX */
	char address[SEK_PROXY_ADDRESS_BYTES]; /* the client's, numeric; "" = local, or not read yet */
	uint16_t port;           /* the client's */
};

/* Whether n bytes, 1 to 16, can be the beginning of such a header: what cannot is refused before more of it has come. */
bool sek_proxy_may_begin(const uint8_t *bytes, size_t n);
/* Reads the fixed part, SEK_PROXY_FIXED_BYTES. SEK_E_MALFORMED: another version, command or family than LOCAL, or PROXY of TCP over IPv4
 * or IPv6; too short for its addresses. SEK_E_LIMIT: longer than SEK_PROXY_REST_MAX. ret is then untouched. */
sek_status sek_proxy_read_fixed(const uint8_t *bytes, struct sek_proxy *ret);
/* Reads what stands behind it, p->rest bytes: the client's address, and TLVs, which are stepped over. Of LOCAL nothing is looked at, as the
 * specification says. SEK_E_MALFORMED: a TLV that reaches past the end, an address that no client can have (unspecified, multicast).
 * An IPv4 address that is written as an IPv6 one is taken as IPv4, so that nobody has two. */
sek_status sek_proxy_read_rest(const uint8_t *bytes, struct sek_proxy *p);

#endif
