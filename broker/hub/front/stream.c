/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The stream: the WebSocket between a client and its session. Everything that could refuse it is looked at before the
 * upgrade. One binary message is one frame; frames are queued here, within a bound, and nowhere else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <sodium.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/front/private.h"

struct message {
	struct message *next;
	size_t n;
	unsigned char bytes[]; /* LWS_PRE, then the frame */
};

/* --- the upgrade --- */

static int refuse(struct conn *c, int status, const char *word, const char *why)
{
	c->front->counts.refused_upgrades++;
	sek_log(SEK_LOG_WARN, "stream.refused", "why", why, "address", c->address, "origin", c->request.origin, NULL);
	sek_respond_no_upgrade(c, status, word);
	return 1;
}

static void header(struct lws *wsi, enum lws_token_indexes token, char *ret, size_t size)
{
	if (lws_hdr_copy(wsi, ret, (int)size, token) < 0)
		ret[0] = '\0';
}

/* RFC 6455, 4.2.1: what a client's opening handshake must say. lws checks less. */
static bool is_handshake(struct lws *wsi)
{
	char text[64];

	header(wsi, WSI_TOKEN_UPGRADE, text, sizeof text);
	if (strcasecmp(text, "websocket") != 0)
		return false;
	header(wsi, WSI_TOKEN_CONNECTION, text, sizeof text);
	if (!sek_list_has(text, "upgrade"))
		return false;
	header(wsi, WSI_TOKEN_VERSION, text, sizeof text);
	if (strcmp(text, "13") != 0)
		return false;
	header(wsi, WSI_TOKEN_KEY, text, sizeof text);
	return strlen(text) == 24 && lws_hdr_total_length(wsi, WSI_TOKEN_HOST) > 0 &&
		lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_URI_ARGS) == 0;
}

/* As far as this broker can tell; the store has the last word (sek_stream_established). */
static int allow(struct conn *c, const char token[SEK_TOKEN_BYTES])
{
	struct stream *s = calloc(1, sizeof *s);

	if (!s)
		return refuse(c, 500, "internal", "no-memory");
	s->pending = true;
	memcpy(s->token, token, sizeof s->token);
	c->stream = s;
	c->front->n_streams++;
	return 0;
}

int sek_stream_confirm(struct conn *c)
{
	struct sek_front *f = c->front;
	struct sek_request *r = &c->request;
	char list[160], token[SEK_TOKEN_BYTES], *path = NULL;
	const struct sek_login *l = NULL;
	enum sek_token_answer answer;
	bool elsewhere = false; /* the cookie may be of a log-in at another broker */
	int n = 0;

	/* lws also asks about upgrades that it has refused already: then the header is gone. And never h2c. */
	if (c->stream || lws_hdr_total_length(c->wsi, WSI_TOKEN_UPGRADE) <= 0 ||
			lws_http_get_uri_and_method(c->wsi, &path, &n) < 0 || !path)
		return -1;
	sek_request_read(c->wsi, path, (size_t)n, r);
	f->counts.requests++;
	if (r->oversize || r->method != SEK_METHOD_GET || strcmp(r->path, "/stream") != 0 || r->has_length ||
			r->has_encoding || !is_handshake(c->wsi))
		return refuse(c, 400, "bad-request", "handshake");
	if (f->refusing || f->n_streams >= SEK_FRONT_STREAMS_MAX)
		return refuse(c, 503, "full", "full");
	if (!sek_origin_allowed(r->origin, f->config.origins, f->config.n_origins))
		return refuse(c, 403, "origin", "origin");
	if (!r->bad_cookie && r->cookie[0]) {
		l = sek_auth_check(f->auth, r->cookie, strlen(r->cookie));
		elsewhere = !l && sek_auth_wants_fetch(f->auth, r->cookie, strlen(r->cookie));
	}
	header(c->wsi, WSI_TOKEN_PROTOCOL, list, sizeof list);
	if (!sek_is_ok(sek_subprotocols_parse(list, token)))
		return l ? refuse(c, 403, "token", "no-token") : refuse(c, 401, "login-required", "no-login");
	/* used up even without a log-in: a token that somebody else has seen is worth nothing any more */
	answer = elsewhere ? SEK_TOKEN_ELSEWHERE : sek_auth_token_look(f->auth, token, strlen(token), l ? l->id : 0, c->address);
	if (!l && !elsewhere)
		n = refuse(c, 401, "login-required", "no-login");
	else if (answer != SEK_TOKEN_GOOD && answer != SEK_TOKEN_ELSEWHERE)
		n = refuse(c, 403, "token", sek_token_answer_name(answer));
	else
		n = allow(c, token);
	sodium_memzero(token, sizeof token);
	return n;
}

/* --- sending: what the session calls --- */

static void drop_queue(struct stream *s)
{
	while (s->first) {
		struct message *m = s->first;

		s->first = m->next;
		free(m);
	}
	s->last = NULL;
	s->queued = s->in_flight = 0;
}

/* The connection ends without another byte. */
static void give_up(struct conn *c, const char *why)
{
	struct stream *s = c->stream;

	if (s->broken)
		return;
	s->broken = true;
	sek_log(SEK_LOG_WARN, "stream.dropped", "why", why, "user", s->user, "address", c->address, NULL);
	drop_queue(s);
	sek_conn_deadline(c, SEK_FRONT_AT_ONCE);
}

static size_t op_queued(void *client)
{
	const struct conn *c = client;

	return c->stream->queued;
}

static void op_send(void *client, const uint8_t *frame, size_t n)
{
	struct conn *c = client;
	struct stream *s = c->stream;
	struct message *m;

	if (s->broken || s->closing)
		return;
	if (n > SEK_FRONT_QUEUE_MAX - s->queued) {
		give_up(c, "slow");
		return;
	}
	m = malloc(sizeof *m + LWS_PRE + n);
	if (!m) {
		give_up(c, "no-memory");
		return;
	}
	m->next = NULL;
	m->n = n;
	memcpy(m->bytes + LWS_PRE, frame, n);
	if (s->last)
		s->last->next = m;
	else
		s->first = m;
	s->last = m;
	s->queued += n;
	lws_callback_on_writable(c->wsi);
}

static void op_close(void *client)
{
	struct conn *c = client;
	struct stream *s = c->stream;

	s->session = NULL;
	s->closing = true;
	sek_conn_deadline(c, SEK_FRONT_CLOSE_MS);
	lws_callback_on_writable(c->wsi);
}

static const struct sek_client_ops ops = { .queued = op_queued, .send = op_send, .close = op_close };

int sek_stream_writeable(struct conn *c)
{
	struct stream *s = c->stream;
	size_t before;

	if (!s || s->broken)
		return -1;
	before = s->queued;
	s->queued -= s->in_flight; /* lws asks again only when it has passed everything on */
	s->in_flight = 0;
	while (s->first && !lws_send_pipe_choked(c->wsi)) {
		struct message *m = s->first;
		int w = lws_write(c->wsi, m->bytes + LWS_PRE, m->n, LWS_WRITE_BINARY);

		if (w < 0)
			return -1;
		c->front->counts.bytes_down += m->n;
		s->first = m->next;
		if (!s->first)
			s->last = NULL;
		if (lws_partial_buffered(c->wsi))
			s->in_flight = m->n;
		else
			s->queued -= m->n;
		free(m);
		if (s->in_flight)
			break;
	}
	if (s->queued > 0)
		lws_callback_on_writable(c->wsi);
	else if (s->closing) /* returning -1 here would cut the line without a close frame */
		sek_conn_deadline(c, SEK_FRONT_AT_ONCE);
	if (s->queued < before && s->session)
		sek_session_drained(s->session, c);
	return 0;
}

/* --- from the client --- */

/* The last word to a client that its session cannot say, then the end. */
static void say_and_close(struct conn *c, enum sek_state why)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_STATE_MAX_BYTES];
	struct sek_state_msg state = { .state = (uint16_t)why };
	struct sek_writer w;

	sek_writer_init(&w, frame, sizeof frame);
	sek_state_write(&w, &state);
	if (sek_is_ok(sek_writer_status(&w)))
		op_send(c, frame, w.len);
	op_close(c);
}

/* What the kernel holds and has not sent is queue too, and autotuning would let it grow to megabytes. Without the option
 * there is only more of it. */
static void bound_kernel_queue(struct conn *c)
{
	int most = SEK_FRONT_UNSENT_MAX;

	(void)setsockopt(lws_get_socket_fd(c->wsi), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most, sizeof most);
}

/* A message that no grammar could accept: the session hears of it as of any other malformed one, and ends. */
static int violation(struct conn *c, const char *why)
{
	struct stream *s = c->stream;

	if (s->pending) {
		s->early_bad = why;
		return 0;
	}
	sek_log(SEK_LOG_WARN, "stream.violation", "why", why, "user", s->user, "address", c->address, NULL);
	if (s->session)
		sek_session_receive(s->session, c, s->in, 0);
	if (!s->closing)
		give_up(c, why);
	return 0;
}

/* What the client has sent while its token was looked at. */
static void receive_early(struct conn *c)
{
	uint8_t *early = c->stream->early;
	size_t at = 0, n = c->stream->early_n;

	c->stream->early = NULL;
	c->stream->early_n = 0;
	while (at < n && c->stream->session) {
		size_t length = (size_t)early[at] << 8 | early[at + 1];

		sek_session_receive(c->stream->session, c, early + at + 2, length);
		at += 2 + length;
	}
	if (early)
		sodium_memzero(early, SEK_FRONT_EARLY_MAX);
	free(early);
}

static void keep_early(struct conn *c)
{
	struct stream *s = c->stream;

	_Static_assert(SEK_FRONT_MESSAGE_MAX < 65536, "two bytes of length");
	if (!s->early)
		s->early = malloc(SEK_FRONT_EARLY_MAX);
	if (!s->early || s->in_n + 2 > SEK_FRONT_EARLY_MAX - s->early_n) {
		give_up(c, "early");
		return;
	}
	s->early[s->early_n] = (uint8_t)(s->in_n >> 8);
	s->early[s->early_n + 1] = (uint8_t)s->in_n;
	memcpy(s->early + s->early_n + 2, s->in, s->in_n);
	s->early_n += 2 + s->in_n;
	s->in_n = 0;
}

static void attach(struct conn *c)
{
	struct stream *s = c->stream;
	sek_status status = sek_session_attach(c->front->sessions, s->id, s->user, &ops, c, &s->session);
	if (sek_is_ok(status)) {
		sek_log(SEK_LOG_INFO, "stream.open", "user", s->user, "address", c->address, NULL);
		receive_early(c);
		if (s->early_bad && s->session)
			(void)violation(c, s->early_bad);
		return;
	}
	sek_log(SEK_LOG_WARN, "stream.no-session", "user", s->user, "address", c->address, "why", sek_code_name(status),
		NULL);
	say_and_close(c, c->front->refusing ? SEK_STATE_BROKER_STOPPING : SEK_STATE_SESSION_GONE);
}

/* Called by auth/ from the loop, not from lws. */
static void claimed(void *user, enum sek_token_answer answer, const struct sek_login *l, const uint8_t *session)
{
	struct conn *c = user;
	struct stream *s = c->stream;

	s->claim = NULL;
	s->pending = false;
	if (s->broken || s->closing)
		return;
	if (!l || answer != SEK_TOKEN_GOOD) {
		c->front->counts.refused_upgrades++;
		sek_log(SEK_LOG_WARN, "stream.refused", "why", l ? sek_token_answer_name(answer) : "no-login", "address", c->address, "origin",
			c->request.origin, NULL);
		if (l)
			op_close(c);
		else
			say_and_close(c, SEK_STATE_ENDED_LOGIN);
		return;
	}
	sek_conn_deadline(c, 0);
	s->login = l->id;
	snprintf(s->user, sizeof s->user, "%s", l->user);
	memcpy(s->id, session, sizeof s->id);
	attach(c);
}

int sek_stream_established(struct conn *c)
{
	struct stream *s = c->stream;

	if (!s)
		return -1;
	bound_kernel_queue(c);
	s->established = true;
	sek_conn_deadline(c, SEK_FRONT_ANSWER_MS);
	s->claim = sek_auth_token_claim(c->front->auth, c->request.cookie, strlen(c->request.cookie), s->token, strlen(s->token), c->address,
		claimed, c);
	sodium_memzero(s->token, sizeof s->token);
	if (!s->claim) {
		s->pending = false;
		give_up(c, "no-memory");
	}
	return 0;
}

int sek_stream_receive(struct conn *c, const void *bytes, size_t n)
{
	struct stream *s = c->stream;

	if (!s || s->broken || s->closing || s->early_bad || (!s->session && !s->pending))
		return 0; /* on its way out: what still comes is not read */
	if (!lws_frame_is_binary(c->wsi))
		return violation(c, "text-message");
	if (n > SEK_FRONT_MESSAGE_MAX - s->in_n)
		return violation(c, "too-long");
	memcpy(s->in + s->in_n, bytes, n);
	s->in_n += n;
	if (lws_remaining_packet_payload(c->wsi) > 0 || !lws_is_final_fragment(c->wsi))
		return 0;
	if (s->pending) {
		keep_early(c);
		return 0;
	}
	n = s->in_n;
	s->in_n = 0;
	lws_validity_confirmed(c->wsi); /* it is alive: no ping needed */
	sek_session_receive(s->session, c, s->in, n);
	return 0;
}

void sek_stream_say_goodbye(struct conn *c)
{
	struct stream *s = c->stream;

	if (!s || !s->established || s->broken || s->goodbye || s->queued > 0)
		return;
	s->goodbye = true;
	lws_close_reason(c->wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
	sek_conn_deadline(c, SEK_FRONT_CLOSE_MS); /* until the client has answered it */
}

void sek_stream_closed(struct conn *c)
{
	struct stream *s = c->stream;

	if (!s)
		return;
	sek_auth_token_forget(s->claim);
	if (s->early)
		sodium_memzero(s->early, SEK_FRONT_EARLY_MAX);
	free(s->early);
	c->stream = NULL;
	c->front->n_streams--;
	if (s->session)
		sek_session_detach(s->session, c);
	if (s->established)
		sek_log(SEK_LOG_INFO, "stream.closed", "user", s->user, "address", c->address, NULL);
	drop_queue(s);
	sodium_memzero(s->in, sizeof s->in);
	free(s);
}

/* --- log-ins --- */

static void report_activity(void *user, const struct sek_session_info *info)
{
	struct sek_front *f = user;
	char hex[SEK_SESSION_ID_BYTES * 2 + 1];
	const struct conn *c;

	if (!info->attached)
		return;
	for (c = f->conns; c; c = c->next) {
		if (!c->stream || !c->stream->session)
			continue;
		sodium_bin2hex(hex, sizeof hex, c->stream->id, sizeof c->stream->id);
		if (strcmp(hex, info->id) == 0)
			sek_auth_active(f->auth, c->stream->login, info->idle_ms);
	}
}

void sek_streams_sweep(void *front)
{
	struct sek_front *f = front;

	sek_sessions_each(f->sessions, report_activity, f);
}

/* What the user is told. */
static uint16_t state_of(enum sek_login_end why)
{
	if (why == SEK_LOGIN_NEEDS)
		return SEK_STATE_ENDED_NEEDS;
	return why == SEK_LOGIN_REVOKED || why == SEK_LOGIN_DIRECTORY ? SEK_STATE_ENDED_ADMIN : SEK_STATE_ENDED_LOGIN;
}

void sek_streams_login_ended(void *front, const struct sek_login *l, enum sek_login_end why, bool last)
{
	struct sek_front *f = front;
	struct conn *c;

	if (f->review)
		sek_review_login_ended(f->review, l->id);
	/* who logs out, is disabled or has a new password is out everywhere */
	if (last || why == SEK_LOGIN_LOGOUT || why == SEK_LOGIN_REVOKED || why == SEK_LOGIN_DIRECTORY) {
		sek_sessions_end_user(f->sessions, l->user, state_of(why));
		return;
	}
	/* the user is logged in elsewhere too: only this log-in's stream ends, the session waits for the other */
	for (c = f->conns; c; c = c->next) {
		struct stream *s = c->stream;

		if (s && s->login == l->id && s->session) {
			struct sek_session *session = s->session;

			say_and_close(c, state_of(why));
			sek_session_detach(session, c);
		}
	}
}
