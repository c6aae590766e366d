/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A simulator of discrete events: a clock, a queue of what happens when, chance from a seed, and stations at which one waits for one of
 * several servers, first come first served. The same seed gives the same run on every machine. Knows nothing of sites.
 */
#ifndef SEK_CLIENT_LOAD_PLAN_SIM_H
#define SEK_CLIENT_LOAD_PLAN_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim;
typedef void sim_fn(struct sim *s, void *user, uint64_t who);

/* NULL: no memory. */
struct sim *sim_create(uint64_t seed);
void sim_destroy(struct sim *s);
double sim_now(const struct sim *s);
/* Calls fn(user, who) at that time (not before now). Events of the same time happen in the order in which they were set. */
void sim_at(struct sim *s, double time, sim_fn *fn, void *user, uint64_t who);
/* Until nothing more is to happen, or that time. False: memory ran out on the way and the run means nothing. */
bool sim_run(struct sim *s, double until);

double sim_uniform(struct sim *s, double from, double to);
double sim_exponential(struct sim *s, double mean);
double sim_normal(struct sim *s, double mean, double deviation);

struct sim_station;
/* queue_most: who may wait; more are turned away. */
struct sim_station *sim_station_create(struct sim *s, unsigned servers, size_t queue_most);
void sim_station_destroy(struct sim_station *t);
/* Stands in the queue for service_s seconds of one server; done is called when it is over. False: turned away. */
bool sim_station_enter(struct sim_station *t, double service_s, sim_fn *done, void *user, uint64_t who);
size_t sim_station_waiting(const struct sim_station *t);
unsigned sim_station_busy(const struct sim_station *t);
/* Of all who were served or are being served: mean time in the queue, s. */
double sim_station_mean_wait(const struct sim_station *t);
size_t sim_station_longest(const struct sim_station *t); /* queue ever */

#endif
