/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows and records of recordings: what a session tells becomes a row in the store and a record on the audit log.
 */
#include "broker/hub/archive/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hex.h"
#include "base/log.h"
#include "broker/hub/record/reader.h"

/* --- files --- */

bool sek_archive_path(const char *folder, const char *id, char *ret, size_t size)
{
	return strlen(id) == 32 && strspn(id, "0123456789abcdef") == 32 &&
		(size_t)snprintf(ret, size, "%s/%s" SEK_RECORDING_SUFFIX, folder, id) < size;
}

sek_status sek_archive_unlink(const char *folder, const char *id)
{
	char path[4200];

	if (!sek_archive_path(folder, id, path, sizeof path))
		return sek_fail(SEK_E_NOT_FOUND);
	if (unlink(path) == 0)
		return sek_ok();
	return errno == ENOENT ? sek_fail(SEK_E_NOT_FOUND) : sek_from_errno();
}

/* --- jobs, one at a time, in their order --- */

static void on_work(uv_work_t *w)
{
	struct sek_archive *a = w->data;

	a->first->work(a->first);
}

static void next(struct sek_archive *a);
static void begin_work(struct sek_archive_job *j);
static void end_work(struct sek_archive_job *j);

static void after_work(uv_work_t *w, int cancelled)
{
	struct sek_archive *a = w->data;
	struct sek_archive_job *j = a->first;
	char text[120];

	(void)cancelled;
	a->working = false;
	a->first = j->next;
	if (!a->first)
		a->end = &a->first;
	/* nothing else would ever say these two, so they wait for a store that is away */
	if ((j->work == begin_work || j->work == end_work) && sek_is(j->status, SEK_E_STORE) && !a->stopping) {
		if (!j->again)
			sek_log(SEK_LOG_ERROR, "archive.waits", "recording", j->row->id, "why", sek_status_text(j->status, text, sizeof text), NULL);
		j->next = a->again;
		a->again = j;
		next(a);
		return;
	}
	a->jobs--;
	if (!sek_is_ok(j->status)) {
		a->lost++;
		sek_log(SEK_LOG_ERROR, "archive.fault", "recording", j->row ? j->row->id : NULL, "why",
			sek_status_text(j->status, text, sizeof text), NULL);
	}
	if (j->summed)
		a->sums = j->sums;
	if (j->after)
		j->after(j);
	free(j->row);
	free(j);
	next(a);
	sek_archive_check_stopped(a);
}

static void next(struct sek_archive *a)
{
	if (a->working || !a->first)
		return;
	a->work.data = a;
	SEK_ASSERT(uv_queue_work(a->loop, &a->work, on_work, after_work) == 0);
	a->working = true;
}

bool sek_archive_do(struct sek_archive *a, void (*work)(struct sek_archive_job *j), void (*after)(struct sek_archive_job *j),
	struct sek_store_recording *row)
{
	struct sek_archive_job *j = a->jobs < SEK_ARCHIVE_JOBS ? calloc(1, sizeof *j) : NULL;

	if (!j) {
		a->lost++;
		free(row);
		return false;
	}
	*j = (struct sek_archive_job){ .archive = a, .work = work, .after = after, .row = row, .status = sek_ok() };
	*a->end = j;
	a->end = &j->next;
	a->jobs++;
	next(a);
	return true;
}

void sek_archive_again(struct sek_archive *a)
{
	struct sek_archive_job *j, *rest = a ? a->again : NULL, *in_order = NULL;

	while ((j = rest) != NULL) {
		rest = j->next;
		j->again = true;
		j->next = in_order;
		in_order = j;
	}
	if (!in_order)
		return;
	a->again = NULL;
	*a->end = in_order;
	for (j = in_order; j->next; j = j->next)
		;
	a->end = &j->next;
	next(a);
}

/* --- rows --- */

void sek_archive_sum(struct sek_archive_job *j)
{
	j->summed = sek_is_ok(sek_store_recordings_sum(j->archive->store, (int64_t)time(NULL), &j->sums));
}

static void begin_work(struct sek_archive_job *j)
{
	j->status = sek_store_recording_begin(j->archive->store, j->row);
	/* its end was written first */
	if (j->again && sek_is(j->status, SEK_E_EXISTS))
		j->status = sek_ok();
}

/* Of one that broke off: what there is of it. */
static void measure(const struct sek_archive *a, struct sek_store_recording *row)
{
	struct sek_recording_reader *reader = NULL;
	const struct sek_recording_head *h;
	char path[4200], err[400];

	if (!sek_archive_path(a->config.folder, row->id, path, sizeof path) ||
	    !sek_is_ok(sek_recording_open(path, &reader, err, sizeof err)))
		return;
	h = sek_recording_head(reader);
	row->length_us = (int64_t)h->length_us;
	row->bytes = (int64_t)h->bytes;
	row->blocks = h->blocks;
	sek_recording_reader_close(reader);
}

static void end_work(struct sek_archive_job *j)
{
	if (j->row->blocks == 0)
		measure(j->archive, j->row);
	j->status = sek_store_recording_end(j->archive->store, j->row);
	sek_archive_sum(j);
}

static struct sek_store_recording *row_of(const struct sek_archive *a, const struct sek_recording_news *n)
{
	struct sek_store_recording *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	snprintf(r->id, sizeof r->id, "%s", n->id);
	snprintf(r->session, sizeof r->session, "%s", n->session);
	snprintf(r->user, sizeof r->user, "%s", n->user);
	snprintf(r->host, sizeof r->host, "%s", n->host);
	snprintf(r->ended, sizeof r->ended, "%s", n->ended);
	snprintf(r->broker, sizeof r->broker, "%s", a->config.broker ? a->config.broker : "");
	r->began_us = (int64_t)n->began_utc_us;
	r->required = n->required;
	r->days = n->days;
	r->marks = n->marks;
	if (n->facts) {
		r->length_us = (int64_t)n->facts->length_us;
		r->bytes = (int64_t)n->facts->bytes;
		r->blocks = n->facts->blocks;
		memcpy(r->hash, n->facts->hash, sizeof r->hash);
	}
	return r;
}

/* --- records --- */

static void audit_began(struct sek_archive *a, const struct sek_recording_news *n)
{
	(void)sek_audit_event(a->config.audit, &(struct sek_audit_event){ .who = n->user, .what = "recording.started",
		.object = n->id, .details = (const char *const[]){ "session", n->session, "required", n->required ? "yes" : "no", "days",
		sek_logf("%u", n->days), NULL } }, NULL, NULL);
}

void sek_archive_audit_failure(struct sek_audit *audit, const struct sek_recording_news *n)
{
	bool refused = n->what == SEK_RECORDING_REFUSED;

	(void)sek_audit_event(audit, &(struct sek_audit_event){ .who = n->user, .what = "recording.failed",
		.object = refused ? n->session : n->id, .outcome = refused ? SEK_AUDIT_REFUSED : SEK_AUDIT_FAILED,
		.details = (const char *const[]){ "session", n->session, "required", n->required ? "yes" : "no", "why", n->why, NULL } },
		NULL, NULL);
}

static void audit_closed(struct sek_archive *a, const char *user, const char *ended, const struct sek_recording_facts *f)
{
	char hash[65];

	sek_hex(f->hash, sizeof f->hash, hash);
	(void)sek_audit_event(a->config.audit, &(struct sek_audit_event){ .who = *user ? user : "#broker", .what = "recording.closed",
		.object = f->id, .details = (const char *const[]){ "session", f->session, "ended", ended, "length_ms",
		sek_logf("%llu", (unsigned long long)(f->length_us / 1000)), "blocks", sek_logf("%u", f->blocks), "bytes",
		sek_logf("%llu", (unsigned long long)f->bytes), "hash", hash, "late", f->late ? "yes" : "no", NULL } }, NULL, NULL);
}

static void on_news(void *user, const struct sek_recording_news *n)
{
	struct sek_archive *a = user;

	sek_archive_again(a);
	switch (n->what) {
	case SEK_RECORDING_BEGAN:
		audit_began(a, n);
		(void)sek_archive_do(a, begin_work, NULL, row_of(a, n));
		break;
	case SEK_RECORDING_FAILED:
	case SEK_RECORDING_REFUSED:
		sek_archive_audit_failure(a->config.audit, n);
		break;
	case SEK_RECORDING_CLOSED:
		if (n->facts)
			audit_closed(a, n->user, n->ended, n->facts);
		(void)sek_archive_do(a, end_work, NULL, row_of(a, n));
		break;
	}
}

struct sek_recording_log sek_archive_log(struct sek_archive *a)
{
	return (struct sek_recording_log){ on_news, a };
}

/* --- the start --- */

/* Whose it was, if the store knows; of a file that has no row only the sealed part of it does. */
void sek_archive_late(void *archive, const struct sek_recording_facts *f)
{
	struct sek_archive *a = archive;
	struct sek_store_recording row = { .marks = SEK_MARK_LATE };
	sek_status s = sek_store_recording_find(a->store, f->id, &row);
	char text[120];

	if (!sek_is_ok(s)) {
		row = (struct sek_store_recording){ .began_us = (int64_t)f->began_utc_us, .required = true };
		snprintf(row.id, sizeof row.id, "%s", f->id);
		snprintf(row.session, sizeof row.session, "%s", f->session);
		snprintf(row.user, sizeof row.user, "%s", f->user);
		snprintf(row.broker, sizeof row.broker, "%s", a->config.broker ? a->config.broker : "");
	}
	row.marks |= SEK_MARK_LATE;
	row.length_us = (int64_t)f->length_us;
	row.bytes = (int64_t)f->bytes;
	row.blocks = f->blocks;
	memcpy(row.hash, f->hash, sizeof row.hash);
	snprintf(row.ended, sizeof row.ended, "unfinished");
	s = sek_store_recording_end(a->store, &row);
	if (!sek_is_ok(s))
		sek_log(SEK_LOG_ERROR, "archive.fault", "recording", f->id, "why", sek_status_text(s, text, sizeof text), NULL);
	audit_closed(a, row.user, "unfinished", f);
	sek_log(SEK_LOG_WARN, "recording.late", "recording", f->id, "session", f->session, "user", row.user, NULL);
}

struct gone {
	struct sek_store_recording *list;
	unsigned n;
};

static void see_running(void *ctx, const struct sek_store_recording *r)
{
	struct gone *g = ctx;
	struct sek_store_recording *list = realloc(g->list, (g->n + 1) * sizeof *list);

	if (!list)
		return;
	g->list = list;
	list[g->n++] = *r;
}

/* Every file of ours was finished by now: what still runs in the store has none. */
static void put_right(struct sek_archive *a)
{
	struct gone g = { .n = 0 };
	unsigned i;

	(void)sek_store_recordings_running(a->store, a->config.broker, see_running, &g);
	for (i = 0; i < g.n; i++) {
		struct sek_store_recording *r = &g.list[i];

		r->marks |= SEK_MARK_FAILED | SEK_MARK_LATE;
		snprintf(r->ended, sizeof r->ended, "unfinished");
		(void)sek_store_recording_end(a->store, r);
		sek_archive_audit_failure(a->config.audit, &(struct sek_recording_news){ .what = SEK_RECORDING_FAILED, .id = r->id, .session = r->session, .user = r->user,
			.required = r->required, .why = "its file is not there" });
	}
	free(g.list);
}

sek_status sek_archive_create(uv_loop_t *loop, const struct sek_archive_config *config, struct sek_archive **ret, char *err,
	size_t err_size)
{
	struct sek_archive *a = calloc(1, sizeof *a);
	sek_status s;

	if (!a)
		return sek_fail(SEK_E_NOMEM);
	a->loop = loop;
	a->config = *config;
	a->end = &a->first;
	s = sek_store_open(config->store_where, &a->store, err, err_size);
	if (!sek_is_ok(s)) {
		free(a);
		return s;
	}
	*ret = a;
	return s;
}

void sek_archive_start(struct sek_archive *a, struct sek_recorder *r)
{
	a->recorder = r;
	put_right(a);
	(void)sek_store_recordings_sum(a->store, (int64_t)time(NULL), &a->sums);
	sek_archive_retention_start(a);
}

/* --- the end --- */

void sek_archive_check_stopped(struct sek_archive *a)
{
	if (a->stopping && !a->first && !a->working && !a->looking && !a->timer_open && a->done) {
		void (*done)(void *user) = a->done;

		a->done = NULL;
		done(a->done_user);
	}
}

void sek_archive_stop(struct sek_archive *a, void (*done)(void *user), void *user)
{
	sek_archive_again(a);
	a->stopping = true;
	a->done = done;
	a->done_user = user;
	sek_archive_retention_stop(a);
	sek_archive_check_stopped(a);
}

void sek_archive_destroy(struct sek_archive *a)
{
	if (!a)
		return;
	sek_store_close(a->store);
	free(a);
}

void sek_archive_state(const struct sek_archive *a, struct sek_archive_state *ret)
{
	const struct sek_store_recording_sums *s = &a->sums;
	int64_t days = (int64_t)time(NULL) / 86400 - s->first_us / 1000000 / 86400;

	*ret = (struct sek_archive_state){ .recordings = s->recordings, .bytes = s->bytes, .held = s->held, .purged = s->purged,
		.first_us = s->first_us, .days_left = -1, .looked_s = a->looked_s, .lost = a->lost };
	if (a->recorder)
		sek_recorder_state(a->recorder, &ret->recorder);
	days = days < 1 ? 1 : days > 7 ? 7 : days;
	ret->bytes_a_day = s->week_bytes / days;
	if (ret->bytes_a_day > 0)
		ret->days_left = (int64_t)ret->recorder.free_bytes / ret->bytes_a_day;
}
