/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What sekisho-paper may ask of the kernel: wait, read commands and the wake-up, write pages, get memory, end.
 */
#include "broker/paper/cell.h"

#include <seccomp.h>

#include "broker/gap/children.h"

static const int calls[] = {
	SCMP_SYS(ppoll), SCMP_SYS(poll),
	SCMP_SYS(read), SCMP_SYS(write),
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), /* only where the vDSO has no clock */
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mprotect),
	SCMP_SYS(futex),         /* tesseract's locks, though there is one thread */
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(tgkill),
	SCMP_SYS(exit_group), SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigreturn),
	-1,
};

/* A page of the largest size and its copy as rows or JPEG: 75 and 56 MiB, and what grows while it is doubled. */
#define PAGE_MEMORY_BYTES ((uint64_t)320 << 20)
#define READING_MEMORY_BYTES ((uint64_t)2 << 30)

struct sek_jail sek_paper_cell(size_t mapped_bytes, bool reads)
{
	return (struct sek_jail){
		.fds_end = SEK_PAPER_FDS_END,
		.memory_bytes = mapped_bytes + PAGE_MEMORY_BYTES + (reads ? READING_MEMORY_BYTES : 0),
		.files = 2, /* polled: commands and wake-up */
		.cpu_s = 0,
		.nice = 19, /* whoever browses comes first */
		.syscalls = calls,
	};
}
