/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Frames may come more than an interval before they are due: what is painted just after something else leaves as soon as
 * that, and the browser's own 60 Hz clock never beats against ours, while the average still keeps the rate.
 */
#include "render-host/capture/pacer.h"

void sek_pacer_reset(struct sek_pacer *p)
{
	p->acked = p->sent;
	p->due_us = 0;
}

static uint64_t interval(const struct sek_pacer *p)
{
	return p->frame_us > SEK_PACER_FRAME_US ? p->frame_us : SEK_PACER_FRAME_US;
}

void sek_pacer_rate(struct sek_pacer *p, uint64_t frame_us, uint64_t now_us)
{
	p->frame_us = frame_us;
	if (p->due_us > now_us + interval(p)) /* nobody waits for a clock that was slower */
		p->due_us = now_us + interval(p);
}

uint64_t sek_pacer_wait_us(const struct sek_pacer *p, uint64_t now_us)
{
	uint64_t early = p->due_us > SEK_PACER_EARLY_US ? p->due_us - SEK_PACER_EARLY_US : 0;

	if (p->sent - p->acked >= SEK_PACER_IN_FLIGHT)
		return SEK_PACER_ACK;
	return now_us >= early ? 0 : early - now_us;
}

uint32_t sek_pacer_next(const struct sek_pacer *p)
{
	return p->sent + 1;
}

void sek_pacer_sent(struct sek_pacer *p, uint64_t now_us)
{
	p->sent++;
	p->due_us = (now_us > p->due_us ? now_us : p->due_us) + interval(p);
}

sek_status sek_pacer_ack(struct sek_pacer *p, uint32_t frame)
{
	uint32_t ahead = frame - p->acked;

	if (ahead == 0 || ahead > p->sent - p->acked)
		return sek_fail(SEK_E_MALFORMED);
	p->acked = frame;
	return sek_ok();
}
