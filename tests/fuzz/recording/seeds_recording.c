/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds of fuzz_recording: whole recordings, closed and not; once as they are, and once with the entries in the clear, for the mode that
 * looks at no hash and no cipher. The first byte chooses the mode.
 */
#include <string.h>

#include <sodium.h>

#include "broker/hub/record/form.h"
#include "entries.h"
#include "tests/fuzz/seeds.h"

enum { BLOCKS = 3, ROOM = SEK_RECORD_HEADER_BYTES + BLOCKS * (ENTRIES_BYTES + 512) + SEK_RECORD_END_BYTES + 8 + BLOCKS * SEK_RECORD_INDEX_ENTRY_BYTES };

static struct sek_record_header header;
static struct sek_block heads[BLOCKS];
static struct sek_sign_key signer;
static uint8_t key[SEK_RECORDING_KEY_BYTES], hash[SEK_RECORD_HASH_BYTES];

static size_t put_block(uint32_t number, bool clear, uint8_t *ret)
{
	uint8_t plain[ENTRIES_BYTES];
	uint32_t n = (uint32_t)entries_make(plain);
	struct sek_block b = { .number = number, .first_us = 0, .last_us = ENTRIES - 1, .utc_us = 1, .plain_bytes = n, .entries = ENTRIES,
		.updates = 1, .inputs = 4, .update_bytes = 8, .flags = SEK_BLOCK_SNAPSHOT | SEK_BLOCK_INPUT | SEK_BLOCK_SIZE, .start_us = 4 };

	if (number > 0) { /* times must not run backwards: one late entry */
		n = (uint32_t)entries_one(SEK_ENTRY_KEY, ENTRIES + number, "", 0, plain);
		b = (struct sek_block){ .number = number, .first_us = ENTRIES + number, .last_us = ENTRIES + number, .plain_bytes = n,
			.entries = 1, .inputs = 1, .flags = SEK_BLOCK_INPUT };
	}
	heads[number] = b;
	sek_record_block_seal(key, &b, hash, plain, ret, hash);
	if (clear)
		memcpy(ret + SEK_RECORD_ENTRIES_AT, plain, n);
	return sek_record_block_bytes(n);
}

static size_t make(uint8_t mode, bool clear, bool closed, bool indexed, uint8_t ret[1 + ROOM])
{
	struct sek_record_end e = { .blocks = BLOCKS, .snapshots = 1, .length_us = ENTRIES + BLOCKS };
	size_t n = 1 + SEK_RECORD_HEADER_BYTES;
	uint32_t i;

	ret[0] = mode;
	sek_record_header_write(&header, ret + 1);
	memcpy(hash, header.hash, sizeof hash);
	for (i = 0; i < BLOCKS; i++)
		n += put_block(i, clear, ret + n);
	if (!closed)
		return n;
	e.bytes = n - 1;
	memcpy(e.prev, hash, sizeof e.prev);
	e.indexed = indexed;
	if (indexed) {
		sek_record_index_write(heads, BLOCKS, ret + n, e.index);
		n += (size_t)sek_record_index_bytes(BLOCKS);
	}
	sek_record_end_write(&e, header.hash, &signer, ret + n);
	return n + SEK_RECORD_END_BYTES;
}

int main(int argc, char **argv)
{
	static const char locked[] = "\3sekisho-recording-key 1 1 8 00112233445566778899aabbccddeeff "
		"00112233445566778899aabbccddeeff0011223344556677 "
		"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";
	const char *dir = seed_dir(argc, argv);
	uint8_t bytes[1 + ROOM];
	size_t n;
	uint8_t mode;

	if (sodium_init() < 0)
		return 1;
	crypto_sign_seed_keypair(signer.public_key, signer.secret, key);
	snprintf(header.where, sizeof header.where, "broker1");
	memcpy(header.signer, signer.public_key, sizeof header.signer);
	for (mode = 0; mode < 3; mode++) {
		char name[32];

		n = make(mode, mode == 0, true, true, bytes);
		snprintf(name, sizeof name, "indexed-%u", mode);
		seed_write(dir, name, bytes, n);
		n = make(mode, mode == 0, true, false, bytes);
		snprintf(name, sizeof name, "closed-%u", mode);
		seed_write(dir, name, bytes, n);
		n = make(mode, mode == 0, false, false, bytes);
		snprintf(name, sizeof name, "unfinished-%u", mode);
		seed_write(dir, name, bytes, n);
		snprintf(name, sizeof name, "torn-%u", mode);
		seed_write(dir, name, bytes, n - 40);
		snprintf(name, sizeof name, "empty-%u", mode);
		seed_write(dir, name, bytes, 1 + SEK_RECORD_HEADER_BYTES);
	}
	seed_write(dir, "key", locked, sizeof locked - 1);
	return 0;
}
