/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The life of connections: who may connect, how long each may take, and which part of front/ hears what libwebsockets
 * reports. Must never let one address, or slow clients, take every place.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/hub/front/private.h"

/* One timer for all deadlines, which runs only while there are any. lws has timers of its own, but its libuv part only
 * looks at them after events of its own sockets. */
static void on_tick(uv_timer_t *timer)
{
	struct sek_front *f = timer->data;
	uint64_t now = uv_now(f->loop);
	struct conn *c, *next;
	bool more = false;

	for (c = f->conns; c; c = next) {
		next = c->next;
		if (!c->deadline_ms)
			continue;
		if (c->deadline_ms > now + SEK_FRONT_AT_ONCE) {
			more = true;
			continue;
		}
		c->deadline_ms = 0;
		sek_stream_say_goodbye(c);
		more = more || c->deadline_ms > 0;
		/* libuv closes in its next round, so c may be used until then; nobody of ours is on the stack now */
		lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
	}
	if (!more)
		uv_timer_stop(timer);
}

void sek_conn_deadline(struct conn *c, uint64_t after_ms)
{
	struct sek_front *f = c->front;

	if (f->stopping)
		return;
	c->deadline_ms = after_ms ? uv_now(f->loop) + after_ms : 0;
	if (after_ms == SEK_FRONT_AT_ONCE)
		uv_timer_start(&f->tick, on_tick, 0, SEK_FRONT_TICK_MS);
	else if (after_ms && !uv_is_active((uv_handle_t *)&f->tick))
		uv_timer_start(&f->tick, on_tick, SEK_FRONT_TICK_MS, SEK_FRONT_TICK_MS);
}

/* Neither a client that sends its next request before it has its file, nor one that has hung up, wants the rest of it. */
static bool wants_no_more(const struct conn *c)
{
	char byte;

	return recv(lws_get_socket_fd(c->wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

/* While a file is on its way lws reads nothing but still waits for readability; while reading is off for a refused client
 * it waits for writability but does nothing then. In both the loop would spin. */
static void on_between(uv_check_t *check)
{
	struct sek_front *f = check->data;
	struct conn *c;

	for (c = f->conns; c; c = c->next) {
		if (!c->watched)
			continue;
		if (c->answer.rest ? wants_no_more(c) : ++c->answer.rounds > SEK_FRONT_REFUSE_ROUNDS)
			sek_conn_deadline(c, SEK_FRONT_AT_ONCE);
	}
}

void sek_conn_watch(struct conn *c, bool watch)
{
	struct sek_front *f = c->front;

	if (watch == c->watched)
		return;
	c->watched = watch;
	f->n_watched = watch ? f->n_watched + 1 : f->n_watched - 1;
	if (f->stopping)
		return;
	if (f->n_watched > 0)
		uv_check_start(&f->between, on_between);
	else
		uv_check_stop(&f->between);
}

/* Browsers keep half a dozen connections for later requests. Where that would shut out others of their address (the users of a terminal
 * server, who all come back at once after a restart), the one that is kept longest gives way. */
static bool has_place(struct sek_front *f, const char *address)
{
	struct conn *c, *oldest = NULL;
	size_t same = 0, plain = 0;

	for (c = f->conns; c; c = c->next) {
		if (c->stream && c->stream->established)
			continue;
		plain++;
		if (strcmp(c->address, address) != 0)
			continue;
		same++;
		if (c->kept && (!oldest || c->deadline_ms < oldest->deadline_ms))
			oldest = c;
	}
	if (plain >= SEK_FRONT_CONNECTIONS_MAX)
		return false;
	if (same < SEK_FRONT_PER_ADDRESS_MAX)
		return true;
	if (!oldest || f->stopping)
		return false;
	oldest->kept = false; /* gives its place once */
	sek_conn_deadline(oldest, SEK_FRONT_AT_ONCE);
	return true;
}

/* Whether somebody of whom no byte was read yet may stay. */
static bool may_stay(struct sek_front *f, const char *address)
{
	static struct sek_log_gate gate;
	unsigned dropped;

	if (f->refusing)
		return false;
	if (has_place(f, address))
		return true;
	if (sek_log_gate(&gate, &dropped))
		sek_log(SEK_LOG_WARN, "connection.refused", "why", "too-many", "address", address, "more",
			sek_logf("%u", dropped), NULL);
	return false;
}

void sek_conn_arrived(void *front, int fd, const char *address, bool check)
{
	lws_sock_file_fd_type socket_fd = { .sockfd = fd };
	struct sek_front *f = front;
	const int on = 1;

	if (!may_stay(f, address)) {
		close(fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	/* begin() is called in it; lws closes the socket if it cannot take it */
	f->arriving = address;
	f->arriving_check = check;
	(void)lws_adopt_descriptor_vhost(f->vhost, LWS_ADOPT_HTTP | LWS_ADOPT_SOCKET | LWS_ADOPT_ALLOW_SSL, socket_fd, NULL, NULL);
	f->arriving = NULL;
}

static int begin(struct sek_front *f, struct lws *wsi)
{
	struct conn *c = f->arriving ? calloc(1, sizeof *c) : NULL;

	if (!c)
		return -1;
	c->front = f;
	c->wsi = wsi;
	c->check = f->arriving_check;
	strncpy(c->address, f->arriving, sizeof c->address - 1);
	c->next = f->conns;
	if (f->conns)
		f->conns->prev = c;
	f->conns = c;
	f->n_conns++;
	lws_set_opaque_user_data(wsi, c);
	sek_conn_deadline(c, SEK_FRONT_FIRST_REQUEST_MS);
	return 0;
}

static void end(struct conn *c)
{
	struct sek_front *f = c->front;

	sek_http_drop(c);
	sek_stream_closed(c);
	lws_set_opaque_user_data(c->wsi, NULL);
	if (c->prev)
		c->prev->next = c->next;
	else
		f->conns = c->next;
	if (c->next)
		c->next->prev = c->prev;
	f->n_conns--;
	free(c);
}

static int on_connection(struct conn *c, enum lws_callback_reasons reason, void *in, size_t len)
{
	switch ((int)reason) {
	case LWS_CALLBACK_HTTP:
		return sek_http_begin(c, in, len);
	case LWS_CALLBACK_HTTP_BODY:
		return sek_http_body(c, in, len);
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return sek_http_body_done(c);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return sek_http_writeable(c);
	case LWS_CALLBACK_CLOSED_HTTP:
		sek_http_drop(c);
		return 0;
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return sek_stream_confirm(c);
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		/* the decision fell before the upgrade; anything that comes here without it does not go on */
		return c->stream ? 0 : -1;
	case LWS_CALLBACK_ESTABLISHED:
		return sek_stream_established(c);
	case LWS_CALLBACK_RECEIVE:
		return sek_stream_receive(c, in, len);
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return sek_stream_writeable(c);
	case LWS_CALLBACK_CLOSED:
		sek_stream_closed(c);
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		end(c);
		return 0;
	default:
		return 0;
	}
}

int sek_front_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct lws_context *context = lws_get_context(wsi);
	struct sek_front *f = lws_context_user(context);
	struct conn *c;

	switch ((int)reason) {
	case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
		f->ssl_ctx = user;
		return sek_front_harden_tls(user, f->config.client_ca); /* here wsi is not a connection, and user is the SSL_CTX */
	case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
		return begin(f, wsi);
	case LWS_CALLBACK_RAW_ADOPT:
	case LWS_CALLBACK_RAW_RX:
		return -1; /* CONNECT would turn a connection into a bare pipe */
	case LWS_CALLBACK_PROTOCOL_INIT:
	case LWS_CALLBACK_PROTOCOL_DESTROY:
	case LWS_CALLBACK_WSI_CREATE:
	case LWS_CALLBACK_GET_THREAD_ID:
	case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
		return 0;
	default:
		break;
	}
	c = lws_get_opaque_user_data(wsi);
	if (!c)
		return reason == LWS_CALLBACK_WSI_DESTROY ? 0 : lws_callback_http_dummy(wsi, reason, user, in, len);
	return on_connection(c, reason, in, len);
}
