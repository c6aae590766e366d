/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The render host as a whole: loop, listening socket, slots, and what links (peer.h) and sessions (session.h) need of each
 * other. Everything runs on the one loop.
 */
#ifndef SEK_RENDERD_HOST_H
#define SEK_RENDERD_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include <uv.h>

#include "render-host/renderd/ages.h"
#include "render-host/renderd/cgroup.h"
#include "render-host/renderd/config.h"
#include "render-host/renderd/counts.h"
#include "render-host/renderd/trust.h"

struct sek_peer;
struct sek_live; /* a session, session.h */
struct sek_warm; /* warm.c */
struct sek_pages; /* pages.c */

struct sek_host {
	uv_loop_t loop;
	const struct sek_renderd_config *config;
	struct sek_trust trust;
	struct sek_cgroups *cgroups;
	int uid_lock;            /* holds our range of uids against other render hosts of this machine */
	int listen_fd;
	bool made_directory;
	uv_poll_t listener;
	uv_signal_t term, interrupt, child, drain;
	uv_timer_t watchdog;     /* only without cgroups */
	uv_timer_t refresh;      /* refresh.c */
	unsigned refresh_level;
	uint64_t refresh_since_ms;
	uv_timer_t accept_again; /* after descriptors had run out */
	struct sek_peer *links;  /* list, newest first */
	size_t n_links, half_open;
	struct sek_live **slots; /* NULL = free */
	size_t n_slots;
	size_t n_sessions; /* slots that are taken, by warm ones too */
	struct sek_warm *warm;   /* NULL: none are kept */
	struct sek_pages *pages; /* NULL: no page of numbers */
	struct sek_counts counts;
	struct sek_ages ages;
	bool stopping;
	bool draining;           /* no new sessions; ends with the last one */
	int result;
};

/* Locks the uids, clears what a former run left behind, listens. On failure the log says why. */
sek_status sek_host_start(struct sek_host *h, const struct sek_renderd_config *config);
/* Runs until stopped by a signal; everything is gone then. Returns the exit code. */
int sek_host_run(struct sek_host *h);

/* A session or link has been freed: when stopping, the last one ends the loop. */
void sek_host_settle(struct sek_host *h);

#endif
