/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Recorder and archive of a broker whose configuration says where recordings go.
 */
#ifndef SEK_BROKER_HUB_RECORDED_H
#define SEK_BROKER_HUB_RECORDED_H

#include "broker/hub/archive/archive.h"
#include "broker/hub/config.h"
#include "broker/hub/review/review.h"

/* All NULL: this site records nothing. */
struct sek_recorded {
	struct sek_recorder *recorder;
	struct sek_archive *archive;
	struct sek_sessions *sessions;
	void (*done)(void *user);
	void *done_user;
	struct sek_work_programs work; /* for the review */
	char *work_paths[3];
};

/* Without a section `recording` only refusals are on the record. Else: finishes what a crash left, and records sessions from now on. Blocking, before the loop runs, before policies are read. */
sek_status sek_recorded_start(struct sek_recorded *r, uv_loop_t *loop, const struct sek_broker_config *config, struct sek_audit *audit,
	struct sek_sessions *sessions, char *err, size_t err_size);
/* Looking at them; *ret stays NULL without a section `recording`. r must outlive it. */
sek_status sek_recorded_review(struct sek_recorded *r, uv_loop_t *loop, const struct sek_broker_config *config, struct sek_audit *audit,
	struct sek_review **ret, char *err, size_t err_size);
/* After the sessions have ended. */
void sek_recorded_stop(struct sek_recorded *r, void (*done)(void *user), void *user);
void sek_recorded_destroy(struct sek_recorded *r);

#endif
