/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Other programs, run one after the other. Must never pass a secret on a command line: what is secret goes through a pipe.
 */
#include "base/setup/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

bool sek_setup_sibling(const char *name, char *ret, size_t size)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (n <= 0)
		return false;
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	return snprintf(ret, size, "%s/%s", self, name) < (int)size;
}

static _Noreturn void child(const char *const *argv, const struct sek_owner *as, int in, int out)
{
	char *words[32];
	size_t n = 0;

	if (dup2(in, 0) < 0 || (out >= 0 && (dup2(out, 1) < 0 || dup2(out, 2) < 0)))
		_exit(127);
	if (as && (setgroups(0, NULL) != 0 || setgid(as->gid) != 0 || setuid(as->uid) != 0))
		_exit(127);
	while (argv[n] && n < 31) {
		words[n] = (char *)(uintptr_t)argv[n];
		n++;
	}
	words[n] = NULL;
	signal(SIGPIPE, SIG_DFL);
	execvp(words[0], words);
	_exit(127);
}

static void feed(int fd, const char *input)
{
	size_t n = input ? strlen(input) : 0;

	while (n > 0) {
		ssize_t k = write(fd, input, n); /* what we feed fits a pipe */

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			break;
		input += k;
		n -= (size_t)k;
	}
	close(fd);
}

static void collect(int fd, char *output, size_t size)
{
	char rest[512];
	size_t n = 0;

	for (;;) {
		ssize_t k = n + 1 < size ? read(fd, output + n, size - 1 - n) : read(fd, rest, sizeof rest);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			break;
		if (n + 1 < size)
			n += (size_t)k;
	}
	output[n] = '\0';
	close(fd);
}

int sek_setup_run(const char *const *argv, const char *input, const struct sek_owner *as, char *output, size_t size)
{
	int in[2], out[2] = { -1, -1 }, status = 0;
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) != 0)
		return -1;
	if (output && pipe2(out, O_CLOEXEC) != 0) {
		close(in[0]);
		close(in[1]);
		return -1;
	}
	signal(SIGPIPE, SIG_IGN);
	pid = fork();
	if (pid == 0)
		child(argv, as, in[0], out[1]);
	close(in[0]);
	if (output)
		close(out[1]);
	feed(in[1], pid > 0 ? input : NULL);
	if (output)
		collect(out[0], output, size);
	if (pid < 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) && WEXITSTATUS(status) != 127 ? WEXITSTATUS(status) : -1;
}
