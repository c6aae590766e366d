/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One-time codes (RFC 6238: SHA-1, six digits, 30 seconds, which is what every generator can do), the sealing of their
 * secrets, and recovery codes. Pure but for the key file: the store is the caller's.
 */
#ifndef SEK_BROKER_HUB_AUTH_TOTP_H
#define SEK_BROKER_HUB_AUTH_TOTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SEK_TOTP_SECRET_BYTES 20
#define SEK_TOTP_SEALED_BYTES (24 + SEK_TOTP_SECRET_BYTES + 16) /* nonce, text, tag */
#define SEK_TOTP_STEP_S 30
#define SEK_TOTP_DIGITS 6
#define SEK_TOTP_URI_BYTES 1024
#define SEK_TOTP_KEY_BYTES 32
#define SEK_RECOVERY_CODES 10
#define SEK_RECOVERY_CODE_BYTES 15 /* "xxxx-xxxx-xxxx" with its end: 60 bits */
#define SEK_RECOVERY_HASH_BYTES 65 /* hex with its end */

/* Reads the key that seals secrets, or makes the file (mode 0600) with a fresh one if it is not there. A file of another
 * size, or that others can read, is refused: SEK_E_CONFIG. */
sek_status sek_totp_key_load(const char *path, uint8_t ret[SEK_TOTP_KEY_BYTES], char *err, size_t err_size);

void sek_totp_secret_make(uint8_t ret[SEK_TOTP_SECRET_BYTES]);
/* A sealed secret opens only with the same key and for the same user. */
void sek_totp_seal(const uint8_t key[SEK_TOTP_KEY_BYTES], int64_t user_id, const uint8_t secret[SEK_TOTP_SECRET_BYTES],
	uint8_t ret[SEK_TOTP_SEALED_BYTES]);
sek_status sek_totp_open(const uint8_t key[SEK_TOTP_KEY_BYTES], int64_t user_id, const uint8_t *sealed, size_t n,
	uint8_t ret[SEK_TOTP_SECRET_BYTES]);

/* The step whose code this text (hostile) is: the present one, the one before or the one after, and later than `used`; 0 if
 * none. All three are looked at in any case. */
int64_t sek_totp_check(const uint8_t secret[SEK_TOTP_SECRET_BYTES], const char *code, int64_t now_s, int64_t used);

/* otpauth://totp/ISSUER:USER?secret=... for the QR code. SEK_E_LIMIT. */
sek_status sek_totp_uri(const char *issuer, const char *user, const uint8_t secret[SEK_TOTP_SECRET_BYTES],
	char ret[SEK_TOTP_URI_BYTES]);
/* The secret in base32, in groups of four, to be typed. ret: 40 bytes. */
void sek_totp_secret_text(const uint8_t secret[SEK_TOTP_SECRET_BYTES], char ret[40]);

/* A fresh recovery code, and its keyed hash, which is what is stored. */
void sek_recovery_make(char ret[SEK_RECOVERY_CODE_BYTES]);
/* The hash of a code as typed (hostile; case, spaces and hyphens do not matter). False if it cannot be one of ours. */
bool sek_recovery_hash(const uint8_t key[SEK_TOTP_KEY_BYTES], int64_t user_id, const char *code,
	char ret[SEK_RECOVERY_HASH_BYTES]);

#endif
