/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One child process of the broker: started with exactly the descriptors that it was given, watched by a pidfd (no
 * SIGCHLD, no pid that may be somebody else's by now), killed when it outstays its welcome. Knows nothing of sessions.
 */
#ifndef SEK_BROKER_HUB_SESSION_CHILD_H
#define SEK_BROKER_HUB_SESSION_CHILD_H

#include <uv.h>

#include "base/status.h"

struct sek_child;

/* Every child of one manager, so that a stop can end and count them. Embedded by the manager; zero it before use. */
struct sek_children {
	uv_loop_t *loop;
	struct sek_child *first;
	size_t n;
	void (*gone)(void *user); /* after a child's last handle has closed */
	void *user;
};

struct sek_child_spec {
	const char *path;
	const char *const *argv; /* ends with NULL */
	const int *fds;          /* becomes descriptors 0, 1, 2, ... of the child; -1 = /dev/null. Not consumed. */
	int n_fds;               /* 3..SEK_CHILD_FDS_MAX */
};
#define SEK_CHILD_FDS_MAX 16
#define SEK_CHILD_GRACE_MS 2000 /* between being told to go and SIGKILL */

/* How a child ended: exit code, or the signal if that is not 0. Called once; the child is forgotten by then. */
typedef void sek_child_exit_fn(void *user, int code, int signal_number);

/* Starts a process with an empty environment, default signals, in a session of its own (a Ctrl-C on the terminal is the
 * broker's business), with no descriptor but those of the spec. SEK_E_IO (detail errno) if it cannot be started. */
sek_status sek_child_spawn(struct sek_children *all, const struct sek_child_spec *spec, sek_child_exit_fn *fn, void *user,
	struct sek_child **ret);
int sek_child_pid(const struct sek_child *c); /* 0 for NULL */
/* Nobody waits for this child any more: no callback will come; it is killed if it has not ended by itself in
 * SEK_CHILD_GRACE_MS. NULL is fine. */
void sek_child_leave(struct sek_child *c);
/* It said goodbye: it is killed if it has not ended in SEK_CHILD_GRACE_MS; the callback still comes. */
void sek_child_expire(struct sek_child *c);
/* SIGKILL now; the callback still comes. */
void sek_child_kill(struct sek_child *c);
/* Kills every child and stops watching those that even then do not end. */
void sek_children_abandon(struct sek_children *all);

#endif
