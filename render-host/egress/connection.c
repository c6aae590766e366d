/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The life of a connection: accepting, the request's head within its time and size, answers of our own, the end.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "render-host/egress/egress.h"
#include "render-host/helpers.h"

struct owned_write {
	uv_write_t request;
	char *heap;
};

static void tell_log(const struct sek_connection *c)
{
	const char *to = "-", *how = "none";

	if (c->has_request) {
		to = sek_logf("%s:%u", c->request.host, c->request.port);
		how = c->request.connect ? "tunnel" : "http";
	}
	sek_log(SEK_LOG_INFO, "egress.done", "to", to, "how", how, "outcome", c->outcome,
		"up", sek_logf("%llu", (unsigned long long)c->up.total_bytes),
		"down", sek_logf("%llu", (unsigned long long)c->down.total_bytes),
		"ms", sek_logf("%llu", (unsigned long long)(uv_now(&c->e->loop) - c->started_ms)), NULL);
}

void sek_connection_release(struct sek_connection *c)
{
	struct sek_egress *e = c->e;

	if (c->handles || c->resolving)
		return;
	tell_log(c);
	*(c->prev ? &c->prev->next : &e->first) = c->next;
	if (c->next)
		c->next->prev = c->prev;
	uv_freeaddrinfo(c->addresses);
	free(c->path);
	free(c->up.bytes);
	free(c->down.bytes);
	free(c);
	e->connections--;
	if (e->someone_waits) {
		e->someone_waits = false;
		sek_egress_accept(e);
	}
}

static void on_closed(uv_handle_t *h)
{
	struct sek_connection *c = h->data;

	c->handles--;
	if (h == (uv_handle_t *)&c->origin) {
		c->origin_open = false;
		if (c->stage == SEK_STAGE_DIAL) { /* one attempt failed */
			sek_dial_next(c);
			return;
		}
	}
	sek_connection_release(c);
}

static void close_handle(uv_handle_t *h)
{
	if (!uv_is_closing(h))
		uv_close(h, on_closed);
}

void sek_connection_close(struct sek_connection *c, const char *outcome)
{
	if (c->stage == SEK_STAGE_CLOSED)
		return;
	c->stage = SEK_STAGE_CLOSED;
	if (!c->outcome)
		c->outcome = outcome;
	if (c->resolving)
		uv_cancel((uv_req_t *)&c->resolve);
	close_handle((uv_handle_t *)&c->client);
	close_handle((uv_handle_t *)&c->timer);
	sek_connection_close_origin(c);
}

void sek_connection_close_origin(struct sek_connection *c)
{
	if (c->origin_open)
		close_handle((uv_handle_t *)&c->origin);
}

static void on_timer(uv_timer_t *t)
{
	struct sek_connection *c = t->data;
	uint64_t idle_ms = uv_now(&c->e->loop) - c->active_ms;

	if (idle_ms < c->limit_ms) {
		uv_timer_start(t, on_timer, c->limit_ms - idle_ms, 0);
		return;
	}
	switch (c->stage) {
	case SEK_STAGE_HEAD:
		sek_connection_answer(c, SEK_PAGE_TIMEOUT, "slow-request");
		break;
	case SEK_STAGE_DIAL:
		sek_dial_too_slow(c);
		break;
	case SEK_STAGE_ANSWER:
		sek_connection_answer(c, SEK_PAGE_SLOW, "timeout");
		break;
	default:
		sek_connection_close(c, "idle");
	}
}

void sek_connection_touch(struct sek_connection *c)
{
	c->active_ms = uv_now(&c->e->loop);
}

void sek_connection_limit(struct sek_connection *c, unsigned ms)
{
	sek_connection_touch(c);
	c->limit_ms = ms;
	uv_timer_start(&c->timer, on_timer, ms, 0);
}

static void on_owned_written(uv_write_t *w, int status)
{
	struct owned_write *o = w->data;
	struct sek_connection *c = w->handle->data;

	free(o->heap);
	free(o);
	if (status < 0)
		sek_connection_close(c, "write-failed");
}

void sek_connection_send(struct sek_connection *c, uv_stream_t *to, char *heap, size_t n)
{
	struct owned_write *o = calloc(1, sizeof *o);
	uv_buf_t buf = uv_buf_init(heap, (unsigned)n);

	if (!o) {
		free(heap);
		sek_connection_close(c, "no-memory");
		return;
	}
	o->heap = heap;
	o->request.data = o;
	if (uv_write(&o->request, to, &buf, 1, on_owned_written) < 0) {
		free(heap);
		free(o);
		sek_connection_close(c, "write-failed");
	}
}

/* --- answers of our own --- */

static void alloc_up(uv_handle_t *h, size_t suggested, uv_buf_t *ret)
{
	struct sek_connection *c = h->data;

	(void)suggested;
	if (c->stage == SEK_STAGE_REPLY)
		c->up.n = 0; /* what still comes is thrown away */
	*ret = uv_buf_init(c->up.bytes + c->up.n, (unsigned)(c->up.size - c->up.n));
}

static void on_drain(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	(void)buf;
	if (n < 0)
		sek_connection_close(s->data, NULL);
}

static void on_answered(uv_shutdown_t *s, int status)
{
	(void)s, (void)status; /* the browser closes now, or the timer does */
}

void sek_egress_count(const struct sek_egress *e, char why)
{
	struct pollfd p = { .fd = SEK_EGRESS_COUNT_FD, .events = POLLOUT };

	/* one that could wait for a reader would make every other request wait, too */
	if (e->counts && poll(&p, 1, 0) == 1 && (p.revents & POLLOUT))
		(void)!write(SEK_EGRESS_COUNT_FD, &why, 1);
}

void sek_connection_answer(struct sek_connection *c, enum sek_page page, const char *outcome)
{
	bool head_only = c->has_request && c->request.method.n == 4 && memcmp(c->request.method.p, "HEAD", 4) == 0;
	char *text;
	size_t n;

	if (c->stage == SEK_STAGE_CLOSED || c->stage == SEK_STAGE_REPLY)
		return;
	text = c->down.total_bytes ? NULL : sek_page_make(page, !head_only, &n);
	if (!text) {
		sek_connection_close(c, outcome);
		return;
	}
	c->stage = SEK_STAGE_REPLY;
	c->outcome = outcome;
	sek_connection_close_origin(c);
	c->down.total_bytes += n;
	sek_connection_limit(c, SEK_EGRESS_DRAIN_MS);
	sek_connection_send(c, (uv_stream_t *)&c->client, text, n);
	if (c->stage != SEK_STAGE_REPLY)
		return;
	/* Closing while the browser still sends would reset the connection and destroy the answer: read on for a while */
	uv_read_stop((uv_stream_t *)&c->client);
	if (uv_shutdown(&c->down.shutdown, (uv_stream_t *)&c->client, on_answered) < 0 ||
	    uv_read_start((uv_stream_t *)&c->client, alloc_up, on_drain) < 0)
		sek_connection_close(c, NULL);
}

/* --- the request's head --- */

static bool is_start_page(const struct sek_request *r)
{
	return !r->connect && r->port == 80 && strcmp(r->host, SEK_START_HOST) == 0;
}

static void answer_start_page(struct sek_connection *c)
{
	struct sek_slice p = c->request.path;

	if (p.n == 0 || *p.p == '?' || (p.n >= 1 && *p.p == '/' && (p.n == 1 || p.p[1] == '?')))
		sek_connection_answer(c, SEK_PAGE_START, "start-page");
	else
		sek_connection_answer(c, SEK_PAGE_NOT_THERE, "start-page");
}

static void take_request(struct sek_connection *c, size_t head)
{
	sek_status s = sek_request_parse(c->up.bytes, head, &c->request);

	uv_read_stop((uv_stream_t *)&c->client);
	c->head_bytes = head;
	if (!sek_is_ok(s)) {
		if (sek_is(s, SEK_E_LIMIT))
			sek_connection_answer(c, SEK_PAGE_TOO_LARGE, "too-large");
		else
			sek_connection_answer(c, SEK_PAGE_MALFORMED, "malformed");
		return;
	}
	c->has_request = true;
	c->up.total_bytes = head;
	if (is_start_page(&c->request)) {
		answer_start_page(c);
		return;
	}
	if (sek_rules_refuse(c))
		return;
	c->stage = SEK_STAGE_DIAL;
	sek_dial(c);
}

static void on_head(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	struct sek_connection *c = s->data;
	size_t head;

	(void)buf;
	if (n == 0)
		return;
	if (n < 0) {
		sek_connection_close(c, c->up.n ? "cut-off" : "empty");
		return;
	}
	c->up.n += (size_t)n;
	head = sek_head_length(c->up.bytes, c->up.n);
	if (head > SEK_REQUEST_HEAD_MAX_BYTES || (head == 0 && c->up.n >= SEK_REQUEST_HEAD_MAX_BYTES))
		sek_connection_answer(c, SEK_PAGE_TOO_LARGE, "too-large");
	else if (head)
		take_request(c, head);
}

static struct sek_connection *make(struct sek_egress *e)
{
	struct sek_connection *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->e = e;
	c->up.c = c->down.c = c;
	c->up.size = SEK_EGRESS_UP_BYTES;
	c->up.bytes = malloc(c->up.size);
	if (!c->up.bytes) {
		free(c);
		return NULL;
	}
	uv_tcp_init(&e->loop, &c->client); /* cannot fail: no socket is made yet */
	uv_timer_init(&e->loop, &c->timer);
	c->handles = 2;
	c->client.data = c->timer.data = c->origin.data = c;
	c->started_ms = uv_now(&e->loop);
	c->next = e->first;
	if (c->next)
		c->next->prev = c;
	e->first = c;
	e->connections++;
	return c;
}

void sek_egress_accept(struct sek_egress *e)
{
	struct sek_connection *c;

	if (e->connections >= SEK_EGRESS_CONNECTIONS_MAX || (c = make(e)) == NULL) {
		e->someone_waits = true; /* libuv takes nobody else until this one was accepted */
		return;
	}
	if (uv_accept((uv_stream_t *)&e->listener, (uv_stream_t *)&c->client) < 0 ||
	    uv_read_start((uv_stream_t *)&c->client, alloc_up, on_head) < 0) {
		sek_connection_close(c, "accept-failed");
		return;
	}
	uv_tcp_nodelay(&c->client, 1);
	sek_connection_limit(c, e->head_ms);
}
