/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * WATCH and HEALTH: what a broker asks of a render host as a whole, and what it is told. Freestanding.
 */
#include "protocol/wire/checks.h"
#include "protocol/wire/messages.h"

enum { AGES = 6, AGES_SINCE = 2 /* version */ };

static bool watch_allowed(const struct sek_watch_msg *m)
{
	return m->version_min >= 1 && m->version_min <= m->version_max;
}

sek_status sek_watch_msg_read(const void *payload, size_t n, struct sek_watch_msg *ret)
{
	struct sek_reader r;
	struct sek_watch_msg m;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u16(&r, &m.version_min));
	SEK_TRY(sek_read_u16(&r, &m.version_max));
	SEK_TRY(sek_read_end(&r, watch_allowed(&m)));
	*ret = m;
	return sek_ok();
}

void sek_watch_msg_write(struct sek_writer *w, const struct sek_watch_msg *m)
{
	size_t at;

	if (!sek_message_begin(w, SEK_MSG_WATCH, watch_allowed(m), &at))
		return;
	sek_write_u16(w, m->version_min);
	sek_write_u16(w, m->version_max);
	sek_frame_end(w, at);
}

/* Version 1 ends before the ages. */
static uint16_t *age(struct sek_health *m, int i)
{
	uint16_t *const ages[AGES] = { &m->image_days, &m->browser_days, &m->browser_major, &m->certificate_days, &m->certificate_left_days,
		&m->crl_left_hours };

	return ages[i];
}

static bool health_allowed(const struct sek_health *m)
{
	return m->version >= SEK_VERSION_MIN && m->version <= SEK_WATCH_VERSION_MAX &&
	       (m->flags & ~(unsigned)SEK_HEALTH_DRAINING) == 0 && m->sessions_max >= 1 && m->cores >= 1 &&
	       m->available_mib <= m->memory_mib && m->cpu_permille <= 1000 && m->stall_permille <= 1000 &&
	       m->limits <= SEK_LIMITS_CGROUP_V2;
}

sek_status sek_health_read(const void *payload, size_t n, struct sek_health *ret)
{
	struct sek_reader r;
	struct sek_health m;

	sek_reader_init(&r, payload, n);
	SEK_TRY(sek_read_u16(&r, &m.version));
	SEK_TRY(sek_read_u16(&r, &m.flags));
	SEK_TRY(sek_read_u16(&r, &m.sessions));
	SEK_TRY(sek_read_u16(&r, &m.sessions_max));
	SEK_TRY(sek_read_u32(&r, &m.memory_mib));
	SEK_TRY(sek_read_u32(&r, &m.available_mib));
	SEK_TRY(sek_read_u16(&r, &m.cpu_permille));
	SEK_TRY(sek_read_u16(&r, &m.stall_permille));
	SEK_TRY(sek_read_u16(&r, &m.cores));
	SEK_TRY(sek_read_u16(&r, &m.warm_ja));
	SEK_TRY(sek_read_u16(&r, &m.warm_en));
	SEK_TRY(sek_read_u16(&r, &m.limits));
	SEK_TRY(sek_read_u32(&r, &m.refused));
	SEK_TRY(sek_read_u32(&r, &m.faults));
	for (int i = 0; i < AGES; i++) {
		*age(&m, i) = SEK_HEALTH_UNKNOWN;
		if (m.version >= AGES_SINCE)
			SEK_TRY(sek_read_u16(&r, age(&m, i)));
	}
	SEK_TRY(sek_read_end(&r, health_allowed(&m)));
	*ret = m;
	return sek_ok();
}

void sek_health_write(struct sek_writer *w, const struct sek_health *m)
{
	size_t at;

	if (!sek_message_begin(w, SEK_MSG_HEALTH, health_allowed(m), &at))
		return;
	sek_write_u16(w, m->version);
	sek_write_u16(w, m->flags);
	sek_write_u16(w, m->sessions);
	sek_write_u16(w, m->sessions_max);
	sek_write_u32(w, m->memory_mib);
	sek_write_u32(w, m->available_mib);
	sek_write_u16(w, m->cpu_permille);
	sek_write_u16(w, m->stall_permille);
	sek_write_u16(w, m->cores);
	sek_write_u16(w, m->warm_ja);
	sek_write_u16(w, m->warm_en);
	sek_write_u16(w, m->limits);
	sek_write_u32(w, m->refused);
	sek_write_u32(w, m->faults);
	for (int i = 0; m->version >= AGES_SINCE && i < AGES; i++) {
		struct sek_health copy = *m;

		sek_write_u16(w, *age(&copy, i));
	}
	sek_frame_end(w, at);
}
