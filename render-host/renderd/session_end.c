/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Unmaking a session: tell, kill, wait until nothing runs, remove the directory, and only then give the slot (and with it
 * the uid) to somebody else.
 */
#include "render-host/renderd/session_internal.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "render-host/renderd/process.h"

enum {
	TELL_MS = 1000,
	KILL_STEP_MS = 10,
	KILL_AGAIN_ROUNDS = 10,   /* signals are sent again each so many steps */
	KILL_WORRY_ROUNDS = 1000, /* something does not die: say so */
	REMOVE_TRIES = 10, REMOVE_PAUSE_US = 100000,
};

static void kill_round(struct sek_live *s);

static void on_handle_closed(uv_handle_t *handle)
{
	struct sek_live *s = handle->data;
	struct sek_host *h = s->host;

	if (--s->open_handles > 0)
		return;
	h->slots[s->slot] = NULL;
	h->n_sessions--;
	free(s->rules);
	free(s);
	sek_host_settle(h);
}

static void on_status_closed(uv_handle_t *handle)
{
	struct sek_live *s = handle->data;

	close(s->status_fd);
	on_handle_closed(handle);
}

/* The descriptor is closed after the handle, never before: its number may be given to somebody's connection at once, and
 * closing the handle would then take that out of the loop's poll. */
static void close_status(struct sek_live *s)
{
	if (!s->status_open)
		return;
	s->status_open = false;
	uv_close((uv_handle_t *)&s->status, on_status_closed);
}

static void finish(struct sek_live *s)
{
	sek_log(SEK_LOG_INFO, "session.removed", "session", s->hex, NULL);
	if (s->status.data && !uv_is_closing((uv_handle_t *)&s->status))
		uv_close((uv_handle_t *)&s->status, on_handle_closed);
	uv_close((uv_handle_t *)&s->linger, on_handle_closed);
	uv_close((uv_handle_t *)&s->timer, on_handle_closed);
}

/* Whatever runs under the session's uids, however it was started. Forks: a few milliseconds. A failure means that nobody
 * knows whether something still runs. */
static sek_status kill_uids(const struct sek_live *s)
{
	sek_status browser = sek_process_kill_uid(sek_renderd_uid(s->host->config, s->slot));
	sek_status egress = sek_process_kill_uid(sek_renderd_egress_uid(s->host->config, s->slot));

	return sek_is_ok(browser) ? egress : browser;
}

/* In libuv's pool: a profile is thousands of files. */
static void remove_tree(uv_work_t *work)
{
	struct sek_live *s = work->data;
	int tries;

	if (s->devtools[0])
		(void)unlink(s->devtools);
	for (tries = 0; tries < REMOVE_TRIES; tries++) {
		/* a uid that may have survivors is not given to anybody else */
		s->removed = kill_uids(s);
		if (sek_is_ok(s->removed))
			s->removed = sek_tree_remove(s->directory);
		if (sek_is_ok(s->removed))
			return;
		usleep(REMOVE_PAUSE_US); /* something killed is still on its way out; this thread is not the loop's */
	}
}

static void on_removed(uv_work_t *work, int status)
{
	struct sek_live *s = work->data;
	char text[128];

	(void)status;
	if (sek_is_ok(s->removed)) {
		finish(s);
		return;
	}
	/* The slot stays taken: its uid owns what could not be removed. */
	sek_log(SEK_LOG_ERROR, "session.leftover", "session", s->hex, "directory", s->directory, "why",
		sek_status_text(s->removed, text, sizeof text), NULL);
	s->phase = LIVE_LEFT;
	if (s->host->stopping)
		sek_live_end(s, SEK_STATE_NONE, "the host stops");
}

static bool all_gone(struct sek_live *s)
{
	if (s->sandbox || s->capture)
		return false;
	if (!s->has_group)
		return true;
	if (sek_cgroup_count(&s->group) > 0 || !sek_is_ok(sek_cgroup_remove(&s->group)))
		return false;
	s->has_group = false;
	return true;
}

static void on_kill_step(uv_timer_t *timer)
{
	struct sek_live *s = timer->data;

	if (all_gone(s)) {
		uv_timer_stop(timer);
		s->phase = LIVE_REMOVING;
		s->removal.data = s;
		if (uv_queue_work(&s->host->loop, &s->removal, remove_tree, on_removed) != 0) {
			remove_tree(&s->removal);
			on_removed(&s->removal, 0);
		}
		return;
	}
	s->kill_rounds++;
	if (s->kill_rounds % KILL_AGAIN_ROUNDS == 0)
		kill_round(s);
	if (s->kill_rounds % KILL_WORRY_ROUNDS == 0)
		sek_log(SEK_LOG_ERROR, "session.survivors", "session", s->hex, "processes",
			sek_logf("%zu", s->has_group ? sek_cgroup_count(&s->group) : 0), NULL);
}

static void kill_round(struct sek_live *s)
{
	if (s->has_group)
		sek_cgroup_kill(&s->group);
	if (s->capture)
		(void)kill(s->capture, SIGKILL);
	if (s->sandbox)
		(void)kill(s->sandbox, SIGKILL);
	/* the cgroup holds everything; without one, or when something does not die, the uids are asked */
	if (s->kill_rounds > 0 || sek_cgroups_mode(s->host->cgroups) == SEK_CGROUP_NONE)
		(void)kill_uids(s); /* asked again at the end, where the answer counts */
}

static void start_killing(struct sek_live *s)
{
	s->phase = LIVE_KILLING;
	if (s->control_fd >= 0)
		close(s->control_fd);
	s->control_fd = -1;
	if (s->documents_fd >= 0)
		close(s->documents_fd);
	s->documents_fd = -1;
	close_status(s);
	kill_round(s);
	uv_timer_start(&s->timer, on_kill_step, 0, KILL_STEP_MS);
}

static void on_told(uv_timer_t *timer)
{
	start_killing(timer->data);
}

void sek_live_child_gone(struct sek_live *s)
{
	if (s->phase == LIVE_TELLING && !s->capture)
		start_killing(s);
}

void sek_live_end(struct sek_live *s, enum sek_state state, const char *why)
{
	struct sek_peer *l = s->link, *document = s->document;
	bool by_capture;

	if (s->phase == LIVE_LEFT && s->host->stopping) {
		s->phase = LIVE_REMOVING;
		finish(s);
	}
	if (s->phase >= LIVE_TELLING)
		return;
	sek_log(SEK_LOG_INFO, "session.ended", "session", s->hex, "state", state ? sek_state_name(state) : "-", "why", why,
		"memory_mib", sek_logf("%llu", s->has_group ? (unsigned long long)(sek_cgroup_memory(&s->group) >> 20) : 0),
		NULL);
	if (!s->warm)
		s->host->counts.ended[state]++;
	if (s->warm && state) {
		s->host->counts.warm_failed++;
		sek_warm_failed(s->host);
	}
	uv_timer_stop(&s->linger);
	uv_timer_stop(&s->timer);
	s->phase = LIVE_TELLING;
	s->link = s->document = NULL;
	if (document)
		sek_peer_document_over(document, SEK_DOCUMENT_ENDED);
	/* while capture lives it says the state itself, behind what it has written already */
	by_capture = l && state && s->capture && s->control_fd >= 0 && sek_is_ok(sek_live_tell(s, state));
	if (l)
		sek_peer_end(l, state);
	if (by_capture)
		uv_timer_start(&s->timer, on_told, TELL_MS, 0);
	else
		start_killing(s);
}
