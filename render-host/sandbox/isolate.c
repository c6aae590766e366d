/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * clone(2) into namespaces, and the few steps that need privileges inside them.
 */
#include "render-host/sandbox/isolate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "protocol/limits.h"
#include "render-host/helpers.h"
#include "render-host/sandbox/spawn.h"

enum { PROXY_BACKLOG = 128 };

static bool send_fd(int via, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .bytes = { 0 } };
	struct iovec iov = { .iov_base = "l", .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
			    .msg_controllen = sizeof control.bytes };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(h), &fd, sizeof fd);
	return sendmsg(via, &m, MSG_NOSIGNAL) == 1;
}

static int receive_fd(int via)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
			    .msg_controllen = sizeof control.bytes };
	struct cmsghdr *h;
	ssize_t n;
	int fd = -1;

	do {
		n = recvmsg(via, &m, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	h = n == 1 ? CMSG_FIRSTHDR(&m) : NULL;
	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS && h->cmsg_len == CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(h), sizeof fd);
	return fd;
}

static bool loopback_up(void)
{
	struct ifreq r = { .ifr_name = "lo" };
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok = s >= 0 && ioctl(s, SIOCGIFFLAGS, &r) == 0;

	r.ifr_flags |= IFF_UP;
	ok = ok && ioctl(s, SIOCSIFFLAGS, &r) == 0;
	if (s >= 0)
		close(s);
	return ok;
}

/* /proc must number processes as this process namespace does: bubblewrap looks its own children up there. */
static bool own_proc(void)
{
	return mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0 &&
		mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0;
}

/* A page can fill it, and nothing else. */
static bool own_downloads(const char *path, uid_t uid, gid_t gid)
{
	char options[96];

	snprintf(options, sizeof options, "size=%u,nr_inodes=4096,mode=0700,uid=%u,gid=%u", SEK_DOCUMENTS_KEPT_BYTES, uid, gid);
	return mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options) == 0;
}

static int proxy_socket(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(SEK_PROXY_PORT),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (s >= 0 && bind(s, (const struct sockaddr *)&a, sizeof a) == 0 && listen(s, PROXY_BACKLOG) == 0)
		return s;
	if (s >= 0)
		close(s);
	return -1;
}

/* Permitted and effective become `mask` (capabilities below 32), nothing is inheritable or ambient. */
static sek_status set_capabilities(uint32_t mask)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { .effective = mask, .permitted = mask } };

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 || syscall(SYS_capset, &header, data) < 0)
		return sek_from_errno();
	return sek_ok();
}

sek_status sek_isolate_keep_only_kill(void)
{
	/* no_new_privs: not even a set-uid program can give anything back */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return sek_from_errno();
	return set_capabilities(1U << CAP_KILL);
}

static bool write_file(pid_t pid, const char *name, const char *text)
{
	char path[64];
	size_t n = strlen(text);
	bool ok;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ok = write(fd, text, n) == (ssize_t)n;
	close(fd);
	return ok;
}

/* One uid and one gid: a process in there cannot even name another. */
static bool map_ids(pid_t pid, uid_t uid, gid_t gid)
{
	char text[48];

	snprintf(text, sizeof text, "%u %u 1", gid, gid);
	if (!write_file(pid, "gid_map", text))
		return false;
	snprintf(text, sizeof text, "%u %u 1", uid, uid);
	return write_file(pid, "uid_map", text);
}

static bool set_up_child(int via, uid_t uid, gid_t gid, const char *downloads)
{
	char go;
	int listener;

	if (read(via, &go, 1) != 1 || !loopback_up() || !own_proc() || !own_downloads(downloads, uid, gid))
		return false;
	listener = proxy_socket();
	if (listener < 0)
		return false;
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0 ||
	    !sek_is_ok(set_capabilities(0)) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return false;
	/* In here the parent has no number: 0 is what it looks like while it lives. A dead one also closed `via`. */
	if (!sek_spawn_die_with(0) || !send_fd(via, listener))
		return false;
	close(listener);
	return true;
}

sek_status sek_isolate(uid_t uid, gid_t gid, const char *downloads, pid_t *ret_pid, int *ret_listener)
{
	struct clone_args args = {
		.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
			CLONE_NEWCGROUP,
		.exit_signal = SIGCHLD,
	};
	int pair[2], fd = -1;
	long pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return sek_foreign(SEK_E_JAIL, SEK_FROM_ERRNO, errno);
	pid = syscall(SYS_clone3, &args, sizeof args);
	if (pid < 0) {
		sek_status s = sek_foreign(SEK_E_JAIL, SEK_FROM_ERRNO, errno);

		close(pair[0]);
		close(pair[1]);
		return s;
	}
	if (pid == 0) {
		close(pair[0]);
		if (!set_up_child(pair[1], uid, gid, downloads))
			_exit(127);
		close(pair[1]);
		*ret_pid = 0;
		*ret_listener = -1;
		return sek_ok();
	}
	close(pair[1]);
	if (map_ids((pid_t)pid, uid, gid) && send(pair[0], "g", 1, MSG_NOSIGNAL) == 1)
		fd = receive_fd(pair[0]);
	if (fd < 0) {
		int e = errno;

		kill((pid_t)pid, SIGKILL);
		waitpid((pid_t)pid, NULL, 0);
		close(pair[0]);
		return sek_foreign(SEK_E_JAIL, SEK_FROM_ERRNO, e);
	}
	close(pair[0]);
	*ret_pid = (pid_t)pid;
	*ret_listener = fd;
	return sek_ok();
}
