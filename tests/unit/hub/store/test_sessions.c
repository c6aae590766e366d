/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of sessions: put, put anew, listed the oldest first, deleted; what is too long is refused whole.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "broker/hub/store/brokers.h"
#include "tests/unit/hub/store/where.h"

#define OK(call) ck_assert(sek_is_ok(call))
#define A "00000000000000000000000000000001"
#define B "00000000000000000000000000000002"

static char folder[64], path[96], err[512];
static struct sek_store *store;

static void set_up(void)
{
	snprintf(folder, sizeof folder, "/tmp/sek-store-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/broker.db", folder);
	OK(sek_store_open(where_of(path), &store, err, sizeof err));
}

static void tear_down(void)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char name[128];

	sek_store_close(store);
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "%s%s", path, ends[i]);
		unlink(name);
	}
	rmdir(folder);
}

struct seen {
	size_t n;
	struct sek_store_session rows[4];
	char own[4][64];
};

static void look(void *ctx, const struct sek_store_session *row)
{
	struct seen *s = ctx;

	s->rows[s->n] = *row;
	snprintf(s->own[s->n], sizeof s->own[0], "%s", row->own);
	s->n++;
}

static struct sek_store_session sample(const char *id, int64_t opened_s)
{
	struct sek_store_session r = { .broker = "b1", .generation = 1, .host = "render1", .lang = 1, .width_px = 800, .height_px = 600,
		.scale_percent = 150, .opened_s = opened_s, .started_s = opened_s + 1, .recording = B, .own = "{\"max_fps\":7}" };

	snprintf(r.id, sizeof r.id, "%s", id);
	snprintf(r.user, sizeof r.user, "taro' --%s", id);
	return r;
}

START_TEST(rows_come_and_go)
{
	struct sek_store_session a = sample(A, 20), b = sample(B, 10);
	struct seen seen = { 0 };

	OK(sek_store_session_put(store, &a));
	OK(sek_store_session_put(store, &b));
	a.width_px = 1024;
	a.own = "";
	OK(sek_store_session_put(store, &a));
	sek_store_close(store);
	OK(sek_store_open(where_of(path), &store, err, sizeof err)); /* as after a kill */
	OK(sek_store_sessions(store, NULL, look, &seen));
	ck_assert_uint_eq(seen.n, 2);
	ck_assert_str_eq(seen.rows[0].id, B);
	ck_assert_str_eq(seen.own[0], "{\"max_fps\":7}");
	ck_assert_str_eq(seen.rows[0].user, "taro' --" B);
	ck_assert_str_eq(seen.rows[0].host, "render1");
	ck_assert_str_eq(seen.rows[0].recording, B);
	ck_assert(seen.rows[0].lang == 1 && seen.rows[0].width_px == 800 && seen.rows[0].height_px == 600);
	ck_assert(seen.rows[0].scale_percent == 150 && seen.rows[0].opened_s == 10 && seen.rows[0].started_s == 11);
	ck_assert_str_eq(seen.rows[1].id, A);
	ck_assert_uint_eq(seen.rows[1].width_px, 1024);
	ck_assert_str_eq(seen.own[1], "");
	OK(sek_store_session_delete(store, A, "b1", 1));
	OK(sek_store_session_delete(store, A, "b1", 1));
	seen.n = 0;
	OK(sek_store_sessions(store, NULL, look, &seen));
	ck_assert_uint_eq(seen.n, 1);
	ck_assert_str_eq(seen.rows[0].id, B);
}
END_TEST

START_TEST(what_is_not_sound_is_refused)
{
	struct sek_store_session a = sample("short", 20);
	char *endless = malloc(2000000);
	struct seen seen = { 0 };

	ck_assert(!sek_is_ok(sek_store_session_put(store, &a)));
	a = sample(A, 20);
	memset(endless, 'x', 1999999);
	endless[1999999] = '\0';
	a.own = endless;
	ck_assert(sek_is(sek_store_session_put(store, &a), SEK_E_LIMIT));
	free(endless);
	OK(sek_store_sessions(store, NULL, look, &seen));
	ck_assert_uint_eq(seen.n, 0);
}
END_TEST

struct given {
	struct sek_store_session row;
	char from[SEK_STORE_BROKER_BYTES];
};

static void give(void *ctx, const struct sek_store_session *row, const char *from)
{
	struct given *g = ctx;

	g->row = *row;
	snprintf(g->from, sizeof g->from, "%s", from);
}

static enum sek_store_claim claim(const char *broker, const char *have, const char *fresh, struct given *g)
{
	enum sek_store_claim c = SEK_CLAIM_MINE;

	memset(g, 0, sizeof *g);
	OK(sek_store_session_claim(store, broker, "taro", have, fresh, 100, &c, give, g));
	return c;
}

struct orders {
	size_t n;
	struct sek_store_order rows[4];
	char text[4][32];
};

static void look_orders(void *ctx, const struct sek_store_order *o)
{
	struct orders *all = ctx;

	all->rows[all->n] = *o;
	snprintf(all->text[all->n++], 32, "%s", o->text);
}

static struct orders orders_of(const char *broker)
{
	struct orders all = { 0 };

	OK(sek_store_orders(store, broker, look_orders, &all));
	return all;
}

/* One session for a user, whichever broker they come to. */
START_TEST(a_session_changes_hands)
{
	struct sek_store_session row = sample(A, 20);
	struct given g;
	struct orders o;
	int64_t done[2];
	bool held;

	ck_assert(claim("b1", "", "", &g) == SEK_CLAIM_NONE);
	ck_assert(claim("b1", "", A, &g) == SEK_CLAIM_NEW);
	ck_assert(strcmp(g.row.id, A) == 0 && strcmp(g.row.broker, "b1") == 0 && g.row.generation == 1 && !g.row.host[0]);
	ck_assert(claim("b2", "", "", &g) == SEK_CLAIM_NONE); /* it has not run yet */
	ck_assert(claim("b1", A, B, &g) == SEK_CLAIM_MINE);
	snprintf(row.user, sizeof row.user, "taro");
	OK(sek_store_session_put(store, &row));
	ck_assert(claim("b2", "", "", &g) == SEK_CLAIM_TAKEN); /* none had to be made */
	ck_assert(strcmp(g.row.id, A) == 0 && strcmp(g.row.broker, "b2") == 0 && g.row.generation == 2 && strcmp(g.from, "b1") == 0);
	ck_assert_str_eq(g.row.host, "render1");
	/* whoever held it can neither write nor delete it, and is told */
	ck_assert(sek_is(sek_store_session_put(store, &row), SEK_E_CONFLICT));
	OK(sek_store_session_delete(store, A, "b1", 1));
	OK(sek_store_session_held(store, A, "b1", 1, &held));
	ck_assert(!held);
	OK(sek_store_session_held(store, A, "b2", 2, &held));
	ck_assert(held);
	o = orders_of("b1");
	ck_assert(o.n == 1 && o.rows[0].ask == SEK_ASK_LET_GO && o.rows[0].generation == 1);
	ck_assert_str_eq(o.rows[0].session, A);
	ck_assert_uint_eq(orders_of("b2").n, 0);
	done[0] = o.rows[0].id;
	OK(sek_store_orders_done(store, done, 1));
	ck_assert_uint_eq(orders_of("b1").n, 0);
	/* and back */
	ck_assert(claim("b1", A, B, &g) == SEK_CLAIM_TAKEN);
	ck_assert_int_eq(g.row.generation, 3);
	/* one of its own that it has no longer in memory is nobody's */
	ck_assert(claim("b1", "", B, &g) == SEK_CLAIM_NEW);
	ck_assert_str_eq(g.row.id, B);
	/* one that never ran is not taken over, but gives way */
	ck_assert(claim("b2", "", A, &g) == SEK_CLAIM_NEW);
	ck_assert(strcmp(g.row.id, A) == 0 && g.row.generation == 1);
	o = orders_of("b1");
	ck_assert(o.n == 1 && strcmp(o.rows[0].session, B) == 0);
}
END_TEST

/* Of two that are as patient, one has it. */
START_TEST(taken_once)
{
	struct sek_store_session row = sample(A, 20);
	struct seen seen = { 0 };

	OK(sek_store_session_put(store, &row));
	OK(sek_store_session_take(store, A, "b1", 1, "b2"));
	ck_assert(sek_is(sek_store_session_take(store, A, "b1", 1, "b3"), SEK_E_CONFLICT));
	ck_assert(sek_is(sek_store_session_take(store, B, "b1", 1, "b3"), SEK_E_CONFLICT));
	OK(sek_store_sessions(store, "b1", look, &seen));
	ck_assert_uint_eq(seen.n, 0);
	OK(sek_store_sessions(store, "b2", look, &seen));
	ck_assert(seen.n == 1 && seen.rows[0].generation == 2);
}
END_TEST

static struct sek_store_broker started(const char *name, const char *instance)
{
	struct sek_store_broker b = { .started_s = 7 };

	snprintf(b.name, sizeof b.name, "%s", name);
	snprintf(b.instance, sizeof b.instance, "%s", instance);
	snprintf(b.version, sizeof b.version, "1");
	OK(sek_store_broker_start(store, &b));
	return b;
}

static void look_brokers(void *ctx, const struct sek_store_broker *b)
{
	struct sek_store_broker **at = ctx;

	*(*at)++ = *b;
}

START_TEST(brokers_beat)
{
	struct sek_store_session row = sample(A, 20), old = sample(B, 30);
	struct sek_store_broker all[3], *at = all;
	struct seen seen = { 0 };

	old.broker[0] = '\0'; /* of a program that knew of one broker only */
	OK(sek_store_session_put(store, &row));
	OK(sek_store_session_put(store, &old));
	started("b2", "i1");
	started("b1", "i2");
	OK(sek_store_sessions(store, "b2", look, &seen));
	ck_assert(seen.n == 1 && strcmp(seen.rows[0].id, B) == 0);
	seen.n = 0;
	OK(sek_store_sessions(store, "b1", look, &seen));
	ck_assert(seen.n == 1 && seen.rows[0].generation == 2); /* what held it before its start does not any more */
	OK(sek_store_broker_beat(store, "b1", "i2", 5, 2));
	OK(sek_store_brokers(store, look_brokers, &at));
	ck_assert(at - all == 2 && strcmp(all[0].name, "b1") == 0 && all[0].beat == 2 && all[0].sessions == 5 && all[1].beat == 1);
	started("b1", "i3");
	ck_assert(sek_is(sek_store_broker_beat(store, "b1", "i2", 5, 2), SEK_E_CONFLICT));
	OK(sek_store_broker_beat(store, "b1", "i3", 5, -1));
}
END_TEST

START_TEST(orders_find_the_holder)
{
	struct sek_store_session row = sample(A, 20);
	struct sek_store_order o = { .ask = SEK_ASK_MESSAGE, .session = A, .text = "go home" };
	struct orders got;
	int64_t n, id;
	bool waits;

	ck_assert(sek_is(sek_store_order_add(store, &o, "b2", NULL), SEK_E_NOT_FOUND));
	OK(sek_store_session_put(store, &row));
	OK(sek_store_order_add(store, &o, "b2", NULL));
	o.ask = SEK_ASK_END;
	o.text = "";
	OK(sek_store_order_add(store, &o, "b2", NULL));
	got = orders_of("b1");
	ck_assert(got.n == 2 && got.rows[0].ask == SEK_ASK_MESSAGE && got.rows[1].ask == SEK_ASK_END);
	ck_assert_str_eq(got.text[0], "go home");
	ck_assert(sek_is(sek_store_order_add(store, &o, "b1", &id), SEK_E_NOT_FOUND)); /* it has it itself */
	OK(sek_store_order_add(store, &o, "b2", &id));
	OK(sek_store_order_waits(store, id, &waits));
	ck_assert(waits);
	OK(sek_store_orders_done(store, &id, 1));
	OK(sek_store_order_waits(store, id, &waits));
	ck_assert(!waits);
	OK(sek_store_orders_end(store, "b1", NULL, NULL, "", &n));
	ck_assert_int_eq(n, 0);
	OK(sek_store_orders_end(store, "b2", "nobody", NULL, "", &n));
	ck_assert_int_eq(n, 0);
	OK(sek_store_orders_end(store, "b2", row.user, NULL, "", &n));
	ck_assert_int_eq(n, 1);
	OK(sek_store_orders_end(store, "b2", NULL, "render2", "", &n));
	ck_assert_int_eq(n, 0);
	OK(sek_store_orders_end(store, "b2", NULL, "render1", "bye", &n));
	ck_assert_int_eq(n, 1);
	got = orders_of("b1");
	ck_assert(got.n == 4 && got.rows[3].ask == SEK_ASK_END && strcmp(got.rows[3].session, A) == 0);
	ck_assert_str_eq(got.text[3], "bye");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hub.store.sessions");
	TCase *all = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_add_test(all, rows_come_and_go);
	tcase_add_test(all, what_is_not_sound_is_refused);
	tcase_add_test(all, a_session_changes_hands);
	tcase_add_test(all, taken_once);
	tcase_add_test(all, brokers_beat);
	tcase_add_test(all, orders_find_the_holder);
	suite_add_tcase(suite, all);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
