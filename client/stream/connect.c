/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The way to the stream over libwebsockets: the log-in's requests (login.c), POST /api/session, then the WebSocket (docs/api.md).
 */
#include "client/stream/stream_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_PROTOCOL "sekisho.1"

enum { ANSWER_LIMIT_S = 60 };

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

static const struct lws_protocols protocols[] = {
	{ "http", on_lws, 0, 0, 0, NULL, 0 },
	{ STREAM_PROTOCOL, on_lws, 0, 65536, 0, NULL, 0 },
	{ STREAM_DOOR_PROTOCOL, sek_door_on_lws, 0, 0, 0, NULL, 0 },
	{ NULL, NULL, 0, 0, 0, NULL, 0 },
};

struct sek_stream_context *sek_stream_context_create(uv_loop_t *loop, const char *ca_path)
{
	return sek_stream_context_create_with(loop, &(struct sek_stream_tls){ .ca_path = ca_path });
}

struct sek_stream_context *sek_stream_context_create_with(uv_loop_t *loop, const struct sek_stream_tls *tls)
{
	struct sek_stream_context *c = calloc(1, sizeof *c);
	struct lws_context_creation_info info = { 0 };

	if (!c)
		return NULL;
	lws_set_log_level(LLL_ERR, NULL);
	c->loops[0] = loop;
	info.port = CONTEXT_PORT_NO_LISTEN;
	info.protocols = protocols;
	info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
		LWS_SERVER_OPTION_JUST_USE_RAW_ORIGIN |
		LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS; /* or else every CA of the machine would do, too */
	info.foreign_loops = c->loops;
	info.connect_timeout_secs = ANSWER_LIMIT_S; /* lws gives up after five; a browser waits, and a broker in a rush needs it to */
	info.timeout_secs = ANSWER_LIMIT_S;
	info.client_ssl_ca_filepath = tls->ca_path;
	info.user = c;
	c->tls = *tls;
	c->lws = lws_create_context(&info);
	if (c->lws && !c->refused)
		return c;
	sek_stream_context_destroy(c);
	return NULL;
}

void sek_stream_context_destroy(struct sek_stream_context *c)
{
	if (!c)
		return;
	if (c->lws)
		lws_context_destroy(c->lws);
	free(c);
}

static struct lws *connect_to(struct sek_stream *s, const char *path, const char *method, const char *ws_protocols)
{
	struct lws_client_connect_info i = { 0 };

	i.context = s->context->lws;
	i.address = s->config.address;
	i.port = s->config.port;
	i.path = path;
	i.host = s->config.origin + strlen("https://");
	i.origin = s->config.origin;
	i.ssl_connection = LCCSCF_USE_SSL;
	i.alpn = "http/1.1";
	i.method = method;
	i.protocol = ws_protocols;
	i.local_protocol_name = ws_protocols ? STREAM_PROTOCOL : "http";
	i.iface = s->config.from;
	i.opaque_user_data = s;
	return lws_client_connect_via_info(&i);
}

bool sek_stream_request(struct sek_stream *s, enum stream_step step, const char *path, json_t *body)
{
	char *text = body ? json_dumps(body, JSON_COMPACT) : strdup("");
	bool fits = text && strlen(text) < sizeof s->request, is_post = body != NULL;

	json_decref(body);
	if (fits) {
		s->request_len = strlen(text);
		memcpy(s->request, text, s->request_len);
		s->step = step;
		s->answer_len = 0;
		s->http_status = 0;
		s->http = connect_to(s, path, is_post ? "POST" : "GET", NULL);
	}
	free(text);
	return fits && s->http;
}

void sek_stream_disconnect(struct sek_stream *s)
{
	struct lws *each[] = { s->http, s->ws };

	for (size_t i = 0; i < 2; i++) {
		if (!each[i])
			continue;
		lws_set_opaque_user_data(each[i], NULL); /* its last callbacks find no stream any more */
		lws_set_timeout(each[i], PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	}
	s->http = s->ws = NULL;
	free(s->message);
	s->message = NULL;
}

/* Of "__Host-sekisho=VALUE; Path=/; ..." the first part goes back to the server. */
static void keep_cookie(struct sek_stream *s, struct lws *wsi)
{
	char line[512];

	if (lws_hdr_copy(wsi, line, sizeof line, WSI_TOKEN_HTTP_SET_COOKIE) <= 0)
		return;
	line[strcspn(line, ";")] = 0;
	snprintf(s->cookie, sizeof s->cookie, "%.*s", (int)sizeof s->cookie - 1, line);
}

static bool add_header(struct lws *wsi, const char *name, const char *value, uint8_t **p, uint8_t *end)
{
	return !lws_add_http_header_by_name(wsi, (const uint8_t *)name, (const uint8_t *)value, (int)strlen(value), p, end);
}

static int add_headers(struct sek_stream *s, struct lws *wsi, uint8_t **p, uint8_t *end)
{
	char length[24];

	if (s->cookie[0] && !add_header(wsi, "cookie:", s->cookie, p, end))
		return -1;
	if (s->request_len == 0 || s->step == STEP_STREAM)
		return 0;
	snprintf(length, sizeof length, "%zu", s->request_len);
	if (!add_header(wsi, "content-type:", "application/json", p, end) ||
		!add_header(wsi, "content-length:", length, p, end))
		return -1;
	lws_client_http_body_pending(wsi, 1);
	lws_callback_on_writable(wsi);
	return 0;
}

static int send_body(struct sek_stream *s, struct lws *wsi)
{
	uint8_t memory[LWS_PRE + STREAM_BODY_BYTES];

	memcpy(memory + LWS_PRE, s->request, s->request_len);
	lws_client_http_body_pending(wsi, 0);
	if (lws_write(wsi, memory + LWS_PRE, s->request_len, LWS_WRITE_HTTP_FINAL) < (int)s->request_len)
		return -1;
	return 0;
}

static void keep_error(struct sek_stream *s)
{
	json_t *root = json_loadb(s->answer, s->answer_len, 0, NULL);
	const char *word = json_string_value(json_object_get(root, "error"));

	if (word)
		snprintf(s->error, sizeof s->error, "%s", word);
	json_decref(root);
}

static void request_failed(struct sek_stream *s)
{
	enum sek_stream_failure why = SEK_STREAM_CONNECT;

	keep_error(s);
	if (s->step == STEP_STREAM)
		why = SEK_STREAM_UPGRADE;
	else if (s->http_status)
		why = s->step < STEP_SESSION ? SEK_STREAM_LOGIN : SEK_STREAM_SESSION;
	sek_stream_fail(s, why);
}

static bool keep_token(struct sek_stream *s)
{
	json_t *root = json_loadb(s->answer, s->answer_len, 0, NULL);
	const char *token = json_string_value(json_object_get(root, "token"));
	bool ok = token && strlen(token) < sizeof s->token;

	if (ok)
		snprintf(s->token, sizeof s->token, "%s", token);
	json_decref(root);
	return ok;
}

bool sek_stream_upgrade(struct sek_stream *s)
{
	s->step = STEP_STREAM;
	snprintf(s->protocols, sizeof s->protocols, STREAM_PROTOCOL ", token.%s", s->token);
	s->http = connect_to(s, "/stream", NULL, s->protocols);
	return s->http != NULL;
}

static void request_done(struct sek_stream *s)
{
	enum sek_stream_failure why = SEK_STREAM_OK;
	bool ok = false;

	s->http = NULL;
	if (s->step < STEP_SESSION)
		ok = sek_stream_login_next(s, &why);
	else if (s->http_status == 200 && s->step == STEP_SESSION && keep_token(s))
		ok = sek_stream_upgrade(s);
	if (!ok && why != SEK_STREAM_OK) {
		keep_error(s);
		sek_stream_fail(s, why);
	}
	if (!ok && why == SEK_STREAM_OK)
		request_failed(s);
}

static int receive_message(struct sek_stream *s, struct lws *wsi, const uint8_t *in, size_t len)
{
	if (!s->message)
		s->message = malloc(SEK_FRAME_HEADER_BYTES + SEK_UPDATE_MAX_BYTES);
	if (!s->message || !lws_frame_is_binary(wsi) ||
		len > SEK_FRAME_HEADER_BYTES + SEK_UPDATE_MAX_BYTES - s->message_len)
		return -1;
	memcpy(s->message + s->message_len, in, len);
	s->message_len += len;
	if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi))
		return 0;
	len = s->message_len;
	s->message_len = 0;
	return sek_is_ok(sek_stream_take(s, s->message, len)) ? 0 : -1;
}

/* Sends the first waiting frame as one message. */
static int send_frame(struct sek_stream *s, struct lws *wsi)
{
	uint8_t memory[LWS_PRE + SEK_FRAME_HEADER_BYTES + SEK_TEXT_MAX_BYTES];
	struct sek_frame frame;
	size_t total;

	if (!sek_is_ok(sek_frame_whole(s->out, s->out_len, SEK_LINK_CLIENT, SEK_DIR_UP, &frame, &total)))
		return 0;
	if (total > sizeof memory - LWS_PRE)
		return -1;
	memcpy(memory + LWS_PRE, s->out, total);
	if (lws_write(wsi, memory + LWS_PRE, total, LWS_WRITE_BINARY) < (int)total)
		return -1;
	memmove(s->out, s->out + total, s->out_len - total);
	s->out_len -= total;
	if (s->out_len)
		lws_callback_on_writable(wsi);
	return 0;
}

static int on_http(struct sek_stream *s, struct lws *wsi, enum lws_callback_reasons reason, void *in, size_t len)
{
	char memory[LWS_PRE + 2048], *p = memory + LWS_PRE;
	int n = sizeof memory - LWS_PRE;

	switch ((int)reason) {
	case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
		s->http_status = (int)lws_http_client_http_response(wsi);
		if (s->step <= STEP_CODE && s->http_status == 200)
			keep_cookie(s, wsi);
		return 0;
	case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
		return lws_http_client_read(wsi, &p, &n) < 0 ? -1 : 0;
	case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
		if (len > sizeof s->answer - s->answer_len)
			return -1;
		memcpy(s->answer + s->answer_len, in, len);
		s->answer_len += len;
		return 0;
	case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
		return send_body(s, wsi);
	case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
		lws_set_opaque_user_data(wsi, NULL);
		request_done(s);
		return 0;
	default:
		s->http = NULL; /* closed before it was completed */
		request_failed(s);
		return 0;
	}
}

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct sek_stream *s = wsi ? lws_get_opaque_user_data(wsi) : NULL;

	if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_CLIENT_VERIFY_CERTS)
		return sek_stream_tls_prepare(user, lws_context_user(lws_get_context(wsi)));
	if (!s)
		return 0;
	switch ((int)reason) {
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		return add_headers(s, wsi, (uint8_t **)in, *(uint8_t **)in + len);
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		s->http = NULL;
		request_failed(s);
		return 0;
	case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
	case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
	case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
	case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
	case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
	case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
		return on_http(s, wsi, reason, in, len);
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		s->http = NULL;
		s->ws = wsi;
		lws_callback_on_writable(wsi);
		return 0;
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return send_frame(s, wsi);
	case LWS_CALLBACK_CLIENT_RECEIVE:
		if (receive_message(s, wsi, in, len) == 0)
			return 0;
		sek_stream_fail(s, SEK_STREAM_PROTOCOL);
		return -1;
	case LWS_CALLBACK_CLIENT_CLOSED:
		s->ws = NULL;
		sek_stream_fail(s, SEK_STREAM_CLOSED);
		return 0;
	default:
		return 0;
	}
}
