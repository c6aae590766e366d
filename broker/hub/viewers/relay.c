/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Between a session and the process that speaks RFB: frames of the client link, which the session takes like those of any client, and the
 * viewer's bytes, of which none is looked at here.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/gap/children.h"
#include "broker/hub/viewers/private.h"

struct message {
	uv_write_t request;
	struct viewer *viewer; /* it is there: its handle, whose write this is, keeps it */
	uint8_t bytes[];
};

/* --- what the session calls --- */

static size_t op_queued(void *client)
{
	const struct viewer *v = client;

	return v->hub_open ? uv_stream_get_write_queue_size((const uv_stream_t *)&v->hub) : 0;
}

static void on_sent(uv_write_t *request, int status)
{
	struct message *m = request->data;
	struct viewer *v = m->viewer;

	(void)status; /* a child that is gone is noticed by its end */
	free(m);
	if (!v->closing && v->session)
		sek_session_drained(v->session, v);
}

static void on_close_soon(uv_timer_t *t)
{
	sek_viewer_close(t->data, "slow");
}

static void op_send(void *client, const uint8_t *frame, size_t n)
{
	struct viewer *v = client;
	struct message *m;
	uv_buf_t buf;

	if (!v->hub_open || v->closing)
		return;
	m = op_queued(v) + n > SEK_VIEWER_QUEUE_MAX ? NULL : malloc(sizeof *m + n);
	if (!m) { /* not at once: the session is in the middle of something */
		uv_timer_start(&v->timer, on_close_soon, 0, 0);
		return;
	}
	memcpy(m->bytes, frame, n);
	m->viewer = v;
	m->request.data = m;
	buf = uv_buf_init((char *)m->bytes, (unsigned)n);
	if (uv_write(&m->request, (uv_stream_t *)&v->hub, &buf, 1, on_sent) < 0)
		free(m);
}

static void on_shutdown(uv_shutdown_t *request, int status)
{
	(void)status;
	free(request);
}

/* The child hears the end behind what was sent, shows the last words for a while, and leaves. */
static void op_close(void *client)
{
	struct viewer *v = client;
	uv_shutdown_t *request = v->hub_open ? malloc(sizeof *request) : NULL;

	v->session = NULL;
	if (request && uv_shutdown(request, (uv_stream_t *)&v->hub, on_shutdown) < 0)
		free(request);
	sek_viewer_deadline(v, SEK_VIEWER_CARD_MS);
}

static const struct sek_client_ops ops = { .queued = op_queued, .send = op_send, .close = op_close, .kind = "vnc viewer" };

void sek_viewer_last_words(struct viewer *v, enum sek_state state)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES + SEK_MSG_STATE_MAX_BYTES];
	struct sek_session *session = v->session;
	struct sek_writer w;

	sek_writer_init(&w, frame, sizeof frame);
	sek_state_write(&w, &(struct sek_state_msg){ .state = (uint16_t)state });
	if (sek_is_ok(sek_writer_status(&w)))
		op_send(v, frame, w.len);
	op_close(v);
	if (session)
		sek_session_detach(session, v);
}

/* --- frames of the child --- */

static void on_hub_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct viewer *v = handle->data;

	(void)suggested;
	*buf = uv_buf_init((char *)v->frames + v->frames_n, (unsigned)(sizeof v->frames - v->frames_n));
}

static void on_hub_read(uv_stream_t *stream, ssize_t k, const uv_buf_t *buf)
{
	struct viewer *v = stream->data;
	const char *wrong = NULL;
	size_t at = 0;

	(void)buf;
	if (k < 0) { /* its other socket says when it is over */
		uv_read_stop(stream);
		return;
	}
	v->frames_n += (size_t)k;
	while (!v->closing && at < v->frames_n && !wrong) {
		struct sek_frame f;
		size_t total;
		sek_status s = sek_frame_whole(v->frames + at, v->frames_n - at, SEK_LINK_CLIENT, SEK_DIR_UP, &f, &total);

		if (sek_is(s, SEK_E_AGAIN))
			break;
		if (!sek_is_ok(s)) {
			wrong = "its process sent a malformed frame";
			break;
		}
		if (v->session) /* may let go of the viewer */
			sek_session_receive(v->session, v, v->frames + at, total);
		at += total;
	}
	if (v->closing)
		return;
	memmove(v->frames, v->frames + at, v->frames_n - at);
	v->frames_n -= at;
	explicit_bzero(v->frames + v->frames_n, at);
	if (v->frames_n == sizeof v->frames)
		wrong = "its process sent a frame that is too long";
	if (wrong)
		sek_viewer_close(v, wrong);
}

/* --- the viewer's bytes --- */

static void on_rfb_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct viewer *v = handle->data;

	(void)suggested;
	if (v->out_at == v->out_n)
		v->out_at = v->out_n = 0;
	*buf = uv_buf_init((char *)v->out + v->out_n, (unsigned)(sizeof v->out - v->out_n));
}

static void on_rfb_read(uv_stream_t *stream, ssize_t k, const uv_buf_t *buf)
{
	struct viewer *v = stream->data;

	(void)buf;
	if (k == 0)
		return;
	uv_read_stop(stream);
	v->rfb_reading = false;
	if (k < 0) {
		v->rfb_open = false;
		uv_close((uv_handle_t *)&v->rfb, sek_viewer_closed);
		v->last = true;
	} else {
		v->out_n += (size_t)k;
	}
	sek_viewer_pump(v);
	if (!v->closing && v->out_at == v->out_n)
		sek_viewer_taken(v);
}

void sek_viewer_taken(struct viewer *v)
{
	if (v->step != STEP_RUNNING || !v->rfb_open || v->rfb_reading)
		return;
	v->rfb_reading = uv_read_start((uv_stream_t *)&v->rfb, on_rfb_alloc, on_rfb_read) == 0;
}

static void on_delivered(uv_write_t *request, int status)
{
	struct viewer *v = request->data;

	v->delivering = false;
	if (v->closing)
		return;
	explicit_bzero(v->in, v->in_n);
	v->in_n = 0;
	if (status < 0)
		return; /* the child is gone: its end is on its way */
	sek_viewer_pump(v);
}

void sek_viewer_deliver(struct viewer *v)
{
	uv_buf_t buf = uv_buf_init((char *)v->in, (unsigned)v->in_n);

	v->delivery.data = v;
	v->delivering = uv_write(&v->delivery, (uv_stream_t *)&v->rfb, &buf, 1, on_delivered) == 0;
}

/* --- life --- */

static void on_exit_of(void *user, int code, int signal_number)
{
	struct viewer *v = user;

	v->child = NULL;
	if (code == SEK_EXIT_OK && !signal_number)
		return;
	v->all->counts.faults++;
	sek_log(SEK_LOG_WARN, "viewer.process", "user", v->user, "address", v->address, "code", sek_logf("%d", code), "signal",
		sek_logf("%d", signal_number), NULL);
}

static bool open_pipe(struct viewer *v, uv_pipe_t *pipe, int fd, bool *ret_open)
{
	if (uv_pipe_init(v->all->loop, pipe, 0) < 0) {
		close(fd);
		return false;
	}
	pipe->data = v;
	v->handles++;
	*ret_open = true;
	if (uv_pipe_open(pipe, fd) == 0)
		return true;
	close(fd);
	return false;
}

static bool spawn(struct viewer *v, int hub_fd, int viewer_fd)
{
	const struct sek_viewers_config *c = &v->all->config;
	char numbers[4][8];
	const char *const argv[] = { c->program, numbers[0], numbers[1], numbers[2], numbers[3], c->lang == SEK_LANG_JA ? "ja" : "en", NULL };
	int fds[SEK_RFB_FDS_END] = { [0] = -1, [1] = -1, [2] = STDERR_FILENO, [SEK_RFB_HUB_FD] = hub_fd, [SEK_RFB_VIEWER_FD] = viewer_fd };
	const struct sek_child_spec spec = { c->program, argv, fds, SEK_RFB_FDS_END };
	const uint16_t sizes[4] = { c->max_width_px, c->max_height_px, c->width_px, c->height_px };

	if (fcntl(STDERR_FILENO, F_GETFD) < 0)
		fds[2] = -1;
	for (int i = 0; i < 4; i++)
		snprintf(numbers[i], sizeof numbers[i], "%u", sizes[i]);
	return sek_is_ok(sek_child_spawn(&v->all->children, &spec, on_exit_of, v, &v->child));
}

bool sek_viewer_start(struct viewer *v)
{
	int hub[2] = { -1, -1 }, rfb[2] = { -1, -1 };
	bool ok = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, hub) == 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, rfb) == 0;

	ok = ok && spawn(v, hub[1], rfb[1]);
	ok = ok && open_pipe(v, &v->hub, hub[0], &v->hub_open);
	if (ok)
		hub[0] = -1;
	ok = ok && open_pipe(v, &v->rfb, rfb[0], &v->rfb_open);
	if (ok)
		rfb[0] = -1;
	else if (v->hub_open)
		hub[0] = -1;
	for (int i = 0; i < 2; i++) {
		if (hub[i] >= 0)
			close(hub[i]);
		if (rfb[i] >= 0)
			close(rfb[i]);
	}
	ok = ok && uv_read_start((uv_stream_t *)&v->hub, on_hub_alloc, on_hub_read) == 0;
	ok = ok && sek_is_ok(sek_session_attach(v->all->sessions, v->id, v->user, &ops, v, &v->session));
	if (!ok)
		return false;
	v->step = STEP_RUNNING;
	v->all->counts.opened++;
	sek_log(SEK_LOG_INFO, "viewer.open", "user", v->user, "address", v->address, NULL);
	return true;
}

void sek_viewer_relay_drop(struct viewer *v)
{
	struct sek_session *session = v->session;

	v->session = NULL;
	if (session)
		sek_session_detach(session, v);
	if (v->hub_open)
		uv_close((uv_handle_t *)&v->hub, sek_viewer_closed);
	if (v->rfb_open)
		uv_close((uv_handle_t *)&v->rfb, sek_viewer_closed);
	v->hub_open = v->rfb_open = false;
	sek_child_leave(v->child); /* it sees the ends of its sockets */
	v->child = NULL;
}
