/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The simulator: order, chance that repeats, queues whose waits are known by formula; and a site's day.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client/load/plan/day.h"
#include "client/load/plan/sim.h"

/* --- events and chance --- */

static uint64_t seen[64];
static size_t seen_n;

static void note(struct sim *s, void *user, uint64_t who)
{
	(void)s;
	(void)user;
	seen[seen_n++] = who;
}

START_TEST(events_happen_in_order)
{
	static const double times[] = { 5, 1, 3, 1, 4, 1, 2, 9, 0, 3 };
	static const uint64_t order[] = { 8, 1, 3, 5, 6, 2, 9, 4, 0 };
	struct sim *s = sim_create(1);

	for (uint64_t i = 0; i < 10; i++)
		sim_at(s, times[i], note, NULL, i);
	ck_assert(sim_run(s, 8));
	ck_assert_uint_eq(seen_n, 9); /* the one at 9 is still to come */
	ck_assert_mem_eq(seen, order, sizeof order);
	ck_assert_double_eq_tol(sim_now(s), 5, 1e-12);
	ck_assert(sim_run(s, 100));
	ck_assert_uint_eq(seen[9], 7);
	sim_destroy(s);
	sim_destroy(NULL);
}
END_TEST

START_TEST(chance_repeats_and_has_the_right_means)
{
	struct sim *a = sim_create(7), *b = sim_create(7), *c = sim_create(8);
	double u = 0, e = 0, n = 0, nn = 0;
	int same = 0;

	for (int i = 0; i < 20000; i++) {
		double x = sim_uniform(a, 2, 4), y = sim_exponential(a, 3), z = sim_normal(a, 10, 2);

		ck_assert(x > 2 && x < 4 && y > 0);
		u += x;
		e += y;
		n += z;
		nn += (z - 10) * (z - 10);
		same += fabs(sim_uniform(b, 2, 4) - x) < 1e-12;
		sim_exponential(b, 1);
		sim_normal(b, 0, 1);
		same -= fabs(sim_uniform(c, 2, 4) - x) < 1e-12;
	}
	ck_assert_int_eq(same, 20000);
	ck_assert_double_eq_tol(u / 20000, 3, 0.02);
	ck_assert_double_eq_tol(e / 20000, 3, 0.1);
	ck_assert_double_eq_tol(n / 20000, 10, 0.06);
	ck_assert_double_eq_tol(sqrt(nn / 20000), 2, 0.06);
	sim_destroy(a);
	sim_destroy(b);
	sim_destroy(c);
}
END_TEST

/* --- queues --- */

struct shop {
	struct sim_station *station;
	double arrivals_s, service_s; /* means; 0: service always takes 1 s */
	uint64_t left, served, refused;
};

static void served(struct sim *s, void *user, uint64_t who)
{
	(void)s;
	(void)who;
	((struct shop *)user)->served++;
}

static void arrive(struct sim *s, void *user, uint64_t who)
{
	struct shop *shop = user;

	if (!sim_station_enter(shop->station, shop->service_s > 0 ? sim_exponential(s, shop->service_s) : 1, served, shop, who))
		shop->refused++;
	if (--shop->left > 0)
		sim_at(s, sim_now(s) + sim_exponential(s, shop->arrivals_s), arrive, shop, who + 1);
}

/* Mean time in the queue of c servers with exponential arrivals and service (Erlang's second formula). */
static double erlang_wait(unsigned c, double arrivals_s, double service_s)
{
	double a = service_s / arrivals_s, term = 1, sum = 1, waits;

	for (unsigned k = 1; k < c; k++) {
		term *= a / k;
		sum += term;
	}
	term *= a / c;
	waits = term * c / (c - a);
	return waits / (sum + waits) * service_s / (c - a);
}

static const struct {
	unsigned servers;
	double load; /* of each server */
} shops[] = { { 1, 0.5 }, { 1, 0.8 }, { 2, 0.7 }, { 4, 0.8 }, { 16, 0.9 } };

START_TEST(a_queue_waits_as_the_formula_says)
{
	unsigned c = shops[_i].servers;
	struct sim *s = sim_create(11);
	struct shop shop = { .station = sim_station_create(s, c, SIZE_MAX), .arrivals_s = 1 / (c * shops[_i].load), .service_s = 1, .left = 400000 };
	double expected = erlang_wait(c, shop.arrivals_s, 1);

	sim_at(s, 0, arrive, &shop, 0);
	ck_assert(sim_run(s, INFINITY));
	ck_assert_uint_eq(shop.served, 400000);
	ck_assert_uint_eq(shop.refused, 0);
	ck_assert_msg(fabs(sim_station_mean_wait(shop.station) / expected - 1) < 0.06, "%f instead of %f", sim_station_mean_wait(shop.station), expected);
	ck_assert_uint_eq(sim_station_busy(shop.station), 0);
	sim_station_destroy(shop.station);
	sim_destroy(s);
}
END_TEST

START_TEST(a_full_queue_turns_away)
{
	struct sim *s = sim_create(1);
	struct shop shop = { .station = sim_station_create(s, 2, 3) };

	for (uint64_t i = 0; i < 10; i++)
		shop.refused += !sim_station_enter(shop.station, 1, served, &shop, i);
	ck_assert_uint_eq(shop.refused, 5); /* two are served, three wait */
	ck_assert_uint_eq(sim_station_waiting(shop.station), 3);
	ck_assert(sim_run(s, INFINITY));
	ck_assert_uint_eq(shop.served, 5);
	ck_assert_double_eq_tol(sim_now(s), 3, 1e-9);
	ck_assert_double_eq_tol(sim_station_mean_wait(shop.station), (1 + 1 + 2) / 5.0, 1e-9);
	ck_assert_uint_eq(sim_station_longest(shop.station), 3);
	sim_station_destroy(shop.station);
	sim_destroy(s);
}
END_TEST

/* --- a day --- */

static struct day_config config(void)
{
	return (struct day_config){ .seed = 3, .sessions = 300, .hosts = 6, .sessions_a_host = 60, .warm = 4, .start_slots = 4, .rush_s = 300,
		.lose_host = true, .hash_s = 0.075, .warm_s = 0.3, .cold_s = 1, .start_cpu_s = 1, .hash_workers = 2, .hash_queue = 128 };
}

START_TEST(a_day_repeats)
{
	struct day_config c = config();
	struct day a, b;

	ck_assert(day_simulate(&c, &a) && day_simulate(&c, &b));
	ck_assert_mem_eq(a.parts, b.parts, sizeof a.parts);
	ck_assert_double_eq_tol(a.back_s, b.back_s, 1e-12);
	c.seed = 4;
	ck_assert(day_simulate(&c, &b));
	ck_assert(a.lost_with_host != b.lost_with_host || fabs(a.back_s - b.back_s) > 1e-9);
}
END_TEST

START_TEST(a_farm_with_room_serves_everybody)
{
	struct day_config c = config();
	struct day d;

	ck_assert(day_simulate(&c, &d));
	ck_assert_uint_eq(d.parts[DAY_MORNING].n, 300);
	ck_assert_uint_eq(d.parts[DAY_HOST_LOST].n, d.lost_with_host);
	ck_assert_uint_ge(d.lost_with_host, 50);
	ck_assert_uint_gt(d.parts[DAY_AFTER_LUNCH].n, 200);
	ck_assert_uint_eq(d.sessions_most, 300);
	ck_assert_uint_eq(d.never, 0);
	ck_assert_double_eq_tol(d.parts[DAY_MORNING].p50_s, 0.375, 0.001);
	for (int i = 0; i < DAY_PARTS; i++)
		ck_assert_uint_eq(d.parts[i].busy + d.parts[i].full, 0);
	ck_assert(d.back_s > 20 && d.back_s < 40);
}
END_TEST

START_TEST(what_is_too_little_shows)
{
	struct day_config c = config();
	struct day d;

	c.warm = 0;
	ck_assert(day_simulate(&c, &d));
	ck_assert_uint_eq(d.parts[DAY_MORNING].cold, 300);
	ck_assert_double_eq_tol(d.parts[DAY_MORNING].p50_s, 1.075, 0.001);

	c = config();
	c.rush_s = 0; /* all in the same moment: 2 at work, 128 wait, the others are told to come back */
	ck_assert(day_simulate(&c, &d));
	ck_assert_uint_eq(d.hash_longest, 128);
	ck_assert_uint_ge(d.parts[DAY_MORNING].busy, 170);
	ck_assert_uint_eq(d.never, 0);
	ck_assert_double_gt(d.parts[DAY_MORNING].most_s, 5);

	c = config();
	c.hosts = 5; /* exactly full, and then one is lost */
	ck_assert(day_simulate(&c, &d));
	ck_assert_uint_gt(d.parts[DAY_HOST_LOST].full, 60);
	ck_assert_uint_ge(d.never, 60);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sim");
	TCase *c = tcase_create("sim");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_set_timeout(c, 60);
	tcase_add_test(c, events_happen_in_order);
	tcase_add_test(c, chance_repeats_and_has_the_right_means);
	tcase_add_loop_test(c, a_queue_waits_as_the_formula_says, 0, sizeof shops / sizeof shops[0]);
	tcase_add_test(c, a_full_queue_turns_away);
	tcase_add_test(c, a_day_repeats);
	tcase_add_test(c, a_farm_with_room_serves_everybody);
	tcase_add_test(c, what_is_too_little_shows);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
