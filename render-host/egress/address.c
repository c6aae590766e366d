/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tables of addresses that are not the Internet (IANA special-purpose registries) and the operator's exceptions.
 */
#include "render-host/egress/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct net4 {
	uint8_t address[4];
	uint8_t bits;
	enum sek_egress_verdict verdict;
};

static const struct net4 refused4[] = {
	{ { 0, 0, 0, 0 }, 8, SEK_EGRESS_THIS_HOST },
	{ { 10, 0, 0, 0 }, 8, SEK_EGRESS_PRIVATE },
	{ { 100, 64, 0, 0 }, 10, SEK_EGRESS_SHARED },
	{ { 127, 0, 0, 0 }, 8, SEK_EGRESS_LOOPBACK },
	{ { 168, 63, 129, 16 }, 32, SEK_EGRESS_METADATA }, /* Azure's platform service: a public address that is not */
	{ { 169, 254, 0, 0 }, 16, SEK_EGRESS_LINK_LOCAL },
	{ { 172, 16, 0, 0 }, 12, SEK_EGRESS_PRIVATE },
	{ { 192, 0, 0, 0 }, 24, SEK_EGRESS_RESERVED },
	{ { 192, 0, 2, 0 }, 24, SEK_EGRESS_RESERVED },
	{ { 192, 88, 99, 0 }, 24, SEK_EGRESS_RESERVED },
	{ { 192, 168, 0, 0 }, 16, SEK_EGRESS_PRIVATE },
	{ { 198, 18, 0, 0 }, 15, SEK_EGRESS_RESERVED },
	{ { 198, 51, 100, 0 }, 24, SEK_EGRESS_RESERVED },
	{ { 203, 0, 113, 0 }, 24, SEK_EGRESS_RESERVED },
	{ { 224, 0, 0, 0 }, 4, SEK_EGRESS_MULTICAST },
	{ { 240, 0, 0, 0 }, 4, SEK_EGRESS_RESERVED },
};

struct net6 {
	uint8_t address[16];
	uint8_t bits;
	enum sek_egress_verdict verdict;
};

/* Looked through in order. What is not in the table must be in 2000::/3, the only global unicast space there is. */
static const struct net6 refused6[] = {
	{ { 0 }, 128, SEK_EGRESS_THIS_HOST },
	{ { [15] = 1 }, 128, SEK_EGRESS_LOOPBACK },
	{ { 0 }, 96, SEK_EGRESS_TRANSLATED },                       /* ::a.b.c.d, IPv4-compatible */
	{ { 0, 0x64, 0xff, 0x9b }, 96, SEK_EGRESS_TRANSLATED },     /* NAT64, RFC 6052 */
	{ { 0, 0x64, 0xff, 0x9b, 0, 1 }, 48, SEK_EGRESS_TRANSLATED }, /* local NAT64, RFC 8215 */
	{ { 0x20, 0x01, 0, 0 }, 32, SEK_EGRESS_TRANSLATED },        /* Teredo */
	{ { 0x20, 0x01, 0, 0 }, 23, SEK_EGRESS_RESERVED },          /* IETF protocol assignments */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, SEK_EGRESS_RESERVED },    /* documentation */
	{ { 0x20, 0x02 }, 16, SEK_EGRESS_TRANSLATED },              /* 6to4 */
	{ { 0x3f, 0xff }, 20, SEK_EGRESS_RESERVED },                /* documentation, RFC 9637 */
	{ { 0xfc }, 7, SEK_EGRESS_PRIVATE },
	{ { 0xfe, 0x80 }, 10, SEK_EGRESS_LINK_LOCAL },
	{ { 0xfe, 0xc0 }, 10, SEK_EGRESS_PRIVATE },
	{ { 0xff }, 8, SEK_EGRESS_MULTICAST },
};

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };      /* ::ffff:0:0/96 */
static const uint8_t nat64_prefix[12] = { 0, 0x64, 0xff, 0x9b };            /* 64:ff9b::/96 */

static bool in_net(const uint8_t *address, const uint8_t *net, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;
	unsigned mask = 0xff00U >> rest & 0xff;

	if (memcmp(address, net, whole) != 0)
		return false;
	return rest == 0 || (address[whole] & mask) == (net[whole] & mask);
}

static bool listed(const struct sek_egress_rules *rules, const uint8_t *address, bool ipv4, uint16_t port)
{
	for (size_t i = 0; i < rules->rules; i++) {
		const struct sek_egress_rule *r = &rules->rule[i];

		if (r->ipv4 == ipv4 && (r->port == 0 || r->port == port) && in_net(address, r->address, r->prefix_bits))
			return true;
	}
	return false;
}

static enum sek_egress_verdict check_port(uint16_t port)
{
	return port == 80 || port == 443 || port == 8080 || port == 8443 ? SEK_EGRESS_ALLOWED : SEK_EGRESS_BAD_PORT;
}

static enum sek_egress_verdict check4(const struct sek_egress_rules *rules, const uint8_t address[4], uint16_t port)
{
	if (listed(rules, address, true, port))
		return SEK_EGRESS_ALLOWED;
	for (size_t i = 0; i < sizeof refused4 / sizeof refused4[0]; i++)
		if (in_net(address, refused4[i].address, refused4[i].bits))
			return refused4[i].verdict;
	return check_port(port);
}

static enum sek_egress_verdict check6(const struct sek_egress_rules *rules, const uint8_t address[16], uint16_t port)
{
	if (memcmp(address, mapped_prefix, sizeof mapped_prefix) == 0)
		return check4(rules, address + 12, port);
	if (listed(rules, address, false, port)) {
		/* the network behind a NAT64 is IPv4: what is refused there does not become right by being wrapped */
		if (memcmp(address, nat64_prefix, sizeof nat64_prefix) == 0)
			return check4(rules, address + 12, port);
		return SEK_EGRESS_ALLOWED;
	}
	for (size_t i = 0; i < sizeof refused6 / sizeof refused6[0]; i++)
		if (in_net(address, refused6[i].address, refused6[i].bits))
			return refused6[i].verdict;
	if ((address[0] & 0xe0) != 0x20)
		return SEK_EGRESS_RESERVED;
	return check_port(port);
}

enum sek_egress_verdict sek_egress_check(const struct sek_egress_rules *rules, const struct sockaddr *address,
	uint16_t port)
{
	uint8_t bytes[16];

	if (port == 0)
		return SEK_EGRESS_BAD_PORT;
	if (address->sa_family == AF_INET) {
		memcpy(bytes, &((const struct sockaddr_in *)address)->sin_addr, 4);
		return check4(rules, bytes, port);
	}
	if (address->sa_family == AF_INET6) {
		memcpy(bytes, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
		return check6(rules, bytes, port);
	}
	return SEK_EGRESS_RESERVED;
}

const char *sek_egress_verdict_name(enum sek_egress_verdict v)
{
	static const char *const names[] = {
		[SEK_EGRESS_ALLOWED] = "allowed",       [SEK_EGRESS_BAD_PORT] = "port",
		[SEK_EGRESS_THIS_HOST] = "this-host",   [SEK_EGRESS_LOOPBACK] = "loopback",
		[SEK_EGRESS_PRIVATE] = "private",       [SEK_EGRESS_SHARED] = "shared",
		[SEK_EGRESS_LINK_LOCAL] = "link-local", [SEK_EGRESS_METADATA] = "metadata",
		[SEK_EGRESS_MULTICAST] = "multicast",   [SEK_EGRESS_RESERVED] = "reserved",
		[SEK_EGRESS_TRANSLATED] = "translated",
	};

	return (unsigned)v < sizeof names / sizeof names[0] ? names[v] : "unknown";
}

/* Digits only, the whole text, 0..most. */
static bool small_number(const char *text, unsigned long most, unsigned long *ret)
{
	char *end;

	if (*text < '0' || *text > '9' || strlen(text) > 5)
		return false;
	*ret = strtoul(text, &end, 10);
	return *end == 0 && *ret <= most;
}

static bool no_bits_after(const struct sek_egress_rule *r)
{
	unsigned bits = r->ipv4 ? 32 : 128;

	for (unsigned i = r->prefix_bits; i < bits; i++)
		if (r->address[i / 8] & (0x80U >> (i % 8)))
			return false;
	return true;
}

/* Splits text (changed) into address, prefix and port, each possibly NULL. */
static bool split(char *text, char **ret_address, char **ret_prefix, char **ret_port)
{
	char *colon;

	*ret_port = NULL;
	if (*text == '[') {
		char *close = strchr(text, ']');

		if (!close || (close[1] && close[1] != ':'))
			return false;
		*close = 0;
		if (close[1])
			*ret_port = close + 2;
		text++;
	} else if ((colon = strchr(text, ':')) != NULL && !strchr(colon + 1, ':')) {
		*colon = 0; /* one colon: IPv4 and a port; more of them: IPv6 */
		*ret_port = colon + 1;
	}
	*ret_address = text;
	*ret_prefix = strchr(text, '/');
	if (*ret_prefix)
		*(*ret_prefix)++ = 0;
	return true;
}

sek_status sek_egress_rule_add(struct sek_egress_rules *rules, const char *text)
{
	struct sek_egress_rule r = { .port = 0 };
	char copy[80], *address, *prefix, *port;
	unsigned long v;

	if (rules->rules == SEK_EGRESS_RULES_MAX)
		return sek_fail(SEK_E_LIMIT);
	if (strlen(text) >= sizeof copy)
		return sek_fail(SEK_E_CONFIG);
	strcpy(copy, text);
	if (!split(copy, &address, &prefix, &port))
		return sek_fail(SEK_E_CONFIG);
	r.ipv4 = inet_pton(AF_INET, address, r.address) == 1;
	if (!r.ipv4 && inet_pton(AF_INET6, address, r.address) != 1)
		return sek_fail(SEK_E_CONFIG);
	v = r.ipv4 ? 32 : 128;
	if (prefix && !small_number(prefix, v, &v))
		return sek_fail(SEK_E_CONFIG);
	r.prefix_bits = (uint8_t)v;
	v = 0;
	if (port && (!small_number(port, 65535, &v) || v == 0))
		return sek_fail(SEK_E_CONFIG);
	r.port = (uint16_t)v;
	if (!no_bits_after(&r))
		return sek_fail(SEK_E_CONFIG);
	rules->rule[rules->rules++] = r;
	return sek_ok();
}

bool sek_egress_literal(const char *host, struct sockaddr_storage *ret)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	memset(ret, 0, sizeof *ret);
	if (inet_aton(host, &v4.sin_addr) == 1) {
		memcpy(ret, &v4, sizeof v4);
		return true;
	}
	if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
		memcpy(ret, &v6, sizeof v6);
		return true;
	}
	return false;
}
