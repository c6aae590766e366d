/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A render host without browsers: speaks the host link as sekisho-renderd and sekisho-capture do together, for any number of
 * sessions in one process, so that a broker can be measured without what browsers cost. It must never be a site's render host: what
 * it shows is nobody's browser.
 */
#ifndef SEK_CLIENT_LOAD_SYNTHETIC_HOST_H
#define SEK_CLIENT_LOAD_SYNTHETIC_HOST_H

#include <uv.h>

#include "base/tls.h"
#include "client/load/synthetic/play.h"
#include "protocol/wire/messages.h"

struct sek_load_host_config {
	const char *name;      /* as in its certificate */
	const char *address;   /* numeric */
	uint16_t port;         /* 0: any */
	const char *ca, *crl, *certificate, *key; /* paths of PEM files; read once, at the start */
	struct sek_track **tracks; /* sessions take them in turn */
	size_t n_tracks;
	uint32_t period_us;    /* between two updates of a session; 0: nothing moves */
	uint16_t sessions_max;
	uint32_t linger_s;     /* how long a session waits for its broker */
	uint64_t seed;
};

enum { SEK_LOAD_IN_BYTES = 16384 /* at least the largest frame that may come: RULES */ };

enum sek_load_phase { LOAD_HANDSHAKE, LOAD_HELLO, LOAD_SESSION, LOAD_WATCH, LOAD_CLOSING, LOAD_DRAINING, LOAD_DEAD };

struct sek_load_session {
	struct sek_load_host *host;
	struct sek_load_session *next, **prev;
	uint8_t id[SEK_SESSION_ID_BYTES];
	struct sek_load_link *link; /* NULL: it lingers */
	struct sek_play play;
	uv_timer_t timer; /* the next frame; without a link the end of its lingering */
};

/* A connection of a broker's decoder. */
struct sek_load_link {
	struct sek_load_host *host;
	struct sek_load_link *next, **prev;
	enum sek_load_phase phase;
	int fd;
	struct sek_tls *tls;
	struct sek_load_session *session;
	uint8_t id[SEK_SESSION_ID_BYTES];
	uint8_t in[SEK_LOAD_IN_BYTES];
	size_t in_n;
	struct sek_play_out out;
	uv_poll_t poll;
	uv_timer_t timer; /* of a phase, or of watching */
	int poll_events, open_handles;
};

struct sek_load_host {
	const struct sek_load_host_config *config;
	uv_loop_t loop;
	struct sek_tls_context *tls;
	int listen_fd;
	uint16_t port;
	uv_poll_t listener;
	uv_signal_t term, interrupt, drain;
	struct sek_load_session *sessions;
	struct sek_load_link *links;
	size_t n_sessions, n_links;
	uint64_t made; /* sessions so far */
	bool draining, stopping;
	struct sek_play_figures figures; /* of the sessions that are gone */
	uint64_t bytes;                  /* written to links, before TLS */
};

/* Listens. On failure everything is let go of, and the reason is in the log. */
sek_status sek_load_host_start(struct sek_load_host *h, const struct sek_load_host_config *config);
/* Until SIGTERM or SIGINT, or until the last session after SIGUSR1 has gone. */
void sek_load_host_run(struct sek_load_host *h);
void sek_load_host_finish(struct sek_load_host *h);

/* link.c */
void sek_load_link_accept(struct sek_load_host *h, int fd);
/* WELCOME for this session. */
void sek_load_link_welcome(struct sek_load_link *l, const struct sek_hello *hello);
/* Reads, writes and goes on as far as it can. l may be gone afterwards. */
void sek_load_link_go(struct sek_load_link *l);
/* No session any more: a state, unless it is SEK_STATE_NONE, then an orderly close. */
void sek_load_link_end(struct sek_load_link *l, enum sek_state state);
void sek_load_link_destroy(struct sek_load_link *l);
void sek_load_link_say(struct sek_load_link *l, enum sek_state state);

/* session.c */
/* l's peer greets: makes or finds its session, or refuses. */
void sek_load_session_hello(struct sek_load_link *l, const struct sek_hello *hello);
/* One whole frame of its link's peer. SEK_E_MALFORMED: the link is over. END ends the session: s is then gone. */
sek_status sek_load_session_take(struct sek_load_session *s, const struct sek_frame *f, const uint8_t *payload);
/* Queues what is due if nothing waits, and sets the clock. */
void sek_load_session_play(struct sek_load_session *s);
void sek_load_session_lost(struct sek_load_session *s); /* its link has gone */
void sek_load_session_end(struct sek_load_session *s, enum sek_state state);

/* watch.c: how this machine is, once a second. */
void sek_load_watch(struct sek_load_link *l);

void sek_load_host_settle(struct sek_load_host *h);

#endif
