/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sessions in the store: written as they change, taken back by the start after a kill, asked for and taken over where several brokers
 * share it. Must never keep the loop waiting for the disk.
 */
#ifndef SEK_BROKER_HUB_KEPT_H
#define SEK_BROKER_HUB_KEPT_H

#include "broker/hub/auth/auth.h"
#include "broker/hub/session/keep.h"
#include "broker/hub/session/session.h"
#include "broker/hub/store/sessions.h"

struct sek_kept;

/* Takes back what a broker of this name (copied) that was killed has left, then keeps sessions from now on. Blocking: once, before the
 * loop runs, after everything else has started. A session whose user has no log-in any more is ended at its render host. */
sek_status sek_kept_start(uv_loop_t *loop, const char *broker, struct sek_store *store, struct sek_auth *auth,
	struct sek_sessions *sessions, struct sek_kept **ret);
/* An event of sek_sessions_on_event: a host that an alarm has taken out of service stays so for the next start, too. NULL is fine. */
/* The store answers: what it did not take while it was away is written now. */
void sek_kept_again(struct sek_kept *k);
void sek_kept_session(struct sek_kept *k, const char *word, const struct sek_session_info *info);
/* A session that this broker has taken from one that is gone for good: it is ended at its render host as `over` says. */
void sek_kept_adopt(struct sek_kept *k, const struct sek_store_session *row, const char *from, enum sek_state over);
/* After the sessions have ended: waits for what is still to be written, then calls done on the loop. NULL: at once. */
void sek_kept_stop(struct sek_kept *k, void (*done)(void *user), void *user);
void sek_kept_destroy(struct sek_kept *k);

#endif
