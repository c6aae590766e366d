/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-broker: the process on the border. Reads the command line and the configuration, puts the parts together on one
 * libuv loop, and takes them apart again in the opposite order. Must never run when any part could not be started.
 */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <uv.h>

#include "base/error.h"
#include "base/log.h"
#include "base/notify.h"
#include "broker/hub/admin/admin.h"
#include "broker/hub/audited.h"
#include "broker/hub/auth/password.h"
#include "broker/hub/config.h"
#include "broker/hub/control/control.h"
#include "broker/hub/documented.h"
#include "broker/hub/faces.h"
#include "broker/hub/leave.h"
#include "broker/hub/metrics/metrics.h"
#include "broker/hub/moved.h"
#include "broker/hub/options.h"
#include "broker/hub/peers.h"
#include "broker/hub/protect.h"
#include "broker/hub/review/review.h"
#include "broker/hub/recorded.h"
#include "broker/hub/ruled.h"
#include "broker/hub/samekeys.h"
#include "broker/hub/status.h"
#include "broker/hub/store/watch.h"
#include "broker/hub/users.h"

enum { DRAIN_MS = 1500, DRAIN_LOOK_MS = 20, STOP_MS = 10000 };

struct broker {
	uv_loop_t loop;
	struct sek_broker_config *config;
	struct sek_store *store;
	struct sek_audit *audit;
	struct sek_syslog *syslog;
	struct sek_auth *auth;
	struct sek_sessions *sessions;
	struct sek_recorded recorded;
	struct sek_admin *admin;
	struct sek_review *review;     /* NULL: likewise */
	struct sek_documented documented;
	struct sek_policy_book *book;
	struct sek_store_watch *watch; /* NULL: the store tells nothing */
	struct sek_faces faces;
	struct sek_control *control;
	struct sek_metrics *metrics;
	struct sek_peers *peers;
	struct sek_status_line status;
	bool has_status, stopping, failed;
	uint8_t login_key[SEK_TOTP_KEY_BYTES];
	struct sek_leave leave;
	bool leaving; /* sessions are left to the next start, or to another broker */
	uv_timer_t drain, too_long;
	uint64_t drain_until_ms;
};

static void on_session(void *user, const char *word, const struct sek_session_info *i)
{
	const struct broker *b = user;

	sek_audited_session(b->audit, word, i);
	sek_metrics_session(b->metrics, word, i);
	sek_peers_session(b->peers, word, i);
	sek_log(SEK_LOG_INFO, word, "session", i->id, "user", i->user, "host", i->host, "state", sek_state_name(i->state),
		"age_s", sek_logf("%llu", (unsigned long long)(i->age_ms / 1000)), "bytes_down",
		sek_logf("%llu", (unsigned long long)i->bytes_down), NULL);
}

/* --- the way down: sessions, then what is still queued for clients, then front, then auth, then admin, then the
 * audit log, then the loop is empty --- */

static void close_handle(uv_handle_t *h)
{
	if (h->loop && !uv_is_closing(h))
		uv_close(h, NULL);
}

static void syslog_stopped(void *user)
{
	struct broker *b = user;

	sek_leave_finish(&b->leave);
	close_handle((uv_handle_t *)&b->too_long);
}

/* After it: the last records, too, are sent on. */
static void audit_stopped(void *user)
{
	struct broker *b = user;

	if (b->syslog)
		sek_syslog_stop(b->syslog, syslog_stopped, b);
	else
		syslog_stopped(b);
}

/* Last: everything else may still have had something to say. */
static void archive_stopped(void *user)
{
	struct broker *b = user;

	sek_audited_broker(b->audit, "broker.stopped");
	if (b->audit)
		sek_audit_stop(b->audit, audit_stopped, b);
	else
		audit_stopped(b);
}

static void book_stopped(void *user)
{
	struct broker *b = user;

	sek_recorded_stop(&b->recorded, archive_stopped, b);
}

static void admin_stopped(void *user)
{
	struct broker *b = user;

	if (b->book)
		sek_policy_book_stop(b->book, book_stopped, b);
	else
		book_stopped(b);
}

static void review_stopped(void *user)
{
	struct broker *b = user;

	if (b->admin)
		sek_admin_stop(b->admin, admin_stopped, b);
	else
		admin_stopped(b);
}

static void approvals_stopped(void *user)
{
	struct broker *b = user;

	if (b->review)
		sek_review_stop(b->review, review_stopped, b);
	else
		review_stopped(b);
}

static void peers_stopped(void *user)
{
	struct broker *b = user;

	sek_documented_stop(&b->documented, approvals_stopped, b);
}

static void auth_stopped(void *user)
{
	struct broker *b = user;

	sek_peers_stop(b->peers, peers_stopped, b);
}

static void stop_front(struct broker *b)
{
	close_handle((uv_handle_t *)&b->drain);
	if (b->has_status)
		close_handle((uv_handle_t *)&b->status.timer);
	sek_faces_stop(&b->faces);
	if (b->auth)
		sek_auth_stop(b->auth, auth_stopped, b);
	else
		auth_stopped(b);
}

static void on_drain(uv_timer_t *t)
{
	struct broker *b = t->data;
	struct sek_front_counts c;

	sek_front_count(b->faces.front, &c);
	if (c.streams == 0 || uv_now(&b->loop) >= b->drain_until_ms)
		stop_front(b);
}

static void sessions_stopped(void *user)
{
	struct broker *b = user;

	/* the last words to each client ("the broker is being stopped") are still on their way */
	b->drain_until_ms = uv_now(&b->loop) + DRAIN_MS;
	if (b->faces.front)
		uv_timer_start(&b->drain, on_drain, 0, DRAIN_LOOK_MS);
	else
		stop_front(b);
}

static void on_too_long(uv_timer_t *t)
{
	(void)t;
	sek_log(SEK_LOG_ERROR, "broker.stop-failed", "why", "something did not end in time", NULL);
	exit(1);
}

static void stop(struct broker *b)
{
	if (b->stopping)
		return;
	b->stopping = true;
	sek_log(SEK_LOG_INFO, "broker.stopping", NULL);
	sek_store_watch_stop(b->watch);
	sek_notify("STOPPING=1");
	sek_leave_now(&b->leave);
	uv_timer_start(&b->too_long, on_too_long, STOP_MS, 0);
	sek_peers_quiet(b->peers);
	sek_control_stop(b->control);
	sek_faces_refuse(&b->faces);
	if (b->sessions)
		(b->leaving ? sek_sessions_leave : sek_sessions_stop)(b->sessions, sessions_stopped, b);
	else
		sessions_stopped(b);
}

static void on_leave(void *user, bool leaving)
{
	struct broker *b = user;

	b->leaving = leaving || sek_peers_others(b->peers);
	stop(b);
}

/* --- the way up --- */

static sek_status refuse(const char *part, const char *why)
{
	sek_log(SEK_LOG_ERROR, "broker.start-failed", "part", part, "why", why, NULL);
	return sek_fail(SEK_E_CONFIG);
}

static sek_status start_auth(struct broker *b)
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

static sek_status start_recording(struct broker *b)
{
	char err[SEK_CONFIG_ERROR_BYTES] = "";

	return sek_is_ok(sek_recorded_start(&b->recorded, &b->loop, b->config, b->audit, b->sessions, err, sizeof err)) ? sek_ok() :
		refuse("recording", err);
}

static sek_status start_policy(struct broker *b)
{
	char err[SEK_CONFIG_ERROR_BYTES] = "";

	return sek_is_ok(sek_ruled_start(&b->loop, b->config->store_where, b->sessions, &b->book, err, sizeof err)) ? sek_ok() :
		refuse("policy", err);
}

static sek_status start_admin(struct broker *b)
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

static sek_status start_review(struct broker *b)
{
	char err[SEK_CONFIG_ERROR_BYTES] = "out of memory";

	return sek_is_ok(sek_recorded_review(&b->recorded, &b->loop, b->config, b->audit, &b->review, err, sizeof err)) ? sek_ok() :
		refuse("review", err);
}

static sek_status start_documents(struct broker *b)
{
	char err[SEK_CONFIG_ERROR_BYTES] = "";

	return sek_is_ok(sek_documented_start(&b->documented, &b->loop, b->config, b->login_key, b->audit, b->sessions, err, sizeof err)) ?
		sek_ok() : refuse("documents", err);
}

static sek_status start_control(struct broker *b)
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

static sek_status start_front(struct broker *b)
{
	char err[SEK_CONFIG_ERROR_BYTES] = "";
	const struct sek_faces_parts parts = { b->audit, b->review, b->documented.documents, b->documented.approvals, b->auth, b->sessions, b->admin };

	return sek_is_ok(sek_faces_start(&b->faces, &b->loop, b->config, &parts, err, sizeof err)) ? sek_ok() : refuse("front", err);
}

static sek_status start_viewers(struct broker *b)
{
	char err[SEK_CONFIG_ERROR_BYTES] = "";

	if (!sek_is_ok(sek_faces_start_viewers(&b->faces, &b->loop, b->config, b->audit, b->auth, b->sessions, err, sizeof err)))
		return refuse("vnc_viewers", err);
	sek_metrics_viewers(b->metrics, b->faces.viewers);
	return sek_ok();
}

static sek_status start_metrics(struct broker *b)
{
	const struct sek_metrics_sources s = { b->config, b->audit, b->syslog, b->auth, b->sessions, b->recorded.recorder, b->documented.documents, b->faces.front,
		&b->loop };
	char err[SEK_CONFIG_ERROR_BYTES] = "";

	return sek_is_ok(sek_metrics_start(&s, &b->metrics, err, sizeof err)) ? sek_ok() : refuse("metrics", err);
}

/* Sessions are the other process's, which has the name now. */
static void replaced(void *user)
{
	struct broker *b = user;

	b->failed = b->leaving = true;
	stop(b);
}

static void told(void *user)
{
	const struct broker *b = user;

	sek_auth_store_told(b->auth);
	sek_policy_book_look(b->book);
	sek_peers_look(b->peers);
	sek_archive_again(b->recorded.archive);
}

/* Last: a session that is taken back needs everything else. */
static sek_status start_peers(struct broker *b)
{
	const struct sek_peers_config c = { .name = b->config->broker_name, .store = b->store, .auth = b->auth, .admin = b->admin,
		.sessions = b->sessions, .linger_s = b->config->sessions.linger_s, .replaced = replaced, .user = b };

	return sek_is_ok(sek_peers_start(&b->loop, &c, &b->peers)) ? sek_store_watch_start(&b->loop, b->config->store_where, told, b, &b->watch) :
		refuse("sessions", "the sessions that ran cannot be read from the store");
}

static sek_status start_audit(struct broker *b)
{
	const char *part = "audit";
	char err[SEK_CONFIG_ERROR_BYTES] = "";

	return sek_is_ok(sek_audited_start(&b->loop, b->config, &b->audit, &b->syslog, &part, err, sizeof err)) ? sek_ok() : refuse(part, err);
}

static sek_status start(struct broker *b, const struct sek_options *o)
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

static void make_handles(struct broker *b)
{
	uv_loop_init(&b->loop);
	uv_timer_init(&b->loop, &b->drain);
	uv_timer_init(&b->loop, &b->too_long);
	b->drain.data = b->too_long.data = b;
	sek_leave_init(&b->leave, &b->loop, &b->faces, on_leave, b);
}

static int run(struct broker *b, const struct sek_options *o)
{
	make_handles(b);
	if (sek_is_ok(start(b, o))) {
		sek_log(SEK_LOG_INFO, "broker.ready", "version", SEK_VERSION, "url", b->config->origins[0], NULL);
		sek_notify("READY=1");
	} else {
		b->failed = true;
		stop(b);
	}
	uv_run(&b->loop, UV_RUN_DEFAULT);
	sek_faces_destroy(&b->faces);
	sek_metrics_destroy(b->metrics);
	uv_run(&b->loop, UV_RUN_DEFAULT); /* what the last steps closed */
	sek_control_destroy(b->control);
	sek_documented_destroy(&b->documented);
	sek_review_destroy(b->review);
	sek_admin_destroy(b->admin);
	sek_sessions_destroy(b->sessions);
	sek_recorded_destroy(&b->recorded);
	sek_policy_book_destroy(b->book);
	sek_peers_destroy(b->peers);
	sek_auth_destroy(b->auth);
	sek_store_close(b->store);
	sek_audit_destroy(b->audit);
	sek_syslog_destroy(b->syslog);
	explicit_bzero(b->login_key, sizeof b->login_key);
	if (uv_loop_close(&b->loop) != 0)
		sek_log(SEK_LOG_WARN, "broker.leak", "what", "a handle of the loop was not closed", NULL);
	sek_log(SEK_LOG_INFO, "broker.stopped", NULL);
	return b->failed ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct sek_options o = { .status_fd = -1 };
	static struct broker b;
	char folder[PATH_MAX], err[SEK_CONFIG_ERROR_BYTES] = "";
	int r = sek_options_parse(argc, argv, &o);

	if (r >= 0)
		return r;
	sek_protect_process();
	sek_ldap_init();
	sek_program_folder(folder, sizeof folder);
	if (!sek_is_ok(sek_broker_config_load(o.config, folder, &b.config, err, sizeof err)) ||
			(o.check && !sek_is_ok(sek_front_check_tls(b.config->certificate, b.config->key, err, sizeof err)))) {
		fprintf(stderr, "%s\n", err);
		sek_broker_config_free(b.config);
		return 1;
	}
	if (o.check) {
		printf("OK\n");
	} else if (o.user_argv || o.accept_keys || o.migrate) {
		r = o.migrate ? sek_moved_main(b.config) : o.accept_keys ? sek_samekeys_accept(b.config) : sek_users_main(b.config, o.user_argc, o.user_argv);
	} else {
		if (b.config->time_zone)
			setenv("TZ", b.config->time_zone, 1);
		tzset();
		sek_log_init("sekisho-broker", b.config->log_level);
		r = sek_is_ok(sek_auth_init()) ? run(&b, &o) : 1;
	}
	sek_broker_config_free(b.config);
	return r < 0 ? 0 : r;
}
