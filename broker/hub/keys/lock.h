/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Key pairs (X25519) whose secret half lies in a file of its own, locked by a passphrase: those of the recordings and of the backups. What
 * is sealed to the public half needs that file and the passphrase, neither of which belongs on the broker's machine.
 *
 *   PURPOSE 1 OPS KIBIBYTES SALT NONCE BOX\n      (numbers of argon2id; hexadecimal; crypto_secretbox)
 */
#ifndef SEK_BROKER_HUB_KEYS_LOCK_H
#define SEK_BROKER_HUB_KEYS_LOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SEK_LOCK_SECRET_BYTES 32

/* The first word of the secret half's file: one kind of key is never taken for another. */
#define SEK_LOCK_RECORDING "sekisho-recording-key"
#define SEK_LOCK_BACKUP "sekisho-backup-key"

/* Makes the pair: public_path (0644) and secret_path (0600). SEK_E_EXISTS: one of them is there already, and neither was touched. */
sek_status sek_lock_pair_make(const char *purpose, const char *public_path, const char *secret_path, const char *passphrase);
/* n bytes of a secret half's file, hostile. SEK_E_DENIED: another passphrase. SEK_E_MALFORMED: no such key. SEK_E_NOMEM. */
sek_status sek_lock_open(const char *purpose, const uint8_t *file, size_t n, const char *passphrase, uint8_t ret[SEK_LOCK_SECRET_BYTES]);

/* On the command line: opens the file at path. The passphrase is the first line of passphrase_file, or, if that is NULL, what is typed on the
 * terminal without being shown. NULL: ret is the secret half, which the caller wipes; else a sentence why not. Blocking. */
const char *sek_lock_ask(const char *purpose, const char *path, const char *passphrase_file, const char *prompt,
	uint8_t ret[SEK_LOCK_SECRET_BYTES]);
/* Asks for a new passphrase (twice on a terminal; else the first line of standard input) and makes the pair. NULL, or a sentence why not. */
const char *sek_lock_keygen(const char *purpose, const char *public_path, const char *secret_path);

#endif
