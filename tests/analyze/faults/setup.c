/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * faults_setup: each system call of the set-up of a sandbox fails in turn; the process must leave, or be locked up exactly as without the
 * failure. Says what happened in one line, and what must not happen in a line each. Tests only.
 *
 *   faults_setup [-q] [-l] [-s STRIDE] [-f FROM] [-a ARGUMENT] [-t TO] [-k FOLDER]... COMM COMMAND...
 *
 * COMMAND starts, some time, a process that the kernel calls COMM; the window is from its call FROM (close_range: base/jail.c; ARGUMENT: with this second
 * argument) to its call TO
 * (seccomp). STRIDE: only every so many calls; -q: of the same call in a row (capabilities, one by one) the first
 * and the last. -l: it may use its descriptors before that (to say that it failed). What killed tests leave behind goes with a /tmp of their own; FOLDER is seen in it too. Exit code 0: nothing found; 1: something;
 * 2: no such window; 77: nobody may trace here.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/analyze/faults/state.h"
#include "tests/analyze/faults/tracer.h"

enum { KEPT_MAX = 4 };

static struct faults_result plain, one;
static const int errors[] = { EPERM, EINVAL, ENOMEM };

static struct {
	int runs, refused, same, found;
} sum;

static const char *name_of(int nr)
{
	static char text[64];
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);

	snprintf(text, sizeof text, "%s", name ? name : "?");
	free(name);
	return text;
}

/* What cannot fail, gives back only, or fails anyway. */
static bool is_left_out(const struct faults_call *c)
{
	switch (c->nr) {
	case SYS_getpid:
	case SYS_gettid:
	case SYS_getppid:
	case SYS_getuid:
	case SYS_geteuid:
	case SYS_getgid:
	case SYS_getegid:
	case SYS_umask:
	case SYS_restart_syscall:
	case SYS_rt_sigreturn:
		return true;
	default:
		return c->ret < 0 && c->ret > -4096;
	}
}

/* Without these the set-up may go on: memory is given back, or got another way, or a process stays as nice as it is (base/jail.c says when). */
static bool may_be_ignored(const struct faults_call *c)
{
	switch (c->nr) {
	case SYS_brk:
	case SYS_mmap:
	case SYS_munmap:
	case SYS_madvise:
	case SYS_mprotect:
	case SYS_close:
	case SYS_getpriority:
	case SYS_setpriority:
	case SYS_getrandom: /* the allocator's, for where to begin */
	case SYS_fcntl:     /* of the log */
		return true;
	case SYS_seccomp:
		return c->args[0] != SECCOMP_SET_MODE_FILTER || c->args[2] == 0; /* libseccomp asks what the kernel can do */
	default:
		return false;
	}
}

/* The calls around it are the same one with another argument. */
static bool is_between(int i)
{
	const struct faults_call *c = &plain.call[i];

	return i > 0 && i + 1 < plain.calls && c[-1].nr == c->nr && c[1].nr == c->nr && c[-1].args[0] == c->args[0] && c[1].args[0] == c->args[0];
}

static void finding(int nth, int err, const char *text)
{
	const struct faults_call *c = &one.call[nth - 1];

	printf("call %d, %s(0x%llx, 0x%llx, 0x%llx), %s: %s\n", nth, name_of(c->nr), (unsigned long long)c->args[0], (unsigned long long)c->args[1],
		(unsigned long long)c->args[2], strerrorname_np(err), text);
	sum.found++;
}

static void judge_done(int nth, int err)
{
	char differs[512];

	faults_state_differs(plain.state, one.state, differs, sizeof differs);
	if (differs[0])
		finding(nth, err, differs);
	else if (!may_be_ignored(&one.call[nth - 1]))
		finding(nth, err, "went on as if nothing had happened");
	else
		sum.same++;
}

static void judge(int nth, int err)
{
	char text[128];

	sum.runs++;
	switch (one.end) {
	case FAULTS_REFUSED:
		if (one.code == 0)
			finding(nth, err, "left as if all was well");
		else
			sum.refused++;
		break;
	case FAULTS_DONE:
		judge_done(nth, err);
		break;
	case FAULTS_KILLED:
		snprintf(text, sizeof text, "died by signal %d", one.code);
		finding(nth, err, text);
		break;
	case FAULTS_TOUCHED:
		snprintf(text, sizeof text, "%s on its descriptors before it was locked up", name_of(one.code));
		finding(nth, err, text);
		break;
	case FAULTS_HUNG:
		finding(nth, err, "hung");
		break;
	default: /* this time it made fewer calls */
		sum.runs--;
	}
}

static int usage(void)
{
	fprintf(stderr, "usage: faults_setup [-q] [-l] [-s STRIDE] [-f FROM] [-a ARGUMENT] [-t TO] [-k FOLDER]... COMM COMMAND...\n");
	return 2;
}

/* FOLDER once more at its place, which the new /tmp has hidden. */
static bool bind_back(int fd, const char *folder)
{
	char path[PATH_MAX], from[64];

	snprintf(path, sizeof path, "%s", folder);
	for (char *p = path + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return false;
		*p = '/';
	}
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return false;
	snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
	return mount(from, path, NULL, MS_BIND | MS_REC, NULL) == 0;
}

/* Where that cannot be, tests leave their folders in the common /tmp. */
static bool own_tmp(char *const *folders, int n)
{
	int fds[KEPT_MAX];

	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0)
		return true;
	for (int i = 0; i < n; i++)
		fds[i] = open(folders[i], O_PATH | O_CLOEXEC);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") < 0)
		return false;
	for (int i = 0; i < n; i++)
		if (strncmp(folders[i], "/tmp/", 5) == 0 && (fds[i] < 0 || !bind_back(fds[i], folders[i])))
			return false;
	return true;
}

int main(int argc, char **argv)
{
	struct faults_window w = { .from = SYS_close_range, .to = SYS_seccomp, .argument = -1 };
	char *kept[KEPT_MAX];
	int option, stride = 1, n_kept = 0;
	bool quick = false;

	while ((option = getopt(argc, argv, "+qls:f:a:t:k:")) != -1) {
		if (option == 's')
			stride = atoi(optarg);
		else if (option == 'f')
			w.from = seccomp_syscall_resolve_name(optarg);
		else if (option == 't')
			w.to = seccomp_syscall_resolve_name(optarg);
		else if (option == 'a')
			w.argument = atoi(optarg);
		else if (option == 'q')
			quick = true;
		else if (option == 'l')
			w.listens = true;
		else if (option == 'k' && n_kept < KEPT_MAX)
			kept[n_kept++] = optarg;
		else
			return usage();
	}
	if (argc - optind < 2 || stride < 1 || w.from < 0 || w.to < 0)
		return usage();
	w.comm = argv[optind];
	w.argv = argv + optind + 1;
	if (!own_tmp(kept, n_kept)) {
		perror("faults_setup: /tmp");
		return 2;
	}
	faults_run(&w, 0, 0, &plain);
	if (plain.end == FAULTS_UNTRACED)
		return 77;
	if (plain.end != FAULTS_DONE) {
		fprintf(stderr, "faults_setup: %s does not come through its set-up (%d, %d, after %d calls)\n", w.comm, (int)plain.end, plain.code, plain.calls);
		return 2;
	}
	w.skip = plain.starts - 1;
	for (int nth = 1; nth <= plain.calls; nth += stride) {
		if (is_left_out(&plain.call[nth - 1]) || (quick && is_between(nth - 1)))
			continue;
		for (size_t e = 0; e < sizeof errors / sizeof errors[0]; e++) {
			faults_run(&w, nth, errors[e], &one);
			judge(nth, errors[e]);
		}
	}
	printf("%s: %d calls, %d faults: %d refused, %d without effect, %d findings\n", w.comm, plain.calls, sum.runs, sum.refused, sum.same, sum.found);
	return sum.found ? 1 : 0;
}
