/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rule of throttle.h for all brokers of a store together. throttle.h stands in front, in memory, so that a flood at one broker costs the
 * store nothing; whatever passes there takes its tokens here too, from buckets of the same sizes that lie in the store. So whoever spreads
 * tries over brokers gets no more of them than at one:
 *
 *   each (account, address) pair BURST, and one more every EVERY_MS; each address, and each account, likewise; what passes an account that has
 *   run out waits, and of those ACCOUNT_WAITING may come at once and one every ACCOUNT_DELAY_MS / ACCOUNT_WAITING.
 *
 * Buckets run on the clocks of the brokers' machines: one that is d ms ahead gives, once, d / EVERY_MS more. Blocking: called in libuv's pool.
 */
#ifndef SEK_BROKER_HUB_AUTH_RATION_H
#define SEK_BROKER_HUB_AUTH_RATION_H

#include <stdbool.h>

#include "broker/hub/auth/throttle.h"
#include "broker/hub/store/once.h"

struct sek_ration {
	uint8_t keys[SEK_STORE_BUCKETS_MAX][SEK_STORE_ONCE_KEY_BYTES]; /* pair, address, account, delayed */
	bool familiar, delayed, taken;
};

/* Names a try: key is a secret of all brokers (so that nobody who reads the store learns what was typed as a name), 32 bytes or NULL in tests. */
void sek_ration_name(struct sek_ration *r, const uint8_t *key, const char *account, const char *address, bool familiar);
/* now_ms: since 1970. *ret_wait_ms: when REFUSE. The rest as sek_throttle_take. */
sek_status sek_ration_take(struct sek_store *s, struct sek_ration *r, int64_t now_ms, enum sek_throttle_answer *ret, uint64_t *ret_wait_ms);
/* As sek_throttle_done; nothing if nothing was taken. */
sek_status sek_ration_done(struct sek_store *s, struct sek_ration *r, enum sek_throttle_outcome outcome, int64_t now_ms);
/* Whether two addresses count as one place (an IPv6 /64). */
bool sek_ration_same_place(const char *a, const char *b);

#endif
