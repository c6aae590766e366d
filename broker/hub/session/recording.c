/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What goes into a session's recording, and when there has to be one. Must never let a pixel to a client while a
 * recording is required and not on the disk, nor put into one which key was pressed.
 */
#include "broker/hub/session/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "base/error.h"
#include "base/log.h"

enum { POINTER_MS = 50, META_POLICY_BYTES = 2048 };

/* One recording. Outlives its session until all of it is on the disk. */
struct sek_tape {
	struct sek_session *s; /* NULL: the session has let go */
	struct sek_sessions *all;
	struct sek_recording *file;
	bool ready, required, failed;
	bool aside;            /* a snapshot is under way */
	bool snapshot;         /* the encoder is to make one at once: whoever looks needs a picture to begin with */
	uint32_t marks, days;
	uint64_t began_utc_us;
	char id[33], session[2 * SEK_SESSION_ID_BYTES + 1], host[64], ended[32];
	char *user;
	bool move_waits;
	struct sek_pointer move;
	uint8_t buttons;
	uint64_t moved_ms;
};

void sek_sessions_record(struct sek_sessions *all, struct sek_recorder *r, const struct sek_recording_log *log)
{
	all->recorder = r;
	all->recording_log = *log;
}

/* --- others are told --- */

static void tell(struct sek_tape *t, enum sek_recording_happening what, const char *why, const struct sek_recording_facts *facts)
{
	const struct sek_recording_log *log = &t->all->recording_log;

	sek_log(what == SEK_RECORDING_FAILED ? SEK_LOG_ERROR : SEK_LOG_INFO, "recording", "what",
		what == SEK_RECORDING_BEGAN ? "began" : what == SEK_RECORDING_FAILED ? "failed" : "closed", "recording", t->id, "session",
		t->session, "user", t->user, "why", why, NULL);
	if (log->tell)
		log->tell(log->user, &(struct sek_recording_news){ .what = what, .id = t->id, .session = t->session, .user = t->user,
			.host = t->host, .required = t->required, .days = t->days, .marks = t->marks, .began_utc_us = t->began_utc_us,
			.bytes = facts ? facts->bytes : t->file ? sek_recording_bytes(t->file) : 0, .ended = t->ended, .why = why,
			.facts = facts });
}

static void refused(const struct sek_session *s, const char *why)
{
	const struct sek_recording_log *log = &s->all->recording_log;

	sek_log(SEK_LOG_ERROR, "recording", "what", "refused", "session", s->id_hex, "user", s->user, "why", why, NULL);
	if (log->tell)
		log->tell(log->user, &(struct sek_recording_news){ .what = SEK_RECORDING_REFUSED, .id = "", .session = s->id_hex,
			.user = s->user, .host = "", .required = true, .ended = "", .why = why });
}

bool sek_tape_possible(const struct sek_session *s)
{
	struct sek_recorder_state state = { .writable = false, .why = "broker.yaml has no section `recording`" };

	if (s->policy.recording != SEK_RECORDING_REQUIRED)
		return true;
	if (s->all->recorder)
		sek_recorder_state(s->all->recorder, &state);
	if (!state.writable)
		refused(s, state.why);
	return state.writable;
}

/* --- beginning and end --- */

static void on_failed(void *user, const char *why)
{
	struct sek_tape *t = user;
	struct sek_session *s = t->s;

	t->failed = true;
	t->marks |= SEK_RECORDED_FAILED;
	tell(t, SEK_RECORDING_FAILED, why, NULL);
	if (!s)
		return;
	if (s->policy.recording == SEK_RECORDING_REQUIRED) {
		sek_session_end(s, SEK_STATE_NOT_RECORDED, why);
	} else {
		sek_tape_end(s, "failed", 0);
		if (s->encoder)
			sek_encoder_resume(s->encoder);
		sek_session_view(s);
		sek_session_policy_tell(s);
	}
}

static void on_ready(void *user, sek_status status)
{
	struct sek_tape *t = user;
	struct sek_recorder_state state;

	if (!sek_is_ok(status)) {
		sek_recorder_state(t->all->recorder, &state);
		on_failed(t, *state.why ? state.why : "the recording could not be begun");
		return;
	}
	t->ready = true;
	tell(t, SEK_RECORDING_BEGAN, NULL, NULL);
	if (t->s)
		sek_client_show(t->s);
	if (t->s && t->s->encoder)
		sek_encoder_resume(t->s->encoder);
}

static void on_closed(void *user, const struct sek_recording_facts *facts)
{
	struct sek_tape *t = user;
	struct sek_sessions *all = t->all;

	SEK_ASSERT(!t->s);
	if (facts && !t->ready) /* it was all over before the loop came round */
		tell(t, SEK_RECORDING_BEGAN, NULL, NULL);
	if (facts || t->ready)
		tell(t, SEK_RECORDING_CLOSED, NULL, facts);
	free(t->user);
	free(t);
	sek_sessions_release(all);
}

/* Attributes that are short: lists of addresses would be longer than META may be. */
static void policy_json(const struct sek_policy *p, char ret[META_POLICY_BYTES])
{
	size_t at = (size_t)snprintf(ret, META_POLICY_BYTES, "{");
	unsigned a;

	for (a = 0; a < SEK_POLICY_ATTRIBUTES; a++) {
		const struct sek_policy_info *info = sek_policy_info((enum sek_policy_attribute)a);
		char *value = NULL;

		if (info->type == SEK_POLICY_LIST || info->type == SEK_POLICY_HOURS_OF_WEEK ||
		    !sek_is_ok(sek_policy_value_json(p, (enum sek_policy_attribute)a, &value)))
			continue;
		if (at + strlen(info->name) + strlen(value) + 8 < META_POLICY_BYTES)
			at += (size_t)snprintf(ret + at, META_POLICY_BYTES - at, "%s\"%s\":%s", at > 1 ? "," : "", info->name, value);
		free(value);
	}
	snprintf(ret + at, META_POLICY_BYTES - at, "}");
}

static uint64_t utc_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static struct sek_tape *create(struct sek_session *s)
{
	struct sek_tape *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->s = s;
	t->all = s->all;
	t->required = s->policy.recording == SEK_RECORDING_REQUIRED;
	t->days = s->policy.recording_days;
	t->began_utc_us = utc_us();
	memcpy(t->session, s->id_hex, sizeof t->session);
	snprintf(t->host, sizeof t->host, "%s", s->host ? s->host->name : "");
	t->user = strdup(s->user);
	if (t->user)
		return t;
	free(t);
	return NULL;
}

static sek_status begin(struct sek_session *s, enum sek_tape_from from)
{
	char policy[META_POLICY_BYTES];
	struct sek_recording_about about = { .session = s->id, .user = s->user, .host = s->host ? s->host->name : "",
		.language = s->wish.lang == SEK_LANG_EN ? "en" : "ja", .required = s->policy.recording == SEK_RECORDING_REQUIRED,
		.keep_text = s->policy.recording_text == SEK_RECORDING_TEXT_TEXT, .policy = policy };
	struct sek_tape *t;
	sek_status status;

	if (!s->all->recorder)
		return sek_fail(SEK_E_STORE);
	t = create(s);
	if (!t)
		return sek_fail(SEK_E_NOMEM);
	policy_json(&s->policy, policy);
	status = sek_recording_begin(s->all->recorder, &about,
		&(struct sek_recording_ops){ .ready = on_ready, .failed = on_failed, .closed = on_closed, .user = t }, &t->file);
	if (!sek_is_ok(status)) {
		free(t->user);
		free(t);
		return status;
	}
	sek_sessions_hold(s->all);
	s->tape = t;
	t->snapshot = from != SEK_TAPE_FROM_START;
	snprintf(t->id, sizeof t->id, "%s", sek_recording_id(t->file));
	sek_recording_event(t->file, SEK_RECORD_EVENT_STARTED, from, from == SEK_TAPE_RESTORED ? s->recorded_before : NULL);
	sek_session_keep(s);
	if (from == SEK_TAPE_LATE && s->client.greeted)
		sek_recording_event(t->file, SEK_RECORD_EVENT_ATTACHED, 1, NULL);
	return status;
}

bool sek_tape_follow_policy(struct sek_session *s, enum sek_tape_from from)
{
	bool wanted = s->policy.recording != SEK_RECORDING_OFF;

	if (!wanted && s->tape)
		sek_tape_end(s, "policy", 0);
	if (s->tape)
		s->tape->required = s->policy.recording == SEK_RECORDING_REQUIRED;
	if (!wanted || s->tape || sek_is_ok(begin(s, from)))
		return true;
	if (s->policy.recording != SEK_RECORDING_REQUIRED)
		return true; /* it goes on without; that the recorder cannot write was told by itself */
	if (sek_tape_possible(s)) /* it could have, and could not: the disk has changed its mind meanwhile */
		refused(s, "the recording could not be begun");
	sek_session_end(s, SEK_STATE_NOT_RECORDED, "no recording");
	return false;
}

void sek_sessions_recorder_changed(struct sek_sessions *all)
{
	struct sek_session *s, *next;

	for (s = all->first; s; s = next) {
		next = s->next;
		if (s->phase != SEK_PHASE_OPENED && !s->tape && sek_tape_follow_policy(s, SEK_TAPE_LATE) && s->tape) {
			sek_session_view(s);
			sek_session_policy_tell(s);
		}
	}
}

void sek_tape_end(struct sek_session *s, const char *how, uint32_t state)
{
	struct sek_tape *t = s->tape;

	if (!t)
		return;
	sek_tape_due(s); /* the pointer's last place */
	s->tape = NULL;
	t->s = NULL;
	snprintf(t->ended, sizeof t->ended, "%s", how);
	sek_recording_close(t->file, state);
	t->file = NULL;
}

bool sek_tape_holds_back(const struct sek_session *s)
{
	if (s->over != SEK_STATE_NONE) /* it waits for the host's answer to be ended, and shows nobody anything (sek_client_send) */
		return false;
	return s->policy.recording == SEK_RECORDING_REQUIRED && s->phase != SEK_PHASE_OPENED && s->phase != SEK_PHASE_ENDED &&
		!(s->tape && s->tape->ready && sek_recording_ok(s->tape->file));
}

uint8_t sek_tape_view_flags(struct sek_session *s)
{
	struct sek_tape *t = s->tape;
	uint8_t flags = t ? SEK_VIEW_RECORD : 0;

	if (t && t->snapshot && s->encoder) {
		t->snapshot = false;
		flags |= SEK_VIEW_SNAPSHOT;
	}
	return flags;
}

const char *sek_tape_id(const struct sek_session *s)
{
	return s->tape ? s->tape->id : "";
}

bool sek_tape_ok(const struct sek_session *s)
{
	return s->tape && s->tape->ready && sek_recording_ok(s->tape->file);
}

/* --- what the client was sent --- */

void sek_tape_down(struct sek_session *s, const uint8_t *frame, size_t n)
{
	if (!s->tape || n < SEK_FRAME_HEADER_BYTES)
		return;
	switch (frame[0]) {
	case SEK_MSG_UPDATE:
	case SEK_MSG_SIZE:
	case SEK_MSG_CURSOR:
	case SEK_MSG_CARET:
	case SEK_MSG_STATE:
	case SEK_MSG_POLICY:
	case SEK_MSG_CLIPBOARD_RESULT:
		sek_recording_add(s->tape->file, SEK_ENTRY_DOWN, frame, n);
		break;
	default: /* texts of the clipboard stand in entries of their own; the rest says nothing about the session */
		break;
	}
}

void sek_tape_aside(struct sek_session *s, uint8_t flags, const uint8_t *frame, size_t n)
{
	struct sek_tape *t = s->tape;

	if (!t)
		return;
	if (flags & SEK_UPDATE_KEYFRAME) {
		t->aside = s->client.synced; /* it shows the picture that a client has: without one it shows nothing */
		if (t->aside) { /* whoever begins to read here must know these */
			sek_tape_down(s, s->shown.size, s->shown.size_n);
			sek_tape_down(s, s->shown.cursor, s->shown.cursor_n);
			sek_tape_down(s, s->shown.caret, s->shown.caret_n);
		}
	}
	if (t->aside)
		sek_recording_add(t->file, SEK_ENTRY_ASIDE, frame, n);
	if (flags & SEK_UPDATE_END)
		t->aside = false;
}

/* --- what the user did --- */

static void put_move(struct sek_session *s)
{
	struct sek_tape *t = s->tape;
	uint8_t payload[8];
	struct sek_writer w;

	t->move_waits = false;
	t->moved_ms = uv_now(s->all->loop);
	t->buttons = t->move.buttons;
	sek_deadline_off(s, SEK_DL_RECORDING);
	sek_writer_init(&w, payload, sizeof payload);
	sek_entry_pointer_write(&w, &t->move);
	sek_recording_add(t->file, SEK_ENTRY_POINTER, payload, w.len);
}

void sek_tape_due(struct sek_session *s)
{
	if (s->tape && s->tape->move_waits)
		put_move(s);
}

void sek_tape_pointer(struct sek_session *s, const struct sek_pointer *m)
{
	struct sek_tape *t = s->tape;
	uint64_t since;

	if (!t)
		return;
	since = uv_now(s->all->loop) - t->moved_ms;
	if (m->buttons != t->buttons)
		sek_tape_due(s); /* from where the button was pressed or let go */
	t->move = *m;
	if (m->buttons != t->buttons || since >= POINTER_MS) {
		put_move(s);
	} else if (!t->move_waits) {
		t->move_waits = true;
		sek_deadline_in(s, SEK_DL_RECORDING, POINTER_MS - since);
	}
}

void sek_tape_wheel(struct sek_session *s, const struct sek_wheel *m)
{
	uint8_t payload[8];
	struct sek_writer w;

	if (!s->tape)
		return;
	sek_tape_due(s);
	sek_writer_init(&w, payload, sizeof payload);
	sek_entry_wheel_write(&w, m);
	sek_recording_add(s->tape->file, SEK_ENTRY_WHEEL, payload, w.len);
}

void sek_tape_key(struct sek_session *s)
{
	if (!s->tape)
		return;
	sek_tape_due(s);
	sek_recording_add(s->tape->file, SEK_ENTRY_KEY, NULL, 0);
}

void sek_tape_text(struct sek_session *s, const struct sek_text *m)
{
	if (!s->tape)
		return;
	sek_tape_due(s);
	if (s->policy.recording_text == SEK_RECORDING_TEXT_TEXT)
		sek_recording_add(s->tape->file, SEK_ENTRY_TEXT, m->utf8, m->bytes);
	else
		sek_recording_add(s->tape->file, SEK_ENTRY_KEY, NULL, 0);
}

void sek_tape_clipboard(struct sek_session *s, const struct sek_clipboard_event *e)
{
	struct sek_entry_clipboard c = { .direction = e->direction, .outcome = e->outcome, .characters = (uint32_t)e->chars };
	uint8_t head[40];
	struct sek_writer w;

	if (!s->tape)
		return;
	if (*e->sha256)
		(void)sodium_hex2bin(c.digest, sizeof c.digest, e->sha256, strlen(e->sha256), NULL, NULL, NULL);
	sek_writer_init(&w, head, sizeof head);
	sek_entry_clipboard_write(&w, &c);
	sek_recording_add2(s->tape->file, SEK_ENTRY_CLIPBOARD, head, w.len, (const uint8_t *)e->text, e->text ? e->bytes : 0);
	s->tape->marks |= SEK_RECORDED_CLIPBOARD;
}

/* --- what happened to the session --- */

void sek_tape_event(struct sek_session *s, enum sek_record_event event, uint32_t arg, const char *words)
{
	struct sek_tape *t = s->tape;

	if (!t)
		return;
	if (event == SEK_RECORD_EVENT_POLICY)
		t->marks |= SEK_RECORDED_POLICY;
	else if (event == SEK_RECORD_EVENT_MESSAGE)
		t->marks |= SEK_RECORDED_MESSAGE;
	else if (event == SEK_RECORD_EVENT_LINK)
		t->marks |= SEK_RECORDED_LINK;
	sek_recording_event(t->file, event, arg, words);
}
