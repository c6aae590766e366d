/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See spawn.h.
 */
#include "tests/unit/gap/spawn.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HIGH_FD = 100 };

uint64_t test_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

bool test_until(bool (*cond)(void *user), void *user)
{
	uint64_t until = test_now_ms() + TEST_WAIT_MS;

	while (!cond(user)) {
		if (test_now_ms() > until)
			return false;
		usleep(1000);
	}
	return true;
}

static void become(const char *path, const char *const *argv, const int *fds, int n)
{
	char *const environment[] = { NULL };
	int high[64];

	for (int i = 0; i < n; i++) {
		int fd = fds[i] >= 0 ? fds[i] : open("/dev/null", O_RDWR);

		high[i] = fcntl(fd, F_DUPFD, HIGH_FD);
	}
	for (int i = 0; i < n; i++)
		dup2(high[i], i);
	close_range((unsigned int)n, ~0u, 0);
	execve(path, (char *const *)(uintptr_t)argv, environment);
	_exit(127);
}

pid_t test_spawn(const char *path, const char *const *argv, const int *fds, int n)
{
	pid_t pid;

	ck_assert_int_le(n, 64);
	fflush(NULL);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		become(path, argv, fds, n);
	return pid;
}

struct test_end test_wait(pid_t pid, uint64_t timeout_ms)
{
	uint64_t until = test_now_ms() + timeout_ms;
	int status;

	for (;;) {
		pid_t r = waitpid(pid, &status, WNOHANG);

		ck_assert_int_ge(r, 0);
		if (r == pid)
			break;
		if (test_now_ms() > until) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return (struct test_end){ -1, 0 };
		}
		usleep(1000);
	}
	if (WIFSIGNALED(status))
		return (struct test_end){ -1, WTERMSIG(status) };
	return (struct test_end){ WEXITSTATUS(status), 0 };
}

bool test_alive(pid_t pid)
{
	siginfo_t si = { .si_pid = 0 };

	return waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG | WNOWAIT) == 0 && si.si_pid == 0;
}

/* Finds "key:" in a file of /proc/PID and copies the rest of the line without leading blanks. */
static void proc_line(pid_t pid, const char *file, const char *key, char *ret, size_t size)
{
	char path[64], line[512];
	size_t n = strlen(key);
	FILE *f;

	ret[0] = '\0';
	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f)) {
		if (strncmp(line, key, n) != 0 || line[n] != ':')
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(ret, size, "%s", line + n + 1 + strspn(line + n + 1, " \t"));
		break;
	}
	if (f)
		fclose(f);
}

void test_status_line(pid_t pid, const char *key, char *ret, size_t size)
{
	proc_line(pid, "status", key, ret, size);
}

long test_memory_kib(pid_t pid, const char *key)
{
	char text[64];

	proc_line(pid, "smaps_rollup", key, text, sizeof text);
	return text[0] ? atol(text) : -1;
}

unsigned long test_cpu_ticks(pid_t pid)
{
	unsigned long user = 0, kernel = 0;
	char path[64], line[1024];
	const char *rest;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(fgets(line, sizeof line, f));
	fclose(f);
	rest = strrchr(line, ')');
	ck_assert_ptr_nonnull(rest);
	ck_assert_int_eq(sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel), 2);
	return user + kernel;
}

uint64_t test_descriptors(pid_t pid)
{
	char path[64];
	uint64_t mask = 0;
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	d = opendir(path);
	ck_assert_msg(d != NULL, "%s: %s (the tests of live processes need root)", path, strerror(errno));
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			mask |= (uint64_t)1 << (atoi(e->d_name) & 63);
	closedir(d);
	return mask;
}

bool test_other_namespace(pid_t pid, const char *kind)
{
	char path[64], theirs[64] = "", ours[64] = "";

	snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, kind);
	ck_assert_int_gt(readlink(path, theirs, sizeof theirs - 1), 0);
	snprintf(path, sizeof path, "/proc/self/ns/%s", kind);
	ck_assert_int_gt(readlink(path, ours, sizeof ours - 1), 0);
	return strcmp(theirs, ours) != 0;
}

static bool in_filter(void *user)
{
	const pid_t *pid = user;
	char text[64];

	test_status_line(*pid, "Seccomp", text, sizeof text);
	return strcmp(text, "2") == 0 || !test_alive(*pid);
}

bool test_is_jailed(pid_t pid)
{
	return test_until(in_filter, &pid) && test_alive(pid);
}

static void assert_line(pid_t pid, const char *file, const char *key, const char *wanted)
{
	char text[128];

	proc_line(pid, file, key, text, sizeof text);
	ck_assert_msg(strcmp(text, wanted) == 0, "%s of /proc/PID/%s is '%s', not '%s'", key, file, text, wanted);
}

/* Soft and hard limit of a line of /proc/PID/limits. */
static void assert_limit(pid_t pid, const char *name, unsigned long wanted)
{
	unsigned long soft = 0, hard = 0;
	char path[64], line[256];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/limits", (int)pid);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while (!found && fgets(line, sizeof line, f))
		found = strncmp(line, name, strlen(name)) == 0 &&
			sscanf(line + strlen(name), "%lu %lu", &soft, &hard) == 2;
	fclose(f);
	ck_assert_msg(found, "%s is not limited", name);
	ck_assert_uint_eq(soft, wanted);
	ck_assert_uint_eq(hard, wanted);
}

static void assert_empty_root(pid_t pid)
{
	char path[64];
	struct dirent *e;
	int n = 0;
	DIR *d;

	snprintf(path, sizeof path, "/proc/%d/root/", (int)pid);
	d = opendir(path);
	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)))
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	ck_assert_int_eq(n, 0);
	ck_assert_int_lt(openat(dirfd(d), "x", O_CREAT | O_WRONLY, 0600), 0);
	ck_assert_int_eq(errno, EROFS);
	closedir(d);
}

void test_assert_jailed_with(pid_t pid, unsigned long files, unsigned long file_bytes)
{
	static const char *const kinds[] = { "user", "net", "mnt", "ipc", "uts", "cgroup" };
	static const char *const capabilities[] = { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" };

	ck_assert(test_is_jailed(pid));
	assert_line(pid, "status", "Seccomp", "2");
	assert_line(pid, "status", "NoNewPrivs", "1");
	assert_line(pid, "status", "Threads", "1");
	for (size_t i = 0; i < sizeof capabilities / sizeof capabilities[0]; i++)
		assert_line(pid, "status", capabilities[i], "0000000000000000");
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		ck_assert_msg(test_other_namespace(pid, kinds[i]), "shares its %s namespace", kinds[i]);
	assert_limit(pid, "Max core file size", 0);
	assert_limit(pid, "Max processes", 0);
	assert_limit(pid, "Max file size", file_bytes);
	assert_limit(pid, "Max open files", files);
	assert_empty_root(pid);
	if (getuid() == 0)
		assert_line(pid, "status", "Uid", "65534\t65534\t65534\t65534");
}

void test_assert_jailed(pid_t pid, unsigned long files)
{
	test_assert_jailed_with(pid, files, 0);
}
