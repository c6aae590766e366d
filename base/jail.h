/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The jail of processes that read bytes from elsewhere: own namespaces, empty root, no_new_privs, no capabilities,
 * resource limits, then a seccomp allow-list that kills. Entered by the process itself, before the first outer byte.
 */
#ifndef SEK_BASE_JAIL_H
#define SEK_BASE_JAIL_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct sek_jail {
	int fds_end;              /* every descriptor from this number on is closed; those below are kept */
	uint64_t memory_bytes;    /* RLIMIT_AS, 0 = not limited (sanitizer builds) */
	uint64_t files;           /* RLIMIT_NOFILE (0: no new descriptor can be made) */
	uint64_t cpu_s;           /* RLIMIT_CPU, 0 = not limited */
	const int *syscalls;      /* allowed system calls (SCMP_SYS numbers), ended by -1 */
};

/* Builds the whole jail: close descriptors, unshare user, network, mount, IPC, UTS and cgroup namespaces, an empty
 * read-only root, no_new_privs, drop every capability, limits (no core, no fork: RLIMIT_NPROC 0), PR_SET_DUMPABLE 0,
 * PR_SET_PDEATHSIG SIGKILL, seccomp (default action: kill the process). Any step that fails gives SEK_E_JAIL (detail
 * errno): the caller must exit with SEK_EXIT_JAIL. */
sek_status sek_jail_enter(const struct sek_jail *jail);

#endif
