/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Starts one program with exactly the descriptors that it is to have.
 */
#ifndef SEK_RENDER_HOST_SANDBOX_SPAWN_H
#define SEK_RENDER_HOST_SANDBOX_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/status.h"

/* Descriptor `from` of ours becomes `to` (3..SEK_SPAWN_FD_END-1) in the child. from < 0: left out. */
struct sek_spawn_fd {
	int from, to;
};

enum { SEK_SPAWN_FDS_MAX = 6, SEK_SPAWN_FD_END = 10 };

struct sek_spawn {
	char *const *argv;           /* argv[0] is the path, unless exec_fd is set */
	int exec_fd;                 /* program to run by descriptor, -1: argv[0] */
	struct sek_spawn_fd fd[SEK_SPAWN_FDS_MAX];
	size_t fds;
	uid_t uid;                   /* 0: stay who we are; else that uid and gid, no other groups */
	bool goes_first;             /* where memory ends, before everything else of the session */
	bool quiet;                  /* standard output and error go nowhere: a hostile program must not fill our log */
};

/* Forks and executes. The child gets SIGKILL when this process dies, no core files, default signals, no_new_privs, an
 * empty environment, /dev/null as standard input, and no descriptor but 0-2 and those named. If the program cannot be
 * executed the child ends with 127. */
sek_status sek_spawn(const struct sek_spawn *s, pid_t *ret_pid);

/* In a fresh child: asks for SIGKILL at the parent's death, and is true unless the parent is dead already. */
bool sek_spawn_die_with(pid_t parent);

#endif
