/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A web server of one page, enough HTTP/1.1 for one browser: a request a connection, GET only.
 */
#include "client/load/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { REQUEST_MAX_BYTES = 16384, CONNECTIONS_MAX = 64 };

struct sek_page_server {
	uv_tcp_t listener;
	int port, connections;
	bool ready;
	unsigned inputs;
	char typed[SEK_PAGE_TYPED_MAX_BYTES];
};

struct connection {
	uv_tcp_t tcp;
	uv_write_t write;
	struct sek_page_server *server;
	char request[REQUEST_MAX_BYTES], head[256];
	size_t len;
	bool answered;
};

static const char page_html[] =
	"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>probe</title>\n"
	"<style>body{margin:0;font:18px sans-serif}input{font-size:24px;width:80%;margin:20px;caret-color:transparent}\n"
	"#area{position:fixed;left:0;right:0;bottom:0;height:120px;background:#102030}</style>\n"
	"<p>Sekisho measures here how long a key press takes to become pixels.</p>\n"
	"<input id=\"field\" autocomplete=\"off\" autofocus><div id=\"area\"></div>\n"
	"<script>\n"
	"const field = document.getElementById('field'), area = document.getElementById('area');\n"
	"let count = 0, last = Promise.resolve();\n"
	"field.addEventListener('input', () => {\n"
	"  area.style.background = ++count % 2 ? '#c04020' : '#102030';\n"
	"  const report = `/typed?${count}&${encodeURIComponent(field.value)}`;\n"
	"  last = last.then(() => fetch(report));\n"
	"});\n"
	"addEventListener('load', () => { field.focus(); setTimeout(() => fetch('/ready'), 200); });\n"
	"</script></html>\n";

static void on_connection_closed(uv_handle_t *h)
{
	struct connection *c = h->data;

	c->server->connections--;
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

static void answer(struct connection *c, int code, const char *type, const char *body)
{
	int n = snprintf(c->head, sizeof c->head,
		"HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nCache-Control: no-store\r\n"
		"Connection: close\r\n\r\n", code, code == 200 ? "OK" : "Not Found", type, strlen(body));
	uv_buf_t bufs[] = { uv_buf_init(c->head, (unsigned)n), uv_buf_init((char *)(uintptr_t)body, (unsigned)strlen(body)) };

	c->write.data = c;
	if (uv_write(&c->write, (uv_stream_t *)&c->tcp, bufs, 2, on_written) < 0)
		close_connection(c);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The number of inputs, `&`, then the percent-encoded text up to the next space: what was typed. */
static void keep_typed(struct sek_page_server *s, const char *query)
{
	char *p;
	size_t n = 0;

	s->inputs = (unsigned)strtoul(query, &p, 10);
	if (*p == '&')
		p++;
	for (; *p && *p != ' ' && n + 1 < sizeof s->typed; p++) {
		int high = *p == '%' ? hex_digit(p[1]) : -1;
		int low = high >= 0 ? hex_digit(p[2]) : -1;

		if (low >= 0) {
			s->typed[n++] = (char)(high << 4 | low);
			p += 2;
		} else {
			s->typed[n++] = *p;
		}
	}
	s->typed[n] = 0;
}

static void serve(struct connection *c)
{
	struct sek_page_server *s = c->server;

	if (strncmp(c->request, "GET / ", 6) == 0) {
		answer(c, 200, "text/html; charset=utf-8", page_html);
	} else if (strncmp(c->request, "GET /ready ", 11) == 0) {
		s->ready = true;
		answer(c, 200, "text/plain", "ok\n");
	} else if (strncmp(c->request, "GET /typed?", 11) == 0) {
		keep_typed(s, c->request + 11);
		answer(c, 200, "text/plain", "ok\n");
	} else {
		answer(c, 404, "text/plain", "not here\n");
	}
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
	if (!c->answered && strstr(c->request, "\r\n\r\n")) {
		c->answered = true;
		serve(c);
	} else if (c->len == sizeof c->request - 1) {
		close_connection(c);
	}
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct sek_page_server *s = listener->data;
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
	if (uv_accept(listener, (uv_stream_t *)&c->tcp) < 0 || s->connections > CONNECTIONS_MAX ||
		uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) < 0)
		close_connection(c);
}

sek_status sek_page_server_create(uv_loop_t *loop, const char *address, struct sek_page_server **ret)
{
	struct sek_page_server *s = calloc(1, sizeof *s);
	struct sockaddr_in at;
	int len = sizeof at, rc;

	if (!s)
		return sek_fail(SEK_E_NOMEM);
	uv_tcp_init(loop, &s->listener);
	s->listener.data = s;
	rc = uv_ip4_addr(address, 0, &at);
	if (rc == 0)
		rc = uv_tcp_bind(&s->listener, (struct sockaddr *)&at, 0);
	if (rc == 0)
		rc = uv_listen((uv_stream_t *)&s->listener, 32, on_connection);
	if (rc == 0)
		rc = uv_tcp_getsockname(&s->listener, (struct sockaddr *)&at, &len);
	if (rc < 0) {
		sek_page_server_destroy(s);
		return sek_from_uv(rc);
	}
	s->port = ntohs(at.sin_port);
	*ret = s;
	return sek_ok();
}

static void on_listener_closed(uv_handle_t *h)
{
	free(h->data);
}

void sek_page_server_destroy(struct sek_page_server *s)
{
	if (s)
		uv_close((uv_handle_t *)&s->listener, on_listener_closed);
}

int sek_page_server_port(const struct sek_page_server *s)
{
	return s->port;
}

bool sek_page_server_ready(const struct sek_page_server *s)
{
	return s->ready;
}

unsigned sek_page_server_inputs(const struct sek_page_server *s)
{
	return s->inputs;
}

const char *sek_page_server_typed(const struct sek_page_server *s)
{
	return s->typed;
}
