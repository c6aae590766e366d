/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A document's file: what is put in lies encrypted on the disk, piece by piece (XChaCha20-Poly1305; the piece's number, the document's id and
 * whether it is the last are bound in), so that any part can be read without the parts before it, and none can be changed, left out
 * or taken for another. It is there under its name when it is whole, on the disk, or not at all. Everything here blocks: for the pool.
 */
#ifndef SEK_BROKER_HUB_DOCUMENTS_VAULT_H
#define SEK_BROKER_HUB_DOCUMENTS_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SEK_VAULT_KEY_BYTES 32
#define SEK_VAULT_ID_BYTES 33       /* 32 hex digits with the end */
#define SEK_VAULT_PIECE_BYTES 65536 /* of plain text */

struct sek_vault_writer;
/* Makes FOLDER/ID.part. key is copied. SEK_E_EXISTS, SEK_E_IO (detail errno: ENOSPC), SEK_E_NOMEM. */
sek_status sek_vault_create(const char *folder, const char *id, const uint8_t key[SEK_VAULT_KEY_BYTES], struct sek_vault_writer **ret);
sek_status sek_vault_write(struct sek_vault_writer *w, const void *bytes, size_t n);
/* The last piece, fsync, FOLDER/ID.doc, fsync of the folder. The writer is gone, whatever comes of it. */
sek_status sek_vault_finish(struct sek_vault_writer *w, uint64_t *ret_bytes);
/* Nothing is left of it. NULL is fine. */
void sek_vault_abandon(struct sek_vault_writer *w);

struct sek_vault;
/* SEK_E_NOT_FOUND. */
sek_status sek_vault_open(const char *folder, const char *id, const uint8_t key[SEK_VAULT_KEY_BYTES], struct sek_vault **ret);
void sek_vault_close(struct sek_vault *v); /* NULL is fine */
uint64_t sek_vault_bytes(const struct sek_vault *v); /* of plain text; proven by the last piece as soon as that is read */
/* SEK_E_CRYPTO: another key, or it was touched. SEK_E_LIMIT: beyond its end. One caller at a time. */
sek_status sek_vault_read(struct sek_vault *v, uint64_t offset, void *ret, size_t n);

/* SEK_E_NOT_FOUND: it was not there. */
sek_status sek_vault_unlink(const char *folder, const char *id);
/* Removes what a broker that was killed left half done, and every document that keep does not know. *ret_removed: how many. */
sek_status sek_vault_sweep(const char *folder, bool (*keep)(void *ctx, const char *id), void *ctx, unsigned *ret_removed);

#endif
