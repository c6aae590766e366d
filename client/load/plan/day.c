/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The day's events. Staff are numbers; a session is a place on a host. The broker's rules (two passwords at a time, a bounded queue, warm sandboxes first,
 * refilled one at a time while nobody waits) are those of the product.
 */
#include "client/load/plan/day.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client/load/plan/sim.h"

enum { HOUR = 3600, HOST_LOST_S = 10 * HOUR + 1800, LUNCH_S = 12 * HOUR, BACK_S = 13 * HOUR, RUSH_S = 8 * HOUR + 1800, END_S = 17 * HOUR, NOWHERE = -1 };
#define LUNCH_SHARE 0.8 /* of the staff end their session for lunch */

const char *day_part_name(enum day_part part)
{
	static const char *const names[DAY_PARTS] = { "morning", "host-lost", "after-lunch" };

	return names[part];
}

static unsigned whole(double v)
{
	return v <= 0 ? 0 : v >= DAY_MOST ? DAY_MOST : (unsigned)v;
}

struct day_config day_config_of(const struct plan_figures *f, const struct plan_site *s, const struct plan *p, uint64_t seed)
{
	double slots = floor(s->host_cores * (1 - s->busy));

	return (struct day_config){ .seed = seed, .sessions = whole(p->sessions), .hosts = whole(p->hosts),
		.sessions_a_host = whole(p->sessions_a_host), .warm = whole(s->warm), .start_slots = slots < 1 ? 1 : whole(slots), .rush_s = 300,
		.lose_host = p->hosts > 1, .hash_s = PLAN_VALUE(f, hash_s), .warm_s = PLAN_VALUE(f, warm_s), .cold_s = PLAN_VALUE(f, cold_s),
		.start_cpu_s = PLAN_VALUE(f, start_cpu_s), .hash_workers = whole(PLAN_VALUE(f, hash_workers)),
		.hash_queue = whole(PLAN_VALUE(f, hash_queue)) };
}

struct host {
	struct sim_station *starts;
	unsigned sessions, warm;
	bool lost, refilling;
};

struct person {
	double click_s;
	int host;
	uint32_t places; /* so far: what was begun on a host that is lost is told from what came after it */
	bool has_picture, away; /* away: does not want a session now */
	bool cold;
};

struct model {
	const struct day_config *c;
	struct sim_station *hashing;
	struct host *hosts;
	struct person *staff;
	double *waits[DAY_PARTS];
	size_t room[DAY_PARTS];
	unsigned running;
	struct day *day;
	bool failed;
};

static enum day_part part_of(double s)
{
	return s < HOST_LOST_S ? DAY_MORNING : s < LUNCH_S ? DAY_HOST_LOST : DAY_AFTER_LUNCH;
}

/* --- a host's warm sandboxes --- */

static void refill(struct sim *s, struct model *m, size_t h);

static void refilled(struct sim *s, void *user, uint64_t h)
{
	struct model *m = user;

	m->hosts[h].refilling = false;
	m->hosts[h].warm++;
	refill(s, m, h);
}

static void refill(struct sim *s, struct model *m, size_t h)
{
	struct host *o = &m->hosts[h];

	(void)s;
	if (o->lost || o->refilling || o->warm >= m->c->warm || o->sessions + o->warm >= m->c->sessions_a_host + m->c->warm ||
		sim_station_busy(o->starts) >= m->c->start_slots)
		return;
	o->refilling = sim_station_enter(o->starts, m->c->start_cpu_s, refilled, m, h);
}

/* --- a session --- */

static void note_wait(struct model *m, const struct person *p, double now)
{
	enum day_part part = part_of(p->click_s);
	struct day_waits *w = &m->day->parts[part];

	if (w->n == m->room[part]) {
		size_t room = m->room[part] ? m->room[part] * 2 : 1024;
		double *waits = reallocarray(m->waits[part], room, sizeof *waits);

		if (!waits) {
			m->failed = true;
			return;
		}
		m->waits[part] = waits;
		m->room[part] = room;
	}
	m->waits[part][w->n++] = now - p->click_s;
	w->cold += p->cold;
}

/* which: the person in the lower 32 bits, above them which of its places this is. */
static void picture(struct sim *s, void *user, uint64_t which)
{
	struct model *m = user;
	struct person *p = &m->staff[which & UINT32_MAX];

	if (p->host == NOWHERE || p->places != which >> 32) /* the host was lost meanwhile */
		return;
	p->has_picture = true;
	note_wait(m, p, sim_now(s));
	if (part_of(p->click_s) == DAY_HOST_LOST && sim_now(s) - HOST_LOST_S > m->day->back_s)
		m->day->back_s = sim_now(s) - HOST_LOST_S;
	refill(s, m, (size_t)p->host);
}

static int best_host(const struct model *m)
{
	int best = NOWHERE;

	for (unsigned h = 0; h < m->c->hosts; h++) {
		const struct host *o = &m->hosts[h], *b = best == NOWHERE ? NULL : &m->hosts[best];

		if (o->lost || o->sessions >= m->c->sessions_a_host)
			continue;
		if (!b || (o->warm > 0 && b->warm == 0) || ((o->warm > 0) == (b->warm > 0) && o->sessions < b->sessions))
			best = (int)h;
	}
	return best;
}

static void place(struct sim *s, void *user, uint64_t who)
{
	struct model *m = user;
	struct person *p = &m->staff[who];
	int h = best_host(m);
	uint64_t which;

	if (p->away)
		return;
	if (h == NOWHERE) {
		m->day->parts[part_of(p->click_s)].full++;
		sim_at(s, sim_now(s) + sim_uniform(s, 20, 40), place, m, who);
		return;
	}
	struct host *o = &m->hosts[h];

	p->host = h;
	o->sessions++;
	m->running++;
	if (m->running > m->day->sessions_most)
		m->day->sessions_most = m->running;
	p->cold = o->warm == 0;
	which = who | (uint64_t)++p->places << 32;
	if (p->cold) {
		if (!sim_station_enter(o->starts, m->c->cold_s, picture, m, which))
			m->failed = true;
		return;
	}
	o->warm--;
	sim_at(s, sim_now(s) + m->c->warm_s, picture, m, which);
	refill(s, m, (size_t)h);
}

static void enter_hashing(struct sim *s, void *user, uint64_t who)
{
	struct model *m = user;
	struct person *p = &m->staff[who];

	if (sim_station_enter(m->hashing, m->c->hash_s, place, m, who))
		return;
	m->day->parts[part_of(p->click_s)].busy++;
	sim_at(s, sim_now(s) + sim_uniform(s, 5, 15), enter_hashing, m, who);
}

static void click(struct sim *s, void *user, uint64_t who)
{
	struct model *m = user;
	struct person *p = &m->staff[who];

	p->click_s = sim_now(s);
	p->away = false;
	if (p->host == NOWHERE)
		enter_hashing(s, m, who);
}

static void leave(struct sim *s, void *user, uint64_t who)
{
	struct model *m = user;
	struct person *p = &m->staff[who];

	p->away = true;
	p->has_picture = false;
	if (p->host == NOWHERE)
		return;
	m->hosts[p->host].sessions--;
	m->running--;
	refill(s, m, (size_t)p->host);
	p->host = NOWHERE;
}

static void click_after_loss(struct sim *s, void *user, uint64_t who)
{
	struct model *m = user;

	m->staff[who].click_s = sim_now(s);
	place(s, m, who);
}

static void lose_host(struct sim *s, void *user, uint64_t unused)
{
	struct model *m = user;
	unsigned worst = 0;

	(void)unused;
	for (unsigned h = 1; h < m->c->hosts; h++)
		if (m->hosts[h].sessions > m->hosts[worst].sessions)
			worst = h;
	m->hosts[worst].lost = true;
	for (unsigned i = 0; i < m->c->sessions; i++) {
		if (m->staff[i].host != (int)worst)
			continue;
		m->day->lost_with_host++;
		m->running--;
		m->staff[i].host = NOWHERE;
		m->staff[i].has_picture = false;
		sim_at(s, sim_now(s) + sim_uniform(s, 3, 30), click_after_loss, m, i);
	}
}

/* --- the day --- */

static void set_events(struct sim *s, struct model *m)
{
	for (unsigned i = 0; i < m->c->sessions; i++) {
		double come = sim_normal(s, RUSH_S, m->c->rush_s);

		m->staff[i].host = NOWHERE;
		sim_at(s, come < 0 ? 0 : come, click, m, i);
		if (sim_uniform(s, 0, 1) >= LUNCH_SHARE)
			continue;
		sim_at(s, sim_uniform(s, LUNCH_S, LUNCH_S + 600), leave, m, i);
		come = sim_normal(s, BACK_S, m->c->rush_s);
		sim_at(s, come < LUNCH_S + 660 ? LUNCH_S + 660 : come, click, m, i);
	}
	if (m->c->lose_host)
		sim_at(s, HOST_LOST_S, lose_host, m, 0);
}

static void summarize(struct model *m, struct day *d)
{
	for (int part = 0; part < DAY_PARTS; part++) {
		struct sek_percentiles p = sek_percentiles_of(m->waits[part], d->parts[part].n);

		d->parts[part].p50_s = p.p50;
		d->parts[part].p95_s = p.p95;
		d->parts[part].most_s = p.most;
	}
	for (unsigned i = 0; i < m->c->sessions; i++)
		d->never += !m->staff[i].has_picture;
	d->hash_longest = sim_station_longest(m->hashing);
	d->hash_mean_wait_s = sim_station_mean_wait(m->hashing);
}

bool day_simulate(const struct day_config *c, struct day *ret)
{
	struct sim *s = sim_create(c->seed);
	struct model m = { .c = c, .day = ret };
	bool ok;

	*ret = (struct day){ 0 };
	m.hosts = calloc(c->hosts + 1, sizeof *m.hosts);
	m.staff = calloc(c->sessions + 1, sizeof *m.staff);
	m.hashing = s ? sim_station_create(s, c->hash_workers, c->hash_queue) : NULL;
	ok = m.hosts && m.staff && m.hashing;
	for (unsigned h = 0; ok && h < c->hosts; h++) {
		m.hosts[h].starts = sim_station_create(s, c->start_slots, SIZE_MAX);
		m.hosts[h].warm = c->warm;
		ok = m.hosts[h].starts != NULL;
	}
	if (ok) {
		set_events(s, &m);
		ok = sim_run(s, END_S) && !m.failed;
		summarize(&m, ret);
	}
	for (unsigned h = 0; m.hosts && h < c->hosts; h++)
		sim_station_destroy(m.hosts[h].starts);
	for (int part = 0; part < DAY_PARTS; part++)
		free(m.waits[part]);
	sim_station_destroy(m.hashing);
	free(m.hosts);
	free(m.staff);
	sim_destroy(s);
	return ok;
}
