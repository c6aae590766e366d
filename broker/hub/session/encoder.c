/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The clean child: started on the link's gap, read only as fast as the client reads. A frame that is wrong here is a
 * fault of ours or a break-in: the encoder is killed, never argued with.
 */
#include "broker/hub/session/internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/gap/children.h"

enum {
	FIRST_BYTES = 65536,
	KEEP_BYTES = 262144, /* a larger buffer is given back when it is empty */
};

struct sek_encoder {
	struct sek_session *s;
	struct sek_sessions *all;
	struct sek_child *child;
	uv_pipe_t hub;
	uint32_t epoch;
	bool reading, ended; /* ended: its socket said so */
	bool finished;       /* the session let go */
	bool faulty;         /* killed by us; its exit is still to come */
	bool urgent, busy;
	uint8_t *bytes; /* [0..n) arrived and were not handled */
	size_t n, size;
};

struct send {
	uv_write_t req;
	uint8_t bytes[];
};

static void on_read(uv_stream_t *stream, ssize_t k, const uv_buf_t *buf);

/* --- to the encoder --- */

static void fault(struct sek_encoder *e, const char *what)
{
	if (e->faulty)
		return;
	e->faulty = true;
	sek_log(SEK_LOG_ERROR, "encoder.fault", "session", e->s->id_hex, "what", what, NULL);
	uv_read_stop((uv_stream_t *)&e->hub);
	if (e->child)
		sek_child_kill(e->child);
}

static void on_sent(uv_write_t *req, int status)
{
	(void)status; /* a dead encoder is noticed by its exit */
	free(req->data);
}

void sek_encoder_send(struct sek_encoder *e, const uint8_t *frame, size_t n)
{
	struct send *send;
	uv_buf_t buf;

	if (!e || e->finished || e->faulty || e->ended)
		return;
	if (uv_stream_get_write_queue_size((uv_stream_t *)&e->hub) + n > SEK_ENCODER_QUEUE_MAX_BYTES) {
		fault(e, "does not read its socket");
		return;
	}
	send = malloc(sizeof *send + n);
	if (!send) {
		fault(e, "out of memory");
		return;
	}
	memcpy(send->bytes, frame, n);
	send->req.data = send;
	buf = uv_buf_init((char *)send->bytes, (unsigned)n);
	if (uv_write(&send->req, (uv_stream_t *)&e->hub, &buf, 1, on_sent) < 0)
		free(send);
}

void sek_encoder_ack(struct sek_encoder *e, uint32_t frame)
{
	uint8_t bytes[SEK_FRAME_HEADER_BYTES + SEK_MSG_ACK_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_ack_write(&w, &(struct sek_ack){ frame });
	sek_encoder_send(e, bytes, w.len);
}

void sek_encoder_look(struct sek_encoder *e, bool visible, bool refresh)
{
	uint8_t bytes[2 * SEK_FRAME_HEADER_BYTES + SEK_MSG_VISIBILITY_MAX_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, bytes, sizeof bytes);
	sek_visibility_write(&w, &(struct sek_visibility){ visible });
	if (refresh)
		sek_empty_write(&w, SEK_MSG_REFRESH);
	sek_encoder_send(e, bytes, w.len);
}

/* --- from the encoder --- */

static sek_status grow(struct sek_encoder *e, size_t size)
{
	uint8_t *bytes;

	if (size <= e->size)
		return sek_ok();
	bytes = realloc(e->bytes, size);
	if (!bytes)
		return sek_fail(SEK_E_NOMEM);
	e->bytes = bytes;
	e->size = size;
	return sek_ok();
}

static bool may_go_on(const struct sek_encoder *e)
{
	return !e->finished && !e->faulty && (e->urgent || sek_client_has_room(e->s));
}

/* Handles what arrived. Returns what is wrong, or NULL. */
static const char *handle(struct sek_encoder *e)
{
	const char *wrong = NULL;
	size_t at = 0;

	while (!wrong && at < e->n && may_go_on(e)) {
		struct sek_frame f;
		size_t total;
		sek_status s = sek_frame_whole(e->bytes + at, e->n - at, SEK_LINK_HUB, SEK_DIR_DOWN, &f, &total);

		if (sek_is(s, SEK_E_AGAIN)) {
			/* the header alone tells how much room the rest needs; its bound was checked */
			if (sek_is_ok(sek_frame_parse(e->bytes + at, e->n - at, SEK_LINK_HUB, SEK_DIR_DOWN, &f)) &&
			    !sek_is_ok(grow(e, SEK_FRAME_HEADER_BYTES + (size_t)f.payload_bytes)))
				wrong = "out of memory";
			break;
		}
		if (!sek_is_ok(s))
			return "a malformed frame";
		wrong = sek_downstream(e->s, e->epoch, &f, e->bytes + at, total);
		at += total;
	}
	if (at) {
		memmove(e->bytes, e->bytes + at, e->n - at);
		e->n -= at;
	}
	return wrong;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct sek_encoder *e = handle->data;

	(void)suggested;
	if (e->n == 0 && e->size > KEEP_BYTES) {
		free(e->bytes);
		e->bytes = NULL;
		e->size = 0;
	}
	if (!sek_is_ok(grow(e, FIRST_BYTES)) || e->n == e->size) {
		*buf = uv_buf_init(NULL, 0);
		return;
	}
	*buf = uv_buf_init((char *)e->bytes + e->n, (unsigned)(e->size - e->n));
}

static void process(struct sek_encoder *e)
{
	const char *wrong;

	if (e->busy) /* a callback of front/ came back to us: the loop below looks again */
		return;
	e->busy = true;
	wrong = handle(e);
	e->busy = false;
	if (e->finished)
		return;
	if (wrong) {
		fault(e, wrong);
		return;
	}
	bool want = may_go_on(e) && !e->ended;

	if (want && !e->reading)
		uv_read_start((uv_stream_t *)&e->hub, on_alloc, on_read);
	else if (!want && e->reading)
		uv_read_stop((uv_stream_t *)&e->hub);
	e->reading = want;
}

static void on_read(uv_stream_t *stream, ssize_t k, const uv_buf_t *buf)
{
	struct sek_encoder *e = stream->data;

	(void)buf;
	if (k == 0)
		return;
	if (k > 0) {
		e->n += (size_t)k;
		process(e);
	} else if (k == UV_ENOBUFS) {
		fault(e, "out of memory");
	} else { /* its exit will say more; if it does not exit it is killed */
		e->ended = true;
		e->reading = false;
		uv_read_stop(stream);
		if (e->child)
			sek_child_expire(e->child);
	}
}

void sek_encoder_resume(struct sek_encoder *e)
{
	if (!e->finished && !e->faulty)
		process(e);
}

void sek_encoder_urgent(struct sek_encoder *e)
{
	e->urgent = true;
	sek_encoder_resume(e);
}

/* --- life --- */

static void on_closed(uv_handle_t *handle)
{
	struct sek_encoder *e = handle->data;
	struct sek_sessions *all = e->all;

	free(e->bytes);
	free(e);
	sek_sessions_release(all);
}

static void on_exit_of(void *user, int code, int signal_number)
{
	struct sek_encoder *e = user;

	e->child = NULL;
	sek_session_encoder_exit(e->s, code, signal_number);
}

static sek_status spawn(struct sek_encoder *e, int hub_fd)
{
	const struct sek_sessions_config *config = &e->all->config;
	char width[8], height[8];
	const char *const argv[] = { config->encoder_path, width, height, NULL };
	int fds[SEK_ENCODER_FDS_END] = { [0] = -1, [1] = -1, [2] = STDERR_FILENO, [SEK_ENCODER_HUB_FD] = hub_fd };
	struct sek_child_spec spec = { config->encoder_path, argv, fds, SEK_ENCODER_FDS_END };

	sek_link_fds(e->s->link, &fds[SEK_ENCODER_GAP_FD], &fds[SEK_ENCODER_WAKE_FD]);
	if (fcntl(STDERR_FILENO, F_GETFD) < 0)
		fds[2] = -1;
	snprintf(width, sizeof width, "%u", config->max_width_px);
	snprintf(height, sizeof height, "%u", config->max_height_px);
	return sek_child_spawn(&e->all->children, &spec, on_exit_of, e, &e->child);
}

sek_status sek_encoder_start(struct sek_session *s, struct sek_encoder **ret)
{
	struct sek_encoder *e = calloc(1, sizeof *e);
	int pair[2];
	sek_status st;

	if (!e)
		return sek_fail(SEK_E_NOMEM);
	e->s = s;
	e->all = s->all;
	e->epoch = ++s->epoch;
	s->client.synced = false; /* its first frame is a keyframe of its own */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		st = sek_from_errno();
		free(e);
		return st;
	}
	uv_pipe_init(s->all->loop, &e->hub, 0);
	e->hub.data = e;
	sek_sessions_hold(s->all);
	st = sek_from_uv(uv_pipe_open(&e->hub, pair[0]));
	if (!sek_is_ok(st))
		close(pair[0]);
	if (sek_is_ok(st))
		st = spawn(e, pair[1]);
	close(pair[1]);
	if (sek_is_ok(st))
		st = sek_from_uv(uv_read_start((uv_stream_t *)&e->hub, on_alloc, on_read));
	if (!sek_is_ok(st)) {
		sek_encoder_finish(e);
		return st;
	}
	e->reading = true;
	*ret = e;
	return st;
}

void sek_encoder_finish(struct sek_encoder *e)
{
	if (!e || e->finished)
		return;
	e->finished = true;
	sek_child_leave(e->child);
	e->child = NULL;
	uv_close((uv_handle_t *)&e->hub, on_closed); /* the encoder sees the end of its socket and leaves */
}

int sek_encoder_pid(const struct sek_encoder *e)
{
	return sek_child_pid(e->child);
}
