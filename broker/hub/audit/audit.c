/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loop's half of the log: a bounded queue, one batch at a time in the pool, answers. Must never block the loop, and never
 * tell anybody that a record is written that is not.
 */
#include "broker/hub/audit/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/audit/files.h"
#include "broker/hub/audit/record.h"

enum { BATCH_MAX_RECORDS = 1024, BATCH_MAX_BYTES = 4 * 1024 * 1024, RETRY_MS = 1000 };

struct sek_audit_ticket {
	struct sek_audit_ticket *next;
	char *body;  /* NULL: only asks */
	size_t n;
	sek_audit_done_fn *done;
	void *user;
	bool wanted; /* somebody waits, or did: on failure it must not come into the log later */
};

struct batch {
	struct sek_audit_body bodies[BATCH_MAX_RECORDS];
	struct sek_audit_ticket *first;
	size_t n, tickets;
	bool sign;
	char *lines;
	size_t lines_n;
	sek_status status;
};

struct sek_audit {
	uv_loop_t *loop;
	struct sek_audit_config config;
	struct sek_audit_files *files; /* the pool's while `running` */
	struct sek_audit_ticket *first, **last;
	size_t waiting, waiting_bytes;
	uint64_t lost, lost_unsaid;
	uv_work_t work;
	struct batch *batch;
	bool running, due, stopping, closed; /* running: something is in the pool */
	uv_timer_t timer;              /* a checkpoint, or another try */
	struct sek_audit_state state;
	void (*change)(void *user, bool writable, const char *why);
	void *change_user;
	void (*record)(void *user, const char *line, size_t n);
	void *record_user;
	void (*stopped)(void *user);
	void *stopped_user;
};

static void run(struct sek_audit *a);

static void copy_state(struct sek_audit *a)
{
	struct sek_audit_point p = sek_audit_files_point(a->files);

	a->state.seq = p.seq;
	sek_hex(p.hash, sizeof p.hash, a->state.hash);
	a->state.signed_seq = sek_audit_files_signed(a->files);
	a->state.segment = sek_audit_files_segment(a->files);
	a->state.repaired = sek_audit_files_repaired(a->files);
	a->state.damaged = sek_audit_files_damaged(a->files);
}

static void free_ticket(struct sek_audit_ticket *t)
{
	free(t->body);
	free(t);
}

/* --- the outcome of a batch --- */

static void tell_change(struct sek_audit *a)
{
	sek_log(a->state.writable ? SEK_LOG_INFO : SEK_LOG_ERROR, a->state.writable ? "audit.writable" : "audit.unwritable",
		"path", a->config.path, "why", a->state.writable ? "-" : a->state.why, NULL);
	if (a->change)
		a->change(a->change_user, a->state.writable, a->state.why);
}

static void now_failing(struct sek_audit *a, sek_status status)
{
	char text[120], why[SEK_AUDIT_WHY_BYTES];

	snprintf(why, sizeof why, "%.110s: %.120s", a->config.path, sek_status_text(status, text, sizeof text));
	if (!a->state.writable && strcmp(why, a->state.why) == 0)
		return;
	if (a->state.writable)
		a->state.failed_since_s = (uint64_t)time(NULL);
	a->state.writable = false;
	memcpy(a->state.why, why, sizeof why);
	tell_change(a);
}

static void now_writable(struct sek_audit *a)
{
	if (a->state.writable)
		return;
	a->state.writable = true;
	a->state.why[0] = '\0';
	a->state.failed_since_s = 0;
	tell_change(a);
}

static void tell_records(struct sek_audit *a, const struct batch *b)
{
	const char *p = b->lines, *end = b->lines + b->lines_n;

	while (a->record && p < end) {
		const char *line_end = memchr(p, '\n', (size_t)(end - p));

		a->record(a->record_user, p, (size_t)(line_end + 1 - p));
		p = line_end + 1;
	}
}

/* Gives the batch's records back to the front of the queue, and answers those that somebody waits for, of all that wait. */
static void give_back(struct sek_audit *a, struct batch *b, sek_status status)
{
	struct sek_audit_ticket **tail = &b->first, *refused = NULL, **r = &refused, **p;

	while (*tail)
		tail = &(*tail)->next;
	*tail = a->first;
	if (!a->first)
		a->last = tail;
	a->first = b->first;
	a->waiting += b->tickets;
	for (p = &a->first; *p;) {
		struct sek_audit_ticket *t = *p;

		if (!t->wanted) {
			p = &t->next;
			continue;
		}
		*p = t->next;
		t->next = NULL;
		*r = t;
		r = &t->next;
		a->waiting--;
		a->waiting_bytes -= t->n;
	}
	a->last = p;
	while (refused) {
		struct sek_audit_ticket *t = refused;

		refused = t->next;
		if (t->done)
			t->done(t->user, status);
		free_ticket(t);
	}
}

static void accept_all(struct sek_audit *a, struct batch *b)
{
	struct sek_audit_ticket *t;

	while ((t = b->first) != NULL) {
		b->first = t->next;
		a->waiting_bytes -= t->n;
		if (t->done)
			t->done(t->user, sek_ok());
		free_ticket(t);
	}
}

/* --- batches --- */

static void work_batch(uv_work_t *w)
{
	struct sek_audit *a = w->data;
	struct batch *b = a->batch;

	b->status = sek_audit_files_append(a->files, b->bodies, b->n, b->sign, &b->lines, &b->lines_n);
}

static void work_close(uv_work_t *w)
{
	struct sek_audit *a = w->data;

	sek_audit_files_close(a->files);
	a->files = NULL;
}

static void on_timer_closed(uv_handle_t *h)
{
	struct sek_audit *a = h->data;

	a->closed = true;
	a->stopped(a->stopped_user);
}

static void after_close(uv_work_t *w, int cancelled)
{
	struct sek_audit *a = w->data;

	(void)cancelled;
	a->running = false;
	uv_close((uv_handle_t *)&a->timer, on_timer_closed);
}

static void close_files(struct sek_audit *a)
{
	a->running = true;
	if (a->waiting)
		sek_log(SEK_LOG_ERROR, "audit.lost", "records", sek_logf("%zu", a->waiting), "why", a->state.why, NULL);
	uv_timer_stop(&a->timer);
	if (uv_queue_work(a->loop, &a->work, work_close, after_close) != 0) {
		work_close(&a->work);
		after_close(&a->work, 0);
	}
}

static void on_timer(uv_timer_t *t)
{
	struct sek_audit *a = t->data;

	a->due = true;
	run(a);
}

static void after_batch(uv_work_t *w, int cancelled)
{
	struct sek_audit *a = w->data;
	struct batch *b = a->batch;

	(void)cancelled;
	a->running = false;
	a->batch = NULL;
	copy_state(a);
	if (sek_is_ok(b->status)) {
		now_writable(a);
		tell_records(a, b);
		accept_all(a, b);
	} else {
		now_failing(a, b->status);
		give_back(a, b, b->status);
	}
	free(b->lines);
	free(b);
	if (a->running)
		return; /* whoever was answered has started something already */
	if (a->stopping && (!a->state.writable || !a->first)) {
		close_files(a);
		return;
	}
	if (a->state.writable && a->first)
		run(a);
	else if (!a->state.writable)
		uv_timer_start(&a->timer, on_timer, RETRY_MS, 0);
	else if (a->state.seq > a->state.signed_seq && !uv_is_active((uv_handle_t *)&a->timer))
		uv_timer_start(&a->timer, on_timer, (uint64_t)a->config.checkpoint_s * 1000, 0);
}

/* What the queue could not hold is told as soon as something can be told again. */
static void tell_lost(struct sek_audit *a)
{
	char number[24];

	if (!a->lost_unsaid || a->waiting >= SEK_AUDIT_QUEUE_MAX_RECORDS)
		return;
	snprintf(number, sizeof number, "%llu", (unsigned long long)a->lost_unsaid);
	a->lost_unsaid = 0;
	(void)sek_audit_event(a, &(struct sek_audit_event){ .who = "#broker", .what = "audit.lost",
		.outcome = SEK_AUDIT_FAILED, .details = (const char *const[]){ "records", number, NULL } }, NULL, NULL);
}

static void fill(struct sek_audit *a, struct batch *b)
{
	struct sek_audit_ticket **tail = &b->first;
	size_t bytes = 0;

	while (a->first && b->tickets < BATCH_MAX_RECORDS && bytes < BATCH_MAX_BYTES) {
		struct sek_audit_ticket *t = a->first;

		a->first = t->next;
		t->next = NULL;
		*tail = t;
		tail = &t->next;
		bytes += t->n;
		if (t->body)
			b->bodies[b->n++] = (struct sek_audit_body){ t->body, t->n };
		b->tickets++;
		a->waiting--;
	}
	if (!a->first)
		a->last = &a->first;
}

static void run(struct sek_audit *a)
{
	struct batch *b;

	if (a->running || !a->files)
		return;
	b = calloc(1, sizeof *b);
	if (!b) {
		uv_timer_start(&a->timer, on_timer, RETRY_MS, 0);
		return;
	}
	if (a->state.writable)
		uv_timer_stop(&a->timer);
	/* the timer was armed for whatever was unsigned then */
	b->sign = (a->due || !a->state.writable) && (a->state.seq > a->state.signed_seq || !a->state.writable);
	if (a->state.writable && a->due)
		tell_lost(a);
	fill(a, b);
	if (b->tickets == 0 && !b->sign) {
		a->due = false;
		free(b);
		return;
	}
	a->due = false;
	a->batch = b;
	a->running = true;
	if (uv_queue_work(a->loop, &a->work, work_batch, after_batch) != 0) {
		work_batch(&a->work);
		after_batch(&a->work, 0);
	}
}

/* --- what the others call --- */

static bool has_room(const struct sek_audit *a, size_t n)
{
	return a->waiting < SEK_AUDIT_QUEUE_MAX_RECORDS && a->waiting_bytes + n <= SEK_AUDIT_QUEUE_MAX_BYTES;
}

static void enqueue(struct sek_audit *a, struct sek_audit_ticket *t, sek_audit_done_fn *done, void *user)
{
	t->done = done;
	t->user = user;
	t->wanted = done != NULL;
	*a->last = t;
	a->last = &t->next;
	a->waiting++;
	a->waiting_bytes += t->n;
	/* while the disk says no, only somebody who waits for an answer makes us ask it again before the timer does */
	if (a->state.writable || done)
		run(a);
}

struct sek_audit_ticket *sek_audit_event(struct sek_audit *a, const struct sek_audit_event *e, sek_audit_done_fn *done,
	void *user)
{
	struct sek_audit_ticket *t;

	if (!a || a->stopping)
		return NULL;
	t = calloc(1, sizeof *t);
	if (t)
		t->body = sek_audit_body(e, a->config.where, &t->n);
	if (!t || !t->body || !has_room(a, t->n)) {
		if (!done) {
			a->lost++;
			a->lost_unsaid++;
			a->state.lost = a->lost;
		}
		if (t)
			free_ticket(t);
		return NULL;
	}
	enqueue(a, t, done, user);
	return done ? t : NULL;
}

struct sek_audit_ticket *sek_audit_sync(struct sek_audit *a, sek_audit_done_fn *done, void *user)
{
	struct sek_audit_ticket *t = a && !a->stopping && has_room(a, 0) ? calloc(1, sizeof *t) : NULL;

	if (t)
		enqueue(a, t, done, user);
	return t;
}

void sek_audit_forget(struct sek_audit_ticket *t)
{
	if (t)
		t->done = NULL;
}

bool sek_audit_writable(const struct sek_audit *a, char why[SEK_AUDIT_WHY_BYTES])
{
	if (why)
		memcpy(why, a->state.why, SEK_AUDIT_WHY_BYTES);
	return a->state.writable;
}

void sek_audit_state(const struct sek_audit *a, struct sek_audit_state *ret)
{
	*ret = a->state;
	ret->waiting = a->waiting;
}

void sek_audit_on_change(struct sek_audit *a, void (*fn)(void *user, bool writable, const char *why), void *user)
{
	a->change = fn;
	a->change_user = user;
}

void sek_audit_on_record(struct sek_audit *a, void (*fn)(void *user, const char *line, size_t n), void *user)
{
	a->record = fn;
	a->record_user = user;
}

sek_status sek_audit_create(uv_loop_t *loop, const struct sek_audit_config *config, struct sek_audit **ret, char *err,
	size_t err_size)
{
	struct sek_audit *a = calloc(1, sizeof *a);
	sek_status status;

	if (!a) {
		snprintf(err, err_size, "not enough memory");
		return sek_fail(SEK_E_NOMEM);
	}
	a->loop = loop;
	a->config = *config;
	a->last = &a->first;
	a->state.writable = true;
	status = sek_audit_files_open(config, &a->files, err, err_size);
	if (!sek_is_ok(status)) {
		free(a);
		return status;
	}
	copy_state(a);
	uv_timer_init(loop, &a->timer);
	a->timer.data = a->work.data = a;
	*ret = a;
	return status;
}

void sek_audit_stop(struct sek_audit *a, void (*done)(void *user), void *user)
{
	SEK_ASSERT(!a->stopping);
	a->stopping = true;
	a->stopped = done;
	a->stopped_user = user;
	if (a->running)
		return; /* after_batch goes on */
	if (a->first)
		run(a);
	if (!a->running)
		close_files(a);
}

void sek_audit_destroy(struct sek_audit *a)
{
	if (!a)
		return;
	SEK_ASSERT(a->closed);
	while (a->first) {
		struct sek_audit_ticket *t = a->first;

		a->first = t->next;
		free_ticket(t);
	}
	free(a);
}

sek_status sek_audit_once(const struct sek_audit_config *config, const struct sek_audit_event *e, char *err, size_t err_size)
{
	struct sek_audit_files *files = NULL;
	struct sek_audit_body body;
	char *text, why[120];
	sek_status status = sek_audit_files_open(config, &files, err, err_size);

	if (!sek_is_ok(status))
		return status;
	text = sek_audit_body(e, config->where, &body.n);
	body.text = text;
	status = text ? sek_audit_files_append(files, &body, 1, false, NULL, NULL) : sek_fail(SEK_E_NOMEM);
	if (!sek_is_ok(status))
		snprintf(err, err_size, "audit log '%.200s': %s", config->path, sek_status_text(status, why, sizeof why));
	free(text);
	sek_audit_files_close(files);
	return status;
}
