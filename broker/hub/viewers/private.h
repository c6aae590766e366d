/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of viewers/ share: the door, and one connection from accept() to close.
 */
#ifndef SEK_BROKER_HUB_VIEWERS_PRIVATE_H
#define SEK_BROKER_HUB_VIEWERS_PRIVATE_H

#include <gnutls/gnutls.h>

#include "broker/hub/session/child.h"
#include "broker/hub/viewers/greeting.h"
#include "broker/hub/viewers/viewers.h"

enum {
	SEK_VIEWER_RECORD_BYTES = 16384,       /* of the viewer's bytes, at a time */
	SEK_VIEWER_OUT_BYTES = 65536,          /* and of those for it; above, the child waits */
	SEK_VIEWER_UNSENT_MAX = 65536,         /* that the kernel holds without having sent them */
	SEK_VIEWER_FRAMES_BYTES = 8192,        /* of a frame of the child, which sends what clients send */
	SEK_VIEWER_QUEUE_MAX = 4194304,        /* bytes that may wait for a slow child */
	SEK_VIEWER_CARD_MS = 30000,            /* until a viewer whose session is over is left */
	SEK_VIEWER_REFUSED_MS = 5000,          /* until one that was refused has taken the reason */
	SEK_VIEWER_BURST = 8,                  /* records read in a row */
};

enum viewer_step { STEP_GREETING, STEP_TLS, STEP_LOGIN, STEP_CHECKING, STEP_RUNNING, STEP_LEAVING };

struct viewer {
	struct sek_viewers *all;
	struct viewer *prev, *next;
	enum viewer_step step;
	int fd;
	uv_poll_t poll;
	uv_timer_t timer;
	unsigned handles;               /* of libuv, not closed yet */
	bool closing;
	char address[SEK_STORE_ADDRESS_BYTES];
	gnutls_session_t tls;           /* NULL before its step */
	struct sek_greeting greeting;

	uint8_t in[SEK_VIEWER_RECORD_BYTES];
	size_t in_n;                    /* of a greeting's step, or on the way to the child */
	uint8_t out[SEK_VIEWER_OUT_BYTES];
	size_t out_at, out_n;           /* [out_at..out_n) waits for the viewer */
	bool last;                      /* nothing comes after it: then the end */

	struct sek_auth_try *login_try;
	char code[8];                   /* that came with the password, "" = none */
	uint64_t login;
	char user[SEK_STORE_NAME_BYTES];
	struct sek_session_ask *ask;     /* whose session the user's is */
	struct sek_audit_ticket *ticket; /* a new session waits for its record */
	uint8_t id[SEK_SESSION_ID_BYTES];
	struct sek_session *session;    /* NULL: none, or it has let go */

	struct sek_child *child;
	uv_pipe_t hub, rfb;             /* the child's two sockets */
	bool hub_open, rfb_open, rfb_reading;
	bool delivering;                /* in[] is being written to the child */
	uv_write_t delivery;
	uint8_t frames[SEK_VIEWER_FRAMES_BYTES];
	size_t frames_n;
};

#define SEK_VIEWERS_RELOADS_MAX 64

struct sek_viewers {
	uv_loop_t *loop;
	struct sek_viewers_config config;
	struct sek_auth *auth;
	struct sek_sessions *sessions;
	gnutls_certificate_credentials_t credentials;
	gnutls_certificate_credentials_t before[SEK_VIEWERS_RELOADS_MAX]; /* of connections that began with them */
	size_t n_before;
	gnutls_priority_t priority;
	struct sek_door *door;
	bool refusing, stopping;
	struct viewer *first;
	size_t n;
	struct sek_viewers_counts counts; /* but for what is counted when it is asked for */
	struct sek_children children;
};

/* tls.c */
sek_status sek_viewers_tls_load(struct sek_viewers *all, char *err, size_t err_size);
void sek_viewers_tls_free(struct sek_viewers *all);
bool sek_viewer_tls_begin(struct viewer *v);
/* Each: how many bytes, 0 = not now, -1 = the end or broken. */
int sek_viewer_tls_handshake(struct viewer *v); /* 1 = done */
ssize_t sek_viewer_tls_read(struct viewer *v, void *to, size_t n);
ssize_t sek_viewer_tls_write(struct viewer *v, const void *bytes, size_t n);

/* conn.c */
void sek_viewer_accept(struct sek_viewers *all, int fd, const char *address);
void sek_viewer_put(struct viewer *v, const void *bytes, size_t n);
/* Reads and writes what can be, and says what to wait for. May close the viewer. */
void sek_viewer_pump(struct viewer *v);
void sek_viewer_deadline(struct viewer *v, uint64_t ms); /* 0 = none */
/* The end, at once; nothing of it is there after the loop's next turn. */
void sek_viewer_close(struct viewer *v, const char *why);

/* login.c */
void sek_viewer_login(struct viewer *v);
void sek_viewer_login_drop(struct viewer *v);
/* SecurityResult: refused, with a reason's key of the words file. */
void sek_viewer_refuse(struct viewer *v, const char *key);

/* relay.c */
bool sek_viewer_start(struct viewer *v);
/* What came from the viewer (in[0..in_n)) goes to the child. */
void sek_viewer_deliver(struct viewer *v);
/* out[] is empty. */
void sek_viewer_taken(struct viewer *v);
void sek_viewer_relay_drop(struct viewer *v);
/* The session lets go: its last words are still on their way. */
void sek_viewer_last_words(struct viewer *v, enum sek_state state);
void sek_viewer_closed(uv_handle_t *handle);

#endif
