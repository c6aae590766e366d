/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writing a recording's file. Must never leave half a block in front of another, and never call written what is not.
 */
#include "broker/hub/record/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hex.h"
#include "broker/hub/record/scan.h"

uint64_t sek_record_utc_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

sek_status sek_record_path(const char *folder, const uint8_t id[16], char ret[PATH_MAX])
{
	char hex[33];

	sek_hex(id, 16, hex);
	return snprintf(ret, PATH_MAX, "%s/%s" SEK_RECORDING_SUFFIX, folder, hex) < PATH_MAX ? sek_ok() : sek_fail(SEK_E_LIMIT);
}

static sek_status io_status(void)
{
	return sek_foreign(SEK_E_IO, SEK_FROM_ERRNO, errno);
}

static sek_status write_at(int fd, const uint8_t *bytes, size_t n, uint64_t offset)
{
	sek_status s = sek_file_put_at(fd, bytes, n, offset);

	return sek_is_ok(s) ? s : sek_foreign(SEK_E_IO, s.origin, s.detail);
}

static sek_status sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	sek_status status;

	if (fd < 0)
		return io_status();
	status = fsync(fd) == 0 ? sek_ok() : io_status();
	close(fd);
	return status;
}

static sek_status write_header(struct sek_record_file *f)
{
	uint8_t bytes[SEK_RECORD_HEADER_BYTES];

	if (flock(f->fd, LOCK_EX) != 0) /* says that it is being written, for as long as it is open */
		return io_status();
	crypto_secretstream_xchacha20poly1305_keygen(f->key);
	if (crypto_box_seal(f->header.sealed, f->key, sizeof f->key, f->header.recipient) != 0)
		return sek_fail(SEK_E_CRYPTO);
	memcpy(f->header.signer, f->signer->public_key, sizeof f->header.signer);
	sek_record_header_write(&f->header, bytes);
	SEK_TRY(write_at(f->fd, bytes, sizeof bytes, 0));
	if (fsync(f->fd) != 0)
		return io_status();
	SEK_TRY(sync_folder(f->folder));
	memcpy(f->hash, f->header.hash, sizeof f->hash);
	f->size = f->synced = sizeof bytes;
	return sek_ok();
}

sek_status sek_record_file_make(struct sek_record_file *f)
{
	sek_status status;

	f->fd = -1;
	SEK_TRY(sek_record_path(f->folder, f->header.id, f->path));
	f->fd = open(f->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (f->fd < 0)
		return io_status();
	status = write_header(f);
	if (!sek_is_ok(status)) {
		(void)unlink(f->path);
		sek_record_file_drop(f);
	}
	return status;
}

static sek_status append_one(struct sek_record_file *f, struct sek_record_plain *p)
{
	size_t n = sek_record_block_bytes(p->head.plain_bytes);
	uint8_t hash[SEK_RECORD_HASH_BYTES];

	SEK_ASSERT(!p->sealed && p->head.plain_bytes == p->n && p->n <= p->room);
	p->head.number = f->blocks;
	sek_record_block_seal(f->key, &p->head, f->hash, p->place + SEK_RECORD_ENTRIES_AT, p->place, hash);
	p->sealed = true;
	SEK_TRY(write_at(f->fd, p->place, n, f->size));
	f->size += n;
	f->blocks++;
	f->snapshots += p->head.flags & SEK_BLOCK_SNAPSHOT ? 1 : 0;
	f->length_us = p->head.last_us;
	memcpy(f->hash, hash, sizeof hash);
	return sek_ok();
}

sek_status sek_record_file_append(struct sek_record_file *f, struct sek_record_plain *list)
{
	sek_status status = sek_ok();
	struct stat st;

	/* a file that nobody can find any more is not kept */
	if (fstat(f->fd, &st) != 0)
		return io_status();
	if (st.st_nlink == 0)
		return sek_foreign(SEK_E_IO, SEK_FROM_ERRNO, ENOENT);
	for (; list && sek_is_ok(status); list = list->next)
		status = append_one(f, list);
	if (!sek_is_ok(status))
		(void)!ftruncate(f->fd, (off_t)f->size);
	return status;
}

sek_status sek_record_file_sync(struct sek_record_file *f)
{
	if (fdatasync(f->fd) != 0)
		return io_status();
	f->synced = f->size;
	return sek_ok();
}

sek_status sek_record_file_push(struct sek_record_file *f)
{
	/* what was pushed a second ago is long written: this waits for a disk only that hangs */
	if (sync_file_range(f->fd, (off_t)f->synced, 0, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE) == 0)
		return sek_ok();
	/* a file system that knows no such thing hears of it with the next sync */
	return errno == ENOSYS || errno == EINVAL || errno == ESPIPE ? sek_ok() : io_status();
}

/* The heads of all blocks, read again from the file: so that nothing grows in memory while a recording runs. NULL: they cannot be had (no
 * memory, or somebody has changed the file under us), and the recording goes without. */
static uint8_t *make_index(const struct sek_record_file *f, uint8_t hash[SEK_RECORD_HASH_BYTES])
{
	struct sek_record_scan *s = malloc(sizeof *s);
	uint8_t *index = NULL;
	bool ours;

	if (!s)
		return NULL;
	if (sek_is_ok(sek_record_scan_begin(s, f->fd, false, &ours)) && sek_is_ok(sek_record_scan_go(s)) && s->n == f->blocks &&
			s->offset == f->size)
		index = malloc((size_t)sek_record_index_bytes(f->blocks));
	if (index)
		sek_record_index_write(s->blocks, f->blocks, index, hash);
	sek_record_scan_finish(s);
	free(s);
	return index;
}

static sek_status write_end(struct sek_record_file *f, struct sek_record_end *e, const uint8_t *index)
{
	uint8_t bytes[SEK_RECORD_END_BYTES];

	e->indexed = index != NULL;
	if (!index)
		memset(e->index, 0, sizeof e->index);
	sek_record_end_write(e, f->header.hash, f->signer, bytes);
	if (index)
		SEK_TRY(write_at(f->fd, index, (size_t)sek_record_index_bytes(e->blocks), f->size));
	SEK_TRY(write_at(f->fd, bytes, sizeof bytes, sek_record_end_at(e)));
	return sek_record_file_sync(f);
}

sek_status sek_record_file_end(struct sek_record_file *f, uint32_t state, bool late)
{
	struct sek_record_end e = { .blocks = f->blocks, .snapshots = f->snapshots, .state = state, .length_us = f->length_us,
		.bytes = f->size, .closed_utc_us = sek_record_utc_us(), .late = late };
	uint8_t *index = make_index(f, e.index);
	sek_status status;

	memcpy(e.prev, f->hash, sizeof e.prev);
	status = write_end(f, &e, index);
	if (!sek_is_ok(status) && index) { /* a full disk may take so much less */
		(void)!ftruncate(f->fd, (off_t)f->size);
		status = write_end(f, &e, NULL);
	}
	free(index);
	if (!sek_is_ok(status)) {
		(void)!ftruncate(f->fd, (off_t)f->size);
		return status;
	}
	f->size = sek_record_end_at(&e) + SEK_RECORD_END_BYTES;
	memcpy(f->hash, e.hash, sizeof f->hash);
	return status;
}

void sek_record_file_drop(struct sek_record_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	sodium_memzero(f->key, sizeof f->key);
}

void sek_record_file_facts(const struct sek_record_file *f, struct sek_recording_facts *ret)
{
	memset(ret, 0, sizeof *ret);
	sek_hex(f->header.id, sizeof f->header.id, ret->id);
	sek_hex(f->header.session, sizeof f->header.session, ret->session);
	ret->began_utc_us = f->header.began_utc_us;
	ret->length_us = f->length_us;
	ret->bytes = f->size;
	ret->blocks = f->blocks;
	ret->snapshots = f->snapshots;
	memcpy(ret->hash, f->hash, sizeof ret->hash);
}
