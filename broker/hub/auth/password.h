/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Password hashes: argon2id by libsodium. Each call takes 50 to 100 ms and SEK_PASSWORD_MEMORY_BYTES of memory, so in the
 * broker it runs in the thread pool.
 */
#ifndef SEK_BROKER_HUB_AUTH_PASSWORD_H
#define SEK_BROKER_HUB_AUTH_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

#define SEK_PASSWORD_HASH_BYTES 128 /* of the hash's text with its end */
#define SEK_PASSWORD_MEMORY_BYTES (64u * 1024u * 1024u)
#define SEK_PASSWORD_PASSES 2u
#define SEK_PASSWORD_GENERATED_BYTES 32 /* of a generated password with its end */

/* Must be called once before anything else of auth/ is used. SEK_E_CRYPTO. */
sek_status sek_auth_init(void);

/* Hashes n bytes of a password in its one form (name.h), with a fresh salt. SEK_E_NOMEM. */
sek_status sek_password_hash(const char *password, size_t n, char ret[SEK_PASSWORD_HASH_BYTES]);

/* True if the password fits the hash. Takes the same time whether or not it does. */
bool sek_password_verify(const char *hash, const char *password, size_t n);

/* A random password of four groups that can be read out and typed: about 100 bits. The caller wipes it. */
void sek_password_generate(char ret[SEK_PASSWORD_GENERATED_BYTES]);

#endif
