/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whether a recording is what was written. Reads the file as a row of bytes that anybody may have changed. Must never call sound
 * what the signature does not cover, and tells of one change once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/error.h"
#include "broker/hub/record/scan.h"

enum { HASH = SEK_RECORD_HASH_BYTES, LEAST_BYTES = SEK_RECORD_HEAD_BYTES + SEK_ENTRY_HEAD_BYTES + SEK_RECORD_TAG_BYTES + HASH,
	MISSING_TOLD_MAX = 1000, TRIED_BYTES = 64 << 20 };

/* A block as it stands in the file. */
struct seen {
	uint32_t number;
	bool whole;
	struct sek_block head;
	uint8_t hash[HASH], prev[HASH];
};

struct run {
	int fd;
	uint64_t size, offset;
	struct sek_record_header header;
	const uint8_t (*public_keys)[32], *key;
	size_t n_public_keys;
	void (*finding)(void *user, const char *word, uint32_t block);
	void *user;
	unsigned findings;     /* of damage */
	struct seen *seen;
	size_t n, room;
	uint8_t *buffer;       /* of the largest block */
	uint64_t tried;        /* bytes that were hashed because a block might have begun there */
	bool has_end, gave_up;
	uint64_t index_at, index_bytes;
	struct sek_record_end end;
	uint8_t end_bytes[SEK_RECORD_END_BYTES];
};

static void found(struct run *r, const char *word, uint32_t block)
{
	r->findings++;
	if (r->finding)
		r->finding(r->user, word, block);
}

static sek_status keep(struct run *r, const struct seen *s)
{
	if (r->n == r->room) {
		size_t room = r->room ? 2 * r->room : 256;
		struct seen *more = realloc(r->seen, room * sizeof *more);

		if (!more)
			return sek_fail(SEK_E_NOMEM);
		r->seen = more;
		r->room = room;
	}
	r->seen[r->n++] = *s;
	return sek_ok();
}

static uint32_t expected(const struct run *r)
{
	return r->n > 0 ? r->seen[r->n - 1].number + 1 : 0;
}

/* --- going along the file --- */

/* Whether a block could stand at offset; b is its head. */
static bool head_at(struct run *r, uint64_t offset, struct sek_block *b, uint8_t prev[HASH])
{
	uint8_t head[SEK_RECORD_HEAD_BYTES];

	return r->size - offset >= LEAST_BYTES && sek_is_ok(sek_record_read_at(r->fd, offset, head, sizeof head)) &&
	       sek_is_ok(sek_record_block_read(head, b, prev)) && sek_record_block_bytes(b->plain_bytes) <= r->size - offset;
}

static bool end_at(struct run *r, uint64_t offset, struct sek_record_end *e, uint8_t bytes[SEK_RECORD_END_BYTES])
{
	return r->size - offset >= SEK_RECORD_END_BYTES && sek_is_ok(sek_record_read_at(r->fd, offset, bytes, SEK_RECORD_END_BYTES)) &&
	       sek_is_ok(sek_record_end_read(bytes, SEK_RECORD_END_BYTES, false, e));
}

/* How many bytes of index stand at offset; 0: none. */
static uint64_t index_at(struct run *r, uint64_t offset)
{
	uint8_t bytes[8];
	uint32_t blocks;

	if (r->size - offset < sizeof bytes || !sek_is_ok(sek_record_read_at(r->fd, offset, bytes, sizeof bytes)) ||
			!sek_record_is_index(bytes, &blocks) || sek_record_index_bytes(blocks) > r->size - offset)
		return 0;
	return sek_record_index_bytes(blocks);
}

/* True if a sound block, index or end stands at offset, or the file ends there. */
static bool something_at(struct run *r, uint64_t offset)
{
	uint8_t bytes[SEK_RECORD_END_BYTES], prev[HASH];
	struct sek_record_end e;
	struct sek_block b;

	return offset == r->size || head_at(r, offset, &b, prev) || end_at(r, offset, &e, bytes) || index_at(r, offset) > 0;
}

static bool whole_at(struct run *r, uint64_t offset, const struct sek_block *b, uint8_t hash[HASH])
{
	size_t n = sek_record_block_bytes(b->plain_bytes);

	return sek_is_ok(sek_record_read_at(r->fd, offset, r->buffer, n)) && sek_record_block_whole(r->buffer, n, hash);
}

/* Whether the bytes that look like the head of a block begin a whole one. Such bytes hardly ever come by chance; a file that was made of
 * them would have each hashed a thousand times: what is tried in vain is bounded by the file's size. */
static bool begins_at(struct run *r, uint64_t offset)
{
	uint8_t prev[HASH], hash[HASH];
	struct sek_block b;

	if (r->gave_up || !head_at(r, offset, &b, prev))
		return false;
	if (whole_at(r, offset, &b, hash))
		return true;
	r->tried += sek_record_block_bytes(b.plain_bytes);
	r->gave_up = r->tried > r->size + TRIED_BYTES;
	return false;
}

/* Looks for the next whole block, or an end, behind what cannot be read. r->size: there is none. */
static uint64_t resync(struct run *r)
{
	uint64_t at = r->offset + 1;
	uint8_t bytes[65536], end[SEK_RECORD_END_BYTES];
	struct sek_record_end e;

	while (at + 4 <= r->size) {
		size_t n = r->size - at < sizeof bytes ? (size_t)(r->size - at) : sizeof bytes, i;

		if (!sek_is_ok(sek_record_read_at(r->fd, at, bytes, n)))
			return r->size;
		for (i = 0; i + 4 <= n; i++) {
			if (sek_record_is_block(bytes + i) && begins_at(r, at + i))
				return at + i;
			if (sek_record_is_end(bytes + i) && end_at(r, at + i, &e, end))
				return at + i;
			if (i + 8 <= n && bytes[i] == 'I' && index_at(r, at + i) > 0)
				return at + i;
		}
		at += i;
	}
	return r->size;
}

static bool opens(struct run *r, const struct sek_block *b)
{
	return sek_is_ok(sek_record_block_open(r->key, r->buffer, sek_record_block_bytes(b->plain_bytes))) &&
	       sek_is_ok(sek_record_entries_check(b, r->buffer + SEK_RECORD_ENTRIES_AT, b->plain_bytes));
}

/* The end with its index, if that is what stands at r->offset. */
static bool take_end(struct run *r)
{
	uint64_t index = index_at(r, r->offset);

	if (!end_at(r, r->offset + index, &r->end, r->end_bytes))
		return false;
	r->has_end = true;
	r->index_at = r->offset;
	r->index_bytes = index;
	r->offset += index + SEK_RECORD_END_BYTES;
	return true;
}

/* The block at r->offset, or the end, or what stands in their place. */
static sek_status step(struct run *r)
{
	struct seen s = { .number = expected(r) };
	struct sek_record_end e;
	uint8_t bytes[SEK_RECORD_END_BYTES];
	struct sek_block b;
	uint64_t next;

	if (take_end(r))
		return sek_ok();
	if (head_at(r, r->offset, &b, s.prev)) {
		next = r->offset + sek_record_block_bytes(b.plain_bytes);
		s.whole = whole_at(r, r->offset, &b, s.hash);
		if (s.whole) {
			s.number = b.number;
			s.head = b;
			if (r->key && !opens(r, &b))
				found(r, "changed", b.number);
		} else {
			found(r, "changed", s.number);
			if (!something_at(r, next))
				next = resync(r);
		}
		r->offset = next;
		return keep(r, &s);
	}
	next = resync(r);
	if (next == r->size && r->gave_up)
		found(r, "changed", s.number); /* no crash leaves that behind */
	if (next == r->size)
		return sek_fail(SEK_E_CLOSED); /* a tail */
	found(r, "changed", s.number);
	if (end_at(r, next, &e, bytes) && e.indexed && e.bytes == r->offset) {
		r->offset = next;
		return sek_ok(); /* no block, but the index */
	}
	r->offset = next;
	return keep(r, &s);
}

/* --- what it means --- */

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void check_order(struct run *r)
{
	uint32_t most = 0;
	size_t i;

	for (i = 0; i < r->n; i++) {
		if (i > 0 && r->seen[i].number <= most)
			found(r, "swapped", r->seen[i].number);
		else
			most = r->seen[i].number;
	}
}

static sek_status check_missing(struct run *r)
{
	uint32_t *numbers = malloc((r->n + 1) * sizeof *numbers), at = 0, told = 0;
	uint32_t end = r->has_end ? r->end.blocks : 0;
	size_t i;

	if (!numbers)
		return sek_fail(SEK_E_NOMEM);
	for (i = 0; i < r->n; i++)
		numbers[i] = r->seen[i].number;
	qsort(numbers, r->n, sizeof *numbers, by_number);
	for (i = 0; i < r->n; i++) {
		for (; at < numbers[i] && told < MISSING_TOLD_MAX; at++, told++)
			found(r, "missing", at);
		if (at <= numbers[i])
			at = numbers[i] + 1;
	}
	for (; at < end && told < MISSING_TOLD_MAX; at++, told++)
		found(r, "missing", at);
	free(numbers);
	return sek_ok();
}

/* A block that was made anew with a hash of its own does not fit what follows on it. */
static void check_links(struct run *r)
{
	const uint8_t *hash = r->header.hash;
	uint32_t number = 0;
	bool whole = true;
	size_t i;

	for (i = 0; i < r->n; i++) {
		const struct seen *s = &r->seen[i];

		if (whole && s->whole && s->number == number && memcmp(s->prev, hash, HASH) != 0) {
			if (number == 0)
				found(r, "header", 0);
			else
				found(r, "changed", number - 1);
		}
		hash = s->hash;
		number = s->number + 1;
		whole = s->whole;
	}
	if (r->has_end && r->end.blocks == number && whole && memcmp(r->end.prev, hash, HASH) != 0)
		found(r, number > 0 ? "changed" : "header", number > 0 ? number - 1 : 0);
	else if (r->has_end && r->end.blocks < number)
		found(r, "swapped", number - 1); /* more than there were */
}

/* An index that says something else than the blocks would show another recording than the one that is there. */
static sek_status check_index(struct run *r)
{
	uint8_t *index;
	struct sek_block b;
	uint32_t i;

	if (!r->has_end || r->findings > 0) /* one change is one finding */
		return sek_ok();
	if (r->end.indexed != (r->index_bytes > 0) || (r->end.indexed && r->end.bytes != r->index_at) || r->end.blocks != r->n) {
		found(r, "changed", expected(r));
		return sek_ok();
	}
	if (!r->end.indexed)
		return sek_ok();
	index = malloc((size_t)r->index_bytes);
	if (!index)
		return sek_fail(SEK_E_NOMEM);
	if (!sek_is_ok(sek_record_read_at(r->fd, r->index_at, index, (size_t)r->index_bytes)))
		memset(index, 0, (size_t)r->index_bytes);
	if (!sek_record_index_whole(index, (size_t)r->index_bytes, r->end.index))
		found(r, "changed", expected(r));
	for (i = 0; r->findings == 0 && i < r->end.blocks; i++)
		if (!sek_is_ok(sek_record_index_read(index, i, &b)) || !sek_record_same_head(&b, &r->seen[i].head))
			found(r, "changed", i);
	free(index);
	return sek_ok();
}

static bool is_signed(const struct run *r)
{
	for (size_t i = 0; i < r->n_public_keys; i++)
		if (sek_record_end_signed(r->end_bytes, r->header.hash, r->public_keys[i]))
			return true;
	return false;
}

static void check_end(struct run *r, bool tail)
{
	uint32_t next = expected(r);

	if (r->has_end && (tail || r->offset < r->size))
		found(r, "changed", next); /* something stands behind the end */
	if (r->has_end && !is_signed(r))
		found(r, "signature", next);
	/* without an end: what a crash tears; nobody was told that it is written */
	if (!r->has_end && tail && r->finding)
		r->finding(r->user, "cut", next);
}

static sek_status go_along(struct run *r)
{
	sek_status status = sek_ok();

	while (sek_is_ok(status) && r->offset < r->size && !r->has_end)
		status = step(r);
	if (!sek_is_ok(status) && !sek_is(status, SEK_E_CLOSED))
		return status;
	check_order(r);
	SEK_TRY(check_missing(r));
	check_links(r);
	SEK_TRY(check_index(r));
	check_end(r, sek_is(status, SEK_E_CLOSED));
	return sek_ok();
}

static sek_status verify_fd(struct run *r)
{
	uint8_t bytes[SEK_RECORD_HEADER_BYTES];
	size_t n = r->size < sizeof bytes ? (size_t)r->size : sizeof bytes;
	bool ours;
	sek_status status;

	SEK_TRY(sek_record_read_at(r->fd, 0, bytes, n));
	status = sek_record_header_read(bytes, n, false, &r->header, &ours);
	if (sek_is(status, SEK_E_MALFORMED) && ours) {
		found(r, "header", 0);
		return sek_ok();
	}
	SEK_TRY(status);
	r->offset = sizeof bytes;
	r->buffer = malloc(sek_record_block_bytes(SEK_RECORD_PLAIN_MAX_BYTES));
	return r->buffer ? go_along(r) : sek_fail(SEK_E_NOMEM);
}

sek_status sek_recording_verify(const char *path, const uint8_t public_key[32], const uint8_t *key,
	void (*finding)(void *user, const char *word, uint32_t block), void *user, enum sek_recording_verdict *ret)
{
	return sek_recording_verify_any(path, (const uint8_t (*)[32])public_key, 1, key, finding, user, ret);
}

sek_status sek_recording_verify_any(const char *path, const uint8_t (*public_keys)[32], size_t n_public_keys, const uint8_t *key,
	void (*finding)(void *user, const char *word, uint32_t block), void *user, enum sek_recording_verdict *ret)
{
	struct run r = { .public_keys = public_keys, .n_public_keys = n_public_keys, .key = key, .finding = finding, .user = user };
	sek_status status;
	struct stat st;

	r.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (r.fd < 0)
		return errno == ENOENT ? sek_foreign(SEK_E_NOT_FOUND, SEK_FROM_ERRNO, errno) : sek_from_errno();
	if (fstat(r.fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(r.fd);
		return sek_fail(SEK_E_MALFORMED);
	}
	r.size = (uint64_t)st.st_size;
	status = verify_fd(&r);
	if (sek_is_ok(status))
		*ret = r.findings > 0 ? SEK_RECORDING_DAMAGED : r.has_end ? SEK_RECORDING_SOUND : SEK_RECORDING_UNFINISHED;
	if (r.buffer) {
		sodium_memzero(r.buffer, sek_record_block_bytes(SEK_RECORD_PLAIN_MAX_BYTES));
		free(r.buffer);
	}
	free(r.seen);
	close(r.fd);
	return status;
}
