/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One job in the pool at a time: orders at each look, now and then a beat, who else is there, and the sessions of who has been dead for
 * long enough. What was found is done on the loop.
 */
#include "broker/hub/peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>
#include <sodium.h>

#include "base/error.h"
#include "base/log.h"
#include "broker/hub/admin/admin.h"
#include "broker/hub/orders.h"

struct peer {
	struct peer *next;
	struct sek_store_broker row;
	uint64_t heard_ms; /* of uv_now: when its beat was last seen to have gone on */
	bool dead, over;   /* over: dead for so long that its sessions are ended */
};

struct order {
	struct order *next;
	struct sek_store_order row;
	char *text;
};

struct session {
	struct session *next;
	struct sek_store_session row;
	char from[SEK_STORE_BROKER_BYTES];
	char *own;
	bool ours;
	enum sek_state over; /* what it is ended with */
};

struct sek_peers {
	uv_loop_t *loop;
	struct sek_peers_config config;
	char name[SEK_STORE_BROKER_BYTES], instance[33];
	struct sek_kept *kept;
	struct peer *peers;
	uv_timer_t timer;
	uv_work_t work;
	bool working, closed, quiet, complained;
	uint64_t beat_at_ms, seen_ms; /* seen: when the beats were last read */
	int64_t said;                 /* reach, as this broker has said it */
	void (*done)(void *user);
	void *done_user;
	/* the job's */
	bool beats;
	int64_t n_sessions, reach;
	sek_status status;
	struct order *orders;
	struct peer *seen;
	struct session *left; /* of brokers that are over: first what was found, then what was taken */
};

/* --- in the pool --- */

static void keep_order(void *ctx, const struct sek_store_order *o)
{
	struct order **at = ctx, *fresh = calloc(1, sizeof *fresh);

	if (!fresh)
		return; /* it is still there at the next look */
	fresh->row = *o;
	fresh->text = strdup(o->text);
	while (*at)
		at = &(*at)->next;
	*at = fresh;
}

static void keep_peer(void *ctx, const struct sek_store_broker *b)
{
	struct peer **at = ctx, *fresh = calloc(1, sizeof *fresh);

	if (!fresh)
		return;
	fresh->row = *b;
	while (*at)
		at = &(*at)->next;
	*at = fresh;
}

static void keep_session(void *ctx, const struct sek_store_session *s)
{
	struct session **first = ctx, *fresh = calloc(1, sizeof *fresh);

	if (!fresh)
		return;
	fresh->row = *s;
	fresh->own = strdup(s->own);
	fresh->row.own = fresh->own ? fresh->own : "";
	snprintf(fresh->from, sizeof fresh->from, "%s", s->broker);
	fresh->next = *first;
	*first = fresh;
}

/* What a broker that is dead was asked to end is ended by one that lives. */
static bool to_be_ended(const struct order *orders, const struct sek_store_session *s)
{
	for (; orders; orders = orders->next)
		if (orders->row.ask == SEK_ASK_END && strcmp(orders->row.session, s->id) == 0)
			return true;
	return false;
}

static void free_orders(struct order **orders)
{
	struct order *o;

	while ((o = *orders) != NULL) {
		*orders = o->next;
		free(o->text);
		free(o);
	}
}

/* The dead one's sessions: all, once nobody has come for them in all that time; before that those that it was asked to end. */
static sek_status find_left(struct sek_peers *p, const struct peer *b)
{
	struct order *orders = NULL;
	sek_status status = sek_store_orders(p->config.store, b->row.name, keep_order, &orders);

	if (sek_is_ok(status) && (orders || b->over))
		status = sek_store_sessions(p->config.store, b->row.name, keep_session, &p->left);
	for (struct session *s = p->left; s; s = s->next)
		if (strcmp(s->from, b->row.name) == 0)
			s->over = to_be_ended(orders, &s->row) ? SEK_STATE_ENDED_ADMIN : b->over ? SEK_STATE_ENDED_IDLE : SEK_STATE_NONE;
	free_orders(&orders);
	return status;
}

/* Whoever is first has it; others were as patient. */
static sek_status take_left(struct sek_peers *p)
{
	struct session *s;

	for (const struct peer *b = p->peers; b; b = b->next)
		if (b->dead)
			SEK_TRY(find_left(p, b));
	for (s = p->left; s; s = s->next) {
		sek_status status;

		if (s->over == SEK_STATE_NONE)
			continue;
		status = sek_store_session_take(p->config.store, s->row.id, s->from, s->row.generation, p->name);

		s->ours = sek_is_ok(status);
		s->row.generation++;
		if (!s->ours && !sek_is(status, SEK_E_CONFLICT))
			return status;
	}
	return sek_ok();
}

static sek_status look(struct sek_peers *p)
{
	SEK_TRY(sek_store_orders(p->config.store, p->name, keep_order, &p->orders));
	if (p->beats)
		SEK_TRY(sek_store_broker_beat(p->config.store, p->name, p->instance, p->n_sessions, p->reach));
	SEK_TRY(sek_store_brokers(p->config.store, keep_peer, &p->seen));
	return p->beats ? take_left(p) : sek_ok();
}

static void work(uv_work_t *w)
{
	struct sek_peers *p = w->data;

	p->status = look(p);
}

/* --- on the loop --- */

struct receipt {
	uv_work_t work;
	struct sek_peers *p;
	size_t n;
	int64_t ids[SEK_STORE_ORDERS_MAX];
};

static void finish(struct sek_peers *p)
{
	void (*done)(void *user) = p->done;

	if (!done || p->working || !p->closed)
		return;
	p->done = NULL;
	sek_kept_stop(p->kept, done, p->done_user);
}

static void work_receipt(uv_work_t *w)
{
	struct receipt *r = w->data;

	(void)sek_store_orders_done(r->p->config.store, r->ids, r->n); /* carried out twice does no harm */
}

static void on_receipt(uv_work_t *w, int cancelled)
{
	struct receipt *r = w->data;
	struct sek_peers *p = r->p;

	(void)cancelled;
	free(r);
	p->working = false;
	finish(p);
}

static void do_orders(struct sek_peers *p)
{
	struct receipt *r = p->orders ? calloc(1, sizeof *r) : NULL;
	struct order *o;

	while ((o = p->orders) != NULL) {
		p->orders = o->next;
		if (!p->quiet)
			sek_orders_carry_out(p->config.sessions, p->config.admin, &o->row, o->text);
		if (r && !p->quiet)
			r->ids[r->n++] = o->row.id;
		free(o->text);
		free(o);
	}
	if (!r)
		return;
	r->p = p;
	r->work.data = r;
	p->working = uv_queue_work(p->loop, &r->work, work_receipt, on_receipt) == 0;
	if (!p->working)
		free(r);
}

/* Who is new counts as heard now: this broker may itself have only just come. */
static void see(struct sek_peers *p)
{
	uint64_t now = uv_now(p->loop), deaf_ms;
	struct peer *fresh = p->seen, *old;

	if (!fresh)
		return;
	p->seen = NULL;
	/* while this broker could not read the store, the others could not be heard: that is no silence of theirs */
	deaf_ms = p->seen_ms && now - p->seen_ms > 2 * (uint64_t)p->config.beat_ms ? now - p->seen_ms : 0;
	p->seen_ms = now;
	for (struct peer *b = fresh; b; b = b->next) {
		b->heard_ms = now;
		for (old = p->peers; old && strcmp(old->row.name, b->row.name) != 0; old = old->next)
			;
		if (old && old->row.beat == b->row.beat)
			b->heard_ms = old->heard_ms + deaf_ms;
		if (strcmp(b->row.name, p->name) == 0)
			b->heard_ms = now;
		b->dead = now - b->heard_ms >= p->config.dead_ms;
		b->over = b->dead && now - b->heard_ms >= p->config.dead_ms + (uint64_t)p->config.linger_s * 1000;
		if (old && b->dead != old->dead)
			sek_log(b->dead ? SEK_LOG_WARN : SEK_LOG_INFO, b->dead ? "broker.silent" : "broker.heard", "broker", b->row.name, NULL);
	}
	while ((old = p->peers) != NULL) {
		p->peers = old->next;
		free(old);
	}
	p->peers = fresh;
}

static void do_left(struct sek_peers *p)
{
	struct session *s;

	while ((s = p->left) != NULL) {
		p->left = s->next;
		if (s->ours && !p->quiet) /* else it is this broker's at its next start */
			sek_kept_adopt(p->kept, &s->row, s->from, s->over);
		free(s->own);
		free(s);
	}
}

static void on_worked(uv_work_t *w, int cancelled)
{
	struct sek_peers *p = w->data;
	char text[120];
	bool replaced = p->beats && sek_is(p->status, SEK_E_CONFLICT);

	(void)cancelled;
	p->working = false;
	if (!sek_is_ok(p->status) && !replaced && !p->complained)
		sek_log(SEK_LOG_ERROR, "store.fault", "doing", "look for the other brokers", "why",
			sek_status_text(p->status, text, sizeof text), NULL);
	p->complained = !sek_is_ok(p->status);
	if (sek_is_ok(p->status) && !p->done)
		sek_kept_again(p->kept);
	see(p);
	do_left(p);
	do_orders(p);
	if (replaced && !p->quiet) {
		sek_log(SEK_LOG_ERROR, "broker.replaced", "broker", p->name, "why", "another process has started under this name", "do",
			"give each broker on the store a name of its own: site.broker", NULL);
		p->config.replaced(p->config.user);
	}
	finish(p);
}

/* Render hosts that are heard of; -1: none is watched. */
static int64_t reach(const struct sek_peers *p)
{
	struct sek_hosts_reach r = sek_hosts_reach(p->config.sessions, SEK_PEERS_REACH_MS);

	return r.watched ? (int64_t)r.heard : -1;
}

/* Somebody reaches no host, and there are others who may. */
static bool hasty(const struct sek_peers *p)
{
	unsigned none = 0, living = 0;

	for (const struct peer *b = p->peers; b; b = b->next) {
		living += !b->dead;
		none += !b->dead && b->row.reach == 0;
	}
	return none > 0 && living > 1;
}

static void on_timer(uv_timer_t *t)
{
	struct sek_peers *p = t->data;
	uint64_t now = uv_now(p->loop), every = p->config.beat_ms > SEK_PEERS_HASTE_MS && hasty(p) ? SEK_PEERS_HASTE_MS : p->config.beat_ms;
	int64_t reached = reach(p);

	if (p->working)
		return;
	/* whether there is any is said at once, how many with the next beat */
	p->beats = now >= p->beat_at_ms || p->beat_at_ms > now + every || (reached > 0) != (p->said > 0);
	if (p->beats) {
		p->beat_at_ms = now + every;
		p->n_sessions = (int64_t)sek_sessions_count(p->config.sessions);
		p->reach = p->said = reached;
	}
	p->working = uv_queue_work(p->loop, &p->work, work, on_worked) == 0;
}

void sek_peers_look(struct sek_peers *p)
{
	if (p && !p->quiet && !p->closed && !uv_is_closing((uv_handle_t *)&p->timer))
		on_timer(&p->timer);
}

static void add_row(void *ctx, const struct sek_peer_info *i)
{
	json_array_append_new(ctx, json_pack("{s:s,s:s,s:s,s:b,s:I,s:I,s:I,s:I}", "broker", i->name, "version", i->version, "state",
		i->dead ? "silent" : "up", "self", (int)i->self, "sessions", (json_int_t)i->sessions, "silent_s", (json_int_t)(i->silent_ms / 1000),
		"started_s", (json_int_t)i->started_s, "hosts", (json_int_t)i->reach));
}

static json_t *list(void *user)
{
	json_t *rows = json_array();

	if (rows)
		sek_peers_each(user, add_row, rows);
	return rows;
}

/* --- start and stop --- */

static sek_status enter(struct sek_peers *p)
{
	struct sek_store_broker me = { .started_s = (int64_t)time(NULL) };
	uint8_t random[16];

	randombytes_buf(random, sizeof random);
	sodium_bin2hex(p->instance, sizeof p->instance, random, sizeof random);
	memcpy(me.name, p->name, sizeof me.name);
	memcpy(me.instance, p->instance, sizeof me.instance);
	snprintf(me.version, sizeof me.version, "%s", SEK_VERSION);
	return sek_store_broker_start(p->config.store, &me);
}

sek_status sek_peers_start(uv_loop_t *loop, const struct sek_peers_config *config, struct sek_peers **ret)
{
	struct sek_peers *p;
	sek_status s;

	if (strlen(config->name) >= SEK_STORE_BROKER_BYTES)
		return sek_fail(SEK_E_LIMIT);
	p = calloc(1, sizeof *p);
	if (!p)
		return sek_fail(SEK_E_NOMEM);
	p->loop = loop;
	p->config = *config;
	snprintf(p->name, sizeof p->name, "%s", config->name);
	if (!p->config.look_ms)
		p->config.look_ms = SEK_PEERS_LOOK_MS;
	if (!p->config.beat_ms)
		p->config.beat_ms = SEK_PEERS_BEAT_MS;
	if (!p->config.dead_ms)
		p->config.dead_ms = SEK_PEERS_DEAD_MS;
	s = enter(p);
	if (sek_is_ok(s))
		s = sek_kept_start(loop, p->name, config->store, config->auth, config->sessions, &p->kept);
	if (!sek_is_ok(s)) {
		free(p);
		return s;
	}
	if (config->admin)
		sek_admin_brokers_from(config->admin, list, p);
	uv_timer_init(loop, &p->timer);
	p->timer.data = p->work.data = p;
	uv_timer_start(&p->timer, on_timer, p->config.look_ms, p->config.look_ms);
	*ret = p;
	return s;
}

void sek_peers_session(struct sek_peers *p, const char *word, const struct sek_session_info *info)
{
	if (p)
		sek_kept_session(p->kept, word, info);
}

void sek_peers_quiet(struct sek_peers *p)
{
	if (!p || p->quiet)
		return;
	p->quiet = true;
	uv_timer_stop(&p->timer);
}

static void on_closed(uv_handle_t *h)
{
	struct sek_peers *p = h->data;

	p->closed = true;
	finish(p);
}

void sek_peers_stop(struct sek_peers *p, void (*done)(void *user), void *user)
{
	if (!p) {
		done(user);
		return;
	}
	sek_peers_quiet(p);
	p->done = done;
	p->done_user = user;
	uv_close((uv_handle_t *)&p->timer, on_closed);
}

void sek_peers_destroy(struct sek_peers *p)
{
	struct peer *b;

	if (!p)
		return;
	SEK_ASSERT(!p->working && !p->orders && !p->seen && !p->left);
	while ((b = p->peers) != NULL) {
		p->peers = b->next;
		free(b);
	}
	sek_kept_destroy(p->kept);
	free(p);
}

void sek_peers_each(const struct sek_peers *p, void (*fn)(void *user, const struct sek_peer_info *info), void *user)
{
	uint64_t now = uv_now(p->loop);

	for (const struct peer *b = p->peers; b; b = b->next) {
		bool self = strcmp(b->row.name, p->name) == 0;

		fn(user, &(struct sek_peer_info){ .name = b->row.name, .version = b->row.version, .self = self, .dead = b->dead,
			.silent_ms = self ? 0 : now - b->heard_ms, .sessions = self ? (int64_t)sek_sessions_count(p->config.sessions) : b->row.sessions, .started_s = b->row.started_s,
			.reach = self ? reach(p) : b->row.reach });
	}
}

bool sek_peers_reach_since(const struct sek_peers *p, uint64_t since_ms)
{
	uint64_t now = p ? uv_now(p->loop) : 0;

	for (const struct peer *b = p ? p->peers : NULL; b; b = b->next)
		if (b->row.reach > 0 && !b->dead && strcmp(b->row.name, p->name) != 0 && b->heard_ms >= since_ms &&
				now - b->heard_ms <= (uint64_t)p->config.beat_ms + SEK_PEERS_HASTE_MS)
			return true;
	return false;
}

bool sek_peers_others(const struct sek_peers *p)
{
	for (const struct peer *b = p ? p->peers : NULL; b; b = b->next)
		if (!b->dead && strcmp(b->row.name, p->name) != 0)
			return true;
	return false;
}
