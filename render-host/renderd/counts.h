/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a render host counts since its start, and the alarm that follows from it. Names nobody.
 */
#ifndef SEK_RENDERD_COUNTS_H
#define SEK_RENDERD_COUNTS_H

#include <stdint.h>

enum { SEK_COUNTS_STATES = 128 }; /* one more than the highest number of states.def */

struct sek_counts {
	uint64_t created, warm_taken, warm_failed, attached;
	uint64_t ended[SEK_COUNTS_STATES];      /* sessions, by the state that says why; 0: nobody had to be told */
	uint64_t links_refused;
	uint64_t egress_refused, egress_blocked; /* requests: not the Internet; not allowed by the policy */
};

/* Of one session: refused requests in the present stretch of time. */
struct sek_alarm {
	uint64_t since_ms;
	uint32_t refused;
};

struct sek_host;
struct sek_live;
/* A byte of SEK_EGRESS_COUNT_FD. Ends the session where alarms.refused_destinations is reached within alarms.minutes. */
void sek_counts_egress(struct sek_live *s, char why);
/* Sessions that this host could not keep up. */
uint64_t sek_counts_faults(const struct sek_counts *c);

#endif
