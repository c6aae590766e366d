/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which files make a broker, by its configuration: what a backup holds.
 */
#ifndef SEK_BROKER_HUB_BACKUP_ITEMS_H
#define SEK_BROKER_HUB_BACKUP_ITEMS_H

#include "broker/hub/audit/mark.h"
#include "broker/hub/backup/form.h"
#include "broker/hub/config.h"

struct sek_backup_item {
	enum sek_backup_class class;
	char *path;         /* absolute; where a restore puts it */
	const char *source; /* read this in its place; NULL: the path itself. Must outlive the list */
	const void *memory; /* these bytes in its place; NULL: the file's. Likewise */
	uint64_t most;      /* bytes of it: what stands there now may grow */
	bool folder;
	bool may_go;        /* it may have been removed since it was listed */
	bool steady;        /* once written it does not change: need not be taken again */
};

struct sek_backup_items {
	struct sek_backup_item *all; /* folders first */
	size_t n, room;
};

struct sek_backup_sources {
	const char *config_path, *store_copy; /* the copy in the store's place */
	const struct sek_audit_mark *mark;    /* segment 0: there is no log yet */
	bool recordings, documents;
};

/* Fills in list (zeroed). On failure err says what is wrong; the list is to be finished in any case. */
sek_status sek_backup_items_list(const struct sek_broker_config *c, const struct sek_backup_sources *s, struct sek_backup_items *list,
	char *err, size_t err_size);
void sek_backup_items_finish(struct sek_backup_items *list);

/* An absolute path for a file that is there or may be made: as it is if it is one already. False: it cannot be one. */
bool sek_backup_absolute(const char *path, char ret[SEK_BACKUP_PATH_BYTES]);

#endif
