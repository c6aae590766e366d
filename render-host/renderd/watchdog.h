/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Memory of sessions where there are no cgroups to limit it: measured once a second, by uid.
 */
#ifndef SEK_RENDERD_WATCHDOG_H
#define SEK_RENDERD_WATCHDOG_H

#include <stddef.h>
#include <stdint.h>

/* Adds up, for each uid from uid_base on, the anonymous and shared memory of its processes (pages of files, which sessions
 * have in common, are left out) into used_bytes[n], which must be zero before. */
void sek_watchdog_measure(uint32_t uid_base, size_t n, uint64_t *used_bytes);

#endif
