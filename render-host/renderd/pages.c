/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One page over HTTP for a monitoring system: GET /metrics, one request a connection. What comes in is a head of at most HEAD_BYTES,
 * looked at and thrown away. Must never answer anything else, keep anybody waiting, or hold more than CONNECTIONS_MAX.
 */
#include "render-host/renderd/metrics.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/openmetrics.h"

enum { CONNECTIONS_MAX = 8, HEAD_BYTES = 2048, PATIENCE_MS = 5000, BACKLOG = 8 };

struct visit {
	struct visit *next;
	struct sek_pages *pages;
	uv_tcp_t tcp;
	uv_timer_t timer;
	uv_write_t write;
	char head[HEAD_BYTES + 1], *answer;
	size_t n;
	bool answered;
	int handles; /* open */
};

struct sek_pages {
	struct sek_host *host;
	uv_tcp_t listener;
	struct visit *visits;
	size_t n;
};

static void on_closed(uv_handle_t *handle)
{
	struct visit *v = handle->data;
	struct visit **at;

	if (--v->handles > 0)
		return;
	for (at = &v->pages->visits; *at != v; at = &(*at)->next) {
	}
	*at = v->next;
	v->pages->n--;
	free(v->answer);
	free(v);
}

static void leave(struct visit *v)
{
	if (uv_is_closing((uv_handle_t *)&v->tcp))
		return;
	uv_close((uv_handle_t *)&v->tcp, on_closed);
	uv_close((uv_handle_t *)&v->timer, on_closed);
}

static void on_timeout(uv_timer_t *timer)
{
	leave(timer->data);
}

static void on_written(uv_write_t *w, int status)
{
	(void)status;
	leave(w->data);
}

static void answer(struct visit *v)
{
	static const char get[] = "GET /metrics";
	size_t n = sizeof get - 1;
	bool right = strncmp(v->head, get, n) == 0 && (v->head[n] == ' ' || v->head[n] == '?');
	char *page = right ? sek_host_metrics(v->pages->host) : NULL;
	uv_buf_t b;
	int k;

	v->answered = true;
	k = asprintf(&v->answer, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nCache-Control: no-store\r\n"
		"X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n%s", page ? "200 OK" : right ? "503 Service Unavailable" :
		"404 Not Found", page ? SEK_METRICS_TYPE : "text/plain", page ? strlen(page) : 0, page ? page : "");
	free(page);
	if (k < 0) {
		v->answer = NULL;
		leave(v);
		return;
	}
	b = uv_buf_init(v->answer, (unsigned)k);
	v->write.data = v;
	if (uv_write(&v->write, (uv_stream_t *)&v->tcp, &b, 1, on_written) != 0)
		leave(v);
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *ret)
{
	struct visit *v = handle->data;

	(void)wanted;
	*ret = uv_buf_init(v->head + v->n, (unsigned)(HEAD_BYTES - v->n));
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	struct visit *v = s->data;

	(void)b;
	if (n < 0) { /* also a head that has no end: libuv reports a buffer without room as an error */
		leave(v);
		return;
	}
	v->n += (size_t)n;
	v->head[v->n] = '\0';
	if (!v->answered && strstr(v->head, "\r\n\r\n")) {
		uv_read_stop(s);
		answer(v);
	}
}

static void on_visitor(uv_stream_t *listener, int status)
{
	struct sek_pages *p = listener->data;
	struct visit *v = status == 0 ? calloc(1, sizeof *v) : NULL;

	if (!v)
		return;
	v->pages = p;
	v->next = p->visits;
	p->visits = v;
	p->n++;
	v->handles = 2;
	uv_tcp_init(&p->host->loop, &v->tcp);
	uv_timer_init(&p->host->loop, &v->timer);
	v->tcp.data = v->timer.data = v;
	if (uv_accept(listener, (uv_stream_t *)&v->tcp) != 0 || p->n > CONNECTIONS_MAX ||
			uv_read_start((uv_stream_t *)&v->tcp, on_room, on_read) != 0)
		leave(v);
	else
		uv_timer_start(&v->timer, on_timeout, PATIENCE_MS, 0);
}

static sek_status bind_to(struct sek_pages *p, const struct sek_renderd_listen *at)
{
	struct sockaddr_storage address;

	if (uv_ip4_addr(at->address, at->port, (struct sockaddr_in *)&address) != 0)
		SEK_TRY(sek_from_uv(uv_ip6_addr(at->address, at->port, (struct sockaddr_in6 *)&address)));
	SEK_TRY(sek_from_uv(uv_tcp_bind(&p->listener, (const struct sockaddr *)&address, 0)));
	return sek_from_uv(uv_listen((uv_stream_t *)&p->listener, BACKLOG, on_visitor));
}

sek_status sek_pages_start(struct sek_host *h)
{
	const struct sek_renderd_listen *at = &h->config->metrics;
	char text[160];
	sek_status s;

	if (!at->address)
		return sek_ok();
	h->pages = calloc(1, sizeof *h->pages);
	if (!h->pages)
		return sek_fail(SEK_E_NOMEM);
	h->pages->host = h;
	SEK_TRY(sek_from_uv(uv_tcp_init(&h->loop, &h->pages->listener)));
	h->pages->listener.data = h->pages;
	s = bind_to(h->pages, at);
	if (!sek_is_ok(s))
		sek_log(SEK_LOG_ERROR, "host.failed", "what", "metrics", "address", at->address, "port", sek_logf("%u", at->port),
			"why", sek_status_text(s, text, sizeof text), NULL);
	return s;
}

static void on_listener_closed(uv_handle_t *handle)
{
	(void)handle; /* sek_host_run frees it when the loop is empty */
}

void sek_pages_stop(struct sek_host *h)
{
	struct visit *v;

	if (!h->pages || uv_is_closing((uv_handle_t *)&h->pages->listener))
		return;
	for (v = h->pages->visits; v; v = v->next)
		leave(v);
	uv_close((uv_handle_t *)&h->pages->listener, on_listener_closed);
}
