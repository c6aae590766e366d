/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Making and ending the inner face. Must never listen on anything but the one configured address.
 */
#include "broker/hub/front/front.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/front/private.h"

enum { SERVICE_BUFFER_BYTES = 32768, STREAM_WRITE_BYTES = 131072, HEADER_BYTES = 8192, TIMEOUT_S = 15, KEEPALIVE_S = 60 };

/* A client that answers no ping is gone: its session begins to linger. */
static const lws_retry_bo_t alive = { .secs_since_valid_ping = 20, .secs_since_valid_hangup = 45 };

/* Whether lws still starts: then its complaints are about us. Later they are about clients, who could fill the log. */
static bool starting = true;

static void log_line(int level, const char *line)
{
	char text[400];
	size_t n = strcspn(line, "\n");

	snprintf(text, sizeof text, "%.*s", (int)n, line);
	sek_log(starting && level == LLL_ERR ? SEK_LOG_WARN : SEK_LOG_DEBUG, "lws", "text", text, NULL);
}

static void log_skipped(const char *path, const char *why)
{
	sek_log(SEK_LOG_DEBUG, "web_root.skipped", "path", path, "why", why, NULL);
}

static sek_status make_context(struct sek_front *f)
{
	struct lws_context_creation_info info;
	void *loops[1] = { f->loop };

	memset(&info, 0, sizeof info);
	lws_set_log_level(LLL_ERR | LLL_WARN, log_line);
	info.foreign_loops = loops;
	info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	info.pt_serv_buf_size = SERVICE_BUFFER_BYTES;
	info.max_http_header_data = HEADER_BYTES;
	info.max_http_header_pool = SEK_FRONT_CONNECTIONS_MAX;
	info.timeout_secs = TIMEOUT_S;
	info.retry_and_idle_policy = &alive;
	info.user = f;
	f->context = lws_create_context(&info);
	return f->context ? sek_ok() : sek_fail(SEK_E_IO);
}

static void make_protocols(struct sek_front *f)
{
	f->protocols[0].name = "http";
	f->protocols[0].callback = sek_front_callback;
	f->protocols[1].name = SEK_SUBPROTOCOL;
	f->protocols[1].callback = sek_front_callback;
	f->protocols[1].rx_buffer_size = SEK_FRONT_MESSAGE_MAX;
	f->protocols[1].tx_packet_size = STREAM_WRITE_BYTES;
}

static sek_status make_vhost(struct sek_front *f)
{
	struct lws_context_creation_info info;

	memset(&info, 0, sizeof info);
	make_protocols(f);
	snprintf(f->vhost_name, sizeof f->vhost_name, "inner");
	info.vhost_name = f->vhost_name;
	info.port = CONTEXT_PORT_NO_LISTEN_SERVER; /* the door listens */
	info.protocols = f->protocols;
	info.headers = f->headers;
	info.alpn = "http/1.1";
	info.ssl_cert_filepath = f->config.certificate;
	info.ssl_private_key_filepath = f->config.key;
	info.keepalive_timeout = KEEPALIVE_S;
	info.timeout_secs_ah_idle = TIMEOUT_S;
	info.retry_and_idle_policy = &alive;
	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	f->vhost = lws_create_vhost(f->context, &info);
	return f->vhost ? sek_ok() : sek_fail(SEK_E_IO);
}

/* True if the socket's own address is exactly that one. */
static bool is_at(int fd, const char *address, uint16_t port)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof a;
	struct in_addr v4;
	struct in6_addr v6;

	memset(&a, 0, sizeof a);
	if (getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		return false;
	if (a.ss_family == AF_INET && inet_pton(AF_INET, address, &v4) == 1) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)&a;

		return in->sin_addr.s_addr == v4.s_addr && ntohs(in->sin_port) == port;
	}
	if (a.ss_family == AF_INET6 && inet_pton(AF_INET6, address, &v6) == 1) {
		const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)&a;

		return memcmp(&in->sin6_addr, &v6, sizeof v6) == 0 && ntohs(in->sin6_port) == port;
	}
	return false;
}

/* Looks at every socket of this process that listens. Asked for a wrong address lws (the second listener) may listen elsewhere, or not at all
 * and try again later; neither may pass. */
sek_status sek_front_check_listeners(const struct sek_front *f)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned ours = 0, others = 0;
	const char *second = NULL;
	uint16_t second_port = 0;
	bool two = sek_monitor_place(f->monitor, &second, &second_port);
	struct dirent *e;

	if (!d)
		return sek_from_errno();
	while ((e = readdir(d)) != NULL) {
		int fd = atoi(e->d_name), listens = 0, domain = 0;
		socklen_t n = sizeof listens, domain_n = sizeof domain;

		if (e->d_name[0] == '.' || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) != 0 || !listens)
			continue;
		/* the control socket is of no network */
		if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_n) == 0 && domain == AF_UNIX)
			continue;
		if (is_at(fd, f->config.address, f->config.port) || (two && is_at(fd, second, second_port)))
			ours++;
		else
			others++;
	}
	closedir(d);
	return ours == (two ? 2u : 1u) && others == 0 ? sek_ok() : sek_fail(SEK_E_DENIED);
}

static sek_status build(struct sek_front *f, char *err, size_t err_size)
{
	sek_status status;

	SEK_TRY(sek_front_check_tls(f->config.certificate, f->config.key, err, err_size));
	if (f->config.client_ca && !sek_front_client_ca_is_sound(f->config.client_ca)) {
		snprintf(err, err_size, "login.certificates.ca: '%s' holds no certificate in PEM", f->config.client_ca);
		return sek_fail(SEK_E_CONFIG);
	}
	snprintf(err, err_size, "web_root: not enough memory");
	SEK_TRY(sek_files_load(f->config.web_root, log_skipped, &f->files, err, err_size));
	snprintf(err, err_size, "inner.origins: too long together: write fewer");
	SEK_TRY(sek_respond_init(f));
	snprintf(err, err_size, "libwebsockets cannot start: is libwebsockets-evlib-uv installed?");
	SEK_TRY(make_context(f));
	snprintf(err, err_size, "inner.address: cannot listen on %s port %u: is it an address of this machine, is the port "
		"free, and may the broker use it?", f->config.address, f->config.port);
	status = make_vhost(f);
	if (sek_is_ok(status))
		status = sek_door_open(f->loop, f->config.address, f->config.port, &f->config.proxies, sek_conn_arrived, f, &f->door);
	if (sek_is_ok(status))
		status = sek_front_check_listeners(f);
	return status;
}

sek_status sek_front_create(uv_loop_t *loop, const struct sek_front_config *config, struct sek_auth *auth,
	struct sek_sessions *sessions, struct sek_admin *admin, struct sek_front **ret, char *err, size_t err_size)
{
	struct sek_front *f = calloc(1, sizeof *f);
	sek_status status;

	if (!f)
		return sek_fail(SEK_E_NOMEM);
	f->loop = loop;
	f->config = *config;
	f->auth = auth;
	f->sessions = sessions;
	f->admin = admin;
	f->review = config->review;
	uv_timer_init(loop, &f->tick);
	uv_check_init(loop, &f->between);
	f->tick.data = f->between.data = f;
	*ret = f;
	status = build(f, err, err_size);
	if (!sek_is_ok(status))
		return status; /* the caller stops and destroys what there is: closing needs the loop */
	starting = false;
	sek_auth_on_end(auth, sek_streams_login_ended, f);
	sek_auth_on_sweep(auth, sek_streams_sweep, f);
	err[0] = '\0';
	return status;
}

static void close_kept(struct sek_front *f)
{
	for (struct conn *c = f->conns; c; c = c->next)
		if (c->kept)
			sek_conn_deadline(c, SEK_FRONT_AT_ONCE);
}

void sek_front_leave(struct sek_front *f)
{
	f->leaving = true;
	close_kept(f);
}

void sek_front_send_away(struct sek_front *f, bool on)
{
	f->away = on;
	f->n_told = 0;
	if (on)
		close_kept(f);
}

size_t sek_front_told(const struct sek_front *f)
{
	return f->n_told;
}

bool sek_front_has_left(const struct sek_front *f)
{
	return f->n_told >= f->config.proxies.n;
}

void sek_front_refuse(struct sek_front *f)
{
	f->refusing = true;
}

void sek_front_stop(struct sek_front *f)
{
	if (!f || f->stopping)
		return;
	f->refusing = f->stopping = true;
	sek_auth_on_end(f->auth, NULL, f);
	sek_auth_on_sweep(f->auth, NULL, f);
	sek_door_close(f->door);
	uv_close((uv_handle_t *)&f->tick, NULL);
	uv_close((uv_handle_t *)&f->between, NULL);
	if (f->context)
		lws_context_destroy(f->context); /* begins; the second call ends it, when the loop has closed all handles */
}

void sek_front_destroy(struct sek_front *f)
{
	if (!f)
		return;
	if (f->context)
		lws_context_destroy(f->context);
	sek_monitor_destroy(f->monitor);
	sek_files_destroy(f->files);
	free(f);
}

void sek_front_count(const struct sek_front *f, struct sek_front_counts *ret)
{
	*ret = f->counts;
	ret->connections = f->n_conns;
	ret->streams = f->n_streams;
	for (const struct conn *c = f->conns; c; c = c->next) {
		size_t queued = c->stream ? c->stream->queued : 0;

		ret->queued_bytes += queued;
		if (queued > ret->queued_most_bytes)
			ret->queued_most_bytes = queued;
	}
}
