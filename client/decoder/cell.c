/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What sekisho-viewer-decoder may ask of the kernel: read and write its socket, get memory, end.
 */
#include <seccomp.h>

#include "client/decoder/paint.h"

static const int calls[] = {
	SCMP_SYS(read), SCMP_SYS(write),
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(tgkill), /* abort() */
	SCMP_SYS(exit_group), SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigreturn),
	-1,
};

struct sek_jail sek_paint_cell(void)
{
	return (struct sek_jail){
		.fds_end = SEK_PANE_FDS_END,
		.memory_bytes = (uint64_t)1 << 30, /* the pane's addresses are 127 MiB of it */
		.file_bytes = 0,
		.files = 0,
		.cpu_s = 0,
		.syscalls = calls,
	};
}
