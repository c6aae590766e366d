/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One log-in try, from the throttle through the pool to its answer. Must never take less time for a name that does not
 * exist than for one that does (OWASP ASVS 6.3.8), nor say which it was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/auth/auth_private.h"

static void start_next(struct sek_auth *a);

static void free_try(struct sek_auth_try *t)
{
	sodium_memzero(t->password, sizeof t->password);
	sodium_memzero(t->code, sizeof t->code);
	sodium_memzero(t->ticket, sizeof t->ticket);
	sodium_memzero(&t->half, sizeof t->half);
	free(t->certificate);
	sodium_memzero(&t->result, sizeof t->result);
	free(t);
}

static void on_delay_closed(uv_handle_t *h)
{
	struct sek_auth_try *t = h->data;
	struct sek_auth *a = t->auth;

	free_try(t);
	a->handles--;
	sek_auth_maybe_done(a);
}

/* The end of every try: tells the asker if there still is one. */
static void finish(struct sek_auth_try *t)
{
	void (*fn)(void *user, const struct sek_auth_result *r) = t->fn;

	t->fn = NULL;
	if (fn)
		fn(t->user, &t->result);
	uv_close((uv_handle_t *)&t->delay, on_delay_closed);
}

/* What was asked for in this step. */
static const char *step_name(const struct sek_auth_try *t)
{
	static const char *const names[] = { "password", "certificate", "code" };

	return names[t->kind];
}

static void audit_answer(const struct sek_auth_try *t, const char *what, enum sek_audit_outcome outcome)
{
	(void)sek_audit_event(t->auth->config.audit, &(struct sek_audit_event){ .who = t->sound ? t->name : "", .what = what,
		.outcome = outcome, .details = (const char *const[]){ "address", t->address, "step", step_name(t), "why",
		t->why[0] ? t->why : NULL, NULL } }, NULL, NULL);
}

/* Half done: nobody is logged in yet. */
static void log_next(const struct sek_auth_try *t, const char *next)
{
	sek_log(SEK_LOG_INFO, "login.next", "user", t->name, "address", t->address, "next", next, NULL);
}

static void log_answer(const struct sek_auth_try *t)
{
	static struct sek_log_gate throttled;
	unsigned dropped;

	t->auth->answers[t->result.answer]++;
	switch (t->result.answer) {
	case SEK_AUTH_OK:
		sek_log(SEK_LOG_INFO, "login.ok", "user", t->result.user, "address", t->address, NULL);
		break;
	case SEK_AUTH_NEXT_CODE:
		log_next(t, "code");
		break;
	case SEK_AUTH_NEXT_ENROL:
		log_next(t, "enrol");
		break;
	case SEK_AUTH_NEXT_PASSWORD:
		log_next(t, "password");
		break;
	case SEK_AUTH_WRONG_TICKET:
		sek_log(SEK_LOG_INFO, "login.too-late", "address", t->address, NULL);
		break;
	case SEK_AUTH_DIRECTORY:
		sek_log(SEK_LOG_ERROR, "login.directory", "address", t->address, "why", t->why, NULL);
		break;
	case SEK_AUTH_NEED_CERTIFICATE:
	case SEK_AUTH_ENROL_CLOSED:
	case SEK_AUTH_WRONG_CERTIFICATE:
	case SEK_AUTH_WRONG_CODE:
	case SEK_AUTH_WRONG:
		/* the name as typed may be a password by mistake: only a name that could be one is written */
		audit_answer(t, "login.failed", SEK_AUDIT_REFUSED);
		sek_log(SEK_LOG_WARN, "login.failed", "user", t->sound ? t->name : NULL, "address", t->address, "step",
			step_name(t), "why", t->why[0] ? t->why : NULL, NULL);
		break;
	case SEK_AUTH_THROTTLED:
		/* strangers can cause these as fast as they like, and a full disk stops everybody */
		if (sek_log_gate(&throttled, &dropped))
			audit_answer(t, "login.throttled", SEK_AUDIT_REFUSED);
		sek_log(SEK_LOG_WARN, "login.throttled", "user", t->sound ? t->name : NULL, "address", t->address,
			"retry_s", sek_logf("%u", (unsigned)t->result.retry_s), NULL);
		break;
	case SEK_AUTH_BUSY:
		sek_log(SEK_LOG_WARN, "login.busy", "address", t->address, NULL);
		break;
	case SEK_AUTH_UNRECORDED:
		sek_log(SEK_LOG_ERROR, "login.unrecorded", "user", t->name, "address", t->address, NULL);
		break;
	case SEK_AUTH_FAULT: {
		char text[120];

		sek_log(SEK_LOG_ERROR, "login.fault", "address", t->address, "why",
			sek_status_text(t->status, text, sizeof text), NULL);
		break;
	}
	}
}

static void accept_login(struct sek_auth_try *t)
{
	struct sek_auth *a = t->auth;
	struct sek_login *l = NULL, *surplus;

	l = sek_logins_find(a->logins, t->key, sek_auth_now_ms()); /* a look at the store may have been faster */
	if (!l)
		t->status = sek_logins_add(a->logins, t->key, t->name, t->address, 0, 0, sek_auth_now_ms(), &l);
	if (!sek_is_ok(t->status)) {
		sek_auth_delete_row(a, t->key, SEK_LOGIN_REPLACED);
		t->result.answer = SEK_AUTH_FAULT;
		return;
	}
	sek_login_touch(l, sek_auth_now_ms());
	l->stored_s = (int64_t)time(NULL);
	l->user_id = t->user_id;
	l->roles = t->result.roles;
	l->consented = t->result.consented;
	l->factors = t->half.have;
	l->directory = t->directory;
	l->reread_ms = sek_auth_now_ms() + (a->config.ldap ? a->config.ldap->reread_ms : 0);
	a->look = true; /* a group may have changed between the look at its needs and now */
	t->result.login = l->id;
	snprintf(t->result.user, sizeof t->result.user, "%s", l->user);
	surplus = sek_logins_surplus(a->logins, l->user);
	if (surplus)
		sek_auth_end_login(a, surplus, SEK_LOGIN_REPLACED);
	sek_auth_start_tick(a);
	if (!t->fn) /* the asker went away: nobody holds the cookie */
		sek_auth_end_login(a, l, SEK_LOGIN_REPLACED);
}

static void recorded(void *user, sek_status status)
{
	struct sek_auth_try *t = user;
	struct sek_auth *a = t->auth;
	struct sek_login *l = sek_logins_find_id(a->logins, t->result.login);

	t->record = NULL;
	a->jobs--;
	if (!sek_is_ok(status)) {
		if (l)
			sek_auth_end_login(a, l, SEK_LOGIN_REPLACED);
		sodium_memzero(&t->result, sizeof t->result);
		t->result.answer = SEK_AUTH_UNRECORDED;
	} else if (!t->fn && l) { /* the asker went away meanwhile: nobody holds the cookie */
		sek_auth_end_login(a, l, SEK_LOGIN_REPLACED);
	}
	log_answer(t);
	finish(t);
	sek_auth_maybe_done(a);
}

/* A log-in is answered once it is on the record. True: that will be; false: at once. */
static bool record_login(struct sek_auth_try *t)
{
	struct sek_auth *a = t->auth;
	char factors[SEK_NEEDS_BYTES];

	if (t->result.answer != SEK_AUTH_OK || !a->config.audit)
		return false;
	a->jobs++;
	t->record = sek_audit_event(a->config.audit, &(struct sek_audit_event){ .who = t->result.user, .what = "login.ok",
		.details = (const char *const[]){ "address", t->address, "factors", sek_needs_text(t->half.have, factors), "enrolled",
		t->enrolled ? "yes" : NULL, "recovery_code", t->recovered ? "yes" : NULL, NULL } }, recorded, t);
	if (!t->record)
		recorded(t, sek_fail(SEK_E_LIMIT));
	return true;
}

/* Half a log-in gives the try back and no more: else a thief with the password could win back tries at codes with it. */
static void settle_throttle(struct sek_auth_try *t)
{
	enum sek_throttle_outcome outcome = SEK_THROTTLE_UNTRIED;

	/* where the whole log-in worked the password's bucket is the owner's too, though its own step was only half of it */
	if (t->result.answer == SEK_AUTH_OK)
		sek_throttle_familiar(t->auth->throttle, t->name, t->address, sek_auth_now_ms(), 0);
	if (!t->throttled)
		return;
	if (t->result.answer == SEK_AUTH_OK)
		outcome = SEK_THROTTLE_WORKED;
	else if (t->result.answer == SEK_AUTH_WRONG || t->result.answer == SEK_AUTH_WRONG_CODE)
		outcome = SEK_THROTTLE_FAILED;
	sek_throttle_done(t->auth->throttle, &t->throttle, outcome, sek_auth_now_ms());
}

static void delay(struct sek_auth_try *t);
static void answer_untried(struct sek_auth_try *t, enum sek_auth_answer answer);

/* Too many tries at this account, at all brokers together: it comes again in a while. */
static void hold(struct sek_auth_try *t)
{
	struct sek_auth *a = t->auth;

	t->held = false;
	if (a->stopping || a->waiting >= SEK_AUTH_QUEUE) {
		answer_untried(t, SEK_AUTH_BUSY);
		return;
	}
	a->waiting++;
	delay(t);
}

static void looked_at(uv_work_t *work, int cancelled)
{
	struct sek_auth_try *t = work->data;
	struct sek_auth *a = t->auth;

	(void)cancelled; /* nothing cancels */
	a->hashing--;
	if (t->held) {
		hold(t);
	} else {
		if (t->result.answer == SEK_AUTH_OK)
			accept_login(t);
		settle_throttle(t);
		if (!record_login(t)) {
			log_answer(t);
			finish(t);
		}
	}
	start_next(a);
	sek_auth_maybe_done(a);
}

static void answer_untried(struct sek_auth_try *t, enum sek_auth_answer answer)
{
	if (t->throttled)
		sek_throttle_done(t->auth->throttle, &t->throttle, SEK_THROTTLE_UNTRIED, sek_auth_now_ms());
	t->result.answer = answer;
	t->result.retry_s = SEK_AUTH_BUSY_S;
	log_answer(t);
	finish(t);
}

static void start_next(struct sek_auth *a)
{
	if (a->waiting > a->most_waiting)
		a->most_waiting = a->waiting;
	while (a->hashing < SEK_AUTH_HASHING && a->first) {
		struct sek_auth_try *t = a->first;

		a->first = t->next;
		if (!a->first)
			a->last = NULL;
		a->waiting--;
		t->work.data = t;
		a->hashing++;
		if (uv_queue_work(a->loop, &t->work, sek_auth_look, looked_at) != 0) {
			a->hashing--;
			answer_untried(t, SEK_AUTH_FAULT);
		}
	}
}

static void enqueue(struct sek_auth_try *t)
{
	struct sek_auth *a = t->auth;

	t->next = NULL;
	if (a->last)
		a->last->next = t;
	else
		a->first = t;
	a->last = t;
	start_next(a);
}

static void on_delay(uv_timer_t *timer)
{
	struct sek_auth_try *t = timer->data;
	size_t i;

	for (i = 0; i < SEK_AUTH_QUEUE; i++)
		if (t->auth->delayed[i] == t)
			t->auth->delayed[i] = NULL;
	enqueue(t);
}

static void delay(struct sek_auth_try *t)
{
	struct sek_auth_try **place = t->auth->delayed;

	while (*place) /* `waiting` has kept one free */
		place++;
	*place = t;
	uv_timer_start(&t->delay, on_delay, SEK_THROTTLE_ACCOUNT_DELAY_MS, 0);
}

static void on_answer_now(uv_timer_t *timer)
{
	struct sek_auth_try *t = timer->data;

	log_answer(t);
	finish(t);
}

static void answer_later(struct sek_auth_try *t, enum sek_auth_answer answer, uint32_t retry_s)
{
	t->result.answer = answer;
	t->result.retry_s = retry_s;
	uv_timer_start(&t->delay, on_answer_now, 0, 0);
}

/* How many wait already, of this try's address and account. */
struct crowd {
	unsigned address, account;
};

static void count_one(struct crowd *c, const struct sek_auth_try *waiting, const struct sek_auth_try *t)
{
	if (strcmp(waiting->address, t->address) != 0)
		return;
	c->address++;
	c->account += strcmp(waiting->name, t->name) == 0;
}

static bool has_place(const struct sek_auth *a, const struct sek_auth_try *t)
{
	struct crowd c = { 0 };
	size_t i;

	for (const struct sek_auth_try *w = a->first; w; w = w->next)
		count_one(&c, w, t);
	for (i = 0; i < SEK_AUTH_QUEUE; i++)
		if (a->delayed[i])
			count_one(&c, a->delayed[i], t);
	return a->waiting < SEK_AUTH_QUEUE && c.address < SEK_AUTH_QUEUE_ADDRESS && c.account < SEK_AUTH_QUEUE_ACCOUNT;
}

/* Of a code nobody knows whose it is before its ticket was looked up: it has only the throttle that all brokers share (look.c). */
static enum sek_throttle_answer ask_throttle(struct sek_auth_try *t, uint64_t *ret_wait_ms)
{
	if (t->kind != SEK_PROOF_PASSWORD)
		return SEK_THROTTLE_GO; /* of a certificate there is nothing to guess at */
	t->throttled = true;
	return sek_throttle_take(t->auth->throttle, t->name, t->address, sek_auth_now_ms(), &t->throttle, ret_wait_ms);
}

static void begin(struct sek_auth_try *t)
{
	struct sek_auth *a = t->auth;
	uint64_t wait_ms = 0;

	if (a->stopping || !has_place(a, t)) {
		answer_later(t, SEK_AUTH_BUSY, SEK_AUTH_BUSY_S);
		return;
	}
	switch (ask_throttle(t, &wait_ms)) {
	case SEK_THROTTLE_REFUSE:
		t->throttled = false;
		answer_later(t, SEK_AUTH_THROTTLED, (uint32_t)((wait_ms + 999) / 1000));
		return;
	case SEK_THROTTLE_DELAY:
		a->waiting++;
		delay(t);
		return;
	case SEK_THROTTLE_GO:
		a->waiting++;
		enqueue(t);
		return;
	}
}

/* A name or password that nobody can have goes the same long way as any other wrong one; names that have no one form share
 * one account's bucket, "". */
static void copy_password(struct sek_auth_try *t, const struct sek_auth_proof *p)
{
	t->sound = sek_is_ok(sek_name_normalize(p->name, p->name_n, t->name));
	if (!sek_is_ok(sek_password_normalize(p->password, p->password_n, t->password, &t->password_n, NULL))) {
		t->sound = false;
		t->password_n = 0;
	}
}

/* Copies a text if it fits and holds no zero byte; what does not is nobody's code or ticket. */
static void copy_text(char *to, size_t size, const char *from, size_t n)
{
	if (n < size && !memchr(from, '\0', n))
		memcpy(to, from, n);
}

struct sek_auth_try *sek_auth_prove(struct sek_auth *a, const struct sek_auth_proof *p,
	void (*fn)(void *user, const struct sek_auth_result *r), void *user)
{
	struct sek_auth_try *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->auth = a;
	t->fn = fn;
	t->user = user;
	t->kind = (int)p->kind;
	snprintf(t->address, sizeof t->address, "%s", p->address);
	if (p->kind == SEK_PROOF_PASSWORD)
		copy_password(t, p);
	if (p->kind == SEK_PROOF_CODE) {
		copy_text(t->ticket, sizeof t->ticket, p->ticket, p->ticket_n);
		copy_text(t->code, sizeof t->code, p->code, p->code_n);
	}
	if (p->certificate && p->certificate_n <= SEK_CERTIFICATE_MAX_BYTES && (t->certificate = malloc(p->certificate_n))) {
		memcpy(t->certificate, p->certificate, p->certificate_n);
		t->certificate_n = p->certificate_n;
	}
	uv_timer_init(a->loop, &t->delay);
	t->delay.data = t;
	a->handles++;
	begin(t);
	return t;
}

struct sek_auth_try *sek_auth_login(struct sek_auth *a, const char *name, size_t name_n, const char *password,
	size_t password_n, const char *address, void (*fn)(void *user, const struct sek_auth_result *r), void *user)
{
	const struct sek_auth_proof p = { .kind = SEK_PROOF_PASSWORD, .name = name, .name_n = name_n, .password = password,
		.password_n = password_n, .address = address };

	return sek_auth_prove(a, &p, fn, user);
}

void sek_auth_forget(struct sek_auth_try *t)
{
	if (t)
		t->fn = NULL;
}

void sek_auth_drop_queue(struct sek_auth *a)
{
	size_t i;

	for (i = 0; i < SEK_AUTH_QUEUE; i++) {
		if (a->delayed[i]) {
			a->waiting--;
			answer_untried(a->delayed[i], SEK_AUTH_BUSY);
			a->delayed[i] = NULL;
		}
	}
	while (a->first) {
		struct sek_auth_try *t = a->first;

		a->first = t->next;
		a->waiting--;
		answer_untried(t, SEK_AUTH_BUSY);
	}
	a->last = NULL;
}
