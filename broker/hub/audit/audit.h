/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The audit log as the rest of the broker sees it: one append-only, hash-chained, signed log of who did what, when, where
 * and with which outcome (docs/audit.md). Everything here is called on the loop's thread; writing and syncing happen in
 * libuv's pool, many records with one fdatasync, and the answer comes by a callback.
 *
 * Rules for callers:
 *   What must not happen unrecorded (a log-in, the start of a session, a change of policy or of a user, a transfer of the
 *   clipboard) is done only after `done` was called with SEK_OK; with anything else it is refused to whoever asked.
 *   What has happened in any case (a session ended, a log-in failed) is handed over without `done`: it waits in a bounded
 *   queue while the disk is full, and what that queue could not hold is counted in a record of its own.
 *   Texts may be hostile: they are escaped here. Passwords, cookies, tokens and keys are never handed over at all.
 */
#ifndef SEK_BROKER_HUB_AUDIT_AUDIT_H
#define SEK_BROKER_HUB_AUDIT_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/status.h"

#define SEK_AUDIT_VALUE_MAX_BYTES 65536     /* one value of the details; longer ones are cut, and the cut is marked */
#define SEK_AUDIT_NAME_MAX_BYTES 512        /* who, what, object likewise */
#define SEK_AUDIT_DETAILS_MAX 24            /* pairs */
#define SEK_AUDIT_QUEUE_MAX_RECORDS 65536   /* waiting for the disk */
#define SEK_AUDIT_QUEUE_MAX_BYTES (32u * 1024 * 1024)
#define SEK_AUDIT_WHY_BYTES 256

struct sek_audit;
struct sek_audit_ticket;

enum sek_audit_outcome {
	SEK_AUDIT_DONE,    /* "ok" */
	SEK_AUDIT_REFUSED, /* "refused": policy, password or rights said no */
	SEK_AUDIT_FAILED,  /* "failed": it was allowed and did not work */
};

struct sek_audit_event {
	const char *who;    /* the user's name in its one form; "" = nobody known; "#broker" = the broker itself */
	const char *what;   /* a fixed dotted word of docs/audit.md: "login.ok" */
	const char *object; /* whom or what it was done to: a session, user, group, host; "" = nothing */
	enum sek_audit_outcome outcome;
	/* Pairs of name and value, ended by NULL: (const char *const[]){ "address", address, NULL }. May be NULL; a NULL value
	 * is left out. Names are fixed words of ours. */
	const char *const *details;
};

/* Paths and texts must outlive the log. */
struct sek_audit_config {
	const char *path;            /* folder of the log; made (0700) if it is not there */
	const char *key_path;        /* secret signing key; made together with KEY.pub if there is no log yet */
	const char *where;           /* this broker's name */
	uint32_t checkpoint_s;       /* a signature at the latest this long after an unsigned record */
	uint32_t checkpoint_records; /* and after so many records */
	uint64_t segment_bytes;      /* a file that is longer is followed by a new one */
};
#define SEK_AUDIT_CHECKPOINT_S 60
#define SEK_AUDIT_CHECKPOINT_RECORDS 1000
#define SEK_AUDIT_SEGMENT_BYTES (64u * 1024 * 1024)

/* Opens the log (blocking: before the loop runs), repairs a torn tail and records both. Errors leave a sentence in err:
 * what is wrong and what to do. */
sek_status sek_audit_create(uv_loop_t *loop, const struct sek_audit_config *config, struct sek_audit **ret, char *err,
	size_t err_size);
/* Writes what waits, signs, closes, then calls done on the loop. Later events are refused. */
void sek_audit_stop(struct sek_audit *a, void (*done)(void *user), void *user);
void sek_audit_destroy(struct sek_audit *a); /* after done; NULL is fine */

/* Told once, later, on the loop, never from inside sek_audit_event: SEK_OK when the record is on the disk; else it is not in
 * the log, and what it speaks of must not happen. */
typedef void sek_audit_done_fn(void *user, sek_status status);

/* Adds one record. done may be NULL. Returns what sek_audit_forget takes: NULL without done, or when the record cannot be
 * taken (out of memory, queue full, stopping, a == NULL): then done is not called and the answer is no. */
struct sek_audit_ticket *sek_audit_event(struct sek_audit *a, const struct sek_audit_event *e, sek_audit_done_fn *done,
	void *user);
/* The same without a record of its own: done is called when everything that was handed over before is on the disk. */
struct sek_audit_ticket *sek_audit_sync(struct sek_audit *a, sek_audit_done_fn *done, void *user);
/* The asker is gone: done will not be called. The record stays. */
void sek_audit_forget(struct sek_audit_ticket *t);

/* Whether the last write worked. False: nothing new may start; why (may be NULL) is a sentence for the administrator. */
bool sek_audit_writable(const struct sek_audit *a, char why[SEK_AUDIT_WHY_BYTES]);

struct sek_audit_state {
	bool writable;
	char why[SEK_AUDIT_WHY_BYTES];  /* "" while writable */
	uint64_t seq;                   /* of the last record on the disk */
	char hash[65];                  /* its hash, hex */
	uint64_t signed_seq;            /* of the last checkpoint */
	uint64_t failed_since_s;        /* UTC; 0 while writable */
	uint64_t waiting, lost;         /* records in the queue; records that it could not hold, ever */
	uint64_t repaired;              /* bytes of a torn tail that were cut at this start */
	bool damaged;                   /* this start found the log damaged or cut: run `sekishoctl audit verify` */
	unsigned segment;               /* number of the file that is written */
};
void sek_audit_state(const struct sek_audit *a, struct sek_audit_state *ret);
/* Told when the log stops or starts being writable. */
void sek_audit_on_change(struct sek_audit *a, void (*fn)(void *user, bool writable, const char *why), void *user);
/* Told of each record that has reached the disk: its whole line, n bytes with the line's end. */
void sek_audit_on_record(struct sek_audit *a, void (*fn)(void *user, const char *line, size_t n), void *user);

/* For programs without a loop (`sekisho-broker user ...`): opens, adds one record, closes; blocking. The log may be open in
 * a running broker at the same time. */
sek_status sek_audit_once(const struct sek_audit_config *config, const struct sek_audit_event *e, char *err, size_t err_size);

#endif
