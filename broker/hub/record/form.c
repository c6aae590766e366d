/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading and writing the parts of a recording's file. Must never look past the bytes it was given, and never take anything
 * for sound that the writer could not have written.
 */
#include "broker/hub/record/form.h"

#include <string.h>

#include <gnutls/crypto.h>
#include <sodium.h>

#include "base/error.h"
#include "base/utf8.h"

_Static_assert(crypto_secretstream_xchacha20poly1305_ABYTES == SEK_RECORD_TAG_BYTES, "tag");
_Static_assert(crypto_secretstream_xchacha20poly1305_KEYBYTES == SEK_RECORDING_KEY_BYTES, "key");
_Static_assert(crypto_secretstream_xchacha20poly1305_HEADERBYTES == 24, "header");
_Static_assert(crypto_box_SEALBYTES + SEK_RECORDING_KEY_BYTES == SEK_RECORDING_SEALED_BYTES, "sealed key");

static const uint8_t magic[8] = { 'S', 'E', 'K', 'R', 'E', 'C', '\r', '\n' };
static const char block_magic[] = "BLK", index_magic[] = "IDX", end_magic[] = "END"; /* and a digit: the version */

enum {
	HASH = SEK_RECORD_HASH_BYTES,
	MAGIC = 4,
	AD_BYTES = 96, /* of a block's head: what is authenticated beside the entries */
	SIGNED_BYTES = 144, /* of an end */
	FLAGS = SEK_BLOCK_SNAPSHOT | SEK_BLOCK_INPUT | SEK_BLOCK_CLIPBOARD | SEK_BLOCK_POLICY | SEK_BLOCK_EVENT | SEK_BLOCK_SIZE,
};

static void put_u64(struct sek_writer *w, uint64_t v)
{
	sek_write_u32(w, (uint32_t)(v >> 32));
	sek_write_u32(w, (uint32_t)v);
}

static void get_u64(struct sek_reader *r, uint64_t *ret)
{
	uint32_t high = 0, low = 0;

	(void)sek_read_u32(r, &high);
	(void)sek_read_u32(r, &low);
	*ret = (uint64_t)high << 32 | low;
}

/* For parts of a known size, whose room was checked before. */
static void get_bytes(struct sek_reader *r, void *ret, size_t n)
{
	const uint8_t *p;

	SEK_ASSERT(sek_is_ok(sek_read_bytes(r, n, &p)));
	memcpy(ret, p, n);
}

/* SHA-256 is GnuTLS's, which uses the processor's instructions for it: a third of what BLAKE2b takes. */
void sek_record_hash(unsigned version, const uint8_t *bytes, size_t n, uint8_t ret[HASH])
{
	if (version == 1)
		crypto_generichash(ret, HASH, bytes, n, NULL, 0);
	else
		SEK_ASSERT(gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes, n, ret) == 0);
}

static void put_magic(struct sek_writer *w, const char word[4])
{
	sek_write_bytes(w, word, 3);
	sek_write_u8(w, '0' + SEK_RECORD_VERSION);
}

/* 0: something else. */
static unsigned version_of(const uint8_t *bytes, const char word[4])
{
	return memcmp(bytes, word, 3) == 0 && bytes[3] > '0' && bytes[3] <= '0' + SEK_RECORD_VERSION ? bytes[3] - '0' : 0;
}

static bool all_zero(struct sek_reader *r, size_t n)
{
	const uint8_t *p;

	return sek_is_ok(sek_read_bytes(r, n, &p)) && sodium_is_zero(p, n);
}

/* --- the header --- */

void sek_record_header_write(struct sek_record_header *h, uint8_t ret[SEK_RECORD_HEADER_BYTES])
{
	struct sek_writer w;

	memset(ret, 0, SEK_RECORD_HEADER_BYTES);
	sek_writer_init(&w, ret, SEK_RECORD_HEADER_BYTES);
	sek_write_bytes(&w, magic, sizeof magic);
	sek_write_u16(&w, SEK_RECORD_VERSION);
	sek_write_u16(&w, SEK_RECORD_HEADER_BYTES);
	sek_write_u32(&w, 0);
	sek_write_bytes(&w, h->id, sizeof h->id);
	sek_write_bytes(&w, h->session, sizeof h->session);
	put_u64(&w, h->began_utc_us);
	sek_write_bytes(&w, h->where, sizeof h->where);
	sek_write_bytes(&w, h->recipient, sizeof h->recipient);
	sek_write_bytes(&w, h->sealed, sizeof h->sealed);
	sek_write_bytes(&w, h->signer, sizeof h->signer);
	SEK_ASSERT(w.len <= SEK_RECORD_HEADER_BYTES - HASH);
	sek_record_hash(SEK_RECORD_VERSION, ret, SEK_RECORD_HEADER_BYTES - HASH, h->hash);
	memcpy(ret + SEK_RECORD_HEADER_BYTES - HASH, h->hash, HASH);
}

sek_status sek_record_header_read(const uint8_t *bytes, size_t n, bool trust, struct sek_record_header *ret, bool *ret_ours)
{
	struct sek_record_header h;
	struct sek_reader r;
	uint16_t version = 0, size = 0;
	uint8_t hash[HASH];

	*ret_ours = n >= 12 && memcmp(bytes, magic, sizeof magic) == 0;
	if (!*ret_ours)
		return sek_fail(SEK_E_MALFORMED);
	sek_reader_init(&r, bytes + sizeof magic, n - sizeof magic);
	(void)sek_read_u16(&r, &version);
	(void)sek_read_u16(&r, &size);
	if (version > SEK_RECORD_VERSION)
		return sek_fail(SEK_E_VERSION);
	if (version == 0 || size != SEK_RECORD_HEADER_BYTES || n < SEK_RECORD_HEADER_BYTES || !all_zero(&r, 4))
		return sek_fail(SEK_E_MALFORMED);
	get_bytes(&r, h.id, sizeof h.id);
	get_bytes(&r, h.session, sizeof h.session);
	get_u64(&r, &h.began_utc_us);
	get_bytes(&r, h.where, sizeof h.where);
	get_bytes(&r, h.recipient, sizeof h.recipient);
	get_bytes(&r, h.sealed, sizeof h.sealed);
	get_bytes(&r, h.signer, sizeof h.signer);
	sek_record_hash(version, bytes, SEK_RECORD_HEADER_BYTES - HASH, hash);
	memcpy(h.hash, bytes + SEK_RECORD_HEADER_BYTES - HASH, HASH);
	if ((!trust && sodium_memcmp(hash, h.hash, HASH) != 0) || h.where[sizeof h.where - 1] ||
			!sek_utf8_valid((const uint8_t *)h.where, strlen(h.where), NULL))
		return sek_fail(SEK_E_MALFORMED);
	*ret = h;
	return sek_ok();
}

/* --- blocks --- */

/* What an index repeats. */
static void put_head(struct sek_writer *w, const struct sek_block *b)
{
	sek_write_u32(w, b->number);
	sek_write_u32(w, b->plain_bytes);
	sek_write_u32(w, (uint32_t)b->flags << 24);
	put_u64(w, b->first_us);
	put_u64(w, b->last_us);
	put_u64(w, b->utc_us);
	put_u64(w, b->start_us);
	sek_write_u32(w, b->entries);
	sek_write_u32(w, b->updates);
	sek_write_u32(w, b->inputs);
	sek_write_u32(w, b->update_bytes);
}

void sek_record_block_seal(const uint8_t key[SEK_RECORDING_KEY_BYTES], const struct sek_block *b, const uint8_t prev[HASH],
	const uint8_t *plain, uint8_t *ret, uint8_t ret_hash[HASH])
{
	crypto_secretstream_xchacha20poly1305_state state;
	size_t body = SEK_RECORD_HEAD_BYTES + (size_t)b->plain_bytes + SEK_RECORD_TAG_BYTES;
	struct sek_writer w;

	SEK_ASSERT(b->plain_bytes <= SEK_RECORD_PLAIN_MAX_BYTES);
	sek_writer_init(&w, ret, SEK_RECORD_HEAD_BYTES);
	put_magic(&w, block_magic);
	put_head(&w, b);
	sek_write_bytes(&w, prev, HASH);
	SEK_ASSERT(w.len == AD_BYTES);
	crypto_secretstream_xchacha20poly1305_init_push(&state, ret + AD_BYTES, key);
	crypto_secretstream_xchacha20poly1305_push(&state, ret + SEK_RECORD_HEAD_BYTES, NULL, plain, b->plain_bytes, ret, AD_BYTES,
		crypto_secretstream_xchacha20poly1305_TAG_FINAL);
	sodium_memzero(&state, sizeof state);
	sek_record_hash(SEK_RECORD_VERSION, ret, body, ret_hash);
	memcpy(ret + body, ret_hash, HASH);
}

static sek_status read_head(const uint8_t bytes[SEK_RECORD_INDEX_ENTRY_BYTES], struct sek_block *ret)
{
	struct sek_block b = { .number = 0 };
	struct sek_reader r;
	uint32_t flags = 0;

	sek_reader_init(&r, bytes, SEK_RECORD_INDEX_ENTRY_BYTES);
	(void)sek_read_u32(&r, &b.number);
	(void)sek_read_u32(&r, &b.plain_bytes);
	(void)sek_read_u32(&r, &flags);
	get_u64(&r, &b.first_us);
	get_u64(&r, &b.last_us);
	get_u64(&r, &b.utc_us);
	get_u64(&r, &b.start_us);
	(void)sek_read_u32(&r, &b.entries);
	(void)sek_read_u32(&r, &b.updates);
	(void)sek_read_u32(&r, &b.inputs);
	(void)sek_read_u32(&r, &b.update_bytes);
	b.flags = (uint8_t)(flags >> 24);
	if (flags & 0xffffff || b.flags & ~FLAGS || b.plain_bytes < SEK_ENTRY_HEAD_BYTES || b.plain_bytes > SEK_RECORD_PLAIN_MAX_BYTES)
		return sek_fail(SEK_E_MALFORMED);
	if (b.entries == 0 || b.entries > b.plain_bytes / SEK_ENTRY_HEAD_BYTES || b.updates > b.entries || b.inputs > b.entries ||
			b.update_bytes > b.plain_bytes || b.first_us > b.last_us)
		return sek_fail(SEK_E_MALFORMED);
	if (b.flags & SEK_BLOCK_SNAPSHOT ? b.start_us < b.first_us || b.start_us > b.last_us : b.start_us != 0)
		return sek_fail(SEK_E_MALFORMED);
	*ret = b;
	return sek_ok();
}

sek_status sek_record_block_read(const uint8_t head[SEK_RECORD_HEAD_BYTES], struct sek_block *ret, uint8_t ret_prev[HASH])
{
	if (!sek_record_is_block(head))
		return sek_fail(SEK_E_MALFORMED);
	SEK_TRY(read_head(head + MAGIC, ret));
	memcpy(ret_prev, head + MAGIC + SEK_RECORD_INDEX_ENTRY_BYTES, HASH);
	return sek_ok();
}

bool sek_record_block_whole(const uint8_t *block, size_t n, uint8_t ret_hash[HASH])
{
	unsigned version = version_of(block, block_magic);

	if (version == 0)
		return false;
	sek_record_hash(version, block, n - HASH, ret_hash);
	return sodium_memcmp(ret_hash, block + n - HASH, HASH) == 0;
}

sek_status sek_record_block_open(const uint8_t key[SEK_RECORDING_KEY_BYTES], uint8_t *block, size_t n)
{
	crypto_secretstream_xchacha20poly1305_state state;
	uint8_t tag = 0;
	int r;

	SEK_ASSERT(n > SEK_RECORD_HEAD_BYTES + SEK_RECORD_TAG_BYTES + HASH);
	r = crypto_secretstream_xchacha20poly1305_init_pull(&state, block + AD_BYTES, key);
	if (r == 0)
		r = crypto_secretstream_xchacha20poly1305_pull(&state, block + SEK_RECORD_ENTRIES_AT, NULL, &tag,
			block + SEK_RECORD_HEAD_BYTES, n - SEK_RECORD_HEAD_BYTES - HASH, block, AD_BYTES);
	sodium_memzero(&state, sizeof state);
	return r == 0 && tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL ? sek_ok() : sek_fail(SEK_E_DENIED);
}

sek_status sek_record_entries_check(const struct sek_block *b, const uint8_t *entries, size_t n)
{
	uint64_t at = b->first_us;
	uint32_t count = 0;
	struct sek_reader r;
	struct sek_entry e;

	sek_reader_init(&r, entries, n);
	for (; r.left > 0; count++) {
		SEK_TRY(sek_entry_read(&r, &e));
		if (e.at_us < at || e.at_us > b->last_us)
			return sek_fail(SEK_E_MALFORMED);
		at = e.at_us;
	}
	return count == b->entries ? sek_ok() : sek_fail(SEK_E_MALFORMED);
}

bool sek_record_is_block(const uint8_t *bytes)
{
	return version_of(bytes, block_magic) > 0;
}

bool sek_record_is_end(const uint8_t *bytes)
{
	return version_of(bytes, end_magic) > 0;
}

/* --- the index --- */

void sek_record_index_write(const struct sek_block *blocks, uint32_t n, uint8_t *ret, uint8_t ret_hash[HASH])
{
	size_t size = (size_t)sek_record_index_bytes(n);
	struct sek_writer w;
	uint32_t i;

	sek_writer_init(&w, ret, size);
	put_magic(&w, index_magic);
	sek_write_u32(&w, n);
	for (i = 0; i < n; i++)
		put_head(&w, &blocks[i]);
	SEK_ASSERT(w.len == size && sek_is_ok(sek_writer_status(&w)));
	sek_record_hash(SEK_RECORD_VERSION, ret, size, ret_hash);
}

bool sek_record_is_index(const uint8_t *bytes, uint32_t *ret_blocks)
{
	struct sek_reader r;

	sek_reader_init(&r, bytes + MAGIC, 4);
	return version_of(bytes, index_magic) > 0 && sek_is_ok(sek_read_u32(&r, ret_blocks));
}

sek_status sek_record_index_read(const uint8_t *index, uint32_t i, struct sek_block *ret)
{
	SEK_TRY(read_head(index + 8 + (size_t)i * SEK_RECORD_INDEX_ENTRY_BYTES, ret));
	return ret->number == i ? sek_ok() : sek_fail(SEK_E_MALFORMED);
}

bool sek_record_index_whole(const uint8_t *index, size_t n, const uint8_t hash[HASH])
{
	uint8_t is[HASH];
	unsigned version = version_of(index, index_magic);

	if (version == 0)
		return false;
	sek_record_hash(version, index, n, is);
	return sodium_memcmp(is, hash, HASH) == 0;
}

bool sek_record_same_head(const struct sek_block *a, const struct sek_block *b)
{
	uint8_t x[SEK_RECORD_INDEX_ENTRY_BYTES], y[SEK_RECORD_INDEX_ENTRY_BYTES];
	struct sek_writer w;

	sek_writer_init(&w, x, sizeof x);
	put_head(&w, a);
	sek_writer_init(&w, y, sizeof y);
	put_head(&w, b);
	return memcmp(x, y, sizeof x) == 0;
}

/* --- the end --- */

/* What is signed: its first words keep a signature from meaning anything else. */
static size_t statement(const uint8_t header_hash[HASH], const uint8_t *end, uint8_t ret[256])
{
	static const char words[] = "sekisho recording end 1\n";
	size_t n = sizeof words - 1;

	memcpy(ret, words, n);
	memcpy(ret + n, header_hash, HASH);
	memcpy(ret + n + HASH, end, SIGNED_BYTES);
	return n + HASH + SIGNED_BYTES;
}

void sek_record_end_write(struct sek_record_end *e, const uint8_t header_hash[HASH], const struct sek_sign_key *k,
	uint8_t ret[SEK_RECORD_END_BYTES])
{
	uint8_t text[256];
	struct sek_writer w;

	memcpy(e->signer, k->public_key, sizeof e->signer);
	sek_writer_init(&w, ret, SEK_RECORD_END_BYTES);
	put_magic(&w, end_magic);
	sek_write_u32(&w, e->blocks);
	put_u64(&w, e->length_us);
	put_u64(&w, e->bytes);
	put_u64(&w, e->closed_utc_us);
	sek_write_u32(&w, e->state);
	sek_write_u32(&w, e->snapshots);
	sek_write_u8(&w, e->late);
	sek_write_u8(&w, e->indexed);
	sek_write_u16(&w, 0);
	sek_write_u32(&w, 0);
	sek_write_bytes(&w, e->prev, HASH);
	sek_write_bytes(&w, e->index, HASH);
	sek_write_bytes(&w, e->signer, sizeof e->signer);
	SEK_ASSERT(w.len == SIGNED_BYTES);
	crypto_sign_detached(e->signature, NULL, text, statement(header_hash, ret, text), k->secret);
	sek_write_bytes(&w, e->signature, sizeof e->signature);
	sek_record_hash(SEK_RECORD_VERSION, ret, SEK_RECORD_END_BYTES - HASH, e->hash);
	sek_write_bytes(&w, e->hash, HASH);
	SEK_ASSERT(sek_is_ok(sek_writer_status(&w)) && w.len == SEK_RECORD_END_BYTES);
}

sek_status sek_record_end_read(const uint8_t *bytes, size_t n, bool trust, struct sek_record_end *ret)
{
	struct sek_record_end e;
	struct sek_reader r;
	uint8_t hash[HASH], late = 0, indexed = 0;
	bool zero;

	if (n != SEK_RECORD_END_BYTES || !sek_record_is_end(bytes))
		return sek_fail(SEK_E_MALFORMED);
	memset(&e, 0, sizeof e);
	sek_reader_init(&r, bytes + MAGIC, n - MAGIC);
	(void)sek_read_u32(&r, &e.blocks);
	get_u64(&r, &e.length_us);
	get_u64(&r, &e.bytes);
	get_u64(&r, &e.closed_utc_us);
	(void)sek_read_u32(&r, &e.state);
	(void)sek_read_u32(&r, &e.snapshots);
	(void)sek_read_u8(&r, &late);
	(void)sek_read_u8(&r, &indexed);
	zero = all_zero(&r, 6);
	get_bytes(&r, e.prev, HASH);
	get_bytes(&r, e.index, HASH);
	get_bytes(&r, e.signer, sizeof e.signer);
	get_bytes(&r, e.signature, sizeof e.signature);
	get_bytes(&r, e.hash, HASH);
	e.late = late == 1;
	e.indexed = indexed == 1;
	sek_record_hash(version_of(bytes, end_magic), bytes, SEK_RECORD_END_BYTES - HASH, hash);
	if (late > 1 || indexed > 1 || !zero || (!indexed && !sodium_is_zero(e.index, HASH)) || e.snapshots > e.blocks ||
		 (!trust && sodium_memcmp(hash, e.hash, HASH) != 0))
		return sek_fail(SEK_E_MALFORMED);
	*ret = e;
	return sek_ok();
}

bool sek_record_end_signed(const uint8_t bytes[SEK_RECORD_END_BYTES], const uint8_t header_hash[HASH],
	const uint8_t public_key[SEK_SIGN_KEY_BYTES])
{
	uint8_t text[256];

	return sodium_memcmp(bytes + SIGNED_BYTES - SEK_SIGN_KEY_BYTES, public_key, SEK_SIGN_KEY_BYTES) == 0 &&
	       crypto_sign_verify_detached(bytes + SIGNED_BYTES, text, statement(header_hash, bytes, text), public_key) == 0;
}
