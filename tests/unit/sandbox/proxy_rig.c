/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The proxy as a child process, and sockets that fail the test instead of hanging.
 */
#include "tests/unit/sandbox/proxy_rig.h"

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "render-host/helpers.h"

enum { ARGS_MAX = 16, PATIENCE_S = 5 };

static int listen_somewhere(uint16_t *ret_port, int flags)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	ck_assert_int_ge(s, 0);
	ck_assert_int_eq(bind(s, (const struct sockaddr *)&a, sizeof a), 0);
	ck_assert_int_eq(listen(s, 512), 0);
	ck_assert_int_eq(getsockname(s, (struct sockaddr *)&a, &n), 0);
	*ret_port = ntohs(a.sin_port);
	return s;
}

/* In the child: a private view of the file system in which /etc/hosts is ours. */
static bool take_hosts(const char *hosts)
{
	char path[] = "/tmp/sek-hosts-XXXXXX";
	int fd = mkstemp(path);
	bool ok = fd >= 0 && fchmod(fd, 0644) == 0 && write(fd, hosts, strlen(hosts)) == (ssize_t)strlen(hosts) &&
		unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		mount(path, "/etc/hosts", NULL, MS_BIND, NULL) == 0;

	if (fd >= 0)
		unlink(path);
	return ok;
}

void proxy_start(struct proxy *p, const char *const *args, const char *hosts)
{
	proxy_start_with(p, args, hosts, -1);
}

int proxy_count_fd = -1;

void proxy_start_with(struct proxy *p, const char *const *args, const char *hosts, int rules)
{
	char *argv[ARGS_MAX] = { (char *)(uintptr_t) "sekisho-egress" };
	int listener = listen_somewhere(&p->port, SOCK_NONBLOCK);

	for (int i = 0; args[i]; i++)
		argv[i + 1] = (char *)(uintptr_t)args[i];
	p->pid = fork();
	ck_assert_int_ge(p->pid, 0);
	if (p->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (hosts && !take_hosts(hosts))
			_exit(99);
		/* both away from the numbers that they are to get */
		listener = fcntl(listener, F_DUPFD, 10);
		rules = rules < 0 ? -1 : fcntl(rules, F_DUPFD, 10);
		if (rules >= 0 && dup2(rules, SEK_EGRESS_RULES_FD) < 0)
			_exit(96);
		if (proxy_count_fd >= 0 && dup2(proxy_count_fd, SEK_EGRESS_COUNT_FD) < 0)
			_exit(95);
		if (listener != SEK_EGRESS_LISTEN_FD && dup2(listener, SEK_EGRESS_LISTEN_FD) < 0)
			_exit(98);
		fcntl(SEK_EGRESS_LISTEN_FD, F_SETFD, 0);
		execv(SEK_TEST_EGRESS, argv);
		_exit(97);
	}
	close(listener);
}

void proxy_stop(struct proxy *p)
{
	int status;

	ck_assert_int_eq(waitpid(p->pid, &status, WNOHANG), 0); /* nothing that was done to it has ended it */
	kill(p->pid, SIGTERM);
	ck_assert_int_eq(waitpid(p->pid, &status, 0), p->pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}

static void be_patient(int fd)
{
	struct timeval t = { .tv_sec = PATIENCE_S };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
}

int origin_listen(uint16_t *ret_port)
{
	return listen_somewhere(ret_port, 0);
}

bool origin_has_client(int listener, int wait_ms)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };

	return poll(&p, 1, wait_ms) == 1;
}

int origin_accept(int listener)
{
	int fd;

	ck_assert_msg(origin_has_client(listener, PATIENCE_S * 1000), "nobody connects to the origin");
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	be_patient(fd);
	return fd;
}

int browser_connect(const struct proxy *p)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(p->port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(s, 0);
	be_patient(s);
	ck_assert_int_eq(connect(s, (const struct sockaddr *)&a, sizeof a), 0);
	return s;
}

void say_bytes(int fd, const void *bytes, size_t n)
{
	const char *p = bytes;

	while (n) {
		ssize_t w = send(fd, p, n, MSG_NOSIGNAL);

		ck_assert_int_gt(w, 0);
		p += w;
		n -= (size_t)w;
	}
}

void say(int fd, const char *text)
{
	say_bytes(fd, text, strlen(text));
}

void hear_head(int fd, char *text, size_t size)
{
	size_t n = 0;

	for (;;) {
		ck_assert_uint_lt(n + 1, size);
		ck_assert_int_eq(recv(fd, text + n, 1, 0), 1);
		text[++n] = 0;
		if (n >= 4 && strcmp(text + n - 4, "\r\n\r\n") == 0)
			return;
	}
}

void hear_bytes(int fd, void *bytes, size_t n)
{
	char *p = bytes;

	while (n) {
		ssize_t r = recv(fd, p, n, 0);

		ck_assert_int_gt(r, 0);
		p += r;
		n -= (size_t)r;
	}
}

size_t hear_all(int fd, char *text, size_t size)
{
	size_t n = 0;
	ssize_t r;

	while ((r = recv(fd, text + n, size - 1 - n, 0)) > 0)
		n += (size_t)r;
	ck_assert_int_eq(r, 0);
	text[n] = 0;
	return n;
}

int ask(const struct proxy *p, const char *format, ...)
{
	char text[16384];
	int fd = browser_connect(p), status = 0;
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	say(fd, text);
	hear_all(fd, text, sizeof text);
	close(fd);
	ck_assert_msg(sscanf(text, "HTTP/1.1 %d ", &status) == 1, "answer: %s", text);
	return status;
}
