/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Builds the jail of the calling process, step by step; a step that fails stops everything. Must never go on with less
 * than the whole jail, and must do nothing after the filter is in force.
 */
#include "base/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <seccomp.h>

#include "base/error.h"

#define NOBODY 65534u /* the kernel's overflow uid and gid: owns nothing */
#define PROGRAM_MAX 2048 /* BPF instructions; an allow-list of 30 calls takes about 120 */

/* No jailed process of ours needs any of these, ever; a list that names one is a mistake that a test must find. */
static const int forbidden[] = {
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(creat), SCMP_SYS(open_by_handle_at),
	SCMP_SYS(memfd_create), SCMP_SYS(memfd_secret), SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect),
	SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(sendmmsg),
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(clone), SCMP_SYS(clone3),
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(kcmp),
	SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_getfd), SCMP_SYS(pidfd_send_signal), SCMP_SYS(kill), SCMP_SYS(tkill),
	SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_tgsigqueueinfo), SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(mount),
	SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(move_mount), SCMP_SYS(fsopen),
	SCMP_SYS(open_tree), SCMP_SYS(personality), SCMP_SYS(pkey_mprotect), SCMP_SYS(shmat), SCMP_SYS(remap_file_pages),
	SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup), SCMP_SYS(keyctl),
	SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(kexec_load),
};

#ifdef SEK_SANITIZE
/* What the sanitizers' run time calls in a healthy process and while it reports. Argument filters hold here too. */
static const int sanitizer[] = {
	SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(mremap), SCMP_SYS(brk),
	SCMP_SYS(futex), SCMP_SYS(sched_yield), SCMP_SYS(sigaltstack), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction),
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(tgkill), SCMP_SYS(write), SCMP_SYS(exit_group),
	SCMP_SYS(clock_gettime), SCMP_SYS(getrlimit), SCMP_SYS(prlimit64), SCMP_SYS(close),
};
#endif

static sek_status failed(void)
{
	return sek_foreign(SEK_E_JAIL, SEK_FROM_ERRNO, errno);
}

static sek_status refuse(int err)
{
	return sek_foreign(SEK_E_JAIL, SEK_FROM_ERRNO, err);
}

/* --- the filter --- */

static bool is_forbidden(int nr)
{
	for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++)
		if (forbidden[i] == nr)
			return true;
	return false;
}

/* Adds one call. Returns 0 or a negative errno, as libseccomp does.
 * MSG_FASTOPEN: on a TCP socket whose peer has reset it, a send with that flag and an address is a connect to anywhere,
 * from the network namespace in which the socket was made. */
static int allow(scmp_filter_ctx ctx, int nr)
{
	int r;

	if (nr == SCMP_SYS(mmap))
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 2, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
			SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));
	else if (nr == SCMP_SYS(mprotect))
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	else if (nr == SCMP_SYS(sendmsg))
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0));
	else if (nr == SCMP_SYS(sendto))
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 2, SCMP_A3(SCMP_CMP_MASKED_EQ, MSG_FASTOPEN, 0),
			SCMP_A4(SCMP_CMP_EQ, 0, 0));
	else if (nr == SCMP_SYS(tgkill))
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
	else
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0);
	return r == -EEXIST ? 0 : r;
}

static int fill(scmp_filter_ctx ctx, const int *syscalls)
{
	int r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	for (const int *nr = syscalls; r == 0 && *nr != -1; nr++)
		r = allow(ctx, *nr);
#ifdef SEK_SANITIZE
	for (size_t i = 0; r == 0 && i < sizeof sanitizer / sizeof sanitizer[0]; i++)
		r = allow(ctx, sanitizer[i]);
#endif
	return r;
}

/* Moves the finished program out of libseccomp through a pipe (32 KiB at most, a pipe holds 64), so that the library's
 * memory is given back before the filter is in force: freeing needs system calls that the list may lack. */
static sek_status export(scmp_filter_ctx ctx, struct sock_filter *prog, unsigned short *ret_len)
{
	int p[2];
	ssize_t n = -1;
	int r;

	if (pipe2(p, O_CLOEXEC | O_NONBLOCK) < 0)
		return failed();
	r = seccomp_export_bpf(ctx, p[1]);
	if (r == 0)
		n = read(p[0], prog, sizeof *prog * PROGRAM_MAX);
	close(p[0]);
	close(p[1]);
	if (r < 0)
		return refuse(-r);
	if (n <= 0 || n == (ssize_t)(sizeof *prog * PROGRAM_MAX) || n % (ssize_t)sizeof *prog != 0)
		return refuse(E2BIG);
	*ret_len = (unsigned short)((size_t)n / sizeof *prog);
	return sek_ok();
}

static sek_status compile(const int *syscalls, struct sock_filter *prog, unsigned short *ret_len)
{
	scmp_filter_ctx ctx;
	sek_status s;
	int r;

	for (const int *nr = syscalls; *nr != -1; nr++)
		if (is_forbidden(*nr))
			return refuse(EINVAL);
	ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (!ctx)
		return refuse(ENOMEM);
	r = fill(ctx, syscalls);
	s = r < 0 ? refuse(-r) : export(ctx, prog, ret_len);
	seccomp_release(ctx);
	malloc_trim(0);
	return s;
}

/* --- who we are and where --- */

/* Whether the user namespace that we are in has this number: /proc/self/uid_map or gid_map. Unreadable: it has. */
static bool is_mapped(const char *map, unsigned int id)
{
	unsigned int inside, outside, n;
	bool found = false;
	FILE *f = fopen(map, "re");

	if (!f)
		return true;
	while (!found && fscanf(f, "%u %u %u", &inside, &outside, &n) == 3)
		found = id >= inside && id - inside < n;
	found = found || ferror(f);
	fclose(f);
	return found;
}

/* In a user namespace that was made without privileges nobody may change groups. */
static bool groups_are_denied(void)
{
	char text[8] = "";
	FILE *f = fopen("/proc/self/setgroups", "re");
	bool denied = f && fgets(text, sizeof text, f) && strcmp(text, "deny\n") == 0;

	if (f)
		fclose(f);
	return denied;
}

/* Root's uid would still mean something to the kernel's own checks; nobody's does not. In a user namespace whose root is
 * somebody else's uid there may be no 65534 (EINVAL): that root is not the machine's, and stays. An error alone proves nothing. */
static sek_status leave_root(void)
{
	if (geteuid() != 0)
		return sek_ok();
	if (setgroups(0, NULL) < 0 && !groups_are_denied())
		return failed();
	if (setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return errno == EINVAL && !(is_mapped("/proc/self/uid_map", NOBODY) && is_mapped("/proc/self/gid_map", NOBODY)) ?
			sek_ok() : refuse(EPERM);
	/* The change of uid took /proc/self away from us; the maps below are written there. Taken back in `harden`. */
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0 ? failed() : sek_ok();
}

static sek_status write_file(const char *path, const char *text)
{
	size_t n = strlen(text);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t w;

	if (fd < 0)
		return failed();
	w = write(fd, text, n);
	if (w != (ssize_t)n) {
		sek_status s = w < 0 ? failed() : refuse(EIO);

		close(fd);
		return s;
	}
	close(fd);
	return sek_ok();
}

static sek_status leave_namespaces(void)
{
	unsigned int uid = geteuid(), gid = getegid();
	char map[64];

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP) < 0)
		return failed();
	SEK_TRY(write_file("/proc/self/setgroups", "deny"));
	snprintf(map, sizeof map, "%u %u 1", NOBODY, uid);
	SEK_TRY(write_file("/proc/self/uid_map", map));
	snprintf(map, sizeof map, "%u %u 1", NOBODY, gid);
	return write_file("/proc/self/gid_map", map);
}

/* Makes the mount that becomes the root: no file can be in it, none can be made. */
static int empty_mount(void)
{
	int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	int m = -1;

	if (fs < 0)
		return -1;
	if (fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0555", 0) == 0 &&
	    fsconfig(fs, FSCONFIG_SET_STRING, "size", "4096", 0) == 0 &&
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		m = fsmount(fs, FSMOUNT_CLOEXEC,
			MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	close(fs);
	return m;
}

static sek_status leave_files(void)
{
	sek_status s = sek_ok();
	int m;

	/* Nothing that is mounted here may travel back to the namespace that we came from. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return failed();
	m = empty_mount();
	if (m < 0)
		return failed();
	/* pivot_root(".", ".") stacks the old root under the new one; detaching "." then drops the old tree whole. */
	if (move_mount(m, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 || fchdir(m) < 0 ||
	    syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		s = failed();
	close(m);
	return s;
}

/* --- what we may still do --- */

static sek_status drop_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3, .pid = 0 };
	struct __user_cap_data_struct none[2];

	memset(none, 0, sizeof none);
	for (unsigned long cap = 0; cap < 64; cap++)
		/* one that this kernel does not have cannot be read either */
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != -1)
			return refuse(EPERM);
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return failed();
	if (prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
		SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
		SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED, 0, 0, 0) < 0)
		return failed();
	return syscall(SYS_capset, &head, none) < 0 ? failed() : sek_ok();
}

static sek_status harden(pid_t parent)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return failed();
	/* After the last change of credentials, which would clear it again. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return failed();
	if (getppid() != parent)
		return refuse(ESRCH);
	/* A peer that went away is an error to handle; a log that is a file (FSIZE 0) is merely silent. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		return failed();
	return sek_ok();
}

static sek_status limit(__rlimit_resource_t what, uint64_t value)
{
	struct rlimit old, l;

	if (getrlimit(what, &old) < 0)
		return failed();
	l.rlim_cur = l.rlim_max = value < old.rlim_max ? value : old.rlim_max;
	return setrlimit(what, &l) < 0 ? failed() : sek_ok();
}

/* A service's filter may refuse setpriority (broker/package): then it has to have started us so far behind our parent. */
static bool stands_back(const struct sek_jail *jail)
{
	return getpriority(PRIO_PROCESS, 0) - getpriority(PRIO_PROCESS, (id_t)getppid()) >= jail->nice;
}

static sek_status set_limits(const struct sek_jail *jail)
{
	SEK_TRY(limit(RLIMIT_CORE, 0));
	SEK_TRY(limit(RLIMIT_NPROC, 0));
	SEK_TRY(limit(RLIMIT_FSIZE, jail->file_bytes));
	SEK_TRY(limit(RLIMIT_MEMLOCK, 0));
	SEK_TRY(limit(RLIMIT_MSGQUEUE, 0));
	SEK_TRY(limit(RLIMIT_NOFILE, jail->files));
	/* a parent that is nicer already stays so: nobody may become less nice */
	if (jail->nice > getpriority(PRIO_PROCESS, 0) && setpriority(PRIO_PROCESS, 0, jail->nice) < 0 && !stands_back(jail))
		return failed();
	if (jail->cpu_s)
		SEK_TRY(limit(RLIMIT_CPU, jail->cpu_s));
#ifndef SEK_SANITIZE
	if (jail->memory_bytes)
		SEK_TRY(limit(RLIMIT_AS, jail->memory_bytes));
#endif
	return sek_ok();
}

sek_status sek_jail_enter(const struct sek_jail *jail)
{
	static struct sock_filter prog[PROGRAM_MAX]; /* static: 16 KiB that are touched only as far as they are used */
	struct sock_fprog filter = { .len = 0, .filter = prog };
	pid_t parent = getppid();

	if (jail->fds_end < 0 || !jail->syscalls)
		return refuse(EINVAL);
	if (close_range((unsigned int)jail->fds_end, ~0u, 0) < 0)
		return failed();
	SEK_TRY(compile(jail->syscalls, prog, &filter.len));
	SEK_TRY(leave_root());
	SEK_TRY(leave_namespaces());
	SEK_TRY(leave_files());
	SEK_TRY(drop_capabilities());
	SEK_TRY(harden(parent));
	SEK_TRY(set_limits(jail));
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) < 0)
		return failed();
	return sek_ok();
}
