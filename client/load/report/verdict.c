/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What comes first: how many staff, limited by what, and the figures that say so.
 */
#include "client/load/report/report.h"

#include <string.h>

enum { WINDOW_S = 10 };

static void row(const struct html *h, enum report_word w, const char *value, const char *of, int ok)
{
	html_raw(h, "<tr><td>");
	html_word(h, w);
	html_raw(h, "</td><td class=\"r\"><b>");
	html_text(h, value);
	html_raw(h, "</b></td><td>");
	html_text(h, of);
	html_raw(h, "</td>");
	if (ok < 0)
		html_raw(h, "<td></td></tr>\n");
	else
		html_tag(h, "td", ok ? "good" : "bad", ok ? W_WITHIN : W_BEYOND);
}

/* "limit 200 ms" as text of its own. */
static const char *limit_text(const struct html *h, char *buf, size_t size, const char *value)
{
	const char *p = strstr(report_word(h->ja, W_OF_LIMIT), "%1");

	snprintf(buf, size, "%.*s%s%s", (int)(p - report_word(h->ja, W_OF_LIMIT)), report_word(h->ja, W_OF_LIMIT), value, p + 2);
	return buf;
}

struct figures { /* of the time that is looked at */
	double delay_p95, first_p95, busy, available, generator;
	uint64_t keys, firsts, lost;
	bool sampled;
};

static struct figures figures_of(const struct sek_result *r, double from_s, double to_s)
{
	struct figures f = { .available = -1 };
	struct sek_delays d = { 0 };
	double seconds = 0;

	for (size_t i = 0; i < r->seconds_n; i++) {
		const struct sek_result_second *s = &r->seconds[i];

		if (s->at_s <= from_s || s->at_s > to_s)
			continue;
		sek_delays_merge(&d, &s->delays);
		f.firsts += s->first_frame_ms.n;
		f.first_p95 = s->first_frame_ms.p95 > f.first_p95 ? s->first_frame_ms.p95 : f.first_p95;
	}
	f.keys = sek_delays_count(&d);
	f.delay_p95 = sek_delays_quantile(&d, 0.95);
	for (size_t i = 0; i < r->sessions_n; i++)
		f.lost += r->sessions[i].end == SEK_END_LOST && r->sessions[i].began_s + r->sessions[i].lasted_s <= to_s;
	for (size_t i = 0; i < r->samples_n; i++) {
		const struct sek_result_sample *m = &r->samples[i];

		if (m->at_s <= from_s || m->at_s - m->interval_s > to_s || m->interval_s <= 0)
			continue;
		seconds += m->interval_s;
		f.busy += m->busy_cores * m->interval_s;
		f.generator += m->classes[SEK_CLASS_GENERATOR].cpu_s;
		f.available = f.available < 0 || m->available_mib < f.available ? m->available_mib : f.available;
	}
	f.sampled = seconds > 0;
	if (f.sampled) {
		f.busy /= seconds;
		f.generator /= seconds;
	}
	return f;
}

static void level_rows(const struct report *r, const struct figures *f)
{
	const struct html *h = &r->h;
	const struct sek_result_level *l = &r->now->config.level;
	char text[FIGURE_BYTES], limit[FIGURE_BYTES], of[128];

	row(h, W_DELAY_P95, f->keys ? figure_ms(text, f->delay_p95) : "-", limit_text(h, of, sizeof of, figure_ms(limit, l->delay_p95_ms)),
		f->keys ? f->delay_p95 <= l->delay_p95_ms : -1);
	row(h, W_FIRST_FRAME_P95, f->firsts ? figure_ms(text, f->first_p95) : "-",
		limit_text(h, of, sizeof of, figure_ms(limit, l->first_frame_p95_ms)), f->firsts ? f->first_p95 <= l->first_frame_p95_ms : -1);
	row(h, W_LOST, figure(text, (double)f->lost), limit_text(h, of, sizeof of, figure(limit, (double)l->lost_sessions)),
		f->lost <= l->lost_sessions);
}

static void machine_rows(const struct report *r, const struct figures *f)
{
	const struct html *h = &r->h;
	const struct sek_result_machine *m = &r->now->machine;
	char text[FIGURE_BYTES], whole[FIGURE_BYTES], of[64];

	if (!f->sampled)
		return;
	snprintf(of, sizeof of, "/ %s", figure(whole, (double)m->cores));
	row(h, W_CPU_BUSY, figure(text, f->busy), of, -1);
	snprintf(of, sizeof of, "/ %s", figure_mib(whole, (double)m->memory_mib));
	row(h, W_MEMORY_LEFT, figure_mib(text, f->available), of, -1);
	row(h, W_GENERATOR_CPU, figure(text, f->generator), "/ 1", -1);
}

/* The one large number and what limits it. */
static void hero(const struct report *r)
{
	const struct html *h = &r->h;
	const struct sek_result_verdict *v = &r->now->verdict;
	bool tool = v->limit == SEK_LIMIT_GENERATOR;
	char text[FIGURE_BYTES], staff[FIGURE_BYTES];

	html_raw(h, "<div>\n");
	html_tag(h, "h3", NULL, tool ? W_HOLDS_UNKNOWN : W_HOLDS);
	html_raw(h, "<p class=\"n\">%s</p>\n", figure(staff, (double)v->staff));
	html_tag(h, "p", "unit", W_STAFF_UNIT);
	html_raw(h, "<span class=\"chip %s\">", v->broke ? tool ? "warn" : "bad" : "good");
	if (v->broke)
		html_say(h, W_LIMITED_BY, report_name(h->ja, sek_limit_name(v->limit)), NULL, NULL);
	else
		html_word(h, W_NOT_REACHED);
	html_raw(h, "</span>\n<p>");
	if (v->broke)
		html_say(h, W_BROKE_AT, figure_clock(text, v->broke_s), figure(staff, (double)v->broke_staff), NULL);
	else
		html_say(h, W_LEVEL_HELD, figure(staff, (double)r->now->config.ramp.most), NULL, NULL);
	if (tool) {
		html_raw(h, " ");
		html_word(h, W_GENERATOR_SAYS);
	}
	html_raw(h, "</p>\n</div>\n");
}

/* Of a run with faults: how they ended, instead of a number of staff. */
static void hero_of_faults(const struct report *r)
{
	const struct html *h = &r->h;
	size_t ok = 0, bad_checks = 0;
	char text[FIGURE_BYTES];

	for (size_t i = 0; i < r->now->events_n; i++)
		ok += r->now->events[i].ok;
	for (size_t i = 0; i < r->now->checks_n; i++)
		bad_checks += !r->now->checks[i].ok;
	html_raw(h, "<div>\n");
	html_tag(h, "h3", NULL, W_FAULTS_DONE);
	html_raw(h, "<p class=\"n\">%s</p>\n<p class=\"unit\">", figure(text, (double)ok));
	html_say(h, W_FAULTS_UNIT, figure(text, (double)r->now->events_n), NULL, NULL);
	html_raw(h, "</p>\n");
	if (r->now->checks_n)
		html_tag(h, "span", bad_checks ? "chip bad" : "chip good", bad_checks ? W_CHECKS_BAD : W_CHECKS_OK);
	html_tag(h, "p", NULL, W_FAULTS_NOTE);
	html_raw(h, "</div>\n");
}

static void tile(const struct html *h, enum report_word w, const char *value)
{
	html_raw(h, "<div class=\"card tile\">");
	html_tag(h, "span", NULL, w);
	html_cell(h, "b", value);
	html_raw(h, "</div>\n");
}

static void tiles(const struct report *r)
{
	const struct html *h = &r->h;
	struct sek_delays d = report_all_delays(r->now);
	struct sek_percentiles first = report_all_first_frames(r->now);
	uint64_t most = 0, logins = 0, refused = 0;
	char text[FIGURE_BYTES];

	for (size_t i = 0; i < r->now->seconds_n; i++) {
		most = r->now->seconds[i].running > most ? r->now->seconds[i].running : most;
		logins += r->now->seconds[i].logins;
		refused += r->now->seconds[i].refused;
	}
	if (r->now->verdict.broke && r->now->events_n == 0)
		html_tag(h, "h2", NULL, W_WHOLE_RUN);
	html_raw(h, "<div class=\"tiles\">\n");
	tile(h, W_STAFF_MOST, figure(text, (double)most));
	tile(h, W_DELAY_P50, sek_delays_count(&d) ? figure_ms(text, sek_delays_quantile(&d, 0.5)) : "-");
	tile(h, W_DELAY_P95, sek_delays_count(&d) ? figure_ms(text, sek_delays_quantile(&d, 0.95)) : "-");
	tile(h, W_FIRST_FRAME_P95, first.n ? figure_ms(text, first.p95) : "-");
	tile(h, W_LOGINS_ALL, figure(text, (double)logins));
	tile(h, W_REFUSED, figure(text, (double)refused));
	html_raw(h, "</div>\n");
}

void report_verdict(const struct report *r)
{
	const struct html *h = &r->h;
	const struct sek_result_verdict *v = &r->now->verdict;
	bool at_break = v->broke && r->now->events_n == 0;
	struct figures f = at_break ? figures_of(r->now, v->broke_s - WINDOW_S, v->broke_s) : figures_of(r->now, -1, r->now->lasted_s + 1);

	html_raw(h, "<section class=\"card verdict\">\n");
	if (r->now->events_n)
		hero_of_faults(r);
	else
		hero(r);
	html_raw(h, "<div>\n");
	html_tag(h, "h3", NULL, at_break ? W_WHEN_BROKE : W_WHOLE_RUN);
	if (at_break)
		html_tag(h, "p", "note", W_FIGURE_AT);
	html_raw(h, "<table>\n");
	level_rows(r, &f);
	machine_rows(r, &f);
	html_raw(h, "</table>\n</div>\n</section>\n");
	tiles(r);
}
