/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of admin/ share: one request, the table of operations, reading of members.
 */
#ifndef SEK_BROKER_HUB_ADMIN_INTERNAL_H
#define SEK_BROKER_HUB_ADMIN_INTERNAL_H

#include "broker/hub/admin/admin.h"
#include "broker/hub/store/store.h"

enum sek_admin_kind {
	SEK_ADMIN_TEXT,   /* one line: no control characters */
	SEK_ADMIN_NAME,   /* a user's name: put into its one form */
	SEK_ADMIN_NUMBER,
	SEK_ADMIN_BOOL,
	SEK_ADMIN_WORDS,  /* an array of texts */
	SEK_ADMIN_OBJECT, /* looked at by the operation */
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
#define SEK_ADMIN_PAGING \
	{ "search", SEK_ADMIN_TEXT, false, 0, 100 }, \
	{ "offset", SEK_ADMIN_NUMBER, false, 0, 1000000 }, \
	{ "limit", SEK_ADMIN_NUMBER, false, 1, SEK_ADMIN_PAGE_MAX }

struct sek_admin_op {
	const char *name;
	const struct sek_admin_field *fields; /* ended by one without a name */
	bool changes;                         /* goes on the record */
	void (*work)(struct sek_admin_request *r);  /* in the pool: the store, nothing of the loop. NULL: none */
	void (*after)(struct sek_admin_request *r); /* on the loop, if nothing failed before. NULL: none */
};

struct sek_admin_request {
	struct sek_admin *admin;
	struct sek_admin_request *next;
	const struct sek_admin_op *op;
	struct sek_admin_caller caller;
	uv_work_t work;
	json_t *in;        /* checked against op->fields */
	json_t *out;       /* the answer so far; NULL: an empty object */
	const char *error; /* the first thing that went wrong */
	bool denied;
	sek_admin_answer_fn *fn;
	void *user;
};

struct sek_admin_said;

struct sek_admin {
	uv_loop_t *loop;
	struct sek_admin_config config;
	struct sek_store *store;
	uv_async_t wake;
	struct sek_admin_request *waiting, **waiting_end; /* for a place in the pool */
	struct sek_admin_request *ready, **ready_end;     /* to be finished in the loop's next round */
	unsigned n_waiting, n_running;
	struct sek_admin_said *said;
	unsigned n_said;
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

/* messages.c */
void sek_admin_say(struct sek_admin *a, const char *user, const char *text);
void sek_admin_forget_said(struct sek_admin *a);

extern const struct sek_admin_op sek_admin_user_ops[], sek_admin_session_ops[], sek_admin_host_ops[];

#endif
