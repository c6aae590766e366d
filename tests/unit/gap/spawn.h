/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * For the tests of the broker's two children: starts a real program with exactly the descriptors of its contract, waits for
 * its end, and looks at it from outside through /proc.
 */
#ifndef SEK_TESTS_GAP_SPAWN_H
#define SEK_TESTS_GAP_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TEST_WAIT_MS 20000 /* for anything that must happen: far more than it takes on a busy machine */

uint64_t test_now_ms(void);
/* Waits until cond(user) holds, looking every millisecond; false after TEST_WAIT_MS. */
bool test_until(bool (*cond)(void *user), void *user);

/* fds[i] becomes descriptor i of the program (-1: /dev/null); nothing else is inherited. Not consumed. */
pid_t test_spawn(const char *path, const char *const *argv, const int *fds, int n);

struct test_end {
	int code;   /* exit code, or -1 */
	int signal; /* or 0 */
};
/* Waits for the end of a child for up to timeout_ms; kills it then and gives { -1, 0 }. */
struct test_end test_wait(pid_t pid, uint64_t timeout_ms);
bool test_alive(pid_t pid);

/* The value of a line of /proc/PID/status, e.g. "Seccomp"; "" if there is none. */
void test_status_line(pid_t pid, const char *key, char *ret, size_t size);
/* The open descriptors of a process as a bit mask (those below 64). */
uint64_t test_descriptors(pid_t pid);
/* True if the process lives in another namespace of this kind ("net", "mnt", ...) than we do. */
bool test_other_namespace(pid_t pid, const char *kind);
/* Waits until the process is inside its seccomp filter. */
bool test_is_jailed(pid_t pid);
/* A value of /proc/PID/smaps_rollup in KiB, e.g. "Pss"; -1 if it cannot be read. */
long test_memory_kib(pid_t pid, const char *key);
/* CPU time used so far, in clock ticks of 10 ms. */
unsigned long test_cpu_ticks(pid_t pid);

/* Everything that the jail promises and /proc shows: filter, no_new_privs, no capabilities, own namespaces, an empty root,
 * limits (files: RLIMIT_NOFILE). Fails the running Check test otherwise. */
void test_assert_jailed(pid_t pid, unsigned long files);
/* The same of a program that may write a file of so many bytes. */
void test_assert_jailed_with(pid_t pid, unsigned long files, unsigned long file_bytes);

#endif
