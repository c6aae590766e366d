/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bytes between browser and origin, both ways, one buffer each way: while a buffer is not written nothing more is read,
 * so a slow side slows the other instead of filling memory.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "render-host/egress/egress.h"

static void pump(struct sek_flow *f);
static void on_answer(struct sek_connection *c);

static bool is_up(const struct sek_flow *f)
{
	return f == &f->c->up;
}

static struct sek_flow *flow_from(uv_handle_t *h)
{
	struct sek_connection *c = h->data;

	return h == (uv_handle_t *)&c->client ? &c->up : &c->down;
}

static void alloc(uv_handle_t *h, size_t suggested, uv_buf_t *ret)
{
	struct sek_flow *f = flow_from(h);

	(void)suggested;
	*ret = uv_buf_init(f->bytes + f->n, (unsigned)(f->size - f->n));
}

/* Of the bytes from the browser only those that belong to this request's body go on. A second request behind it would
 * reach a server that nobody checked it for. */
static bool cut_to_body(struct sek_flow *f, size_t from)
{
	size_t used;

	if (!is_up(f) || f->c->request.connect)
		return true;
	if (!sek_is_ok(sek_body_feed(&f->c->request.body, f->bytes + from, f->n - from, &used)))
		return false;
	f->n = from + used;
	return true;
}

static void on_ended(struct sek_flow *f)
{
	struct sek_connection *c = f->c;

	f->ended = true;
	uv_read_stop(f->from);
	/* a browser that closes has lost interest; only tunnels may be half-closed */
	if (is_up(f) && !c->request.connect)
		sek_connection_close(c, "browser-left");
	else if (c->stage == SEK_STAGE_ANSWER)
		sek_connection_answer(c, SEK_PAGE_BAD_ANSWER, "bad-answer");
	else
		pump(f);
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	struct sek_flow *f = flow_from((uv_handle_t *)s);
	struct sek_connection *c = f->c;
	size_t from = f->n;

	(void)buf;
	if (n == 0)
		return;
	if (n == UV_EOF) {
		on_ended(f);
		return;
	}
	if (n < 0) {
		if (is_up(f) || c->stage == SEK_STAGE_RELAY)
			sek_connection_close(c, "reset");
		else
			sek_connection_answer(c, SEK_PAGE_NO_ANSWER, "reset");
		return;
	}
	sek_connection_touch(c);
	f->n += (size_t)n;
	if (!cut_to_body(f, from))
		sek_connection_close(c, "malformed-body");
	else if (!is_up(f) && c->stage == SEK_STAGE_ANSWER)
		on_answer(c);
	else
		pump(f);
}

static void read_on(struct sek_flow *f)
{
	int r;

	if (f->ended || f->c->stage == SEK_STAGE_CLOSED || f->c->stage == SEK_STAGE_REPLY)
		return;
	r = uv_read_start(f->from, alloc, on_read);
	if (r < 0 && r != UV_EALREADY)
		sek_connection_close(f->c, "read-failed");
}

static void on_shut(uv_shutdown_t *s, int status)
{
	struct sek_flow *f = s->data;
	struct sek_connection *c = f->c;

	(void)status;
	f->shut = true;
	/* an answer to a plain request ends with the origin's end of file */
	if (c->up.shut && c->down.shut)
		sek_connection_close(c, "ok");
	else if (!is_up(f) && !c->request.connect)
		sek_connection_close(c, "ok");
}

static void on_written(uv_write_t *w, int status)
{
	struct sek_flow *f = w->data;

	f->writing = false;
	if (f->c->stage == SEK_STAGE_CLOSED || f->c->stage == SEK_STAGE_REPLY)
		return;
	if (status < 0) {
		sek_connection_close(f->c, "write-failed");
		return;
	}
	f->at = f->n;
	sek_connection_touch(f->c);
	pump(f);
}

/* Writes what is there; then reads on, or passes the end on. */
static void pump(struct sek_flow *f)
{
	struct sek_connection *c = f->c;
	uv_buf_t buf = uv_buf_init(f->bytes + f->at, (unsigned)(f->n - f->at));
	int r;

	if (f->writing || c->stage == SEK_STAGE_CLOSED || c->stage == SEK_STAGE_REPLY)
		return;
	if (f->at < f->n) {
		f->total_bytes += buf.len;
		r = uv_try_write(f->to, &buf, 1);
		if (r > 0)
			f->at += (size_t)r;
		if (f->at < f->n) {
			buf = uv_buf_init(f->bytes + f->at, (unsigned)(f->n - f->at));
			uv_read_stop(f->from);
			f->write.data = f;
			f->writing = true;
			if (uv_write(&f->write, f->to, &buf, 1, on_written) < 0)
				sek_connection_close(c, "write-failed");
			return;
		}
	}
	f->at = f->n = 0;
	if (!f->ended) {
		read_on(f);
		return;
	}
	sek_connection_limit(c, SEK_EGRESS_HALF_CLOSED_MS);
	f->shutdown.data = f;
	if (uv_shutdown(&f->shutdown, f->to, on_shut) < 0)
		sek_connection_close(c, "reset");
}

/* Both directions run from here on. */
static void start_relay(struct sek_connection *c)
{
	c->stage = SEK_STAGE_RELAY;
	sek_connection_limit(c, c->request.connect ? SEK_EGRESS_IDLE_TUNNEL_MS : SEK_EGRESS_IDLE_HTTP_MS);
	pump(&c->up);
	pump(&c->down);
}

static void send_answer_head(struct sek_connection *c, const struct sek_response *r, size_t head)
{
	size_t size = head + SEK_HEAD_ADDED_MAX_BYTES + 2 * SEK_HEADERS_MAX, n;
	char *out = malloc(size);

	if (!out || !sek_is_ok(sek_response_write(r, r->status >= 200, out, size, &n))) {
		free(out);
		sek_connection_answer(c, SEK_PAGE_BAD_ANSWER, "bad-answer");
		return;
	}
	c->down.at += head;
	c->down.total_bytes += n;
	sek_connection_send(c, (uv_stream_t *)&c->client, out, n);
}

/* The upstream proxy answered our CONNECT. */
static void on_tunnel_answer(struct sek_connection *c, const struct sek_response *r, size_t head)
{
	static const char ok[] = "HTTP/1.1 200 Connection established\r\n\r\n";
	char *text;

	if (r->status < 200 || r->status > 299) {
		sek_connection_answer(c, r->status == 403 ? SEK_PAGE_REFUSED : SEK_PAGE_NO_ANSWER, "upstream-refused");
		return;
	}
	text = strdup(ok);
	if (!text) {
		sek_connection_close(c, "no-memory");
		return;
	}
	c->down.at += head;
	sek_connection_send(c, (uv_stream_t *)&c->client, text, sizeof ok - 1);
	if (c->stage == SEK_STAGE_ANSWER)
		start_relay(c);
}

/* Looks for the answer's head in what has arrived; interim answers (1xx) are passed on and the search goes on. */
static void on_answer(struct sek_connection *c)
{
	struct sek_flow *f = &c->down;

	while (c->stage == SEK_STAGE_ANSWER) {
		static struct sek_response r; /* large; used only in here */
		size_t head = sek_head_length(f->bytes + f->at, f->n - f->at);

		if (head > SEK_RESPONSE_HEAD_MAX_BYTES || (!head && f->n >= SEK_RESPONSE_HEAD_MAX_BYTES)) {
			sek_connection_answer(c, SEK_PAGE_BAD_ANSWER, "answer-too-large");
			return;
		}
		if (!head)
			return;
		/* 101 would turn the connection into something else; nobody asked for that */
		if (!sek_is_ok(sek_response_parse(f->bytes + f->at, head, &r)) || r.status == 101) {
			sek_connection_answer(c, SEK_PAGE_BAD_ANSWER, "bad-answer");
			return;
		}
		if (c->request.connect && r.status >= 200) {
			on_tunnel_answer(c, &r, head);
			return;
		}
		if (c->request.connect) /* an interim answer of the upstream is of no use to anyone */
			f->at += head;
		else
			send_answer_head(c, &r, head);
		if (c->stage == SEK_STAGE_ANSWER && !c->request.connect && r.status >= 200)
			start_relay(c);
	}
}

static bool send_request_head(struct sek_connection *c)
{
	size_t size = c->head_bytes + SEK_HEAD_ADDED_MAX_BYTES + 2 * SEK_HEADERS_MAX, n;
	char *out = malloc(size);

	if (!out || !sek_is_ok(sek_request_write(&c->request, c->e->upstream_port != 0, out, size, &n))) {
		free(out);
		sek_connection_close(c, "no-memory");
		return false;
	}
	sek_connection_send(c, (uv_stream_t *)&c->origin, out, n);
	return c->stage != SEK_STAGE_CLOSED;
}

void sek_relay_connected(struct sek_connection *c)
{
	static const char ok[] = "HTTP/1.1 200 Connection established\r\n\r\n";
	char *text;

	c->down.size = SEK_EGRESS_DOWN_BYTES;
	c->down.bytes = malloc(c->down.size);
	text = strdup(ok);
	if (!c->down.bytes || !text) {
		free(text);
		sek_connection_close(c, "no-memory");
		return;
	}
	c->up.from = c->down.to = (uv_stream_t *)&c->client;
	c->down.from = c->up.to = (uv_stream_t *)&c->origin;
	c->up.at = c->head_bytes;
	if (c->request.connect && !c->e->upstream_port) {
		sek_connection_send(c, c->down.to, text, sizeof ok - 1);
		if (c->stage != SEK_STAGE_CLOSED)
			start_relay(c);
		return;
	}
	free(text);
	if (!send_request_head(c))
		return;
	if (!cut_to_body(&c->up, c->head_bytes)) {
		sek_connection_answer(c, SEK_PAGE_MALFORMED, "malformed-body");
		return;
	}
	c->stage = SEK_STAGE_ANSWER;
	sek_connection_limit(c, SEK_EGRESS_IDLE_HTTP_MS);
	/* through an upstream the tunnel's bytes must wait for its answer; a plain request's body need not */
	if (!c->request.connect)
		pump(&c->up);
	read_on(&c->down);
}
