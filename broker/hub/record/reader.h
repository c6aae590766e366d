/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading recordings, finished ones and those that are being written: headers without any key, entries with the
 * recording's own key. A file is hostile: whoever could write it could have written anything. Blocking; in the pool or in
 * programs without a loop. One reader serves one thread at a time.
 */
#ifndef SEK_BROKER_HUB_RECORD_READER_H
#define SEK_BROKER_HUB_RECORD_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "protocol/recording/entry.h"

#define SEK_RECORDING_SUFFIX ".sekrec" /* a recording's file is its id and this */
#define SEK_RECORDING_KEY_BYTES 32
#define SEK_RECORDING_SEALED_BYTES (SEK_RECORDING_KEY_BYTES + 48)

enum sek_block_flag {
	SEK_BLOCK_SNAPSHOT = 1 << 0,  /* a snapshot or a client's keyframe begins in it: a place to start reading from */
	SEK_BLOCK_INPUT = 1 << 1,
	SEK_BLOCK_CLIPBOARD = 1 << 2,
	SEK_BLOCK_POLICY = 1 << 3,
	SEK_BLOCK_EVENT = 1 << 4,     /* attached, detached, message, ... */
	SEK_BLOCK_SIZE = 1 << 5,      /* the picture changed its size */
};

struct sek_block {
	uint32_t number;
	uint64_t offset;           /* in the file */
	uint64_t first_us, last_us;/* of its first and last entry, since the recording began */
	uint64_t utc_us;           /* when its first entry was added */
	uint32_t plain_bytes, entries, updates, inputs;
	uint32_t update_bytes;
	uint8_t flags;             /* enum sek_block_flag */
	uint64_t start_us;         /* time of the first snapshot or keyframe in it, if flags say so */
};

struct sek_recording_head {
	char id[33], session[33], where[64];
	uint64_t began_utc_us;
	uint8_t recipient[32];     /* public half of the recording key to which its key was sealed */
	uint8_t sealed[SEK_RECORDING_SEALED_BYTES];
	bool closed, late;         /* has its end block; was finished by a later start */
	uint32_t state;            /* the session's when it was closed; 0: the policy, or not closed */
	uint8_t hash[32];          /* of the last block; of a closed one what the audit log keeps */
	uint64_t length_us, bytes;
	uint32_t blocks;
};

struct sek_recording_reader;

/* Opens a file and reads its head and all block headers. SEK_E_MALFORMED, SEK_E_VERSION (a newer program's), SEK_E_NOT_FOUND; a
 * sentence in err. An unfinished file is fine: its blocks are those that are whole. */
sek_status sek_recording_open(const char *path, struct sek_recording_reader **ret, char *err, size_t err_size);
void sek_recording_reader_close(struct sek_recording_reader *r); /* NULL is fine; wipes the key */
const struct sek_recording_head *sek_recording_head(const struct sek_recording_reader *r);
const struct sek_block *sek_recording_blocks(const struct sek_recording_reader *r, size_t *ret_n);
/* Looks for blocks that were added since (a live one). */
sek_status sek_recording_again(struct sek_recording_reader *r);

/* The recording's key, from its sealed form and the recording key pair. SEK_E_DENIED: another key pair. */
sek_status sek_recording_unseal(const struct sek_recording_head *head, const uint8_t secret[32], uint8_t ret[SEK_RECORDING_KEY_BYTES]);
/* Gives the reader the key. SEK_E_DENIED: it does not open the first block. */
sek_status sek_recording_use(struct sek_recording_reader *r, const uint8_t key[SEK_RECORDING_KEY_BYTES]);
/* Entries of one block, decrypted, checked to be whole entries: bytes in the form of protocol/recording/entry.h, good until the
 * next call on this reader. SEK_E_DENIED: no key; SEK_E_MALFORMED: the block was changed. */
sek_status sek_recording_read(struct sek_recording_reader *r, uint32_t block, const uint8_t **ret, size_t *ret_n);
/* The block to start from to see the picture at t_us: the last with a snapshot whose start_us <= t_us; 0 if there is none. */
uint32_t sek_recording_start_block(const struct sek_recording_reader *r, uint64_t t_us);

/* --- the recording key pair (X25519) --- */

/* Makes a pair: public half as 64 hex digits and newline; secret half in a file that the passphrase locks (argon2id, secretbox). A
 * passphrase is two persons' where there is a newline in it (keys/lock.h). */
sek_status sek_recording_keygen(const char *public_path, const char *secret_path, const char *passphrase);
/* Opens the bytes of such a file. SEK_E_DENIED: wrong passphrase. SEK_E_MALFORMED. Blocking: half a second. */
sek_status sek_recording_unlock(const uint8_t *file, size_t n, const char *passphrase, uint8_t ret_secret[32]);
/* True if those bytes need the passphrases of two persons. */
bool sek_recording_is_for_two(const uint8_t *file, size_t n);

/* --- verifying, without any secret --- */

enum sek_recording_verdict { SEK_RECORDING_SOUND, SEK_RECORDING_UNFINISHED, SEK_RECORDING_DAMAGED };
/* Follows the chain and checks the signature with the public keys that the broker had, one after the other; with the recording's key (may be NULL) also that each
 * block opens. Each finding is told as a word and a block number:
 *   "changed"    the bytes of the block, or what it follows on, are not those that were written
 *   "missing"    the block is not there
 *   "swapped"    the block stands at another place, or twice
 *   "signature"  the end was not signed with this key, or for another recording
 *   "header"     the beginning was changed
 *   "cut"        (of a recording without an end, and alone no damage) it ends in the middle of this block: what a crash leaves
 * SEK_E_MALFORMED: no recording at all; SEK_E_VERSION, SEK_E_NOT_FOUND, SEK_E_IO: nothing can be said. */
sek_status sek_recording_verify_any(const char *path, const uint8_t (*public_keys)[32], size_t n_public_keys, const uint8_t *key,
	void (*finding)(void *user, const char *word, uint32_t block), void *user, enum sek_recording_verdict *ret);
/* The same with one key that may have signed it. */
sek_status sek_recording_verify(const char *path, const uint8_t public_key[32], const uint8_t *key,
	void (*finding)(void *user, const char *word, uint32_t block), void *user, enum sek_recording_verdict *ret);

#endif
