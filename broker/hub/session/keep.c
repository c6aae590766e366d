/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Keeping what a killed broker has to know again, and taking sessions back. Must never take a session back with less
 * than the policy of now: who may not go on is ended at the render host as soon as that answers.
 */
#include "broker/hub/session/internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker/hub/session/farm.h"

enum { APART_MS = 20 }; /* between the calls of two sessions: a host takes only so many handshakes at once */

void sek_sessions_keep(struct sek_sessions *all, const struct sek_session_keeper *keeper)
{
	all->keeper = *keeper;
}

void sek_session_keep(struct sek_session *s)
{
	struct sek_policy_row rows[SEK_POLICY_ATTRIBUTES];
	size_t n = sek_session_own_rows(s, rows);

	if (!s->all->keeper.put || !s->host || s->phase == SEK_PHASE_OPENED || s->phase == SEK_PHASE_ENDED)
		return;
	s->kept = true;
	s->all->keeper.put(s->all->keeper.user, &(struct sek_session_kept){ .id = s->id_hex, .user = s->user, .host = s->host->name,
		.lang = s->wish.lang, .width_px = s->wish.width_px, .height_px = s->wish.height_px,
		.scale_percent = s->wish.scale_percent, .opened_s = s->opened_s, .started_s = s->started_s,
		.from = "", .generation = s->generation, .recording = *sek_tape_id(s) ? sek_tape_id(s) : s->recorded_before, .rows = rows,
		.n_rows = n });
}

void sek_session_keep_no_more(struct sek_session *s)
{
	if (s->kept && s->all->keeper.gone)
		s->all->keeper.gone(s->all->keeper.user, s->id_hex, s->generation);
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool sek_session_read_id(const char *hex, uint8_t ret[SEK_SESSION_ID_BYTES])
{
	size_t i;

	if (strlen(hex) != 2 * SEK_SESSION_ID_BYTES)
		return false;
	for (i = 0; i < SEK_SESSION_ID_BYTES; i++) {
		int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool sound(const struct sek_session_kept *k)
{
	return *k->user && k->lang <= SEK_LANG_EN && k->width_px >= SEK_WIDTH_MIN_PX && k->width_px <= SEK_WIDTH_MAX_PX &&
		k->height_px >= SEK_HEIGHT_MIN_PX && k->height_px <= SEK_HEIGHT_MAX_PX &&
		k->scale_percent >= SEK_SCALE_MIN_PERCENT && k->scale_percent <= SEK_SCALE_MAX_PERCENT;
}

/* How long ago on the clock that only goes forward; a wall clock that was set back makes nobody older than now. */
static uint64_t then(uint64_t now_ms, int64_t wall_s, int64_t then_s)
{
	return now_ms - (then_s < wall_s ? (uint64_t)(wall_s - then_s) * 1000 : 0);
}

/* Until it may call its host; one that comes alone calls at once. */
static uint64_t turn(struct sek_sessions *all)
{
	uint64_t now = uv_now(all->loop), at = all->next_call_ms > now ? all->next_call_ms : now;

	all->next_call_ms = at + APART_MS;
	return at - now;
}

static sek_status own_values(struct sek_session *s, const struct sek_session_kept *k)
{
	size_t i;

	for (i = 0; i < k->n_rows; i++) {
		char **at = &s->override[k->rows[i].attribute];

		free(*at);
		*at = strdup(k->rows[i].value);
		if (!*at)
			return sek_fail(SEK_E_NOMEM);
	}
	return sek_ok();
}

static void restore(struct sek_session *s, const struct sek_session_kept *k, const struct sek_render_host *host)
{
	int64_t wall_s = (int64_t)time(NULL);
	uint64_t now = uv_now(s->all->loop);

	s->host = host;
	s->host_has_it = true;
	s->kept = true;
	s->generation = k->generation;
	s->opened_s = k->opened_s;
	s->started_s = k->started_s;
	s->opened_ms = then(now, wall_s, k->opened_s);
	s->started_ms = s->hello_ms = then(now, wall_s, k->started_s);
	s->input_ms = now; /* a user who was busy when the broker died is no idle one */
	s->asked_width_px = k->width_px;
	s->asked_height_px = k->height_px;
	s->wish = (struct sek_hello){ .scale_percent = k->scale_percent, .lang = k->lang };
	sek_session_fit(s);
	strncpy(s->recorded_before, k->recording, sizeof s->recorded_before - 1);
	s->phase = SEK_PHASE_LOST;
	s->state = SEK_STATE_RECONNECTING;
	s->lost_why = SEK_STATE_HOST_LOST;
}

sek_status sek_sessions_take_back(struct sek_sessions *all, const struct sek_session_kept *k, enum sek_state over)
{
	const struct sek_render_host *host = sek_farm_find(all, k->host);
	uint8_t id[SEK_SESSION_ID_BYTES];
	struct sek_session *s;
	uint64_t wait;
	sek_status status;

	if (!sek_session_read_id(k->id, id) || !sound(k))
		return sek_fail(SEK_E_MALFORMED);
	if (!host)
		return sek_fail(SEK_E_NOT_FOUND);
	if (sek_sessions_find(all, id))
		return sek_fail(SEK_E_EXISTS);
	SEK_TRY(sek_session_new(all, k->user, id, &s));
	status = own_values(s, k);
	if (sek_is_ok(status))
		status = sek_session_policy_open(s);
	if (sek_is_ok(status))
		status = sek_clipboard_create(s);
	if (!sek_is_ok(status)) {
		sek_session_drop(s);
		return status;
	}
	restore(s, k, host);
	wait = turn(all);
	sek_session_enlist(s);
	s->lost_ms = uv_now(all->loop) + wait;
	s->returning = true;
	s->over = over;
	if (s->over == SEK_STATE_NONE && host->kind != SEK_KIND_SEKISHO && sek_session_wants_rules(s))
		s->over = SEK_STATE_HOST_RULES; /* the policy of now has rules that such a host cannot keep */
	if (s->over == SEK_STATE_NONE && !sek_tape_possible(s))
		s->over = SEK_STATE_NOT_RECORDED;
	s->moved_from = k->from && *k->from ? k->from : NULL;
	sek_sessions_tell(s, s->moved_from ? "session.moved-here" : "session.restored");
	s->moved_from = NULL;
	if (s->over == SEK_STATE_NONE && !sek_tape_follow_policy(s, SEK_TAPE_RESTORED))
		return sek_ok(); /* it has ended */
	sek_session_keep(s);
	sek_deadline_in(s, SEK_DL_RETRY, wait);
	return sek_ok();
}

void sek_session_farewell(const struct sek_session *s)
{
	struct sek_session *f;

	/* what the host has told, it knows; one that cannot be reached ends it when nobody comes */
	if (s->all->stopping || !s->host_has_it || s->farewell || s->host->kind != SEK_KIND_SEKISHO || sek_state_from_host(s->state) || s->state == SEK_STATE_HOST_LOST ||
	    s->state == SEK_STATE_HOST_UNREACHABLE || s->state == SEK_STATE_HOST_SILENT || (s->link && sek_link_alive(s->link)))
		return;
	if (!sek_is_ok(sek_session_new(s->all, "", s->id, &f)))
		return;
	if (!sek_is_ok(sek_policy_resolve(NULL, 0, &f->policy, NULL)) || !sek_is_ok(sek_clipboard_create(f))) {
		sek_session_drop(f);
		return;
	}
	f->policy.recording = SEK_RECORDING_OFF; /* nothing is shown to anybody */
	f->host = s->host;
	f->wish = s->wish;
	f->host_has_it = f->returning = f->farewell = true;
	f->over = s->state;
	f->phase = SEK_PHASE_LOST;
	f->state = SEK_STATE_RECONNECTING;
	f->lost_why = SEK_STATE_HOST_LOST;
	f->lost_ms = uv_now(s->all->loop);
	f->tries = SEK_RECONNECT_TRIES - 1; /* once: the host may be an enemy */
	sek_session_enlist(f);
	sek_deadline_in(f, SEK_DL_RETRY, 0);
}

bool sek_session_returned(struct sek_session *s)
{
	if (!s->returning)
		return true;
	s->returning = false;
	if (s->over != SEK_STATE_NONE)
		sek_session_end(s, s->over, "it was taken back only to be ended");
	else
		sek_session_limits_changed(s);
	return s->phase != SEK_PHASE_ENDED;
}
