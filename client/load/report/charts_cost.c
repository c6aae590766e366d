/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Charts of what the sessions cost: processor and memory by kind of process, over time and by sessions.
 */
#include <math.h>
#include <stdlib.h>

#include "client/load/report/chart.h"
#include "client/load/report/report.h"

static const char *const colours[SEK_CLASSES] = { [SEK_CLASS_BROKER] = "k1", [SEK_CLASS_DECODER] = "k2", [SEK_CLASS_ENCODER] = "k3",
	[SEK_CLASS_CAPTURE] = "k4", [SEK_CLASS_RENDERD] = "k5", [SEK_CLASS_SANDBOX] = "k6", [SEK_CLASS_CHROMIUM] = "k7",
	[SEK_CLASS_GENERATOR] = "k8" };
/* From below: what is the same whatever renders comes first. */
static const unsigned order[SEK_CLASSES] = { SEK_CLASS_BROKER, SEK_CLASS_DECODER, SEK_CLASS_ENCODER, SEK_CLASS_CAPTURE, SEK_CLASS_RENDERD,
	SEK_CLASS_SANDBOX, SEK_CLASS_CHROMIUM, SEK_CLASS_GENERATOR };

static bool has_class(const struct sek_result *r, unsigned c)
{
	for (size_t i = 0; i < r->samples_n; i++)
		if (r->samples[i].classes[c].count || r->samples[i].classes[c].cpu_s > 0)
			return true;
	return false;
}

/* A stack over time; memory: of PSS, else of cores with the whole machine as a line. */
static void stack(const struct report *r, struct chart *c, bool memory)
{
	const struct sek_result *now = r->now;
	size_t n = now->samples_n;
	double *values = calloc((SEK_CLASSES + 2) * n + 1, sizeof *values), *x = values, *busy = values + n;

	if (!values)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct sek_result_sample *m = &now->samples[i];

		x[i] = m->at_s;
		busy[i] = m->busy_cores;
		for (unsigned k = 0; k < SEK_CLASSES; k++)
			values[(2 + k) * n + i] = memory ? m->classes[k].pss_mib : m->interval_s > 0 ? m->classes[k].cpu_s / m->interval_s : 0;
	}
	c->x = CHART_CLOCK;
	c->x_label = W_AXIS_TIME;
	c->x_most = now->lasted_s;
	for (unsigned k = 0; k < SEK_CLASSES; k++)
		if (has_class(now, order[k]))
			chart_add(c, CHART_STACK, colours[order[k]], report_name(r->h.ja, sek_class_name(order[k])), x, values + (2 + order[k]) * n, n);
	if (!memory)
		chart_add(c, CHART_LINE, "ink thin", report_word(r->h.ja, W_CPU_BUSY), x, busy, n);
	chart_write(&r->h, c);
	free(values);
}

/* Sums of broker, decoders and encoders as dots over the sessions that ran, and the line through them. */
static void path(const struct report *r, struct chart *c, bool memory)
{
	const struct sek_result *now = r->now;
	size_t n = 0;
	double *values = calloc(2 * now->samples_n + 1, sizeof *values), *x = values, *y = values + now->samples_n, lx[2], ly[2];
	struct sek_line line = { 0 };

	if (!values)
		return;
	for (size_t i = 0; i < now->samples_n; i++) {
		const struct sek_result_sample *m = &now->samples[i];

		if (m->interval_s <= 0)
			continue;
		for (unsigned k = 0; k < SEK_CLASSES; k++)
			if (report_is_path(k))
				y[n] += memory ? m->classes[k].pss_mib : m->classes[k].cpu_s / m->interval_s;
		x[n++] = (double)m->running;
	}
	for (unsigned k = 0; k < SEK_CLASSES; k++) {
		const struct sek_line *l = memory ? &r->shares.mib[k] : &r->shares.cores[k];

		line.base += report_is_path(k) ? l->base : 0;
		line.each += report_is_path(k) ? l->each : 0;
	}
	lx[0] = 0;
	lx[1] = r->shares.sessions_most;
	ly[0] = line.base;
	ly[1] = line.base + line.each * lx[1];
	c->x = CHART_COUNTS;
	c->x_label = W_AXIS_STAFF;
	chart_add(c, CHART_DOTS, "p2", report_word(r->h.ja, W_SUM_BROKER), x, y, n);
	chart_add(c, CHART_LINE, "ink thin", report_word(r->h.ja, W_LINE_THROUGH), lx, ly, 2);
	chart_write(&r->h, c);
	free(values);
}

void report_cost(const struct report *r)
{
	struct chart cpu = { .title = W_CHART_CPU, .note = W_CHART_CPU_NOTE, .y = CHART_NUMBERS, .limit = (double)r->now->machine.cores,
		.limit_label = W_CORES_LINE };
	struct chart memory = { .title = W_CHART_MEMORY, .note = W_CHART_MEMORY_NOTE, .y = CHART_MIB };
	struct chart path_cpu = { .title = W_CHART_BROKER_CPU, .note = W_CHART_BROKER_CPU_NOTE, .y = CHART_NUMBERS };
	struct chart path_memory = { .title = W_CHART_BROKER_MEMORY, .y = CHART_MIB };

	if (r->now->samples_n == 0)
		return;
	html_tag(&r->h, "h2", NULL, W_SECTION_COST);
	html_raw(&r->h, "<div class=\"charts\">\n");
	stack(r, &cpu, false);
	stack(r, &memory, true);
	path(r, &path_cpu, false);
	path(r, &path_memory, true);
	html_raw(&r->h, "</div>\n");
}
