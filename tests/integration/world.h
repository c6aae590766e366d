/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A farm of two render hosts, and a session manager that uses it: everything is real but the network between client and
 * broker.
 */
#ifndef SEK_TESTS_INTEGRATION_WORLD_H
#define SEK_TESTS_INTEGRATION_WORLD_H

#include "tests/support/farm.h"
#include "tests/support/procs.h"
#include "tests/support/stream.h"

struct world {
	struct farm farm;
	uv_loop_t loop;
	uv_timer_t ticker;
	struct sek_render_host hosts[FARM_HOSTS];
	struct sek_sessions_config config;
	struct sek_sessions *all;
	char events[8192];
	bool stopped;
};

enum { WORLD_UP_MS = 30000, WORLD_END_MS = 20000 };
#define WORLD_UNTIL(w, ms, cond) LOOP_UNTIL(&(w)->loop, ms, cond)

void world_init(struct world *w);   /* makes everything, starts the render hosts */
void world_start(struct world *w);  /* the session manager; change w->config before */
void world_stop(struct world *w);   /* ends every session; world_finish does it too */
void world_finish(struct world *w); /* stops everything and looks for what is left */
bool world_saw(const struct world *w, const char *event);
void world_run_ms(struct world *w, uint64_t ms);
/* Attaches a client that paints and waits until it sees something. The first user's session is on host 0, the second's
 * on host 1. */
void world_up(struct world *w, const char *user, struct stream *c);
int world_decoder(struct world *w, const char *user);
int world_encoder(struct world *w, const char *user);
uint16_t world_state(struct world *w, const char *user); /* 0: no session */
/* Proves that a session goes on: what its client types changes its picture. */
void world_goes_on(struct world *w, struct stream *c);
/* The process of a session, among the descendants of its render host; 0 = none. */
pid_t world_find(struct world *w, int host, const char *comm);

#endif
