/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fork and exec with a short list of descriptors. Between fork and exec only async-signal-safe calls are made.
 */
#include "render-host/sandbox/spawn.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"

enum { FD_PARK = 64 /* above every target, so that moving one descriptor never overwrites the next */ };

bool sek_spawn_die_with(pid_t parent)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

static bool place_fds(const struct sek_spawn *s, int *ret_exec_fd)
{
	int parked[SEK_SPAWN_FDS_MAX];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0)
		return false;
	if (s->quiet && (dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0))
		return false;
	for (size_t i = 0; i < s->fds; i++) {
		parked[i] = s->fd[i].from < 0 ? -1 : fcntl(s->fd[i].from, F_DUPFD_CLOEXEC, FD_PARK);
		if (s->fd[i].from >= 0 && parked[i] < 0)
			return false;
	}
	*ret_exec_fd = s->exec_fd < 0 ? -1 : fcntl(s->exec_fd, F_DUPFD_CLOEXEC, FD_PARK);
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return false;
	for (size_t i = 0; i < s->fds; i++)
		if (parked[i] >= 0 && dup2(parked[i], s->fd[i].to) < 0)
			return false;
	return true;
}

static bool become(uid_t uid)
{
	gid_t gid = uid;

	return setgroups(0, NULL) == 0 && setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0;
}

/* The file is ours only while we may be looked at; exec decides that anew. */
static void go_first(void)
{
	int fd = prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0 ? open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	(void)!write(fd, "1000", 4);
	close(fd);
}

static _Noreturn void child(const struct sek_spawn *s, pid_t parent)
{
	static char *const no_env[] = { NULL };
	static const struct rlimit no_core = { 0, 0 };
	sigset_t none;
	int exec_fd;

	sigemptyset(&none);
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (setrlimit(RLIMIT_CORE, &no_core) < 0 || !place_fds(s, &exec_fd))
		_exit(127);
	/* the wish to die with the parent is forgotten at each change of uid, so it comes after it */
	if (s->uid && !become(s->uid))
		_exit(127);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || !sek_spawn_die_with(parent))
		_exit(127);
	if (s->goes_first)
		go_first();
	if (exec_fd >= 0)
		fexecve(exec_fd, s->argv, no_env);
	else
		execve(s->argv[0], s->argv, no_env);
	_exit(127);
}

sek_status sek_spawn(const struct sek_spawn *s, pid_t *ret_pid)
{
	pid_t parent = getpid();
	pid_t pid;

	SEK_ASSERT(s->fds <= SEK_SPAWN_FDS_MAX);
	pid = fork();
	if (pid < 0)
		return sek_from_errno();
	if (pid == 0)
		child(s, parent);
	*ret_pid = pid;
	return sek_ok();
}
