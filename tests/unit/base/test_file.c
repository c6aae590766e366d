/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whole files: bounds, modes, and that a failed write leaves the old file.
 */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

static char directory[64], path[100];

static void setup(void)
{
	snprintf(directory, sizeof directory, "/tmp/sekisho-file-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof path, "%s/f", directory);
}

static size_t count_entries(void)
{
	DIR *d = opendir(directory);
	struct dirent *e;
	size_t n = 0;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			n++;
	closedir(d);
	return n;
}

static void teardown(void)
{
	unlink(path);
	rmdir(directory);
}

START_TEST(round_trip)
{
	struct stat st;
	char *text;
	size_t n;

	ck_assert(sek_is_ok(sek_file_write(path, "one", 3, 0600, SEK_FILE_NEW)));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert(sek_is(sek_file_write(path, "two", 3, 0600, SEK_FILE_NEW), SEK_E_EXISTS));
	ck_assert(sek_is_ok(sek_file_read(path, &text, &n)));
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(text, "one");
	free(text);
	ck_assert(sek_is_ok(sek_file_write(path, "three", 5, 0644, SEK_FILE_REPLACE)));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0644);
	ck_assert(sek_is_ok(sek_file_read(path, &text, NULL)));
	ck_assert_str_eq(text, "three");
	free(text);
	ck_assert_uint_eq(count_entries(), 1); /* no temporary file stays */
}
END_TEST

START_TEST(limits)
{
	char *large = calloc(1, SEK_FILE_MAX_BYTES + 1), *text = NULL;
	size_t n = 0;

	ck_assert_ptr_nonnull(large);
	ck_assert(sek_is_ok(sek_file_write(path, large, SEK_FILE_MAX_BYTES, 0600, SEK_FILE_NEW)));
	ck_assert(sek_is_ok(sek_file_read(path, &text, &n)));
	ck_assert_uint_eq(n, SEK_FILE_MAX_BYTES);
	free(text);
	text = NULL;
	ck_assert(sek_is_ok(sek_file_write(path, large, SEK_FILE_MAX_BYTES + 1, 0600, SEK_FILE_REPLACE)));
	ck_assert(sek_is(sek_file_read(path, &text, &n), SEK_E_LIMIT));
	ck_assert_ptr_null(text);
	free(large);
	ck_assert(sek_is_ok(sek_file_write(path, "", 0, 0600, SEK_FILE_REPLACE)));
	ck_assert(sek_is_ok(sek_file_read(path, &text, &n)));
	ck_assert_uint_eq(n, 0);
	ck_assert_str_eq(text, "");
	free(text);
}
END_TEST

START_TEST(failures)
{
	char *text = NULL, missing[120];

	snprintf(missing, sizeof missing, "%s/no/such", directory);
	ck_assert(sek_is(sek_file_read(missing, &text, NULL), SEK_E_NOT_FOUND));
	ck_assert(sek_is(sek_file_read(directory, &text, NULL), SEK_E_IO));
	ck_assert(sek_is(sek_file_write(missing, "x", 1, 0600, SEK_FILE_REPLACE), SEK_E_NOT_FOUND));
	ck_assert(!sek_is_ok(sek_file_write(directory, "x", 1, 0600, SEK_FILE_REPLACE)));
	ck_assert_ptr_null(text);
	snprintf(missing, sizeof missing, "%s.new.%ld", directory, (long)getpid());
	ck_assert_int_ne(access(missing, F_OK), 0);
}
END_TEST

START_TEST(descriptors)
{
	char at[120], got[64] = "", *large = calloc(1, 300000);
	int fds[2], fd;
	size_t n = 0;
	pid_t child;

	snprintf(at, sizeof at, "%s/at", directory);
	fd = open(at, O_RDWR | O_CREAT | O_EXCL, 0600);
	ck_assert(sek_is_ok(sek_file_put(fd, "0123456789", 10)) && sek_is_ok(sek_file_put_at(fd, "ab", 2, 3)));
	ck_assert(sek_is_ok(sek_file_get_at(fd, got, 4, 2, &n)));
	ck_assert_uint_eq(n, 4);
	ck_assert_mem_eq(got, "2ab5", 4);
	ck_assert(sek_is_ok(sek_file_get_at(fd, got, 64, 8, &n))); /* up to the end */
	ck_assert_uint_eq(n, 2);
	ck_assert(sek_is_ok(sek_file_get_at(fd, got, 64, 100, &n)));
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 10); /* as it was */
	close(fd);
	ck_assert(!sek_is_ok(sek_file_put(-1, "x", 1)) && !sek_is_ok(sek_file_get(-1, got, 1, &n)));
	/* in pieces, through a pipe that holds less */
	ck_assert_int_eq(pipe(fds), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		close(fds[0]);
		_exit(sek_is_ok(sek_file_put(fds[1], large, 300000)) ? 0 : 1);
	}
	close(fds[1]);
	ck_assert(sek_is_ok(sek_file_get(fds[0], large, 300000, &n)));
	ck_assert_uint_eq(n, 300000);
	ck_assert(sek_is_ok(sek_file_get(fds[0], got, 1, &n)));
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	close(fds[0]);
	free(large);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("file");
	TCase *c = tcase_create("file");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, round_trip);
	tcase_add_test(c, limits);
	tcase_add_test(c, failures);
	tcase_add_test(c, descriptors);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
