/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A queue of rows to be written, one job in the pool at a time; a row that waits is replaced by a newer one, so that the
 * queue is never longer than there are sessions.
 */
#include "broker/hub/kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/kept_rows.h"
#include "broker/hub/store/hosts.h"

enum { CLAIM_TRIES = 4 };

struct sek_kept {
	uv_loop_t *loop;
	struct sek_store *store;
	struct sek_auth *auth;
	struct sek_sessions *sessions;
	char broker[SEK_STORE_BROKER_BYTES];
	struct row *first, *busy; /* busy: in the pool */
	struct row *again;        /* what the store did not take when it was away */
	unsigned asking;          /* questions in the pool */
	uv_work_t work;
	sek_status status;
	void (*done)(void *user);
	void *done_user;
};

static void finish(struct sek_kept *k)
{
	void (*done)(void *user) = k->done;

	if (!done || k->busy || k->first || k->asking)
		return;
	k->done = NULL;
	done(k->done_user);
}

/* --- writing --- */

static void go_on(struct sek_kept *k);
static void claimed(struct sek_kept *k, struct row *r, sek_status status);

static void placed(struct sek_kept *k, const struct row *r, sek_status status)
{
	if (sek_is(status, SEK_E_CONFLICT))
		sek_sessions_let_go(k->sessions, r->session.id, r->session.generation);
	else
		sek_sessions_placed(k->sessions, r->session.id,
			sek_is_ok(status) ? SEK_PLACED : sek_is(status, SEK_E_LIMIT) ? SEK_PLACED_FULL : SEK_PLACED_FAULT);
}

static void given(void *ctx, const struct sek_store_session *s, const char *from)
{
	struct row *r = ctx;

	free(r->own);
	r->session = *s;
	r->own = strdup(s->own);
	r->session.own = NULL;
	snprintf(r->from, sizeof r->from, "%s", from);
	r->given = true;
}

/* Another broker that asks for the same user at the same time is no fault. */
static sek_status claim(struct sek_kept *k, struct row *r)
{
	char user[SEK_STORE_NAME_BYTES];
	sek_status s = sek_fail(SEK_E_CONFLICT);

	memcpy(user, r->session.user, sizeof user);
	for (int i = 0; i < CLAIM_TRIES && sek_is(s, SEK_E_CONFLICT); i++)
		s = sek_store_session_claim(k->store, k->broker, user, r->have, r->fresh, (int64_t)time(NULL), &r->claim, given, r);
	if (!sek_is_ok(s)) /* what was given was not kept */
		memcpy(r->session.user, user, sizeof user);
	return s;
}

static void write_row(uv_work_t *w)
{
	struct sek_kept *k = w->data;
	struct row *r = k->busy;

	switch (r->task) {
	case TASK_DRAIN:
		k->status = sek_store_host_set(k->store, r->session.host, SEK_HOST_DRAIN, 0);
		break;
	case TASK_GONE:
		k->status = sek_store_session_delete(k->store, r->session.id, k->broker, r->session.generation);
		break;
	case TASK_CLAIM:
		k->status = claim(k, r);
		break;
	case TASK_PLACE:
		k->status = sek_store_session_place(k->store, &r->session, r->room);
		break;
	default:
		k->status = sek_store_session_put(k->store, &r->session);
	}
}

static void on_written(uv_work_t *w, int cancelled)
{
	struct sek_kept *k = w->data;
	struct row *r = k->busy;
	sek_status status = k->status;
	char text[120];

	(void)cancelled;
	k->busy = NULL;
	if (r->task == TASK_PUT && sek_is(status, SEK_E_CONFLICT))
		sek_sessions_let_go(k->sessions, r->session.id, r->session.generation);
	else if (!sek_is_ok(status) && !(r->task == TASK_PLACE && (sek_is(status, SEK_E_LIMIT) || sek_is(status, SEK_E_CONFLICT))))
		sek_log(SEK_LOG_ERROR, "store.fault", "doing", "keep a session", "session", r->session.id, "why",
			sek_status_text(status, text, sizeof text), NULL);
	if (r->task == TASK_CLAIM)
		claimed(k, r, status);
	if (r->task == TASK_PLACE)
		placed(k, r, status);
	if (sek_is(status, SEK_E_STORE) && r->task <= TASK_DRAIN && !k->done && !sek_kept_row_in(k->first, r)) {
		r->next = k->again;
		k->again = r;
	} else {
		sek_kept_row_free(r);
	}
	go_on(k);
}

static void go_on(struct sek_kept *k)
{
	if (k->busy)
		return;
	if (!k->first) {
		finish(k);
		return;
	}
	k->busy = k->first;
	k->first = k->busy->next;
	k->work.data = k;
	if (uv_queue_work(k->loop, &k->work, write_row, on_written) != 0) {
		write_row(&k->work);
		on_written(&k->work, 0);
	}
}

/* Takes the place of an older one for the same session. */
static void enqueue(struct sek_kept *k, struct row *fresh)
{
	struct row **at = &k->first;

	sek_kept_rows_forget(&k->again, fresh);
	while (*at && !sek_kept_row_same(*at, fresh))
		at = &(*at)->next;
	if (*at) {
		struct row *old = *at;

		fresh->next = old->next;
		sek_kept_row_free(old);
	}
	*at = fresh;
	go_on(k);
}

void sek_kept_again(struct sek_kept *k)
{
	struct row *r, *rest = k->again;

	k->again = NULL;
	while ((r = rest) != NULL) {
		rest = r->next;
		r->next = NULL;
		enqueue(k, r);
	}
}

static char *own_json(const struct sek_session_kept *s)
{
	json_t *all = json_object();
	char *text = NULL;
	size_t i;

	for (i = 0; all && i < s->n_rows; i++)
		if (json_object_set_new(all, sek_policy_info(s->rows[i].attribute)->name, json_loads(s->rows[i].value, JSON_DECODE_ANY,
				NULL)) < 0) {
			json_decref(all);
			all = NULL;
		}
	if (all)
		text = s->n_rows ? json_dumps(all, JSON_COMPACT) : strdup("");
	json_decref(all);
	return text;
}

static struct row *row_of(const struct sek_kept *k, const struct sek_session_kept *s)
{
	struct row *r = calloc(1, sizeof *r);

	if (r)
		r->own = own_json(s);
	if (!r || !r->own) {
		sek_kept_row_free(r);
		sek_log(SEK_LOG_ERROR, "store.fault", "doing", "keep a session", "session", s->id, "why", "out of memory", NULL);
		return NULL;
	}
	r->session = (struct sek_store_session){ .lang = s->lang, .width_px = s->width_px, .height_px = s->height_px,
		.scale_percent = s->scale_percent, .opened_s = s->opened_s, .started_s = s->started_s, .own = r->own, .generation = s->generation };
	memcpy(r->session.broker, k->broker, sizeof r->session.broker);
	snprintf(r->session.id, sizeof r->session.id, "%s", s->id);
	snprintf(r->session.user, sizeof r->session.user, "%s", s->user);
	snprintf(r->session.host, sizeof r->session.host, "%s", s->host);
	snprintf(r->session.recording, sizeof r->session.recording, "%s", s->recording);
	return r;
}

static void on_put(void *user, const struct sek_session_kept *s)
{
	struct row *r = row_of(user, s);

	if (r) /* else the older row stays; a session that cannot be taken back ends at its host by itself */
		enqueue(user, r);
}

static void on_place(void *user, const struct sek_session_kept *s, uint32_t room)
{
	struct row *r = row_of(user, s);

	SEK_ASSERT(r); /* a few hundred bytes: without them the session would never begin */
	r->task = TASK_PLACE;
	r->room = room;
	enqueue(user, r);
}

static void on_gone(void *user, const char *id, int64_t generation)
{
	struct row *r = calloc(1, sizeof *r);

	if (!r) /* the next start is told by the host that it is gone */
		return;
	snprintf(r->session.id, sizeof r->session.id, "%s", id);
	r->session.generation = generation;
	r->task = TASK_GONE;
	enqueue(user, r);
}

/* Behind what is still to be written: a session of the user's that has just ended has a row until then. */
static void on_claim(void *user, const char *name, const char *have, const char *fresh)
{
	struct sek_kept *k = user;
	struct row *r = calloc(1, sizeof *r);

	SEK_ASSERT(r); /* a few hundred bytes: without them the user would never be answered */
	r->task = TASK_CLAIM;
	snprintf(r->session.user, sizeof r->session.user, "%s", name);
	snprintf(r->have, sizeof r->have, "%s", have);
	snprintf(r->fresh, sizeof r->fresh, "%s", fresh);
	enqueue(k, r);
}

/* --- whether a session is still ours --- */

struct question {
	uv_work_t work;
	struct sek_kept *k;
	char id[33];
	int64_t generation;
	bool held;
	sek_status status;
};

static void look(uv_work_t *w)
{
	struct question *q = w->data;

	q->status = sek_store_session_held(q->k->store, q->id, q->k->broker, q->generation, &q->held);
}

static void on_looked(uv_work_t *w, int cancelled)
{
	struct question *q = w->data;
	struct sek_kept *k = q->k;

	(void)cancelled;
	k->asking--;
	/* a store that is away ends nothing, and begins nothing either */
	sek_sessions_still(k->sessions, q->id, q->generation,
		!sek_is_ok(q->status) ? SEK_STILL_UNKNOWN : q->held ? SEK_STILL_MINE : SEK_STILL_NOT);
	free(q);
	finish(k);
}

/* Not in the queue: a session that has lost its line does not wait for what others have to write. */
static void on_still(void *user, const char *id, int64_t generation)
{
	struct question *q = calloc(1, sizeof *q);

	SEK_ASSERT(q);
	q->k = user;
	q->generation = generation;
	snprintf(q->id, sizeof q->id, "%s", id);
	q->work.data = q;
	q->k->asking++;
	if (uv_queue_work(q->k->loop, &q->work, look, on_looked) != 0) {
		look(&q->work);
		on_looked(&q->work, 0);
	}
}

void sek_kept_session(struct sek_kept *k, const char *word, const struct sek_session_info *info)
{
	struct row *r = k && strcmp(word, "host.alarm") == 0 ? calloc(1, sizeof *r) : NULL;

	if (!r)
		return;
	snprintf(r->session.host, sizeof r->session.host, "%s", info->host);
	r->task = TASK_DRAIN;
	enqueue(k, r);
}

/* --- taking back --- */

static void remember(void *ctx, const struct sek_store_session *s)
{
	struct row **first = ctx, *r = calloc(1, sizeof *r);

	if (!r)
		return;
	r->session = *s;
	r->own = strdup(s->own);
	r->next = *first;
	*first = r;
}

/* The session's own values out of the row. False: they cannot be known. */
static bool own_values(const char *text, char *values[SEK_POLICY_ATTRIBUTES], struct sek_policy_row *rows, size_t *ret_n)
{
	json_t *all = *text ? json_loads(text, 0, NULL) : json_object(), *value;
	char err[SEK_POLICY_ERROR_BYTES], *plain;
	enum sek_policy_attribute a;
	bool sound = json_is_object(all);
	const char *name;

	json_object_foreach(all, name, value) {
		plain = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		if (!plain || !sek_policy_find(name, strlen(name), &a) || values[a] ||
				!sek_is_ok(sek_policy_check(a, plain, strlen(plain), &values[a], err, sizeof err)))
			sound = false;
		else
			rows[(*ret_n)++] = (struct sek_policy_row){ SEK_SCOPE_SESSION, "", a, values[a] };
		free(plain);
	}
	json_decref(all);
	return sound;
}

/* The row as sessions know it. values: the caller's to free. False: its own values cannot be known. */
static bool describe(const struct row *r, char *values[SEK_POLICY_ATTRIBUTES], struct sek_policy_row *rows, struct sek_session_kept *ret)
{
	const struct sek_store_session *s = &r->session;

	*ret = (struct sek_session_kept){ .id = s->id, .user = s->user, .host = s->host, .lang = s->lang, .width_px = s->width_px,
		.height_px = s->height_px, .scale_percent = s->scale_percent, .opened_s = s->opened_s, .started_s = s->started_s,
		.recording = s->recording, .rows = rows, .from = r->from, .generation = s->generation };
	return r->own && own_values(r->own, values, rows, &ret->n_rows);
}

static void free_values(char *values[SEK_POLICY_ATTRIBUTES])
{
	for (size_t i = 0; i < SEK_POLICY_ATTRIBUTES; i++)
		free(values[i]);
}

static void claimed(struct sek_kept *k, struct row *r, sek_status status)
{
	struct sek_policy_row rows[SEK_POLICY_ATTRIBUTES];
	char *values[SEK_POLICY_ATTRIBUTES] = { NULL };
	struct sek_session_kept kept;
	enum sek_claimed what = SEK_CLAIMED_FAULT;

	if (sek_is_ok(status) && r->given)
		what = r->claim == SEK_CLAIM_NEW ? SEK_CLAIMED_NEW : r->claim == SEK_CLAIM_MINE ? SEK_CLAIMED_MINE : SEK_CLAIMED_TAKEN;
	else if (sek_is_ok(status) && r->claim == SEK_CLAIM_NONE)
		what = SEK_CLAIMED_NONE;
	if (!describe(r, values, rows, &kept) && what == SEK_CLAIMED_TAKEN)
		kept.user = ""; /* refused as never written: what it was allowed is not known */
	sek_sessions_claimed(k->sessions, r->session.user, what, &kept);
	free_values(values);
}

static void take_back(struct sek_kept *k, struct row *r, enum sek_state over)
{
	struct sek_policy_row rows[SEK_POLICY_ATTRIBUTES];
	char *values[SEK_POLICY_ATTRIBUTES] = { NULL };
	const struct sek_store_session *s = &r->session;
	struct sek_session_kept kept;
	sek_status status = sek_fail(SEK_E_NOT_FOUND);

	if (!describe(r, values, rows, &kept))
		over = SEK_STATE_INTERNAL;
	else if (over == SEK_STATE_NONE && !sek_auth_has_login(k->auth, s->user))
		over = SEK_STATE_ENDED_LOGIN;
	if (s->host[0])
		status = sek_sessions_take_back(k->sessions, &kept, over);
	free_values(values);
	if (sek_is_ok(status))
		return;
	if (s->host[0]) /* its render host ends it when nobody comes for it */
		sek_log(SEK_LOG_WARN, "session.not-restored", "session", s->id, "user", s->user, "host", s->host, "why", sek_code_name(status),
			NULL);
	on_gone(k, s->id, s->generation);
}

void sek_kept_adopt(struct sek_kept *k, const struct sek_store_session *row, const char *from, enum sek_state over)
{
	struct row r = { .session = *row, .own = (char *)(uintptr_t)row->own };

	snprintf(r.from, sizeof r.from, "%s", from);
	take_back(k, &r, over);
}

sek_status sek_kept_start(uv_loop_t *loop, const char *broker, struct sek_store *store, struct sek_auth *auth,
	struct sek_sessions *sessions, struct sek_kept **ret)
{
	struct sek_kept *k = calloc(1, sizeof *k);
	struct row *rows = NULL, *r;
	sek_status s;

	if (!k)
		return sek_fail(SEK_E_NOMEM);
	*k = (struct sek_kept){ .loop = loop, .store = store, .auth = auth, .sessions = sessions };
	snprintf(k->broker, sizeof k->broker, "%s", broker);
	s = sek_store_sessions(store, k->broker, remember, &rows);
	if (!sek_is_ok(s)) {
		free(k);
		return s;
	}
	sek_sessions_keep(sessions, &(struct sek_session_keeper){ on_put, on_gone, k, on_claim, on_still, on_place });
	while ((r = rows) != NULL) {
		rows = r->next;
		take_back(k, r, SEK_STATE_NONE);
		sek_kept_row_free(r);
	}
	*ret = k;
	return sek_ok();
}

void sek_kept_stop(struct sek_kept *k, void (*done)(void *user), void *user)
{
	if (!k) {
		done(user);
		return;
	}
	sek_kept_again(k);
	k->done = done;
	k->done_user = user;
	go_on(k);
}

void sek_kept_destroy(struct sek_kept *k)
{
	SEK_ASSERT(!k || (!k->first && !k->busy && !k->asking));
	free(k);
}
