/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A run beside an earlier one: each figure, how it changed, and whether that is better. Says what differs in the setup, because then the
 * figures compare only in part.
 */
#include <math.h>
#include <string.h>

#include "client/load/report/report.h"

#define SAME 0.05 /* a change of less than this share is none: two runs of the same thing differ as much */

enum unit { UNIT_PLAIN, UNIT_MS, UNIT_MIB, UNIT_BYTES, UNIT_PERCENT };

static char *with_unit(char *buf, enum unit u, double v)
{
	switch (u) {
	case UNIT_MS: return figure_ms(buf, v);
	case UNIT_MIB: return figure_mib(buf, v);
	case UNIT_BYTES: return figure_bytes(buf, v);
	case UNIT_PERCENT: return figure_percent(buf, v);
	case UNIT_PLAIN: break;
	}
	return figure(buf, v);
}

/* more_is: 1 = more is better, -1 = less is better. */
static void row(const struct html *h, enum report_word w, enum unit u, double before, double now, int more_is)
{
	double share = before != 0 ? now / before - 1 : now != 0 ? 1 : 0;
	bool same = fabs(share) < SAME;
	char text[FIGURE_BYTES];

	html_raw(h, "<tr><td>");
	html_word(h, w);
	html_raw(h, "</td><td class=\"r\">%s</td>", with_unit(text, u, before));
	html_raw(h, "<td class=\"r\"><b>%s</b></td>", with_unit(text, u, now));
	if (before != 0)
		html_raw(h, "<td class=\"r\">%+.0f %%</td>", share * 100);
	else
		html_raw(h, "<td class=\"r\">%s</td>", same ? "0 %" : "-");
	html_tag(h, "td", same ? NULL : share * more_is > 0 ? "good" : "bad", same ? W_SAME : share * more_is > 0 ? W_BETTER : W_WORSE);
	html_raw(h, "</tr>\n");
}

static double sum_refused(const struct sek_result *r)
{
	double n = 0;

	for (size_t i = 0; i < r->seconds_n; i++)
		n += (double)r->seconds[i].refused;
	return n;
}

static void rows(const struct report *r)
{
	const struct html *h = &r->h;
	const struct sek_result *a = r->earlier, *b = r->now;
	struct sek_delays da = report_all_delays(a), db = report_all_delays(b);
	struct sek_percentiles fa = report_all_first_frames(a), fb = report_all_first_frames(b);
	const struct sek_shares *sa = &r->earlier_shares, *sb = &r->shares;

	row(h, W_STAFF_HELD, UNIT_PLAIN, (double)a->verdict.staff, (double)b->verdict.staff, 1);
	row(h, W_DELAY_P50, UNIT_MS, sek_delays_quantile(&da, 0.5), sek_delays_quantile(&db, 0.5), -1);
	row(h, W_DELAY_P95, UNIT_MS, sek_delays_quantile(&da, 0.95), sek_delays_quantile(&db, 0.95), -1);
	row(h, W_FIRST_FRAME_P95, UNIT_MS, fa.p95, fb.p95, -1);
	row(h, W_CPU_PATH, UNIT_PERCENT, report_cores_each(sa, report_is_path), report_cores_each(sb, report_is_path), -1);
	row(h, W_CPU_HOST, UNIT_PERCENT, report_cores_each(sa, report_is_host), report_cores_each(sb, report_is_host), -1);
	row(h, W_MIB_PATH, UNIT_MIB, report_mib_each(sa, report_is_path), report_mib_each(sb, report_is_path), -1);
	row(h, W_MIB_HOST, UNIT_MIB, report_mib_each(sa, report_is_host), report_mib_each(sb, report_is_host), -1);
	row(h, W_BYTES_EACH, UNIT_BYTES, sa->bytes_in_s, sb->bytes_in_s, -1);
	row(h, W_LOST, UNIT_PLAIN, (double)report_ended(a, SEK_END_LOST), (double)report_ended(b, SEK_END_LOST), -1);
	row(h, W_REFUSED, UNIT_PLAIN, sum_refused(a), sum_refused(b), -1);
}

/* --- what differs in the setup --- */

struct differences {
	const struct html *h;
	size_t n;
};

static void differ(struct differences *d, enum report_word w, const char *before, const char *now)
{
	before = before ? before : "";
	now = now ? now : "";
	if (strcmp(before, now) == 0)
		return;
	if (d->n++ == 0) {
		html_raw(d->h, "<p class=\"note\">");
		html_word(d->h, W_DIFFERENT_SETUP);
	}
	html_raw(d->h, "%s", d->n > 1 ? "; " : " ");
	html_word(d->h, w);
	html_raw(d->h, " ");
	html_text(d->h, before);
	html_raw(d->h, " → ");
	html_text(d->h, now);
}

static char *scripts_of(const struct sek_result *r, char *buf, size_t size)
{
	buf[0] = 0;
	for (size_t i = 0; i < r->config.scripts_n; i++)
		snprintf(buf + strlen(buf), size - strlen(buf), "%s%s %.3g", i ? ", " : "",
			r->config.scripts[i].name ? r->config.scripts[i].name : "", r->config.scripts[i].weight);
	return buf;
}

static void numbers(struct differences *d, enum report_word w, uint64_t before, uint64_t now)
{
	char a[24], b[24];

	snprintf(a, sizeof a, "%llu", (unsigned long long)before);
	snprintf(b, sizeof b, "%llu", (unsigned long long)now);
	differ(d, w, a, b);
}

static void setup(const struct report *r)
{
	const struct sek_result *a = r->earlier, *b = r->now;
	struct differences d = { .h = &r->h };
	char before[512], now[512];

	differ(&d, W_CPU_MODEL, a->machine.cpu, b->machine.cpu);
	numbers(&d, W_CORES, a->machine.cores, b->machine.cores);
	differ(&d, W_TARGET, report_word(r->h.ja, a->config.target ? W_TARGET_SYNTHETIC : W_TARGET_CHROMIUM),
		report_word(r->h.ja, b->config.target ? W_TARGET_SYNTHETIC : W_TARGET_CHROMIUM));
	differ(&d, W_RECORDED, report_word(r->h.ja, a->config.recording ? W_YES : W_NO), report_word(r->h.ja, b->config.recording ? W_YES : W_NO));
	numbers(&d, W_HOSTS, a->config.hosts, b->config.hosts);
	numbers(&d, W_BROKER_CORES, a->config.broker_cores, b->config.broker_cores);
	snprintf(before, sizeof before, "%llu×%llu", (unsigned long long)a->config.width_px, (unsigned long long)a->config.height_px);
	snprintf(now, sizeof now, "%llu×%llu", (unsigned long long)b->config.width_px, (unsigned long long)b->config.height_px);
	differ(&d, W_SIZE, before, now);
	differ(&d, W_SCRIPTS, scripts_of(a, before, sizeof before), scripts_of(b, now, sizeof now));
	if (d.n)
		html_raw(&r->h, "</p>\n");
}

void report_compare(const struct report *r)
{
	static const enum report_word words[] = { W_COL_FIGURE, W_COL_EARLIER, W_COL_NOW, W_COL_CHANGE };
	const struct html *h = &r->h;

	if (!r->earlier)
		return;
	html_tag(h, "h2", NULL, W_SECTION_COMPARE);
	html_raw(h, "<div class=\"card wide\"><p class=\"note\" style=\"margin-top:0\">");
	html_say(h, W_COMPARED_WITH, r->earlier->date, r->earlier->version, NULL);
	html_raw(h, "</p>\n<table>\n<tr>");
	for (size_t i = 0; i < 4; i++)
		html_tag(h, "th", i ? "r" : NULL, words[i]);
	html_raw(h, "<th></th></tr>\n");
	rows(r);
	html_raw(h, "</table>\n");
	setup(r);
	html_raw(h, "</div>\n");
}
