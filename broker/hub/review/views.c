/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which recordings are open for whom. A view belongs to one log-in, which must have shown its role for each request; the
 * user of a session that is watched while it runs is told so for as long as somebody does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/log.h"
#include "broker/hub/review/internal.h"

enum { VIEW_IDLE_MS = SEK_REVIEW_IDLE_MS, WATCH_IDLE_MS = 10000 };

struct sek_review_view *sek_review_view_find(struct sek_review *v, const char *id, uint64_t login)
{
	struct sek_review_view *view;

	for (view = v->views; view; view = view->next)
		if (!view->closing && view->login == login && strcmp(view->id, id) == 0)
			return view;
	return NULL;
}

static void unlink_view(struct sek_review *v, const struct sek_review_view *view)
{
	struct sek_review_view **at = &v->views;

	while (*at != view)
		at = &(*at)->next;
	*at = view->next;
}

/* False: there is no such session any more. */
static bool tell_session(struct sek_review *v, const struct sek_review_view *view, bool on)
{
	uint8_t id[SEK_SESSION_ID_BYTES];

	return v->config.sessions && sodium_hex2bin(id, sizeof id, view->session, strlen(view->session), NULL, NULL, NULL) == 0 &&
		sek_is_ok(sek_sessions_watch(v->config.sessions, id, view->user, on));
}

void sek_review_view_close(struct sek_review *v, struct sek_review_view *view)
{
	if (view->watching)
		(void)tell_session(v, view, false);
	view->watching = false;
	view->closing = true;
	if (view->busy)
		return;
	unlink_view(v, view);
	sek_recording_reader_close(view->reader);
	free(view);
}

void sek_review_views_drop(struct sek_review *v, uint64_t login)
{
	struct sek_review_view *view, *next;

	for (view = v->views; view; view = next) {
		next = view->next;
		if (!view->closing && (login == 0 || view->login == login))
			sek_review_view_close(v, view);
	}
}

/* A page that was closed says nothing: whoever watches live asks every second, so that one is missed soon. */
void sek_review_views_idle(struct sek_review *v)
{
	struct sek_review_view *view, *next;

	for (view = v->views; view; view = next) {
		uint64_t most = view->watching ? WATCH_IDLE_MS : VIEW_IDLE_MS;

		next = view->next;
		if (!view->closing && !view->busy && uv_now(v->loop) - view->used_ms >= most)
			sek_review_view_close(v, view);
	}
}

/* Room for one more: the log-in's oldest goes if it has too many. */
static bool make_room(struct sek_review *v, uint64_t login)
{
	struct sek_review_view *view, *oldest = NULL;
	unsigned n = 0, mine = 0;

	for (view = v->views; view; view = view->next) {
		n++;
		if (view->closing || view->login != login)
			continue;
		mine++;
		if (!oldest || view->used_ms <= oldest->used_ms)
			oldest = view;
	}
	if (oldest && mine >= SEK_REVIEW_VIEWS_EACH) {
		sek_review_view_close(v, oldest);
		n--;
	}
	return n < SEK_REVIEW_VIEWS;
}

static bool is_id(const char *text)
{
	return strlen(text) == SEK_REVIEW_ID_BYTES - 1 && strspn(text, "0123456789abcdef") == SEK_REVIEW_ID_BYTES - 1;
}

/* --- open --- */

static bool check_open(struct sek_review_request *q)
{
	const char *recording = sek_review_text(q, "recording", SEK_REVIEW_ID_BYTES - 1, SEK_REVIEW_ID_BYTES - 1);
	const char *reason = sek_review_text(q, "reason", 1, SEK_REVIEW_REASON_CHARS * 4);
	struct sek_review *v = q->review;
	struct sek_review_view *view;
	uint8_t id[(SEK_REVIEW_ID_BYTES - 1) / 2];

	if (!recording || !reason || !is_id(recording)) {
		sek_review_fail(q, "bad-request");
		return false;
	}
	view = make_room(v, q->caller.login) ? calloc(1, sizeof *view) : NULL;
	q->secret = sodium_malloc(SEK_REVIEW_SECRET_BYTES);
	if (!view || !q->secret) {
		free(view);
		sek_review_fail(q, "busy");
		return false;
	}
	memcpy(q->secret, sek_review_key_of(v, q->caller.login)->secret, SEK_REVIEW_SECRET_BYTES);
	randombytes_buf(id, sizeof id);
	sodium_bin2hex(view->id, sizeof view->id, id, sizeof id);
	snprintf(view->recording, sizeof view->recording, "%s", recording);
	snprintf(view->path, sizeof view->path, "%s/%s" SEK_RECORDING_SUFFIX, v->config.folder, recording);
	view->login = q->caller.login;
	snprintf(view->user, sizeof view->user, "%s", q->caller.user);
	view->used_ms = uv_now(v->loop);
	view->busy = true; /* until it is open nobody else finds it */
	view->next = v->views;
	v->views = view;
	q->view = view;
	return true;
}

static void drop_failed(struct sek_review_request *q)
{
	if (!q->error)
		return;
	q->view->closing = true;
	q->view = NULL; /* it will be gone; the record names the recording of the request */
}

static bool is_closed(const struct sek_review_request *q)
{
	return json_is_true(json_object_get(json_object_get(q->out, "head"), "closed"));
}

/* What is still being written shows a session that runs: whoever opens it watches, and its user is told. One whose session is no
 * more is only not finished. */
static void after_open(struct sek_review_request *q)
{
	if (!q->error && !is_closed(q))
		q->view->watching = tell_session(q->review, q->view, true);
	drop_failed(q);
}

/* --- watch: one that is being written --- */

static bool check_watch(struct sek_review_request *q)
{
	return check_open(q);
}

static void after_watch(struct sek_review_request *q)
{
	if (!q->error && is_closed(q))
		sek_review_fail(q, "ended");
	if (!q->error && !tell_session(q->review, q->view, true))
		sek_review_fail(q, "ended");
	if (!q->error)
		q->view->watching = true;
	drop_failed(q);
}

/* --- the others --- */

static bool check_view(struct sek_review_request *q)
{
	struct sek_review_view *view = sek_review_view_find(q->review, json_string_value(json_object_get(q->in, "view")),
		q->caller.login);

	if (!view) { /* it went with the key, perhaps */
		sek_review_fail(q, sek_review_key_of(q->review, q->caller.login) ? "not-found" : "locked");
		return false;
	}
	view->used_ms = uv_now(q->review->loop);
	(void)sek_review_number(q, "from", UINT32_MAX - 1);
	(void)sek_review_number(q, "count", UINT32_MAX - 1);
	return !q->error;
}

/* What turned out to have been deleted while it was open is closed for everybody at once. */
static void after_view(struct sek_review_request *q)
{
	struct sek_review_view *view, *next;

	if (!q->error || strcmp(q->error, "gone") != 0)
		return;
	for (view = q->review->views; view; view = next) {
		next = view->next;
		if (!view->closing && view != q->view && strcmp(view->recording, q->view->recording) == 0)
			sek_review_view_close(q->review, view);
	}
	q->view->closing = true; /* review.c frees it */
}

static void after_close(struct sek_review_request *q)
{
	struct sek_review_view *view = q->error ? NULL : sek_review_view_find(q->review,
		json_string_value(json_object_get(q->in, "view")), q->caller.login);

	if (view)
		sek_review_view_close(q->review, view);
}

const struct sek_review_op sek_review_view_ops[] = {
	{ .name = "open", .needs_key = true, .counts = true, .record = "recording.viewed", .check = check_open,
		.work = sek_review_work_open, .after = after_open },
	{ .name = "watch", .needs_key = true, .counts = true, .record = "recording.watched", .check = check_watch,
		.work = sek_review_work_open, .after = after_watch },
	{ .name = "timeline", .needs_view = true, .counts = true, .check = check_view, .work = sek_review_work_timeline,
		.after = after_view },
	{ .name = "events", .needs_view = true, .counts = true, .check = check_view, .work = sek_review_work_events,
		.after = after_view },
	{ .name = "blocks", .needs_view = true, .counts = true, .check = check_view, .work = sek_review_work_blocks,
		.after = after_view },
	{ .name = "again", .needs_view = true, .check = check_view, .work = sek_review_work_again, .after = after_view },
	{ .name = "close", .needs_view = true, .check = check_view, .after = after_close },
	{ .name = NULL },
};
