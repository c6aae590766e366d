/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Start and stop of the render host, and its listening socket.
 */
#include "render-host/renderd/host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/notify.h"
#include "protocol/wire/wire.h"
#include "render-host/renderd/peer.h"
#include "render-host/renderd/metrics.h"
#include "render-host/renderd/refresh.h"
#include "render-host/renderd/session.h"
#include "render-host/renderd/startup.h"
#include "render-host/renderd/warm.h"

enum { BACKLOG = 64, ACCEPTS_A_ROUND = 16, WATCHDOG_MS = 1000, ACCEPT_PAUSE_MS = 200, FILES_WANTED = 16384 };

static socklen_t make_address(const struct sek_renderd_config *c, struct sockaddr_storage *ret)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;

	memset(ret, 0, sizeof *ret);
	if (inet_pton(AF_INET, c->listen.address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(c->listen.port);
		return sizeof *v4;
	}
	inet_pton(AF_INET6, c->listen.address, &v6->sin6_addr);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(c->listen.port);
	return sizeof *v6;
}

static void describe(const struct sockaddr_storage *from, char *ret, size_t size)
{
	char text[INET6_ADDRSTRLEN] = "?";
	unsigned port = 0;

	if (from->ss_family == AF_INET) {
		const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;

		inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
		port = ntohs(v4->sin_port);
	} else if (from->ss_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;

		inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
		port = ntohs(v6->sin6_port);
	}
	snprintf(ret, size, "%s %u", text, port);
}

static void on_connection(uv_poll_t *poll, int status, int events);

static void on_accept_again(uv_timer_t *timer)
{
	struct sek_host *h = timer->data;

	if (!h->stopping)
		uv_poll_start(&h->listener, UV_READABLE, on_connection);
}

/* Without descriptors (or memory) the connection stays in the queue and would wake us for ever. */
static void accept_failed(struct sek_host *h)
{
	if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
		return;
	sek_log(SEK_LOG_ERROR, "accept.failed", "why", strerror(errno), NULL);
	uv_poll_stop(&h->listener);
	uv_timer_start(&h->accept_again, on_accept_again, ACCEPT_PAUSE_MS, 0);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
	struct sek_host *h = poll->data;
	int i;

	(void)status;
	(void)events;
	for (i = 0; i < ACCEPTS_A_ROUND; i++) {
		struct sockaddr_storage from;
		socklen_t n = sizeof from;
		char peer[64];
		int fd = accept4(h->listen_fd, (struct sockaddr *)&from, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0) {
			accept_failed(h);
			return;
		}
		describe(&from, peer, sizeof peer);
		sek_peer_accept(h, fd, peer);
	}
}

static sek_status start_listening(struct sek_host *h)
{
	static const int one = 1;
	struct sockaddr_storage address;
	socklen_t n = make_address(h->config, &address);

	h->listen_fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (h->listen_fd < 0)
		return sek_from_errno();
	setsockopt(h->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(h->listen_fd, (struct sockaddr *)&address, n) != 0 || listen(h->listen_fd, BACKLOG) != 0)
		return sek_from_errno();
	SEK_TRY(sek_from_uv(uv_poll_init(&h->loop, &h->listener, h->listen_fd)));
	h->listener.data = h;
	return sek_from_uv(uv_poll_start(&h->listener, UV_READABLE, on_connection));
}

static void on_child(uv_signal_t *signal_handle, int number)
{
	(void)number;
	sek_lives_reap(signal_handle->data);
}

static void on_watchdog(uv_timer_t *timer)
{
	sek_lives_watch_memory(timer->data);
}

static void stop(struct sek_host *h, const char *why);

void sek_host_settle(struct sek_host *h)
{
	if (h->draining && !h->stopping && sek_lives_count(h) == 0)
		stop(h, "drained");
	if (h->stopping && h->n_sessions == 0 && h->n_links == 0)
		uv_stop(&h->loop);
}

static void on_listener_closed(uv_handle_t *handle)
{
	struct sek_host *h = handle->data;

	close(h->listen_fd);
	h->listen_fd = -1;
}

static void on_stop(uv_signal_t *signal_handle, int number)
{
	struct sek_host *h = signal_handle->data;

	if (h->stopping) { /* told twice: what still runs dies with us */
		uv_stop(&h->loop);
		return;
	}
	stop(h, number == SIGTERM ? "SIGTERM" : "SIGINT");
}

static void stop(struct sek_host *h, const char *why)
{
	h->stopping = true;
	sek_log(SEK_LOG_INFO, "host.stopping", "why", why, "sessions", sek_logf("%zu", h->n_sessions), NULL);
	sek_notify("STOPPING=1");
	/* the descriptor after the handle: its number may be somebody else's at once */
	uv_close((uv_handle_t *)&h->listener, on_listener_closed);
	sek_pages_stop(h);
	sek_refresh_stop(h);
	sek_peers_stop(h);
	sek_lives_end(h, SEK_STATE_HOST_STOPPING);
	sek_host_settle(h);
}

/* For an upgrade: sessions go on, new ones go elsewhere, and the last one that ends takes this process with it. */
static void on_drain(uv_signal_t *signal_handle, int number)
{
	struct sek_host *h = signal_handle->data;

	(void)number;
	if (h->stopping || h->draining)
		return;
	h->draining = true;
	sek_log(SEK_LOG_INFO, "host.draining", "sessions", sek_logf("%u", sek_lives_count(h)), NULL);
	sek_host_settle(h);
}

static sek_status start_signals(struct sek_host *h)
{
	h->term.data = h->interrupt.data = h->child.data = h->drain.data = h->watchdog.data = h->accept_again.data = h;
	SEK_TRY(sek_from_uv(uv_signal_init(&h->loop, &h->term)));
	SEK_TRY(sek_from_uv(uv_signal_init(&h->loop, &h->interrupt)));
	SEK_TRY(sek_from_uv(uv_signal_init(&h->loop, &h->child)));
	SEK_TRY(sek_from_uv(uv_signal_init(&h->loop, &h->drain)));
	SEK_TRY(sek_from_uv(uv_timer_init(&h->loop, &h->watchdog)));
	SEK_TRY(sek_from_uv(uv_timer_init(&h->loop, &h->accept_again)));
	SEK_TRY(sek_from_uv(uv_signal_start(&h->term, on_stop, SIGTERM)));
	SEK_TRY(sek_from_uv(uv_signal_start(&h->interrupt, on_stop, SIGINT)));
	SEK_TRY(sek_from_uv(uv_signal_start(&h->drain, on_drain, SIGUSR1)));
	SEK_TRY(sek_from_uv(uv_signal_start(&h->child, on_child, SIGCHLD)));
	if (sek_cgroups_mode(h->cgroups) == SEK_CGROUP_NONE)
		SEK_TRY(sek_from_uv(uv_timer_start(&h->watchdog, on_watchdog, WATCHDOG_MS, WATCHDOG_MS)));
	return sek_ok();
}

/* Eight descriptors a session; the usual soft limit of 1024 is less than sessions.max may ask for. */
static void raise_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= FILES_WANTED)
		return;
	files.rlim_cur = files.rlim_max < FILES_WANTED ? files.rlim_max : FILES_WANTED;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

sek_status sek_host_start(struct sek_host *h, const struct sek_renderd_config *config)
{
	char text[160];
	sek_status s;

	memset(h, 0, sizeof *h);
	h->config = config;
	h->uid_lock = h->listen_fd = -1;
	(void)signal(SIGPIPE, SIG_IGN);
	raise_files();
	SEK_TRY(sek_from_uv(uv_loop_init(&h->loop)));
	h->n_slots = sek_renderd_slots(config);
	h->slots = calloc(h->n_slots, sizeof *h->slots);
	if (!h->slots)
		return sek_fail(SEK_E_NOMEM);
	sek_trust_init(&h->trust, config);
	SEK_TRY(sek_startup_prepare(h));
	(void)sek_trust_context(&h->trust); /* says in the log when brokers cannot be let in yet */
	s = start_signals(h);
	if (sek_is_ok(s))
		s = start_listening(h);
	if (sek_is_ok(s))
		s = sek_warm_start(h);
	if (sek_is_ok(s))
		s = sek_pages_start(h);
	if (sek_is_ok(s))
		s = sek_refresh_start(h);
	if (!sek_is_ok(s)) {
		sek_log(SEK_LOG_ERROR, "host.failed", "what", "listen", "address", config->listen.address, "port",
			sek_logf("%u", config->listen.port), "why", sek_status_text(s, text, sizeof text), NULL);
		return s;
	}
	sek_log(SEK_LOG_INFO, "host.ready", "name", config->name, "address", config->listen.address, "port",
		sek_logf("%u", config->listen.port), "sessions", sek_logf("%u", config->sessions.max), "warm", sek_logf("%u", config->warm), "limits",
		sek_cgroup_mode_name(sek_cgroups_mode(h->cgroups)), NULL);
	sek_notify("READY=1");
	return s;
}

static void close_any(uv_handle_t *handle, void *unused)
{
	(void)unused;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

int sek_host_run(struct sek_host *h)
{
	uv_run(&h->loop, UV_RUN_DEFAULT);
	if (h->n_sessions == 0 && h->n_links == 0) {
		uv_walk(&h->loop, close_any, NULL);
		uv_run(&h->loop, UV_RUN_DEFAULT);
		(void)uv_loop_close(&h->loop);
		sek_startup_undo(h);
		sek_trust_finish(&h->trust);
		sek_warm_finish(h);
		free(h->pages);
		free(h->slots);
	} else {
		h->result = EXIT_FAILURE; /* told to stop twice */
	}
	sek_log(SEK_LOG_INFO, "host.stopped", NULL);
	return h->result;
}
