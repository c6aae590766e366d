/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Documents whose days are over go: found in the store, put on the audit log, and only when that is on the disk their rows are marked, their
 * keys forgotten and their files unlinked.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/documents/internal.h"

enum { BATCH = 100, FIRST_LOOK_MS = 1000 };

static void see_due(void *ctx, const struct sek_store_document *r)
{
	struct sek_documents *d = ctx;

	if (d->n_due < BATCH)
		d->due[d->n_due++] = *r;
}

static void look_over(struct sek_documents *d)
{
	free(d->due);
	d->due = NULL;
	d->n_due = 0;
	d->looking = false;
	sek_documents_check_stopped(d);
}

/* --- in the pool --- */

static void on_look(uv_work_t *w)
{
	struct sek_documents *d = w->data;

	d->n_due = 0;
	d->due = calloc(BATCH, sizeof *d->due);
	if (d->due && !sek_is_ok(sek_store_documents_due(d->store, d->config.broker ? d->config.broker : "", (int64_t)time(NULL), BATCH, see_due, d)))
		d->n_due = 0;
}

static void on_purge(uv_work_t *w)
{
	struct sek_documents *d = w->data;

	for (unsigned i = 0; i < d->n_due; i++) {
		struct sek_store_document *r = &d->due[i];
		char from[sizeof r->state];

		memcpy(from, r->state, sizeof from);
		strcpy(r->state, "expired");
		r->expires_s = 0;
		memset(r->key, 0, sizeof r->key); /* what a copy of the file is worth from now on */
		if (sek_is_ok(sek_store_document_set(d->store, r, from)))
			(void)sek_vault_unlink(d->config.folder, r->id);
	}
}

/* --- on the loop --- */

static void look(struct sek_documents *d);

static void after_purge(uv_work_t *w, int cancelled)
{
	struct sek_documents *d = w->data;
	bool more = d->n_due == BATCH && !d->stopping;

	(void)cancelled;
	sek_log(SEK_LOG_INFO, "documents.expired", "n", sek_logf("%u", d->n_due), NULL);
	look_over(d);
	if (more)
		look(d);
}

static void purge(struct sek_documents *d)
{
	d->look.data = d;
	SEK_ASSERT(uv_queue_work(d->loop, &d->look, on_purge, after_purge) == 0);
}

static void on_recorded(void *user, sek_status status)
{
	struct sek_documents *d = user;

	d->ticket = NULL;
	if (sek_is_ok(status) && !d->stopping)
		purge(d);
	else
		look_over(d); /* no record, no deletion */
}

static void after_look(uv_work_t *w, int cancelled)
{
	struct sek_documents *d = w->data;

	(void)cancelled;
	if (d->n_due == 0 || d->stopping) {
		look_over(d);
		return;
	}
	for (unsigned i = 0; i < d->n_due; i++) {
		(void)sek_documents_record(d, "#broker", "document.deleted", &d->due[i], SEK_AUDIT_DONE, "reason", "retention", NULL, NULL);
		/* one about which nobody has decided goes in any case */
		if (strcmp(d->due[i].state, "waiting") == 0 && d->approvals.withdraw)
			d->approvals.withdraw(d->approvals.ctx, d->due[i].id);
	}
	if (!d->config.audit) {
		purge(d);
		return;
	}
	d->ticket = sek_audit_sync(d->config.audit, on_recorded, d);
	if (!d->ticket)
		look_over(d);
}

static void look(struct sek_documents *d)
{
	if (d->looking || d->stopping)
		return;
	d->looking = true;
	d->look.data = d;
	SEK_ASSERT(uv_queue_work(d->loop, &d->look, on_look, after_look) == 0);
}

static void on_timer(uv_timer_t *t)
{
	look(t->data);
}

void sek_documents_retention_start(struct sek_documents *d)
{
	uv_timer_init(d->loop, &d->timer);
	d->timer.data = d;
	d->timer_open = true;
	uv_timer_start(&d->timer, on_timer, FIRST_LOOK_MS, SEK_DOCUMENTS_LOOK_MS);
}

static void on_timer_closed(uv_handle_t *h)
{
	struct sek_documents *d = h->data;

	d->timer_open = false;
	sek_documents_check_stopped(d);
}

void sek_documents_retention_stop(struct sek_documents *d)
{
	if (d->ticket) {
		sek_audit_forget(d->ticket);
		d->ticket = NULL;
		look_over(d);
	}
	if (d->timer_open && !uv_is_closing((uv_handle_t *)&d->timer))
		uv_close((uv_handle_t *)&d->timer, on_timer_closed);
}
