/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whether this broker can begin sessions, in words: what a load balancer or a watchdog asks. From memory.
 */
#include <string.h>

#include <jansson.h>

#include "broker/hub/metrics/counters.h"

static void look(void *user, const struct sek_host_info *i)
{
	bool *usable = user;

	/* full: it works, and nobody is helped by an alarm here; unknown: it has not answered yet, nor failed to */
	*usable |= strcmp(i->state, "up") == 0 || strcmp(i->state, "full") == 0 || strcmp(i->state, "unknown") == 0;
}

static void say(json_t *why, const char *word)
{
	json_array_append_new(why, json_string(word));
}

char *sek_metrics_health(const struct sek_metrics *m, bool *ret_well)
{
	struct sek_recorder_state recorder = { .writable = true };
	json_t *why = json_array(), *json;
	bool usable = false;
	char *text;

	if (!sek_audit_writable(m->from.audit, NULL))
		say(why, "audit");
	if (m->from.recorder)
		sek_recorder_state(m->from.recorder, &recorder);
	if (!recorder.writable)
		say(why, "recording");
	sek_hosts_each(m->from.sessions, look, &usable);
	if (!usable)
		say(why, "hosts");
	if (sek_sessions_count(m->from.sessions) >= m->from.config->sessions.max_sessions)
		say(why, "full");
	*ret_well = json_array_size(why) == 0;
	json = *ret_well ? json_pack("{s:s}", "status", "ok") : json_pack("{s:s,s:O}", "status", "unwell", "why", why);
	text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	json_decref(why);
	return text;
}
