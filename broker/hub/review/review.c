/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The life of one operation: its members, the record, the pool, the answer. Must never run an operation for somebody who
 * has not the role, and none that has a word for the audit log before that word is on the disk.
 */
#include "broker/hub/review/internal.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/error.h"
#include "base/log.h"
#include "base/utf8.h"

enum { SWEEP_MS = 5000 };

static const struct sek_review_op *find_op(const char *name)
{
	static const struct sek_review_op *const tables[] = { sek_review_key_ops, sek_review_view_ops, sek_review_film_ops,
		sek_review_word_ops };
	const struct sek_review_op *op;
	size_t i;

	for (i = 0; i < sizeof tables / sizeof tables[0]; i++)
		for (op = tables[i]; op->name; op++)
			if (strcmp(op->name, name) == 0)
				return op;
	return NULL;
}

bool sek_review_knows(const char *op)
{
	return find_op(op) != NULL;
}

void sek_review_fail(struct sek_review_request *q, const char *error)
{
	if (!q->error)
		q->error = error;
}

const char *sek_review_text(struct sek_review_request *q, const char *name, size_t least, size_t most)
{
	const json_t *member = json_object_get(q->in, name);
	const char *text = json_string_value(member);
	size_t n = json_string_length(member), i, step;
	uint32_t c;

	for (i = 0; text && i < n; i += step) {
		step = sek_utf8_next((const uint8_t *)text + i, n - i, &c);
		if (step == 0 || sek_utf8_is_unsafe(c))
			text = NULL;
	}
	if (!text || n < least || n > most) {
		sek_review_fail(q, "bad-request");
		return NULL;
	}
	return text;
}

uint32_t sek_review_number(struct sek_review_request *q, const char *name, uint32_t most)
{
	const json_t *member = json_object_get(q->in, name);
	json_int_t n = json_integer_value(member);

	if (!member)
		return 0;
	if (!json_is_integer(member) || n < 0 || n > (json_int_t)most) {
		sek_review_fail(q, "bad-request");
		return 0;
	}
	return (uint32_t)n;
}

/* --- the record --- */

static bool tell_audit(struct sek_review_request *q, enum sek_audit_outcome outcome, sek_audit_done_fn *done)
{
	/* what it is done to is known by the view, whatever else the request says */
	const struct sek_review_view *view = q->view || !q->op->needs_view ? q->view :
		sek_review_view_find(q->review, json_string_value(json_object_get(q->in, "view")), q->caller.login);
	const char *const details[] = {
		"address", q->caller.address, "reason", json_string_value(json_object_get(q->in, "reason")),
		"session", view && *view->session ? view->session : NULL, "view", view ? view->id : NULL,
		"phrase", json_string_value(json_object_get(q->in, "phrase")), "error", q->error, NULL,
	};
	const char *recording = view ? view->recording : q->op->needs_view ? NULL :
		json_string_value(json_object_get(q->in, "recording"));
	const struct sek_audit_event e = { .who = q->caller.user, .what = q->op->record, .object = recording ? recording : "",
		.outcome = outcome, .details = details };

	q->ticket = sek_audit_event(q->review->config.audit, &e, done, q);
	return q->ticket != NULL;
}

static void record_refused(struct sek_review_request *q)
{
	const char *const details[] = { "operation", q->op->name, "address", q->caller.address, NULL };
	const struct sek_audit_event e = { .who = q->caller.user, .what = "review.refused", .object = "",
		.outcome = SEK_AUDIT_REFUSED, .details = details };

	sek_log(SEK_LOG_WARN, "review.refused", "operation", q->op->name, "user", q->caller.user, "address", q->caller.address, NULL);
	if (q->review->config.audit)
		(void)sek_audit_event(q->review->config.audit, &e, NULL, NULL);
}

/* --- the end of a request --- */

static void check_stopped(struct sek_review *v);
static void start_waiting(struct sek_review *v);

static void leave_list(struct sek_review_request *q)
{
	struct sek_review_request **at = &q->review->all;

	while (*at != q)
		at = &(*at)->all;
	*at = q->all;
}

static void finish(struct sek_review_request *q)
{
	struct sek_review_view *view = q->view;

	leave_list(q);
	if (q->ended)
		sek_review_fail(q, "login-required");
	if (view && view->closing) /* closed meanwhile: nothing of it is shown any more */
		sek_review_fail(q, "not-found");
	if (view)
		view->busy = false;
	if (q->op && q->op->after)
		q->op->after(q);
	if (q->error && q->op && q->op->record && q->review->config.audit) /* while the view is there: it is named */
		(void)tell_audit(q, strcmp(q->error, "passphrase") == 0 ? SEK_AUDIT_REFUSED : SEK_AUDIT_FAILED, NULL);
	if (view && view->closing)
		sek_review_view_close(q->review, view);
	if (q->error) {
		json_decref(q->out);
		free(q->bytes);
		q->bytes = NULL;
		q->out = json_pack("{s:s}", "error", q->error);
	} else if (!q->out && !q->bytes) {
		q->out = json_object();
	}
	if (q->fn) {
		q->fn(q->user, q->error, q->out, q->bytes, q->n);
	} else {
		json_decref(q->out);
		free(q->bytes);
	}
	sodium_free(q->secret);
	sek_review_wipe(q->in);
	json_decref(q->in);
	free(q);
}

static void put_ready(struct sek_review_request *q)
{
	struct sek_review_request **end = &q->review->ready;

	while (*end)
		end = &(*end)->next;
	q->next = NULL;
	*end = q;
	uv_async_send(&q->review->wake);
}

static void on_wake(uv_async_t *wake)
{
	struct sek_review *v = wake->data;
	struct sek_review_request *q = v->ready, *next;

	v->ready = NULL;
	for (; q; q = next) {
		next = q->next;
		finish(q);
	}
	check_stopped(v);
}

/* --- the pool: first come, first served, but one at a time for each view --- */

static void on_work(uv_work_t *w)
{
	struct sek_review_request *q = w->data;

	q->op->work(q);
}

static void after_work(uv_work_t *w, int cancelled)
{
	struct sek_review_request *q = w->data;
	struct sek_review *v = q->review;

	(void)cancelled;
	v->n_running--;
	finish(q);
	start_waiting(v);
	check_stopped(v);
}

static bool can_start(struct sek_review_request *q)
{
	if (!q->op->needs_view)
		return true;
	/* it may have been closed while this waited */
	q->view = sek_review_view_find(q->review, json_string_value(json_object_get(q->in, "view")), q->caller.login);
	if (!q->view)
		sek_review_fail(q, "not-found");
	return !q->view || !q->view->busy;
}

static void start(struct sek_review_request *q)
{
	struct sek_review *v = q->review;

	q->work.data = q;
	if (q->error) {
		put_ready(q);
	} else if (uv_queue_work(v->loop, &q->work, on_work, after_work) == 0) {
		v->n_running++;
		if (q->view)
			q->view->busy = true;
	} else {
		sek_review_fail(q, "internal");
		put_ready(q);
	}
}

static void start_waiting(struct sek_review *v)
{
	struct sek_review_request **at = &v->waiting;

	while (*at && v->n_running < SEK_REVIEW_RUNNING) {
		struct sek_review_request *q = *at;

		if (can_start(q)) {
			*at = q->next;
			v->n_waiting--;
			start(q);
		} else {
			at = &q->next;
		}
	}
}

static void put_waiting(struct sek_review_request *q)
{
	struct sek_review_request **end = &q->review->waiting;

	while (*end)
		end = &(*end)->next;
	q->next = NULL;
	*end = q;
	q->review->n_waiting++;
	start_waiting(q->review);
}

static void on_recorded(void *user, sek_status status)
{
	struct sek_review_request *q = user;

	q->ticket = NULL;
	q->review->n_recording--;
	if (sek_is_ok(status) && !q->review->stopping) {
		put_waiting(q);
		return;
	}
	sek_review_fail(q, sek_is_ok(status) ? "stopping" : "audit");
	put_ready(q);
}

/* --- the beginning --- */

static void look(struct sek_review_request *q)
{
	struct sek_review *v = q->review;
	struct sek_review_key *key = sek_review_key_of(v, q->caller.login);

	if (!q->op) {
		sek_review_fail(q, "not-found");
	} else if (!q->caller.reviewer) {
		sek_review_fail(q, "forbidden");
		record_refused(q);
		q->op = NULL;
	} else if (!v->config.folder) {
		sek_review_fail(q, "unavailable");
	} else if (v->stopping) {
		sek_review_fail(q, "stopping");
	} else if (v->n_waiting >= SEK_REVIEW_WAITING) {
		sek_review_fail(q, "busy");
	} else if (!json_is_object(q->in)) {
		sek_review_fail(q, "bad-request");
	} else if (q->op->needs_view && !sek_review_text(q, "view", SEK_REVIEW_ID_BYTES - 1, SEK_REVIEW_ID_BYTES - 1)) {
		return;
	} else if (q->op->needs_key && !key) {
		sek_review_fail(q, "locked");
	} else if (q->op->check && q->op->check(q) && key && q->op->counts) {
		key->used_ms = uv_now(v->loop);
	}
}

struct sek_review_request *sek_review_run(struct sek_review *v, const struct sek_review_caller *who, const char *op,
	json_t *in, sek_review_answer_fn *fn, void *user)
{
	struct sek_review_request *q = calloc(1, sizeof *q);

	if (!q) {
		sek_review_wipe(in);
		json_decref(in);
		return NULL;
	}
	*q = (struct sek_review_request){ .review = v, .op = find_op(op), .caller = *who, .in = in, .fd = -1, .fn = fn, .user = user };
	q->all = v->all;
	v->all = q;
	look(q);
	if (q->error) {
		q->op = NULL; /* nothing was begun: nothing is recorded or cleared up */
		put_ready(q);
	} else if (q->op->record && v->config.audit) {
		if (tell_audit(q, SEK_AUDIT_DONE, on_recorded)) {
			v->n_recording++;
		} else {
			sek_review_fail(q, "audit");
			put_ready(q);
		}
	} else if (q->op->work) {
		put_waiting(q);
	} else {
		put_ready(q);
	}
	return q;
}

void sek_review_forget(struct sek_review_request *q)
{
	if (q)
		q->fn = NULL;
}

void sek_review_login_ended(struct sek_review *v, uint64_t login)
{
	struct sek_review_request *q;

	for (q = v->all; q; q = q->all)
		q->ended = q->ended || q->caller.login == login;
	sek_review_views_drop(v, login);
	sek_review_films_drop(v, login);
	sek_review_key_drop(v, login);
}

/* --- the way up and down --- */

static void on_sweep(uv_timer_t *t)
{
	struct sek_review *v = t->data;
	struct sek_review_key *key, *next;

	for (key = v->keys; key; key = next) {
		next = key->next;
		if (uv_now(v->loop) - key->used_ms >= SEK_REVIEW_IDLE_MS) {
			uint64_t login = key->login;

			sek_log(SEK_LOG_INFO, "review.idle", NULL);
			sek_review_views_drop(v, login);
			sek_review_key_drop(v, login);
		}
	}
	sek_review_views_idle(v);
	sek_review_films_look(v);
	sek_review_reading_step(v);
}

static void on_child_gone(void *user)
{
	sek_review_settle(user);
}

sek_status sek_review_create(uv_loop_t *loop, const struct sek_review_config *config, struct sek_review **ret, char *err,
	size_t err_size)
{
	struct sek_review *v = calloc(1, sizeof *v);
	sek_status s;

	if (!v)
		return sek_fail(SEK_E_NOMEM);
	v->loop = loop;
	v->config = *config;
	v->children = (struct sek_children){ .loop = loop, .gone = on_child_gone, .user = v };
	s = sek_review_reading_create(v, err, err_size);
	if (!sek_is_ok(s)) {
		free(v);
		return s;
	}
	uv_async_init(loop, &v->wake, on_wake);
	uv_timer_init(loop, &v->sweep);
	v->wake.data = v->sweep.data = v;
	uv_timer_start(&v->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
	*ret = v;
	return sek_ok();
}

static void on_closed(uv_handle_t *h)
{
	struct sek_review *v = h->data;

	if (--v->closing == 0 && v->done)
		v->done(v->done_user);
}

static void check_stopped(struct sek_review *v)
{
	if (!v->stopping || v->n_running || v->n_recording || v->waiting || v->ready || v->films || v->children.n ||
	    sek_review_reading_busy(v->reading) || uv_is_closing((uv_handle_t *)&v->wake))
		return;
	sek_review_views_drop(v, 0);
	while (v->keys)
		sek_review_key_drop(v, v->keys->login);
	v->closing = 2;
	uv_close((uv_handle_t *)&v->wake, on_closed);
	uv_close((uv_handle_t *)&v->sweep, on_closed);
}

void sek_review_settle(struct sek_review *v)
{
	check_stopped(v);
}

void sek_review_stop(struct sek_review *v, void (*done)(void *user), void *user)
{
	if (!v) {
		done(user);
		return;
	}
	SEK_ASSERT(!v->stopping);
	v->stopping = true;
	v->done = done;
	v->done_user = user;
	sek_review_films_drop(v, 0);
	sek_review_reading_key_gone(v, 0);
	check_stopped(v);
}

void sek_review_destroy(struct sek_review *v)
{
	if (!v)
		return;
	sek_review_reading_destroy(v->reading);
	free(v);
}
