/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Video files for reviewers: asked for with a reason, made by programs of their own (record/work.h), fetched in parts by the page.
 * A film lies in a file that has no name: whatever ends, it is gone with its last descriptor.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/record/record.h"
#include "broker/hub/review/internal.h"

enum { FPS = 10, COMMENT_BYTES = 256 };

struct sek_review_film {
	struct sek_review_film *next;
	struct sek_review *review;
	char id[SEK_REVIEW_ID_BYTES];
	uint64_t login;
	struct sek_work *work;     /* NULL: it has ended, or has not begun */
	bool dropped;              /* nobody wants it: freed as soon as work is NULL */
	bool done;
	const char *error;         /* a word of docs/api.md */
	int fd;
	uint64_t used_ms, from_us, to_us, at_us;
	char user[SEK_STORE_NAME_BYTES], comment[COMMENT_BYTES];
	char path[SEK_REVIEW_PATH_BYTES]; /* of the recording, and which file that was */
	dev_t dev;
	ino_t ino;
};

static void free_film(struct sek_review_film *f)
{
	struct sek_review_film **at = &f->review->films;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	if (f->fd >= 0)
		close(f->fd);
	free(f);
}

static void drop(struct sek_review_film *f)
{
	f->dropped = true;
	if (f->work)
		sek_work_cancel(f->work);
	else
		free_film(f);
}

void sek_review_films_drop(struct sek_review *v, uint64_t login)
{
	struct sek_review_film *f, *next;

	for (f = v->films; f; f = next) {
		next = f->next;
		if (!f->dropped && (login == 0 || f->login == login))
			drop(f);
	}
}

/* Ends it with a word for its reviewer; what there is of it takes no room any more. */
static void fail(struct sek_review_film *f, const char *error)
{
	if (f->error)
		return;
	sek_log(SEK_LOG_WARN, "review.film", "why", error, NULL);
	f->error = error;
	f->done = false;
	sek_work_cancel(f->work);
	(void)!ftruncate(f->fd, 0);
}

/* Films lie where recordings do: what the administrator is warned of ends them, long before a session has to end. */
static bool disk_has_room(const struct sek_review *v)
{
	struct sek_recorder_state state = { .writable = true };

	if (v->config.recorder)
		sek_recorder_state(v->config.recorder, &state);
	return state.writable && !state.warning;
}

/* Of a recording that was deleted there is no film either. */
static void look_at(struct sek_review_film *f)
{
	struct stat st;

	if (stat(f->path, &st) != 0 || st.st_dev != f->dev || st.st_ino != f->ino)
		fail(f, "gone");
	else if (f->work && !disk_has_room(f->review))
		fail(f, "no-space");
}

void sek_review_films_look(struct sek_review *v)
{
	struct sek_review_film *f, *next;

	for (f = v->films; f; f = next) {
		next = f->next;
		if (f->dropped)
			continue;
		if (uv_now(v->loop) - f->used_ms >= SEK_REVIEW_IDLE_MS)
			drop(f);
		else
			look_at(f);
	}
}

static struct sek_review_film *find(struct sek_review_request *q)
{
	const char *id = json_string_value(json_object_get(q->in, "film"));
	struct sek_review_film *f;

	for (f = q->review->films; id && f; f = f->next)
		if (!f->dropped && f->login == q->caller.login && strcmp(f->id, id) == 0)
			return f;
	return NULL;
}

/* --- film: begins one --- */

static bool has_room(const struct sek_review *v, uint64_t login)
{
	const struct sek_review_film *f;
	unsigned n = 0;

	for (f = v->films; f; f = f->next) {
		n++;
		if (f->login == login && !f->done && !f->error && !f->dropped)
			return false;
	}
	return n < SEK_REVIEW_FILMS;
}

static bool check_film(struct sek_review_request *q)
{
	struct sek_review *v = q->review;
	uint32_t from = sek_review_number(q, "from_s", UINT32_MAX - 1), to = sek_review_number(q, "to_s", UINT32_MAX - 1);

	if (!sek_review_text(q, "reason", 1, SEK_REVIEW_REASON_CHARS * 4))
		return false;
	if (to <= from)
		sek_review_fail(q, "bad-request");
	if (!has_room(v, q->caller.login))
		sek_review_fail(q, "film-busy");
	if (!v->config.programs)
		sek_review_fail(q, "unavailable");
	if (!disk_has_room(v))
		sek_review_fail(q, "no-space");
	if (q->error)
		return false;
	q->secret = sodium_malloc(SEK_REVIEW_SECRET_BYTES);
	if (!q->secret) {
		sek_review_fail(q, "internal");
		return false;
	}
	memcpy(q->secret, sek_review_key_of(v, q->caller.login)->secret, SEK_REVIEW_SECRET_BYTES);
	return true;
}

/* In the pool: the file, and in place of the site's secret the key of this recording. */
static void work_film(struct sek_review_request *q)
{
	uint8_t key[SEK_RECORDING_KEY_BYTES];

	if (!sek_is_ok(sek_recording_unseal(sek_recording_head(q->view->reader), q->secret, key))) {
		sek_review_fail(q, "other-key");
		return;
	}
	sodium_memzero(q->secret, SEK_REVIEW_SECRET_BYTES);
	memcpy(q->secret, key, sizeof key);
	sodium_memzero(key, sizeof key);
	q->fd = open(q->review->config.folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (q->fd < 0) {
		sek_log(SEK_LOG_ERROR, "review.film", "why", "no file can be made in the folder of the recordings", NULL);
		sek_review_fail(q, "no-space");
	}
}

static void on_progress(void *user, uint64_t at_us)
{
	struct sek_review_film *f = user;

	f->at_us = at_us;
	if (!disk_has_room(f->review))
		fail(f, "no-space");
}

static void on_done(void *user, sek_status status, const char *why)
{
	struct sek_review_film *f = user;
	struct sek_review *v = f->review;

	f->work = NULL;
	f->done = sek_is_ok(status) && !f->error;
	f->used_ms = uv_now(v->loop);
	if (!f->done)
		(void)!ftruncate(f->fd, 0);
	if (!f->done && !f->dropped && !f->error) {
		sek_log(SEK_LOG_ERROR, "review.film", "why", why, NULL);
		f->error = sek_is(status, SEK_E_MALFORMED) ? "damaged" : "no-space";
	}
	if (f->dropped)
		free_film(f);
	sek_review_settle(v);
}

static int offset_minutes(uint64_t utc_us)
{
	time_t t = (time_t)(utc_us / 1000000);
	struct tm tm;

	localtime_r(&t, &tm); /* the broker's TZ is the site's */
	return (int)(tm.tm_gmtoff / 60);
}

static bool begin(struct sek_review_request *q, struct sek_review_film *f)
{
	const struct sek_recording_head *head = sek_recording_head(q->view->reader);
	const struct sek_work_ops ops = { .progress = on_progress, .done = on_done, .user = f };
	char hash[65];
	struct sek_film_job job = {
		.of = { .path = q->view->path, .key = q->secret, .from_us = f->from_us, .to_us = f->to_us },
		.fd = f->fd, .fps = FPS, .began_utc_us = head->began_utc_us, .offset_minutes = offset_minutes(head->began_utc_us),
		.name = f->user, .comment = f->comment,
	};

	sodium_bin2hex(hash, sizeof hash, head->hash, sizeof head->hash);
	snprintf(f->comment, sizeof f->comment, "recording %s, %s, last block %s", head->id, head->closed ? "closed" : "not closed", hash);
	return sek_is_ok(sek_work_film(&q->review->children, q->review->config.programs, &job, &ops, &f->work));
}

static void after_film(struct sek_review_request *q)
{
	struct sek_review *v = q->review;
	struct sek_review_film *f;
	uint8_t id[(SEK_REVIEW_ID_BYTES - 1) / 2];

	/* others may have begun theirs while this one waited, or the broker its end, which waits for all films */
	if (v->stopping)
		sek_review_fail(q, "stopping");
	else if (!has_room(v, q->caller.login))
		sek_review_fail(q, "film-busy");
	f = q->error ? NULL : calloc(1, sizeof *f);
	if (!f) {
		if (q->fd >= 0)
			close(q->fd);
		sek_review_fail(q, "internal");
		return;
	}
	randombytes_buf(id, sizeof id);
	sodium_bin2hex(f->id, sizeof f->id, id, sizeof id);
	f->review = v;
	f->login = q->caller.login;
	f->fd = q->fd;
	f->used_ms = uv_now(v->loop);
	f->from_us = (uint64_t)sek_review_number(q, "from_s", UINT32_MAX - 1) * 1000000;
	f->to_us = (uint64_t)sek_review_number(q, "to_s", UINT32_MAX - 1) * 1000000;
	f->at_us = f->from_us;
	snprintf(f->user, sizeof f->user, "%s", q->view->of);
	snprintf(f->path, sizeof f->path, "%s", q->view->path);
	f->dev = q->view->dev;
	f->ino = q->view->ino;
	f->next = v->films;
	v->films = f;
	if (!begin(q, f)) {
		free_film(f);
		sek_review_fail(q, "internal");
		return;
	}
	q->out = json_pack("{s:s}", "film", f->id);
}

/* --- film-state, film-read, film-drop --- */

static bool check_of_film(struct sek_review_request *q)
{
	struct sek_review_film *f = find(q);

	if (f) {
		f->used_ms = uv_now(q->review->loop);
		look_at(f);
	} else {
		sek_review_fail(q, "not-found");
	}
	(void)sek_review_number(q, "part", UINT32_MAX / 2);
	return !q->error;
}

static void after_film_state(struct sek_review_request *q)
{
	const struct sek_review_film *f = q->error ? NULL : find(q);
	off_t bytes = f ? lseek(f->fd, 0, SEEK_END) : 0;

	if (!f)
		sek_review_fail(q, "not-found");
	else if (f->error)
		sek_review_fail(q, f->error);
	else
		q->out = json_pack("{s:b,s:I,s:I,s:I,s:I}", "done", f->done, "at_us", (json_int_t)f->at_us, "from_us", (json_int_t)f->from_us,
			"to_us", (json_int_t)f->to_us, "bytes", (json_int_t)(f->done ? bytes : 0));
}

/* A part is small, and was written a moment ago: it is in the page cache, and this does not block for long. */
static void after_film_read(struct sek_review_request *q)
{
	const struct sek_review_film *f = q->error ? NULL : find(q);
	uint64_t part = q->error ? 0 : sek_review_number(q, "part", UINT32_MAX / 2);
	ssize_t k;

	if (!f || !f->done) {
		sek_review_fail(q, !f ? "not-found" : f->error ? f->error : "busy");
		return;
	}
	q->bytes = malloc(SEK_REVIEW_PART_BYTES);
	k = q->bytes ? pread(f->fd, q->bytes, SEK_REVIEW_PART_BYTES, (off_t)(part * SEK_REVIEW_PART_BYTES)) : -1;
	if (k < 0)
		sek_review_fail(q, "internal");
	else
		q->n = (size_t)k;
}

static void after_film_drop(struct sek_review_request *q)
{
	struct sek_review_film *f = q->error ? NULL : find(q);

	if (f)
		drop(f);
}

const struct sek_review_op sek_review_film_ops[] = {
	{ .name = "film", .needs_view = true, .needs_key = true, .counts = true, .record = "recording.exported", .check = check_film,
		.work = work_film, .after = after_film },
	{ .name = "film-state", .counts = true, .check = check_of_film, .after = after_film_state },
	{ .name = "film-read", .counts = true, .check = check_of_film, .after = after_film_read },
	{ .name = "film-drop", .check = check_of_film, .after = after_film_drop },
	{ .name = NULL },
};
