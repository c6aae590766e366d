/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loop of a load test. Ten times a second the ramp is asked how many there should be; each second what was seen is added to the result.
 */
#include "client/load/run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/load/member.h"
#include "client/load/show.h"
#include "client/load/site.h"

enum { TICK_MS = 100, FEW = 16, ONE_IN = 8, END_LIMIT_S = 30, AGAIN_MS = 5000, CODE_MS = 31000 };

struct run {
	const struct load_run_config *config;
	uv_loop_t loop;
	uv_timer_t tick;
	uv_signal_t interrupt, terminate;
	struct sek_stream_context *context;
	struct load_site *site;
	char origin[128], site_at[96];
	struct load_procs *procs;
	struct load_member_config member_config;
	struct load_member *members;
	unsigned n, next;           /* next: whose turn it is to come */
	uint64_t active, ended, lost, refused; /* active: not IDLE and not leaving */
	struct load_ramp ramp;
	struct sek_result *result;
	uint64_t began_ns;
	unsigned signals, wide;
	double ended_s;             /* when nobody was wanted any more; 0: not yet */

	/* of the second that is under way */
	struct sek_result_second now;
	double *delays, *firsts;
	size_t delays_n, delays_room, firsts_n, firsts_room;
	struct sek_stream_figures figures_before, figures_gone; /* gone: of sessions that are over */
	struct {
		struct sek_delays keys, firsts;
	} window[LOAD_RAMP_WINDOW_S];
};

static double now_s(const struct run *r)
{
	return (double)(uv_hrtime() - r->began_ns) / 1e9;
}

/* --- what members tell --- */

static void keep(double **list, size_t *n, size_t *room, double value)
{
	if (*n == *room) {
		size_t more = *room ? *room * 2 : 64;
		double *grown = realloc(*list, more * sizeof **list);

		if (!grown)
			return;
		*list = grown;
		*room = more;
	}
	(*list)[(*n)++] = value;
}

static void on_first_frame(void *user, struct load_member *m, double ms)
{
	struct run *r = user;

	(void)m;
	r->now.logins++;
	keep(&r->firsts, &r->firsts_n, &r->firsts_room, ms);
	sek_delays_add(&r->window[r->result->seconds_n % LOAD_RAMP_WINDOW_S].firsts, ms);
}

static void on_delay(void *user, struct load_member *m, double ms)
{
	struct run *r = user;

	(void)m;
	keep(&r->delays, &r->delays_n, &r->delays_room, ms);
	sek_delays_add(&r->now.delays, ms);
	sek_delays_add(&r->window[r->result->seconds_n % LOAD_RAMP_WINDOW_S].keys, ms);
}

static void on_error(void *user, struct load_member *m, const char *kind, const char *text)
{
	struct run *r = user;

	(void)m;
	r->now.errors++;
	sek_result_count_error(r->result, kind, now_s(r), text);
}

static void add_figures(struct sek_stream_figures *to, struct sek_stream_figures f)
{
	to->bytes += f.bytes;
	to->bytes_sent += f.bytes_sent;
	to->updates += f.updates;
}

static void on_over(void *user, struct load_member *m)
{
	struct run *r = user;
	struct sek_stream_figures f = load_member_figures(m);
	struct sek_result_session *s = sek_result_add_session(r->result);

	r->ended++;
	r->lost += m->end == SEK_END_LOST;
	r->refused += m->end == SEK_END_REFUSED;
	r->now.refused += m->end == SEK_END_REFUSED;
	add_figures(&r->figures_gone, f);
	if (!s)
		return;
	s->staff = m->number;
	sek_result_set_text(&s->script, load_script_name(m->kind));
	s->began_s = (double)(m->began_ns - r->began_ns) / 1e9;
	s->lasted_s = (double)(m->over_ns - m->began_ns) / 1e9;
	s->first_frame_ms = m->first_ns ? (double)(m->first_ns - m->began_ns) / 1e6 : 0;
	s->delays = m->delays;
	s->keys = m->keys;
	s->updates = f.updates;
	s->frames = f.frames;
	s->bytes_in = f.bytes;
	s->bytes_out = f.bytes_sent;
	s->end = m->end;
	sek_result_set_text(&s->why, m->said);
}

static void on_page(void *user, unsigned staff, unsigned page)
{
	struct run *r = user;

	load_member_painted(&r->members[staff], page);
}

static void on_sample(void *user, const struct sek_result_sample *sample)
{
	struct run *r = user;
	struct sek_result_sample *s = sek_result_add_sample(r->result);

	if (!s)
		return;
	*s = *sample;
	s->at_s = now_s(r);
	s->running = r->result->seconds_n ? r->result->seconds[r->result->seconds_n - 1].running : 0;
}

/* --- who is there --- */

static bool is_active(const struct load_member *m)
{
	return m->state != LOAD_IDLE && m->state != LOAD_LEAVE;
}

/* Who was refused or lost the session tries again after a while, as people do; with one-time codes, which work once, when there is a new one. */
static bool may_come(const struct load_member *m)
{
	uint64_t now_ns = uv_hrtime();

	return m->state == LOAD_IDLE && (!m->over_ns || now_ns - m->over_ns > AGAIN_MS * 1000000ull) &&
		(!m->began_ns || !m->account->secret || now_ns - m->began_ns > CODE_MS * 1000000ull);
}

/* The next one in the row who is not there; who has been there comes again only when everybody has. */
static void bring(struct run *r, uint64_t wanted)
{
	for (unsigned i = 0; i < r->n && r->active < wanted; i++) {
		struct load_member *m = &r->members[r->next];

		r->next = (r->next + 1) % r->n;
		if (!may_come(m))
			continue;
		r->active++;
		load_member_start(m);
	}
}

static void send_away(struct run *r, uint64_t wanted)
{
	while (r->active > wanted) {
		struct load_member *newest = NULL;

		for (unsigned i = 0; i < r->n; i++)
			if (is_active(&r->members[i]) && (!newest || r->members[i].began_ns > newest->began_ns))
				newest = &r->members[i];
		if (!newest)
			break;
		r->active--;
		if (r->signals)
			load_member_stop(newest);
		else
			load_member_leave(newest);
	}
}

static void count_states(struct run *r, struct sek_result_second *s)
{
	r->active = 0;
	s->logging_in = s->running = s->detached = 0;
	for (unsigned i = 0; i < r->n; i++) {
		const struct load_member *m = &r->members[i];

		r->active += is_active(m);
		if (m->state == LOAD_LOGIN)
			s->logging_in++;
		else if (m->state == LOAD_AWAY)
			s->detached++;
		else if (m->state != LOAD_IDLE)
			s->running++;
	}
	s->ended = r->ended;
}

static struct load_ramp_seen look(const struct run *r)
{
	struct load_ramp_seen seen = { .running = r->now.running, .lost = r->lost, .refused = r->refused };
	struct sek_delays keys = { { 0 } }, firsts = { { 0 } };

	for (unsigned i = 0; i < LOAD_RAMP_WINDOW_S; i++) {
		sek_delays_merge(&keys, &r->window[i].keys);
		sek_delays_merge(&firsts, &r->window[i].firsts);
	}
	seen.keys = sek_delays_count(&keys);
	seen.first_frames = sek_delays_count(&firsts);
	seen.delay_p95_ms = sek_delays_quantile(&keys, 0.95);
	seen.first_frame_p95_ms = sek_delays_quantile(&firsts, 0.95);
	return seen;
}

/* --- seconds --- */

static struct sek_stream_figures all_figures(const struct run *r)
{
	struct sek_stream_figures f = r->figures_gone;

	for (unsigned i = 0; i < r->n; i++)
		if (r->members[i].state != LOAD_IDLE)
			add_figures(&f, load_member_figures(&r->members[i]));
	return f;
}

static void end_second(struct run *r, double at_s)
{
	struct sek_stream_figures f = all_figures(r);
	struct sek_result_second *s = sek_result_add_second(r->result);
	struct sek_delays keys = { { 0 } };
	unsigned next;

	if (!s)
		return;
	for (unsigned i = 0; i < LOAD_RAMP_WINDOW_S; i++)
		sek_delays_merge(&keys, &r->window[i].keys);
	r->now.at_s = at_s;
	r->now.phase = r->ramp.phase;
	r->now.wanted = r->ramp.wanted;
	r->now.delay_ms = sek_percentiles_of(r->delays, r->delays_n);
	r->now.first_frame_ms = sek_percentiles_of(r->firsts, r->firsts_n);
	r->now.updates = f.updates - r->figures_before.updates;
	r->now.bytes_in = f.bytes - r->figures_before.bytes;
	r->now.bytes_out = f.bytes_sent - r->figures_before.bytes_sent;
	r->figures_before = f;
	*s = r->now;
	if (!r->config->quiet)
		load_show_second(r->result, load_ramp_left_s(&r->ramp, at_s), sek_delays_quantile(&keys, 0.5), sek_delays_quantile(&keys, 0.95), r->wide);
	r->now = (struct sek_result_second){ 0 };
	r->delays_n = r->firsts_n = 0;
	next = (unsigned)(r->result->seconds_n % LOAD_RAMP_WINDOW_S);
	memset(&r->window[next], 0, sizeof r->window[next]);
	(void)load_procs_sample(r->procs, on_sample, r);
}

static void on_tick(uv_timer_t *t)
{
	struct run *r = t->data;
	double at_s = now_s(r);
	struct load_ramp_seen seen;

	count_states(r, &r->now);
	seen = look(r);
	if (!r->signals)
		load_ramp_step(&r->ramp, at_s, &seen);
	if (r->ramp.phase != SEK_PHASE_DOWN)
		bring(r, r->ramp.wanted);
	send_away(r, r->ramp.wanted);
	if (at_s >= (double)(r->result->seconds_n + 1))
		end_second(r, at_s);
	if (!r->ramp.over)
		return;
	if (r->ended_s <= 0)
		r->ended_s = at_s;
	count_states(r, &r->now);
	if ((r->now.running + r->now.logging_in + r->now.detached == 0) || at_s - r->ended_s > END_LIMIT_S)
		uv_stop(&r->loop);
}

static void on_signal(uv_signal_t *h, int number)
{
	struct run *r = h->data;

	(void)number;
	load_ramp_stop(&r->ramp, now_s(r));
	if (r->signals++ > 0)
		uv_stop(&r->loop);
}

/* --- set up, take down --- */

static void describe(struct run *r)
{
	const struct load_run_config *c = r->config;
	struct sek_result_config *to = &r->result->config;

	sek_result_set_text(&r->result->title, c->title);
	r->result->seed = c->seed;
	to->target = c->target;
	to->recording = c->recorded;
	to->one_machine = c->brokers_n > 0 || strncmp(c->address, "127.", 4) == 0;
	to->width_px = c->width_px;
	to->height_px = c->height_px;
	to->hosts = c->hosts;
	to->ramp = (struct sek_result_ramp){ c->ramp.start, c->ramp.step, c->ramp.most, c->ramp.every_s, c->ramp.hold_s };
	to->level = c->ramp.level;
	for (unsigned i = 0; i < LOAD_SCRIPTS; i++)
		if (c->mix.weights[i] > 0)
			(void)sek_result_add_script(r->result, load_script_name(i), c->mix.weights[i]);
}

/* Evenly spread over the members. */
static bool decodes(const struct load_run_config *c, unsigned i)
{
	double share = c->decode_share;

	if (share < 0)
		share = c->ramp.most <= FEW ? 1 : 1.0 / ONE_IN;
	return (uint64_t)((double)(i + 1) * share + 1e-9) > (uint64_t)((double)i * share + 1e-9);
}

static bool make_members(struct run *r)
{
	static const struct load_member_ops ops = { on_first_frame, on_delay, on_error, on_over };
	const struct load_run_config *c = r->config;

	r->n = (unsigned)c->users.n;
	r->members = calloc(r->n, sizeof *r->members);
	if (!r->members)
		return false;
	r->member_config = (struct load_member_config){ .loop = &r->loop, .context = r->context, .address = c->address, .origin = r->origin,
		.site = r->site ? r->site_at : NULL, .port = c->port, .width_px = c->width_px, .height_px = c->height_px,
		.acknowledge = c->acknowledge, .from = c->from, .seed = c->seed, .ops = &ops, .user = r };
	for (unsigned i = 0; i < r->n; i++)
		load_member_init(&r->members[i], &r->member_config, &c->users.each[i], i, load_mix_draw(&c->mix, c->seed, i), decodes(c, i));
	return true;
}

static bool set_up(struct run *r)
{
	const struct load_run_config *c = r->config;

	uv_loop_init(&r->loop);
	r->wide = load_show_width();
	sek_stream_origin(r->origin, sizeof r->origin, c->address, c->port);
	r->result = sek_result_create();
	r->context = sek_stream_context_create(&r->loop, c->ca_path);
	if (!r->context || !r->result) {
		fprintf(stderr, "sekisho-load: TLS cannot be set up; is %s a PEM certificate?\n", c->ca_path);
		return false;
	}
	if (c->target == SEK_TARGET_CHROMIUM) {
		if (!sek_is_ok(load_site_create(&r->loop, c->site_address, c->seed, (unsigned)c->users.n, on_page, r, &r->site))) {
			fprintf(stderr, "sekisho-load: cannot serve on %s; is it an address of this machine?\n", c->site_address);
			return false;
		}
		snprintf(r->site_at, sizeof r->site_at, "%s:%d", c->site_address, load_site_port(r->site));
	}
	r->procs = load_procs_create(&r->loop, c->brokers, c->brokers_n, c->renderds, c->renderds_n);
	describe(r);
	return r->procs && make_members(r);
}

static void watch_signal(struct run *r, uv_signal_t *h, int number)
{
	uv_signal_init(&r->loop, h);
	h->data = r;
	uv_signal_start(h, on_signal, number);
}

static void end_rest(struct run *r)
{
	double at_s = now_s(r);

	count_states(r, &r->now);
	end_second(r, at_s);
	for (unsigned i = 0; i < r->n; i++)
		load_member_stop(&r->members[i]);
	r->result->lasted_s = at_s;
	uv_timer_stop(&r->tick);
	uv_signal_stop(&r->interrupt);
	uv_signal_stop(&r->terminate);
	if (!r->config->quiet)
		load_show_end_line(r->wide);
}

static void take_down(struct run *r)
{
	load_procs_destroy(r->procs);
	for (unsigned i = 0; i < r->n && r->members; i++)
		sek_stream_destroy(r->members[i].stream);
	load_site_close(r->site);
	for (int i = 0; i < 200; i++)
		uv_run(&r->loop, UV_RUN_NOWAIT);
	sek_stream_context_destroy(r->context);
	load_site_free(r->site);
	sek_result_destroy(r->result);
	free(r->members);
	free(r->delays);
	free(r->firsts);
}

int load_run_all(const struct load_run_config *config)
{
	static struct run r;
	int rc = 1;

	r.config = config;
	if (set_up(&r)) {
		r.began_ns = uv_hrtime();
		load_ramp_init(&r.ramp, &config->ramp);
		uv_timer_init(&r.loop, &r.tick);
		r.tick.data = &r;
		uv_timer_start(&r.tick, on_tick, 0, TICK_MS);
		watch_signal(&r, &r.interrupt, SIGINT);
		watch_signal(&r, &r.terminate, SIGTERM);
		(void)load_procs_sample(r.procs, on_sample, &r);
		uv_run(&r.loop, UV_RUN_DEFAULT);
		end_rest(&r);
		sek_result_judge(r.result);
		load_show_summary(r.result);
		rc = r.ramp.broken ? 1 : 0;
		if (config->json_path && !sek_is_ok(sek_result_write(r.result, config->json_path))) {
			fprintf(stderr, "sekisho-load: %s cannot be written\n", config->json_path);
			rc = 1;
		}
	}
	take_down(&r);
	return rc;
}
