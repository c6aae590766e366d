/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What one session costs, by class of process, from the samples of a run: a line through them (least squares), so that what is
 * there without sessions is told from what each adds.
 */
#ifndef SEK_CLIENT_LOAD_SHARES_H
#define SEK_CLIENT_LOAD_SHARES_H

#include "client/load/result.h"

struct sek_line { /* y = base + each * x */
	double base, each;
	double r2; /* how much of y's variance the line explains, 0..1; 0 where it was not fitted */
};

/* The line through n points; through the origin and the means if x hardly varies (by less than a third of its most), the
 * base would be negative, or the line explains less than 0.6 of the variance. All 0 if there is no point with x > 0. */
struct sek_line sek_line_through(const double *x, const double *y, size_t n);

struct sek_shares {
	struct sek_line cores[SEK_CLASSES], mib[SEK_CLASSES]; /* of sessions that run */
	bool exhausted;       /* the machine's CPU was, nearly all the time: sessions got less of it than they wanted, so cores says too little */
	size_t samples;       /* that were used: those before the end of the ramp and of the hold */
	double sessions_most; /* in them */
	/* Of each running session, means over the same time: */
	double bytes_in_s, bytes_out_s, updates_s, keys_s;
	/* Of the sessions: medians. */
	double first_frame_ms;
};

struct sek_shares sek_shares_of(const struct sek_result *r);

#endif
