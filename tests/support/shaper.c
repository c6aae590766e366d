/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See shaper.h. Each direction of a connection is a ring of pieces: the newer ones wait for their turn on the line, the older
 * ones have had it and wait for their delay. A tick of a millisecond moves both borders.
 */
#include "tests/support/shaper.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum {
	PIECE_BYTES = 1448,
	PIECES = 4096,         /* of one direction of a connection: queue and delay together */
	SOCKET_BYTES = 8192,   /* of the kernel's queue in front of ours, which would not be seen */
	BURST_US = 4000,       /* what a late tick may catch up with */
};

struct piece {
	uint64_t due_us; /* once it has had its turn */
	uint32_t n, at;
	char bytes[PIECE_BYTES];
};

struct way {
	struct pipe *pipe;
	uv_tcp_t *from, *to;
	struct piece *ring;           /* PIECES */
	unsigned first, turned, n;    /* the first `turned` have had their turn, n in all */
	size_t queued;                /* bytes of the others */
	bool reading, ended, told;    /* ended: nothing more comes; told: and the other side knows */
	uv_shutdown_t shutdown;
};

struct pipe {
	struct shaper *shaper;
	struct pipe *next;
	uv_tcp_t in, out;
	uv_connect_t connect;
	struct way ways[SHAPER_WAYS];
	int open;
	bool connected, cut;
};

struct shaper {
	uv_loop_t *loop;
	uv_tcp_t listener;
	uv_timer_t tick;
	struct sockaddr_in to;
	struct shaper_line lines[SHAPER_WAYS];
	uint64_t credit[SHAPER_WAYS], ticked_us; /* credit: millionths of a byte */
	struct pipe *pipes;
	int open;
};

static uint64_t now_us(void)
{
	return uv_hrtime() / 1000;
}

/* --- coming and going --- */

/* One of the listener, the timer and the pipes has gone. */
static void release(struct shaper *s)
{
	if (--s->open == 0)
		free(s);
}

static void on_pipe_closed(uv_handle_t *handle)
{
	struct pipe *p = handle->data;

	if (--p->open)
		return;
	for (struct pipe **at = &p->shaper->pipes; *at; at = &(*at)->next)
		if (*at == p) {
			*at = p->next;
			break;
		}
	release(p->shaper);
	free(p->ways[SHAPER_UP].ring);
	free(p->ways[SHAPER_DOWN].ring);
	free(p);
}

static void cut(struct pipe *p)
{
	if (p->cut)
		return;
	p->cut = true;
	uv_close((uv_handle_t *)&p->in, on_pipe_closed);
	uv_close((uv_handle_t *)&p->out, on_pipe_closed);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct pipe *p = handle->data;
	struct way *w = &p->ways[handle == (uv_handle_t *)&p->in ? SHAPER_UP : SHAPER_DOWN];

	(void)suggested;
	*buf = uv_buf_init(w->ring[(w->first + w->n) % PIECES].bytes, PIECE_BYTES);
}

static void settle(struct way *w, struct shaper_line *line);

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct pipe *p = stream->data;
	bool up = stream == (uv_stream_t *)&p->in;
	struct way *w = &p->ways[up ? SHAPER_UP : SHAPER_DOWN];

	(void)buf;
	if (n == 0)
		return;
	if (n == UV_EOF) {
		w->ended = true;
		uv_read_stop(stream);
		return;
	}
	if (n < 0) {
		cut(p);
		return;
	}
	w->ring[(w->first + w->n) % PIECES].n = (uint32_t)n;
	w->ring[(w->first + w->n) % PIECES].at = 0;
	w->n++;
	w->queued += (size_t)n;
	settle(w, &p->shaper->lines[up ? SHAPER_UP : SHAPER_DOWN]);
}

/* Reads while there is room. */
static void settle(struct way *w, struct shaper_line *line)
{
	bool want = w->pipe->connected && !w->pipe->cut && !w->ended && w->queued < line->queue_bytes && w->n < PIECES;

	if (want && !w->reading)
		uv_read_start((uv_stream_t *)w->from, on_alloc, on_read);
	else if (!want && w->reading)
		uv_read_stop((uv_stream_t *)w->from);
	w->reading = want;
}

static void on_connected(uv_connect_t *connect, int status)
{
	struct pipe *p = connect->data;

	p->connected = status == 0;
	if (status < 0)
		cut(p);
}

static void small_socket(uv_tcp_t *tcp)
{
	int fd, size = SOCKET_BYTES;

	if (uv_fileno((uv_handle_t *)tcp, &fd) == 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	uv_tcp_nodelay(tcp, 1);
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct shaper *s = listener->data;
	struct pipe *p = status == 0 ? calloc(1, sizeof *p) : NULL;

	if (!p)
		return;
	p->shaper = s;
	s->open++;
	p->open = 2;
	p->next = s->pipes;
	s->pipes = p;
	for (int i = 0; i < SHAPER_WAYS; i++) {
		p->ways[i].pipe = p;
		p->ways[i].from = i == SHAPER_UP ? &p->in : &p->out;
		p->ways[i].to = i == SHAPER_UP ? &p->out : &p->in;
		p->ways[i].ring = calloc(PIECES, sizeof *p->ways[i].ring);
	}
	uv_tcp_init(s->loop, &p->in);
	uv_tcp_init_ex(s->loop, &p->out, AF_INET);
	p->in.data = p->out.data = p->connect.data = p;
	small_socket(&p->out);
	if (uv_accept(listener, (uv_stream_t *)&p->in) < 0 || !p->ways[0].ring || !p->ways[1].ring ||
	    uv_tcp_connect(&p->connect, &p->out, (const struct sockaddr *)&s->to, on_connected) < 0)
		cut(p);
	else
		small_socket(&p->in);
}

/* --- the line --- */

/* The next in turn leave the queue, as far as the line's credit goes. */
static void take_turns(struct way *w, struct shaper_line *line, uint64_t *credit, uint64_t now)
{
	while (w->turned < w->n) {
		struct piece *p = &w->ring[(w->first + w->turned) % PIECES];

		if (line->bytes_per_s == 0 || *credit < (uint64_t)p->n * 1000000)
			return;
		*credit -= (uint64_t)p->n * 1000000;
		p->due_us = now + line->delay_us;
		w->queued -= p->n;
		w->turned++;
	}
}

static void deliver(struct way *w, struct shaper_line *line, uint64_t now)
{
	while (w->turned > 0 && !w->pipe->cut) {
		struct piece *p = &w->ring[w->first];
		uv_buf_t buf = uv_buf_init(p->bytes + p->at, p->n - p->at);
		int n = p->due_us <= now ? uv_try_write((uv_stream_t *)w->to, &buf, 1) : UV_EAGAIN;

		if (n == UV_EAGAIN)
			return;
		if (n < 0) {
			cut(w->pipe);
			return;
		}
		p->at += (uint32_t)n;
		line->passed += (uint64_t)n;
		if (p->at < p->n)
			return;
		w->first = (w->first + 1) % PIECES;
		w->turned--;
		w->n--;
	}
	if (w->ended && w->n == 0 && !w->told && !w->pipe->cut) {
		w->told = true;
		if (uv_shutdown(&w->shutdown, (uv_stream_t *)w->to, NULL) < 0 || w->pipe->ways[w == w->pipe->ways].told)
			cut(w->pipe);
	}
}

static uint64_t unread(const uv_tcp_t *tcp)
{
	int fd, n = 0;

	if (uv_fileno((const uv_handle_t *)tcp, &fd) < 0 || ioctl(fd, FIONREAD, &n) < 0)
		return 0;
	return (uint64_t)n;
}

static void on_tick(uv_timer_t *timer)
{
	struct shaper *s = timer->data;
	uint64_t now = now_us(), passed = now - s->ticked_us;

	s->ticked_us = now;
	for (int i = 0; i < SHAPER_WAYS; i++) {
		struct shaper_line *line = &s->lines[i];
		uint64_t waiting = 0, most = line->bytes_per_s * BURST_US + (uint64_t)PIECE_BYTES * 1000000;

		s->credit[i] += line->bytes_per_s * passed;
		for (struct pipe *p = s->pipes; p; p = p->next) {
			struct way *w = &p->ways[i];

			if (!p->connected || p->cut)
				continue;
			take_turns(w, line, &s->credit[i], now);
			waiting += w->queued + unread(w->from);
			deliver(w, line, now);
			settle(w, line);
		}
		/* a line that had nothing to do does not save it up */
		s->credit[i] = s->credit[i] < most ? s->credit[i] : most;
		line->waiting = waiting;
		if (waiting > line->most)
			line->most = waiting;
	}
}

struct shaper *shaper_open(uv_loop_t *loop, const char *listen, const char *address, uint16_t port, uint64_t bytes_per_s,
	uint16_t *ret_port)
{
	struct shaper *s = calloc(1, sizeof *s);
	struct sockaddr_in here;
	int size = sizeof here;

	if (!s)
		return NULL;
	s->loop = loop;
	for (int i = 0; i < SHAPER_WAYS; i++) {
		s->lines[i].bytes_per_s = bytes_per_s;
		s->lines[i].queue_bytes = 262144;
	}
	uv_tcp_init(loop, &s->listener);
	uv_timer_init(loop, &s->tick);
	s->listener.data = s->tick.data = s;
	s->open = 2;
	s->ticked_us = now_us();
	if (uv_ip4_addr(listen, 0, &here) < 0 || uv_ip4_addr(address, port, &s->to) < 0 ||
	    uv_tcp_bind(&s->listener, (const struct sockaddr *)&here, 0) < 0 ||
	    uv_listen((uv_stream_t *)&s->listener, 16, on_connection) < 0 ||
	    uv_tcp_getsockname(&s->listener, (struct sockaddr *)&here, &size) < 0 || uv_timer_start(&s->tick, on_tick, 1, 1) < 0) {
		shaper_close(s);
		return NULL;
	}
	*ret_port = ntohs(here.sin_port);
	return s;
}

struct shaper_line *shaper_line(struct shaper *s, enum shaper_way way)
{
	return &s->lines[way];
}

static void on_shaper_closed(uv_handle_t *handle)
{
	release(handle->data);
}

void shaper_close(struct shaper *s)
{
	for (struct pipe *p = s->pipes; p; p = p->next)
		cut(p);
	uv_close((uv_handle_t *)&s->listener, on_shaper_closed);
	uv_close((uv_handle_t *)&s->tick, on_shaper_closed);
}
