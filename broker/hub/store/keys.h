/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which keys the brokers of this store use: a fingerprint for each key that must be the same at all of them, so that one with another key
 * does not seal what the others cannot open. The rules of store.h hold.
 */
#ifndef SEK_BROKER_HUB_STORE_KEYS_H
#define SEK_BROKER_HUB_STORE_KEYS_H

#include "broker/hub/store/store.h"

#define SEK_STORE_FINGERPRINT_BYTES 65 /* hex, with its end */

/* The fingerprint that stands there, "" = none yet. */
sek_status sek_store_key_get(struct sek_store *s, const char *name, char ret[SEK_STORE_FINGERPRINT_BYTES]);
/* The first one to come says which key it is. SEK_E_CONFLICT: it is another one. */
sek_status sek_store_key_agree(struct sek_store *s, const char *name, const char *fingerprint);
/* From now on it is this one. */
sek_status sek_store_key_replace(struct sek_store *s, const char *name, const char *fingerprint);

#endif
