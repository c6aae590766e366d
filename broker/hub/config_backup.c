/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The part of broker.yaml that says where backups go and to which key they are encrypted. Must never take a key that is none.
 */
#include <string.h>

#include "base/config.h"
#include "broker/hub/config.h"
#include "broker/hub/config_file.h"
#include "broker/hub/keys/sign.h"

enum { WHOLE_DAYS = 7, DAYS_MAX = 3650 };

static sek_status days(const struct sek_config_place *k, const char *key, const uint32_t *from, uint32_t otherwise, uint32_t *ret)
{
	*ret = from ? *from : otherwise;
	return sek_config_at(k, key, sek_config_check_range(key, *ret, 0, DAYS_MAX, k->err, k->err_size));
}

sek_status sek_config_fill_backup(const char *path, struct sek_broker_config *c, char *err, size_t err_size)
{
	const struct sek_config_place k = { path, err, err_size };
	const struct file_backup *f = c->file->backup;
	uint8_t key[SEK_SIGN_KEY_BYTES];

	SEK_TRY(sek_config_beside_store(c, f ? f->signing_key : NULL, "backup.key", &c->made_backup_key, &c->backup_signing_key_path));
	SEK_TRY(sek_config_beside_store(c, NULL, "backup.held", &c->made_backup_held, &c->backup_held_path));
	if (!f)
		return sek_ok();
	c->backup_folder = f->folder;
	c->backup_public_key_path = f->public_key;
	c->backup_recordings = f->recordings;
	c->backup_documents = f->documents;
	SEK_TRY(days(&k, "backup.whole_days", f->whole_days, WHOLE_DAYS, &c->backup_whole_days));
	SEK_TRY(days(&k, "backup.keep_days", f->keep_days, 0, &c->backup_keep_days));
	if (!sek_is_ok(sek_public_key_load(f->public_key, key)))
		return sek_config_refuse(&k, "backup.public_key", "is no public backup key: make a pair with `sekishoctl backup keygen`");
	return sek_ok();
}
