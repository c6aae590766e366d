/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the kernel says about processes: who descends from whom, which descriptors, jails and namespaces they have.
 */
#ifndef SEK_TESTS_SUPPORT_PROCS_H
#define SEK_TESTS_SUPPORT_PROCS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The first descendant of `root` (lowest pid) whose name is `comm` (cut at 15 bytes, as the kernel does) and whose
 * arguments contain `argument` (NULL: any) and do not contain `without` (NULL: nothing). 0 = none. */
pid_t procs_find(pid_t root, const char *comm, const char *argument, const char *without);
/* How many processes have this real uid. */
unsigned procs_of_uid(uid_t uid);
bool procs_alive(pid_t pid); /* and not a zombie */
/* A line of /proc/PID/status, e.g. "Seccomp"; "" if there is none. Static buffer. */
const char *procs_status(pid_t pid, const char *key);
/* Inode of a namespace ("net"); 0 if it cannot be read. */
unsigned long procs_namespace(pid_t pid, const char *name);
/* One open descriptor: "socket", "pipe", "eventfd", "memfd", "null", "other:..." and its access mode (O_RDONLY, ...).
 * False if it is not open. */
bool procs_descriptor(pid_t pid, int fd, char *ret_kind, size_t size, int *ret_mode);
unsigned procs_descriptors(pid_t pid); /* how many are open */
/* True if a line of /proc/PID/maps names `what` and has the permission letter ('w', 'x'). */
bool procs_maps(pid_t pid, const char *what, char permission);

#endif
