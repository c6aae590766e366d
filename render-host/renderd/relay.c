/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Bytes between TLS and capture's stream. Two buffers of fixed size; a side is read only while its buffer has room, so a
 * slow reader stops a fast writer and nothing grows.
 */
#include "render-host/renderd/peer_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "render-host/renderd/session.h"

enum {
	ROUNDS = 16,            /* of 64 KiB, then other links have their turn */
	FRAME_BYTES = 64,
	RECORD_MAX_BYTES = 16384,
	STREAM_GONE_MS = 1500,  /* until then the session's end, if it is one, has come by its own way */
};

/* The poll handle of a stream: lives until libuv has closed it, which may be after its link. */
struct sek_stream_poll {
	uv_poll_t poll;
	struct sek_peer *link; /* NULL: closing */
	int fd, events;
};

void sek_relay_consume(struct sek_relay_buffer *b, size_t n)
{
	memmove(b->bytes, b->bytes + n, b->len - n);
	b->len -= n;
}

static void on_stream_closed(uv_handle_t *handle)
{
	struct sek_stream_poll *p = handle->data;

	close(p->fd);
	free(p);
}

void sek_relay_close_stream(struct sek_peer *l)
{
	if (!l->stream_poll)
		return;
	l->stream_poll->link = NULL;
	uv_close((uv_handle_t *)&l->stream_poll->poll, on_stream_closed);
	/* capture must see the end now, not when libuv gets to it */
	shutdown(l->stream_fd, SHUT_RDWR);
	l->stream_poll = NULL;
	l->stream_fd = -1;
	l->stream_ended = true;
}

static void on_stream(uv_poll_t *poll, int status, int events)
{
	struct sek_stream_poll *p = poll->data;

	(void)status; /* an error is met again by the next read */
	(void)events;
	if (p->link)
		sek_peer_go(p->link);
}

void sek_peer_stream(struct sek_peer *l, int fd)
{
	struct sek_stream_poll *p = calloc(1, sizeof *p);

	if (!p || uv_poll_init(&l->host->loop, &p->poll, fd) != 0) {
		free(p);
		close(fd);
		sek_peer_refuse(l, "out of memory");
		return;
	}
	p->poll.data = p;
	p->link = l;
	p->fd = fd;
	l->stream_poll = p;
	l->stream_fd = fd;
	l->stream_ended = false;
	sek_peer_go(l);
}

static bool read_tls(struct sek_peer *l)
{
	size_t n = 0;
	sek_status s;

	if (l->up.len == SEK_RELAY_BYTES)
		return false;
	s = sek_tls_read(l->tls, l->up.bytes + l->up.len, SEK_RELAY_BYTES - l->up.len, &n);
	if (sek_is_ok(s)) {
		l->up.len += n;
		return true;
	}
	if (sek_is(s, SEK_E_AGAIN))
		return false;
	sek_peer_lost(l, sek_is(s, SEK_E_CLOSED) ? "closed by the broker" : sek_is(s, SEK_E_DENIED) ?
		"refused by the broker" : "connection broken");
	return false;
}

void sek_relay_fill_up(struct sek_peer *l)
{
	while (read_tls(l))
		;
}

static bool write_stream(struct sek_peer *l)
{
	ssize_t n;

	if (l->stream_fd < 0 || l->up.len == 0)
		return false;
	n = send(l->stream_fd, l->up.bytes, l->up.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0) {
		sek_relay_consume(&l->up, (size_t)n);
		return true;
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		l->up.len = 0; /* capture has closed: what it wrote before is still read */
	return false;
}

static bool read_stream(struct sek_peer *l)
{
	ssize_t n;

	if (l->stream_fd < 0 || l->stream_ended || l->down.len >= SEK_RELAY_BYTES)
		return false;
	n = recv(l->stream_fd, l->down.bytes + l->down.len, SEK_RELAY_BYTES - l->down.len, MSG_DONTWAIT);
	if (n > 0) {
		if (!sek_is_ok(sek_track_feed(&l->track, l->down.bytes + l->down.len, (size_t)n))) {
			sek_peer_refuse(l, "capture broke the grammar");
			return false;
		}
		l->down.len += (size_t)n;
		return true;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	l->stream_ended = true;
	return true;
}

static bool write_tls(struct sek_peer *l)
{
	size_t n = 0;
	sek_status s;

	if (l->down.len == 0)
		return false;
	s = sek_tls_write(l->tls, l->down.bytes, l->down.len, &n);
	if (sek_is_ok(s)) {
		sek_relay_consume(&l->down, n);
		l->write_waits = false;
		l->attempted = 0;
		return true;
	}
	if (sek_is(s, SEK_E_AGAIN)) {
		/* the library has sealed up to one record of these bytes; it expects to be given them again */
		if (!l->write_waits)
			l->attempted = l->down.len < RECORD_MAX_BYTES ? l->down.len : RECORD_MAX_BYTES;
		l->write_waits = true;
		return false;
	}
	sek_peer_lost(l, sek_is(s, SEK_E_DENIED) ? "refused by the broker" : "connection broken");
	return false;
}

void sek_relay_append(struct sek_peer *l, const struct sek_writer *w)
{
	SEK_ASSERT(!w->failed && l->down.len + w->len <= sizeof l->down.bytes);
	memcpy(l->down.bytes + l->down.len, w->start, w->len);
	l->down.len += w->len;
}

void sek_peer_welcome(struct sek_peer *l, const uint8_t session[SEK_SESSION_ID_BYTES], uint16_t max_width_px,
	uint16_t max_height_px)
{
	struct sek_welcome m = { .version = SEK_VERSION_MAX, .max_width_px = max_width_px, .max_height_px = max_height_px };
	uint8_t memory[FRAME_BYTES];
	struct sek_writer w;

	memcpy(m.session, session, sizeof m.session);
	sek_writer_init(&w, memory, sizeof memory);
	sek_welcome_write(&w, &m);
	sek_relay_append(l, &w);
}

void sek_peer_say(struct sek_peer *l, enum sek_state state)
{
	struct sek_state_msg m = { .state = (uint16_t)state };
	uint8_t memory[FRAME_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_state_write(&w, &m);
	sek_relay_append(l, &w);
}

static void say_reason(struct sek_peer *l, enum sek_document_state reason)
{
	uint8_t memory[FRAME_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_pages_msg_write(&w, &(struct sek_pages_msg){ SEK_VERSION_MAX, (uint16_t)reason, 0 });
	sek_relay_append(l, &w);
}

/* The stream is over. A frame that capture could not finish is taken back, if none of it is out yet: behind half a frame
 * nothing more can be said. */
static void say_last_words(struct sek_peer *l)
{
	enum sek_state state = l->last_words;
	enum sek_document_state reason = l->reason;

	l->last_words = SEK_STATE_NONE;
	l->reason = SEK_DOCUMENT_WORKING;
	if ((state == SEK_STATE_NONE && reason == SEK_DOCUMENT_WORKING) || l->track.ended)
		return;
	if (l->track.passed > 0) {
		if (l->track.passed > l->down.len || l->down.len - l->track.passed < l->attempted)
			return;
		l->down.len -= l->track.passed;
		memset(&l->track, 0, sizeof l->track);
	}
	if (l->document)
		say_reason(l, reason);
	else
		sek_peer_say(l, state);
}

static void on_stream_gone(uv_timer_t *timer)
{
	sek_peer_refuse(timer->data, "capture has closed the stream");
}

static void end_if_done(struct sek_peer *l)
{
	if (l->stream_fd >= 0 && !l->stream_ended)
		return;
	if (l->phase == PEER_RELAY && l->document) {
		/* what renders it is gone; whether it said why, the track knows */
		if (l->session)
			sek_live_detached(l->session, l, false);
		sek_peer_document_closes(l, SEK_DOCUMENT_DIED);
	}
	if (l->phase == PEER_RELAY) {
		/* Either capture has closed this stream (another link took its place, or its peer broke the grammar), or it is
		 * dead: then the session will say why. */
		if (l->stream_ended && l->down.len == 0 && !uv_is_active((uv_handle_t *)&l->timer))
			uv_timer_start(&l->timer, on_stream_gone, STREAM_GONE_MS, 0);
		return;
	}
	say_last_words(l);
	if (l->down.len > 0)
		(void)write_tls(l);
	if (l->phase != PEER_CLOSING || l->down.len > 0)
		return;
	sek_tls_bye(l->tls);
	sek_peer_drain(l);
}

bool sek_relay_has_end(const struct sek_peer *l)
{
	const uint8_t *p = l->up.bytes;
	size_t left = l->up.len, total;
	struct sek_frame frame;

	while (sek_is_ok(sek_frame_whole(p, left, SEK_LINK_HOST, SEK_DIR_UP, &frame, &total))) {
		if (frame.type == SEK_MSG_END)
			return true;
		p += total;
		left -= total;
	}
	return false;
}

static void on_again(uv_idle_t *idle)
{
	struct sek_peer *l = idle->data;

	uv_idle_stop(idle);
	sek_peer_go(l);
}

static bool passes(const struct sek_peer *l)
{
	return l->phase == PEER_RELAY || l->phase == PEER_WATCH || l->phase == PEER_CLOSING;
}

void sek_relay_pump(struct sek_peer *l)
{
	bool moved = true;
	int round;

	for (round = 0; round < ROUNDS && moved; round++) {
		moved = false;
		if (l->phase == PEER_RELAY || l->phase == PEER_WATCH) {
			moved = read_tls(l) || moved;
			moved = write_stream(l) || moved;
		}
		if (passes(l)) {
			moved = read_stream(l) || moved;
			if (passes(l))
				moved = write_tls(l) || moved;
		}
	}
	if (l->phase == PEER_WATCH && l->up.len > 0) {
		sek_peer_refuse(l, "a watching broker has nothing to say");
		return;
	}
	if (l->phase == PEER_RELAY || l->phase == PEER_CLOSING)
		end_if_done(l);
	if (moved && l->phase != PEER_DEAD)
		uv_idle_start(&l->again, on_again);
}

void sek_relay_discard(struct sek_peer *l)
{
	uint8_t waste[4096];
	ssize_t n;

	do
		n = recv(l->fd, waste, sizeof waste, MSG_DONTWAIT);
	while (n > 0);
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		sek_peer_destroy(l);
}

void sek_relay_update(struct sek_peer *l)
{
	struct sek_stream_poll *p = l->stream_poll;
	int events = 0;

	switch (l->phase) {
	case PEER_HANDSHAKE:
		events = sek_tls_wants_write(l->tls) ? UV_WRITABLE : UV_READABLE;
		break;
	case PEER_HELLO:
	case PEER_DRAINING:
		events = UV_READABLE;
		break;
	case PEER_WATCH:
	case PEER_RELAY:
		if (l->up.len < SEK_RELAY_BYTES)
			events |= UV_READABLE;
		if (l->write_waits)
			events |= UV_WRITABLE;
		break;
	case PEER_CLOSING:
		events = l->write_waits ? UV_WRITABLE : 0;
		break;
	case PEER_DEAD:
		return;
	}
	sek_peer_set_poll(l, events);
	if (!p)
		return;
	events = 0;
	if (!l->stream_ended && l->down.len < SEK_RELAY_BYTES)
		events |= UV_READABLE;
	if (l->up.len > 0 && !l->stream_ended)
		events |= UV_WRITABLE;
	if (events == p->events)
		return;
	p->events = events;
	if (events)
		uv_poll_start(&p->poll, events, on_stream);
	else
		uv_poll_stop(&p->poll);
}
