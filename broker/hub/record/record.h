/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writing recordings. Called on the loop's thread only; encryption, writing and syncing happen on threads of its own, one job at
 * a time for each recording. What waits is bounded. Nothing here reads a recording, and nothing here holds the secret
 * half of the recording key.
 *
 * Rules for callers: with `required`, pixels go to a client only while sek_recording_ok(). Every way a recording can fail
 * ends in failed(), once, within a second: no space, no rights, an error of the disk; a disk that is too slow: see below.
 */
#ifndef SEK_BROKER_HUB_RECORD_RECORD_H
#define SEK_BROKER_HUB_RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/status.h"
#include "protocol/recording/entry.h"
#include "protocol/wire/messages.h"

#define SEK_RECORD_BLOCK_MS 1000             /* a block is closed at the latest so long after its first entry */
#define SEK_RECORD_BLOCK_BYTES 786432        /* and when it holds so much (a single entry may be longer) */
#define SEK_RECORD_BACKLOG_BYTES (8u << 20)  /* waiting for the disk, for each recording; beyond it the recording fails */
#define SEK_RECORD_UNSYNCED_BYTES (4u << 20) /* written and not synced; beyond it the next block is synced at once */
#define SEK_RECORD_STALL_MS 1000             /* a write that has not returned after so long: the recording has failed */
#define SEK_RECORD_SYNC_MS 5000              /* the same for a sync, and for waiting for a thread */
#define SEK_RECORD_WHY_BYTES 256

struct sek_recorder;  /* the folder, its keys, its room */
struct sek_recording; /* one that is being written */

/* Paths and texts must outlive the recorder. */
struct sek_recorder_config {
	const char *path;            /* folder; made (0700) if it is not there */
	const char *public_key_path; /* of the recording key pair: 64 hex digits and a newline */
	const char *signing_key_path;/* ed25519 secret of this broker, made on the first start with .pub beside it */
	const char *where;           /* this broker's name */
	uint64_t warn_free_bytes;    /* less room: the administrator is told */
	uint64_t least_free_bytes;   /* less room: nothing new is begun; what runs fails */
	unsigned sync_seconds;       /* from one sync to the next; 0 and 1: with each second's block */
};

/* Opens the folder (blocking: before the loop runs); finishes what a crash left unfinished: cuts what is torn behind the last
 * sound block, marks it as finished late, signs. finished (may be NULL) is called for each of those. Errors leave in err a
 * sentence: what is wrong and what to do. */
struct sek_recording_facts;
sek_status sek_recorder_create(uv_loop_t *loop, const struct sek_recorder_config *config,
	void (*finished)(void *user, const struct sek_recording_facts *facts), void *user, struct sek_recorder **ret, char *err,
	size_t err_size);
void sek_recorder_stop(struct sek_recorder *r, void (*done)(void *user), void *user); /* closes and signs every recording first */
void sek_recorder_destroy(struct sek_recorder *r); /* after done; NULL is fine */

/* Takes the keys that lie there now: recordings that begin from now on are sealed to and signed by them; those that run keep theirs. Blocking,
 * for as long as two small files take. On failure nothing has changed. */
sek_status sek_recorder_reload(struct sek_recorder *r, char *err, size_t err_size);

struct sek_recorder_state {
	bool writable;                       /* a new recording could begin */
	char why[SEK_RECORD_WHY_BYTES];      /* "" while writable and above warn_free_bytes */
	bool warning;                        /* below warn_free_bytes */
	uint64_t free_bytes, used_bytes, waiting_bytes;
	uint32_t open, failed;               /* recordings: now; ever */
};
void sek_recorder_state(const struct sek_recorder *r, struct sek_recorder_state *ret);
/* Told when writable or warning changes. */
void sek_recorder_on_change(struct sek_recorder *r, void (*fn)(void *user, const struct sek_recorder_state *state), void *user);

/* What is known of a recording when it has ended (or was finished late). */
struct sek_recording_facts {
	char id[33], session[33]; /* hex */
	char user[256];           /* "" where only the sealed META knows it */
	uint64_t began_utc_us, length_us, bytes;
	uint32_t blocks, snapshots;
	uint8_t hash[32];         /* of the last block: what the audit log keeps */
	bool late;                /* finished by a later start */
};

struct sek_recording_about {
	const uint8_t *session; /* SEK_SESSION_ID_BYTES */
	const char *user, *host, *language;
	bool required, keep_text;
	const char *policy;     /* the policy in force, JSON */
};

/* Begins one: the file with its header is on the disk when ready(SEK_OK) is called, later, on the loop. failed: once, at any time
 * after that, never from inside a call; the sentence is for the administrator. ready with an error: it could not begin (failed is not
 * called). In every case the caller closes the handle. META, CLOCK and, at the end, STOPPED are added here, all else by the caller.
 * SEK_E_STORE: there is no room or no right (see state); there is no handle then. */
struct sek_recording_ops {
	void (*ready)(void *user, sek_status status);
	void (*failed)(void *user, const char *why);
	/* after sek_recording_close, when everything is on the disk and signed; or after failed, NULL */
	void (*closed)(void *user, const struct sek_recording_facts *facts);
	void *user;
}; /* each may be NULL; after sek_recording_close only closed() is called */
sek_status sek_recording_begin(struct sek_recorder *r, const struct sek_recording_about *about,
	const struct sek_recording_ops *ops, struct sek_recording **ret);

/* Adds an entry at this moment (the recorder reads the clock). Copies. Entries before ready() are kept. */
void sek_recording_add(struct sek_recording *r, enum sek_entry_kind kind, const uint8_t *payload, size_t n);
/* The same for payloads in two parts (a header made on the stack and a text). */
void sek_recording_add2(struct sek_recording *r, enum sek_entry_kind kind, const uint8_t *head, size_t head_n,
	const uint8_t *rest, size_t rest_n);
void sek_recording_event(struct sek_recording *r, enum sek_record_event event, uint32_t arg, const char *words);

bool sek_recording_ok(const struct sek_recording *r);         /* begun, and not failed */
const char *sek_recording_id(const struct sek_recording *r);  /* 32 hex digits */
uint64_t sek_recording_bytes(const struct sek_recording *r);  /* of the file so far */

/* Ends it: what waits is written, then signed. The handle is gone for the caller; ops.closed is still called. */
void sek_recording_close(struct sek_recording *r, uint32_t state);

#endif
