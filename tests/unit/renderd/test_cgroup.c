/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The limits of a session's cgroup, with real processes that break them; and removing what a hostile session left.
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "render-host/renderd/cgroup.h"
#include "render-host/renderd/process.h"
#include "render-host/renderd/watchdog.h"

enum { MIB = 1 << 20 };

static char instance[32];
static const struct sek_cgroup_limits small = { 64 * MIB, 32 };

static void setup(void)
{
	snprintf(instance, sizeof instance, "test-%d", (int)getpid());
}

/* A child that runs fn, and is inside the group when this returns: one that is not in yet is not killed with it. */
static pid_t inside(const struct sek_cgroup *g, void (*fn)(void))
{
	int joined[2];
	char c = 0;
	pid_t pid;

	ck_assert_int_eq(pipe(joined), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (sek_cgroup_join(g) != 0 || write(joined[1], &c, 1) != 1)
			_exit(99);
		close(joined[0]);
		close(joined[1]);
		fn();
		_exit(0);
	}
	close(joined[1]);
	ck_assert_int_eq(read(joined[0], &c, 1), 1);
	close(joined[0]);
	return pid;
}

static void rest(void)
{
	for (;;)
		pause();
}

static void hog(void)
{
	size_t i;

	for (i = 0; i < 256; i++) {
		char *p = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p != MAP_FAILED)
			memset(p, 1, MIB);
	}
}

/* Forks until it is not allowed to any more, then stays. */
static void multiply(void)
{
	int i;

	(void)setsid();
	for (i = 0; i < 500; i++)
		if (fork() == 0)
			rest();
	rest();
}

/* Each child forks and leaves, for ever: what a list of processes can hardly catch. */
static void run_away(void)
{
	for (;;) {
		pid_t pid = fork();

		if (pid > 0)
			_exit(0);
		if (pid == 0)
			(void)setsid();
	}
}

static void wait_empty(struct sek_cgroup *g)
{
	int i;

	for (i = 0; i < 500 && sek_cgroup_count(g) > 0; i++) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		usleep(10000);
	}
	ck_assert_uint_eq(sek_cgroup_count(g), 0);
}

/* A process that is gone for the list may still hold its group for a moment: whoever removes it asks again, as renderd does. */
static bool removed(struct sek_cgroup *g)
{
	sek_status s = sek_fail(SEK_E_BUSY);

	for (int i = 0; i < 500 && sek_is(s, SEK_E_BUSY); i++) {
		s = sek_cgroup_remove(g);
		if (sek_is(s, SEK_E_BUSY))
			usleep(10000);
	}
	return sek_is_ok(s);
}

static struct sek_cgroups *open_all(unsigned modes)
{
	struct sek_cgroups *all = NULL;

	ck_assert(sek_is_ok(sek_cgroups_open(instance, modes, &all)));
	return all;
}

static bool limited(const struct sek_cgroups *all)
{
	return sek_cgroups_mode(all) != SEK_CGROUP_NONE;
}

START_TEST(memory)
{
	struct sek_cgroups *all = open_all(SEK_CGROUP_TRY_ALL);
	struct sek_cgroup g;
	pid_t pid;
	int status;

	ck_assert_msg(limited(all), "this machine has no writable cgroups");
	ck_assert(sek_is_ok(sek_cgroup_create(all, 0, &small, &g)));
	ck_assert_uint_eq(sek_cgroup_oom_kills(&g), 0);
	pid = inside(&g, hog);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	ck_assert_uint_ge(sek_cgroup_oom_kills(&g), 1);
	wait_empty(&g);
	ck_assert(removed(&g));
	/* the next session of the slot starts with a clean sheet */
	ck_assert(sek_is_ok(sek_cgroup_create(all, 0, &small, &g)));
	ck_assert_uint_eq(sek_cgroup_oom_kills(&g), 0);
	ck_assert(removed(&g));
	sek_cgroups_close(all);
}
END_TEST

START_TEST(processes)
{
	struct sek_cgroups *all = open_all(SEK_CGROUP_TRY_ALL);
	struct sek_cgroup g, other;
	size_t i;

	ck_assert(limited(all));
	ck_assert(sek_is_ok(sek_cgroup_create(all, 0, &small, &g)));
	ck_assert(sek_is_ok(sek_cgroup_create(all, 1, &small, &other)));
	inside(&g, multiply);
	inside(&other, rest);
	for (i = 0; i < 500 && sek_cgroup_count(&g) < small.processes; i++)
		usleep(10000);
	ck_assert_uint_eq(sek_cgroup_count(&g), small.processes);
	ck_assert(sek_is(sek_cgroup_remove(&g), SEK_E_BUSY));
	ck_assert_uint_eq(sek_cgroup_count(&g), small.processes);
	sek_cgroup_kill(&g);
	wait_empty(&g);
	ck_assert(removed(&g));
	ck_assert_uint_eq(sek_cgroup_count(&other), 1);
	sek_cgroup_kill(&other);
	wait_empty(&other);
	ck_assert(removed(&other));
	sek_cgroups_close(all);
}
END_TEST

static void kill_runaways(unsigned modes)
{
	struct sek_cgroups *all = open_all(modes);
	struct sek_cgroup g;
	int i;

	ck_assert(limited(all));
	ck_assert(sek_is_ok(sek_cgroup_create(all, 0, &small, &g)));
	for (i = 0; i < 4; i++)
		inside(&g, run_away);
	usleep(50000);
	ck_assert(sek_is(sek_cgroup_remove(&g), SEK_E_BUSY));
	sek_cgroup_kill(&g);
	wait_empty(&g);
	ck_assert(removed(&g));
	sek_cgroups_close(all);
}

START_TEST(runaways)
{
	kill_runaways(SEK_CGROUP_TRY_ALL);
}
END_TEST

/* v2's own way of killing, also on machines whose controllers are all in v1. */
START_TEST(runaways_v2)
{
	struct sek_cgroups *all = NULL;

	if (!sek_is_ok(sek_cgroups_open(instance, SEK_CGROUP_TRY_V2 | SEK_CGROUP_TRY_BARE, &all))) {
		fputs("no writable cgroup v2 here\n", stderr);
		return;
	}
	sek_cgroups_close(all);
	kill_runaways(SEK_CGROUP_TRY_V2 | SEK_CGROUP_TRY_BARE);
}
END_TEST

/* What a killed renderd left is killed and removed by the next one of the same instance, and only that. */
START_TEST(leftovers)
{
	struct sek_cgroups *all = open_all(SEK_CGROUP_TRY_ALL), *again;
	struct sek_cgroup g;
	int status;
	pid_t pid;

	ck_assert(sek_is_ok(sek_cgroup_create(all, 3, &small, &g)));
	pid = inside(&g, rest);
	while (sek_cgroup_count(&g) == 0)
		usleep(1000);
	again = open_all(SEK_CGROUP_TRY_ALL); /* reaps nothing: the zombie is ours and leaves the group by itself */
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	(void)sek_cgroup_remove(&g);
	sek_cgroups_close(again);
	sek_cgroups_close(all);
}
END_TEST

START_TEST(without_cgroups)
{
	const uid_t uid = 300000 + (uid_t)getpid() % 50000;
	struct sek_cgroups *all = open_all(SEK_CGROUP_TRY_NONE);
	struct sek_cgroup g;
	uint64_t used[2] = { 0, 0 };
	int status, fds[2];
	pid_t pid;
	char n = 0;

	ck_assert_int_eq(sek_cgroups_mode(all), SEK_CGROUP_NONE);
	ck_assert(sek_is_ok(sek_cgroup_create(all, 0, &small, &g)));
	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		char *p, forks = 0;

		ck_assert_int_eq(sek_cgroup_join(&g), 0);
		if (setgid(uid) != 0 || setuid(uid) != 0)
			_exit(99);
		p = mmap(NULL, 40 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memset(p, 1, 40 * MIB);
		while (forks < 100 && (pid = fork()) > 0)
			forks++;
		if (pid == 0)
			rest();
		if (write(fds[1], &forks, 1) != 1)
			_exit(1);
		rest();
	}
	ck_assert_int_eq(read(fds[0], &n, 1), 1);
	ck_assert_int_eq(n, (int)small.processes - 1); /* it is one of them itself */
	sek_watchdog_measure(uid, 2, used);
	ck_assert_uint_ge(used[0], 40 * MIB);
	ck_assert_uint_le(used[0], 80 * MIB); /* what the forks share counts once */
	ck_assert_uint_eq(used[1], 0);
	ck_assert(sek_is_ok(sek_process_kill_uid(uid)));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	do {
		used[0] = 0;
		sek_watchdog_measure(uid, 2, used);
		usleep(1000);
	} while (used[0] > 0); /* the test's time is limited */
	ck_assert(removed(&g));
	sek_cgroups_close(all);
}
END_TEST

START_TEST(kill_is_careful)
{
	ck_assert(sek_is(sek_process_kill_uid(0), SEK_E_INTERNAL));
	ck_assert(sek_is(sek_process_kill_uid(65535), SEK_E_INTERNAL));
	ck_assert(sek_is(sek_process_kill_uid((uid_t)-1), SEK_E_INTERNAL));
	ck_assert(sek_is_ok(sek_process_kill_uid(300000 + (uid_t)getpid() % 50000))); /* nobody there: fine */
}
END_TEST

START_TEST(trees)
{
	char root[64], path[400], outside[100];
	int i, fd, at;

	snprintf(root, sizeof root, "/dev/shm/sekisho-tree-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	snprintf(outside, sizeof outside, "%s.outside", root);
	fd = open(outside, O_WRONLY | O_CREAT, 0600);
	close(fd);
	snprintf(path, sizeof path, "%s/link", root);
	ck_assert_int_eq(symlink("/etc", path), 0);
	snprintf(path, sizeof path, "%s/to-outside", root);
	ck_assert_int_eq(symlink(outside, path), 0);
	snprintf(path, sizeof path, "%s/fifo", root);
	ck_assert_int_eq(mkfifo(path, 0), 0);
	snprintf(path, sizeof path, "%s/closed", root);
	ck_assert_int_eq(mkdir(path, 0), 0);
	snprintf(path, sizeof path, "%s/closed/\xff\n weird name", root);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	at = open(root, O_RDONLY | O_DIRECTORY);
	for (i = 0; i < 1000; i++) { /* deeper than any path may be long, and than the remover has descriptors */
		int next;

		ck_assert_int_eq(mkdirat(at, "a-directory-with-a-long-name-so-that-the-path-is-long", 0700), 0);
		next = openat(at, "a-directory-with-a-long-name-so-that-the-path-is-long", O_RDONLY | O_DIRECTORY);
		close(at);
		at = next;
	}
	close(at);
	ck_assert(sek_is_ok(sek_tree_remove(root)));
	ck_assert_int_ne(access(root, F_OK), 0);
	ck_assert_int_eq(access(outside, F_OK), 0);
	ck_assert_int_eq(access("/etc/passwd", F_OK), 0);
	ck_assert(sek_is_ok(sek_tree_remove(root))); /* gone already */
	ck_assert(!sek_is_ok(sek_tree_remove(outside)));
	ck_assert_int_eq(unlink(outside), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("renderd.cgroup");
	TCase *c = tcase_create("cgroup");
	SRunner *r;
	int failed;

	if (geteuid() != 0) {
		fputs("cgroups need root: skipped\n", stderr);
		return 77;
	}
	tcase_add_checked_fixture(c, setup, NULL);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, memory);
	tcase_add_test(c, processes);
	tcase_add_test(c, runaways);
	tcase_add_test(c, runaways_v2);
	tcase_add_test(c, leftovers);
	tcase_add_test(c, without_cgroups);
	tcase_add_test(c, kill_is_careful);
	tcase_add_test(c, trees);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
