/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where a session may connect to. No I/O: pure functions of addresses, so that every class can be tested.
 */
#ifndef SEK_RENDER_HOST_EGRESS_ADDRESS_H
#define SEK_RENDER_HOST_EGRESS_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/status.h"

enum { SEK_EGRESS_RULES_MAX = 64 };

/* One exception of the operator: a network, and the port that it is good for. */
struct sek_egress_rule {
	uint8_t address[16]; /* network byte order; IPv4 in the first four bytes */
	bool ipv4;
	uint8_t prefix_bits;
	uint16_t port;       /* 0: every port */
};

struct sek_egress_rules {
	struct sek_egress_rule rule[SEK_EGRESS_RULES_MAX];
	size_t rules;
};

/* Adds "10.1.0.0/16", "10.1.2.3:8080", "10.1.0.0/16:8080", "fd00::/8", "[fd00::/8]:443". SEK_E_CONFIG: not understood,
 * or bits are set outside the prefix (a slip of the pen should not open more than was meant). SEK_E_LIMIT: too many. */
sek_status sek_egress_rule_add(struct sek_egress_rules *rules, const char *text);

enum sek_egress_verdict {
	SEK_EGRESS_ALLOWED = 0,
	SEK_EGRESS_BAD_PORT,       /* not 80, 443, 8080, 8443 */
	SEK_EGRESS_THIS_HOST,      /* 0.0.0.0/8, :: */
	SEK_EGRESS_LOOPBACK,
	SEK_EGRESS_PRIVATE,        /* RFC 1918, ULA, deprecated site-local */
	SEK_EGRESS_SHARED,         /* RFC 6598, carrier-grade NAT */
	SEK_EGRESS_LINK_LOCAL,     /* and with it the clouds' metadata service */
	SEK_EGRESS_METADATA,       /* metadata services outside link-local */
	SEK_EGRESS_MULTICAST,
	SEK_EGRESS_RESERVED,       /* documentation, benchmarking, 240/4, everything in IPv6 that is not global unicast */
	SEK_EGRESS_TRANSLATED,     /* an IPv4 address inside an IPv6 one: NAT64, 6to4, Teredo, IPv4-compatible */
};

/* May a session connect to this address (AF_INET or AF_INET6, its port field is ignored) and port? An IPv4-mapped IPv6
 * address is judged as the IPv4 address that it is. A NAT64 address that the rules allow must hold an IPv4 address that
 * would be allowed too. */
enum sek_egress_verdict sek_egress_check(const struct sek_egress_rules *rules, const struct sockaddr *address,
	uint16_t port);

/* One word for the log, e.g. "private". */
const char *sek_egress_verdict_name(enum sek_egress_verdict v);

/* True if host is an address and not a name: IPv6 without brackets, or IPv4 in any of the forms that inet_aton(3) takes
 * ("127.1", "0x7f000001"), which a resolver would take for an address too. */
bool sek_egress_literal(const char *host, struct sockaddr_storage *ret);

#endif
