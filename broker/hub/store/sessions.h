/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sessions that run, as a broker that was killed has to know them again: one small row each, written when a session gets its
 * render host, changes, or ends. Nothing of what is seen or typed. The rules of store.h hold.
 */
#ifndef SEK_BROKER_HUB_STORE_SESSIONS_H
#define SEK_BROKER_HUB_STORE_SESSIONS_H

#include "broker/hub/store/store.h"

struct sek_store_session {
	char id[33];                       /* hex */
	char user[SEK_STORE_NAME_BYTES];
	char host[64];                     /* render host's name */
	uint8_t lang;                      /* enum sek_lang */
	uint16_t width_px, height_px, scale_percent;
	int64_t opened_s, started_s;
	char recording[33];                /* the newest recording's id, "" = none */
	const char *own;                   /* the session's own policy values: a JSON object, "" = none; good during the call */
};

/* Puts the row there, or anew. SEK_E_LIMIT: a text is too long. */
sek_status sek_store_session_put(struct sek_store *s, const struct sek_store_session *row);
/* SEK_OK also if it was gone already. */
sek_status sek_store_session_delete(struct sek_store *s, const char *id);
/* The oldest first. */
sek_status sek_store_sessions(struct sek_store *s, void (*fn)(void *ctx, const struct sek_store_session *row), void *ctx);

#endif
