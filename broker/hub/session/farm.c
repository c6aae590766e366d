/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The list of hosts, one clock for all of them, and the choice.
 */
#include "broker/hub/session/farm.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/session/farm_private.h"
#include "broker/hub/session/internal.h"
#include "broker/hub/session/probe.h"
#include "broker/hub/session/watch.h"

enum {
	TICK_MS = 250,
	LEAST_MIB = 512,       /* a host with less memory to give is full */
	UNKNOWN_COST = 100000, /* of a host that has not been heard of yet */
	WARM_WORTH = 250,      /* a warm sandbox is worth so many permille of load */
	FULL_MS = 1500,        /* one that others have filled is left out for so long: it tells of itself once a second */
	LOST_MS = 60000,       /* for so long a foreign host that could not be used is the last choice */
};

static void host_free(struct host *h)
{
	sek_watch_finish(h->watch);
	sek_probe_cancel(h->probe);
	free((void *)(uintptr_t)h->host.name);
	free((void *)(uintptr_t)h->host.address);
	free((void *)(uintptr_t)h->host.pool);
	free((void *)(uintptr_t)h->host.trust);
	free(h);
}

struct host *sek_farm_host(const struct sek_farm *f, const char *name)
{
	struct host *h;

	for (h = f->first; h; h = h->next)
		if (!h->gone && strcmp(h->host.name, name) == 0)
			return h;
	return NULL;
}

static struct host *of(const struct sek_farm *f, const struct sek_render_host *host)
{
	struct host *h = f->first;

	while (h && &h->host != host)
		h = h->next;
	return h;
}

static bool is_foreign(const struct sek_render_host *host)
{
	return host->kind != SEK_KIND_SEKISHO;
}

const struct sek_render_host *sek_farm_find(const struct sek_sessions *all, const char *name)
{
	const struct host *h = sek_farm_host(all->farm, name);

	return h ? &h->host : NULL;
}

uint32_t sek_farm_here(const struct sek_farm *f, const struct host *h)
{
	uint32_t n = 0;

	for (const struct sek_session *s = f->all->first; s; s = s->next)
		n += s->host == &h->host || s->placing == &h->host;
	return n;
}

/* --- the clock --- */

static void on_tick(uv_timer_t *timer)
{
	struct sek_farm *f = timer->data;
	uint64_t now = uv_now(f->all->loop);
	bool needed = false;

	for (struct host **at = &f->first; *at;) {
		struct host *h = *at;

		if (h->gone && sek_farm_here(f, h) == 0) {
			*at = h->next;
			host_free(h);
			continue;
		}
		if (h->watch)
			sek_watch_tick(h->watch);
		sek_drain_tick(f, h, now);
		needed |= h->gone || h->watch || h->force_ms;
		at = &h->next;
	}
	if (!needed) {
		uv_timer_stop(&f->timer);
		f->ticking = false;
	}
}

static void on_closed(uv_handle_t *handle)
{
	struct sek_farm *f = handle->data;

	f->ticking = false;
	sek_sessions_release(f->all);
}

void sek_farm_tick(struct sek_farm *f)
{
	if (f->closing)
		return;
	if (!uv_is_active((uv_handle_t *)&f->timer) && !f->ticking) {
		if (!f->timer.data) {
			uv_timer_init(f->all->loop, &f->timer);
			f->timer.data = f;
			sek_sessions_hold(f->all);
		}
		uv_timer_start(&f->timer, on_tick, 0, TICK_MS);
		f->ticking = true;
	}
}

/* --- the list --- */

sek_status sek_hosts_add(struct sek_sessions *all, const struct sek_render_host *host)
{
	struct sek_farm *f = all->farm;
	struct host *h, **at;
	bool watched;
	size_t n = 0;

	if (sek_farm_host(f, host->name))
		return sek_fail(SEK_E_EXISTS);
	for (at = &f->first; *at; at = &(*at)->next)
		n++;
	if (n >= SEK_FARM_HOSTS_MAX)
		return sek_fail(SEK_E_LIMIT);
	h = calloc(1, sizeof *h);
	if (!h)
		return sek_fail(SEK_E_NOMEM);
	watched = all->config.watch && !is_foreign(host);
	h->test = "";
	h->host = (struct sek_render_host){ .name = strdup(host->name), .address = strdup(host->address), .port = host->port,
		.pool = strdup(host->pool ? host->pool : SEK_POOL_DEFAULT), .kind = host->kind, .insecure = host->insecure,
		.trust = strdup(host->trust ? host->trust : ""), .places = host->places ? host->places : SEK_PLACES_DEFAULT };
	if (watched)
		h->watch = sek_watch_create(all, &h->host);
	if (!h->host.name || !h->host.address || !h->host.pool || !h->host.trust || (watched && !h->watch)) {
		host_free(h);
		return sek_fail(SEK_E_NOMEM);
	}
	*at = h;
	if (h->watch)
		sek_farm_tick(f);
	return sek_ok();
}

sek_status sek_hosts_remove(struct sek_sessions *all, const char *name)
{
	struct host *h = sek_farm_host(all->farm, name);

	if (!h)
		return sek_fail(SEK_E_NOT_FOUND);
	if (sek_farm_here(all->farm, h) > 0)
		return sek_fail(SEK_E_CONFLICT);
	h->gone = true;
	sek_watch_finish(h->watch);
	h->watch = NULL;
	sek_probe_cancel(h->probe);
	h->probe = NULL;
	sek_farm_tick(all->farm);
	return sek_ok();
}

static void on_tested(void *user, const char *result)
{
	struct host *h = user;

	h->probe = NULL;
	h->test = result;
	h->reached = strcmp(result, "ok") == 0;
	h->lost_ms = h->reached ? 0 : h->tested_ms;
	sek_log(h->reached ? SEK_LOG_INFO : SEK_LOG_WARN, "host.tested", "host", h->host.name, "kind", sek_host_kind_name(h->host.kind),
		"result", result, NULL);
}

sek_status sek_hosts_test(struct sek_sessions *all, const char *name)
{
	struct host *h = sek_farm_host(all->farm, name);

	if (!h)
		return sek_fail(SEK_E_NOT_FOUND);
	if (!is_foreign(&h->host) || !sek_sessions_decoder(all, h->host.kind))
		return sek_fail(SEK_E_DENIED);
	if (h->probe || all->farm->closing)
		return sek_fail(SEK_E_CONFLICT);
	SEK_TRY(sek_probe_start(all, &h->host, on_tested, h, &h->probe));
	h->test = "running";
	h->tested_ms = uv_now(all->loop);
	return sek_ok();
}

void sek_farm_reached(struct sek_farm *f, const struct sek_render_host *host, bool well)
{
	struct host *h = of(f, host);

	if (!h || !is_foreign(host))
		return;
	h->reached = well;
	h->lost_ms = well ? 0 : uv_now(f->all->loop);
}

static bool is_lost(const struct sek_farm *f, const struct host *h)
{
	return h->lost_ms && uv_now(f->all->loop) - h->lost_ms < LOST_MS;
}

static bool is_full(const struct sek_farm *f, const struct host *h, const struct sek_host_health *health)
{
	uint32_t n = sek_farm_here(f, h);

	return health->sessions >= health->sessions_max || n >= health->sessions_max || health->available_mib < LEAST_MIB;
}

static bool is_old(const struct sek_farm *f, const struct sek_host_health *health)
{
	return health && sek_ages_of_host(&f->all->config.ages, health).old != 0;
}

static const char *state_of(const struct sek_farm *f, const struct host *h)
{
	const struct sek_host_health *health = h->watch ? sek_watch_health(h->watch) : NULL;

	if (h->drain || (health && health->draining))
		return "draining";
	if (is_foreign(&h->host) && sek_farm_here(f, h) >= h->host.places)
		return "full";
	if (is_foreign(&h->host))
		return is_lost(f, h) ? "lost" : h->reached ? "up" : "unknown";
	if (!h->watch)
		return "unknown";
	if (is_old(f, health))
		return "old";
	return health && is_full(f, h, health) ? "full" : sek_watch_state(h->watch);
}

void sek_hosts_each(struct sek_sessions *all, void (*fn)(void *user, const struct sek_host_info *info), void *user)
{
	uint64_t now = uv_now(all->loop);

	for (const struct host *h = all->farm->first; h; h = h->next) {
		const struct sek_host_health *health = h->watch ? sek_watch_health(h->watch) : NULL;
		struct sek_host_info i = { .host = &h->host, .state = state_of(all->farm, h), .drain = h->drain, .alarm = h->alarm,
			.here = sek_farm_here(all->farm, h), .heard = health != NULL, .test = h->test };

		if (h->gone)
			continue;
		if (h->force_ms && !h->forced)
			i.force_in_s = h->force_ms > now ? (uint32_t)((h->force_ms - now + 999) / 1000) : 1;
		if (health) {
			sek_watch_describe(health, &i);
			i.age = sek_ages_of_host(&all->config.ages, health);
		}
		fn(user, &i);
	}
}

struct sek_hosts_reach sek_hosts_reach(const struct sek_sessions *all, uint64_t within_ms)
{
	struct sek_hosts_reach r = { 0 };

	for (const struct host *h = all->farm->first; h; h = h->next) {
		if (h->gone || !h->watch)
			continue;
		r.watched++;
		r.heard += sek_watch_silent_ms(h->watch) < within_ms;
		r.unknown += strcmp(sek_watch_state(h->watch), "unknown") == 0;
	}
	return r;
}

void sek_hosts_hurry(struct sek_sessions *all, uint64_t within_ms)
{
	for (struct host *h = all->farm->first; h; h = h->next)
		if (h->watch)
			sek_watch_hurry(h->watch, within_ms);
}

bool sek_farm_suspect(struct sek_sessions *all, const struct sek_render_host *host, enum sek_state state)
{
	struct host *h = host ? sek_farm_host(all->farm, host->name) : NULL;
	uint64_t now = uv_now(all->loop);

	if (!h || (state != SEK_STATE_HOST_PROTOCOL && state != SEK_STATE_JAIL_VIOLATION))
		return false;
	if (h->suspicions == 0 || now - h->suspected_ms > (uint64_t)all->config.alarm_minutes * 60000) {
		h->suspicions = 0;
		h->suspected_ms = now;
	}
	if (++h->suspicions != all->config.alarm_faults || h->drain)
		return false;
	h->drain = h->alarm = true;
	sek_log(SEK_LOG_ERROR, "alarm.host", "host", h->host.name, "sessions", sek_logf("%u", h->suspicions), "last", sek_state_name(state),
		"do", "treat it as compromised; sekishoctl host undrain takes it back", NULL);
	return true;
}

/* --- the choice --- */

/* Lower is better; UINT32_MAX: it may not be used. */
static uint32_t cost(const struct sek_farm *f, const struct sek_session *s, const struct host *h)
{
	const struct sek_host_health *health;
	uint32_t n = sek_farm_here(f, h), most, load;

	if (h->full_ms > uv_now(f->all->loop) || (is_foreign(&h->host) && n >= h->host.places))
		return UINT32_MAX;
	if (is_foreign(&h->host)) /* one that could not be used a moment ago is better than none, and the last of all */
		return is_lost(f, h) ? 2 * UNKNOWN_COST + n : 1000 * n / h->host.places;
	if (!h->watch)
		return n;
	health = sek_watch_health(h->watch);
	if (!health) /* one that nobody has heard of yet, because the broker or the host was just added, is better than none */
		return strcmp(sek_watch_state(h->watch), "unknown") == 0 ? UNKNOWN_COST + n : UINT32_MAX;
	if (health->draining || is_full(f, h, health) || is_old(f, health))
		return UINT32_MAX;
	/* the report is up to a second old: what we have put there since counts */
	most = health->sessions > n ? health->sessions : n;
	load = 1000 * most / health->sessions_max + health->cpu_permille / 2u + health->stall_permille;
	if ((s->wish.lang == SEK_LANG_EN ? health->warm_en : health->warm_ja) == 0)
		load += WARM_WORTH;
	return load;
}

const struct sek_render_host *sek_farm_choose(const struct sek_session *s, enum sek_state *ret_why)
{
	const struct sek_farm *f = s->all->farm;
	const struct sek_render_host *best = NULL;
	uint32_t best_cost = UINT32_MAX;

	*ret_why = SEK_STATE_NO_HOST;
	for (const struct host *h = f->first; h; h = h->next) {
		uint32_t c;

		if (h->gone || !sek_session_in_pool(s, h->host.pool))
			continue;
		if (is_foreign(&h->host) && sek_session_wants_rules(s)) {
			if (*ret_why == SEK_STATE_NO_HOST)
				*ret_why = SEK_STATE_HOST_RULES;
			continue;
		}
		c = h->drain ? UINT32_MAX : cost(f, s, h);
		if (c < best_cost) {
			best = &h->host;
			best_cost = c;
		} else if (c == UINT32_MAX && h->watch && is_old(f, sek_watch_health(h->watch))) {
			if (*ret_why == SEK_STATE_NO_HOST)
				*ret_why = SEK_STATE_HOSTS_OLD;
		} else if (c == UINT32_MAX && (!h->watch || sek_watch_health(h->watch))) {
			*ret_why = SEK_STATE_HOSTS_FULL;
		}
	}
	return best;
}

uint32_t sek_farm_room(const struct sek_farm *f, const struct sek_render_host *host)
{
	const struct host *h = of(f, host);
	const struct sek_host_health *health = h && h->watch ? sek_watch_health(h->watch) : NULL;

	return is_foreign(host) ? host->places : health ? health->sessions_max : 0;
}

void sek_farm_full(struct sek_farm *f, const struct sek_render_host *host)
{
	struct host *h = of(f, host);

	if (h)
		h->full_ms = uv_now(f->all->loop) + FULL_MS;
}

bool sek_farm_takes(const struct sek_sessions *all, const struct sek_render_host *host)
{
	const struct host *h = of(all->farm, host);

	return h && !h->gone && !h->drain;
}

/* --- beginning and end --- */

sek_status sek_farm_create(struct sek_sessions *all)
{
	struct sek_farm *f = calloc(1, sizeof *f);
	sek_status s = sek_ok();

	if (!f)
		return sek_fail(SEK_E_NOMEM);
	f->all = all;
	all->farm = f;
	for (size_t i = 0; i < all->config.n_hosts && sek_is_ok(s); i++)
		s = sek_hosts_add(all, &all->config.hosts[i]);
	if (!sek_is_ok(s)) {
		sek_farm_destroy(f);
		all->farm = NULL;
	}
	return s;
}

void sek_farm_stop(struct sek_farm *f)
{
	f->closing = true;
	for (struct host *h = f->first; h; h = h->next) {
		sek_watch_finish(h->watch);
		h->watch = NULL;
		sek_probe_cancel(h->probe);
		h->probe = NULL;
	}
	if (f->timer.data)
		uv_close((uv_handle_t *)&f->timer, on_closed);
}

void sek_farm_destroy(struct sek_farm *f)
{
	while (f && f->first) {
		struct host *h = f->first;

		f->first = h->next;
		host_free(h);
	}
	free(f);
}
