/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading a recording. Must never give out entries of a block whose hash or cipher does not hold, and never write.
 */
#include "broker/hub/record/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "base/hex.h"
#include "broker/hub/record/reader_private.h"
#include "broker/hub/record/scan.h"

struct sek_recording_reader {
	struct sek_record_scan scan;
	struct sek_recording_head head;
	bool has_key;
	uint8_t key[SEK_RECORDING_KEY_BYTES];
	uint8_t *buffer; /* a block */
	size_t room;
};

static void fill_head(struct sek_recording_reader *r)
{
	const struct sek_record_scan *s = &r->scan;
	struct sek_recording_head *h = &r->head;

	sek_hex(s->header.id, sizeof s->header.id, h->id);
	sek_hex(s->header.session, sizeof s->header.session, h->session);
	memcpy(h->where, s->header.where, sizeof h->where);
	h->began_utc_us = s->header.began_utc_us;
	memcpy(h->recipient, s->header.recipient, sizeof h->recipient);
	memcpy(h->sealed, s->header.sealed, sizeof h->sealed);
	memcpy(h->hash, s->closed ? s->end.hash : s->hash, sizeof h->hash);
	h->closed = s->closed;
	h->late = s->closed && s->end.late;
	h->state = s->closed ? s->end.state : 0;
	h->length_us = s->closed ? s->end.length_us : s->n > 0 ? s->blocks[s->n - 1].last_us : 0;
	h->bytes = s->offset;
	h->blocks = (uint32_t)s->n;
}

static sek_status scan_on(struct sek_recording_reader *r)
{
	struct sek_record_scan *s = &r->scan;
	size_t before = s->n;

	SEK_TRY(sek_record_scan_go(s));
	if (s->n > before)
		SEK_TRY(sek_record_scan_tail(s, 1));
	fill_head(r);
	return sek_ok();
}

static sek_status refuse(sek_status status, bool ours, char *err, size_t err_size)
{
	char text[120];

	if (sek_is(status, SEK_E_VERSION))
		snprintf(err, err_size, "the recording was made by a newer program: use that one");
	else if (sek_is(status, SEK_E_MALFORMED))
		snprintf(err, err_size, ours ? "the beginning of the recording was changed or cut: nothing in it can be trusted" :
			"the file is not a recording");
	else
		snprintf(err, err_size, "the recording cannot be read (%s)", sek_status_text(status, text, sizeof text));
	return status;
}

sek_status sek_recording_open_fd(int fd, bool trust, struct sek_recording_reader **ret, char *err, size_t err_size)
{
	struct sek_recording_reader *r = calloc(1, sizeof *r);
	bool ours = false;
	sek_status status;

	if (!r) {
		close(fd);
		return refuse(sek_fail(SEK_E_NOMEM), true, err, err_size);
	}
	status = sek_record_scan_begin(&r->scan, fd, trust, &ours);
	if (sek_is_ok(status))
		status = scan_on(r);
	if (!sek_is_ok(status)) {
		sek_recording_reader_close(r);
		return refuse(status, ours, err, err_size);
	}
	if (!r->scan.closed && sek_record_scan_ends(&r->scan)) {
		snprintf(err, err_size, "the recording was changed at or behind block %zu: verify it", r->scan.n);
		sek_recording_reader_close(r);
		return sek_fail(SEK_E_MALFORMED);
	}
	*ret = r;
	return sek_ok();
}

sek_status sek_recording_open(const char *path, struct sek_recording_reader **ret, char *err, size_t err_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	sek_status status;

	if (fd < 0) {
		status = errno == ENOENT ? sek_foreign(SEK_E_NOT_FOUND, SEK_FROM_ERRNO, errno) : sek_from_errno();
		return refuse(status, true, err, err_size);
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return refuse(sek_fail(SEK_E_MALFORMED), false, err, err_size);
	}
	return sek_recording_open_fd(fd, false, ret, err, err_size);
}

void sek_recording_reader_close(struct sek_recording_reader *r)
{
	if (!r)
		return;
	if (r->buffer) {
		sodium_memzero(r->buffer, r->room);
		free(r->buffer);
	}
	close(r->scan.fd);
	sek_record_scan_finish(&r->scan);
	sodium_memzero(r, sizeof *r);
	free(r);
}

const struct sek_recording_head *sek_recording_head(const struct sek_recording_reader *r)
{
	return &r->head;
}

const struct sek_block *sek_recording_blocks(const struct sek_recording_reader *r, size_t *ret_n)
{
	*ret_n = r->scan.n;
	return r->scan.blocks;
}

sek_status sek_recording_again(struct sek_recording_reader *r)
{
	return scan_on(r);
}

static sek_status load(struct sek_recording_reader *r, const struct sek_block *b, size_t *ret_n)
{
	size_t n = sek_record_block_bytes(b->plain_bytes);
	uint8_t hash[SEK_RECORD_HASH_BYTES], prev[SEK_RECORD_HASH_BYTES];
	struct sek_block now;

	if (n > r->room) {
		uint8_t *more = malloc(n);

		if (!more)
			return sek_fail(SEK_E_NOMEM);
		if (r->buffer)
			sodium_memzero(r->buffer, r->room);
		free(r->buffer);
		r->buffer = more;
		r->room = n;
	}
	SEK_TRY(sek_record_read_at(r->scan.fd, b->offset, r->buffer, n));
	if (!r->scan.trust && !sek_record_block_whole(r->buffer, n, hash))
		return sek_fail(SEK_E_MALFORMED);
	/* the file may have been changed since its heads were read, and an index may say what it likes */
	SEK_TRY(sek_record_block_read(r->buffer, &now, prev));
	if (!sek_record_same_head(&now, b))
		return sek_fail(SEK_E_MALFORMED);
	*ret_n = n;
	return sek_ok();
}

sek_status sek_recording_use(struct sek_recording_reader *r, const uint8_t key[SEK_RECORDING_KEY_BYTES])
{
	size_t n;

	if (r->scan.n > 0 && !r->scan.trust) {
		SEK_TRY(load(r, &r->scan.blocks[0], &n));
		SEK_TRY(sek_record_block_open(key, r->buffer, n));
	}
	memcpy(r->key, key, sizeof r->key);
	r->has_key = true;
	return sek_ok();
}

sek_status sek_recording_read(struct sek_recording_reader *r, uint32_t block, const uint8_t **ret, size_t *ret_n)
{
	const struct sek_block *b;
	size_t n;

	if (!r->has_key)
		return sek_fail(SEK_E_DENIED);
	if (block >= r->scan.n)
		return sek_fail(SEK_E_NOT_FOUND);
	b = &r->scan.blocks[block];
	SEK_TRY(load(r, b, &n));
	if (!r->scan.trust && !sek_is_ok(sek_record_block_open(r->key, r->buffer, n)))
		return sek_fail(SEK_E_MALFORMED);
	SEK_TRY(sek_record_entries_check(b, r->buffer + SEK_RECORD_ENTRIES_AT, b->plain_bytes));
	*ret = r->buffer + SEK_RECORD_ENTRIES_AT;
	*ret_n = b->plain_bytes;
	return sek_ok();
}

uint32_t sek_recording_start_block(const struct sek_recording_reader *r, uint64_t t_us)
{
	size_t i;

	for (i = r->scan.n; i > 0; i--)
		if (r->scan.blocks[i - 1].flags & SEK_BLOCK_SNAPSHOT && r->scan.blocks[i - 1].start_us <= t_us)
			return (uint32_t)(i - 1);
	return 0;
}
