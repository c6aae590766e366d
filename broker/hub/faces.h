/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where users come in: the pages with their API and stream, and, if the configuration says so, the port for VNC viewers.
 */
#ifndef SEK_BROKER_HUB_FACES_H
#define SEK_BROKER_HUB_FACES_H

#include "broker/hub/config.h"
#include "broker/hub/front/front.h"
#include "broker/hub/viewers/viewers.h"

/* Zeroed before use. */
struct sek_faces {
	struct sek_front_config front_config;
	struct sek_viewers_config viewers_config;
	struct sek_front *front;
	struct sek_viewers *viewers; /* NULL: there is no such port */
};

/* What the pages need of the rest of the broker (front.h says which may be NULL). */
struct sek_faces_parts {
	struct sek_audit *audit;
	struct sek_review *review;
	struct sek_documents *documents;
	struct sek_approvals *approvals;
	struct sek_auth *auth;
	struct sek_sessions *sessions;
	struct sek_admin *admin;
};
/* All pointers must outlive it. On failure, with the reason in err, what there is is still to be stopped and destroyed. */
sek_status sek_faces_start(struct sek_faces *f, uv_loop_t *loop, const struct sek_broker_config *config,
	const struct sek_faces_parts *parts, char *err, size_t err_size);
/* After the second listener of the front, which looks at who listens: the viewers' port. */
sek_status sek_faces_start_viewers(struct sek_faces *f, uv_loop_t *loop, const struct sek_broker_config *config, struct sek_audit *audit,
	struct sek_auth *auth, struct sek_sessions *sessions, char *err, size_t err_size);
/* Says to load balancers that this broker is about to go (sek_front_leave), and whether all have heard it. */
void sek_faces_leave(struct sek_faces *f);
bool sek_faces_have_left(const struct sek_faces *f);
/* The same for now, or no more (sek_front_send_away). *ret_all: whether all of them know it; returns how many do. */
void sek_faces_send_away(struct sek_faces *f, bool on);
size_t sek_faces_told(const struct sek_faces *f, bool *ret_all);
void sek_faces_refuse(struct sek_faces *f);
/* Closes everything. The loop must then run until it has nothing left to do, then call sek_faces_destroy. */
void sek_faces_stop(struct sek_faces *f);
void sek_faces_destroy(struct sek_faces *f);

#endif
