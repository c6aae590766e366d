/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Start and stop of the synthetic host, and its listening socket.
 */
#include "client/load/synthetic/host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"

enum { BACKLOG = 512, ACCEPTS_A_ROUND = 64 };

static sek_status load_trust(struct sek_load_host *h)
{
	const char *const paths[] = { h->config->ca, h->config->crl, h->config->certificate, h->config->key };
	char *texts[] = { NULL, NULL, NULL, NULL };
	sek_status s = sek_ok();

	for (size_t i = 0; i < 4 && sek_is_ok(s); i++) {
		s = sek_file_read(paths[i], &texts[i], NULL);
		if (!sek_is_ok(s))
			sek_log(SEK_LOG_ERROR, "tls.unusable", "file", paths[i], "why", "it cannot be read", NULL);
	}
	if (sek_is_ok(s)) {
		const struct sek_tls_pem pem = { .ca = texts[0], .crl = texts[1], .chain = texts[2], .key = texts[3] };

		s = sek_tls_context_create(SEK_TLS_SERVER, &pem, &h->tls);
		if (!sek_is_ok(s))
			sek_log(SEK_LOG_ERROR, "tls.unusable", "why", sek_tls_fault_text(s), NULL);
	}
	if (texts[3])
		explicit_bzero(texts[3], strlen(texts[3]));
	for (size_t i = 0; i < 4; i++)
		free(texts[i]);
	return s;
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
	struct sek_load_host *h = poll->data;

	(void)status;
	(void)events;
	for (int i = 0; i < ACCEPTS_A_ROUND; i++) {
		int fd = accept4(h->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			return;
		sek_load_link_accept(h, fd);
	}
}

static sek_status start_listening(struct sek_load_host *h)
{
	static const int one = 1;
	struct sockaddr_storage address = { 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
	socklen_t n = sizeof *v4;

	if (inet_pton(AF_INET, h->config->address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(h->config->port);
	} else if (inet_pton(AF_INET6, h->config->address, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(h->config->port);
		n = sizeof *v6;
	} else {
		return sek_fail(SEK_E_CONFIG);
	}
	h->listen_fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (h->listen_fd < 0)
		return sek_from_errno();
	setsockopt(h->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(h->listen_fd, (struct sockaddr *)&address, n) != 0 || listen(h->listen_fd, BACKLOG) != 0 ||
			getsockname(h->listen_fd, (struct sockaddr *)&address, &n) != 0)
		return sek_from_errno();
	h->port = ntohs(address.ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
	SEK_TRY(sek_from_uv(uv_poll_init(&h->loop, &h->listener, h->listen_fd)));
	h->listener.data = h;
	return sek_from_uv(uv_poll_start(&h->listener, UV_READABLE, on_connection));
}

void sek_load_host_settle(struct sek_load_host *h)
{
	if ((h->stopping || h->draining) && h->n_sessions == 0)
		uv_stop(&h->loop);
}

static void on_stop(uv_signal_t *handle, int number)
{
	struct sek_load_host *h = handle->data;

	(void)number;
	h->stopping = true;
	while (h->sessions)
		sek_load_session_end(h->sessions, SEK_STATE_HOST_STOPPING);
	sek_load_host_settle(h);
}

static void on_drain(uv_signal_t *handle, int number)
{
	struct sek_load_host *h = handle->data;

	(void)number;
	h->draining = true;
	sek_load_host_settle(h);
}

static sek_status start_signals(struct sek_load_host *h)
{
	h->term.data = h->interrupt.data = h->drain.data = h;
	SEK_TRY(sek_from_uv(uv_signal_init(&h->loop, &h->term)));
	SEK_TRY(sek_from_uv(uv_signal_init(&h->loop, &h->interrupt)));
	SEK_TRY(sek_from_uv(uv_signal_init(&h->loop, &h->drain)));
	SEK_TRY(sek_from_uv(uv_signal_start(&h->term, on_stop, SIGTERM)));
	SEK_TRY(sek_from_uv(uv_signal_start(&h->interrupt, on_stop, SIGINT)));
	return sek_from_uv(uv_signal_start(&h->drain, on_drain, SIGUSR1));
}

static void raise_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
}

sek_status sek_load_host_start(struct sek_load_host *h, const struct sek_load_host_config *config)
{
	char text[160];
	sek_status s;

	memset(h, 0, sizeof *h);
	h->config = config;
	h->listen_fd = -1;
	(void)signal(SIGPIPE, SIG_IGN);
	raise_files();
	SEK_TRY(sek_from_uv(uv_loop_init(&h->loop)));
	s = load_trust(h);
	if (sek_is_ok(s))
		s = start_signals(h);
	if (sek_is_ok(s)) {
		s = start_listening(h);
		if (!sek_is_ok(s))
			sek_log(SEK_LOG_ERROR, "host.failed", "what", "listen", "address", config->address, "port", sek_logf("%u", config->port),
				"why", sek_status_text(s, text, sizeof text), NULL);
	}
	if (!sek_is_ok(s))
		sek_load_host_finish(h);
	return s;
}

void sek_load_host_run(struct sek_load_host *h)
{
	uv_run(&h->loop, UV_RUN_DEFAULT);
	/* the last words go out; peers that do not read them are left */
	for (int i = 0; i < 100 && h->n_links > 0; i++) {
		uv_run(&h->loop, UV_RUN_NOWAIT);
		usleep(5000);
	}
}

static void close_any(uv_handle_t *handle, void *unused)
{
	(void)unused;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

void sek_load_host_finish(struct sek_load_host *h)
{
	while (h->sessions)
		sek_load_session_end(h->sessions, SEK_STATE_NONE);
	for (struct sek_load_link *l = h->links; l; l = l->next)
		sek_load_link_destroy(l);
	uv_run(&h->loop, UV_RUN_NOWAIT);
	uv_walk(&h->loop, close_any, NULL);
	uv_run(&h->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&h->loop);
	if (h->listen_fd >= 0)
		close(h->listen_fd);
	sek_tls_context_destroy(h->tls);
}
