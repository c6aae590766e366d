/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What has to be kept of a running session so that a broker which was killed, or another one on the same store, finds it again at its
 * render host; taking it back, taking it over, and letting go of it. What is kept holds nothing of what was seen or typed, and nothing that opens a door: the next link gets a new
 * certificate, a new decoder, a new gap, and the policy as it is then.
 */
#ifndef SEK_BROKER_HUB_SESSION_KEEP_H
#define SEK_BROKER_HUB_SESSION_KEEP_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "broker/hub/policy/policy.h"
#include "protocol/wire/messages.h"

struct sek_sessions;

/* Good during the call only. */
struct sek_session_kept {
	const char *id;          /* 32 hex digits */
	const char *user, *host; /* host: the render host's name */
	const char *from;        /* the broker that held it until now; NULL, "" = this one, before its start */
	int64_t generation;      /* one more each time that it changes hands */
	uint8_t lang;            /* enum sek_lang */
	uint16_t width_px, height_px, scale_percent;
	int64_t opened_s, started_s; /* UTC */
	const char *recording;   /* id of its newest recording, "" = none */
	const struct sek_policy_row *rows; /* the session's own policy values */
	size_t n_rows;
};

/* Told on the loop: put when a session has its render host and whenever something of the above has changed; gone at its end. Neither
 * may call back into the sessions.
 * Where brokers share a store, claim asks whose session the user's is, and still whether it is this broker's yet. Both are answered
 * later, from the loop. NULL: this broker is the only one. */
struct sek_session_keeper {
	void (*put)(void *user, const struct sek_session_kept *k);
	void (*gone)(void *user, const char *id, int64_t generation);
	void *user;
	/* Answered by sek_sessions_claimed. have: the user's session here, "" = none; fresh: the id of a new one, "" = none is to be
	 * made. */
	void (*claim)(void *user, const char *name, const char *have, const char *fresh);
	/* Answered by sek_sessions_still. */
	void (*still)(void *user, const char *id, int64_t generation);
	/* Takes a place for it at k->host, if all brokers together have fewer than `room` other sessions there (0: no bound); puts it, too.
	 * Answered by sek_sessions_placed. NULL: a place needs no asking. */
	void (*place)(void *user, const struct sek_session_kept *k, uint32_t room);
};
/* *keeper is copied. Without a call nothing is kept. */
void sek_sessions_keep(struct sek_sessions *all, const struct sek_session_keeper *keeper);

/* The session of a broker that is gone. It has no client, is called at its render host, and waits for its
 * user as long as any session does that has lost its client. over: what it is ended with as soon as the host has answered, because it
 * may not go on (SEK_STATE_NONE: it may). Limits and recording are as the policy of now says; the recording is a new one that names
 * the one before. SEK_E_NOT_FOUND: there is no such host any more; SEK_E_MALFORMED: such a row was never written; SEK_E_EXISTS. In every
 * case of failure nothing was made, and the keeper is not told. */
sek_status sek_sessions_take_back(struct sek_sessions *all, const struct sek_session_kept *k, enum sek_state over);

enum sek_claimed {
	SEK_CLAIMED_NEW,   /* nobody has one: id is the new one's */
	SEK_CLAIMED_MINE,  /* this broker's, as before */
	SEK_CLAIMED_TAKEN, /* another one's until now: *kept */
	SEK_CLAIMED_FAULT, /* the store cannot say */
	SEK_CLAIMED_NONE,  /* nobody has one, and none was to be made */
};
/* What claim has found. kept: of TAKEN. */
void sek_sessions_claimed(struct sek_sessions *all, const char *name, enum sek_claimed what, const struct sek_session_kept *kept);
enum sek_placed {
	SEK_PLACED,
	SEK_PLACED_FULL,  /* the host has no room */
	SEK_PLACED_FAULT, /* the store cannot say, or the session is another broker's now */
};
/* What place has found; good for a session that has ended meanwhile, too. */
void sek_sessions_placed(struct sek_sessions *all, const char *id, enum sek_placed what);
enum sek_still {
	SEK_STILL_MINE,
	SEK_STILL_NOT,     /* another broker has it, or it has ended */
	SEK_STILL_UNKNOWN, /* the store cannot say: it is asked again */
};
void sek_sessions_still(struct sek_sessions *all, const char *id, int64_t generation, enum sek_still answer);
/* Another broker has the session, if it is here with that generation or a smaller one: its client is told that it was taken over, its
 * children end, its render host is told nothing. */
void sek_sessions_let_go(struct sek_sessions *all, const char *id, int64_t generation);

#endif
