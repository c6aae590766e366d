/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The jail of processes that read bytes from elsewhere: own namespaces, empty root, no_new_privs, no capabilities,
 * resource limits, then a seccomp allow-list that kills. Entered by the process itself, before the first outer byte.
 * Works for root (which becomes uid 65534 on the way) and, where user namespaces are allowed, for anybody else.
 * Stands in a library of its own (sek_jail), so that only jailed programs link libseccomp.
 */
#ifndef SEK_BASE_JAIL_H
#define SEK_BASE_JAIL_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct sek_jail {
	int fds_end;              /* every descriptor from this number on is closed; those below are kept */
	uint64_t memory_bytes;    /* RLIMIT_AS, 0 = not limited; never limited in sanitizer builds (shadow memory) */
	/* RLIMIT_NOFILE: no descriptor with this number or above can be made; those that are open stay usable. poll() also
	 * refuses to watch more entries than this. So: the number of entries that are polled, and all numbers below it
	 * taken (0, 1, 2 are). 0: no new descriptor and no poll at all. */
	uint64_t files;
	uint64_t file_bytes;      /* RLIMIT_FSIZE: how long a file can be written; 0: no file grows */
	uint64_t cpu_s;           /* RLIMIT_CPU, 0 = not limited */
	int nice;                 /* 0..19: how far the process stands back behind its parent when there is not enough CPU */
	const int *syscalls;      /* allowed system calls (SCMP_SYS numbers), ended by -1 */
};

/* Builds the whole jail: close descriptors, unshare user, network, mount, IPC, UTS and cgroup namespaces, an empty
 * read-only root, no_new_privs, drop every capability, limits (no core, no fork: RLIMIT_NPROC 0, no file growth:
 * RLIMIT_FSIZE), PR_SET_DUMPABLE 0, PR_SET_PDEATHSIG SIGKILL, SIGPIPE and SIGXFSZ ignored, seccomp (default action:
 * kill the process). Any step that fails gives SEK_E_JAIL (detail errno): the caller must exit with SEK_EXIT_JAIL,
 * the process is then partly jailed and of no use.
 *
 * Whatever the list says: mmap is anonymous only, mmap and mprotect never give PROT_EXEC, sendmsg and sendto
 * cannot connect a socket anew (MSG_FASTOPEN, an address), tgkill reaches only the
 * process itself (so that abort() dies by SIGABRT and is told apart from a violation, which dies by SIGSYS). A list that
 * names a call which opens, connects, executes, forks, traces, mounts or signals others is refused (EINVAL).
 *
 * A parent that died before this call cannot be seen here: the caller notices by the other ends of its descriptors.
 *
 * Sanitizer builds (SEK_SANITIZE) also allow the memory and signal calls that the run time needs (the list stands in
 * jail.c); everything that the forbidden list names still kills. LeakSanitizer's exit check cannot run inside: leave by
 * _exit(). */
sek_status sek_jail_enter(const struct sek_jail *jail);

#endif
