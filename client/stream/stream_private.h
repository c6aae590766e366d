/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What stream.c (messages) and connect.c (libwebsockets) share. Not for others.
 */
#ifndef SEK_CLIENT_STREAM_STREAM_PRIVATE_H
#define SEK_CLIENT_STREAM_STREAM_PRIVATE_H

#include <libwebsockets.h>

#include "client/stream/stream.h"

enum {
	STREAM_OUT_BYTES = 256 * 1024,  /* input and acknowledgements that wait to be sent */
	STREAM_BODY_BYTES = 4096,       /* largest JSON body in either direction */
	STREAM_COOKIE_BYTES = 256,
	STREAM_TOKEN_BYTES = 128,
};

enum stream_step { STEP_LOGIN, STEP_SESSION, STEP_STREAM };

struct sek_stream {
	struct sek_stream_context *context;
	struct sek_stream_config config;
	struct sek_stream_ops ops;
	void *user;
	bool over; /* `closed` was told, or need not be told */

	enum stream_step step;
	struct lws *http; /* the request under way, or NULL */
	struct lws *ws;   /* the stream, once established, or NULL */
	char request[STREAM_BODY_BYTES], answer[STREAM_BODY_BYTES];
	size_t request_len, answer_len;
	int http_status;
	char cookie[STREAM_COOKIE_BYTES], token[STREAM_TOKEN_BYTES], protocols[STREAM_TOKEN_BYTES + 32];

	uint8_t *message; /* the WebSocket message that is being received */
	size_t message_len;

	uint8_t out[STREAM_OUT_BYTES];
	size_t out_len;

	struct sek_painter *painter;
	struct sek_picture picture;
	struct sek_stream_figures figures;
};

/* stream.c: one whole WebSocket message (hostile to the client: the broker may be an impostor). */
sek_status sek_stream_take(struct sek_stream *s, const uint8_t *bytes, size_t n);
/* stream.c: tells `closed` once. */
void sek_stream_fail(struct sek_stream *s, enum sek_stream_failure why);

/* connect.c */
bool sek_stream_post_login(struct sek_stream *s);
void sek_stream_disconnect(struct sek_stream *s);

#endif
