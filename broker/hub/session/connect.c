/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An asynchronous connect with a bound source address and a time limit.
 */
#include "broker/hub/session/connect.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

struct sek_connect {
	uv_poll_t poll;
	uv_timer_t timer;
	int fd;
	int open_handles;
	bool closing;
	sek_connect_fn *fn; /* NULL: cancelled */
	void *user;
	void (*gone)(void *all);
	void *all;
};

static void handle_closed(uv_handle_t *handle)
{
	struct sek_connect *c = handle->data;
	void (*gone)(void *all) = c->gone;
	void *all = c->all;

	if (--c->open_handles)
		return;
	if (c->fd >= 0)
		close(c->fd);
	free(c);
	gone(all);
}

static void finish(struct sek_connect *c)
{
	if (c->closing)
		return;
	c->closing = true;
	uv_close((uv_handle_t *)&c->poll, handle_closed);
	uv_close((uv_handle_t *)&c->timer, handle_closed);
}

static void report(struct sek_connect *c, sek_status s)
{
	sek_connect_fn *fn = c->fn;
	int fd = -1;

	c->fn = NULL;
	uv_poll_stop(&c->poll);
	if (sek_is_ok(s)) {
		fd = c->fd;
		c->fd = -1;
	}
	finish(c);
	if (fn)
		fn(c->user, s, fd);
	else if (fd >= 0)
		close(fd);
}

static void on_writable(uv_poll_t *poll, int status, int events)
{
	struct sek_connect *c = poll->data;
	int e = 0;
	socklen_t size = sizeof e;

	(void)events;
	if (c->closing)
		return;
	/* libuv calls every POLLERR "bad file descriptor"; what really happened stands in SO_ERROR */
	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &e, &size) < 0)
		report(c, sek_from_errno());
	else if (e)
		report(c, sek_foreign(SEK_E_IO, SEK_FROM_ERRNO, e));
	else
		report(c, sek_from_uv(status));
}

static void on_timeout(uv_timer_t *timer)
{
	report(timer->data, sek_fail(SEK_E_TIMEOUT));
}

static sek_status parse(const char *address, uint16_t port, struct sockaddr_storage *ret, socklen_t *ret_size)
{
	*ret = (struct sockaddr_storage){ 0 };
	if (uv_ip4_addr(address, port, (struct sockaddr_in *)ret) == 0) {
		*ret_size = sizeof(struct sockaddr_in);
		return sek_ok();
	}
	*ret_size = sizeof(struct sockaddr_in6);
	return sek_from_uv(uv_ip6_addr(address, port, (struct sockaddr_in6 *)ret));
}

/* The decoder's jail has no setsockopt: what the socket needs for its whole life is set here. A host that vanished
 * without a word is noticed within half a minute. */
static void tune(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 10 },
		{ IPPROTO_TCP, TCP_KEEPINTVL, 5 },
		{ IPPROTO_TCP, TCP_KEEPCNT, 4 },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, 30000 },
		/* the source port is chosen at connect: 28000 ports for each host, not for all together */
		{ IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1 },
	};

	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		(void)setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof options[i].value);
}

static sek_status open_socket(const char *source, const char *address, uint16_t port, int *ret)
{
	struct sockaddr_storage from, to;
	socklen_t from_size, to_size;
	sek_status s = sek_ok();
	int fd;

	SEK_TRY(parse(source, 0, &from, &from_size));
	SEK_TRY(parse(address, port, &to, &to_size));
	if (from.ss_family != to.ss_family)
		return sek_fail(SEK_E_CONFIG);
	fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return sek_from_errno();
	tune(fd);
	if (bind(fd, (struct sockaddr *)&from, from_size) < 0 ||
	    (connect(fd, (struct sockaddr *)&to, to_size) < 0 && errno != EINPROGRESS))
		s = sek_from_errno();
	if (!sek_is_ok(s)) {
		close(fd);
		return s;
	}
	*ret = fd;
	return s;
}

sek_status sek_connect_start(uv_loop_t *loop, const char *source, const char *address, uint16_t port, sek_connect_fn *fn,
	void (*gone)(void *all), void *all, void *user, struct sek_connect **ret)
{
	struct sek_connect *c = calloc(1, sizeof *c);
	sek_status s;

	if (!c)
		return sek_fail(SEK_E_NOMEM);
	*c = (struct sek_connect){ .fd = -1, .fn = fn, .user = user, .gone = gone, .all = all, .open_handles = 2 };
	s = open_socket(source, address, port, &c->fd);
	if (sek_is_ok(s))
		s = sek_from_uv(uv_poll_init(loop, &c->poll, c->fd));
	if (!sek_is_ok(s)) {
		if (c->fd >= 0)
			close(c->fd);
		free(c);
		return s;
	}
	uv_timer_init(loop, &c->timer);
	c->poll.data = c;
	c->timer.data = c;
	uv_timer_start(&c->timer, on_timeout, SEK_CONNECT_TIMEOUT_MS, 0);
	s = sek_from_uv(uv_poll_start(&c->poll, UV_WRITABLE, on_writable));
	if (!sek_is_ok(s)) /* told by the timer: the handles are there and need their close callbacks */
		uv_timer_start(&c->timer, on_timeout, 0, 0);
	*ret = c;
	return sek_ok();
}

void sek_connect_cancel(struct sek_connect *c)
{
	if (!c)
		return;
	c->fn = NULL;
	uv_poll_stop(&c->poll);
	finish(c);
}
