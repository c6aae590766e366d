/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Approvals by supervisors: what a policy lets cross only after somebody else has seen it waits here for an approver of a group of the
 * requester. A document's pages lie with whoever asked (broker/hub/documents); a text lies in the store, sealed. Nobody decides on their
 * own; from so many pages on it takes two; what nobody decides in time is refused. Must never let anything cross by itself: it tells who
 * asked what was decided, after that is on the audit log.
 *
 * Called on the loop's thread only. What touches the store runs in libuv's pool, at most SEK_APPROVALS_RUNNING at once, with a handle of
 * its own.
 */
#ifndef SEK_BROKER_HUB_APPROVALS_APPROVALS_H
#define SEK_BROKER_HUB_APPROVALS_APPROVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <uv.h>

#include "base/status.h"
#include "broker/hub/store/approvals.h"

#define SEK_APPROVALS_RUNNING 2        /* requests in the pool at the same time */
#define SEK_APPROVALS_WAITING 64       /* that wait for that; more are answered "busy" */
#define SEK_APPROVALS_EACH 8           /* of those, of one user */
#define SEK_APPROVALS_SWEEP_MS 5000    /* how often it is looked for what is too late */
#define SEK_APPROVALS_KEPT_S (7 * 24 * 3600) /* what was decided is shown to who asked for so long */
#define SEK_APPROVALS_VIEWS 256        /* that are remembered, so that each goes on the record once */

struct sek_approvals;
struct sek_approval_request;
struct sek_audit;

/* All pointers must outlive it. */
struct sek_approvals_config {
	const char *store_where;
	struct sek_audit *audit; /* NULL: nothing is recorded (tests) */
	const uint8_t *key;      /* SEK_SEAL_KEY_BYTES, seals texts; NULL: texts are never asked for */
};

/* Opens the store. On failure writes what is wrong and what to do into err. */
sek_status sek_approvals_create(uv_loop_t *loop, const struct sek_approvals_config *config, struct sek_approvals **ret, char *err,
	size_t err_size);
/* Takes nothing new, waits for what runs, then calls done on the loop. NULL: done at once. */
void sek_approvals_stop(struct sek_approvals *a, void (*done)(void *user), void *user);
void sek_approvals_destroy(struct sek_approvals *a); /* after done; NULL is fine */

/* --- whose documents wait --- */

/* bytes: heap, the callee's. error: NULL or a word of docs/api.md, good for ever. */
typedef void sek_approvals_page_fn(void *arg, const char *error, uint8_t *bytes, size_t n, bool jpeg);
struct sek_approvals_documents {
	/* What was decided, on the loop; may come more than once for a document, also for one that is gone. by: who decided, "" = time. */
	void (*decide)(void *user, const char *id, enum sek_approval_state state, const char *by, const char *reason);
	/* Page 1 and so on of a document that waits. fn is called exactly once, later, never from inside. */
	void (*page)(void *user, const char *id, unsigned page, sek_approvals_page_fn *fn, void *arg);
	void *user;
};
/* Once, before the loop runs; what was decided and could not be told before is told now. */
void sek_approvals_documents_from(struct sek_approvals *a, const struct sek_approvals_documents *documents);

/* --- asking --- */

struct sek_approval_ask {
	const char *id;          /* of the document: 32 hex digits; NULL: one is made (texts) */
	enum sek_approval_kind kind;
	const char *user, *name; /* who asks; what he or she calls it */
	const char *session;     /* of which it came, "" = none */
	const char *sha256;      /* of what would be released: 64 hex digits */
	uint32_t pages, chars;
	uint64_t bytes;
	uint32_t hours;          /* approval_hours of the policy: refused by itself after that */
	uint32_t bulk_pages;     /* approval_bulk_pages: from so many pages on two approvers are needed, 0 = never */
	const char *text;        /* kind TEXT: `bytes` bytes, else NULL */
	bool log_text;           /* the text goes on the record when it is taken */
};
/* error: NULL = it waits now; "no-approver", "few-approvers" (two are needed, and there is one), "many-waiting", "audit",
 * "busy", "internal". */
typedef void sek_approvals_asked_fn(void *arg, const char *error);
/* fn is called once, later, never from inside. NULL: out of memory, or stopping. Texts of ask are good during the call only. */
struct sek_approval_request *sek_approvals_ask(struct sek_approvals *a, const struct sek_approval_ask *ask, sek_approvals_asked_fn *fn,
	void *arg);
/* Who asked has cancelled or deleted it: nobody need decide any more. Unknown ids are fine. */
void sek_approvals_withdraw(struct sek_approvals *a, const char *id);

/* --- what people do (docs/api.md) --- */

enum sek_approvals_op {
	SEK_APPROVALS_COUNT,  /* {"approver", "waiting"} */
	SEK_APPROVALS_LIST,   /* {"approvals", "total"} */
	SEK_APPROVALS_SHOW,   /* one; with its text, which goes on the record */
	SEK_APPROVALS_PAGE,   /* bytes; the first one of a view goes on the record */
	SEK_APPROVALS_DECIDE,
	SEK_APPROVALS_TEXTS,  /* {"texts"} of the requester */
	SEK_APPROVALS_TAKE,   /* one approved text; goes on the record as the transfer that it is */
	SEK_APPROVALS_DROP,   /* the requester does not want it any more */
};

/* On whose behalf: a living log-in. */
struct sek_approvals_caller {
	uint64_t login;
	char user[SEK_STORE_NAME_BYTES];
	char address[SEK_STORE_ADDRESS_BYTES];
};

struct sek_approvals_what {
	enum sek_approvals_op op;
	const char *id;     /* hostile; NULL where the operation needs none */
	unsigned page;      /* PAGE */
	bool approve;       /* DECIDE */
	const char *reason; /* DECIDE: hostile UTF-8, may be NULL where it approves */
};

/* error: NULL or a word of docs/api.md, good for ever. answer: an object, the callee's; NULL where bytes are the answer, which are heap
 * and the callee's. */
typedef void sek_approvals_answer_fn(void *user, const char *error, json_t *answer, uint8_t *bytes, size_t n, bool jpeg);
/* fn is called exactly once, later, never from inside (unless it was forgotten before). NULL: out of memory, or stopping. */
struct sek_approval_request *sek_approvals_run(struct sek_approvals *a, const struct sek_approvals_caller *who,
	const struct sek_approvals_what *what, sek_approvals_answer_fn *fn, void *user);
/* The asker is gone: its fn will not be called; what was begun goes on. NULL is fine. */
void sek_approvals_forget(struct sek_approval_request *r);

#endif
