/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A link's life: TLS handshake, HELLO or WATCH, frames, an orderly close. A link must never act for a session before its
 * certificate was verified.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "client/load/synthetic/host.h"

enum { GREETING_MS = 10000, CLOSE_MS = 2000 };

static void on_closed(uv_handle_t *handle)
{
	struct sek_load_link *l = handle->data;
	struct sek_load_host *h = l->host;

	if (--l->open_handles > 0)
		return;
	close(l->fd);
	sek_tls_destroy(l->tls);
	sek_play_out_finish(&l->out);
	*l->prev = l->next;
	if (l->next)
		l->next->prev = l->prev;
	h->n_links--;
	free(l);
	sek_load_host_settle(h);
}

void sek_load_link_destroy(struct sek_load_link *l)
{
	struct sek_load_session *s = l->session;

	if (l->phase == LOAD_DEAD)
		return;
	l->phase = LOAD_DEAD;
	l->session = NULL;
	if (s)
		sek_load_session_lost(s);
	uv_close((uv_handle_t *)&l->poll, on_closed);
	uv_close((uv_handle_t *)&l->timer, on_closed);
}

static void on_timeout(uv_timer_t *timer)
{
	sek_load_link_destroy(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct sek_load_link *l = poll->data;

	(void)events;
	if (status < 0)
		sek_load_link_destroy(l);
	else
		sek_load_link_go(l);
}

static void set_poll(struct sek_load_link *l)
{
	int events = UV_READABLE;

	if (l->out.end > l->out.start || (l->phase == LOAD_HANDSHAKE && sek_tls_wants_write(l->tls)))
		events |= UV_WRITABLE;
	if (events == l->poll_events)
		return;
	l->poll_events = events;
	uv_poll_start(&l->poll, events, on_poll);
}

/* --- saying --- */

void sek_load_link_say(struct sek_load_link *l, enum sek_state state)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_STATE_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_state_write(&w, &(struct sek_state_msg){ .state = (uint16_t)state });
	(void)sek_play_out_put(&l->out, memory, w.len);
}

static uint16_t or_else(uint16_t wished, uint16_t otherwise)
{
	return wished ? wished : otherwise;
}

void sek_load_link_welcome(struct sek_load_link *l, const struct sek_hello *hello)
{
	const struct sek_track *t = l->host->config->tracks[0];
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_WELCOME_MAX_BYTES];
	struct sek_welcome m = { .version = SEK_VERSION_MAX, .max_width_px = or_else(hello->max_width_px, t->width_px),
		.max_height_px = or_else(hello->max_height_px, t->height_px) };
	struct sek_writer w;

	memcpy(m.session, l->id, sizeof m.session);
	sek_writer_init(&w, memory, sizeof memory);
	sek_welcome_write(&w, &m);
	(void)sek_play_out_put(&l->out, memory, w.len);
}

void sek_load_link_end(struct sek_load_link *l, enum sek_state state)
{
	if (l->phase == LOAD_DEAD || l->phase == LOAD_CLOSING || l->phase == LOAD_DRAINING)
		return;
	l->session = NULL;
	l->phase = LOAD_CLOSING;
	if (state != SEK_STATE_NONE)
		sek_load_link_say(l, state);
	uv_timer_start(&l->timer, on_timeout, CLOSE_MS, 0);
	l->poll_events = UV_READABLE | UV_WRITABLE; /* on_poll goes on from here: the caller may still hold l */
	uv_poll_start(&l->poll, l->poll_events, on_poll);
}

/* --- doing --- */

static void shake(struct sek_load_link *l)
{
	sek_status s = sek_tls_handshake(l->tls);
	char broker[64];

	if (sek_is(s, SEK_E_AGAIN))
		return;
	if (!sek_is_ok(s)) {
		sek_log(SEK_LOG_WARN, "link.refused", "why", sek_tls_refusal_name(sek_tls_why(l->tls)), NULL);
		sek_load_link_destroy(l);
		return;
	}
	sek_tls_peer_session(l->tls, l->id, broker);
	l->phase = LOAD_HELLO;
}

/* The first frame: HELLO, or WATCH if that is what the certificate is for. */
static sek_status greet(struct sek_load_link *l, const struct sek_frame *f, const uint8_t *payload)
{
	struct sek_watch_msg watch;
	struct sek_hello hello;

	uv_timer_stop(&l->timer);
	if (sek_tls_peer_watches(l->tls)) {
		if (f->type != SEK_MSG_WATCH)
			return sek_fail(SEK_E_MALFORMED);
		SEK_TRY(sek_watch_msg_read(payload, f->payload_bytes, &watch));
		l->phase = LOAD_WATCH;
		sek_load_watch(l);
		return sek_ok();
	}
	if (f->type != SEK_MSG_HELLO)
		return sek_fail(SEK_E_MALFORMED);
	SEK_TRY(sek_hello_read(payload, f->payload_bytes, &hello));
	if (hello.version_min > SEK_VERSION_MAX || hello.version_max < SEK_VERSION_MIN)
		return sek_fail(SEK_E_MALFORMED);
	l->phase = LOAD_SESSION;
	sek_load_session_hello(l, &hello);
	return sek_ok();
}

/* SEK_E_AGAIN: all that was whole is taken. */
static sek_status take(struct sek_load_link *l)
{
	struct sek_frame f;
	size_t total;
	sek_status s;

	SEK_TRY(sek_frame_whole(l->in, l->in_n, SEK_LINK_HOST, SEK_DIR_UP, &f, &total));
	if (l->phase == LOAD_HELLO)
		s = greet(l, &f, l->in + SEK_FRAME_HEADER_BYTES);
	else if (l->phase == LOAD_SESSION)
		s = sek_load_session_take(l->session, &f, l->in + SEK_FRAME_HEADER_BYTES);
	else
		s = sek_fail(l->phase == LOAD_WATCH ? SEK_E_MALFORMED : SEK_E_AGAIN);
	memmove(l->in, l->in + total, l->in_n - total);
	l->in_n -= total;
	return s;
}

static sek_status read_all(struct sek_load_link *l)
{
	for (;;) {
		sek_status s = sek_ok();
		size_t n;

		while (sek_is_ok(s) && l->phase != LOAD_CLOSING && l->phase != LOAD_DRAINING && l->phase != LOAD_DEAD)
			s = take(l);
		if (!sek_is_ok(s) && !sek_is(s, SEK_E_AGAIN))
			return s;
		if (l->phase == LOAD_DEAD)
			return sek_ok();
		if (l->phase == LOAD_CLOSING || l->phase == LOAD_DRAINING)
			l->in_n = 0; /* nobody listens any more */
		if (l->in_n == sizeof l->in)
			return sek_fail(SEK_E_MALFORMED);
		SEK_TRY(sek_tls_read(l->tls, l->in + l->in_n, sizeof l->in - l->in_n, &n));
		l->in_n += n;
	}
}

static sek_status write_all(struct sek_load_link *l)
{
	while (l->out.end > l->out.start) {
		size_t n;

		SEK_TRY(sek_tls_write(l->tls, l->out.bytes + l->out.start, l->out.end - l->out.start, &n));
		l->host->bytes += n;
		sek_play_out_taken(&l->out, n);
	}
	return sek_ok();
}

/* False: the link is over. */
static bool goes_on(struct sek_load_link *l, sek_status s)
{
	if (sek_is_ok(s) || sek_is(s, SEK_E_AGAIN))
		return l->phase != LOAD_DEAD;
	if (sek_is(s, SEK_E_MALFORMED))
		sek_log(SEK_LOG_WARN, "link.refused", "why", "a message breaks the grammar", NULL);
	sek_load_link_destroy(l);
	return false;
}

static void close_when_written(struct sek_load_link *l)
{
	if (l->phase != LOAD_CLOSING || l->out.end > l->out.start)
		return;
	sek_tls_bye(l->tls);
	shutdown(l->fd, SHUT_WR);
	l->phase = LOAD_DRAINING; /* our last words are not lost by a reset */
}

void sek_load_link_go(struct sek_load_link *l)
{
	sek_status s;

	if (l->phase == LOAD_HANDSHAKE)
		shake(l);
	if (l->phase == LOAD_DEAD)
		return;
	if (l->phase != LOAD_HANDSHAKE) {
		s = read_all(l);
		if (!goes_on(l, s))
			return;
		if (!goes_on(l, write_all(l)))
			return;
		/* one frame after the other, as long as the socket takes them */
		for (unsigned i = 0; i < SEK_PLAY_IN_FLIGHT && l->phase == LOAD_SESSION && l->session; i++) {
			sek_load_session_play(l->session);
			if (l->phase != LOAD_SESSION || l->out.end == l->out.start)
				break;
			if (!goes_on(l, write_all(l)))
				return;
		}
		close_when_written(l);
	}
	set_poll(l);
}

void sek_load_link_accept(struct sek_load_host *h, int fd)
{
	static const int one = 1;
	struct sek_load_link *l = calloc(1, sizeof *l);

	if (l && sek_is_ok(sek_tls_create(h->tls, fd, h->config->name, &l->tls)) && uv_poll_init(&h->loop, &l->poll, fd) == 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		uv_timer_init(&h->loop, &l->timer);
		l->host = h;
		l->fd = fd;
		l->poll.data = l->timer.data = l;
		l->open_handles = 2;
		l->next = h->links;
		l->prev = &h->links;
		if (l->next)
			l->next->prev = &l->next;
		h->links = l;
		h->n_links++;
		uv_timer_start(&l->timer, on_timeout, GREETING_MS, 0);
		sek_load_link_go(l);
		return;
	}
	if (l)
		sek_tls_destroy(l->tls);
	free(l);
	close(fd);
}
