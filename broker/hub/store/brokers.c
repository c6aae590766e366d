/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tables of brokers and of orders between them.
 */
#include "broker/hub/store/brokers.h"

#include <string.h>

#include "broker/hub/store/write.h"

static sek_status start(struct sek_db *db, const struct sek_store_broker *b)
{
	SEK_TRY(sek_store_fits(b->name, sizeof b->name));
	SEK_TRY(sek_store_fits(b->instance, sizeof b->instance));
	SEK_TRY(sek_store_fits(b->version, sizeof b->version));
	SEK_TRY(sek_db_run(db, "INSERT INTO brokers (name, instance, beat, sessions, started_s, version) VALUES (?1, ?2, 1, ?3, ?4, ?5)"
		" ON CONFLICT (name) DO UPDATE SET instance = ?2, beat = brokers.beat + 1, sessions = ?3, reach = -1, started_s = ?4, version = ?5", "ttiit",
		b->name, b->instance, b->sessions, b->started_s, b->version));
	/* one generation on: a process of this name that still runs is no holder any more */
	return sek_db_run(db, "UPDATE sessions SET broker = ?1, generation = generation + 1 WHERE broker = '' OR broker = ?1", "t", b->name);
}

sek_status sek_store_broker_start(struct sek_store *s, const struct sek_store_broker *b)
{
	SEK_STORE_WRITE(s, start(s->db, b));
}

static sek_status beat(struct sek_db *db, const char *name, const char *instance, int64_t sessions, int64_t reach)
{
	int64_t now;
	sek_status status = sek_db_number(db, &now, "UPDATE brokers SET beat = beat + 1, sessions = ?3, reach = ?4 WHERE name = ?1 AND instance = ?2"
		" RETURNING beat", "ttii", name, instance, sessions, reach);

	return sek_is(status, SEK_E_NOT_FOUND) ? sek_fail(SEK_E_CONFLICT) : status;
}

sek_status sek_store_broker_beat(struct sek_store *s, const char *name, const char *instance, int64_t sessions, int64_t reach)
{
	SEK_STORE_WRITE(s, beat(s->db, name, instance, sessions, reach));
}

static sek_status each(struct sek_db *db, void (*fn)(void *ctx, const struct sek_store_broker *b), void *ctx)
{
	struct sek_store_broker b;
	struct sek_db_query *q = NULL;
	int step;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT name, instance, beat, sessions, started_s, version, reach FROM brokers ORDER BY name", ""));
	while ((step = sek_db_step(q)) == SEK_DB_ROW) {
		memset(&b, 0, sizeof b);
		sek_db_copy(q, 0, b.name, sizeof b.name);
		sek_db_copy(q, 1, b.instance, sizeof b.instance);
		b.beat = sek_db_int(q, 2);
		b.sessions = sek_db_int(q, 3);
		b.started_s = sek_db_int(q, 4);
		sek_db_copy(q, 5, b.version, sizeof b.version);
		b.reach = sek_db_int(q, 6);
		fn(ctx, &b);
	}
	sek_db_finish(q);
	return step == SEK_DB_DONE ? sek_ok() : sek_db_status(db);
}

sek_status sek_store_brokers(struct sek_store *s, void (*fn)(void *ctx, const struct sek_store_broker *b), void *ctx)
{
	SEK_STORE_READ(s, each(s->db, fn, ctx));
}

/* --- orders --- */

static sek_status add(struct sek_db *db, const struct sek_store_order *o, const char *but, int64_t *ret_id)
{
	int64_t id;

	SEK_TRY(sek_store_fits(o->text, SEK_STORE_ORDER_TEXT_BYTES));
	return sek_db_number(db, ret_id ? ret_id : &id, "INSERT INTO orders (broker, ask, session, generation, words)"
		" SELECT broker, ?2, id, generation, ?3 FROM sessions WHERE id = ?1 AND broker <> ?4 RETURNING id", "titt", o->session,
		(int64_t)o->ask, o->text, but);
}

sek_status sek_store_order_add(struct sek_store *s, const struct sek_store_order *order, const char *but, int64_t *ret_id)
{
	SEK_STORE_WRITE(s, add(s->db, order, but, ret_id));
}

static sek_status end(struct sek_db *db, const char *but, const char *user, const char *host, const char *text, int64_t *ret_n)
{
	SEK_TRY(sek_store_fits(text, SEK_STORE_ORDER_TEXT_BYTES));
	SEK_TRY(sek_db_run(db, "INSERT INTO orders (broker, ask, session, generation, words)"
		" SELECT broker, ?1, id, generation, ?2 FROM sessions WHERE broker <> ?3 AND (?4 = 0 OR \"user\" = ?5) AND (?6 = 0 OR host = ?7)",
		"ittitit", (int64_t)SEK_ASK_END, text, but, (int64_t)(user != NULL), user ? user : "", (int64_t)(host != NULL), host ? host : ""));
	*ret_n = sek_db_changes(db);
	return sek_ok();
}

sek_status sek_store_orders_end(struct sek_store *s, const char *but, const char *user, const char *host, const char *text, int64_t *ret_n)
{
	SEK_STORE_WRITE(s, end(s->db, but, user, host, text, ret_n));
}

static sek_status orders(struct sek_db *db, const char *broker, void (*fn)(void *ctx, const struct sek_store_order *order), void *ctx)
{
	struct sek_store_order o;
	struct sek_db_query *q = NULL;
	int step;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT id, ask, session, generation, words FROM orders WHERE broker = ?1 ORDER BY id LIMIT ?2", "ti",
		broker, (int64_t)SEK_STORE_ORDERS_MAX));
	while ((step = sek_db_step(q)) == SEK_DB_ROW) {
		int64_t ask = sek_db_int(q, 1);

		memset(&o, 0, sizeof o);
		o.id = sek_db_int(q, 0);
		o.ask = ask >= 0 && ask < SEK_ASKS ? (enum sek_store_ask)ask : SEK_ASKS; /* SEK_ASKS: a newer program's; nothing is done */
		sek_db_copy(q, 2, o.session, sizeof o.session);
		o.generation = sek_db_int(q, 3);
		o.text = sek_db_text(q, 4);
		if (!o.text)
			o.text = "";
		fn(ctx, &o);
	}
	sek_db_finish(q);
	return step == SEK_DB_DONE ? sek_ok() : sek_db_status(db);
}

sek_status sek_store_orders(struct sek_store *s, const char *broker, void (*fn)(void *ctx, const struct sek_store_order *order), void *ctx)
{
	SEK_STORE_READ(s, orders(s->db, broker, fn, ctx));
}

static sek_status waits(struct sek_db *db, int64_t id, bool *ret)
{
	int64_t n = 0;

	SEK_TRY(sek_db_number(db, &n, "SELECT count(*) FROM orders WHERE id = ?1", "i", id));
	*ret = n > 0;
	return sek_ok();
}

sek_status sek_store_order_waits(struct sek_store *s, int64_t id, bool *ret)
{
	SEK_STORE_READ(s, waits(s->db, id, ret));
}

static sek_status done(struct sek_db *db, const int64_t *ids, size_t n)
{
	/* one by one: an order with a smaller number may have come since */
	for (size_t i = 0; i < n; i++)
		SEK_TRY(sek_db_run(db, "DELETE FROM orders WHERE id = ?1", "i", ids[i]));
	return sek_ok();
}

sek_status sek_store_orders_done(struct sek_store *s, const int64_t *ids, size_t n)
{
	SEK_STORE_WRITE(s, done(s->db, ids, n));
}
