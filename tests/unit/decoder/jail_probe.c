/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A process that enters the very jail of decoder or encoder and then does one thing, given by name:
 *   jail_probe decoder|encoder|bare ACTION
 * Exit 0: the thing was possible. A death by SIGSYS: it was not. 90 and up: the probe itself is wrong.
 * Descriptor 3 is one end of a TCP connection, 4 a gap (read-write), 5 an eventfd.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/jail.h"
#include "broker/decoder/link/cell.h"
#include "broker/encoder/cell.h"
#include "broker/gap/children.h"

static void *page;
static struct sockaddr_in elsewhere; /* 127.0.0.1, a port where nobody listens */

/* Every action below is meant to kill. What it returns is only seen if it does not. */
static long do_open(void) { return syscall(SYS_open, "/etc/passwd", O_RDONLY); }
static long do_openat(void) { return syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY); }
static long do_socket(void) { return syscall(SYS_socket, AF_INET, SOCK_STREAM, 0); }
static long do_socketpair(void) { int p[2]; return syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, p); }
static long do_connect(void) { return syscall(SYS_connect, 3, &elsewhere, sizeof elsewhere); }
static long do_execve(void) { char *a[] = { NULL }; return syscall(SYS_execve, "/bin/true", a, a); }
static long do_fork(void) { return syscall(SYS_fork); }
static long do_clone(void) { return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); }
static long do_clone3(void) { return syscall(SYS_clone3, NULL, 0); }
static long do_ptrace(void) { return syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0); }
static long do_kill(void) { return syscall(SYS_kill, getppid(), 0); }
static long do_unshare(void) { return syscall(SYS_unshare, CLONE_NEWUSER); }
static long do_mount(void) { return syscall(SYS_mount, "a", "/", "tmpfs", 0, NULL); }
static long do_dup(void) { return syscall(SYS_dup, 3); }
static long do_pipe(void) { int p[2]; return syscall(SYS_pipe2, p, 0); }
static long do_ioctl(void) { return syscall(SYS_ioctl, 3, 0, 0); }
static long do_prctl(void) { return syscall(SYS_prctl, 4 /* PR_SET_DUMPABLE */, 1, 0, 0, 0); }
static long do_setrlimit(void) { return syscall(SYS_setrlimit, 7, NULL); }
static long do_bpf(void) { return syscall(SYS_bpf, 0, NULL, 0); }
static long do_io_uring(void) { return syscall(SYS_io_uring_setup, 1, NULL); }
static long do_sendmmsg(void) { return syscall(SYS_sendmmsg, 3, NULL, 0, 0); }
static long do_recvmsg(void) { return syscall(SYS_recvmsg, 3, NULL, 0); }
static long do_readv(void) { return syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0); }
static long do_x32(void) { return syscall(0x40000000 | SYS_read, -1, NULL, 0); }
static long do_exec_memory(void) { return mprotect(page, 4096, PROT_READ | PROT_EXEC); }

static long do_exec_map(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED ? 0 : -1;
}

static long do_map_file(void)
{
	return mmap(NULL, 4096, PROT_READ, MAP_SHARED, 4, 0) != MAP_FAILED ? 0 : -1;
}

static long do_fastopen(void)
{
	struct iovec v = { .iov_base = page, .iov_len = 1 };
	struct msghdr m = { .msg_name = &elsewhere, .msg_namelen = sizeof elsewhere, .msg_iov = &v, .msg_iovlen = 1 };

	return sendmsg(3, &m, MSG_FASTOPEN | MSG_NOSIGNAL | MSG_DONTWAIT);
}

static long do_sendto(void)
{
	return sendto(3, page, 1, MSG_NOSIGNAL, (struct sockaddr *)&elsewhere, sizeof elsewhere);
}

static long do_i386(void)
{
#ifdef __x86_64__
	long r = 20; /* getpid of the 32-bit table, writev of ours */

	__asm__ volatile("int $0x80" : "+a"(r) : : "memory", "rcx", "r11");
	return r;
#else
	raise(SIGSYS);
	return 0;
#endif
}

/* What must go on working. */
static long do_nothing(void) { return 0; }

static long do_memory(void)
{
	char *p = malloc(1 << 20);

	if (!p)
		return -1;
	memset(p, 1, 1 << 20);
	free(p);
	return 0;
}

static long do_wake(void)
{
	uint64_t one = 1;

	return write(5, &one, sizeof one) == sizeof one ? 0 : -1;
}

static long do_clock(void)
{
	struct timespec t;

	return clock_gettime(CLOCK_MONOTONIC, &t);
}

static long do_abort(void) { abort(); }

static long do_eat_memory(void)
{
	for (size_t n = 0; n < 1024; n++) {
		char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			return 0; /* the limit held */
	}
	return -1;
}

static const struct {
	const char *name;
	long (*run)(void);
} actions[] = {
	{ "open", do_open }, { "openat", do_openat }, { "socket", do_socket }, { "socketpair", do_socketpair },
	{ "connect", do_connect }, { "execve", do_execve }, { "fork", do_fork }, { "clone", do_clone },
	{ "clone3", do_clone3 }, { "ptrace", do_ptrace }, { "kill", do_kill }, { "unshare", do_unshare },
	{ "mount", do_mount }, { "dup", do_dup }, { "pipe", do_pipe }, { "ioctl", do_ioctl }, { "prctl", do_prctl },
	{ "setrlimit", do_setrlimit }, { "bpf", do_bpf }, { "io_uring", do_io_uring }, { "sendmmsg", do_sendmmsg },
	{ "recvmsg", do_recvmsg }, { "process_vm_readv", do_readv }, { "x32", do_x32 }, { "i386", do_i386 },
	{ "exec-memory", do_exec_memory }, { "exec-map", do_exec_map }, { "map-file", do_map_file },
	{ "fastopen", do_fastopen }, { "sendto", do_sendto },
	{ "nothing", do_nothing }, { "memory", do_memory }, { "wake", do_wake }, { "clock", do_clock },
	{ "abort", do_abort }, { "eat-memory", do_eat_memory },
};

/* A broken specification must not become a weaker jail: both actions are refused before anything is done. */
static int bare(const char *action)
{
	static const int with_open[] = { 0 /* read */, SYS_openat, -1 };
	struct sek_jail jail = { .fds_end = 6, .files = 2, .syscalls = NULL };

	if (strcmp(action, "forbidden-call") == 0)
		jail.syscalls = with_open;
	else if (strcmp(action, "no-list") != 0)
		return 92;
	return sek_is(sek_jail_enter(&jail), SEK_E_JAIL) ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct sek_jail jail;

	if (argc != 3)
		return 90;
	if (strcmp(argv[1], "bare") == 0)
		return bare(argv[2]);
	elsewhere = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(9) };
	elsewhere.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return 91;
	if (strcmp(argv[1], "decoder") == 0)
		jail = sek_decoder_cell(0);
	else
		jail = sek_encoder_cell(0, 0);
	if (!sek_is_ok(sek_jail_enter(&jail)))
		_exit(SEK_EXIT_JAIL);
	for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
		if (strcmp(actions[i].name, argv[2]) == 0)
			_exit(actions[i].run() < 0 ? 1 : 0);
	_exit(93);
}
