/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The way up: each part of the broker is made of the configuration and of the parts before it. Must never go on after a part that
 * could not be started.
 */
#include <string.h>

#include "base/log.h"
#include "broker/hub/audited.h"
#include "broker/hub/auth/password.h"
#include "broker/hub/parts.h"
#include "broker/hub/ruled.h"
#include "broker/hub/samekeys.h"

static void on_session(void *user, const char *word, const struct sek_session_info *i)
{
	const struct sek_parts *b = user;

	sek_audited_session(b->audit, word, i);
	sek_metrics_session(b->metrics, word, i);
	sek_peers_session(b->peers, word, i);
	sek_log(SEK_LOG_INFO, word, "session", i->id, "user", i->user, "host", i->host, "state", sek_state_name(i->state),
		"age_s", sek_logf("%llu", (unsigned long long)(i->age_ms / 1000)), "bytes_down",
		sek_logf("%llu", (unsigned long long)i->bytes_down), NULL);
}

static sek_status refuse(const char *part, const char *why)
{
	sek_log(SEK_LOG_ERROR, "broker.start-failed", "part", part, "why", why, NULL);
	return sek_fail(SEK_E_CONFIG);
}

static sek_status start_auth(struct sek_parts *b)
{
	const struct sek_broker_config *g = b->config;
	struct sek_auth_config c = { .idle_s = g->login_idle_s, .maximum_s = g->login_maximum_s, .audit = b->audit,
		.needs = g->login_needs, .key = b->login_key, .enrol_allowed = g->enrol_allowed, .ldap = g->has_ldap ? &g->ldap : NULL,
		.certificates = g->has_certificates ? &g->login_certificates : NULL, .notice = g->notice[0] ? g->notice : NULL };
	char err[SEK_CONFIG_ERROR_BYTES] = "";
	uint64_t users = 0;

	if (!sek_is_ok(sek_store_open(b->config->store_where, &b->store, err, sizeof err)))
		return refuse("store", err);
	if (!sek_is_ok(sek_samekeys_load(b->store, g, b->login_key, err, sizeof err)))
		return refuse("auth", err);
	if (!sek_is_ok(sek_auth_create(&b->loop, b->store, &c, &b->auth)) ||
			!sek_is_ok(sek_store_users_count(b->store, &users)))
		return refuse("auth", "log-ins cannot be read from the store");
	if (users == 0)
		sek_log(SEK_LOG_WARN, "broker.no-users", "do", "sekisho-broker --config FILE user first-admin NAME", NULL);
	return sek_ok();
}

static sek_status start_recording(struct sek_parts *b)
{
	char err[SEK_CONFIG_ERROR_BYTES] = "";

	return sek_is_ok(sek_recorded_start(&b->recorded, &b->loop, b->config, b->audit, b->sessions, err, sizeof err)) ? sek_ok() :
		refuse("recording", err);
}

static sek_status start_policy(struct sek_parts *b)
{
	char err[SEK_CONFIG_ERROR_BYTES] = "";

	return sek_is_ok(sek_ruled_start(&b->loop, b->config->store_where, b->sessions, &b->book, err, sizeof err)) ? sek_ok() :
		refuse("policy", err);
}

static sek_status start_admin(struct sek_parts *b)
{
	const struct sek_admin_config c = {
		.store_where = b->config->store_where, .audit = b->audit, .site = b->config, .broker = b->config->broker_name,
		.audit_path = b->config->audit.path, .book = b->book, .second_administrator = b->config->second_administrator,
		.combine_roles = b->config->combine_roles, .login_key = b->login_key, .sessions = b->sessions, .archive = b->recorded.archive,
		.recordings_path = b->config->has_recording ? b->config->recording.path : NULL,
		.signing_key_path = b->config->has_recording ? b->config->recording.signing_key_path : NULL, .documents_path = b->config->documents_path,
	};
	char err[SEK_CONFIG_ERROR_BYTES] = "";

	return sek_is_ok(sek_admin_create(&b->loop, &c, &b->admin, err, sizeof err)) ? sek_ok() : refuse("admin", err);
}

static sek_status start_review(struct sek_parts *b)
{
	char err[SEK_CONFIG_ERROR_BYTES] = "out of memory";

	return sek_is_ok(sek_recorded_review(&b->recorded, &b->loop, b->config, b->audit, &b->review, err, sizeof err)) ? sek_ok() :
		refuse("review", err);
}

static sek_status start_documents(struct sek_parts *b)
{
	char err[SEK_CONFIG_ERROR_BYTES] = "";

	return sek_is_ok(sek_documented_start(&b->documented, &b->loop, b->config, b->login_key, b->audit, b->sessions, err, sizeof err)) ?
		sek_ok() : refuse("documents", err);
}

static sek_status start_control(struct sek_parts *b)
{
	const struct sek_control_config c = {
		.path = b->config->control_path, .gid = b->config->control_gid, .admin = b->admin, .audit = b->audit, .syslog = b->syslog, .auth = b->auth,
		.sessions = b->sessions, .site = b->config, .archive = b->recorded.archive, .front = &b->faces.front, .viewers = &b->faces.viewers, .recorder = b->recorded.recorder,
	};
	char err[SEK_CONFIG_ERROR_BYTES] = "";

	if (b->config->made_control_path && strlen(c.path) >= SEK_CONTROL_PATH_BYTES) {
		sek_log(SEK_LOG_WARN, "control.none", "why", "the store's folder has too long a path for a socket", "do",
			"set control.path", NULL);
		return sek_ok();
	}
	return sek_is_ok(sek_control_create(&b->loop, &c, &b->control, err, sizeof err)) ? sek_ok() : refuse("control", err);
}

static sek_status start_front(struct sek_parts *b)
{
	char err[SEK_CONFIG_ERROR_BYTES] = "";
	const struct sek_faces_parts parts = { b->audit, b->review, b->documented.documents, b->documented.approvals, b->auth, b->sessions, b->admin };

	return sek_is_ok(sek_faces_start(&b->faces, &b->loop, b->config, &parts, err, sizeof err)) ? sek_ok() : refuse("front", err);
}

static sek_status start_viewers(struct sek_parts *b)
{
	char err[SEK_CONFIG_ERROR_BYTES] = "";

	if (!sek_is_ok(sek_faces_start_viewers(&b->faces, &b->loop, b->config, b->audit, b->auth, b->sessions, err, sizeof err)))
		return refuse("vnc_viewers", err);
	sek_metrics_viewers(b->metrics, b->faces.viewers);
	return sek_ok();
}

static sek_status start_metrics(struct sek_parts *b)
{
	const struct sek_metrics_sources s = { b->config, b->audit, b->syslog, b->auth, b->sessions, b->recorded.recorder, b->documented.documents, b->faces.front,
		&b->loop };
	char err[SEK_CONFIG_ERROR_BYTES] = "";

	return sek_is_ok(sek_metrics_start(&s, &b->metrics, err, sizeof err)) ? sek_ok() : refuse("metrics", err);
}

/* Sessions are the other process's, which has the name now. */
static void replaced(void *user)
{
	struct sek_parts *b = user;

	b->failed = b->leaving = true;
	sek_parts_stop(b);
}

static void told(void *user)
{
	const struct sek_parts *b = user;

	sek_auth_store_told(b->auth);
	sek_policy_book_look(b->book);
	sek_peers_look(b->peers);
	sek_archive_again(b->recorded.archive);
}

/* Last: a session that is taken back needs everything else. */
static sek_status start_peers(struct sek_parts *b)
{
	const struct sek_peers_config c = { .name = b->config->broker_name, .store = b->store, .auth = b->auth, .admin = b->admin,
		.sessions = b->sessions, .linger_s = b->config->sessions.linger_s, .replaced = replaced, .user = b };

	return sek_is_ok(sek_peers_start(&b->loop, &c, &b->peers)) ? sek_store_watch_start(&b->loop, b->config->store_where, told, b, &b->watch) :
		refuse("sessions", "the sessions that ran cannot be read from the store");
}

static sek_status start_audit(struct sek_parts *b)
{
	const char *part = "audit";
	char err[SEK_CONFIG_ERROR_BYTES] = "";

	return sek_is_ok(sek_audited_start(&b->loop, b->config, &b->audit, &b->syslog, &part, err, sizeof err)) ? sek_ok() : refuse(part, err);
}

sek_status sek_parts_start(struct sek_parts *b, const struct sek_options *o)
{
	struct sek_clipboard_log record;

	SEK_TRY(start_audit(b));
	SEK_TRY(start_auth(b));
	if (!sek_is_ok(sek_sessions_create(&b->loop, &b->config->sessions, &b->sessions)))
		return refuse("sessions", "the session manager cannot start: check pki and programs");
	sek_sessions_on_event(b->sessions, on_session, b);
	record = sek_audited_clipboard(b->audit);
	sek_sessions_log_clipboard(b->sessions, &record);
	SEK_TRY(start_recording(b));
	SEK_TRY(start_documents(b));
	SEK_TRY(start_policy(b));
	SEK_TRY(start_admin(b));
	SEK_TRY(start_review(b));
	SEK_TRY(start_control(b));
	SEK_TRY(start_front(b));
	SEK_TRY(start_metrics(b));
	SEK_TRY(start_viewers(b));
	SEK_TRY(start_peers(b));
	sek_away_start(&b->away, &b->loop, b->sessions, b->peers, &b->faces, b->audit);
	if (o->status_fd >= 0) {
		b->status.auth = b->auth;
		b->status.front = b->faces.front;
		b->status.sessions = b->sessions;
		if (!sek_is_ok(sek_status_start(&b->status, &b->loop, o->status_fd)))
			return refuse("status", "--status-fd: that descriptor cannot be written");
		b->has_status = true;
	}
	return sek_ok();
}
