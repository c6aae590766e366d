/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The report's tables: scripts and sessions, what each session costs, errors, faults, checks, machine and configuration.
 */
#include <stdlib.h>
#include <string.h>

#include "client/load/report/report.h"

enum { SESSIONS_SHOWN = 500 };

/* The first `left` columns and the last `tail` ones hold words, those between them figures. */
static void heads(const struct html *h, const enum report_word *words, size_t n, size_t left, size_t tail)
{
	html_raw(h, "<div class=\"card wide\"><table>\n<tr>");
	for (size_t i = 0; i < n; i++)
		html_tag(h, "th", i < left || i + tail >= n ? NULL : "r", words[i]);
	html_raw(h, "</tr>\n");
}

static void right(const struct html *h, const char *text)
{
	html_raw(h, "<td class=\"r\">");
	html_text(h, text);
	html_raw(h, "</td>");
}

static void result_cell(const struct html *h, bool ok)
{
	html_tag(h, "td", ok ? "good" : "bad", ok ? W_RIGHT : W_NOT_RIGHT);
}

/* --- sessions --- */

struct of_script {
	struct sek_delays delays;
	struct sek_percentiles first;
	uint64_t n, keys, ends[SEK_ENDS];
	double seconds, bytes, updates;
};

/* Of all sessions of a script; NULL: of all. */
static struct of_script sum_script(const struct sek_result *r, const char *script)
{
	double *first = calloc(r->sessions_n + 1, sizeof *first);
	struct of_script o = { 0 };
	size_t n = 0;

	for (size_t i = 0; first && i < r->sessions_n; i++) {
		const struct sek_result_session *s = &r->sessions[i];

		if (script && (!s->script || strcmp(s->script, script) != 0))
			continue;
		o.n++;
		o.keys += s->keys;
		o.seconds += s->lasted_s;
		o.bytes += (double)s->bytes_in;
		o.updates += (double)s->updates;
		o.ends[s->end]++;
		sek_delays_merge(&o.delays, &s->delays);
		if (s->first_frame_ms > 0)
			first[n++] = s->first_frame_ms;
	}
	if (first)
		o.first = sek_percentiles_of(first, n);
	free(first);
	return o;
}

static void times(const struct html *h, const double *ms, size_t n, bool any)
{
	char text[FIGURE_BYTES];

	html_raw(h, "<td class=\"r\">");
	for (size_t i = 0; i < n && any; i++) {
		html_raw(h, "%s", i ? " / " : "");
		html_text(h, figure_ms(text, ms[i]));
	}
	html_raw(h, "%s</td>", any ? "" : "-");
}

static void script_row(const struct html *h, const struct of_script *o, const char *name, bool sum)
{
	static const unsigned ends[SEK_ENDS] = { SEK_END_LOGGED_OUT, SEK_END_STOPPED, SEK_END_REFUSED, SEK_END_LOST };
	static const char *const end_names[SEK_ENDS] = { [SEK_END_LOGGED_OUT] = "logged-out", [SEK_END_REFUSED] = "refused",
		[SEK_END_LOST] = "lost", [SEK_END_STOPPED] = "stopped" };
	const double first[] = { o->first.p50, o->first.p95 };
	const double delays[] = { sek_delays_quantile(&o->delays, 0.5), sek_delays_quantile(&o->delays, 0.95),
		sek_delays_quantile(&o->delays, 0.99) };
	char text[FIGURE_BYTES];
	bool any = false;

	html_raw(h, "<tr%s>", sum ? " class=\"sum\"" : "");
	html_cell(h, "td", name);
	right(h, figure(text, (double)o->n));
	times(h, first, 2, o->first.n > 0);
	times(h, delays, 3, sek_delays_count(&o->delays) > 0);
	right(h, figure(text, (double)o->keys));
	right(h, o->seconds > 0 ? figure_bytes(text, o->bytes / o->seconds * 60) : "-");
	right(h, o->seconds > 0 ? figure(text, o->updates / o->seconds) : "-");
	html_raw(h, "<td>");
	for (size_t i = 0; i < SEK_ENDS; i++) {
		if (!o->ends[ends[i]])
			continue;
		html_raw(h, "%s", any ? " · " : "");
		html_text(h, report_name(h->ja, end_names[ends[i]]));
		html_raw(h, " %llu", (unsigned long long)o->ends[ends[i]]);
		any = true;
	}
	html_raw(h, "</td></tr>\n");
}

static void each_session(const struct html *h, const struct sek_result *r)
{
	static const enum report_word words[] = { W_COL_NUMBER, W_COL_SCRIPT, W_COL_BEGAN, W_COL_LASTED, W_COL_FIRST_ONE, W_COL_DELAY, W_COL_KEYS,
		W_TO_CLIENT, W_COL_UPDATES_ALL, W_COL_ENDS };
	static const char *const ends[SEK_ENDS] = { "logged-out", "refused", "lost", "stopped" };
	char text[FIGURE_BYTES];

	html_raw(h, "<details><summary>");
	html_say(h, W_EACH_SESSION, figure(text, (double)r->sessions_n), NULL, NULL);
	html_raw(h, "</summary>\n");
	heads(h, words, sizeof words / sizeof words[0], 2, 1);
	for (size_t i = 0; i < r->sessions_n && i < SESSIONS_SHOWN; i++) {
		const struct sek_result_session *s = &r->sessions[i];
		const double delays[] = { sek_delays_quantile(&s->delays, 0.5), sek_delays_quantile(&s->delays, 0.95),
			sek_delays_quantile(&s->delays, 0.99) };

		html_raw(h, "<tr><td>%llu</td>", (unsigned long long)s->staff);
		html_cell(h, "td", report_name(h->ja, s->script));
		right(h, figure_clock(text, s->began_s));
		right(h, figure_clock(text, s->lasted_s));
		right(h, s->first_frame_ms > 0 ? figure_ms(text, s->first_frame_ms) : "-");
		times(h, delays, 3, sek_delays_count(&s->delays) > 0);
		right(h, figure(text, (double)s->keys));
		right(h, figure_bytes(text, (double)s->bytes_in));
		right(h, figure(text, (double)s->updates));
		html_raw(h, "<td>");
		html_text(h, report_name(h->ja, ends[s->end]));
		if (s->why && *s->why) {
			html_raw(h, ": ");
			html_text(h, s->why);
		}
		html_raw(h, "</td></tr>\n");
	}
	html_raw(h, "</table></div>\n");
	if (r->sessions_n > SESSIONS_SHOWN) {
		html_raw(h, "<p class=\"note\">");
		html_say(h, W_MORE_SESSIONS, figure(text, SESSIONS_SHOWN), NULL, NULL);
		html_raw(h, "</p>\n");
	}
	html_raw(h, "</details>\n");
}

void report_sessions(const struct report *r)
{
	static const enum report_word words[] = { W_COL_SCRIPT, W_COL_SESSIONS, W_COL_FIRST, W_COL_DELAY, W_COL_KEYS, W_COL_BYTES, W_COL_UPDATES,
		W_COL_ENDS };
	const struct html *h = &r->h;
	struct of_script o;

	if (r->now->sessions_n == 0)
		return;
	html_tag(h, "h2", NULL, W_SECTION_SESSIONS);
	html_raw(h, "<div>\n");
	heads(h, words, sizeof words / sizeof words[0], 1, 1);
	for (size_t i = 0; i < r->now->config.scripts_n; i++) {
		o = sum_script(r->now, r->now->config.scripts[i].name);
		if (o.n)
			script_row(h, &o, report_name(h->ja, r->now->config.scripts[i].name), false);
	}
	o = sum_script(r->now, NULL);
	script_row(h, &o, report_word(h->ja, W_ALL_SCRIPTS), true);
	html_raw(h, "</table></div>\n");
	each_session(h, r->now);
	html_raw(h, "</div>\n");
}

/* --- what each session costs --- */

static void share_row(const struct html *h, const char *name, const struct sek_line *cpu, const struct sek_line *mib, bool sum)
{
	char text[FIGURE_BYTES], other[FIGURE_BYTES];

	html_raw(h, "<tr%s>", sum ? " class=\"sum\"" : "");
	html_cell(h, "td", name);
	right(h, figure_percent(text, cpu->each));
	right(h, figure_percent(text, cpu->base));
	right(h, figure_mib(text, mib->each));
	right(h, figure_mib(text, mib->base));
	html_raw(h, "<td class=\"r\">%s / %s</td></tr>\n", sum || cpu->r2 <= 0 ? "-" : figure(text, cpu->r2),
		sum || mib->r2 <= 0 ? "-" : figure(other, mib->r2));
}

static void share_rows(const struct report *r, bool (*of)(unsigned), enum report_word sum_word)
{
	struct sek_line cpu = { 0 }, mib = { 0 };

	for (unsigned c = 0; c < SEK_CLASSES; c++) {
		const struct sek_line *a = &r->shares.cores[c], *b = &r->shares.mib[c];

		if (!of(c) || (a->each <= 0 && b->each <= 0))
			continue;
		share_row(&r->h, report_name(r->h.ja, sek_class_name(c)), a, b, false);
		cpu.base += a->base;
		cpu.each += a->each;
		mib.base += b->base;
		mib.each += b->each;
	}
	if (cpu.each > 0 || mib.each > 0)
		share_row(&r->h, report_word(r->h.ja, sum_word), &cpu, &mib, true);
}

void report_shares(const struct report *r)
{
	static const enum report_word words[] = { W_COL_CLASS, W_COL_CPU_EACH, W_COL_BASE, W_COL_MIB_EACH, W_COL_MIB_BASE, W_COL_FIT };
	const struct html *h = &r->h;
	char samples[FIGURE_BYTES], most[FIGURE_BYTES];

	if (r->shares.samples == 0)
		return;
	html_raw(h, "<div style=\"margin-top:16px\">\n");
	heads(h, words, sizeof words / sizeof words[0], 1, 0);
	share_rows(r, report_is_path, W_SUM_BROKER);
	share_rows(r, report_is_host, W_SUM_HOST);
	html_raw(h, "</table>\n<p class=\"note\">");
	html_say(h, W_SHARES_NOTE, figure(samples, (double)r->shares.samples), figure(most, r->shares.sessions_most), NULL);
	html_raw(h, "</p>\n");
	if (r->shares.exhausted)
		html_tag(h, "p", "chip warn", W_SHARES_EXHAUSTED);
	html_raw(h, "</div></div>\n");
}

/* --- errors, faults, checks --- */

void report_errors(const struct report *r)
{
	static const enum report_word words[] = { W_COL_KIND, W_COL_COUNT, W_COL_SINCE, W_COL_EXAMPLE };
	const struct html *h = &r->h;
	char text[FIGURE_BYTES];

	html_tag(h, "h2", NULL, W_SECTION_ERRORS);
	if (r->now->errors_n == 0) {
		html_tag(h, "p", "none", W_NO_ERRORS);
		return;
	}
	heads(h, words, 4, 4, 0);
	for (size_t i = 0; i < r->now->errors_n; i++) {
		const struct sek_result_error *e = &r->now->errors[i];

		html_raw(h, "<tr>");
		html_cell(h, "td", report_name(h->ja, e->kind));
		html_cell(h, "td", figure(text, (double)e->count));
		html_cell(h, "td", figure_clock(text, e->first_s));
		html_cell(h, "td", e->example);
		html_raw(h, "</tr>\n");
	}
	html_raw(h, "</table></div>\n");
}

static void events(const struct report *r)
{
	static const enum report_word words[] = { W_COL_AT, W_COL_WHAT, W_COL_EXPECTED, W_COL_HAPPENED, W_COL_RECOVERED, W_COL_RESULT };
	const struct html *h = &r->h;
	char text[FIGURE_BYTES], all[FIGURE_BYTES];
	size_t bad = 0;

	for (size_t i = 0; i < r->now->events_n; i++)
		bad += !r->now->events[i].ok;
	html_raw(h, "<p><span class=\"chip %s\">", bad ? "bad" : "good");
	html_say(h, bad ? W_CHAOS_BAD : W_CHAOS_ALL_OK, figure(all, (double)r->now->events_n), figure(text, (double)bad), NULL);
	html_raw(h, "</span></p>\n");
	heads(h, words, sizeof words / sizeof words[0], 6, 0);
	for (size_t i = 0; i < r->now->events_n; i++) {
		const struct sek_result_event *e = &r->now->events[i];

		html_raw(h, "<tr>");
		html_cell(h, "td", figure_clock(text, e->at_s));
		html_cell(h, "td", report_name(h->ja, e->what));
		html_cell(h, "td", report_expected(h->ja, e->what, e->expected));
		html_cell(h, "td", e->happened);
		right(h, e->recovered_s > 0 ? figure_ms(text, e->recovered_s * 1000) : report_word(h->ja, W_NOT_RECOVERED));
		result_cell(h, e->ok);
		html_raw(h, "</tr>\n");
	}
	html_raw(h, "</table></div>\n");
}

void report_chaos(const struct report *r)
{
	static const enum report_word words[] = { W_COL_FIGURE, W_COL_FOUND, W_COL_RESULT };
	const struct html *h = &r->h;

	if (r->now->events_n) {
		html_tag(h, "h2", NULL, W_SECTION_CHAOS);
		events(r);
	}
	if (r->now->checks_n == 0)
		return;
	html_tag(h, "h2", NULL, W_SECTION_CHECKS);
	heads(h, words, 3, 3, 0);
	for (size_t i = 0; i < r->now->checks_n; i++) {
		html_raw(h, "<tr>");
		html_cell(h, "td", report_name(h->ja, r->now->checks[i].what));
		html_cell(h, "td", r->now->checks[i].found);
		result_cell(h, r->now->checks[i].ok);
		html_raw(h, "</tr>\n");
	}
	html_raw(h, "</table></div>\n");
}

/* --- machine and configuration --- */

static void term(const struct html *h, enum report_word w, const char *value)
{
	html_tag(h, "dt", NULL, w);
	html_cell(h, "dd", value);
	html_raw(h, "\n");
}

static void machine(const struct report *r)
{
	const struct sek_result_machine *m = &r->now->machine;
	const struct html *h = &r->h;
	char text[FIGURE_BYTES];

	html_raw(h, "<div class=\"card\"><dl>\n");
	term(h, W_CPU_MODEL, m->cpu);
	term(h, W_CORES, figure(text, (double)m->cores));
	term(h, W_MEMORY, figure_mib(text, (double)m->memory_mib));
	term(h, W_KERNEL, m->kernel);
	term(h, W_SYSTEM, m->system);
	term(h, W_LOAD_BEFORE, figure(text, m->load_before));
	term(h, W_ONE_MACHINE, report_word(h->ja, r->now->config.one_machine ? W_YES : W_NO));
	term(h, W_BROKER_CORES, r->now->config.broker_cores ? figure(text, (double)r->now->config.broker_cores)
		: report_word(h->ja, W_NOT_PINNED));
	term(h, W_VERSION, r->now->version);
	term(h, W_DATE, r->now->date);
	html_raw(h, "</dl></div>\n");
}

static void configuration(const struct report *r)
{
	const struct sek_result_config *c = &r->now->config;
	const struct html *h = &r->h;
	char a[FIGURE_BYTES], b[FIGURE_BYTES], n[FIGURE_BYTES], size[32];

	snprintf(size, sizeof size, "%llu × %llu", (unsigned long long)c->width_px, (unsigned long long)c->height_px);
	html_raw(h, "<div class=\"card\"><dl>\n");
	term(h, W_TARGET, report_word(h->ja, c->target == SEK_TARGET_CHROMIUM ? W_TARGET_CHROMIUM : W_TARGET_SYNTHETIC));
	term(h, W_HOSTS, figure(a, (double)c->hosts));
	term(h, W_RECORDED, report_word(h->ja, c->recording ? W_YES : W_NO));
	term(h, W_SIZE, size);
	html_tag(h, "dt", NULL, W_SCRIPTS);
	html_raw(h, "<dd>");
	for (size_t i = 0; i < c->scripts_n; i++) {
		html_raw(h, "%s", i ? " · " : "");
		html_text(h, report_name(h->ja, c->scripts[i].name));
		html_raw(h, " %s", figure(a, c->scripts[i].weight));
	}
	html_raw(h, "</dd>\n");
	html_tag(h, "dt", NULL, W_RAMP);
	html_raw(h, "<dd>");
	html_say(h, W_RAMP_TEXT, figure(a, (double)c->ramp.start), figure(b, (double)c->ramp.most), NULL);
	html_raw(h, "; ");
	html_say(h, W_RAMP_STEP, figure(a, (double)c->ramp.step), figure_ms(b, c->ramp.every_s * 1000), figure_ms(n, c->ramp.hold_s * 1000));
	html_raw(h, "</dd>\n");
	html_tag(h, "dt", NULL, W_LEVEL);
	html_raw(h, "<dd>");
	html_say(h, W_LEVEL_TEXT, figure_ms(a, c->level.first_frame_p95_ms), figure_ms(b, c->level.delay_p95_ms),
		figure(n, (double)c->level.lost_sessions));
	html_raw(h, "</dd>\n");
	snprintf(size, sizeof size, "%llu", (unsigned long long)r->now->seed);
	term(h, W_SEED, size);
	term(h, W_LASTED, figure_clock(a, r->now->lasted_s));
	html_raw(h, "</dl></div>\n");
}

void report_setup(const struct report *r)
{
	html_tag(&r->h, "h2", NULL, W_SECTION_MACHINE);
	html_raw(&r->h, "<div class=\"two\">\n");
	machine(r);
	configuration(r);
	html_raw(&r->h, "</div>\n");
}
