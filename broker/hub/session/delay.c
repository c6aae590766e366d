/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From a key press or a text to the next whole picture that goes to the client, of all sessions together. What shows nothing within
 * LONGEST_MS has no picture of its own (a key that does nothing) and is not counted.
 */
#include "broker/hub/session/internal.h"

enum { LONGEST_MS = 2000 };

const uint32_t sek_delay_ms[SEK_DELAYS] = { 10, 25, 50, 75, 100, 150, 200, 300, 500, 1000 };

void sek_delay_pressed(struct sek_session *s)
{
	if (!s->pressed_ns)
		s->pressed_ns = uv_hrtime();
}

void sek_delay_shown(struct sek_session *s)
{
	struct sek_delays *d = &s->all->delays;
	uint64_t us;
	size_t i;

	if (!s->pressed_ns)
		return;
	us = (uv_hrtime() - s->pressed_ns) / 1000;
	s->pressed_ns = 0;
	if (us > LONGEST_MS * UINT64_C(1000))
		return;
	for (i = 0; i < SEK_DELAYS && us > sek_delay_ms[i] * UINT64_C(1000); i++) {
	}
	d->n[i]++;
	d->sum_us += us;
}

void sek_sessions_delays(const struct sek_sessions *all, struct sek_delays *ret)
{
	*ret = all->delays;
}
