/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading backups back: looking through one and those that it leans on, and putting their files where they were.
 */
#ifndef SEK_BROKER_HUB_BACKUP_RESTORE_H
#define SEK_BROKER_HUB_BACKUP_RESTORE_H

#include "broker/hub/backup/form.h"
#include "broker/hub/keys/sign.h"

struct sek_backup_row {
	enum sek_backup_kind kind; /* never END */
	enum sek_backup_class class;
	uint32_t mode;
	int64_t mtime_s;
	uint64_t size;
	char *owner, *group, *path;
	uint8_t id[SEK_BACKUP_ID_BYTES], hash[SEK_BACKUP_HASH_BYTES]; /* of a file: which backup has it; of its bytes */
	bool found;                /* HELD: it was seen there, and is what it should be */
};

struct sek_backup_plan {
	char folder[SEK_BACKUP_PATH_BYTES], main[SEK_BACKUP_PATH_BYTES];
	struct sek_backup_head head;
	uint8_t signer[SEK_SIGN_KEY_BYTES], secret[32];
	struct sek_backup_row *rows;
	size_t n, room;
	uint64_t bytes; /* of all files */
};

/* Verifies the backup at path, and every earlier one that it needs (in the same folder): signatures, encryption, every file's hash. Nothing is
 * written. On failure err says which file is wrong and how. secret is of the backup key. */
sek_status sek_backup_plan_make(const char *path, const uint8_t signer[SEK_SIGN_KEY_BYTES], const uint8_t secret[32],
	struct sek_backup_plan *ret, char *err, size_t err_size);
void sek_backup_plan_finish(struct sek_backup_plan *p);

/* Whether everything could be put below root ("" = where it was): no folder of the broker's state holds a file, and no file is there already
 * (but keys and certificates that are the very same).
 * SEK_E_EXISTS, and err names the first. */
sek_status sek_backup_plan_fits(const struct sek_backup_plan *p, const char *root, char *err, size_t err_size);
/* Puts it there, with modes, times and, if root runs this, owners. On failure what was written is removed again. */
sek_status sek_backup_plan_carry_out(const struct sek_backup_plan *p, const char *root, char *err, size_t err_size);

#endif
