/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the two processes may ask of the kernel. They run in a jail of bubblewrap's already (render-host/sandbox/argv.c): no network, no file
 * of the session, no capability. Must never allow a call that reaches another process or a socket that is not there.
 */
#include <errno.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/error.h"
#include "render-host/pages/pages.h"

enum { MEMORY_MIB = 1024, CPU_S = 600 };

/* Memory, time, files for reading (fonts, and what poppler knows of Asian encodings), and the one socket. */
static const int renderer_calls[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(recvfrom),
	SCMP_SYS(sendto), SCMP_SYS(close), SCMP_SYS(fcntl), SCMP_SYS(dup), SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(newfstatat),
	SCMP_SYS(fstat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(statx), SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getdents64), SCMP_SYS(getcwd),
	SCMP_SYS(fadvise64), SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mprotect),
	SCMP_SYS(futex), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(getpid),
	SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(uname), SCMP_SYS(sysinfo),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall), SCMP_SYS(sigaltstack), SCMP_SYS(tgkill), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(ioctl), -1,
};

static const int renderer_dies_of[] = {
	SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork),
	SCMP_SYS(vfork), SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(ptrace), SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_open), SCMP_SYS(mount), SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(bpf), -1,
};

static const int speaker_calls[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(recvfrom), SCMP_SYS(sendto), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(close),
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(clock_gettime),
	SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(kill), SCMP_SYS(wait4), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall), SCMP_SYS(tgkill), SCMP_SYS(exit), SCMP_SYS(exit_group),
#ifdef SEK_SANITIZE
	SCMP_SYS(sigaltstack), /* its run time leaves with it */
#endif
	-1,
};

static sek_status load(uint32_t otherwise, const int *allowed, const int *deadly)
{
	scmp_filter_ctx filter = seccomp_init(otherwise);
	int e = filter ? 0 : -ENOMEM;

	for (; e == 0 && *allowed != -1; allowed++)
		e = seccomp_rule_add(filter, SCMP_ACT_ALLOW, *allowed, 0);
	for (; e == 0 && deadly && *deadly != -1; deadly++)
		e = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, *deadly, 0);
	if (e == 0)
		e = seccomp_load(filter);
	seccomp_release(filter);
	return e == 0 ? sek_ok() : sek_foreign(SEK_E_JAIL, SEK_FROM_ERRNO, -e);
}

static sek_status harden(void)
{
	static const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) < 0 || setrlimit(RLIMIT_FSIZE, &none) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return sek_foreign(SEK_E_JAIL, SEK_FROM_ERRNO, errno);
	return sek_ok();
}

sek_status sek_pages_confine_renderer(void)
{
	static const struct rlimit cpu = { CPU_S, CPU_S };

#ifndef SEK_SANITIZE /* shadow memory has no bound */
	static const struct rlimit memory = { (rlim_t)MEMORY_MIB << 20, (rlim_t)MEMORY_MIB << 20 };

	if (setrlimit(RLIMIT_AS, &memory) < 0)
		return sek_foreign(SEK_E_JAIL, SEK_FROM_ERRNO, errno);
#endif
	if (setrlimit(RLIMIT_CPU, &cpu) < 0)
		return sek_foreign(SEK_E_JAIL, SEK_FROM_ERRNO, errno);
	SEK_TRY(harden());
	return load(SCMP_ACT_ERRNO(EPERM), renderer_calls, renderer_dies_of);
}

sek_status sek_pages_confine_speaker(void)
{
	SEK_TRY(harden());
#ifdef SEK_SANITIZE /* the run time has calls of its own, which then fail */
	return load(SCMP_ACT_ERRNO(EPERM), speaker_calls, NULL);
#else
	return load(SCMP_ACT_KILL_PROCESS, speaker_calls, NULL);
#endif
}
