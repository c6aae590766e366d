/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files of documents: any part reads as it was written; nothing of it is plain on the disk; what was touched, cut, taken from another or
 * left half done is found; whole or not at all.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "broker/hub/documents/vault.h"

#define ID "0123456789abcdef0123456789abcdef"
#define OTHER "ffffffffffffffffffffffffffffffff"

static char place[] = "/tmp/sek-vault-XXXXXX";
static const uint8_t key[SEK_VAULT_KEY_BYTES] = "the key of this one document....";
static uint8_t plain[5 * SEK_VAULT_PIECE_BYTES];

static void fill(void)
{
	for (size_t i = 0; i < sizeof plain; i++)
		plain[i] = (uint8_t)(i * 7 + i / 251);
	memcpy(plain + 1000, "MARKER-IN-PLAIN-TEXT", 20);
}

/* In parts of all sizes. */
static void put(const char *id, size_t n)
{
	struct sek_vault_writer *w;
	uint64_t bytes;

	ck_assert(sek_is_ok(sek_vault_create(place, id, key, &w)));
	for (size_t at = 0, k = 1; at < n; at += k, k = k * 2 + 1) {
		if (k > n - at)
			k = n - at;
		ck_assert(sek_is_ok(sek_vault_write(w, plain + at, k)));
	}
	ck_assert(sek_is_ok(sek_vault_finish(w, &bytes)));
	ck_assert_uint_eq(bytes, n);
}

static const char *path_of(const char *id, const char *suffix)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s%s", place, id, suffix);
	return path;
}

START_TEST(any_part_reads_as_it_was_written)
{
	static const size_t sizes[] = { 0, 1, SEK_VAULT_PIECE_BYTES - 1, SEK_VAULT_PIECE_BYTES, SEK_VAULT_PIECE_BYTES + 1, 3 * SEK_VAULT_PIECE_BYTES,
		sizeof plain };
	static uint8_t got[sizeof plain];

	fill();
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct sek_vault *v;
		size_t n = sizes[i];

		put(ID, n);
		ck_assert(sek_is_ok(sek_vault_open(place, ID, key, &v)));
		ck_assert_uint_eq(sek_vault_bytes(v), n);
		ck_assert(sek_is_ok(sek_vault_read(v, 0, got, n)));
		ck_assert_mem_eq(got, plain, n);
		for (size_t at = n / 3, k = n / 2; n > 2 && at + k <= n; at += 777, k = k * 2 / 3) {
			ck_assert(sek_is_ok(sek_vault_read(v, at, got, k)));
			ck_assert_mem_eq(got, plain + at, k);
		}
		ck_assert(sek_is(sek_vault_read(v, n, got, 1), SEK_E_LIMIT));
		ck_assert(sek_is(sek_vault_read(v, UINT64_MAX, got, 2), SEK_E_LIMIT));
		sek_vault_close(v);
		ck_assert(sek_is_ok(sek_vault_unlink(place, ID)));
		ck_assert(sek_is(sek_vault_unlink(place, ID), SEK_E_NOT_FOUND));
	}
}
END_TEST

/* Reads it all; the first status that is not SEK_OK. */
static sek_status read_all(const char *id, const uint8_t *with)
{
	static uint8_t got[sizeof plain];
	struct sek_vault *v;
	sek_status s = sek_vault_open(place, id, with, &v);

	if (!sek_is_ok(s))
		return s;
	s = sek_vault_bytes(v) > sizeof got ? sek_fail(SEK_E_LIMIT) : sek_vault_read(v, 0, got, (size_t)sek_vault_bytes(v));
	sek_vault_close(v);
	return s;
}

static void touch_byte(off_t at)
{
	int fd = open(path_of(ID, ".doc"), O_RDWR | O_CLOEXEC);
	uint8_t b;

	ck_assert(pread(fd, &b, 1, at) == 1);
	b ^= 1;
	ck_assert(pwrite(fd, &b, 1, at) == 1);
	close(fd);
}

START_TEST(what_was_touched_is_found)
{
	const uint8_t wrong[SEK_VAULT_KEY_BYTES] = "another key.....................";
	struct stat st;

	fill();
	put(ID, 200000);
	ck_assert(sek_is_ok(read_all(ID, key)));
	ck_assert(sek_is(read_all(ID, wrong), SEK_E_CRYPTO));
	ck_assert_int_eq(stat(path_of(ID, ".doc"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	for (off_t at = 0; at < st.st_size; at += st.st_size / 23) {
		touch_byte(at);
		ck_assert(!sek_is_ok(read_all(ID, key)));
		touch_byte(at);
	}
	ck_assert(sek_is_ok(read_all(ID, key)));
	/* cut: between two pieces, within one, all of it */
	for (int i = 0; i < 4; i++) {
		static const off_t cuts[] = { 16 + 2 * (SEK_VAULT_PIECE_BYTES + 16), 100000, 20, 0 };

		ck_assert_int_eq(truncate(path_of(ID, ".doc"), cuts[i]), 0);
		ck_assert(!sek_is_ok(read_all(ID, key)));
	}
}
END_TEST

START_TEST(another_documents_file_is_not_this_one)
{
	char other[128];

	fill();
	put(ID, 1000);
	snprintf(other, sizeof other, "%s", path_of(OTHER, ".doc"));
	ck_assert_int_eq(rename(path_of(ID, ".doc"), other), 0);
	ck_assert(sek_is(read_all(OTHER, key), SEK_E_CRYPTO));
}
END_TEST

START_TEST(nothing_is_plain_on_the_disk)
{
	char command[256];

	fill();
	put(ID, 100000);
	snprintf(command, sizeof command, "grep -qr MARKER %s", place);
	ck_assert_int_ne(system(command), 0);
}
END_TEST

static bool keep_one(void *ctx, const char *id)
{
	(void)ctx;
	return strcmp(id, ID) == 0;
}

START_TEST(whole_or_not_at_all)
{
	struct sek_vault_writer *w;
	unsigned removed = 0;

	fill();
	put(ID, 10);
	put(OTHER, 10); /* which no row knows */
	ck_assert(sek_is_ok(sek_vault_create(place, "00000000000000000000000000000000", key, &w)));
	ck_assert(sek_is_ok(sek_vault_write(w, plain, sizeof plain)));
	/* here the broker is killed: the next start */
	ck_assert_int_eq(access(path_of("00000000000000000000000000000000", ".doc"), F_OK), -1);
	ck_assert(sek_is_ok(sek_vault_sweep(place, keep_one, NULL, &removed)));
	ck_assert_uint_eq(removed, 2);
	ck_assert_int_eq(access(path_of("00000000000000000000000000000000", ".part"), F_OK), -1);
	ck_assert(sek_is(read_all(OTHER, key), SEK_E_NOT_FOUND));
	ck_assert(sek_is_ok(read_all(ID, key)));
	sek_vault_abandon(w);
	ck_assert(sek_is(sek_vault_create(place, "../../etc/passwd", key, &w), SEK_E_NOT_FOUND));
}
END_TEST

/* /dev/full of a folder: a file system without room. */
START_TEST(a_full_disk_leaves_nothing)
{
	struct sek_vault_writer *w;
	char command[256];
	sek_status s = sek_ok();

	if (geteuid() != 0)
		return;
	fill();
	snprintf(command, sizeof command, "mkdir -p %s/small && mount -t tmpfs -o size=128k none %s/small 2>/dev/null", place, place);
	if (system(command) != 0)
		return; /* not allowed here */
	snprintf(command, sizeof command, "%s/small", place);
	ck_assert(sek_is_ok(sek_vault_create(command, ID, key, &w)));
	for (int i = 0; i < 10 && sek_is_ok(s); i++)
		s = sek_vault_write(w, plain, sizeof plain);
	ck_assert(sek_is(s, SEK_E_IO));
	sek_vault_abandon(w);
	snprintf(command, sizeof command, "test -z \"$(ls %s/small)\"; r=$?; umount %s/small; exit $r", place, place);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

static void clear(void)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf %s/*", place);
	ck_assert_int_eq(system(command), 0);
}

int main(void)
{
	Suite *suite = suite_create("vault");
	TCase *tc = tcase_create("vault");
	SRunner *runner;
	int failed;

	if (!mkdtemp(place) || sodium_init() < 0)
		return 1;
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, NULL, clear);
	tcase_add_test(tc, any_part_reads_as_it_was_written);
	tcase_add_test(tc, what_was_touched_is_found);
	tcase_add_test(tc, another_documents_file_is_not_this_one);
	tcase_add_test(tc, nothing_is_plain_on_the_disk);
	tcase_add_test(tc, whole_or_not_at_all);
	tcase_add_test(tc, a_full_disk_leaves_nothing);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return rmdir(place) || failed;
}
