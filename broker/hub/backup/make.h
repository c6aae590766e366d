/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Making a backup beside a running broker.
 */
#ifndef SEK_BROKER_HUB_BACKUP_MAKE_H
#define SEK_BROKER_HUB_BACKUP_MAKE_H

#include <limits.h>

#include "broker/hub/backup/form.h"
#include "broker/hub/config.h"

struct sek_backup_wish {
	const char *folder;          /* NULL: that of the configuration */
	bool whole;                  /* nothing is left to earlier backups */
	bool recordings, documents;  /* their files too */
	const char *who;             /* for the audit log */
};

struct sek_backup_result {
	char path[PATH_MAX];
	struct sek_backup_head head;
	uint64_t bytes, files, held; /* of the backup; how many it holds; how many earlier ones hold for it */
	unsigned removed;            /* older backups */
	bool from_postgresql;        /* the store is in here as a file, of which `store migrate` makes a PostgreSQL again */
};

/* As the broker's user; blocking. Notes in the audit log that it was made, or that it failed. On failure err says what is wrong and what to
 * do, and there is no backup. SEK_E_BUSY: another one is being made. */
sek_status sek_backup_make(const struct sek_broker_config *c, const char *config_path, const struct sek_backup_wish *wish,
	struct sek_backup_result *ret, char *err, size_t err_size);

#endif
