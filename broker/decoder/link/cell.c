/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a decoder may ask of the kernel once it reads outer bytes: move bytes on the descriptors that it has, look at the
 * clock, get random numbers and memory, end. Must never grow a call that reaches a file, a process or another socket.
 */
#include "broker/decoder/link/cell.h"

#include <seccomp.h>

#include "broker/gap/children.h"

static const int calls[] = {
	SCMP_SYS(ppoll),
	SCMP_SYS(read),      /* input pipe */
	SCMP_SYS(write),     /* wake-up */
	SCMP_SYS(recvfrom),  /* TLS */
	SCMP_SYS(sendmsg),   /* TLS */
	SCMP_SYS(recvmsg),   /* control socket: the clipboard's pipe, once the policy opens it */
	SCMP_SYS(close),     /* that pipe, once the policy closes it */
	SCMP_SYS(getrandom), /* TLS */
	/* The clock comes from the vDSO; where the clock source has none, from the kernel. */
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	/* GnuTLS notices forks and seeds its nonces with these. */
	SCMP_SYS(getpid), SCMP_SYS(getrusage), SCMP_SYS(futex),
	/* Heap: anonymous and never executable (base/jail.c). */
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mprotect),
	/* abort() of an assertion: SIGABRT, not SIGSYS. */
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(gettid), SCMP_SYS(tgkill),
	SCMP_SYS(exit_group), SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigreturn),
	-1,
};

/* Program, libraries, buffers and heap: 13 MiB of address space were measured beside the gap. */
#define OTHER_MEMORY_BYTES ((uint64_t)48 << 20)

struct sek_jail sek_decoder_cell(size_t mapped_bytes)
{
	return (struct sek_jail){
		.fds_end = SEK_DECODER_CREDENTIALS_FD, /* the last one, and closed by now */
		.memory_bytes = mapped_bytes + OTHER_MEMORY_BYTES,
		/* the one number below it that is not taken is the clipboard's: never more than that one pipe */
		.files = SEK_DECODER_CLIPBOARD_FD + 1,
		.cpu_s = 0,
		.nice = SEK_CHILD_NICE,
		.syscalls = calls,
	};
}
