/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What an encoder may ask of the kernel: move bytes on the descriptors that it has, wait, look at the clock, get memory,
 * end. It is a clean process; this is the second wall, for the day on which the first one has a hole.
 */
#include "broker/encoder/cell.h"

#include <seccomp.h>

#include "broker/gap/children.h"

static const int calls[] = {
	SCMP_SYS(ppoll),
	SCMP_SYS(read),          /* hub, wake-up */
	SCMP_SYS(write),         /* hub */
	SCMP_SYS(clock_gettime), /* only where the vDSO has no clock */
	/* Heap, for the queue and for TurboJPEG: anonymous and never executable (base/jail.c). */
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap),
	/* abort() of an assertion: SIGABRT, not SIGSYS. */
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(tgkill),
	SCMP_SYS(exit_group), SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigreturn),
	-1,
};

/* Program, libraries and codec, 7 MiB measured, and the queue, which is copied when it grows. */
#define OTHER_MEMORY_BYTES ((uint64_t)32 << 20)

struct sek_jail sek_encoder_cell(size_t mapped_bytes, size_t picture_bytes)
{
	return (struct sek_jail){
		.fds_end = SEK_ENCODER_FDS_END,
		.memory_bytes = mapped_bytes + picture_bytes + OTHER_MEMORY_BYTES,
		.files = 2, /* polled: hub and wake-up; 0 and 1 are taken */
		.cpu_s = 0,
		.nice = SEK_CHILD_NICE,
		.syscalls = calls,
	};
}
