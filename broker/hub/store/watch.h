/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Being told by the store that somebody has written, instead of asking again and again. Only PostgreSQL tells (LISTEN and
 * NOTIFY, on a connection of its own); with SQLite, and while the connection is away, only asking shows it
 * (sek_store_changed), so whoever watches goes on asking now and then.
 */
#ifndef SEK_BROKER_HUB_STORE_WATCH_H
#define SEK_BROKER_HUB_STORE_WATCH_H

#include <uv.h>

#include "base/status.h"

#define SEK_STORE_WATCH_LEAST_MS 100 /* between two calls of told, however much is written */

struct sek_store_watch;

/* Calls told on the loop soon after anybody has written, this program too, and whenever the connection is made: what was
 * missed meanwhile is not told. Never fails because the server is away. *ret is NULL if `where` is no PostgreSQL. SEK_E_NOMEM. */
sek_status sek_store_watch_start(uv_loop_t *loop, const char *where, void (*told)(void *user), void *user,
	struct sek_store_watch **ret);
/* told is not called any more; everything is freed once the loop has run the closing of the handles. Accepts NULL. */
void sek_store_watch_stop(struct sek_store_watch *w);

#endif
