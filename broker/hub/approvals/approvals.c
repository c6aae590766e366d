/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The life of one request: the right to it, the record, the deed, the answer. Must never do what has a word for the audit log before
 * that word is on the disk.
 */
#include "broker/hub/approvals/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "base/error.h"
#include "base/log.h"

void sek_approval_fail(struct sek_approval_request *r, const char *error)
{
	if (!r->error)
		r->error = error;
}

bool sek_approval_stored(struct sek_approval_request *r, sek_status s)
{
	char text[120];

	if (sek_is_ok(s))
		return true;
	if (sek_is(s, SEK_E_NOT_FOUND)) {
		sek_approval_fail(r, "not-found");
	} else if (sek_is(s, SEK_E_CONFLICT) || sek_is(s, SEK_E_EXISTS)) {
		sek_approval_fail(r, "conflict");
	} else if (sek_is(s, SEK_E_LIMIT)) {
		sek_approval_fail(r, "many-waiting");
	} else {
		sek_log(SEK_LOG_ERROR, "store.fault", "doing", "approval", "why", sek_status_text(s, text, sizeof text), NULL);
		sek_approval_fail(r, "internal");
	}
	return false;
}

/* --- the record --- */

static bool needs_record(const struct sek_approval_request *r)
{
	return r->record && !r->recorded && r->all->config.audit;
}

static bool tell_audit(struct sek_approval_request *r, enum sek_audit_outcome outcome, sek_audit_done_fn *done)
{
	const struct sek_store_approval *row = &r->row;
	bool takes = strcmp(r->record, "clipboard.to-inner") == 0, asks = strcmp(r->record, "approval.asked") == 0;
	const char *const details[] = {
		"address", *r->caller.address ? r->caller.address : NULL, "requester", takes || asks ? NULL : row->user,
		"approval", takes ? row->id : NULL, "approver", takes ? row->who : NULL, "kind", sek_approval_kind_word(row->kind),
		"name", *row->name ? row->name : NULL, "group", *row->group ? row->group : NULL,
		"session", *row->session && !takes ? row->session : NULL, "pages", row->pages ? sek_logf("%u", row->pages) : NULL,
		"chars", row->chars ? sek_logf("%u", row->chars) : NULL, "bytes", sek_logf("%llu", (unsigned long long)row->bytes),
		"sha256", row->sha256, "approvers", row->needed > 1 ? sek_logf("%u of %u", row->given + (asks ? 0u : 1u), row->needed) : NULL,
		"reason", *r->reason ? r->reason : NULL, "text", takes && row->log_text && r->bytes ? (const char *)r->bytes : NULL,
		"error", r->error, NULL,
	};
	const struct sek_audit_event e = { .who = r->caller.user, .what = r->record, .object = takes ? row->session : row->id,
		.outcome = outcome, .details = details };

	r->ticket = sek_audit_event(r->all->config.audit, &e, done, r);
	return r->ticket != NULL;
}

/* --- the end of a request --- */

static void check_stopped(struct sek_approvals *a);
static void start_waiting(struct sek_approvals *a);

static void leave(struct sek_approval_request *r)
{
	struct sek_approval_request **at = &r->all->alive;

	while (*at != r)
		at = &(*at)->alive;
	*at = r->alive;
	r->all->n_alive--;
}

void sek_approval_finish(struct sek_approval_request *r)
{
	struct sek_approvals *a = r->all;

	leave(r);
	if (r->step->over)
		r->step->over(r);
	/* what was allowed and did not work, and who tried to decide on his or her own */
	if (r->error && r->record && a->config.audit && (r->recorded || strcmp(r->error, "self") == 0))
		(void)tell_audit(r, r->recorded ? SEK_AUDIT_FAILED : SEK_AUDIT_REFUSED, NULL);
	if (r->error || (!r->out && !r->is_bytes)) {
		json_decref(r->out);
		r->out = r->error ? json_pack("{s:s}", "error", r->error) : json_object();
	}
	if (r->error && r->is_bytes) {
		free(r->bytes);
		r->bytes = NULL;
		r->is_bytes = false;
	}
	if (r->asked)
		r->asked(r->user, r->error);
	if (r->fn && r->is_bytes) {
		r->fn(r->user, NULL, NULL, r->bytes, r->n, r->is_jpeg);
		r->bytes = NULL;
	} else if (r->fn) {
		r->fn(r->user, r->error, json_incref(r->out), NULL, 0, false);
	}
	json_decref(r->out);
	if (r->bytes)
		explicit_bzero(r->bytes, r->n);
	free(r->bytes);
	free(r->rows);
	free(r);
	check_stopped(a);
}

static void settle(struct sek_approval_request *r)
{
	if (!r->error && r->step->after)
		r->step->after(r);
	if (!r->fetching || r->error)
		sek_approval_finish(r);
}

static void append(struct sek_approval_request **list, struct sek_approval_request *r)
{
	while (*list)
		list = &(*list)->next;
	r->next = NULL;
	*list = r;
}

static void put_ready(struct sek_approval_request *r)
{
	append(&r->all->ready, r);
	uv_async_send(&r->all->wake);
}

static void on_wake(uv_async_t *wake)
{
	struct sek_approvals *a = wake->data;
	struct sek_approval_request *r = a->ready, *next;

	a->ready = NULL;
	for (; r; r = next) {
		next = r->next;
		settle(r);
	}
	check_stopped(a);
}

/* --- the pool --- */

static void put_waiting(struct sek_approval_request *r)
{
	append(&r->all->waiting, r);
	r->all->n_waiting++;
	start_waiting(r->all);
}

static void on_work(uv_work_t *w)
{
	struct sek_approval_request *r = w->data;

	r->now_s = (int64_t)time(NULL);
	if (!r->recorded && r->step->look)
		r->step->look(r);
	if (!r->error && !needs_record(r) && r->step->work)
		r->step->work(r);
}

static void on_recorded(void *user, sek_status status)
{
	struct sek_approval_request *r = user;

	r->ticket = NULL;
	r->recorded = sek_is_ok(status);
	if (!sek_is_ok(status))
		sek_approval_fail(r, "audit");
	if (r->recorded && r->step->work)
		put_waiting(r);
	else
		put_ready(r);
}

static void after_work(uv_work_t *w, int cancelled)
{
	struct sek_approval_request *r = w->data;
	struct sek_approvals *a = r->all;

	(void)cancelled;
	a->n_running--;
	if (r->error || !needs_record(r)) {
		settle(r);
	} else if (!tell_audit(r, SEK_AUDIT_DONE, on_recorded)) {
		sek_approval_fail(r, "audit");
		settle(r);
	}
	start_waiting(a);
	check_stopped(a);
}

static void start_waiting(struct sek_approvals *a)
{
	while (a->waiting && a->n_running < SEK_APPROVALS_RUNNING) {
		struct sek_approval_request *r = a->waiting;

		a->waiting = r->next;
		a->n_waiting--;
		r->work.data = r;
		if (uv_queue_work(a->loop, &r->work, on_work, after_work) == 0) {
			a->n_running++;
		} else {
			sek_approval_fail(r, "internal");
			put_ready(r);
		}
	}
}

/* --- the beginning --- */

static struct sek_approval_request *make(struct sek_approvals *a, const struct sek_approval_step *step)
{
	struct sek_approval_request *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->all = a;
	r->step = step;
	r->alive = a->alive;
	a->alive = r;
	a->n_alive++;
	return r;
}

static unsigned count_of(const struct sek_approvals *a, const char *user)
{
	const struct sek_approval_request *r;
	unsigned n = 0;

	for (r = a->alive; r; r = r->alive)
		n += !r->quiet && strcmp(r->caller.user, user) == 0;
	return n;
}

static void begin(struct sek_approval_request *r)
{
	struct sek_approvals *a = r->all;

	if (!r->quiet && (a->n_waiting >= SEK_APPROVALS_WAITING || count_of(a, r->caller.user) > SEK_APPROVALS_EACH))
		sek_approval_fail(r, "busy");
	if (r->error)
		put_ready(r);
	else
		put_waiting(r);
}

void sek_approvals_begin(struct sek_approvals *a, const struct sek_approval_step *step, const char *id)
{
	struct sek_approval_request *r = a->stopping ? NULL : make(a, step); /* what is left is found by the next start's sweep */

	if (!r)
		return;
	snprintf(r->row.id, sizeof r->row.id, "%s", id);
	r->quiet = true;
	begin(r);
}

struct sek_approval_request *sek_approvals_run(struct sek_approvals *a, const struct sek_approvals_caller *who,
	const struct sek_approvals_what *what, sek_approvals_answer_fn *fn, void *user)
{
	struct sek_approval_request *r = a->stopping ? NULL : make(a, &sek_approval_steps[what->op]);

	if (!r)
		return NULL;
	r->caller = *who;
	r->page = what->page;
	r->approve = what->approve;
	r->fn = fn;
	r->user = user;
	if (what->id && (strlen(what->id) != SEK_STORE_APPROVAL_BYTES - 1 || strspn(what->id, "0123456789abcdef") != strlen(what->id)))
		sek_approval_fail(r, "not-found");
	else if (what->id)
		snprintf(r->row.id, sizeof r->row.id, "%s", what->id);
	if (what->op == SEK_APPROVALS_DECIDE && !sek_approval_take_reason(r, what->reason))
		sek_approval_fail(r, "bad-request");
	r->seen = sek_approvals_has_seen(a, who, r->row.id);
	begin(r);
	return r;
}

struct sek_approval_request *sek_approvals_ask(struct sek_approvals *a, const struct sek_approval_ask *ask, sek_approvals_asked_fn *fn,
	void *arg)
{
	struct sek_approval_request *r = a->stopping ? NULL : make(a, &sek_approval_ask_step);

	if (!r)
		return NULL;
	r->asked = fn;
	r->user = arg;
	snprintf(r->caller.user, sizeof r->caller.user, "%s", ask->user);
	sek_approval_take_ask(r, ask);
	begin(r);
	return r;
}

void sek_approvals_withdraw(struct sek_approvals *a, const char *id)
{
	sek_approvals_begin(a, &sek_approval_withdraw_step, id);
}

void sek_approvals_forget(struct sek_approval_request *r)
{
	if (!r)
		return;
	r->fn = NULL;
	r->asked = NULL;
}

/* --- the way up and down --- */

static void on_sweep(uv_timer_t *t)
{
	struct sek_approvals *a = t->data;

	if (a->sweeping || a->stopping)
		return;
	a->sweeping = true;
	sek_approvals_begin(a, &sek_approval_sweep_step, "");
}

sek_status sek_approvals_create(uv_loop_t *loop, const struct sek_approvals_config *config, struct sek_approvals **ret, char *err,
	size_t err_size)
{
	struct sek_approvals *a = calloc(1, sizeof *a);
	sek_status s;

	if (!a)
		return sek_fail(SEK_E_NOMEM);
	a->loop = loop;
	a->config = *config;
	s = sek_store_open(config->store_where, &a->store, err, err_size);
	if (!sek_is_ok(s)) {
		free(a);
		return s;
	}
	uv_async_init(loop, &a->wake, on_wake);
	uv_timer_init(loop, &a->sweep);
	a->wake.data = a->sweep.data = a;
	uv_timer_start(&a->sweep, on_sweep, 0, SEK_APPROVALS_SWEEP_MS);
	*ret = a;
	return s;
}

void sek_approvals_documents_from(struct sek_approvals *a, const struct sek_approvals_documents *documents)
{
	a->documents = *documents;
}

static void on_closed(uv_handle_t *h)
{
	struct sek_approvals *a = h->data;

	if (--a->closing == 0)
		a->done(a->done_user);
}

static void check_stopped(struct sek_approvals *a)
{
	if (!a->stopping || a->n_alive || uv_is_closing((uv_handle_t *)&a->wake))
		return;
	a->closing = 2;
	uv_close((uv_handle_t *)&a->wake, on_closed);
	uv_close((uv_handle_t *)&a->sweep, on_closed);
}

void sek_approvals_stop(struct sek_approvals *a, void (*done)(void *user), void *user)
{
	if (!a) {
		done(user);
		return;
	}
	SEK_ASSERT(!a->stopping);
	a->stopping = true;
	a->done = done;
	a->done_user = user;
	check_stopped(a);
}

void sek_approvals_destroy(struct sek_approvals *a)
{
	if (!a)
		return;
	sek_store_close(a->store);
	free(a);
}
