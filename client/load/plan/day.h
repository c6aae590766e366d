/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A working day of a site, simulated: everybody logs in around 08:30, a render host is lost at 10:30, most leave for lunch and come back at 13:00. Says how
 * long staff waited for a first picture and whether anybody was turned away. What it takes for granted: plan_assumption (words.h).
 */
#ifndef SEK_CLIENT_LOAD_PLAN_DAY_H
#define SEK_CLIENT_LOAD_PLAN_DAY_H

#include "client/load/plan/plan.h"

enum day_part { DAY_MORNING, DAY_HOST_LOST, DAY_AFTER_LUNCH, DAY_PARTS };

struct day_config {
	uint64_t seed;
	unsigned sessions, hosts, sessions_a_host, warm;
	unsigned start_slots;  /* browsers that a host can start at the same time */
	double rush_s;         /* standard deviation of the times at which staff come */
	bool lose_host;
	double hash_s, warm_s, cold_s, start_cpu_s;
	unsigned hash_workers, hash_queue;
};

enum { DAY_MOST = 10000000 };   /* of anything */
#define DAY_PLACES_MOST 4e9     /* sessions times hosts: more would take minutes */

/* Of a plan; the rush is 300 s, one host is lost if there is more than one. */
struct day_config day_config_of(const struct plan_figures *f, const struct plan_site *s, const struct plan *p, uint64_t seed);

struct day_waits { /* from the click to the first picture */
	uint64_t n, cold; /* cold: of them without a warm sandbox */
	uint64_t busy;    /* tries that were told to come back: too many log-ins waiting */
	uint64_t full;    /* tries that were told to come back: no host had room */
	double p50_s, p95_s, most_s;
};

struct day {
	struct day_waits parts[DAY_PARTS];
	uint64_t sessions_most, lost_with_host;
	double back_s;          /* after the loss until its last user had a picture again */
	size_t hash_longest;    /* queue */
	double hash_mean_wait_s;
	uint64_t never;         /* staff who wanted a session at the end of the day and had none */
};

/* False: no memory. */
bool day_simulate(const struct day_config *c, struct day *ret);

const char *day_part_name(enum day_part part);
#endif
