/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One viewer's connection: greeting, TLS, name and password are read here, byte by bounded byte; after the log-in its bytes only pass.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sodium.h>

#include "base/log.h"
#include "broker/hub/viewers/private.h"

static void on_poll(uv_poll_t *poll, int status, int events);

static void on_deadline(uv_timer_t *t)
{
	sek_viewer_close(t->data, "too slow");
}

void sek_viewer_deadline(struct viewer *v, uint64_t ms)
{
	uv_timer_stop(&v->timer);
	if (ms > 0)
		uv_timer_start(&v->timer, on_deadline, ms, 0);
}

/* --- coming --- */

static void set_options(int fd)
{
	const int on = 1, idle_s = 60, every_s = 15, times = 4, unsent = SEK_VIEWER_UNSENT_MAX, silent_ms = 60000;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent_ms, sizeof silent_ms);
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every_s, sizeof every_s);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof times);
}

static bool has_room(const struct sek_viewers *all, const char *address)
{
	size_t waiting = 0, same = 0;

	for (const struct viewer *v = all->first; v; v = v->next) {
		if (v->step >= STEP_RUNNING)
			continue;
		waiting++;
		same += strcmp(v->address, address) == 0;
	}
	return all->n < SEK_VIEWERS_MAX && waiting < SEK_VIEWERS_WAITING_MAX && same < SEK_VIEWERS_ADDRESS_MAX;
}

void sek_viewer_accept(struct sek_viewers *all, int fd, const char *address)
{
	struct viewer *v = all->refusing || !has_room(all, address) ? NULL : calloc(1, sizeof *v);

	if (!v || uv_poll_init(all->loop, &v->poll, fd) < 0) {
		all->counts.turned_away++;
		sek_log(SEK_LOG_WARN, "viewer.refused", "address", address, "why", v ? "no memory" : "too many connections", NULL);
		close(fd);
		free(v);
		return;
	}
	set_options(fd);
	v->all = all;
	v->fd = fd;
	v->poll.data = v->timer.data = v->hub.data = v->rfb.data = v;
	uv_timer_init(all->loop, &v->timer);
	v->handles = 2;
	strncpy(v->address, address, sizeof v->address - 1);
	v->next = all->first;
	if (v->next)
		v->next->prev = v;
	all->first = v;
	all->n++;
	sek_viewer_put(v, SEK_GREETING_FIRST, sizeof SEK_GREETING_FIRST - 1);
	sek_viewer_deadline(v, SEK_VIEWERS_HELLO_MS);
	sek_viewer_pump(v);
}

/* --- going --- */

void sek_viewer_closed(uv_handle_t *handle)
{
	struct viewer *v = handle->data;

	if (--v->handles > 0)
		return;
	close(v->fd);
	sodium_memzero(v, sizeof *v);
	free(v);
}

void sek_viewer_close(struct viewer *v, const char *why)
{
	if (v->closing)
		return;
	v->closing = true;
	sek_log(SEK_LOG_INFO, "viewer.closed", "user", v->user, "address", v->address, "why", why, NULL);
	sek_viewer_login_drop(v);
	sek_viewer_relay_drop(v);
	if (v->tls) {
		(void)gnutls_bye(v->tls, GNUTLS_SHUT_WR); /* as far as it goes without waiting */
		gnutls_deinit(v->tls);
		v->tls = NULL;
	}
	if (v->prev)
		v->prev->next = v->next;
	else
		v->all->first = v->next;
	if (v->next)
		v->next->prev = v->prev;
	v->all->n--;
	uv_close((uv_handle_t *)&v->poll, sek_viewer_closed);
	uv_close((uv_handle_t *)&v->timer, sek_viewer_closed);
}

/* --- bytes --- */

void sek_viewer_put(struct viewer *v, const void *bytes, size_t n)
{
	if (v->out_at == v->out_n)
		v->out_at = v->out_n = 0;
	if (n > sizeof v->out - v->out_n) /* answers of the greeting: never many at a time */
		return;
	memcpy(v->out + v->out_n, bytes, n);
	v->out_n += n;
}

/* False: the connection is over. */
static bool flush(struct viewer *v)
{
	while (v->out_at < v->out_n) {
		ssize_t k;

		if (v->step == STEP_GREETING) {
			k = send(v->fd, v->out + v->out_at, v->out_n - v->out_at, MSG_NOSIGNAL);
			k = k < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) ? 0 : k <= 0 ? -1 : k;
		} else {
			k = v->tls ? sek_viewer_tls_write(v, v->out + v->out_at, v->out_n - v->out_at) : -1;
		}
		if (k < 0)
			return false;
		if (k == 0)
			return true;
		v->out_at += (size_t)k;
	}
	v->out_at = v->out_n = 0;
	return true;
}

/* The next step of the greeting, as far as its bytes have come. False: nothing more for now, or nothing more at all. */
static bool greet(struct viewer *v, bool *ret_over)
{
	size_t needs = sek_greeting_needs(&v->greeting), n;
	uint8_t out[SEK_GREETING_OUT_BYTES];
	ssize_t k;

	if (v->in_n < needs) {
		if (v->step == STEP_GREETING) {
			k = recv(v->fd, v->in + v->in_n, needs - v->in_n, 0);
			k = k < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) ? 0 : k <= 0 ? -1 : k;
		} else {
			k = sek_viewer_tls_read(v, v->in + v->in_n, needs - v->in_n);
		}
		*ret_over = k < 0;
		if (k <= 0)
			return false;
		v->in_n += (size_t)k;
		return true;
	}
	n = sek_greeting_take(&v->greeting, v->in, out);
	v->in_n = 0;
	sek_viewer_put(v, out, n);
	switch (v->greeting.step) {
	case SEK_GREETING_REFUSED:
		v->last = true;
		return false;
	case SEK_GREETING_TLS:
		return false; /* once the answer has left */
	case SEK_GREETING_DONE:
		sek_viewer_login(v);
		return false;
	default:
		return true;
	}
}

static bool begin_tls(struct viewer *v)
{
	if (v->greeting.step != SEK_GREETING_TLS || v->step != STEP_GREETING || v->out_at < v->out_n)
		return true;
	v->step = STEP_TLS;
	return sek_viewer_tls_begin(v);
}

/* False: over. */
static bool advance(struct viewer *v)
{
	bool over = false;

	if (v->step == STEP_GREETING) {
		while (!v->last && v->greeting.step != SEK_GREETING_TLS && greet(v, &over))
			;
		if (over || !flush(v) || !begin_tls(v))
			return false;
	}
	if (v->step == STEP_TLS) {
		int done = sek_viewer_tls_handshake(v);

		if (done < 0)
			return false;
		if (done > 0) {
			v->step = STEP_LOGIN;
			sek_greeting_secured(&v->greeting);
			sek_viewer_deadline(v, SEK_VIEWERS_PASSWORD_MS);
		}
	}
	if (v->step == STEP_LOGIN)
		while (v->step == STEP_LOGIN && !v->last && greet(v, &over))
			;
	return !over;
}

/* What a viewer says before it was answered is not read: it waits in the kernel. */
static bool listen_to(struct viewer *v)
{
	for (int i = 0; i < SEK_VIEWER_BURST && v->step == STEP_RUNNING && !v->delivering && v->rfb_open; i++) {
		ssize_t k = sek_viewer_tls_read(v, v->in, sizeof v->in);

		if (k < 0)
			return false;
		if (k == 0)
			return true;
		v->in_n = (size_t)k;
		sek_viewer_deliver(v);
	}
	return true;
}

static void wait_for(struct viewer *v)
{
	int events = UV_DISCONNECT;

	if (v->step <= STEP_LOGIN || (v->step == STEP_RUNNING && !v->delivering))
		events |= UV_READABLE;
	if (v->out_at < v->out_n || (v->step == STEP_TLS && gnutls_record_get_direction(v->tls) == 1))
		events |= UV_WRITABLE;
	uv_poll_start(&v->poll, events, on_poll);
}

void sek_viewer_pump(struct viewer *v)
{
	bool was_full = v->out_at < v->out_n;

	if (v->closing)
		return;
	if (!advance(v) || !listen_to(v) || (v->step != STEP_TLS && !flush(v))) {
		sek_viewer_close(v, "its connection ended");
		return;
	}
	if (v->closing)
		return;
	if (v->out_at == v->out_n) {
		if (v->last) {
			sek_viewer_close(v, "told");
			return;
		}
		if (was_full)
			sek_viewer_taken(v);
	}
	if (!v->closing)
		wait_for(v);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct viewer *v = poll->data;

	if (status < 0) {
		sek_viewer_close(v, "its connection broke");
		return;
	}
	if ((events & UV_DISCONNECT) && !(events & UV_READABLE)) {
		sek_viewer_close(v, "its connection ended");
		return;
	}
	sek_viewer_pump(v);
}
