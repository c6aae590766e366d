/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Taking a render host out of service. Must never let a session go on there behind the end that was set.
 */
#include "base/log.h"
#include "broker/hub/session/farm_private.h"
#include "broker/hub/session/internal.h"

enum { SAME_END_MS = 5000 }; /* two ends of a drain that are no further apart are one, told twice */

static void warn(struct sek_farm *f, struct host *h, uint32_t seconds)
{
	h->warned = true;
	for (struct sek_session *s = f->all->first; s; s = s->next)
		if (s->host == &h->host)
			sek_client_send_state(s, SEK_STATE_WARN_DRAIN, seconds);
}

/* Those that only tell the host that a session is over are left to do it. */
static size_t end_all(struct sek_farm *f, const struct host *h)
{
	size_t n = 0;

	for (struct sek_session *s = f->all->first; s;) {
		if (s->host != &h->host || s->farewell) {
			s = s->next;
			continue;
		}
		sek_session_end(s, SEK_STATE_ENDED_DRAIN, NULL);
		n++;
		s = f->all->first; /* telling a client may change the list */
	}
	return n;
}

void sek_drain_tick(struct sek_farm *f, struct host *h, uint64_t now)
{
	size_t n;

	if (!h->force_ms)
		return;
	if (now < h->force_ms) {
		if (!h->warned && h->force_ms - now <= SEK_WARN_S * 1000)
			warn(f, h, (uint32_t)((h->force_ms - now + 999) / 1000));
		return;
	}
	/* again and again: one that was another broker's may be taken over later */
	n = end_all(f, h);
	if (!h->forced || n > 0)
		sek_log(SEK_LOG_INFO, "host.drained", "host", h->host.name, "ended", sek_logf("%zu", n), NULL);
	h->forced = true;
}

sek_status sek_hosts_drain(struct sek_sessions *all, const char *name, bool on, uint32_t force_s)
{
	struct host *h = sek_farm_host(all->farm, name);
	uint64_t end = on && force_s ? uv_now(all->loop) + (uint64_t)force_s * 1000 : 0;

	if (!h)
		return sek_fail(SEK_E_NOT_FOUND);
	h->drain = on;
	h->warned = h->warned && end && end < h->force_ms + SAME_END_MS && h->force_ms < end + SAME_END_MS;
	h->alarm = h->forced = false;
	h->suspicions = 0;
	h->force_ms = end;
	if (end)
		sek_farm_tick(all->farm);
	return sek_ok();
}
