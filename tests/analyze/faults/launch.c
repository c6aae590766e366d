/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * faults_launch: starts one of our programs with descriptors of the right kinds, whose other ends nobody uses, and waits for its end. Tests only.
 *
 *   faults_launch KINDS PROGRAM ARGUMENT...      KINDS: one letter a descriptor: n null, s stream socket, p pipe to read, e eventfd
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HIGH_FD = 100 };

static int make(char kind)
{
	int pair[2] = { -1, -1 };

	switch (kind) {
	case 'n':
		return open("/dev/null", O_RDWR);
	case 'e':
		return eventfd(0, EFD_NONBLOCK);
	case 's':
		return socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 ? -1 : pair[0];
	case 'p':
		return pipe(pair) < 0 ? -1 : pair[0];
	default:
		return -1;
	}
}

static void become(const char *kinds, char **argv)
{
	int n = (int)strlen(kinds);

	for (int i = 0; i < n; i++) {
		int fd = make(kinds[i]);

		if (fd < 0 || dup2(fd, HIGH_FD + i) < 0)
			_exit(127);
	}
	for (int i = 0; i < n; i++)
		if (dup2(HIGH_FD + i, i) < 0)
			_exit(127);
	if (close_range((unsigned int)n, ~0u, 0) == 0)
		execv(argv[0], argv);
	_exit(127);
}

int main(int argc, char **argv)
{
	int status = 0;
	pid_t pid;

	if (argc < 3) {
		fprintf(stderr, "usage: faults_launch KINDS PROGRAM ARGUMENT...\n");
		return 2;
	}
	pid = fork();
	if (pid == 0)
		become(argv[1], argv + 2);
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
