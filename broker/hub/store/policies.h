/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Policy values in the store and the history of every change: who, when, why, before, after. Values come checked and in
 * their one form (policy/policy.h); here they are text. Rules of store.h hold.
 */
#ifndef SEK_BROKER_HUB_STORE_POLICIES_H
#define SEK_BROKER_HUB_STORE_POLICIES_H

#include "broker/hub/store/people.h"

#define SEK_STORE_WHY_BYTES 1024     /* a reason, with its end */
#define SEK_STORE_SCOPE_BYTES 16     /* "site", "group", "user" and, in the history, what else changed */
#define SEK_STORE_ATTRIBUTE_BYTES 40

struct sek_store_policy {
	const char *scope;     /* "site", "group", "user" */
	const char *name;      /* of the group or the user, "" for the site */
	const char *attribute;
	const char *value;     /* JSON text */
	int64_t version;       /* the change that put it there */
};

/* The values that stand at one place. An unknown group or user has none. */
sek_status sek_store_policies_at(struct sek_store *s, const char *scope, const char *name,
	void (*fn)(void *ctx, const struct sek_store_policy *p), void *ctx);
/* What bears on one user: the site's, the user's groups', the user's own. */
sek_status sek_store_policies_of(struct sek_store *s, const char *user,
	void (*fn)(void *ctx, const struct sek_store_policy *p), void *ctx);
/* Everything, and everybody's groups: what the broker keeps in memory. Both in one transaction. */
sek_status sek_store_policies_all(struct sek_store *s, void (*policy)(void *ctx, const struct sek_store_policy *p),
	void (*member)(void *ctx, const char *user, const char *group), void *ctx);
/* A number that grows with every write to policies, groups and memberships by anybody, this handle too. */
sek_status sek_store_policies_stamp(struct sek_store *s, int64_t *ret);

enum sek_change_status { SEK_CHANGE_PENDING, SEK_CHANGE_APPLIED, SEK_CHANGE_REFUSED };

/* One line of the history. before, after: JSON text, NULL = nothing stood or stands there. */
struct sek_store_change {
	int64_t id;
	const char *scope, *name, *attribute;
	const char *before, *after;
	unsigned effect;       /* enum sek_policy_change; 0 where that has no meaning */
	int64_t expected;      /* version that it replaces */
	const char *who, *why;
	int64_t at_s;
	enum sek_change_status status;
	const char *second, *second_why; /* who approved or refused it, "" = nobody yet */
	int64_t second_s;
};

/* Asks for a value (NULL: takes it away) at a place, or sets it at once. `expected` is the version of the value that the
 * administrator saw, 0 if there was none: SEK_E_CONFLICT if another stands there now; nothing was written. SEK_E_NOT_FOUND:
 * no such group or user. SEK_E_EXISTS: the same change waits already. effect: as sek_policy_compare said. pending: wait for a
 * second administrator. *ret_id: the change; also the value's new version once applied. */
sek_status sek_store_policy_set(struct sek_store *s, const char *scope, const char *name, const char *attribute,
	const char *value, int64_t expected, unsigned effect, bool pending, const struct sek_store_actor *by, int64_t *ret_id);
/* A second administrator's word. SEK_E_NOT_FOUND: no such change waits. SEK_E_DENIED: the one who asked cannot approve it
 * (but can take it back: approve = false). SEK_E_CONFLICT: the value has changed since it was asked for; it stays pending
 * and can only be refused. */
sek_status sek_store_change_decide(struct sek_store *s, int64_t id, bool approve, const struct sek_store_actor *by);

/* Puts a change of something else than policy on the record; for callers that are not inside the store. */
sek_status sek_store_change_add(struct sek_store *s, const char *scope, const char *name, const char *attribute,
	const char *before, const char *after, const struct sek_store_actor *by);
struct sek_store_changes_query {
	const char *scope, *name; /* NULL = any; name needs scope */
	const char *search;       /* in name, attribute, who, why; "" = all */
	bool pending_only;
	int64_t before_id;        /* page: ids less than this, 0 = newest */
	unsigned limit;           /* 1 to SEK_STORE_PAGE_MAX */
};
/* Newest first. */
sek_status sek_store_changes_page(struct sek_store *s, const struct sek_store_changes_query *q,
	void (*fn)(void *ctx, const struct sek_store_change *c), void *ctx, uint64_t *ret_total);

#endif
