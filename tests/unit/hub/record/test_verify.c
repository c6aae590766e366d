/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whatever is done to a recording is found: at every block.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "broker/hub/record/form.h"
#include "rig.h"

enum { BLOCKS = 8, ROOM = 64 };

static struct rig r;
static uint8_t *good, *bad;
static size_t size;
static struct sek_block blocks[ROOM];
static size_t n;
static uint8_t key[SEK_RECORDING_KEY_BYTES];

static char words[4096];
static unsigned findings;

static void on_finding(void *user, const char *word, uint32_t block)
{
	size_t len = strlen(words);

	(void)user;
	findings++;
	snprintf(words + len, sizeof words - len, "%s %u\n", word, block);
}

static enum sek_recording_verdict verify(const uint8_t *bytes, size_t bytes_n, bool with_key)
{
	enum sek_recording_verdict verdict = SEK_RECORDING_SOUND;

	rig_write(rig_path(&r, r.facts.id), bytes, bytes_n);
	words[0] = '\0';
	findings = 0;
	ck_assert(sek_is_ok(sek_recording_verify(rig_path(&r, r.facts.id), r.signer, with_key ? key : NULL, on_finding, NULL,
		&verdict)));
	return verdict;
}

static void expect(const char *word, size_t block)
{
	char line[32];

	snprintf(line, sizeof line, "%s %zu\n", word, block);
	ck_assert_msg(strstr(words, line) != NULL, "no '%s %zu' in:\n%s", word, block, words);
}

static size_t bytes_of(size_t i)
{
	return sek_record_block_bytes(blocks[i].plain_bytes);
}

static void setup(void)
{
	struct sek_recording_reader *reader;
	const struct sek_block *b;

	rig_init(&r);
	rig_make(&r, BLOCKS);
	reader = rig_reader(&r, r.facts.id);
	b = sek_recording_blocks(reader, &n);
	ck_assert_uint_ge(n, BLOCKS);
	ck_assert_uint_lt(n, ROOM);
	memcpy(blocks, b, n * sizeof *b);
	ck_assert(sek_is_ok(sek_recording_unseal(sek_recording_head(reader), r.secret, key)));
	sek_recording_reader_close(reader);
	good = rig_read(rig_path(&r, r.facts.id), &size);
	bad = malloc(2 * size);
}

static void teardown(void)
{
	free(good);
	free(bad);
	rig_finish(&r);
}

START_TEST(what_was_written_is_sound)
{
	ck_assert_int_eq(verify(good, size, false), SEK_RECORDING_SOUND);
	ck_assert_int_eq(verify(good, size, true), SEK_RECORDING_SOUND);
	ck_assert_uint_eq(findings, 0);
}
END_TEST

START_TEST(a_changed_byte_is_found)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		const size_t at[] = { 0, 5, 10, 12, 20, 50, 70, 97, 121, 5000, bytes_of(i) - 40, bytes_of(i) - 1 };

		for (k = 0; k < sizeof at / sizeof at[0]; k++) {
			if (at[k] >= bytes_of(i))
				continue;
			memcpy(bad, good, size);
			bad[blocks[i].offset + at[k]] ^= 4;
			ck_assert_int_eq(verify(bad, size, false), SEK_RECORDING_DAMAGED);
			expect("changed", i);
			ck_assert_msg(findings == 1, "one change, but:\n%s", words);
		}
	}
}
END_TEST

START_TEST(a_missing_block_is_found)
{
	size_t i;

	for (i = 0; i < n; i++) {
		size_t at = blocks[i].offset, behind = at + bytes_of(i);

		memcpy(bad, good, at);
		memcpy(bad + at, good + behind, size - behind);
		ck_assert_int_eq(verify(bad, size - bytes_of(i), false), SEK_RECORDING_DAMAGED);
		expect("missing", i);
		ck_assert_msg(findings == 1, "one is missing, but:\n%s", words);
	}
}
END_TEST

START_TEST(swapped_blocks_are_found)
{
	size_t i;

	for (i = 0; i + 1 < n; i++) {
		size_t at = blocks[i].offset, a = bytes_of(i), b = bytes_of(i + 1);

		memcpy(bad, good, size);
		memcpy(bad + at, good + at + a, b);
		memcpy(bad + at + b, good + at, a);
		ck_assert_int_eq(verify(bad, size, false), SEK_RECORDING_DAMAGED);
		expect("swapped", i);
	}
	/* and one that stands twice */
	for (i = 0; i < n; i++) {
		size_t behind = blocks[i].offset + bytes_of(i);

		memcpy(bad, good, behind);
		memcpy(bad + behind, good + blocks[i].offset, size - blocks[i].offset);
		ck_assert_int_eq(verify(bad, size + bytes_of(i), false), SEK_RECORDING_DAMAGED);
		expect("swapped", i);
	}
}
END_TEST

START_TEST(a_cut_one_is_never_sound)
{
	size_t i;

	for (i = 0; i < n; i++) {
		size_t at = blocks[i].offset;

		ck_assert_int_eq(verify(good, at, false), SEK_RECORDING_UNFINISHED);
		ck_assert_uint_eq(findings, 0);
		ck_assert_int_eq(verify(good, at + bytes_of(i) / 2, false), SEK_RECORDING_UNFINISHED);
		expect("cut", i);
		/* cut, and its end put behind: the end knows better */
		memcpy(bad, good, at);
		memcpy(bad + at, good + size - SEK_RECORD_END_BYTES, SEK_RECORD_END_BYTES);
		ck_assert_int_eq(verify(bad, at + SEK_RECORD_END_BYTES, false), SEK_RECORDING_DAMAGED);
		expect("missing", i);
		expect("missing", n - 1);
	}
	ck_assert_int_eq(verify(good, size - 1, false), SEK_RECORDING_UNFINISHED);
	expect("cut", n);
	ck_assert_int_eq(verify(good, SEK_RECORD_HEADER_BYTES - 1, false), SEK_RECORDING_DAMAGED);
	expect("header", 0);
	memcpy(bad, good, size);
	memcpy(bad + size, "tail", 4);
	ck_assert_int_eq(verify(bad, size + 4, false), SEK_RECORDING_DAMAGED);
}
END_TEST

/* Makes block i anew, with other entries, all hashes right from there on: only signature and cipher can tell. */
static void forge(size_t i, const uint8_t *with)
{
	uint8_t plain[SEK_ENTRY_HEAD_BYTES], hash[SEK_RECORD_HASH_BYTES], prev[SEK_RECORD_HASH_BYTES];
	struct sek_block b = blocks[i];
	size_t at = blocks[i].offset, k;

	b.plain_bytes = sizeof plain;
	b.entries = 1;
	b.updates = b.inputs = b.update_bytes = 0;
	ck_assert(sek_is_ok(sek_entry_head_write(SEK_ENTRY_KEY, b.first_us, 0, plain)));
	memcpy(prev, good + at + 64, sizeof prev);
	memcpy(bad, good, at);
	sek_record_block_seal(with, &b, prev, plain, bad + at, hash);
	at += sek_record_block_bytes(b.plain_bytes);
	for (k = i + 1; k < n; k++) {
		memcpy(bad + at, good + blocks[k].offset, bytes_of(k));
		memcpy(bad + at + 64, hash, sizeof hash);
		sek_record_hash(SEK_RECORD_VERSION, bad + at, bytes_of(k) - sizeof hash, hash);
		memcpy(bad + at + bytes_of(k) - sizeof hash, hash, sizeof hash);
		at += bytes_of(k);
	}
	memcpy(bad + at, good + size - SEK_RECORD_END_BYTES, SEK_RECORD_END_BYTES);
	at += SEK_RECORD_END_BYTES;
	ck_assert_int_eq(verify(bad, at, false), SEK_RECORDING_DAMAGED);
}

START_TEST(a_forged_block_is_found)
{
	uint8_t other[32] = { 9 }, end[SEK_RECORD_END_BYTES];
	struct sek_record_header header;
	struct sek_record_end e;
	struct sek_sign_key k;
	bool ours;
	size_t i;

	for (i = 0; i < n; i++) {
		forge(i, other);
		expect("changed", n - 1); /* the end does not follow on this chain */
	}
	/* the whole end made anew, with a key of the forger's */
	crypto_sign_keypair(k.public_key, k.secret);
	ck_assert(sek_is_ok(sek_record_header_read(good, size, false, &header, &ours)));
	ck_assert(sek_is_ok(sek_record_end_read(good + size - sizeof end, sizeof end, false, &e)));
	sek_record_end_write(&e, header.hash, &k, end);
	memcpy(bad, good, size);
	memcpy(bad + size - sizeof end, end, sizeof end);
	ck_assert_int_eq(verify(bad, size, false), SEK_RECORDING_DAMAGED);
	expect("signature", n);
	ck_assert_uint_eq(findings, 1);
	/* ... or saying that it is the broker's */
	memcpy(bad + size - sizeof end + 112, r.signer, 32);
	sek_record_hash(SEK_RECORD_VERSION, bad + size - sizeof end, sizeof end - 32, end);
	memcpy(bad + size - 32, end, 32);
	ck_assert_int_eq(verify(bad, size, false), SEK_RECORDING_DAMAGED);
	expect("signature", n);
}
END_TEST

/* Writes the end of bad anew, with its right hash and the old signature. */
static void rehash_end(const struct sek_record_end *e)
{
	uint8_t *end = bad + size - SEK_RECORD_END_BYTES;

	memcpy(end + 80, e->index, sizeof e->index);
	sek_record_hash(SEK_RECORD_VERSION, end, SEK_RECORD_END_BYTES - 32, end + SEK_RECORD_END_BYTES - 32);
}

START_TEST(an_index_that_lies_is_found)
{
	size_t at = size - SEK_RECORD_END_BYTES - (size_t)sek_record_index_bytes((uint32_t)n), i;
	struct sek_recording_reader *reader = NULL;
	const char *path = rig_path(&r, r.facts.id);
	const uint8_t *bytes;
	struct sek_record_end e;
	uint32_t count = 0;
	size_t got;

	ck_assert(sek_is_ok(sek_record_end_read(good + size - SEK_RECORD_END_BYTES, SEK_RECORD_END_BYTES, false, &e)));
	ck_assert(e.indexed && e.bytes == at);
	ck_assert(sek_record_is_index(good + at, &count) && count == n);
	for (i = at; i < size - SEK_RECORD_END_BYTES; i += 3) {
		memcpy(bad, good, size);
		bad[i] ^= 2;
		ck_assert_int_eq(verify(bad, size, false), SEK_RECORDING_DAMAGED);
		expect("changed", n);
		ck_assert_uint_eq(findings, 1);
		ck_assert(sek_is(sek_recording_open(path, &reader, r.err, sizeof r.err), SEK_E_MALFORMED));
	}
	/* hashes made anew: the reader follows it up to the block that is not as it says */
	for (i = 0; i < n; i++) {
		memcpy(bad, good, size);
		bad[at + 8 + i * SEK_RECORD_INDEX_ENTRY_BYTES + 8] ^= SEK_BLOCK_CLIPBOARD;
		sek_record_hash(SEK_RECORD_VERSION, bad + at, (size_t)sek_record_index_bytes((uint32_t)n), e.index);
		rehash_end(&e);
		ck_assert_int_eq(verify(bad, size, false), SEK_RECORDING_DAMAGED);
		expect("changed", i);
		expect("signature", n);
		ck_assert(sek_is_ok(sek_recording_open(path, &reader, r.err, sizeof r.err)));
		ck_assert(sek_recording_head(reader)->closed);
		if (i > 0) {
			ck_assert(sek_is_ok(sek_recording_use(reader, key)));
			ck_assert(sek_is_ok(sek_recording_read(reader, 0, &bytes, &got)));
			ck_assert(sek_is(sek_recording_read(reader, (uint32_t)i, &bytes, &got), SEK_E_MALFORMED));
		} else {
			ck_assert(sek_is(sek_recording_use(reader, key), SEK_E_MALFORMED));
		}
		sek_recording_reader_close(reader);
	}
	/* taken out, with an end that says so */
	memcpy(bad, good, at);
	memcpy(bad + at, good + size - SEK_RECORD_END_BYTES, SEK_RECORD_END_BYTES);
	ck_assert_int_eq(verify(bad, at + SEK_RECORD_END_BYTES, false), SEK_RECORDING_DAMAGED);
}
END_TEST

START_TEST(another_header_is_found)
{
	size_t first = size, i;
	uint8_t *one = good;

	good = NULL;
	rig_make(&r, 1); /* another recording of the same broker */
	good = rig_read(rig_path(&r, r.facts.id), &size);
	memcpy(bad, one, first);
	memcpy(bad, good, SEK_RECORD_HEADER_BYTES);
	ck_assert_int_eq(verify(bad, first, false), SEK_RECORDING_DAMAGED);
	expect("header", 0);
	expect("signature", n);
	for (i = 12; i < SEK_RECORD_HEADER_BYTES; i += 7) {
		memcpy(bad, one, first);
		bad[i] ^= 1;
		ck_assert_int_eq(verify(bad, first, false), SEK_RECORDING_DAMAGED);
		expect("header", 0);
		ck_assert_uint_eq(findings, 1);
	}
	free(one);
}
END_TEST

START_TEST(foreign_and_future_files)
{
	enum sek_recording_verdict verdict;
	struct sek_recording_reader *reader = NULL;
	const char *path = rig_path(&r, r.facts.id);

	memcpy(bad, good, size);
	bad[9] = SEK_RECORD_VERSION + 1;
	rig_write(path, bad, size);
	ck_assert(sek_is(sek_recording_verify(path, r.signer, NULL, NULL, NULL, &verdict), SEK_E_VERSION));
	ck_assert(sek_is(sek_recording_open(path, &reader, r.err, sizeof r.err), SEK_E_VERSION));
	ck_assert_ptr_nonnull(strstr(r.err, "newer"));
	rig_write(path, (const uint8_t *)"PNG", 3);
	ck_assert(sek_is(sek_recording_verify(path, r.signer, NULL, NULL, NULL, &verdict), SEK_E_MALFORMED));
	ck_assert(sek_is(sek_recording_open(path, &reader, r.err, sizeof r.err), SEK_E_MALFORMED));
	rig_write(path, bad, 0);
	ck_assert(sek_is(sek_recording_open(path, &reader, r.err, sizeof r.err), SEK_E_MALFORMED));
	unlink(path);
	ck_assert(sek_is(sek_recording_open(path, &reader, r.err, sizeof r.err), SEK_E_NOT_FOUND));
	ck_assert(sek_is(sek_recording_open("/dev/null", &reader, r.err, sizeof r.err), SEK_E_MALFORMED));
	ck_assert(sek_is(sek_recording_open(r.dir, &reader, r.err, sizeof r.err), SEK_E_MALFORMED));
}
END_TEST

/* A reader takes every cut file, and no changed one. */
START_TEST(the_reader_is_not_fooled)
{
	struct sek_recording_reader *reader = NULL;
	const char *path = rig_path(&r, r.facts.id);
	const uint8_t *bytes;
	size_t i, k, got, least;

	for (i = 0; i < n; i++) {
		rig_write(path, good, blocks[i].offset + bytes_of(i) - 1);
		ck_assert(sek_is_ok(sek_recording_open(path, &reader, r.err, sizeof r.err)));
		(void)sek_recording_blocks(reader, &got);
		ck_assert_uint_eq(got, i);
		sek_recording_reader_close(reader);
		/* a power cut: the length is there, the bytes are not */
		least = blocks[i].offset + bytes_of(i);
		memcpy(bad, good, least);
		memset(bad + blocks[i].offset + SEK_RECORD_HEAD_BYTES, 0, bytes_of(i) - SEK_RECORD_HEAD_BYTES);
		rig_write(path, bad, least);
		ck_assert(sek_is_ok(sek_recording_open(path, &reader, r.err, sizeof r.err)));
		(void)sek_recording_blocks(reader, &got);
		ck_assert_uint_eq(got, i);
		sek_recording_reader_close(reader);
		/* a changed head breaks a closed file, changed entries their block only */
		for (k = 0; k < 2; k++) {
			memcpy(bad, good, size);
			bad[blocks[i].offset + (k ? 200 : 30)] ^= 1;
			rig_write(path, bad, size);
			reader = NULL;
			if (!sek_is_ok(sek_recording_open(path, &reader, r.err, sizeof r.err)))
				continue;
			if (!sek_is_ok(sek_recording_use(reader, key))) {
				ck_assert_uint_eq(i, 0);
			} else {
				ck_assert(sek_is(sek_recording_read(reader, (uint32_t)i, &bytes, &got), SEK_E_MALFORMED));
				ck_assert(sek_is_ok(sek_recording_read(reader, i ? 0 : 1, &bytes, &got)));
			}
			sek_recording_reader_close(reader);
		}
	}
}
END_TEST

/* Heads of blocks that are said to be as long as may be, one behind the other, of which none is whole: to hash each would take an hour. */
START_TEST(a_file_of_heads_takes_no_longer_than_its_size)
{
	enum { HEADS = 60000 };
	size_t at = (size_t)blocks[1].offset, total = at + 4 + (size_t)HEADS * SEK_RECORD_HEAD_BYTES + 2 * SEK_RECORD_PLAIN_MAX_BYTES, i;
	uint8_t *crafted = calloc(1, total), head[SEK_RECORD_HEAD_BYTES];

	ck_assert_ptr_nonnull(crafted);
	memcpy(head, good + at, sizeof head);
	head[8] = 0, head[9] = 15; /* just below the most */
	memcpy(crafted, good, at);
	memcpy(crafted + at, "junk", 4);
	for (i = 0; i < HEADS; i++)
		memcpy(crafted + at + 4 + i * sizeof head, head, sizeof head);
	ck_assert_int_eq(verify(crafted, total, false), SEK_RECORDING_DAMAGED);
	expect("changed", 1);
	free(crafted);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recording verify");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_was_written_is_sound);
	tcase_add_test(t, a_changed_byte_is_found);
	tcase_add_test(t, a_missing_block_is_found);
	tcase_add_test(t, swapped_blocks_are_found);
	tcase_add_test(t, a_cut_one_is_never_sound);
	tcase_add_test(t, a_forged_block_is_found);
	tcase_add_test(t, an_index_that_lies_is_found);
	tcase_add_test(t, another_header_is_found);
	tcase_add_test(t, foreign_and_future_files);
	tcase_add_test(t, the_reader_is_not_fooled);
	tcase_add_test(t, a_file_of_heads_takes_no_longer_than_its_size);
	suite_add_tcase(s, t);
	return rig_suite(s);
}
