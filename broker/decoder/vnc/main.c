/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-decoder-vnc: the process that reads the bytes of one VNC server. Makes everything that it will ever need, enters its jail, and only
 * then exchanges the first byte. Contract: broker/gap/children.h.
 */
#include <malloc.h>
#include <unistd.h>

#include <seccomp.h>

#include "broker/decoder/vnc/handshake.h"
#include "broker/decoder/vnc/loop.h"

/* What it may ask of the kernel: as sekisho-decoder, and select and read for the library's own waiting and reading. */
static const int calls[] = {
	SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(recvfrom), SCMP_SYS(sendto), SCMP_SYS(sendmsg),
	SCMP_SYS(recvmsg),   /* control socket: the clipboard's pipe, once the policy opens it */
	SCMP_SYS(close),     /* that pipe, once the policy closes it */
	SCMP_SYS(getrandom), /* TLS */
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(getpid), SCMP_SYS(getrusage), SCMP_SYS(futex),
	/* Heap: anonymous and never executable (base/jail.c). */
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mprotect),
	/* abort() of an assertion: SIGABRT, not SIGSYS. */
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(gettid), SCMP_SYS(tgkill),
	SCMP_SYS(exit_group), SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigreturn),
	-1,
};

/* Library and heap, and what the library unpacks into: as much as the picture, and the picture once more while its size changes. */
static uint64_t other_bytes(const struct sek_foreign *f)
{
	return ((uint64_t)96 << 20) + 3 * f->layout.total_bytes;
}

int main(int argc, char **argv)
{
	static struct sek_vnc v;
	uint16_t width = 0, height = 0;
	enum sek_child_exit code = sek_foreign_start(argc, argv, &v.foreign);

	if (code != SEK_EXIT_OK) /* a certificate to trust that cannot be read is one, too */
		_exit((int)code);
	if (!sek_is_ok(sek_vnc_prepare(&v)))
		_exit(SEK_EXIT_INTERNAL);
	sek_foreign_keep_alive();
	malloc_trim(0);
	if (!sek_is_ok(sek_foreign_jail(&v.foreign, other_bytes(&v.foreign), calls)))
		_exit(SEK_EXIT_JAIL);
	sek_gap_writer_state(v.foreign.gap, SEK_STATE_CONNECTING, 0);
	sek_foreign_wake();
	code = sek_vnc_handshake(&v.line, &v.foreign, &width, &height);
	if (code == SEK_EXIT_OK && width > 0 && !v.foreign.test)
		code = sek_vnc_run(&v, width, height);
	sek_foreign_leave(&v.foreign, code);
}
