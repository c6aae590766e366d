/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The ramp's phases. "Good" is what was wanted a window before the level broke: what came since then is what broke it.
 */
#include "client/load/ramp.h"

#include <stdio.h>
#include <string.h>

void load_ramp_init(struct load_ramp *r, const struct load_ramp_config *config)
{
	*r = (struct load_ramp){ .config = *config, .phase = SEK_PHASE_RAMP };
	r->wanted = config->start < config->most ? config->start : config->most;
	r->next_s = config->every_s;
	r->n = 1;
	r->history[0].wanted = r->wanted;
}

/* "" if the level holds. */
static void judge(const struct load_ramp *r, const struct load_ramp_seen *s, char *why, size_t size)
{
	const struct sek_result_level *l = &r->config.level;

	why[0] = 0;
	if (s->lost > r->lost_before + l->lost_sessions)
		snprintf(why, size, "%llu sessions were lost", (unsigned long long)(s->lost - r->lost_before));
	else if (s->refused > r->refused_before)
		snprintf(why, size, "%llu log-ins or sessions were refused", (unsigned long long)(s->refused - r->refused_before));
	else if (l->first_frame_p95_ms > 0 && s->first_frames > 0 && s->first_frame_p95_ms > l->first_frame_p95_ms)
		snprintf(why, size, "first frame %.0f ms (p95)", s->first_frame_p95_ms);
	else if (l->delay_p95_ms > 0 && s->keys >= LOAD_RAMP_KEYS_LEAST && s->delay_p95_ms > l->delay_p95_ms)
		snprintf(why, size, "key to pixel %.0f ms (p95)", s->delay_p95_ms);
}

static void enter(struct load_ramp *r, enum sek_load_phase phase, double now_s)
{
	r->phase = phase;
	r->phase_s = now_s;
	r->next_s = now_s;
}

/* What was wanted a window ago, at least one less than now. */
static uint64_t good(const struct load_ramp *r, double now_s)
{
	uint64_t wanted = r->n > LOAD_RAMP_HISTORY ? r->history[r->n % LOAD_RAMP_HISTORY].wanted : r->history[0].wanted;

	for (unsigned i = r->n; i > 0 && r->n - i < LOAD_RAMP_HISTORY; i--) {
		unsigned at = (i - 1) % LOAD_RAMP_HISTORY;

		if (r->history[at].at_s <= now_s - LOAD_RAMP_WINDOW_S) {
			wanted = r->history[at].wanted;
			break;
		}
	}
	return wanted < r->wanted ? wanted : r->wanted > 0 ? r->wanted - 1 : 0;
}

static void go_back(struct load_ramp *r, double now_s, const struct load_ramp_seen *seen, uint64_t wanted)
{
	r->wanted = wanted;
	r->settled_s = now_s + LOAD_RAMP_SETTLE_S;
	r->lost_before = seen->lost;
	r->refused_before = seen->refused;
}

static void step_ramp(struct load_ramp *r, double now_s, const struct load_ramp_seen *seen)
{
	char why[sizeof r->why];

	judge(r, seen, why, sizeof why);
	if (why[0] && !r->broken) {
		r->broken = true;
		memcpy(r->why, why, sizeof why);
	}
	if (why[0] && r->config.stop) {
		go_back(r, now_s, seen, good(r, now_s));
		enter(r, SEK_PHASE_HOLD, now_s);
		return;
	}
	while (r->wanted < r->config.most && now_s >= r->next_s) {
		r->wanted += r->config.step;
		if (r->wanted > r->config.most)
			r->wanted = r->config.most;
		r->history[r->n % LOAD_RAMP_HISTORY].at_s = r->next_s;
		r->history[r->n++ % LOAD_RAMP_HISTORY].wanted = r->wanted;
		r->next_s += r->config.every_s;
	}
	if (r->wanted == r->config.most && now_s >= r->next_s)
		enter(r, SEK_PHASE_HOLD, now_s);
}

static void step_hold(struct load_ramp *r, double now_s, const struct load_ramp_seen *seen)
{
	char why[sizeof r->why];

	if (now_s - r->phase_s >= r->config.hold_s) {
		enter(r, SEK_PHASE_DOWN, now_s);
		return;
	}
	if (now_s < r->settled_s) {
		r->lost_before = seen->lost; /* what broke meanwhile is of the time before */
		r->refused_before = seen->refused;
		return;
	}
	judge(r, seen, why, sizeof why);
	if (!why[0])
		return;
	if (!r->broken) {
		r->broken = true;
		memcpy(r->why, why, sizeof why);
	}
	if (r->config.stop && r->wanted > 1) {
		go_back(r, now_s, seen, r->wanted - (r->wanted + 9) / 10);
		r->phase_s = now_s; /* the number that holds is held for the whole time */
	}
}

void load_ramp_step(struct load_ramp *r, double now_s, const struct load_ramp_seen *seen)
{
	if (r->phase == SEK_PHASE_RAMP)
		step_ramp(r, now_s, seen);
	else if (r->phase == SEK_PHASE_HOLD)
		step_hold(r, now_s, seen);
	if (r->phase == SEK_PHASE_DOWN) {
		while (r->wanted > 0 && now_s >= r->next_s) {
			r->wanted--;
			r->next_s += 1 / r->config.down_per_s;
		}
		r->over = r->wanted == 0;
	}
}

void load_ramp_stop(struct load_ramp *r, double now_s)
{
	if (r->phase != SEK_PHASE_DOWN)
		enter(r, SEK_PHASE_DOWN, now_s);
	r->wanted = 0;
	r->over = true;
}

double load_ramp_left_s(const struct load_ramp *r, double now_s)
{
	double left = (double)r->wanted / r->config.down_per_s;
	uint64_t missing = r->config.most - r->wanted;

	if (r->phase == SEK_PHASE_DOWN)
		return left;
	if (r->phase == SEK_PHASE_HOLD)
		return left + r->config.hold_s - (now_s - r->phase_s);
	return (double)r->config.most / r->config.down_per_s + r->config.hold_s +
		(double)((missing + r->config.step - 1) / r->config.step) * r->config.every_s + r->config.every_s;
}
