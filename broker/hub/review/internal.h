/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of review/ share: keys, views, one request.
 */
#ifndef SEK_BROKER_HUB_REVIEW_INTERNAL_H
#define SEK_BROKER_HUB_REVIEW_INTERNAL_H

#include <sys/types.h>

#include "broker/hub/record/reader.h"
#include "broker/hub/record/work.h"
#include "broker/hub/review/review.h"

#define SEK_REVIEW_ID_BYTES 33 /* of views, recordings and sessions: 32 hex digits */
#define SEK_REVIEW_SECRET_BYTES 32
#define SEK_REVIEW_REASON_CHARS 500
#define SEK_REVIEW_PASSPHRASE_MAX 1024
#define SEK_REVIEW_KEY_FILE_MAX 4096
#define SEK_REVIEW_PATH_BYTES 4096

/* The unlocked secret half, for one log-in. */
struct sek_review_key {
	struct sek_review_key *next;
	uint64_t login;
	uint64_t used_ms;
	uint8_t *secret; /* SEK_REVIEW_SECRET_BYTES of sodium_malloc */
};

/* One recording that one log-in looks at. */
struct sek_review_view {
	struct sek_review_view *next;
	char id[SEK_REVIEW_ID_BYTES], recording[SEK_REVIEW_ID_BYTES], session[SEK_REVIEW_ID_BYTES];
	uint64_t login;
	uint64_t used_ms;
	char user[SEK_STORE_NAME_BYTES]; /* who looks */
	char of[SEK_STORE_NAME_BYTES];   /* whose session it was, once it is open */
	char path[SEK_REVIEW_PATH_BYTES];
	struct sek_recording_reader *reader; /* used in the pool while busy, else on the loop */
	dev_t dev;
	ino_t ino;
	bool watching;       /* the session's user is told so */
	bool busy, closing;  /* closing: freed as soon as it is not busy */
};

struct sek_review_op {
	const char *name;
	bool needs_view, needs_key;
	bool counts;         /* as looking: puts off the wiping of the key */
	const char *record;  /* word of docs/audit.md; it happens only once that is on the record. NULL: none */
	bool (*check)(struct sek_review_request *q);  /* on the loop: the members; false with the error set */
	void (*work)(struct sek_review_request *q);   /* in the pool */
	void (*after)(struct sek_review_request *q);  /* on the loop, also after an error */
};

struct sek_review_request {
	struct sek_review *review;
	struct sek_review_request *next;
	struct sek_review_request *all;  /* the next of every request there is */
	bool ended;                      /* its log-in is over: nothing comes of it */
	const struct sek_review_op *op;
	struct sek_review_caller caller;
	struct sek_review_view *view; /* the operation's, busy while it runs */
	uv_work_t work;
	json_t *in, *out;
	uint8_t *bytes;               /* the answer, if it is bytes */
	size_t n;
	uint8_t *secret;              /* sodium_malloc; unlock: found; open, film: a copy */
	int fd;                       /* film: its file; -1: none */
	const char *error;            /* the first thing that went wrong */
	struct sek_audit_ticket *ticket;
	sek_review_answer_fn *fn;
	void *user;
};

struct sek_review {
	uv_loop_t *loop;
	struct sek_review_config config;
	uv_async_t wake;
	uv_timer_t sweep;
	struct sek_review_request *all;
	struct sek_review_request *waiting, *ready; /* for a place in the pool; to be finished in the loop's next round */
	unsigned n_waiting, n_running, n_recording;
	struct sek_review_key *keys;
	struct sek_review_view *views;
	struct sek_review_film *films;
	struct sek_review_reading *reading; /* NULL: the site does not want words to be read */
	struct sek_children children;       /* of films and words */
	bool stopping;
	unsigned closing; /* handles */
	void (*done)(void *user);
	void *done_user;
};

/* review.c */
void sek_review_fail(struct sek_review_request *q, const char *error);
/* A text member of least to most bytes without control characters, or NULL with bad-request set. */
const char *sek_review_text(struct sek_review_request *q, const char *name, size_t least, size_t most);
/* A number member of 0 to most; absent: 0. */
uint32_t sek_review_number(struct sek_review_request *q, const char *name, uint32_t most);

/* Something ended by itself: goes on stopping, if that is what everybody waits for. */
void sek_review_settle(struct sek_review *v);

/* keys.c: on the loop, but for the work of unlock */
struct sek_review_key *sek_review_key_of(struct sek_review *v, uint64_t login);
void sek_review_wipe(const json_t *in); /* the passphrase in a request, whatever becomes of that */
void sek_review_key_drop(struct sek_review *v, uint64_t login);
extern const struct sek_review_op sek_review_key_ops[];

/* views.c: on the loop */
struct sek_review_view *sek_review_view_find(struct sek_review *v, const char *id, uint64_t login);
/* Closes now, or when what runs on it is done. */
void sek_review_view_close(struct sek_review *v, struct sek_review_view *view);
void sek_review_views_drop(struct sek_review *v, uint64_t login); /* 0: everybody's */
void sek_review_views_idle(struct sek_review *v);
extern const struct sek_review_op sek_review_view_ops[];

/* films.c: on the loop */
#define SEK_REVIEW_FILMS 4                  /* that are made or kept at a time; one for each log-in */
#define SEK_REVIEW_PART_BYTES (1u << 20)    /* of one answer of film-read */
void sek_review_films_drop(struct sek_review *v, uint64_t login); /* 0: everybody's */
void sek_review_films_look(struct sek_review *v); /* ends what nobody asks for, what the disk or a deletion leaves no room for */
extern const struct sek_review_op sek_review_film_ops[];

/* words.c: on the loop */
sek_status sek_review_reading_create(struct sek_review *v, char *err, size_t err_size);
void sek_review_reading_destroy(struct sek_review_reading *r); /* NULL is fine */
bool sek_review_reading_busy(const struct sek_review_reading *r);
void sek_review_reading_key_came(struct sek_review *v);
void sek_review_reading_step(struct sek_review *v);            /* goes on if there is a key and something to read */
void sek_review_reading_key_gone(struct sek_review *v, uint64_t login); /* 0: whoever's */
extern const struct sek_review_op sek_review_word_ops[];

/* read.c: in the pool */
void sek_review_work_open(struct sek_review_request *q);
void sek_review_work_timeline(struct sek_review_request *q);
void sek_review_work_events(struct sek_review_request *q);
void sek_review_work_blocks(struct sek_review_request *q);
void sek_review_work_again(struct sek_review_request *q);

#endif
