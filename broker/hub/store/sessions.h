/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sessions of all brokers on this store, as one that was killed, or another that takes a session over, has to know them again:
 * one small row each, at most one for each user, written when a session is opened, gets its render host, changes, or ends. Nothing of
 * what is seen or typed. Who may write a row is who holds it: its broker, at its generation. The rules of store.h hold.
 */
#ifndef SEK_BROKER_HUB_STORE_SESSIONS_H
#define SEK_BROKER_HUB_STORE_SESSIONS_H

#include "broker/hub/store/store.h"

#define SEK_STORE_BROKER_BYTES 64 /* of a broker's name with its end */

struct sek_store_session {
	char id[33];                       /* hex */
	char user[SEK_STORE_NAME_BYTES];
	char broker[SEK_STORE_BROKER_BYTES]; /* who holds it; "" = a program that knew of one broker only */
	int64_t generation;                /* one more each time that it changes hands */
	char host[64];                     /* render host's name, "" = opened, and nothing runs yet */
	uint8_t lang;                      /* enum sek_lang */
	uint16_t width_px, height_px, scale_percent;
	int64_t opened_s, started_s;
	char recording[33];                /* the newest recording's id, "" = none */
	const char *own;                   /* the session's own policy values: a JSON object, "" = none; good during the call */
};

/* Puts the row there, or anew. SEK_E_LIMIT: a text is too long. SEK_E_CONFLICT: another broker holds it, or another session of the
 * user's stands there: nothing was written. */
sek_status sek_store_session_put(struct sek_store *s, const struct sek_store_session *row);
/* The same for one that is to run at row->host, if fewer than `room` other sessions (0: no bound) of all brokers are there, in one step
 * with the count. SEK_E_LIMIT: they are not, nothing was written; SEK_E_CONFLICT. */
sek_status sek_store_session_place(struct sek_store *s, const struct sek_store_session *row, uint32_t room);
/* Only as its holder; SEK_OK also if it is not there, or not the caller's, any more. */
sek_status sek_store_session_delete(struct sek_store *s, const char *id, const char *broker, int64_t generation);
/* Those of that broker, NULL: of all. The oldest first. */
sek_status sek_store_sessions(struct sek_store *s, const char *broker, void (*fn)(void *ctx, const struct sek_store_session *row),
	void *ctx);

enum sek_store_claim {
	SEK_CLAIM_NEW,   /* the row `fresh` is there now, the broker's, without a host, generation 1; nothing else of the user's is */
	SEK_CLAIM_MINE,  /* the broker holds `have` already */
	SEK_CLAIM_TAKEN, /* a session that runs is the broker's now, one generation on; whoever held it has an order to let go */
	SEK_CLAIM_NONE,  /* there is none that runs, and `fresh` is "": nothing was written, fn was not called */
};
/* In one transaction: whose session a user who is at this broker gets. have: id of the user's session that this broker has in memory,
 * "" = none; a row of its own with another id is of no use to anybody and gives way, and so does another broker's without a host (which
 * is told). fn is called with the row as it stands after. SEK_E_CONFLICT: another broker was faster; ask again. */
sek_status sek_store_session_claim(struct sek_store *s, const char *broker, const char *user, const char *have, const char *fresh,
	int64_t now_s, enum sek_store_claim *ret, void (*fn)(void *ctx, const struct sek_store_session *row, const char *from), void *ctx);
/* That session of another broker, which held it at that generation, becomes `broker`'s, one generation on. SEK_E_CONFLICT: it was not
 * so any more. */
sek_status sek_store_session_take(struct sek_store *s, const char *id, const char *from, int64_t generation, const char *broker);
/* *ret: whether the broker holds that session at that generation. */
sek_status sek_store_session_held(struct sek_store *s, const char *id, const char *broker, int64_t generation, bool *ret);

#endif
