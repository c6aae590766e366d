/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The arithmetic. Whatever is rounded is rounded up.
 */
#include "client/load/plan/plan.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

__attribute__((format(printf, 6, 7)))
static double line(struct plan *p, const char *key, const char *what, double value, const char *unit, const char *format, ...)
{
	struct plan_line *l = &p->lines[p->n < PLAN_LINES_MAX ? p->n++ : PLAN_LINES_MAX - 1];
	va_list ap;

	l->key = key;
	l->what = what;
	l->unit = unit;
	l->value = value;
	va_start(ap, format);
	vsnprintf(l->how, sizeof l->how, format, ap);
	va_end(ap);
	return value;
}

static void broker_machine(const struct plan_figures *f, const struct plan_site *s, struct plan *p)
{
	double n = p->sessions, cores = PLAN_VALUE(f, path_cores_base) + n * PLAN_VALUE(f, path_cores_each);
	double mib = PLAN_VALUE(f, path_mib_base) + n * PLAN_VALUE(f, path_mib_each);

	line(p, "broker_cores", "broker machine: cores", ceil(cores / s->busy), "cores", "(%.3g + %.0f x %.4g) / %.2f busy, rounded up",
		PLAN_VALUE(f, path_cores_base), n, PLAN_VALUE(f, path_cores_each), s->busy);
	line(p, "broker_gib", "broker machine: memory", ceil(mib / 1024 + s->system_gib), "GiB",
		"(%.0f + %.0f x %.4g MiB) / 1024 + %.0f GiB for the system, rounded up", PLAN_VALUE(f, path_mib_base), n,
		PLAN_VALUE(f, path_mib_each), s->system_gib);
}

static void render_hosts(const struct plan_figures *f, const struct plan_site *s, struct plan *p)
{
	double by_cores = floor(s->host_cores * s->busy / PLAN_VALUE(f, host_cores_each));
	double room = (s->host_gib - s->system_gib) * 1024 - PLAN_VALUE(f, host_mib_base) - s->warm * PLAN_VALUE(f, warm_mib);
	double by_memory = floor(room / PLAN_VALUE(f, host_mib_each)), each, needed;

	by_memory = by_memory < 0 ? 0 : by_memory;
	line(p, "host_by_cores", "sessions a host's cores hold", by_cores, "sessions", "%.0f cores x %.2f busy / %.4g, rounded down", s->host_cores,
		s->busy, PLAN_VALUE(f, host_cores_each));
	line(p, "host_by_memory", "sessions a host's memory holds", by_memory, "sessions",
		"((%.0f - %.0f GiB) x 1024 - %.0f - %.0f warm x %.0f MiB) / %.4g MiB, rounded down", s->host_gib, s->system_gib,
		PLAN_VALUE(f, host_mib_base), s->warm, PLAN_VALUE(f, warm_mib), PLAN_VALUE(f, host_mib_each));
	each = by_cores < by_memory ? by_cores : by_memory;
	p->sessions_a_host = each;
	line(p, "host_sessions", "sessions a host", each, "sessions", "the smaller of the two: limited by %s", by_cores < by_memory ? "cores" : "memory");
	if (each < 1) {
		p->hosts = 0;
		line(p, "hosts", "render hosts", 0, "hosts", "such a host is too small for one session");
		return;
	}
	needed = ceil(p->sessions / each);
	p->hosts = line(p, "hosts", "render hosts", needed + s->spare_hosts, "hosts", "%.0f / %.0f, rounded up, + %.0f that may be lost", p->sessions, each,
		s->spare_hosts);
	line(p, "host_cores_all", "render hosts: cores", p->hosts * s->host_cores, "cores", "%.0f x %.0f", p->hosts, s->host_cores);
	line(p, "host_gib_all", "render hosts: memory", p->hosts * s->host_gib, "GiB", "%.0f x %.0f GiB", p->hosts, s->host_gib);
}

static void lines_and_disk(const struct plan_figures *f, const struct plan_site *s, struct plan *p)
{
	double n = p->sessions, each = PLAN_VALUE(f, bytes_in_s), sd = PLAN_VALUE(f, bytes_in_sd), mean = n * each * 8 / 1e6;
	double top = (n * each + 3 * sd * sqrt(n)) * 8 / 1e6, days = ceil(s->retention_days * 5 / 7);
	double day = s->staff * s->hours_a_day * 3600 * each * PLAN_VALUE(f, recording_ratio) / 1e9;

	line(p, "client_mbit_mean", "to the clients, mean at the busiest time", mean, "Mbit/s", "%.0f x %.0f bytes/s x 8", n, each);
	line(p, "client_mbit_top", "to the clients, a second in a thousand", top, "Mbit/s", "(%.0f x %.0f + 3 x %.0f x sqrt(%.0f)) bytes/s x 8", n, each, sd, n);
	line(p, "host_mbit_mean", "from the render hosts, mean", mean * PLAN_VALUE(f, host_link_ratio), "Mbit/s", "%.4g x %.3g", mean,
		PLAN_VALUE(f, host_link_ratio));
	line(p, "host_mbit_top", "from the render hosts, a second in a thousand", top * PLAN_VALUE(f, host_link_ratio), "Mbit/s", "%.4g x %.3g", top,
		PLAN_VALUE(f, host_link_ratio));
	if (s->retention_days <= 0)
		return;
	line(p, "recording_gb_day", "recordings of a working day", day, "GB", "%.0f staff x %.3g h x 3600 x %.0f bytes/s x %.3g", s->staff,
		s->hours_a_day, each, PLAN_VALUE(f, recording_ratio));
	line(p, "recording_tb", "disk for recordings", day * days * 1.2 / 1000, "TB", "%.4g GB x %.0f working days of %.0f x 1.2 that stay free", day, days,
		s->retention_days);
}

void plan_make(const struct plan_figures *f, const struct plan_site *s, struct plan *ret)
{
	*ret = (struct plan){ 0 };
	ret->sessions = line(ret, "sessions", "sessions at once", ceil(s->staff * s->at_once - 1e-9), "sessions", "%.0f staff x %.2f, rounded up", s->staff,
		s->at_once);
	broker_machine(f, s, ret);
	render_hosts(f, s, ret);
	lines_and_disk(f, s, ret);
	line(ret, "logins_s", "log-ins a second that the broker can check", PLAN_VALUE(f, hash_workers) / PLAN_VALUE(f, hash_s), "1/s",
		"%.0f passwords at the same time / %.3g s", PLAN_VALUE(f, hash_workers), PLAN_VALUE(f, hash_s));
}
