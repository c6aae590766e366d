/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The slow clocks of a session on one timer.
 */
#include "broker/hub/session/internal.h"

static void on_timer(uv_timer_t *timer);

static void arm(struct sek_session *s)
{
	uint64_t next = 0, now = uv_now(s->all->loop);

	for (int i = 0; i < SEK_DEADLINES; i++)
		if (s->at_ms[i] && (!next || s->at_ms[i] < next))
			next = s->at_ms[i];
	if (next)
		uv_timer_start(&s->timer, on_timer, next > now ? next - now : 0, 0);
	else
		uv_timer_stop(&s->timer);
}

static void dispatch(struct sek_session *s, enum sek_deadline which)
{
	switch (which) {
	case SEK_DL_TELL:
	case SEK_DL_HELLO:
	case SEK_DL_PING:
	case SEK_DL_PONG:
	case SEK_DL_COALESCED:
		sek_client_due(s, which);
		break;
	default:
		sek_session_due(s, which);
	}
}

static void on_timer(uv_timer_t *timer)
{
	struct sek_session *s = timer->data;
	uint64_t now = uv_now(s->all->loop);

	for (int i = 0; i < SEK_DEADLINES && s->phase != SEK_PHASE_ENDED; i++) {
		if (!s->at_ms[i] || s->at_ms[i] > now)
			continue;
		s->at_ms[i] = 0;
		dispatch(s, (enum sek_deadline)i);
	}
	/* the memory is still there even if a deadline ended the session: it is freed by the timer's close callback */
	if (s->phase != SEK_PHASE_ENDED)
		arm(s);
}

void sek_deadlines_init(struct sek_session *s)
{
	uv_timer_init(s->all->loop, &s->timer);
	s->timer.data = s;
}

void sek_deadline_in(struct sek_session *s, enum sek_deadline which, uint64_t ms)
{
	if (s->phase == SEK_PHASE_ENDED)
		return;
	s->at_ms[which] = uv_now(s->all->loop) + ms;
	if (!s->at_ms[which])
		s->at_ms[which] = 1;
	arm(s);
}

void sek_deadline_off(struct sek_session *s, enum sek_deadline which)
{
	s->at_ms[which] = 0; /* the timer may fire for nothing, once */
}
