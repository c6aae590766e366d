/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How much of everything a site needs: arithmetic from the figures, line by line, each line with what was calculated. Pure: no
 * input or output.
 */
#ifndef SEK_CLIENT_LOAD_PLAN_PLAN_H
#define SEK_CLIENT_LOAD_PLAN_PLAN_H

#include "client/load/plan/figures.h"

enum { PLAN_LINES_MAX = 32 };

struct plan_site { /* what the site is like; the assumptions of the plan */
	double staff;
	double at_once;        /* share of the staff that browse at the busiest time, 0..1 */
	double hours_a_day;    /* that each of them has a session open */
	double retention_days; /* of recordings; 0: nothing is recorded */
	double busy;           /* share of their cores that machines use at the busiest time, 0..1 */
	double host_cores, host_gib; /* of one render host */
	double warm;           /* sandboxes kept ready on each host */
	double spare_hosts;    /* that may be lost without refusing anybody */
	double system_gib;     /* of each machine for its system and its page cache */
};

struct plan_site plan_site_default(void);

struct plan_line {
	const char *key, *what, *unit;
	char how[200]; /* the calculation, with its figures */
	double value;
};

struct plan {
	bool ja;
	struct plan_line lines[PLAN_LINES_MAX];
	size_t n;
	double sessions, hosts, sessions_a_host; /* for the simulation; hosts: with the spare ones */
};

/* The plan of a site, in Japanese or English. Every value is checked by the caller (plan_check). */
void plan_make(const struct plan_figures *f, const struct plan_site *s, bool ja, struct plan *ret);
/* What is wrong with the site's values, for a person, or NULL. */
const char *plan_check(const struct plan_site *s);
/* The line of that key, or NULL. */
const struct plan_line *plan_find(const struct plan *p, const char *key);

#endif
