/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The way down: sessions, then what is still queued for clients, then front, then auth, then admin, then the audit log, then the loop
 * is empty. Must never drop a record that is not written yet.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/notify.h"
#include "broker/hub/audited.h"
#include "broker/hub/parts.h"
#include "broker/hub/policy/book.h"

enum { DRAIN_MS = 1500, DRAIN_LOOK_MS = 20, STOP_MS = 10000 };

static void close_handle(uv_handle_t *h)
{
	if (h->loop && !uv_is_closing(h))
		uv_close(h, NULL);
}

static void syslog_stopped(void *user)
{
	struct sek_parts *b = user;

	sek_leave_finish(&b->leave);
	close_handle((uv_handle_t *)&b->too_long);
}

/* After it: the last records, too, are sent on. */
static void audit_stopped(void *user)
{
	struct sek_parts *b = user;

	if (b->syslog)
		sek_syslog_stop(b->syslog, syslog_stopped, b);
	else
		syslog_stopped(b);
}

/* Last: everything else may still have had something to say. */
static void archive_stopped(void *user)
{
	struct sek_parts *b = user;

	sek_audited_broker(b->audit, "broker.stopped");
	if (b->audit)
		sek_audit_stop(b->audit, audit_stopped, b);
	else
		audit_stopped(b);
}

static void book_stopped(void *user)
{
	struct sek_parts *b = user;

	sek_recorded_stop(&b->recorded, archive_stopped, b);
}

static void admin_stopped(void *user)
{
	struct sek_parts *b = user;

	if (b->book)
		sek_policy_book_stop(b->book, book_stopped, b);
	else
		book_stopped(b);
}

static void review_stopped(void *user)
{
	struct sek_parts *b = user;

	if (b->admin)
		sek_admin_stop(b->admin, admin_stopped, b);
	else
		admin_stopped(b);
}

static void approvals_stopped(void *user)
{
	struct sek_parts *b = user;

	if (b->review)
		sek_review_stop(b->review, review_stopped, b);
	else
		review_stopped(b);
}

static void peers_stopped(void *user)
{
	struct sek_parts *b = user;

	sek_documented_stop(&b->documented, approvals_stopped, b);
}

static void auth_stopped(void *user)
{
	struct sek_parts *b = user;

	sek_peers_stop(b->peers, peers_stopped, b);
}

static void stop_front(struct sek_parts *b)
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
	struct sek_parts *b = t->data;
	struct sek_front_counts c;

	sek_front_count(b->faces.front, &c);
	if (c.streams == 0 || uv_now(&b->loop) >= b->drain_until_ms)
		stop_front(b);
}

static void sessions_stopped(void *user)
{
	struct sek_parts *b = user;

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

void sek_parts_stop(struct sek_parts *b)
{
	if (b->stopping)
		return;
	b->stopping = true;
	sek_log(SEK_LOG_INFO, "broker.stopping", NULL);
	sek_store_watch_stop(b->watch);
	sek_notify("STOPPING=1");
	sek_leave_now(&b->leave);
	uv_timer_start(&b->too_long, on_too_long, STOP_MS, 0);
	sek_away_stop(&b->away);
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
	struct sek_parts *b = user;

	b->leaving = leaving || sek_peers_others(b->peers);
	sek_parts_stop(b);
}

void sek_parts_init(struct sek_parts *b)
{
	uv_loop_init(&b->loop);
	uv_timer_init(&b->loop, &b->drain);
	uv_timer_init(&b->loop, &b->too_long);
	b->drain.data = b->too_long.data = b;
	sek_leave_init(&b->leave, &b->loop, &b->faces, on_leave, b);
}

void sek_parts_destroy(struct sek_parts *b)
{
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
}
