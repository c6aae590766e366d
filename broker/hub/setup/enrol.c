/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See enrol.h. Must never read from the socket: its only reader is the jailed child.
 */
#include "broker/hub/setup/enrol.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hex.h"
#include "base/setup/setup.h"
#include "broker/gap/children.h"

enum { CONNECT_MS = 5000, ANSWER_MS = (SEK_ENROL_SILENCE_S + 2) * 1000, GRACE_MS = 1000, PAUSE_MS = 10 };

static struct addrinfo *numeric(const char *address, uint16_t port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV }, *a = NULL;
	char service[8];

	snprintf(service, sizeof service, "%u", port);
	return getaddrinfo(address, service, &hints, &a) == 0 ? a : NULL;
}

static sek_status wait_connected(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t n = sizeof errno;
	int e = 0, r;

	do
		r = poll(&p, 1, CONNECT_MS);
	while (r < 0 && errno == EINTR);
	if (r == 0)
		return sek_fail(SEK_E_TIMEOUT);
	if (r < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &n) != 0)
		return sek_from_errno();
	errno = e;
	return e ? sek_from_errno() : sek_ok();
}

static sek_status dial(int fd, const struct addrinfo *from, const struct addrinfo *to)
{
	const struct timeval limit = { .tv_sec = SEK_ENROL_SILENCE_S };
	int flags;

	if (bind(fd, from->ai_addr, from->ai_addrlen) != 0)
		return sek_from_errno();
	if (connect(fd, to->ai_addr, to->ai_addrlen) != 0) {
		if (errno != EINPROGRESS)
			return sek_from_errno();
		SEK_TRY(wait_connected(fd));
	}
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0)
		return sek_from_errno();
	return sek_ok();
}

sek_status enrol_connect(const char *source, const char *address, uint16_t port, int *ret)
{
	struct addrinfo *from = numeric(source, 0), *to = numeric(address, port);
	sek_status s = sek_fail(SEK_E_CONFIG);
	int fd = -1;

	if (from && to && from->ai_family == to->ai_family) {
		fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		s = fd < 0 ? sek_from_errno() : dial(fd, from, to);
	}
	if (from)
		freeaddrinfo(from);
	if (to)
		freeaddrinfo(to);
	if (sek_is_ok(s))
		*ret = fd;
	else if (fd >= 0)
		close(fd);
	return s;
}

static bool give(int fd, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	while (n > 0) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

/* From the decoder's pipe, in one piece (it is shorter than PIPE_BUF). */
static bool take(int fd, void *ret, size_t n)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t k;
	int r;

	do
		r = poll(&p, 1, ANSWER_MS);
	while (r < 0 && errno == EINTR);
	if (r <= 0)
		return false;
	do
		k = read(fd, ret, n);
	while (k < 0 && errno == EINTR);
	return k == (ssize_t)n;
}

static _Noreturn void be_decoder(const char *path, const char *nonce, int host, int out)
{
	char *const argv[] = { (char *)(uintptr_t)path, (char *)(uintptr_t)nonce, NULL }, *const none[] = { NULL };
	int null, h = fcntl(host, F_DUPFD, 10), o = fcntl(out, F_DUPFD, 10);

	null = open("/dev/null", O_RDWR);
	if (h < 0 || o < 0 || null < 0 || dup2(null, 0) < 0 || dup2(o, SEK_ENROL_OUT_FD) < 0 || dup2(null, 2) < 0 || dup2(h, SEK_ENROL_HOST_FD) < 0)
		_exit(SEK_EXIT_INTERNAL);
	if (close_range(SEK_ENROL_FDS_END, ~0u, 0) != 0)
		_exit(SEK_EXIT_INTERNAL);
	setsid();
	execve(path, argv, none);
	_exit(SEK_EXIT_INTERNAL);
}

struct talk {
	const struct enrolment *e;
	uint8_t nonce[SEK_ENROL_NONCE_BYTES];
	struct sek_enrol_request r; /* without its signature */
	int host, out;              /* socket; the decoder's pipe */
	pid_t pid;
};

static bool start(struct talk *t)
{
	char path[PATH_MAX], nonce[2 * SEK_ENROL_NONCE_BYTES + 1];
	int p[2];

	sek_hex(t->nonce, sizeof t->nonce, nonce);
	if (!sek_setup_sibling("sekisho-decoder-enrol", path, sizeof path) || pipe2(p, O_CLOEXEC) != 0)
		return false;
	t->pid = fork();
	if (t->pid == 0)
		be_decoder(path, nonce, t->host, p[1]);
	close(p[1]);
	t->out = p[0];
	return t->pid > 0;
}

/* Why the decoder has handed on nothing. */
static enum enrol_result reap(struct talk *t, bool kill_it)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	int status = 0, tries = kill_it ? 0 : GRACE_MS / PAUSE_MS;

	if (t->pid <= 0)
		return ENROL_INTERNAL;
	/* one that neither says anything nor ends, as slowly as its peer likes, is not waited for */
	while (tries-- > 0 && waitpid(t->pid, &status, WNOHANG) == 0)
		nanosleep(&pause, NULL);
	if (tries < 0) {
		kill(t->pid, SIGKILL);
		while (waitpid(t->pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	t->pid = 0;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGKILL ? ENROL_SILENT : ENROL_JAIL;
	switch (WEXITSTATUS(status)) {
	case SEK_EXIT_JAIL: return ENROL_JAIL;
	case SEK_EXIT_PROTOCOL:
	case SEK_EXIT_LOST:
	case SEK_EXIT_SILENT: return ENROL_SILENT;
	default: return ENROL_INTERNAL;
	}
}

static char *text_in(const char *folder, const char *name, const char *suffix)
{
	char path[PATH_MAX], *text = NULL;

	snprintf(path, sizeof path, "%s/%s%s", folder, name, suffix);
	return sek_is_ok(sek_file_read(path, &text, NULL)) ? text : NULL;
}

/* Signs, and seals what was signed. */
static enum enrol_result answer(struct talk *t, char *err, size_t err_size)
{
	const struct enrolment *e = t->e;
	struct sek_pki *pki = NULL;
	struct sek_pki_wish wish = { .force = e->replace };
	char *ca, *crl, *certificate;
	enum enrol_result result = ENROL_INTERNAL;
	uint8_t *sealed = NULL;
	size_t n = 0;
	sek_status s;

	s = sek_pki_open(e->ca, &pki, err, err_size);
	if (sek_is_ok(s))
		s = sek_pki_issue_host(pki, e->name, t->r.point, &wish, err, err_size);
	sek_pki_close(pki);
	if (!sek_is_ok(s))
		return ENROL_SIGN;
	ca = text_in(e->ca, "ca", ".crt");
	crl = text_in(e->ca, "ca", ".crl");
	certificate = text_in(e->ca, e->name, ".crt");
	if (ca && crl && certificate) {
		const struct sek_enrol_answer a = { e->name, ca, crl, certificate };

		s = sek_enrol_seal(e->code, t->nonce, &t->r, &a, &sealed, &n);
		if (sek_is_ok(s))
			result = give(t->host, sealed, n) ? ENROL_DONE : ENROL_STORE;
	}
	free(sealed);
	free(ca);
	free(crl);
	free(certificate);
	return result;
}

static enum enrol_result talk(struct talk *t, char *err, size_t err_size)
{
	uint8_t core[SEK_ENROL_CORE_BYTES], done[SEK_ENROL_PROOF_BYTES], right[SEK_ENROL_PROOF_BYTES];
	enum enrol_result result;

	if (!give(t->host, SEK_ENROL_MAGIC, 8) || !give(t->host, t->nonce, sizeof t->nonce))
		return ENROL_SILENT;
	if (!start(t))
		return ENROL_INTERNAL;
	if (!take(t->out, core, sizeof core))
		return reap(t, false);
	memcpy(t->r.nonce, core, sizeof t->r.nonce);
	memcpy(t->r.point, core + sizeof t->r.nonce, sizeof t->r.point);
	memcpy(t->r.proof, core + sizeof t->r.nonce + sizeof t->r.point, sizeof t->r.proof);
	if (!sek_is_ok(sek_enrol_check(t->e->code, t->nonce, &t->r)))
		return ENROL_CODE;
	result = answer(t, err, err_size);
	if (result != ENROL_DONE)
		return result;
	sek_enrol_done(t->e->code, t->nonce, &t->r, right);
	return take(t->out, done, sizeof done) && sodium_memcmp(done, right, sizeof right) == 0 ? ENROL_DONE : ENROL_STORE;
}

enum enrol_result enrol_run(const struct enrolment *e, char *err, size_t err_size)
{
	struct talk t = { .e = e, .host = -1, .out = -1 };
	enum enrol_result result;

	err[0] = '\0';
	if (!sek_is_ok(enrol_connect(e->source, e->address, e->port, &t.host)))
		return ENROL_CONNECT;
	randombytes_buf(t.nonce, sizeof t.nonce);
	result = talk(&t, err, err_size);
	if (t.pid > 0)
		(void)reap(&t, true);
	close(t.host);
	if (t.out >= 0)
		close(t.out);
	return result;
}
