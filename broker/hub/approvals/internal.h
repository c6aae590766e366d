/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of approvals/ share: one request, the table of operations.
 */
#ifndef SEK_BROKER_HUB_APPROVALS_INTERNAL_H
#define SEK_BROKER_HUB_APPROVALS_INTERNAL_H

#include "broker/hub/approvals/approvals.h"
#include "broker/hub/audit/audit.h"

#define SEK_APPROVAL_REASON_CHARS 500

struct sek_approval_step {
	void (*look)(struct sek_approval_request *r);  /* in the pool: the right to it; sets r->record if it goes on the audit log. NULL: none */
	void (*work)(struct sek_approval_request *r);  /* in the pool, after the record. NULL: none */
	void (*after)(struct sek_approval_request *r); /* on the loop, unless something failed. NULL: none */
	void (*over)(struct sek_approval_request *r);  /* on the loop, in any case, last. NULL: none */
};

struct sek_approval_request {
	struct sek_approvals *all;
	struct sek_approval_request *next, *alive; /* alive: the next of every request there is */
	const struct sek_approval_step *step;
	struct sek_approvals_caller caller;
	struct sek_store_approval row; /* asked for, or found */
	uv_work_t work;
	int64_t now_s;
	unsigned page;
	bool approve, seen, recorded, quiet, fetching; /* quiet: nobody waits, nothing limits it; fetching: after() goes on by itself */
	char reason[SEK_STORE_WHY_BYTES];
	const char *record;         /* word of docs/audit.md; NULL: none */
	const char *error;          /* the first thing that went wrong */
	json_t *out;
	uint8_t *bytes;             /* ask: the text; take, show: the text */
	size_t n;
	bool is_bytes, is_jpeg;     /* the answer is bytes */
	struct sek_audit_ticket *ticket;
	struct sek_store_approval *rows; /* of sweep: what has come to an end; heap */
	size_t n_rows, n_expired;
	sek_approvals_asked_fn *asked;
	sek_approvals_answer_fn *fn;
	void *user;
};

struct sek_approval_view {
	uint64_t login;
	char id[SEK_STORE_APPROVAL_BYTES];
};

struct sek_approvals {
	uv_loop_t *loop;
	struct sek_approvals_config config;
	struct sek_approvals_documents documents;
	struct sek_store *store;
	uv_async_t wake;
	uv_timer_t sweep;
	struct sek_approval_request *alive;           /* every one there is */
	struct sek_approval_request *waiting, *ready; /* for a place in the pool; to be finished in the loop's next round */
	unsigned n_waiting, n_running, n_alive;       /* alive: not finished yet, whatever it does */
	bool sweeping, stopping;
	struct sek_approval_view views[SEK_APPROVALS_VIEWS];
	unsigned n_views;
	unsigned closing;
	void (*done)(void *user);
	void *done_user;
};

/* approvals.c */
void sek_approval_fail(struct sek_approval_request *r, const char *error);
/* Turns a failed status of the store into the request's error. True if it was SEK_OK. */
bool sek_approval_stored(struct sek_approval_request *r, sek_status s);
/* A request of our own, without anybody behind it. */
void sek_approvals_begin(struct sek_approvals *a, const struct sek_approval_step *step, const char *id);
/* Goes on with the answer of a request whose after() put it off by fetching something. */
void sek_approval_finish(struct sek_approval_request *r);

/* people.c */
extern const struct sek_approval_step sek_approval_steps[]; /* in the order of enum sek_approvals_op */
/* asking.c */
extern const struct sek_approval_step sek_approval_ask_step, sek_approval_withdraw_step, sek_approval_sweep_step, sek_approval_told_step;
/* What is asked for, into r->row and r->bytes. */
void sek_approval_take_ask(struct sek_approval_request *r, const struct sek_approval_ask *ask);
/* In the pool: opens the sealed text of r->row into r->bytes, ended by a NUL. False: r has failed. */
bool sek_approval_open_text(struct sek_approval_request *r);
/* people.c: the reason that a verdict comes with; false: it is none */
bool sek_approval_take_reason(struct sek_approval_request *r, const char *reason);
/* which log-in has been shown what */
void sek_approvals_seen(struct sek_approvals *a, const struct sek_approvals_caller *who, const char *id);
bool sek_approvals_has_seen(const struct sek_approvals *a, const struct sek_approvals_caller *who, const char *id);

#endif
