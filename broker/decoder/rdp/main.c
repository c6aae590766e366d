/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-decoder-rdp: the process that reads the bytes of one RDP host. Makes everything that it will ever need, enters its jail, and only
 * then exchanges the first byte. Contract: broker/gap/children.h.
 */
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <seccomp.h>

#include "broker/decoder/rdp/session.h"

/* What it may ask of the kernel: the library waits by poll and wakes itself by eventfds, and sets its socket to non-blocking. */
static const int calls[] = {
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(recvfrom), SCMP_SYS(sendto), SCMP_SYS(sendmsg),
	SCMP_SYS(eventfd2), SCMP_SYS(fcntl), SCMP_SYS(getsockopt), SCMP_SYS(getsockname), SCMP_SYS(shutdown),
	SCMP_SYS(recvmsg), /* control socket: the clipboard's pipe, once the policy opens it */
	SCMP_SYS(close), SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(alarm),
	SCMP_SYS(getpid), SCMP_SYS(futex),
	/* Heap: anonymous and never executable (base/jail.c). */
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mprotect),
	/* abort() of an assertion: SIGABRT, not SIGSYS. */
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(gettid), SCMP_SYS(tgkill),
	SCMP_SYS(exit_group), SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigreturn),
	-1,
};

/* Its own, and the library's events: made before, as many again while connecting. Nothing that is not a socket of the broker's can be made. */
enum { FILES = 48, LIBRARIES_MIB = 512 };

int main(int argc, char **argv)
{
	static struct sek_rdp r;
	enum sek_child_exit code = sek_foreign_start(argc, argv, &r.foreign);
	struct sek_jail jail = { .fds_end = FILES, .files = FILES, .syscalls = calls };

	if (code != SEK_EXIT_OK) /* a certificate to trust that cannot be read is one, too */
		_exit((int)code);
	if (!sek_is_ok(sek_rdp_prepare(&r)))
		_exit(SEK_EXIT_INTERNAL);
	sek_foreign_keep_alive();
	jail.memory_bytes = r.foreign.layout.total_bytes + ((uint64_t)LIBRARIES_MIB << 20);
	malloc_trim(0);
	if (!sek_is_ok(sek_jail_enter(&jail)))
		_exit(SEK_EXIT_JAIL);
	sek_gap_writer_state(r.foreign.gap, SEK_STATE_CONNECTING, 0);
	sek_foreign_wake();
	sek_foreign_leave(&r.foreign, sek_rdp_run(&r));
}
