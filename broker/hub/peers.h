/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The other brokers on the same store: says that this one lives, knows whether they do, carries out what they ask, and ends what one
 * that died has left. Must never take a broker for dead by comparing clocks: only by its beat, which does not go on.
 */
#ifndef SEK_BROKER_HUB_PEERS_H
#define SEK_BROKER_HUB_PEERS_H

#include "broker/hub/kept.h"
#include "broker/hub/store/brokers.h"

#define SEK_PEERS_LOOK_MS 500    /* between two looks for orders */
#define SEK_PEERS_BEAT_MS 5000   /* between two beats */
#define SEK_PEERS_DEAD_MS 20000  /* without a beat: dead */
#define SEK_PEERS_HASTE_MS 1000  /* between two beats while a broker reaches no render host, so that all know soon who does */
#define SEK_PEERS_REACH_MS 3000  /* a render host that has told nothing for so long is out of reach */

struct sek_admin;

struct sek_peers_config {
	const char *name;              /* this broker's; copied */
	struct sek_store *store;
	struct sek_auth *auth;
	struct sek_admin *admin;       /* keeps messages for users; NULL is fine */
	struct sek_sessions *sessions;
	uint32_t linger_s;             /* after so long without a beat beyond SEK_PEERS_DEAD_MS a broker's sessions are ended */
	uint32_t look_ms, beat_ms, dead_ms; /* 0: as above; for tests */
	void (*replaced)(void *user);  /* on the loop: another process has started under this broker's name */
	void *user;
};

struct sek_peers;
/* Blocking, after everything else has started: from now on the name and its sessions are this process's, and those that a broker of this
 * name has left are taken back (kept.h). */
sek_status sek_peers_start(uv_loop_t *loop, const struct sek_peers_config *config, struct sek_peers **ret);
/* An event of sek_sessions_on_event. NULL is fine, here and below. */
void sek_peers_session(struct sek_peers *p, const char *word, const struct sek_session_info *info);
/* It looks no more: the broker is about to stop. */
void sek_peers_quiet(struct sek_peers *p);
/* Looks now: the store has told that somebody has written. */
void sek_peers_look(struct sek_peers *p);
/* After the sessions have ended. */
void sek_peers_stop(struct sek_peers *p, void (*done)(void *user), void *user);
void sek_peers_destroy(struct sek_peers *p);

struct sek_peer_info {
	const char *name, *version; /* good during the call */
	bool self, dead;
	uint64_t silent_ms;         /* since its beat was last seen to go on; 0 for this one */
	int64_t sessions, started_s;
	int64_t reach;              /* render hosts that it hears of; -1: it does not say */
};
/* Whether another broker has said since that time (of uv_now; by the beat that was seen then), and not long ago, that it reaches a render host. */
bool sek_peers_reach_since(const struct sek_peers *p, uint64_t since_ms);
/* Whether another broker lives, to which sessions can be left; as the latest look has it. */
bool sek_peers_others(const struct sek_peers *p);
/* As the latest look has it, in the order of names. */
void sek_peers_each(const struct sek_peers *p, void (*fn)(void *user, const struct sek_peer_info *info), void *user);

#endif
