/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How many frames a second sessions may cost while the machine has too little processor for all of them: first those whose users do
 * nothing see fewer, then everybody. So that films get slower before anybody's keys do.
 */
#ifndef SEK_RENDERD_REFRESH_H
#define SEK_RENDERD_REFRESH_H

#include "render-host/renderd/host.h"

enum { SEK_REFRESH_LEVELS = 4 };

/* Frames a second for a session whose user does nothing, at that level; one whose user does something has SEK_VIEW_BUSY_TIMES as many
 * (render-host/session.h). Level 0: no limit. */
unsigned sek_refresh_fps(unsigned level);

/* The level that follows from the one before and from pressure_permille (PSI of the processor, or what stands for it). Pure. Up at
 * once; down by one and only once the pressure has been clearly lower for REST_MS. *since_ms: the caller keeps it. */
unsigned sek_refresh_next(unsigned level, uint16_t pressure_permille, uint64_t now_ms, uint64_t *since_ms);

sek_status sek_refresh_start(struct sek_host *h);
void sek_refresh_stop(struct sek_host *h);
/* To a session's capture that has just been started. */
sek_status sek_refresh_tell(struct sek_live *s);

#endif
