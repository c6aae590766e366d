/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The namespaces of a session. Everything of a session lives under one process, the keeper, which is pid 1 of its own
 * process namespace: when it dies, the kernel ends all the rest.
 */
#ifndef SEK_RENDER_HOST_SANDBOX_ISOLATE_H
#define SEK_RENDER_HOST_SANDBOX_ISOLATE_H

#include <sys/types.h>

#include "base/status.h"

/* Forks a child into new user, mount, network, process, IPC, host name and cgroup namespaces. In the user namespace only uid
 * and gid exist. Returns twice: *ret_pid is 0 in the child, which is then uid and gid without any capability or other
 * group, dies with the parent, and sees only its own namespace's processes in /proc, and has the loopback device up with a socket listening on 127.0.0.1:SEK_PROXY_PORT.
 * The parent gets that socket in *ret_listener (in the child it is -1): it is what serves the session's proxy from
 * outside. SEK_E_JAIL with errno in the parent; a child that fails never returns.
 * downloads: an existing directory of that uid, which in there is a file system of its own in memory, of SEK_DOCUMENTS_KEPT_BYTES. */
sek_status sek_isolate(uid_t uid, gid_t gid, const char *downloads, pid_t *ret_pid, int *ret_listener);

/* Gives up every capability but CAP_KILL, which is needed to end processes of other uids, and can gain none again. */
sek_status sek_isolate_keep_only_kill(void);

#endif
