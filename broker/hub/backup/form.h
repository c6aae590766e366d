/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a backup file is made of (docs/backup.md): a head, a stream of encrypted chunks, a signature over both. In the stream: entries, each
 * a description and, for a file, its bytes and their hash. Pure functions; what is read may have been made by anybody.
 */
#ifndef SEK_BROKER_HUB_BACKUP_FORM_H
#define SEK_BROKER_HUB_BACKUP_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SEK_BACKUP_ID_BYTES 16
#define SEK_BACKUP_HASH_BYTES 32
#define SEK_BACKUP_HEAD_BYTES 265
#define SEK_BACKUP_SIGNATURE_BYTES 64
#define SEK_BACKUP_CHUNK_BYTES 65536   /* of plain text */
#define SEK_BACKUP_WHERE_BYTES 64
#define SEK_BACKUP_PATH_BYTES 1024     /* with its end */
#define SEK_BACKUP_OWNER_BYTES 64      /* with its end */
#define SEK_BACKUP_ENTRY_BYTES 2048    /* most of a description */
#define SEK_BACKUP_ENTRIES_MAX 10000000
#define SEK_BACKUP_SUFFIX ".sekbak"

struct sek_backup_head {
	uint8_t id[SEK_BACKUP_ID_BYTES];
	int64_t made_s;                        /* UTC */
	bool whole;                            /* false: files are held by earlier backups */
	char where[SEK_BACKUP_WHERE_BYTES];    /* name of the broker */
	uint8_t recipient[32], sealed[80];     /* the backup key's public half; the stream's key, sealed to it */
	uint8_t signer[32];                    /* public half of the key that signs */
	uint8_t stream[24];                    /* secretstream's header */
};
void sek_backup_head_write(const struct sek_backup_head *h, uint8_t ret[SEK_BACKUP_HEAD_BYTES]);
/* SEK_E_MALFORMED: no backup. */
sek_status sek_backup_head_read(const uint8_t bytes[SEK_BACKUP_HEAD_BYTES], struct sek_backup_head *ret);

enum sek_backup_kind { SEK_BACKUP_FOLDER = 1, SEK_BACKUP_FILE, SEK_BACKUP_HELD, SEK_BACKUP_END };
/* What a file or folder is for; folders of those before SEK_BACKUP_CONFIG must be empty before a restore. */
enum sek_backup_class { SEK_BACKUP_STORE, SEK_BACKUP_AUDIT, SEK_BACKUP_RECORDINGS, SEK_BACKUP_DOCUMENTS, SEK_BACKUP_CONFIG, SEK_BACKUP_KEY,
	SEK_BACKUP_CLASSES };

struct sek_backup_entry {
	enum sek_backup_kind kind;
	enum sek_backup_class class;
	uint32_t mode;                         /* permission bits */
	int64_t mtime_s;
	uint64_t size;                         /* of a file; END: how many entries came before */
	char owner[SEK_BACKUP_OWNER_BYTES], group[SEK_BACKUP_OWNER_BYTES]; /* names; numbers of whom nobody knows the name */
	char path[SEK_BACKUP_PATH_BYTES];      /* absolute, without . or .. */
	uint8_t id[SEK_BACKUP_ID_BYTES];       /* HELD: the backup that has the bytes */
	uint8_t hash[SEK_BACKUP_HASH_BYTES];   /* HELD: of the bytes (BLAKE2b) */
};
/* Returns the description's length, at most SEK_BACKUP_ENTRY_BYTES; 0: the path or a name is too long. */
size_t sek_backup_entry_write(const struct sek_backup_entry *e, uint8_t ret[SEK_BACKUP_ENTRY_BYTES]);
/* n hostile bytes, exactly one description. SEK_E_MALFORMED. */
sek_status sek_backup_entry_read(const uint8_t *bytes, size_t n, struct sek_backup_entry *ret);

/* An absolute path without anything in it that leads elsewhere or could forge a line. */
bool sek_backup_path_ok(const char *path);

#endif
