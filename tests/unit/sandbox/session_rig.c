/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Starting, watching and ending a sandbox; its framebuffer.
 */
#include "tests/unit/sandbox/session_rig.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "render-host/session.h"
#include "tests/unit/sandbox/session_rig_internal.h"

enum { FIRST_UID = 21500, ARGS_MAX = 48 };

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st, (void)type, (void)f;
	return remove(path);
}

static pid_t owner;

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

void session_begin_all(void)
{
	owner = getpid();
}

void session_end_all(void)
{
	char prefix[32];
	DIR *d = opendir("/dev/shm");
	struct dirent *e;

	snprintf(prefix, sizeof prefix, "sek-test-%d-", (int)owner);
	while (d && (e = readdir(d)) != NULL) {
		char path[300];

		snprintf(path, sizeof path, "/dev/shm/%s", e->d_name);
		if (strncmp(e->d_name, prefix, strlen(prefix)) == 0)
			nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	}
	if (d)
		closedir(d);
}

void session_start(struct session *s, const struct session_options *o)
{
	static unsigned number;
	char uid[16];
	const char *argv[ARGS_MAX] = { "sekisho-sandbox", "--dir", s->dir, "--uid", uid, "--gid", uid, "--max", "1920x1080",
		"--size", "1280x800", "--scale", o->scale ? o->scale : "100", "--lang", o->lang ? o->lang : "ja",
		"--policy", o->policy ? o->policy : SEK_TEST_POLICY };
	int n = 17, fds[2];
	sigset_t term;

	memset(s, 0, sizeof *s);
	s->ime = s->ws = -1;
	s->uid = FIRST_UID + (uid_t)(getpid() % 500) * 8 + number % 8;
	/* of the test program, not of the process that Check forks for each test: what those leave is swept up at the end */
	snprintf(s->dir, sizeof s->dir, "/dev/shm/sek-test-%d-%d-%u", (int)owner, (int)getpid(), number++);
	snprintf(s->devtools, sizeof s->devtools, "%s.devtools", s->dir);
	snprintf(uid, sizeof uid, "%u", s->uid);
	ck_assert_int_eq(mkdir(s->dir, 0700), 0);
	ck_assert_int_eq(chown(s->dir, s->uid, s->uid), 0);
	for (int i = 0; o->args && o->args[i]; i++)
		argv[n++] = o->args[i];
	if (!o->no_devtools) {
		argv[n++] = "--devtools";
		argv[n++] = s->devtools;
	}
	if (o->documents_fd)
		argv[n++] = "--documents";
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	s->ready_ms = s->window_ms = now_ms();
	/* Check's own handler would end the whole test: no SIGTERM comes to the child before that is gone */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	s->pid = fork();
	if (s->pid == 0)
		signal(SIGTERM, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &term, NULL);
	ck_assert_int_ge(s->pid, 0);
	if (s->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (o->documents_fd) {
			int high = fcntl(o->documents_fd, F_DUPFD, 64), status = fcntl(fds[1], F_DUPFD, 64);

			fds[1] = status;
			dup2(high, SEK_SANDBOX_DOCUMENTS_FD);
			close(high);
		}
		if (fds[1] == SEK_SANDBOX_STATUS_FD)
			fcntl(fds[1], F_SETFD, 0);
		else
			dup2(fds[1], SEK_SANDBOX_STATUS_FD);
		execv(SEK_TEST_SANDBOX, (char *const *)(uintptr_t)argv);
		_exit(97);
	}
	close(fds[1]);
	s->status_fd = fds[0];
}

static double wait_status(struct session *s, char wanted, double from_ms)
{
	struct pollfd p = { .fd = s->status_fd, .events = POLLIN };
	char c = 0;

	ck_assert_msg(poll(&p, 1, 60000) == 1, "no '%c' within a minute", wanted);
	ck_assert_msg(read(s->status_fd, &c, 1) == 1, "ended before '%c'", wanted);
	ck_assert_int_eq(c, wanted);
	return now_ms() - from_ms;
}

int rig_connect(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct timeval t = { .tv_sec = 10 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_uint_lt(strlen(path), sizeof a.sun_path);
	strcpy(a.sun_path, path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	ck_assert_msg(connect(fd, (const struct sockaddr *)&a, sizeof a) == 0, "%s", path);
	return fd;
}

void session_reopen_ime(struct session *s)
{
	char path[128];

	if (s->ime >= 0)
		close(s->ime);
	snprintf(path, sizeof path, "%s/%s", s->dir, SEK_SESSION_IME);
	s->ime = rig_connect(path);
}

void session_open(struct session *s)
{
	char path[128];

	s->ready_ms = wait_status(s, 'r', s->ready_ms);
	snprintf(path, sizeof path, "%s/%s", s->dir, SEK_SESSION_DISPLAY);
	s->x = xcb_connect_to_fd(rig_connect(path), NULL);
	ck_assert_int_eq(xcb_connection_has_error(s->x), 0);
	session_reopen_ime(s);
	s->window_ms = wait_status(s, 'b', s->window_ms);
	if (access(s->devtools, F_OK) == 0)
		session_reopen_page(s);
}

int session_wait(struct session *s)
{
	for (int i = 0; i < 1000; i++) {
		int status;

		if (waitpid(s->pid, &status, WNOHANG) == s->pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
		usleep(10000);
	}
	return -1;
}

void session_forget(struct session *s)
{
	if (s->x)
		xcb_disconnect(s->x);
	if (s->ime >= 0)
		close(s->ime);
	if (s->ws >= 0)
		close(s->ws);
	close(s->status_fd);
	nftw(s->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	ck_assert_int_ne(access(s->devtools, F_OK), 0);
}

void session_stop(struct session *s)
{
	kill(s->pid, SIGTERM);
	ck_assert_int_eq(session_wait(s), SEK_SANDBOX_OK);
	/* not "soon": when the program has ended, all is over */
	ck_assert_uint_eq(session_processes(s->uid, NULL, NULL), 0);
	session_forget(s);
}

static bool is_process_of(const char *pid, uid_t uid, const char *name)
{
	char path[300], line[256], command[64] = "";
	unsigned real = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%s/status", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (fgets(line, sizeof line, f)) {
		sscanf(line, "Name: %63s", command);
		if (sscanf(line, "Uid: %u", &real) == 1)
			break;
	}
	fclose(f);
	return real == uid && (!name || strncmp(command, name, strlen(name)) == 0);
}

struct found {
	unsigned long long started; /* clock ticks since the machine's start */
	pid_t pid;
};

/* Numbers tell nothing about age: they begin anew at kernel.pid_max. */
static int by_age(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->started != y->started)
		return x->started < y->started ? -1 : 1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

/* Field 22 of /proc/PID/stat; the name before it may hold anything. */
static unsigned long long started_at(const char *pid)
{
	char path[300], line[1024], *p;
	unsigned long long started = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%s/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fgets(line, sizeof line, f) && (p = strrchr(line, ')')) != NULL)
		sscanf(p + 1, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu", &started);
	fclose(f);
	return started;
}

unsigned session_processes(uid_t uid, const char *name, pid_t *ret)
{
	struct found found[SESSION_PIDS_MAX];
	DIR *d = opendir("/proc");
	struct dirent *e;
	unsigned n = 0;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] < '0' || e->d_name[0] > '9' || !is_process_of(e->d_name, uid, name))
			continue;
		if (ret && n < SESSION_PIDS_MAX)
			found[n] = (struct found){ started_at(e->d_name), (pid_t)atoi(e->d_name) };
		n++;
	}
	closedir(d);
	if (!ret)
		return n;
	qsort(found, n < SESSION_PIDS_MAX ? n : SESSION_PIDS_MAX, sizeof *found, by_age);
	for (unsigned i = 0; i < n && i < SESSION_PIDS_MAX; i++)
		ret[i] = found[i].pid;
	return n;
}

bool session_is_gone(uid_t uid)
{
	for (int i = 0; i < 500; i++) {
		if (session_processes(uid, NULL, NULL) == 0)
			return true;
		usleep(10000);
	}
	return false;
}
