/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What sekisho-words may ask of the kernel: read one pipe, write another, get memory, end.
 */
#include "broker/words/cell.h"

#include <seccomp.h>

#include "broker/gap/children.h"

static const int calls[] = {
	SCMP_SYS(read), SCMP_SYS(write),
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), /* only where the vDSO has no clock */
	SCMP_SYS(clock_nanosleep), /* the rests of one that may not be nice */
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mprotect),
	SCMP_SYS(futex),         /* tesseract's locks, though there is one thread */
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(tgkill),
	SCMP_SYS(exit_group), SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigreturn),
	-1,
};

struct sek_jail sek_words_cell(void)
{
	return (struct sek_jail){
		.fds_end = SEK_WORDS_FDS_END,
		.memory_bytes = (uint64_t)3 << 30, /* pictures of 3840x2160 in twice their size, two language models */
		.files = 0,
		.cpu_s = 0,
		.syscalls = calls,
	};
}
