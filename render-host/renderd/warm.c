/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The stock of warm sandboxes: once a second, at most one is begun, and only while nothing else is being built and memory is
 * left. Never takes from sessions: slots are there beside theirs, and when memory becomes short the stock goes first.
 */
#include "render-host/renderd/warm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "render-host/renderd/memory.h"
#include "render-host/renderd/session_internal.h"

enum { LOOK_MS = 1000, PAUSE_MS = 5000, PAUSE_DOUBLINGS = 6 };

struct sek_warm {
	uv_timer_t timer;
	unsigned wanted;            /* of the configuration */
	struct sek_shape *wishes;   /* `wanted` of them: the latest sessions' */
	unsigned known, next;
	uint64_t not_before_ms;
	unsigned failures;          /* in a row */
};

static bool same_start(const struct sek_hello *a, const struct sek_hello *b)
{
	return a->lang == b->lang && a->scale_percent == b->scale_percent && a->max_width_px == b->max_width_px &&
		a->max_height_px == b->max_height_px;
}

static bool same_rules(const uint8_t *a, size_t a_n, const uint8_t *b, size_t b_n)
{
	return a_n == b_n && memcmp(a, b, a_n) == 0;
}

/* The site's policies are read at a sandbox's start: one that was started with others is of no use. */
static void site_policies(const struct sek_host *h, struct stat *ret)
{
	if (stat(h->config->browser.policy_file, ret) != 0)
		memset(ret, 0, sizeof *ret);
}

static bool same_site(const struct sek_live *s)
{
	struct stat now;

	site_policies(s->host, &now);
	return now.st_ino == s->site.st_ino && now.st_size == s->site.st_size &&
		now.st_mtim.tv_sec == s->site.st_mtim.tv_sec && now.st_mtim.tv_nsec == s->site.st_mtim.tv_nsec;
}

static bool is_ready(const struct sek_live *s)
{
	return s && s->warm && s->phase == LIVE_RUNNING && s->window && s->capture;
}

static void remember(struct sek_warm *w, const struct sek_hello *hello, const uint8_t *rules, size_t n)
{
	struct sek_shape *to = &w->wishes[w->next];

	to->hello = *hello;
	to->rules_n = n;
	memcpy(to->rules, rules, n);
	w->next = (w->next + 1) % w->wanted;
	if (w->known < w->wanted)
		w->known++;
}

struct sek_live *sek_warm_take(struct sek_host *h, const struct sek_hello *hello, const uint8_t *rules, size_t rules_n)
{
	struct sek_live *closed = NULL, *found = NULL;
	size_t i;

	/* without rules a session goes by the site's file alone; a warm one has some already */
	if (!h->warm || rules_n == 0)
		return NULL;
	for (i = 0; i < h->n_slots && !found; i++) {
		struct sek_live *s = h->slots[i];

		if (!is_ready(s) || !same_start(&s->hello, hello) || !same_site(s))
			continue;
		if (s->shape_open && same_rules(s->rules, s->rules_n, rules, rules_n))
			found = s;
		else if (!s->shape_open)
			closed = s;
	}
	remember(h->warm, hello, rules, rules_n);
	if (!found)
		found = closed;
	if (found)
		found->warm = false;
	return found;
}

unsigned sek_warm_ready(const struct sek_host *h, enum sek_lang lang)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < h->n_slots; i++)
		n += is_ready(h->slots[i]) && h->slots[i]->hello.lang == lang;
	return n;
}

void sek_warm_failed(struct sek_host *h)
{
	struct sek_warm *w = h->warm;

	if (!w)
		return;
	w->not_before_ms = uv_now(&h->loop) + ((uint64_t)PAUSE_MS << w->failures);
	if (w->failures < PAUSE_DOUBLINGS)
		w->failures++;
}

/* What a session that nobody has asked for yet will most likely want. */
static void guess(const struct sek_host *h, struct sek_shape *ret)
{
	const struct sek_renderd_sessions *c = &h->config->sessions;

	memset(ret, 0, sizeof *ret);
	ret->hello = (struct sek_hello){ .width_px = c->max_width, .height_px = c->max_height, .scale_percent = 100,
		.lang = SEK_LANG_JA, .max_width_px = c->max_width, .max_height_px = c->max_height };
}

static bool made_for(const struct sek_live *s, const struct sek_shape *shape)
{
	if (!same_start(&s->hello, &shape->hello) || s->shape_open != (shape->rules_n > 0))
		return false;
	return !s->shape_open || same_rules(s->rules, s->rules_n, shape->rules, shape->rules_n);
}

/* Matches stock and wishes one to one. *ret_missing: a wish without a sandbox; *ret_surplus: a sandbox without a wish. */
static void compare(struct sek_host *h, const struct sek_shape **ret_missing, struct sek_live **ret_surplus, unsigned *ret_n)
{
	static struct sek_shape guessed;
	struct sek_warm *w = h->warm;
	bool used[SEK_RENDERD_WARM_MAX] = { false };
	size_t i;
	unsigned k;

	*ret_missing = NULL;
	*ret_surplus = NULL;
	*ret_n = 0;
	guess(h, &guessed);
	for (i = 0; i < h->n_slots; i++) {
		struct sek_live *s = h->slots[i];

		if (!s || !s->warm || s->phase >= LIVE_TELLING)
			continue;
		(*ret_n)++;
		for (k = 0; k < w->wanted; k++)
			if (!used[k] && made_for(s, w->known ? &w->wishes[k % w->known] : &guessed))
				break;
		if (k < w->wanted && same_site(s))
			used[k] = true;
		else
			*ret_surplus = s;
	}
	for (k = 0; k < w->wanted && !*ret_missing; k++)
		if (!used[k])
			*ret_missing = w->known ? &w->wishes[k % w->known] : &guessed;
}

static bool something_is_built(const struct sek_host *h)
{
	size_t i;

	for (i = 0; i < h->n_slots; i++)
		if (h->slots[i] && (h->slots[i]->phase == LIVE_BUILDING ||
				(h->slots[i]->phase == LIVE_RUNNING && !h->slots[i]->window)))
			return true;
	return false;
}

static void on_look(uv_timer_t *timer)
{
	struct sek_host *h = timer->data;
	const struct sek_shape *missing;
	struct sek_live *surplus;
	struct sek_memory memory;
	unsigned n;

	if (h->stopping || h->draining)
		return;
	compare(h, &missing, &surplus, &n);
	sek_memory_read(&memory);
	if (!surplus && memory.available_mib < memory.total_mib / 20)
		for (size_t i = 0; i < h->n_slots && !surplus; i++)
			if (h->slots[i] && h->slots[i]->warm && h->slots[i]->phase < LIVE_TELLING)
				surplus = h->slots[i];
	if (surplus && (n >= h->warm->wanted || memory.available_mib < memory.total_mib / 20)) {
		sek_live_end(surplus, SEK_STATE_NONE, "a warm sandbox that nobody will ask for, or memory is short");
		return;
	}
	if (!missing || n >= h->warm->wanted || something_is_built(h) || uv_now(&h->loop) < h->warm->not_before_ms ||
			memory.available_mib < h->config->sessions.memory_mib + memory.total_mib / 10)
		return;
	if (!sek_live_make_warm(h, missing))
		sek_warm_failed(h);
}

void sek_warm_worked(struct sek_host *h)
{
	if (h->warm)
		h->warm->failures = 0;
}

sek_status sek_warm_start(struct sek_host *h)
{
	struct sek_warm *w;

	if (h->config->warm == 0)
		return sek_ok();
	w = calloc(1, sizeof *w);
	if (!w)
		return sek_fail(SEK_E_NOMEM);
	w->wanted = h->config->warm;
	w->wishes = calloc(w->wanted, sizeof *w->wishes);
	if (!w->wishes) {
		free(w);
		return sek_fail(SEK_E_NOMEM);
	}
	h->warm = w;
	SEK_TRY(sek_from_uv(uv_timer_init(&h->loop, &w->timer)));
	w->timer.data = h;
	return sek_from_uv(uv_timer_start(&w->timer, on_look, LOOK_MS, LOOK_MS));
}

void sek_warm_finish(struct sek_host *h)
{
	if (!h->warm)
		return;
	free(h->warm->wishes);
	free(h->warm);
	h->warm = NULL;
}
