/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the two files of the loop's half share: recorder.c (the folder) and record.c (one recording).
 */
#ifndef SEK_BROKER_HUB_RECORD_RECORD_PRIVATE_H
#define SEK_BROKER_HUB_RECORD_RECORD_PRIVATE_H

#include <stdatomic.h>

#include "broker/hub/record/file.h"
#include "broker/hub/record/threads.h"

enum sek_record_phase { SEK_RECORD_IDLE, SEK_RECORD_QUEUED, SEK_RECORD_WRITING, SEK_RECORD_SYNCING };
enum sek_record_step { SEK_RECORD_MAKE, SEK_RECORD_APPEND, SEK_RECORD_END, SEK_RECORD_DROP };

struct sek_recording {
	struct sek_recorder *recorder;
	struct sek_recording *next, **link; /* of the recorder's list */
	struct sek_recording_ops ops;
	struct sek_recording_facts facts;
	char id[33], user[256], why[SEK_RECORD_WHY_BYTES];
	uint64_t began_us, last_us;         /* monotonic; of the last entry, since the beginning */
	struct sek_record_plain *building, *first, **last, *spare;
	size_t waiting;                     /* bytes of entries that are not on the disk */
	uint64_t bytes;                     /* of the file */
	uv_timer_t timer;                   /* a failure that is to be told */
	bool begun, failed, told, owner_gone, closing, dropped, finished, tell;
	bool unsynced, sync_due;            /* bytes of the file are; they are to be, with the next job */
	uint32_t state;

	/* a thread's while `running` */
	bool running;
	struct sek_record_job job;
	enum sek_record_step step;
	uint32_t end_state;                 /* `state` as it was when the job began */
	struct sek_record_file file;
	struct sek_record_plain *batch;
	bool sync;                          /* the batch and all before it */
	sek_status status;
	bool late_end;                      /* a failed one got its end nevertheless */
	bool looked;                        /* at the folder, since it was there anyway */
	sek_status look_status;
	uint64_t look_free;
	_Atomic int phase;
	_Atomic bool waited_for;            /* the loop wants to know at once when the job is done */
	_Atomic uint64_t since_ms;
};

struct sek_record_signer {
	struct sek_record_signer *next;
	struct sek_sign_key key;
};

struct sek_recorder {
	uv_loop_t *loop;
	struct sek_recorder_config config;
	uint8_t recipient[SEK_SIGN_KEY_BYTES];
	struct sek_record_signer *signers;  /* the newest first; a recording keeps the one that it began with */
	struct sek_recording *first, *gone; /* running; ended, whose owner has not closed them yet */
	struct sek_recorder_state state;
	void (*change)(void *user, const struct sek_recorder_state *state);
	void *change_user;
	int64_t clock_offset_us;            /* UTC less monotonic */
	uv_timer_t watch;
	uint64_t close_ms;                  /* when all blocks that are being built are closed; monotonic */
	unsigned ticks;                     /* how often they were */
	_Atomic bool look;                  /* whoever writes next is to look at the folder */
	bool suspect;                       /* a write failed: nothing new until one has worked */
	bool stopping, closing, closed;
	void (*stopped)(void *user);
	void *stopped_user;

	struct sek_record_threads *threads;
	bool surveying;
	struct sek_record_job survey;
	/* a thread's while `surveying` */
	bool probe, count;
	sek_status survey_status;
	uint64_t free_bytes, used_bytes;
};

/* record.c */
uint64_t sek_record_now_us(void);                        /* monotonic */
void sek_recording_fail(struct sek_recording *r, const char *why); /* tells from a timer, never at once */
void sek_recording_check_stall(struct sek_recording *r, uint64_t now_ms);
void sek_recording_tick(struct sek_recording *r, bool sync); /* what was collected goes to the disk; all that was written is synced */
void sek_recording_clock(struct sek_recording *r);       /* notes UTC */
void sek_recording_end(struct sek_recording *r, uint32_t state);

/* meta.c */
void sek_recording_meta(struct sek_recording *r, const struct sek_recording_about *a);

/* recorder.c */
void sek_recorder_failed(struct sek_recorder *r, const char *why, bool disk); /* a recording has */
sek_status sek_recorder_look(const struct sek_recorder *r, uint64_t *ret_free_bytes); /* at the folder; on any thread */
void sek_recorder_looked(struct sek_recorder *r, sek_status status, uint64_t free_bytes); /* what that saw; on the loop */
void sek_recorder_ended(struct sek_recorder *r);         /* one is gone from the list */

#endif
