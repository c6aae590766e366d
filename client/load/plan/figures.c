/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where the figures of a plan come from. A figure that was not measured is never passed off as one that was.
 */
#include "client/load/plan/figures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "client/load/shares.h"

void plan_figures_default(struct plan_figures *f)
{
	static const struct plan_figure all[PLAN_FIGURES] = {
#define FIGURE(name, value, unit, what, source) [FIGURE_##name] = { #name, unit, what, value, source },
#include "client/load/plan/figures.def"
#undef FIGURE
	};

	memcpy(f->of, all, sizeof all);
}

struct take {
	struct plan_figures *f;
	const char *path, *date;
};

static void take(const struct take *t, enum plan_figure_id id, double value)
{
	struct plan_figure *f = &t->f->of[id];

	if (!(value > 0) || !isfinite(value))
		return;
	f->value = value;
	snprintf(f->source, sizeof f->source, "%.100s, %.20s", t->path, t->date ? t->date : "");
}

/* Takes base and each together: one of the run beside one of somewhere else would mean nothing. */
static void take_line(const struct take *t, enum plan_figure_id base, enum plan_figure_id each, struct sek_line l)
{
	if (l.each <= 0)
		return;
	take(t, each, l.each);
	t->f->of[base].value = l.base;
	memcpy(t->f->of[base].source, t->f->of[each].source, sizeof t->f->of[base].source);
}

static struct sek_line sum(const struct sek_line *lines, unsigned from, unsigned to)
{
	struct sek_line l = { 0 };

	for (unsigned c = from; c <= to; c++) {
		l.base += lines[c].base;
		l.each += lines[c].each;
	}
	return l;
}

/* How much one session's second differs from the mean: if n sessions are independent, their sum differs by sqrt(n) of it. */
static double deviation(const struct sek_result *r, double mean)
{
	double square = 0;
	size_t n = 0;

	for (size_t i = 0; i < r->seconds_n; i++) {
		const struct sek_result_second *s = &r->seconds[i];
		double running = (double)s->running, d = (double)s->bytes_in - running * mean;

		if (s->running == 0 || s->phase == SEK_PHASE_DOWN)
			continue;
		square += d * d / running;
		n++;
	}
	return n >= 10 ? sqrt(square / (double)n) : 0;
}

bool plan_figures_take(struct plan_figures *f, const struct sek_result *r, const char *path)
{
	struct sek_shares s = sek_shares_of(r);
	struct take t = { f, path, r->date };

	if (!s.exhausted)
		take_line(&t, FIGURE_path_cores_base, FIGURE_path_cores_each, sum(s.cores, SEK_CLASS_BROKER, SEK_CLASS_ENCODER));
	take_line(&t, FIGURE_path_mib_base, FIGURE_path_mib_each, sum(s.mib, SEK_CLASS_BROKER, SEK_CLASS_ENCODER));
	take(&t, FIGURE_bytes_in_s, s.bytes_in_s);
	take(&t, FIGURE_bytes_in_sd, deviation(r, s.bytes_in_s));
	if (r->config.target != SEK_TARGET_CHROMIUM)
		return !s.exhausted; /* the hosts of this run were none */
	if (!s.exhausted)
		take(&t, FIGURE_host_cores_each, sum(s.cores, SEK_CLASS_RENDERD, SEK_CLASS_CHROMIUM).each);
	take_line(&t, FIGURE_host_mib_base, FIGURE_host_mib_each, sum(s.mib, SEK_CLASS_RENDERD, SEK_CLASS_CHROMIUM));
	return !s.exhausted;
}
