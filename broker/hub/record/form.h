/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The bytes of a recording's file: header, blocks, end. Pure functions, shared by the writer, the reader and the verifier.
 * docs/recording.md is the specification. Private to record/.
 */
#ifndef SEK_BROKER_HUB_RECORD_FORM_H
#define SEK_BROKER_HUB_RECORD_FORM_H

#include "broker/hub/keys/sign.h"
#include "broker/hub/record/reader.h"

#define SEK_RECORD_VERSION 2
#define SEK_RECORD_HASH_BYTES 32                  /* SHA-256; BLAKE2b-256 of what version 1 wrote */
#define SEK_RECORD_HEADER_BYTES 320
#define SEK_RECORD_HEAD_BYTES 120                 /* of a block: in the clear, then the previous hash and the cipher's own header */
#define SEK_RECORD_TAG_BYTES 17                   /* of secretstream: one byte before the entries, 16 behind them */
#define SEK_RECORD_ENTRIES_AT (SEK_RECORD_HEAD_BYTES + 1) /* in a block */
#define SEK_RECORD_PLAIN_MAX_BYTES SEK_ENTRY_MAX_BYTES /* entries of one block */
#define SEK_RECORD_INDEX_ENTRY_BYTES 60           /* a head's bytes from its number to its counts */
#define SEK_RECORD_END_BYTES 240

/* size of a block in the file */
static inline size_t sek_record_block_bytes(uint32_t plain_bytes)
{
	return SEK_RECORD_HEAD_BYTES + (size_t)plain_bytes + SEK_RECORD_TAG_BYTES + SEK_RECORD_HASH_BYTES;
}

struct sek_record_header {
	uint8_t id[16], session[16];
	char where[64];
	uint64_t began_utc_us;
	uint8_t recipient[32], sealed[SEK_RECORDING_SEALED_BYTES], signer[SEK_SIGN_KEY_BYTES];
	uint8_t hash[SEK_RECORD_HASH_BYTES]; /* of what stands before it: the chain's beginning */
};

void sek_record_header_write(struct sek_record_header *h, uint8_t ret[SEK_RECORD_HEADER_BYTES]); /* sets h->hash */
/* SEK_E_MALFORMED: no recording, or changed (*ret_ours: it begins as one of ours); SEK_E_VERSION. `trust`: the hash is not checked (fuzzing). */
sek_status sek_record_header_read(const uint8_t *bytes, size_t n, bool trust, struct sek_record_header *ret, bool *ret_ours);

/* Writes the block of b (all but offset is taken) with its entries into ret, which holds sek_record_block_bytes(). plain: ret + SEK_RECORD_ENTRIES_AT (each byte in its
 * place), or somewhere else altogether. */
void sek_record_block_seal(const uint8_t key[SEK_RECORDING_KEY_BYTES], const struct sek_block *b,
	const uint8_t prev[SEK_RECORD_HASH_BYTES], const uint8_t *plain, uint8_t *ret, uint8_t ret_hash[SEK_RECORD_HASH_BYTES]);
/* The clear part. SEK_E_MALFORMED: no such block can have been written by us. */
sek_status sek_record_block_read(const uint8_t head[SEK_RECORD_HEAD_BYTES], struct sek_block *ret, uint8_t ret_prev[SEK_RECORD_HASH_BYTES]);
/* Whether the block's last bytes are its hash. n is exactly its size. */
bool sek_record_block_whole(const uint8_t *block, size_t n, uint8_t ret_hash[SEK_RECORD_HASH_BYTES]);
/* Decrypts in place: entries stand at block + SEK_RECORD_ENTRIES_AT then (each byte in its place: the cipher overlaps no other way). SEK_E_DENIED: another key, or changed. */
sek_status sek_record_block_open(const uint8_t key[SEK_RECORDING_KEY_BYTES], uint8_t *block, size_t n);
/* Entries, whole and as many as b says, times not running backwards, within the block's. */
sek_status sek_record_entries_check(const struct sek_block *b, const uint8_t *entries, size_t n);

/* The heads of all blocks once more, in one piece, written with the end: so that a long recording is opened by one read. It holds nothing
 * that does not stand in the blocks. */
static inline uint64_t sek_record_index_bytes(uint32_t blocks)
{
	return 8 + (uint64_t)blocks * SEK_RECORD_INDEX_ENTRY_BYTES;
}
/* Writes sek_record_index_bytes(n) bytes. */
void sek_record_index_write(const struct sek_block *blocks, uint32_t n, uint8_t *ret, uint8_t ret_hash[SEK_RECORD_HASH_BYTES]);
/* Of how many blocks, if an index begins with these 8 bytes. */
bool sek_record_is_index(const uint8_t *bytes, uint32_t *ret_blocks);
/* Whether the n bytes of an index are those of which this is the hash. */
bool sek_record_index_whole(const uint8_t *index, size_t n, const uint8_t hash[SEK_RECORD_HASH_BYTES]);
/* The block that entry i of an index speaks of, all but its offset. SEK_E_MALFORMED. */
sek_status sek_record_index_read(const uint8_t *index, uint32_t i, struct sek_block *ret);
/* True if all is the same that an index says of a block. */
bool sek_record_same_head(const struct sek_block *a, const struct sek_block *b);

struct sek_record_end {
	uint32_t blocks, snapshots, state;
	uint64_t length_us, bytes; /* of the file up to the end of the last block */
	uint64_t closed_utc_us;
	bool late, indexed;        /* an index stands between the last block and this */
	uint8_t index[SEK_RECORD_HASH_BYTES]; /* the hash of the index; 0 if there is none */
	uint8_t prev[SEK_RECORD_HASH_BYTES], signer[SEK_SIGN_KEY_BYTES], signature[SEK_SIGN_SIGNATURE_BYTES];
	uint8_t hash[SEK_RECORD_HASH_BYTES]; /* the recording's: what the audit log keeps */
};

/* Signs; sets signer, signature and hash. header_hash: which recording this is the end of. */
void sek_record_end_write(struct sek_record_end *e, const uint8_t header_hash[SEK_RECORD_HASH_BYTES], const struct sek_sign_key *k,
	uint8_t ret[SEK_RECORD_END_BYTES]);
/* The form and (unless `trust`) the hash; not the signature. */
sek_status sek_record_end_read(const uint8_t *bytes, size_t n, bool trust, struct sek_record_end *ret);
bool sek_record_end_signed(const uint8_t bytes[SEK_RECORD_END_BYTES], const uint8_t header_hash[SEK_RECORD_HASH_BYTES],
	const uint8_t public_key[SEK_SIGN_KEY_BYTES]);

/* Where the end must stand, of a file of which it is sound. */
static inline uint64_t sek_record_end_at(const struct sek_record_end *e)
{
	return e->bytes + (e->indexed ? sek_record_index_bytes(e->blocks) : 0);
}

/* version: that of the part, which its own first bytes tell. */
void sek_record_hash(unsigned version, const uint8_t *bytes, size_t n, uint8_t ret[SEK_RECORD_HASH_BYTES]);

/* True if the 4 bytes begin a block, or an end. */
bool sek_record_is_block(const uint8_t *bytes);
bool sek_record_is_end(const uint8_t *bytes);

#endif
