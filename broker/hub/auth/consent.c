/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Acknowledging the notice: on the record, then in the store, then in the log-in. Must never take a log-in for one that has
 * acknowledged before both are done.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/auth/auth_private.h"
#include "broker/hub/store/factors.h"

struct sek_auth_consent {
	struct sek_auth *auth;
	uv_work_t work;
	uint64_t login;
	int64_t user_id;
	char lang[4], user_name[SEK_STORE_NAME_BYTES], address[SEK_STORE_ADDRESS_BYTES];
	sek_status status;
	void (*fn)(void *user, sek_status status);
	void *user;
};

static void finish(struct sek_auth_consent *c)
{
	struct sek_auth *a = c->auth;

	if (c->fn)
		c->fn(c->user, c->status);
	free(c);
	a->jobs--;
	sek_auth_maybe_done(a);
}

static void work_store(uv_work_t *w)
{
	struct sek_auth_consent *c = w->data;

	c->status = sek_store_consent_add(c->auth->store, c->user_id, c->auth->config.notice, c->lang, (int64_t)time(NULL));
}

/* Every log-in of the user: whoever has two browsers open reads it once. */
static void after_store(uv_work_t *w, int cancelled)
{
	struct sek_auth_consent *c = w->data;
	size_t i;

	(void)cancelled;
	for (i = 0; sek_is_ok(c->status) && i < sek_logins_count(c->auth->logins); i++) {
		struct sek_login *l = sek_logins_at(c->auth->logins, i);

		if (l->user_id == c->user_id)
			l->consented = true;
	}
	if (sek_is_ok(c->status))
		sek_log(SEK_LOG_INFO, "user.consent", "user", c->user_name, "address", c->address, "lang", c->lang, NULL);
	finish(c);
}

static void store(struct sek_auth_consent *c)
{
	c->work.data = c;
	SEK_ASSERT(uv_queue_work(c->auth->loop, &c->work, work_store, after_store) == 0); /* never answered before the caller has it */
}

static void recorded(void *user, sek_status status)
{
	struct sek_auth_consent *c = user;

	if (sek_is_ok(status)) {
		store(c);
		return;
	}
	c->status = sek_fail(SEK_E_BUSY);
	finish(c);
}

static void work_nothing(uv_work_t *w)
{
	(void)w;
}

static void after_nothing(uv_work_t *w, int cancelled)
{
	(void)cancelled;
	finish(w->data);
}

/* Answers later with a status that stands already. */
static struct sek_auth_consent *answer(struct sek_auth_consent *c, enum sek_code code)
{
	c->status = sek_fail(code);
	c->work.data = c;
	if (uv_queue_work(c->auth->loop, &c->work, work_nothing, after_nothing) == 0)
		return c;
	c->auth->jobs--;
	free(c);
	return NULL;
}

struct sek_auth_consent *sek_auth_consent(struct sek_auth *a, uint64_t login, const char *notice, const char *lang,
	void (*fn)(void *user, sek_status status), void *user)
{
	struct sek_auth_consent *c = calloc(1, sizeof *c);
	const struct sek_login *l = sek_logins_find_id(a->logins, login);

	if (!c)
		return NULL;
	c->auth = a;
	c->fn = fn;
	c->user = user;
	a->jobs++;
	if (a->stopping || !l || !a->config.notice || strcmp(a->config.notice, notice) != 0)
		return answer(c, SEK_E_DENIED);
	c->login = login;
	c->user_id = l->user_id;
	snprintf(c->user_name, sizeof c->user_name, "%s", l->user);
	snprintf(c->address, sizeof c->address, "%s", l->address);
	snprintf(c->lang, sizeof c->lang, "%s", lang);
	if (!a->config.audit) {
		store(c);
		return c;
	}
	if (!sek_audit_event(a->config.audit, &(struct sek_audit_event){ .who = l->user, .what = "user.consent",
			.details = (const char *const[]){ "address", l->address, "notice", notice, "lang", lang, NULL } }, recorded, c))
		return answer(c, SEK_E_BUSY);
	return c;
}

void sek_auth_consent_forget(struct sek_auth_consent *c)
{
	if (c)
		c->fn = NULL;
}
