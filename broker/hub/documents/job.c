/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One document from its first page to its place in the inbox, or to nothing: there is no half one. Steps follow one another; whatever
 * ends (a step in the pool, the line, a cancellation) comes to sek_document_job_settle, which sees what is next.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/gap/children.h"
#include "broker/hub/documents/internal.h"
#include "protocol/wire/messages.h"

enum { DAY_S = 86400, WAITING_DAYS = 31 };

static void run(struct sek_document_job *j, void (*work)(uv_work_t *w), void (*after)(struct sek_document_job *j));
static void record_it(struct sek_document_job *j);

/* --- the end of a job --- */

static void on_stall_closed(uv_handle_t *h)
{
	struct sek_document_job *j = h->data;
	struct sek_documents *d = j->documents;
	struct sek_document_job **at = &d->jobs;

	while (*at != j)
		at = &(*at)->next;
	*at = j->next;
	sek_pdf_destroy(j->pdf);
	free(j->sha);
	free(j->taken.body);
	free(j->record.body);
	sodium_memzero(j, sizeof *j);
	free(j);
	sek_documents_check_stopped(d);
}

static void forget(struct sek_document_job *j)
{
	if (j->forgotten)
		return;
	j->forgotten = true;
	uv_close((uv_handle_t *)&j->stall, on_stall_closed);
}

static enum sek_document_outcome outcome_of(const char *state)
{
	return strcmp(state, "cancelled") == 0 ? SEK_OUTCOME_CANCELLED : strcmp(state, "refused") == 0 ? SEK_OUTCOME_REFUSED : SEK_OUTCOME_FAILED;
}

static void after_end(struct sek_document_job *j)
{
	struct sek_documents *d = j->documents;

	d->outcomes[outcome_of(j->row.state)]++;
	sek_log(SEK_LOG_INFO, "document.ended", "document", j->row.id, "user", j->row.user, "state", j->row.state, "why", j->row.reason, NULL);
	(void)sek_documents_record(d, j->row.user, strcmp(j->row.state, "cancelled") == 0 ? "document.cancelled" : "document.failed", &j->row,
		strcmp(j->row.state, "cancelled") == 0 ? SEK_AUDIT_DONE : SEK_AUDIT_FAILED, "why", j->row.reason, NULL, NULL);
	forget(j);
}

static void end(struct sek_document_job *j)
{
	const struct sek_document_approvals *a = &j->documents->approvals;

	j->phase = SEK_JOB_END;
	if (j->asked && a->withdraw) /* there is nothing to decide about any more */
		a->withdraw(a->ctx, j->row.id);
	memset(j->row.state, 0, sizeof j->row.state);
	memset(j->row.reason, 0, sizeof j->row.reason);
	strncpy(j->row.state, j->end, sizeof j->row.state - 1);
	strncpy(j->row.reason, j->reason, sizeof j->row.reason - 1);
	run(j, sek_document_work_end, after_end);
}

void sek_document_job_fail(struct sek_document_job *j, const char *state, const char *reason)
{
	if (j->reason || j->phase >= SEK_JOB_STORE)
		return;
	j->reason = reason;
	j->end = state;
	uv_timer_stop(&j->stall);
	if (j->line)
		sek_document_line_down(j); /* which settles when it is down */
	else
		sek_document_job_settle(j);
}

/* --- released, or waiting --- */

static void after_store(struct sek_document_job *j)
{
	struct sek_documents *d = j->documents;

	if (!sek_is_ok(j->status)) {
		j->phase = SEK_JOB_FINISH; /* nobody has seen it */
		sek_document_job_fail(j, "failed", "internal");
		return;
	}
	d->pages += (uint64_t)j->row.pages;
	if (strcmp(j->row.state, "released") == 0)
		d->outcomes[SEK_OUTCOME_RELEASED]++;
	sek_log(SEK_LOG_INFO, "document.done", "document", j->row.id, "user", j->row.user, "state", j->row.state, "pages",
		sek_logf("%lld", (long long)j->row.pages), "bytes", sek_logf("%lld", (long long)j->row.bytes), NULL);
	if (d->config.source.taken)
		d->config.source.taken(d->config.source.ctx, j->row.session, &j->row);
	forget(j);
}

static void store_it(struct sek_document_job *j, const char *state)
{
	j->phase = SEK_JOB_STORE;
	memset(j->row.state, 0, sizeof j->row.state);
	strncpy(j->row.state, state, sizeof j->row.state - 1);
	/* one that waits for longer than any approval may take has been forgotten */
	j->row.expires_s = (int64_t)time(NULL) + (j->approved ? WAITING_DAYS : j->row.days) * DAY_S;
	run(j, sek_document_work_store, after_store);
}

static void on_recorded(void *user, sek_status status)
{
	struct sek_document_job *j = user;

	j->ticket = NULL;
	if (!sek_is_ok(status))
		sek_document_job_fail(j, "failed", "audit");
	if (j->reason)
		sek_document_job_settle(j);
	else
		store_it(j, j->approved ? "waiting" : "released");
}

static void on_asked(void *arg, const char *error)
{
	struct sek_document_job *j = arg;

	j->asking = false;
	j->asked = !error;
	if (error)
		sek_document_job_fail(j, "failed", error);
	if (j->reason)
		sek_document_job_settle(j);
	else
		record_it(j);
}

static void ask_approvers(struct sek_document_job *j)
{
	struct sek_documents *d = j->documents;
	char session[33];
	const struct sek_policy *p = d->config.source.policy(d->config.source.ctx, j->row.user, session);

	/* in the same turn as the look: the session whose policy it is may go at any time */
	j->asking = p && d->approvals.ask && d->approvals.ask(d->approvals.ctx, &j->row, p, on_asked, j);
	if (!j->asking)
		sek_document_job_fail(j, "failed", "no-approver");
}

/* No record, no release. */
static void record_it(struct sek_document_job *j)
{
	struct sek_documents *d = j->documents;

	j->phase = SEK_JOB_RECORD;
	if (!d->config.audit) {
		store_it(j, j->approved ? "waiting" : "released");
		return;
	}
	(void)sek_documents_record(d, j->row.user, "document.done", &j->row, SEK_AUDIT_DONE, NULL, NULL, NULL, NULL);
	if (j->approved)
		j->ticket = sek_audit_sync(d->config.audit, on_recorded, j);
	else
		j->ticket = sek_documents_record(d, j->row.user, "document.released", &j->row, SEK_AUDIT_DONE, NULL, NULL, on_recorded, j);
	if (!j->ticket)
		sek_document_job_fail(j, "failed", "audit");
}

static void after_finish(struct sek_document_job *j)
{
	if (!sek_is_ok(j->status))
		sek_document_job_fail(j, "failed", "no-space");
	else if (j->approved && !j->reason)
		ask_approvers(j);
	else if (!j->reason)
		record_it(j);
	if (j->reason)
		sek_document_job_settle(j);
}

/* --- pages --- */

static void on_stall(uv_timer_t *t)
{
	sek_document_job_fail(t->data, "failed", "too-long");
}

static void be_patient(struct sek_document_job *j)
{
	if (!j->reason)
		uv_timer_start(&j->stall, on_stall, SEK_DOCUMENT_STALL_MS, 0);
}

static void after_page(struct sek_document_job *j)
{
	free(j->taken.body);
	memset(&j->taken, 0, sizeof j->taken);
	if (!sek_is_ok(j->status))
		sek_document_job_fail(j, "failed", sek_is(j->status, SEK_E_MALFORMED) ? "internal" : "no-space");
	else
		j->pages_done++;
	sek_document_line_hear(j, true);
	sek_document_job_settle(j);
}

static void take_state(struct sek_document_job *j, const struct sek_paper_head *h)
{
	if (h->state != SEK_DOCUMENT_WORKING) {
		sek_document_job_fail(j, "failed", sek_document_state_name(h->state));
		return;
	}
	if (h->pages == 0 || j->reason)
		return;
	if (h->pages > j->wish.most_pages) {
		sek_document_job_fail(j, "failed", "too-many");
	} else if (j->row.pages > 0 && j->row.pages != h->pages) { /* after a loss: it is another document now */
		sek_document_job_fail(j, "failed", "ended");
	} else {
		j->row.pages = h->pages;
		if (j->page == 0)
			sek_document_line_ask(j, j->pages_done + (j->working ? 1 : 0) + 1);
	}
}

static void take_page(struct sek_document_job *j, struct sek_document_record *r)
{
	j->pixels += (uint64_t)r->page.width_px * r->page.height_px;
	if (r->page.page != j->page)
		sek_document_job_fail(j, "failed", "internal");
	else if (r->page.width_px > j->wish.max_width_px || r->page.height_px > j->wish.max_width_px)
		sek_document_job_fail(j, "failed", "internal");
	else if (j->pixels > j->most_pixels)
		sek_document_job_fail(j, "failed", "too-many-pixels");
	if (j->reason)
		return;
	j->taken = *r;
	r->body = NULL;
	sek_document_line_hear(j, false); /* the next one is made, and waits in sekisho-paper until this one is put away */
	if (j->page < j->row.pages)
		sek_document_line_ask(j, j->page + 1);
	run(j, sek_document_work_page, after_page);
}

void sek_document_job_record(struct sek_document_job *j)
{
	struct sek_document_record r = j->record;

	memset(&j->record, 0, sizeof j->record);
	be_patient(j);
	if (r.page.kind == SEK_PAPER_PAGE)
		take_page(j, &r);
	else
		take_state(j, &r.page);
	free(r.body == j->taken.body ? NULL : r.body);
}

/* --- what is next --- */

/* Whether another decoder may find the document where this one left it. */
static bool was_lost(const struct sek_document_job *j)
{
	return j->gone == SEK_DOCUMENT_END_LINE;
}

static const char *why_gone(const struct sek_document_job *j)
{
	if (j->gone == SEK_DOCUMENT_END_REASON)
		return sek_document_state_name(j->gone_reason);
	return was_lost(j) ? "lost" : j->gone == SEK_DOCUMENT_END_CLOSED ? "ended" : "internal";
}

static void line_ended(struct sek_document_job *j)
{
	bool all = j->row.pages > 0 && j->pages_done == (unsigned)j->row.pages;
	sek_status s;

	if (all) {
		j->phase = SEK_JOB_FINISH;
		uv_timer_stop(&j->stall);
		run(j, sek_document_work_finish, after_finish);
	} else if (j->links > 0 && (!was_lost(j) || j->links == SEK_DOCUMENT_LINKS)) {
		sek_document_job_fail(j, "failed", why_gone(j));
	} else {
		be_patient(j);
		s = sek_document_line_up(j);
		if (!sek_is_ok(s))
			sek_document_job_fail(j, "failed", sek_is(s, SEK_E_NOT_FOUND) || sek_is(s, SEK_E_DENIED) ? "ended" : "internal");
	}
}

void sek_document_job_settle(struct sek_document_job *j)
{
	if (j->working || j->line || j->ticket || j->asking || j->forgotten || j->phase == SEK_JOB_END) {
		if (!j->reason && j->line && !j->working && j->row.pages > 0 && j->pages_done == (unsigned)j->row.pages)
			sek_document_line_down(j);
		return;
	}
	if (j->reason)
		end(j);
	else if (j->phase == SEK_JOB_RUN)
		line_ended(j);
}

static void after_create(struct sek_document_job *j)
{
	j->phase = SEK_JOB_RUN;
	if (!sek_is_ok(j->status))
		sek_document_job_fail(j, "failed", sek_is(j->status, SEK_E_IO) ? "no-space" : "internal");
	else
		sek_document_job_settle(j);
}

/* --- the pool --- */

static void after_work(uv_work_t *w, int cancelled)
{
	struct sek_document_job *j = w->data;

	(void)cancelled;
	j->working = false;
	j->after(j);
}

static void run(struct sek_document_job *j, void (*work)(uv_work_t *w), void (*after)(struct sek_document_job *j))
{
	SEK_ASSERT(!j->working);
	j->work.data = j;
	j->after = after;
	j->working = true;
	SEK_ASSERT(uv_queue_work(j->documents->loop, &j->work, work, after_work) == 0);
}

/* --- the beginning --- */

struct sek_document_job *sek_document_job_find(struct sek_documents *d, const char *id, const char *user)
{
	struct sek_document_job *j;

	for (j = d->jobs; j; j = j->next)
		if (!j->forgotten && (!id || strcmp(j->row.id, id) == 0) && (!user || strcmp(j->row.user, user) == 0))
			return j;
	return NULL;
}

bool sek_document_job_begin(struct sek_documents_request *q)
{
	struct sek_documents *d = q->documents;
	struct sek_document_job *j = calloc(1, sizeof *j);

	if (!j)
		return false;
	*j = (struct sek_document_job){ .documents = d, .next = d->jobs, .row = q->row, .wish = q->wish, .most_pixels = q->most_pixels,
		.approved = q->approved, .commands = -1, .gone = SEK_DOCUMENT_END_FAULT, .status = sek_ok() };
	d->jobs = j;
	uv_timer_init(d->loop, &j->stall);
	j->stall.data = j;
	run(j, sek_document_work_create, after_create);
	return true;
}
