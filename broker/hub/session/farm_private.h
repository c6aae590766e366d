/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the list of render hosts (farm.c) and draining them (drain.c) share.
 */
#ifndef SEK_BROKER_HUB_SESSION_FARM_PRIVATE_H
#define SEK_BROKER_HUB_SESSION_FARM_PRIVATE_H

#include <uv.h>

#include "broker/hub/session/farm.h"

struct sek_watch;
struct sek_probe;

struct host {
	struct host *next;
	struct sek_render_host host; /* its texts are ours, each heap */
	struct sek_watch *watch;     /* NULL: nobody watches */
	bool gone;                   /* removed; kept until no session names it any more */
	bool drain, warned;
	bool reached;                /* the latest connection to a foreign host went well */
	uint64_t tested_ms;
	uint64_t lost_ms;            /* when the latest one did not, 0 = it did, or none was made */
	struct sek_probe *probe;     /* while a foreign host is tested */
	const char *test;            /* what the latest test said */
	uint64_t full_ms;            /* until then others have filled it */
	uint64_t force_ms;           /* when its sessions end, 0 = never; */
	bool forced;                 /* they have: one that is taken over ends, too */
	bool alarm;                  /* drained because it misbehaved */
	uint32_t suspicions;         /* since: */
	uint64_t suspected_ms;
};

struct sek_farm {
	struct sek_sessions *all;
	struct host *first;
	uv_timer_t timer; /* runs while hosts are watched or a drain has an end */
	bool ticking, closing;
};

/* NULL: there is none of that name (any more). */
struct host *sek_farm_host(const struct sek_farm *f, const char *name);
/* This broker's sessions on it, those that are being placed too. */
uint32_t sek_farm_here(const struct sek_farm *f, const struct host *h);
/* The clock runs from now on, as long as it is needed. */
void sek_farm_tick(struct sek_farm *f);
/* Each time that the clock does: warns of a drain's end, and ends. */
void sek_drain_tick(struct sek_farm *f, struct host *h, uint64_t now);

#endif
