/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One pass over /proc.
 */
#include "render-host/renderd/watchdog.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "RssAnon:     1234 kB" */
static uint64_t kib(const char *line, const char *key)
{
	size_t n = strlen(key);

	return strncmp(line, key, n) == 0 ? strtoull(line + n, NULL, 10) : 0;
}

static void measure_one(const char *pid, uint32_t uid_base, size_t n, uint64_t *used_bytes)
{
	unsigned long uid = 0;
	uint64_t sum = 0;
	char line[256];
	FILE *f;

	snprintf(line, sizeof line, "/proc/%.20s/status", pid);
	f = fopen(line, "re");
	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		if (strncmp(line, "Uid:", 4) == 0)
			uid = strtoul(line + 4, NULL, 10);
		sum += kib(line, "RssAnon:") + kib(line, "RssShmem:");
	}
	fclose(f);
	if (uid >= uid_base && uid - uid_base < n)
		used_bytes[uid - uid_base] += sum << 10;
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
