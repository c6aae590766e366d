/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One connection to a render host: TCP socket and credentials are prepared side by side, then a decoder is started that
 * inherits both, the gap, the wake-up and the reading end of the input pipe. The broker keeps the writing end, and
 * the read-only gap descriptor and the wake-up for the encoder; it reads from none of them and maps none.
 */
#include "broker/hub/session/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "broker/gap/children.h"
#include "broker/hub/session/connect.h"

struct sek_host_link {
	struct sek_session *s;
	const struct sek_render_host *host;
	struct sek_connect *connect;    /* while it connects */
	struct sek_credential_job *job; /* while they are made */
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

static sek_status start_decoder(struct sek_host_link *l, int gap_rw, int input_read, int control)
{
	const struct sek_sessions *all = l->s->all;
	char width[8], height[8];
	const char *const argv[] = { all->config.decoder_path, width, height, l->host->name, NULL };
	const int fds[SEK_DECODER_FDS_END] = {
		[0] = -1, [1] = -1, [2] = -1,
		[SEK_DECODER_HOST_FD] = l->socket_fd,
		[SEK_DECODER_GAP_FD] = gap_rw,
		[SEK_DECODER_WAKE_FD] = l->wake_fd,
		[SEK_DECODER_INPUT_FD] = input_read,
		[SEK_DECODER_CONTROL_FD] = control,
		[SEK_DECODER_CREDENTIALS_FD] = l->credentials_fd,
	};
	struct sek_child_spec spec = { all->config.decoder_path, argv, fds, SEK_DECODER_FDS_END };

	snprintf(width, sizeof width, "%u", all->config.max_width_px);
	snprintf(height, sizeof height, "%u", all->config.max_height_px);
	return sek_child_spawn(&l->s->all->children, &spec, on_decoder_exit, l, &l->decoder);
}

static sek_status build(struct sek_host_link *l)
{
	int gap_rw = -1, input[2] = { -1, -1 }, control[2] = { -1, -1 };
	sek_status s;

	l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->wake_fd < 0)
		return sek_from_errno();
	SEK_TRY(sek_gap_create(&l->s->all->layout, &gap_rw, &l->gap_ro_fd));
	s = pipe2(input, O_CLOEXEC) < 0 ? sek_from_errno() : sek_ok();
	if (sek_is_ok(s) && fcntl(input[1], F_SETFL, O_NONBLOCK) < 0) /* our end only */
		s = sek_from_errno();
	if (sek_is_ok(s) && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) < 0)
		s = sek_from_errno();
	l->control_fd = control[1];
	/* one way: whatever the decoder writes to its end fails */
	if (sek_is_ok(s) && shutdown(control[1], SHUT_RD) < 0)
		s = sek_from_errno();
	if (sek_is_ok(s))
		s = start_decoder(l, gap_rw, input[0], control[0]);
	close_fd(&control[0]);
	close_fd(&gap_rw);
	close_fd(&input[0]);
	close_fd(&l->socket_fd);
	close_fd(&l->credentials_fd);
	if (sek_is_ok(s)) {
		s = sek_input_open(l->input, input[1]);
		input[1] = -1;
	}
	close_fd(&input[1]);
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
	uint8_t frames[3 * SEK_FRAME_HEADER_BYTES + SEK_MSG_HELLO_MAX_BYTES + SEK_MSG_RULES_MAX_BYTES];
	struct sek_hello m = l->s->wish;
	struct sek_writer w;

	m.version_min = SEK_VERSION_MIN;
	m.version_max = SEK_VERSION_MAX;
	m.flags = (uint8_t)(SEK_HELLO_RULES | (create ? SEK_HELLO_CREATE : 0));
	m.max_width_px = l->s->all->config.max_width_px;
	m.max_height_px = l->s->all->config.max_height_px;
	sek_writer_init(&w, frames, sizeof frames);
	sek_hello_write(&w, &m);
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
	SEK_TRY(sek_credentials_start(all->loop, &all->files, l->s->id, l->host->name, on_credentials,
		sek_sessions_release, all, l, &l->job));
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
