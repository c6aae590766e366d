/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The life of documents/ itself, and of one request: pool, record, answer.
 */
#include "broker/hub/documents/documents.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <sodium.h>

#include "base/error.h"
#include "base/hex.h"
#include "base/log.h"
#include "broker/hub/documents/internal.h"
#include "broker/hub/keys/seal.h"

const char *sek_document_outcome_name(enum sek_document_outcome o)
{
	static const char *const names[SEK_OUTCOMES] = { "released", "refused", "cancelled", "failed" };

	return names[o];
}

void sek_documents_state(const struct sek_documents *d, struct sek_documents_state *ret)
{
	const struct sek_document_job *j;

	*ret = (struct sek_documents_state){ .pages = d->pages };
	memcpy(ret->outcomes, d->outcomes, sizeof ret->outcomes);
	for (j = d->jobs; j; j = j->next)
		ret->working++;
}

/* --- what requests share --- */

sek_status sek_documents_key(const struct sek_documents *d, const struct sek_store_document *r, uint8_t ret[SEK_VAULT_KEY_BYTES])
{
	char purpose[64];

	sek_seal_for_document(r->id, purpose, sizeof purpose);
	return sek_seal_open(d->config.key, purpose, r->key, sizeof r->key, ret);
}

struct sek_audit_ticket *sek_documents_record(struct sek_documents *d, const char *who, const char *what, const struct sek_store_document *r,
	enum sek_audit_outcome outcome, const char *more, const char *value, sek_audit_done_fn *done, void *user)
{
	char hash[65], pages[24], bytes[24];
	bool whole = r->bytes > 0;

	sek_hex(r->hash, sizeof r->hash, hash);
	snprintf(pages, sizeof pages, "%" PRId64, r->pages);
	snprintf(bytes, sizeof bytes, "%" PRId64, r->bytes);
	return sek_audit_event(d->config.audit, &(struct sek_audit_event){ .who = who, .what = what, .object = r->id, .outcome = outcome,
		.details = (const char *const[]){ "user", r->user, "session", r->session, "name", r->name, "for", r->purpose, "from", r->source,
		"pages", r->pages > 0 ? pages : NULL, "bytes", whole ? bytes : NULL, "sha256", whole ? hash : NULL, more ? more : "more",
		more ? value : NULL, NULL } }, done, user);
}

bool sek_documents_elsewhere(const struct sek_documents *d, const struct sek_store_document *r)
{
	return d->config.broker && r->broker[0] && strcmp(r->broker, d->config.broker) != 0;
}

json_t *sek_documents_json(struct sek_documents *d, const struct sek_store_document *r)
{
	const struct sek_document_job *j = strcmp(r->state, "working") == 0 ? sek_document_job_find(d, r->id, NULL) : NULL;
	char hash[65];

	sek_hex(r->hash, sizeof r->hash, hash);
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:s,s:s,s:b,s:I,s:I,s:s}", "id", r->id, "name", r->name, "for", r->purpose, "from", r->source,
		"state", r->state, "pages", (json_int_t)(j ? j->row.pages : r->pages), "pages_done", (json_int_t)(j ? j->pages_done : r->pages),
		"bytes", (json_int_t)r->bytes, "sha256", r->bytes > 0 ? hash : "", "reason", r->reason, "text", (int)r->text, "created",
		(json_int_t)r->created_s, "expires", (json_int_t)r->expires_s, "broker", r->broker);
}

void sek_documents_fail(struct sek_documents_request *q, const char *error)
{
	if (!q->answer.error)
		q->answer.error = error;
}

bool sek_documents_mine(struct sek_documents_request *q)
{
	sek_status s = sek_store_document_find(q->documents->store, q->call.id, &q->row);

	if (!sek_is_ok(s))
		sek_documents_fail(q, sek_is(s, SEK_E_NOT_FOUND) ? "not-found" : "internal");
	else if (strcmp(q->row.user, q->call.user) != 0 || strcmp(q->row.state, "deleted") == 0)
		sek_documents_fail(q, "not-found"); /* somebody else's is not there */
	return !q->answer.error;
}

/* --- the life of a request --- */

static void on_work(uv_work_t *w)
{
	struct sek_documents_request *q = w->data;

	q->work(q);
}

static void after_work(uv_work_t *w, int cancelled)
{
	struct sek_documents_request *q = w->data;

	(void)cancelled;
	if (q->after)
		q->after(q);
	else
		sek_documents_reply(q);
}

void sek_documents_do(struct sek_documents_request *q, void (*work)(struct sek_documents_request *q),
	void (*after)(struct sek_documents_request *q))
{
	q->begun = true;
	q->uv.data = q;
	q->work = work;
	q->after = after;
	SEK_ASSERT(uv_queue_work(q->documents->loop, &q->uv, on_work, after_work) == 0);
}

static void drop_answer(struct sek_documents_answer *a)
{
	json_decref(a->json);
	free(a->bytes);
	sek_documents_reading_close(a->reading);
}

void sek_documents_reply(struct sek_documents_request *q)
{
	struct sek_documents *d = q->documents;
	struct sek_documents_request **at = &d->requests;
	struct sek_documents_answer *a = &q->answer;

	while (*at != q)
		at = &(*at)->next;
	*at = q->next;
	d->n_requests--;
	if (a->error) {
		drop_answer(a);
		*a = (struct sek_documents_answer){ .error = a->error };
	}
	if (q->page_fn)
		q->page_fn(q->user, a->error, a->bytes, a->n, a->jpeg);
	else if (q->fn)
		q->fn(q->user, a);
	else
		drop_answer(a);
	json_decref(q->call.in);
	sodium_memzero(q, sizeof *q);
	free(q);
	sek_documents_check_stopped(d);
}

struct sek_documents_request *sek_documents_request_new(struct sek_documents *d)
{
	struct sek_documents_request *q = calloc(1, sizeof *q);

	if (!q)
		return NULL;
	q->documents = d;
	q->next = d->requests;
	d->requests = q;
	d->n_requests++;
	return q;
}

static void nothing(struct sek_documents_request *q)
{
	(void)q;
}

struct sek_documents_request *sek_documents_run(struct sek_documents *d, const struct sek_documents_call *call, sek_documents_answer_fn *fn,
	void *user)
{
	struct sek_documents_request *q = sek_documents_request_new(d);

	if (!q) {
		json_decref(call->in);
		return NULL;
	}
	q->call = *call;
	q->fn = fn;
	q->user = user;
	if (d->stopping)
		sek_documents_fail(q, "stopping");
	else if (d->n_requests > SEK_DOCUMENTS_REQUESTS)
		sek_documents_fail(q, "busy");
	else if (call->op == SEK_DOCUMENTS_ASK)
		sek_documents_ask(q);
	else if (call->op == SEK_DOCUMENTS_PRINTERS_OF)
		sek_documents_printers(q);
	else if (call->op == SEK_DOCUMENTS_PRINT)
		sek_documents_print(q);
	else
		sek_documents_inbox(q);
	if (!q->begun) /* there is an error: answered all the same from the loop's next turn */
		sek_documents_do(q, nothing, NULL);
	return q;
}

void sek_documents_forget(struct sek_documents_request *q)
{
	if (q)
		q->fn = NULL;
}

/* --- the life of all --- */

static bool keep(void *ctx, const char *id)
{
	struct sek_store_document r;

	return sek_is_ok(sek_store_document_find(((struct sek_documents *)ctx)->store, id, &r)) && (r.expires_s > 0 || sek_documents_elsewhere(ctx, &r));
}

struct list {
	struct sek_store_document *rows;
	size_t n;
};

static void add_row(void *ctx, const struct sek_store_document *r)
{
	struct list *l = ctx;
	struct sek_store_document *more = realloc(l->rows, (l->n + 1) * sizeof *more);

	if (!more)
		return;
	l->rows = more;
	l->rows[l->n++] = *r;
}

/* What was under way when the broker was killed has failed, whole. */
static sek_status clear_up(struct sek_documents *d)
{
	struct list l = { .rows = NULL };
	sek_status s = sek_store_documents_in(d->store, "working", add_row, &l);
	unsigned removed = 0;

	for (size_t i = 0; i < l.n && sek_is_ok(s); i++) {
		struct sek_store_document *r = &l.rows[i];

		if (sek_documents_elsewhere(d, r))
			continue; /* that one makes it at this moment, or clears up by itself */
		snprintf(r->state, sizeof r->state, "failed");
		snprintf(r->reason, sizeof r->reason, "stopped");
		memset(r->key, 0, sizeof r->key);
		r->finished_s = (int64_t)time(NULL);
		s = sek_store_document_set(d->store, r, "working");
		(void)sek_documents_record(d, r->user, "document.failed", r, SEK_AUDIT_FAILED, "why", "stopped", NULL, NULL);
	}
	free(l.rows);
	if (sek_is_ok(s))
		s = sek_vault_sweep(d->config.folder, keep, d, &removed);
	if (removed > 0)
		sek_log(SEK_LOG_WARN, "documents.swept", "files", sek_logf("%u", removed), NULL);
	return s;
}

sek_status sek_documents_create(uv_loop_t *loop, const struct sek_documents_config *config, struct sek_documents **ret, char *err,
	size_t err_size)
{
	struct sek_documents *d = calloc(1, sizeof *d);
	sek_status s;

	if (!d)
		return sek_fail(SEK_E_NOMEM);
	*d = (struct sek_documents){ .loop = loop, .config = *config, .children = { .loop = loop } };
	s = sek_store_open(config->store_where, &d->store, err, err_size);
	if (sek_is_ok(s) && mkdir(config->folder, 0700) != 0 && errno != EEXIST) {
		s = sek_from_errno();
		snprintf(err, err_size, "documents.path: %s cannot be made: %s", config->folder, strerror(errno));
	}
	if (sek_is_ok(s)) {
		s = clear_up(d);
		if (!sek_is_ok(s))
			snprintf(err, err_size, "documents.path: %s cannot be read", config->folder);
	}
	if (!sek_is_ok(s)) {
		sek_store_close(d->store);
		free(d);
		return s;
	}
	sek_documents_retention_start(d);
	*ret = d;
	return s;
}

void sek_documents_approvals_by(struct sek_documents *d, const struct sek_document_approvals *a)
{
	d->approvals = *a;
}

void sek_documents_check_stopped(struct sek_documents *d)
{
	void (*done)(void *user) = d->done;

	if (!d->stopping || !done || d->jobs || d->requests || d->n_readings || d->timer_open || d->looking)
		return;
	d->done = NULL;
	done(d->done_user);
}

void sek_documents_stop(struct sek_documents *d, void (*done)(void *user), void *user)
{
	struct sek_document_job *j;

	d->stopping = true;
	d->done = done;
	d->done_user = user;
	for (j = d->jobs; j; j = j->next)
		sek_document_job_fail(j, "failed", "stopped");
	sek_documents_retention_stop(d);
	sek_documents_check_stopped(d);
}

void sek_documents_destroy(struct sek_documents *d)
{
	if (!d)
		return;
	sek_children_abandon(&d->children);
	sek_store_close(d->store);
	free(d);
}
