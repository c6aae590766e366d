/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See work.h. One pipe leads from the feed to the worker, one from the worker to us; the end of both programs and of that pipe is
 * the end of the work. What arrives comes out of a jail in which pictures are looked at: it is read as hostile.
 */
#include "broker/hub/record/work.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "broker/gap/children.h"

enum { HEARD_BYTES = SEK_WORDS_HEAD_BYTES + SEK_WORDS_TEXT_MAX_BYTES, PATH_BYTES = 4096, TEXT_BYTES = 1024, FDS = 4 };

enum stage { STAGE_EXTENT, STAGE_WORK };

struct sek_work {
	struct sek_children *children;
	const struct sek_work_programs *programs;
	struct sek_work_ops ops;
	enum stage stage;
	bool film;                 /* else words */
	char path[PATH_BYTES], name[TEXT_BYTES], comment[TEXT_BYTES], languages[32];
	uint8_t key[SEK_RECORDING_KEY_BYTES];
	uint64_t from_us, to_us, began_utc_us;
	int fd, offset_minutes;
	uint16_t fps;
	unsigned width, height;

	uv_pipe_t heard;
	bool heard_open, heard_closing;
	struct sek_child *feed, *worker;
	unsigned waiting;          /* for: children, the pipe's close */
	sek_status status;         /* the first thing that went wrong */
	char why[SEK_WORK_WHY_BYTES];
	uint8_t bytes[HEARD_BYTES];
	size_t n;
};

static void begin_work(struct sek_work *w);

static void wrong(struct sek_work *w, enum sek_code code, const char *why)
{
	if (!sek_is_ok(w->status))
		return;
	w->status = sek_fail(code);
	snprintf(w->why, sizeof w->why, "%s", why);
	if (w->feed)
		sek_child_kill(w->feed);
	if (w->worker)
		sek_child_kill(w->worker);
}

/* --- the end of a stage --- */

static void finish(struct sek_work *w)
{
	struct sek_work_ops ops = w->ops;
	sek_status status = w->status;
	char why[SEK_WORK_WHY_BYTES];

	memcpy(why, w->why, sizeof why);
	sodium_memzero(w->key, sizeof w->key);
	free(w);
	ops.done(ops.user, status, why);
}

static void step(struct sek_work *w)
{
	if (--w->waiting > 0)
		return;
	if (!sek_is_ok(w->status) || w->stage == STAGE_WORK)
		finish(w);
	else
		begin_work(w);
}

static void on_heard_closed(uv_handle_t *handle)
{
	struct sek_work *w = handle->data;

	w->heard_open = w->heard_closing = false;
	step(w);
}

static void close_heard(struct sek_work *w)
{
	if (!w->heard_open || w->heard_closing)
		return;
	w->heard_closing = true;
	uv_close((uv_handle_t *)&w->heard, on_heard_closed);
}

static void gone(struct sek_work *w, const char *who, int code, int signal_number)
{
	char why[SEK_WORK_WHY_BYTES];

	if (code != SEK_EXIT_OK || signal_number != 0) {
		snprintf(why, sizeof why, "%s ended with %s %d", who, signal_number ? "signal" : "code", signal_number ? signal_number : code);
		wrong(w, code == SEK_EXIT_REFUSED ? SEK_E_DENIED : code == SEK_EXIT_PROTOCOL ? SEK_E_MALFORMED : SEK_E_IO, why);
	}
	step(w);
}

static void on_feed_gone(void *user, int code, int signal_number)
{
	struct sek_work *w = user;

	w->feed = NULL;
	gone(w, "the feed", code, signal_number);
}

static void on_worker_gone(void *user, int code, int signal_number)
{
	struct sek_work *w = user;

	w->worker = NULL;
	gone(w, w->film ? "sekisho-film" : "sekisho-words", code, signal_number);
}

/* --- what is heard --- */

/* A line that begins with word and a blank: the number after it. */
static bool number_of(const char *line, const char *word, uint64_t *ret)
{
	size_t n = strlen(word);
	char *end;

	if (strncmp(line, word, n) != 0 || line[n] != ' ' || line[n + 1] < '0' || line[n + 1] > '9')
		return false;
	*ret = strtoull(line + n + 1, &end, 10);
	return !*end;
}

static void take_line(struct sek_work *w, const char *line)
{
	uint64_t v;

	if (w->stage == STAGE_EXTENT) {
		if (sscanf(line, "%5u %5u", &w->width, &w->height) != 2)
			wrong(w, SEK_E_MALFORMED, "the feed told no size");
	} else if (number_of(line, "at", &v)) {
		if (w->ops.progress)
			w->ops.progress(w->ops.user, v);
	} else if (!number_of(line, "done", &v)) {
		wrong(w, SEK_E_MALFORMED, "sekisho-film said something else");
	}
}

static size_t take_lines(struct sek_work *w)
{
	size_t at = 0;
	uint8_t *end;

	while (sek_is_ok(w->status) && (end = memchr(w->bytes + at, '\n', w->n - at)) != NULL) {
		*end = '\0';
		take_line(w, (const char *)w->bytes + at);
		at = (size_t)(end - w->bytes) + 1;
	}
	return at;
}

static size_t take_words(struct sek_work *w)
{
	struct sek_words found;
	size_t at = 0, total;
	sek_status s = sek_ok();

	while (sek_is_ok(w->status) && sek_is_ok(s = sek_words_read(w->bytes + at, w->n - at, &found, &total))) {
		at += total;
		if (found.bytes == 0 && w->ops.progress)
			w->ops.progress(w->ops.user, found.at_us);
		else if (found.bytes > 0)
			w->ops.found(w->ops.user, &found);
	}
	if (sek_is(s, SEK_E_MALFORMED))
		wrong(w, SEK_E_MALFORMED, "sekisho-words wrote no words");
	return at;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct sek_work *w = handle->data;

	(void)suggested;
	*buf = uv_buf_init((char *)w->bytes + w->n, (unsigned)(sizeof w->bytes - w->n));
}

static void on_heard(uv_stream_t *stream, ssize_t k, const uv_buf_t *buf)
{
	struct sek_work *w = stream->data;
	size_t used;

	(void)buf;
	if (k == 0)
		return;
	if (k < 0) {
		if (k == UV_ENOBUFS)
			wrong(w, SEK_E_LIMIT, "more was said than was to be said");
		close_heard(w);
		return;
	}
	w->n += (size_t)k;
	used = w->film || w->stage == STAGE_EXTENT ? take_lines(w) : take_words(w);
	memmove(w->bytes, w->bytes + used, w->n - used);
	w->n -= used;
	if (!sek_is_ok(w->status))
		close_heard(w);
}

/* --- starting --- */

static sek_status key_pipe(const struct sek_work *w, int *ret)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC) < 0)
		return sek_from_errno();
	if (write(p[1], w->key, sizeof w->key) != (ssize_t)sizeof w->key) {
		sek_status s = sek_from_errno();

		close(p[0]);
		close(p[1]);
		return s;
	}
	close(p[1]);
	*ret = p[0];
	return sek_ok();
}

static sek_status listen_to(struct sek_work *w, int fd)
{
	sek_status s;

	uv_pipe_init(w->children->loop, &w->heard, 0);
	w->heard.data = w;
	w->heard_open = true;
	w->n = 0;
	w->waiting++;
	s = sek_from_uv(uv_pipe_open(&w->heard, fd));
	if (!sek_is_ok(s)) {
		close(fd);
		return s;
	}
	return sek_from_uv(uv_read_start((uv_stream_t *)&w->heard, on_alloc, on_heard));
}

static sek_status start_feed(struct sek_work *w, const char *from, const char *to, int out)
{
	const char *const argv[] = { w->programs->feed, w->path, from, to, NULL };
	int fds[SEK_FEED_FDS_END] = { [0] = -1, [SEK_FEED_ENTRIES_FD] = out, [2] = -1, [SEK_FEED_KEY_FD] = -1 };
	struct sek_child_spec spec = { w->programs->feed, argv, fds, SEK_FEED_FDS_END };
	sek_status s;

	SEK_TRY(key_pipe(w, &fds[SEK_FEED_KEY_FD]));
	s = sek_child_spawn(w->children, &spec, on_feed_gone, w, &w->feed);
	close(fds[SEK_FEED_KEY_FD]);
	if (sek_is_ok(s))
		w->waiting++;
	return s;
}

static sek_status start_film(struct sek_work *w, int in, int out)
{
	char text[7][24];
	const char *argv[] = { w->programs->film, text[0], text[1], text[2], text[3], text[4], text[5], text[6], w->name, w->comment, NULL };
	int fds[SEK_FILM_FDS_END] = { [SEK_FILM_ENTRIES_FD] = in, [SEK_FILM_PROGRESS_FD] = out, [2] = -1, [SEK_FILM_FILE_FD] = w->fd };
	struct sek_child_spec spec = { w->programs->film, argv, fds, SEK_FILM_FDS_END };

	snprintf(text[0], sizeof text[0], "%u", w->width);
	snprintf(text[1], sizeof text[1], "%u", w->height);
	snprintf(text[2], sizeof text[2], "%u", w->fps);
	snprintf(text[3], sizeof text[3], "%" PRIu64, w->from_us);
	snprintf(text[4], sizeof text[4], "%" PRIu64, w->to_us);
	snprintf(text[5], sizeof text[5], "%" PRIu64, w->began_utc_us);
	snprintf(text[6], sizeof text[6], "%d", w->offset_minutes);
	return sek_child_spawn(w->children, &spec, on_worker_gone, w, &w->worker);
}

static sek_status start_words(struct sek_work *w, int in, int out)
{
	char from[24];
	const char *argv[] = { w->programs->words, w->languages, from, NULL };
	int fds[SEK_WORDS_FDS_END] = { [SEK_WORDS_ENTRIES_FD] = in, [SEK_WORDS_FOUND_FD] = out, [2] = -1 };
	struct sek_child_spec spec = { w->programs->words, argv, fds, SEK_WORDS_FDS_END };

	snprintf(from, sizeof from, "%" PRIu64, w->from_us);
	return sek_child_spawn(w->children, &spec, on_worker_gone, w, &w->worker);
}

static sek_status start_worker(struct sek_work *w, int in, int out)
{
	sek_status s = w->film ? start_film(w, in, out) : start_words(w, in, out);

	if (sek_is_ok(s))
		w->waiting++;
	return s;
}

static void shut(int p[2])
{
	for (int i = 0; i < 2; i++)
		if (p[i] >= 0)
			close(p[i]);
}

static sek_status start_both(struct sek_work *w)
{
	int entries[2] = { -1, -1 }, said[2] = { -1, -1 };
	char from[24], to[24];
	sek_status s;

	if (pipe2(entries, O_CLOEXEC) < 0 || pipe2(said, O_CLOEXEC) < 0) {
		s = sek_from_errno();
		shut(entries);
		shut(said);
		return s;
	}
	snprintf(from, sizeof from, "%" PRIu64, w->from_us);
	snprintf(to, sizeof to, "%" PRIu64, w->to_us);
	s = start_worker(w, entries[0], said[1]);
	if (sek_is_ok(s))
		s = start_feed(w, from, to, entries[1]);
	shut(entries);
	close(said[1]);
	if (sek_is_ok(s))
		return listen_to(w, said[0]);
	close(said[0]);
	return s;
}

static sek_status start_extent(struct sek_work *w)
{
	int said[2];
	sek_status s;

	if (pipe2(said, O_CLOEXEC) < 0)
		return sek_from_errno();
	s = start_feed(w, "extent", NULL, said[1]);
	close(said[1]);
	if (sek_is_ok(s))
		return listen_to(w, said[0]);
	close(said[0]);
	return s;
}

/* The second stage, or the only one. On failure what was started is ended, and then done is called. */
static void begin_work(struct sek_work *w)
{
	sek_status s;

	w->stage = STAGE_WORK;
	w->waiting++; /* until all is started */
	s = start_both(w);
	sodium_memzero(w->key, sizeof w->key);
	if (!sek_is_ok(s)) {
		wrong(w, s.code, "its programs cannot be started");
		close_heard(w);
	}
	step(w);
}

static struct sek_work *make(struct sek_children *children, const struct sek_work_programs *programs, const struct sek_work_job *job,
	const struct sek_work_ops *ops)
{
	struct sek_work *w = calloc(1, sizeof *w);

	if (!w)
		return NULL;
	w->children = children;
	w->programs = programs;
	w->ops = *ops;
	w->status = sek_ok();
	memcpy(w->key, job->key, sizeof w->key);
	snprintf(w->path, sizeof w->path, "%s", job->path);
	w->from_us = job->from_us;
	w->to_us = job->to_us;
	return w;
}

static void on_dead(uv_handle_t *handle)
{
	free(handle->data);
}

static sek_status start(struct sek_work *w, sek_status (*first)(struct sek_work *w), struct sek_work **ret)
{
	sek_status s = first(w);

	*ret = w;
	if (sek_is_ok(s))
		return s;
	*ret = NULL;
	/* what was started already ends by itself, and nobody is told */
	sek_child_leave(w->feed);
	sek_child_leave(w->worker);
	sodium_memzero(w->key, sizeof w->key);
	if (w->heard_open)
		uv_close((uv_handle_t *)&w->heard, on_dead);
	else
		free(w);
	return s;
}

sek_status sek_work_film(struct sek_children *children, const struct sek_work_programs *programs, const struct sek_film_job *job,
	const struct sek_work_ops *ops, struct sek_work **ret)
{
	struct sek_work *w = make(children, programs, &job->of, ops);

	if (!w)
		return sek_fail(SEK_E_NOMEM);
	w->film = true;
	w->fd = job->fd;
	w->fps = job->fps;
	w->began_utc_us = job->began_utc_us;
	w->offset_minutes = job->offset_minutes;
	snprintf(w->name, sizeof w->name, "%s", job->name);
	snprintf(w->comment, sizeof w->comment, "%s", job->comment);
	w->stage = STAGE_EXTENT;
	return start(w, start_extent, ret);
}

sek_status sek_work_words(struct sek_children *children, const struct sek_work_programs *programs, const struct sek_work_job *job,
	const char *languages, const struct sek_work_ops *ops, struct sek_work **ret)
{
	struct sek_work *w = make(children, programs, job, ops);

	if (!w)
		return sek_fail(SEK_E_NOMEM);
	snprintf(w->languages, sizeof w->languages, "%s", languages);
	w->stage = STAGE_WORK;
	return start(w, start_both, ret);
}

void sek_work_cancel(struct sek_work *w)
{
	if (w)
		wrong(w, SEK_E_CLOSED, "cancelled");
}
