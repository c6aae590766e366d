/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Making a session: directory, cgroup, sandbox, then capture; and giving capture a stream for a link.
 */
#include "render-host/renderd/session_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "render-host/renderd/process.h"
#include "render-host/renderd/refresh.h"
#include "render-host/session.h"

enum { WARM_NICE = 10, BUILD_MS = 30000, ARGUMENTS_MAX = 32 + 2 * SEK_RENDERD_ALLOW_MAX, PACKET_BYTES = 64 };

/* What a former session of the slot left is gone by then: a slot is freed after its directory. */
static sek_status make_directory(struct sek_live *s)
{
	uid_t uid = sek_renderd_uid(s->host->config, s->slot);

	if (mkdir(s->directory, 0700) != 0)
		return sek_from_errno();
	if (chown(s->directory, uid, uid) != 0)
		return sek_from_errno();
	return sek_ok();
}

/* For sekisho-sandbox, which reads it as root. Nothing of the session runs yet that could have put something there. */
static sek_status write_rules(struct sek_live *s)
{
	char path[sizeof s->directory + 16];
	sek_status status = sek_ok();
	int fd;

	if (s->rules_n == 0)
		return status;
	snprintf(path, sizeof path, "%s/" SEK_SESSION_RULES_FILE, s->directory);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return sek_from_errno();
	if (write(fd, s->rules, s->rules_n) != (ssize_t)s->rules_n)
		status = sek_from_errno();
	close(fd);
	return status;
}

static sek_status make_group(struct sek_live *s)
{
	const struct sek_renderd_config *c = s->host->config;
	const struct sek_cgroup_limits limits = { .memory_bytes = (uint64_t)c->sessions.memory_mib << 20,
						  .processes = c->sessions.processes };

	SEK_TRY(sek_cgroup_create(s->host->cgroups, s->slot, &limits, &s->group));
	s->has_group = true;
	return sek_ok();
}

static sek_status start_sandbox(struct sek_live *s, int status_fd, int documents_fd)
{
	const struct sek_renderd_config *c = s->host->config;
	const char *argv[ARGUMENTS_MAX], *uid = sek_logf("%u", sek_renderd_uid(c, s->slot));
	struct sek_launch launch = { .argv = argv, .group = &s->group, .uid = 0, .fd = status_fd, .fd2 = documents_fd,
				     .nice = s->warm ? WARM_NICE : 0 };
	char rules[sizeof s->directory + 16];
	size_t n = 0;
	unsigned i;
	const char *const fixed[] = {
		c->programs.sandbox, "--dir", s->directory, "--uid", uid, "--gid", uid,
		"--egress-uid", sek_logf("%u", sek_renderd_egress_uid(c, s->slot)),
		"--max", sek_logf("%ux%u", s->max_width_px, s->max_height_px),
		"--size", sek_logf("%ux%u", s->hello.width_px, s->hello.height_px),
		"--scale", sek_logf("%u", s->hello.scale_percent),
		"--lang", s->hello.lang == SEK_LANG_EN ? "en" : "ja", "--policy", c->browser.policy_file,
	};

	for (; n < sizeof fixed / sizeof fixed[0]; n++)
		argv[n] = fixed[n];
	if (c->egress.upstream) {
		argv[n++] = "--upstream";
		argv[n++] = c->egress.upstream;
	}
	for (i = 0; i < c->egress.allow_count; i++) {
		argv[n++] = "--allow";
		argv[n++] = c->egress.allow[i];
	}
	if (s->rules_n > 0) {
		snprintf(rules, sizeof rules, "%s/" SEK_SESSION_RULES_FILE, s->directory);
		argv[n++] = "--rules";
		argv[n++] = rules;
	}
	argv[n++] = "--documents";
	if (s->devtools[0]) {
		argv[n++] = "--devtools";
		argv[n++] = s->devtools;
	}
	argv[n] = NULL;
	return sek_process_start(&launch, &s->sandbox);
}

static void on_build_timeout(uv_timer_t *timer)
{
	sek_live_end(timer->data, SEK_STATE_HOST_FAULT, "the sandbox was not ready in time");
}

static sek_status start_capture(struct sek_live *s)
{
	const struct sek_renderd_config *c = s->host->config;
	const char *const argv[] = { c->programs.capture, "--dir", s->directory, "--max",
				     sek_logf("%ux%u", s->max_width_px, s->max_height_px), NULL };
	struct sek_launch launch = { .argv = argv, .group = &s->group, .uid = sek_renderd_uid(c, s->slot) };
	sek_status status;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0)
		return sek_from_errno();
	launch.fd = fds[1];
	status = sek_process_start(&launch, &s->capture);
	close(fds[1]);
	if (!sek_is_ok(status)) {
		close(fds[0]);
		return status;
	}
	s->control_fd = fds[0];
	s->phase = LIVE_RUNNING;
	/* the timer goes on: the browser's first window must come within the same time */
	SEK_TRY(sek_live_tell(s, SEK_STATE_STARTING));
	if (s->host->refresh_level > 0)
		SEK_TRY(sek_refresh_tell(s));
	return s->link ? sek_live_attach(s) : sek_ok();
}

static void on_window(struct sek_live *s)
{
	s->window = true;
	if (!s->warm)
		return;
	sek_process_unnice(sek_renderd_uid(s->host->config, s->slot), s->sandbox);
	sek_process_unnice(sek_renderd_egress_uid(s->host->config, s->slot), 0);
	sek_warm_worked(s->host);
}

static void take_word(struct sek_live *s, char word)
{
	const char *age = sek_logf("%llu", (unsigned long long)(uv_now(&s->host->loop) - s->started_ms));

	if (word == 'r' && s->phase == LIVE_BUILDING) {
		sek_log(SEK_LOG_INFO, "session.ready", "session", s->hex, "ms", age, NULL);
		if (!sek_is_ok(start_capture(s)))
			sek_live_end(s, SEK_STATE_HOST_FAULT, "capture cannot be started");
	} else if (word == 'b') {
		sek_log(SEK_LOG_INFO, "session.browser", "session", s->hex, "ms", age, NULL);
		if (s->phase != LIVE_RUNNING)
			return;
		uv_timer_stop(&s->timer);
		on_window(s);
		if (!sek_is_ok(sek_live_tell(s, SEK_STATE_RUNNING)))
			sek_live_end(s, SEK_STATE_HOST_FAULT, "capture does not listen");
	} else {
		sek_counts_egress(s, word);
	}
}

static void on_status(uv_poll_t *poll, int status, int events)
{
	struct sek_live *s = poll->data;
	char words[256];
	ssize_t n = read(s->status_fd, words, sizeof words), i;

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR) && status >= 0)
		return;
	if (n <= 0)
		uv_poll_stop(poll); /* the sandbox's end is told by its death */
	for (i = 0; i < n && s->status_open; i++)
		take_word(s, words[i]);
}

static sek_status watch_status(struct sek_live *s, int fd)
{
	int e = uv_poll_init(&s->host->loop, &s->status, fd);

	if (e != 0) {
		close(fd);
		return sek_from_uv(e);
	}
	s->status_fd = fd;
	s->status_open = true;
	s->status.data = s;
	s->open_handles++;
	return sek_from_uv(uv_poll_start(&s->status, UV_READABLE, on_status));
}

static sek_status failed(struct sek_live *s, const char *what, sek_status status)
{
	char text[128];

	if (!sek_is_ok(status))
		sek_log(SEK_LOG_ERROR, "session.fault", "session", s->hex, "what", what, "why",
			sek_status_text(status, text, sizeof text), NULL);
	return status;
}

sek_status sek_live_build(struct sek_live *s)
{
	sek_status status;
	int fds[2], documents[2];

	SEK_TRY(failed(s, "directory", make_directory(s)));
	SEK_TRY(failed(s, "rules", write_rules(s)));
	SEK_TRY(failed(s, "cgroup", make_group(s)));
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
		return failed(s, "pipe", sek_from_errno());
	/* the writing end must block for the sandbox: it writes single bytes and does not expect EAGAIN */
	(void)fcntl(fds[1], F_SETFL, 0);
	status = watch_status(s, fds[0]);
	if (sek_is_ok(status))
		status = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, documents) == 0 ? sek_ok() :
			sek_from_errno();
	if (sek_is_ok(status)) {
		s->documents_fd = documents[0];
		status = start_sandbox(s, fds[1], documents[1]);
		close(documents[1]);
	}
	close(fds[1]);
	if (sek_is_ok(status))
		uv_timer_start(&s->timer, on_build_timeout, BUILD_MS, 0);
	return failed(s, "sandbox", status);
}

/* One packet, with a descriptor unless that is -1. */
static sek_status send_packet(int via, const struct sek_writer *w, int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { w->start, w->len };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };

	SEK_ASSERT(!w->failed);
	if (fd >= 0) {
		struct cmsghdr *c;

		memset(&control, 0, sizeof control);
		m.msg_control = &control;
		m.msg_controllen = sizeof control.space;
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	return sendmsg(via, &m, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)w->len ? sek_ok() : sek_from_errno();
}

sek_status sek_live_attach(struct sek_live *s)
{
	uint8_t memory[PACKET_BYTES];
	struct sek_writer w;
	sek_status status;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0)
		return sek_from_errno();
	sek_writer_init(&w, memory, sizeof memory);
	sek_hello_write(&w, &s->hello);
	status = send_packet(s->control_fd, &w, fds[1]);
	close(fds[1]);
	if (!sek_is_ok(status)) {
		close(fds[0]);
		return failed(s, "attach", status);
	}
	sek_peer_stream(s->link, fds[0]);
	return status;
}

sek_status sek_live_give_document(struct sek_live *s, const struct sek_document_msg *ask, int *ret_fd)
{
	uint8_t memory[PACKET_BYTES];
	struct sek_writer w;
	sek_status status;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0)
		return sek_from_errno();
	sek_writer_init(&w, memory, sizeof memory);
	sek_document_msg_write(&w, ask);
	status = send_packet(s->documents_fd, &w, fds[1]);
	close(fds[1]);
	if (sek_is_ok(status))
		*ret_fd = fds[0];
	else
		close(fds[0]);
	return failed(s, "document", status);
}

sek_status sek_live_packet(struct sek_live *s, const struct sek_writer *w)
{
	return send_packet(s->control_fd, w, -1);
}

sek_status sek_live_tell(struct sek_live *s, enum sek_state state)
{
	struct sek_state_msg m = { .state = (uint16_t)state };
	uint8_t memory[PACKET_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, memory, sizeof memory);
	sek_state_write(&w, &m);
	return send_packet(s->control_fd, &w, -1);
}
