/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fork, exec and kill. Between fork and exec nothing but async-signal-safe calls.
 */
#include "render-host/renderd/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

enum { CHILD_FAILED = 127, CHILD_FD = 3, CHILD_FD2 = 4, PARKED_FD = 64 };

static int change_uid(uid_t uid)
{
	if (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)
		return -1;
	return getuid() == uid && geteuid() == uid && getgid() == uid ? 0 : -1;
}

/* Moves what is handed over to its number; all others are closed by exec, the program's own too. */
static int place_descriptors(int fd, int fd2, int *program)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	fd = fcntl(fd, F_DUPFD_CLOEXEC, PARKED_FD);
	*program = fcntl(*program, F_DUPFD_CLOEXEC, PARKED_FD);
	if (fd2)
		fd2 = fcntl(fd2, F_DUPFD_CLOEXEC, PARKED_FD);
	if (null < 0 || fd < 0 || fd2 < 0 || *program < 0)
		return -1;
	if (dup2(null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 ||
			close_range(CHILD_FD, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
		return -1;
	return dup2(fd, CHILD_FD) < 0 || (fd2 && dup2(fd2, CHILD_FD2) < 0) ? -1 : 0;
}

static _Noreturn void child(const struct sek_launch *l, int program, pid_t parent)
{
	static const char *const environment[] = { "PATH=/usr/bin:/bin", "LANG=C.UTF-8", NULL };
	static const struct rlimit no_core = { 0, 0 };
	sigset_t none;
	int i;

	if (sek_cgroup_join(l->group) != 0)
		_exit(CHILD_FAILED);
	for (i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	umask(077);
	if (setsid() < 0 || setrlimit(RLIMIT_CORE, &no_core) != 0 || place_descriptors(l->fd, l->fd2, &program) != 0)
		_exit(CHILD_FAILED);
	if (l->nice)
		(void)setpriority(PRIO_PROCESS, 0, l->nice); /* without it the rest of the machine waits a little more */
	if (l->uid && (change_uid(l->uid) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0))
		_exit(CHILD_FAILED);
	/* forgotten at each change of uid, so it comes after it; the parent may have died before */
	if (prctl(PR_SET_PDEATHSIG, l->uid ? SIGKILL : SIGTERM) != 0 || getppid() != parent)
		_exit(CHILD_FAILED);
	/* by descriptor: the session's uid need not be able to walk to where the programs lie */
	fexecve(program, (char *const *)(uintptr_t)l->argv, (char *const *)(uintptr_t)environment);
	_exit(CHILD_FAILED);
}

sek_status sek_process_start(const struct sek_launch *l, pid_t *ret_pid)
{
	pid_t parent = getpid(), pid;
	sek_status s = sek_ok();
	int program;

	SEK_ASSERT(l->uid == 0 || l->uid >= SEK_UID_LEAST);
	program = open(l->argv[0], O_RDONLY | O_CLOEXEC);
	if (program < 0)
		return sek_from_errno();
	pid = fork();
	if (pid == 0)
		child(l, program, parent);
	if (pid < 0)
		s = sek_from_errno();
	else
		*ret_pid = pid;
	close(program);
	return s;
}

void sek_process_unnice(uid_t uid, pid_t pid)
{
	(void)setpriority(PRIO_USER, uid, 0);
	if (pid > 0)
		(void)setpriority(PRIO_PROCESS, (id_t)pid, 0);
}

sek_status sek_process_kill_uid(uid_t uid)
{
	int status;
	pid_t pid;

	if (uid < SEK_UID_LEAST || uid == (uid_t)-1 || uid == getuid() || uid == geteuid())
		return sek_fail(SEK_E_INTERNAL);
	pid = fork();
	if (pid < 0)
		return sek_from_errno();
	if (pid == 0) {
		/* kill(-1) under that uid goes through the list of processes at one stroke, so no fork can slip through; it
		 * must never be reached with another uid */
		if (change_uid(uid) != 0)
			_exit(1);
		_exit(kill(-1, SIGKILL) == 0 || errno == ESRCH ? 0 : 1);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return sek_from_errno();
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? sek_ok() : sek_fail(SEK_E_IO);
}
