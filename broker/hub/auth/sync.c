/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Keeping the store and the table of log-ins in step, by jobs in the pool. Must never take a log-in that was made after a
 * look at the store for one that the store has lost.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/auth/auth_private.h"

struct sek_auth_job {
	uv_work_t work;
	struct sek_auth *auth;
	struct sek_auth_job *next;    /* end: of those that are to be done again */
	sek_status status;
	struct sek_store_login *list; /* end: one; save: those used since; poll: none */
	size_t n;
	/* poll */
	bool changed;                 /* or to be looked at in any case */
	uint64_t newest;              /* the newest log-in when the job began */
	struct sek_auth_row *rows;
	size_t n_rows, room;
};

static void finish_job(struct sek_auth_job *j, const char *what)
{
	struct sek_auth *a = j->auth;
	char text[120];

	if (!sek_is_ok(j->status))
		sek_log(SEK_LOG_ERROR, "store.fault", "doing", what, "why", sek_status_text(j->status, text, sizeof text),
			NULL);
	free(j->list);
	free(j->rows);
	free(j);
	a->jobs--;
	sek_auth_maybe_done(a);
}

static bool start_job(struct sek_auth *a, struct sek_auth_job *j, uv_work_cb work, uv_after_work_cb after)
{
	j->auth = a;
	j->work.data = j;
	if (uv_queue_work(a->loop, &j->work, work, after) == 0) {
		a->jobs++;
		return true;
	}
	free(j->list);
	free(j);
	return false;
}

static void work_delete(uv_work_t *w)
{
	struct sek_auth_job *j = w->data;

	j->status = sek_store_login_end(j->auth->store, j->list[0].key, j->list[0].ended, (int64_t)time(NULL));
}

/* A log-in that has ended must end at every broker, also if the store was away at that moment. */
static void after_delete(uv_work_t *w, int cancelled)
{
	struct sek_auth_job *j = w->data;
	struct sek_auth *a = j->auth;

	(void)cancelled;
	if (!sek_is(j->status, SEK_E_STORE) || a->stopping) {
		finish_job(j, "end a log-in");
		return;
	}
	j->next = a->undone;
	a->undone = j;
	a->jobs--;
}

void sek_auth_do_again(struct sek_auth *a)
{
	struct sek_auth_job *j, *rest = a->undone;

	a->undone = NULL;
	while ((j = rest) != NULL) {
		rest = j->next;
		(void)start_job(a, j, work_delete, after_delete);
	}
}

void sek_auth_delete_row(struct sek_auth *a, const uint8_t key[SEK_STORE_LOGIN_KEY_BYTES], enum sek_login_end why)
{
	struct sek_auth_job *j = calloc(1, sizeof *j);

	if (j)
		j->list = calloc(1, sizeof *j->list);
	if (!j || !j->list) {
		free(j);
		sek_log(SEK_LOG_ERROR, "store.fault", "doing", "end a log-in", "why", "out of memory", NULL);
		return;
	}
	memcpy(j->list[0].key, key, sizeof j->list[0].key);
	snprintf(j->list[0].ended, sizeof j->list[0].ended, "%s", sek_login_end_name(why));
	(void)start_job(a, j, work_delete, after_delete);
}

static void work_save(uv_work_t *w)
{
	struct sek_auth_job *j = w->data;

	j->status = sek_store_logins_seen(j->auth->store, j->list, j->n);
}

static void after_save(uv_work_t *w, int cancelled)
{
	(void)cancelled;
	finish_job(w->data, "save when log-ins were used");
}

void sek_auth_save_seen(struct sek_auth *a)
{
	size_t i, count = sek_logins_count(a->logins);
	uint64_t now_ms = sek_auth_now_ms();
	int64_t now_s = (int64_t)time(NULL);
	struct sek_auth_job *j;

	for (i = 0; i < count && !sek_logins_at(a->logins, i)->unsaved; i++)
		;
	if (i == count)
		return;
	j = calloc(1, sizeof *j);
	if (j)
		j->list = calloc(count, sizeof *j->list);
	if (!j || !j->list) {
		free(j);
		return; /* they stay unsaved until the next time */
	}
	for (i = 0; i < count; i++) {
		struct sek_login *l = sek_logins_at(a->logins, i);

		if (!l->unsaved)
			continue;
		l->unsaved = false;
		memcpy(j->list[j->n].key, l->key, sizeof l->key);
		l->stored_s = now_s - (int64_t)((now_ms - l->seen_ms) / 1000);
		j->list[j->n++].seen_s = l->stored_s;
	}
	(void)start_job(a, j, work_save, after_save);
}

static void collect(void *ctx, const struct sek_store_login *l)
{
	struct sek_auth_job *j = ctx;

	if (j->n_rows == j->room) {
		size_t room = j->room ? j->room * 2 : 64;
		struct sek_auth_row *rows = realloc(j->rows, room * sizeof *rows);

		if (!rows) {
			j->status = sek_fail(SEK_E_NOMEM);
			return;
		}
		j->rows = rows;
		j->room = room;
	}
	j->rows[j->n_rows].login = *l;
	j->rows[j->n_rows].known = false;
	j->rows[j->n_rows++].needs = 0;
}

static int by_key(const void *a, const void *b)
{
	const struct sek_auth_row *x = a, *y = b;

	return memcmp(x->login.key, y->login.key, sizeof x->login.key);
}

static struct sek_auth_row *row_of(const struct sek_auth_job *j, const uint8_t key[SEK_STORE_LOGIN_KEY_BYTES])
{
	struct sek_auth_row wanted = { .needs = 0 };

	memcpy(wanted.login.key, key, sizeof wanted.login.key);
	return j->n_rows ? bsearch(&wanted, j->rows, j->n_rows, sizeof wanted, by_key) : NULL;
}

/* What is damaged needs more than anybody can show: fail closed. */
static void add_needs(void *ctx, const uint8_t key[SEK_STORE_LOGIN_KEY_BYTES], const char *text)
{
	struct sek_auth_row *row = row_of(ctx, key);
	uint32_t needs = SEK_AUTH_NEEDS_ALL;

	(void)sek_needs_parse(text, &needs);
	if (row)
		row->needs |= needs;
}

static void work_poll(uv_work_t *w)
{
	struct sek_auth_job *j = w->data;
	bool changed = false;
	sek_status status = sek_store_changed(j->auth->store, &changed);

	j->status = status;
	j->changed = j->changed || changed;
	if (!sek_is_ok(status) || !j->changed)
		return;
	status = sek_store_logins_each(j->auth->store, j->auth->config.notice, collect, j);
	if (sek_is_ok(j->status))
		j->status = status;
	if (!sek_is_ok(j->status))
		return;
	if (j->n_rows)
		qsort(j->rows, j->n_rows, sizeof *j->rows, by_key);
	j->status = sek_store_logins_needs(j->auth->store, add_needs, j);
}

static enum sek_login_end judge(const struct sek_auth *a, const struct sek_auth_row *row)
{
	uint32_t needs = row->needs ? row->needs : a->config.needs;

	return needs & ~row->login.factors ? SEK_LOGIN_NEEDS : SEK_LOGIN_LIVES;
}

/* Brings a log-in up to date, or ends it. */
static void follow(struct sek_auth *a, struct sek_login *l, const struct sek_auth_row *row, uint64_t now_ms, int64_t now_s)
{
	enum sek_login_end why = row ? judge(a, row) : SEK_LOGIN_REVOKED;

	if (row && row->login.ended[0]) { /* another broker has ended it, and has it on its record */
		sek_auth_end_follows(a, l, sek_login_end_of(row->login.ended));
		return;
	}
	if (why != SEK_LOGIN_LIVES) {
		sek_auth_end_login(a, l, why);
		return;
	}
	SEK_ASSERT(row);
	l->roles = row->login.roles;
	l->consented |= row->login.consented;
	if (row->login.seen_s <= l->stored_s || row->login.seen_s > now_s)
		return;
	l->stored_s = row->login.seen_s; /* used at another broker */
	if (now_ms - (uint64_t)(now_s - row->login.seen_s) * 1000 > l->seen_ms)
		l->seen_ms = now_ms - (uint64_t)(now_s - row->login.seen_s) * 1000;
}

static void note_known(const struct sek_auth_job *j, const uint8_t key[SEK_STORE_LOGIN_KEY_BYTES])
{
	struct sek_auth_row *row = row_of(j, key);

	if (row)
		row->known = true;
}

/* Log-ins that were made at another broker; never one that has ended here while the job was reading. */
static void admit_others(struct sek_auth *a, const struct sek_auth_job *j, uint64_t now_ms, int64_t now_s)
{
	size_t i;

	for (i = 0; i < sek_logins_count(a->logins); i++)
		note_known(j, sek_logins_at(a->logins, i)->key);
	for (i = 0; i < sek_logins_dead(a->logins); i++)
		note_known(j, sek_logins_dead_at(a->logins, i));
	for (i = 0; i < j->n_rows; i++)
		if (!j->rows[i].known && judge(a, &j->rows[i]) == SEK_LOGIN_LIVES)
			sek_auth_admit(a, &j->rows[i].login, now_ms, now_s);
}

static void after_poll(uv_work_t *w, int cancelled)
{
	struct sek_auth_job *j = w->data;
	struct sek_auth *a = j->auth;
	uint64_t now_ms = sek_auth_now_ms();
	int64_t now_s = (int64_t)time(NULL);
	size_t i;

	(void)cancelled;
	a->polling = false;
	if (!sek_is_ok(j->status)) {
		a->look = true; /* what has changed meanwhile is not told twice */
	} else {
		sek_auth_do_again(a);
	}
	if (sek_is_ok(j->status) && j->changed) {
		for (i = sek_logins_count(a->logins); i-- > 0;) {
			struct sek_login *l = sek_logins_at(a->logins, i);

			if (l->id <= j->newest)
				follow(a, l, row_of(j, l->key), now_ms, now_s);
		}
		admit_others(a, j, now_ms, now_s);
	}
	/* as often as it is asked, this would fill the log while a database is away */
	if (!sek_is_ok(j->status) && a->complained)
		j->status = sek_ok();
	else
		a->complained = !sek_is_ok(j->status);
	finish_job(j, "look for changes");
}

void sek_auth_store_told(struct sek_auth *a)
{
	if (!a->stopping)
		sek_auth_poll_store(a);
}

void sek_auth_poll_store(struct sek_auth *a)
{
	struct sek_auth_job *j;
	size_t i;

	if (a->polling)
		return;
	j = calloc(1, sizeof *j);
	if (!j)
		return;
	for (i = 0; i < sek_logins_count(a->logins); i++)
		if (sek_logins_at(a->logins, i)->id > j->newest)
			j->newest = sek_logins_at(a->logins, i)->id;
	j->changed = a->look;
	a->look = false;
	a->polling = start_job(a, j, work_poll, after_poll);
}
