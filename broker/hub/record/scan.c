/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Following a file block by block. Must never take a block into the list whose link does not hold, and never trust a length
 * beyond the file's.
 */
#include "broker/hub/record/scan.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

sek_status sek_record_read_at(int fd, uint64_t offset, void *ret, size_t n)
{
	size_t got = 0;

	SEK_TRY(sek_file_get_at(fd, ret, n, offset, &got));
	return got == n ? sek_ok() : sek_fail(SEK_E_MALFORMED);
}

/* n bytes at offset, in the window; NULL: there are fewer. */
static const uint8_t *look(struct sek_record_scan *s, uint64_t offset, size_t n)
{
	if (offset < s->window_at || offset + n > s->window_at + s->window_n) {
		s->window_at = offset;
		s->window_n = 0;
		if (!sek_is_ok(sek_file_get_at(s->fd, s->window, sizeof s->window, offset, &s->window_n)) || s->window_n < n)
			return NULL;
	}
	return s->window + (offset - s->window_at);
}

static sek_status file_size(struct sek_record_scan *s)
{
	struct stat st;

	if (fstat(s->fd, &st) != 0)
		return sek_from_errno();
	s->size = st.st_size < 0 ? 0 : (uint64_t)st.st_size;
	return sek_ok();
}

sek_status sek_record_scan_begin(struct sek_record_scan *s, int fd, bool trust, bool *ret_ours)
{
	uint8_t bytes[SEK_RECORD_HEADER_BYTES];
	size_t n = 0;

	memset(s, 0, sizeof *s);
	s->fd = fd;
	s->trust = trust;
	*ret_ours = false;
	SEK_TRY(file_size(s));
	SEK_TRY(sek_file_get_at(fd, bytes, sizeof bytes, 0, &n));
	SEK_TRY(sek_record_header_read(bytes, n, trust, &s->header, ret_ours));
	s->offset = sizeof bytes;
	memcpy(s->hash, s->header.hash, sizeof s->hash);
	return sek_ok();
}

static sek_status keep(struct sek_record_scan *s, const struct sek_block *b)
{
	if (s->n == s->room) {
		size_t room = s->room ? s->room * 2 : 256;
		struct sek_block *more = realloc(s->blocks, room * sizeof *more);

		if (!more)
			return sek_fail(SEK_E_NOMEM);
		s->blocks = more;
		s->room = room;
	}
	s->blocks[s->n++] = *b;
	return sek_ok();
}

static bool same(const struct sek_record_scan *s, const uint8_t *hash)
{
	return s->trust || memcmp(hash, s->hash, SEK_RECORD_HASH_BYTES) == 0;
}

static void take_end(struct sek_record_scan *s, const struct sek_record_end *e, const uint8_t *bytes)
{
	s->end = *e;
	memcpy(s->end_bytes, bytes, sizeof s->end_bytes);
	memcpy(s->hash, e->prev, sizeof s->hash);
	s->closed = true;
	s->offset = s->size;
}

/* The end of a file of this size, and the index before it, if there is one (heap). */
static bool read_end(struct sek_record_scan *s, struct sek_record_end *e, uint8_t bytes[SEK_RECORD_END_BYTES], uint8_t **ret_index)
{
	uint8_t *index;
	uint32_t blocks;
	uint64_t n;

	*ret_index = NULL;
	if (s->size < SEK_RECORD_HEADER_BYTES + SEK_RECORD_END_BYTES ||
			!sek_is_ok(sek_record_read_at(s->fd, s->size - SEK_RECORD_END_BYTES, bytes, SEK_RECORD_END_BYTES)) ||
			!sek_is_ok(sek_record_end_read(bytes, SEK_RECORD_END_BYTES, s->trust, e)) || e->bytes > s->size ||
			sek_record_end_at(e) != s->size - SEK_RECORD_END_BYTES)
		return false;
	if (!e->indexed)
		return true;
	n = sek_record_index_bytes(e->blocks); /* not more than the file holds, as was just seen */
	index = malloc((size_t)n);
	if (index && sek_is_ok(sek_record_read_at(s->fd, e->bytes, index, (size_t)n)) && sek_record_is_index(index, &blocks) &&
			blocks == e->blocks) {
		if (s->trust || sek_record_index_whole(index, (size_t)n, e->index)) {
			*ret_index = index;
			return true;
		}
	}
	free(index);
	return false;
}

static bool try_end(struct sek_record_scan *s)
{
	uint8_t bytes[SEK_RECORD_END_BYTES], *index;
	struct sek_record_end e;

	if (!read_end(s, &e, bytes, &index))
		return false;
	free(index);
	if (e.blocks != s->n || e.bytes != s->offset || !same(s, e.prev) || (s->n > 0 && e.length_us < s->blocks[s->n - 1].last_us))
		return false;
	take_end(s, &e, bytes);
	return true;
}

/* Opens a closed file by its index alone: each block is held against it when it is read. */
static sek_status by_index(struct sek_record_scan *s)
{
	uint8_t bytes[SEK_RECORD_END_BYTES], *index;
	uint64_t offset = SEK_RECORD_HEADER_BYTES, last = 0;
	struct sek_record_end e;
	sek_status status = sek_ok();
	struct sek_block b;
	uint32_t i;

	if (!read_end(s, &e, bytes, &index) || !index)
		return status;
	for (i = 0; i < e.blocks && sek_is_ok(status); i++) {
		if (!sek_is_ok(sek_record_index_read(index, i, &b)) || b.first_us < last)
			break;
		b.offset = offset;
		offset += sek_record_block_bytes(b.plain_bytes);
		last = b.last_us;
		status = keep(s, &b);
	}
	free(index);
	if (sek_is_ok(status) && i == e.blocks && offset == e.bytes && e.length_us >= last)
		take_end(s, &e, bytes);
	else
		s->n = 0; /* block by block, then */
	return status;
}

/* True: b is the next block, and it is all there. */
static bool try_block(struct sek_record_scan *s, struct sek_block *b)
{
	const uint8_t *p = look(s, s->offset, SEK_RECORD_HEAD_BYTES);
	uint8_t prev[SEK_RECORD_HASH_BYTES];
	size_t n;

	if (!p || !sek_is_ok(sek_record_block_read(p, b, prev)) || b->number != s->n || !same(s, prev))
		return false;
	n = sek_record_block_bytes(b->plain_bytes);
	if (n > s->size - s->offset || (s->n > 0 && b->first_us < s->blocks[s->n - 1].last_us))
		return false;
	p = look(s, s->offset + n - SEK_RECORD_HASH_BYTES, SEK_RECORD_HASH_BYTES);
	if (!p)
		return false;
	b->offset = s->offset;
	memcpy(s->hash, p, SEK_RECORD_HASH_BYTES);
	return true;
}

sek_status sek_record_scan_go(struct sek_record_scan *s)
{
	struct sek_block b;

	if (s->closed)
		return sek_ok();
	SEK_TRY(file_size(s));
	s->window_n = 0;
	if (s->n == 0 && s->offset == SEK_RECORD_HEADER_BYTES)
		SEK_TRY(by_index(s));
	while (!s->closed && s->size > s->offset && s->size - s->offset >= 4) {
		const uint8_t *p = look(s, s->offset, 4);

		if (!p || (!sek_record_is_block(p) && try_end(s)) || !try_block(s, &b))
			break;
		SEK_TRY(keep(s, &b));
		s->offset += sek_record_block_bytes(b.plain_bytes);
	}
	return sek_ok();
}

/* The hash that block i follows on. */
static sek_status hash_before(const struct sek_record_scan *s, size_t i, uint8_t ret[SEK_RECORD_HASH_BYTES])
{
	if (i > 0)
		return sek_record_read_at(s->fd, s->blocks[i].offset - SEK_RECORD_HASH_BYTES, ret, SEK_RECORD_HASH_BYTES);
	memcpy(ret, s->header.hash, SEK_RECORD_HASH_BYTES);
	return sek_ok();
}

sek_status sek_record_scan_tail(struct sek_record_scan *s, uint64_t bytes)
{
	uint64_t from = s->offset > bytes ? s->offset - bytes : 0;
	uint8_t *block, hash[SEK_RECORD_HASH_BYTES];
	sek_status status = sek_ok();
	size_t i = s->n, k;

	if (s->closed || s->trust || s->n == 0)
		return status;
	block = malloc(sek_record_block_bytes(SEK_RECORD_PLAIN_MAX_BYTES));
	if (!block)
		return sek_fail(SEK_E_NOMEM);
	do {
		i--;
	} while (i > 0 && s->blocks[i].offset > from);
	for (k = i; k < s->n; k++) {
		size_t n = sek_record_block_bytes(s->blocks[k].plain_bytes);

		status = sek_record_read_at(s->fd, s->blocks[k].offset, block, n);
		if (sek_is(status, SEK_E_IO) || (sek_is_ok(status) && sek_record_block_whole(block, n, hash))) {
			if (!sek_is_ok(status))
				break;
			continue;
		}
		status = hash_before(s, k, s->hash);
		s->offset = s->blocks[k].offset;
		s->n = k;
	}
	free(block);
	return status;
}

bool sek_record_scan_ends(const struct sek_record_scan *s)
{
	uint8_t bytes[SEK_RECORD_END_BYTES];
	struct sek_record_end e;

	return s->size >= SEK_RECORD_HEADER_BYTES + SEK_RECORD_END_BYTES &&
	       sek_is_ok(sek_record_read_at(s->fd, s->size - sizeof bytes, bytes, sizeof bytes)) &&
	       sek_is_ok(sek_record_end_read(bytes, sizeof bytes, s->trust, &e));
}

void sek_record_scan_finish(struct sek_record_scan *s)
{
	free(s->blocks);
	s->blocks = NULL;
	s->n = s->room = 0;
}
