/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Requests of the HTTP API over libwebsockets, one after the other. Never reads more than an answer may have, and forgets
 * what was sent (it may be a password) as soon as it is sent.
 */
#include "client/stream/door.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/stream/stream_private.h"

enum {
	TIMEOUT_S = 15,
	ANSWER_BYTES = 1 << 18, /* a list of documents is the longest */
};

struct sek_door {
	struct sek_stream_context *context;
	const char *address, *origin;
	uint16_t port;
	struct lws *wsi; /* the request under way, or NULL */
	sek_door_answer_fn *told;
	void *user;
	char request[STREAM_BODY_BYTES], answer[ANSWER_BYTES], cookie[STREAM_COOKIE_BYTES];
	size_t request_len, answer_len;
	int status;
	int fd; /* where a file goes, or -1 */
	size_t room; /* bytes that it may still have */
};

struct sek_door *sek_door_create(struct sek_stream_context *c, const char *address, uint16_t port, const char *origin)
{
	struct sek_door *d = calloc(1, sizeof *d);

	if (d)
		*d = (struct sek_door){ .context = c, .address = address, .port = port, .origin = origin, .fd = -1 };
	return d;
}

static void give_up(struct sek_door *d)
{
	if (d->wsi) {
		lws_set_opaque_user_data(d->wsi, NULL); /* its last callbacks find no door any more */
		lws_set_timeout(d->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	}
	d->wsi = NULL;
	d->told = NULL;
	explicit_bzero(d->request, sizeof d->request);
	d->request_len = d->answer_len = 0;
	d->status = 0;
	d->fd = -1;
}

void sek_door_give_up(struct sek_door *d)
{
	give_up(d);
}

void sek_door_lend(struct sek_door *d, const struct sek_door *from)
{
	memcpy(d->cookie, from->cookie, sizeof d->cookie);
}

void sek_door_destroy(struct sek_door *d)
{
	if (!d)
		return;
	give_up(d);
	explicit_bzero(d, sizeof *d);
	free(d);
}

static void tell(struct sek_door *d, int status)
{
	sek_door_answer_fn *told = d->told;
	void *user = d->user;
	json_t *answer = status ? json_loadb(d->answer, d->answer_len, 0, NULL) : NULL;

	d->told = NULL;
	explicit_bzero(d->answer, d->answer_len);
	if (told)
		told(user, status, answer);
	json_decref(answer);
}

static struct lws *connect_to(struct sek_door *d, const char *path, const char *method)
{
	struct lws_client_connect_info i = { 0 };

	i.context = d->context->lws;
	i.address = d->address;
	i.port = d->port;
	i.path = path;
	i.host = d->origin + strlen("https://");
	i.origin = d->origin;
	i.ssl_connection = LCCSCF_USE_SSL;
	i.alpn = "http/1.1";
	i.method = method;
	i.local_protocol_name = STREAM_DOOR_PROTOCOL;
	i.opaque_user_data = d;
	i.pwsi = &d->wsi;
	return lws_client_connect_via_info(&i);
}

void sek_door_fetch(struct sek_door *d, const char *path, int fd, size_t most_bytes, sek_door_answer_fn *told, void *user)
{
	give_up(d);
	d->told = told;
	d->user = user;
	d->fd = fd;
	d->room = most_bytes;
	if (!connect_to(d, path, "GET") && d->told == told)
		tell(d, 0);
}

void sek_door_ask(struct sek_door *d, const char *path, json_t *body, sek_door_answer_fn *told, void *user)
{
	bool is_post = body != NULL;
	size_t n = is_post ? json_dumpb(body, NULL, 0, JSON_COMPACT) : 0;
	bool fits = n < sizeof d->request;

	give_up(d);
	d->told = told;
	d->user = user;
	if (is_post && fits)
		d->request_len = json_dumpb(body, d->request, sizeof d->request, JSON_COMPACT);
	json_decref(body);
	/* The callback of a connection that fails at once has told it already. */
	if (!fits || (!connect_to(d, path, is_post ? "POST" : "GET") && d->told == told))
		tell(d, 0);
}

const char *sek_door_cookie(const struct sek_door *d)
{
	return d->cookie;
}

/* Of "__Host-sekisho=VALUE; Path=/; ..." the first part goes back to the server. */
static void keep_cookie(struct sek_door *d, struct lws *wsi)
{
	char line[512];

	if (lws_hdr_copy(wsi, line, sizeof line, WSI_TOKEN_HTTP_SET_COOKIE) <= 0)
		return;
	line[strcspn(line, ";")] = 0;
	if (strlen(line) < sizeof d->cookie)
		snprintf(d->cookie, sizeof d->cookie, "%s", line);
}

static bool add(struct lws *wsi, const char *name, const char *value, uint8_t **p, uint8_t *end)
{
	return !lws_add_http_header_by_name(wsi, (const uint8_t *)name, (const uint8_t *)value, (int)strlen(value), p, end);
}

static int add_headers(struct sek_door *d, struct lws *wsi, uint8_t **p, uint8_t *end)
{
	char length[24];

	lws_set_timeout(wsi, PENDING_TIMEOUT_AWAITING_SERVER_RESPONSE, TIMEOUT_S);
	if (d->cookie[0] && !add(wsi, "cookie:", d->cookie, p, end))
		return -1;
	if (d->request_len == 0)
		return 0;
	snprintf(length, sizeof length, "%zu", d->request_len);
	if (!add(wsi, "content-type:", "application/json", p, end) || !add(wsi, "content-length:", length, p, end))
		return -1;
	lws_client_http_body_pending(wsi, 1);
	lws_callback_on_writable(wsi);
	return 0;
}

static int send_body(struct sek_door *d, struct lws *wsi)
{
	uint8_t memory[LWS_PRE + STREAM_BODY_BYTES];
	size_t n = d->request_len;
	bool ok;

	memcpy(memory + LWS_PRE, d->request, n);
	lws_client_http_body_pending(wsi, 0);
	ok = lws_write(wsi, memory + LWS_PRE, n, LWS_WRITE_HTTP_FINAL) >= (int)n;
	explicit_bzero(memory, sizeof memory);
	explicit_bzero(d->request, sizeof d->request);
	return ok ? 0 : -1;
}

/* A local file: it may take a moment. */
static int keep_file(struct sek_door *d, const uint8_t *in, size_t len)
{
	if (len > d->room)
		return -1;
	d->room -= len;
	while (len > 0) {
		ssize_t n = write(d->fd, in, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		in += n;
		len -= (size_t)n;
	}
	return 0;
}

static int keep_answer(struct sek_door *d, const void *in, size_t len)
{
	if (d->fd >= 0 && d->status == 200)
		return keep_file(d, in, len);
	if (len > sizeof d->answer - d->answer_len)
		return -1;
	memcpy(d->answer + d->answer_len, in, len);
	d->answer_len += len;
	return 0;
}

int sek_door_on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct sek_door *d = wsi ? lws_get_opaque_user_data(wsi) : NULL;
	char memory[LWS_PRE + 2048], *p = memory + LWS_PRE;
	int n = sizeof memory - LWS_PRE;

	(void)user;
	if (!d)
		return 0;
	switch ((int)reason) {
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		return add_headers(d, wsi, (uint8_t **)in, *(uint8_t **)in + len);
	case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
		d->status = (int)lws_http_client_http_response(wsi);
		keep_cookie(d, wsi);
		return 0;
	case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
		return lws_http_client_read(wsi, &p, &n) < 0 ? -1 : 0;
	case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
		return keep_answer(d, in, len);
	case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
		return send_body(d, wsi);
	case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
		lws_set_opaque_user_data(wsi, NULL);
		d->wsi = NULL;
		tell(d, d->status);
		return 0;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
	case LWS_CALLBACK_CLOSED_CLIENT_HTTP: /* before it was completed */
		lws_set_opaque_user_data(wsi, NULL);
		d->wsi = NULL;
		tell(d, 0);
		return 0;
	default:
		return 0;
	}
}
