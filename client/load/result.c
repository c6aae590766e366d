/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The result in memory: lists that grow, texts, delays in buckets, and what machine this is. Never the file itself (result_file.c).
 */
#include "client/load/result.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* --- delays --- */

void sek_delays_add(struct sek_delays *d, double ms)
{
	double b = ms <= 1 ? 0 : ceil(4 * log2(ms) - 1e-9);

	d->counts[b < SEK_DELAY_BUCKETS - 1 ? (int)b : SEK_DELAY_BUCKETS - 1]++;
}

void sek_delays_merge(struct sek_delays *d, const struct sek_delays *from)
{
	for (int i = 0; i < SEK_DELAY_BUCKETS; i++)
		d->counts[i] += from->counts[i];
}

uint64_t sek_delays_count(const struct sek_delays *d)
{
	uint64_t n = 0;

	for (int i = 0; i < SEK_DELAY_BUCKETS; i++)
		n += d->counts[i];
	return n;
}

double sek_delays_quantile(const struct sek_delays *d, double share)
{
	double left = share * (double)sek_delays_count(d);
	double value = 0;

	for (int i = 0; i < SEK_DELAY_BUCKETS; i++) {
		double n = (double)d->counts[i];
		double from = i == 0 ? 0 : exp2((i - 1) / 4.0), to = exp2(i / 4.0);

		if (n <= 0)
			continue;
		value = from + (to - from) * (left < n ? left / n : 1);
		if (left <= n)
			break;
		left -= n;
	}
	return value;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double nearest_rank(const double *sorted, size_t n, double share)
{
	size_t i = (size_t)ceil(share * (double)n);

	return sorted[i > 0 ? i - 1 : 0];
}

struct sek_percentiles sek_percentiles_of(double *values, size_t n)
{
	if (n == 0)
		return (struct sek_percentiles){ 0 };
	qsort(values, n, sizeof *values, by_value);
	return (struct sek_percentiles){ n, nearest_rank(values, n, 0.5), nearest_rank(values, n, 0.95),
		nearest_rank(values, n, 0.99), values[n - 1] };
}

/* --- texts and lists --- */

void sek_result_set_text(char **string, const char *text)
{
	size_t n = text ? strlen(text) : 0;

	if (n > SEK_RESULT_TEXT_MAX) {
		n = SEK_RESULT_TEXT_MAX;
		while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80) /* not into the middle of a letter */
			n--;
	}
	free(*string);
	*string = text ? strndup(text, n) : NULL;
}

/* Room for one more entry of that size, zeroed, in a list whose room doubles whenever its length is a power of two. */
static void *grow(void *list_pointer, size_t *n, size_t size)
{
	void **list = list_pointer;
	void *bigger, *entry;

	if ((*n & (*n - 1)) == 0) {
		bigger = reallocarray(*list, *n ? *n * 2 : 1, size);
		if (!bigger)
			return NULL;
		*list = bigger;
	}
	entry = (char *)*list + *n * size;
	memset(entry, 0, size);
	++*n;
	return entry;
}

struct sek_result_script *sek_result_add_script(struct sek_result *r, const char *name, double weight)
{
	struct sek_result_script *s = grow(&r->config.scripts, &r->config.scripts_n, sizeof *s);

	if (s) {
		sek_result_set_text(&s->name, name);
		s->weight = weight;
	}
	return s;
}

struct sek_result_second *sek_result_add_second(struct sek_result *r)
{
	return grow(&r->seconds, &r->seconds_n, sizeof *r->seconds);
}

struct sek_result_sample *sek_result_add_sample(struct sek_result *r)
{
	return grow(&r->samples, &r->samples_n, sizeof *r->samples);
}

struct sek_result_session *sek_result_add_session(struct sek_result *r)
{
	return grow(&r->sessions, &r->sessions_n, sizeof *r->sessions);
}

struct sek_result_event *sek_result_add_event(struct sek_result *r, const char *what, const char *expected)
{
	struct sek_result_event *e = grow(&r->events, &r->events_n, sizeof *e);

	if (e) {
		sek_result_set_text(&e->what, what);
		sek_result_set_text(&e->expected, expected);
	}
	return e;
}

struct sek_result_check *sek_result_add_check(struct sek_result *r, const char *what, const char *found, bool ok)
{
	struct sek_result_check *c = grow(&r->checks, &r->checks_n, sizeof *c);

	if (c) {
		sek_result_set_text(&c->what, what);
		sek_result_set_text(&c->found, found);
		c->ok = ok;
	}
	return c;
}

void sek_result_count_error(struct sek_result *r, const char *kind, double at_s, const char *text)
{
	struct sek_result_error *e = NULL;

	for (size_t i = 0; i < r->errors_n && !e; i++)
		if (r->errors[i].kind && strcmp(r->errors[i].kind, kind) == 0)
			e = &r->errors[i];
	if (!e) {
		e = grow(&r->errors, &r->errors_n, sizeof *e);
		if (!e)
			return;
		sek_result_set_text(&e->kind, kind);
		sek_result_set_text(&e->example, text);
		e->first_s = at_s;
	}
	e->count++;
}

/* --- the machine --- */

/* The value of the first line of a file that begins with that key, behind sep, without quotes. Heap; NULL: none. */
static char *line_of(const char *path, const char *key, const char *sep)
{
	FILE *f = fopen(path, "re");
	char line[1024], *value = NULL;

	while (f && !value && fgets(line, sizeof line, f)) {
		char *p = strncmp(line, key, strlen(key)) == 0 ? strpbrk(line, sep) : NULL;

		if (!p)
			continue;
		p += 1 + strspn(p + 1, " \t\"");
		p[strcspn(p, "\"\n")] = 0;
		value = strdup(p);
	}
	if (f)
		fclose(f);
	return value;
}

static void describe_machine(struct sek_result_machine *m)
{
	char *total = line_of("/proc/meminfo", "MemTotal", ":");
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct utsname u;
	char kernel[sizeof u.sysname + sizeof u.release + 2];

	m->cpu = line_of("/proc/cpuinfo", "model name", ":");
	m->system = line_of("/etc/os-release", "PRETTY_NAME", "=");
	m->cores = cores > 0 ? (uint64_t)cores : 1;
	m->memory_mib = total ? strtoull(total, NULL, 10) / 1024 : 0;
	if (uname(&u) == 0) {
		snprintf(kernel, sizeof kernel, "%s %s", u.sysname, u.release);
		m->kernel = strdup(kernel);
	}
	if (getloadavg(&m->load_before, 1) != 1)
		m->load_before = 0;
	free(total);
}

struct sek_result *sek_result_create(void)
{
	struct sek_result *r = calloc(1, sizeof *r);
	time_t now = time(NULL);
	struct tm utc;
	char date[32];

	if (!r)
		return NULL;
	strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	r->version = strdup(SEK_VERSION);
	r->date = strdup(date);
	describe_machine(&r->machine);
	return r;
}
