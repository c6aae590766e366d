/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Key pairs (X25519) whose secret half lies in a file of its own, locked by a passphrase: those of the recordings and of the backups. What
 * is sealed to the public half needs that file and the passphrase, neither of which belongs on the broker's machine.
 *
 *   PURPOSE PERSONS OPS KIBIBYTES SALT NONCE BOX\n      (1 or 2; numbers of argon2id; hexadecimal; crypto_secretbox)
 *
 * A pair for two persons is opened by two passphrases, of which each knows one. Where this header says passphrase, that is both, in their order,
 * with a newline between them.
 */
#ifndef SEK_BROKER_HUB_KEYS_LOCK_H
#define SEK_BROKER_HUB_KEYS_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SEK_LOCK_SECRET_BYTES 32

/* The first word of the secret half's file: one kind of key is never taken for another. */
#define SEK_LOCK_RECORDING "sekisho-recording-key"
#define SEK_LOCK_BACKUP "sekisho-backup-key"

#define SEK_LOCK_BETWEEN '\n' /* two passphrases; no passphrase holds it */

/* Makes the pair: public_path (0644) and secret_path (0600), for two persons if there are two passphrases. SEK_E_EXISTS: one of them is there already, and neither was touched. */
sek_status sek_lock_pair_make(const char *purpose, const char *public_path, const char *secret_path, const char *passphrase);
/* True if the n bytes (hostile) begin like the secret half of a pair for two persons. */
bool sek_lock_is_for_two(const char *purpose, const uint8_t *file, size_t n);
/* n bytes of a secret half's file, hostile. SEK_E_DENIED: another passphrase, or not as many as it needs. SEK_E_MALFORMED: no such key. SEK_E_NOMEM. */
sek_status sek_lock_open(const char *purpose, const uint8_t *file, size_t n, const char *passphrase, uint8_t ret[SEK_LOCK_SECRET_BYTES]);

/* On the command line: opens the file at path. The passphrase is the first line of passphrase_file (for two persons: the first two), or, if that
 * is NULL, what is typed on the terminal without being shown. NULL: ret is the secret half, which the caller wipes; else a sentence why not. Blocking. */
const char *sek_lock_ask(const char *purpose, const char *path, const char *passphrase_file, const char *prompt,
	uint8_t ret[SEK_LOCK_SECRET_BYTES]);
/* Asks for a new passphrase (twice on a terminal, in Japanese if ja; else the first line of standard input), for two persons each for theirs (else the first two
 * lines), and makes the pair. NULL, or a sentence why not. */
const char *sek_lock_keygen(const char *purpose, const char *public_path, const char *secret_path, bool for_two, bool ja);

#endif
