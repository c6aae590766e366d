/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One pass over /proc.
 */
#include "render-host/renderd/watchdog.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The sum of the lines of /proc/PID/file that begin with one of two keys. */
static uint64_t sum_lines(const char *pid, const char *file, const char *key, const char *other)
{
	char line[256];
	uint64_t sum = 0;
	FILE *f;

	snprintf(line, sizeof line, "/proc/%.20s/%s", pid, file);
	f = fopen(line, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof line, f))
		if (strncmp(line, key, strlen(key)) == 0)
			sum += strtoull(line + strlen(key), NULL, 10);
		else if (strncmp(line, other, strlen(other)) == 0)
			sum += strtoull(line + strlen(other), NULL, 10);
	fclose(f);
	return sum;
}

/* Proportional shares: a browser's processes are forks of one another, and a page that n of them share counts n-fold in
 * each one's resident size. */
static void measure_one(const char *pid, uint32_t uid_base, size_t n, uint64_t *used_bytes)
{
	uint64_t uid = sum_lines(pid, "status", "Uid:", "Uid:");

	if (uid >= uid_base && uid - uid_base < n)
		used_bytes[uid - uid_base] += sum_lines(pid, "smaps_rollup", "Pss_Anon:", "Pss_Shmem:") << 10;
}

void sek_watchdog_measure(uint32_t uid_base, size_t n, uint64_t *used_bytes)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL)
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9')
			measure_one(e->d_name, uid_base, n, used_bytes);
	if (d)
		closedir(d);
}
