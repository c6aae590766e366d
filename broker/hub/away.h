/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A broker that its users reach, but which reaches no render host, while another one does: load balancers are told to send nobody (as before it
 * leaves, leave.h), and once they know, those who are here are sent to the other one, which takes their sessions over.
 */
#ifndef SEK_BROKER_HUB_AWAY_H
#define SEK_BROKER_HUB_AWAY_H

#include <uv.h>

#include "broker/hub/audit/audit.h"
#include "broker/hub/faces.h"
#include "broker/hub/leave.h"
#include "broker/hub/peers.h"
#include "broker/hub/reach.h"
#include "broker/hub/session/session.h"

/* In the caller's memory, one for each process; zeroed before use. */
struct sek_away {
	uv_timer_t timer;
	struct sek_reach reach;
	struct sek_sessions *sessions;
	struct sek_peers *peers;
	struct sek_faces *faces;
	struct sek_audit *audit;
	bool running, away;
	uint64_t since_ms, told_ms; /* of uv_now; told: when load balancers were seen to know it, 0 = they do not */
};

/* All pointers must outlive it. */
void sek_away_start(struct sek_away *a, uv_loop_t *loop, struct sek_sessions *sessions, struct sek_peers *peers, struct sek_faces *faces,
	struct sek_audit *audit);
/* Closes what the loop holds of it. Also if it was not started. */
void sek_away_stop(struct sek_away *a);

#endif
