/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Stream tokens and given-up tickets in the store, by jobs in the pool. Must never answer GOOD for what the store has not handed over to this
 * very claim.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/auth/auth_private.h"
#include "broker/hub/store/once.h"

_Static_assert(SEK_STORE_NAME_BYTES > 2 * SEK_STORE_LOGIN_KEY_BYTES, "a log-in's key in hex is an owner");
enum { RANDOM_BYTES = 32 };

struct sek_auth_token {
	uv_work_t work;
	struct sek_auth *auth;
	sek_status status;
	struct sek_store_once once;                /* issue: what is put there; claim: what was found */
	uint8_t login[SEK_STORE_LOGIN_KEY_BYTES];  /* of the cookie */
	bool find;                                 /* that log-in is not known here */
	sek_status found;
	struct sek_store_login row;
	char address[SEK_STORE_ADDRESS_BYTES];
	char text[SEK_TOKEN_BYTES];
	void (*issued)(void *user, const char *token);
	sek_auth_claimed_fn *claimed;
	void *user;
	struct sek_ticket ticket;                  /* cancel */
	size_t text_n;
};

static bool hash(const char *token, size_t n, uint8_t ret[SEK_STORE_ONCE_KEY_BYTES])
{
	uint8_t random[RANDOM_BYTES];
	size_t len = 0;

	if (sodium_base642bin(random, sizeof random, token, n, NULL, &len, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
			len != sizeof random)
		return false;
	(void)crypto_generichash(ret, SEK_STORE_ONCE_KEY_BYTES, random, sizeof random, NULL, 0);
	sodium_memzero(random, sizeof random);
	return true;
}

static void owner(const uint8_t key[SEK_STORE_LOGIN_KEY_BYTES], char ret[SEK_STORE_NAME_BYTES])
{
	sodium_bin2hex(ret, SEK_STORE_NAME_BYTES, key, SEK_STORE_LOGIN_KEY_BYTES);
}

static void end_job(struct sek_auth_token *t, const char *doing)
{
	struct sek_auth *a = t->auth;
	char text[120];

	if (!sek_is_ok(t->status) && !sek_is(t->status, SEK_E_NOT_FOUND))
		sek_log(SEK_LOG_ERROR, "store.fault", "doing", doing, "why", sek_status_text(t->status, text, sizeof text), NULL);
	sodium_memzero(t, sizeof *t);
	free(t);
	a->jobs--;
	sek_auth_maybe_done(a);
}

static bool start_job(struct sek_auth *a, struct sek_auth_token *t, uv_work_cb work, uv_after_work_cb after)
{
	t->auth = a;
	t->work.data = t;
	if (uv_queue_work(a->loop, &t->work, work, after) != 0) {
		sodium_memzero(t, sizeof *t);
		free(t);
		return false;
	}
	a->jobs++;
	return true;
}

void sek_auth_token_forget(struct sek_auth_token *t)
{
	if (!t)
		return;
	t->issued = NULL;
	t->claimed = NULL;
}

/* --- giving one out --- */

static void work_issue(uv_work_t *w)
{
	struct sek_auth_token *t = w->data;

	t->status = sek_store_once_put(t->auth->store, &t->once, SEK_TOKENS_PER_LOGIN);
}

static void after_issue(uv_work_t *w, int cancelled)
{
	struct sek_auth_token *t = w->data;

	(void)cancelled;
	if (t->issued)
		t->issued(t->user, sek_is_ok(t->status) && t->text[0] ? t->text : NULL);
	end_job(t, "keep a stream token");
}

struct sek_auth_token *sek_auth_token_issue(struct sek_auth *a, uint64_t login, const char *address, const uint8_t session[SEK_SESSION_ID_BYTES],
	void (*fn)(void *user, const char *token), void *user)
{
	struct sek_auth_token *t = calloc(1, sizeof *t);
	const struct sek_login *l = sek_logins_find_id(a->logins, login);

	_Static_assert(SEK_SESSION_ID_BYTES <= SEK_STORE_ONCE_WHAT_BYTES, "room for a session's id");
	if (!t)
		return NULL;
	t->issued = fn;
	t->user = user;
	t->once.kind = SEK_ONCE_STREAM;
	t->once.made_ms = sek_auth_wall_ms();
	if (l) { /* else it ended while its session was opened: a row that is over already, and no answer */
		sek_tokens_issue(a->tokens, login, address, session, sek_auth_now_ms(), t->text);
		(void)hash(t->text, strlen(t->text), t->once.key);
		owner(l->key, t->once.owner);
		t->once.until_ms = t->once.made_ms + SEK_TOKEN_LIFE_MS;
	}
	snprintf(t->once.address, sizeof t->once.address, "%s", address);
	memcpy(t->once.what, session, SEK_SESSION_ID_BYTES);
	t->once.what_n = SEK_SESSION_ID_BYTES;
	t->once.tries = 1;
	return start_job(a, t, work_issue, after_issue) ? t : NULL;
}

/* --- using it --- */

static void work_void(uv_work_t *w)
{
	struct sek_auth_token *t = w->data;

	t->status = sek_store_once_drop(t->auth->store, SEK_ONCE_STREAM, t->once.key);
}

static void after_void(uv_work_t *w, int cancelled)
{
	(void)cancelled;
	end_job(w->data, "void a stream token");
}

enum sek_token_answer sek_auth_token_look(struct sek_auth *a, const char *token, size_t n, uint64_t login, const char *address)
{
	uint8_t session[SEK_SESSION_ID_BYTES];
	enum sek_token_answer answer = sek_tokens_redeem(a->tokens, token, n, login, address, sek_auth_now_ms(), session);
	struct sek_auth_token *t;

	/* somebody else has seen it: it is worth nothing any more, anywhere */
	if (answer == SEK_TOKEN_GOOD || (answer == SEK_TOKEN_ELSEWHERE && login) || a->stopping || (t = calloc(1, sizeof *t)) == NULL)
		return answer;
	if (hash(token, n, t->once.key))
		(void)start_job(a, t, work_void, after_void);
	else
		free(t);
	return answer;
}

static void work_claim(uv_work_t *w)
{
	struct sek_auth_token *t = w->data;
	uint8_t key[SEK_STORE_ONCE_KEY_BYTES];

	memcpy(key, t->once.key, sizeof key);
	t->status = sek_store_once_claim(t->auth->store, SEK_ONCE_STREAM, key, &t->once);
	if (t->find)
		t->found = sek_store_login_find(t->auth->store, t->login, t->auth->config.notice, &t->row);
}

static enum sek_token_answer judge(const struct sek_auth_token *t)
{
	char wanted[SEK_STORE_NAME_BYTES];

	owner(t->login, wanted);
	if (!sek_is_ok(t->status))
		return sek_is(t->status, SEK_E_NOT_FOUND) ? SEK_TOKEN_UNKNOWN : SEK_TOKEN_FAULT;
	if (t->once.until_ms <= sek_auth_wall_ms() || t->once.what_n != SEK_SESSION_ID_BYTES)
		return SEK_TOKEN_EXPIRED;
	if (strcmp(t->once.owner, wanted) != 0)
		return SEK_TOKEN_OTHER_LOGIN;
	return strcmp(t->once.address, t->address) == 0 ? SEK_TOKEN_GOOD : SEK_TOKEN_OTHER_ADDRESS;
}

static void after_claim(uv_work_t *w, int cancelled)
{
	struct sek_auth_token *t = w->data;
	struct sek_auth *a = t->auth;
	struct sek_login *l;

	(void)cancelled;
	if (t->find && sek_is_ok(t->found) && !sek_logins_has(a->logins, t->login)) {
		sek_auth_admit(a, &t->row, sek_auth_now_ms(), (int64_t)time(NULL));
		a->look = true;
	}
	l = sek_logins_find(a->logins, t->login, sek_auth_now_ms());
	if (l)
		sek_login_touch(l, sek_auth_now_ms());
	if (t->claimed)
		t->claimed(t->user, judge(t), l, t->once.what);
	end_job(t, "claim a stream token");
}

struct sek_auth_token *sek_auth_token_claim(struct sek_auth *a, const char *cookie, size_t cookie_n, const char *token, size_t n, const char *address,
	sek_auth_claimed_fn *fn, void *user)
{
	struct sek_auth_token *t = a->stopping ? NULL : calloc(1, sizeof *t);

	if (!t)
		return NULL;
	if (!sek_is_ok(sek_cookie_key(cookie, cookie_n, t->login)) || !hash(token, n, t->once.key)) {
		free(t);
		return NULL;
	}
	t->find = !sek_logins_has(a->logins, t->login);
	snprintf(t->address, sizeof t->address, "%s", address);
	t->claimed = fn;
	t->user = user;
	return start_job(a, t, work_claim, after_claim) ? t : NULL;
}

/* --- a ticket that is given up --- */

static void work_cancel(uv_work_t *w)
{
	struct sek_auth_token *t = w->data;

	t->status = sek_tickets_try(t->auth->store, t->auth->config.key, t->text, t->text_n, t->address, sek_auth_wall_ms(), &t->ticket);
	if (sek_is_ok(t->status))
		t->status = sek_tickets_drop(t->auth->store, t->text, t->text_n);
}

static void after_cancel(uv_work_t *w, int cancelled)
{
	struct sek_auth_token *t = w->data;

	(void)cancelled;
	if (sek_is_ok(t->status)) {
		sek_log(SEK_LOG_INFO, "login.cancelled", "user", t->ticket.user, "address", t->address, NULL);
		(void)sek_audit_event(t->auth->config.audit, &(struct sek_audit_event){ .who = t->ticket.user, .what = "login.cancelled",
			.details = (const char *const[]){ "address", t->address, "step", t->ticket.enrolling ? "enrol" : "code", NULL } }, NULL, NULL);
	}
	end_job(t, "give a ticket up");
}

void sek_auth_cancel(struct sek_auth *a, const char *ticket, size_t n, const char *address)
{
	struct sek_auth_token *t = a->stopping || !a->config.key || n >= SEK_TOKEN_BYTES ? NULL : calloc(1, sizeof *t);

	if (!t)
		return;
	memcpy(t->text, ticket, n);
	t->text_n = n;
	snprintf(t->address, sizeof t->address, "%s", address);
	(void)start_job(a, t, work_cancel, after_cancel);
}
