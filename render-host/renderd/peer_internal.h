/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What peer.c (a link's life) and relay.c (its bytes) share.
 */
#ifndef SEK_RENDERD_PEER_INTERNAL_H
#define SEK_RENDERD_PEER_INTERNAL_H

#include "base/tls.h"
#include "render-host/renderd/peer.h"
#include "render-host/renderd/track.h"

enum { SEK_RELAY_BYTES = 65536, SEK_RELAY_SPARE_BYTES = 256 /* for our own last frames */ };

enum sek_peer_phase {
	PEER_HANDSHAKE,
	PEER_HELLO,
	PEER_WATCH,    /* a broker watches this host: HEALTH once a second */
	PEER_RELAY,    /* HELLO was read; the stream comes when the session is built */
	PEER_CLOSING,  /* what is in `down` and the stream still goes out, then our last words */
	PEER_DRAINING, /* nothing more goes out */
	PEER_DEAD,     /* handles are closing */
};

struct sek_relay_buffer {
	uint8_t bytes[SEK_RELAY_BYTES + SEK_RELAY_SPARE_BYTES];
	size_t len;
};

struct sek_peer {
	struct sek_peer *next;
	struct sek_host *host;
	struct sek_live *session; /* NULL: none, or it has left */
	enum sek_peer_phase phase;
	uint16_t watch_version;   /* of HEALTH, once it watches */
	char peer[64];
	uint8_t id[SEK_SESSION_ID_BYTES]; /* from the certificate */
	char broker[64];
	int fd;
	struct sek_tls *tls;
	uv_poll_t poll;
	int poll_events;
	uv_timer_t timer;
	uv_idle_t again; /* runs when a round was cut short although more could be done */
	int open_handles;

	int stream_fd; /* our end of capture's stream, -1 = none */
	struct sek_stream_poll *stream_poll;
	bool stream_ended, write_waits;
	size_t attempted; /* bytes of `down` that TLS has taken in hand: they cannot be taken back */
	struct sek_relay_buffer up, down;
	struct sek_track track; /* of what has been put into `down` */
	enum sek_state last_words;
	bool document;      /* it takes the pages of one */
	enum sek_document_state reason; /* of a document: its last words; WORKING: none */
};

/* peer.c */
void sek_peer_go(struct sek_peer *l);
void sek_peer_phase(struct sek_peer *l, enum sek_peer_phase phase);
void sek_peer_lost(struct sek_peer *l, const char *why);
void sek_peer_refuse(struct sek_peer *l, const char *why);
void sek_peer_drain(struct sek_peer *l);
/* Says why, unless that was said, behind what waits already; then it closes. */
void sek_peer_document_closes(struct sek_peer *l, enum sek_document_state reason);
void sek_peer_destroy(struct sek_peer *l);
void sek_peer_set_poll(struct sek_peer *l, int events);

/* peer_watch.c: the first message of a connection whose certificate says that it watches. */
void sek_peer_read_watch(struct sek_peer *l);

/* relay.c */
void sek_relay_consume(struct sek_relay_buffer *b, size_t n);
void sek_relay_fill_up(struct sek_peer *l);     /* TLS -> up, until full or empty */
void sek_relay_pump(struct sek_peer *l);        /* both directions; ends a closing link when all is out */
void sek_relay_discard(struct sek_peer *l);     /* raw bytes into nothing until the peer has closed */
void sek_relay_update(struct sek_peer *l);      /* polls for what can be done next */
void sek_relay_close_stream(struct sek_peer *l);
/* Puts a frame of ours behind what is there. */
void sek_relay_append(struct sek_peer *l, const struct sek_writer *w);
/* An END waits in `up`, for a stream that is not there yet. */
bool sek_relay_has_end(const struct sek_peer *l);

#endif
