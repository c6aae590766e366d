/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From a name to a connection. The addresses that the resolver gave are checked one by one, and exactly the address that
 * was checked is connected to: a name that changes its mind (DNS rebinding) changes nothing.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "render-host/egress/egress.h"
#include "render-host/helpers.h"

static bool ends_with(const char *text, size_t n, const char *with)
{
	size_t w = strlen(with);

	return n >= w && memcmp(text + n - w, with, w) == 0;
}

bool sek_dial_name_is_internal(const char *host)
{
	size_t n = strlen(host);

	while (n && host[n - 1] == '.')
		n--; /* a name may end with the root's point */
	return ends_with(host, n, SEK_INTERNAL_SUFFIX) || ends_with(host, n, ".localhost") ||
		(n == 9 && memcmp(host, "localhost", 9) == 0);
}

/* Services that Chromium itself calls, whatever its policies say (seen: the component updater). No page that people visit
 * needs them, and what the browser consists of is for the operator to decide. */
static bool is_browser_service(const char *host)
{
	static const char *const hosts[] = {
		"update.googleapis.com", "clientservices.googleapis.com", "optimizationguide-pa.googleapis.com",
		"content-autofill.googleapis.com", "safebrowsing.googleapis.com", "redirector.gvt1.com",
		"edgedl.me.gvt1.com", NULL
	};

	for (const char *const *h = hosts; *h; h++)
		if (strcmp(host, *h) == 0)
			return true;
	return false;
}

/* The addresses of this machine are as internal as its loopback, whatever they look like. */
static bool is_own_address(const struct sockaddr *a)
{
	uv_interface_address_t *all;
	bool own = false;
	int n;

	if (uv_interface_addresses(&all, &n) < 0)
		return true; /* cannot tell: refuse */
	for (int i = 0; i < n && !own; i++) {
		if (a->sa_family == AF_INET && all[i].address.address4.sin_family == AF_INET)
			own = memcmp(&((const struct sockaddr_in *)a)->sin_addr, &all[i].address.address4.sin_addr, 4) == 0;
		else if (a->sa_family == AF_INET6 && all[i].address.address6.sin6_family == AF_INET6)
			own = memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr, &all[i].address.address6.sin6_addr, 16) == 0;
	}
	uv_free_interface_addresses(all, n);
	return own;
}

/* Listed by the operator: then even an own address is meant. */
static bool is_listed(const struct sek_egress_rules *rules, const struct sockaddr *a, uint16_t port)
{
	static const struct sek_egress_rules none;

	return sek_egress_check(rules, a, port) == SEK_EGRESS_ALLOWED && rules->rules > 0 &&
		sek_egress_check(&none, a, port) != SEK_EGRESS_ALLOWED;
}

/* NULL: allowed; else a word for the log. */
static const char *why_refused(const struct sek_connection *c, const struct sockaddr *a)
{
	enum sek_egress_verdict v = sek_egress_check(&c->e->rules, a, c->request.port);

	if (v != SEK_EGRESS_ALLOWED)
		return sek_egress_verdict_name(v);
	return !is_listed(&c->e->rules, a, c->request.port) && is_own_address(a) ? "own-address" : NULL;
}

static void refuse(struct sek_connection *c, const char *why)
{
	sek_log(SEK_LOG_WARN, "egress.refused", "to", sek_logf("%s:%u", c->request.host, c->request.port), "why", why, NULL);
	sek_egress_count(c->e, 'x');
	sek_connection_answer(c, SEK_PAGE_REFUSED, "refused");
}

static void on_connected(uv_connect_t *r, int status)
{
	struct sek_connection *c = r->data;

	if (c->stage != SEK_STAGE_DIAL || status == UV_ECANCELED)
		return;
	if (status == 0) {
		uv_tcp_nodelay(&c->origin, 1);
		sek_relay_connected(c);
		return;
	}
	sek_connection_close_origin(c);
}

static void connect_to(struct sek_connection *c, const struct sockaddr *a)
{
	if (uv_tcp_init(&c->e->loop, &c->origin) < 0) {
		sek_connection_close(c, "no-memory");
		return;
	}
	c->origin.data = c->connect.data = c;
	c->origin_open = true;
	c->handles++;
	c->tried++;
	sek_connection_limit(c, SEK_EGRESS_CONNECT_MS);
	if (uv_tcp_connect(&c->connect, &c->origin, a, on_connected) < 0)
		sek_connection_close_origin(c);
}

void sek_dial_next(struct sek_connection *c)
{
	const char *why = NULL;

	for (; c->next_address && c->tried < SEK_EGRESS_ADDRESSES_MAX; c->next_address = c->next_address->ai_next) {
		const struct sockaddr *a = c->next_address->ai_addr;

		/* an upstream proxy is the operator's own choice, and usually stands on a private address */
		why = c->e->upstream_port ? NULL : why_refused(c, a);
		if (why)
			continue;
		c->next_address = c->next_address->ai_next;
		connect_to(c, a);
		return;
	}
	if (why && c->tried == 0)
		refuse(c, why);
	else
		sek_connection_answer(c, SEK_PAGE_NO_ANSWER, "no-answer");
}

void sek_dial_too_slow(struct sek_connection *c)
{
	if (!c->origin_open)
		sek_connection_answer(c, SEK_PAGE_SLOW, "slow-name");
	else if (c->next_address && c->tried < SEK_EGRESS_ADDRESSES_MAX)
		sek_connection_close_origin(c); /* and then the next */
	else
		sek_connection_answer(c, SEK_PAGE_SLOW, "timeout");
}

static void on_resolved(uv_getaddrinfo_t *r, int status, struct addrinfo *addresses)
{
	struct sek_connection *c = r->data;

	c->resolving = false;
	c->addresses = addresses; /* freed with the connection */
	if (c->stage != SEK_STAGE_DIAL) {
		sek_connection_release(c);
		return;
	}
	if (status < 0 || !addresses) {
		sek_connection_answer(c, SEK_PAGE_NO_NAME, "no-name");
		return;
	}
	c->next_address = addresses;
	sek_dial_next(c);
}

static void resolve(struct sek_connection *c, const char *host, uint16_t port)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	char service[8];

	snprintf(service, sizeof service, "%u", port);
	c->resolve.data = c;
	sek_connection_limit(c, SEK_EGRESS_RESOLVE_MS);
	/* a name that cannot be written in a question to the resolver does not exist */
	if (uv_getaddrinfo(&c->e->loop, &c->resolve, on_resolved, host, service, &hints) < 0)
		sek_connection_answer(c, SEK_PAGE_NO_NAME, "no-name");
	else
		c->resolving = true;
}

/* With an upstream proxy names are its business, but what can be judged without a resolver is judged here. */
static const char *why_refused_unresolved(const struct sek_connection *c)
{
	static const struct sockaddr_in anywhere = { .sin_family = AF_INET, .sin_addr.s_addr = 0x01010101 };
	struct sockaddr_storage literal;
	enum sek_egress_verdict v;

	if (sek_egress_literal(c->request.host, &literal))
		return why_refused(c, (const struct sockaddr *)&literal);
	/* for a name only the port is left to judge: any public address stands for it */
	v = sek_egress_check(&c->e->rules, (const struct sockaddr *)&anywhere, c->request.port);
	return v == SEK_EGRESS_ALLOWED ? NULL : sek_egress_verdict_name(v);
}

void sek_dial(struct sek_connection *c)
{
	const struct sek_egress *e = c->e;
	const char *why;

	if (sek_dial_name_is_internal(c->request.host)) {
		refuse(c, "internal-name");
		return;
	}
	if (is_browser_service(c->request.host)) {
		sek_connection_answer(c, SEK_PAGE_REFUSED, "browser-service");
		return;
	}
	if (!e->upstream_port) {
		resolve(c, c->request.host, c->request.port);
		return;
	}
	why = why_refused_unresolved(c);
	if (why)
		refuse(c, why);
	else
		resolve(c, e->upstream_host, e->upstream_port);
}
