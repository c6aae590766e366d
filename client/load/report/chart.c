/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Axes, lines, stacks, bars and dots. Every number goes through one place that keeps it inside the picture.
 */
#include "client/load/report/chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 600, HEIGHT = 250, LEFT = 72, RIGHT = 14, TOP = 14, BOTTOM = 40, Y_TICKS = 4, X_TICKS = 6, HOVERS_MAX = 400 };

struct plot {
	const struct chart *c;
	double x_most, y_most;
	bool cut; /* something is above the picture */
	double most;
};

struct chart_series *chart_add(struct chart *c, enum chart_kind kind, const char *css, const char *label, const double *x,
	const double *y, size_t n)
{
	struct chart_series *s = &c->series[c->n < CHART_SERIES_MAX ? c->n++ : CHART_SERIES_MAX - 1];

	*s = (struct chart_series){ kind, css, label, x, y, n };
	return s;
}

double chart_step(double most, int wanted, bool clock)
{
	static const double round[] = { 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400 };
	double raw = most / wanted, power;

	if (!(raw > 0))
		return 1;
	if (clock) {
		for (size_t i = 0; i < sizeof round / sizeof round[0]; i++)
			if (raw <= round[i])
				return round[i];
	}
	power = pow(10, floor(log10(raw)));
	raw /= power;
	return power * (raw <= 1 ? 1 : raw <= 2 ? 2 : raw <= 5 ? 5 : 10);
}

static double px(const struct plot *p, double x)
{
	double v = LEFT + (WIDTH - LEFT - RIGHT) * x / p->x_most;

	return v < LEFT ? LEFT : v > WIDTH - RIGHT ? WIDTH - RIGHT : v;
}

static double py(const struct plot *p, double y)
{
	double v = HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * y / p->y_most;

	return v < TOP ? TOP : v > HEIGHT - BOTTOM ? HEIGHT - BOTTOM : v;
}

static char *label(char *buf, enum chart_axis axis, double v)
{
	switch (axis) {
	case CHART_CLOCK: return figure_clock(buf, v);
	case CHART_MS: return figure_ms(buf, v);
	case CHART_BYTES: return figure_bytes(buf, v);
	case CHART_MIB: return figure_mib(buf, v);
	case CHART_BUCKETS: return figure_ms(buf, exp2(v / 4));
	case CHART_COUNTS:
	case CHART_NUMBERS: break;
	}
	return figure(buf, v);
}

/* --- scales --- */

/* What the series of a stack up to and with number s add up to at point i. */
static double stacked(const struct chart *c, size_t s, size_t i)
{
	double sum = 0;

	for (size_t k = 0; k <= s; k++)
		if (c->series[k].kind == CHART_STACK && i < c->series[k].n && isfinite(c->series[k].y[i]))
			sum += c->series[k].y[i];
	return sum;
}

static double y_step(enum chart_axis axis, double most)
{
	double step = axis == CHART_MIB && most > 2048 ? 1024 * chart_step(most / 1024, Y_TICKS, false) : chart_step(most, Y_TICKS, false);

	return axis == CHART_COUNTS && step < 1 ? 1 : step;
}

static bool find_scales(struct plot *p)
{
	const struct chart *c = p->c;
	double most = 0, step;
	bool any = false;

	for (size_t s = 0; s < c->n; s++)
		for (size_t i = 0; i < c->series[s].n; i++) {
			double y = c->series[s].y[i];

			if (!isfinite(y))
				continue;
			any = true;
			if (c->series[s].kind == CHART_STACK)
				y = stacked(c, s, i);
			most = y > most ? y : most;
			if (c->x_most <= 0 && c->series[s].x[i] > p->x_most)
				p->x_most = c->series[s].x[i];
		}
	p->most = most;
	if (c->limit > 0 && most < c->limit)
		most = c->limit * 1.02;
	if (c->y_cap > 0 && most > c->y_cap) {
		most = c->y_cap;
		p->cut = true;
	}
	if (c->x_most > 0)
		p->x_most = c->x_most;
	if (p->x_most <= 0)
		p->x_most = 1;
	step = y_step(c->y, most);
	p->y_most = most > 0 ? ceil(most / step - 1e-9) * step : 1;
	return any;
}

/* --- drawing --- */

static void draw_axes(const struct html *h, const struct plot *p)
{
	const struct chart *c = p->c;
	char text[FIGURE_BYTES];
	double step = y_step(c->y, p->y_most);

	for (double v = 0; v <= p->y_most * 1.0001; v += step) {
		html_raw(h, "<path class=\"%s\" d=\"M%d %.1fH%d\"/><text class=\"t e\" x=\"%d\" y=\"%.1f\">", v > 0 ? "g" : "a", LEFT,
			py(p, v), WIDTH - RIGHT, LEFT - 7, py(p, v) + 4);
		html_text(h, v > 0 || c->y == CHART_NUMBERS || c->y == CHART_COUNTS ? label(text, c->y, v) : "0");
		html_raw(h, "</text>");
	}
	step = c->x == CHART_BUCKETS ? 8 : chart_step(p->x_most, X_TICKS, c->x == CHART_CLOCK);
	if (c->x == CHART_COUNTS && step < 1)
		step = 1;
	for (double v = 0; v <= p->x_most * 1.0001; v += step) {
		html_raw(h, "<text class=\"t m\" x=\"%.1f\" y=\"%d\">", px(p, v), HEIGHT - BOTTOM + 16);
		html_text(h, label(text, c->x, v));
		html_raw(h, "</text>");
	}
	html_raw(h, "<text class=\"t e\" x=\"%d\" y=\"%d\">", WIDTH - RIGHT, HEIGHT - 6);
	html_word(h, c->x_label);
	html_raw(h, "</text>\n");
}

/* A line that begins anew after each gap; steps go across, then up. */
static void draw_line(const struct html *h, const struct plot *p, const struct chart_series *s)
{
	bool on = false;

	html_raw(h, "<path class=\"l %s\" d=\"", s->css);
	for (size_t i = 0; i < s->n; i++) {
		if (!isfinite(s->y[i])) {
			on = false;
			continue;
		}
		if (on && s->kind == CHART_STEP)
			html_raw(h, "H%.1f", px(p, s->x[i]));
		html_raw(h, "%s%.1f %.1f", on ? "L" : "M", px(p, s->x[i]), py(p, s->y[i]));
		on = true;
	}
	html_raw(h, "\"/>\n");
	/* A point alone between two gaps makes no line. */
	for (size_t i = 0; i < s->n; i++)
		if (isfinite(s->y[i]) && (i == 0 || !isfinite(s->y[i - 1])) && (i + 1 == s->n || !isfinite(s->y[i + 1])))
			html_raw(h, "<circle class=\"f %s\" r=\"2\" cx=\"%.1f\" cy=\"%.1f\"/>", s->css, px(p, s->x[i]), py(p, s->y[i]));
}

static void draw_stack(const struct html *h, const struct plot *p, size_t s)
{
	const struct chart_series *me = &p->c->series[s];

	html_raw(h, "<path class=\"f s %s\" d=\"", me->css);
	for (size_t i = 0; i < me->n; i++)
		html_raw(h, "%s%.1f %.1f", i ? "L" : "M", px(p, me->x[i]), py(p, stacked(p->c, s, i)));
	for (size_t i = me->n; i-- > 0;)
		html_raw(h, "L%.1f %.1f", px(p, me->x[i]), py(p, s ? stacked(p->c, s - 1, i) : 0));
	html_raw(h, "Z\"/>\n");
}

static void draw_bars(const struct html *h, const struct plot *p, const struct chart_series *s)
{
	double gap = p->x_most, width;

	for (size_t i = 1; i < s->n; i++)
		if (s->x[i] - s->x[i - 1] < gap)
			gap = s->x[i] - s->x[i - 1];
	width = (WIDTH - LEFT - RIGHT) * gap / p->x_most;
	width = width > 30 ? 28 : width > 4 ? width - 2 : width > 1 ? width - 0.5 : 0.5;
	for (size_t i = 0; i < s->n; i++)
		if (s->y[i] > 0)
			html_raw(h, "<rect class=\"f %s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", s->css,
				px(p, s->x[i]) - width / 2, py(p, s->y[i]), width, HEIGHT - BOTTOM - py(p, s->y[i]));
}

static void draw_dots(const struct html *h, const struct plot *p, const struct chart_series *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (isfinite(s->y[i]))
			html_raw(h, "<circle class=\"f o %s\" r=\"3.2\" cx=\"%.1f\" cy=\"%.1f\"/>", s->css, px(p, s->x[i]), py(p, s->y[i]));
}

static void draw_limit(const struct html *h, const struct plot *p)
{
	double y = py(p, p->c->limit);
	char text[FIGURE_BYTES];

	html_raw(h, "<path class=\"limit\" d=\"M%d %.1fH%d\"/><text class=\"t lim\" x=\"%d\" y=\"%.1f\">", LEFT, y, WIDTH - RIGHT, LEFT + 6,
		y < TOP + 14 ? y + 13 : y - 5);
	html_word(h, p->c->limit_label);
	html_raw(h, " ");
	html_text(h, label(text, p->c->y, p->c->limit));
	html_raw(h, "</text>\n");
}

/* What the browser shows while the mouse rests there: the values of all series at that place. */
static void draw_hovers(const struct html *h, const struct plot *p)
{
	const struct chart *c = p->c;
	const struct chart_series *first = &c->series[0];
	size_t every = first->n / HOVERS_MAX + 1;
	char text[FIGURE_BYTES];

	for (size_t i = 0; i < first->n; i += every) {
		double from = px(p, i ? (first->x[i] + first->x[i - 1]) / 2 : 0);
		double to = px(p, i + 1 < first->n ? (first->x[i] + first->x[i + 1]) / 2 : p->x_most);

		html_raw(h, "<rect class=\"h\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"><title>", from, TOP,
			to > from ? to - from : 0.5, HEIGHT - TOP - BOTTOM);
		html_text(h, label(text, c->x, first->x[i]));
		for (size_t s = 0; s < c->n; s++) {
			if (c->series[s].x != first->x || !c->series[s].label || i >= c->series[s].n || !isfinite(c->series[s].y[i]))
				continue;
			html_raw(h, "\n");
			html_text(h, c->series[s].label);
			html_raw(h, ": ");
			html_text(h, label(text, c->y, c->series[s].y[i]));
		}
		html_raw(h, "</title></rect>");
	}
}

static void draw(const struct html *h, const struct plot *p)
{
	const struct chart *c = p->c;

	html_raw(h, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, HEIGHT);
	html_word(h, c->title);
	html_raw(h, "\">\n");
	draw_axes(h, p);
	for (size_t s = 0; s < c->n; s++) {
		switch (c->series[s].kind) {
		case CHART_STACK: draw_stack(h, p, s); break;
		case CHART_BARS: draw_bars(h, p, &c->series[s]); break;
		case CHART_DOTS: draw_dots(h, p, &c->series[s]); break;
		case CHART_LINE:
		case CHART_STEP: draw_line(h, p, &c->series[s]); break;
		}
	}
	for (size_t i = 0; i < c->marks_n; i++)
		html_raw(h, "<path class=\"mark\" d=\"M%.1f %dV%d\"/>\n", px(p, c->marks[i]), TOP, HEIGHT - BOTTOM);
	if (c->limit > 0 && c->limit <= p->y_most)
		draw_limit(h, p);
	draw_hovers(h, p);
	html_raw(h, "</svg>\n");
}

void chart_write(const struct html *h, const struct chart *c)
{
	struct plot p = { .c = c };
	char text[FIGURE_BYTES];

	html_raw(h, "<figure class=\"chart\">\n");
	html_tag(h, "h3", NULL, c->title);
	if (!find_scales(&p)) {
		html_tag(h, "p", "none", W_NO_DATA);
		html_raw(h, "</figure>\n");
		return;
	}
	html_raw(h, "<ul class=\"legend\">");
	for (size_t s = 0; s < c->n; s++) {
		if (!c->series[s].label)
			continue;
		html_raw(h, "<li><i class=\"%s%s\"></i>", c->series[s].kind == CHART_LINE || c->series[s].kind == CHART_STEP ? "line " : "",
			c->series[s].css);
		html_text(h, c->series[s].label);
		html_raw(h, "</li>");
	}
	html_raw(h, "</ul>\n");
	draw(h, &p);
	html_raw(h, "<figcaption>");
	if (p.cut)
		html_say(h, W_CUT, label(text, c->y, p.most), NULL, NULL);
	html_raw(h, " ");
	html_word(h, c->note);
	html_raw(h, " ");
	if (c->marks_n)
		html_word(h, W_MARKS);
	html_raw(h, "</figcaption>\n");
	html_raw(h, "</figure>\n");
}
