/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the directory says of users who are logged in already: each is looked up again every few minutes. Must never ask for more than
 * one user at a time, nor take a directory that does not answer for one that has forgotten somebody.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/log.h"
#include "base/utf8.h"
#include "broker/hub/auth/auth_private.h"
#include "broker/hub/store/groups.h"

/* After a failure the directory is left alone for so long: waiting for it must not hold up those who do not need it. */
enum { REST_MS = 10000 };

struct reread {
	uv_work_t work;
	struct sek_auth *auth;
	char user[SEK_STORE_NAME_BYTES], why[160];
	sek_status status, stored;
};

void sek_auth_directory_failed(struct sek_auth *a)
{
	atomic_store(&a->directory_ms, sek_auth_now_ms() + REST_MS);
}

sek_status sek_auth_take_over(struct sek_auth *a, const char *name, const struct sek_ldap_person *p, const char *why)
{
	const struct sek_store_actor by = { .who = "@directory", .why = why, .now_s = (int64_t)time(NULL) };
	bool plain = sek_utf8_valid((const uint8_t *)p->display, strlen(p->display), NULL);
	int64_t id = 0;

	SEK_TRY(sek_store_person_from_directory(a->store, name, plain ? p->display : "", SEK_ROLE_STAFF, by.now_s, &id));
	return sek_store_members_from_directory(a->store, name, (const char *const *)p->groups, p->n_groups, &by);
}

static void work_reread(uv_work_t *w)
{
	struct reread *r = w->data;
	struct sek_ldap_person p = { .n_groups = 0 };

	r->stored = sek_ok();
	r->status = sek_ldap_find(r->auth->config.ldap, r->user, &p, r->why, sizeof r->why);
	if (sek_is_ok(r->status))
		r->stored = sek_auth_take_over(r->auth, r->user, &p, "read again");
	else if (sek_is(r->status, SEK_E_DENIED))
		r->stored = sek_store_logins_void(r->auth->store, r->user);
	else
		sek_auth_directory_failed(r->auth);
	sek_ldap_person_finish(&p);
}

static void after_reread(uv_work_t *w, int cancelled)
{
	struct reread *r = w->data;
	struct sek_auth *a = r->auth;
	bool gone = sek_is(r->status, SEK_E_DENIED);
	char text[120];
	size_t i;

	(void)cancelled;
	for (i = sek_logins_count(a->logins); i-- > 0;) {
		struct sek_login *l = sek_logins_at(a->logins, i);

		if (strcmp(l->user, r->user) != 0)
			continue;
		if (sek_is_ok(r->status))
			l->reread_ms = sek_auth_now_ms() + a->config.ldap->reread_ms;
		if (gone)
			sek_auth_end_login(a, l, SEK_LOGIN_DIRECTORY);
	}
	if (!sek_is_ok(r->status) && !gone)
		sek_log(SEK_LOG_ERROR, "login.directory", "doing", "read a user again", "why", r->why, NULL);
	if (!sek_is_ok(r->stored))
		sek_log(SEK_LOG_ERROR, "store.fault", "doing", "read a user again", "why", sek_status_text(r->stored, text, sizeof text), NULL);
	a->look = true; /* this handle is not told of its own writing: other groups may need more */
	a->rereading = false;
	a->jobs--;
	free(r);
	sek_auth_reread(a);
	sek_auth_maybe_done(a);
}

void sek_auth_reread(struct sek_auth *a)
{
	uint64_t now_ms = sek_auth_now_ms();
	const struct sek_login *due = NULL;
	struct reread *r;
	size_t i;

	if (!a->config.ldap || a->config.ldap->reread_ms == 0 || a->rereading || a->stopping || now_ms < atomic_load(&a->directory_ms))
		return;
	for (i = 0; i < sek_logins_count(a->logins); i++) {
		const struct sek_login *l = sek_logins_at(a->logins, i);

		if (l->directory && l->reread_ms <= now_ms && (!due || l->reread_ms < due->reread_ms))
			due = l;
	}
	r = due ? calloc(1, sizeof *r) : NULL;
	if (!r)
		return;
	r->auth = a;
	r->work.data = r;
	memcpy(r->user, due->user, sizeof r->user);
	if (uv_queue_work(a->loop, &r->work, work_reread, after_reread) != 0) {
		free(r);
		return;
	}
	a->rereading = true;
	a->jobs++;
}
