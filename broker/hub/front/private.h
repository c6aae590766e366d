/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of front/ share: the front, one connection, one stream.
 */
#ifndef SEK_BROKER_HUB_FRONT_PRIVATE_H
#define SEK_BROKER_HUB_FRONT_PRIVATE_H

#include <stdbool.h>

#include <jansson.h>
#include <libwebsockets.h>

#include "broker/hub/door/door.h"
#include "broker/hub/front/files.h"
#include "broker/hub/front/front.h"
#include "broker/hub/front/request.h"

enum {
	SEK_FRONT_CONNECTIONS_MAX = 1024,  /* open without being a stream */
	SEK_FRONT_PER_ADDRESS_MAX = 64,    /* of those, from one address (a terminal server is one address): kept ones give way */
	SEK_FRONT_STREAMS_MAX = 10240,     /* each holds a session; sessions.max is the real limit */
	SEK_FRONT_BODY_MAX = 16384,        /* of a request */
	SEK_FRONT_QUEUE_MAX = 4194304,     /* bytes that may wait for a slow client */
	SEK_FRONT_UNSENT_MAX = 65536,      /* bytes of those that the kernel holds without having sent them */
	SEK_FRONT_MESSAGE_MAX = SEK_FRAME_HEADER_BYTES + SEK_TEXT_MAX_BYTES, /* of one message from a client */
	SEK_FRONT_HEADERS_BYTES = 2048,    /* our own fixed response headers */

	SEK_FRONT_FIRST_REQUEST_MS = 15000, /* from accept() until a whole request with its body has arrived */
	SEK_FRONT_NEXT_REQUEST_MS = 60000,  /* the same for a kept connection */
	SEK_FRONT_ANSWER_MS = 30000,        /* until a request has been answered, or a part of a file taken */
	SEK_FRONT_CLOSE_MS = 3000,          /* until a closed stream has taken what was queued */
	SEK_FRONT_REFUSE_MS = 1000,         /* a refused sender of a large body has this long to read why, */
	SEK_FRONT_REFUSE_ROUNDS = 200,      /* and so many rounds of the loop */
	SEK_FRONT_TICK_MS = 500,
	SEK_FRONT_AT_ONCE = 1,              /* in the loop's next round */
	SEK_FRONT_STORE_RETRY_S = 5,        /* a client is told to ask again then, while the store is away */
};

/* One request's answer while it is under way. */
struct answer {
	bool due;             /* the request has arrived with its whole body */
	bool given;           /* nothing more may be said about this request */
	const uint8_t *rest;  /* of a file, or of `owned`; from `at` to `n` */
	size_t at, n;
	uint8_t *owned;       /* heap: bytes made for this answer */
	unsigned rounds;      /* of the loop since the request was refused; 0 = was not */
	struct sek_documents_reading *reading; /* of a document: where the next parts come from */
	uint64_t left;        /* of it, behind what `rest` holds */
};

struct message;

struct stream {
	struct sek_session *session; /* NULL: forgotten by the session, or never had one */
	uint64_t login;
	char user[SEK_STORE_NAME_BYTES];
	uint8_t id[SEK_SESSION_ID_BYTES];
	bool established;
	bool closing;                /* close after the queue is empty */
	bool goodbye;                /* a close frame is on its way */
	bool broken;                 /* close at once: nothing is read or sent any more */
	struct message *first, *last;
	size_t queued, in_flight;    /* bytes; in_flight were given to lws, which holds a part of them */
	uint8_t in[SEK_FRONT_MESSAGE_MAX + 1]; /* one more, so that an oversize message still looks oversize */
	size_t in_n;
	/* until the store has said that the token is good, and is used now: */
	bool pending;
	char token[SEK_TOKEN_BYTES];
	struct sek_auth_token *claim;
	uint8_t *early;              /* heap: what the client has sent meanwhile, each message after its length (2 bytes) */
	size_t early_n;
	const char *early_bad;       /* what was wrong with what came last: the session is to hear of that, too */
};
#define SEK_FRONT_EARLY_MAX 65536 /* bytes of that */

/* One TCP connection, from accept() to close. */
struct conn {
	struct sek_front *front;
	struct conn *prev, *next;
	struct lws *wsi;
	char address[SEK_STORE_ADDRESS_BYTES];
	bool check;                  /* a load balancer itself looks whether we are well */
	uint64_t deadline_ms;        /* of uv_now; 0 = none */
	bool watched;
	bool kept;                   /* answered; waits for a next request that may never come */

	struct sek_request request;
	char *body;                  /* of a POST, SEK_FRONT_BODY_MAX bytes, while one arrives */
	size_t body_n;
	struct answer answer;
	struct sek_auth_fetch *fetch; /* the cookie is looked for in the store */
	bool fetched;                /* that was done for this request */
	struct sek_auth_try *login;  /* the password, or another proof, is being looked at */
	struct sek_auth_consent *consent; /* the notice is being acknowledged */
	struct {                     /* a new session that waits for its record */
		struct sek_audit_ticket *ticket;
		struct sek_auth_token *token; /* is being made */
		bool resumed;
		struct sek_session_ask *ask; /* or for the answer whose it is */
		uint8_t id[SEK_SESSION_ID_BYTES];
		uint64_t login;
	} opening;
	struct sek_admin_request *admin; /* an operation of the administration is being done */
	struct sek_review_request *review; /* or one of reviewing */
	struct sek_documents_request *document; /* or one about a document */
	struct sek_approval_request *approval; /* or one of approving */

	struct stream *stream;       /* after the upgrade was allowed */
};

struct monitor;

struct sek_front {
	uv_loop_t *loop;
	struct sek_front_config config;
	struct sek_auth *auth;
	struct sek_sessions *sessions;
	struct sek_admin *admin;
	struct sek_review *review;   /* NULL: there are no recordings */
	struct sek_files *files;
	struct lws_context *context;
	struct lws_vhost *vhost;
	void *ssl_ctx;               /* OpenSSL's SSL_CTX of the vhost; lws owns it */
	struct sek_door *door;       /* the port: lws is given what comes in by it */
	const char *arriving;        /* whose connection lws is being given, */
	bool arriving_check;         /* and what for */
	bool leaving, away;          /* load balancers are told to send nobody any more; or for now */
	char told[SEK_DOOR_PROXIES_MAX][SEK_STORE_ADDRESS_BYTES]; /* which of them have heard it */
	size_t n_told;
	char vhost_name[16];
	struct lws_protocols protocols[3];
	struct lws_protocol_vhost_options headers[16]; /* for the answers that lws itself makes */
	char csp[1024];
	char fixed[SEK_FRONT_HEADERS_BYTES]; /* the same headers as text, for ours */
	struct monitor *monitor;     /* NULL: there is no second listener */
	struct conn *conns;
	size_t n_conns, n_streams;
	uv_timer_t tick;             /* looks for deadlines while there are any */
	uv_check_t between;          /* runs in every round while connections are watched */
	size_t n_watched;
	bool refusing, stopping;
	struct sek_front_counts counts;
};

/* conn.c: life of connections */
int sek_front_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);
/* Somebody came in by the door (sek_door_fn). */
void sek_conn_arrived(void *front, int fd, const char *address, bool check);
/* Closes the connection after that time; 0 = none, SEK_FRONT_AT_ONCE from anywhere. */
void sek_conn_deadline(struct conn *c, uint64_t after_ms);
/* Whether to look after the connection in every round of the loop: while lws, which then reads nothing from it, could
 * spin on it. */
void sek_conn_watch(struct conn *c, bool watch);

/* http.c: requests. Each returns what the lws callback returns: 0 to go on, -1 to close. */
int sek_http_begin(struct conn *c, const char *path, size_t n);
int sek_http_body(struct conn *c, const void *bytes, size_t n);
int sek_http_body_done(struct conn *c);
int sek_http_writeable(struct conn *c);
void sek_http_drop(struct conn *c); /* the connection goes away */

/* respond.c */
sek_status sek_respond_init(struct sek_front *f);
/* Answers with JSON (a new reference, stolen) and perhaps a Set-Cookie value. */
int sek_respond_json(struct conn *c, int status, json_t *json, const char *cookie);
/* The status for a word with which an operation of administration or review failed (docs/api.md); 500 for any other. */
int sek_respond_status(const char *word);
/* {"error": word}, with retry_s unless it is 0. */
int sek_respond_error(struct conn *c, int status, const char *word, uint32_t retry_s);
/* The same, then closes without reading what else comes. */
int sek_respond_refuse(struct conn *c, int status, const char *word);
/* The same in place of an upgrade: only writes; lws closes. */
void sek_respond_no_upgrade(struct conn *c, int status, const char *word);
int sek_respond_file(struct conn *c, const struct sek_file *file, bool head, bool unchanged);
/* Answers with bytes (heap, stolen) that nobody may keep. */
int sek_respond_bytes(struct conn *c, uint8_t *bytes, size_t n);
/* The same, of a type (a word of ours). */
int sek_respond_typed(struct conn *c, uint8_t *bytes, size_t n, const char *type);
/* Answers with a document's PDF of length bytes, part by part; the reading is stolen. */
int sek_respond_document(struct conn *c, struct sek_documents_reading *reading, uint64_t length);
int sek_respond_more(struct conn *c); /* goes on with a file or bytes */
void sek_respond_drop(struct conn *c); /* nothing more is sent of it */

/* api.c: what a path under /api/ does with a whole, sound request */
int sek_api_handle(struct conn *c, const char *body, size_t n);
bool sek_api_knows(const char *path);
const struct sek_login *sek_api_who(struct conn *c); /* whose cookie came, NULL: nobody's */

/* login.c: the steps of a log-in, and the notice. json as for any handler. */
int sek_api_get_login(struct conn *c, const struct sek_login *l, const json_t *json);
int sek_api_post_login(struct conn *c, const struct sek_login *l, const json_t *json);
int sek_api_post_certificate(struct conn *c, const struct sek_login *l, const json_t *json);
int sek_api_post_code(struct conn *c, const struct sek_login *l, const json_t *json);
int sek_api_post_cancel(struct conn *c, const struct sek_login *l, const json_t *json);
int sek_api_get_notice(struct conn *c, const struct sek_login *l, const json_t *json);
int sek_api_post_notice(struct conn *c, const struct sek_login *l, const json_t *json);
json_t *sek_api_roles(uint32_t roles);
#define SEK_SET_COOKIE SEK_COOKIE_NAME "=%s; Path=/; Secure; HttpOnly; SameSite=Strict"
enum { SEK_SET_COOKIE_BYTES = sizeof SEK_SET_COOKIE + SEK_COOKIE_BYTES + 16 };

/* admin.c: everything under /api/admin/ */
bool sek_api_admin_is(const char *path);
bool sek_api_admin_knows(const char *path);
int sek_api_admin_handle(struct conn *c, const char *body, size_t n);

/* review.c: everything under /api/review/ */
bool sek_api_review_is(const char *path);
bool sek_api_review_knows(const char *path);
int sek_api_review_handle(struct conn *c, const char *body, size_t n);

/* approvals.c: everything under /api/approvals and /api/texts */
bool sek_api_approvals_is(const char *path);
bool sek_api_approvals_knows(const char *path);
int sek_api_approvals_handle(struct conn *c, const char *body, size_t n);

/* documents.c: everything under /api/documents and /api/printers */
bool sek_api_documents_is(const char *path);
bool sek_api_documents_knows(const char *path);
int sek_api_documents_handle(struct conn *c, const char *body, size_t n);

/* stream.c */
int sek_stream_confirm(struct conn *c); /* 0 = upgrade, 1 = refused and answered, -1 = hang up */
int sek_stream_established(struct conn *c);
int sek_stream_receive(struct conn *c, const void *bytes, size_t n);
int sek_stream_writeable(struct conn *c);
void sek_stream_closed(struct conn *c);
/* The connection is about to be closed by us: makes that a WebSocket close in good order if it still can be one. */
void sek_stream_say_goodbye(struct conn *c);
void sek_streams_sweep(void *front);
void sek_streams_login_ended(void *front, const struct sek_login *l, enum sek_login_end why, bool last);

/* front.c: whether this process listens where it is to, and nowhere else. */
sek_status sek_front_check_listeners(const struct sek_front *f);

/* monitor.c */
bool sek_monitor_place(const struct monitor *m, const char **ret_address, uint16_t *ret_port); /* false: m is NULL */
void sek_monitor_destroy(struct monitor *m); /* after the context; NULL is fine */

/* tls.c */
/* client_ca: NULL, or whose client certificates are asked for. */
int sek_front_harden_tls(void *ssl_ctx, const char *client_ca); /* 0 = done */
/* Whether the file holds at least one certificate. */
bool sek_front_client_ca_is_sound(const char *client_ca);
/* What the client has shown in its handshake, DER, its own certificate first, into `ret` of SEK_CERTIFICATE_MAX_BYTES. TLS has
 * shown that it holds the key; nothing else is verified. 0 = no certificate, or too large. */
size_t sek_front_client_certificate(struct lws *wsi, uint8_t *ret);

#endif
