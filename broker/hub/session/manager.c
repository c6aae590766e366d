/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * All sessions of this broker: finding, counting, stopping them. Must never know what a session does.
 */
#include "broker/hub/session/internal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/session/farm.h"

void sek_sessions_hold(struct sek_sessions *all)
{
	all->pending++;
}

static void on_stop_timer_closed(uv_handle_t *handle)
{
	struct sek_sessions *all = handle->data;

	all->stopped = true;
	all->done(all->done_user);
}

static void check_stopped(struct sek_sessions *all)
{
	if (all->stopping && !all->first && !all->pending && !all->children.n &&
	    !uv_is_closing((uv_handle_t *)&all->stop_timer))
		uv_close((uv_handle_t *)&all->stop_timer, on_stop_timer_closed);
}

void sek_sessions_release(void *user)
{
	struct sek_sessions *all = user;

	SEK_ASSERT(all->pending > 0);
	all->pending--;
	check_stopped(all);
}

static void on_child_gone(void *user)
{
	check_stopped(user);
}

sek_status sek_sessions_create(uv_loop_t *loop, const struct sek_sessions_config *config, struct sek_sessions **ret)
{
	struct sek_sessions *all;
	const char *what;
	sek_status s;

	if (!config->n_hosts || !config->max_sessions)
		return sek_fail(SEK_E_CONFIG);
	all = calloc(1, sizeof *all);
	if (!all)
		return sek_fail(SEK_E_NOMEM);
	all->loop = loop;
	all->config = *config;
	all->times = (struct sek_times){ SEK_UNCLAIMED_MS, SEK_HELLO_WAIT_MS, SEK_PING_IDLE_MS, SEK_PONG_WAIT_MS, SEK_INPUT_STALL_MS,
		SEK_START_WAIT_MS, SEK_RESUME_WAIT_MS, SEK_RECONNECT_STABLE_MS, SEK_WARN_S * 1000 };
	all->files = (struct sek_credential_files){ config->ca_path, config->crl_path, config->intermediate_path,
		config->intermediate_key_path, &all->config.ages };
	all->children = (struct sek_children){ .loop = loop, .gone = on_child_gone, .user = all };
	s = sek_gap_layout_init(&all->layout, config->max_width_px, config->max_height_px);
	if (sek_is_ok(s)) {
		s = sek_credentials_check(&all->files, &what);
		if (!sek_is_ok(s)) {
			char text[120];

			sek_log(SEK_LOG_ERROR, "sessions.no-credentials", "what", what, "why",
				sek_status_text(s, text, sizeof text), NULL);
		}
	}
	if (!sek_is_ok(s)) {
		free(all);
		return s;
	}
	s = sek_farm_create(all);
	if (!sek_is_ok(s)) {
		free(all);
		return s;
	}
	/* a child that died between two of our writes must cost us a status, not the broker */
	signal(SIGPIPE, SIG_IGN);
	*ret = all;
	return sek_ok();
}

void sek_sessions_destroy(struct sek_sessions *all)
{
	if (!all)
		return;
	sek_farm_destroy(all->farm);
	SEK_ASSERT(!all->first && !all->pending && !all->children.n && all->stopping == all->stopped);
	free(all);
}

static void on_stop_timeout(uv_timer_t *timer)
{
	struct sek_sessions *all = timer->data;

	sek_children_abandon(&all->children);
}

static void stop(struct sek_sessions *all, void (*done)(void *user), void *user)
{
	SEK_ASSERT(!all->stopping);
	all->stopping = true;
	all->done = done;
	all->done_user = user;
	uv_timer_init(all->loop, &all->stop_timer);
	all->stop_timer.data = all;
	uv_timer_start(&all->stop_timer, on_stop_timeout, SEK_STOP_WAIT_MS, 0);
	sek_farm_stop(all->farm);
	sek_claims_drop(all);
}

void sek_sessions_stop(struct sek_sessions *all, void (*done)(void *user), void *user)
{
	stop(all, done, user);
	while (all->first)
		sek_session_end(all->first, SEK_STATE_BROKER_STOPPING, NULL);
	check_stopped(all);
}

void sek_sessions_leave(struct sek_sessions *all, void (*done)(void *user), void *user)
{
	stop(all, done, user);
	while (all->first)
		sek_session_leave(all->first);
	check_stopped(all);
}

struct sek_session *sek_sessions_of_user(struct sek_sessions *all, const char *user)
{
	for (struct sek_session *s = all->first; s; s = s->next)
		if (strcmp(s->user, user) == 0)
			return s;
	return NULL;
}

sek_status sek_sessions_make(struct sek_sessions *all, const char *user, const uint8_t *id, struct sek_session **ret)
{
	sek_status status = all->n >= all->config.max_sessions ? sek_fail(SEK_E_LIMIT) : sek_session_create(all, user, id, ret);

	if (!sek_is_ok(status)) {
		all->refused[sek_is(status, SEK_E_LIMIT) ? SEK_OPEN_FULL : sek_is(status, SEK_E_DENIED) ? SEK_OPEN_HOURS :
			sek_is(status, SEK_E_STORE) ? SEK_OPEN_RECORDING : SEK_OPEN_OTHER]++;
		return status;
	}
	if (id) { /* it has a row already */
		(*ret)->kept = true;
		(*ret)->generation = 1;
	}
	sek_sessions_tell(*ret, "session.opened");
	return status;
}

sek_status sek_sessions_open(struct sek_sessions *all, const char *user, uint8_t ret_id[SEK_SESSION_ID_BYTES],
	bool *ret_resumed)
{
	struct sek_session *s = sek_sessions_of_user(all, user);
	bool resumed = s != NULL;

	if (all->stopping)
		return sek_fail(SEK_E_LIMIT);
	if (!s)
		SEK_TRY(sek_sessions_make(all, user, NULL, &s));
	memcpy(ret_id, s->id, SEK_SESSION_ID_BYTES);
	*ret_resumed = resumed;
	return sek_ok();
}

uint64_t sek_sessions_refused(const struct sek_sessions *all, enum sek_open_refusal why)
{
	return all->refused[why];
}

struct sek_session *sek_sessions_find(struct sek_sessions *all, const uint8_t id[SEK_SESSION_ID_BYTES])
{
	struct sek_session *s = all->first;

	while (s && (s->farewell || memcmp(s->id, id, SEK_SESSION_ID_BYTES) != 0))
		s = s->next;
	return s;
}

sek_status sek_session_attach(struct sek_sessions *all, const uint8_t id[SEK_SESSION_ID_BYTES], const char *user,
	const struct sek_client_ops *ops, void *client, struct sek_session **ret)
{
	struct sek_session *s = sek_sessions_find(all, id);

	if (!s)
		return sek_fail(SEK_E_NOT_FOUND);
	if (strcmp(s->user, user) != 0)
		return sek_fail(SEK_E_DENIED);
	sek_client_attach(s, ops, client);
	*ret = s;
	return sek_ok();
}

void sek_session_receive(struct sek_session *s, void *client, const uint8_t *bytes, size_t n)
{
	if (s->phase != SEK_PHASE_ENDED && s->client.ops && s->client.user == client)
		sek_client_message(s, bytes, n);
}

void sek_session_drained(struct sek_session *s, void *client)
{
	if (s->phase != SEK_PHASE_ENDED && s->client.ops && s->client.user == client && s->encoder)
		sek_encoder_resume(s->encoder);
}

void sek_session_detach(struct sek_session *s, void *client)
{
	if (s->phase == SEK_PHASE_ENDED)
		return;
	if (s->client.ops && s->client.user == client) {
		sek_client_forget(s);
		sek_sessions_tell(s, "session.detached");
		return;
	}
	for (struct sek_departing **p = &s->departing; *p; p = &(*p)->next) {
		struct sek_departing *d = *p;

		if (d->user != client)
			continue;
		*p = d->next;
		free(d);
		return;
	}
}

size_t sek_sessions_end_user(struct sek_sessions *all, const char *user, enum sek_state state)
{
	size_t ended = 0;
	struct sek_session *s;

	/* from the start each time: telling a client may change the list */
	for (; (s = sek_sessions_of_user(all, user)) != NULL; ended++)
		sek_session_end(s, state, NULL);
	return ended;
}

sek_status sek_sessions_end_one(struct sek_sessions *all, const uint8_t id[SEK_SESSION_ID_BYTES], enum sek_state state)
{
	struct sek_session *s = sek_sessions_find(all, id);

	if (!s)
		return sek_fail(SEK_E_NOT_FOUND);
	sek_session_end(s, state, NULL);
	return sek_ok();
}

static struct sek_session *on_host(struct sek_sessions *all, const char *host)
{
	for (struct sek_session *s = all->first; s; s = s->next)
		if (!host || (s->host && strcmp(s->host->name, host) == 0))
			return s;
	return NULL;
}

size_t sek_sessions_end_host(struct sek_sessions *all, const char *host, enum sek_state state)
{
	size_t ended = 0;
	struct sek_session *s;

	for (; (s = on_host(all, host)) != NULL; ended++)
		sek_session_end(s, state, NULL);
	return ended;
}

sek_status sek_sessions_say(struct sek_sessions *all, const uint8_t id[SEK_SESSION_ID_BYTES], enum sek_state state)
{
	struct sek_session *s = sek_sessions_find(all, id);

	if (!s)
		return sek_fail(SEK_E_NOT_FOUND);
	if (state == SEK_STATE_MESSAGE)
		sek_tape_event(s, SEK_RECORD_EVENT_MESSAGE, 0, NULL);
	sek_client_send_state(s, state, 0);
	return sek_ok();
}

static bool to_be_sent(const struct sek_session *s)
{
	return s->phase != SEK_PHASE_ENDED && s->client.ops && (!s->host || s->host->kind == SEK_KIND_SEKISHO);
}

size_t sek_sessions_send_away(struct sek_sessions *all)
{
	size_t n = 0;

	for (struct sek_session *s = all->first; s;) {
		if (!to_be_sent(s)) {
			s = s->next;
			continue;
		}
		sek_client_send_away(s);
		n++;
		s = all->first; /* telling a client may change the list */
	}
	return n;
}

sek_status sek_sessions_watch(struct sek_sessions *all, const uint8_t id[SEK_SESSION_ID_BYTES], const char *who, bool on)
{
	struct sek_session *s = sek_sessions_find(all, id);

	if (!s || sek_state_ended(s->state))
		return sek_fail(SEK_E_NOT_FOUND);
	if (!on && s->watchers == 0)
		return sek_fail(SEK_E_NOT_FOUND);
	s->watchers += on ? 1 : -1u;
	sek_tape_event(s, SEK_RECORD_EVENT_WATCHED, on, who);
	if (s->client.greeted && s->watchers == (on ? 1 : 0))
		sek_session_policy_tell(s);
	return sek_ok();
}

static void describe(const struct sek_session *s, struct sek_session_info *ret)
{
	uint64_t now = uv_now(s->all->loop);

	*ret = (struct sek_session_info){
		.user = s->user,
		.host = s->host ? s->host->name : "",
		.state = (uint16_t)s->state,
		.attached = s->client.ops != NULL && s->client.greeted,
		.client = s->client.ops && s->client.ops->kind ? s->client.ops->kind : "",
		.age_ms = now - s->opened_ms,
		.idle_ms = now - s->input_ms,
		.bytes_down = s->bytes_down,
		.updates = s->updates,
		.first_frame_ms = s->first_frame_ms,
		.decoder_pid = s->link ? sek_link_pid(s->link) : 0,
		.policy = &s->policy,
		.encoder_pid = s->encoder ? sek_encoder_pid(s->encoder) : 0,
		.moved_from = s->moved_from ? s->moved_from : "",
		.over = s->over != SEK_STATE_NONE,
	};
	memcpy(ret->id, s->id_hex, sizeof ret->id);
	snprintf(ret->recording, sizeof ret->recording, "%s", sek_tape_id(s));
	ret->recorded = sek_tape_ok(s);
}

void sek_sessions_each(struct sek_sessions *all, void (*fn)(void *user, const struct sek_session_info *info), void *user)
{
	struct sek_session_info info;

	for (const struct sek_session *s = all->first; s; s = s->next) {
		if (s->farewell)
			continue;
		describe(s, &info);
		fn(user, &info);
	}
}

size_t sek_sessions_count(const struct sek_sessions *all)
{
	return all->n;
}

void sek_sessions_on_event(struct sek_sessions *all, sek_session_event_fn *fn, void *user)
{
	all->event = fn;
	all->event_user = user;
}

void sek_sessions_tell(struct sek_session *s, const char *word)
{
	struct sek_session_info info;

	if (!s->all->event || s->farewell)
		return;
	describe(s, &info);
	s->all->event(s->all->event_user, word, &info);
}

void sek_sessions_log_clipboard(struct sek_sessions *all, const struct sek_clipboard_log *log)
{
	all->clipboard_log = *log;
}

void sek_sessions_approve_clipboard(struct sek_sessions *all, const struct sek_clipboard_approval *approval)
{
	all->clipboard_approval = *approval;
}
