/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The start after a crash: recordings without an end get one that says so. Must never cut off more than a torn write can
 * explain: what else is wrong is left as it is, for the verifier.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hex.h"
#include "base/log.h"
#include "broker/hub/record/file.h"
#include "broker/hub/record/scan.h"

/* A batch is never larger than what may wait, and every batch was synced before the next was written. */
enum { TORN_MAX_BYTES = 2 * SEK_RECORD_BACKLOG_BYTES, HEX = 32 };

bool sek_record_is_name(const char *name)
{
	uint8_t id[HEX / 2];

	return strlen(name) == HEX + sizeof SEK_RECORDING_SUFFIX - 1 && sek_unhex(name, HEX, id, sizeof id) &&
	       strcmp(name + HEX, SEK_RECORDING_SUFFIX) == 0;
}

static void say(const char *event, const char *path, const char *why)
{
	sek_log(SEK_LOG_ERROR, event, "file", path, "why", why, NULL);
}

/* What stands at the end of nearly every file: cheaper than going through its blocks. */
static bool has_end(int fd, uint64_t size)
{
	uint8_t bytes[SEK_RECORD_END_BYTES];
	struct sek_record_end e;

	return size > sizeof bytes && sek_is_ok(sek_record_read_at(fd, size - sizeof bytes, bytes, sizeof bytes)) &&
	       sek_is_ok(sek_record_end_read(bytes, sizeof bytes, false, &e)) && e.bytes < size &&
	       sek_record_end_at(&e) == size - sizeof bytes;
}

static sek_status finish(struct sek_record_scan *s, const struct sek_sign_key *signer, struct sek_recording_facts *ret)
{
	struct sek_record_file f = { .signer = signer, .fd = s->fd, .header = s->header, .size = s->offset,
		.blocks = (uint32_t)s->n, .length_us = s->n > 0 ? s->blocks[s->n - 1].last_us : 0 };
	size_t i;

	for (i = 0; i < s->n; i++)
		f.snapshots += s->blocks[i].flags & SEK_BLOCK_SNAPSHOT ? 1 : 0;
	memcpy(f.hash, s->hash, sizeof f.hash);
	if (ftruncate(f.fd, (off_t)f.size) != 0)
		return sek_from_errno();
	SEK_TRY(sek_record_file_end(&f, 0, true));
	sek_record_file_facts(&f, ret);
	ret->late = true;
	return sek_ok();
}

/* True: facts are those of a recording that was finished now. */
static bool repair_one(int fd, const char *path, uint64_t size, const struct sek_sign_key *signer,
	struct sek_recording_facts *facts)
{
	struct sek_record_scan *s;
	bool ours, finished = false;
	char text[120];
	sek_status status;

	if (flock(fd, LOCK_EX | LOCK_NB) != 0 || has_end(fd, size))
		return false; /* somebody writes it */
	if (size < SEK_RECORD_HEADER_BYTES) {
		(void)unlink(path); /* a beginning that nobody was told of */
		return false;
	}
	s = malloc(sizeof *s);
	if (!s)
		return false;
	status = sek_record_scan_begin(s, fd, false, &ours);
	if (sek_is_ok(status))
		status = sek_record_scan_go(s);
	if (sek_is_ok(status))
		status = sek_record_scan_tail(s, TORN_MAX_BYTES);
	if (!sek_is_ok(status)) {
		say("recording.unreadable", path, sek_status_text(status, text, sizeof text));
	} else if (!s->closed && s->size - s->offset > TORN_MAX_BYTES) {
		say("recording.damaged", path, "more is wrong than a crash can explain: verify it");
	} else if (!s->closed) {
		status = finish(s, signer, facts);
		finished = sek_is_ok(status);
		if (!finished)
			say("recording.unfinished", path, sek_status_text(status, text, sizeof text));
	}
	sek_record_scan_finish(s);
	free(s);
	return finished;
}

/* Calls fn for each recording's file; adds up sizes. */
static sek_status each(const char *folder, void (*fn)(void *user, int fd, const char *path, uint64_t size), void *user,
	uint64_t *ret_bytes)
{
	DIR *d = opendir(folder);
	uint64_t bytes = 0;
	struct dirent *e;

	if (!d)
		return sek_from_errno();
	while ((e = readdir(d)) != NULL) {
		char path[PATH_MAX];
		struct stat st;
		int fd;

		if (!sek_record_is_name(e->d_name) || snprintf(path, sizeof path, "%s/%s", folder, e->d_name) >= PATH_MAX)
			continue;
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
			continue;
		bytes += (uint64_t)st.st_size;
		if (!fn)
			continue;
		fd = openat(dirfd(d), e->d_name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0) {
			say("recording.unreadable", path, strerror(errno));
			continue;
		}
		fn(user, fd, path, (uint64_t)st.st_size);
		close(fd);
	}
	closedir(d);
	*ret_bytes = bytes;
	return sek_ok();
}

struct repair {
	const struct sek_sign_key *signer;
	void (*finished)(void *user, const struct sek_recording_facts *facts);
	void *user;
};

static void on_file(void *user, int fd, const char *path, uint64_t size)
{
	const struct repair *r = user;
	struct sek_recording_facts facts;

	if (repair_one(fd, path, size, r->signer, &facts) && r->finished)
		r->finished(r->user, &facts);
}

sek_status sek_record_repair(const char *folder, const struct sek_sign_key *signer,
	void (*finished)(void *user, const struct sek_recording_facts *facts), void *user, uint64_t *ret_bytes)
{
	struct repair r = { signer, finished, user };

	return each(folder, on_file, &r, ret_bytes);
}

sek_status sek_record_folder_bytes(const char *folder, uint64_t *ret)
{
	return each(folder, NULL, NULL, ret);
}
