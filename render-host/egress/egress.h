/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The proxy of one session: what its parts share. One connection carries one request, then ends.
 */
#ifndef SEK_RENDER_HOST_EGRESS_EGRESS_H
#define SEK_RENDER_HOST_EGRESS_EGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "render-host/egress/address.h"
#include "render-host/egress/head.h"
#include "render-host/egress/page.h"
#include "render-host/egress/url_rules.h"

enum {
	SEK_EGRESS_CONNECTIONS_MAX = 256,
	SEK_EGRESS_UP_BYTES = 32768,   /* buffer from the browser; a request's head must end within half of it */
	SEK_EGRESS_DOWN_BYTES = 131072, /* buffer to the browser; an answer's head must end within half of it */
	SEK_EGRESS_HEAD_MS = 15000,    /* for a whole request head */
	SEK_EGRESS_RESOLVE_MS = 15000,
	SEK_EGRESS_CONNECT_MS = 10000, /* per address */
	SEK_EGRESS_IDLE_HTTP_MS = 180000,
	SEK_EGRESS_IDLE_TUNNEL_MS = 900000,
	SEK_EGRESS_HALF_CLOSED_MS = 60000,
	SEK_EGRESS_DRAIN_MS = 2000,    /* after an answer of ours, for the browser to take it */
	SEK_EGRESS_ADDRESSES_MAX = 4,  /* of one name that are tried */
};

struct sek_egress {
	uv_loop_t loop;
	uv_tcp_t listener;
	struct sek_egress_rules rules;
	char upstream_host[SEK_HOST_MAX_BYTES + 1];
	bool upstream_ipv6;
	uint16_t upstream_port; /* 0: no upstream proxy */
	unsigned connections;
	bool someone_waits;     /* the table was full when a client came: it is accepted when a place is free */
	struct sek_connection *first; /* all that are not freed yet */
	bool failed;            /* the loop was stopped for that */
	bool has_url_rules;     /* SEK_EGRESS_RULES_FD is there */
	struct sek_url_rules *url_rules; /* NULL: everything open */
	bool counts;            /* refused requests are told (SEK_EGRESS_COUNT_FD) */
	bool browser_lags;      /* it may still go by looser rules: what only it can judge is refused meanwhile */
	unsigned head_ms;       /* SEK_EGRESS_HEAD_MS; shorter in tests */
};

enum sek_stage {
	SEK_STAGE_HEAD,    /* the request's head arrives */
	SEK_STAGE_DIAL,    /* name and connection */
	SEK_STAGE_ANSWER,  /* the answer's head arrives */
	SEK_STAGE_RELAY,
	SEK_STAGE_REPLY,   /* an answer of our own goes out */
	SEK_STAGE_CLOSED,  /* handles are being closed; nothing else may happen */
};

/* One direction. At most one buffer is under way: what cannot be written stops the reading. */
struct sek_flow {
	struct sek_connection *c;
	uv_stream_t *from, *to;
	char *bytes;      /* heap, size bytes */
	size_t size;
	size_t at, n;     /* bytes[at..n) wait to be written */
	bool writing, ended, shut;
	uint64_t total_bytes;
	uv_write_t write;
	uv_shutdown_t shutdown;
};

struct sek_connection {
	struct sek_egress *e;
	struct sek_connection *next, *prev;
	enum sek_stage stage;
	uv_tcp_t client, origin;
	uv_timer_t timer;
	bool origin_open;
	unsigned handles; /* that are not closed yet; memory is freed after the last */
	bool resolving;   /* the resolver's thread still holds `resolve` */
	uv_getaddrinfo_t resolve;
	struct addrinfo *addresses, *next_address;
	unsigned tried;
	uv_connect_t connect;
	struct sek_request request; /* slices point into up.bytes until the head has been sent on */
	size_t head_bytes;
	struct sek_flow up, down;
	uint64_t started_ms, active_ms; /* uv_now */
	unsigned limit_ms;              /* idle time that the present stage allows */
	bool has_request;
	char *path;                     /* heap: of a plain request, for the URL rules; NULL until they were asked */
	enum sek_page page;             /* told to the browser if page_told */
	bool page_told;
	const char *outcome;            /* one word for the log, static */
};

/* --- connection.c --- */
/* Takes the next client from the listener, if there is room. */
void sek_egress_accept(struct sek_egress *e);
/* Ends a connection: closes everything, writes its log line, frees it later. Safe to call twice. */
void sek_connection_close(struct sek_connection *c, const char *outcome);
/* Closes the connection to the origin only; during SEK_STAGE_DIAL sek_dial_next follows. */
void sek_connection_close_origin(struct sek_connection *c);
/* Frees the connection if no handle and no resolver uses it any more. */
void sek_connection_release(struct sek_connection *c);
/* Answers with a page of ours and ends; once bytes of the origin went to the browser it just ends. */
void sek_connection_answer(struct sek_connection *c, enum sek_page page, const char *outcome);
/* Starts the present stage's clock anew: the connection ends after that time without sek_connection_touch. */
void sek_connection_limit(struct sek_connection *c, unsigned ms);
void sek_connection_touch(struct sek_connection *c);
/* Writes a heap block to the stream and frees it. */
void sek_connection_send(struct sek_connection *c, uv_stream_t *to, char *heap, size_t n);

/* --- dial.c --- */
/* Decides about the request's destination and connects to it (or to the upstream proxy); then sek_relay_connected. */
void sek_dial(struct sek_connection *c);
/* Tries the next address of the name, or gives up. */
void sek_dial_next(struct sek_connection *c);
/* The resolver or the present address took too long. */
void sek_dial_too_slow(struct sek_connection *c);
/* True if the name may not even be looked up: ours, or the machine's own. */
bool sek_dial_name_is_internal(const char *host);

/* --- relay.c --- */
/* The origin (or upstream) is connected: sends the head on or tells the browser that the tunnel stands. */
void sek_relay_connected(struct sek_connection *c);

/* --- rules.c --- */
/* True if the policy's addresses forbid the request, which has been answered then. */
bool sek_rules_refuse(struct sek_connection *c);
/* Takes what the keeper has said, and cuts what is forbidden from now on. Fails for anything that is not its language. */
sek_status sek_rules_receive(struct sek_egress *e);

/* --- connection.c --- */
/* Tells that a request was refused: 'x' or 'p' (SEK_EGRESS_COUNT_FD). */
void sek_egress_count(const struct sek_egress *e, char why);

/* --- harden.c --- */
/* Limits and system call filter for the rest of the process's life. SEK_E_JAIL. */
sek_status sek_egress_harden(void);

#endif
