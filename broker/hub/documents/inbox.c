/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What users do with their documents: see them, give them up, take them, and what becomes of those about which somebody decides. A file is
 * given only once that is on the record.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/documents/internal.h"
#include "broker/hub/documents/png.h"

enum { DAY_S = 86400, PALETTE_DIGITS = 6 * SEK_PAPER_COLOURS_MAX };

/* --- lists: rows in the pool, progress on the loop --- */

struct sek_documents_rows {
	struct sek_store_document rows[SEK_DOCUMENTS_LIST_MAX];
	unsigned n;
};

static void add_row(void *ctx, const struct sek_store_document *r)
{
	struct sek_documents_rows *l = ctx;

	if (l->n < SEK_DOCUMENTS_LIST_MAX)
		l->rows[l->n++] = *r;
}

/* The rows travel as bytes of the answer, which are taken out of it again. */
static void work_list(struct sek_documents_request *q)
{
	struct sek_documents_rows *l = calloc(1, sizeof *l);

	if (!l || !sek_is_ok(sek_store_documents_of(q->documents->store, q->call.user, (int64_t)time(NULL) - SEK_DOCUMENTS_LIST_DAYS * DAY_S,
			SEK_DOCUMENTS_LIST_MAX, add_row, l)))
		sek_documents_fail(q, "internal");
	q->answer.bytes = (uint8_t *)l;
}

static void after_list(struct sek_documents_request *q)
{
	struct sek_documents_rows *l = (void *)q->answer.bytes;
	json_t *list = json_array();

	for (unsigned i = 0; l && i < l->n; i++)
		json_array_append_new(list, sek_documents_json(q->documents, &l->rows[i]));
	free(l);
	q->answer.bytes = NULL;
	q->answer.json = json_pack("{s:o}", "documents", list);
	sek_documents_reply(q);
}

static void work_find(struct sek_documents_request *q)
{
	(void)sek_documents_mine(q);
}

static void after_show(struct sek_documents_request *q)
{
	if (!q->answer.error)
		q->answer.json = sek_documents_json(q->documents, &q->row);
	sek_documents_reply(q);
}

/* --- giving up --- */

/* The file goes, the row stays. */
static void let_go(struct sek_documents_request *q, const char *state)
{
	char from[sizeof q->row.state];

	memcpy(from, q->row.state, sizeof from);
	memset(q->row.key, 0, sizeof q->row.key);
	q->row.expires_s = 0;
	snprintf(q->row.state, sizeof q->row.state, "%s", state);
	if (!sek_is_ok(sek_store_document_set(q->documents->store, &q->row, from)))
		sek_documents_fail(q, "conflict");
	else
		(void)sek_vault_unlink(q->documents->config.folder, q->row.id);
}

static void work_cancel(struct sek_documents_request *q)
{
	if (!sek_documents_mine(q))
		return;
	if (strcmp(q->row.state, "waiting") == 0)
		let_go(q, "cancelled");
	else
		sek_documents_fail(q, "conflict");
}

static void after_cancel(struct sek_documents_request *q)
{
	struct sek_documents *d = q->documents;

	if (!q->answer.error) {
		if (d->approvals.withdraw)
			d->approvals.withdraw(d->approvals.ctx, q->row.id);
		d->outcomes[SEK_OUTCOME_CANCELLED]++;
		(void)sek_documents_record(d, q->call.user, "document.cancelled", &q->row, SEK_AUDIT_DONE, NULL, NULL, NULL, NULL);
		q->answer.json = json_object();
	}
	sek_documents_reply(q);
}

static void after_cancel_job(struct sek_documents_request *q)
{
	q->answer.json = json_object();
	sek_documents_reply(q);
}

static void nothing(struct sek_documents_request *q)
{
	(void)q;
}

static void cancel(struct sek_documents_request *q)
{
	struct sek_document_job *j = sek_document_job_find(q->documents, q->call.id, q->call.user);

	if (j && j->phase < SEK_JOB_STORE) {
		sek_document_job_fail(j, "cancelled", "cancelled");
		sek_documents_do(q, nothing, after_cancel_job);
	} else {
		sek_documents_do(q, work_cancel, after_cancel);
	}
}

static void work_delete(struct sek_documents_request *q)
{
	if (!sek_documents_mine(q))
		return;
	q->from = strcmp(q->row.state, "waiting") == 0 ? "waiting" : "";
	if (strcmp(q->row.state, "working") == 0)
		sek_documents_fail(q, "conflict");
	else
		let_go(q, "deleted");
}

static void after_delete(struct sek_documents_request *q)
{
	struct sek_documents *d = q->documents;

	if (!q->answer.error) {
		if (*q->from && d->approvals.withdraw)
			d->approvals.withdraw(d->approvals.ctx, q->row.id);
		(void)sek_documents_record(d, q->call.user, "document.deleted", &q->row, SEK_AUDIT_DONE, "reason", "user", NULL, NULL);
		q->answer.json = json_object();
	}
	sek_documents_reply(q);
}

/* --- taking --- */

static struct sek_vault *open_vault(struct sek_documents_request *q)
{
	uint8_t key[SEK_VAULT_KEY_BYTES];
	struct sek_vault *v = NULL;
	sek_status s = sek_documents_key(q->documents, &q->row, key);

	if (sek_is_ok(s))
		s = sek_vault_open(q->documents->config.folder, q->row.id, key, &v);
	sodium_memzero(key, sizeof key);
	if (sek_is_ok(s))
		return v;
	if (sek_is(s, SEK_E_NOT_FOUND) && sek_documents_elsewhere(q->documents, &q->row)) /* and their folders are not one */
		sek_documents_fail(q, "elsewhere");
	sek_documents_fail(q, sek_is(s, SEK_E_NOT_FOUND) ? "gone" : "damaged");
	return NULL;
}

/* Picture and what is around it, from a vault. */
static sek_status read_page(struct sek_documents_request *q, struct sek_vault *v)
{
	struct sek_documents_answer *a = &q->answer;
	struct sek_pdf_page page;
	char palette[PALETTE_DIGITS];
	uint8_t *image;
	sek_status s;

	SEK_TRY(sek_document_index_read(v, &q->row, q->call.page, &page));
	if (page.colours)
		SEK_TRY(sek_vault_read(v, page.palette, palette, 6 * (size_t)page.colours));
	a->jpeg = page.form == SEK_PAPER_JPEG_GREY || page.form == SEK_PAPER_JPEG_RGB;
	image = malloc(page.bytes);
	if (!image)
		return sek_fail(SEK_E_NOMEM);
	s = sek_vault_read(v, page.offset, image, page.bytes);
	if (sek_is_ok(s) && !a->jpeg) {
		a->n = sek_png_bytes(&page);
		a->bytes = malloc(a->n);
		if (a->bytes)
			sek_png_make(&page, page.colours ? palette : NULL, image, a->bytes);
		else
			s = sek_fail(SEK_E_NOMEM);
	} else if (sek_is_ok(s)) {
		a->n = page.bytes;
		a->bytes = image;
		return s;
	}
	free(image);
	return s;
}

static void make_page(struct sek_documents_request *q)
{
	struct sek_vault *v = open_vault(q);
	sek_status s = v ? read_page(q, v) : sek_ok();

	sek_vault_close(v);
	if (!sek_is_ok(s))
		sek_documents_fail(q, sek_is(s, SEK_E_NOT_FOUND) ? "not-found" : sek_is(s, SEK_E_NOMEM) ? "internal" : "damaged");
}

static bool is_released(struct sek_documents_request *q)
{
	if (sek_documents_mine(q) && strcmp(q->row.state, "released") != 0)
		sek_documents_fail(q, strcmp(q->row.state, "expired") == 0 ? "gone" : "not-released");
	return !q->answer.error;
}

static void work_page(struct sek_documents_request *q)
{
	if (is_released(q))
		make_page(q);
}

struct sek_documents_reading {
	struct sek_documents *documents;
	struct sek_vault *vault;
	uint64_t at, bytes;
	uint8_t *part;
	size_t n;
	bool working, closed;
	sek_status status;
	uv_work_t work;
	sek_documents_part_fn *fn;
	void *user;
};

static void work_file(struct sek_documents_request *q)
{
	struct sek_documents_reading *r;

	if (!is_released(q))
		return;
	r = calloc(1, sizeof *r);
	if (!r) {
		sek_documents_fail(q, "internal");
		return;
	}
	r->part = malloc(SEK_DOCUMENTS_PART_BYTES);
	r->vault = r->part ? open_vault(q) : NULL;
	if (!r->vault) {
		sek_documents_fail(q, "internal");
		free(r->part);
		free(r);
		return;
	}
	r->bytes = (uint64_t)q->row.bytes;
	q->answer.reading = r;
	q->answer.length = r->bytes;
	if (sek_vault_bytes(r->vault) < r->bytes)
		sek_documents_fail(q, "damaged");
}

static void on_fetch_recorded(void *user, sek_status status)
{
	struct sek_documents_request *q = user;

	q->ticket = NULL;
	if (!sek_is_ok(status))
		sek_documents_fail(q, "audit");
	sek_documents_reply(q);
}

/* A page that is looked at is a document that is fetched: the first page and the file itself are on the record, not each page. */
static void after_fetch(struct sek_documents_request *q)
{
	struct sek_documents *d = q->documents;
	bool file = q->call.op == SEK_DOCUMENTS_FILE;

	if (q->answer.reading) {
		q->answer.reading->documents = d; /* counted from here on */
		d->n_readings++;
	}
	if (!q->answer.error && d->config.audit && (file || q->call.page == 1)) {
		q->ticket = sek_documents_record(d, q->call.user, "document.fetched", &q->row, SEK_AUDIT_DONE, "as", file ? "pdf" : "pages",
			on_fetch_recorded, q);
		if (q->ticket)
			return;
		sek_documents_fail(q, "audit");
	}
	sek_documents_reply(q);
}

/* --- a file in parts --- */

static void free_reading(struct sek_documents_reading *r)
{
	struct sek_documents *d = r->documents;

	sek_vault_close(r->vault);
	sodium_memzero(r->part, SEK_DOCUMENTS_PART_BYTES);
	free(r->part);
	free(r);
	d->n_readings--;
	sek_documents_check_stopped(d);
}

static void on_part(uv_work_t *w)
{
	struct sek_documents_reading *r = w->data;

	r->status = sek_vault_read(r->vault, r->at, r->part, r->n);
}

static void after_part(uv_work_t *w, int cancelled)
{
	struct sek_documents_reading *r = w->data;
	bool good = sek_is_ok(r->status) && r->n > 0;

	(void)cancelled;
	r->working = false;
	if (r->closed) {
		free_reading(r);
		return;
	}
	r->at += r->n;
	r->fn(r->user, good ? r->part : NULL, good ? r->n : 0);
}

void sek_documents_reading_next(struct sek_documents_reading *r, sek_documents_part_fn *fn, void *user)
{
	uint64_t left = r->bytes - r->at;

	SEK_ASSERT(!r->working);
	r->n = left < SEK_DOCUMENTS_PART_BYTES ? (size_t)left : SEK_DOCUMENTS_PART_BYTES;
	r->fn = fn;
	r->user = user;
	r->working = true;
	r->work.data = r;
	SEK_ASSERT(uv_queue_work(r->documents->loop, &r->work, on_part, after_part) == 0);
}

void sek_documents_reading_close(struct sek_documents_reading *r)
{
	if (!r)
		return;
	r->closed = true;
	if (!r->working)
		free_reading(r);
}

void sek_documents_inbox(struct sek_documents_request *q)
{
	switch (q->call.op) {
	case SEK_DOCUMENTS_LIST:
		sek_documents_do(q, work_list, after_list);
		break;
	case SEK_DOCUMENTS_CANCEL:
		cancel(q);
		break;
	case SEK_DOCUMENTS_DELETE:
		sek_documents_do(q, work_delete, after_delete);
		break;
	case SEK_DOCUMENTS_FILE:
		sek_documents_do(q, work_file, after_fetch);
		break;
	case SEK_DOCUMENTS_PAGE:
		sek_documents_do(q, work_page, after_fetch);
		break;
	default:
		sek_documents_do(q, work_find, after_show);
	}
}

/* --- approvals --- */

static void work_decide(struct sek_documents_request *q)
{
	static const char *const states[] = { [SEK_DOCUMENT_APPROVE] = "released", [SEK_DOCUMENT_REFUSE] = "refused", [SEK_DOCUMENT_LAPSE] = "expired" };
	sek_status s = sek_store_document_find(q->documents->store, q->call.id, &q->row);

	if (!sek_is_ok(s) || strcmp(q->row.state, "waiting") != 0) {
		sek_documents_fail(q, "conflict");
		return;
	}
	snprintf(q->row.reason, sizeof q->row.reason, "%s", q->said);
	if (q->verdict != SEK_DOCUMENT_APPROVE) {
		let_go(q, states[q->verdict]);
		return;
	}
	snprintf(q->row.state, sizeof q->row.state, "%s", states[q->verdict]);
	q->row.expires_s = (int64_t)time(NULL) + q->row.days * DAY_S; /* its days count from now */
	if (!sek_is_ok(sek_store_document_set(q->documents->store, &q->row, "waiting")))
		sek_documents_fail(q, "internal");
}

static void after_decide(struct sek_documents_request *q)
{
	struct sek_documents *d = q->documents;

	if (!q->answer.error) {
		d->outcomes[q->verdict == SEK_DOCUMENT_APPROVE ? SEK_OUTCOME_RELEASED : SEK_OUTCOME_REFUSED]++;
		sek_log(SEK_LOG_INFO, "document.decided", "document", q->row.id, "state", q->row.state, "by", q->by, NULL);
		if (q->verdict == SEK_DOCUMENT_APPROVE)
			(void)sek_documents_record(d, q->row.user, "document.released", &q->row, SEK_AUDIT_DONE, "by", q->by, NULL, NULL);
		else
			(void)sek_documents_record(d, q->row.user, "document.deleted", &q->row, SEK_AUDIT_DONE, "reason",
				q->verdict == SEK_DOCUMENT_REFUSE ? "refused" : "lapsed", NULL, NULL);
	}
	sek_documents_reply(q);
}

void sek_documents_decide(struct sek_documents *d, const char *id, enum sek_document_verdict verdict, const char *by, const char *reason)
{
	struct sek_documents_request *q = d->stopping ? NULL : sek_documents_request_new(d);

	if (!q)
		return; /* it comes again after a start */
	snprintf(q->call.id, sizeof q->call.id, "%s", id);
	snprintf(q->by, sizeof q->by, "%s", by);
	snprintf(q->said, sizeof q->said, "%s", reason ? reason : "");
	q->verdict = verdict;
	sek_documents_do(q, work_decide, after_decide);
}

static void work_page_of(struct sek_documents_request *q)
{
	sek_status s = sek_store_document_find(q->documents->store, q->call.id, &q->row);

	if (!sek_is_ok(s) || strcmp(q->row.state, "waiting") != 0)
		sek_documents_fail(q, "not-found");
	else
		make_page(q);
}

void sek_documents_page_of(struct sek_documents *d, const char *id, unsigned page, sek_documents_page_fn *fn, void *arg)
{
	struct sek_documents_request *q = sek_documents_request_new(d);

	if (!q) {
		fn(arg, "internal", NULL, 0, false);
		return;
	}
	snprintf(q->call.id, sizeof q->call.id, "%s", id);
	q->call.page = page;
	q->page_fn = fn;
	q->user = arg;
	sek_documents_do(q, work_page_of, NULL);
}
