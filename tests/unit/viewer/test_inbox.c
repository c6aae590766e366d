/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Documents of the native viewer: what is asked, what hostile answers make of it, and where a file goes.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/viewer/inbox.h"

static struct inbox b;

static void setup(void)
{
	inbox_reset(&b);
}

static const struct inbox_row *list(int status, const char *text)
{
	const struct inbox_row *told;
	json_t *json = text ? json_loads(text, 0, NULL) : NULL;

	inbox_listed(&b, status, json, &told);
	json_decref(json);
	return told;
}

static void asks(json_t *body, const char *path, const char *expected)
{
	char *text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);

	ck_assert_str_eq(b.path, path);
	ck_assert_str_eq(text, expected);
	free(text);
	json_decref(body);
}

#define ROW(id, state, more) "{\"id\":\"" id "\",\"name\":\"N\",\"for\":\"file\",\"state\":\"" state "\",\"pages\":3" more "}"

START_TEST(nothing_is_offered_without_the_policy)
{
	ck_assert(!inbox_may_take(&b) && !inbox_useful(&b));
	ck_assert_uint_gt(inbox_wait_ms(&b, false), 0); /* what is there from before */
	ck_assert_ptr_null(list(200, "{\"documents\":[]}"));
	ck_assert(!inbox_useful(&b));
	ck_assert_uint_eq(inbox_wait_ms(&b, false), 0);
	b.download = 3; /* view */
	ck_assert(!inbox_may_take(&b));
	b.download = 7;
	ck_assert(inbox_may_take(&b) && inbox_useful(&b));
}
END_TEST

START_TEST(asks_for_what_the_user_chose)
{
	asks(inbox_take(&b, false, "手形"), "/api/documents", "{\"for\":\"file\",\"from\":\"download\",\"name\":\"手形\"}");
	asks(inbox_take(&b, true, "x"), "/api/documents", "{\"for\":\"file\",\"from\":\"page\",\"name\":\"x\"}");
	ck_assert_ptr_null(inbox_open(&b));
	list(200, "{\"documents\":[" ROW("a2", "working", "") "," ROW("a1", "released", "") "]}");
	asks(inbox_give_up(&b), "/api/documents/a2/cancel", "{}");
	inbox_file(&b);
	ck_assert_str_eq(b.path, "/api/documents/a1/file");
	inbox_list(&b);
	ck_assert_str_eq(b.path, "/api/documents");
}
END_TEST

START_TEST(tells_once_what_has_changed)
{
	const struct inbox_row *told;

	ck_assert_ptr_null(list(200, "{\"documents\":[" ROW("a1", "released", "") "]}")); /* was there before */
	ck_assert_ptr_null(list(200, "{\"documents\":[" ROW("a2", "working", "") "," ROW("a1", "released", "") "]}"));
	ck_assert_uint_eq(inbox_wait_ms(&b, false), 1000);
	told = list(200, "{\"documents\":[" ROW("a2", "waiting", "") "," ROW("a1", "released", "") "]}");
	ck_assert_ptr_nonnull(told);
	ck_assert_str_eq(told->id, "a2");
	ck_assert_uint_eq(inbox_wait_ms(&b, false), 10000);
	ck_assert_ptr_null(list(200, "{\"documents\":[" ROW("a2", "waiting", "") "," ROW("a1", "released", "") "]}"));
	ck_assert_ptr_null(list(0, NULL)); /* no answer: what is known stays */
	ck_assert_int_eq(b.count, 2);
	told = list(200, "{\"documents\":[" ROW("a2", "refused", ",\"reason\":\"not needed\"") "," ROW("a1", "released", "") "]}");
	ck_assert_str_eq(told->reason, "not needed");
	ck_assert_uint_eq(inbox_wait_ms(&b, false), 0);
}
END_TEST

START_TEST(hostile_lists)
{
	static const char *const lists[] = {
		"{}", "{\"documents\":7}", "{\"documents\":[7,null,[],{}]}", "{\"documents\":[{\"id\":7,\"state\":[]}]}",
		"{\"documents\":[{\"id\":\"../../x\",\"state\":\"released\",\"for\":\"file\"}]}",
		"{\"documents\":[{\"id\":\"a b\",\"state\":\"released\",\"for\":\"file\"}]}",
		"{\"documents\":[{\"id\":\"a\",\"state\":\"\"}]}",
	};
	char *many = malloc(1 << 16), *at = many;

	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		list(200, lists[i]);
		ck_assert_int_eq(b.count, 0);
	}
	at += sprintf(at, "{\"documents\":[");
	for (int i = 0; i < 100; i++)
		at += sprintf(at, "%s" ROW("d%d", "working", ",\"pages_done\":%d"), i ? "," : "", i, i == 0 ? -5 : 1 << 30);
	sprintf(at, "]}");
	list(200, many);
	ck_assert_int_eq(b.count, INBOX_ROWS);
	ck_assert_uint_eq(b.rows[0].pages_done, 0);
	ck_assert_uint_eq(b.rows[1].pages_done, 0);
	free(many);
}
END_TEST

START_TEST(says_why_not)
{
	json_t *json = json_pack("{s:s}", "error", "documents-day");

	inbox_answered(&b, 429, json);
	ck_assert_str_eq(b.error, "error.documents-day");
	inbox_answered(&b, 201, NULL);
	ck_assert_str_eq(b.error, "");
	inbox_answered(&b, 0, NULL);
	ck_assert_str_eq(b.error, "error.network");
	json_decref(json);
}
END_TEST

START_TEST(a_file_stays_in_its_folder)
{
	static const struct {
		const char *name, *file;
	} names[] = { { "書類", "書類.pdf" }, { "書類", "書類 (2).pdf" }, { "a.pdf", "a.pdf" }, { "../../etc/x", "_._.._etc_x.pdf" }, { ".profile", "_profile.pdf" },
		{ "", "document.pdf" }, { "a\nb", "a_b.pdf" } };
	char folder[] = "/tmp/sekisho-inbox.XXXXXX", path[1600], expected[1700], long_name[500];
	struct stat st;
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		fd = inbox_create_file(folder, names[i].name, path, sizeof path);
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(fstat(fd, &st), 0);
		ck_assert_int_eq(st.st_mode & 0777, 0600);
		snprintf(expected, sizeof expected, "%s/%s", folder, names[i].file);
		ck_assert_str_eq(path, expected);
		ck_assert_ptr_eq(strrchr(path, '/'), path + strlen(folder));
		close(fd);
		unlink(path);
		if (i == 0) { /* the next one finds it there */
			fd = open(path, O_CREAT | O_WRONLY, 0600);
			close(fd);
		}
	}
	for (size_t i = 0; i + 3 < sizeof long_name; i += 3)
		memcpy(long_name + i, "字", 4);
	fd = inbox_create_file(folder, long_name, path, sizeof path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	unlink(path);
	snprintf(path, sizeof path, "rm -r %s", folder);
	ck_assert_int_eq(system(path), 0);
	ck_assert_int_eq(inbox_create_file(folder, "x", path, sizeof path), -1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("viewer inbox");
	TCase *t = tcase_create("inbox");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, nothing_is_offered_without_the_policy);
	tcase_add_test(t, asks_for_what_the_user_chose);
	tcase_add_test(t, tells_once_what_has_changed);
	tcase_add_test(t, hostile_lists);
	tcase_add_test(t, says_why_not);
	tcase_add_test(t, a_file_stays_in_its_folder);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
