/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The broker's state as JSON, from memory: it must be there when neither disk nor database is.
 */
#include "broker/hub/control/state.h"

#include <unistd.h>

#include "broker/hub/admin/admin.h"
#include "broker/hub/config.h"

struct attached {
	size_t all, vnc;
};

static void count_session(void *user, const struct sek_session_info *i)
{
	struct attached *n = user;

	n->all += i->attached;
	n->vnc += i->attached && i->client[0];
}

json_t *sek_control_audit(const struct sek_control_config *c)
{
	struct sek_audit_state s;

	sek_audit_state(c->audit, &s);
	return json_pack("{s:b,s:s,s:I,s:s,s:I,s:I,s:I,s:I,s:I,s:b,s:i,s:s,s:s}", "writable", (int)s.writable, "why", s.why, "seq",
		(json_int_t)s.seq, "hash", s.hash, "signed", (json_int_t)s.signed_seq, "failed_since_s", (json_int_t)s.failed_since_s,
		"waiting", (json_int_t)s.waiting, "lost", (json_int_t)s.lost, "repaired_bytes", (json_int_t)s.repaired, "damaged",
		(int)s.damaged, "segment", (int)s.segment, "path", c->site->audit.path, "key",
		c->site->audit.key_path);
}

static json_t *syslog_state(const struct sek_control_config *c)
{
	struct sek_syslog_state s;

	if (!c->syslog)
		return json_null();
	sek_syslog_state(c->syslog, &s);
	return json_pack("{s:b,s:s,s:I,s:I,s:I}", "up", (int)s.up, "why", s.why, "sent", (json_int_t)s.sent, "lost", (json_int_t)s.lost,
		"queued_bytes", (json_int_t)s.queued_bytes);
}

json_t *sek_control_status(const struct sek_control_config *c, uint64_t uptime_s)
{
	struct attached attached = { 0, 0 };

	sek_sessions_each(c->sessions, count_session, &attached);
	return json_pack("{s:s,s:i,s:I,s:s,s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:o}", "version", SEK_VERSION, "pid", (int)getpid(), "uptime_s",
		(json_int_t)uptime_s, "url", c->site->origins[0], "sessions",
		(json_int_t)sek_sessions_count(c->sessions), "attached", (json_int_t)attached.all, "vnc_viewers", (json_int_t)attached.vnc, "sessions_max",
		(json_int_t)c->site->sessions.max_sessions, "logins", (json_int_t)sek_auth_logins(c->auth), "audit",
		sek_control_audit(c), "syslog", syslog_state(c),
		"recording", sek_admin_recording_state(c->archive));
}

static void add_children(void *user, const struct sek_session_info *i)
{
	if (i->decoder_pid > 0)
		json_array_append_new(user, json_integer(i->decoder_pid));
	if (i->encoder_pid > 0)
		json_array_append_new(user, json_integer(i->encoder_pid));
}

json_t *sek_control_processes(const struct sek_control_config *c)
{
	json_t *list = json_array();

	sek_sessions_each(c->sessions, add_children, list);
	return json_pack("{s:i,s:o}", "broker", (int)getpid(), "children", list);
}
