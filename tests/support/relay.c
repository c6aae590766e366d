/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See relay.h. Two streams a line; what one reads is written to the other, one piece at a time.
 */
#include "tests/support/relay.h"

#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>

struct line;

struct end {
	uv_tcp_t tcp;
	uv_write_t write;
	struct line *line;
	struct end *other;
	char bytes[65536];
};

struct line {
	struct relay *relay;
	struct line *next;
	struct end in, out; /* in: who called; out: whom we call */
	uv_connect_t connect;
	int open;
	bool closing;
};

struct relay {
	uv_loop_t *loop;
	uv_tcp_t listener;
	struct sockaddr_in to;
	struct line *lines;
	unsigned connections;
	bool refuses, swallows, closing;
};

static void start(struct end *e);

static void settle(struct relay *r)
{
	if (r->closing && !r->lines && uv_is_closing((uv_handle_t *)&r->listener) && !r->listener.data)
		free(r);
}

static void on_end_closed(uv_handle_t *handle)
{
	struct end *e = handle->data;
	struct line *l = e->line;
	struct relay *r = l->relay;

	if (--l->open)
		return;
	for (struct line **p = &r->lines; *p; p = &(*p)->next)
		if (*p == l) {
			*p = l->next;
			break;
		}
	free(l);
	settle(r);
}

static void cut(struct line *l)
{
	if (l->closing)
		return;
	l->closing = true;
	uv_close((uv_handle_t *)&l->in.tcp, on_end_closed);
	uv_close((uv_handle_t *)&l->out.tcp, on_end_closed);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct end *e = handle->data;

	(void)suggested;
	*buf = uv_buf_init(e->bytes, sizeof e->bytes);
}

static void on_written(uv_write_t *write, int status)
{
	struct end *from = write->data;

	if (status < 0 || from->line->closing)
		cut(from->line);
	else
		start(from);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct end *e = stream->data;
	uv_buf_t piece;

	if (n == 0)
		return;
	if (n < 0) {
		cut(e->line);
		return;
	}
	uv_read_stop(stream);
	piece = uv_buf_init(buf->base, (unsigned)n);
	e->write.data = e;
	if (uv_write(&e->write, (uv_stream_t *)&e->other->tcp, &piece, 1, on_written) < 0)
		cut(e->line);
}

static void start(struct end *e)
{
	if (!e->line->relay->swallows)
		uv_read_start((uv_stream_t *)&e->tcp, on_alloc, on_read);
}

static void on_connected(uv_connect_t *connect, int status)
{
	struct line *l = connect->data;

	if (status < 0 || l->closing) {
		cut(l);
		return;
	}
	start(&l->in);
	start(&l->out);
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct relay *r = listener->data;
	struct line *l = calloc(1, sizeof *l);

	ck_assert_int_eq(status, 0);
	ck_assert_ptr_nonnull(l);
	l->relay = r;
	l->in.line = l->out.line = l;
	l->in.other = &l->out;
	l->out.other = &l->in;
	l->in.tcp.data = &l->in;
	l->out.tcp.data = &l->out;
	l->connect.data = l;
	l->open = 2;
	l->next = r->lines;
	r->lines = l;
	r->connections++;
	uv_tcp_init(r->loop, &l->in.tcp);
	uv_tcp_init(r->loop, &l->out.tcp);
	ck_assert_int_eq(uv_accept(listener, (uv_stream_t *)&l->in.tcp), 0);
	if (r->refuses || uv_tcp_connect(&l->connect, &l->out.tcp, (const struct sockaddr *)&r->to, on_connected) < 0)
		cut(l);
}

struct relay *relay_open(uv_loop_t *loop, const char *address, uint16_t port, uint16_t *ret_port)
{
	struct relay *r = calloc(1, sizeof *r);
	struct sockaddr_in here;
	int size = sizeof here;

	ck_assert_ptr_nonnull(r);
	r->loop = loop;
	ck_assert_int_eq(uv_ip4_addr(address, port, &r->to), 0);
	ck_assert_int_eq(uv_ip4_addr("127.0.0.1", 0, &here), 0);
	uv_tcp_init(loop, &r->listener);
	r->listener.data = r;
	ck_assert_int_eq(uv_tcp_bind(&r->listener, (struct sockaddr *)&here, 0), 0);
	ck_assert_int_eq(uv_listen((uv_stream_t *)&r->listener, 16, on_connection), 0);
	ck_assert_int_eq(uv_tcp_getsockname(&r->listener, (struct sockaddr *)&here, &size), 0);
	*ret_port = ntohs(here.sin_port);
	return r;
}

void relay_cut(struct relay *r)
{
	for (struct line *l = r->lines; l; l = l->next)
		cut(l);
}

void relay_refuse(struct relay *r, bool refuse)
{
	r->refuses = refuse;
}

void relay_swallow(struct relay *r, bool swallow)
{
	r->swallows = swallow;
	for (struct line *l = r->lines; l; l = l->next) {
		if (l->closing)
			continue;
		if (swallow) {
			uv_read_stop((uv_stream_t *)&l->in.tcp);
			uv_read_stop((uv_stream_t *)&l->out.tcp);
		} else {
			start(&l->in);
			start(&l->out);
		}
	}
}

unsigned relay_connections(const struct relay *r)
{
	return r->connections;
}

static void on_listener_closed(uv_handle_t *handle)
{
	struct relay *r = handle->data;

	handle->data = NULL;
	settle(r);
}

void relay_close(struct relay *r)
{
	r->closing = true;
	relay_cut(r);
	uv_close((uv_handle_t *)&r->listener, on_listener_closed);
}
