/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The server of views. It is outside the jails, so it looks into nothing: not into the file, not into the PDF. One after the other: a browser
 * that is taken over can keep its own session's converter busy, and nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "render-host/helpers.h"
#include "render-host/pages/convert/view.h"

enum { KEPT = 8, PATH_BYTES = 192, PARK_FD = 50, TALK_S = 5, PIECE_BYTES = 65536 };
/* What all PDFs in the directory may hold together: a page can start downloads without end. */
#define KEPT_MAX_BYTES (UINT64_C(256) << 20)

struct server {
	const struct sek_convert_job *job;
	const char *into;
	unsigned newest, oldest; /* numbers of the PDFs that are there; none while newest < oldest */
	uint64_t bytes[KEPT];    /* of each, by number modulo KEPT */
	uint64_t total;
};

/* The one descriptor that comes with a byte; surplus ones are closed by the kernel's truncation. -1: none. */
static int receive_fd(int via)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
	struct cmsghdr *h;
	int fd = -1;

	if (recvmsg(via, &m, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	h = CMSG_FIRSTHDR(&m);
	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS && h->cmsg_len == CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(h), sizeof fd);
	return fd;
}

/* Converts in a process of its own, as if it had been started for this alone. Its exit code. */
static int convert(const struct sek_convert_job *job, int document, int pdf)
{
	pid_t parent = getpid(), pid = fork();
	int status;

	if (pid == 0) {
		int in = fcntl(document, F_DUPFD_CLOEXEC, PARK_FD), out = fcntl(pdf, F_DUPFD_CLOEXEC, PARK_FD);

		if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent || dup2(in, SEK_CONVERT_IN_FD) < 0 ||
				dup2(out, SEK_CONVERT_PDF_FD) < 0 || close_range(SEK_CONVERT_PDF_FD + 1, ~0U, 0) < 0)
			_exit(SEK_CONVERT_USAGE);
		_exit(sek_convert_supervise(job));
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
	}
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : sek_convert_exit(SEK_CONVERT_DIED);
}

static int new_pdf(void)
{
	return memfd_create("pdf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

/* The file's PDF, or one that says why there is none. -1: not even that. */
static int make_pdf(const struct sek_convert_job *job, int document)
{
	int pdf = new_pdf(), code = pdf >= 0 ? convert(job, document, pdf) : -1;
	struct sek_convert_job say = *job;

	if (code > SEK_CONVERT_EXIT_BASE && code < SEK_CONVERT_EXIT_BASE + SEK_CONVERT_REASONS)
		say.say = (enum sek_convert_reason)(code - SEK_CONVERT_EXIT_BASE);
	else
		say.say = SEK_CONVERT_DIED;
	sek_log(SEK_LOG_INFO, "view", "outcome", code == 0 ? "shown" : "reason", "reason", sek_logf("%d", code == 0 ? 0 : (int)say.say), NULL);
	if (code == 0)
		return pdf;
	if (pdf >= 0)
		close(pdf);
	pdf = new_pdf();
	if (pdf >= 0 && convert(&say, document, pdf) != 0) {
		close(pdf);
		pdf = -1;
	}
	return pdf;
}

static void path_of(const struct server *s, unsigned number, char path[PATH_BYTES])
{
	snprintf(path, PATH_BYTES, "%s/%u.pdf", s->into, number);
}

static void forget_oldest(struct server *s)
{
	char path[PATH_BYTES];

	path_of(s, s->oldest, path);
	unlink(path);
	s->total -= s->bytes[s->oldest % KEPT];
	s->oldest++;
}

static bool copy(int from, int to, uint64_t *ret_n)
{
	static char piece[PIECE_BYTES];
	ssize_t n;

	*ret_n = 0;
	while ((n = pread(from, piece, sizeof piece, (off_t)*ret_n)) > 0) {
		if (write(to, piece, (size_t)n) != n)
			return false;
		*ret_n += (uint64_t)n;
	}
	return n == 0;
}

/* Puts it where the browser can read it. Its number, 0 if that failed. */
static unsigned put(struct server *s, int pdf)
{
	char path[PATH_BYTES], half[PATH_BYTES];
	unsigned number = s->newest + 1;
	struct stat st;
	uint64_t n;
	bool ok;
	int fd;

	if (fstat(pdf, &st) < 0)
		return 0;
	while (s->oldest <= s->newest && (s->newest - s->oldest + 1 >= KEPT || s->total + (uint64_t)st.st_size > KEPT_MAX_BYTES))
		forget_oldest(s);
	snprintf(half, sizeof half, "%s/half", s->into);
	fd = open(half, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return 0;
	ok = copy(pdf, fd, &n);
	close(fd);
	path_of(s, number, path);
	if (!ok || rename(half, path) < 0) {
		unlink(half);
		return 0;
	}
	s->newest = number;
	s->bytes[number % KEPT] = n;
	s->total += n;
	return number;
}

static void serve_one(struct server *s, int c)
{
	struct timeval patience = { .tv_sec = TALK_S };
	int document, pdf = -1;
	unsigned number = 0;
	char text[16];
	int n;

	if (setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0 ||
			setsockopt(c, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0)
		return;
	document = receive_fd(c);
	if (document < 0)
		return;
	pdf = make_pdf(s->job, document);
	if (pdf >= 0) {
		number = put(s, pdf);
		close(pdf);
	}
	close(document);
	if (number) {
		n = snprintf(text, sizeof text, "%u\n", number);
		(void)send(c, text, (size_t)n, MSG_NOSIGNAL);
	}
}

int sek_view_serve(const struct sek_convert_job *job, const char *into)
{
	struct server s = { .job = job, .into = into, .oldest = 1 };
	struct pollfd p = { .fd = SEK_VIEW_LISTEN_FD, .events = POLLIN };

	if (strlen(into) > PATH_BYTES - 32)
		return SEK_CONVERT_USAGE;
	for (;;) {
		int c;

		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			return 1;
		c = accept4(SEK_VIEW_LISTEN_FD, NULL, NULL, SOCK_CLOEXEC);
		if (c < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			return 1;
		if (c < 0)
			continue;
		serve_one(&s, c);
		close(c);
	}
}
