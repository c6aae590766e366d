/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of metrics/ share.
 */
#ifndef SEK_BROKER_HUB_METRICS_COUNTERS_H
#define SEK_BROKER_HUB_METRICS_COUNTERS_H

#include "broker/hub/metrics/metrics.h"

/* One more than the highest number of states.def. */
enum { SEK_METRICS_STATES = 128, SEK_METRICS_FIRST_FRAME = 8 };

/* Upper bounds of the histogram, and how they are written. */
extern const uint32_t sek_first_frame_ms[SEK_METRICS_FIRST_FRAME];
extern const char *const sek_first_frame_le[SEK_METRICS_FIRST_FRAME];

struct sek_metrics {
	struct sek_metrics_sources from;
	const struct sek_viewers *viewers;          /* NULL: no port for VNC viewers */
	struct sek_ages *ages;
	int64_t started_s;                          /* UTC */
	uint64_t opened, restored, moved_here, moved_away, host_alarms, reconnects, taken_over, encoder_restarts;
	uint64_t ended[SEK_METRICS_STATES];         /* by the state that says why */
	uint64_t bytes_down, updates;               /* of sessions that have ended */
	uint64_t first_frame[SEK_METRICS_FIRST_FRAME + 1]; /* the last: longer than any bound */
	uint64_t first_frame_sum_ms;
};

/* text.c: the page /metrics on the heap, NULL when out of memory. */
char *sek_metrics_text(const struct sek_metrics *m);

/* ages.c: how old things are, here and on the render hosts. */
void sek_metrics_ages(FILE *o, const struct sek_metrics *m);

/* health.c: the page /health as JSON on the heap, NULL when out of memory; *ret_well: nothing is wrong. */
char *sek_metrics_health(const struct sek_metrics *m, bool *ret_well);

#endif
