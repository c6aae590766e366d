/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * See vault.h. A file is a head of 16 bytes, then pieces: a nonce that is made of the piece's number, so that none stands in the file, and
 * the tag behind each. A key is used for one file only, which makes number nonces sound.
 */
#include "broker/hub/documents/vault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "base/file.h"

enum { HEAD_BYTES = 16, TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES, NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	STORED = SEK_VAULT_PIECE_BYTES + TAG, PATH_BYTES = 4200, BOUND_BYTES = SEK_VAULT_ID_BYTES + 1 };

static const uint8_t head[HEAD_BYTES] = "SEKISHO-DOC 1\n";

struct sek_vault_writer {
	int fd;
	char folder[PATH_BYTES], id[SEK_VAULT_ID_BYTES];
	uint8_t key[SEK_VAULT_KEY_BYTES];
	uint64_t piece, bytes;
	size_t n;
	uint8_t plain[SEK_VAULT_PIECE_BYTES], stored[STORED];
};

struct sek_vault {
	int fd;
	char id[SEK_VAULT_ID_BYTES];
	uint8_t key[SEK_VAULT_KEY_BYTES];
	uint64_t pieces, bytes, held;   /* held: number of the piece in plain, plus one; 0 = none */
	size_t n;
	uint8_t plain[SEK_VAULT_PIECE_BYTES], stored[STORED];
};

static sek_status path_of(const char *folder, const char *id, const char *suffix, char ret[PATH_BYTES])
{
	if (strlen(id) != SEK_VAULT_ID_BYTES - 1 || strspn(id, "0123456789abcdef") != SEK_VAULT_ID_BYTES - 1)
		return sek_fail(SEK_E_NOT_FOUND);
	return (size_t)snprintf(ret, PATH_BYTES, "%s/%s%s", folder, id, suffix) < PATH_BYTES ? sek_ok() : sek_fail(SEK_E_LIMIT);
}

static void nonce_of(uint64_t piece, uint8_t ret[NONCE])
{
	memset(ret, 0, NONCE);
	for (unsigned i = 0; i < 8; i++)
		ret[i] = (uint8_t)(piece >> (56 - 8 * i));
}

static void bound(const char *id, bool last, uint8_t ret[BOUND_BYTES])
{
	memset(ret, 0, BOUND_BYTES);
	memcpy(ret, id, SEK_VAULT_ID_BYTES - 1);
	ret[BOUND_BYTES - 1] = last;
}

/* --- writing --- */

sek_status sek_vault_create(const char *folder, const char *id, const uint8_t key[SEK_VAULT_KEY_BYTES], struct sek_vault_writer **ret)
{
	char path[PATH_BYTES];
	struct sek_vault_writer *w;
	sek_status s;

	SEK_TRY(path_of(folder, id, ".part", path));
	w = calloc(1, sizeof *w);
	if (!w)
		return sek_fail(SEK_E_NOMEM);
	snprintf(w->folder, sizeof w->folder, "%s", folder);
	memcpy(w->id, id, sizeof w->id);
	memcpy(w->key, key, sizeof w->key);
	w->fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (w->fd < 0) {
		s = errno == EEXIST ? sek_fail(SEK_E_EXISTS) : sek_from_errno();
		sodium_memzero(w->key, sizeof w->key);
		free(w);
		return s;
	}
	s = sek_file_put(w->fd, head, sizeof head);
	if (!sek_is_ok(s)) {
		sek_vault_abandon(w);
		return s;
	}
	*ret = w;
	return s;
}

static sek_status put_piece(struct sek_vault_writer *w, bool last)
{
	uint8_t nonce[NONCE], with[BOUND_BYTES];
	unsigned long long n;

	nonce_of(w->piece++, nonce);
	bound(w->id, last, with);
	crypto_aead_xchacha20poly1305_ietf_encrypt(w->stored, &n, w->plain, w->n, with, sizeof with, NULL, nonce, w->key);
	w->n = 0;
	return sek_file_put(w->fd, w->stored, (size_t)n);
}

sek_status sek_vault_write(struct sek_vault_writer *w, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	while (n > 0) {
		size_t k = sizeof w->plain - w->n < n ? sizeof w->plain - w->n : n;

		if (w->n == sizeof w->plain) { /* full, and more comes: it is not the last */
			SEK_TRY(put_piece(w, false));
			continue;
		}
		memcpy(w->plain + w->n, p, k);
		w->n += k;
		w->bytes += k;
		p += k;
		n -= k;
	}
	return sek_ok();
}

static void forget(struct sek_vault_writer *w)
{
	if (w->fd >= 0)
		close(w->fd);
	sodium_memzero(w, sizeof *w); /* key and plain text */
	free(w);
}

static sek_status sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	sek_status s;

	if (fd < 0)
		return sek_from_errno();
	s = fsync(fd) == 0 ? sek_ok() : sek_from_errno();
	close(fd);
	return s;
}

static sek_status finish(struct sek_vault_writer *w)
{
	char part[PATH_BYTES], whole[PATH_BYTES];

	SEK_TRY(path_of(w->folder, w->id, ".part", part));
	SEK_TRY(path_of(w->folder, w->id, ".doc", whole));
	SEK_TRY(put_piece(w, true));
	if (fsync(w->fd) != 0 || rename(part, whole) != 0)
		return sek_from_errno();
	return sync_folder(w->folder);
}

sek_status sek_vault_finish(struct sek_vault_writer *w, uint64_t *ret_bytes)
{
	uint64_t bytes = w->bytes;
	sek_status s = finish(w);

	if (!sek_is_ok(s)) {
		sek_vault_abandon(w);
		return s;
	}
	forget(w);
	*ret_bytes = bytes;
	return s;
}

void sek_vault_abandon(struct sek_vault_writer *w)
{
	char path[PATH_BYTES];

	if (!w)
		return;
	if (sek_is_ok(path_of(w->folder, w->id, ".part", path)))
		(void)unlink(path);
	/* it may have got its name before the last step failed */
	(void)sek_vault_unlink(w->folder, w->id);
	forget(w);
}

/* --- reading --- */

static sek_status look_at(struct sek_vault *v)
{
	uint8_t found[HEAD_BYTES];
	struct stat st;
	uint64_t body;

	if (fstat(v->fd, &st) != 0)
		return sek_from_errno();
	if (!S_ISREG(st.st_mode) || st.st_size < HEAD_BYTES + TAG || pread(v->fd, found, sizeof found, 0) != HEAD_BYTES ||
	    memcmp(found, head, sizeof head) != 0)
		return sek_fail(SEK_E_CRYPTO);
	body = (uint64_t)st.st_size - HEAD_BYTES;
	v->pieces = (body + STORED - 1) / STORED;
	if (body - (v->pieces - 1) * STORED < TAG)
		return sek_fail(SEK_E_CRYPTO);
	v->bytes = body - v->pieces * TAG;
	return sek_ok();
}

sek_status sek_vault_open(const char *folder, const char *id, const uint8_t key[SEK_VAULT_KEY_BYTES], struct sek_vault **ret)
{
	char path[PATH_BYTES];
	struct sek_vault *v;
	sek_status s;

	SEK_TRY(path_of(folder, id, ".doc", path));
	v = calloc(1, sizeof *v);
	if (!v)
		return sek_fail(SEK_E_NOMEM);
	memcpy(v->id, id, sizeof v->id);
	memcpy(v->key, key, sizeof v->key);
	v->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	s = v->fd >= 0 ? look_at(v) : errno == ENOENT ? sek_fail(SEK_E_NOT_FOUND) : sek_from_errno();
	if (!sek_is_ok(s)) {
		sek_vault_close(v);
		return s;
	}
	*ret = v;
	return s;
}

void sek_vault_close(struct sek_vault *v)
{
	if (!v)
		return;
	if (v->fd >= 0)
		close(v->fd);
	sodium_memzero(v, sizeof *v);
	free(v);
}

uint64_t sek_vault_bytes(const struct sek_vault *v)
{
	return v->bytes;
}

static sek_status get(int fd, uint8_t *to, size_t n, off_t at)
{
	size_t got = 0;

	SEK_TRY(sek_file_get_at(fd, to, n, (uint64_t)at, &got));
	return got == n ? sek_ok() : sek_fail(SEK_E_CRYPTO);
}

static sek_status hold(struct sek_vault *v, uint64_t piece)
{
	bool last = piece + 1 == v->pieces;
	size_t n = last ? (size_t)(v->bytes - piece * SEK_VAULT_PIECE_BYTES) + TAG : STORED;
	uint8_t nonce[NONCE], with[BOUND_BYTES];
	unsigned long long plain;

	if (v->held == piece + 1)
		return sek_ok();
	v->held = 0;
	SEK_TRY(get(v->fd, v->stored, n, (off_t)(HEAD_BYTES + piece * STORED)));
	nonce_of(piece, nonce);
	bound(v->id, last, with);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(v->plain, &plain, NULL, v->stored, n, with, sizeof with, nonce, v->key) != 0)
		return sek_fail(SEK_E_CRYPTO);
	v->n = (size_t)plain;
	v->held = piece + 1;
	return sek_ok();
}

sek_status sek_vault_read(struct sek_vault *v, uint64_t offset, void *ret, size_t n)
{
	uint8_t *to = ret;

	if (offset > v->bytes || n > v->bytes - offset)
		return sek_fail(SEK_E_LIMIT);
	while (n > 0) {
		size_t from = (size_t)(offset % SEK_VAULT_PIECE_BYTES), k;

		SEK_TRY(hold(v, offset / SEK_VAULT_PIECE_BYTES));
		k = v->n - from < n ? v->n - from : n;
		memcpy(to, v->plain + from, k);
		to += k;
		offset += k;
		n -= k;
	}
	return sek_ok();
}

/* --- the folder --- */

sek_status sek_vault_unlink(const char *folder, const char *id)
{
	char path[PATH_BYTES];

	SEK_TRY(path_of(folder, id, ".doc", path));
	if (unlink(path) == 0)
		return sek_ok();
	return errno == ENOENT ? sek_fail(SEK_E_NOT_FOUND) : sek_from_errno();
}

/* ID.part and ID.doc are ours; anything else in the folder is left alone. */
static bool is_over(const char *name, bool (*keep)(void *ctx, const char *id), void *ctx)
{
	char id[SEK_VAULT_ID_BYTES];

	if (strlen(name) <= sizeof id - 1 || strspn(name, "0123456789abcdef") != sizeof id - 1)
		return false;
	memcpy(id, name, sizeof id - 1);
	id[sizeof id - 1] = '\0';
	if (strcmp(name + sizeof id - 1, ".part") == 0)
		return true;
	return strcmp(name + sizeof id - 1, ".doc") == 0 && !keep(ctx, id);
}

sek_status sek_vault_sweep(const char *folder, bool (*keep)(void *ctx, const char *id), void *ctx, unsigned *ret_removed)
{
	DIR *d = opendir(folder);
	struct dirent *e;

	*ret_removed = 0;
	if (!d)
		return sek_from_errno();
	while ((e = readdir(d)) != NULL)
		if (is_over(e->d_name, keep, ctx) && unlinkat(dirfd(d), e->d_name, 0) == 0)
			++*ret_removed;
	closedir(d);
	return sek_ok();
}
