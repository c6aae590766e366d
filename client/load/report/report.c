/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The page: head, order of the sections, and the sums that several of them need. Refers to nothing outside itself.
 */
#include "client/load/report/report.h"

#include <stdlib.h>
#include <string.h>

bool report_is_path(unsigned c)
{
	return c == SEK_CLASS_BROKER || c == SEK_CLASS_DECODER || c == SEK_CLASS_ENCODER;
}

bool report_is_host(unsigned c)
{
	return c == SEK_CLASS_RENDERD || c == SEK_CLASS_CAPTURE || c == SEK_CLASS_SANDBOX || c == SEK_CLASS_CHROMIUM;
}

double report_cores_each(const struct sek_shares *s, bool (*of)(unsigned))
{
	double sum = 0;

	for (unsigned c = 0; c < SEK_CLASSES; c++)
		sum += of(c) ? s->cores[c].each : 0;
	return sum;
}

double report_mib_each(const struct sek_shares *s, bool (*of)(unsigned))
{
	double sum = 0;

	for (unsigned c = 0; c < SEK_CLASSES; c++)
		sum += of(c) ? s->mib[c].each : 0;
	return sum;
}

struct sek_delays report_all_delays(const struct sek_result *r)
{
	struct sek_delays d = { 0 };

	for (size_t i = 0; i < r->seconds_n; i++)
		sek_delays_merge(&d, &r->seconds[i].delays);
	return d;
}

struct sek_percentiles report_all_first_frames(const struct sek_result *r)
{
	double *values = calloc(r->sessions_n ? r->sessions_n : 1, sizeof *values);
	struct sek_percentiles p = { 0 };
	size_t n = 0;

	for (size_t i = 0; values && i < r->sessions_n; i++)
		if (r->sessions[i].first_frame_ms > 0)
			values[n++] = r->sessions[i].first_frame_ms;
	if (values)
		p = sek_percentiles_of(values, n);
	free(values);
	return p;
}

uint64_t report_ended(const struct sek_result *r, unsigned end)
{
	uint64_t n = 0;

	for (size_t i = 0; i < r->sessions_n; i++)
		n += r->sessions[i].end == end;
	return n;
}

static void head(const struct report *r)
{
	const struct html *h = &r->h;
	const struct sek_result *now = r->now;
	char text[FIGURE_BYTES];

	html_raw(h, "<!doctype html>\n<html lang=\"%s\">\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>",
		h->ja ? "ja" : "en");
	html_word(h, W_TITLE);
	html_raw(h, " ");
	html_text(h, now->date);
	html_raw(h, "</title>\n<style>\n%s</style>\n<main>\n<header>\n<p>", report_style);
	html_word(h, W_TITLE);
	html_raw(h, "</p>\n<h1>");
	if (now->title && *now->title)
		html_text(h, now->title);
	else
		html_word(h, now->config.target == SEK_TARGET_CHROMIUM ? W_TARGET_CHROMIUM : W_TARGET_SYNTHETIC);
	html_raw(h, "</h1>\n<p>");
	html_text(h, now->date);
	html_raw(h, " · ");
	html_text(h, now->machine.cpu);
	html_raw(h, " · ");
	html_word(h, W_CORES);
	html_raw(h, " %llu · ", (unsigned long long)now->machine.cores);
	html_text(h, figure_mib(text, (double)now->machine.memory_mib));
	html_raw(h, " · ");
	html_word(h, W_LASTED);
	html_raw(h, " %s</p>\n</header>\n", figure_clock(text, now->lasted_s));
}

static void how(const struct report *r)
{
	static const enum report_word lines[] = { W_HOW_DELAY, W_HOW_FRAME, W_HOW_HELD, W_HOW_CPU, W_HOW_PSS };

	html_tag(&r->h, "h2", NULL, W_SECTION_HOW);
	html_raw(&r->h, "<ul class=\"how\">\n");
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		html_tag(&r->h, "li", NULL, lines[i]);
	html_raw(&r->h, "</ul>\n");
}

sek_status sek_report_make(const struct sek_result *now, const struct sek_result *earlier, bool ja, char **ret, size_t *ret_n)
{
	struct report r = { .now = now, .earlier = earlier, .shares = sek_shares_of(now) };
	char *text = NULL;
	bool failed;

	r.h.ja = ja;
	r.h.f = open_memstream(&text, ret_n);
	if (!r.h.f)
		return sek_fail(SEK_E_NOMEM);
	if (earlier)
		r.earlier_shares = sek_shares_of(earlier);
	head(&r);
	report_verdict(&r);
	report_compare(&r);
	report_chaos(&r);
	report_felt(&r);
	report_cost(&r);
	report_shares(&r);
	report_traffic(&r);
	report_errors(&r);
	report_sessions(&r);
	report_setup(&r);
	how(&r);
	html_raw(&r.h, "</main>\n</html>\n");
	failed = ferror(r.h.f) != 0;
	if (fclose(r.h.f) != 0 || failed) {
		free(text);
		return sek_fail(SEK_E_NOMEM);
	}
	*ret = text;
	return sek_ok();
}
