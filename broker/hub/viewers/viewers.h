/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The door for standard VNC viewers: a TLS port of its own, RFB 3.8 with VeNCrypt's X509Plain, the broker's own log-in, and then
 * one sekisho-encoder-rfb for each viewer, which is a client of the session like any other. What is read of RFB here ends with the
 * password; everything after it goes to that process. Everything runs on the loop's thread.
 */
#ifndef SEK_BROKER_HUB_VIEWERS_VIEWERS_H
#define SEK_BROKER_HUB_VIEWERS_VIEWERS_H

#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/status.h"
#include "broker/hub/audit/audit.h"
#include "broker/hub/auth/auth.h"
#include "broker/hub/door/door.h"
#include "broker/hub/session/session.h"

#define SEK_VIEWERS_MAX 512             /* connections at a time, */
#define SEK_VIEWERS_WAITING_MAX 64      /* of which so many have not logged in, */
#define SEK_VIEWERS_ADDRESS_MAX 16      /* and of those, from one address (a terminal server has many users) */
#define SEK_VIEWERS_HELLO_MS 10000      /* until TLS is there */
#define SEK_VIEWERS_PASSWORD_MS 120000  /* and until somebody has typed a password */

/* All pointers must outlive the result. */
struct sek_viewers_config {
	const char *address;           /* numeric, one address of this machine */
	uint16_t port;
	const char *certificate, *key; /* PEM files, those of the inner face */
	struct sek_door_proxies proxies; /* load balancers that say whose a connection is */
	const char *program;           /* sekisho-encoder-rfb */
	enum sek_lang lang;            /* of what viewers are told, and of sessions that begin here */
	uint16_t width_px, height_px;  /* of a session that begins here, until the viewer says its own size */
	uint16_t max_width_px, max_height_px;
	struct sek_audit *audit;       /* NULL: nothing is recorded (tests) */
};

struct sek_viewers;

/* Loads certificate and key and listens. On failure writes what is wrong and what to do into err; *ret is then to be stopped and destroyed
 * as well, unless it is NULL. */
sek_status sek_viewers_create(uv_loop_t *loop, const struct sek_viewers_config *config, struct sek_auth *auth,
	struct sek_sessions *sessions, struct sek_viewers **ret, char *err, size_t err_size);
/* From now on new connections are closed at once; those that are there go on until their sessions end. NULL is fine. */
void sek_viewers_refuse(struct sek_viewers *v);
/* Takes certificate and key as they lie there now, for viewers that come from now on. On failure err says why; nothing has changed. */
sek_status sek_viewers_reload(struct sek_viewers *all, char *err, size_t err_size);
/* Closes everything. The loop must then run until it has nothing left to do, then call sek_viewers_destroy. */
void sek_viewers_stop(struct sek_viewers *v);
void sek_viewers_destroy(struct sek_viewers *v);

/* For the metrics. */
struct sek_viewers_counts {
	size_t connections;  /* that are there, */
	size_t watching;     /* of which so many show a session */
	uint64_t opened;     /* viewers that were given a session, since the start, */
	uint64_t refused;    /* were told why they may not come in, */
	uint64_t turned_away; /* and were closed at once, since too many were there */
	uint64_t faults;     /* processes of viewers that ended otherwise than they should */
};
void sek_viewers_count(const struct sek_viewers *v, struct sek_viewers_counts *ret);

#endif
