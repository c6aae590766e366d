/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One chart as inline SVG with its title and legend. Colours are classes of the page's style, so that light, dark and print each have
 * their own. Knows nothing of load tests.
 */
#ifndef SEK_CLIENT_LOAD_REPORT_CHART_H
#define SEK_CLIENT_LOAD_REPORT_CHART_H

#include "client/load/report/html.h"

enum chart_kind { CHART_LINE, CHART_STEP, CHART_STACK, CHART_BARS, CHART_DOTS };
enum chart_axis { CHART_CLOCK, CHART_NUMBERS, CHART_COUNTS /* whole numbers */, CHART_MS, CHART_BYTES, CHART_MIB,
	CHART_BUCKETS /* of struct sek_delays: their numbers, labelled with their delays */ };

enum { CHART_SERIES_MAX = 10 };

struct chart_series {
	enum chart_kind kind;
	const char *css;      /* the class that colours it: "k1" ... */
	const char *label;    /* NULL: not in the legend */
	const double *x, *y;  /* x rises (dots: any order); y NAN: nothing there */
	size_t n;             /* stacks: all of a chart have the same x and n */
};

struct chart {
	enum report_word title, note;   /* note: one line below it, W_NOTHING for none */
	enum report_word x_label;
	enum chart_axis x, y;
	double x_most, y_cap;           /* y_cap: higher values are cut off and that is said; 0 = none */
	double limit;                   /* a line across; 0 = none */
	enum report_word limit_label;
	const double *marks;            /* lines up and down, of clocks only: things that happened */
	size_t marks_n;
	struct chart_series series[CHART_SERIES_MAX];
	size_t n;
};

/* Appends a series and returns it, to be changed. */
struct chart_series *chart_add(struct chart *c, enum chart_kind kind, const char *css, const char *label, const double *x,
	const double *y, size_t n);
/* Nothing to show (no finite value) writes a line that says so. */
void chart_write(const struct html *h, const struct chart *c);

/* The step between ticks for about `wanted` of them up to most: 1, 2 or 5 times a power of ten (of clocks: round times). */
double chart_step(double most, int wanted, bool clock);

#endif
