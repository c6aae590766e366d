/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The render hosts: which there are, how they are, and which one a new session is put on. Must never choose one that is
 * full, draining, older than the site allows, sick, out of contact, or of a pool that the session's policy does not name; nor a foreign one for a policy that
 * restricts addresses, which nobody there would see to.
 */
#ifndef SEK_BROKER_HUB_SESSION_FARM_H
#define SEK_BROKER_HUB_SESSION_FARM_H

#include "broker/hub/session/session.h"

#define SEK_FARM_HOSTS_MAX 256

struct sek_farm;

/* With the hosts of all->config; sets all->farm. */
sek_status sek_farm_create(struct sek_sessions *all);
void sek_farm_stop(struct sek_farm *f);    /* watches no longer */
void sek_farm_destroy(struct sek_farm *f); /* NULL is fine */

/* What a connection to a foreign host came to; nothing for others. host may be gone from the list. */
void sek_farm_reached(struct sek_farm *f, const struct sek_render_host *host, bool well);

/* A session has ended with a state that speaks of an attack from its host's side. True: that was one too many, the host is out of
 * service now. */
bool sek_farm_suspect(struct sek_sessions *all, const struct sek_render_host *host, enum sek_state state);

/* The host of that name; NULL: there is none (any more). */
const struct sek_render_host *sek_farm_find(const struct sek_sessions *all, const char *name);

/* How many sessions of all brokers together the host has room for, as far as is known; 0 = not known. */
uint32_t sek_farm_room(const struct sek_farm *f, const struct sek_render_host *host);
/* Others have filled it: it is left out until it has told of itself again. */
void sek_farm_full(struct sek_farm *f, const struct sek_render_host *host);
/* Whether it is still in the list, and takes sessions. */
bool sek_farm_takes(const struct sek_sessions *all, const struct sek_render_host *host);

/* Where this session, whose wish and policy are known, will be best; NULL and *ret_why if there is no such host. */
const struct sek_render_host *sek_farm_choose(const struct sek_session *s, enum sek_state *ret_why);

#endif
