/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Between the recordings of sessions and what is known of them: each has its row in the store and its records on the audit log, is
 * kept for the days of its class and then purged, unless it is on legal hold. Must never unlink a file before the log says so.
 *
 * Called on the loop's thread only; the store and the folder are touched in libuv's pool, one job at a time.
 */
#ifndef SEK_BROKER_HUB_ARCHIVE_ARCHIVE_H
#define SEK_BROKER_HUB_ARCHIVE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/status.h"
#include "broker/hub/record/record.h"
#include "broker/hub/session/recording.h"

#define SEK_ARCHIVE_LOOK_MS (60 * 60 * 1000) /* how often recordings whose days are over are looked for */
#define SEK_ARCHIVE_BATCH 100                /* purged at a time */
#define SEK_ARCHIVE_JOBS 8192                /* rows that wait for the store; beyond it the next start finds them */

struct sek_archive;
struct sek_audit;

/* Texts must outlive the archive. */
struct sek_archive_config {
	const char *store_where, *folder; /* folder: of the recordings */
	struct sek_audit *audit;         /* NULL: no record is kept, and nothing is purged by itself */
	const char *broker;              /* this broker's name: recordings of others are theirs; NULL: there are no others */
};

/* Opens the store (blocking, before the loop runs). Errors leave a sentence in err. */
sek_status sek_archive_create(uv_loop_t *loop, const struct sek_archive_config *config, struct sek_archive **ret, char *err,
	size_t err_size);
/* For sek_recorder_create: a recording of before was finished. Blocking, before the loop runs. */
void sek_archive_late(void *archive, const struct sek_recording_facts *facts);
/* After that: what the store says is running and is not, is put right; recordings are kept and purged from now on. */
void sek_archive_start(struct sek_archive *a, struct sek_recorder *r);
/* For sek_sessions_record. */
struct sek_recording_log sek_archive_log(struct sek_archive *a);
/* The store answers: what it did not take while it was away is written now. NULL is fine. */
void sek_archive_again(struct sek_archive *a);
/* Waits for what is being written; nothing may be told after. Then done. */
void sek_archive_stop(struct sek_archive *a, void (*done)(void *user), void *user);
void sek_archive_destroy(struct sek_archive *a); /* after done; NULL is fine */

struct sek_archive_state {
	struct sek_recorder_state recorder;
	int64_t recordings, bytes, held, purged;
	int64_t first_us;      /* when the oldest that is there began, 0 = none */
	int64_t bytes_a_day;   /* of the last seven days */
	int64_t days_left;     /* until the room is used up at that rate; -1: nothing is added */
	int64_t looked_s;      /* when the last look for what is due ended, 0 = not yet */
	uint64_t lost;         /* rows that could not be written */
};
void sek_archive_state(const struct sek_archive *a, struct sek_archive_state *ret);

/* Puts FAILED and REFUSED on the record; for brokers without an archive, too. */
void sek_archive_audit_failure(struct sek_audit *audit, const struct sek_recording_news *n);
/* The file of a recording: path into ret. False: that is no id. */
bool sek_archive_path(const char *folder, const char *id, char *ret, size_t size);
/* SEK_E_NOT_FOUND: it was not there. Blocking. */
sek_status sek_archive_unlink(const char *folder, const char *id);

#endif
