/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One backup file, written from front to end and read the same way. What is written is there under its name when it is whole and signed, or
 * not at all. What is read is hostile until sek_backup_check has said that the signature is right. Blocking; one thread.
 */
#ifndef SEK_BROKER_HUB_BACKUP_FILE_H
#define SEK_BROKER_HUB_BACKUP_FILE_H

#include "broker/hub/backup/form.h"
#include "broker/hub/keys/sign.h"

/* --- writing --- */

struct sek_backup_writer;
/* Begins path (0600, as path.part until it is finished) for this recipient. head: made_s, whole, where and id are the caller's; the rest is
 * filled in. signer must outlive the writer. SEK_E_IO, SEK_E_EXISTS, SEK_E_NOMEM. */
sek_status sek_backup_create(const char *path, struct sek_backup_head *head, const struct sek_sign_key *signer, struct sek_backup_writer **ret);
sek_status sek_backup_put(struct sek_backup_writer *w, const void *bytes, size_t n);
/* A description with its length before it. SEK_E_LIMIT: its path is too long. */
sek_status sek_backup_put_entry(struct sek_backup_writer *w, const struct sek_backup_entry *e);
/* The last chunk, the signature, fsync, the name. The writer is gone, whatever comes of it. */
sek_status sek_backup_finish(struct sek_backup_writer *w, uint64_t *ret_bytes);
void sek_backup_abandon(struct sek_backup_writer *w); /* nothing is left of it; NULL is fine */

/* --- reading --- */

struct sek_backup_reader;
/* SEK_E_NOT_FOUND, SEK_E_IO, SEK_E_MALFORMED, SEK_E_NOMEM. */
sek_status sek_backup_open(const char *path, struct sek_backup_reader **ret);
void sek_backup_close(struct sek_backup_reader *r); /* NULL is fine */
const struct sek_backup_head *sek_backup_head(const struct sek_backup_reader *r);
uint64_t sek_backup_bytes(const struct sek_backup_reader *r);
/* Reads all of it: whether this key signed exactly these bytes. SEK_E_CRYPTO: not. */
sek_status sek_backup_check(struct sek_backup_reader *r, const uint8_t signer[SEK_SIGN_KEY_BYTES]);
/* Begins (again) at the first entry. secret: of the backup key. SEK_E_DENIED: sealed to another one. SEK_E_CRYPTO. */
sek_status sek_backup_unlock(struct sek_backup_reader *r, const uint8_t secret[32]);
/* Exactly n bytes. SEK_E_CRYPTO: touched, or encrypted otherwise. SEK_E_MALFORMED: fewer are left. */
sek_status sek_backup_get(struct sek_backup_reader *r, void *ret, size_t n);
/* The next description; END comes last, and SEK_E_MALFORMED if anything stands behind it. A FILE's bytes and hash are to be read before
 * the next one. */
sek_status sek_backup_get_entry(struct sek_backup_reader *r, struct sek_backup_entry *ret);

#endif
