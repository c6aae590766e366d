/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What may be used once, or a few times, at whichever broker of this store it comes to: stream tokens and tickets of half log-ins. Known by
 * hashes only; what a row means besides is sealed by the caller. Each use is one transaction, so that of two at once one is too late. Times
 * are milliseconds since 1970. The rules of store.h hold.
 */
#ifndef SEK_BROKER_HUB_STORE_ONCE_H
#define SEK_BROKER_HUB_STORE_ONCE_H

#include "broker/hub/store/store.h"

#define SEK_STORE_ONCE_KEY_BYTES 32
#define SEK_STORE_ONCE_WHAT_BYTES 128 /* most bytes of what a row means */

enum sek_once_kind { SEK_ONCE_STREAM, SEK_ONCE_TICKET };

struct sek_store_once {
	enum sek_once_kind kind;
	uint8_t key[SEK_STORE_ONCE_KEY_BYTES]; /* hash of what the client shows */
	char owner[SEK_STORE_NAME_BYTES];
	char address[SEK_STORE_ADDRESS_BYTES]; /* of the client that got it */
	uint8_t what[SEK_STORE_ONCE_WHAT_BYTES];
	size_t what_n;
	int64_t tries;                         /* left */
	int64_t made_ms, until_ms;
};

/* Adds one; those whose time is over go, and of the same kind and owner all but the newest `most`. SEK_E_LIMIT. */
sek_status sek_store_once_put(struct sek_store *s, const struct sek_store_once *o, unsigned most);
/* Takes it away, whatever it is worth (its time may be over). SEK_E_NOT_FOUND: unknown, or another was faster. */
sek_status sek_store_once_claim(struct sek_store *s, enum sek_once_kind kind, const uint8_t key[SEK_STORE_ONCE_KEY_BYTES],
	struct sek_store_once *ret);
/* Uses one try. SEK_E_NOT_FOUND: unknown, too late, no tries left, or another address's, for which nothing counts. */
sek_status sek_store_once_try(struct sek_store *s, enum sek_once_kind kind, const uint8_t key[SEK_STORE_ONCE_KEY_BYTES], const char *address,
	int64_t now_ms, struct sek_store_once *ret);
/* Gives one try back. */
sek_status sek_store_once_untry(struct sek_store *s, enum sek_once_kind kind, const uint8_t key[SEK_STORE_ONCE_KEY_BYTES]);
/* SEK_OK also if it was gone already. */
sek_status sek_store_once_drop(struct sek_store *s, enum sek_once_kind kind, const uint8_t key[SEK_STORE_ONCE_KEY_BYTES]);

/* Buckets of tries, as the time at which each is full again, 0 = it is. Those of n keys are read, changed by fn, and written, in one
 * transaction; those that are full are forgotten. */
#define SEK_STORE_BUCKETS_MAX 4
sek_status sek_store_buckets(struct sek_store *s, const uint8_t (*keys)[SEK_STORE_ONCE_KEY_BYTES], size_t n, int64_t now_ms,
	void (*fn)(void *ctx, int64_t *full_ms), void *ctx);
/* Calls fn with each address from which a user has logged in since since_s. */
sek_status sek_store_known_of(struct sek_store *s, const char *user, int64_t since_s, void (*fn)(void *ctx, const char *address), void *ctx);

#endif
