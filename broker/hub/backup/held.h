/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which backup holds which file that does not change any more: so that a later one need not hold it again. A list beside the store; without
 * it the next backup is a whole one, and nothing is lost.
 */
#ifndef SEK_BROKER_HUB_BACKUP_HELD_H
#define SEK_BROKER_HUB_BACKUP_HELD_H

#include <sys/stat.h>

#include "broker/hub/backup/form.h"

struct sek_backup_held {
	uint8_t id[SEK_BACKUP_ID_BYTES], hash[SEK_BACKUP_HASH_BYTES];
	uint64_t size, inode;
	int64_t mtime_ns;
	char *path;
};

struct sek_backup_holdings {
	uint8_t recipient[32], signer[32]; /* of the backups that it speaks of */
	int64_t whole_s;                   /* when the last whole one was made */
	struct sek_backup_held *all;       /* in the order of paths once it was loaded */
	size_t n, room;
};

/* SEK_E_NOT_FOUND, SEK_E_MALFORMED: there is no such list that can be used. */
sek_status sek_backup_held_load(const char *path, struct sek_backup_holdings *ret);
sek_status sek_backup_held_save(const char *path, const struct sek_backup_holdings *h);
void sek_backup_held_finish(struct sek_backup_holdings *h);
/* The file is copied with its path. SEK_E_NOMEM. */
sek_status sek_backup_held_add(struct sek_backup_holdings *h, const struct sek_backup_held *held);
/* NULL: none, or the file is another one by now. */
const struct sek_backup_held *sek_backup_held_find(const struct sek_backup_holdings *h, const char *path, const struct stat *st);

int64_t sek_backup_mtime_ns(const struct stat *st);

#endif
