/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Limits in time: without input, at most, hours of the week. Each warns before it ends a session. The first two run on the
 * clock that nobody can set; the hours follow the wall clock, which may jump, so they are looked at again and again and
 * nobody is thrown out by a jump without the warning.
 */
#include "broker/hub/session/internal.h"

#include <time.h>

enum { HOURS_LOOK_S = 20, HOURS_AGAIN_MS = 1000 };

static uint64_t warn_ms(uint32_t limit_s)
{
	uint64_t half = (uint64_t)limit_s * 500;

	return half < SEK_WARN_S * 1000 ? half : SEK_WARN_S * 1000;
}

/* Warns before the limit, ends the session at it, or looks again later. */
static void limit_due(struct sek_session *s, enum sek_deadline which, uint32_t limit_s, uint64_t since_ms, bool *told)
{
	bool idle = which == SEK_DL_IDLE;
	uint64_t limit = (uint64_t)limit_s * 1000, passed = uv_now(s->all->loop) - since_ms;
	uint64_t warn_at = limit - warn_ms(limit_s);

	if (!limit_s)
		return;
	if (passed >= limit) {
		sek_session_end(s, idle ? SEK_STATE_ENDED_IDLE : SEK_STATE_ENDED_MAXIMUM, NULL);
	} else if (passed >= warn_at) {
		if (!*told)
			sek_client_send_state(s, idle ? SEK_STATE_WARN_IDLE : SEK_STATE_WARN_MAXIMUM,
				(uint32_t)((limit - passed + 999) / 1000));
		*told = true;
		sek_deadline_in(s, which, limit - passed);
	} else {
		sek_deadline_in(s, which, warn_at - passed);
	}
}

static bool is_always(const struct sek_policy_hours *h)
{
	size_t i;

	for (i = 0; i < sizeof h->minutes; i++)
		if (h->minutes[i] != 0xff)
			return false;
	return true;
}

static void hours_due(struct sek_session *s)
{
	uint64_t now = uv_now(s->all->loop);
	uint32_t left;

	if (is_always(&s->policy.hours)) { /* the usual case wakes nobody */
		s->hours_end_ms = 0;
		return;
	}
	left = sek_policy_hours_left(&s->policy.hours, (int64_t)time(NULL), SEK_WARN_S + HOURS_LOOK_S);
	if (left > SEK_WARN_S) {
		if (s->hours_end_ms)
			sek_client_send_state(s, s->state, 0); /* takes the warning back */
		s->hours_end_ms = 0;
		sek_deadline_in(s, SEK_DL_HOURS, (left - SEK_WARN_S < HOURS_LOOK_S ? left - SEK_WARN_S : HOURS_LOOK_S) *
			(uint64_t)1000);
		return;
	}
	if (!s->hours_end_ms) {
		uint64_t wait = left ? (uint64_t)left * 1000 : s->all->times.hours_ms;

		s->hours_end_ms = now + (wait ? wait : 1);
		sek_client_send_state(s, SEK_STATE_WARN_HOURS, (uint32_t)((wait + 999) / 1000));
	}
	if (now >= s->hours_end_ms)
		sek_session_end(s, SEK_STATE_ENDED_HOURS, NULL);
	else
		sek_deadline_in(s, SEK_DL_HOURS, s->hours_end_ms - now < HOURS_AGAIN_MS ? s->hours_end_ms - now :
			HOURS_AGAIN_MS);
}

void sek_session_limit_due(struct sek_session *s, enum sek_deadline which)
{
	if (which == SEK_DL_IDLE)
		limit_due(s, which, sek_session_idle_s(s), s->input_ms, &s->told_idle);
	else if (which == SEK_DL_MAXIMUM)
		limit_due(s, which, sek_session_maximum_s(s), s->started_ms, &s->told_maximum);
	else
		hours_due(s);
}

void sek_session_limits_changed(struct sek_session *s)
{
	static const enum sek_deadline all[] = { SEK_DL_IDLE, SEK_DL_MAXIMUM, SEK_DL_HOURS };
	bool warned = s->told_idle || s->told_maximum;
	size_t i;

	s->told_idle = s->told_maximum = false;
	if (warned)
		sek_client_send_state(s, s->state, 0); /* what still holds is said again below */
	for (i = 0; i < sizeof all / sizeof all[0] && s->phase != SEK_PHASE_ENDED; i++) {
		sek_deadline_off(s, all[i]);
		sek_session_limit_due(s, all[i]);
	}
}

bool sek_session_hours_allow(const struct sek_policy *p)
{
	return sek_policy_hours_allow(&p->hours, sek_policy_week_minute((int64_t)time(NULL)));
}

void sek_session_input_seen(struct sek_session *s)
{
	s->input_ms = uv_now(s->all->loop);
	if (!s->told_idle)
		return;
	s->told_idle = false;
	sek_client_send_state(s, s->state, 0); /* takes the warning back */
}
