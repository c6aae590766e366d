/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The arithmetic. Whatever is rounded is rounded up.
 */
#include "client/load/plan/plan.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/load/plan/words.h"

struct plan_site plan_site_default(void)
{
	return (struct plan_site){ .staff = 0, .at_once = 0.6, .hours_a_day = 3, .retention_days = 90, .busy = 0.6, .host_cores = 16,
		.host_gib = 64, .warm = 4, .spare_hosts = 1, .system_gib = 2 };
}

const char *plan_check(const struct plan_site *s)
{
	if (!(s->staff >= 1 && s->staff <= 1e6))
		return "--staff must be 1 to 1000000";
	if (!(s->at_once > 0 && s->at_once <= 1))
		return "--at-once must be above 0 and at most 1";
	if (!(s->hours_a_day > 0 && s->hours_a_day <= 24))
		return "--hours must be above 0 and at most 24";
	if (!(s->retention_days >= 0 && s->retention_days <= 36500))
		return "--retention-days must be 0 to 36500";
	if (!(s->busy >= 0.05 && s->busy <= 1))
		return "--busy must be 0.05 to 1";
	if (!(s->host_cores >= 1 && s->host_cores <= 1024) || !(s->host_gib >= 1 && s->host_gib <= 65536))
		return "--host-cores must be 1 to 1024 and --host-memory 1 to 65536 GiB";
	if (!(s->warm >= 0 && s->warm <= 1000) || !(s->spare_hosts >= 0 && s->spare_hosts <= 1000))
		return "--warm and --spare-hosts must be 0 to 1000";
	if (!(s->system_gib >= 0 && s->system_gib < s->host_gib))
		return "--system-memory must be less than --host-memory";
	return NULL;
}

const struct plan_line *plan_find(const struct plan *p, const char *key)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->lines[i].key, key) == 0)
			return &p->lines[i];
	return NULL;
}

/* The arguments are those of the line's formats (words.c), doubles all of them. */
static double line(struct plan *p, enum plan_line_id id, double value, ...)
{
	const struct plan_line_words *w = plan_line_words(id);
	struct plan_line *l = &p->lines[p->n < PLAN_LINES_MAX ? p->n++ : PLAN_LINES_MAX - 1];
	va_list ap;

	l->key = w->key;
	l->what = p->ja ? w->what_ja : w->what_en;
	l->unit = w->unit;
	l->value = value;
	va_start(ap, value);
	vsnprintf(l->how, sizeof l->how, p->ja ? w->how_ja : w->how_en, ap);
	va_end(ap);
	return value;
}

static void broker_machine(const struct plan_figures *f, const struct plan_site *s, struct plan *p)
{
	double n = p->sessions, cores = PLAN_VALUE(f, path_cores_base) + n * PLAN_VALUE(f, path_cores_each);
	double mib = PLAN_VALUE(f, path_mib_base) + n * PLAN_VALUE(f, path_mib_each);

	line(p, L_BROKER_CORES, ceil(cores / s->busy), PLAN_VALUE(f, path_cores_base), n, PLAN_VALUE(f, path_cores_each), s->busy);
	line(p, L_BROKER_GIB, ceil(mib / 1024 + s->system_gib), PLAN_VALUE(f, path_mib_base), n, PLAN_VALUE(f, path_mib_each), s->system_gib);
}

static void render_hosts(const struct plan_figures *f, const struct plan_site *s, struct plan *p)
{
	double by_cores = floor(s->host_cores * s->busy / PLAN_VALUE(f, host_cores_each));
	double room = (s->host_gib - s->system_gib) * 1024 - PLAN_VALUE(f, host_mib_base) - s->warm * PLAN_VALUE(f, warm_mib);
	double by_memory = floor(room / PLAN_VALUE(f, host_mib_each)), each;

	by_memory = by_memory < 0 ? 0 : by_memory;
	line(p, L_HOST_BY_CORES, by_cores, s->host_cores, s->busy, PLAN_VALUE(f, host_cores_each));
	line(p, L_HOST_BY_MEMORY, by_memory, s->host_gib, s->system_gib, PLAN_VALUE(f, host_mib_base), s->warm, PLAN_VALUE(f, warm_mib),
		PLAN_VALUE(f, host_mib_each));
	each = by_cores < by_memory ? by_cores : by_memory;
	p->sessions_a_host = line(p, by_cores < by_memory ? L_HOST_SESSIONS_CORES : L_HOST_SESSIONS_MEMORY, each);
	if (each < 1) {
		line(p, L_HOSTS, 0, p->sessions, each, s->spare_hosts);
		snprintf(p->lines[p->n - 1].how, sizeof p->lines[0].how, "%s", plan_word(p->ja, P_TOO_SMALL));
		return;
	}
	p->hosts = line(p, L_HOSTS, ceil(p->sessions / each) + s->spare_hosts, p->sessions, each, s->spare_hosts);
	line(p, L_HOST_CORES, p->hosts * s->host_cores, p->hosts, s->host_cores);
	line(p, L_HOST_GIB, p->hosts * s->host_gib, p->hosts, s->host_gib);
}

static void lines_and_disk(const struct plan_figures *f, const struct plan_site *s, struct plan *p)
{
	double n = p->sessions, each = PLAN_VALUE(f, bytes_in_s), sd = PLAN_VALUE(f, bytes_in_sd), mean = n * each * 8 / 1e6;
	double top = (n * each + 3 * sd * sqrt(n)) * 8 / 1e6, days = ceil(s->retention_days * 5 / 7);
	double ratio = PLAN_VALUE(f, host_link_ratio), day = s->staff * s->hours_a_day * 3600 * each * PLAN_VALUE(f, recording_ratio) / 1e9;

	line(p, L_CLIENT_MEAN, mean, n, each);
	line(p, L_CLIENT_TOP, top, n, each, sd, n);
	line(p, L_HOST_MEAN, mean * ratio, mean, ratio);
	line(p, L_HOST_TOP, top * ratio, top, ratio);
	if (s->retention_days <= 0)
		return;
	line(p, L_DAY, day, s->staff, s->hours_a_day, each, PLAN_VALUE(f, recording_ratio));
	line(p, L_DISK, day * days * 1.2 / 1000, day, days, s->retention_days);
}

void plan_make(const struct plan_figures *f, const struct plan_site *s, bool ja, struct plan *ret)
{
	*ret = (struct plan){ .ja = ja };
	ret->sessions = line(ret, L_SESSIONS, ceil(s->staff * s->at_once - 1e-9), s->staff, s->at_once);
	broker_machine(f, s, ret);
	render_hosts(f, s, ret);
	lines_and_disk(f, s, ret);
	line(ret, L_LOGINS, PLAN_VALUE(f, hash_workers) / PLAN_VALUE(f, hash_s), PLAN_VALUE(f, hash_workers), PLAN_VALUE(f, hash_s));
}
