/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The authentication of the broker, put together: life and death of log-ins. Must never leave a log-in alive in memory
 * that the store has ended for longer than a second.
 */
#include "broker/hub/auth/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/auth/auth_private.h"
#include "broker/hub/store/factors.h"

enum { SWEEP_EVERY_MS = 5000, SAVE_EVERY_MS = 60000 };

/* Log-ins are older than the computer's last start; the clock begins this far from zero so that their times fit. */
#define CLOCK_BASE_MS ((uint64_t)10 * 365 * 24 * 3600 * 1000)

uint64_t sek_auth_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t); /* goes on while the machine sleeps */
	return CLOCK_BASE_MS + (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int64_t sek_auth_wall_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct load {
	struct sek_auth *auth;
	uint64_t now_ms;
	int64_t now_s;
};

static uint64_t ago_ms(int64_t now_s, int64_t then_s)
{
	/* a time in the future comes from a clock that was set back: as if it were now */
	return then_s < now_s ? (uint64_t)(now_s - then_s) * 1000 : 0;
}

static void load_known(void *ctx, const char *user, const char *address, int64_t seen_s)
{
	const struct load *load = ctx;
	char codes[SEK_NAME_BYTES + 8];

	snprintf(codes, sizeof codes, SEK_AUTH_CODE_ACCOUNT "%s", user);
	sek_throttle_familiar(load->auth->throttle, user, address, load->now_ms, ago_ms(load->now_s, seen_s));
	sek_throttle_familiar(load->auth->throttle, codes, address, load->now_ms, ago_ms(load->now_s, seen_s));
}

void sek_auth_admit(struct sek_auth *a, const struct sek_store_login *row, uint64_t now_ms, int64_t now_s)
{
	struct sek_login *l;

	if (row->ended[0] || !sek_is_ok(sek_logins_add(a->logins, row->key, row->user, row->address, ago_ms(now_s, row->created_s),
			ago_ms(now_s, row->seen_s), now_ms, &l)))
		return;
	l->user_id = row->user_id;
	l->stored_s = row->seen_s;
	l->roles = row->roles;
	l->factors = row->factors;
	l->directory = row->directory;
	l->consented = row->consented;
	l->reread_ms = now_ms;
	load_known(&(struct load){ a, now_ms, now_s }, row->user, row->address, row->created_s);
}

static void load_login(void *ctx, const struct sek_store_login *row)
{
	const struct load *load = ctx;

	sek_auth_admit(load->auth, row, load->now_ms, load->now_s);
}

static sek_status load_all(struct sek_auth *a)
{
	struct load load = { .auth = a, .now_ms = sek_auth_now_ms(), .now_s = (int64_t)time(NULL) };
	uint8_t random[16];

	randombytes_buf(random, sizeof random);
	SEK_TRY(sek_password_hash((const char *)random, sizeof random, a->dummy));
	SEK_TRY(sek_store_logins_purge(a->store, load.now_s - (int64_t)a->config.maximum_s,
		load.now_s - (int64_t)a->config.idle_s));
	SEK_TRY(sek_store_logins_each(a->store, a->config.notice, load_login, &load));
	return sek_store_known_each(a->store, load.now_s - (int64_t)SEK_THROTTLE_FAMILIAR_DAYS * 24 * 3600, load_known,
		&load);
}

sek_status sek_auth_create(uv_loop_t *loop, struct sek_store *store, const struct sek_auth_config *config,
	struct sek_auth **ret)
{
	struct sek_auth *a = calloc(1, sizeof *a);
	sek_status status;

	if (!a)
		return sek_fail(SEK_E_NOMEM);
	a->loop = loop;
	a->store = store;
	a->config = *config;
	if (a->config.needs == 0)
		a->config.needs = SEK_FACTOR_PASSWORD;
	a->look = true; /* what the site needs may be more than before */
	status = sek_logins_create((uint64_t)config->idle_s * 1000, (uint64_t)config->maximum_s * 1000, &a->logins);
	if (sek_is_ok(status))
		status = sek_tokens_create(&a->tokens);
	if (sek_is_ok(status))
		status = sek_throttle_create(&a->throttle);
	if (sek_is_ok(status))
		status = load_all(a);
	if (!sek_is_ok(status)) {
		sek_auth_destroy(a);
		return status;
	}
	uv_timer_init(loop, &a->tick);
	a->tick.data = a;
	a->handles++;
	sek_auth_start_tick(a);
	*ret = a;
	return status;
}

void sek_auth_destroy(struct sek_auth *a)
{
	if (!a)
		return;
	sek_logins_destroy(a->logins);
	sek_tokens_destroy(a->tokens);
	sek_throttle_destroy(a->throttle);
	free(a);
}

void sek_auth_end_login(struct sek_auth *a, struct sek_login *l, enum sek_login_end why)
{
	(void)sek_audit_event(a->config.audit, &(struct sek_audit_event){ .who = l->user, .what = "login.ended",
		.details = (const char *const[]){ "address", l->address, "why", sek_login_end_name(why), NULL } }, NULL, NULL);
	if (why != SEK_LOGIN_REVOKED)
		sek_auth_delete_row(a, l->key, why);
	sek_auth_end_follows(a, l, why);
}

void sek_auth_end_follows(struct sek_auth *a, struct sek_login *l, enum sek_login_end why)
{
	bool last = true;
	size_t i;

	for (i = 0; i < sek_logins_count(a->logins); i++) {
		const struct sek_login *other = sek_logins_at(a->logins, i);

		if (other != l && strcmp(other->user, l->user) == 0)
			last = false;
	}
	sek_tokens_forget(a->tokens, l->id);
	sek_log(SEK_LOG_INFO, "login.ended", "user", l->user, "address", l->address, "why", sek_login_end_name(why), NULL);
	for (i = 0; i < SEK_AUTH_LISTENERS; i++)
		if (a->ends[i].fn)
			a->ends[i].fn(a->ends[i].user, l, why, last);
	sek_logins_remove(a->logins, l);
}

static void sweep(struct sek_auth *a, uint64_t now_ms)
{
	size_t i;

	for (i = 0; i < SEK_AUTH_LISTENERS; i++)
		if (a->sweeps[i].fn)
			a->sweeps[i].fn(a->sweeps[i].user);
	for (i = sek_logins_count(a->logins); i-- > 0;) {
		struct sek_login *l = sek_logins_at(a->logins, i);
		enum sek_login_end why = sek_logins_check(a->logins, l, now_ms);

		if (why != SEK_LOGIN_LIVES)
			sek_auth_end_login(a, l, why);
	}
}

static void on_tick(uv_timer_t *timer)
{
	struct sek_auth *a = timer->data;
	uint64_t now_ms = sek_auth_now_ms();

	if (now_ms >= a->sweep_ms) {
		a->sweep_ms = now_ms + SWEEP_EVERY_MS;
		sweep(a, now_ms);
	}
	if (now_ms >= a->save_ms) {
		/* another broker takes a log-in for idle that it has not heard of for that time: often enough for short ones too */
		a->save_ms = now_ms + (a->config.idle_s < 4 * SAVE_EVERY_MS / 1000 ? (uint64_t)a->config.idle_s * 250 : SAVE_EVERY_MS);
		sek_auth_save_seen(a);
	}
	sek_auth_poll_store(a);
	sek_auth_reread(a);
}

void sek_auth_start_tick(struct sek_auth *a)
{
	if (!a->stopping && !uv_is_active((uv_handle_t *)&a->tick))
		uv_timer_start(&a->tick, on_tick, SEK_AUTH_LOOK_MS, SEK_AUTH_LOOK_MS);
}

static void on_tick_closed(uv_handle_t *h)
{
	struct sek_auth *a = h->data;

	a->handles--;
	sek_auth_maybe_done(a);
}

void sek_auth_stop(struct sek_auth *a, void (*done)(void *user), void *user)
{
	SEK_ASSERT(!a->stopping);
	a->stopping = true;
	a->done = done;
	a->done_user = user;
	sek_auth_drop_queue(a);
	sek_auth_do_again(a);
	sek_auth_save_seen(a);
	uv_close((uv_handle_t *)&a->tick, on_tick_closed);
}

void sek_auth_maybe_done(struct sek_auth *a)
{
	void (*done)(void *user) = a->done;

	if (!a->stopping || !done || a->handles > 0 || a->jobs > 0 || a->hashing > 0)
		return;
	a->done = NULL;
	done(a->done_user);
}

const struct sek_login *sek_auth_check(struct sek_auth *a, const char *cookie, size_t n)
{
	uint8_t key[SEK_STORE_LOGIN_KEY_BYTES];
	uint64_t now_ms = sek_auth_now_ms();
	struct sek_login *l;

	if (!sek_is_ok(sek_cookie_key(cookie, n, key)))
		return NULL;
	l = sek_logins_find(a->logins, key, now_ms);
	if (l)
		sek_login_touch(l, now_ms);
	return l;
}

void sek_auth_logout(struct sek_auth *a, uint64_t login)
{
	struct sek_login *l = sek_logins_find_id(a->logins, login);

	if (l)
		sek_auth_end_login(a, l, SEK_LOGIN_LOGOUT);
}

void sek_auth_active(struct sek_auth *a, uint64_t login, uint64_t idle_ms)
{
	struct sek_login *l = sek_logins_find_id(a->logins, login);

	if (l)
		sek_login_touch(l, sek_auth_now_ms() - idle_ms);
}

void sek_auth_on_end(struct sek_auth *a, sek_auth_end_fn *fn, void *user)
{
	size_t i = 0;

	while (i < SEK_AUTH_LISTENERS && a->ends[i].user != user)
		i++;
	for (size_t j = 0; i == SEK_AUTH_LISTENERS && j < SEK_AUTH_LISTENERS; j++)
		if (!a->ends[j].fn)
			i = j;
	if (i == SEK_AUTH_LISTENERS) {
		SEK_ASSERT(!fn);
		return;
	}
	a->ends[i].fn = fn;
	a->ends[i].user = fn ? user : NULL;
}

void sek_auth_on_sweep(struct sek_auth *a, void (*fn)(void *user), void *user)
{
	size_t i = 0;

	while (i < SEK_AUTH_LISTENERS && a->sweeps[i].user != user)
		i++;
	for (size_t j = 0; i == SEK_AUTH_LISTENERS && j < SEK_AUTH_LISTENERS; j++)
		if (!a->sweeps[j].fn)
			i = j;
	if (i == SEK_AUTH_LISTENERS) {
		SEK_ASSERT(!fn);
		return;
	}
	a->sweeps[i].fn = fn;
	a->sweeps[i].user = fn ? user : NULL;
}

size_t sek_auth_logins(const struct sek_auth *a)
{
	return sek_logins_count(a->logins);
}

bool sek_auth_has_login(const struct sek_auth *a, const char *user)
{
	size_t i;

	for (i = 0; i < sek_logins_count(a->logins); i++)
		if (strcmp(sek_logins_at(a->logins, i)->user, user) == 0)
			return true;
	return false;
}

void sek_auth_count(const struct sek_auth *a, struct sek_auth_counts *ret)
{
	memcpy(ret->answers, a->answers, sizeof ret->answers);
	ret->waiting = a->waiting;
	ret->looking = a->hashing;
	ret->most_waiting = a->most_waiting;
}
