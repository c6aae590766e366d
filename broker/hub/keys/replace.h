/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One signing key in the place of another. The old secret half is gone then; its public half stays beside the new one, as FILE.pub.1,
 * FILE.pub.2 ..., because what it signed is to be verified for years.
 */
#ifndef SEK_BROKER_HUB_KEYS_REPLACE_H
#define SEK_BROKER_HUB_KEYS_REPLACE_H

#include <stddef.h>

#include "broker/hub/keys/sign.h"

#define SEK_SIGN_KEYS_MAX 64 /* one after the other, of which public halves are looked at */

/* Makes a pair and puts it into the place of that at path. SEK_E_NOT_FOUND: there is none. SEK_E_IO. On failure the old one is still there. */
sek_status sek_sign_key_replace(const char *path, struct sek_sign_key *ret);
/* path.pub becomes path.pub.N, path.next.pub (if it is there) path.pub. */
void sek_sign_public_halves_move(const char *path);
/* The public half of the key at path and those of its forerunners, the newest first, then 1, 2 .... *ret_n: at least 1.
 * SEK_E_NOT_FOUND, SEK_E_MALFORMED: of the newest. */
sek_status sek_public_keys_load(const char *path, uint8_t ret[SEK_SIGN_KEYS_MAX][SEK_SIGN_KEY_BYTES], size_t *ret_n);

#endif
