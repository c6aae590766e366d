/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The server's connections. What a browser sends is cut at its first line; nothing else of it is looked at.
 */
#include "client/load/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { REQUEST_MAX_BYTES = 16384 };

struct sek_http {
	uv_tcp_t listener;
	int port, connections, connections_max;
	bool closed;
	sek_http_fn *fn;
	void *user;
};

struct connection {
	uv_tcp_t tcp;
	uv_write_t write;
	struct sek_http *server;
	char request[REQUEST_MAX_BYTES], head[256];
	size_t len;
	bool answered;
};

static void maybe_free(struct sek_http *s)
{
	if (s->closed && s->connections == 0)
		free(s);
}

static void on_connection_closed(uv_handle_t *h)
{
	struct connection *c = h->data;

	c->server->connections--;
	maybe_free(c->server);
	free(c);
}

static void close_connection(struct connection *c)
{
	if (!uv_is_closing((uv_handle_t *)&c->tcp))
		uv_close((uv_handle_t *)&c->tcp, on_connection_closed);
}

static void on_written(uv_write_t *w, int status)
{
	(void)status;
	close_connection(w->data);
}

static void answer(struct connection *c, const struct sek_http_answer *a)
{
	int n = snprintf(c->head, sizeof c->head,
		"HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nCache-Control: %s\r\nConnection: close\r\n\r\n", a->code,
		a->code == 200 ? "OK" : "Not Found", a->type, a->n, a->keep ? "max-age=3600" : "no-store");
	uv_buf_t bufs[] = { uv_buf_init(c->head, (unsigned)n), uv_buf_init((char *)(uintptr_t)a->body, (unsigned)a->n) };

	c->write.data = c;
	if (uv_write(&c->write, (uv_stream_t *)&c->tcp, bufs, 2, on_written) < 0)
		close_connection(c);
}

static void serve(struct connection *c)
{
	struct sek_http_answer a = { 404, "text/plain", "not here\n", strlen("not here\n"), false };
	struct sek_http *s = c->server;
	char *path = c->request + strlen("GET ");

	c->answered = true;
	if (strncmp(c->request, "GET ", 4) == 0 && s->fn) {
		path[strcspn(path, " \r\n")] = 0;
		s->fn(s->user, path, &a);
	}
	answer(c, &a);
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct connection *c = h->data;

	(void)suggested;
	*buf = uv_buf_init(c->request + c->len, (unsigned)(sizeof c->request - 1 - c->len));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct connection *c = stream->data;

	(void)buf;
	if (n < 0) {
		close_connection(c);
		return;
	}
	c->len += (size_t)n;
	c->request[c->len] = 0;
	if (!c->answered && strstr(c->request, "\r\n\r\n"))
		serve(c);
	else if (c->len == sizeof c->request - 1)
		close_connection(c);
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct sek_http *s = listener->data;
	struct connection *c;

	if (status < 0)
		return;
	c = calloc(1, sizeof *c);
	if (!c)
		return;
	c->server = s;
	c->tcp.data = c;
	uv_tcp_init(listener->loop, &c->tcp);
	s->connections++;
	if (uv_accept(listener, (uv_stream_t *)&c->tcp) < 0 || s->connections > s->connections_max ||
		uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) < 0)
		close_connection(c);
}

sek_status sek_http_create(uv_loop_t *loop, const char *address, int connections, sek_http_fn *fn, void *user, struct sek_http **ret)
{
	struct sek_http *s = calloc(1, sizeof *s);
	struct sockaddr_in at;
	int len = sizeof at, rc;

	if (!s)
		return sek_fail(SEK_E_NOMEM);
	s->fn = fn;
	s->user = user;
	s->connections_max = connections;
	uv_tcp_init(loop, &s->listener);
	s->listener.data = s;
	rc = uv_ip4_addr(address, 0, &at);
	if (rc == 0)
		rc = uv_tcp_bind(&s->listener, (struct sockaddr *)&at, 0);
	if (rc == 0)
		rc = uv_listen((uv_stream_t *)&s->listener, 128, on_connection);
	if (rc == 0)
		rc = uv_tcp_getsockname(&s->listener, (struct sockaddr *)&at, &len);
	if (rc < 0) {
		sek_http_destroy(s);
		return sek_from_uv(rc);
	}
	s->port = ntohs(at.sin_port);
	*ret = s;
	return sek_ok();
}

static void on_listener_closed(uv_handle_t *h)
{
	struct sek_http *s = h->data;

	s->closed = true;
	maybe_free(s);
}

void sek_http_destroy(struct sek_http *s)
{
	if (!s)
		return;
	s->fn = NULL;
	uv_close((uv_handle_t *)&s->listener, on_listener_closed);
}

int sek_http_port(const struct sek_http *s)
{
	return s->port;
}
