/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Another login.key, taken at the start: `sekishoctl key rotate login` has put it there as login.key.next.
 */
#ifndef SEK_BROKER_HUB_NEWLOGIN_H
#define SEK_BROKER_HUB_NEWLOGIN_H

#include "broker/hub/config.h"
#include "broker/hub/store/store.h"

/* If there is one: seals with it what was sealed with the old one, and puts it into its place. `name`: of its fingerprint in the store, which
 * print makes. Whatever a power cut interrupts, the next start finishes. On failure err says what to do, and the old key is still good. */
sek_status sek_newlogin_take(struct sek_store *store, const struct sek_broker_config *c, const char *name,
	void (*print)(const char *name, const uint8_t key[32], char *ret), char *err, size_t err_size);

#endif
