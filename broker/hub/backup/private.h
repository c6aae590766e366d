/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What writing and reading a backup file share. Private to backup/.
 */
#ifndef SEK_BROKER_HUB_BACKUP_PRIVATE_H
#define SEK_BROKER_HUB_BACKUP_PRIVATE_H

#include <stdint.h>

#define SEK_BACKUP_FILE_HASH_BYTES 64 /* BLAKE2b of head and chunks */
#define SEK_BACKUP_STATEMENT_BYTES (16 + SEK_BACKUP_FILE_HASH_BYTES)

/* What is signed; its first words keep the signature from meaning anything else. */
void sek_backup_statement(const uint8_t hash[SEK_BACKUP_FILE_HASH_BYTES], uint8_t ret[SEK_BACKUP_STATEMENT_BYTES]);

#endif
