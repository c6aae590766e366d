/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Accepting, and reading of load balancers' headers. Must never read a byte of somebody who is no load balancer, nor one behind a header.
 */
#include "broker/hub/door/door.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/door/proxy.h"

enum { BACKLOG = 511, AT_ONCE = 32, REST_MS = 100 };

union place {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* A connection of a load balancer whose header is on its way. */
struct arriving {
	struct sek_door *door;
	struct arriving *prev, *next;
	int fd;
	uv_poll_t poll;
	uv_timer_t timer;
	unsigned handles;
	char balancer[SEK_PROXY_ADDRESS_BYTES];
	struct sek_proxy header;
	uint8_t bytes[SEK_PROXY_FIXED_BYTES + SEK_PROXY_REST_MAX];
	size_t n;
};

struct sek_door {
	uv_loop_t *loop;
	int fd;
	uv_poll_t poll;
	uv_timer_t rest;             /* while descriptors have run out */
	unsigned handles;
	bool closing;
	union place proxies[SEK_DOOR_PROXIES_MAX];
	size_t n_proxies;
	struct arriving *first;
	size_t n_arriving;
	uint64_t refused;
	sek_door_fn *fn;
	void *user;
};

static bool parse(const char *address, uint16_t port, union place *ret)
{
	memset(ret, 0, sizeof *ret);
	if (inet_pton(AF_INET, address, &ret->v4.sin_addr) == 1) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons(port);
		return true;
	}
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons(port);
	return inet_pton(AF_INET6, address, &ret->v6.sin6_addr) == 1;
}

static bool same_machine(const union place *a, const union place *b)
{
	if (a->any.sa_family != b->any.sa_family)
		return false;
	return a->any.sa_family == AF_INET ? a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr :
		memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof a->v6.sin6_addr) == 0;
}

static bool is_proxy(const struct sek_door *d, const union place *from)
{
	for (size_t i = 0; i < d->n_proxies; i++)
		if (same_machine(&d->proxies[i], from))
			return true;
	return false;
}

/* --- a load balancer's connection --- */

static void arriving_closed(uv_handle_t *h)
{
	struct arriving *a = h->data;

	if (--a->handles == 0)
		free(a);
}

/* Its descriptor stays open: it is to be closed, or handed on. */
static void forget(struct arriving *a)
{
	struct sek_door *d = a->door;

	if (a->prev)
		a->prev->next = a->next;
	else
		d->first = a->next;
	if (a->next)
		a->next->prev = a->prev;
	d->n_arriving--;
	uv_poll_stop(&a->poll); /* from here on another handle may poll the descriptor */
	uv_close((uv_handle_t *)&a->poll, arriving_closed);
	uv_close((uv_handle_t *)&a->timer, arriving_closed);
}

static void refuse(struct arriving *a, const char *why)
{
	static struct sek_log_gate gate;
	unsigned dropped;

	a->door->refused++;
	if (sek_log_gate(&gate, &dropped))
		sek_log(SEK_LOG_WARN, "proxy.refused", "why", why, "address", a->balancer, "more", sek_logf("%u", dropped), NULL);
	forget(a);
	close(a->fd);
}

static void on_late(uv_timer_t *t)
{
	refuse(t->data, "no header came");
}

/* How many bytes of the header are still to come. */
static size_t missing(const struct arriving *a)
{
	return (a->n < SEK_PROXY_FIXED_BYTES ? SEK_PROXY_FIXED_BYTES : (size_t)SEK_PROXY_FIXED_BYTES + a->header.rest) - a->n;
}

static bool take(struct arriving *a, size_t got)
{
	size_t before = a->n;

	a->n += got;
	if (before >= SEK_PROXY_FIXED_BYTES)
		return true;
	return sek_proxy_may_begin(a->bytes, a->n) &&
		(a->n < SEK_PROXY_FIXED_BYTES || sek_is_ok(sek_proxy_read_fixed(a->bytes, &a->header)));
}

static void on_header(uv_poll_t *poll, int status, int events)
{
	struct arriving *a = poll->data;
	struct sek_door *d = a->door;
	ssize_t got;

	(void)events;
	while (status >= 0 && missing(a) > 0) {
		got = recv(a->fd, a->bytes + a->n, missing(a), 0);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0) {
			refuse(a, "closed before its header was whole");
			return;
		}
		if (!take(a, (size_t)got)) {
			refuse(a, "not a PROXY header of version 2");
			return;
		}
	}
	if (status < 0 || !sek_is_ok(sek_proxy_read_rest(a->bytes + SEK_PROXY_FIXED_BYTES, &a->header))) {
		refuse(a, "a PROXY header that breaks its grammar");
		return;
	}
	forget(a);
	d->fn(d->user, a->fd, a->header.local ? a->balancer : a->header.address, a->header.local);
}

static void expect_header(struct sek_door *d, int fd, const char *balancer)
{
	struct arriving *a = d->n_arriving < SEK_DOOR_WAITING_MAX ? calloc(1, sizeof *a) : NULL;

	if (!a || uv_poll_init(d->loop, &a->poll, fd) < 0) {
		d->refused++;
		close(fd);
		free(a);
		return;
	}
	uv_timer_init(d->loop, &a->timer);
	a->door = d;
	a->fd = fd;
	a->handles = 2;
	a->poll.data = a->timer.data = a;
	memcpy(a->balancer, balancer, strnlen(balancer, sizeof a->balancer - 1));
	a->next = d->first;
	if (a->next)
		a->next->prev = a;
	d->first = a;
	d->n_arriving++;
	uv_timer_start(&a->timer, on_late, SEK_DOOR_HEADER_MS, 0);
	uv_poll_start(&a->poll, UV_READABLE, on_header);
}

/* --- the port --- */

static void on_port(uv_poll_t *poll, int status, int events);

static void on_rested(uv_timer_t *t)
{
	struct sek_door *d = t->data;

	uv_poll_start(&d->poll, UV_READABLE, on_port);
}

static void welcome(struct sek_door *d, int fd, const union place *from)
{
	char address[SEK_PROXY_ADDRESS_BYTES] = "";
	const void *where = from->any.sa_family == AF_INET ? (const void *)&from->v4.sin_addr : (const void *)&from->v6.sin6_addr;

	if (!inet_ntop(from->any.sa_family, where, address, sizeof address))
		close(fd);
	else if (is_proxy(d, from))
		expect_header(d, fd, address);
	else
		d->fn(d->user, fd, address, false);
}

static void on_port(uv_poll_t *poll, int status, int events)
{
	struct sek_door *d = poll->data;
	union place from;
	socklen_t n;
	int fd;

	(void)events;
	for (int i = 0; status >= 0 && i < AT_ONCE && !d->closing; i++) {
		n = sizeof from;
		memset(&from, 0, sizeof from);
		fd = accept4(d->fd, &from.any, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			welcome(d, fd, &from);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			/* who waits stays readable: without a rest the loop would spin */
			uv_poll_stop(&d->poll);
			uv_timer_start(&d->rest, on_rested, REST_MS, 0);
		}
		return;
	}
}

static sek_status listen_at(const union place *at, int *ret)
{
	const int on = 1;
	int fd = socket(at->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	sek_status s = sek_ok();

	if (fd < 0)
		return sek_from_errno();
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
			(at->any.sa_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) ||
			bind(fd, &at->any, at->any.sa_family == AF_INET ? sizeof at->v4 : sizeof at->v6) != 0 || listen(fd, BACKLOG) != 0) {
		s = sek_from_errno();
		close(fd);
		return s;
	}
	*ret = fd;
	return s;
}

static void door_closed(uv_handle_t *h)
{
	struct sek_door *d = h->data;

	if (--d->handles == 0)
		free(d);
}

sek_status sek_door_open(uv_loop_t *loop, const char *address, uint16_t port, const struct sek_door_proxies *proxies, sek_door_fn *fn, void *user,
	struct sek_door **ret)
{
	struct sek_door *d = calloc(1, sizeof *d);
	union place at;
	sek_status s = sek_fail(SEK_E_CONFIG);

	if (!d)
		return sek_fail(SEK_E_NOMEM);
	SEK_ASSERT(proxies->n <= SEK_DOOR_PROXIES_MAX);
	for (; d->n_proxies < proxies->n; d->n_proxies++)
		if (!parse(proxies->addresses[d->n_proxies], 0, &d->proxies[d->n_proxies]))
			goto out;
	if (!parse(address, port, &at))
		goto out;
	s = listen_at(&at, &d->fd);
	if (!sek_is_ok(s))
		goto out;
	if (uv_poll_init(loop, &d->poll, d->fd) < 0) {
		close(d->fd);
		s = sek_fail(SEK_E_IO);
		goto out;
	}
	uv_timer_init(loop, &d->rest);
	d->loop = loop;
	d->handles = 2;
	d->poll.data = d->rest.data = d;
	d->fn = fn;
	d->user = user;
	uv_poll_start(&d->poll, UV_READABLE, on_port);
	*ret = d;
	return sek_ok();
out:
	free(d);
	return s;
}

void sek_door_close(struct sek_door *d)
{
	if (!d || d->closing)
		return;
	d->closing = true;
	while (d->first) {
		int fd = d->first->fd;

		forget(d->first);
		close(fd);
	}
	uv_poll_stop(&d->poll);
	uv_close((uv_handle_t *)&d->poll, door_closed);
	uv_close((uv_handle_t *)&d->rest, door_closed);
	close(d->fd);
}

uint64_t sek_door_refused(const struct sek_door *d)
{
	return d ? d->refused : 0;
}
