/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Counting what sessions' proxies refuse.
 */
#include "render-host/renderd/counts.h"

#include "base/log.h"
#include "render-host/renderd/session_internal.h"

#define SEK_STATE(name, number, kind, who, text) _Static_assert((number) < SEK_COUNTS_STATES, "state " #name);
#include "protocol/wire/states.def"
#undef SEK_STATE

uint64_t sek_counts_faults(const struct sek_counts *c)
{
	return c->ended[SEK_STATE_HOST_JAIL] + c->ended[SEK_STATE_HOST_FAULT] + c->ended[SEK_STATE_DISPLAY_DIED];
}

void sek_counts_egress(struct sek_live *s, char why)
{
	const struct sek_renderd_alarms *limit = &s->host->config->alarms;
	uint64_t now = uv_now(&s->host->loop);

	if (why == 'p')
		s->host->counts.egress_blocked++;
	if (why != 'x')
		return;
	s->host->counts.egress_refused++;
	if (now - s->alarm.since_ms >= (uint64_t)limit->minutes * 60000)
		s->alarm = (struct sek_alarm){ .since_ms = now };
	if (++s->alarm.refused != limit->refused_destinations)
		return;
	sek_log(SEK_LOG_ERROR, "alarm.egress", "session", s->hex, "refused", sek_logf("%u", s->alarm.refused), "within_s",
		sek_logf("%llu", (unsigned long long)((now - s->alarm.since_ms) / 1000)), NULL);
	sek_live_end(s, SEK_STATE_EGRESS_ALARM, "its browser asks for what is not the Internet");
}
