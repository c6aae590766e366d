/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What cgroup.c (a session's group) and cgroup_place.c (where groups go) share.
 */
#ifndef SEK_RENDERD_CGROUP_INTERNAL_H
#define SEK_RENDERD_CGROUP_INTERNAL_H

#include "render-host/renderd/cgroup.h"

/* Which part of a v1 installation a file belongs to; v2 has one directory for all. */
enum sek_cgroup_part { SEK_PART_MEMORY, SEK_PART_PIDS, SEK_PART_CPU };

struct sek_cgroups {
	enum sek_cgroup_mode mode;
	bool bare;                            /* no controllers: limits are not written */
	size_t parts;                         /* 1 in v2, 3 in v1, 0 in none */
	char place[SEK_CGROUP_PARTS][PATH_MAX]; /* directory of the sessions' groups */
};

/* PLACE/s<slot>/file of a part; file NULL: the directory. False if it does not fit. */
bool sek_cgroup_path(const struct sek_cgroups *all, unsigned slot, enum sek_cgroup_part part, const char *file,
	char ret[PATH_MAX]);
/* Writes a text into a file of the cgroup tree. 0, or -1 with errno. */
int sek_cgroup_put(const char *path, const char *text);
/* Kills all in the group whose directory this is and which is limited to no new processes; one round. Returns how many
 * were found. */
size_t sek_cgroup_kill_listed(const char *procs_path);

#endif
