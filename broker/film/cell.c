/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What sekisho-film may ask of the kernel: read the pipe, write and seek in its one file, get memory, end.
 */
#include "broker/film/cell.h"

#include <seccomp.h>

#include "broker/gap/children.h"

static const int calls[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(lseek),
	SCMP_SYS(clock_gettime), /* only where the vDSO has no clock */
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	SCMP_SYS(futex),         /* FFmpeg's locks, though there is one thread */
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(tgkill),
	SCMP_SYS(exit_group), SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigreturn),
	-1,
};

struct sek_jail sek_film_cell(void)
{
	return (struct sek_jail){
		.fds_end = SEK_FILM_FDS_END,
		.memory_bytes = (uint64_t)3 << 30, /* VP9 of 3840x2160, and FFmpeg's libraries themselves */
		.file_bytes = (uint64_t)64 << 30,
		.files = 0,
		.cpu_s = 0,
		.syscalls = calls,
	};
}
