/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What /proc tells about how well a process is locked up, as text that can be compared. Tests only.
 */
#ifndef SEK_TESTS_FAULTS_STATE_H
#define SEK_TESTS_FAULTS_STATE_H

#include <stddef.h>
#include <sys/types.h>

/* Writes lines into ret (always terminated; cut at size): identities, capabilities, filter, limits, which namespaces are not ours, what the root
 * holds, descriptors, nice, whether others of its user may look into it. Nothing in it depends on numbers that change from run to run. */
void faults_state(pid_t pid, char *ret, size_t size);

/* The first line in which two of them differ, "wanted / found"; "" if there is none. */
void faults_state_differs(const char *wanted, const char *found, char *ret, size_t size);

#endif
