/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a run says about the farm: how many staff it held within the service level, and what stood in the way of more. Looks only
 * at what is in the result, so that it can be judged again; never guesses: where nothing was exhausted, it says which figure broke.
 */
#include <stdio.h>
#include <string.h>

#include "client/load/result.h"

enum {
	WINDOW_S = 10,     /* delays are judged over this long */
	KEYS_LEAST = 40,   /* fewer key presses in a window say nothing about their 95th percentile */
};
#define CPU_EXHAUSTED 0.85       /* of all cores */
#define GENERATOR_EXHAUSTED 0.85 /* of the one core that its one thread can use */
#define MEMORY_EXHAUSTED 0.06    /* of the memory is left */

struct window {
	double from_s, to_s;
	struct sek_delays delays;
	double first_frame_p95_ms;
	uint64_t running_least; /* of all its seconds */
};

/* The seconds that end in (to - WINDOW_S, to]. */
static struct window look_back(const struct sek_result *r, size_t last)
{
	struct window w = { .to_s = r->seconds[last].at_s, .running_least = UINT64_MAX };

	w.from_s = w.to_s - WINDOW_S;
	for (size_t i = last + 1; i-- > 0 && r->seconds[i].at_s > w.from_s;) {
		const struct sek_result_second *s = &r->seconds[i];

		sek_delays_merge(&w.delays, &s->delays);
		if (s->first_frame_ms.p95 > w.first_frame_p95_ms)
			w.first_frame_p95_ms = s->first_frame_ms.p95;
		if (s->running < w.running_least)
			w.running_least = s->running;
	}
	return w;
}

static uint64_t lost_until(const struct sek_result *r, double at_s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < r->sessions_n; i++)
		n += r->sessions[i].end == SEK_END_LOST && r->sessions[i].began_s + r->sessions[i].lasted_s <= at_s;
	return n;
}

static double refused_full_s(const struct sek_result *r)
{
	for (size_t i = 0; i < r->errors_n; i++)
		if (r->errors[i].kind && strcmp(r->errors[i].kind, "host-full") == 0)
			return r->errors[i].first_s;
	return -1;
}

/* What the level itself says of that window; SEK_LIMIT_NONE: it held. */
static unsigned broken_by(const struct sek_result *r, const struct window *w, char *why, size_t size)
{
	const struct sek_result_level *l = &r->config.level;
	double p95 = sek_delays_quantile(&w->delays, 0.95), full_s = refused_full_s(r);
	uint64_t lost = lost_until(r, w->to_s);

	if (full_s >= 0 && full_s <= w->to_s) {
		snprintf(why, size, "sessions were refused because the hosts were full");
		return SEK_LIMIT_HOST_FULL;
	}
	if (lost > l->lost_sessions) {
		snprintf(why, size, "%llu sessions were lost", (unsigned long long)lost);
		return SEK_LIMIT_LOST;
	}
	if (l->first_frame_p95_ms > 0 && w->first_frame_p95_ms > l->first_frame_p95_ms) {
		snprintf(why, size, "the first frame took %.0f ms (p95), more than %.0f ms", w->first_frame_p95_ms, l->first_frame_p95_ms);
		return SEK_LIMIT_FIRST_FRAME;
	}
	if (l->delay_p95_ms > 0 && sek_delays_count(&w->delays) >= KEYS_LEAST && p95 > l->delay_p95_ms) {
		snprintf(why, size, "a key took %.0f ms to become pixels (p95 over %d s), more than %.0f ms", p95, WINDOW_S, l->delay_p95_ms);
		return SEK_LIMIT_DELAY;
	}
	return SEK_LIMIT_NONE;
}

struct means {
	double seconds, busy_cores, generator_cores, known_cores, available_mib; /* known: of the farm and the tool */
};

static struct means means_of(const struct sek_result *r, double from_s, double to_s)
{
	struct means m = { .available_mib = -1 };

	for (size_t i = 0; i < r->samples_n; i++) {
		const struct sek_result_sample *s = &r->samples[i];

		if (s->at_s <= from_s || s->at_s - s->interval_s > to_s || s->interval_s <= 0)
			continue;
		m.seconds += s->interval_s;
		m.busy_cores += s->busy_cores * s->interval_s;
		m.generator_cores += s->classes[SEK_CLASS_GENERATOR].cpu_s;
		for (unsigned c = 0; c < SEK_CLASSES; c++)
			m.known_cores += s->classes[c].cpu_s;
		if (m.available_mib < 0 || s->available_mib < m.available_mib)
			m.available_mib = s->available_mib;
	}
	if (m.seconds > 0) {
		m.busy_cores /= m.seconds;
		m.generator_cores /= m.seconds;
		m.known_cores /= m.seconds;
	}
	return m;
}

/* What was exhausted while the level broke; else what broke. The tool first: if it was the bottleneck, nothing else is known. */
static unsigned cause(const struct sek_result *r, unsigned broken, const struct window *w, char *why, size_t size)
{
	struct means m = means_of(r, w->from_s, w->to_s);
	double cores = (double)r->machine.cores, memory = (double)r->machine.memory_mib;
	size_t n = strlen(why);

	if (m.seconds <= 0)
		return broken;
	if (m.generator_cores >= GENERATOR_EXHAUSTED) {
		snprintf(why + n, size - n, "; the tool itself used %.2f of the one core that it can use", m.generator_cores);
		return SEK_LIMIT_GENERATOR;
	}
	if (broken == SEK_LIMIT_HOST_FULL)
		return broken;
	if (m.available_mib >= 0 && m.available_mib < memory * MEMORY_EXHAUSTED) {
		snprintf(why + n, size - n, "; %.0f of %.0f MiB of memory were left", m.available_mib, memory);
		return SEK_LIMIT_MEMORY;
	}
	if (m.busy_cores >= cores * CPU_EXHAUSTED) {
		snprintf(why + n, size - n, "; %.1f of %.0f cores were busy, %.1f of them with the farm and this tool", m.busy_cores, cores, m.known_cores);
		return SEK_LIMIT_CPU;
	}
	snprintf(why + n, size - n, "; %.1f of %.0f cores were busy, %.0f of %.0f MiB of memory were left", m.busy_cores, cores,
		m.available_mib, memory);
	return broken;
}

void sek_result_judge(struct sek_result *r)
{
	struct sek_result_verdict *v = &r->verdict;
	char why[512] = "";
	uint64_t held = 0;

	v->broke = false;
	v->broke_s = 0;
	v->broke_staff = 0;
	v->limit = SEK_LIMIT_NONE;
	for (size_t i = 0; i < r->seconds_n && !v->broke; i++) {
		struct window w = look_back(r, i);
		unsigned broken = r->seconds[i].phase == SEK_PHASE_DOWN ? SEK_LIMIT_NONE : broken_by(r, &w, why, sizeof why);

		if (broken != SEK_LIMIT_NONE) {
			v->broke = true;
			v->broke_s = r->seconds[i].at_s;
			v->broke_staff = r->seconds[i].running;
			v->limit = cause(r, broken, &w, why, sizeof why);
		} else if (w.running_least != UINT64_MAX && w.running_least > held && r->seconds[i].at_s >= WINDOW_S) {
			held = w.running_least;
		}
	}
	if (!v->broke)
		snprintf(why, sizeof why, "the level held to the end of the ramp (%llu staff)", (unsigned long long)r->config.ramp.most);
	v->staff = held;
	sek_result_set_text(&v->because, why);
}
