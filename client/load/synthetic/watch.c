/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a broker that watches is told: the figures of this machine, as sekisho-renderd tells them. No sandbox is kept warm here, and
 * none is claimed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/load/synthetic/host.h"

enum { EVERY_MS = 1000, WAITING_MAX_BYTES = 4096, FRAME_BYTES = 64 };

static uint32_t mib_of(const char *line, const char *key)
{
	return strncmp(line, key, strlen(key)) == 0 ? (uint32_t)(strtoull(line + strlen(key), NULL, 10) / 1024) : 0;
}

static void read_memory(struct sek_health *ret)
{
	FILE *f = fopen("/proc/meminfo", "re");
	char line[128];

	while (f && fgets(line, sizeof line, f)) {
		ret->memory_mib += mib_of(line, "MemTotal:");
		ret->available_mib += mib_of(line, "MemAvailable:");
	}
	if (f)
		fclose(f);
	if (ret->available_mib > ret->memory_mib)
		ret->available_mib = ret->memory_mib;
}

static uint16_t read_pressure(const char *path)
{
	static const char key[] = "some avg10=";
	char line[128] = "";
	FILE *f = fopen(path, "re");
	double percent = 0;

	if (f && fgets(line, sizeof line, f) && strncmp(line, key, sizeof key - 1) == 0)
		percent = strtod(line + sizeof key - 1, NULL);
	if (f)
		fclose(f);
	return percent <= 0 ? 0 : percent >= 100 ? 1000 : (uint16_t)(percent * 10);
}

static void on_second(uv_timer_t *timer)
{
	struct sek_load_link *l = timer->data;
	const struct sek_load_host *h = l->host;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	uint8_t memory[FRAME_BYTES];
	struct sek_writer w;
	struct sek_health health = {
		.version = SEK_VERSION_MAX, /* no image, no browser: the first version says it all */
		.flags = h->draining ? SEK_HEALTH_DRAINING : 0,
		.sessions = (uint16_t)h->n_sessions, /* at most sessions_max */
		.sessions_max = h->config->sessions_max,
		.cpu_permille = read_pressure("/proc/pressure/cpu"),
		.stall_permille = read_pressure("/proc/pressure/memory"),
		.cores = cores > 0 && cores < UINT16_MAX ? (uint16_t)cores : 1,
	};

	/* who does not read hears less, not later */
	if (l->out.end - l->out.start > WAITING_MAX_BYTES)
		return;
	read_memory(&health);
	sek_writer_init(&w, memory, sizeof memory);
	sek_health_write(&w, &health);
	if (sek_is_ok(sek_writer_status(&w)) && sek_is_ok(sek_play_out_put(&l->out, memory, w.len)))
		sek_load_link_go(l);
}

void sek_load_watch(struct sek_load_link *l)
{
	uv_timer_start(&l->timer, on_second, 0, EVERY_MS);
}
