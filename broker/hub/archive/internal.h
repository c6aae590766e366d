/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of archive/ share.
 */
#ifndef SEK_BROKER_HUB_ARCHIVE_INTERNAL_H
#define SEK_BROKER_HUB_ARCHIVE_INTERNAL_H

#include "broker/hub/archive/archive.h"
#include "broker/hub/audit/audit.h"
#include "broker/hub/store/recordings.h"

struct sek_archive_job {
	struct sek_archive_job *next;
	struct sek_archive *archive;
	void (*work)(struct sek_archive_job *j);  /* in the pool */
	void (*after)(struct sek_archive_job *j); /* on the loop; frees what the job holds, not the job. NULL: nothing */
	sek_status status;
	bool again;                                /* not the first time: the store was away */
	bool summed;
	struct sek_store_recording_sums sums;      /* of after the work, if summed */
	struct sek_store_recording *row;          /* heap */
};

struct sek_archive {
	uv_loop_t *loop;
	struct sek_archive_config config;
	struct sek_store *store;
	struct sek_recorder *recorder;
	struct sek_store_recording_sums sums; /* as of the last job that counted */
	struct sek_archive_job *first, **end, *again; /* again: in reverse */
	unsigned jobs;
	uv_work_t work;
	bool working;
	uint64_t lost;
	/* retention.c */
	uv_timer_t timer;
	bool looking, timer_open;
	int64_t looked_s;
	struct sek_store_recording *due; /* SEK_ARCHIVE_BATCH of them, heap, NULL while nothing is being purged */
	unsigned n_due;
	struct sek_audit_ticket *ticket;
	bool stopping;
	void (*done)(void *user);
	void *done_user;
};

/* archive.c */
/* Runs it when those before it are done. False: there are too many, or no memory: row is freed. */
bool sek_archive_do(struct sek_archive *a, void (*work)(struct sek_archive_job *j), void (*after)(struct sek_archive_job *j),
	struct sek_store_recording *row);
void sek_archive_sum(struct sek_archive_job *j); /* in the pool */
void sek_archive_check_stopped(struct sek_archive *a);

/* retention.c */
void sek_archive_retention_start(struct sek_archive *a);
void sek_archive_retention_stop(struct sek_archive *a);
/* On the record, with what proves which recording it was. */
void sek_archive_audit_purge(struct sek_archive *a, const struct sek_store_recording *r, enum sek_audit_outcome outcome,
	const char *why);

#endif
