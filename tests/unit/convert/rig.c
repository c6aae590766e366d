/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rig of the converter's tests.
 */
#include "rig.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES "500"
#define SECONDS "120"

static char dir[] = "/tmp/sek-convert-XXXXXX";
static int listener = -1;

static int run(const char *const *argv)
{
	pid_t pid = fork();

	if (pid == 0) {
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return rig_wait(pid);
}

void rig_begin(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	char port[8];

	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ck_assert(bind(listener, (const struct sockaddr *)&a, sizeof a) == 0 && listen(listener, 8) == 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&a, &n), 0);
	snprintf(port, sizeof port, "%u", ntohs(a.sin_port));
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(run((const char *[]){ "python3", SEK_TEST_DOCUMENTS, dir, port, NULL }), 0);
	ck_assert_int_eq(run((const char *[]){ SEK_TEST_PICTURES, dir, NULL }), 0);
}

void rig_end(void)
{
	close(listener);
	run((const char *[]){ "rm", "-rf", dir, NULL });
}

bool rig_was_called(void)
{
	int fd = accept(listener, NULL, NULL);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int rig_open(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_msg(fd >= 0, "%s", path);
	return fd;
}

int rig_pdf(void)
{
	int fd = memfd_create("pdf", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ck_assert_int_ge(fd, 0);
	return fd;
}

pid_t rig_start(int document, int pdf_fd, const char *lang, const char *pages, const char *seconds)
{
	pid_t pid = fork();

	if (pid == 0) {
		int in = fcntl(document, F_DUPFD, 50), out = fcntl(pdf_fd, F_DUPFD, 50);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* as a keeper does: nicer than the program would be by itself, and nobody who may take that back */
		if (setpriority(PRIO_PROCESS, 0, 15) < 0)
			_exit(127);
		if (dup2(in, 3) == 3 && dup2(out, 4) == 4 && close(in) == 0 && close(out) == 0)
			execl(SEK_TEST_CONVERT, "sekisho-convert", "--lang", lang, "--pages", pages, "--seconds", seconds, (char *)NULL);
		_exit(127);
	}
	ck_assert_int_gt(pid, 0);
	return pid;
}

int rig_wait(pid_t pid)
{
	int status;

	ck_assert_int_gt(pid, 0);
	while (waitpid(pid, &status, 0) < 0)
		ck_assert_int_eq(errno, EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void rig_nobody_left(void)
{
	/* orphans became children of this process; an ended one is told from one that goes on for ever by the test's time limit */
	while (waitpid(-1, NULL, 0) > 0) {
	}
	ck_assert_int_eq(errno, ECHILD);
}

int rig_convert(const char *name, const char *lang, char **ret_pdf, size_t *ret_n)
{
	int document = rig_open(name), pdf = rig_pdf(), code;
	struct stat st;

	*ret_pdf = NULL;
	*ret_n = 0;
	code = rig_wait(rig_start(document, pdf, lang, PAGES, SECONDS));
	if (code == 0) {
		ck_assert_int_eq(fcntl(pdf, F_GET_SEALS), F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
		ck_assert_int_eq(fstat(pdf, &st), 0);
		*ret_n = (size_t)st.st_size;
		*ret_pdf = malloc(*ret_n);
		ck_assert_int_eq(pread(pdf, *ret_pdf, *ret_n, 0), st.st_size);
	}
	close(document);
	close(pdf);
	return code;
}

char *rig_text(const char *pdf, size_t n)
{
	char command[256], *text = calloc(1, 1 << 20);
	char path[128];
	size_t got;
	FILE *f;

	snprintf(path, sizeof path, "%s/result.pdf", dir);
	f = fopen(path, "wb");
	ck_assert(f && fwrite(pdf, 1, n, f) == n && fclose(f) == 0);
	snprintf(command, sizeof command, "pdftotext -q -layout -l 3 %s -", path);
	f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	got = fread(text, 1, (1 << 20) - 1, f);
	text[got] = 0;
	pclose(f);
	return text;
}
