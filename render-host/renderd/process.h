/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Starting a session's programs inside their cgroup, and ending everything that runs under a session's uid.
 */
#ifndef SEK_RENDERD_PROCESS_H
#define SEK_RENDERD_PROCESS_H

#include <sys/types.h>

#include "base/status.h"
#include "render-host/renderd/cgroup.h"

#define SEK_UID_LEAST 65536 /* no session gets a uid below: those are the system's, people's and systemd's, and whoever has
                               * a uid of ours is killed when the daemon starts */

struct sek_launch {
	const char *const *argv;        /* argv[0] is the program's path */
	const struct sek_cgroup *group; /* joined before anything else */
	uid_t uid;                      /* 0: stays root (the sandbox, which gives it up itself); else uid and gid */
	int nice;                       /* added to ours */
	int fd;                         /* becomes descriptor 3 */
	int fd2;                        /* becomes descriptor 4; 0: none. There are no others besides 0-2 */
};

/* Forks and executes; the child ends with 127 if a step fails. It gets a session of its own, /dev/null as standard input,
 * our standard error, an environment of PATH and LANG, and dies with us (without uid: by SIGTERM). */
sek_status sek_process_start(const struct sek_launch *l, pid_t *ret_pid);

/* Gives every thread of this uid, and of the process pid, the usual priority (what a launch with nice took away). */
void sek_process_unnice(uid_t uid, pid_t pid);

/* Sends SIGKILL to every process with this uid (at least SEK_UID_LEAST, never ours). Waits only for the signals to be
 * sent. SEK_E_INTERNAL if the uid is not one of sessions. */
sek_status sek_process_kill_uid(uid_t uid);

/* Removes a directory with everything in it, never following a link and never leaving its file system. For trees that a
 * session wrote, after its processes are gone; of any depth. SEK_E_IO. A missing one is fine. */
sek_status sek_tree_remove(const char *path);

#endif
