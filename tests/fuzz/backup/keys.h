/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The keys of the backups that fuzz_backup reads: made of nothing, the same in target and generator. First byte of an input: what the rest is.
 */
#ifndef SEK_TESTS_FUZZ_BACKUP_KEYS_H
#define SEK_TESTS_FUZZ_BACKUP_KEYS_H

#include <stdlib.h>

#include <sodium.h>

#include "broker/hub/keys/sign.h"

enum { BACKUP_FILE, BACKUP_STREAM, BACKUP_CHUNKS, BACKUP_PARTS, BACKUP_HELD_LIST, BACKUP_WHATS };

static inline void backup_keys(struct sek_sign_key *signer, uint8_t recipient[32], uint8_t secret[32])
{
	static const uint8_t seed[32] = { 7 };

	if (sodium_init() < 0 || crypto_sign_seed_keypair(signer->public_key, signer->secret, seed) != 0 ||
	    crypto_box_seed_keypair(recipient, secret, seed) != 0)
		abort();
}

#endif
