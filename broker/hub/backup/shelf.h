/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The folder that backups lie in.
 */
#ifndef SEK_BROKER_HUB_BACKUP_SHELF_H
#define SEK_BROKER_HUB_BACKUP_SHELF_H

#include "broker/hub/backup/form.h"

struct sek_backup_on_shelf {
	char *name;                  /* of the file */
	uint64_t bytes;
	struct sek_backup_head head; /* as it says itself: nothing was verified */
};
struct sek_backup_shelf {
	struct sek_backup_on_shelf *all; /* oldest first */
	size_t n;
};
/* Every file of the folder that calls itself a backup. SEK_E_IO, SEK_E_NOMEM. */
sek_status sek_backup_shelf_read(const char *folder, struct sek_backup_shelf *ret);
void sek_backup_shelf_finish(struct sek_backup_shelf *s);
const struct sek_backup_on_shelf *sek_backup_shelf_find(const struct sek_backup_shelf *s, const uint8_t id[SEK_BACKUP_ID_BYTES]);

/* sekisho-WHERE-20261231T235959Z-1234abcd.sekbak */
void sek_backup_name(const struct sek_backup_head *h, char ret[160]);
/* 2026-12-31T23:59:59Z */
void sek_backup_time(int64_t s, char ret[32]);

#endif
