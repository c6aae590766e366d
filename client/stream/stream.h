/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The native clients' side of a session: HTTPS log-in, WebSocket, every update decoded into a picture or at least
 * checked, acknowledging as the web client does. Used by the load generator (and by whatever else speaks to a broker's front door).
 * Everything runs on the caller's libuv loop; libwebsockets does TLS, checked against the site's CA.
 */
#ifndef SEK_CLIENT_STREAM_STREAM_H
#define SEK_CLIENT_STREAM_STREAM_H

#include <uv.h>

#include "protocol/codec/picture.h"
#include "protocol/codec/update.h"
#include "protocol/wire/messages.h"

struct sek_stream_context;

/* One per process and loop: the loop's TLS client. ca_path: PEM file of the site's CA. NULL if it cannot be made. */
struct sek_stream_context *sek_stream_context_create(uv_loop_t *loop, const char *ca_path);

/* What a context's TLS is made of. The strings must stay for as long as the context. Nothing else is trusted than ca_path: no CA
 * of the machine's own store. */
struct sek_stream_tls {
	const char *ca_path;          /* PEM */
	/* The client's own certificate, all NULL if it has none. PEM: certificate and key (which may be the same file);
	 * PKCS#12: `certificate` alone (its name ends in .p12 or .pfx); PKCS#11: both are URIs, "pkcs11:...". */
	const char *certificate, *key;
	const char *passphrase;       /* of the key or the PKCS#12 file; NULL: none. A token's PIN stands in its URI (RFC 7512). */
};
/* The same with more; NULL also if the client's certificate cannot be used. */
struct sek_stream_context *sek_stream_context_create_with(uv_loop_t *loop, const struct sek_stream_tls *tls);
/* Every stream must have been destroyed. The loop must run once more for the last handles to close. */
void sek_stream_context_destroy(struct sek_stream_context *c);

enum sek_stream_failure {
	SEK_STREAM_OK = 0,
	SEK_STREAM_CONNECT,   /* no connection, or the certificate is not of the CA */
	SEK_STREAM_LOGIN,     /* user or password refused, or throttled */
	SEK_STREAM_SESSION,   /* no session to be had */
	SEK_STREAM_UPGRADE,   /* the WebSocket was refused */
	SEK_STREAM_PROTOCOL,  /* the broker broke the grammar */
	SEK_STREAM_CLOSED,    /* the connection ended */
	SEK_STREAM_FACTOR,    /* a one-time code is needed and there is no secret, or it was never enrolled, or another factor is */
	SEK_STREAM_NOTICE,    /* the site's notice has not been acknowledged, and may not be here */
};
const char *sek_stream_failure_name(enum sek_stream_failure f);

/* The origin of the pages at ADDRESS:PORT as a browser writes it (RFC 6454, section 6.2): without the port if it is HTTPS's own. */
void sek_stream_origin(char *ret, size_t size, const char *address, uint16_t port);

struct sek_stream_config {
	const char *address;  /* numeric address or name of the broker's inner face */
	uint16_t port;
	const char *origin;   /* https://ADDRESS:PORT */
	const char *user, *password;
	const char *totp;     /* secret of one-time codes in base32, spaces do not matter; NULL = none */
	bool acknowledge;     /* the site's notice, on the user's behalf */
	const char *from;     /* numeric address of this machine to connect from; NULL = the system's choice */
	const char *cookie;   /* of an earlier log-in (sek_stream_cookie): none is made; NULL = log in. Copied */
	const char *token;    /* of the session, with the cookie: the stream at once; NULL = ask for a session. Copied */
	bool login_only;      /* ends after the log-in: `closed` with SEK_STREAM_OK */
	bool check_only;      /* updates are read and checked in full, but no picture is made of them and no JPEG is decoded */
	struct sek_hello hello;
};

/* What the stream tells. Any may be NULL. None may destroy the stream. */
struct sek_stream_ops {
	void (*welcome)(void *user, const struct sek_welcome *m);
	void (*state)(void *user, const struct sek_state_msg *m);
	/* A whole frame has been painted into the picture (and acknowledged). */
	void (*frame)(void *user, uint32_t frame);
	void (*caret)(void *user, const struct sek_caret *m);
	/* A rectangle of a frame that is not complete yet was painted, or, in check_only, would have been. */
	void (*painted)(void *user, struct sek_rect r);
	/* A generator of one-time codes was set up in this log-in, because the site asks for one and the user had none. Without
	 * this callback that is SEK_STREAM_FACTOR. secret: base32, good during the call. */
	void (*enrolled)(void *user, const char *secret);
	/* Takes each message's frame as it came (header and payload; hostile; belongs to the stream): with this set the stream neither
	 * reads nor paints nor acknowledges anything, and none of the above is told. False: it breaks the grammar. */
	bool (*message)(void *user, const uint8_t *frame, size_t n);
	/* The stream is over; nothing follows. */
	void (*closed)(void *user, enum sek_stream_failure why, int http_status);
};

struct sek_stream_figures {
	uint64_t bytes, updates, frames, keyframes; /* received; bytes: payload of the WebSocket */
	uint64_t bytes_sent;                        /* likewise */
};

struct sek_stream;
/* Starts log-in and session. Strings of the configuration must stay until `closed`. */
struct sek_stream *sek_stream_open(struct sek_stream_context *c, const struct sek_stream_config *config,
	const struct sek_stream_ops *ops, void *user);
/* Ends the connection without a word (the session lingers). */
void sek_stream_destroy(struct sek_stream *s);
/* Sends whole frames that a sek_*_write function made. SEK_E_LIMIT when too much waits already. */
sek_status sek_stream_send(struct sek_stream *s, const void *frames, size_t n);
/* Stops reading from the broker for a while, or goes on: for whoever takes messages slower than they come. */
void sek_stream_pause(struct sek_stream *s, bool pause);
/* The picture as the client sees it; good until the next turn of the loop. Without pixels in check_only. */
const struct sek_picture *sek_stream_picture(const struct sek_stream *s);
struct sek_stream_figures sek_stream_figures_now(const struct sek_stream *s);
/* Of the log-in, to come back with; "" before there is one. Belongs to the stream. */
const char *sek_stream_cookie(const struct sek_stream *s);
/* The API's word for why it refused ("throttled", "busy", ...: docs/api.md); "" if it gave none. Belongs to the stream. */
const char *sek_stream_error(const struct sek_stream *s);

#endif
