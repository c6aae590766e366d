/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sessions on the one axis, what they cost on the other. Never extrapolates: that is for whoever plans with it.
 */
#include "client/load/shares.h"

#include <stdlib.h>

#define LINE_R2_LEAST 0.6
#define EXHAUSTED 0.9 /* of all cores busy: what a session used then is not what it wants */
enum { SAMPLES_LEAST = 3 };

struct sek_line sek_line_through(const double *x, const double *y, size_t n)
{
	double sx = 0, sy = 0, sxx = 0, sxy = 0, syy = 0, least = 0, most = 0, d;
	struct sek_line l = { 0 };

	for (size_t i = 0; i < n; i++) {
		least = i == 0 || x[i] < least ? x[i] : least;
		most = x[i] > most ? x[i] : most;
		sx += x[i];
		sy += y[i];
		sxx += x[i] * x[i];
		sxy += x[i] * y[i];
		syy += y[i] * y[i];
	}
	if (sx <= 0)
		return l;
	d = (double)n * sxx - sx * sx;
	if (n >= 3 && most - least >= most / 3 && d > 0) {
		l.each = ((double)n * sxy - sx * sy) / d;
		l.base = (sy - l.each * sx) / (double)n;
		d *= (double)n * syy - sy * sy;
		if (d > 0)
			l.r2 = ((double)n * sxy - sx * sy) * ((double)n * sxy - sx * sy) / d;
	}
	/* what does not lie on a line has no base that could be told from it: starts cost while the ramp goes up, and a machine that is busy with
	 * others gives less to each; then all of it is the sessions' */
	if (l.each <= 0 || l.base < 0 || l.r2 < LINE_R2_LEAST)
		l = (struct sek_line){ 0, sy / sx, 0 };
	return l;
}

/* When the last second before the way down ended. */
static double up_until(const struct sek_result *r)
{
	double at_s = 0;

	for (size_t i = 0; i < r->seconds_n; i++)
		if (r->seconds[i].phase != SEK_PHASE_DOWN)
			at_s = r->seconds[i].at_s;
	return at_s;
}

static bool has_room(const struct sek_result *r, const struct sek_result_sample *m)
{
	return r->machine.cores == 0 || m->busy_cores < EXHAUSTED * (double)r->machine.cores;
}

static double median_first_frame(const struct sek_result *r)
{
	double *values = calloc(r->sessions_n ? r->sessions_n : 1, sizeof *values), median;
	size_t n = 0;

	for (size_t i = 0; values && i < r->sessions_n; i++)
		if (r->sessions[i].first_frame_ms > 0)
			values[n++] = r->sessions[i].first_frame_ms;
	median = values ? sek_percentiles_of(values, n).p50 : 0;
	free(values);
	return median;
}

struct sek_shares sek_shares_of(const struct sek_result *r)
{
	struct sek_shares s = { 0 };
	double *x = calloc(r->samples_n * 2 + 1, sizeof *x), *y = x ? x + r->samples_n : NULL;
	double until = up_until(r), session_s = 0;
	size_t n = 0, with_room = 0;

	if (!x)
		return s;
	for (size_t i = 0; i < r->samples_n; i++)
		with_room += r->samples[i].running > 0 && r->samples[i].at_s <= until + 0.5 && has_room(r, &r->samples[i]);
	s.exhausted = r->samples_n > 0 && with_room < SAMPLES_LEAST;
	for (unsigned c = 0; c < 2 * SEK_CLASSES; c++) {
		n = 0;
		for (size_t i = 0; i < r->samples_n; i++) {
			const struct sek_result_sample *m = &r->samples[i];

			if (m->interval_s <= 0 || m->at_s > until + 0.5 || (c < SEK_CLASSES && !s.exhausted && !has_room(r, m)))
				continue;
			x[n] = (double)m->running;
			y[n++] = c < SEK_CLASSES ? m->classes[c].cpu_s / m->interval_s : m->classes[c - SEK_CLASSES].pss_mib;
			if ((double)m->running > s.sessions_most)
				s.sessions_most = (double)m->running;
		}
		*(c < SEK_CLASSES ? &s.cores[c] : &s.mib[c - SEK_CLASSES]) = sek_line_through(x, y, n);
	}
	free(x);
	s.samples = n;
	for (size_t i = 0; i < r->seconds_n; i++) {
		const struct sek_result_second *e = &r->seconds[i];

		if (e->phase == SEK_PHASE_DOWN)
			continue;
		session_s += (double)e->running * (i ? e->at_s - r->seconds[i - 1].at_s : e->at_s);
		s.bytes_in_s += (double)e->bytes_in;
		s.bytes_out_s += (double)e->bytes_out;
		s.updates_s += (double)e->updates;
		s.keys_s += (double)e->delay_ms.n;
	}
	if (session_s > 0) {
		s.bytes_in_s /= session_s;
		s.bytes_out_s /= session_s;
		s.updates_s /= session_s;
		s.keys_s /= session_s;
	}
	s.first_frame_ms = median_first_frame(r);
	return s;
}
