/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A broker that watches this host: after WATCH it is told once a second how the host is, and has nothing more to say.
 */
#include "render-host/renderd/peer_internal.h"

#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "render-host/renderd/memory.h"
#include "render-host/renderd/session.h"
#include "render-host/renderd/warm.h"

enum { EVERY_MS = 1000, WATCHERS_MAX = 32, WAITING_MAX_BYTES = 4096, FRAME_BYTES = 64 };

static uint16_t u16(size_t n)
{
	return n > UINT16_MAX ? UINT16_MAX : (uint16_t)n;
}

static uint32_t u32(uint64_t n)
{
	return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static uint16_t limits(const struct sek_host *h)
{
	enum sek_cgroup_mode mode = sek_cgroups_mode(h->cgroups);

	return mode == SEK_CGROUP_V2 ? SEK_LIMITS_CGROUP_V2 : mode == SEK_CGROUP_V1 ? SEK_LIMITS_CGROUP_V1 : SEK_LIMITS_PROCESS;
}

static void look(struct sek_host *h, uint16_t version, struct sek_health *ret)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct sek_memory memory;

	sek_memory_read(&memory);
	*ret = (struct sek_health){
		.version = version,
		.flags = h->draining ? SEK_HEALTH_DRAINING : 0,
		.sessions = u16(sek_lives_count(h)),
		.sessions_max = u16(h->config->sessions.max),
		.memory_mib = memory.total_mib,
		.available_mib = memory.available_mib < memory.total_mib ? memory.available_mib : memory.total_mib,
		.cpu_permille = sek_pressure_read("cpu"),
		.stall_permille = sek_pressure_read("memory"),
		.cores = cores > 0 ? u16((size_t)cores) : 1,
		.warm_ja = u16(sek_warm_ready(h, SEK_LANG_JA)),
		.warm_en = u16(sek_warm_ready(h, SEK_LANG_EN)),
		.limits = limits(h),
		.refused = u32(h->counts.egress_refused),
		.faults = u32(sek_counts_faults(&h->counts)),
	};
	sek_ages_look(&h->ages, h->config, (int64_t)time(NULL), ret);
}

static void on_second(uv_timer_t *timer)
{
	struct sek_peer *l = timer->data;
	uint8_t memory[FRAME_BYTES];
	struct sek_health health;
	struct sek_writer w;

	/* who does not read hears less, not later */
	if (l->phase != PEER_WATCH || l->down.len > WAITING_MAX_BYTES)
		return;
	look(l->host, l->watch_version, &health);
	sek_writer_init(&w, memory, sizeof memory);
	sek_health_write(&w, &health);
	sek_relay_append(l, &w);
	sek_peer_go(l);
}

static size_t watchers(const struct sek_host *h)
{
	size_t n = 0;
	const struct sek_peer *l;

	for (l = h->links; l; l = l->next)
		n += l->phase == PEER_WATCH;
	return n;
}

void sek_peer_read_watch(struct sek_peer *l)
{
	struct sek_frame frame;
	struct sek_watch_msg m;
	size_t total = 0;
	sek_status s = sek_frame_whole(l->up.bytes, l->up.len, SEK_LINK_HOST, SEK_DIR_UP, &frame, &total);

	if (sek_is(s, SEK_E_AGAIN))
		return;
	if (!sek_is_ok(s) || frame.type != SEK_MSG_WATCH ||
			!sek_is_ok(sek_watch_msg_read(l->up.bytes + SEK_FRAME_HEADER_BYTES, frame.payload_bytes, &m))) {
		sek_peer_refuse(l, "a certificate for watching is good for WATCH only");
		return;
	}
	if (m.version_min > SEK_WATCH_VERSION_MAX || m.version_max < SEK_VERSION_MIN || watchers(l->host) >= WATCHERS_MAX) {
		sek_peer_refuse(l, "no common protocol version, or too many watch");
		return;
	}
	l->watch_version = m.version_max < SEK_WATCH_VERSION_MAX ? m.version_max : SEK_WATCH_VERSION_MAX;
	sek_relay_consume(&l->up, total);
	sek_peer_phase(l, PEER_WATCH);
	sek_log(SEK_LOG_INFO, "link.watched", "peer", l->peer, "broker", l->broker, NULL);
	uv_timer_start(&l->timer, on_second, 0, EVERY_MS);
}
