/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rhythm of snapshots. What they cost can be at most one part in SEK_SNAPSHOTS_SHARE of what the encoder does anyway, or
 * one in a minute.
 */
#include "broker/encoder/snapshots.h"

void sek_snapshots_init(struct sek_snapshots *s)
{
	*s = (struct sek_snapshots){ .cost_us = SEK_SNAPSHOTS_COST_US, .look_us = UINT64_MAX };
}

void sek_snapshots_view(struct sek_snapshots *s, bool record, bool now)
{
	if (record == s->on && !now)
		return;
	s->asked = record;
	s->on = record;
	s->look_us = record ? 0 : UINT64_MAX;
	s->waiting = false;
}

static void restart(struct sek_snapshots *s, uint32_t frame, uint64_t now_us, uint64_t cpu_us)
{
	s->asked = s->waiting = false;
	s->at_frame = frame;
	s->last_us = now_us;
	s->cpu_us = cpu_us;
	s->look_us = UINT64_MAX;
}

void sek_snapshots_sent(struct sek_snapshots *s, uint32_t frame, bool keyframe, uint64_t now_us, uint64_t cpu_us)
{
	uint64_t apart_us = s->last_us + SEK_SNAPSHOTS_APART_US, quiet_us = now_us + SEK_SNAPSHOTS_QUIET_US;

	s->frame_us = now_us;
	if (keyframe) {
		restart(s, frame, now_us, cpu_us);
		return;
	}
	if (!s->on)
		return;
	/* frames that come all the time must not put it off for ever */
	if (s->look_us > now_us + SEK_SNAPSHOTS_LOOK_US)
		s->look_us = quiet_us > apart_us ? quiet_us : apart_us;
}

bool sek_snapshots_look(const struct sek_snapshots *s, uint64_t now_us)
{
	return s->on && now_us >= s->look_us;
}

/* Whether the last one is long enough ago. If not: when to look again. */
static bool is_worth(struct sek_snapshots *s, uint64_t now_us, uint64_t cpu_us)
{
	uint64_t since_us = now_us - s->last_us;

	if (since_us < SEK_SNAPSHOTS_APART_US) {
		s->look_us = s->last_us + SEK_SNAPSHOTS_APART_US;
		return false;
	}
	if (since_us >= SEK_SNAPSHOTS_MOST_US || cpu_us - s->cpu_us >= SEK_SNAPSHOTS_SHARE * s->cost_us)
		return true;
	s->look_us = s->last_us + SEK_SNAPSHOTS_MOST_US;
	return false;
}

bool sek_snapshots_due(struct sek_snapshots *s, uint32_t frame, bool calm, uint64_t now_us, uint64_t cpu_us)
{
	uint64_t quiet_us = s->frame_us + SEK_SNAPSHOTS_QUIET_US;

	if (s->asked)
		return true;
	if (frame == s->at_frame) {
		s->look_us = UINT64_MAX;
		return false;
	}
	if (!is_worth(s, now_us, cpu_us))
		return false;
	if (!s->waiting)
		s->waiting_us = now_us;
	s->waiting = true;
	if ((calm && now_us >= quiet_us) || now_us - s->waiting_us >= SEK_SNAPSHOTS_PATIENCE_US)
		return true;
	s->look_us = calm && quiet_us > now_us ? quiet_us : now_us + SEK_SNAPSHOTS_LOOK_US;
	return false;
}

void sek_snapshots_begun(struct sek_snapshots *s, uint64_t now_us)
{
	s->cost_us = 0;
	s->slice_us = now_us;
}

void sek_snapshots_sliced(struct sek_snapshots *s, uint32_t frame, bool done, uint64_t cost_us, uint64_t now_us, uint64_t cpu_us)
{
	s->cost_us += cost_us;
	s->slice_us = now_us;
	if (done)
		restart(s, frame, now_us, cpu_us);
}
