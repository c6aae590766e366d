/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of the web client's files.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>
#include <sodium.h>

#include "broker/hub/front/files.h"

static char folder[64], err[512], skipped[512];
static struct sek_files *files;

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void make_folder(const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void note(const char *path, const char *why)
{
	(void)why;
	strcat(strcat(skipped, path), " ");
}

static void set_up(void)
{
	snprintf(folder, sizeof folder, "/tmp/sek-files-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	skipped[0] = '\0';
	files = NULL;
	put("index.html", "page");
	make_folder("app");
	put("app/main.mjs", "code");
	put("app/index.html", "inner page");
	put("empty.json", "");
}

static void tear_down(void)
{
	char command[128];

	sek_files_destroy(files);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static const struct sek_file *find(const char *path)
{
	return sek_files_find(files, path, strlen(path));
}

START_TEST(what_is_there_is_found)
{
	const struct sek_file *f;

	ck_assert(sek_is_ok(sek_files_load(folder, note, &files, err, sizeof err)));
	f = find("/index.html");
	ck_assert_ptr_nonnull(f);
	ck_assert_str_eq(f->type, "text/html; charset=utf-8");
	ck_assert_uint_eq(f->n, 4);
	ck_assert_mem_eq(f->bytes, "page", 4);
	ck_assert_uint_eq(strlen(f->etag), SEK_ETAG_BYTES - 1);
	ck_assert_ptr_eq(find("/"), f);
	ck_assert_ptr_eq(find("/app/"), find("/app/index.html"));
	ck_assert_str_eq(find("/app/main.mjs")->type, "text/javascript; charset=utf-8");
	ck_assert_uint_eq(find("/empty.json")->n, 0);
	ck_assert_str_ne(find("/app/main.mjs")->etag, f->etag);
	ck_assert_str_eq(skipped, "");
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
	static const char *const paths[] = { "", "x", "index.html", "/index", "/INDEX.HTML", "/app", "//", "//index.html",
		"/../index.html", "/app/../index.html", "/./index.html", "/index.html/", "/app/main.mjs/", "/index.html\n", "/%" };
	char longer[2000];
	size_t i;

	ck_assert(sek_is_ok(sek_files_load(folder, NULL, &files, err, sizeof err)));
	for (i = 0; i < sizeof paths / sizeof paths[0]; i++)
		ck_assert_msg(find(paths[i]) == NULL, "%s", paths[i]);
	ck_assert_ptr_null(sek_files_find(files, "/index.html\0x", 13));
	memset(longer, 'a', sizeof longer);
	longer[0] = '/';
	for (i = 2; i < sizeof longer; i++)
		ck_assert_ptr_null(sek_files_find(files, longer, i));
}
END_TEST

START_TEST(links_hidden_and_strange_files_are_passed_over)
{
	char path[128];

	put(".hidden.html", "x");
	put("key.pem", "x");
	put("README", "x");
	snprintf(path, sizeof path, "%s/link.html", folder);
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	snprintf(path, sizeof path, "%s/up", folder);
	ck_assert_int_eq(symlink("..", path), 0);
	snprintf(path, sizeof path, "%s/pipe.html", folder);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert(sek_is_ok(sek_files_load(folder, note, &files, err, sizeof err)));
	ck_assert_ptr_null(find("/.hidden.html"));
	ck_assert_ptr_null(find("/key.pem"));
	ck_assert_ptr_null(find("/README"));
	ck_assert_ptr_null(find("/link.html"));
	ck_assert_ptr_null(find("/up/index.html"));
	ck_assert_ptr_null(find("/pipe.html"));
	ck_assert_ptr_nonnull(strstr(skipped, "/link.html"));
	ck_assert_ptr_nonnull(strstr(skipped, "/pipe.html"));
}
END_TEST

START_TEST(later_changes_do_not_show)
{
	ck_assert(sek_is_ok(sek_files_load(folder, NULL, &files, err, sizeof err)));
	put("index.html", "changed");
	put("new.html", "new");
	ck_assert_mem_eq(find("/")->bytes, "page", 4);
	ck_assert_ptr_null(find("/new.html"));
}
END_TEST

START_TEST(limits)
{
	char name[64], path[300] = "";
	int i;

	for (i = 0; i < SEK_FILES_DEPTH_MAX; i++) {
		strcat(path, i ? "/d" : "d");
		make_folder(path);
	}
	ck_assert(sek_is_ok(sek_files_load(folder, NULL, &files, err, sizeof err)));
	sek_files_destroy(files);
	files = NULL;
	strcat(path, "/d");
	make_folder(path);
	ck_assert(sek_is(sek_files_load(folder, NULL, &files, err, sizeof err), SEK_E_CONFIG));
	ck_assert_ptr_nonnull(strstr(err, "too deep"));
	snprintf(path, sizeof path, "rm -r %s/d", folder);
	ck_assert_int_eq(system(path), 0);
	for (i = 4; i < SEK_FILES_MAX; i++) { /* four are there already */
		snprintf(name, sizeof name, "f%d.txt", i);
		put(name, "");
	}
	ck_assert(sek_is_ok(sek_files_load(folder, NULL, &files, err, sizeof err)));
	sek_files_destroy(files);
	files = NULL;
	put("one-more.txt", "");
	ck_assert(sek_is(sek_files_load(folder, NULL, &files, err, sizeof err), SEK_E_CONFIG));
	ck_assert(sek_is(sek_files_load("/nonexistent", NULL, &files, err, sizeof err), SEK_E_CONFIG));
}
END_TEST

START_TEST(size_limit)
{
	char path[128];

	snprintf(path, sizeof path, "%s/index.html", folder);
	ck_assert_int_eq(truncate(path, (off_t)SEK_FILES_TOTAL_BYTES + 1), 0);
	ck_assert(sek_is(sek_files_load(folder, NULL, &files, err, sizeof err), SEK_E_CONFIG));
	ck_assert_ptr_nonnull(strstr(err, "too large"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hub.front.files");
	TCase *c = tcase_create("files");
	SRunner *r;
	int failed;

	if (sodium_init() < 0)
		return 1;
	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, what_is_there_is_found);
	tcase_add_test(c, what_is_not_there_is_not_found);
	tcase_add_test(c, links_hidden_and_strange_files_are_passed_over);
	tcase_add_test(c, later_changes_do_not_show);
	tcase_add_test(c, limits);
	tcase_add_test(c, size_limit);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
