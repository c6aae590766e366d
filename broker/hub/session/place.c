/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A session's place on a render host. This broker chooses (farm.h) by what hosts say of themselves, which is up to a second old; where a keeper
 * counts for all brokers that share the hosts, a place is taken there first, in one step with the count. Must never call a host for a
 * session whose place the keeper has not granted.
 */
#include "broker/hub/session/internal.h"

#include <time.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/session/farm.h"

static void settle(struct sek_session *s, const struct sek_render_host *host)
{
	s->placing = NULL;
	s->host = host;
	if (!sek_tape_follow_policy(s, SEK_TAPE_FROM_START))
		return;
	sek_tape_event(s, SEK_RECORD_EVENT_ATTACHED, 0, NULL);
	sek_session_policy_tell(s);
	sek_sessions_tell(s, "session.attached");
	sek_session_begin(s);
}

void sek_session_place(struct sek_session *s)
{
	const struct sek_session_keeper *keeper = &s->all->keeper;
	enum sek_state why;

	SEK_ASSERT(s->phase == SEK_PHASE_OPENED && !s->host);
	s->placing = sek_farm_choose(s, &why);
	if (!s->placing) {
		sek_session_end(s, why, "no render host");
		return;
	}
	if (!keeper->place || !s->kept) {
		settle(s, s->placing);
		return;
	}
	s->started_s = (int64_t)time(NULL);
	keeper->place(keeper->user, &(struct sek_session_kept){ .id = s->id_hex, .user = s->user, .host = s->placing->name, .lang = s->wish.lang,
		.width_px = s->wish.width_px, .height_px = s->wish.height_px, .scale_percent = s->wish.scale_percent, .opened_s = s->opened_s,
		.started_s = s->started_s, .from = "", .generation = s->generation, .recording = "" }, sek_farm_room(s->all->farm, s->placing));
}

void sek_sessions_placed(struct sek_sessions *all, const char *id, enum sek_placed what)
{
	uint8_t bytes[SEK_SESSION_ID_BYTES];
	struct sek_session *s = sek_session_read_id(id, bytes) ? sek_sessions_find(all, bytes) : NULL;
	const struct sek_render_host *host = s ? s->placing : NULL;

	if (!host) /* it has ended, and its row goes behind this answer */
		return;
	if (what == SEK_PLACED_FAULT) {
		s->placing = NULL;
		sek_session_end(s, SEK_STATE_INTERNAL, "its place could not be kept");
		return;
	}
	if (what == SEK_PLACED_FULL)
		sek_farm_full(all->farm, host);
	if (what == SEK_PLACED && sek_farm_takes(all, host)) {
		settle(s, host);
		return;
	}
	s->placing = NULL;
	sek_session_place(s); /* as often as there are hosts: each that was full is left out for a while */
}
