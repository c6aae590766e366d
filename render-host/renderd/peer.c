/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A link's life: handshake, HELLO, relay, an orderly close. What goes through the buffers is in relay.c. A link must never
 * act for a session before the certificate was verified.
 */
#include "render-host/renderd/peer_internal.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "render-host/renderd/session.h"

enum {
	HALF_OPEN_MAX = 192,       /* connections that have not sent a HELLO yet */
	HALF_OPEN_MAX_OF_ONE = 64, /* of those, from one address: a broker calls for everybody who logs in at 08:30 */
	DRAINING_MAX = 64,         /* refused connections that are given time to read why */
	HANDSHAKE_MS = 10000, HELLO_MS = 10000, CLOSE_MS = 2000,
	LOST_MS = 30000,           /* a peer that answers nothing for so long is gone */
};

static bool half_open(const struct sek_peer *l)
{
	return l->phase == PEER_HANDSHAKE || l->phase == PEER_HELLO;
}

void sek_peer_phase(struct sek_peer *l, enum sek_peer_phase phase)
{
	bool before = half_open(l);

	l->phase = phase;
	if (before && !half_open(l))
		l->host->half_open--;
}

static void unlist(struct sek_peer *l)
{
	struct sek_peer **at;

	for (at = &l->host->links; *at != l; at = &(*at)->next)
		;
	*at = l->next;
	l->host->n_links--;
}

static void on_closed(uv_handle_t *handle)
{
	struct sek_peer *l = handle->data;
	struct sek_host *h = l->host;

	if (--l->open_handles > 0)
		return;
	close(l->fd);
	unlist(l);
	sek_tls_destroy(l->tls);
	free(l);
	sek_host_settle(h);
}

static void close_handle(struct sek_peer *l, uv_handle_t *handle)
{
	if (!uv_is_closing(handle))
		uv_close(handle, on_closed);
	(void)l;
}

/* From here on the link only waits for its handles to close. */
void sek_peer_destroy(struct sek_peer *l)
{
	if (l->phase == PEER_DEAD)
		return;
	sek_peer_phase(l, PEER_DEAD);
	sek_relay_close_stream(l);
	close_handle(l, (uv_handle_t *)&l->poll);
	close_handle(l, (uv_handle_t *)&l->timer);
	close_handle(l, (uv_handle_t *)&l->again);
}

static void leave_session(struct sek_peer *l)
{
	struct sek_live *s = l->session;

	l->session = NULL;
	if (s)
		sek_live_detached(s, l, l->stream_fd < 0 && sek_relay_has_end(l));
}

void sek_peer_lost(struct sek_peer *l, const char *why)
{
	if (l->phase == PEER_DEAD)
		return;
	if (l->phase != PEER_CLOSING && l->phase != PEER_DRAINING)
		sek_log(SEK_LOG_INFO, "link.lost", "peer", l->peer, "why", why, NULL);
	leave_session(l);
	sek_peer_destroy(l);
}

/* Strangers can cause this as fast as they can connect. */
static void log_refused(struct sek_host *h, const char *peer, const char *why, int detail)
{
	static struct sek_log_gate gate;
	unsigned dropped;
	h->counts.links_refused++;
	if (sek_log_gate(&gate, &dropped))
		sek_log(SEK_LOG_WARN, "link.refused", "peer", peer, "why", why, "detail", sek_logf("%d", detail), "more",
			sek_logf("%u", dropped), NULL);
}

static void on_timeout(uv_timer_t *timer)
{
	struct sek_peer *l = timer->data;

	if (half_open(l))
		log_refused(l->host, l->peer, l->phase == PEER_HANDSHAKE ? "no TLS handshake in time" : "no HELLO in time", 0);
	leave_session(l);
	sek_peer_destroy(l);
}

static size_t draining(const struct sek_host *h)
{
	size_t n = 0;
	const struct sek_peer *l;

	for (l = h->links; l; l = l->next)
		n += l->phase == PEER_DRAINING;
	return n;
}

/* Says goodbye and reads what the peer still sends into nothing, so that our last words are not lost by a reset. Strangers
 * who are refused by the thousand do not get that time: they would take every descriptor. */
void sek_peer_drain(struct sek_peer *l)
{
	if (l->phase == PEER_DEAD || l->phase == PEER_DRAINING)
		return;
	if (half_open(l) && draining(l->host) >= DRAINING_MAX) {
		sek_peer_destroy(l);
		return;
	}
	sek_peer_phase(l, PEER_DRAINING);
	sek_relay_close_stream(l);
	shutdown(l->fd, SHUT_WR);
	uv_timer_start(&l->timer, on_timeout, CLOSE_MS, 0);
	sek_relay_update(l);
}

void sek_peer_refuse(struct sek_peer *l, const char *why)
{
	log_refused(l->host, l->peer, why, 0);
	leave_session(l);
	sek_peer_drain(l);
}

/* A HELLO may announce that RULES follows, which must be there before the browser is. It is looked at here and goes on to
 * capture like any other frame. False: it has not come yet, or the link was refused. */
static bool peek_rules(struct sek_peer *l, const struct sek_hello *hello, size_t at, size_t *ret_n)
{
	struct sek_frame frame;
	struct sek_rules rules;
	size_t total = 0;
	sek_status s;

	*ret_n = 0;
	if (!(hello->flags & SEK_HELLO_RULES))
		return true;
	s = sek_frame_whole(l->up.bytes + at, l->up.len - at, SEK_LINK_HOST, SEK_DIR_UP, &frame, &total);
	if (sek_is(s, SEK_E_AGAIN))
		return false;
	if (!sek_is_ok(s) || frame.type != SEK_MSG_RULES ||
			!sek_is_ok(sek_rules_read(l->up.bytes + at + SEK_FRAME_HEADER_BYTES, frame.payload_bytes, &rules))) {
		sek_peer_refuse(l, "the rules that were announced are none");
		return false;
	}
	*ret_n = frame.payload_bytes;
	return true;
}

static void take_document(struct sek_peer *l, const struct sek_frame *f, size_t total)
{
	struct sek_document_msg m;

	if (!sek_is_ok(sek_document_msg_read(l->up.bytes + SEK_FRAME_HEADER_BYTES, f->payload_bytes, &m))) {
		sek_peer_refuse(l, "a malformed DOCUMENT");
		return;
	}
	if (m.version_min > SEK_VERSION_MAX || m.version_max < SEK_VERSION_MIN) {
		sek_peer_refuse(l, "no common protocol version");
		return;
	}
	sek_relay_consume(&l->up, total);
	sek_peer_phase(l, PEER_RELAY);
	uv_timer_stop(&l->timer);
	l->document = true;
	sek_live_document(l->host, l, l->id, &m);
}

static void read_hello(struct sek_peer *l)
{
	struct sek_frame frame;
	struct sek_hello hello;
	size_t total = 0, rules_n = 0;
	sek_status s;

	s = sek_frame_whole(l->up.bytes, l->up.len, SEK_LINK_HOST, SEK_DIR_UP, &frame, &total);
	if (sek_is(s, SEK_E_AGAIN))
		return;
	if (sek_is_ok(s) && frame.type == SEK_MSG_DOCUMENT) {
		take_document(l, &frame, total);
		return;
	}
	if (!sek_is_ok(s) || frame.type != SEK_MSG_HELLO ||
			!sek_is_ok(sek_hello_read(l->up.bytes + SEK_FRAME_HEADER_BYTES, frame.payload_bytes, &hello))) {
		sek_peer_refuse(l, "the first message is not a HELLO");
		return;
	}
	if (hello.version_min > SEK_VERSION_MAX || hello.version_max < SEK_VERSION_MIN) {
		sek_peer_refuse(l, "no common protocol version");
		return;
	}
	if (!peek_rules(l, &hello, total, &rules_n))
		return;
	sek_relay_consume(&l->up, total);
	sek_peer_phase(l, PEER_RELAY);
	uv_timer_stop(&l->timer);
	sek_live_hello(l->host, l, l->id, l->broker, &hello, l->up.bytes + SEK_FRAME_HEADER_BYTES, rules_n);
}

void sek_peer_join(struct sek_peer *l, struct sek_live *s)
{
	l->session = s;
}

static void shake(struct sek_peer *l)
{
	sek_status s = sek_tls_handshake(l->tls);

	if (sek_is(s, SEK_E_AGAIN))
		return;
	if (!sek_is_ok(s)) {
		log_refused(l->host, l->peer, sek_tls_refusal_name(sek_tls_why(l->tls)), (int)s.detail);
		sek_peer_drain(l);
		return;
	}
	sek_tls_peer_session(l->tls, l->id, l->broker);
	sek_peer_phase(l, PEER_HELLO);
	uv_timer_start(&l->timer, on_timeout, HELLO_MS, 0);
}

/* Goes as far as it gets without waiting. */
void sek_peer_go(struct sek_peer *l)
{
	if (l->phase == PEER_HANDSHAKE)
		shake(l);
	if (l->phase == PEER_HELLO) {
		sek_relay_fill_up(l);
		if (l->phase == PEER_HELLO && sek_tls_peer_watches(l->tls))
			sek_peer_read_watch(l);
		else if (l->phase == PEER_HELLO)
			read_hello(l);
	}
	if (l->phase == PEER_RELAY || l->phase == PEER_WATCH || l->phase == PEER_CLOSING)
		sek_relay_pump(l);
	if (l->phase == PEER_DRAINING)
		sek_relay_discard(l);
	if (l->phase != PEER_DEAD)
		sek_relay_update(l);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct sek_peer *l = poll->data;

	(void)events;
	if (status < 0) {
		sek_peer_lost(l, uv_strerror(status));
		return;
	}
	sek_peer_go(l);
}

void sek_peer_set_poll(struct sek_peer *l, int events)
{
	if (events == l->poll_events || uv_is_closing((uv_handle_t *)&l->poll))
		return;
	l->poll_events = events;
	if (events)
		uv_poll_start(&l->poll, events, on_poll);
	else
		uv_poll_stop(&l->poll);
}

static size_t half_open_of(const struct sek_host *h, const char *peer)
{
	size_t n = 0, length = strcspn(peer, " ");
	const struct sek_peer *l;

	for (l = h->links; l; l = l->next)
		if (half_open(l) && strncmp(l->peer, peer, length + 1) == 0)
			n++;
	return n;
}

/* A dead network must not hold a session's link for ever: probes, and a limit for data that nobody confirms. */
static void set_socket(int fd)
{
	static const int one = 1, idle_s = 10, interval_s = 5, count = 4, lost_ms = LOST_MS;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &lost_ms, sizeof lost_ms);
}

static struct sek_peer *new_link(struct sek_host *h, int fd, const char *peer)
{
	struct sek_tls_context *context = sek_trust_context(&h->trust);
	struct sek_peer *l;

	if (!context)
		return NULL;
	l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	if (!sek_is_ok(sek_tls_create(context, fd, h->config->name, &l->tls)) || uv_poll_init(&h->loop, &l->poll, fd) != 0) {
		sek_tls_destroy(l->tls);
		free(l);
		return NULL;
	}
	l->host = h;
	l->fd = fd;
	l->stream_fd = -1;
	snprintf(l->peer, sizeof l->peer, "%s", peer);
	uv_timer_init(&h->loop, &l->timer);
	uv_idle_init(&h->loop, &l->again);
	l->poll.data = l->timer.data = l->again.data = l;
	l->open_handles = 3;
	return l;
}

void sek_peer_accept(struct sek_host *h, int fd, const char *peer)
{
	struct sek_peer *l = NULL;

	if (h->half_open >= HALF_OPEN_MAX || half_open_of(h, peer) >= HALF_OPEN_MAX_OF_ONE) {
		log_refused(h, peer, "too many unfinished connections", 0);
	} else {
		set_socket(fd);
		l = new_link(h, fd, peer);
		if (!l)
			sek_log(SEK_LOG_ERROR, "link.refused", "peer", peer, "why", "TLS cannot be used; see tls.unusable", NULL);
	}
	if (!l) {
		close(fd);
		return;
	}
	l->next = h->links;
	h->links = l;
	h->n_links++;
	h->half_open++;
	l->phase = PEER_HANDSHAKE;
	uv_timer_start(&l->timer, on_timeout, HANDSHAKE_MS, 0);
	sek_peer_go(l);
}

const char *sek_peer_address(const struct sek_peer *l)
{
	return l->peer;
}

void sek_peer_end(struct sek_peer *l, enum sek_state state)
{
	l->session = NULL;
	if (l->phase != PEER_RELAY)
		return;
	l->last_words = state;
	sek_peer_phase(l, PEER_CLOSING);
	uv_timer_start(&l->timer, on_timeout, CLOSE_MS, 0);
	sek_peer_go(l);
}

void sek_peer_document_closes(struct sek_peer *l, enum sek_document_state reason)
{
	l->session = NULL;
	sek_relay_close_stream(l);
	l->reason = reason;
	sek_peer_phase(l, PEER_CLOSING);
	uv_timer_start(&l->timer, on_timeout, CLOSE_MS, 0);
}

void sek_peer_document_over(struct sek_peer *l, enum sek_document_state reason)
{
	if (l->phase != PEER_RELAY)
		return;
	sek_peer_document_closes(l, reason);
	sek_peer_go(l);
}

void sek_peers_stop(struct sek_host *h)
{
	struct sek_peer *l, *next;

	for (l = h->links; l; l = next) {
		next = l->next;
		if (half_open(l) || l->phase == PEER_WATCH)
			sek_peer_destroy(l);
	}
}
