/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Looking at recordings: who has unlocked the recording key, which recordings are open for whom, and what of them is
 * handed out. Opens nothing that is not on the audit log with its reason; keeps the secret half of the recording key
 * in locked memory, for one log-in, and wipes it when that ends or nobody has looked for SEK_REVIEW_IDLE_MS.
 * Operations and their members stand in docs/api.md.
 *
 * Called on the loop's thread only. Files, decryption and argon2id run in libuv's pool, at most SEK_REVIEW_RUNNING at
 * once, so that recordings that are being written always find a thread.
 */
#ifndef SEK_BROKER_HUB_REVIEW_REVIEW_H
#define SEK_BROKER_HUB_REVIEW_REVIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <uv.h>

#include "base/status.h"
#include "broker/hub/audit/audit.h"
#include "broker/hub/auth/logins.h"
#include "broker/hub/record/work.h"
#include "broker/hub/session/session.h"

#define SEK_REVIEW_IDLE_MS (15 * 60 * 1000)
#define SEK_REVIEW_RUNNING 2           /* operations in the pool at the same time */
#define SEK_REVIEW_WAITING 64          /* that wait for that; more are answered "busy" */
#define SEK_REVIEW_VIEWS 64            /* open at a time */
#define SEK_REVIEW_VIEWS_EACH 4        /* of one log-in; one more closes the one that was used longest ago */
#define SEK_REVIEW_ANSWER_BYTES (4u << 20) /* of one answer of entries; a single block may be longer */
#define SEK_REVIEW_TIMELINE_BYTES 16   /* one block in the answer of `timeline` */
#define SEK_REVIEW_EVENTS 1000         /* in one answer */
#define SEK_REVIEW_EVENTS_SCAN_BYTES (32u << 20) /* looked through for one answer */

struct sek_review;
struct sek_review_request;

/* All pointers must outlive the review. */
struct sek_review_config {
	const char *folder;          /* of the recordings; NULL: this site has none, every operation answers "unavailable" */
	const char *secret_key_path; /* where the site keeps the locked secret half; NULL: reviewers bring it */
	struct sek_audit *audit;     /* NULL: nothing is recorded (tests) */
	struct sek_sessions *sessions;
	const struct sek_recorder *recorder; /* whose folder that is: no film takes its last room; NULL: nobody asks (tests) */
	const struct sek_work_programs *programs; /* for films and words; NULL: neither */
	const char *words_path;      /* index of words that stood on the pictures; NULL: the site does not want them to be read */
	const char *languages;       /* in which they are: "jpn+eng" */
};

/* Errors leave a sentence in err: what is wrong and what to do. */
sek_status sek_review_create(uv_loop_t *loop, const struct sek_review_config *config, struct sek_review **ret, char *err, size_t err_size);
/* Takes nothing new, waits for what runs, wipes every key, then calls done on the loop. NULL: done at once. */
void sek_review_stop(struct sek_review *v, void (*done)(void *user), void *user);
void sek_review_destroy(struct sek_review *v); /* after done; NULL is fine */

/* On whose behalf: a living log-in. */
struct sek_review_caller {
	uint64_t login;
	char user[SEK_STORE_NAME_BYTES];
	char address[SEK_STORE_ADDRESS_BYTES];
	bool reviewer; /* has the role now */
};

/* error: NULL or a word of docs/api.md, good for ever. answer: an object, the callee's; NULL where bytes are the answer. bytes: heap,
 * the callee's, NULL where there are none. */
typedef void sek_review_answer_fn(void *user, const char *error, json_t *answer, uint8_t *bytes, size_t n);

/* True if there is an operation of that name, such as "open". */
bool sek_review_knows(const char *op);
/* Runs one. in: hostile, stolen. fn is called exactly once, later, never from inside this call (unless it was forgotten
 * before). NULL: out of memory. */
struct sek_review_request *sek_review_run(struct sek_review *v, const struct sek_review_caller *who, const char *op,
	json_t *in, sek_review_answer_fn *fn, void *user);
/* The asker is gone: fn will not be called; the operation goes on. NULL is fine. */
void sek_review_forget(struct sek_review_request *q);

/* That log-in has ended: its key is wiped, what it looked at is closed. */
void sek_review_login_ended(struct sek_review *v, uint64_t login);

#endif
