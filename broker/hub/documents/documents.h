/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Documents that cross as pixels: what users ask for, the jobs that turn a document's pages into a PDF of pictures, the inbox in which they
 * lie encrypted until their days are over. Must never release anything that is not whole, nor before the audit log has it with its
 * hash. Everything here is called on the loop; the store and files are touched in libuv's pool.
 */
#ifndef SEK_BROKER_HUB_DOCUMENTS_DOCUMENTS_H
#define SEK_BROKER_HUB_DOCUMENTS_DOCUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <uv.h>

#include "base/status.h"
#include "broker/hub/audit/audit.h"
#include "broker/hub/policy/policy.h"
#include "broker/hub/session/document.h"
#include "broker/hub/store/documents.h"

#define SEK_DOCUMENTS_AT_ONCE 4        /* jobs: two processes each, and at most one page in flight */
#define SEK_DOCUMENTS_REQUESTS 64      /* that wait for the pool; more are answered "busy" */
#define SEK_DOCUMENT_LINKS 4           /* decoders of one document: the first, and three where that lost its line */
#define SEK_DOCUMENT_STALL_MS 180000   /* without a page or a word about the document */
#define SEK_DOCUMENTS_LIST_MAX 200     /* of an inbox */
#define SEK_DOCUMENTS_LIST_DAYS 30     /* how long those that failed or are over still stand in it */
#define SEK_DOCUMENTS_LOOK_MS (60 * 60 * 1000)

struct sek_documents;
struct sek_documents_request;
struct sek_documents_reading;

/* Where pages come from: broker/hub/session/document.h, or a test. */
struct sek_documents_from {
	void *ctx;
	/* The policy in force of a user's live session, and that session's id; NULL: there is none. Good until the loop goes on. */
	const struct sek_policy *(*policy)(void *ctx, const char *user, char ret_session[33]);
	/* The next three as in session/document.h. */
	sek_status (*start)(void *ctx, const char *user, const struct sek_document_ask *ask, sek_document_end_fn *fn, void *arg,
		void **ret_link, int *ret_gap, int *ret_wake);
	void (*take)(void *link, uint16_t page);
	void (*stop)(void *link);
	/* A document was taken from this session: for its recording. */
	void (*taken)(void *ctx, const char *session, const struct sek_store_document *d);
};

/* Who decides about documents whose policy says so; asked may be NULL: then such policies fail with "no-approver". fn is called once,
 * later: error NULL = it waits now. false: it could not be asked. */
typedef void sek_document_asked_fn(void *arg, const char *error);
struct sek_document_approvals {
	void *ctx;
	bool (*ask)(void *ctx, const struct sek_store_document *d, const struct sek_policy *policy, sek_document_asked_fn *fn, void *arg);
	void (*withdraw)(void *ctx, const char *id);
};

/* Texts must outlive the documents. */
struct sek_documents_config {
	const char *store_where, *folder;
	const char *paper_path;            /* sekisho-paper */
	const char *languages;             /* of words that are read: "jpn+eng" */
	uint64_t least_free_bytes;         /* less room in the folder's file system: nothing is begun */
	const char *broker;                /* this broker's name: documents of others are theirs; NULL: there are no others */
	const uint8_t *key;                /* SEK_SEAL_KEY_BYTES: seals each document's own key */
	const char *print_server;          /* "host:port" or a socket's path, NULL = libcups' own default */
	const char *const *printers;       /* queues that may be used */
	size_t n_printers;
	struct sek_audit *audit;           /* NULL: nothing is recorded (tests) */
	struct sek_documents_from source;
};

/* Opens the store; removes what a broker that was killed left half done. Blocking, before the loop runs. */
sek_status sek_documents_create(uv_loop_t *loop, const struct sek_documents_config *config, struct sek_documents **ret, char *err,
	size_t err_size);
void sek_documents_approvals_by(struct sek_documents *d, const struct sek_document_approvals *a); /* copied */
/* Ends what runs, then done. */
void sek_documents_stop(struct sek_documents *d, void (*done)(void *user), void *user);
void sek_documents_destroy(struct sek_documents *d); /* after done; NULL is fine */

/* --- requests of users --- */

enum sek_documents_op {
	SEK_DOCUMENTS_ASK, SEK_DOCUMENTS_LIST, SEK_DOCUMENTS_SHOW, SEK_DOCUMENTS_CANCEL, SEK_DOCUMENTS_DELETE, SEK_DOCUMENTS_FILE,
	SEK_DOCUMENTS_PAGE, SEK_DOCUMENTS_PRINTERS_OF, SEK_DOCUMENTS_PRINT,
};
struct sek_documents_call {
	enum sek_documents_op op;
	char user[SEK_STORE_NAME_BYTES], address[SEK_STORE_ADDRESS_BYTES];
	char id[SEK_STORE_DOCUMENT_ID_BYTES];
	unsigned page;
	json_t *in;                        /* hostile, stolen; NULL where there is no body */
};
/* One of json, bytes, reading, unless error is set (a word of docs/api.md). */
struct sek_documents_answer {
	const char *error;
	bool created;
	json_t *json;                      /* the callee's */
	uint8_t *bytes;                    /* heap, the callee's */
	size_t n;
	bool jpeg;                         /* bytes: a JPEG, else a PNG */
	struct sek_documents_reading *reading; /* the callee's to close */
	uint64_t length;                   /* of all that it will give */
};
typedef void sek_documents_answer_fn(void *user, const struct sek_documents_answer *a);
/* fn is called exactly once, later, never from inside this call, unless it was forgotten before. NULL: out of memory. */
struct sek_documents_request *sek_documents_run(struct sek_documents *d, const struct sek_documents_call *call, sek_documents_answer_fn *fn,
	void *user);
void sek_documents_forget(struct sek_documents_request *q); /* NULL is fine */

/* The next part of a file, at most SEK_DOCUMENTS_PART_BYTES; bytes NULL: it can no longer be read, and what was given is not whole. fn is called
 * once, later, unless the reading is closed before. */
#define SEK_DOCUMENTS_PART_BYTES 262144
typedef void sek_documents_part_fn(void *user, const uint8_t *bytes, size_t n);
void sek_documents_reading_next(struct sek_documents_reading *r, sek_documents_part_fn *fn, void *user);
void sek_documents_reading_close(struct sek_documents_reading *r); /* NULL is fine */

/* --- approvals --- */

/* by: a user's name, "#broker" for one whose time ran out. Whoever decides twice, or about something else, changes nothing. */
enum sek_document_verdict { SEK_DOCUMENT_APPROVE, SEK_DOCUMENT_REFUSE, SEK_DOCUMENT_LAPSE };
void sek_documents_decide(struct sek_documents *d, const char *id, enum sek_document_verdict verdict, const char *by, const char *reason);
/* A page of a waiting document, whoever asks: that is the caller's to know. bytes: heap, the callee's. */
typedef void sek_documents_page_fn(void *arg, const char *error, uint8_t *bytes, size_t n, bool jpeg);
void sek_documents_page_of(struct sek_documents *d, const char *id, unsigned page, sek_documents_page_fn *fn, void *arg);

/* --- numbers --- */

enum sek_document_outcome { SEK_OUTCOME_RELEASED, SEK_OUTCOME_REFUSED, SEK_OUTCOME_CANCELLED, SEK_OUTCOME_FAILED, SEK_OUTCOMES };
struct sek_documents_state {
	unsigned working;                  /* jobs now */
	uint64_t outcomes[SEK_OUTCOMES], pages; /* since the start */
};
void sek_documents_state(const struct sek_documents *d, struct sek_documents_state *ret);
const char *sek_document_outcome_name(enum sek_document_outcome o);

#endif
