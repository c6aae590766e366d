/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What stream.c (messages) and connect.c (libwebsockets) share. Not for others.
 */
#ifndef SEK_CLIENT_STREAM_STREAM_PRIVATE_H
#define SEK_CLIENT_STREAM_STREAM_PRIVATE_H

#include <jansson.h>
#include <libwebsockets.h>

#include "client/stream/stream.h"

enum {
	STREAM_OUT_BYTES = 512 * 1024,  /* input and acknowledgements that wait to be sent */
	STREAM_BODY_BYTES = 4096,       /* largest JSON body that is sent */
	STREAM_ANSWER_BYTES = 32768,    /* and received: the notice is two texts */
	STREAM_COOKIE_BYTES = 256,
	STREAM_TOKEN_BYTES = 128,
	STREAM_WORD_BYTES = 40,         /* of an error's name */
};

#define STREAM_DOOR_PROTOCOL "door" /* requests of door.c */

struct sek_stream_context {
	struct lws_context *lws;
	struct sek_stream_tls tls; /* its strings are the caller's */
	bool refused;              /* the client's certificate cannot be used; libwebsockets does not look at what we answer */
	void *loops[1];
};

enum stream_step { STEP_LOGIN, STEP_CODE, STEP_NOTICE, STEP_ACKNOWLEDGE, STEP_SESSION, STEP_STREAM };

struct sek_stream {
	struct sek_stream_context *context;
	struct sek_stream_config config;
	struct sek_stream_ops ops;
	void *user;
	bool over; /* `closed` was told, or need not be told */

	enum stream_step step;
	struct lws *http; /* the request under way, or NULL */
	struct lws *ws;   /* the stream, once established, or NULL */
	char request[STREAM_BODY_BYTES], answer[STREAM_ANSWER_BYTES];
	size_t request_len, answer_len;
	int http_status;
	char ticket[STREAM_TOKEN_BYTES];
	unsigned codes;   /* tried so far */
	char secret[STREAM_TOKEN_BYTES]; /* of the generator that is being set up, or "" */
	char error[STREAM_WORD_BYTES];
	char cookie[STREAM_COOKIE_BYTES], token[STREAM_TOKEN_BYTES], protocols[STREAM_TOKEN_BYTES + 32];

	uint8_t *message; /* the WebSocket message that is being received */
	size_t message_len;

	uint8_t out[STREAM_OUT_BYTES];
	size_t out_len;

	struct sek_painter *painter;        /* one of these two */
	struct sek_update_scratch *scratch;
	struct sek_picture picture;
	bool numbered, in_frame; /* a frame has come; one is not complete */
	uint32_t frame;          /* number of the newest one */
	struct sek_stream_figures figures;
};

/* stream.c: one whole WebSocket message (hostile to the client: the broker may be an impostor). */
sek_status sek_stream_take(struct sek_stream *s, const uint8_t *bytes, size_t n);
/* stream.c: tells `closed` once. */
void sek_stream_fail(struct sek_stream *s, enum sek_stream_failure why);

/* login.c */
bool sek_stream_post_login(struct sek_stream *s);
/* The answer to a step before the session is here: takes the next one. False: there is none; *ret_why is set. */
bool sek_stream_login_next(struct sek_stream *s, enum sek_stream_failure *ret_why);

/* The stream itself, for a log-in that is there. */
bool sek_stream_ask_session(struct sek_stream *s);

/* door.c */
int sek_door_on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

/* tls.c: the client's own certificate into a new SSL_CTX; sets c->refused if there should be one and it cannot be used. */
int sek_stream_tls_prepare(void *ssl_ctx, struct sek_stream_context *c);

/* connect.c */
/* Log-in and session are there (cookie, token): the WebSocket. */
bool sek_stream_upgrade(struct sek_stream *s);
/* One request; body is stolen, NULL = GET. */
bool sek_stream_request(struct sek_stream *s, enum stream_step step, const char *path, json_t *body);
void sek_stream_disconnect(struct sek_stream *s);

#endif
