/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One cgroup a session: memory and process limits, an equal share of the processor, and a way to kill everything in it.
 * cgroup v2 where it offers the controllers, v1 where they are mounted that way, neither where nothing is writable: then
 * joining sets resource limits, and the caller has to watch the memory itself (watchdog.h).
 */
#ifndef SEK_RENDERD_CGROUP_H
#define SEK_RENDERD_CGROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum sek_cgroup_mode { SEK_CGROUP_NONE, SEK_CGROUP_V1, SEK_CGROUP_V2 };
const char *sek_cgroup_mode_name(enum sek_cgroup_mode mode); /* "rlimits", "cgroup-v1", "cgroup-v2" */

/* Bits: which modes sek_cgroups_open may choose. */
enum sek_cgroup_try {
	SEK_CGROUP_TRY_NONE = 1,
	SEK_CGROUP_TRY_V1 = 2,
	SEK_CGROUP_TRY_V2 = 4,
	SEK_CGROUP_TRY_ALL = 7,
	SEK_CGROUP_TRY_BARE = 8, /* with V2, for tests: a hierarchy without controllers will do, nothing is limited */
};

struct sek_cgroup_limits {
	uint64_t memory_bytes;
	uint32_t processes;
};

/* The place of all sessions' groups. `instance` (letters, digits, '-') tells render hosts of one machine apart. Kills and
 * removes what a former run of the same instance left there. In a v2 hierarchy the calling process is moved into a group
 * beside the sessions' ones, because groups with children may hold no processes. SEK_E_IO: no allowed mode works. */
struct sek_cgroups;
sek_status sek_cgroups_open(const char *instance, unsigned modes, struct sek_cgroups **ret);
void sek_cgroups_close(struct sek_cgroups *all); /* removes the place; sessions' groups must be gone */
enum sek_cgroup_mode sek_cgroups_mode(const struct sek_cgroups *all);

/* A session's group. Embedded by the session. */
enum { SEK_CGROUP_PARTS = 3 };
struct sek_cgroup {
	const struct sek_cgroups *all;
	unsigned slot;
	struct sek_cgroup_limits limits;
	int procs[SEK_CGROUP_PARTS]; /* open cgroup.procs files, -1 = unused */
};

/* Makes the group of a slot with its limits. On failure nothing is left behind. */
sek_status sek_cgroup_create(const struct sek_cgroups *all, unsigned slot, const struct sek_cgroup_limits *limits,
	struct sek_cgroup *ret);
/* Puts the calling process in; for a child between fork and exec: only async-signal-safe calls. 0, or -1 with errno. */
int sek_cgroup_join(const struct sek_cgroup *g);
/* Sends SIGKILL to everything inside; nothing inside can fork from then on. */
void sek_cgroup_kill(struct sek_cgroup *g);
/* How many processes are inside (0 in mode none). */
size_t sek_cgroup_count(const struct sek_cgroup *g);
/* How often the kernel has killed something in it for lack of memory. */
uint64_t sek_cgroup_oom_kills(const struct sek_cgroup *g);
/* Memory in use, bytes; 0 if unknown. */
uint64_t sek_cgroup_memory(const struct sek_cgroup *g);
/* Removes the empty group; SEK_E_BUSY while something is inside. */
sek_status sek_cgroup_remove(struct sek_cgroup *g);

#endif
