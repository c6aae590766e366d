/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sekisho-load plan: says what a site needs, how that was calculated, what it was calculated from, and what a simulated day says of it.
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/load/commands.h"
#include "client/load/lang.h"
#include "client/load/plan/day.h"
#include "client/load/plan/words.h"

static void usage(FILE *to)
{
	fputs("usage: sekisho-load plan --staff N [--from RESULT.json]... [OPTION]...\n"
	      "  --staff          people who may browse\n"
	      "  --from           a load test whose figures are taken instead of the built-in ones; several: later ones win\n"
	      "  --at-once        share of them with a session at the busiest time, default 0.6\n"
	      "  --hours          that each has a session a day, default 3\n"
	      "  --retention-days of recordings, default 90; 0: nothing is recorded\n"
	      "  --busy           share of their cores that machines use at the busiest time, default 0.6\n"
	      "  --host-cores, --host-memory (GiB)  of a render host, default 16 and 64\n"
	      "  --warm           sandboxes kept ready on each host, default 4\n"
	      "  --spare-hosts    hosts that may be lost without refusing anybody, default 1\n"
	      "  --system-memory  GiB of each machine for its system, default 2\n"
	      "  --rush           standard deviation in seconds of the times at which staff come, default 300\n"
	      "  --seed           of the simulation, default 1\n"
	      "  --lang           ja or en; default: of LANG, else en\n"
	      "  --json           all of it as JSON\n", to);
}

struct wish {
	struct plan_site site;
	double seed, rush;
	bool json, ja;
};

/* --- text --- */

static char *short_number(char *buf, size_t size, double v)
{
	snprintf(buf, size, fabs(v) >= 100 || v == floor(v) ? "%.0f" : "%.3g", v);
	return buf;
}

/* Columns that a terminal gives a text: two for what lies beyond Latin. */
static int width_of(const char *text)
{
	int n = 0;

	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		n += *p < 0x80 || (*p >= 0xc0 && *p < 0xe0) ? 1 : *p >= 0xe0 ? 2 : 0;
	return n;
}

/* In a column: padded on its right, or on its left if the width is negative. */
static void column(const char *text, int width)
{
	int pad = abs(width) - width_of(text);

	printf("%*s%s%*s ", width < 0 && pad > 0 ? pad : 0, "", text, width > 0 && pad > 0 ? pad : 0, "");
}

static void print_plan(const struct plan *p)
{
	char number[32];

	puts(plan_word(p->ja, P_NEEDS));
	for (size_t i = 0; i < p->n; i++) {
		printf("  ");
		column(p->lines[i].what, 46);
		printf("%10s %-8s = %s\n", short_number(number, sizeof number, p->lines[i].value), p->lines[i].unit, p->lines[i].how);
	}
}

static void print_figures(const struct plan_figures *f, bool ja)
{
	char number[32];

	printf("\n%s\n", plan_word(ja, P_FIGURES));
	for (int i = 0; i < PLAN_FIGURES; i++) {
		printf("  ");
		column(plan_figure_what(ja, f->of[i].name, f->of[i].what), 72);
		printf("%10s %-8s %s\n", short_number(number, sizeof number, f->of[i].value), f->of[i].unit, f->of[i].source);
	}
}

static void print_parts(const struct day *d, bool ja)
{
	static const enum plan_word titles[DAY_PARTS] = { P_MORNING, P_HOST_LOST, P_AFTER_LUNCH };
	static const enum plan_word heads[] = { P_STAFF, P_MEDIAN, P_P95, P_LONGEST, P_COLD, P_BUSY, P_FULL };
	static const int widths[] = { -8, -8, -8, -8, -14, -10, -10 };

	printf("  ");
	column(plan_word(ja, P_CLICK), 30);
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
		column(plan_word(ja, heads[i]), widths[i]);
	putchar('\n');
	for (int i = 0; i < DAY_PARTS; i++) {
		const struct day_waits *w = &d->parts[i];

		printf("  ");
		column(plan_word(ja, titles[i]), 30);
		printf("%8llu %6.2f s %6.2f s %6.2f s %14llu %10llu %10llu\n", (unsigned long long)w->n, w->p50_s, w->p95_s, w->most_s,
			(unsigned long long)w->cold, (unsigned long long)w->busy, (unsigned long long)w->full);
	}
}

static void print_day(const struct day_config *c, const struct day *d, bool ja)
{
	putchar('\n');
	printf(plan_word(ja, P_DAY), (unsigned long long)c->seed, c->sessions, c->hosts, c->sessions_a_host, c->warm);
	putchar('\n');
	print_parts(d, ja);
	printf("  ");
	printf(plan_word(ja, P_PASSWORDS), d->hash_mean_wait_s * 1000, d->hash_longest, (unsigned long long)d->sessions_most);
	if (d->lost_with_host) {
		printf("\n  ");
		printf(plan_word(ja, P_LOST), (unsigned long long)d->lost_with_host, d->back_s);
	}
	printf("\n  ");
	printf(plan_word(ja, P_NEVER), (unsigned long long)d->never);
	printf("\n\n%s\n", plan_word(ja, P_ASSUMED));
	for (size_t i = 0; plan_assumption(ja, i); i++)
		printf("  * %s\n", plan_assumption(ja, i));
}

/* --- JSON --- */

static json_t *day_json(const struct day_config *c, const struct day *d, bool ja)
{
	json_t *j = json_pack("{sIsIsIsIsIsfsfsIs{}s[]}", "seed", (json_int_t)c->seed, "staff", (json_int_t)c->sessions, "hosts", (json_int_t)c->hosts,
		"sessions_most", (json_int_t)d->sessions_most, "lost_with_host", (json_int_t)d->lost_with_host, "back_s", d->back_s, "hash_mean_wait_s",
		d->hash_mean_wait_s, "never", (json_int_t)d->never, "parts", "assumptions");

	for (int i = 0; i < DAY_PARTS; i++) {
		const struct day_waits *w = &d->parts[i];

		json_object_set_new(json_object_get(j, "parts"), day_part_name((enum day_part)i), json_pack("{sIsIsIsIsfsfsf}", "staff", (json_int_t)w->n,
			"without_warm", (json_int_t)w->cold, "told_busy", (json_int_t)w->busy, "told_full", (json_int_t)w->full, "p50_s", w->p50_s,
			"p95_s", w->p95_s, "most_s", w->most_s));
	}
	for (size_t i = 0; plan_assumption(ja, i); i++)
		json_array_append_new(json_object_get(j, "assumptions"), json_string(plan_assumption(ja, i)));
	return j;
}

static void print_json(const struct plan_figures *f, const struct plan *p, const struct day_config *c, const struct day *d)
{
	json_t *j = json_pack("{s{}s{}}", "plan", "figures");

	for (size_t i = 0; i < p->n; i++)
		json_object_set_new(json_object_get(j, "plan"), p->lines[i].key, json_pack("{sfssssss}", "value", p->lines[i].value, "unit", p->lines[i].unit,
			"what", p->lines[i].what, "how", p->lines[i].how));
	for (int i = 0; i < PLAN_FIGURES; i++)
		json_object_set_new(json_object_get(j, "figures"), f->of[i].name, json_pack("{sfssssss}", "value", f->of[i].value, "unit", f->of[i].unit,
			"what", plan_figure_what(p->ja, f->of[i].name, f->of[i].what), "source", f->of[i].source));
	if (d)
		json_object_set_new(j, "day", day_json(c, d, p->ja));
	json_dumpf(j, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(j);
}

/* --- the command --- */

static bool number_of(const char *text, const char *name, double *ret)
{
	char *end;

	errno = 0;
	*ret = strtod(text, &end);
	if (end != text && !*end && errno == 0 && isfinite(*ret))
		return true;
	fprintf(stderr, "sekisho-load: --%s must be a number, not '%s'\n", name, text);
	return false;
}

static int take_result(struct plan_figures *f, const char *path)
{
	struct sek_result *r = NULL;
	char err[512];

	if (!sek_is_ok(sek_result_read(path, &r, err, sizeof err))) {
		fprintf(stderr, "sekisho-load: %s\n", err);
		return 1;
	}
	if (!plan_figures_take(f, r, strrchr(path, '/') ? strrchr(path, '/') + 1 : path))
		fprintf(stderr, "sekisho-load: %s: the machine's CPU was exhausted nearly all the time, so what a session wants of it is not known: its CPU "
			"figures are not taken\n", path);
	sek_result_destroy(r);
	return 0;
}

static int make(const struct wish *w, const struct plan_figures *f)
{
	struct plan p;
	struct day_config c;
	struct day d;
	bool simulated = false;

	plan_make(f, &w->site, w->ja, &p);
	c = day_config_of(f, &w->site, &p, (uint64_t)w->seed);
	c.rush_s = w->rush;
	if (p.sessions * p.hosts > DAY_PLACES_MOST) {
		fputs("sekisho-load: so many sessions on so many hosts are not simulated\n", stderr);
	} else if (p.hosts >= 1) {
		simulated = day_simulate(&c, &d);
		if (!simulated) {
			fputs("sekisho-load: no memory for the simulation\n", stderr);
			return 1;
		}
	}
	if (w->json) {
		print_json(f, &p, &c, simulated ? &d : NULL);
		return 0;
	}
	print_plan(&p);
	print_figures(f, w->ja);
	if (simulated)
		print_day(&c, &d, w->ja);
	return 0;
}

int load_plan(int argc, char **argv)
{
	struct wish w = { .site = plan_site_default(), .seed = 1, .rush = 300, .ja = load_lang_default() };
	const struct {
		const char *name;
		double *to;
	} numbers[] = { { "staff", &w.site.staff }, { "at-once", &w.site.at_once }, { "hours", &w.site.hours_a_day },
		{ "retention-days", &w.site.retention_days }, { "busy", &w.site.busy }, { "host-cores", &w.site.host_cores },
		{ "host-memory", &w.site.host_gib }, { "warm", &w.site.warm }, { "spare-hosts", &w.site.spare_hosts },
		{ "system-memory", &w.site.system_gib }, { "rush", &w.rush }, { "seed", &w.seed } };
	enum { NUMBERS = sizeof numbers / sizeof numbers[0], NUMBER = 1000 };
	struct option options[NUMBERS + 5] = { { "lang", required_argument, NULL, 'l' }, { "from", required_argument, NULL, 'f' }, { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' } };
	struct plan_figures f;
	const char *bad;
	int o;

	plan_figures_default(&f);
	for (int i = 0; i < NUMBERS; i++)
		options[i + 4] = (struct option){ numbers[i].name, required_argument, NULL, NUMBER + i };
	while ((o = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (o >= NUMBER) {
			if (!number_of(optarg, numbers[o - NUMBER].name, numbers[o - NUMBER].to))
				return 2;
		} else if (o == 'f') {
			if (take_result(&f, optarg) != 0)
				return 1;
		} else if (o == 'l') {
			if (!load_lang_of(optarg, &w.ja))
				return 2;
		} else if (o == 'j') {
			w.json = true;
		} else {
			usage(o == 'h' ? stdout : stderr);
			return o == 'h' ? 0 : 2;
		}
	}
	bad = optind != argc ? "there are words too many" : plan_check(&w.site);
	if (!bad && (w.seed < 0 || w.seed > 9007199254740991.0 || w.rush < 0 || w.rush > 7200))
		bad = "--seed must be a whole number from 0, --rush 0 to 7200 seconds";
	if (bad) {
		fprintf(stderr, "sekisho-load: %s\n", bad);
		return 2;
	}
	return make(&w, &f);
}
