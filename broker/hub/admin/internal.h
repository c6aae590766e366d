/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of admin/ share: one request, the table of operations, reading of members.
 */
#ifndef SEK_BROKER_HUB_ADMIN_INTERNAL_H
#define SEK_BROKER_HUB_ADMIN_INTERNAL_H

#include "broker/hub/admin/admin.h"
#include "broker/hub/audit/audit.h"
#include "broker/hub/store/groups.h"
#include "broker/hub/store/recordings.h"

enum sek_admin_kind {
	SEK_ADMIN_TEXT,   /* one line: no control characters */
	SEK_ADMIN_NAME,   /* a user's or group's name: put into its one form; 0, 1: may be empty */
	SEK_ADMIN_NUMBER,
	SEK_ADMIN_BOOL,
	SEK_ADMIN_WORDS,  /* an array of texts */
	SEK_ADMIN_ANY,    /* looked at by the operation, null too */
};

/* One member of an operation's object. */
struct sek_admin_field {
	const char *name;
	enum sek_admin_kind kind;
	bool needed;
	int64_t least, most; /* characters, a number's value, or how many texts (each at most SEK_ADMIN_WORD_CHARS) */
};

#define SEK_ADMIN_WORD_CHARS 200
#define SEK_ADMIN_REASON { "reason", SEK_ADMIN_TEXT, true, 1, SEK_ADMIN_REASON_CHARS }
#define SEK_ADMIN_VERSION_MOST 9007199254740991 /* what a number of JSON can say */
#define SEK_ADMIN_VERSION { "version", SEK_ADMIN_NUMBER, false, 0, SEK_ADMIN_VERSION_MOST }
#define SEK_ADMIN_VERSION_NEEDED { "version", SEK_ADMIN_NUMBER, true, 1, SEK_ADMIN_VERSION_MOST }
#define SEK_ADMIN_PAGING \
	{ "search", SEK_ADMIN_TEXT, false, 0, 100 }, \
	{ "after", SEK_ADMIN_TEXT, false, 0, 100 }, \
	{ "limit", SEK_ADMIN_NUMBER, false, 1, SEK_ADMIN_PAGE_MAX }

struct sek_admin_op {
	const char *name;
	const struct sek_admin_field *fields; /* ended by one without a name */
	const char *record;                   /* the word of docs/audit.md under which it goes on the record; NULL: it
	                                       * changes nothing */
	void (*work)(struct sek_admin_request *r);  /* in the pool: the store, nothing of the loop. NULL: none */
	void (*after)(struct sek_admin_request *r); /* on the loop, if nothing failed before. NULL: none */
};

/* What not administrators do, but others. */
struct sek_admin_right {
	const char *op;
	const char *roles;                         /* words: one of them is needed */
	void (*look)(struct sek_admin_request *r); /* in the pool, before it goes on the record: may refuse, and say more of the object
	                                            * by the members "user" and "hash". NULL: none */
};

struct sek_admin_request {
	struct sek_admin *admin;
	struct sek_admin_request *next;
	const struct sek_admin_op *op;
	const struct sek_admin_right *right; /* NULL: an administrator's */
	struct sek_admin_caller caller;
	uv_work_t work;
	json_t *in;        /* checked against op->fields */
	json_t *out;       /* the answer so far; NULL: an empty object */
	const char *error; /* the first thing that went wrong */
	json_t *others;    /* sessions: of other brokers, or the one that is meant, NULL: not known */
	char *value;       /* override: checked, as text; heap, NULL = none */
	void (*last)(struct sek_admin_request *r); /* set by op->after: what is still to be done in the pool */
	bool lasting;      /* that is under way */
	bool here;         /* sessions: it is this broker's */
	bool denied, recorded;
	struct sek_audit_ticket *ticket;
	sek_admin_answer_fn *fn;
	void *user;
};

struct sek_admin_said;

/* A page of rows that are given one by one. */
struct sek_admin_page {
	json_t *rows;
	unsigned limit;
	char next[SEK_STORE_NAME_BYTES]; /* where the next page begins: its `after` */
};

struct sek_admin {
	uv_loop_t *loop;
	struct sek_admin_config config;
	struct sek_store *store;
	uv_async_t wake;
	struct sek_admin_request *waiting, **waiting_end; /* for a place in the pool */
	struct sek_admin_request *ready, **ready_end;     /* to be finished in the loop's next round */
	unsigned n_waiting, n_running, n_recording;
	struct sek_admin_hosts *hosts; /* follow.c */
	struct sek_admin_said *said;
	unsigned n_said;
	json_t *(*brokers)(void *user);
	void *brokers_user;
	bool stopping;
	void (*done)(void *user);
	void *done_user;
};

/* check.c */
/* Checks in against fields, puts names into their one form. NULL, or why not, with *ret_field set (good while in is). */
const char *sek_admin_check(json_t *in, const struct sek_admin_field *fields, const char **ret_field);
/* Members that were checked; absent ones give "" or the default. */
const char *sek_admin_text(const struct sek_admin_request *r, const char *name);
int64_t sek_admin_number(const struct sek_admin_request *r, const char *name, int64_t absent);
bool sek_admin_bool(const struct sek_admin_request *r, const char *name);
bool sek_admin_has(const struct sek_admin_request *r, const char *name);
/* A text of the page that an operation answers: begins one; ends it with {"total","rows","next"}. */
void sek_admin_page_begin(const struct sek_admin_request *r, struct sek_admin_page *ret);
void sek_admin_page_end(struct sek_admin_request *r, struct sek_admin_page *p, uint64_t total);
/* Lists that are in memory count their pages: `after` as a number. False, with the error set, if it is none. */
bool sek_admin_offset(struct sek_admin_request *r, size_t *ret);
/* Who does this and why, for the store's history. Good while r is. */
struct sek_store_actor sek_admin_actor(const struct sek_admin_request *r);
/* True if needle is in hay, ASCII letters in any case; an empty needle is everywhere. */
bool sek_admin_contains(const char *hay, const char *needle);
/* True if a list of words divided by spaces holds the word. */
bool sek_admin_has_word(const char *list, const char *word);

/* admin.c */
void sek_admin_fail(struct sek_admin_request *r, const char *error);
/* bad-request with the member that is wrong. */
void sek_admin_bad(struct sek_admin_request *r, const char *field, const char *why);
/* Turns a failed status of the store into the request's error. True if it was SEK_OK. */
bool sek_admin_stored(struct sek_admin_request *r, sek_status s);

/* users.c: one user as a row of a page (ctx: struct sek_admin_page) */
void sek_admin_person_row(void *ctx, const struct sek_store_person *p);

/* True, with the error set, if administrators would do this to themselves. */
bool sek_admin_is_self(struct sek_admin_request *r);

/* factors.c: appends the certificates of a user; false with the error set */
bool sek_admin_certificates(struct sek_admin_request *r, const char *name, json_t *ret);
/* In the pool, before the record: a "certificate" that came as a file is put as "kind", "value", "subject" and "ends_s". */
void sek_admin_name_certificate(struct sek_admin_request *r);

/* others.c: sessions of other brokers. In the pool; what the store cannot say or take is left out, so that this broker's own can be dealt
 * with whatever it does. */
void sek_admin_others_list(struct sek_admin_request *r);
void sek_admin_others_end(struct sek_admin_request *r);
void sek_admin_others_message(struct sek_admin_request *r);
/* The session whose id is a member, if another broker holds it: r->others is {"user","own","opened"}, else NULL; opened: nothing runs of it yet. */
void sek_admin_others_find(struct sek_admin_request *r);
/* As r->last: its broker is asked to override the attribute of the members by the text r->value (NULL: none), and it is seen that it has. */
void sek_admin_others_override(struct sek_admin_request *r);
extern const struct sek_admin_op sek_admin_broker_ops[];
/* The list of brokers; never NULL but for want of memory. */
json_t *sek_admin_brokers(const struct sek_admin *a);

/* follow.c: what administrators said of hosts at run time holds over the configuration: at the start, and as it changes, at whichever
 * broker. SEK_E_NOMEM. */
sek_status sek_admin_hosts_start(struct sek_admin *a);
bool sek_admin_hosts_busy(const struct sek_admin *a);
void sek_admin_hosts_stop(struct sek_admin *a);
void sek_admin_hosts_destroy(struct sek_admin *a);
void sek_admin_check_stopped(struct sek_admin *a); /* admin.c: it is not busy any more */
/* On the loop, before anything happens: whether the host of an operation is one for it. Sets the error if not. */
void sek_admin_check_host(struct sek_admin_request *r);

/* foreign.c: with what foreign hosts are logged in to; from then on the sessions ask for it. */
void sek_admin_give_secrets(struct sek_admin *a);
/* Whether hosts/secret and hosts/test can be done at all; sets the error if not. */
void sek_admin_check_foreign_op(struct sek_admin_request *r);
/* Whether the members of hosts/add that are about foreign hosts fit together; sets the error if not. */
void sek_admin_check_foreign(struct sek_admin_request *r);

/* ages.c: what a host says of its age, and what the site thinks of that */
void sek_admin_put_ages(json_t *row, const struct sek_host_info *i);

/* messages.c */
void sek_admin_forget_said(struct sek_admin *a);

extern const struct sek_admin_op sek_admin_user_ops[], sek_admin_session_ops[], sek_admin_host_ops[],
	sek_admin_group_ops[], sek_admin_policy_ops[], sek_admin_override_ops[], sek_admin_audit_ops[], sek_admin_factor_ops[],
	sek_admin_recording_ops[], sek_admin_foreign_ops[], sek_admin_approver_ops[], sek_admin_document_ops[], sek_admin_age_ops[];
extern const struct sek_admin_right sek_admin_recording_rights[]; /* ended by one without an op */

#endif
