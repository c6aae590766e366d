/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How much memory this machine has left, and how long its processes wait for memory and for a core.
 */
#ifndef SEK_RENDERD_MEMORY_H
#define SEK_RENDERD_MEMORY_H

#include <stdint.h>

struct sek_memory {
	uint32_t total_mib, available_mib; /* MemTotal and MemAvailable of /proc/meminfo; 0 if it cannot be read */
};

void sek_memory_read(struct sek_memory *ret);

/* Pressure stall information (the kernel's Documentation/accounting/psi.rst): the share of the last ten seconds in which something
 * had to wait, in permille, at most 1000. 0 where the kernel does not tell. resource: "cpu" or "memory". */
uint16_t sek_pressure_read(const char *resource);

#endif
