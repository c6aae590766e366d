/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What sekisho-encoder-rfb may ask of the kernel: read and write what it has, wait, look at the clock, get memory, end.
 */
#include <seccomp.h>

#include "broker/encoder/rfb/rfb.h"

static const int calls[] = {
	SCMP_SYS(ppoll), SCMP_SYS(read), SCMP_SYS(write),
	SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(ftruncate), /* what waits for the viewer */
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
	/* abort() of an assertion: SIGABRT, not SIGSYS. */
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(tgkill),
	SCMP_SYS(exit_group), SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigreturn),
	-1,
};

/* Program, libraries, buffers and tables; twice the picture while its size changes; one update, at worst as long as the picture. */
#define OTHER_BYTES ((uint64_t)96 << 20)

struct sek_jail sek_rfb_cell(size_t picture_bytes)
{
	return (struct sek_jail){
		.fds_end = SEK_RFB_FDS_END + 1, /* and the file in memory */
		.memory_bytes = OTHER_BYTES + 3 * (uint64_t)picture_bytes,
		.files = 2, /* polled; 0 and 1 are taken */
		.file_bytes = 2 * (uint64_t)picture_bytes + SEK_RFB_OUT_FULL_BYTES + SEK_RFB_ROOM_BYTES,
		.nice = SEK_CHILD_NICE,
		.syscalls = calls,
	};
}
