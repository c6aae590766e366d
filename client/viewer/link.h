/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The life of a session as this viewer sees it: opens it, connects stream and decoder, connects again when the line breaks, and says
 * which phase it is in. Never takes back a session that another client has taken over unless the user says so. (The same rules
 * as client/web/link.mjs.)
 */
#ifndef SEK_CLIENT_VIEWER_LINK_H
#define SEK_CLIENT_VIEWER_LINK_H

#include "client/stream/door.h"
#include "client/viewer/decoder.h"

enum link_phase {
	LINK_OFF,          /* not started */
	LINK_OPENING,      /* no picture yet */
	LINK_STARTING,     /* the same, and key says why */
	LINK_LIVE,
	LINK_RECONNECTING, /* seconds above 0 while waiting for the next attempt */
	LINK_ENDED,        /* key says why, again what can be done */
	LINK_LOGIN,        /* the log-in form is due; key says why */
};
enum link_again { LINK_AGAIN, LINK_TAKE_BACK, LINK_NONE };

struct link_wanted {
	uint16_t width_px, height_px, scale_percent;
};

struct link_ops {
	/* The phase is another one, or its key or seconds are. */
	void (*phase)(void *user);
	/* The picture to ask for at a connection. */
	struct link_wanted (*wanted)(void *user);
	void (*welcome)(void *user, const struct sek_welcome *m);
	void (*frame)(void *user, const uint32_t *px, uint16_t width_px, uint16_t height_px, struct sek_rect changed);
	/* Every other message of the broker, read already: CURSOR, CARET, DOCUMENTS, POLICY, CLIPBOARD, CLIPBOARD_RESULT; payload: hostile, of a
	 * type and length that the grammar allows. False: it breaks the grammar. */
	bool (*message)(void *user, uint8_t type, const uint8_t *payload, size_t n);
	/* Words for a moment: a key, and what is filled in (name NULL: nothing). */
	void (*notice)(void *user, const char *key, const char *name, const char *value);
};

struct link_config {
	const char *address, *origin, *decoder; /* decoder: the program */
	uint16_t port;
};

struct link;
/* The strings must stay. door: the caller's, logged in when link_start is called. */
struct link *link_create(uv_loop_t *loop, struct sek_stream_context *streams, struct sek_door *door,
	const struct link_config *config, const struct link_ops *ops, void *user);
void link_destroy(struct link *l);

/* Opens the session, or the user's one that lives already. Also after it ended. */
void link_start(struct link *l);
/* Connects at once if it waits to. */
void link_hurry(struct link *l);
/* Ends the session for good; ends session and log-in. */
void link_end(struct link *l);
void link_logout(struct link *l);
/* Sends a whole frame; false: there is no connection. */
bool link_send(struct link *l, const uint8_t *frame, size_t n);

enum link_phase link_phase(const struct link *l);
const char *link_key(const struct link *l);
unsigned link_seconds(const struct link *l);
enum link_again link_again(const struct link *l);
/* Milliseconds from a PING to its PONG; 0: not known. */
unsigned link_delay_ms(const struct link *l);
/* Process id of the decoder, 0: none. */
int link_decoder_pid(const struct link *l);

/* backoff.c: milliseconds before attempt number `attempt` (from 0); random: 0..1000. With a random number of the system: link_wait_ms. */
unsigned link_backoff_ms(unsigned attempt, unsigned random);
unsigned link_wait_ms(unsigned attempt);

#endif
