/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Cookies that this broker does not know: looked for in the store, by a job in the pool, because another broker may have given them out a
 * moment ago. Must never admit a log-in that has ended here meanwhile.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/auth/auth_private.h"

struct sek_auth_fetch {
	uv_work_t work;
	struct sek_auth *auth;
	uint8_t key[SEK_STORE_LOGIN_KEY_BYTES];
	struct sek_store_login row;
	sek_status status;
	void (*fn)(void *user); /* NULL: forgotten */
	void *user;
};

bool sek_auth_wants_fetch(struct sek_auth *a, const char *cookie, size_t n)
{
	uint8_t key[SEK_STORE_LOGIN_KEY_BYTES];
	const struct sek_login *l;

	if (!sek_is_ok(sek_cookie_key(cookie, n, key)))
		return false;
	l = sek_logins_find(a->logins, key, sek_auth_now_ms());
	return l ? !l->consented : !sek_logins_has(a->logins, key);
}

static void work(uv_work_t *w)
{
	struct sek_auth_fetch *f = w->data;

	f->status = sek_store_login_find(f->auth->store, f->key, f->auth->config.notice, &f->row);
}

static void take(struct sek_auth *a, const struct sek_auth_fetch *f)
{
	struct sek_login *l = sek_logins_find(a->logins, f->key, sek_auth_now_ms());

	if (l) {
		l->consented |= f->row.consented;
	} else if (!sek_logins_has(a->logins, f->key)) {
		sek_auth_admit(a, &f->row, sek_auth_now_ms(), (int64_t)time(NULL));
		a->look = true; /* what its user's groups ask for */
	}
}

static void after(uv_work_t *w, int cancelled)
{
	struct sek_auth_fetch *f = w->data;
	struct sek_auth *a = f->auth;
	char text[120];

	(void)cancelled;
	a->jobs--;
	a->fetching--;
	if (sek_is_ok(f->status))
		take(a, f);
	else if (!sek_is(f->status, SEK_E_NOT_FOUND))
		sek_log(SEK_LOG_ERROR, "store.fault", "doing", "look for a log-in", "why", sek_status_text(f->status, text, sizeof text), NULL);
	if (f->fn)
		f->fn(f->user);
	sodium_memzero(f, sizeof *f);
	free(f);
	sek_auth_maybe_done(a);
}

struct sek_auth_fetch *sek_auth_fetch(struct sek_auth *a, const char *cookie, size_t n, void (*fn)(void *user), void *user)
{
	struct sek_auth_fetch *f = a->stopping || a->fetching >= SEK_AUTH_FETCHES ? NULL : calloc(1, sizeof *f);

	if (!f || !sek_is_ok(sek_cookie_key(cookie, n, f->key)))
		goto out;
	f->auth = a;
	f->fn = fn;
	f->user = user;
	f->work.data = f;
	if (uv_queue_work(a->loop, &f->work, work, after) != 0)
		goto out;
	a->jobs++;
	a->fetching++;
	return f;
out:
	free(f);
	return NULL;
}

void sek_auth_fetch_forget(struct sek_auth_fetch *f)
{
	if (f)
		f->fn = NULL;
}
