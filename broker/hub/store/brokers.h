/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The brokers on one store, and what they ask of each other. No clocks are compared: a broker lives as long as its beat goes on, which
 * each of the others watches by its own clock. The rules of store.h hold.
 */
#ifndef SEK_BROKER_HUB_STORE_BROKERS_H
#define SEK_BROKER_HUB_STORE_BROKERS_H

#include "broker/hub/store/sessions.h"

struct sek_store_broker {
	char name[SEK_STORE_BROKER_BYTES];
	char instance[33];          /* hex, anew at each start */
	int64_t beat;               /* one more each time that it says that it lives */
	int64_t sessions;           /* as it last said */
	int64_t reach;              /* how many render hosts it heard of when it last said so; -1: it does not say, or watches none */
	int64_t started_s;          /* by its own clock, for people */
	char version[32];
};

/* The broker has started: from now on the name is this instance's. Its sessions, and those of nobody, are held by it alone. SEK_E_LIMIT: a text is too long. */
sek_status sek_store_broker_start(struct sek_store *s, const struct sek_store_broker *b);
/* It lives, with so many sessions, and reaches so many hosts. SEK_E_CONFLICT: another process has started under this name. */
sek_status sek_store_broker_beat(struct sek_store *s, const char *name, const char *instance, int64_t sessions, int64_t reach);
/* In the order of names. */
sek_status sek_store_brokers(struct sek_store *s, void (*fn)(void *ctx, const struct sek_store_broker *b), void *ctx);

/* Each is about one session, so that one which comes too late does nothing. */
enum sek_store_ask { SEK_ASK_LET_GO, SEK_ASK_END, SEK_ASK_MESSAGE, SEK_ASK_OVERRIDE, SEK_ASKS };

struct sek_store_order {
	int64_t id;
	enum sek_store_ask ask;
	char session[33];
	int64_t generation;         /* LET_GO: up to this one */
	const char *text;           /* MESSAGE, END: for the user, "" = none; OVERRIDE: JSON (admin.h); good during the call */
};
#define SEK_STORE_ORDER_TEXT_BYTES 262144 /* two values of a policy, and more */

/* For the broker that holds order->session; *ret_id (NULL is fine): the order's. SEK_E_NOT_FOUND: nobody does, or `but` itself. */
sek_status sek_store_order_add(struct sek_store *s, const struct sek_store_order *order, const char *but, int64_t *ret_id);
/* The other brokers than `but` are to end the sessions that run of that user, on that host, or (both NULL) all of theirs; text: for their
 * users, "" = none. *ret_n: how many. */
sek_status sek_store_orders_end(struct sek_store *s, const char *but, const char *user, const char *host, const char *text, int64_t *ret_n);
/* The orders for that broker, the oldest first, at most SEK_STORE_ORDERS_MAX. */
#define SEK_STORE_ORDERS_MAX 256
sek_status sek_store_orders(struct sek_store *s, const char *broker, void (*fn)(void *ctx, const struct sek_store_order *order), void *ctx);
/* *ret: whether that one has not been carried out yet. */
sek_status sek_store_order_waits(struct sek_store *s, int64_t id, bool *ret);
/* Those n were carried out. */
sek_status sek_store_orders_done(struct sek_store *s, const int64_t *ids, size_t n);

#endif
