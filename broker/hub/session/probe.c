/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Dialling, credentials, decoder, exit code: as for a session, with a gap that nobody reads.
 */
#include "broker/hub/session/probe.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "broker/gap/children.h"
#include "broker/hub/session/connect.h"
#include "broker/hub/session/internal.h"
#include "broker/hub/session/secrets.h"

struct sek_probe {
	struct sek_sessions *all;
	const struct sek_render_host *host;
	struct sek_connect *connect;
	struct sek_secret_job *secret;
	struct sek_child *decoder;
	struct sek_decoder_ends ends;
	int socket_fd, credentials_fd;
	uv_timer_t timer;
	const char *result; /* told by the timer, so never from inside */
	sek_probe_fn *fn;
	void *user;
};

static void on_closed(uv_handle_t *handle)
{
	struct sek_probe *p = handle->data;
	struct sek_sessions *all = p->all;

	free(p);
	sek_sessions_release(all);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void sek_probe_cancel(struct sek_probe *p)
{
	if (!p)
		return;
	sek_connect_cancel(p->connect);
	sek_secret_cancel(p->secret);
	sek_decoder_ends_close(&p->ends); /* tells the decoder to go */
	sek_child_leave(p->decoder);
	close_fd(&p->socket_fd);
	close_fd(&p->credentials_fd);
	uv_close((uv_handle_t *)&p->timer, on_closed);
}

static void on_timer(uv_timer_t *timer)
{
	struct sek_probe *p = timer->data;
	const char *result = p->result ? p->result : "silent";
	sek_probe_fn *fn = p->fn;
	void *user = p->user;

	sek_probe_cancel(p);
	fn(user, result);
}

static void say(struct sek_probe *p, const char *result)
{
	p->result = result;
	uv_timer_start(&p->timer, on_timer, 0, 0);
}

static const char *result_of(int code, int signal_number)
{
	static const struct {
		int code;
		const char *word;
	} words[] = {
		{ SEK_EXIT_OK, "ok" }, { SEK_EXIT_JAIL, "jail" }, { SEK_EXIT_CONNECT, "connect" }, { SEK_EXIT_CERTIFICATE, "certificate" },
		{ SEK_EXIT_REFUSED, "refused" }, { SEK_EXIT_PROTOCOL, "protocol" }, { SEK_EXIT_LOST, "lost" }, { SEK_EXIT_SILENT, "silent" },
		{ SEK_EXIT_TLS, "tls" }, { SEK_EXIT_LOGIN, "login" }, { SEK_EXIT_SIZE, "size" },
	};

	if (signal_number)
		return "died";
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (words[i].code == code)
			return words[i].word;
	return "internal";
}

static void on_decoder_exit(void *user, int code, int signal_number)
{
	struct sek_probe *p = user;

	p->decoder = NULL;
	say(p, result_of(code, signal_number));
}

static void go_on(struct sek_probe *p)
{
	sek_status s;

	if (p->socket_fd < 0 || p->credentials_fd < 0)
		return;
	s = sek_decoder_ends_make(&p->all->layout, &p->ends);
	if (sek_is_ok(s))
		s = sek_decoder_spawn(p->all, p->host, true, &p->ends, p->socket_fd, p->credentials_fd, on_decoder_exit, p, &p->decoder);
	sek_decoder_ends_close_theirs(&p->ends);
	close_fd(&p->socket_fd);
	close_fd(&p->credentials_fd);
	if (!sek_is_ok(s))
		say(p, "internal");
}

static void on_connected(void *user, sek_status s, int fd)
{
	struct sek_probe *p = user;

	p->connect = NULL;
	p->socket_fd = fd;
	if (sek_is_ok(s))
		go_on(p);
	else
		say(p, "connect");
}

static void on_credentials(void *user, sek_status s, const char *what, const uint8_t *bytes, size_t n)
{
	struct sek_probe *p = user;

	(void)what;
	p->secret = NULL;
	if (sek_is_ok(s))
		s = sek_link_fill_pipe(bytes, n, &p->credentials_fd);
	if (sek_is_ok(s))
		go_on(p);
	else
		say(p, "credentials");
}

sek_status sek_probe_start(struct sek_sessions *all, const struct sek_render_host *host, sek_probe_fn *fn, void *user,
	struct sek_probe **ret)
{
	struct sek_probe *p = calloc(1, sizeof *p);
	sek_status s;

	if (!p)
		return sek_fail(SEK_E_NOMEM);
	*p = (struct sek_probe){ .all = all, .host = host, .ends = { -1, -1, -1, -1, -1, -1, -1 }, .socket_fd = -1, .credentials_fd = -1,
		.fn = fn, .user = user };
	uv_timer_init(all->loop, &p->timer);
	p->timer.data = p;
	sek_sessions_hold(all);
	uv_timer_start(&p->timer, on_timer, SEK_PROBE_MS, 0);
	s = sek_connect_start(all->loop, all->config.outer_address, host->address, host->port, on_connected, sek_sessions_release, all, p,
		&p->connect);
	if (sek_is_ok(s)) {
		sek_sessions_hold(all);
		s = sek_secret_start(all->loop, &all->files, all->secret_fn, all->secret_user, host, "", on_credentials, sek_sessions_release,
			all, p, &p->secret);
		if (sek_is_ok(s))
			sek_sessions_hold(all);
	}
	if (!sek_is_ok(s))
		say(p, "internal");
	*ret = p;
	return sek_ok();
}
