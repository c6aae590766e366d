/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Charts of what staff felt (delays, first pictures, sessions) and of traffic. Short times are put together so that percentiles of them mean something.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client/load/report/chart.h"
#include "client/load/report/report.h"

enum { SLOTS_MAX = 120, SLOT_LEAST_S = 5, BINS_MAX = 40, KEYS_LEAST = 5 };

static const char *word(const struct report *r, enum report_word w)
{
	return report_word(r->h.ja, w);
}

struct points { /* up to n points with up to four values each */
	size_t n;
	double x[1024], y[4][1024];
};

static double or_nothing(bool there, double v)
{
	return there ? v : NAN;
}

/* --- delays over time and over sessions --- */

/* The delays of each slot of some seconds. */
static void delays_by_time(const struct sek_result *r, struct points *p)
{
	double slot_s = r->lasted_s / SLOTS_MAX > SLOT_LEAST_S ? ceil(r->lasted_s / SLOTS_MAX) : SLOT_LEAST_S;
	size_t i = 0;

	p->n = 0;
	for (size_t slot = 0; i < r->seconds_n && p->n < 1024; slot++) {
		struct sek_delays d = { 0 };
		bool enough;

		for (; i < r->seconds_n && r->seconds[i].at_s <= (double)(slot + 1) * slot_s; i++)
			sek_delays_merge(&d, &r->seconds[i].delays);
		enough = sek_delays_count(&d) >= KEYS_LEAST;
		p->x[p->n] = ((double)slot + 0.5) * slot_s;
		p->y[0][p->n] = or_nothing(enough, sek_delays_quantile(&d, 0.5));
		p->y[1][p->n] = or_nothing(enough, sek_delays_quantile(&d, 0.95));
		p->y[2][p->n++] = or_nothing(enough, sek_delays_quantile(&d, 0.99));
	}
}

/* The delays by how many sessions ran, on the way up and while it was held; numbers close to each other together. */
static void delays_by_staff(const struct sek_result *r, struct points *p)
{
	struct sek_delays bins[BINS_MAX] = { 0 };
	uint64_t most = 0;
	double width;

	for (size_t i = 0; i < r->seconds_n; i++)
		most = r->seconds[i].running > most ? r->seconds[i].running : most;
	width = most > BINS_MAX ? ceil((double)most / BINS_MAX) : 1;
	for (size_t i = 0; i < r->seconds_n; i++) {
		const struct sek_result_second *s = &r->seconds[i];

		if (s->running > 0 && s->phase != SEK_PHASE_DOWN)
			sek_delays_merge(&bins[(size_t)((double)(s->running - 1) / width) % BINS_MAX], &s->delays);
	}
	p->n = 0;
	for (size_t b = 0; b < BINS_MAX; b++) {
		if (sek_delays_count(&bins[b]) < KEYS_LEAST)
			continue;
		p->x[p->n] = ((double)b + 0.5) * width + 0.5;
		p->y[0][p->n] = sek_delays_quantile(&bins[b], 0.5);
		p->y[1][p->n] = sek_delays_quantile(&bins[b], 0.95);
		p->y[2][p->n++] = sek_delays_quantile(&bins[b], 0.99);
	}
}

static void set_marks(const struct report *r, struct chart *c, double *marks, size_t most)
{
	if (r->now->verdict.broke)
		marks[c->marks_n++] = r->now->verdict.broke_s;
	for (size_t i = 0; i < r->now->events_n && c->marks_n < most; i++)
		marks[c->marks_n++] = r->now->events[i].at_s;
	c->marks = marks;
}

static void chart_delays(const struct report *r, struct points *p, struct points *old)
{
	double marks[64];
	struct chart c = { .title = W_CHART_DELAY, .note = W_CHART_DELAY_NOTE, .x_label = W_AXIS_TIME, .x = CHART_CLOCK, .y = CHART_MS,
		.x_most = r->now->lasted_s, .y_cap = r->now->config.level.delay_p95_ms * 3, .limit = r->now->config.level.delay_p95_ms,
		.limit_label = W_LIMIT_LINE };
	struct chart d = { .title = W_CHART_DELAY_STAFF, .note = W_CHART_DELAY_STAFF_NOTE, .x_label = W_AXIS_STAFF, .x = CHART_COUNTS,
		.y = CHART_MS, .y_cap = c.y_cap, .limit = c.limit, .limit_label = W_LIMIT_LINE };

	delays_by_time(r->now, p);
	chart_add(&c, CHART_LINE, "p1", word(r, W_P50), p->x, p->y[0], p->n);
	chart_add(&c, CHART_LINE, "p2", word(r, W_P95), p->x, p->y[1], p->n);
	chart_add(&c, CHART_LINE, "p3", word(r, W_P99), p->x, p->y[2], p->n);
	set_marks(r, &c, marks, 64);
	chart_write(&r->h, &c);

	delays_by_staff(r->now, p);
	chart_add(&d, CHART_LINE, "p1", word(r, W_P50), p->x, p->y[0], p->n);
	chart_add(&d, CHART_LINE, "p2", word(r, W_P95), p->x, p->y[1], p->n);
	chart_add(&d, CHART_LINE, "p3", word(r, W_P99), p->x, p->y[2], p->n);
	if (r->earlier) {
		delays_by_staff(r->earlier, old);
		chart_add(&d, CHART_LINE, "old", word(r, W_EARLIER_P95), old->x, old->y[1], old->n);
	}
	chart_write(&r->h, &d);
}

static void chart_spread(const struct report *r, struct points *p)
{
	struct sek_delays d = report_all_delays(r->now);
	struct chart c = { .title = W_CHART_SPREAD, .note = W_CHART_SPREAD_NOTE, .x_label = W_AXIS_DELAY, .x = CHART_BUCKETS, .y = CHART_COUNTS };

	p->n = 0;
	for (int i = 0; i < SEK_DELAY_BUCKETS && sek_delays_count(&d); i++) {
		p->x[p->n] = i;
		p->y[0][p->n++] = (double)d.counts[i];
		c.x_most = d.counts[i] ? i + 2 : c.x_most;
	}
	chart_add(&c, CHART_BARS, "p2", word(r, W_KEYS), p->x, p->y[0], p->n);
	chart_write(&r->h, &c);
}

/* --- sessions and first pictures --- */

static void chart_first(const struct report *r)
{
	double *x = calloc(2 * r->now->sessions_n + 1, sizeof *x), *y = x ? x + r->now->sessions_n : NULL;
	struct chart c = { .title = W_CHART_FIRST, .note = W_CHART_FIRST_NOTE, .x_label = W_AXIS_TIME, .x = CHART_CLOCK, .y = CHART_MS,
		.x_most = r->now->lasted_s, .y_cap = r->now->config.level.first_frame_p95_ms * 3,
		.limit = r->now->config.level.first_frame_p95_ms, .limit_label = W_LIMIT_LINE };

	if (!x)
		return;
	for (size_t i = 0; i < r->now->sessions_n; i++) {
		x[i] = r->now->sessions[i].began_s;
		y[i] = or_nothing(r->now->sessions[i].first_frame_ms > 0, r->now->sessions[i].first_frame_ms);
	}
	chart_add(&c, CHART_DOTS, "p2", word(r, W_ONE_SESSION), x, y, r->now->sessions_n);
	chart_write(&r->h, &c);
	free(x);
}

/* Values of each second, as they are. */
struct seconds {
	size_t n;
	double *x, *y[6];
};

enum second_value { V_WANTED, V_RUNNING, V_WAITING, V_DETACHED, V_UPDATES, V_IN, V_OUT, V_LOGINS, V_REFUSED };

static double value_of(const struct sek_result_second *s, enum second_value v)
{
	switch (v) {
	case V_WANTED: return (double)s->wanted;
	case V_RUNNING: return (double)s->running;
	case V_WAITING: return (double)(s->logging_in + s->waiting);
	case V_DETACHED: return (double)s->detached;
	case V_UPDATES: return (double)s->updates;
	case V_IN: return (double)s->bytes_in;
	case V_OUT: return (double)s->bytes_out;
	case V_LOGINS: return (double)s->logins;
	case V_REFUSED: return (double)s->refused;
	}
	return 0;
}

struct line_of {
	enum second_value value;
	enum report_word label;
	enum chart_kind kind;
	const char *css;
};

/* A chart of up to four values of each second. */
static void chart_seconds(const struct report *r, struct chart *c, const struct line_of *lines, size_t n)
{
	const struct sek_result *now = r->now;
	double *memory = calloc((n + 1) * now->seconds_n + 1, sizeof *memory), marks[64];

	if (!memory)
		return;
	for (size_t i = 0; i < now->seconds_n; i++) {
		memory[i] = now->seconds[i].at_s;
		for (size_t k = 0; k < n; k++)
			memory[(k + 1) * now->seconds_n + i] = value_of(&now->seconds[i], lines[k].value);
	}
	c->x_label = W_AXIS_TIME;
	c->x = CHART_CLOCK;
	c->x_most = now->lasted_s;
	for (size_t k = 0; k < n; k++)
		chart_add(c, lines[k].kind, lines[k].css, word(r, lines[k].label), memory, memory + (k + 1) * now->seconds_n, now->seconds_n);
	set_marks(r, c, marks, 64);
	chart_write(&r->h, c);
	free(memory);
}

static void chart_staff(const struct report *r)
{
	static const struct line_of lines[] = { { V_WANTED, W_WANTED, CHART_STEP, "old" }, { V_RUNNING, W_RUNNING, CHART_STEP, "k1" },
		{ V_WAITING, W_WAITING, CHART_STEP, "k4" }, { V_DETACHED, W_DETACHED, CHART_STEP, "k6" } };
	struct chart c = { .title = W_CHART_STAFF, .y = CHART_COUNTS };

	chart_seconds(r, &c, lines, 4);
}

static void chart_logins(const struct report *r)
{
	static const struct line_of lines[] = { { V_LOGINS, W_LOGINS, CHART_BARS, "k1" }, { V_REFUSED, W_REFUSALS, CHART_BARS, "red" } };
	struct chart c = { .title = W_CHART_LOGINS, .y = CHART_COUNTS };

	chart_seconds(r, &c, lines, 2);
}

void report_felt(const struct report *r)
{
	struct points *p = calloc(2, sizeof *p);

	if (!p)
		return;
	html_tag(&r->h, "h2", NULL, W_SECTION_FELT);
	html_raw(&r->h, "<div class=\"charts\">\n");
	chart_staff(r);
	chart_delays(r, p, p + 1);
	chart_spread(r, p);
	chart_first(r);
	chart_logins(r);
	html_raw(&r->h, "</div>\n");
	free(p);
}

void report_traffic(const struct report *r)
{
	static const struct line_of bytes[] = { { V_IN, W_TO_CLIENT, CHART_LINE, "k1" }, { V_OUT, W_FROM_CLIENT, CHART_LINE, "k6" } };
	static const struct line_of updates[] = { { V_UPDATES, W_UPDATES, CHART_LINE, "k1" } };
	struct chart b = { .title = W_CHART_BYTES, .y = CHART_BYTES };
	struct chart u = { .title = W_CHART_UPDATES, .y = CHART_COUNTS };

	html_tag(&r->h, "h2", NULL, W_SECTION_TRAFFIC);
	html_raw(&r->h, "<div class=\"charts\">\n");
	chart_seconds(r, &b, bytes, 2);
	chart_seconds(r, &u, updates, 1);
	html_raw(&r->h, "</div>\n");
}
