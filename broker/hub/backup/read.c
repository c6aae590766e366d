/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading a backup file that anybody may have made or changed. Must never hand out a byte that was not encrypted by whoever knows the
 * stream's key, nor take a cut stream for a whole one.
 */
#include "broker/hub/backup/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "broker/hub/backup/private.h"

enum { MORE = crypto_secretstream_xchacha20poly1305_ABYTES };

struct sek_backup_reader {
	FILE *f;
	uint64_t size, left; /* left: bytes of chunks that were not read yet */
	struct sek_backup_head head;
	uint8_t head_bytes[SEK_BACKUP_HEAD_BYTES];
	crypto_secretstream_xchacha20poly1305_state stream;
	uint8_t plain[SEK_BACKUP_CHUNK_BYTES], cipher[SEK_BACKUP_CHUNK_BYTES + MORE];
	size_t at, n; /* of plain */
	bool final, ended;
	uint64_t entries;
};

/* Short means cut: the file's size was asked before. */
static sek_status take(struct sek_backup_reader *r, void *ret, size_t n)
{
	if (fread(ret, 1, n, r->f) == n)
		return sek_ok();
	return ferror(r->f) ? sek_from_errno() : sek_fail(SEK_E_MALFORMED);
}

static sek_status open_file(const char *path, FILE **ret, uint64_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? sek_fail(SEK_E_NOT_FOUND) : sek_from_errno();
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (*ret = fdopen(fd, "r")) == NULL) {
		close(fd);
		return sek_fail(SEK_E_MALFORMED);
	}
	*ret_size = (uint64_t)st.st_size;
	return sek_ok();
}

sek_status sek_backup_open(const char *path, struct sek_backup_reader **ret)
{
	struct sek_backup_reader *r = calloc(1, sizeof *r);
	sek_status status;

	if (!r)
		return sek_fail(SEK_E_NOMEM);
	status = open_file(path, &r->f, &r->size);
	if (sek_is_ok(status) && r->size < SEK_BACKUP_HEAD_BYTES + SEK_BACKUP_SIGNATURE_BYTES)
		status = sek_fail(SEK_E_MALFORMED);
	if (sek_is_ok(status))
		status = take(r, r->head_bytes, sizeof r->head_bytes);
	if (sek_is_ok(status))
		status = sek_backup_head_read(r->head_bytes, &r->head);
	if (sek_is_ok(status))
		*ret = r;
	else
		sek_backup_close(r);
	return status;
}

void sek_backup_close(struct sek_backup_reader *r)
{
	if (!r)
		return;
	if (r->f)
		fclose(r->f);
	sodium_memzero(r, sizeof *r);
	free(r);
}

const struct sek_backup_head *sek_backup_head(const struct sek_backup_reader *r)
{
	return &r->head;
}

uint64_t sek_backup_bytes(const struct sek_backup_reader *r)
{
	return r->size;
}

/* Back to the first chunk. */
static sek_status rewind_to_chunks(struct sek_backup_reader *r)
{
	if (fseeko(r->f, SEK_BACKUP_HEAD_BYTES, SEEK_SET) != 0)
		return sek_from_errno();
	r->left = r->size - SEK_BACKUP_HEAD_BYTES - SEK_BACKUP_SIGNATURE_BYTES;
	r->at = r->n = 0;
	r->final = r->ended = false;
	r->entries = 0;
	return sek_ok();
}

sek_status sek_backup_check(struct sek_backup_reader *r, const uint8_t signer[SEK_SIGN_KEY_BYTES])
{
	uint8_t hash[SEK_BACKUP_FILE_HASH_BYTES], text[SEK_BACKUP_STATEMENT_BYTES], signature[SEK_BACKUP_SIGNATURE_BYTES];
	crypto_generichash_state h;

	SEK_TRY(rewind_to_chunks(r));
	crypto_generichash_init(&h, NULL, 0, sizeof hash);
	crypto_generichash_update(&h, r->head_bytes, sizeof r->head_bytes);
	while (r->left > 0) {
		size_t n = r->left < sizeof r->cipher ? (size_t)r->left : sizeof r->cipher;

		SEK_TRY(take(r, r->cipher, n));
		crypto_generichash_update(&h, r->cipher, n);
		r->left -= n;
	}
	SEK_TRY(take(r, signature, sizeof signature));
	crypto_generichash_final(&h, hash, sizeof hash);
	sek_backup_statement(hash, text);
	if (sodium_memcmp(signer, r->head.signer, SEK_SIGN_KEY_BYTES) != 0 ||
			crypto_sign_verify_detached(signature, text, sizeof text, signer) != 0)
		return sek_fail(SEK_E_CRYPTO);
	return sek_ok();
}

sek_status sek_backup_unlock(struct sek_backup_reader *r, const uint8_t secret[32])
{
	uint8_t key[crypto_secretstream_xchacha20poly1305_KEYBYTES], public_key[crypto_box_PUBLICKEYBYTES];
	int n;

	SEK_TRY(rewind_to_chunks(r));
	if (crypto_scalarmult_base(public_key, secret) != 0 || sodium_memcmp(public_key, r->head.recipient, sizeof public_key) != 0)
		return sek_fail(SEK_E_DENIED);
	if (crypto_box_seal_open(key, r->head.sealed, sizeof r->head.sealed, public_key, secret) != 0)
		return sek_fail(SEK_E_CRYPTO);
	n = crypto_secretstream_xchacha20poly1305_init_pull(&r->stream, r->head.stream, key);
	sodium_memzero(key, sizeof key);
	return n == 0 ? sek_ok() : sek_fail(SEK_E_CRYPTO);
}

static sek_status next_chunk(struct sek_backup_reader *r)
{
	uint8_t length[4];
	unsigned long long plain = 0;
	unsigned char tag = 0;
	uint32_t n;

	if (r->final || r->left < sizeof length)
		return sek_fail(SEK_E_MALFORMED);
	SEK_TRY(take(r, length, sizeof length));
	r->left -= sizeof length;
	n = (uint32_t)length[0] << 24 | (uint32_t)length[1] << 16 | (uint32_t)length[2] << 8 | length[3];
	if (n < MORE || n > sizeof r->cipher || n > r->left)
		return sek_fail(SEK_E_MALFORMED);
	SEK_TRY(take(r, r->cipher, n));
	r->left -= n;
	if (crypto_secretstream_xchacha20poly1305_pull(&r->stream, r->plain, &plain, &tag, r->cipher, n, r->head.id, sizeof r->head.id) != 0)
		return sek_fail(SEK_E_CRYPTO);
	r->final = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
	if (tag != (r->final ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE) ||
			(r->final && r->left > 0))
		return sek_fail(SEK_E_MALFORMED);
	r->n = (size_t)plain;
	r->at = 0;
	return sek_ok();
}

sek_status sek_backup_get(struct sek_backup_reader *r, void *ret, size_t n)
{
	uint8_t *p = ret;

	while (n > 0) {
		size_t k = r->n - r->at < n ? r->n - r->at : n;

		if (k == 0) {
			SEK_TRY(next_chunk(r));
			continue;
		}
		memcpy(p, r->plain + r->at, k);
		r->at += k;
		p += k;
		n -= k;
	}
	return sek_ok();
}

/* The last chunk may be an empty one. */
static sek_status look_for_end(struct sek_backup_reader *r)
{
	if (r->at < r->n)
		return sek_fail(SEK_E_MALFORMED);
	if (!r->final)
		SEK_TRY(next_chunk(r));
	return r->final && r->at == r->n ? sek_ok() : sek_fail(SEK_E_MALFORMED);
}

sek_status sek_backup_get_entry(struct sek_backup_reader *r, struct sek_backup_entry *ret)
{
	uint8_t bytes[SEK_BACKUP_ENTRY_BYTES], length[2];
	size_t n;

	if (r->ended)
		return sek_fail(SEK_E_MALFORMED);
	SEK_TRY(sek_backup_get(r, length, sizeof length));
	n = (size_t)length[0] << 8 | length[1];
	if (n > sizeof bytes)
		return sek_fail(SEK_E_MALFORMED);
	SEK_TRY(sek_backup_get(r, bytes, n));
	SEK_TRY(sek_backup_entry_read(bytes, n, ret));
	if (ret->kind != SEK_BACKUP_END)
		return ++r->entries <= SEK_BACKUP_ENTRIES_MAX ? sek_ok() : sek_fail(SEK_E_LIMIT);
	r->ended = true;
	if (ret->size != r->entries)
		return sek_fail(SEK_E_MALFORMED);
	return look_for_end(r);
}
