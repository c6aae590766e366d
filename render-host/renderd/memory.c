/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads two kinds of files of /proc.
 */
#include "render-host/renderd/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t mib_of(const char *line, const char *key)
{
	unsigned long long kib;

	if (strncmp(line, key, strlen(key)) != 0)
		return 0;
	kib = strtoull(line + strlen(key), NULL, 10) / 1024;
	return kib > UINT32_MAX ? UINT32_MAX : (uint32_t)kib;
}

void sek_memory_read(struct sek_memory *ret)
{
	FILE *f = fopen("/proc/meminfo", "re");
	char line[128];

	*ret = (struct sek_memory){ 0, 0 };
	while (f && fgets(line, sizeof line, f)) {
		ret->total_mib += mib_of(line, "MemTotal:");
		ret->available_mib += mib_of(line, "MemAvailable:");
	}
	if (f)
		fclose(f);
}

uint16_t sek_pressure_read(const char *resource)
{
	static const char key[] = "some avg10=";
	char path[48], line[128];
	double percent = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/pressure/%s", resource);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fgets(line, sizeof line, f) && strncmp(line, key, sizeof key - 1) == 0)
		percent = strtod(line + sizeof key - 1, NULL);
	fclose(f);
	return percent <= 0 ? 0 : percent >= 100 ? 1000 : (uint16_t)(percent * 10);
}
