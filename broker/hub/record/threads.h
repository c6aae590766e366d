/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The threads that write recordings: a few of their own, so that whatever else keeps libuv's pool busy (passwords that are hashed,
 * recordings that are verified) never makes a recording wait, let alone fail. Private to record/.
 */
#ifndef SEK_BROKER_HUB_RECORD_THREADS_H
#define SEK_BROKER_HUB_RECORD_THREADS_H

#include <stdbool.h>

#include <uv.h>

#include "base/status.h"

struct sek_record_job {
	void (*work)(struct sek_record_job *job);  /* on a thread */
	void (*after)(struct sek_record_job *job); /* on the loop */
	void *user;
	/* Set by work(): nobody is woken, after() is called with the next job that is not, or by sek_record_threads_after. A thread's word for
	 * the loop costs as much as sealing 50 kB. */
	bool quiet;
	struct sek_record_job *next; /* of the threads; the rest is the caller's */
};

struct sek_record_threads;

/* SEK_E_NOMEM: no thread could be started. */
sek_status sek_record_threads_create(uv_loop_t *loop, struct sek_record_threads **ret);
/* On the loop. The job is the caller's, and stays where it is until after() has been called. In order of queueing, but several at a time. */
void sek_record_threads_queue(struct sek_record_threads *t, struct sek_record_job *job);
/* On the loop: calls after() of all that is done. */
void sek_record_threads_after(struct sek_record_threads *t);
/* The same, soon, not from inside the call. */
void sek_record_threads_wake(struct sek_record_threads *t);
/* With nothing queued or running. closed: later, on the loop; everything is freed by then. */
void sek_record_threads_stop(struct sek_record_threads *t, void (*closed)(void *user), void *user);

#endif
