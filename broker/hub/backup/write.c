/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writing a backup file. Must never put a byte of what it holds on the disk that is not encrypted.
 */
#include "broker/hub/backup/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "broker/hub/backup/private.h"

struct sek_backup_writer {
	FILE *f;
	char path[PATH_MAX], part[PATH_MAX];
	const struct sek_sign_key *signer;
	crypto_secretstream_xchacha20poly1305_state stream;
	crypto_generichash_state hash;
	uint8_t id[SEK_BACKUP_ID_BYTES];
	uint8_t plain[SEK_BACKUP_CHUNK_BYTES], cipher[4 + SEK_BACKUP_CHUNK_BYTES + crypto_secretstream_xchacha20poly1305_ABYTES];
	size_t n;
	uint64_t bytes;
};

_Static_assert(sizeof((struct sek_backup_head *)0)->sealed == crypto_box_SEALBYTES + crypto_secretstream_xchacha20poly1305_KEYBYTES &&
	sizeof((struct sek_backup_head *)0)->stream == crypto_secretstream_xchacha20poly1305_HEADERBYTES, "sizes of the head");

void sek_backup_statement(const uint8_t hash[SEK_BACKUP_FILE_HASH_BYTES], uint8_t ret[SEK_BACKUP_STATEMENT_BYTES])
{
	static const char begin[16] = "sekisho backup\n1";

	memcpy(ret, begin, sizeof begin);
	memcpy(ret + sizeof begin, hash, SEK_BACKUP_FILE_HASH_BYTES);
}

static sek_status put_out(struct sek_backup_writer *w, const void *bytes, size_t n)
{
	if (fwrite(bytes, 1, n, w->f) != n)
		return sek_from_errno();
	crypto_generichash_update(&w->hash, bytes, n);
	w->bytes += n;
	return sek_ok();
}

static sek_status begin(struct sek_backup_writer *w, struct sek_backup_head *head)
{
	uint8_t key[crypto_secretstream_xchacha20poly1305_KEYBYTES], bytes[SEK_BACKUP_HEAD_BYTES];
	int r;

	crypto_secretstream_xchacha20poly1305_keygen(key);
	crypto_secretstream_xchacha20poly1305_init_push(&w->stream, head->stream, key);
	r = crypto_box_seal(head->sealed, key, sizeof key, head->recipient);
	sodium_memzero(key, sizeof key);
	if (r != 0)
		return sek_fail(SEK_E_CRYPTO);
	memcpy(head->signer, w->signer->public_key, sizeof head->signer);
	memcpy(w->id, head->id, sizeof w->id);
	sek_backup_head_write(head, bytes);
	crypto_generichash_init(&w->hash, NULL, 0, SEK_BACKUP_FILE_HASH_BYTES);
	return put_out(w, bytes, sizeof bytes);
}

sek_status sek_backup_create(const char *path, struct sek_backup_head *head, const struct sek_sign_key *signer, struct sek_backup_writer **ret)
{
	struct sek_backup_writer *w = calloc(1, sizeof *w);
	sek_status status;
	int fd;

	if (!w)
		return sek_fail(SEK_E_NOMEM);
	w->signer = signer;
	snprintf(w->path, sizeof w->path, "%s", path);
	if (snprintf(w->part, sizeof w->part, "%s.part", path) >= (int)sizeof w->part) {
		free(w);
		return sek_fail(SEK_E_LIMIT);
	}
	fd = open(w->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	w->f = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (!w->f) {
		status = errno == EEXIST ? sek_fail(SEK_E_EXISTS) : sek_from_errno();
		if (fd >= 0)
			close(fd);
		free(w);
		return status;
	}
	status = begin(w, head);
	if (sek_is_ok(status))
		*ret = w;
	else
		sek_backup_abandon(w);
	return status;
}

static sek_status push(struct sek_backup_writer *w, unsigned char tag)
{
	unsigned long long n = 0;

	crypto_secretstream_xchacha20poly1305_push(&w->stream, w->cipher + 4, &n, w->plain, w->n, w->id, sizeof w->id, tag);
	for (int i = 0; i < 4; i++)
		w->cipher[i] = (uint8_t)(n >> (24 - 8 * i));
	w->n = 0;
	return put_out(w, w->cipher, 4 + (size_t)n);
}

sek_status sek_backup_put(struct sek_backup_writer *w, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	while (n > 0) {
		size_t k = sizeof w->plain - w->n < n ? sizeof w->plain - w->n : n;

		memcpy(w->plain + w->n, p, k);
		w->n += k;
		p += k;
		n -= k;
		if (w->n == sizeof w->plain)
			SEK_TRY(push(w, crypto_secretstream_xchacha20poly1305_TAG_MESSAGE));
	}
	return sek_ok();
}

sek_status sek_backup_put_entry(struct sek_backup_writer *w, const struct sek_backup_entry *e)
{
	uint8_t bytes[2 + SEK_BACKUP_ENTRY_BYTES];
	size_t n = sek_backup_entry_write(e, bytes + 2);

	if (n == 0)
		return sek_fail(SEK_E_LIMIT);
	bytes[0] = (uint8_t)(n >> 8);
	bytes[1] = (uint8_t)n;
	return sek_backup_put(w, bytes, n + 2);
}

static sek_status sync_folder(const char *path)
{
	char copy[PATH_MAX];
	sek_status status;
	int fd;

	snprintf(copy, sizeof copy, "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return sek_from_errno();
	status = fsync(fd) == 0 ? sek_ok() : sek_from_errno();
	close(fd);
	return status;
}

static sek_status seal_off(struct sek_backup_writer *w)
{
	uint8_t hash[SEK_BACKUP_FILE_HASH_BYTES], text[SEK_BACKUP_STATEMENT_BYTES], signature[SEK_BACKUP_SIGNATURE_BYTES];

	SEK_TRY(push(w, crypto_secretstream_xchacha20poly1305_TAG_FINAL));
	crypto_generichash_final(&w->hash, hash, sizeof hash);
	sek_backup_statement(hash, text);
	crypto_sign_detached(signature, NULL, text, sizeof text, w->signer->secret);
	if (fwrite(signature, 1, sizeof signature, w->f) != sizeof signature || fflush(w->f) != 0 || fsync(fileno(w->f)) != 0)
		return sek_from_errno();
	w->bytes += sizeof signature;
	/* never over another backup; where there are no links, the name's random part has to do */
	if (link(w->part, w->path) != 0 && (errno == EEXIST || access(w->path, F_OK) == 0 || rename(w->part, w->path) != 0))
		return errno == EEXIST ? sek_fail(SEK_E_EXISTS) : sek_from_errno();
	return sync_folder(w->path);
}

sek_status sek_backup_finish(struct sek_backup_writer *w, uint64_t *ret_bytes)
{
	sek_status status = seal_off(w);

	*ret_bytes = w->bytes;
	sek_backup_abandon(w); /* the other name */
	return status;
}

void sek_backup_abandon(struct sek_backup_writer *w)
{
	if (!w)
		return;
	fclose(w->f);
	(void)unlink(w->part);
	sodium_memzero(w, sizeof *w);
	free(w);
}
