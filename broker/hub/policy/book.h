/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * All policy values and memberships of the store, kept in memory and brought up to date within a quarter of a second of
 * any write by anybody, so that a session's policy is at hand without asking the disk, and while the store is locked. Must
 * never forget what it knows because the store cannot be read.
 */
#ifndef SEK_BROKER_HUB_POLICY_BOOK_H
#define SEK_BROKER_HUB_POLICY_BOOK_H

#include <uv.h>

#include "broker/hub/policy/policy.h"

#define SEK_POLICY_BOOK_LOOK_MS 250

struct sek_policy_book;

/* Opens the store with a handle of its own and loads (blocking: call it before the loop runs). changed is called on the loop
 * after what the book says may have become different. On failure writes what is wrong and what to do into err. */
sek_status sek_policy_book_create(uv_loop_t *loop, const char *store_where, void (*changed)(void *user), void *user,
	struct sek_policy_book **ret, char *err, size_t err_size);
/* Somebody else who is told after `changed`: hosts of the store count as a change too. One; fn NULL: nobody any more. */
void sek_policy_book_also(struct sek_policy_book *b, void (*fn)(void *user), void *user);
/* Looks at the store now: something was written. */
void sek_policy_book_look(struct sek_policy_book *b);
/* The policy of a user with n more rows (the session's own; may be NULL with 0). SEK_E_NOMEM. */
sek_status sek_policy_book_resolve(const struct sek_policy_book *b, const char *user, const struct sek_policy_row *more,
	size_t n, struct sek_policy *ret);
/* sek_policy_explain_json of the same. */
sek_status sek_policy_book_explain(const struct sek_policy_book *b, const char *user, const struct sek_policy_row *more,
	size_t n, char **ret);
void sek_policy_book_stop(struct sek_policy_book *b, void (*done)(void *user), void *user);
void sek_policy_book_destroy(struct sek_policy_book *b); /* after done; NULL is fine */

#endif
