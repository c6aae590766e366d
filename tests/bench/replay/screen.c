/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * In the bench's sessions this stands where sekisho-sandbox stands (render-host/session.h): the same X server with the
 * same framebuffer file, but no browser; the bench draws recorded pixels instead. So everything from capture to the
 * client is the product. The display must be reachable by the bench, so there is no jail around it.
 * Writes the display's number into DIR/display.
 */
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "render-host/session.h"

enum { PATH_BYTES = 256 };

static pid_t server;

static void on_term(int number)
{
	(void)number;
	if (server > 0)
		kill(server, SIGTERM);
}

static _Noreturn void become_server(const char *dir, uid_t uid, const char *size, int number_fd)
{
	char fb[PATH_BYTES], screen[32], fd[12];

	snprintf(fb, sizeof fb, "%s/fb", dir);
	snprintf(screen, sizeof screen, "%sx24", size);
	snprintf(fd, sizeof fd, "%d", number_fd);
	if (setgroups(0, NULL) < 0 || setgid(uid) < 0 || setuid(uid) < 0)
		_exit(SEK_SANDBOX_JAIL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execl("/usr/bin/Xvfb", "Xvfb", "-displayfd", fd, "-screen", "0", screen, "-fbdir", fb, "-nolisten", "tcp", "-nolisten",
		"local", "-noreset", "-nocursor", "-extension", "GLX", "-ac", (char *)NULL);
	_exit(SEK_SANDBOX_DISPLAY_DIED);
}

static bool make_folder(const char *dir, const char *name, uid_t uid)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return mkdir(path, 0700) == 0 && chown(path, uid, uid) == 0;
}

/* Where capture looks for the display, and where the bench does. */
static bool publish(const char *dir, unsigned number)
{
	char socket[PATH_BYTES], path[PATH_BYTES];
	FILE *f;

	snprintf(socket, sizeof socket, "/tmp/.X11-unix/X%u", number);
	snprintf(path, sizeof path, "%s/%s", dir, SEK_SESSION_DISPLAY);
	if (symlink(socket, path) < 0)
		return false;
	snprintf(path, sizeof path, "%s/display", dir);
	f = fopen(path, "we");
	if (!f)
		return false;
	fprintf(f, "%u\n", number);
	return fclose(f) == 0;
}

/* Takes the browser's rules as the sandbox does; here is no browser that they could bind. */
static bool take_rules(const char *dir, uid_t uid)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char bytes[4096];
	pid_t child;

	snprintf(a.sun_path, sizeof a.sun_path, "%s/%s", dir, SEK_SESSION_RULES);
	if (fd < 0 || bind(fd, (const struct sockaddr *)(const void *)&a, sizeof a) < 0 || listen(fd, 1) < 0 ||
	    chown(a.sun_path, uid, uid) < 0)
		return false;
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			int one = accept(fd, NULL, NULL);

			while (one >= 0 && read(one, bytes, sizeof bytes) > 0) {
			}
			close(one);
		}
	}
	close(fd);
	return child > 0;
}

static int start(const char *dir, uid_t uid, const char *size)
{
	unsigned number;
	int fds[2];
	FILE *f;

	if (!make_folder(dir, "fb", uid) || !make_folder(dir, "x11", uid) || pipe(fds) < 0)
		return SEK_SANDBOX_JAIL;
	server = fork();
	if (server < 0)
		return SEK_SANDBOX_JAIL;
	if (server == 0)
		become_server(dir, uid, size, fds[1]);
	close(fds[1]);
	f = fdopen(fds[0], "r");
	if (!f || fscanf(f, "%u", &number) != 1)
		return SEK_SANDBOX_DISPLAY_DIED;
	fclose(f);
	if (!publish(dir, number) || !take_rules(dir, uid) || write(SEK_SANDBOX_STATUS_FD, "rb", 2) != 2)
		return SEK_SANDBOX_JAIL;
	return SEK_SANDBOX_OK;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dir", 1, NULL, 'd' }, { "uid", 1, NULL, 'u' }, { "max", 1, NULL, 'm' }, { "gid", 1, NULL, 'i' },
		{ "egress-uid", 1, NULL, 'i' }, { "size", 1, NULL, 'i' }, { "scale", 1, NULL, 'i' }, { "lang", 1, NULL, 'i' },
		{ "policy", 1, NULL, 'i' }, { "upstream", 1, NULL, 'i' }, { "allow", 1, NULL, 'i' },
		{ "devtools", 1, NULL, 'i' }, { "rules", 1, NULL, 'i' }, { "documents", 0, NULL, 'i' }, { NULL, 0, NULL, 0 },
	};
	const char *dir = NULL, *size = NULL;
	unsigned long uid = 0;
	int o, rc;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == '?')
			return SEK_SANDBOX_USAGE;
		if (o == 'd')
			dir = optarg;
		if (o == 'm')
			size = optarg;
		if (o == 'u')
			uid = strtoul(optarg, NULL, 10);
	}
	if (!dir || !size || uid == 0)
		return SEK_SANDBOX_USAGE;
	signal(SIGTERM, on_term);
	rc = start(dir, (uid_t)uid, size);
	if (rc != SEK_SANDBOX_OK)
		return rc;
	while (waitpid(server, NULL, 0) < 0) {
	}
	return SEK_SANDBOX_DISPLAY_DIED;
}
