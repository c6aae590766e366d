/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From a request to its answer: checked, allowed, run in the pool, finished on the loop, written to the record. Must
 * never run an operation's work before the caller's role was read from the store.
 */
#include "broker/hub/admin/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"

static const struct sek_admin_op *const tables[] = { sek_admin_user_ops, sek_admin_session_ops, sek_admin_broker_ops, sek_admin_host_ops,
	sek_admin_group_ops, sek_admin_policy_ops, sek_admin_override_ops, sek_admin_audit_ops,
	sek_admin_factor_ops, sek_admin_recording_ops, sek_admin_foreign_ops, sek_admin_approver_ops, sek_admin_document_ops, sek_admin_age_ops };

static const struct sek_admin_op *find_op(const char *name)
{
	const struct sek_admin_op *op;
	size_t i;

	for (i = 0; i < sizeof tables / sizeof tables[0]; i++)
		for (op = tables[i]; op->name; op++)
			if (strcmp(op->name, name) == 0)
				return op;
	return NULL;
}

static const struct sek_admin_right *find_right(const char *name)
{
	const struct sek_admin_right *right;

	for (right = sek_admin_recording_rights; right->op; right++)
		if (strcmp(right->op, name) == 0)
			return right;
	return NULL;
}

bool sek_admin_knows(const char *op)
{
	return find_op(op) != NULL;
}

void sek_admin_fail(struct sek_admin_request *r, const char *error)
{
	if (!r->error)
		r->error = error;
}

void sek_admin_bad(struct sek_admin_request *r, const char *field, const char *why)
{
	if (r->error)
		return;
	r->error = "bad-request";
	json_decref(r->out);
	r->out = field && *field ? json_pack("{s:s,s:s,s:s}", "error", r->error, "field", field, "why", why) :
		json_pack("{s:s,s:s}", "error", r->error, "why", why);
}

bool sek_admin_stored(struct sek_admin_request *r, sek_status s)
{
	char text[120];

	if (sek_is_ok(s))
		return true;
	if (sek_is(s, SEK_E_NOT_FOUND)) {
		sek_admin_fail(r, "not-found");
	} else if (sek_is(s, SEK_E_EXISTS)) {
		sek_admin_fail(r, "exists");
	} else if (sek_is(s, SEK_E_CONFLICT)) {
		sek_admin_fail(r, "conflict");
	} else if (sek_is(s, SEK_E_LIMIT)) {
		sek_admin_bad(r, NULL, "too-long");
	} else {
		sek_log(SEK_LOG_ERROR, "store.fault", "doing", r->op->name, "why", sek_status_text(s, text, sizeof text), NULL);
		sek_admin_fail(r, "internal");
	}
	return false;
}

static bool needs_record(const struct sek_admin_request *r)
{
	return r->op->record && r->admin->config.audit;
}

/* --- in the pool --- */

static bool has_one_of(const char *roles, const char *wanted)
{
	char word[40];
	size_t n;

	for (; *wanted; wanted += n + (wanted[n] == ' ')) {
		n = strcspn(wanted, " ");
		snprintf(word, sizeof word, "%.*s", (int)n, wanted);
		if (sek_admin_has_word(roles, word))
			return true;
	}
	return false;
}

static bool is_allowed(struct sek_admin_request *r)
{
	struct sek_store_user u;
	sek_status s;

	if (r->caller.way == SEK_ADMIN_LOCAL)
		return true;
	s = sek_store_user_find(r->admin->store, r->caller.user, &u);
	if (sek_is_ok(s) && !u.disabled && has_one_of(u.roles, r->right ? r->right->roles : "administrator"))
		return true;
	r->denied = true;
	r->error = NULL; /* whoever may not do it at all is not told what is wrong with the members */
	json_decref(r->out);
	r->out = NULL;
	if (sek_is_ok(s) || sek_is(s, SEK_E_NOT_FOUND))
		sek_admin_fail(r, "forbidden");
	else
		(void)sek_admin_stored(r, s);
	return false;
}

/* What changes something is run in two turns: first only the right to it is looked up, then it goes on the record, then
 * it happens. */
static void on_work(uv_work_t *w)
{
	struct sek_admin_request *r = w->data;

	if (r->lasting) {
		r->last(r);
		return;
	}
	if (!r->recorded && !is_allowed(r))
		return;
	if (!r->recorded && !r->error)
		sek_admin_name_certificate(r);
	if (r->right && r->right->look && !r->error && !r->recorded)
		r->right->look(r);
	if (r->op->work && !r->error && (r->recorded || !needs_record(r)))
		r->op->work(r);
}

/* --- on the loop --- */

static void put_ready(struct sek_admin_request *r)
{
	struct sek_admin *a = r->admin;

	r->next = NULL;
	*a->ready_end = r;
	a->ready_end = &r->next;
	uv_async_send(&a->wake);
}

static const char *member(const struct sek_admin_request *r, const char *name)
{
	const char *text = json_string_value(json_object_get(r->in, name));

	return text && *text ? text : NULL;
}

/* On whom or what: the first of these that the operation has. */
static const char *object_of(const struct sek_admin_request *r)
{
	static const char *const names[] = { "recording", "document", "session", "name", "host", "scope" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (member(r, names[i]))
			return member(r, names[i]);
	return "";
}

/* Puts the operation on the record. done may be NULL: whatever the record says, it has happened already. */
static bool tell_audit(struct sek_admin_request *r, enum sek_audit_outcome outcome, sek_audit_done_fn *done)
{
	char *value = json_dumps(json_object_get(r->in, "value"), JSON_ENCODE_ANY | JSON_COMPACT);
	char *list = json_dumps(json_object_get(r->in, "roles"), JSON_COMPACT);
	const json_t *held = json_object_get(r->in, "hold");
	const char *hold = held ? json_is_true(held) ? "on" : "off" : NULL;
	/* when a deputy acts: the one thing beside a name that counts */
	const char *deputy = json_is_true(json_object_get(r->in, "deputy")) ? sek_logf("%lld to %lld", (long long)json_integer_value(
		json_object_get(r->in, "from_s")), (long long)json_integer_value(json_object_get(r->in, "until_s"))) : NULL;
	char *before = json_dumps(json_object_get(r->in, "before"), JSON_ENCODE_ANY | JSON_COMPACT);
	const char *const details[] = {
		"operation", r->op->name, "address", r->caller.address, "way", r->caller.way == SEK_ADMIN_WEB ? "web" : "local",
		"reason", member(r, "reason"), "scope", member(r, "scope"), "attribute", member(r, "attribute"),
		"before", before, "value", value, "roles", list, "member", member(r, "user"), "message", member(r, "message"),
		"text", member(r, "text"), "display", member(r, "display"), "needs", member(r, "needs"), "directory",
		member(r, "directory"), "kind", member(r, "kind"), "insecure", json_is_true(json_object_get(r->in, "insecure")) ? "true" : NULL, "host_address", member(r, "address"), "pool", member(r, "pool"), "subject", member(r, "subject"), "hash", member(r, "hash"), "hold", hold,
		"deputy", deputy,
		"error", r->error, NULL,
	};
	const struct sek_audit_event e = { .who = r->caller.user, .what = r->op->record, .object = object_of(r),
		.outcome = outcome, .details = details };

	r->ticket = sek_audit_event(r->admin->config.audit, &e, done, r);
	free(value);
	free(list);
	free(before);
	return r->ticket != NULL;
}

static void record(struct sek_admin_request *r)
{
	if (!r->op || (!r->op->record && !r->denied))
		return;
	sek_log(r->error ? SEK_LOG_WARN : SEK_LOG_INFO, "admin.operation", "operation", r->op->name, "by", r->caller.user,
		"address", r->caller.address, "on", r->denied ? NULL : object_of(r), "reason",
		r->denied ? NULL : member(r, "reason"), "outcome", r->error ? r->error : "done", NULL);
	if (!r->admin->config.audit)
		return;
	if (r->denied) {
		const char *const details[] = { "operation", r->op->name, "address", r->caller.address, NULL };
		const struct sek_audit_event e = { .who = r->caller.user, .what = "admin.refused", .object = "",
			.outcome = SEK_AUDIT_REFUSED, .details = details };

		(void)sek_audit_event(r->admin->config.audit, &e, NULL, NULL);
	} else if (!r->recorded || r->error) {
		(void)tell_audit(r, r->error ? SEK_AUDIT_FAILED : SEK_AUDIT_DONE, NULL);
	}
}

static void put_waiting(struct sek_admin_request *r);

static void finish(struct sek_admin_request *r)
{
	if (!r->error && !r->lasting && r->op->after)
		r->op->after(r);
	if (!r->error && !r->lasting && r->last) {
		r->lasting = true;
		put_waiting(r);
		return;
	}
	record(r);
	if (r->error && !json_object_get(r->out, "error")) {
		json_decref(r->out);
		r->out = json_pack("{s:s}", "error", r->error);
	}
	if (!r->out)
		r->out = json_object();
	if (r->fn)
		r->fn(r->user, r->error, r->out);
	else
		json_decref(r->out);
	json_decref(r->in);
	json_decref(r->others);
	free(r->value);
	free(r);
}


static void start_waiting(struct sek_admin *a);

static void put_waiting(struct sek_admin_request *r)
{
	struct sek_admin *a = r->admin;

	r->next = NULL;
	*a->waiting_end = r;
	a->waiting_end = &r->next;
	a->n_waiting++;
	start_waiting(a);
}

static void on_recorded(void *user, sek_status status)
{
	struct sek_admin_request *r = user;
	struct sek_admin *a = r->admin;

	r->ticket = NULL;
	a->n_recording--;
	r->recorded = true;
	if (!sek_is_ok(status)) {
		sek_admin_fail(r, "audit");
		put_ready(r);
	} else if (r->op->work) {
		put_waiting(r);
	} else {
		put_ready(r);
	}
}

static void after_work(uv_work_t *w, int cancelled)
{
	struct sek_admin_request *r = w->data;
	struct sek_admin *a = r->admin;

	(void)cancelled;
	a->n_running--;
	if (r->error || r->lasting || r->recorded || !needs_record(r)) {
		finish(r);
	} else if (tell_audit(r, SEK_AUDIT_DONE, on_recorded)) {
		a->n_recording++;
	} else {
		sek_admin_fail(r, "audit");
		finish(r);
	}
	start_waiting(a);
	sek_admin_check_stopped(a);
}

static void start_waiting(struct sek_admin *a)
{
	while (a->waiting && a->n_running < SEK_ADMIN_RUNNING) {
		struct sek_admin_request *r = a->waiting;

		a->waiting = r->next;
		if (!a->waiting)
			a->waiting_end = &a->waiting;
		a->n_waiting--;
		r->work.data = r;
		if (uv_queue_work(a->loop, &r->work, on_work, after_work) == 0) {
			a->n_running++;
		} else {
			sek_admin_fail(r, "internal");
			put_ready(r);
		}
	}
}

static void on_wake(uv_async_t *wake)
{
	struct sek_admin *a = wake->data;
	struct sek_admin_request *r = a->ready, *next;

	a->ready = NULL;
	a->ready_end = &a->ready;
	for (; r; r = next) {
		next = r->next;
		finish(r);
	}
	sek_admin_check_stopped(a);
}

struct sek_admin_request *sek_admin_run(struct sek_admin *a, const struct sek_admin_caller *who, const char *op,
	json_t *in, sek_admin_answer_fn *fn, void *user)
{
	struct sek_admin_request *r = calloc(1, sizeof *r);
	const char *field = "", *why;

	if (!r) {
		json_decref(in);
		return NULL;
	}
	*r = (struct sek_admin_request){ .admin = a, .op = find_op(op), .right = find_right(op), .caller = *who, .in = in, .fn = fn, .user = user };
	if (!r->op)
		sek_admin_fail(r, "not-found");
	else if (a->stopping)
		sek_admin_fail(r, "stopping");
	else if (a->n_waiting >= SEK_ADMIN_WAITING)
		sek_admin_fail(r, "busy");
	if (!r->error) {
		why = json_is_object(in) ? sek_admin_check(in, r->op->fields, &field) : "type";
		if (why)
			sek_admin_bad(r, field, why);
		else
			sek_admin_check_host(r);
	}
	if (!r->op || (r->error && strcmp(r->error, "bad-request") != 0) ||
	    (who->way == SEK_ADMIN_LOCAL && (r->error || !r->op->work))) {
		put_ready(r);
		return r;
	}
	put_waiting(r);
	return r;
}

void sek_admin_forget(struct sek_admin_request *r)
{
	if (r)
		r->fn = NULL;
}

/* --- the way up and down --- */

sek_status sek_admin_create(uv_loop_t *loop, const struct sek_admin_config *config, struct sek_admin **ret, char *err,
	size_t err_size)
{
	struct sek_admin *a = calloc(1, sizeof *a);
	sek_status s;

	if (!a)
		return sek_fail(SEK_E_NOMEM);
	a->loop = loop;
	a->config = *config;
	a->waiting_end = &a->waiting;
	a->ready_end = &a->ready;
	s = sek_store_open(config->store_where, &a->store, err, err_size);
	if (!sek_is_ok(s)) {
		free(a);
		return s;
	}
	s = sek_admin_hosts_start(a);
	if (!sek_is_ok(s)) {
		sek_store_close(a->store);
		free(a);
		return s;
	}
	uv_async_init(loop, &a->wake, on_wake);
	a->wake.data = a;
	sek_admin_give_secrets(a);
	*ret = a;
	return s;
}

static void on_wake_closed(uv_handle_t *h)
{
	struct sek_admin *a = h->data;

	a->done(a->done_user);
}

void sek_admin_check_stopped(struct sek_admin *a)
{
	if (a->stopping && !a->n_running && !a->n_recording && !sek_admin_hosts_busy(a) && !a->waiting && !a->ready && !uv_is_closing((uv_handle_t *)&a->wake))
		uv_close((uv_handle_t *)&a->wake, on_wake_closed);
}

void sek_admin_stop(struct sek_admin *a, void (*done)(void *user), void *user)
{
	SEK_ASSERT(!a->stopping);
	a->stopping = true;
	a->done = done;
	a->done_user = user;
	sek_admin_hosts_stop(a);
	sek_admin_check_stopped(a);
}

void sek_admin_destroy(struct sek_admin *a)
{
	if (!a)
		return;
	sek_admin_forget_said(a);
	sek_admin_hosts_destroy(a);
	sek_store_close(a->store);
	free(a);
}
