/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Signing keys (ed25519) in files: 64 hex digits and a newline; the secret half's seed in FILE, the public half in FILE.pub.
 * The audit log and the recordings have one each.
 */
#ifndef SEK_BROKER_HUB_KEYS_SIGN_H
#define SEK_BROKER_HUB_KEYS_SIGN_H

#include <stdint.h>

#include "base/status.h"

#define SEK_SIGN_KEY_BYTES 32        /* public key, and the secret key's seed */
#define SEK_SIGN_SIGNATURE_BYTES 64

struct sek_sign_key {
	uint8_t public_key[SEK_SIGN_KEY_BYTES];
	uint8_t secret[64];          /* libsodium's form; wipe it */
};

/* Any 32 bytes from a file of that form: a public key. SEK_E_NOT_FOUND, SEK_E_MALFORMED, SEK_E_IO. */
sek_status sek_public_key_load(const char *path, uint8_t ret[SEK_SIGN_KEY_BYTES]);
/* The same backwards. SEK_E_EXISTS: the file is there already, and was left alone. */
sek_status sek_public_key_save(const char *path, const uint8_t key[SEK_SIGN_KEY_BYTES]);

sek_status sek_sign_key_load(const char *path, struct sek_sign_key *ret);
/* Makes a pair at path (0600) and path.pub (0644). SEK_E_EXISTS: one of them is there already. */
sek_status sek_sign_key_make(const char *path, struct sek_sign_key *ret);

#endif
