/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opening the log: finds its end, cuts off a write that was interrupted, and tells that from records that are gone or were
 * changed. Must never cut off or overwrite a record that somebody was told is written.
 */
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
#include "broker/hub/audit/files_private.h"
#include "broker/hub/audit/scan.h"

enum { TORN_KEPT_BYTES = 1024 * 1024 };

struct opening {
	struct sek_audit_files *f;
	char *err;
	size_t err_size;
	struct sek_audit_point head;
	bool head_sound;
};

static sek_status refuse(const struct opening *o, sek_status status, const char *what, const char *todo)
{
	char text[120];

	snprintf(o->err, o->err_size, "audit log '%.200s': %s (%s): %s", o->f->config.path, what,
		sek_status_text(status, text, sizeof text), todo);
	return status;
}

static const char *decimal(uint64_t n, char ret[24])
{
	snprintf(ret, 24, "%llu", (unsigned long long)n);
	return ret;
}

sek_status sek_audit_cut_tail(struct sek_audit_files *f, uint64_t size)
{
	char path[PATH_MAX], bytes_text[24], hex[SEK_AUDIT_HEX_BYTES];
	uint8_t hash[SEK_AUDIT_HASH_BYTES];
	uint64_t n = size - f->size;
	size_t kept = n < TORN_KEPT_BYTES ? (size_t)n : TORN_KEPT_BYTES;
	char *bytes;
	sek_status status;

	SEK_TRY(sek_audit_read_at(f->fd, f->size, kept, &bytes));
	crypto_hash_sha256(hash, (const unsigned char *)bytes, kept);
	sek_hex(hash, sizeof hash, hex);
	snprintf(path, sizeof path, "%.4000s/torn-%llu", f->config.path, (unsigned long long)f->point.seq);
	status = sek_file_write(path, bytes, kept, 0600, SEK_FILE_REPLACE);
	free(bytes);
	SEK_TRY(status);
	if (ftruncate(f->fd, (off_t)f->size) != 0 || fdatasync(f->fd) != 0)
		return sek_foreign(SEK_E_IO, SEK_FROM_ERRNO, errno);
	f->repaired += n;
	return sek_audit_note(f, "audit.repaired", SEK_AUDIT_DONE,
		(const char *const[]){ "bytes", decimal(n, bytes_text), "sha256", hex, NULL });
}

sek_status sek_audit_go_on_after_damage(struct sek_audit_files *f, const char *why, uint64_t expected_seq)
{
	char last_text[24], expected_text[24], segment_text[24];
	uint64_t last_seq = f->point.seq;
	unsigned last = f->segment;

	SEK_TRY(sek_audit_last_segment(f->config.path, &last));
	if (last < f->segment)
		last = f->segment;
	f->damaged = true;
	decimal(f->segment, segment_text);
	/* numbers that were given once are not given again */
	if (expected_seq > f->point.seq)
		f->point.seq = expected_seq;
	SEK_TRY(sek_audit_segment_make(f, last + 1));
	return sek_audit_note(f, "audit.damaged", SEK_AUDIT_FAILED,
		(const char *const[]){ "why", why, "segment", segment_text, "last_sound", decimal(last_seq, last_text),
			"expected", decimal(expected_seq, expected_text), NULL });
}

static sek_status make_folder(struct opening *o)
{
	const char *path = o->f->config.path;
	struct stat st;

	if (strlen(path) > 3900)
		return refuse(o, sek_fail(SEK_E_LIMIT), "the path is too long", "choose a shorter one");
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return refuse(o, sek_from_errno(), "the folder cannot be made", "make it, and give it to the broker's user");
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return refuse(o, sek_fail(SEK_E_CONFIG), "is not a folder", "correct audit.path");
	if (st.st_mode & 022)
		return refuse(o, sek_fail(SEK_E_CONFIG), "group or others may write the folder", "chmod go-w it");
	return sek_ok();
}

static const char *in_folder(const struct sek_audit_files *f, const char *name, char ret[PATH_MAX])
{
	snprintf(ret, PATH_MAX, "%.4000s/%s", f->config.path, name);
	return ret;
}

static int open_in(const struct sek_audit_files *f, const char *name, int flags)
{
	char path[PATH_MAX];

	return open(in_folder(f, name, path), flags | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static sek_status get_key(struct opening *o, bool is_new)
{
	sek_status status = sek_sign_key_load(o->f->config.key_path, &o->f->key);

	if (sek_is(status, SEK_E_NOT_FOUND) && is_new)
		status = sek_sign_key_make(o->f->config.key_path, &o->f->key);
	if (sek_is_ok(status))
		return status;
	return refuse(o, status, "the signing key cannot be read or made", is_new ?
		"the broker's user must be able to write audit.key, and no .pub file of an older key may lie there" :
		"put the key back, or move the whole log to the archive and begin a new one");
}

/* A change of the key that was interrupted leaves the public half of the old one, whose head it still is, in its place. */
static sek_status key_before(const struct sek_audit_files *f, uint8_t ret[SEK_AUDIT_KEY_BYTES])
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%.4000s.pub", f->config.key_path);
	return sek_public_key_load(path, ret);
}

static sek_status read_head(struct opening *o, bool is_new)
{
	struct sek_audit_files *f = o->f;
	char text[SEK_AUDIT_HEAD_BYTES];
	struct sek_audit_point none = { .seq = 0 };
	uint8_t before[SEK_AUDIT_KEY_BYTES];

	f->head_fd = open_in(f, "head", is_new ? O_RDWR | O_CREAT : O_RDWR);
	if (f->head_fd < 0 && errno == ENOENT) {
		f->head_fd = open_in(f, "head", O_RDWR | O_CREAT); /* somebody removed it: o->head_sound stays false */
	} else if (f->head_fd >= 0 && !is_new) {
		ssize_t n = pread(f->head_fd, text, sizeof text, 0);

		o->head_sound = n > 0 && (sek_is_ok(sek_audit_head_read(f->key.public_key, text, (size_t)n, &o->head)) ||
			(sek_is_ok(key_before(f, before)) && sek_is_ok(sek_audit_head_read(before, text, (size_t)n, &o->head))));
	}
	if (f->head_fd < 0)
		return refuse(o, sek_from_errno(), "the file 'head' cannot be opened", "give it to the broker's user");
	if (is_new) {
		/* before the first record, so that a log without a head is always one that somebody touched */
		sek_audit_head_write(&f->key, &none, text);
		if (pwrite(f->head_fd, text, sizeof text, 0) != (ssize_t)sizeof text || fsync(f->head_fd) != 0)
			return refuse(o, sek_from_errno(), "the file 'head' cannot be written", "make room on the disk");
		o->head_sound = true;
	}
	return sek_ok();
}

/* A segment without a sound first record: nothing in it was ever acknowledged, if the head agrees. Moved aside. */
static sek_status set_aside(struct opening *o)
{
	char path[PATH_MAX], aside[PATH_MAX];

	sek_audit_segment_path(o->f, o->f->segment, path);
	snprintf(aside, sizeof aside, "%.4000s/torn-segment-%u", o->f->config.path, o->f->segment);
	if (rename(path, aside) != 0)
		return refuse(o, sek_from_errno(), "a torn segment cannot be moved aside", "look at the folder's rights");
	return sek_ok();
}

static sek_status find_end(struct opening *o, unsigned last)
{
	struct sek_audit_files *f = o->f;
	struct sek_audit_scan s;
	const char *damage = NULL;
	sek_status status;

	for (;; last--) {
		if (last == 0) /* only a torn first segment, or none at all */
			return o->head_sound && o->head.seq == 0 ? sek_audit_segment_make(f, 1) :
				sek_audit_go_on_after_damage(f, "every file of the log is gone", o->head.seq);
		s = (struct sek_audit_scan){ .from_header = true, .known = o->head };
		status = sek_audit_segment_open(f, last);
		if (sek_is_ok(status))
			status = sek_audit_scan(f->fd, &s);
		if (!sek_is(status, SEK_E_MALFORMED))
			break;
		if (s.size > 0 && !o->head_sound)
			break;
		SEK_TRY(set_aside(o));
		f->repaired += s.size;
	}
	if (!sek_is_ok(status) && !sek_is(status, SEK_E_MALFORMED))
		return refuse(o, status, "the newest segment cannot be read", "look at the file's rights and at the disk");
	f->point = s.point;
	f->size = s.offset;
	f->signed_seq = s.signed_seq;
	if (!o->head_sound)
		damage = "the file 'head' is missing or not sound";
	else if (o->head.seq > s.point.seq)
		damage = "records that had been written are missing or were changed";
	else if (s.contradicts)
		damage = "a record is not the one that was written";
	if (damage)
		return sek_audit_go_on_after_damage(f, damage, o->head.seq);
	return s.size > s.offset ? sek_audit_cut_tail(f, s.size) : sek_ok();
}

static sek_status open_all(struct opening *o)
{
	struct sek_audit_files *f = o->f;
	char path[PATH_MAX];
	unsigned last = 0;
	sek_status status;
	bool is_new;

	SEK_TRY(make_folder(o));
	f->lock_fd = open_in(f, "lock", O_RDWR | O_CREAT);
	if (f->lock_fd < 0)
		return refuse(o, sek_from_errno(), "the file 'lock' cannot be opened", "give the folder to the broker's user");
	status = sek_audit_lock(f);
	if (sek_is_ok(status))
		status = sek_audit_last_segment(f->config.path, &last);
	if (!sek_is_ok(status))
		return refuse(o, status, "the folder cannot be read", "give it to the broker's user");
	is_new = last == 0 && faccessat(AT_FDCWD, in_folder(f, "head", path), F_OK, AT_SYMLINK_NOFOLLOW) != 0;
	SEK_TRY(get_key(o, is_new));
	SEK_TRY(read_head(o, is_new));
	status = find_end(o, last);
	if (sek_is_ok(status))
		status = sek_audit_rekey_finish(f);
	if (!sek_is_ok(status))
		return *o->err ? status : refuse(o, status, "it cannot be written", "make room on the disk, look at the rights");
	sek_audit_unlock(f);
	return sek_ok();
}

sek_status sek_audit_files_open(const struct sek_audit_config *config, struct sek_audit_files **ret, char *err,
	size_t err_size)
{
	struct opening o = { .err = err, .err_size = err_size };
	sek_status status;

	*err = '\0';
	if (sodium_init() < 0) {
		snprintf(err, err_size, "libsodium cannot start");
		return sek_fail(SEK_E_CRYPTO);
	}
	o.f = calloc(1, sizeof *o.f);
	if (!o.f) {
		snprintf(err, err_size, "not enough memory");
		return sek_fail(SEK_E_NOMEM);
	}
	o.f->config = *config;
	o.f->lock_fd = o.f->head_fd = o.f->fd = -1;
	status = open_all(&o);
	if (sek_is_ok(status)) {
		*ret = o.f;
		return status;
	}
	if (o.f->fd >= 0)
		close(o.f->fd);
	o.f->fd = -1;
	sek_audit_files_close(o.f);
	return status;
}
