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
#include "client/load/plan/day.h"

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
	      "  --json           all of it as JSON\n", to);
}

struct wish {
	struct plan_site site;
	double seed, rush;
	bool json;
};

/* --- text --- */

static char *short_number(char *buf, size_t size, double v)
{
	snprintf(buf, size, fabs(v) >= 100 || v == floor(v) ? "%.0f" : "%.3g", v);
	return buf;
}

static void print_plan(const struct plan *p)
{
	char number[32];

	puts("What the site needs");
	for (size_t i = 0; i < p->n; i++)
		printf("  %-40s %10s %-8s = %s\n", p->lines[i].what, short_number(number, sizeof number, p->lines[i].value), p->lines[i].unit, p->lines[i].how);
}

static void print_figures(const struct plan_figures *f)
{
	char number[32];

	puts("\nFrom these figures");
	for (int i = 0; i < PLAN_FIGURES; i++)
		printf("  %-72s %10s %-8s %s\n", f->of[i].what, short_number(number, sizeof number, f->of[i].value), f->of[i].unit, f->of[i].source);
}

static void print_day(const struct day_config *c, const struct day *d)
{
	static const char *const titles[DAY_PARTS] = { "morning, 08:30", "after a host was lost, 10:30", "after lunch, 13:00" };

	printf("\nA simulated day (seed %llu): %u staff, %u hosts of %u sessions, %u warm sandboxes each\n", (unsigned long long)c->seed, c->sessions,
		c->hosts, c->sessions_a_host, c->warm);
	printf("  %-30s %8s %8s %8s %8s %14s %10s %10s\n", "click to first picture", "staff", "median", "p95", "longest", "without a warm", "told: busy",
		"told: full");
	for (int i = 0; i < DAY_PARTS; i++) {
		const struct day_waits *w = &d->parts[i];

		printf("  %-30s %8llu %6.2f s %6.2f s %6.2f s %14llu %10llu %10llu\n", titles[i], (unsigned long long)w->n, w->p50_s, w->p95_s, w->most_s,
			(unsigned long long)w->cold, (unsigned long long)w->busy, (unsigned long long)w->full);
	}
	printf("  passwords waited %.0f ms in the mean, at most %zu at a time; most sessions at once %llu\n", d->hash_mean_wait_s * 1000, d->hash_longest,
		(unsigned long long)d->sessions_most);
	if (d->lost_with_host)
		printf("  %llu sessions were lost with their host; the last of their users had a picture again after %.1f s\n",
			(unsigned long long)d->lost_with_host, d->back_s);
	printf("  staff who wanted a session in the end and had none: %llu\n", (unsigned long long)d->never);
	puts("\nWhat is assumed");
	for (const char *const *a = day_assumptions; *a; a++)
		printf("  * %s\n", *a);
}

/* --- JSON --- */

static json_t *day_json(const struct day_config *c, const struct day *d)
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
	for (const char *const *a = day_assumptions; *a; a++)
		json_array_append_new(json_object_get(j, "assumptions"), json_string(*a));
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
			"what", f->of[i].what, "source", f->of[i].source));
	if (d)
		json_object_set_new(j, "day", day_json(c, d));
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

	plan_make(f, &w->site, &p);
	c = day_config_of(f, &w->site, &p, (uint64_t)w->seed);
	c.rush_s = w->rush;
	if (p.hosts >= 1) {
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
	print_figures(f);
	if (simulated)
		print_day(&c, &d);
	return 0;
}

int load_plan(int argc, char **argv)
{
	struct wish w = { .site = plan_site_default(), .seed = 1, .rush = 300 };
	const struct {
		const char *name;
		double *to;
	} numbers[] = { { "staff", &w.site.staff }, { "at-once", &w.site.at_once }, { "hours", &w.site.hours_a_day },
		{ "retention-days", &w.site.retention_days }, { "busy", &w.site.busy }, { "host-cores", &w.site.host_cores },
		{ "host-memory", &w.site.host_gib }, { "warm", &w.site.warm }, { "spare-hosts", &w.site.spare_hosts },
		{ "system-memory", &w.site.system_gib }, { "rush", &w.rush }, { "seed", &w.seed } };
	enum { NUMBERS = sizeof numbers / sizeof numbers[0], NUMBER = 1000 };
	struct option options[NUMBERS + 4] = { { "from", required_argument, NULL, 'f' }, { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' } };
	struct plan_figures f;
	const char *bad;
	int o;

	plan_figures_default(&f);
	for (int i = 0; i < NUMBERS; i++)
		options[i + 3] = (struct option){ numbers[i].name, required_argument, NULL, NUMBER + i };
	while ((o = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (o >= NUMBER) {
			if (!number_of(optarg, numbers[o - NUMBER].name, numbers[o - NUMBER].to))
				return 2;
		} else if (o == 'f') {
			if (take_result(&f, optarg) != 0)
				return 1;
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
