/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Appending to the log. Must never report a record as written before it and everything before it is on the disk, nor leave
 * one in the log that was reported as not written.
 */
#include "broker/hub/audit/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "base/file.h"
#include "broker/hub/audit/files_private.h"
#include "broker/hub/audit/record.h"
#include "broker/hub/audit/scan.h"

enum { LINE_OVERHEAD = 160, CHECKPOINT_ROOM = 1600 };

static sek_status io_status(void)
{
	return sek_foreign(SEK_E_IO, SEK_FROM_ERRNO, errno);
}

sek_status sek_audit_lock(struct sek_audit_files *f)
{
	while (flock(f->lock_fd, LOCK_EX) != 0)
		if (errno != EINTR)
			return io_status();
	return sek_ok();
}

void sek_audit_unlock(struct sek_audit_files *f)
{
	(void)flock(f->lock_fd, LOCK_UN);
}

static sek_status write_at(int fd, const char *bytes, size_t n, uint64_t offset)
{
	sek_status s = sek_file_put_at(fd, bytes, n, offset);

	return sek_is_ok(s) ? s : sek_foreign(SEK_E_IO, s.origin, s.detail);
}

void sek_audit_segment_path(const struct sek_audit_files *f, unsigned segment, char ret[PATH_MAX])
{
	snprintf(ret, PATH_MAX, "%.4000s/" SEK_AUDIT_SEGMENT_NAME, f->config.path, segment);
}

sek_status sek_audit_segment_open(struct sek_audit_files *f, unsigned n)
{
	char path[PATH_MAX];
	int fd;

	sek_audit_segment_path(f, n, path);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return io_status();
	if (f->fd >= 0)
		close(f->fd);
	f->fd = fd;
	f->segment = n;
	return sek_ok();
}

static sek_status sync_folder(const struct sek_audit_files *f)
{
	int fd = open(f->config.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	sek_status status;

	if (fd < 0)
		return io_status();
	status = fsync(fd) == 0 ? sek_ok() : io_status();
	close(fd);
	return status;
}

static void write_head(struct sek_audit_files *f)
{
	char head[SEK_AUDIT_HEAD_BYTES];

	/* Overwritten in place, one block: no reader sees half of it. Not synced: after a power cut it may lag behind the log,
	 * never the other way round. */
	sek_audit_head_write(&f->key, &f->point, head);
	(void)!pwrite(f->head_fd, head, sizeof head, 0);
}

static char *checkpoint_body(const struct sek_audit_files *f, const struct sek_audit_point *p, size_t *ret_n)
{
	char head[SEK_AUDIT_HEX_BYTES], signature[2 * SEK_AUDIT_SIGNATURE_BYTES + 1];
	uint8_t raw[SEK_AUDIT_SIGNATURE_BYTES];
	struct sek_audit_event e = { .who = "#broker", .what = "audit.checkpoint",
		.details = (const char *const[]){ "head", head, "signature", signature, NULL } };

	sek_audit_sign(&f->key, SEK_AUDIT_CHECKPOINT, p, raw);
	sek_hex(raw, sizeof raw, signature);
	sek_hex(p->hash, sizeof p->hash, head);
	return sek_audit_body(&e, f->config.where, ret_n);
}

/* Adds the checkpoint's line behind the others. */
static sek_status put_checkpoint(const struct sek_audit_files *f, struct sek_audit_point *p, char *lines, size_t *n)
{
	size_t body_n = 0;
	char *body = checkpoint_body(f, p, &body_n);

	if (!body)
		return sek_fail(SEK_E_NOMEM);
	SEK_ASSERT(body_n + LINE_OVERHEAD <= CHECKPOINT_ROOM);
	*n += sek_audit_line_write(p, body, body_n, lines + *n);
	free(body);
	return sek_ok();
}

static sek_status put_on_disk(struct sek_audit_files *f, const char *lines, size_t n)
{
	sek_status status;

	f->dirty = true;
	status = write_at(f->fd, lines, n, f->size);
	if (sek_is_ok(status) && fdatasync(f->fd) != 0)
		status = io_status();
	if (sek_is_ok(status)) {
		f->size += n;
		f->dirty = false;
	} else if (ftruncate(f->fd, (off_t)f->size) == 0) {
		f->dirty = false; /* else the next call tries again before it does anything */
	}
	return status;
}

sek_status sek_audit_write(struct sek_audit_files *f, const struct sek_audit_body *bodies, size_t n, bool sign,
	char **ret_lines, size_t *ret_lines_n)
{
	struct sek_audit_point p = f->point;
	size_t i, room = CHECKPOINT_ROOM, at = 0;
	sek_status status = sek_ok();
	uint64_t signed_seq = f->signed_seq;
	char *lines;

	for (i = 0; i < n; i++)
		room += bodies[i].n + LINE_OVERHEAD;
	lines = malloc(room);
	if (!lines)
		return sek_fail(SEK_E_NOMEM);
	for (i = 0; i < n; i++)
		at += sek_audit_line_write(&p, bodies[i].text, bodies[i].n, lines + at);
	/* a full segment ends with a signature */
	if (sign || p.seq - signed_seq >= f->config.checkpoint_records || f->size + at >= f->config.segment_bytes) {
		status = put_checkpoint(f, &p, lines, &at);
		signed_seq = p.seq;
	}
	if (sek_is_ok(status))
		status = put_on_disk(f, lines, at);
	if (sek_is_ok(status)) {
		f->point = p;
		f->signed_seq = signed_seq;
		write_head(f);
		if (ret_lines) {
			*ret_lines = lines;
			*ret_lines_n = at;
			lines = NULL;
		}
	}
	free(lines);
	return status;
}

sek_status sek_audit_note(struct sek_audit_files *f, const char *what, enum sek_audit_outcome outcome,
	const char *const *details)
{
	struct sek_audit_event e = { .who = "#broker", .what = what, .outcome = outcome, .details = details };
	struct sek_audit_body body;
	char *text = sek_audit_body(&e, f->config.where, &body.n);
	sek_status status;

	if (!text)
		return sek_fail(SEK_E_NOMEM);
	body.text = text;
	status = sek_audit_write(f, &body, 1, false, NULL, NULL);
	free(text);
	return status;
}

sek_status sek_audit_segment_make(struct sek_audit_files *f, unsigned n)
{
	char path[PATH_MAX], number[16], previous[SEK_AUDIT_HEX_BYTES], key[SEK_AUDIT_HEX_BYTES];
	uint64_t old_size = f->size;
	int fd, old_fd = f->fd;
	sek_status status;

	sek_audit_segment_path(f, n, path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return io_status();
	snprintf(number, sizeof number, "%u", n);
	sek_hex(f->point.hash, sizeof f->point.hash, previous);
	sek_hex(f->key.public_key, sizeof f->key.public_key, key);
	f->fd = fd;
	f->size = 0;
	status = sync_folder(f);
	if (sek_is_ok(status))
		status = sek_audit_note(f, "audit.segment", SEK_AUDIT_DONE,
			(const char *const[]){ "segment", number, "previous", previous, "key", key, NULL });
	if (!sek_is_ok(status)) {
		f->fd = old_fd;
		f->size = old_size;
		f->dirty = false;
		close(fd);
		(void)unlink(path); /* if that fails too: a file without a sound header, which opening knows */
		return status;
	}
	if (old_fd >= 0)
		close(old_fd);
	f->segment = n;
	return sek_ok();
}

/* Whether the file that is written is still the one of its name. */
static bool replaced(const struct sek_audit_files *f, const struct stat *ours)
{
	char path[PATH_MAX];
	struct stat st;

	sek_audit_segment_path(f, f->segment, path);
	return stat(path, &st) != 0 || st.st_ino != ours->st_ino || st.st_dev != ours->st_dev;
}

/* Takes in what stands behind f->size, and cuts off what is torn. */
static sek_status take_in(struct sek_audit_files *f)
{
	struct sek_audit_scan s = { .point = f->point, .offset = f->size, .signed_seq = f->signed_seq };

	SEK_TRY(sek_audit_scan(f->fd, &s));
	f->point = s.point;
	f->size = s.offset;
	f->signed_seq = s.signed_seq;
	return s.size > s.offset ? sek_audit_cut_tail(f, s.size) : sek_ok();
}

static sek_status follow_rotation(struct sek_audit_files *f)
{
	struct sek_audit_scan s = { .from_header = true, .signed_seq = f->signed_seq };
	unsigned last = f->segment;

	SEK_TRY(sek_audit_last_segment(f->config.path, &last));
	while (f->segment < last) {
		s = (struct sek_audit_scan){ .point = f->point, .signed_seq = f->signed_seq };
		SEK_TRY(sek_audit_segment_open(f, f->segment + 1));
		SEK_TRY(sek_audit_scan(f->fd, &s));
		if (s.offset == 0)
			return sek_audit_go_on_after_damage(f, "a segment does not follow on the one before it", f->point.seq);
		f->point = s.point;
		f->size = s.offset;
		f->signed_seq = s.signed_seq;
		if (s.size > s.offset)
			SEK_TRY(sek_audit_cut_tail(f, s.size));
	}
	return sek_ok();
}

sek_status sek_audit_catch_up(struct sek_audit_files *f)
{
	struct stat st;
	char next[PATH_MAX];
	bool grown;

	if (f->dirty) {
		if (ftruncate(f->fd, (off_t)f->size) != 0)
			return io_status();
		f->dirty = false;
	}
	if (fstat(f->fd, &st) != 0)
		return io_status();
	if (replaced(f, &st))
		return sek_audit_go_on_after_damage(f, "the file was removed or replaced", f->point.seq);
	if ((uint64_t)st.st_size < f->size)
		return sek_audit_go_on_after_damage(f, "the file was cut short", f->point.seq);
	grown = (uint64_t)st.st_size > f->size;
	if (grown)
		SEK_TRY(take_in(f));
	sek_audit_segment_path(f, f->segment + 1, next);
	if (access(next, F_OK) == 0) {
		SEK_TRY(follow_rotation(f));
		grown = true;
	}
	return grown ? sek_audit_take_key(f) : sek_ok();
}

sek_status sek_audit_files_append(struct sek_audit_files *f, const struct sek_audit_body *bodies, size_t n, bool sign,
	char **ret_lines, size_t *ret_lines_n)
{
	sek_status status;

	SEK_TRY(sek_audit_lock(f));
	status = sek_audit_catch_up(f);
	if (sek_is_ok(status) && f->size >= f->config.segment_bytes)
		status = sek_audit_segment_make(f, f->segment + 1);
	if (sek_is_ok(status))
		status = sek_audit_write(f, bodies, n, sign, ret_lines, ret_lines_n);
	sek_audit_unlock(f);
	return status;
}

void sek_audit_files_close(struct sek_audit_files *f)
{
	if (!f)
		return;
	if (f->fd >= 0 && f->point.seq > f->signed_seq)
		(void)sek_audit_files_append(f, NULL, 0, true, NULL, NULL);
	if (f->fd >= 0)
		close(f->fd);
	if (f->head_fd >= 0)
		close(f->head_fd);
	if (f->lock_fd >= 0)
		close(f->lock_fd);
	sodium_memzero(&f->key, sizeof f->key);
	free(f);
}

struct sek_audit_point sek_audit_files_point(const struct sek_audit_files *f)
{
	return f->point;
}

uint64_t sek_audit_files_signed(const struct sek_audit_files *f)
{
	return f->signed_seq;
}

unsigned sek_audit_files_segment(const struct sek_audit_files *f)
{
	return f->segment;
}

uint64_t sek_audit_files_repaired(const struct sek_audit_files *f)
{
	return f->repaired;
}

bool sek_audit_files_damaged(const struct sek_audit_files *f)
{
	return f->damaged;
}
