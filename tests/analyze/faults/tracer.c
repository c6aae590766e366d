/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See tracer.h. Each run is traced by a process of its own, with whose end the kernel kills everything that it traced.
 */
#include "tests/analyze/faults/tracer.h"

#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <linux/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/analyze/faults/state.h"

enum { RUN_S = 60 };

struct run {
	const struct faults_window *w;
	struct faults_result *r;
	int nth, err;
	pid_t target;      /* 0: not met yet */
	uint64_t fds;      /* what it had from outside when the window began: one bit each, those below 64 */
	bool inject;       /* the call that is under way is the one that fails */
	unsigned int filter_length;
	uint64_t filter_hash;
};

static void finish(struct run *run, enum faults_end end, int code)
{
	run->r->end = end;
	run->r->code = code;
	_exit(0);
}

static bool is_named(pid_t pid, const char *comm)
{
	char path[64], name[32] = "";
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
	f = fopen(path, "r");
	if (f && !fgets(name, sizeof name, f))
		name[0] = '\0';
	if (f)
		fclose(f);
	name[strcspn(name, "\n")] = '\0';
	return strncmp(name, comm, 15) == 0;
}

static uint64_t descriptors(pid_t pid)
{
	char path[64];
	struct dirent *e;
	uint64_t mask = 0;
	DIR *d;

	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	d = opendir(path);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' && atoi(e->d_name) < 64)
			mask |= (uint64_t)1 << atoi(e->d_name);
	if (d)
		closedir(d);
	return mask & ~((uint64_t)1 << STDERR_FILENO);
}

/* Reading or waiting for what the process has from outside. */
static bool touches(const struct run *run, const struct ptrace_syscall_info *i)
{
	switch (i->entry.nr) {
	case SYS_read:
	case SYS_readv:
	case SYS_recvfrom:
	case SYS_recvmsg:
	case SYS_write:
	case SYS_writev:
	case SYS_sendto:
	case SYS_sendmsg:
		return i->entry.args[0] < 64 && (run->fds >> i->entry.args[0] & 1);
	case SYS_poll:
	case SYS_ppoll:
	case SYS_epoll_wait:
	case SYS_epoll_pwait:
	case SYS_execve:
	case SYS_execveat:
		return true;
	default:
		return false;
	}
}

static bool is_filter(const struct faults_call *c)
{
	return c->nr == SYS_seccomp && c->args[0] == SECCOMP_SET_MODE_FILTER && c->args[2] != 0;
}

/* The filter that is about to be in force: its length and a sum over it, in which the process's own number counts as nothing. */
static void look_at_filter(struct run *run, uint64_t at)
{
	static struct sock_filter ops[BPF_MAXINSNS];
	struct sock_fprog prog;
	struct iovec here = { &prog, sizeof prog }, there = { (void *)(uintptr_t)at, sizeof prog };

	if (process_vm_readv(run->target, &here, 1, &there, 1, 0) != sizeof prog || prog.len > BPF_MAXINSNS)
		return;
	here = (struct iovec){ ops, prog.len * sizeof ops[0] };
	there = (struct iovec){ prog.filter, here.iov_len };
	if (process_vm_readv(run->target, &here, 1, &there, 1, 0) != (ssize_t)here.iov_len)
		return;
	run->filter_length = prog.len;
	run->filter_hash = 14695981039346656037u;
	for (unsigned int i = 0; i < prog.len; i++) {
		uint64_t k = ops[i].k == (uint32_t)run->target ? 0 : ops[i].k;

		run->filter_hash = (run->filter_hash ^ (k | (uint64_t)ops[i].code << 32 | (uint64_t)ops[i].jt << 48 | (uint64_t)ops[i].jf << 56)) *
			1099511628211u;
	}
}

/* Whether this call was the last of the set-up, and did what it should. */
static bool is_last(const struct run *run, const struct faults_call *c)
{
	return c->nr == run->w->to && c->ret >= 0 && (c->nr != SYS_seccomp || is_filter(c));
}

static void done(struct run *run)
{
	struct faults_result *r = run->r;
	size_t n;

	if (r->calls < run->nth) /* fewer calls than without a fault: memory lies elsewhere each time */
		finish(run, FAULTS_NEVER, 0);
	faults_state(run->target, r->state, sizeof r->state);
	n = strlen(r->state);
	snprintf(r->state + n, sizeof r->state - n, "filter: %u %016llx\n", run->filter_length, (unsigned long long)run->filter_hash);
	finish(run, FAULTS_DONE, 0);
}

/* The call that is to fail becomes one that does nothing. close() happens: the kernel closes also where it gives an error. brk() has no errors,
 * only an end that is where it was. */
static void take_away(const struct run *run, int nr)
{
	if (nr == SYS_brk)
		ptrace(PTRACE_POKEUSER, run->target, offsetof(struct user, regs.rdi), 0L);
	else if (nr != SYS_close && nr != SYS_munmap)
		ptrace(PTRACE_POKEUSER, run->target, offsetof(struct user, regs.orig_rax), -1L);
}

/* Whether a window begins, or begins anew, with this call. Once its call has failed nothing does. */
static void begin(struct run *run, pid_t pid, const struct ptrace_syscall_info *i)
{
	bool starts = (int)i->entry.nr == run->w->from && (run->w->argument < 0 || i->entry.args[1] == (uint64_t)run->w->argument);

	if (run->nth && run->r->calls >= run->nth)
		return;
	if (pid == run->target && i->entry.nr == SYS_execve) {
		run->target = 0;
	} else if ((pid == run->target || !run->target) && starts && is_named(pid, run->w->comm) && run->r->starts++ >= run->w->skip) {
		run->target = pid;
		run->r->calls = 0;
		run->fds = descriptors(pid);
	}
}

static void at_entry(struct run *run, pid_t pid, const struct ptrace_syscall_info *i)
{
	struct faults_result *r = run->r;
	struct faults_call *c;

	begin(run, pid, i);
	if (pid != run->target)
		return;
	if (i->entry.nr == SYS_exit_group)
		finish(run, r->calls < run->nth ? FAULTS_NEVER : FAULTS_REFUSED, (int)(i->entry.args[0] & 0xff));
	if (run->nth && r->calls >= run->nth && !run->w->listens && touches(run, i))
		finish(run, FAULTS_TOUCHED, (int)i->entry.nr);
	if (r->calls >= FAULTS_CALLS_MAX)
		finish(run, FAULTS_NEVER, 0);
	c = &r->call[r->calls++];
	c->nr = (int)i->entry.nr;
	for (int k = 0; k < 3; k++)
		c->args[k] = i->entry.args[k];
	if (is_filter(c))
		look_at_filter(run, c->args[2]);
	run->inject = r->calls == run->nth;
	if (run->inject)
		take_away(run, c->nr);
}

static void at_exit(struct run *run, pid_t pid, const struct ptrace_syscall_info *i)
{
	struct faults_call *c;

	if (pid != run->target || run->r->calls == 0)
		return;
	c = &run->r->call[run->r->calls - 1];
	c->ret = i->exit.rval;
	if (run->inject) {
		if (c->nr == SYS_brk)
			ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.rdi), (long)c->args[0]);
		else
			ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.rax), (long)-run->err);
		run->inject = false;
	} else if (is_last(run, c)) {
		done(run);
	}
}

static void stopped(struct run *run, pid_t pid, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;
	struct ptrace_syscall_info i;

	if (sig == (SIGTRAP | 0x80)) {
		if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof i, &i) > 0) {
			if (i.op == PTRACE_SYSCALL_INFO_ENTRY)
				at_entry(run, pid, &i);
			else if (i.op == PTRACE_SYSCALL_INFO_EXIT)
				at_exit(run, pid, &i);
		}
		sig = 0;
	} else if (event == PTRACE_EVENT_STOP && (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU)) {
		ptrace(PTRACE_LISTEN, pid, 0, 0);
		return;
	} else if (event != 0) {
		sig = 0;
	}
	ptrace(PTRACE_SYSCALL, pid, 0, (long)sig);
}

static struct run *watched;

static void too_long(int sig)
{
	(void)sig;
	watched->r->end = FAULTS_HUNG;
	_exit(0);
}

static _Noreturn void child(char *const *argv, int ready)
{
	char go;

	if (read(ready, &go, 1) == 1)
		execvp(argv[0], argv);
	_exit(127);
}

static _Noreturn void trace(struct run *run)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
		PTRACE_O_EXITKILL;
	int ready[2], status;
	pid_t first, pid;

	watched = run;
	signal(SIGALRM, too_long);
	alarm(RUN_S);
	if (pipe(ready) < 0 || (first = fork()) < 0)
		_exit(1);
	if (first == 0) {
		close(ready[1]);
		child(run->w->argv, ready[0]);
	}
	if (ptrace(PTRACE_SEIZE, first, 0, options) < 0 || ptrace(PTRACE_INTERRUPT, first, 0, 0) < 0 || waitpid(first, &status, __WALL) != first) {
		kill(first, SIGKILL);
		finish(run, FAULTS_UNTRACED, errno);
	}
	ptrace(PTRACE_SYSCALL, first, 0, 0);
	if (write(ready[1], "g", 1) != 1)
		_exit(1);
	close(ready[0]);
	close(ready[1]);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status))
			stopped(run, pid, status);
		else if (pid == run->target && run->r->calls >= run->nth)
			finish(run, WIFSIGNALED(status) ? FAULTS_KILLED : FAULTS_REFUSED, WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	}
	finish(run, FAULTS_NEVER, 0);
	_exit(1);
}

void faults_run(const struct faults_window *w, int nth, int err, struct faults_result *ret)
{
	static struct faults_result *shared;
	struct run run = { .w = w, .nth = nth, .err = err };
	pid_t tracer;

	if (!shared) {
		shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (shared == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) {
			perror("faults");
			exit(2);
		}
	}
	memset(shared, 0, sizeof *shared);
	shared->end = FAULTS_HUNG;
	run.r = shared;
	fflush(NULL);
	tracer = fork();
	if (tracer == 0)
		trace(&run);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	memcpy(ret, shared, sizeof *ret);
}
