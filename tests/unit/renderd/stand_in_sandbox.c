/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A program with sekisho-sandbox's contract (render-host/session.h) and no browser, so that tests can order each of its
 * deaths. Whoever asks for a document is told that it has three pages, and then what the order says: "drop", "half" a frame, "final". Copies the file of --rules to DIR/rules.given, says 'r' and 'b', then obeys the file DIR/order: "exit N", "crash", "hog", "fork", "spin". Runs as root like the real one.
 */
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "render-host/session.h"

static volatile sig_atomic_t told;

static void on_term(int number)
{
	(void)number;
	told = 1;
}

static void become(unsigned uid)
{
	if (setgid(uid) != 0 || setuid(uid) != 0)
		_exit(99);
}

/* Takes memory until somebody stops it: the kernel, in a cgroup. */
static _Noreturn void hog(void)
{
	const size_t step = 8u << 20;

	for (;;) {
		char *p = mmap(NULL, step, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			pause();
		memset(p, 1, step);
		usleep(2000);
	}
}

/* Children of children that leave their session and parent: what only the cgroup or the uid finds. */
static void bomb(unsigned uid)
{
	if (fork() != 0)
		return;
	become(uid);
	for (;;) {
		if (fork() == 0)
			(void)setsid();
		usleep(1000);
	}
}

/* A page that never ends a script, in as many processes as a browser has. */
static void spin(unsigned uid)
{
	for (int i = 0; i < 8; i++) {
		if (fork() != 0)
			continue;
		become(uid);
		for (volatile unsigned n = 0;; n++)
			;
	}
}

static void obey(const char *order, unsigned uid)
{
	if (strncmp(order, "exit ", 5) == 0)
		exit(atoi(order + 5));
	if (strncmp(order, "crash", 5) == 0)
		raise(SIGKILL);
	if (strncmp(order, "spin", 4) == 0)
		spin(uid);
	for (int n = strncmp(order, "refused ", 8) == 0 ? atoi(order + 8) : 0; n > 0; n--) /* as its proxy would say */
		if (write(SEK_SANDBOX_STATUS_FD, n % 2 ? "p" : "x", 1) != 1)
			exit(SEK_SANDBOX_FAULT);
	if (strncmp(order, "fork", 4) == 0)
		bomb(uid);
	if (strncmp(order, "hog", 3) == 0) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			become(uid);
			hog();
		}
		waitpid(pid, &status, 0);
		exit(SEK_SANDBOX_BROWSER_CRASHED); /* what a browser's death looks like to the real one */
	}
}

/* The connection of a document, -1: none. */
static int stream = -1;

static void hear(void)
{
	static const char pages[] = "\x8b\0\0\0\0\0\0\x08\0\1\0\0\0\3\0";
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char packet[64];
	struct iovec iov = { packet, sizeof packet };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };

	if (recvmsg(SEK_SANDBOX_DOCUMENTS_FD, &m, MSG_DONTWAIT) <= 0 || !CMSG_FIRSTHDR(&m))
		return;
	if (stream >= 0)
		close(stream);
	memcpy(&stream, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof stream);
	if (write(stream, pages, sizeof pages) != (ssize_t)sizeof pages)
		_exit(SEK_SANDBOX_FAULT);
}

static void obey_document(const char *order)
{
	static const char broken[] = "\x8b\0\0\0\0\0\0\x08\0\1\0\4\0\0\0";
	size_t n = strncmp(order, "half", 4) == 0 ? 9 : strncmp(order, "final", 5) == 0 ? sizeof broken : 0;

	if (n == 0 && strncmp(order, "drop", 4) != 0)
		return;
	if (n > 0 && write(stream, broken, n) != (ssize_t)n)
		_exit(SEK_SANDBOX_FAULT);
	close(stream);
	stream = -1;
}

static void copy_rules(const char *from, const char *directory)
{
	char to[200], bytes[16384];
	FILE *in = fopen(from, "r"), *out;
	size_t n;

	snprintf(to, sizeof to, "%s/rules.given", directory);
	out = in ? fopen(to, "w") : NULL;
	if (!out)
		_exit(SEK_SANDBOX_USAGE);
	n = fread(bytes, 1, sizeof bytes, in);
	if (fwrite(bytes, 1, n, out) != n || fclose(out) != 0)
		_exit(SEK_SANDBOX_USAGE);
	fclose(in);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dir", 1, NULL, 'd' }, { "uid", 1, NULL, 'u' }, { "gid", 1, NULL, 'g' }, { "egress-uid", 1, NULL, 'e' },
		{ "max", 1, NULL, 'm' }, { "size", 1, NULL, 's' }, { "scale", 1, NULL, 'c' }, { "lang", 1, NULL, 'l' },
		{ "policy", 1, NULL, 'p' }, { "upstream", 1, NULL, 'x' }, { "allow", 1, NULL, 'a' },
		{ "devtools", 1, NULL, 't' }, { "rules", 1, NULL, 'r' }, { "documents", 0, NULL, 'o' }, { NULL, 0, NULL, 0 },
	};
	const char *directory = NULL, *policy = NULL, *rules = NULL;
	char path[200], order[64];
	unsigned uid = 0;
	pid_t child;
	FILE *f;
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == '?')
			return SEK_SANDBOX_USAGE;
		if (o == 'd')
			directory = optarg;
		if (o == 'u')
			uid = (unsigned)atoi(optarg);
		if (o == 'p')
			policy = optarg;
		if (o == 'r')
			rules = optarg;
	}
	if (!directory || !uid || !policy || geteuid() != 0)
		return SEK_SANDBOX_USAGE;
	signal(SIGTERM, on_term);
	if (rules)
		copy_rules(rules, directory);
	f = fopen(policy, "r");
	order[0] = '\0';
	if (f) {
		if (!fgets(order, sizeof order, f))
			order[0] = '\0';
		fclose(f);
	}
	obey(order, uid); /* deaths before 'r' */
	if (strncmp(order, "sleep", 5) == 0)
		for (;;)
			pause();
	child = fork(); /* something that runs under the session's uid and ignores the sandbox's end */
	if (child == 0) {
		become(uid);
		signal(SIGTERM, SIG_IGN);
		(void)setsid();
		for (;;)
			pause();
	}
	if (write(SEK_SANDBOX_STATUS_FD, "r", 1) != 1 || write(SEK_SANDBOX_STATUS_FD, "b", 1) != 1)
		return SEK_SANDBOX_FAULT;
	snprintf(path, sizeof path, "%s/order", directory);
	while (!told) {
		f = fopen(path, "r");
		if (f) {
			order[0] = '\0';
			if (fgets(order, sizeof order, f) && order[0] && order[strlen(order) - 1] == '\n') {
				unlink(path);
				obey_document(order);
				obey(order, uid);
			}
			fclose(f);
		}
		hear();
		usleep(5000);
	}
	return SEK_SANDBOX_OK;
}
