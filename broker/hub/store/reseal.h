/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Everything of the store that is sealed with login.key, for a change of that key. The rules of store.h hold.
 */
#ifndef SEK_BROKER_HUB_STORE_RESEAL_H
#define SEK_BROKER_HUB_STORE_RESEAL_H

#include "broker/hub/store/keys.h"

#define SEK_STORE_RESEAL_MAX_BYTES (4u * 1024 * 1024) /* of one sealed value */

enum sek_sealed_kind { SEK_SEALED_TOTP, SEK_SEALED_HOST, SEK_SEALED_DOCUMENT, SEK_SEALED_APPROVAL };
struct sek_store_sealed {
	enum sek_sealed_kind kind;
	int64_t user_id;        /* TOTP */
	const char *id, *user;  /* HOST: host and user ("" = everybody); else the row's id and "" */
	const uint8_t *sealed;
	size_t n;
};
/* Puts what takes its place (n bytes) into ret. SEK_E_CRYPTO: it did not open before either, and stays as it is. */
typedef sek_status sek_store_reseal_fn(void *ctx, const struct sek_store_sealed *what, uint8_t *ret);

/* All of it in one transaction, with the fingerprint of the new key; recovery codes, whose hashes cannot be made anew, are deleted.
 * *ret_n: how many were sealed anew. */
sek_status sek_store_reseal(struct sek_store *s, sek_store_reseal_fn *fn, void *ctx, const char *key_name, const char *fingerprint,
	uint64_t *ret_n);

#endif
