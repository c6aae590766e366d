/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The jails of decoder and encoder, tried from inside: each forbidden thing dies by SIGSYS, what is needed works.
 */
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <seccomp.h>

#include "broker/gap/children.h"
#include "broker/gap/gap.h"
#include "tests/unit/gap/spawn.h"

static int fds[6];
static int listener, peer;

static void setup(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof a;
	struct sek_gap_layout layout;
	int rw, ro;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&a, sizeof a), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&a, &n), 0);
	fds[3] = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(fds[3], (struct sockaddr *)&a, sizeof a), 0);
	peer = accept(listener, NULL, NULL);
	ck_assert(sek_is_ok(sek_gap_layout_init(&layout, 640, 480)));
	ck_assert(sek_is_ok(sek_gap_create(&layout, &rw, &ro)));
	close(ro);
	fds[0] = fds[1] = -1;
	fds[2] = 2;
	fds[4] = rw;
	fds[5] = eventfd(0, EFD_CLOEXEC);
}

static struct test_end probe(const char *cell, const char *action)
{
	const char *const argv[] = { "jail_probe", cell, action, NULL };

	return test_wait(test_spawn(SEK_JAIL_PROBE, argv, fds, 6), TEST_WAIT_MS);
}

/* In both jails. */
static const char *const fatal[] = {
	"open", "openat", "socket", "socketpair", "connect", "execve", "fork", "clone", "clone3", "ptrace", "kill", "unshare",
	"mount", "dup", "pipe", "ioctl", "prctl", "setrlimit", "bpf", "io_uring", "sendmmsg",
	"process_vm_readv", "x32", "i386", "exec-memory", "exec-map", "map-file", "fastopen", "sendto",
};
static const char *const fine[] = { "nothing", "memory", "wake", "clock" };

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

START_TEST(decoder_dies)
{
	struct test_end e = probe("decoder", fatal[_i]);

	ck_assert_msg(e.signal == SIGSYS, "%s: code %d, signal %d", fatal[_i], e.code, e.signal);
}
END_TEST

START_TEST(encoder_dies)
{
	struct test_end e = probe("encoder", fatal[_i]);

	ck_assert_msg(e.signal == SIGSYS, "%s: code %d, signal %d", fatal[_i], e.code, e.signal);
}
END_TEST

/* What only the decoder needs, for the clipboard's pipe. */
START_TEST(encoder_receives_no_descriptors)
{
	ck_assert_int_eq(probe("encoder", "recvmsg").signal, SIGSYS);
}
END_TEST

START_TEST(needed_things_work)
{
	ck_assert_int_eq(probe("decoder", fine[_i]).code, 0);
	ck_assert_int_eq(probe("encoder", fine[_i]).code, 0);
}
END_TEST

/* A broken assertion is no violation, and the broker must be able to tell. */
START_TEST(abort_is_not_a_violation)
{
	ck_assert_int_eq(probe("decoder", "abort").signal, SIGABRT);
	ck_assert_int_eq(probe("encoder", "abort").signal, SIGABRT);
}
END_TEST

#ifndef SEK_SANITIZE /* memory is not limited there */
START_TEST(memory_is_limited)
{
	ck_assert_int_eq(probe("decoder", "eat-memory").code, 0);
	ck_assert_int_eq(probe("encoder", "eat-memory").code, 0);
}
END_TEST
#endif

START_TEST(broken_specification_is_refused)
{
	ck_assert_int_eq(probe("bare", "forbidden-call").code, 0);
	ck_assert_int_eq(probe("bare", "no-list").code, 0);
}
END_TEST

/* As an ordinary user, where the tests run as root: the jail must not need what only root has. */
START_TEST(works_for_anybody)
{
	const char *const argv[] = { "setpriv", "--reuid=4242", "--regid=4242", "--clear-groups", SEK_JAIL_PROBE, "decoder",
		"socket", NULL };
	struct test_end e;

	if (getuid() != 0 || access("/usr/bin/setpriv", X_OK) != 0)
		return;
	e = test_wait(test_spawn("/usr/bin/setpriv", argv, fds, 6), TEST_WAIT_MS);
	/* 127: this build stands where only root can read it */
	ck_assert_msg(e.signal == SIGSYS || e.code == 127 || e.code == 126, "code %d, signal %d", e.code, e.signal);
}
END_TEST

/* Where the kernel gives no further namespaces there is no jail, so there is no session. */
START_TEST(no_namespace_no_jail)
{
	const char *const argv[] = { "sh", "-c",
		"echo 0 > /proc/sys/user/max_net_namespaces && exec \"$0\" decoder nothing", SEK_JAIL_PROBE, NULL };
	const char *const outer[] = { "unshare", "--user", "--map-root-user", argv[0], argv[1], argv[2], argv[3], NULL };

	ck_assert_int_eq(test_wait(test_spawn("/usr/bin/unshare", outer, fds, 6), TEST_WAIT_MS).code, SEK_EXIT_JAIL);
}
END_TEST

/* As under the shipped unit: whoever is started may not change how nice it is. code of the probe. */
static int started_by(int nice, int policy)
{
	const char *const argv[] = { "jail_probe", "decoder", "nothing", NULL };
	const struct sched_param none = { 0 };
	scmp_filter_ctx filter;
	pid_t pid = fork();
	int status = 0;

	ck_assert_int_ge(pid, 0);
	if (pid != 0) {
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	}
	filter = seccomp_init(SCMP_ACT_ALLOW);
	if (!filter || setpriority(PRIO_PROCESS, 0, nice) != 0 || sched_setscheduler(0, policy, &none) != 0 ||
			seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(setpriority), 0) != 0 || seccomp_load(filter) != 0)
		_exit(99);
	_exit(test_wait(test_spawn(SEK_JAIL_PROBE, argv, fds, 6), TEST_WAIT_MS).code);
}

START_TEST(stands_back_however_it_is_done)
{
	if (getuid() != 0)
		return;
	ck_assert_int_eq(started_by(-SEK_CHILD_NICE, SCHED_OTHER | SCHED_RESET_ON_FORK), 0);
	ck_assert_int_eq(started_by(-1, SCHED_OTHER | SCHED_RESET_ON_FORK), SEK_EXIT_JAIL);
	ck_assert_int_eq(started_by(0, SCHED_OTHER), SEK_EXIT_JAIL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("jail");
	TCase *tc = tcase_create("jail");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, decoder_dies, 0, COUNT(fatal));
	tcase_add_loop_test(tc, encoder_dies, 0, COUNT(fatal));
	tcase_add_loop_test(tc, needed_things_work, 0, COUNT(fine));
	tcase_add_test(tc, encoder_receives_no_descriptors);
	tcase_add_test(tc, abort_is_not_a_violation);
#ifndef SEK_SANITIZE
	tcase_add_test(tc, memory_is_limited);
#endif
	tcase_add_test(tc, broken_specification_is_refused);
	tcase_add_test(tc, works_for_anybody);
	tcase_add_test(tc, no_namespace_no_jail);
	tcase_add_test(tc, stands_back_however_it_is_done);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
