/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A seal for what lies in the store and must be read again (XChaCha20-Poly1305). What it is for is bound into the seal, so that nothing
 * that was sealed for one purpose opens as another's.
 */
#ifndef SEK_BROKER_HUB_KEYS_SEAL_H
#define SEK_BROKER_HUB_KEYS_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SEK_SEAL_KEY_BYTES 32
#define SEK_SEAL_MORE_BYTES 40 /* of a sealed text beside the text */

/* ret: n + SEK_SEAL_MORE_BYTES. purpose: any text. */
void sek_seal(const uint8_t key[SEK_SEAL_KEY_BYTES], const char *purpose, const void *plain, size_t n, uint8_t *ret);
/* n: of the sealed bytes. ret: n - SEK_SEAL_MORE_BYTES. SEK_E_CRYPTO: another key or purpose, or it was touched; nothing was written. */
sek_status sek_seal_open(const uint8_t key[SEK_SEAL_KEY_BYTES], const char *purpose, const uint8_t *sealed, size_t n, void *ret);

/* What seals in the store are for: one home, so that whoever changes the key finds them all. */
void sek_seal_for_document(const char *id, char *ret, size_t size);
void sek_seal_for_approval(const char *id, char *ret, size_t size);
void sek_seal_for_host(const char *host, const char *user, char *ret, size_t size);

#endif
