/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The self-check's look at jails, at real processes: one in the real jail is told as jailed, and each way in which a jail can be broken
 * is told as that.
 */
#include <check.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/jail.h"
#include "broker/hub/control/selfcheck_lines.h"

enum how { NO_JAIL, PRIVILEGES, CAPABILITIES, NAMESPACES, JAILED };

static pid_t pid;

static void filter(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);

	if (!ctx || seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS(ptrace), 0) != 0)
		_exit(2);
	/* as root a filter needs no no_new_privs, and this must not be the one that sets it */
	if (seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0) != 0 || seccomp_load(ctx) != 0)
		_exit(3);
}

/* fd: stays open. */
static void break_out(enum how how, int fd)
{
	static const int calls[] = { SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(pause), SCMP_SYS(ppoll), SCMP_SYS(exit_group), -1 };
	const struct sek_jail jail = { .fds_end = fd + 1, .syscalls = calls };

	if (how == JAILED && !sek_is_ok(sek_jail_enter(&jail)))
		_exit(4);
	if (how == JAILED || how == NO_JAIL)
		return;
	if (how >= CAPABILITIES)
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	filter();
	if (how == NAMESPACES && setresuid(65534, 65534, 65534) != 0) /* which drops all capabilities */
		_exit(5);
}

/* A child that is in that state when this returns. */
static void start(enum how how)
{
	int ready[2];
	char c;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		break_out(how, ready[1]);
		(void)!write(ready[1], "x", 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	ck_assert_msg(read(ready[0], &c, 1) == 1, "the child has ended");
	close(ready[0]);
}

static void tear_down(void)
{
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	pid = 0;
}

/* What the check says of these processes: its level into ret_level, its faults as words divided by spaces. */
static void look(int *pids, size_t n, const char *seen, char ret[200], char ret_level[16])
{
	struct sek_selfcheck s = { .pids = pids, .n_pids = n, .lines = json_array() };
	const json_t *line, *names;
	size_t i, at = 0;

	if (seen)
		s.seen = json_pack("{s:s}", "0", seen);
	sek_check_jails(&s);
	ck_assert_uint_eq(json_array_size(s.lines), 1);
	line = json_array_get(s.lines, 0);
	snprintf(ret_level, 16, "%s", json_string_value(json_object_get(line, "level")));
	names = json_object_get(json_object_get(line, "evidence"), "names");
	ret[0] = '\0';
	for (i = 0; i < json_array_size(names); i++)
		at += (size_t)snprintf(ret + at, 200 - at, "%s%s", i ? " " : "",
			json_string_value(json_object_get(json_array_get(names, i), "why")));
	json_decref(s.lines);
	json_decref(s.seen);
}

static const struct {
	enum how how;
	const char *level, *why;
} rows[] = {
	{ NO_JAIL, "failed", "seccomp" }, { PRIVILEGES, "failed", "privileges" }, { CAPABILITIES, "failed", "capabilities" },
	{ NAMESPACES, "failed", "user" }, { JAILED, "ok", "" },
};

START_TEST(a_broken_jail_is_told_as_such)
{
	char why[200], level[16];

	if (geteuid() != 0)
		return; /* the filters are loaded as only root may */
	start(rows[_i].how);
	look(&pid, 1, NULL, why, level);
	ck_assert_msg(strcmp(level, rows[_i].level) == 0 && strcmp(why, rows[_i].why) == 0, "%s: %s", level, why);
}
END_TEST

START_TEST(one_broken_jail_among_good_ones_fails_the_line)
{
	char why[200], level[16];
	int pids[2];
	pid_t jailed;

	if (geteuid() != 0)
		return;
	start(JAILED);
	jailed = pid;
	start(NO_JAIL);
	pids[0] = jailed;
	pids[1] = pid;
	look(pids, 2, NULL, why, level);
	ck_assert_str_eq(level, "failed");
	ck_assert_str_eq(why, "seccomp");
	kill(jailed, SIGKILL);
	waitpid(jailed, NULL, 0);
}
END_TEST

START_TEST(who_is_gone_is_no_finding)
{
	char why[200], level[16];

	pid = fork();
	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	look(&pid, 1, NULL, why, level);
	ck_assert_str_eq(level, "ok");
	look(&pid, 0, NULL, why, level);
	ck_assert_str_eq(level, "ok");
	pid = 0;
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hub.control.selfcheck");
	TCase *t = tcase_create("jails");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, NULL, tear_down);
	tcase_add_loop_test(t, a_broken_jail_is_told_as_such, 0, sizeof rows / sizeof rows[0]);
	tcase_add_test(t, one_broken_jail_among_good_ones_fails_the_line);
	tcase_add_test(t, who_is_gone_is_no_finding);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
