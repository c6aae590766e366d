/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Starting and watching child processes. posix_spawn, because a fork of the broker would copy its page tables and hold
 * its locks; a pidfd, because it is exact and needs no signal handler.
 */
#include "broker/hub/session/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

struct sek_child {
	struct sek_children *all;
	struct sek_child *next, **link;
	pid_t pid;
	int pidfd;
	uv_poll_t poll;
	uv_timer_t killer;
	sek_child_exit_fn *fn;
	void *user;
	int open_handles;
	bool closing;
};

static void handle_closed(uv_handle_t *handle)
{
	struct sek_child *c = handle->data;
	struct sek_children *all = c->all;

	if (--c->open_handles)
		return;
	close(c->pidfd);
	free(c);
	all->n--;
	if (all->gone)
		all->gone(all->user);
}

static void forget(struct sek_child *c)
{
	if (c->closing)
		return;
	c->closing = true;
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	uv_close((uv_handle_t *)&c->poll, handle_closed);
	uv_close((uv_handle_t *)&c->killer, handle_closed);
}

static void on_pidfd(uv_poll_t *poll, int status, int events)
{
	struct sek_child *c = poll->data;
	siginfo_t si = { 0 };

	(void)status;
	(void)events;
	if (waitid(P_PIDFD, (id_t)c->pidfd, &si, WEXITED | WNOHANG) < 0 || si.si_pid == 0)
		return;
	sek_child_exit_fn *fn = c->fn;

	forget(c);
	if (fn)
		fn(c->user, si.si_code == CLD_EXITED ? si.si_status : 0, si.si_code == CLD_EXITED ? 0 : si.si_status);
}

static void on_killer(uv_timer_t *timer)
{
	sek_child_kill(timer->data);
}

/* Copies of the wanted descriptors, all above the numbers that they will get: dup2 in any order is safe then. */
static sek_status lift(const struct sek_child_spec *spec, int ret_high[SEK_CHILD_FDS_MAX])
{
	for (int i = 0; i < spec->n_fds; i++)
		ret_high[i] = -1;
	for (int i = 0; i < spec->n_fds; i++) {
		int fd = spec->fds[i] >= 0 ? spec->fds[i] : open("/dev/null", O_RDWR | O_CLOEXEC);

		ret_high[i] = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, SEK_CHILD_FDS_MAX);
		sek_status s = ret_high[i] < 0 ? sek_from_errno() : sek_ok();

		if (spec->fds[i] < 0 && fd >= 0)
			close(fd);
		SEK_TRY(s);
	}
	return sek_ok();
}

static int spawn(const struct sek_child_spec *spec, const int *high, pid_t *ret)
{
	char *const empty[] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t all, none;
	int e = 0;

	sigfillset(&all);
	sigemptyset(&none);
	if (posix_spawn_file_actions_init(&actions))
		return ENOMEM;
	if (posix_spawnattr_init(&attr)) {
		posix_spawn_file_actions_destroy(&actions);
		return ENOMEM;
	}
	for (int i = 0; i < spec->n_fds && !e; i++)
		e = posix_spawn_file_actions_adddup2(&actions, high[i], i);
	/* every descriptor of ours is close-on-exec; this also holds for those of a library that forgot */
	if (!e)
		e = posix_spawn_file_actions_addclosefrom_np(&actions, spec->n_fds);
	if (!e)
		e = posix_spawnattr_setsigdefault(&attr, &all);
	if (!e)
		e = posix_spawnattr_setsigmask(&attr, &none);
	if (!e)
		e = posix_spawnattr_setflags(&attr,
			(short)(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP));
	if (!e)
		e = posix_spawn(ret, spec->path, &actions, &attr, (char *const *)(uintptr_t)spec->argv, empty);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return e;
}

static sek_status watch(struct sek_child *c)
{
	struct sek_children *all = c->all;

	SEK_TRY(sek_from_uv(uv_poll_init(all->loop, &c->poll, c->pidfd)));
	c->poll.data = c;
	c->killer.data = c;
	uv_timer_init(all->loop, &c->killer);
	c->open_handles = 2;
	c->next = all->first;
	c->link = &all->first;
	if (c->next)
		c->next->link = &c->next;
	all->first = c;
	all->n++;
	/* a poll that cannot start would lose the exit: then the child must go, and the killer's handle stays valid */
	return sek_from_uv(uv_poll_start(&c->poll, UV_READABLE, on_pidfd));
}

sek_status sek_child_spawn(struct sek_children *all, const struct sek_child_spec *spec, sek_child_exit_fn *fn, void *user,
	struct sek_child **ret)
{
	int high[SEK_CHILD_FDS_MAX];
	struct sek_child *c;
	sek_status s;
	int e;

	SEK_ASSERT(spec->n_fds >= 3 && spec->n_fds <= SEK_CHILD_FDS_MAX);
	c = calloc(1, sizeof *c);
	if (!c)
		return sek_fail(SEK_E_NOMEM);
	*c = (struct sek_child){ .all = all, .fn = fn, .user = user, .pidfd = -1 };
	s = lift(spec, high);
	if (sek_is_ok(s)) {
		e = spawn(spec, high, &c->pid);
		if (e)
			s = sek_foreign(SEK_E_IO, SEK_FROM_ERRNO, e);
	}
	for (int i = 0; i < spec->n_fds; i++)
		if (high[i] >= 0)
			close(high[i]);
	if (!sek_is_ok(s)) {
		free(c);
		return s;
	}
	c->pidfd = pidfd_open(c->pid, 0);
	s = c->pidfd < 0 ? sek_from_errno() : watch(c);
	if (sek_is_ok(s)) {
		*ret = c;
		return s;
	}
	/* it was started but cannot be watched: it must not live */
	kill(c->pid, SIGKILL);
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (c->open_handles) {
		forget(c);
	} else {
		if (c->pidfd >= 0)
			close(c->pidfd);
		free(c);
	}
	return s;
}

int sek_child_pid(const struct sek_child *c)
{
	return c ? c->pid : 0;
}

void sek_child_leave(struct sek_child *c)
{
	if (!c)
		return;
	c->fn = NULL;
	sek_child_expire(c);
}

void sek_child_expire(struct sek_child *c)
{
	if (!c->closing && !uv_is_active((uv_handle_t *)&c->killer))
		uv_timer_start(&c->killer, on_killer, SEK_CHILD_GRACE_MS, 0);
}

void sek_child_kill(struct sek_child *c)
{
	/* by descriptor: even after its exit this cannot hit another process */
	(void)pidfd_send_signal(c->pidfd, SIGKILL, NULL, 0);
}

void sek_children_abandon(struct sek_children *all)
{
	while (all->first) {
		struct sek_child *c = all->first;

		sek_child_kill(c);
		c->fn = NULL;
		/* its death is certain; one last look so that it leaves no zombie where it is already dead */
		on_pidfd(&c->poll, 0, UV_READABLE);
		forget(c);
	}
}
