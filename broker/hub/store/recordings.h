/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The catalogue of recordings: whose they are, what happened in them, how long they are kept, what reviewers noted. The
 * recordings themselves are files (record/); a row outlives its file as the proof that it was there and who let it go.
 * Lists stay fast at 10,000 rows and more. Rules of store.h hold: calls block, callbacks must not call the store.
 */
#ifndef SEK_BROKER_HUB_STORE_RECORDINGS_H
#define SEK_BROKER_HUB_STORE_RECORDINGS_H

#include "broker/hub/store/policies.h"
#include "broker/hub/store/sessions.h"

#define SEK_STORE_RECORDING_BYTES 33   /* of an id, and of a session's: 32 hex digits with the end */
#define SEK_STORE_HOST_BYTES 64
#define SEK_STORE_GROUPS_BYTES 4096
#define SEK_STORE_ENDED_BYTES 32
#define SEK_STORE_NOTE_BYTES 2048
#define SEK_STORE_NOTES_MAX 1000       /* of one recording */

/* What happened in a recording, a set of bits. */
enum sek_recording_mark {
	SEK_MARK_CLIPBOARD = 1, /* text crossed, or was refused */
	SEK_MARK_POLICY = 2,    /* the policy changed while it ran */
	SEK_MARK_MESSAGE = 4,   /* an administrator said something */
	SEK_MARK_LINK = 8,      /* the render host was lost for a while */
	SEK_MARK_LATE = 16,     /* finished by a later start of the broker */
	SEK_MARK_FAILED = 32,   /* it broke off: no room, no right, a disk that was too slow */
};
#define SEK_MARKS_ALL 63u

struct sek_store_recording {
	char id[SEK_STORE_RECORDING_BYTES], session[SEK_STORE_RECORDING_BYTES];
	char user[SEK_STORE_NAME_BYTES];
	char host[SEK_STORE_HOST_BYTES];       /* render host, "" = none was chosen yet */
	char groups[SEK_STORE_GROUPS_BYTES];   /* of the user when it began, in the order of names, divided by newlines */
	int64_t began_us;                      /* UTC */
	int64_t length_us, bytes, blocks;      /* 0 while it runs */
	uint32_t marks;                        /* enum sek_recording_mark */
	char ended[SEK_STORE_ENDED_BYTES];     /* word of the session's state, "policy" or "unfinished" (a crash); "" = it runs */
	bool required;
	int64_t days;                          /* how long it is kept, 0 = until somebody purges it */
	bool hold;                             /* legal hold: nobody purges it */
	char hold_why[SEK_STORE_WHY_BYTES];
	int64_t purged_s;                      /* 0 = the file is there */
	char purged_by[SEK_STORE_NAME_BYTES];
	uint8_t hash[32];                      /* of its last block; zeros while it runs */
	int64_t notes;                         /* how many; not written */
	char broker[SEK_STORE_BROKER_BYTES];   /* who made it, and has its file; "" = a program that knew of one broker only */
};

/* A recording has begun. ended, length, hold, purged and groups are not looked at: the user's groups are read here. SEK_E_EXISTS. */
sek_status sek_store_recording_begin(struct sek_store *s, const struct sek_store_recording *r);
/* It has ended: length, bytes, blocks, hash, ended are set, marks and host are added. One that has no row (the database is younger
 * than the file) gets one. A row that has ended already keeps how. */
sek_status sek_store_recording_end(struct sek_store *s, const struct sek_store_recording *r);
/* SEK_E_NOT_FOUND. */
sek_status sek_store_recording_find(struct sek_store *s, const char *id, struct sek_store_recording *ret);

/* NULL, 0 and "" ask for nothing. */
struct sek_store_recordings_query {
	const char *search;             /* somewhere in user, groups, host, the notes, or the beginning of id or session */
	const char *user, *group, *host;/* exactly */
	int64_t from_us, to_us;         /* it ran at some time in between */
	int64_t least_us, most_us;      /* its length */
	uint32_t marks;                 /* has all of these */
	const char *ended;              /* "ended-admin", ...; "running": those that run */
	bool hold_only, noted_only;
	bool purged;                    /* the rows of purged recordings too */
	int64_t before_us;              /* page: what began before this, or then and has a smaller id; 0 = newest */
	const char *before_id;
	unsigned limit;                 /* 1 to SEK_STORE_PAGE_MAX */
};
/* Newest first. *ret_total (may be NULL): how many there are without the page. */
sek_status sek_store_recordings_page(struct sek_store *s, const struct sek_store_recordings_query *q,
	void (*fn)(void *ctx, const struct sek_store_recording *r), void *ctx, uint64_t *ret_total);

/* The recordings of one session, in the order in which they began: more than one where it has changed hands or its broker was killed. */
sek_status sek_store_recordings_parts(struct sek_store *s, const char *session,
	void (*fn)(void *ctx, const struct sek_store_recording *r), void *ctx);

/* Those of that broker (or of nobody; NULL: all) that still have a file, whose days are over and which nobody holds; oldest first, at most `limit`. */
sek_status sek_store_recordings_due(struct sek_store *s, const char *broker, int64_t now_s, unsigned limit,
	void (*fn)(void *ctx, const struct sek_store_recording *r), void *ctx);
/* Those of that broker (or of nobody; NULL: all) that never ended, but for the sessions of this moment: a file without an end, or none at all. */
sek_status sek_store_recordings_running(struct sek_store *s, const char *broker, void (*fn)(void *ctx, const struct sek_store_recording *r), void *ctx);

/* Legal hold on or off. SEK_E_NOT_FOUND; SEK_E_CONFLICT: it is so already, or the recording is purged. */
sek_status sek_store_recording_hold(struct sek_store *s, const char *id, bool hold, const struct sek_store_actor *by);
/* The file goes: the row stays. Called before the file is unlinked. SEK_E_NOT_FOUND; SEK_E_DENIED: legal hold; SEK_E_CONFLICT:
 * it runs, or is purged already. */
sek_status sek_store_recording_purge(struct sek_store *s, const char *id, const struct sek_store_actor *by);

struct sek_store_recording_sums {
	int64_t recordings, bytes;      /* that are there */
	int64_t day_bytes, week_bytes;  /* of those that began in the last day, the last seven days */
	int64_t first_us;               /* when the oldest that is there began, 0 = none */
	int64_t held, purged;
};
sek_status sek_store_recordings_sum(struct sek_store *s, int64_t now_s, struct sek_store_recording_sums *ret);

/* --- notes of reviewers --- */

struct sek_store_note {
	int64_t id, at_us;              /* at_us: where in the recording */
	bool flag;                      /* "look here" */
	const char *who, *text;
	int64_t when_s;
};
/* by->why is the text. SEK_E_NOT_FOUND; SEK_E_LIMIT: too long, or too many. */
sek_status sek_store_note_add(struct sek_store *s, const char *recording, int64_t at_us, bool flag,
	const struct sek_store_actor *by, int64_t *ret_id);
/* Takes back one's own note. SEK_E_NOT_FOUND; SEK_E_DENIED: somebody else's. */
sek_status sek_store_note_remove(struct sek_store *s, const char *recording, int64_t id, const char *who);
/* In the order of at_us. */
sek_status sek_store_notes_each(struct sek_store *s, const char *recording,
	void (*fn)(void *ctx, const struct sek_store_note *n), void *ctx);

#endif
