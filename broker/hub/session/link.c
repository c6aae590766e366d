/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One connection to a render host: TCP socket and credentials are prepared side by side, then a decoder is started that
 * inherits both, the gap, the wake-up and the reading end of the input pipe (decoder.c). The broker keeps the writing end, and
 * the read-only gap descriptor and the wake-up for the encoder; it reads from none of them and maps none.
 */
#include "broker/hub/session/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "broker/gap/children.h"
#include "broker/hub/session/connect.h"
#include "broker/hub/session/secrets.h"

struct sek_host_link {
	struct sek_session *s;
	const struct sek_render_host *host;
	struct sek_connect *connect;    /* while it connects */
	struct sek_credential_job *job; /* while they are made */
	struct sek_secret_job *secret;  /* the same of a foreign host */
	struct sek_input *input;
	struct sek_child *decoder;
	int socket_fd;      /* until the decoder has it */
	int credentials_fd; /* the same: the reading end of a pipe that holds everything already */
	int gap_ro_fd, wake_fd;
	int control_fd;     /* to the decoder: SEK_DECODER_CONTROL_FD */
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void fail(struct sek_host_link *l, enum sek_state why, const char *step, sek_status s)
{
	char text[120], cause[200];

	snprintf(cause, sizeof cause, "%s: %s", step, sek_status_text(s, text, sizeof text));
	sek_session_link_failed(l->s, why, cause); /* takes the link down */
}

static void on_decoder_exit(void *user, int code, int signal_number)
{
	struct sek_host_link *l = user;

	l->decoder = NULL;
	sek_session_decoder_exit(l->s, code, signal_number);
}

static sek_status build(struct sek_host_link *l)
{
	struct sek_decoder_ends e;
	sek_status s;

	SEK_TRY(sek_decoder_ends_make(&l->s->all->layout, &e));
	s = sek_decoder_spawn(l->s->all, l->host, false, &e, l->socket_fd, l->credentials_fd, on_decoder_exit, l, &l->decoder);
	sek_decoder_ends_close_theirs(&e);
	close_fd(&l->socket_fd);
	close_fd(&l->credentials_fd);
	if (sek_is_ok(s)) {
		s = sek_input_open(l->input, e.input_write);
		e.input_write = -1;
	}
	l->gap_ro_fd = e.gap_ro;
	l->wake_fd = e.wake;
	l->control_fd = e.control_ours;
	e.gap_ro = e.wake = e.control_ours = -1;
	sek_decoder_ends_close(&e);
	return s;
}

static void go_on(struct sek_host_link *l)
{
	sek_status s;

	if (l->socket_fd < 0 || l->credentials_fd < 0)
		return;
	s = build(l);
	if (sek_is_ok(s))
		sek_session_link_up(l->s);
	else
		fail(l, SEK_STATE_INTERNAL, "starting the decoder", s);
}

static void on_connected(void *user, sek_status s, int fd)
{
	struct sek_host_link *l = user;

	l->connect = NULL;
	l->socket_fd = fd;
	if (sek_is_ok(s))
		go_on(l);
	else
		fail(l, SEK_STATE_HOST_UNREACHABLE, "connecting", s);
}

/* The pipe takes it all at once: then no copy of the key waits in the broker, and a decoder that does not read cannot
 * hold anything up. */
sek_status sek_link_fill_pipe(const uint8_t *bytes, size_t n, int *ret_read)
{
	int p[2];
	sek_status s = sek_ok();
	ssize_t k;

	if (pipe2(p, O_CLOEXEC) < 0)
		return sek_from_errno();
	if (fcntl(p[1], F_SETFL, O_NONBLOCK) < 0)
		s = sek_from_errno();
	if (sek_is_ok(s) && n > 65536 && fcntl(p[1], F_SETPIPE_SZ, (int)n) < 0)
		s = sek_from_errno();
	if (sek_is_ok(s)) {
		k = write(p[1], bytes, n);
		if (k < 0)
			s = sek_from_errno();
		else if ((size_t)k != n)
			s = sek_fail(SEK_E_LIMIT);
	}
	close(p[1]);
	if (sek_is_ok(s))
		*ret_read = p[0];
	else
		close(p[0]);
	return s;
}

static void on_credentials(void *user, sek_status s, const char *what, const uint8_t *bytes, size_t n)
{
	struct sek_host_link *l = user;

	l->job = NULL;
	l->secret = NULL;
	if (sek_is_ok(s)) {
		what = "credentials pipe";
		s = sek_link_fill_pipe(bytes, n, &l->credentials_fd);
	}
	if (sek_is_ok(s))
		go_on(l);
	else
		fail(l, SEK_STATE_INTERNAL, what, s);
}

static sek_status greet(struct sek_host_link *l, bool create)
{
	uint8_t frames[4 * SEK_FRAME_HEADER_BYTES + SEK_MSG_HELLO_MAX_BYTES + SEK_MSG_RULES_MAX_BYTES + SEK_MSG_CLIPBOARD_MODE_MAX_BYTES];
	struct sek_hello m = l->s->wish;
	struct sek_writer w;

	m.version_min = SEK_VERSION_MIN;
	m.version_max = SEK_VERSION_MAX;
	m.flags = (uint8_t)(SEK_HELLO_RULES | (create ? SEK_HELLO_CREATE : 0));
	m.max_width_px = l->s->all->config.max_width_px;
	m.max_height_px = l->s->all->config.max_height_px;
	sek_writer_init(&w, frames, sizeof frames);
	/* behind each other in the pipe, so that a foreign host's decoder knows of the clipboard before it connects */
	sek_hello_write(&w, &m);
	if (l->host->kind != SEK_KIND_SEKISHO)
		sek_clipboard_mode(l->s, &w);
	sek_session_rules(l->s, &w);
	if (!create)
		sek_empty_write(&w, SEK_MSG_RELEASE); /* a key that was down when the old link broke */
	SEK_ASSERT(sek_is_ok(sek_writer_status(&w)));
	return sek_input_put(l->input, SEK_INPUT_KEEP, frames, w.len);
}

static sek_status prepare(struct sek_host_link *l, bool create)
{
	struct sek_sessions *all = l->s->all;

	SEK_TRY(greet(l, create));
	SEK_TRY(sek_connect_start(all->loop, all->config.outer_address, l->host->address, l->host->port, on_connected,
		sek_sessions_release, all, l, &l->connect));
	sek_sessions_hold(all);
	if (l->host->kind == SEK_KIND_SEKISHO)
		SEK_TRY(sek_credentials_start(all->loop, &all->files, l->s->id, l->host->name, on_credentials,
			sek_sessions_release, all, l, &l->job));
	else
		SEK_TRY(sek_secret_start(all->loop, &all->files, all->secret_fn, all->secret_user, l->host, l->s->user, on_credentials,
			sek_sessions_release, all, l, &l->secret));
	sek_sessions_hold(all);
	return sek_ok();
}

sek_status sek_link_start(struct sek_session *s, bool create, struct sek_host_link **ret)
{
	struct sek_host_link *l = malloc(sizeof *l);
	sek_status st;

	if (!l)
		return sek_fail(SEK_E_NOMEM);
	*l = (struct sek_host_link){ .s = s, .host = s->host, .socket_fd = -1, .credentials_fd = -1, .gap_ro_fd = -1, .wake_fd = -1,
		.control_fd = -1 };
	l->input = sek_input_create(s->all->loop, sek_sessions_release, s->all);
	if (!l->input) {
		free(l);
		return sek_fail(SEK_E_NOMEM);
	}
	sek_sessions_hold(s->all);
	st = prepare(l, create);
	if (sek_is_ok(st))
		*ret = l;
	else
		sek_link_finish(l, false);
	return st;
}

void sek_link_finish(struct sek_host_link *l, bool tell_host)
{
	uint8_t frame[SEK_FRAME_HEADER_BYTES];
	struct sek_writer w;

	if (!l)
		return;
	sek_connect_cancel(l->connect);
	sek_credentials_cancel(l->job);
	sek_secret_cancel(l->secret);
	tell_host = tell_host && l->decoder;
	if (tell_host) {
		sek_writer_init(&w, frame, sizeof frame);
		sek_empty_write(&w, SEK_MSG_END);
		(void)sek_input_put(l->input, SEK_INPUT_KEEP, frame, w.len); /* if not: the host's own linger ends it */
	}
	/* A decoder that left at once would close its socket on pixels that are still coming in: a reset, which overtakes
	 * END. The host answers END by closing the line; then the decoder leaves by itself, or it is killed. */
	sek_input_finish(l->input, tell_host);
	sek_child_leave(l->decoder);
	close_fd(&l->socket_fd);
	close_fd(&l->credentials_fd);
	close_fd(&l->gap_ro_fd);
	close_fd(&l->wake_fd);
	close_fd(&l->control_fd);
	free(l);
}

sek_status sek_link_put(struct sek_session *s, enum sek_input_kind kind, const uint8_t *frame, size_t n)
{
	sek_status st;

	if (!s->link)
		return sek_ok();
	st = sek_input_put(s->link->input, kind, frame, n);
	if (sek_input_queued(s->link->input) && !s->at_ms[SEK_DL_INPUT])
		sek_deadline_in(s, SEK_DL_INPUT, s->all->times.stall_ms);
	return st;
}

bool sek_link_alive(const struct sek_host_link *l)
{
	return l->decoder != NULL;
}

size_t sek_link_queued(const struct sek_host_link *l)
{
	return sek_input_queued(l->input);
}

uint64_t sek_link_stalled_ms(const struct sek_host_link *l)
{
	return sek_input_stalled_ms(l->input);
}

int sek_link_pid(const struct sek_host_link *l)
{
	return sek_child_pid(l->decoder);
}

void sek_link_fds(const struct sek_host_link *l, int *ret_gap, int *ret_wake)
{
	*ret_gap = l->gap_ro_fd;
	*ret_wake = l->wake_fd;
}

sek_status sek_link_give_clipboard(const struct sek_host_link *l, int write_fd)
{
	_Alignas(struct cmsghdr) uint8_t ancillary[CMSG_SPACE(sizeof write_fd)] = { 0 };
	char byte = SEK_DECODER_CLIPBOARD;
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = ancillary, .msg_controllen = sizeof ancillary };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	if (!l || l->control_fd < 0)
		return sek_fail(SEK_E_CLOSED);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof write_fd);
	memcpy(CMSG_DATA(h), &write_fd, sizeof write_fd);
	return sendmsg(l->control_fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 ? sek_ok() : sek_from_errno();
}
