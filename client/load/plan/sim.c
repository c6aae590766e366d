/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A heap of events by time, then by the order in which they were set; xorshift64* for chance. Never looks at the real clock.
 */
#include "client/load/plan/sim.h"

#include <math.h>
#include <stdlib.h>

struct event {
	double time;
	uint64_t seq, who;
	sim_fn *fn;
	void *user;
};

struct sim {
	double now;
	uint64_t seq, state;
	struct event *heap;
	size_t n, room;
	bool failed;
};

struct sim *sim_create(uint64_t seed)
{
	struct sim *s = calloc(1, sizeof *s);

	if (s) /* spread, so that 1 and 2 have nothing in common; never 0 */
		s->state = (seed + 1) * 0x9e3779b97f4a7c15u | 1;
	return s;
}

void sim_destroy(struct sim *s)
{
	if (!s)
		return;
	free(s->heap);
	free(s);
}

double sim_now(const struct sim *s)
{
	return s->now;
}

/* --- events --- */

static bool before(const struct event *a, const struct event *b)
{
	return a->time < b->time || (a->time <= b->time && a->seq < b->seq);
}

void sim_at(struct sim *s, double time, sim_fn *fn, void *user, uint64_t who)
{
	struct event e = { time > s->now ? time : s->now, s->seq++, who, fn, user };
	size_t i = s->n;

	if (s->n == s->room) {
		size_t room = s->room ? s->room * 2 : 1024;
		struct event *heap = reallocarray(s->heap, room, sizeof *heap);

		if (!heap) {
			s->failed = true;
			return;
		}
		s->heap = heap;
		s->room = room;
	}
	s->n++;
	for (; i > 0 && before(&e, &s->heap[(i - 1) / 2]); i = (i - 1) / 2)
		s->heap[i] = s->heap[(i - 1) / 2];
	s->heap[i] = e;
}

static struct event take_first(struct sim *s)
{
	struct event first = s->heap[0], last = s->heap[--s->n];
	size_t i = 0;

	for (;;) {
		size_t c = 2 * i + 1;

		if (c >= s->n)
			break;
		if (c + 1 < s->n && before(&s->heap[c + 1], &s->heap[c]))
			c++;
		if (!before(&s->heap[c], &last))
			break;
		s->heap[i] = s->heap[c];
		i = c;
	}
	if (s->n > 0)
		s->heap[i] = last;
	return first;
}

bool sim_run(struct sim *s, double until)
{
	while (s->n > 0 && !s->failed && s->heap[0].time <= until) {
		struct event e = take_first(s);

		s->now = e.time;
		e.fn(s, e.user, e.who);
	}
	return !s->failed;
}

/* --- chance --- */

/* Above 0, below 1. */
static double chance(struct sim *s)
{
	s->state ^= s->state >> 12;
	s->state ^= s->state << 25;
	s->state ^= s->state >> 27;
	return ((double)(s->state * 0x2545f4914f6cdd1du >> 11) + 0.5) / 9007199254740992.0;
}

double sim_uniform(struct sim *s, double from, double to)
{
	return from + (to - from) * chance(s);
}

double sim_exponential(struct sim *s, double mean)
{
	return -mean * log(chance(s));
}

double sim_normal(struct sim *s, double mean, double deviation)
{
	double length = sqrt(-2 * log(chance(s)));

	return mean + deviation * length * cos(6.283185307179586 * chance(s));
}

/* --- stations --- */

struct waiting {
	double since, service_s;
	sim_fn *done;
	void *user;
	uint64_t who;
};

struct sim_station {
	struct sim *sim;
	unsigned servers, busy;
	size_t queue_most, first, n, room, longest; /* the queue is a ring of room entries */
	struct waiting *queue, *served; /* served: one slot for each server */
	double wait_s;
	uint64_t begun;
};

struct sim_station *sim_station_create(struct sim *s, unsigned servers, size_t queue_most)
{
	struct sim_station *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->sim = s;
	t->servers = servers ? servers : 1;
	t->queue_most = queue_most;
	t->served = calloc(t->servers, sizeof *t->served);
	if (!t->served) {
		free(t);
		return NULL;
	}
	return t;
}

void sim_station_destroy(struct sim_station *t)
{
	if (!t)
		return;
	free(t->queue);
	free(t->served);
	free(t);
}

static void finished(struct sim *s, void *user, uint64_t slot);

static void serve(struct sim_station *t, const struct waiting *w)
{
	unsigned slot = 0;

	while (t->served[slot].done)
		slot++;
	t->served[slot] = *w;
	t->busy++;
	t->begun++;
	t->wait_s += sim_now(t->sim) - w->since;
	sim_at(t->sim, sim_now(t->sim) + w->service_s, finished, t, slot);
}

static void finished(struct sim *s, void *user, uint64_t slot)
{
	struct sim_station *t = user;
	struct waiting w = t->served[slot];

	t->served[slot].done = NULL;
	t->busy--;
	if (t->n > 0) {
		struct waiting next = t->queue[t->first];

		t->first = (t->first + 1) % t->room;
		t->n--;
		serve(t, &next);
	}
	w.done(s, w.user, w.who);
}

static bool make_room(struct sim_station *t)
{
	size_t room = t->room ? t->room * 2 : 64;
	struct waiting *queue = calloc(room, sizeof *queue);

	if (!queue) {
		t->sim->failed = true;
		return false;
	}
	for (size_t i = 0; i < t->n; i++)
		queue[i] = t->queue[(t->first + i) % t->room];
	free(t->queue);
	t->queue = queue;
	t->room = room;
	t->first = 0;
	return true;
}

bool sim_station_enter(struct sim_station *t, double service_s, sim_fn *done, void *user, uint64_t who)
{
	struct waiting w = { sim_now(t->sim), service_s, done, user, who };

	if (t->busy < t->servers) {
		serve(t, &w);
		return true;
	}
	if (t->n >= t->queue_most || (t->n == t->room && !make_room(t)))
		return false;
	t->queue[(t->first + t->n++) % t->room] = w;
	if (t->n > t->longest)
		t->longest = t->n;
	return true;
}

size_t sim_station_waiting(const struct sim_station *t)
{
	return t->n;
}

unsigned sim_station_busy(const struct sim_station *t)
{
	return t->busy;
}

double sim_station_mean_wait(const struct sim_station *t)
{
	return t->begun ? t->wait_s / (double)t->begun : 0;
}

size_t sim_station_longest(const struct sim_station *t)
{
	return t->longest;
}
