/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Recordings whose days are over go: found in the store, put on the audit log, and only when that is on the disk their rows are
 * marked and their files unlinked. What is on legal hold is never found.
 */
#include "broker/hub/archive/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hex.h"
#include "base/log.h"

void sek_archive_audit_purge(struct sek_archive *a, const struct sek_store_recording *r, enum sek_audit_outcome outcome,
	const char *why)
{
	char hash[65];

	sek_hex(r->hash, sizeof r->hash, hash);
	(void)sek_audit_event(a->config.audit, &(struct sek_audit_event){ .who = "#broker", .what = "recording.purged", .object = r->id,
		.outcome = outcome, .details = (const char *const[]){ "session", r->session, "user", r->user, "days",
		sek_logf("%lld", (long long)r->days), "hash", hash, "reason", "retention", "why", why, NULL } }, NULL, NULL);
}

/* --- looking --- */

static void see_due(void *ctx, const struct sek_store_recording *r)
{
	struct sek_archive *a = ctx;

	if (a->n_due < SEK_ARCHIVE_BATCH)
		a->due[a->n_due++] = *r;
}

static void look_work(struct sek_archive_job *j)
{
	struct sek_archive *a = j->archive;
	int64_t now = (int64_t)time(NULL);

	a->n_due = 0;
	a->due = calloc(SEK_ARCHIVE_BATCH, sizeof *a->due);
	j->status = a->due ? sek_store_recordings_due(a->store, a->config.broker, now, SEK_ARCHIVE_BATCH, see_due, a) : sek_fail(SEK_E_NOMEM);
	sek_archive_sum(j);
}

static void look_over(struct sek_archive *a)
{
	free(a->due);
	a->due = NULL;
	a->n_due = 0;
	a->looking = false;
	a->looked_s = (int64_t)time(NULL);
	sek_archive_check_stopped(a);
}

/* --- purging --- */

static void purge_work(struct sek_archive_job *j)
{
	struct sek_archive *a = j->archive;
	struct sek_store_actor by = { .who = "#broker", .why = "retention", .now_s = (int64_t)time(NULL) };
	unsigned i;

	for (i = 0; i < a->n_due; i++) {
		struct sek_store_recording *r = &a->due[i];
		sek_status s = sek_store_recording_purge(a->store, r->id, &by);

		if (sek_is_ok(s))
			s = sek_archive_unlink(a->config.folder, r->id);
		/* marked for `purge_after`: what was on the record and did not happen. A file that was gone already is gone. */
		r->purged_s = sek_is_ok(s) || sek_is(s, SEK_E_NOT_FOUND) ? by.now_s : -1;
	}
	sek_archive_sum(j);
}

static void look(struct sek_archive *a);

static void purge_after(struct sek_archive_job *j)
{
	struct sek_archive *a = j->archive;
	bool more = a->n_due == SEK_ARCHIVE_BATCH && !a->stopping;
	unsigned i, failed = 0;

	for (i = 0; i < a->n_due; i++) {
		if (a->due[i].purged_s > 0)
			continue;
		failed++;
		sek_archive_audit_purge(a, &a->due[i], SEK_AUDIT_FAILED, "held meanwhile, or its file cannot be deleted");
	}
	sek_log(failed ? SEK_LOG_WARN : SEK_LOG_INFO, "recordings.purged", "n", sek_logf("%u", a->n_due - failed), "failed",
		sek_logf("%u", failed), NULL);
	look_over(a);
	if (more && failed < SEK_ARCHIVE_BATCH)
		look(a);
}

static void on_recorded(void *user, sek_status status)
{
	struct sek_archive *a = user;

	a->ticket = NULL;
	if (!sek_is_ok(status) || a->stopping || !sek_archive_do(a, purge_work, purge_after, NULL))
		look_over(a); /* no record, no deletion */
}

static void look_after(struct sek_archive_job *j)
{
	struct sek_archive *a = j->archive;
	unsigned i;

	if (!sek_is_ok(j->status) || a->n_due == 0 || a->stopping || !a->config.audit) {
		look_over(a);
		return;
	}
	for (i = 0; i < a->n_due; i++)
		sek_archive_audit_purge(a, &a->due[i], SEK_AUDIT_DONE, NULL);
	a->ticket = sek_audit_sync(a->config.audit, on_recorded, a);
	if (!a->ticket)
		look_over(a);
}

static void look(struct sek_archive *a)
{
	if (a->looking || a->stopping)
		return;
	a->looking = true;
	if (!sek_archive_do(a, look_work, look_after, NULL))
		look_over(a);
}

/* --- life --- */

static void on_timer(uv_timer_t *t)
{
	look(t->data);
}

void sek_archive_retention_start(struct sek_archive *a)
{
	uv_timer_init(a->loop, &a->timer);
	a->timer.data = a;
	a->timer_open = true;
	uv_timer_start(&a->timer, on_timer, 1000, SEK_ARCHIVE_LOOK_MS);
}

static void on_timer_closed(uv_handle_t *h)
{
	struct sek_archive *a = h->data;

	a->timer_open = false;
	sek_archive_check_stopped(a);
}

void sek_archive_retention_stop(struct sek_archive *a)
{
	if (a->ticket) {
		sek_audit_forget(a->ticket);
		a->ticket = NULL;
		look_over(a);
	}
	if (a->timer_open && !uv_is_closing((uv_handle_t *)&a->timer))
		uv_close((uv_handle_t *)&a->timer, on_timer_closed);
}
