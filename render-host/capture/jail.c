/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * capture's jail. It reads what the sandbox's X server and input method say and what a broker sends; whoever takes it
 * over through one of those holds the descriptors that are open, and nothing else.
 */
#include <seccomp.h>
#include <unistd.h>

#include "base/jail.h"
#include "render-host/capture/capture.h"
#include "render-host/session.h"

enum {
	/* descriptors: 0-2, control, X, IME and one receiver; a packet may bring up to four before the surplus is closed */
	FDS_END = 16,
	FILES = 24,
	FIXED_MEMORY_MIB = 256,
};

static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(close), SCMP_SYS(fcntl),
	SCMP_SYS(shutdown), SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	SCMP_SYS(futex), SCMP_SYS(clock_gettime), SCMP_SYS(getrandom), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(gettid), SCMP_SYS(getpid), SCMP_SYS(tgkill), SCMP_SYS(exit),
	SCMP_SYS(exit_group), -1,
};

sek_status sek_capture_jail(struct sek_capture *c)
{
	/* framebuffer, the encoder's copy, a queue that may be doubled while it grows */
	uint64_t picture = (uint64_t)c->framebuffer.map_bytes;
	struct sek_jail jail = {
		.fds_end = FDS_END,
		.files = FILES,
		.memory_bytes = ((uint64_t)FIXED_MEMORY_MIB << 20) + 6 * picture,
		.syscalls = allowed,
	};

	return sek_jail_enter(&jail);
}
