/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of documents/ share: one request, one job.
 */
#ifndef SEK_BROKER_HUB_DOCUMENTS_INTERNAL_H
#define SEK_BROKER_HUB_DOCUMENTS_INTERNAL_H

#include "broker/hub/documents/documents.h"
#include "broker/hub/documents/pdf.h"
#include "broker/hub/documents/vault.h"
#include "broker/hub/session/child.h"

struct sek_documents_request {
	struct sek_documents *documents;
	struct sek_documents_request *next;
	struct sek_documents_call call;
	void (*work)(struct sek_documents_request *q);  /* in the pool */
	void (*after)(struct sek_documents_request *q); /* on the loop; may go on with another work. NULL: answer */
	uv_work_t uv;
	bool begun;                          /* something was given to the pool: from then on the answer is the pool's to touch */
	struct sek_audit_ticket *ticket;
	struct sek_store_document row;
	struct sek_documents_answer answer;
	/* ask */
	int64_t per_day;
	struct sek_document_ask wish;
	uint64_t most_pixels;
	bool approved;
	char printer[128];
	const char *from;                    /* the state that it is changed from */
	/* approvals */
	sek_documents_page_fn *page_fn;
	enum sek_document_verdict verdict;
	char by[SEK_STORE_NAME_BYTES], said[SEK_STORE_DOCUMENT_REASON_BYTES];
	sek_documents_answer_fn *fn;
	void *user;
};

/* A record of sekisho-paper as it comes in. */
struct sek_document_record {
	uint8_t head[SEK_PAPER_HEAD_BYTES];
	size_t n;                            /* of head and body together */
	struct sek_paper_head page;
	uint8_t *body;
	size_t body_bytes;
};

/* CREATE the file; RUN: pages come; FINISH the PDF; RECORD that it is released (or waits); STORE that; END: what is left of it goes. */
enum sek_document_phase { SEK_JOB_CREATE, SEK_JOB_RUN, SEK_JOB_FINISH, SEK_JOB_RECORD, SEK_JOB_STORE, SEK_JOB_END };

struct sek_document_job {
	struct sek_documents *documents;
	struct sek_document_job *next;
	enum sek_document_phase phase;
	struct sek_store_document row;
	struct sek_document_ask wish;
	uint64_t most_pixels, pixels;
	bool approved;                       /* somebody has to say yes */
	uint8_t key[SEK_VAULT_KEY_BYTES];
	/* in the pool while `working`, else on the loop */
	struct sek_vault_writer *writer;
	struct sek_pdf *pdf;
	struct crypto_hash_sha256_state *sha;
	struct sek_document_record taken;    /* the page that is being put in */
	sek_status status;
	uv_work_t work;
	bool working;
	void (*after)(struct sek_document_job *j);
	/* the line: decoder, sekisho-paper, the pipe from it */
	void *link;
	struct sek_child *paper;
	uv_pipe_t heard;
	bool heard_open, heard_closing;
	bool line;                           /* there is one; taken down when `waiting` is 0 */
	bool downing;
	unsigned waiting, links;
	int commands;
	enum sek_document_end gone;          /* why the decoder is gone by itself; FAULT: it is not */
	enum sek_document_state gone_reason;
	struct sek_document_record record;
	unsigned page, pages_done;           /* asked for; put in */
	const char *reason, *end;            /* why it ends without a document, and as what; NULL: it does not */
	uv_timer_t stall;
	bool stall_open;
	struct sek_audit_ticket *ticket;
	bool asking, asked;                  /* of those who approve: under way; it waits there */
	bool forgotten;                      /* freed when the last handle is closed */
};

struct sek_documents {
	uv_loop_t *loop;
	struct sek_documents_config config;
	struct sek_document_approvals approvals;
	struct sek_store *store;
	struct sek_children children;
	struct sek_document_job *jobs;
	struct sek_documents_request *requests;
	unsigned n_requests, n_readings;
	uint64_t outcomes[SEK_OUTCOMES], pages;
	/* retention.c */
	uv_timer_t timer;
	bool timer_open, looking;
	uv_work_t look;
	struct sek_store_document *due;
	unsigned n_due;
	struct sek_audit_ticket *ticket;
	bool stopping;
	void (*done)(void *user);
	void *done_user;
};

/* documents.c */
void sek_documents_do(struct sek_documents_request *q, void (*work)(struct sek_documents_request *q),
	void (*after)(struct sek_documents_request *q));
/* Ends the request with its answer. */
void sek_documents_reply(struct sek_documents_request *q);
void sek_documents_fail(struct sek_documents_request *q, const char *error);
struct sek_documents_request *sek_documents_request_new(struct sek_documents *d);
void sek_documents_check_stopped(struct sek_documents *d);
/* One record of the log about a document; done as for sek_audit_event. */
struct sek_audit_ticket *sek_documents_record(struct sek_documents *d, const char *who, const char *what, const struct sek_store_document *r,
	enum sek_audit_outcome outcome, const char *more, const char *value, sek_audit_done_fn *done, void *user);
/* Whether another broker has made it; its file is here only if their folders are one. */
bool sek_documents_elsewhere(const struct sek_documents *d, const struct sek_store_document *r);
json_t *sek_documents_json(struct sek_documents *d, const struct sek_store_document *r);
/* In the pool: the row of q->call.id if it is that user's. False with the error set. */
bool sek_documents_mine(struct sek_documents_request *q);
/* The document's own key. */
sek_status sek_documents_key(const struct sek_documents *d, const struct sek_store_document *r, uint8_t ret[SEK_VAULT_KEY_BYTES]);

/* ask.c */
void sek_documents_ask(struct sek_documents_request *q);

/* job.c: on the loop */
struct sek_document_job *sek_document_job_find(struct sek_documents *d, const char *id, const char *user);
bool sek_document_job_begin(struct sek_documents_request *q); /* false: out of memory */
/* Ends it as that state for that reason, if it is not over already. */
void sek_document_job_fail(struct sek_document_job *j, const char *state, const char *reason);
void sek_document_job_settle(struct sek_document_job *j);
void sek_document_job_record(struct sek_document_job *j); /* a whole record stands in j->record */

/* line.c */
sek_status sek_document_line_up(struct sek_document_job *j);
void sek_document_line_down(struct sek_document_job *j);
void sek_document_line_ask(struct sek_document_job *j, unsigned page);
void sek_document_line_hear(struct sek_document_job *j, bool on);

/* work.c: in the pool */
void sek_document_work_create(uv_work_t *w);
void sek_document_work_page(uv_work_t *w);
void sek_document_work_finish(uv_work_t *w);
void sek_document_work_store(uv_work_t *w);
void sek_document_work_end(uv_work_t *w);

/* inbox.c */
void sek_documents_inbox(struct sek_documents_request *q); /* every operation but ASK and those of printers */

/* printers.c */
void sek_documents_printers(struct sek_documents_request *q);
void sek_documents_print(struct sek_documents_request *q);

/* index.c: in the pool. Behind the PDF of bytes bytes stand its pages (struct sek_pdf_page, in network order). */
sek_status sek_document_index_write(struct sek_vault_writer *w, const struct sek_pdf_page *pages, unsigned n);
sek_status sek_document_index_read(struct sek_vault *v, const struct sek_store_document *r, unsigned page, struct sek_pdf_page *ret);

/* retention.c */
void sek_documents_retention_start(struct sek_documents *d);
void sek_documents_retention_stop(struct sek_documents *d);

#endif
