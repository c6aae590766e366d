/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One look at the pressure every two seconds, while there are sessions.
 */
#include "render-host/renderd/refresh.h"

#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "render-host/renderd/memory.h"
#include "render-host/renderd/session_internal.h"

enum { LOOK_MS = 2000, REST_MS = 10000, LOWER_PERMILLE = 150 /* below a level's threshold before it is left */ };

static const struct {
	uint16_t from_permille;
	uint8_t fps;
} levels[SEK_REFRESH_LEVELS] = { { 0, SEK_FPS_MAX }, { 500, 15 }, { 700, 8 }, { 900, 4 } };

unsigned sek_refresh_fps(unsigned level)
{
	return levels[level < SEK_REFRESH_LEVELS ? level : SEK_REFRESH_LEVELS - 1].fps;
}

unsigned sek_refresh_next(unsigned level, uint16_t pressure_permille, uint64_t now_ms, uint64_t *since_ms)
{
	unsigned wanted = 0;

	while (wanted + 1 < SEK_REFRESH_LEVELS && pressure_permille >= levels[wanted + 1].from_permille)
		wanted++;
	if (wanted > level) {
		*since_ms = now_ms;
		return wanted;
	}
	if (level == 0 || pressure_permille + LOWER_PERMILLE >= levels[level].from_permille) {
		*since_ms = now_ms;
		return level;
	}
	if (now_ms - *since_ms < REST_MS)
		return level;
	*since_ms = now_ms;
	return level - 1;
}

/* Where the kernel has no PSI: how many more tasks want to run than there are cores. */
static uint16_t pressure(void)
{
	uint16_t told = sek_pressure_read("cpu");
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	double load = 0;
	FILE *f;

	if (told > 0 || access("/proc/pressure/cpu", R_OK) == 0)
		return told;
	f = fopen("/proc/loadavg", "re");
	if (f) {
		if (fscanf(f, "%lf", &load) != 1)
			load = 0;
		fclose(f);
	}
	load = cores > 0 ? load / (double)cores - 1 : 0; /* twice as many as cores: everything is always waiting */
	return load <= 0 ? 0 : load >= 1 ? 1000 : (uint16_t)(load * 1000);
}

sek_status sek_refresh_tell(struct sek_live *s)
{
	uint8_t memory[SEK_FRAME_HEADER_BYTES + SEK_MSG_VIEW_MAX_BYTES];
	struct sek_writer w;

	if (s->control_fd < 0)
		return sek_ok();
	sek_writer_init(&w, memory, sizeof memory);
	sek_view_write(&w, &(struct sek_view){ .max_fps = (uint8_t)sek_refresh_fps(s->host->refresh_level), .text = "" });
	return sek_live_packet(s, &w);
}

static void on_look(uv_timer_t *timer)
{
	struct sek_host *h = timer->data;
	unsigned before = h->refresh_level;
	uint16_t permille;
	size_t i;

	if (h->n_sessions == 0 && before == 0)
		return;
	permille = pressure();
	h->refresh_level = sek_refresh_next(before, permille, uv_now(&h->loop), &h->refresh_since_ms);
	if (h->refresh_level == before)
		return;
	sek_log(SEK_LOG_INFO, "refresh.level", "level", sek_logf("%u", h->refresh_level), "idle_fps", sek_logf("%u",
		sek_refresh_fps(h->refresh_level)), "pressure_permille", sek_logf("%u", permille), NULL);
	for (i = 0; i < h->n_slots; i++)
		if (h->slots[i] && h->slots[i]->phase == LIVE_RUNNING)
			(void)sek_refresh_tell(h->slots[i]); /* one that does not take it keeps the rate that it has */
}

sek_status sek_refresh_start(struct sek_host *h)
{
	SEK_TRY(sek_from_uv(uv_timer_init(&h->loop, &h->refresh)));
	h->refresh.data = h;
	return sek_from_uv(uv_timer_start(&h->refresh, on_look, LOOK_MS, LOOK_MS));
}

void sek_refresh_stop(struct sek_host *h)
{
	uv_timer_stop(&h->refresh);
}
