/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A queue of rows to be written, one job in the pool at a time; a row that waits is replaced by a newer one, so that the
 * queue is never longer than there are sessions.
 */
#include "broker/hub/kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/store/hosts.h"
#include "broker/hub/store/sessions.h"

struct row {
	struct row *next;
	struct sek_store_session session;
	char *own;  /* heap: what session.own points to */
	bool gone;
	bool drain; /* not a session: session.host, out of service */
};

struct sek_kept {
	uv_loop_t *loop;
	struct sek_store *store;
	struct row *first, *busy; /* busy: in the pool */
	uv_work_t work;
	sek_status status;
	void (*done)(void *user);
	void *done_user;
};

static void row_free(struct row *r)
{
	if (r)
		free(r->own);
	free(r);
}

/* --- writing --- */

static void go_on(struct sek_kept *k);

static void write_row(uv_work_t *w)
{
	struct sek_kept *k = w->data;

	if (k->busy->drain)
		k->status = sek_store_host_set(k->store, k->busy->session.host, SEK_HOST_DRAIN);
	else if (k->busy->gone)
		k->status = sek_store_session_delete(k->store, k->busy->session.id);
	else
		k->status = sek_store_session_put(k->store, &k->busy->session);
}

static void on_written(uv_work_t *w, int cancelled)
{
	struct sek_kept *k = w->data;
	char text[120];

	(void)cancelled;
	if (!sek_is_ok(k->status))
		sek_log(SEK_LOG_ERROR, "store.fault", "doing", "keep a session", "session", k->busy->session.id, "why",
			sek_status_text(k->status, text, sizeof text), NULL);
	row_free(k->busy);
	k->busy = NULL;
	go_on(k);
}

static void go_on(struct sek_kept *k)
{
	if (k->busy)
		return;
	if (!k->first) {
		if (k->done)
			k->done(k->done_user);
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

	while (*at && (fresh->drain || (*at)->drain || strcmp((*at)->session.id, fresh->session.id) != 0))
		at = &(*at)->next;
	if (*at) {
		struct row *old = *at;

		fresh->next = old->next;
		row_free(old);
	}
	*at = fresh;
	go_on(k);
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

static void on_put(void *user, const struct sek_session_kept *s)
{
	struct row *r = calloc(1, sizeof *r);

	if (r)
		r->own = own_json(s);
	if (!r || !r->own) { /* the older row stays; a session that cannot be taken back ends at its host by itself */
		row_free(r);
		sek_log(SEK_LOG_ERROR, "store.fault", "doing", "keep a session", "session", s->id, "why", "out of memory", NULL);
		return;
	}
	r->session = (struct sek_store_session){ .lang = s->lang, .width_px = s->width_px, .height_px = s->height_px,
		.scale_percent = s->scale_percent, .opened_s = s->opened_s, .started_s = s->started_s, .own = r->own };
	snprintf(r->session.id, sizeof r->session.id, "%s", s->id);
	snprintf(r->session.user, sizeof r->session.user, "%s", s->user);
	snprintf(r->session.host, sizeof r->session.host, "%s", s->host);
	snprintf(r->session.recording, sizeof r->session.recording, "%s", s->recording);
	enqueue(user, r);
}

static void on_gone(void *user, const char *id)
{
	struct row *r = calloc(1, sizeof *r);

	if (!r) /* the next start is told by the host that it is gone */
		return;
	snprintf(r->session.id, sizeof r->session.id, "%s", id);
	r->gone = true;
	enqueue(user, r);
}

void sek_kept_session(struct sek_kept *k, const char *word, const struct sek_session_info *info)
{
	struct row *r = k && strcmp(word, "host.alarm") == 0 ? calloc(1, sizeof *r) : NULL;

	if (!r)
		return;
	snprintf(r->session.host, sizeof r->session.host, "%s", info->host);
	r->drain = true;
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

static sek_status take_back(struct row *r, struct sek_auth *auth, struct sek_sessions *sessions)
{
	struct sek_policy_row rows[SEK_POLICY_ATTRIBUTES];
	char *values[SEK_POLICY_ATTRIBUTES] = { NULL };
	const struct sek_store_session *s = &r->session;
	struct sek_session_kept kept = { .id = s->id, .user = s->user, .host = s->host, .lang = s->lang, .width_px = s->width_px,
		.height_px = s->height_px, .scale_percent = s->scale_percent, .opened_s = s->opened_s, .started_s = s->started_s,
		.recording = s->recording, .rows = rows };
	enum sek_state over = SEK_STATE_NONE;
	sek_status status;
	size_t i;

	if (!r->own || !own_values(r->own, values, rows, &kept.n_rows))
		over = SEK_STATE_INTERNAL;
	else if (!sek_auth_has_login(auth, s->user))
		over = SEK_STATE_ENDED_LOGIN;
	status = sek_sessions_take_back(sessions, &kept, over);
	for (i = 0; i < SEK_POLICY_ATTRIBUTES; i++)
		free(values[i]);
	return status;
}

sek_status sek_kept_start(uv_loop_t *loop, struct sek_store *store, struct sek_auth *auth, struct sek_sessions *sessions,
	struct sek_kept **ret)
{
	struct sek_kept *k = calloc(1, sizeof *k);
	struct row *rows = NULL, *r;
	sek_status s;

	if (!k)
		return sek_fail(SEK_E_NOMEM);
	*k = (struct sek_kept){ .loop = loop, .store = store };
	s = sek_store_sessions(store, remember, &rows);
	if (!sek_is_ok(s)) {
		free(k);
		return s;
	}
	sek_sessions_keep(sessions, &(struct sek_session_keeper){ on_put, on_gone, k });
	while ((r = rows) != NULL) {
		rows = r->next;
		s = take_back(r, auth, sessions);
		if (!sek_is_ok(s)) { /* its render host ends it when nobody comes for it */
			sek_log(SEK_LOG_WARN, "session.not-restored", "session", r->session.id, "user", r->session.user, "host",
				r->session.host, "why", sek_code_name(s), NULL);
			on_gone(k, r->session.id);
		}
		row_free(r);
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
	k->done = done;
	k->done_user = user;
	go_on(k);
}

void sek_kept_destroy(struct sek_kept *k)
{
	SEK_ASSERT(!k || (!k->first && !k->busy));
	free(k);
}
