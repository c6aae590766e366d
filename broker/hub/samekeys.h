/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Keys that must be the same at every broker of one store, compared at the start by fingerprints that stand in the store.
 */
#ifndef SEK_BROKER_HUB_SAMEKEYS_H
#define SEK_BROKER_HUB_SAMEKEYS_H

#include "broker/hub/config.h"
#include "broker/hub/store/store.h"

/* Reads login.key, or makes it where no broker of this store has one yet. SEK_E_CONFIG, with what to do in err: it cannot be read, it is not
 * the one that the others use, or it is missing here though others have it. A recording key that differs is warned of. */
sek_status sek_samekeys_load(struct sek_store *store, const struct sek_broker_config *c, uint8_t ret_login_key[32], char *err, size_t err_size);

/* `keys accept`: from now on the keys of this broker are those of the store. Exit code. */
int sek_samekeys_accept(const struct sek_broker_config *c);

#endif
