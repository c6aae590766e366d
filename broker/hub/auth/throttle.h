/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How often a password may be tried. The rule, in full:
 *
 *  1. Each (account, address) pair has a bucket of PAIR_BURST tries that gains one every PAIR_EVERY_MS. Empty: refused.
 *     So whoever guesses at an account from one address stops himself there, and nobody else.
 *  2. A pair is *familiar* if it had a successful log-in in the last 30 days. For a familiar pair nothing but its own
 *     (somewhat larger) bucket of rule 1 counts: no attack from elsewhere, nor by a neighbour behind the same address
 *     (a terminal server, a NAT gateway), can keep the owner out of a place where he or she works.
 *  3. Every other try also takes from its address's bucket. Empty: refused. So one address cannot go through many accounts.
 *  4. Every other try also takes from its account's bucket. Empty: not refused but delayed by ACCOUNT_DELAY_MS, of which at
 *     most ACCOUNT_WAITING are waiting at a time for each account; the next is refused. So many addresses together can
 *     try one account only about once a second, and the owner who comes from a new place waits a little.
 *
 * A try takes its tokens before the password is looked at (else many at once would slip through) and a success gives
 * them back; it also fills the pair's bucket, but never the address's: a thief with one good account cannot win back
 * tries on others. An IPv6 address counts as its /64. Accounts that do not exist are treated as those that do.
 *
 * Memory is fixed: tables of 8-way sets under a secret key; a full set forgets the bucket nearest to full.
 */
#ifndef SEK_BROKER_HUB_AUTH_THROTTLE_H
#define SEK_BROKER_HUB_AUTH_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#define SEK_THROTTLE_PAIR_BURST 5
#define SEK_THROTTLE_PAIR_EVERY_MS 30000
#define SEK_THROTTLE_FAMILIAR_BURST 10
#define SEK_THROTTLE_FAMILIAR_EVERY_MS 10000
#define SEK_THROTTLE_ADDRESS_BURST 20
#define SEK_THROTTLE_ADDRESS_EVERY_MS 15000
#define SEK_THROTTLE_ACCOUNT_BURST 20
#define SEK_THROTTLE_ACCOUNT_EVERY_MS 30000
#define SEK_THROTTLE_ACCOUNT_DELAY_MS 4000
#define SEK_THROTTLE_ACCOUNT_WAITING 4
#define SEK_THROTTLE_FAMILIAR_DAYS 30

struct sek_throttle;

enum sek_throttle_answer {
	SEK_THROTTLE_GO,     /* look at the password */
	SEK_THROTTLE_DELAY,  /* look at it after SEK_THROTTLE_ACCOUNT_DELAY_MS */
	SEK_THROTTLE_REFUSE, /* do not look at it; nothing was taken */
};

/* One try, from sek_throttle_take to sek_throttle_done. */
struct sek_throttle_try {
	uint64_t pair, address, account; /* keyed hashes */
	bool familiar, delayed;
};

sek_status sek_throttle_create(struct sek_throttle **ret);
void sek_throttle_destroy(struct sek_throttle *t);

/* account: any text that stands for the account, in its one form. address: numeric. now_ms: a clock that only goes
 * forward. *ret_wait_ms: when REFUSE, how long until a try would be taken. */
enum sek_throttle_answer sek_throttle_take(struct sek_throttle *t, const char *account, const char *address,
	uint64_t now_ms, struct sek_throttle_try *ret, uint64_t *ret_wait_ms);

enum sek_throttle_outcome {
	SEK_THROTTLE_FAILED,  /* the password was wrong */
	SEK_THROTTLE_WORKED,  /* a log-in; the pair is familiar from now on */
	SEK_THROTTLE_UNTRIED, /* never looked at (the broker was busy): as if it had not been asked */
};
void sek_throttle_done(struct sek_throttle *t, const struct sek_throttle_try *a, enum sek_throttle_outcome outcome,
	uint64_t now_ms);

/* Makes a pair familiar: it had a successful log-in ago_ms ago (from the store, at start). */
void sek_throttle_familiar(struct sek_throttle *t, const char *account, const char *address, uint64_t now_ms,
	uint64_t ago_ms);

#endif
