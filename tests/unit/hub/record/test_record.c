/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Recording and reading again: entries, heads of blocks, live reading, keys.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

#include "base/file.h"
#include "broker/hub/keys/sign.h"
#include "rig.h"

static struct rig r;

static void setup(void)
{
	rig_init(&r);
}

static void teardown(void)
{
	rig_finish(&r);
}

START_TEST(what_is_recorded_is_read)
{
	static const uint8_t pointer[8] = { 0, 10, 0, 20, 1 };
	struct sek_recording_reader *reader;
	const struct sek_recording_head *head;
	const struct sek_block *b;
	struct sek_recording *rec;
	const uint8_t *bytes;
	struct sek_entry_event event;
	struct sek_reader in;
	struct sek_entry e;
	uint64_t utc;
	json_t *meta;
	size_t n;

	rig_open(&r);
	rec = rig_begin(&r);
	ck_assert_uint_eq(strlen(sek_recording_id(rec)), 32);
	sek_recording_event(rec, SEK_RECORD_EVENT_ATTACHED, 0, NULL);
	rig_frame(rec, SEK_ENTRY_DOWN, SEK_UPDATE_KEYFRAME, 1000, 7);
	sek_recording_add2(rec, SEK_ENTRY_POINTER, pointer, 3, pointer + 3, 5);
	sek_recording_add(rec, SEK_ENTRY_KEY, NULL, 0);
	sek_recording_close(rec, SEK_STATE_RUNNING);
	rig_until(&r, &r.closed, 1);
	ck_assert(r.sound && !r.facts.late);
	ck_assert_str_eq(r.facts.user, "taro");
	ck_assert_uint_eq(r.facts.snapshots, 1);
	rig_stop(&r);

	reader = rig_reader(&r, r.facts.id);
	head = sek_recording_head(reader);
	ck_assert(head->closed && !head->late);
	ck_assert_str_eq(head->id, r.facts.id);
	ck_assert_str_eq(head->session, "30313233343536373839616263646500");
	ck_assert_str_eq(head->where, "broker1");
	ck_assert_mem_eq(head->hash, r.facts.hash, 32);
	ck_assert_uint_eq(head->state, SEK_STATE_RUNNING);
	ck_assert_uint_eq(head->bytes, r.facts.bytes);
	ck_assert_uint_eq(head->blocks, r.facts.blocks);
	b = sek_recording_blocks(reader, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(b->entries, 7);
	ck_assert_uint_eq(b->updates, 1);
	ck_assert_uint_eq(b->update_bytes, 1000 - 8);
	ck_assert_uint_eq(b->inputs, 2);
	ck_assert_uint_eq(b->flags, SEK_BLOCK_SNAPSHOT | SEK_BLOCK_INPUT | SEK_BLOCK_EVENT);
	ck_assert(sek_is_ok(sek_recording_read(reader, 0, &bytes, &n)));
	sek_reader_init(&in, bytes, n);
	ck_assert(sek_is_ok(sek_entry_read(&in, &e)));
	ck_assert_uint_eq(e.kind, SEK_ENTRY_META);
	meta = json_loadb((const char *)e.payload, e.n, 0, NULL);
	ck_assert_str_eq(json_string_value(json_object_get(meta, "user")), "taro");
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(meta, "policy"), "clipboard")), "none");
	json_decref(meta);
	ck_assert(sek_is_ok(sek_entry_read(&in, &e)));
	ck_assert(sek_is_ok(sek_entry_clock_read(e.payload, e.n, &utc)));
	ck_assert_uint_ge(utc, head->began_utc_us);
	ck_assert(sek_is_ok(sek_entry_read(&in, &e)));
	ck_assert_uint_eq(e.kind, SEK_ENTRY_EVENT);
	ck_assert(sek_is_ok(sek_entry_read(&in, &e)));
	ck_assert_uint_eq(e.n, 1000);
	ck_assert_uint_eq(e.at_us, b->start_us);
	ck_assert(sek_is_ok(sek_entry_read(&in, &e)));
	ck_assert_mem_eq(e.payload, pointer, 8);
	ck_assert(sek_is_ok(sek_entry_read(&in, &e)));
	ck_assert_uint_eq(e.kind, SEK_ENTRY_KEY);
	ck_assert(sek_is_ok(sek_entry_read(&in, &e)));
	ck_assert(sek_is_ok(sek_entry_event_read(e.payload, e.n, &event)));
	ck_assert_uint_eq(event.event, SEK_RECORD_EVENT_STOPPED);
	ck_assert_uint_eq(event.arg, SEK_STATE_RUNNING);
	ck_assert_uint_eq(in.left, 0);
	ck_assert(sek_is(sek_recording_read(reader, 1, &bytes, &n), SEK_E_NOT_FOUND));
	sek_recording_reader_close(reader);
}
END_TEST

START_TEST(a_running_one_is_read_while_it_grows)
{
	struct sek_recording_reader *reader;
	struct sek_recording *rec;
	const uint8_t *bytes;
	unsigned seen = 0;
	char id[33];
	size_t n = 0;
	int i;

	rig_open(&r);
	rec = rig_begin(&r);
	memcpy(id, sek_recording_id(rec), sizeof id);
	reader = rig_reader(&r, id);
	for (i = 1; i < 5; i++) {
		size_t last = n;

		rig_frame(rec, SEK_ENTRY_DOWN, 0, RIG_LARGE_BYTES, (uint8_t)i);
		while (n == last) { /* each is more than half of a block: the one before is written when the next comes, or a second later */
			rig_run(&r, 20);
			ck_assert(sek_is_ok(sek_recording_again(reader)));
			ck_assert(!sek_recording_head(reader)->closed);
			(void)sek_recording_blocks(reader, &n);
		}
		for (; seen < n; seen++)
			ck_assert(sek_is_ok(sek_recording_read(reader, seen, &bytes, &last)));
		last = n;
	}
	sek_recording_close(rec, 0);
	rig_until(&r, &r.closed, 1);
	ck_assert(sek_is_ok(sek_recording_again(reader)));
	ck_assert(sek_recording_head(reader)->closed);
	ck_assert_uint_eq(sek_recording_head(reader)->blocks, r.facts.blocks);
	sek_recording_reader_close(reader);
	rig_stop(&r);
}
END_TEST

START_TEST(blocks_are_bounded_and_found)
{
	struct sek_recording_reader *reader;
	const struct sek_block *b;
	const uint8_t *bytes;
	uint64_t last = 0;
	size_t n, i, got;

	rig_make(&r, 12);
	reader = rig_reader(&r, r.facts.id);
	b = sek_recording_blocks(reader, &n);
	ck_assert_uint_ge(n, 12);
	for (i = 0; i < n; i++) {
		ck_assert_uint_le(b[i].plain_bytes, SEK_RECORD_BLOCK_BYTES);
		ck_assert_uint_ge(b[i].first_us, last);
		last = b[i].last_us;
		ck_assert(sek_is_ok(sek_recording_read(reader, (uint32_t)i, &bytes, &got)));
		if (b[i].flags & SEK_BLOCK_SNAPSHOT) {
			ck_assert_uint_eq(sek_recording_start_block(reader, b[i].start_us), i);
			ck_assert_uint_eq(sek_recording_start_block(reader, last), i);
		}
	}
	ck_assert_uint_eq(sek_recording_start_block(reader, 0), 0);
	ck_assert_uint_eq(sek_recording_start_block(reader, UINT64_MAX), n - 1 - (n - 1) % 3);
	sek_recording_reader_close(reader);
}
END_TEST

START_TEST(other_keys_open_nothing)
{
	struct sek_recording_reader *reader = NULL;
	uint8_t other[32] = { 1 }, key[32] = { 2 };
	const uint8_t *bytes;
	size_t n;

	rig_make(&r, 2);
	ck_assert(sek_is_ok(sek_recording_open(rig_path(&r, r.facts.id), &reader, r.err, sizeof r.err)));
	ck_assert(sek_is(sek_recording_unseal(sek_recording_head(reader), other, key), SEK_E_DENIED));
	ck_assert(sek_is(sek_recording_read(reader, 0, &bytes, &n), SEK_E_DENIED));
	ck_assert(sek_is(sek_recording_use(reader, key), SEK_E_DENIED));
	ck_assert(sek_is(sek_recording_read(reader, 0, &bytes, &n), SEK_E_DENIED));
	sek_recording_reader_close(reader);
}
END_TEST

START_TEST(the_key_pair_is_locked)
{
	char pub[128], sec[128], *text;
	uint8_t secret[32], public_key[32], again[32];
	struct stat st;
	size_t n, i;

	snprintf(pub, sizeof pub, "%s/pair.pub", r.dir);
	snprintf(sec, sizeof sec, "%s/pair.key", r.dir);
	ck_assert(sek_is_ok(sek_recording_keygen(pub, sec, "correct horse")));
	ck_assert(sek_is(sek_recording_keygen(pub, sec, "x"), SEK_E_EXISTS));
	ck_assert_int_eq(stat(sec, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert(sek_is_ok(sek_file_read(sec, &text, &n)));
	ck_assert(sek_is(sek_recording_unlock((uint8_t *)text, n, "wrong", secret), SEK_E_DENIED));
	ck_assert(sek_is_ok(sek_recording_unlock((uint8_t *)text, n, "correct horse", secret)));
	free(text);
	ck_assert(sek_is_ok(sek_public_key_load(pub, public_key)));
	crypto_scalarmult_base(again, secret);
	ck_assert_mem_eq(again, public_key, 32);
	/* every prefix, and numbers that would keep a machine busy */
	ck_assert(sek_is_ok(sek_file_read(sec, &text, &n)));
	for (i = 0; i < n; i++)
		ck_assert(sek_is(sek_recording_unlock((uint8_t *)text, i, "x", secret), SEK_E_MALFORMED));
	text[24] = '9';
	text[25] = '9';
	ck_assert(sek_is(sek_recording_unlock((uint8_t *)text, n, "x", secret), SEK_E_MALFORMED));
	free(text);
}
END_TEST

START_TEST(a_key_for_two_needs_both)
{
	char pub[128], sec[128], *text;
	uint8_t secret[32], public_key[32], again[32];
	size_t n;

	snprintf(pub, sizeof pub, "%s/two.pub", r.dir);
	snprintf(sec, sizeof sec, "%s/two.key", r.dir);
	ck_assert(sek_is_ok(sek_recording_keygen(pub, sec, "correct horse\nbattery staple")));
	ck_assert(sek_is_ok(sek_file_read(sec, &text, &n)));
	ck_assert(sek_recording_is_for_two((uint8_t *)text, n));
	ck_assert(!sek_recording_is_for_two((uint8_t *)text, 10));
	ck_assert(sek_is(sek_recording_unlock((uint8_t *)text, n, "correct horse", secret), SEK_E_DENIED));
	ck_assert(sek_is(sek_recording_unlock((uint8_t *)text, n, "battery staple\ncorrect horse", secret), SEK_E_DENIED));
	ck_assert(sek_is_ok(sek_recording_unlock((uint8_t *)text, n, "correct horse\nbattery staple", secret)));
	ck_assert(sek_is_ok(sek_public_key_load(pub, public_key)));
	crypto_scalarmult_base(again, secret);
	ck_assert_mem_eq(again, public_key, 32);
	text[strlen("sekisho-recording-key ")] = '1'; /* who has one passphrase and the file cannot make it a key for one */
	ck_assert(!sek_recording_is_for_two((uint8_t *)text, n));
	ck_assert(sek_is(sek_recording_unlock((uint8_t *)text, n, "correct horse", secret), SEK_E_DENIED));
	ck_assert(sek_is(sek_recording_unlock((uint8_t *)text, n, "correct horse\nbattery staple", secret), SEK_E_DENIED));
	text[strlen("sekisho-recording-key ")] = '3';
	ck_assert(sek_is(sek_recording_unlock((uint8_t *)text, n, "correct horse", secret), SEK_E_MALFORMED));
	free(text);
}
END_TEST

START_TEST(a_forgotten_handle_does_no_harm)
{
	struct sek_recording *a, *b;

	rig_open(&r);
	a = rig_begin(&r);
	b = rig_begin(&r);
	sek_recording_event(b, SEK_RECORD_EVENT_ATTACHED, 0, "x");
	sek_recorder_stop(r.recorder, NULL, NULL);
	rig_until(&r, &r.closed, 2);
	ck_assert(r.sound);
	ck_assert(!sek_recording_ok(a));
	sek_recording_add(a, SEK_ENTRY_KEY, NULL, 0);
	sek_recording_close(a, 0);
	uv_run(&r.loop, UV_RUN_DEFAULT);
	sek_recorder_destroy(r.recorder);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recordings");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_is_recorded_is_read);
	tcase_add_test(t, a_running_one_is_read_while_it_grows);
	tcase_add_test(t, blocks_are_bounded_and_found);
	tcase_add_test(t, other_keys_open_nothing);
	tcase_add_test(t, the_key_pair_is_locked);
	tcase_add_test(t, a_key_for_two_needs_both);
	tcase_add_test(t, a_forgotten_handle_does_no_harm);
	suite_add_tcase(s, t);
	return rig_suite(s);
}
