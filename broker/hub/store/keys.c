/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fingerprints of the keys that brokers share. Must never hold a key.
 */
#include "broker/hub/store/keys.h"

#include <string.h>

#include "broker/hub/store/write.h"

static sek_status get(struct sek_db *db, const char *name, char *ret)
{
	struct sek_db_query *q = NULL;
	int rc;

	SEK_TRY(sek_db_prepare(db, &q, "SELECT fingerprint FROM keys WHERE name = ?1", "t", name));
	rc = sek_db_step(q);
	ret[0] = '\0';
	if (rc == SEK_DB_ROW)
		sek_db_copy(q, 0, ret, SEK_STORE_FINGERPRINT_BYTES);
	sek_db_finish(q);
	return rc == SEK_DB_ROW || rc == SEK_DB_DONE ? sek_ok() : sek_db_status(db);
}

sek_status sek_store_key_get(struct sek_store *s, const char *name, char ret[SEK_STORE_FINGERPRINT_BYTES])
{
	SEK_STORE_READ(s, get(s->db, name, ret));
}

static sek_status agree(struct sek_db *db, const char *name, const char *fingerprint)
{
	char there[SEK_STORE_FINGERPRINT_BYTES];

	SEK_TRY(sek_store_fits(fingerprint, SEK_STORE_FINGERPRINT_BYTES));
	SEK_TRY(sek_db_run(db, "INSERT INTO keys (name, fingerprint) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING", "tt", name,
		fingerprint));
	SEK_TRY(get(db, name, there));
	return strcmp(there, fingerprint) == 0 ? sek_ok() : sek_fail(SEK_E_CONFLICT);
}

sek_status sek_store_key_agree(struct sek_store *s, const char *name, const char *fingerprint)
{
	SEK_STORE_WRITE(s, agree(s->db, name, fingerprint));
}

static sek_status replace(struct sek_db *db, const char *name, const char *fingerprint)
{
	SEK_TRY(sek_store_fits(fingerprint, SEK_STORE_FINGERPRINT_BYTES));
	return sek_db_run(db, "INSERT INTO keys (name, fingerprint) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET fingerprint = ?2",
		"tt", name, fingerprint);
}

sek_status sek_store_key_replace(struct sek_store *s, const char *name, const char *fingerprint)
{
	SEK_STORE_WRITE(s, replace(s->db, name, fingerprint));
}
