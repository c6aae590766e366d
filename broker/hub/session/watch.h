/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One render host under watch: a connection, a watching decoder in its jail, and the page of integers that it writes. Dialled again
 * whenever it breaks, later each time. The broker reads nothing of the host but those integers.
 */
#ifndef SEK_BROKER_HUB_SESSION_WATCH_H
#define SEK_BROKER_HUB_SESSION_WATCH_H

#include "broker/gap/health.h"
#include "broker/hub/session/session.h"

#define SEK_WATCH_SICK_MS 5000 /* without a report */

struct sek_watch;

/* host must outlive it. NULL: out of memory. */
struct sek_watch *sek_watch_create(struct sek_sessions *all, const struct sek_render_host *host);
/* To be called about once a second: looks at the page, dials. */
void sek_watch_tick(struct sek_watch *w);
/* It is called again within so long, however often that has failed. */
void sek_watch_hurry(struct sek_watch *w, uint64_t within_ms);
void sek_watch_finish(struct sek_watch *w); /* NULL is fine */

/* The latest report, or NULL if there was none in SEK_WATCH_SICK_MS. */
const struct sek_host_health *sek_watch_health(const struct sek_watch *w);
/* How long ago it last told of itself; UINT64_MAX: never. */
uint64_t sek_watch_silent_ms(const struct sek_watch *w);
/* "up", "sick" (the line stands, no report), "lost" (no line), "unknown" (not dialled to an end yet). */
const char *sek_watch_state(const struct sek_watch *w);

/* What a host says of itself, for those who ask. */
void sek_watch_describe(const struct sek_host_health *health, struct sek_host_info *ret);

#endif
